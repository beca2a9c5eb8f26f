"""
Which heading of a file is which column of a layer.

Proposed from the contract's own names and from what offices write; shown, and overruled by the
user. A heading that could be two columns, or a column that two headings claim, is left to the user.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gridmap.errors import InvalidError
from gridmap.layers import Layer

# Not in any contract: a place in two columns.
COORDINATES = ("lon", "lat")
LONGITUDES = ("lon", "lng", "longitude", "x", "经度", "东经", "经度x", "x坐标", "经度坐标")
LATITUDES = ("lat", "latitude", "y", "纬度", "北纬", "纬度y", "y坐标", "纬度坐标")

# Column → other headings, in any layer that has the column.
COMMON: dict[str, tuple[str, ...]] = {
    "name": ("名称", "全称"),
    "kind": ("类型", "类别", "性质"),
    "residents": ("居民人数", "居民数", "人口", "常住人口", "人口数"),
    "code": ("代码", "编码", "编号", "区划代码", "行政区划代码", "统计用区划代码"),
    "parent": ("上级代码", "上级", "上级编码", "上级编号", "父级代码"),
    "unit_id": ("单位编号", "单位代码", "责任单位编号", "责任单位代码", "包保单位编号"),
    "note": ("备注", "说明"),
    "address": ("地址", "详细地址", "位置"),
}
SYNONYMS: dict[str, dict[str, tuple[str, ...]]] = {
    "districts": {
        "code": ("区县代码", "区划码"),
        "name": ("区县名称", "区县", "县区"),
    },
    "subdistricts": {
        "code": ("街道代码", "乡镇代码", "街道编码"),
        "name": ("街道名称", "乡镇名称", "街道", "乡镇", "街道乡镇"),
        "parent": ("区县代码", "所属区县代码", "所属区县"),
    },
    "communities": {
        "code": ("社区代码", "社区编码", "村代码"),
        "name": ("社区名称", "社区", "村名称", "社区村"),
        "parent": ("街道代码", "所属街道代码", "所属街道", "所属乡镇"),
    },
    "grids": {
        "code": ("网格代码", "网格编号", "网格编码", "网格号", "grid_id", "grid_code"),
        "name": ("网格名称", "网格"),
        "parent": ("所属社区", "社区代码", "所属社区代码", "所属社区编码", "community"),
        "kind": ("网格类型", "网格类别"),
    },
    "roads": {
        "road_id": ("道路代码", "路段编号", "编号", "道路编码"),
        "name": ("路名", "道路", "街路名称"),
        "road_class": ("等级", "道路类型", "道路级别"),
    },
    "inspection_points": {
        "point_id": ("点位代码", "点位编码", "编号", "点位号"),
        "name": ("点位", "实地点位"),
        "category": ("类别", "点位类型", "类型"),
        "status": ("状态", "是否达标", "达标情况"),
    },
    "compounds": {
        "compound_id": ("小区代码", "小区编码", "编号"),
        "name": ("小区", "楼院名称"),
        "households": ("总户数",),
    },
    "units": {
        "unit_id": ("编号", "代码", "单位编码"),
        "name": ("单位", "责任单位", "包保单位", "部门名称", "单位全称"),
        "short_name": ("简称",),
        "party": ("主体类型",),
        "headcount": ("职工人数", "人员数", "在职人数"),
        "holder": ("姓名", "领导姓名"),
        "contact": ("联系人", "负责人", "联络人"),
        "phone": ("电话", "联系方式", "手机", "手机号", "手机号码", "联系人电话"),
        "active": ("是否在用", "启用"),
    },
    "assignments": {
        "target_kind": ("对象类型", "包保类型"),
        "target": ("对象编号", "包保对象", "网格编号", "网格代码"),
        "from_m": ("起点",),
        "to_m": ("终点",),
        "side": ("侧别",),
        "tier": ("层级", "责任层级"),
        "scheme": ("方案",),
        "since": ("起始日期", "生效日期"),
        "until": ("截止日期", "失效日期"),
        "source": ("依据", "文号"),
    },
    "issues": {
        "issue_id": ("编号", "案件编号", "工单编号", "任务号"),
        "reported_at": ("上报日期", "发现时间", "时间", "采集时间"),
        "category": ("类别", "问题类型", "案件类别"),
        "channel": ("来源", "问题来源"),
        "description": ("描述", "问题内容", "内容"),
        "state": ("案件状态", "办理状态"),
        "due_at": ("整改时限", "截止日期"),
        "closed_at": ("办结时间", "结案时间"),
        "accuracy_m": ("定位精度",),
        "handler": ("处置部门", "主办单位"),
    },
}
# What offices write for a value that the register calls otherwise.
VALUES: dict[str, dict[str, str]] = {
    "status": {"达标": "reached", "已达标": "reached", "未达标": "not_reached"},
    "party": {"单位": "unit", "领导岗位": "post", "领导": "post"},
    "side": {"左": "left", "左侧": "left", "右": "right", "右侧": "right", "双侧": "both"},
    "target_kind": {
        "网格": "grid",
        "路段": "road_segment",
        "点位": "inspection_point",
        "小区": "compound",
        "区划": "division",
    },
    "tier": {
        "包片领导": "patch_leader",
        "牵头单位": "lead",
        "责任单位": "responsible",
        "协助单位": "assisting",
        "网格员": "grid_worker",
    },
    "state": {
        "上报": "reported",
        "派遣": "dispatched",
        "整改": "rectified",
        "复查": "reinspected",
        "销号": "closed_out",
    },
}
COMPOUND_KINDS = {"有物业": "managed", "物业小区": "managed", "开放式": "open", "弃管": "abandoned"}
_REPEATED = re.compile(r" \(\d+\)$")


@dataclass(frozen=True)
class Proposal:
    """
    What a file's headings are taken for.

    Parameters
    ----------
    mapping
        Heading → column (``lon`` and ``lat`` are columns of a layer with places), or None.
    ambiguous
        Column → the headings that claim it equally; none of them is mapped.
    """

    mapping: dict[str, str | None]
    ambiguous: dict[str, tuple[str, ...]]


def propose(
    headings: Sequence[str], contract: Layer, told: Mapping[str, str] | None = None
) -> Proposal:
    """
    Propose a column for each heading.

    Parameters
    ----------
    headings
        As the file has them.
    contract
        The layer that the file is to be read into.
    told
        Heading → column, by the user; an empty column leaves the heading out.

    Returns
    -------
    Proposal
        The column's own name counts most, then its Chinese name, then what offices write.

    Raises
    ------
    InvalidError
        If the user named a heading or a column that is not there, or one column twice.

    Examples
    --------
    >>> from gridmap.layers import LAYERS
    >>> propose(["单位编号", "单位名称", "序号"], LAYERS["units"]).mapping
    {'单位编号': 'unit_id', '单位名称': 'name', '序号': None}
    """
    told = dict(told or {})
    _check_told(told, headings, contract)
    mapping: dict[str, str | None] = {heading: told.get(heading) or None for heading in headings}
    taken = set(told.values())
    ambiguous: dict[str, tuple[str, ...]] = {}
    for column, ranks in _known_as(contract).items():
        if column in taken:
            continue
        for names in ranks:
            claims = [
                heading
                for heading in headings
                if plain(heading) in names and mapping[heading] is None and heading not in told
            ]
            if claims:
                if len(claims) > 1:
                    ambiguous[column] = tuple(claims)
                else:
                    mapping[claims[0]] = column
                break
    return Proposal(mapping, ambiguous)


def plain(heading: str) -> str:
    """
    Return a heading without what typing adds: width, case, spaces, a star, brackets.

    Parameters
    ----------
    heading
        As a file has it.

    Examples
    --------
    >>> plain("＊单位　名称（必填）")
    '单位名称'
    """
    text = unicodedata.normalize("NFKC", _REPEATED.sub("", heading)).lower()
    text = re.sub(r"\((必填|选填|可选|必须)\)", "", text)
    return re.sub(r"[\s*:]", "", text)


def translate(column: str, layer: str) -> Mapping[str, str]:
    """
    Return what offices write for the values of a column → what the register calls them.

    Parameters
    ----------
    column, layer
        A column with choices.
    """
    if (layer, column) == ("compounds", "kind"):
        return COMPOUND_KINDS
    return VALUES.get(column, {})


def _known_as(contract: Layer) -> dict[str, tuple[set[str], ...]]:
    own = SYNONYMS.get(contract.name, {})
    # A name that means one column here outranks the same name where it could mean another.
    special = {plain(name) for names in own.values() for name in names}
    known: dict[str, tuple[set[str], ...]] = {
        column.name: (
            {plain(column.name)},
            {plain(column.chinese)},
            {plain(name) for name in own.get(column.name, ())},
            {plain(name) for name in COMMON.get(column.name, ())} - special,
        )
        for column in contract.columns
    }
    if contract.is_spatial:
        known["lon"] = ({plain(name) for name in LONGITUDES},)
        known["lat"] = ({plain(name) for name in LATITUDES},)
    return known


def _check_told(told: Mapping[str, str], headings: Sequence[str], contract: Layer) -> None:
    columns = {column.name for column in contract.columns}
    columns |= set(COORDINATES) if contract.is_spatial else set()
    named = [column for column in told.values() if column]
    wrong = [heading for heading in told if heading not in headings]
    wrong += [column for column in named if column not in columns or named.count(column) > 1]
    if wrong:
        msg = "{wrong} cannot be mapped: the file has {headings}, the layer {columns}."
        raise InvalidError(
            msg,
            wrong=", ".join(dict.fromkeys(wrong)),
            headings=", ".join(headings),
            columns=", ".join(sorted(columns)),
        )
