"""The offices' Excel form: what is read is what was meant, or a fault in its cell."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import hypothesis.strategies as st
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from openpyxl.workbook import Workbook
from pandas.testing import assert_frame_equal
from shapely import Point

from geodata import sandbox
from geodata.crs import wgs84_to_gcj02
from geodata.database import connect, migrate
from geodata.errors import LimitError, StaleError, UnreadableError, UnsupportedFormatError
from geodata.forms import cells, words
from geodata.forms.books import export, template
from geodata.forms.committing import commit, context_of
from geodata.forms.design import LISTS, SHEETS
from geodata.forms.marking import marked
from geodata.forms.names import folded
from geodata.forms.parties import key_of
from geodata.forms.preview import LOOKED_IN, FormContext, FormPreview
from geodata.forms.reading import read
from geodata.limits import Limits
from geodata.store import Store
from gridmap import assignments, demo, layers
from gridmap.errors import CrsError, InvalidError
from tests.geodata import hostile
from tests.geodata.hostile import row, sheet
from tests.registers import town_register
from tests.town import COMMUNITIES, SQUARES, town

MARCH, MAY = date(2026, 3, 1), date(2026, 5, 1)
ZONE = "Asia/Shanghai"
GRIDS = list(SQUARES)
Rows = list[list[object]]
UNITS = ["序号", "单位编号", "单位名称", "人数", "联络员", "电话"]
RELATIONS = [
    "单位名称",
    "层级",
    "网格名称",
    "道路",
    "起点",
    "终点",
    "侧",
    "开始日期",
    "依据",
    "备注",
]
POINTS = ["点位编号", "点位名称", "点位类别", "经度", "纬度", "坐标系", "状态"]
LEADERS = ["姓名", "职务", "联系社区", "层级"]
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships'
    '+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    "</Types>"
)
# A workbook written by hand, of one sheet that is one of the form's.
BOOK = {
    "xl/workbook.xml": (
        f'<workbook xmlns="{hostile.MAIN}" xmlns:r="{hostile.RELATIONS}"><sheets>'
        '<sheet name="包保关系" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "[Content_Types].xml": TYPES,
}


def written(path: Path, **sheets: Rows) -> Path:
    """Write sheets: 责任单位=[headings, row, row], under a title as offices have it."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        tab = book.create_sheet(title)
        tab.append([f"漠河市{title}一览表"])
        tab.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(rows[0]))
        for cells_of in rows:
            tab.append(cells_of)
    book.save(path)
    return path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(town_register(tmp_path_factory.mktemp("kept")).removeprefix("gpkg:///"))


