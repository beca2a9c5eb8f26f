"""
A made-up standard of filing conditions, components and events, with the special actions of the day.

The groups are those of the national classification; categories, texts, limits and offices are
invented, and no city has published them. Every category of the demo's issues is in it.
"""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from gridmap import layers
from gridmap.conditions import numbered, parse_limit

DEMO_EDITION = "2025-10 演示"


class Row(NamedTuple):
    """One condition as the table below has it."""

    category: str
    condition: str
    closing: str
    limit: str
    handler: str


# (Sort, group, office above): its conditions.
STANDARD: dict[tuple[str, str, str], tuple[Row, ...]] = {
    ("component", "公用设施", "住房和城乡建设部门"): (
        Row("井盖破损", "井盖缺失", "补装或先行围挡警示", "2紧急工作时", "产权单位"),
        Row("井盖破损", "井盖破损、断裂", "更换", "4紧急工作时", "产权单位"),
        Row("井盖破损", "井盖弹跳、异响", "修复至无响动", "2工作日", "产权单位"),
        Row("井盖破损", "井盖与路面高差超过15毫米", "调整至与路面平齐", "5工作日", "产权单位"),
        Row("雨水箅子", "缺失、破损", "补装", "4紧急工作时", "排水管护单位"),
        Row("雨水箅子", "堵塞、积泥", "疏通", "1工作日", "排水管护单位"),
        Row("路灯不亮", "单灯不亮", "恢复照明", "2工作日", "路灯管护单位"),
        Row("路灯不亮", "连续三盏及以上不亮", "恢复照明", "1自然日", "路灯管护单位"),
        Row("通信交接箱", "箱门敞开、线缆外露", "关闭上锁", "1工作日", "通信企业"),
        Row("消火栓", "缺失、漏水", "修复", "1紧急工作日", "供水企业"),
        Row("架空线缆", "断裂下坠，影响通行", "恢复或移除", "2紧急工作时", "产权单位"),
        Row("架空线缆", "杂乱松垂，影响市容", "捆扎规整", "5工作日", "产权单位"),
    ),
    ("component", "道路交通设施", "交通管理部门"): (
        Row("路面破损", "坑洼深度超过30毫米", "修补平整", "3工作日", "道路养护单位"),
        Row("路面破损", "塌陷、下沉，影响通行", "围护警示并抢修", "2紧急工作时", "道路养护单位"),
        Row("人行道破损", "地砖缺失、松动", "修复", "5工作日", "道路养护单位"),
        Row("交通标志牌", "倾斜、遮挡、破损", "扶正或更换", "2工作日", "交通管理部门"),
        Row("盲道", "占压、断头", "恢复畅通", "1工作日", "道路养护单位"),
        Row("公交站亭", "破损、脏污", "修复、清洁", "3工作日", "公交企业"),
    ),
    ("component", "市容环境设施", "城市管理部门"): (
        Row("公共厕所", "设施损坏、停用无公示", "修复并公示", "2工作日", "环卫部门"),
        Row("垃圾箱", "满溢", "清运", "4工作时", "环卫部门"),
        Row("垃圾箱", "破损、缺失", "更换", "3工作日", "环卫部门"),
        Row("公益广告", "破损、褪色、脏污", "更换", "3工作日", "设置单位"),
    ),
    ("component", "园林绿化设施", "园林绿化部门"): (
        Row("行道树", "倒伏、折断，影响通行", "清理扶正", "4紧急工作时", "园林绿化部门"),
        Row("行道树", "枯死、缺株", "补植", "15自然日", "园林绿化部门"),
        Row("绿地设施", "座椅、护栏损坏", "修复", "5工作日", "园林绿化部门"),
    ),
    ("event", "市容环境", "城市管理部门"): (
        Row("暴露垃圾", "公共场所有生活垃圾未清运", "清理干净", "4工作时", "环卫部门"),
        Row("暴露垃圾", "建筑垃圾、装修垃圾堆积", "清运", "2工作日", "责任单位"),
        Row("道路不洁", "路面有散落垃圾、油污、积泥", "清扫冲洗", "2工作时", "环卫部门"),
        Row("乱堆乱放", "楼道、消防通道堆放杂物", "清理，恢复畅通", "1自然日", "责任单位"),
        Row("乱堆乱放", "沿路、庭院堆物堆料", "清理", "2工作日", "责任单位"),
        Row("小片荒", "私自开垦绿地、空地种菜", "清除并复绿", "15自然日", "责任单位"),
        Row("违建", "正在搭建", "制止并恢复", "2紧急工作日", "城管执法部门"),
        Row("违建", "已经形成", "依法拆除", "30自然日", "城管执法部门"),
        Row("弃管楼院", "无人保洁，环境脏乱", "清理并落实管护", "5工作日", "社区"),
        Row("焚烧垃圾", "露天焚烧垃圾、树叶", "制止并清理", "2紧急工作时", "城管执法部门"),
        Row("水域不洁", "水面、岸坡有漂浮物和垃圾", "打捞清理", "2工作日", "水务部门"),
        Row("积雪结冰", "道路积雪结冰，影响通行", "清除", "8紧急工作时", "责任单位"),
    ),
    ("event", "宣传广告", "城市管理部门"): (
        Row("野广告", "墙面、灯杆、楼道张贴喷涂小广告", "清除并恢复原貌", "1工作日", "责任单位"),
        Row("违规广告牌", "未经批准设置户外广告", "拆除", "3工作日", "城管执法部门"),
        Row("条幅乱挂", "树木、护栏上悬挂条幅", "清除", "4工作时", "责任单位"),
    ),
    ("event", "施工管理", "住房和城乡建设部门"): (
        Row("工地扬尘", "未采取防尘措施", "整改", "4工作时", "施工单位"),
        Row("工地围挡", "破损、脏污，无公益广告", "修复、更换", "2工作日", "施工单位"),
        Row("施工扰民", "夜间违规施工", "制止", "2紧急工作时", "城管执法部门"),
        Row("渣土遗撒", "运输车辆沿途遗撒", "清理并查处", "4工作时", "城管执法部门"),
    ),
    ("event", "街面秩序", "城市管理部门"): (
        Row("占道经营", "流动摊贩、出店经营占用道路", "清理", "2紧急工作时", "城管执法部门"),
        Row("乱停乱放", "机动车占用人行道", "驶离或依法处理", "4工作时", "交通管理部门"),
        Row("乱停乱放", "非机动车、共享单车乱停", "摆放整齐", "2工作时", "责任单位"),
        Row("僵尸车", "长期停放、无人使用的车辆", "告知后清移", "7自然日", "交通管理部门"),
        Row("马路市场", "自发占道聚集交易", "取缔并疏导", "1自然日", "城管执法部门"),
        Row("不文明养犬", "遛犬不牵绳、不清理粪便", "劝导、清理", "4工作时", "公安机关"),
    ),
    ("event", "突发事件", "应急管理部门"): (
        Row("飞线充电", "从窗口拉线为电动车充电", "拆除并宣传告知", "1紧急工作日", "责任单位"),
        Row("管道破裂", "供水、供热、燃气管道泄漏", "止漏并消除隐患", "1紧急工作时", "专营企业"),
        Row("道路积水", "积水影响通行", "排除积水", "2紧急工作时", "排水管护单位"),
        Row("高空坠物", "外墙、招牌有坠落危险", "消除隐患", "2紧急工作时", "责任单位"),
    ),
    ("event", "其他事件", "创城办"): (
        Row("门前不洁", "门前卫生、秩序、绿化未落实", "整改", "4工作时", "责任单位"),
        Row("市场脏乱", "农贸市场内卫生脏乱、秩序混乱", "整改", "2工作日", "市场监管部门"),
    ),
}


def demo_conditions() -> pd.DataFrame:
    """
    Return the made-up standard.

    Returns
    -------
    pandas.DataFrame
        Rows of the book ``conditions``, edition `DEMO_EDITION`, indexed by ``condition_id``.

    Examples
    --------
    >>> made = demo_conditions()
    >>> len(made), made["category"].nunique(), made["group"].nunique()
    (56, 43, 10)
    """
    rows = []
    for (sort, group, supervisor), listed in STANDARD.items():
        for row in listed:
            limit = parse_limit(row.limit)
            told = {**row._asdict(), "sort": sort, "group": group, "supervisor": supervisor}
            rows.append({**told, "limit_amount": limit.amount, "limit_kind": limit.kind})
    frame = pd.DataFrame(rows).assign(basis="演示标准", position=range(1, len(rows) + 1))
    return layers.conform(numbered(frame, DEMO_EDITION), layers.BOOKS["conditions"])
