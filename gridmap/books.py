"""
The contracts of books: what a register keeps about its own work.

They have the form of layers and are kept like them, row upon row; but the register writes them
itself, and nobody imports or exports them.
"""

from __future__ import annotations

from gridmap.command_books import COMMAND_BOOKS
from gridmap.contracts import LIMIT_KINDS, TARGET_KINDS, Column, Layer, layer

CLAIM_STATES = ("proposed", "accepted", "refused", "withdrawn")
PLAN_STATES = ("draft", "approved", "published", "discarded")
SUCCESSION_ACTS = ("create", "split", "merge", "reshape", "retire")
SORTS = ("component", "event")
CHECKS = ("yes_no", "count", "share")
PHOTO_SUBJECTS = ("issue", "visit")
PHOTO_KINDS = ("before", "after", "near", "far", "other")
POSITION_SOURCES = ("exif", "phone")

BOOKS: dict[str, Layer] = {
    book.name: book
    for book in (
        Layer(
            "claims",
            "认领",
            (
                Column("claim_id", "认领编号", required=True),
                Column("unit_id", "单位编号", required=True),
                Column("target_kind", "包保对象类型", required=True, choices=TARGET_KINDS),
                Column("target", "包保对象编号", required=True),
                Column("since", "开始日期", "date", required=True),
                Column("state", "状态", required=True, choices=CLAIM_STATES),
                Column("reason", "理由"),
                Column("asked_by", "申请人", required=True),
                Column("asked_at", "申请时间", "datetime", required=True),
                Column("decided_by", "决定人"),
                Column("decided_at", "决定时间", "datetime"),
            ),
        ),
        Layer(
            "plans",
            "方案",
            (
                Column("plan_id", "方案编号", required=True),
                Column("name", "名称", required=True),
                Column("state", "状态", required=True, choices=PLAN_STATES),
                Column("effective", "生效日期", "date", required=True),
                Column("scheme", "包保方案", required=True),
                Column("note", "备注"),
                Column("draft", "草案", required=True),
                Column("asked_by", "编制人", required=True),
                Column("asked_at", "编制时间", "datetime", required=True),
                Column("decided_by", "决定人"),
                Column("decided_at", "决定时间", "datetime"),
                Column("published", "发布记录", "integer"),
            ),
        ),
        Layer(
            "successions",
            "网格沿革",
            (
                Column("succession_id", "沿革编号", required=True),
                Column("from_code", "原网格代码"),
                Column("to_code", "新网格代码"),
                Column("act", "变更方式", required=True, choices=SUCCESSION_ACTS),
                Column("share", "面积比例", "number"),
                Column("since", "生效日期", "date", required=True),
                Column("note", "备注"),
            ),
        ),
        Layer(
            "conditions",
            "立案条件",
            (
                Column("condition_id", "条件编号", required=True),
                Column("edition", "标准版本", required=True),
                Column("sort", "部件或事件", required=True, choices=SORTS),
                Column("group", "大类", required=True),
                Column("category", "问题类别", required=True),
                Column("group_code", "大类代码"),
                Column("category_code", "小类代码"),
                Column("condition", "立案条件", required=True),
                Column("closing", "结案条件"),
                Column("limit_amount", "时限数", "number", required=True),
                Column("limit_kind", "时限类型", required=True, choices=LIMIT_KINDS),
                Column("handler", "处置单位"),
                Column("supervisor", "主管部门"),
                Column("basis", "依据"),
                Column("position", "顺序", "integer"),
            ),
        ),
        Layer(
            "city_days",
            "城市日历",
            (
                Column("day_id", "日期编号", required=True),
                Column("day", "日期", "date", required=True),
                Column("works", "上班", "boolean", required=True),
                Column("whole_year", "全年安排", "boolean", required=True),
                Column("note", "依据"),
            ),
        ),
        Layer(
            "checklists",
            "检查表",
            (
                Column("item_id", "检查项编号", required=True),
                Column("edition", "版本", required=True),
                Column("category", "点位类别", required=True),
                Column("item", "检查内容", required=True),
                Column("check", "检查方式", required=True, choices=CHECKS),
                Column("least", "下限", "number"),
                Column("weight", "分值", "number", required=True),
                Column("position", "顺序", "integer"),
            ),
        ),
        Layer(
            "road_rules",
            "沿路规则",
            (
                Column("rule_id", "规则编号", required=True),
                Column("edition", "版本", required=True),
                Column("name", "规则", required=True),
                Column("road_class", "道路等级"),
                Column("category", "对象类别", required=True),
                Column("least", "至少个数", "integer", required=True),
                Column("window_m", "窗口米数", "number", required=True),
                Column("source", "出处"),
            ),
        ),
        Layer(
            "visits",
            "点位检查",
            (
                Column("visit_id", "检查编号", required=True),
                Column("point_id", "点位编号", required=True),
                Column("unit_id", "检查单位编号", required=True),
                Column("at", "检查时间", "datetime", required=True),
                Column("by", "检查人", required=True),
                Column("patrol_id", "巡查编号"),
                Column("edition", "检查表版本"),
                Column("answers", "检查结果"),
                Column("score", "得分", "number"),
                Column("out_of", "满分", "number"),
                Column("distance_m", "距点位米数", "number"),
                Column("note", "备注"),
            ),
        ),
        Layer(
            "patrols",
            "巡查",
            (
                Column("patrol_id", "巡查编号", required=True),
                Column("unit_id", "单位编号", required=True),
                Column("by", "巡查人", required=True),
                Column("person_id", "巡查人编号"),
                Column("day", "日期", "date", required=True),
                Column("started_at", "开始时间", "datetime", required=True),
                Column("ended_at", "结束时间", "datetime"),
                Column("roads_m", "应巡米数", "number"),
                Column("walked_m", "已巡米数", "number"),
                Column("points_due", "应查点位数", "integer"),
                Column("points_seen", "已查点位数", "integer"),
                Column("missed", "漏巡"),
                Column("walked", "已巡路段"),
            ),
        ),
        Layer(
            "rounds",
            "互检轮次",
            (
                Column("round_id", "轮次编号", required=True),
                Column("name", "名称", required=True),
                Column("since", "开始日期", "date", required=True),
                Column("until", "结束日期", "date", required=True),
                Column("edition", "检查表版本"),
                Column("note", "备注"),
            ),
        ),
        Layer(
            "pairings",
            "互检配对",
            (
                Column("pairing_id", "配对编号", required=True),
                Column("round_id", "轮次编号", required=True),
                Column("inspector", "检查单位编号", required=True),
                Column("target", "受检单位编号", required=True),
            ),
        ),
        Layer(
            "issue_events",
            "问题流程",
            (
                Column("event_id", "流程编号", required=True),
                Column("issue_id", "问题编号", required=True),
                Column("at", "时间", "datetime", required=True),
                Column("act", "操作", required=True),
                Column("from_state", "原状态"),
                Column("to_state", "新状态", required=True),
                Column("by", "操作人", required=True),
                Column("by_role", "操作角色"),
                Column("by_unit", "操作单位编号"),
                Column("reason", "理由"),
                Column("details", "详情"),
            ),
        ),
        Layer(
            "photos",
            "照片",
            (
                Column("photo_id", "照片编号", required=True),
                Column("subject_kind", "所属类型", required=True, choices=PHOTO_SUBJECTS),
                Column("subject", "所属编号", required=True),
                Column("kind", "照片类型", required=True, choices=PHOTO_KINDS),
                Column("key", "内容摘要", required=True),
                Column("thumb", "缩略图摘要", required=True),
                Column("sent", "原文件摘要", required=True),
                Column("width", "宽", "integer", required=True),
                Column("height", "高", "integer", required=True),
                Column("size", "字节数", "integer", required=True),
                Column("taken_at", "拍摄时间", "datetime"),
                Column("look", "图像指纹"),
                Column("position_source", "位置来源", choices=POSITION_SOURCES),
                Column("at", "上传时间", "datetime", required=True),
                Column("by", "上传人", required=True),
                Column("public_key", "公开版摘要"),
            ),
            ("Point",),
            geometry_required=False,
        ),
    )
} | COMMAND_BOOKS


def kept(name: str) -> Layer:
    """
    Return the contract of anything a register keeps.

    Parameters
    ----------
    name
        One of `LAYERS` or of `BOOKS`.

    Raises
    ------
    NotFoundError
        If there is neither.
    """
    return BOOKS[name] if name in BOOKS else layer(name)
