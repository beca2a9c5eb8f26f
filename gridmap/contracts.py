"""The contracts of a register's layers: key, columns, geometry types, rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import geopandas as gpd
import pandas as pd

from gridmap.errors import NotFoundError

Dtype: TypeAlias = Literal["text", "number", "integer", "boolean", "date", "datetime"]
Frame: TypeAlias = pd.DataFrame | gpd.GeoDataFrame

PANDAS_DTYPE: dict[Dtype, str] = {
    "text": "str",
    "number": "float64",
    "integer": "Int64",
    "boolean": "boolean",
    "date": "datetime64[us]",
    "datetime": "datetime64[us, UTC]",
}
FAULT_COLUMNS = ["row", "column", "code", "value", "message"]


@dataclass(frozen=True)
class Column:
    """
    One column of a layer.

    Parameters
    ----------
    name
        As in code, table, URL and JSON.
    chinese
        The heading that offices know.
    dtype
        What its values are.
    required
        Whether a row may not go without it.
    choices
        The only values allowed; any if empty.
    references
        The layer whose key its values are.
    """

    name: str
    chinese: str
    dtype: Dtype = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    references: str | None = None


@dataclass(frozen=True)
class Rule:
    """
    A rule that spans columns.

    Parameters
    ----------
    column
        Where the fault is shown.
    code, message
        What it is called, and what is said of it.
    broken
        Frame with every declared column → boolean array, true where the rule is broken.
    """

    column: str
    code: str
    message: str
    broken: Callable[[pd.DataFrame], pd.Series]


@dataclass(frozen=True)
class Layer:
    """
    The contract of one layer.

    Parameters
    ----------
    name, chinese
        What it is called.
    columns
        Its columns; the first is the key.
    geometry
        Geometry types it takes; none for a plain table.
    geometry_required
        Whether a row may lack its geometry.
    rules
        What must hold between columns.
    """

    name: str
    chinese: str
    columns: tuple[Column, ...]
    geometry: tuple[str, ...] = ()
    geometry_required: bool = True
    rules: tuple[Rule, ...] = ()

    @property
    def key(self) -> str:
        """Name of the key column."""
        return self.columns[0].name

    @property
    def is_spatial(self) -> bool:
        """Whether its rows have a place."""
        return bool(self.geometry)

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)


TARGET_KINDS = ("grid", "road_segment", "inspection_point", "compound", "division")
TIERS = ("patch_leader", "lead", "responsible", "assisting", "grid_worker")
SIDES = ("left", "right", "both")
ISSUE_STATES = (
    "reported",
    "filed",
    "refused",
    "dispatched",
    "accepted",
    "returned",
    "rectified",
    "reinspected",
    "closed_out",
    "suspended",
    "merged",
)
ISSUE_CHANNELS = (
    "unit_patrol",
    "guidance_team",
    "hotline",
    "citizen_app",
    "spot_check",
    "periodic",
    "any_time",
    "mutual",
    "undercover",
    "open311",
)
LIMIT_KINDS = ("urgent_hours", "working_hours", "working_days", "calendar_days")

POLYGONS = ("Polygon", "MultiPolygon")
AREA_COLUMNS = (
    Column("code", "代码", required=True),
    Column("name", "名称", required=True),
    Column("parent", "上级代码"),
    Column("kind", "类型"),
    Column("residents", "居民人数", "integer"),
)


def _segment_needs_measures(frame: pd.DataFrame) -> pd.Series:
    measured = frame["from_m"].notna() & frame["to_m"].notna() & frame["side"].notna()
    ordered = (frame["from_m"] >= 0) & (frame["from_m"] < frame["to_m"])
    return (frame["target_kind"] == "road_segment") & ~(measured & ordered)


def _ends_before_it_starts(frame: pd.DataFrame) -> pd.Series:
    # an end on the first day leaves no day at all: the assignment was annulled, and is kept so
    return frame["until"].notna() & (frame["until"] < frame["since"])


def _negative(column: str) -> Rule:
    return Rule(
        column,
        "negative",
        "A count cannot be negative.",
        lambda frame: (frame[column] < 0).fillna(value=False).astype(bool),
    )


LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(
            "districts",
            "区县",
            AREA_COLUMNS,
            POLYGONS,
            geometry_required=False,
            rules=(_negative("residents"),),
        ),
        Layer(
            "subdistricts",
            "街道乡镇",
            AREA_COLUMNS,
            POLYGONS,
            geometry_required=False,
            rules=(_negative("residents"),),
        ),
        Layer(
            "communities",
            "社区村",
            AREA_COLUMNS,
            POLYGONS,
            geometry_required=False,
            rules=(_negative("residents"),),
        ),
        Layer(
            "grids",
            "网格",
            (
                Column("code", "网格代码", required=True),
                Column("name", "网格名称"),
                Column("parent", "所属社区代码", required=True),
                Column("kind", "网格类型"),
                Column("residents", "居民人数", "integer"),
            ),
            POLYGONS,
            rules=(_negative("residents"),),
        ),
        Layer(
            "roads",
            "道路",
            (
                Column("road_id", "道路编号", required=True),
                Column("name", "道路名称", required=True),
                Column("road_class", "道路等级"),
            ),
            ("LineString",),
        ),
        Layer(
            "inspection_points",
            "点位",
            (
                Column("point_id", "点位编号", required=True),
                Column("name", "点位名称", required=True),
                Column("category", "点位类别", required=True),
                Column("status", "达标状态", choices=("reached", "not_reached")),
                Column("address", "地址"),
            ),
            ("Point",),
        ),
        Layer(
            "compounds",
            "小区",
            (
                Column("compound_id", "小区编号", required=True),
                Column("name", "小区名称", required=True),
                Column("kind", "小区类型", choices=("managed", "open", "abandoned")),
                Column("residents", "居民人数", "integer"),
                Column("households", "户数", "integer"),
            ),
            POLYGONS,
            rules=(_negative("residents"), _negative("households")),
        ),
        Layer(
            "units",
            "责任单位",
            (
                Column("unit_id", "单位编号", required=True),
                Column("name", "单位名称", required=True),
                Column("short_name", "单位简称"),
                Column("party", "责任主体", choices=("unit", "post")),
                Column("kind", "单位类型"),
                Column("headcount", "人数", "integer"),
                Column("holder", "任职人"),
                Column("contact", "联络员"),
                Column("phone", "联系电话"),
                Column("active", "在用", "boolean"),
            ),
            ("Point",),
            geometry_required=False,
            rules=(_negative("headcount"),),
        ),
        Layer(
            "assignments",
            "包保关系",
            (
                Column("assignment_id", "包保编号", required=True),
                Column("target_kind", "包保对象类型", required=True, choices=TARGET_KINDS),
                Column("target", "包保对象编号", required=True),
                Column("from_m", "起点米数", "number"),
                Column("to_m", "终点米数", "number"),
                Column("side", "道路侧", choices=SIDES),
                Column("unit_id", "单位编号", required=True, references="units"),
                Column("tier", "包保层级", required=True, choices=TIERS),
                Column("scheme", "包保方案", required=True),
                Column("since", "开始日期", "date", required=True),
                Column("until", "结束日期", "date"),
                Column("source", "依据文件"),
                Column("note", "备注"),
            ),
            rules=(
                Rule(
                    "from_m",
                    "segment",
                    "A road segment needs a start below its end, in metres, and a side.",
                    _segment_needs_measures,
                ),
                Rule("until", "interval", "It ends before it starts.", _ends_before_it_starts),
            ),
        ),
        Layer(
            "issues",
            "问题",
            (
                Column("issue_id", "问题编号", required=True),
                Column("reported_at", "上报时间", "datetime", required=True),
                Column("category", "问题类别", required=True),
                Column("channel", "上报渠道"),
                Column("description", "问题描述"),
                Column("state", "状态", choices=ISSUE_STATES),
                Column("due_at", "截止时间", "datetime"),
                Column("closed_at", "销号时间", "datetime"),
                Column("accuracy_m", "定位精度米", "number"),
                Column("handler", "处置单位"),
                Column("grid", "所在网格"),
                Column("unit_id", "责任单位编号"),
                Column("rule", "认定规则"),
                Column("number", "案件编号"),
                Column("condition", "立案条件编号"),
                Column("address", "问题地址"),
                Column("datum", "原坐标基准"),
                Column("why", "认定经过"),
                Column("reporter", "上报人"),
                Column("reporter_role", "上报角色"),
                Column("reporter_unit", "上报单位编号"),
                Column("limit_amount", "时限数", "number"),
                Column("limit_kind", "时限类型", choices=LIMIT_KINDS),
                Column("granted", "延期时限数", "number"),
                Column("filed_at", "立案时间", "datetime"),
                Column("rectified_at", "整改时间", "datetime"),
                Column("fixer", "整改人"),
                Column("fixer_unit", "整改单位编号"),
                Column("paused_at", "挂账时间", "datetime"),
                Column("resumes", "挂账前状态", choices=ISSUE_STATES),
                Column("pending", "待决事项", choices=("extension", "appeal")),
                Column("extensions", "延期次数", "integer"),
                Column("returns", "退回次数", "integer"),
                Column("reworks", "返工次数", "integer"),
                Column("reopenings", "重开次数", "integer"),
                Column("level", "督办级别", "integer"),
                Column("exempt", "免计超时", "boolean"),
                Column("merged_into", "并入案件"),
                Column("recurs", "回潮自"),
                Column("public", "对外公开", "boolean"),
            ),
            ("Point",),
            geometry_required=False,
        ),
    )
}
LEVELS = ("district", "subdistrict", "community", "grid")
LAYER_OF_LEVEL = {
    "district": "districts",
    "subdistrict": "subdistricts",
    "community": "communities",
    "grid": "grids",
}


def layer(name: str) -> Layer:
    """
    Return the contract of a layer.

    Parameters
    ----------
    name
        One of `LAYERS`.

    Raises
    ------
    NotFoundError
        If there is no such layer.
    """
    if name not in LAYERS:
        msg = "There is no layer {name}; there are {layers}."
        raise NotFoundError(msg, name=name, layers=", ".join(LAYERS))
    return LAYERS[name]
