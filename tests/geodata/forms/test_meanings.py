"""What offices write is read as it was meant: names, days, merged cells, leaders."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from openpyxl.workbook import Workbook
from shapely import Point

from geodata.crs import wgs84_to_gcj02
from geodata.forms.names import folded
from geodata.forms.parties import key_of
from geodata.forms.preview import FormContext
from geodata.forms.reading import read
from gridmap.errors import CrsError
from tests.geodata.forms.offices import (
    GRIDS,
    LEADERS,
    MARCH,
    MAY,
    POINTS,
    RELATIONS,
    UNITS,
    Rows,
    found,
    relation,
    taken,
    written,
)
from tests.town import COMMUNITIES

# --- Names --------------------------------------------------------------------------------------


def test_a_numeral_is_suggested_and_never_guessed(office: FormContext, tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.xlsx",
        包保关系=[RELATIONS, relation(单位名称="市教育局", 网格名称="第四网格")],
    )
    preview = read(path, office)
    assert preview.faults["value"].tolist() == ["第四网格"]
    assert preview.faults["nearest"].str.split("、").str[0].tolist() == ["第4网格"]
    assert "第四网格" not in taken(preview)
    assert folded("第二十三网格") == folded("第23网格")


def test_width_and_spaces_do_not_make_another_name(office: FormContext, tmp_path: Path) -> None:
    said = relation(单位名称="市　教育局 ", 网格名称="第４ 网格")
    preview = read(written(tmp_path / "a.xlsx", 包保关系=[RELATIONS, said]), office)
    assert found(preview) == []
    assert taken(preview) == {"市　教育局": "u2", "第４ 网格": GRIDS[3]}
    assert preview.previews["assignments"].added[["unit_id", "target"]].to_numpy().tolist() == [
        ["u2", GRIDS[3]]
    ]


def test_a_name_of_two_grids_is_a_fault_until_the_community_is_said(
    office: FormContext, tmp_path: Path
) -> None:
    grids = office.frames["grids"].copy()
    grids["name"] = grids["name"].replace("第7网格", "第4网格")
    context = replace(office, frames={**office.frames, "grids": grids})
    rows = [relation(单位名称="市教育局", 网格名称=name) for name in ("第4网格", "北山社区第4网格")]
    preview = read(written(tmp_path / "a.xlsx", 包保关系=[RELATIONS, *rows]), context)
    assert found(preview) == [("包保关系!C3", "ambiguous-name")]
    assert preview.faults["nearest"].tolist() == [f"{GRIDS[3]} 第4网格、{GRIDS[6]} 第4网格"]
    assert taken(preview)["北山社区第4网格"] == GRIDS[6]


def test_a_unit_of_the_same_form_can_be_named_and_gets_an_id_of_its_name(
    office: FormContext, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "a.xlsx",
        责任单位=[UNITS, [1, None, "市新局", "１２", None, "０４５７－１２３"]],
        包保关系=[RELATIONS, relation(单位名称="市新局", 网格名称="第4网格")],
    )
    preview = read(path, office)
    assert found(preview) == []
    key = preview.previews["units"].added.index[0]
    assert key == key_of("U", "市新局")
    assert (key[0], len(key)) == ("U", 16)
    added = preview.previews["units"].added.loc[key]
    assert (added["headcount"], added["phone"]) == (12, "0457-123")
    assert preview.previews["assignments"].added["unit_id"].tolist() == [key]


def test_a_code_beside_another_name_is_a_slip(office: FormContext, tmp_path: Path) -> None:
    headings = ["单位编号", "单位名称", "网格代码", "网格名称"]
    rows: Rows = [
        ["u2", "市教育局", GRIDS[3], "第4网格"],
        ["u2", "市林业局", GRIDS[6], "第5网格"],
    ]
    preview = read(written(tmp_path / "a.xlsx", 包保关系=[headings, *rows]), office)
    assert found(preview) == [("包保关系!B4", "conflict"), ("包保关系!D4", "conflict")]


# --- What offices write -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "2026年3月1日",
        "2026.3.1",
        "２０２６-０３-０１",
        "2026/3/1",
        datetime(2026, 3, 1),  # noqa: DTZ001 -- a cell of a workbook has no zone
        "2026-03-01",
    ],
)
def test_a_day_is_read_as_offices_write_it(
    office: FormContext, tmp_path: Path, said: object
) -> None:
    rows = [relation(单位名称="市教育局", 网格名称="第4网格", 开始日期=said)]
    preview = read(
        written(tmp_path / "a.xlsx", 包保关系=[RELATIONS, *rows]), replace(office, since=MAY)
    )
    assert preview.previews["assignments"].added["since"].tolist() == [pd.Timestamp(MARCH)]


def test_merged_cells_mean_the_one_above_and_blank_ones_do_not(
    office: FormContext, tmp_path: Path
) -> None:
    book = Workbook()
    book.active.title = "包保关系"
    for said in (
        ["单位名称", "网格名称"],
        ["市教育局", "第4网格"],
        [None, "第7网格"],
        [None, "第6网格"],
    ):
        book.active.append(said)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "a.xlsx")
    preview = read(tmp_path / "a.xlsx", office)
    assert found(preview) == [("包保关系!A4", "missing")]
    assert preview.previews["assignments"].added["target"].tolist() == [GRIDS[3], GRIDS[6]]


def test_one_row_may_name_a_road_a_point_and_several_grids(
    office: FormContext, tmp_path: Path
) -> None:
    headings = [*RELATIONS, "点位", "小区", "社区"]
    said = relation(
        单位名称="市教育局", 层级="协助", 网格名称="第4网格，第7网格;第1网格",
        道路="中华路", 起点="２００", 终点=300, 侧="两侧",
    )  # fmt: skip
    rows = [headings, [*said, "第一小学", "林海小区", "北山社区"]]
    preview = read(written(tmp_path / "a.xlsx", 包保关系=rows), office)
    assert found(preview) == []
    added = preview.previews["assignments"].added
    assert sorted(added["target"]) == sorted(
        [GRIDS[3], GRIDS[6], GRIDS[0], "r1", "s1", "c1", COMMUNITIES[1]]
    )
    road = added[added["target"] == "r1"].iloc[0]
    assert (road["from_m"], road["to_m"], road["side"]) == (200, 300, "both")
    assert set(added["tier"]) == {"assisting"}


def test_coordinates_are_brought_from_the_datum_that_their_row_states(
    office: FormContext, tmp_path: Path
) -> None:
    x, y = 122.5, 52.97
    shifted = wgs84_to_gcj02(pd.DataFrame([[x, y]]).to_numpy())[0]
    rows = [
        ["p1", "甲", "market", x, y, "WGS84", "达标"],
        ["p2", "乙", "market", float(shifted[0]), float(shifted[1]), "高德", "未达标"],
    ]
    preview = read(written(tmp_path / "a.xlsx", 点位=[POINTS, *rows]), office)
    assert found(preview) == []
    added = preview.previews["inspection_points"].added
    assert abs(shifted[0] - x) > 1e-3  # the two stand some hundred metres apart on the map
    for key in ("p1", "p2"):
        assert added.geometry[key].distance(Point(x, y)) < 1e-8
    assert added["status"].tolist() == ["reached", "not_reached"]
    named = read(tmp_path / "a.xlsx", replace(office, datum="bd09"))
    assert found(named) == []
    with pytest.raises(CrsError):
        read(tmp_path / "a.xlsx", replace(office, datum="moon"))


def test_a_blank_cell_changes_nothing_of_what_is_known(office: FormContext, tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.xlsx",
        责任单位=[UNITS, [1, None, "市林业局", 41, None, None]],
        点位=[POINTS, [None, "中心市场", None, None, None, None, "未达标"]],
    )
    preview = read(path, office)
    assert found(preview) == []
    unit = preview.previews["units"].changed.loc["u1"]
    assert (unit["headcount"], unit["contact"], unit["phone"]) == (41, "王一", "0457-0000001")
    point = preview.previews["inspection_points"].changed.loc["m1"]
    assert (point["status"], point["category"]) == ("not_reached", "market")
    before = office.frames["inspection_points"].geometry["m1"]
    assert point.geometry.equals(before)


# --- Leaders ------------------------------------------------------------------------------------


def test_a_leader_watches_the_divisions_of_one_cell(office: FormContext, tmp_path: Path) -> None:
    rows = [
        ["张三", "副市长", "西林吉镇、北山社区", None],
        ["李四", "副市长", "向阳社区", "牵头单位"],
    ]
    preview = read(written(tmp_path / "a.xlsx", 包保领导=[LEADERS, *rows]), office)
    assert found(preview) == []
    posts = preview.previews["units"].added
    assert set(posts["party"]) == {"post"}
    held = preview.previews["assignments"].added
    names = posts.loc[held["unit_id"], "holder"].to_numpy()
    assert sorted(zip(names, held["tier"], held["target"], strict=True)) == [
        ("张三", "patch_leader", "232701100"),
        ("张三", "patch_leader", COMMUNITIES[1]),
        ("李四", "lead", COMMUNITIES[0]),
    ]


@pytest.mark.parametrize(
    ("rows", "keys", "code"),
    [
        ([["孙五", "包保领导甲"]], ["p1"], None),  # the same
        ([["周六", "包保领导甲"]], ["p1"], None),  # another person, the one post
        ([["孙五", "包保领导甲"], ["周六", "包保领导甲"]], ["p1", "new"], None),
        ([["周六", "包保领导甲"], ["吴七", "包保领导甲"]], [], "ambiguous-name"),
    ],
)
def test_a_title_means_a_post_only_where_one_is_unclaimed(
    office: FormContext,
    tmp_path: Path,
    rows: list[list[str]],
    keys: list[str],
    code: str | None,
) -> None:
    units = office.frames["units"].copy()
    units.loc["p1", "holder"] = "孙五"
    context = replace(office, frames={**office.frames, "units": units})
    path = written(tmp_path / "a.xlsx", 包保领导=[["姓名", "职务"], *rows])
    preview = read(path, context)
    assert set(preview.faults["code"]) == ({code} if code else set())
    if code is None:
        made = {holder: key_of("U", "包保领导甲", holder) for holder, _ in rows}
        wanted = [key if key == "p1" else made[row[0]] for key, row in zip(keys, rows, strict=True)]
        assert preview.guesses["taken_as"].tolist() == wanted
