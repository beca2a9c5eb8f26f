"""
The form: its sheets, their headings, and what stands under each.

Headings are as offices print them, in Chinese or in English; a sheet or a column is found under
any of its names. No frame is needed here, so that the child that parses can read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from geodata.forms.words import Words, plain

Kind: TypeAlias = Literal["text", "number", "date", "names"]

SERIAL = "serial"
LISTS = "_lists"


@dataclass(frozen=True)
class Field:
    """
    One column of a sheet.

    Parameters
    ----------
    name
        What it is in the register, or ``grid_name`` and the like for what is only looked up.
    heading
        What stands above it.
    group
        What stands above it and its neighbours.
    kind
        ``names``: one or several names or codes, separated by 、 , or ;.
    also
        Further headings it is found under.
    width
        In characters.
    options
        The list that its drop-down shows.
    strict
        Whether Excel refuses what the list lacks.
    personal
        Whether it says who somebody is, or how to reach them.
    example
        What the grey row of the template shows.
    """

    name: str
    heading: Words
    group: Words | None = None
    kind: Kind = "text"
    also: tuple[str, ...] = ()
    width: int = 12
    options: str = ""
    strict: bool = False
    personal: bool = False
    example: Words = ("", "")


@dataclass(frozen=True)
class FormSheet:
    """
    One sheet of the form.

    Parameters
    ----------
    name
        What it is called in code.
    title
        Of the sheet, and above its table.
    also
        Further titles it is found under.
    remark
        How to fill it in.
    fields
        Its columns.
    required
        Of which sets of columns one each must be there.
    """

    name: str
    title: Words
    also: tuple[str, ...]
    remark: Words
    fields: tuple[Field, ...]
    required: tuple[tuple[str, ...], ...]

    def field(self, name: str) -> Field:
        """Return the column of that name."""
        return next(field for field in self.fields if field.name == name)


_PEOPLE: Words = ("联系方式", "Contact")
_PLACE: Words = ("位置", "Place")
_GRID: Words = ("网格", "Grid")
_ROAD: Words = ("道路", "Road")
_OTHER: Words = ("其他对象", "Other targets")
_TERM: Words = ("起止", "Term")

_NUMBER = Field(SERIAL, ("序号", "No."), width=6, also=("编号顺序", "#"))
_PARTY = (
    Field("short_name", ("简称", "Short name"), also=("单位简称",), width=14),
    Field("kind", ("类型", "Type"), also=("单位类型", "性质"), options="kind"),
    Field("headcount", ("人数", "Staff"), kind="number", also=("职工人数", "在职人数"), width=8),
)
_REACHED = (
    Field("contact", ("联络员", "Contact person"), _PEOPLE, also=("联系人",), personal=True),
    Field(
        "phone", ("电话", "Phone"), _PEOPLE, also=("联系电话", "手机", "手机号"), width=16,
        personal=True,
    ),
)  # fmt: skip
_ACTIVE = Field("active", ("在用", "In use"), options="active", strict=True, width=8)
_WHERE = (
    Field("lon", ("经度", "Longitude"), _PLACE, "number", width=14, example=("122.536", "122.536")),
    Field("lat", ("纬度", "Latitude"), _PLACE, "number", width=14, example=("52.972", "52.972")),
    Field(
        "datum", ("坐标系", "Datum"), _PLACE, also=("坐标系统", "坐标"), options="datum",
        example=("CGCS2000", "WGS84"),
    ),
)  # fmt: skip
_SINCE = Field(
    "since", ("开始日期", "Since"), _TERM, "date", also=("起始日期",),
    example=("2026-03-01", "2026-03-01"),
)  # fmt: skip
_HELD = (
    Field("scheme", ("包保方案", "Scheme"), also=("方案",), options="scheme"),
    _SINCE,
    Field("until", ("结束日期", "Until"), _TERM, "date", also=("截止日期",)),
    Field("source", ("依据文件", "Source"), also=("依据", "文号"), width=22),
    Field("note", ("备注", "Note"), also=("说明",), width=22),
)

UNITS = FormSheet(
    "units",
    ("责任单位", "Units"),
    ("单位", "单位名单", "单位信息", "责任单位表"),
    (
        (
            "每行一个单位。单位编号可空：名称与登记的一致则沿用原编号，否则按名称生成（U+15位）。"
            "空格不改动登记内容。坐标须写明坐标系。"
        ),
        (
            "One unit a row. Without an ID, a unit of the same name is taken, or an ID is made of "
            "the name (U and 15 digits). Blank cells change nothing. Say the datum of coordinates."
        ),
    ),
    (
        _NUMBER,
        Field("unit_id", ("单位编号", "Unit ID"), also=("单位代码", "编号"), width=18),
        Field(
            "name", ("单位名称", "Unit"), also=("单位", "责任单位", "名称", "单位全称"), width=26,
            example=("市林业局", "Forestry Bureau"),
        ),
        *_PARTY,
        Field("holder", ("单位负责人", "Head"), _PEOPLE, personal=True),
        *_REACHED,
        *_WHERE,
        _ACTIVE,
    ),
    (("name",),),
)  # fmt: skip
POSTS = FormSheet(
    "posts",
    ("包保领导", "Leaders"),
    ("领导", "领导包保", "包联领导", "包保领导表"),
    (
        (
            "每行一位领导；一格可写多个街道、社区，用顿号分开。层级空白按包片领导，"
            "开始日期空白按导入日期。"
        ),
        (
            "One leader a row; several divisions in one cell are separated by commas. A blank "
            "tier is that of a patch leader, a blank day that of the import."
        ),
    ),
    (
        _NUMBER,
        Field("unit_id", ("岗位编号", "Post ID"), also=("编号",), width=18),
        Field("holder", ("姓名", "Name"), also=("领导姓名",), personal=True),
        Field(
            "name", ("职务", "Post"), also=("岗位", "领导职务", "岗位名称"), width=24,
            example=("副市长", "Deputy mayor"),
        ),
        *_PARTY,
        *_REACHED,
        _ACTIVE,
        Field(
            "division", ("联系街道社区", "Divisions"), kind="names", width=30, options="division",
            also=("联系的街道/社区", "联系街道/社区", "联系街道", "联系社区", "包保社区"),
            example=("西林吉镇", "Xilinji"),
        ),
        Field("tier", ("层级", "Tier"), also=("包保层级",), options="tier", strict=True),
        *_HELD,
    ),
    (("name",),),
)  # fmt: skip
RELATIONS = FormSheet(
    "relations",
    ("包保关系", "Assignments"),
    ("包保", "包保责任", "责任关系", "包保关系表"),
    (
        (
            "每行一个单位，单位填名称或编号。一格可写多个网格，用顿号分开；道路须写起止米数和侧。"
            "层级空白按责任单位，开始日期空白按导入日期。表中没有的不会被撤销。"
        ),
        (
            "One unit a row, by name or ID. Several grids in one cell are separated by commas; a "
            "road needs its metres and side. A blank tier is the responsible unit's, a blank day "
            "that of the import. What the form lacks is not released."
        ),
    ),
    (
        _NUMBER,
        Field("unit_id", ("单位编号", "Unit ID"), also=("单位代码", "包保单位编号"), width=18),
        Field(
            "unit_name", ("单位名称", "Unit"), also=("单位", "责任单位", "包保单位"), width=26,
            options="unit", example=("市林业局", "Forestry Bureau"),
        ),
        Field("tier", ("层级", "Tier"), also=("包保层级",), options="tier", strict=True),
        Field(
            "grid", ("网格代码", "Grid code"), _GRID, "names", width=20,
            also=("网格编号", "网格编码", "代码"),
        ),
        Field(
            "grid_name", ("网格名称", "Grid"), _GRID, "names", width=22, options="grid",
            also=("网格", "包保网格", "名称"), example=("第一网格、第二网格", "1A01, 1A02"),
        ),
        Field(
            "road", ("道路名称", "Road"), _ROAD, "names", width=16, options="road",
            also=("道路", "路段", "包保道路", "道路编号"),
        ),
        Field("from_m", ("起点米数", "From, m"), _ROAD, "number", ("起点", "起"), width=9),
        Field("to_m", ("终点米数", "To, m"), _ROAD, "number", ("终点", "止"), width=9),
        Field("side", ("道路侧", "Side"), _ROAD, also=("侧", "侧别"), width=8, options="side",
              strict=True),
        Field("inspection_point", ("点位", "Point"), _OTHER, "names", ("点位名称", "包保点位"),
              width=20, options="inspection_point"),
        Field("compound", ("小区", "Compound"), _OTHER, "names", ("小区名称", "包保小区"),
              width=18, options="compound"),
        Field("division", ("街道社区", "Division"), _OTHER, "names", ("街道", "社区", "区划"),
              width=18, options="division"),
        *_HELD,
    ),
    (("unit_id", "unit_name"),),
)  # fmt: skip
POINTS = FormSheet(
    "points",
    ("点位", "Points"),
    ("点位表", "实地点位", "点位信息"),
    (
        (
            "每行一个点位。点位编号可空：名称与登记的一致则沿用原编号，"
            "否则按名称和地址生成（P+15位）。"
            "经纬度须写明坐标系：高德、腾讯为GCJ-02，百度为BD-09。"
        ),
        (
            "One point a row. Without an ID, a point of the same name is taken, or an ID is made "
            "of name and address (P and 15 digits). Say the datum of coordinates."
        ),
    ),
    (
        _NUMBER,
        Field("point_id", ("点位编号", "Point ID"), also=("点位代码", "编号"), width=18),
        Field("name", ("点位名称", "Point"), also=("点位", "名称"), width=24,
              example=("中心市场", "Central market")),
        Field("category", ("点位类别", "Category"), also=("类别", "点位类型", "类型"), width=16,
              options="category", example=("农贸市场", "Market")),
        Field("address", ("地址", "Address"), also=("详细地址",), width=28),
        *_WHERE,
        Field("status", ("达标状态", "Status"), also=("状态", "是否达标"), options="status",
              strict=True),
    ),
    (("name",),),
)  # fmt: skip
SHEETS: Mapping[str, FormSheet] = {sheet.name: sheet for sheet in (UNITS, POSTS, RELATIONS, POINTS)}


def sheet_called(title: str) -> FormSheet | None:
    """
    Return the sheet of the form that a workbook's sheet is, if it is one.

    Parameters
    ----------
    title
        Of the workbook's sheet.
    """
    wanted = plain(title)
    for sheet in SHEETS.values():
        if wanted in {plain(name) for name in (*sheet.title, *sheet.also)}:
            return sheet
    return None