@pytest.fixture
def store(kept: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(kept, tmp_path / "town.gpkg")
    opened = Store(connect(f"gpkg:///{tmp_path / 'town.gpkg'}"))
    yield opened
    opened.close()


@pytest.fixture
def outside() -> FormContext:
    """Return the town as it is, without a register beneath it."""
    return FormContext(town("EPSG:4490"), crs="EPSG:4490", codes="cn", since=MARCH)


@pytest.fixture
def office(outside: FormContext, monkeypatch: pytest.MonkeyPatch) -> FormContext:
    """Return the same, and read in this process: a child for each form costs half a second."""
    child = sandbox.run

    def run(parser: str, path: Path, options: dict[str, Any], limits: Limits) -> sandbox.Answer:
        if parser != "form":
            return child(parser, path, options, limits)
        parsed = cells.parse(path, options, limits)
        table = parsed.to_arrow(limits)
        notes = [[note.template, note.values] for note in parsed.notes]  # noqa: PD011
        return sandbox.Answer(
            {"notes": notes, "faults": parsed.faults, "parts": parsed.parts}, table
        )

    monkeypatch.setattr(sandbox, "run", run)
    return outside


def found(preview: FormPreview) -> list[tuple[str, str]]:
    return list(zip(preview.faults["cell"], preview.faults["code"], strict=True))


def taken(preview: FormPreview) -> dict[str, str]:
    return dict(zip(preview.guesses["said"], preview.guesses["taken_as"], strict=True))


def relation(**said: object) -> list[object]:
    return [said.get(heading) for heading in RELATIONS]


def brought(store: Store, path: Path, since: date = MARCH, **options: bool) -> dict:
    context = context_of(store, since, time_zone=ZONE, **options)
    return commit(store, "王一", read(path, context), since, path.name)


def entries(store: Store) -> int:
    last = store.journal.last()
    return 0 if last is None else last.seq


def held_by(store: Store, grid: str, day: date) -> list[str]:
    rows = assignments.in_force(store.read("assignments"), day)
    mine = rows[(rows["target"] == grid) & (rows["tier"] == "responsible")]
    return sorted(mine["unit_id"])


# --- A city in one upload ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def mohe() -> demo.DemoCity:
    return demo.city("mohe")


def empty_city(city: demo.DemoCity, folder: Path) -> Store:
    """Keep the ground of a city, of which nobody answers for anything."""
    database = connect(f"gpkg:///{folder / 'city.gpkg'}")
    migrate(database, crs="EPSG:4490", codes="cn", name="漠河")
    made = Store(database, clock=lambda: datetime(2026, 6, 1, 4, tzinfo=UTC))
    with made.write(who="a test", action="import") as writer:
        for layer in ("districts", "subdistricts", "communities", "grids", "roads"):
            frame = layers.conform(getattr(city, layer), layers.LAYERS[layer])
            writer.add(layer, frame, date(2026, 1, 1))
    return made


def as_an_office_writes(city: demo.DemoCity, path: Path) -> tuple[Path, dict[str, set[str]]]:
    """
    Write the units of a city and who holds its grids: names, grouped headings, merged cells.

    Returns the file, and grid code → names of the units that hold it.
    """
    book = Workbook()
    units = book.active
    units.title = "责任单位"
    units.append(["漠河市责任单位名单"])
    units.append(["填报：创城办", None, None, None, "2026年3月1日"])
    units.append(["序号", "单位　名称", "基本情况", None, "联系方式", None])
    units.append([None, None, "类型", "人数（人）", "联络员", "电话"])
    for area in ("A1:F1", "C3:D3", "E3:F3", "A3:A4", "B3:B4"):
        units.merge_cells(area)
    mine = city.units[city.units["party"] == "unit"].set_index("unit_id")
    for number, unit in enumerate(mine.itertuples(), start=1):
        units.append([number, unit.name, unit.kind, unit.headcount, unit.contact, unit.phone])
    units.append(["合计", None, None, int(mine["headcount"].sum())])
    oracle = _relations(city, book, mine["name"])
    book.save(path)
    return path, oracle


def _relations(city: demo.DemoCity, book: Workbook, called: pd.Series) -> dict[str, set[str]]:
    tab = book.create_sheet("包保关系")
    tab.append(["序号", "单位名称", "网格", None, "开始日期"])
    tab.append([None, None, "名称", "备注", None])
    for area in ("C1:D1", "A1:A2", "B1:B2", "E1:E2"):
        tab.merge_cells(area)
    held = city.assignments.query("target_kind == 'grid' and tier == 'responsible'")
    names = city.grids.set_index("code")["name"]
    oracle: dict[str, set[str]] = {}
    for number, (unit, rows) in enumerate(held.groupby("unit_id"), start=1):
        for code in rows["target"]:
            oracle.setdefault(code, set()).add(called[unit])
        grids = names[rows["target"]].to_list()
        first = tab.max_row + 1
        # one row a grid, the unit's cell merged; or all of its grids in one cell
        for cell in ["、".join(grids)] if number % 2 else grids:
            is_first = tab.max_row < first
            unit_cells = [number, called[unit]] if is_first else [None, None]
            tab.append([*unit_cells, cell, None, "２０２６．３．１"])
        for letter in "AB" if tab.max_row > first else "":
            tab.merge_cells(f"{letter}{first}:{letter}{tab.max_row}")
    return oracle


def test_122_units_on_101_grids_come_in_one_upload_and_a_second_one_changes_nothing(
    mohe: demo.DemoCity, tmp_path: Path
) -> None:
    store = empty_city(mohe, tmp_path)
    path, oracle = as_an_office_writes(mohe, tmp_path / "漠河.xlsx")
    assert len(oracle) == 101
    counts = brought(store, path)
    assert counts["units"]["added"] == 122
    assert counts["assignments"]["added"] == sum(map(len, oracle.values()))
    assert entries(store) == 2
    units, held = store.read("units", MARCH), store.read("assignments")
    by_grid = held.groupby("target")["unit_id"].agg(lambda ids: set(units.loc[ids, "name"]))
    assert by_grid.to_dict() == oracle
    assert set(held["since"]) == {pd.Timestamp(MARCH)}
    again = brought(store, path, MAY)
    assert again["units"] == {**again["units"], "added": 0, "changed": 0, "unchanged": 122}
    assert (again["assignments"]["added"], again["assignments"]["changed"]) == (0, 0)
    assert entries(store) == 2
    store.close()


def test_names_of_a_known_city_lead_to_its_own_ids(
    mohe: demo.DemoCity, office: FormContext, tmp_path: Path
) -> None:
    frames = {name: layers.conform(getattr(mohe, name), layers.LAYERS[name]) for name in LOOKED_IN}
    context = replace(office, frames=frames)
    path, _ = as_an_office_writes(mohe, tmp_path / "a.xlsx")
    preview = read(path, context)
    assert found(preview) == []
    assert preview.counts["units"]["unchanged"] == 122  # names led to the register's own IDs
    assert taken(preview)["云杉市委办公室"] == "U00001"


# --- Every fault at its cell ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "cell", "code"),
    [
        ({"单位名称": "市林叶局", "网格名称": "第4网格"}, "A3", "unknown-name"),
        ({"网格名称": "第4网格"}, "A3", "missing"),
        ({"单位名称": "市林业局"}, "C3", "missing"),
        ({"单位名称": "市林业局", "网格名称": "第四网格"}, "C3", "unknown-name"),
        ({"单位名称": "市林业局", "网格名称": "第4网格、第九网格"}, "C3", "unknown-name"),
        ({"单位名称": "市林业局", "网格名称": "第3网格"}, "C3", "already-assigned"),
        ({"单位名称": "市原建委", "网格名称": "第4网格"}, "A3", "inactive"),
        ({"单位名称": "市林业局", "网格名称": "第4网格", "层级": "帮忙"}, "B3", "choice"),
        ({"单位名称": "市林业局", "网格名称": "第4网格", "开始日期": "2026-02-30"}, "H3", "type"),
        ({"单位名称": "市林业局", "网格名称": "第4网格", "开始日期": 20260301}, "H3", "type"),
        ({"单位名称": "市教育局", "道路": "中华路"}, "E3", "segment"),
        ({"单位名称": "市教育局", "道路": "中华路", "起点": "二百", "终点": 300, "侧": "左侧"},
         "E3", "type"),
        ({"单位名称": "市教育局", "道路": "中华路", "起点": 200, "终点": 300, "侧": "南侧"},
         "G3", "choice"),
        ({"单位名称": "市教育局", "道路": "中华路", "起点": 100, "终点": 200, "侧": "双侧"},
         "D3", "already-assigned"),
        ({"单位名称": "市教育局", "网格名称": "第4网格", "起点": 100}, "E3", "segment"),
        ({"单位名称": "市林业局", "网格名称": "第1网格", "依据": "令"}, "I3", "written-once"),
    ],
)  # fmt: skip
def test_each_fault_of_who_holds_what_is_at_its_cell(
    office: FormContext, tmp_path: Path, said: dict[str, object], cell: str, code: str
) -> None:
    told = town("EPSG:4490")
    held = told["assignments"].assign(source="创城办〔2025〕7号")
    context = replace(office, frames={**told, "assignments": held})
    path = written(tmp_path / "a.xlsx", 包保关系=[RELATIONS, relation(**said)])
    preview = read(path, context)
    assert found(preview) == [(f"包保关系!{cell}", code)]
    assert preview.refused


