"""
The contracts of the books of commanding: boards, rankings, bulletins, material, saved runs.

They are books like those of `gridmap.books`, and are merged into them there.
"""

from __future__ import annotations

from gridmap.contracts import Column, Layer

BOARD_RULES = ("reported", "coverage", "on_time", "closed", "walked", "points_reached")
"""How a task's amount comes about: reported by its unit, or computed from the register."""
BOARD_STATES = ("open", "frozen")
APPEAL_STATES = ("asked", "upheld", "dismissed", "withdrawn")
MATERIAL_SORTS = ("report", "pictures")
MATERIAL_ACTS = ("submit", "return", "accept", "withdraw")
BEATS = ("daily", "weekly", "monthly")
CADENCE_KINDS = ("inspect", "rectify", "prompt", "collect", "review", "bulletin")
RUN_KINDS = ("hotspots", "network", "emerging", "comparison")

COMMAND_BOOKS: dict[str, Layer] = {
    book.name: book
    for book in (
        Layer(
            "board_groups",
            "专项组",
            (
                Column("group_id", "专项组编号", required=True),
                Column("name", "名称", required=True),
                Column("lead_unit", "牵头单位编号"),
                Column("position", "顺序", "integer"),
                Column("note", "备注"),
            ),
        ),
        Layer(
            "board_tasks",
            "挂图作战任务",
            (
                Column("task_id", "任务编号", required=True),
                Column("group_id", "专项组编号", required=True),
                Column("item", "年度事项", required=True),
                Column("month", "月份", "date", required=True),
                Column("title", "当月任务", required=True),
                Column("unit_id", "责任单位编号"),
                Column("division", "区划代码"),
                Column("rule", "计量方式", required=True, choices=BOARD_RULES),
                Column("target", "目标", "number", required=True),
                Column("amount", "完成", "number"),
                Column("evidence", "完成情况"),
                Column("reason", "未完成原因"),
                Column("reported_by", "填报人"),
                Column("reported_at", "填报时间", "datetime"),
                Column("position", "顺序", "integer"),
            ),
        ),
        Layer(
            "board_months",
            "挂图作战月报",
            (
                Column("board_month_id", "月报编号", required=True),
                Column("group_id", "专项组编号", required=True),
                Column("month", "月份", "date", required=True),
                Column("state", "状态", required=True, choices=BOARD_STATES),
                Column("report", "月底报告"),
                Column("flags", "旗帜"),
                Column("hash", "摘要"),
                Column("by", "操作人", required=True),
                Column("at", "操作时间", "datetime", required=True),
            ),
        ),
        Layer(
            "formulas",
            "赛马办法",
            (
                Column("formula_id", "办法编号", required=True),
                Column("edition", "版本", required=True),
                Column("name", "名称", required=True),
                Column("terms", "计分项", required=True),
                Column("since", "生效日期", "date", required=True),
                Column("note", "备注"),
            ),
        ),
        Layer(
            "appeals",
            "排名申诉",
            (
                Column("appeal_id", "申诉编号", required=True),
                Column("edition", "办法版本", required=True),
                Column("month", "月份", "date", required=True),
                Column("level", "排名层级", required=True),
                Column("subject", "被排名者编号", required=True),
                Column("state", "状态", required=True, choices=APPEAL_STATES),
                Column("reason", "申诉理由", required=True),
                Column("issues", "涉及问题"),
                Column("asked_by", "申诉人", required=True),
                Column("asked_at", "申诉时间", "datetime", required=True),
                Column("ruling", "裁定"),
                Column("decided_by", "裁定人"),
                Column("decided_at", "裁定时间", "datetime"),
            ),
        ),
        Layer(
            "bulletins",
            "月通报",
            (
                Column("bulletin_id", "通报编号", required=True),
                Column("month", "月份", "date", required=True),
                Column("amendment", "更正序号", "integer", required=True),
                Column("figures", "数据", required=True),
                Column("hash", "摘要", required=True),
                Column("previous", "前一版摘要"),
                Column("reason", "更正理由"),
                Column("frozen_by", "冻结人", required=True),
                Column("frozen_at", "冻结时间", "datetime", required=True),
            ),
        ),
        Layer(
            "runs",
            "分析存档",
            (
                Column("run_id", "存档编号", required=True),
                Column("name", "名称", required=True),
                Column("kind", "类型", required=True, choices=RUN_KINDS),
                Column("parameters", "参数", required=True),
                Column("input_hash", "输入摘要", required=True),
                Column("result_hash", "结果摘要", required=True),
                Column("version", "程序版本", required=True),
                Column("seed", "随机种子", "integer"),
                Column("summary", "结论", required=True),
                Column("by", "存档人", required=True),
                Column("at", "存档时间", "datetime", required=True),
            ),
        ),
        Layer(
            "material_slots",
            "材料清单",
            (
                Column("slot_id", "材料编号", required=True),
                Column("edition", "版本", required=True),
                Column("month", "月份", "date", required=True),
                Column("name", "名称", required=True),
                Column("sort", "类型", required=True, choices=MATERIAL_SORTS),
                Column("wanted", "应交份数", "integer", required=True),
                Column("unit_id", "责任单位编号", required=True),
                Column("due", "截止日期", "date", required=True),
                Column("position", "顺序", "integer"),
                Column("note", "备注"),
            ),
        ),
        Layer(
            "material_steps",
            "材料流程",
            (
                Column("step_id", "流程编号", required=True),
                Column("slot_id", "材料编号", required=True),
                Column("act", "操作", required=True, choices=MATERIAL_ACTS),
                Column("given", "份数", "integer"),
                Column("reason", "理由"),
                Column("details", "详情"),
                Column("by", "操作人", required=True),
                Column("by_unit", "操作单位编号"),
                Column("at", "时间", "datetime", required=True),
            ),
        ),
        Layer(
            "cadences",
            "工作节拍",
            (
                Column("cadence_id", "节拍编号", required=True),
                Column("name", "名称", required=True),
                Column("beat", "周期", required=True, choices=BEATS),
                Column("workday", "第几个工作日", "integer", required=True),
                Column("kind", "事项", required=True, choices=CADENCE_KINDS),
                Column("roles", "提醒角色", required=True),
                Column("active", "是否启用", "boolean"),
            ),
        ),
    )
}
