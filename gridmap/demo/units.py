"""Units and posts of a demo city: who can be made responsible."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.demo import names
from gridmap.demo.areas import CRS, RIVER_KIND, Areas
from gridmap.demo.scatter import Scatter
from gridmap.demo.sizes import Size
from gridmap.demo.terrain import to_degrees

ORGAN, ENTERPRISE, VERTICAL, LEADER, WORKER = (
    *("党政机关", "企事业单位", "中省直单位"),
    *("领导岗位", "网格员岗位"),
)
ORGANS = (
    *(
        "委办公室",
        "政府办公室",
        "委组织部",
        "委宣传部",
        "委统战部",
        "委政法委",
        "教育局",
        "科学技术局",
    ),
    *(
        "工业和信息化局",
        "公安局",
        "民政局",
        "司法局",
        "财政局",
        "人力资源和社会保障局",
        "自然资源局",
    ),
    *("生态环境局", "住房和城乡建设局", "城市管理综合执法局", "交通运输局", "水务局", "农业农村局"),
    *("商务局", "文体广电和旅游局", "卫生健康局", "退役军人事务局", "应急管理局", "审计局"),
    *("市场监督管理局", "林业和草原局", "统计局", "信访局", "医疗保障局", "营商环境局", "总工会"),
    *("妇女联合会", "残疾人联合会", "工商业联合会", "档案馆", "红十字会", "科学技术协会"),
)
VERTICALS = (
    *(
        "税务局",
        "气象局",
        "供电公司",
        "邮政分公司",
        "烟草专卖局",
        "消防救援大队",
        "公路分局",
        "水文站",
    ),
    *("统计调查队", "通信分公司", "石油分公司", "盐业分公司", "农业银行支行", "储蓄银行支行"),
)
INSTITUTIONS = (
    *(
        "第一小学",
        "第二小学",
        "第三小学",
        "实验小学",
        "第一中学",
        "第二中学",
        "职业教育中心",
        "实验幼儿园",
    ),
    *(
        "人民医院",
        "中医医院",
        "妇幼保健院",
        "疾病预防控制中心",
        "图书馆",
        "文化馆",
        "博物馆",
        "体育中心",
    ),
    *("融媒体中心", "公园管理处", "环境卫生服务中心", "市政工程服务中心", "自来水公司", "热力公司"),
    *("公交公司", "客运总站", "不动产登记中心", "住房公积金中心"),
)
TRADES = (
    *(
        "供热",
        "物业",
        "建筑",
        "食品",
        "林产",
        "药业",
        "旅游",
        "物流",
        "环保",
        "商贸",
        "电子",
        "纺织",
    ),
    *(
        "机械",
        "园林",
        "粮油",
        "乳业",
        "矿泉水",
        "家具",
        "印务",
        "酒店",
        "客运",
        "建材",
        "燃气",
        "种业",
    ),
    *("农机", "冷链", "文化传媒", "职业培训", "养老服务", "家政"),
)
GRIDS_OF_WORKER = 5
WITHOUT_WORKERS = 4  # of so many communities, the third has no grid workers


class Party(NamedTuple):
    """One row of the layer, before its people and its place are known."""

    name: str
    short_name: str
    party: str
    kind: str


def units(size: Size, areas: Areas, scatter: Scatter, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """
    Return the raw layer of units: the responsible units first, then leaders' and workers' posts.

    Parameters
    ----------
    size
        Which city; it says how many units.
    areas
        Its divisions.
    scatter
        Draws places in grids.
    rng
        Where chance comes from.
    """
    own = _named(size, areas, rng)
    posts = [*_leaders(areas), *_workers(areas)]
    rows = pd.DataFrame([*own, *posts])
    n, n_own = len(rows), len(own)
    is_post = np.arange(n) >= n_own
    person = names.people(rng, n)
    rows.insert(0, "unit_id", [f"U{i:05d}" for i in range(1, n_own + 1)] + _post_ids(n - n_own))
    rows["headcount"] = pd.array(np.where(is_post, 1, rng.integers(6, 140, n)), dtype="Int64")
    rows["holder"] = [name if post else None for name, post in zip(person, is_post, strict=True)]
    rows["contact"] = person
    # No number of a Chinese subscriber begins with 0: these reach nobody.
    rows["phone"] = [f"0457-0{number:06d}" for number in rng.choice(10**6, n, replace=False)]
    rows["active"] = True
    dry = np.flatnonzero(areas.grids["kind"] != RIVER_KIND)
    seat = to_degrees(scatter.beside_roads(rng.choice(dry, n), (10.0, 30.0), rng), size)
    place = shapely.points(seat)
    place[is_post] = None
    return gpd.GeoDataFrame(rows, geometry=place, crs=CRS)


def workers_of(areas: Areas) -> list[tuple[str, int]]:
    """
    Return the community and ordinal of each grid worker, and implicitly the grids of each.

    A worker has five grids in the order of their codes; in every fourth community there are none.
    """
    counts = areas.grids.groupby("parent", sort=True).size()
    return [
        (str(code), worker)
        for number, (code, grids) in enumerate(counts.items())
        if number % WITHOUT_WORKERS != WITHOUT_WORKERS - 2
        for worker in range(-(-int(grids) // GRIDS_OF_WORKER))
    ]


def _post_ids(n: int) -> list[str]:
    return [f"G{i:05d}" for i in range(1, n + 1)]


def _named(size: Size, areas: Areas, rng: np.random.Generator) -> list[Party]:
    rows = _public(size.name, "市")
    if size.districts > 1:
        for district in areas.districts["name"]:
            rows += _public(district, district.removesuffix("区"))
    rows = rows[: size.units]
    stems = tuple(names.pairs(rng))
    for short in names.combined(rng, size.units - len(rows), stems, TRADES):
        rows.append(Party(f"{size.name}{short}有限公司", short, "unit", ENTERPRISE))
    return rows


def _public(place: str, short: str) -> list[Party]:
    kinds = ((ORGANS, ORGAN), (VERTICALS, VERTICAL), (INSTITUTIONS, ENTERPRISE))
    return [
        Party(f"{place}{body}", f"{short}{body}", "unit", kind)
        for bodies, kind in kinds
        for body in bodies
    ]


def _leaders(areas: Areas) -> list[Party]:
    divisions = [*areas.subdistricts["name"], *areas.communities["name"]]
    return [Party(f"{name}包片领导", f"{name}领导", "post", LEADER) for name in divisions]


def _workers(areas: Areas) -> list[Party]:
    name = areas.communities.set_index("code")["name"]
    return [
        Party(f"{name[code]}网格员{n + 1}号岗", f"{name[code]}{n + 1}号", "post", WORKER)
        for code, n in workers_of(areas)
    ]