@pytest.mark.parametrize(
    ("said", "cell", "code"),
    [
        ([1, None, None, 5, "王", "1"], "C3", "missing"),
        ([1, "u9", "市新局", "五人", "王", "1"], "D3", "type"),
        ([1, "u9", "市新局", -3, "王", "1"], "D3", "negative"),
        ([1, "u9", "市新局", 2.5, "王", "1"], "D3", "type"),
        ([1, "u9", "市新局", 5, "王", "1.38E+10"], "F3", "digits-lost"),
    ],
)
def test_each_fault_of_a_unit_is_at_its_cell(
    office: FormContext, tmp_path: Path, said: list[object], cell: str, code: str
) -> None:
    preview = read(written(tmp_path / "a.xlsx", 责任单位=[UNITS, said]), office)
    assert found(preview) == [(f"责任单位!{cell}", code)]


@pytest.mark.parametrize(
    ("said", "cell", "code"),
    [
        (["p9", "新市场", "market", 122.5, 52.9, None, None], "F3", "crs"),
        (["p9", "新市场", "market", 122.5, 52.9, "火星文", None], "F3", "crs"),
        (["p9", "新市场", "market", 122.5, None, "WGS84", None], "E3", "coordinates"),
        (["p9", "新市场", "market", "122°30′", 52.9, "WGS84", None], "D3", "type"),
        (["p9", "新市场", "market", 52.9, 122.5, "WGS84", None], "D3", "swapped"),
        (["p9", "新市场", "market", None, None, None, None], "D3", "missing"),
        (["p9", "新市场", None, 122.5, 52.9, "WGS84", None], "C3", "missing"),
        (["p9", "新市场", "market", 122.5, 52.9, "WGS84", "还行"], "G3", "choice"),
    ],
)
def test_each_fault_of_a_point_is_at_its_cell(
    office: FormContext, tmp_path: Path, said: list[object], cell: str, code: str
) -> None:
    preview = read(written(tmp_path / "a.xlsx", 点位=[POINTS, said]), office)
    assert found(preview) == [(f"点位!{cell}", code)]


