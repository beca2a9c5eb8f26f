"""
Checklists of the demo city's inspection points, and rules along its roads.

The checklists are made up: a dozen items that any city's volunteers would look at, each category
with those that fit it. The rules along roads are real ones, of two cities and two years, with where
they were published: they differ from city to city and are data, not law.
"""

from __future__ import annotations

from typing import TypeAlias

import pandas as pd

EDITION = "2026"
Item: TypeAlias = tuple[str, str, float | None, float]

# What is asked, how it is checked, the least that passes, and what it weighs.
CLEAN: tuple[Item, ...] = (
    ("门前及公共区域无垃圾积存、无积水", "yes_no", None, 10),
    ("门前车辆按划线停放的比例", "share", 0.95, 8),
    ("无乱贴乱画、无小广告", "yes_no", None, 8),
)
ADS: tuple[Item, ...] = (
    ("社会主义核心价值观公益广告(处)", "count", 1, 8),
    ("文明健康、讲文明树新风公益广告(处)", "count", 2, 6),
)
SAFE: tuple[Item, ...] = (
    ("消防通道畅通,灭火器在有效期内", "yes_no", None, 10),
    ("应急照明完好的比例", "share", 1.0, 6),
)
SERVICE: tuple[Item, ...] = (
    ("窗口有便民服务措施和投诉电话公示", "yes_no", None, 8),
    ("无障碍设施完好、未被占用", "yes_no", None, 6),
)
VOLUNTEER: tuple[Item, ...] = (
    ("志愿服务站点有人值守、有活动计划", "yes_no", None, 10),
    ("上月志愿服务活动(次)", "count", 2, 8),
    ("活动有记录、有照片的比例", "share", 0.9, 6),
)
TRADE: tuple[Item, ...] = (
    ("证照公示齐全的经营户比例", "share", 1.0, 8),
    ("无占道经营、无店外堆放", "yes_no", None, 10),
    ("餐饮及食品经营处设文明用餐提示(处)", "count", 1, 4),
)
YOUNG: tuple[Item, ...] = (
    ("未成年人活动场所免费开放", "yes_no", None, 10),
    ("周边二百米内无不适宜经营场所", "yes_no", None, 10),
)
LISTS: dict[str, tuple[Item, ...]] = {
    "街道办": (*CLEAN, *ADS, *SERVICE),
    "街道实践所": (*CLEAN, *ADS, *VOLUNTEER),
    "社区": (*CLEAN, *ADS, *SERVICE, *SAFE),
    "社区实践站": (*ADS, *VOLUNTEER),
    "乡镇及所": (*CLEAN, *ADS, *VOLUNTEER),
    "行政村及站": (*CLEAN, *VOLUNTEER),
    "实践中心": (*CLEAN, *ADS, *VOLUNTEER, *SAFE),
    "大型商场": (*CLEAN, *ADS, *SAFE, *TRADE),
    "实体店": (*CLEAN, *TRADE, *SAFE),
    "青少年中心": (*CLEAN, *SAFE, *YOUNG),
}

ZHUXI = "竹溪县公益广告设置标准 zxxww.com/show-161-100634-1.html"
KEY_POINTS = "全国文明城市测评实地考察25个点位要点(2015) liunuo1978.com/index.php?id=1298"
AD = "公益广告"
MAIN, SECOND, MARKET = "主干路", "次干路", "商业大街"
PER_500_M = {
    "核心价值观公益广告": 3,
    "讲文明树新风公益广告": 3,
    "文明健康公益广告": 3,
    "景观小品": 1,
    "未成年人公益广告": 1,
    "诚信公益广告": 2,
}
RULES: tuple[tuple[str, str, str, int, float, str], ...] = (
    *((f"{AD}每200米至少1处", road, AD, 1, 200.0, ZHUXI) for road in (MAIN, SECOND)),
    *(
        (f"{kind}每500米至少{least}处", road, kind, least, 500.0, ZHUXI)
        for kind, least in PER_500_M.items()
        for road in (MAIN, SECOND)
    ),
    (f"{AD}300米内可见5处", MAIN, AD, 5, 300.0, KEY_POINTS),
    *((f"{AD}100米内5处", road, AD, 5, 100.0, KEY_POINTS) for road in (MARKET, SECOND)),
)


def checklists() -> pd.DataFrame:
    """
    Return the raw book of checklists, the key as a column.

    Examples
    --------
    >>> made = checklists()
    >>> made["category"].nunique(), made["item_id"].is_unique
    (10, True)
    """
    rows = [
        (f"{EDITION}-{category}-{position:02d}", EDITION, category, *item, position)
        for category, items in LISTS.items()
        for position, item in enumerate(items, start=1)
    ]
    columns = ["item_id", "edition", "category", "item", "check", "least", "weight", "position"]
    return pd.DataFrame(rows, columns=columns)


def road_rules() -> pd.DataFrame:
    """
    Return the raw book of rules along roads, the key as a column.

    Examples
    --------
    >>> road_rules().groupby("source").size().to_list()
    [3, 14]
    """
    rows = [(f"{EDITION}-{n:02d}", EDITION, *rule) for n, rule in enumerate(RULES, start=1)]
    columns = ["rule_id", "edition", "name", "road_class", "category", "least", "window_m"]
    return pd.DataFrame(rows, columns=[*columns, "source"])