def test_two_rows_that_say_the_same_are_both_shown(office: FormContext, tmp_path: Path) -> None:
    same = relation(单位名称="市教育局", 网格名称="第4网格")
    preview = read(written(tmp_path / "a.xlsx", 包保关系=[RELATIONS, same, same]), office)
    assert found(preview) == [("包保关系!C3", "duplicate"), ("包保关系!C4", "duplicate")]


def test_a_column_without_which_nothing_can_be_read_is_named(
    office: FormContext, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.xlsx", 包保关系=[["网格名称", "备注"], ["第4网格", "x"]])
    preview = read(path, office)
    assert found(preview) == [("包保关系!A2", "missing-column")]
    assert preview.faults["value"].tolist() == ["单位编号 / 单位名称"]


def test_an_error_in_a_cell_and_a_formula_without_a_value_are_at_their_cells(
    office: FormContext, tmp_path: Path
) -> None:
    rows = sheet(
        row(1, "单位名称", "网格名称", "备注", "序号"),
        row(2, "市教育局", "第4网格", "<c t='e'><v>#N/A</v></c>"),
        row(3, "市教育局", "第7网格", "<c><f>1+1</f></c>", "<c t='e'><v>#REF!</v></c>"),
    )
    path = hostile.workbook(tmp_path / "a.xlsx", rows, **BOOK)
    preview = read(path, office)
    assert found(preview) == [
        ("包保关系!C2", "error-cell"),
        ("包保关系!C3", "formula"),
        ("包保关系!D3", "error-cell"),
    ]


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


# --- One transaction ----------------------------------------------------------------------------


def test_a_fault_in_one_sheet_keeps_all_others_out(store: Store, tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.xlsx",
        责任单位=[UNITS, [1, None, "市新局", 12, None, None]],
        包保关系=[RELATIONS, relation(单位名称="市新局", 网格名称="第1网格")],
    )
    with pytest.raises(InvalidError) as refused:
        brought(store, path)
    assert refused.value.faults["cell"].tolist() == ["包保关系!C3"]
    assert "市新局" not in set(store.read("units")["name"])
    assert entries(store) == 1


def test_units_points_and_assignments_are_one_entry_of_the_journal(
    store: Store, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "a.xlsx",
        责任单位=[UNITS, [1, None, "市新局", 12, None, None]],
        包保领导=[LEADERS, ["张三", "副市长", "北山社区", None]],
        包保关系=[
            [*RELATIONS, "点位"],
            [*relation(单位名称="市新局", 网格名称="第4网格"), "新市场"],
        ],
        点位=[POINTS, [None, "新市场", "market", 122.53, 52.97, "CGCS2000", None]],
    )
    counts = brought(store, path)
    assert {layer: told["added"] for layer, told in counts.items()} == {
        "units": 2,
        "inspection_points": 1,
        "assignments": 3,
    }
    assert entries(store) == 2
    entry = store.journal.entry(2)
    assert (entry.who, entry.what["source"]) == ("王一", "a.xlsx")
    assert set(entry.what["changes"]) == {"units", "inspection_points", "assignments"}
    assert held_by(store, GRIDS[3], MARCH) == [key_of("U", "市新局")]
    assert store.verify() is None


def test_a_form_is_stale_once_a_layer_that_it_speaks_of_has_moved(
    store: Store, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "a.xlsx", 包保关系=[RELATIONS, relation(单位名称="市教育局", 网格名称="第4网格")]
    )
    preview = read(path, context_of(store, MARCH, time_zone=ZONE))
    brought(store, path)
    with pytest.raises(StaleError):
        commit(store, "王一", preview, MARCH, "a.xlsx")
    assert held_by(store, GRIDS[3], MARCH) == ["u2"]


def test_what_a_form_lacks_is_listed_and_ends_only_when_asked(store: Store, tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.xlsx", 包保关系=[RELATIONS, relation(单位名称="市林业局", 网格名称="第1网格")]
    )
    preview = read(path, context_of(store, MARCH, time_zone=ZONE))
    # the leader's community is on another sheet, which this form does not have
    assert sorted(preview.missing.index) == ["a2", "a3", "a4", "a5", "a6", "a8", "a9"]
    assert brought(store, path)["assignments"]["retired"] == 0
    assert entries(store) == 1
    assert brought(store, path, retire_missing=True)["assignments"]["retired"] == 7
    assert held_by(store, GRIDS[1], date(2026, 2, 28)) == ["u1"]
    assert held_by(store, GRIDS[1], MARCH) == []
    left = assignments.in_force(store.read("assignments"), MARCH)
    assert sorted(left.index) == ["a1", "a7"]


def test_what_began_that_very_day_cannot_end_on_it(store: Store, tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.xlsx", 包保关系=[RELATIONS, relation(单位名称="市林业局", 网格名称="第1网格")]
    )
    context = context_of(store, date(2026, 1, 1), time_zone=ZONE, retire_missing=True)
    preview = read(path, context)
    assert set(preview.faults["code"]) == {"interval"}
    assert sorted(preview.faults["value"]) == ["a2", "a3", "a4", "a5", "a6", "a8", "a9"]


def test_a_grid_changes_hands_in_one_form(store: Store, tmp_path: Path) -> None:
    headings = ["单位名称", "网格名称", "开始日期", "结束日期"]
    rows: Rows = [
        ["市林业局", "第1网格", None, "2026-05-01"],
        ["市教育局", "第1网格", "2026-05-01"],
    ]
    path = written(tmp_path / "a.xlsx", 包保关系=[headings, *rows])
    counts = brought(store, path)["assignments"]
    assert (counts["added"], counts["changed"], counts["unchanged"]) == (1, 1, 0)
    assert held_by(store, GRIDS[0], date(2026, 4, 30)) == ["u1"]
    assert held_by(store, GRIDS[0], MAY) == ["u2"]
    before = entries(store)
    assert brought(store, path)["assignments"]["unchanged"] == 2
    assert entries(store) == before


# --- The form written -----------------------------------------------------------------------


def workbook(content: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_template_has_headings_an_example_that_is_not_read_and_prints(
    office: FormContext, tmp_path: Path, language: words.Language
) -> None:
    content = template(office.frames, language=language)
    book = workbook(content)
    assert book.sheetnames == [form.title[language == "en"] for form in SHEETS.values()] + [LISTS]
    assert book[LISTS].sheet_state == "hidden"
    for form in SHEETS.values():
        tab = book[form.title[language == "en"]]
        assert tab.freeze_panes == "D5"
        assert tab.print_title_rows == "$3:$4"
        assert tab["A5"].font.color.rgb == "FF808080"
        assert tab.page_setup.orientation == "landscape"
    (tmp_path / "t.xlsx").write_bytes(content)
    with pytest.raises(UnreadableError, match="no filled sheet"):
        read(tmp_path / "t.xlsx", office)


def test_the_drop_downs_offer_words_that_are_understood(office: FormContext) -> None:
    book = workbook(template(office.frames))
    offered: dict[str, list[str]] = {}
    for rule in book["包保关系"].data_validations.dataValidation:
        assert rule.type == "list"
        first = str(rule.sqref).split(":")[0]
        cell = book["包保关系"][first.rstrip("5") + "4"]
        top = book["包保关系"][first.rstrip("5") + "3"]
        area = rule.formula1.replace("$", "").partition("!")[2]
        heading = cell.value if cell.value is not None else top.value
        offered[heading] = [one[0].value for one in book[LISTS][area]]
    assert offered["层级"] == ["包片领导", "牵头单位", "责任单位", "协助单位", "网格员"]
    assert offered["道路侧"] == ["左侧", "右侧", "双侧"]
    assert offered["网格名称"] == [f"第{n}网格" for n in range(1, 8)]
    assert "市原建委" not in offered["单位名称"]  # no longer in use
    assert offered["单位名称"][:2] == ["市林业局", "市教育局"]
    assert offered["点位"] == ["中心市场", "第一小学"]


def test_ten_thousand_names_fit_a_drop_down(office: FormContext) -> None:
    grids = office.frames["grids"]
    many = gpd.GeoDataFrame(pd.concat([grids] * 1500), crs=grids.crs)
    many.index = pd.Index([f"{n:015d}" for n in range(len(many))], name="code")
    many["name"] = [f"第{n}网格" for n in range(len(many))]
    book = workbook(template({**office.frames, "grids": many}))
    (rule,) = [
        one
        for one in book["包保关系"].data_validations.dataValidation
        if one.formula1.endswith(str(len(many) + 1))
    ]
    letter = rule.formula1.partition("!$")[2][0]
    assert book[LISTS][f"{letter}{len(many) + 1}"].value == "第10499网格"
    assert len(rule.formula1) < 255  # a list within the rule itself may not be longer


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8
)
NASTY = st.one_of(
    TEXTS,
    st.sampled_from(["=1+1", "+1", "-1", "@x", "'=x", "例", "合计", "甲、乙", "a;b", "_x000D_"]),
)


@given(data=st.data())
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_was_exported_is_read_again_as_it_was(
    office: FormContext, tmp_path: Path, data: st.DataObject
) -> None:
    frames = drawn(office.frames, data)
    path = tmp_path / "e.xlsx"
    path.write_bytes(export(frames, MARCH, contacts=True))
    again = read(path, replace(office, frames=frames))
    assert found(again) == []
    for layer in ("units", "inspection_points", "assignments"):
        told = again.counts[layer]
        assert told == {
            "added": 0,
            "changed": 0,
            "unchanged": len(frames[layer]),
            "retired": 0,
            "refused": 0,
        }
    assert len(again.missing) == 0
    blank = {name: frames[name].iloc[:0] for name in ("units", "inspection_points", "assignments")}
    anew = read(path, replace(office, frames={**frames, **blank}))
    for layer in ("inspection_points", "units"):
        added = anew.previews[layer].added
        assert_frame_equal(added, frames[layer].loc[added.index], check_like=True)
    held = anew.previews["assignments"].added.reset_index(drop=True)
    before = frames["assignments"].reset_index(drop=True)
    order = ["scheme", "tier", "unit_id", "target_kind", "target", "since"]
    assert_frame_equal(
        held.sort_values(order, ignore_index=True), before.sort_values(order, ignore_index=True)
    )


def drawn(frames: Mapping[str, layers.Frame], data: st.DataObject) -> dict[str, layers.Frame]:
    """Return the town with other words in it."""
    units = frames["units"].reset_index()
    for name in ("name", "short_name", "holder", "contact", "kind"):
        units[name] = [data.draw(NASTY) for _ in units.index]
    units["phone"] = "0457-0000001"
    points = frames["inspection_points"].reset_index()
    for name in ("name", "category", "address"):
        points[name] = [data.draw(NASTY) for _ in points.index]
    points.geometry = [
        Point(data.draw(st.floats(73.5, 135)), data.draw(st.floats(18, 53.5))) for _ in points.index
    ]
    held = frames["assignments"].reset_index()
    for name in ("source", "note"):
        held[name] = [data.draw(st.none() | NASTY) for _ in held.index]
    held["until"] = pd.to_datetime(
        [data.draw(st.sampled_from([None, "2026-03-02", "2027-01-01"])) for _ in held.index]
    )
    made = {"units": units, "inspection_points": points, "assignments": held}
    for frame in made.values():  # a text of nothing but blanks is no name
        for name in frame.columns.intersection(["name", "category"]):
            blank = frame[name].str.strip() == ""
            frame.loc[blank, name] = "甲"
    return {
        **frames,
        **{name: layers.conform(frame, layers.LAYERS[name]) for name, frame in made.items()},
    }


def test_nothing_that_was_exported_runs(office: FormContext) -> None:
    units = office.frames["units"].copy()
    units["name"] = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"]
    content = export({**office.frames, "units": units}, MARCH, contacts=True)
    book = workbook(content)
    texts = [one for tab in book for line in tab.iter_rows() for one in line if one.value == "=1+1"]
    assert len(texts) >= 3  # as a unit, as a holder, in the drop-down
    assert {one.data_type for tab in book for line in tab.iter_rows() for one in line} <= {
        "s",
        "n",
        "d",
    }
    assert all(one.quotePrefix for one in texts)


def test_without_contacts_nobody_is_named(office: FormContext, tmp_path: Path) -> None:
    units = office.frames["units"].copy()
    units["holder"] = "郑王"
    frames = {**office.frames, "units": units}
    content = export(frames, MARCH, contacts=False)
    book = workbook(content)
    said = {str(one.value) for tab in book for line in tab.iter_rows() for one in line}
    assert not said & {"王一", "李二", "赵四", "孙五", "郑王", "0457-0000001"}
    assert {"市林业局", "包保领导甲"} <= said
    (tmp_path / "e.xlsx").write_bytes(content)
    again = read(tmp_path / "e.xlsx", replace(office, frames=frames))
    assert again.counts["units"]["unchanged"] == 5  # what it lacks stays


def test_an_english_form_is_read_as_a_chinese_one(office: FormContext, tmp_path: Path) -> None:
    (tmp_path / "e.xlsx").write_bytes(export(office.frames, MARCH, contacts=True, language="en"))
    book = openpyxl.load_workbook(tmp_path / "e.xlsx")
    assert book["Assignments"]["D5"].value == "Responsible"
    preview = read(tmp_path / "e.xlsx", office)
    assert found(preview) == []
    assert preview.counts["assignments"]["unchanged"] == 9


# --- The form handed back ---------------------------------------------------------------------


def test_what_is_wrong_is_marked_in_its_cell_and_listed_first(
    outside: FormContext, tmp_path: Path
) -> None:
    book = Workbook()
    book.active.title = "包保关系"
    for said in (
        ["单位名称", "网格名称", "备注"],
        ["市林叶局", "第4网格", "=1+1"],
        [None, "第九网格"],
    ):
        book.active.append(said)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "a.xlsx")
    preview = read(tmp_path / "a.xlsx", outside)
    assert found(preview) == [
        ("包保关系!A2", "unknown-name"),
        ("包保关系!C2", "formula"),
        ("包保关系!B3", "unknown-name"),
    ]
    back = workbook(marked(tmp_path / "a.xlsx", preview.faults))
    assert back.sheetnames == ["需要改正", "包保关系"]
    tab = back["包保关系"]
    for cell in ("A2", "B3", "C2"):
        assert tab[cell].fill.start_color.rgb == "FFFFC7CE"
        assert tab[cell].comment is not None
    assert tab["B2"].comment is None
    assert "市林业局" in tab["A2"].comment.text  # the nearest
    assert (tab["C2"].value, tab["C2"].data_type) == ("=1+1", "s")
    assert tab["B2"].value == "第4网格"
    listed = [[one.value for one in line] for line in back["需要改正"].iter_rows(min_row=2)]
    assert [line[0] for line in listed] == preview.faults["cell"].tolist()
    assert back["需要改正"]["A2"].hyperlink.location == "'包保关系'!A2"


def test_a_form_that_was_mended_loses_its_marks_and_is_read(
    office: FormContext, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "a.xlsx",
        包保关系=[
            RELATIONS,
            relation(单位名称="市教育局", 网格名称="第四网格"),
            relation(单位名称="市教育局", 网格名称="第九网格"),
        ],
    )
    path.write_bytes(marked(path, read(path, office).faults))
    book = openpyxl.load_workbook(path)
    book["包保关系"]["C3"].value = "第4网格"
    book.save(path)
    preview = read(path, office)
    assert found(preview) == [("包保关系!C4", "unknown-name")]
    back = workbook(marked(path, preview.faults))
    assert back.sheetnames == ["需要改正", "包保关系"]
    assert back["包保关系"]["C3"].comment is None
    assert back["包保关系"]["C3"].fill.fill_type is None
    assert back["包保关系"]["C4"].comment.text.count("\n") == 0


def test_a_formula_comes_back_as_its_value(office: FormContext, tmp_path: Path) -> None:
    rows = sheet(
        row(1, "单位名称", "网格名称"),
        row(2, "市教育局", '<c t="str"><f>VLOOKUP(1,A1:B2,1)</f><v>第4网格</v></c>'),
        row(3, "市叫育局", '<c t="str"><f>cmd|"/c calc"!A0</f><v>第7网格</v></c>'),
    )
    path = hostile.workbook(tmp_path / "a.xlsx", rows, **BOOK)
    preview = read(path, office)
    assert found(preview) == [("包保关系!A3", "unknown-name")]
    back = workbook(marked(path, preview.faults))["包保关系"]
    assert (back["B3"].value, back["B3"].data_type) == ("第7网格", "s")
    assert back["B3"].comment.text == '=cmd|"/c calc"!A0'
    path.write_bytes(marked(path, preview.faults))
    assert found(read(path, office)) == found(preview)


# --- Hostile workbooks ------------------------------------------------------------------------


HOSTILE: list[tuple[Callable[[Path], Path], type[Exception]]] = [
    (lambda path: member(path, "xl/vbaProject.bin", "x"), UnsupportedFormatError),
    (lambda path: member(path, "xl/externalLinks/externalLink1.xml", "x"), UnsupportedFormatError),
    (lambda path: member(path, "xl/worksheets/sheet1.xml", ENTITY), UnreadableError),
    (lambda path: member(path, "xl/workbook.xml", "<workbook"), UnreadableError),
    (lambda path: member(path, "xl/sharedStrings.xml", " " * 30_000_000), LimitError),
    (lambda path: put(path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), UnsupportedFormatError),
    (lambda path: put(path, b"PK\x03\x04 cut short"), UnreadableError),
    (lambda path: put(path.with_suffix(".xls"), b"x"), UnsupportedFormatError),
    (lambda path: path, UnreadableError),
]
ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


def member(path: Path, name: str, content: str) -> Path:
    return hostile.workbook(path, sheet(row(1, "单位名称")), **{**BOOK, name: content})


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("make", "error"),
    HOSTILE,
    ids=["macros", "links", "entity", "broken", "bomb", "old", "cut", "ending", "absent"],
)
def test_a_hostile_workbook_is_neither_read_nor_handed_back(
    outside: FormContext, tmp_path: Path, make: Callable[[Path], Path], error: type[Exception]
) -> None:
    path = make(tmp_path / "a.xlsx")
    with pytest.raises(error):
        read(path, outside)
    faults = pd.DataFrame(columns=["sheet", "cell", "column", "value", "message", "nearest"])
    with pytest.raises(error):
        marked(path, faults)


def test_an_entity_in_a_member_that_reading_never_opens_is_not_handed_back(
    outside: FormContext, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "a.xlsx", 包保关系=[RELATIONS, relation(单位名称="甲", 网格名称="第4网格")]
    )
    preview = read(path, outside)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/comments/comment1.xml", ENTITY)
    with pytest.raises(UnreadableError, match="DTD"):
        marked(path, preview.faults)


def test_a_workbook_of_other_sheets_is_no_form(outside: FormContext, tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", 考勤=[["姓名", "天数"], ["王一", 3]])
    with pytest.raises(UnreadableError, match="责任单位"):
        read(path, outside)
