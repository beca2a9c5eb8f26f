"""A wall map is opened again, and compared with the register and with the town."""

from __future__ import annotations

import ctypes
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pypdfium2 as pdfium
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdfium2 import raw

from geodata.database import connect, migrate
from geodata.paper.page import POINT
from geodata.paper.view import Box
from geodata.paper.wall_flags import CLOTHS, Flagging
from geodata.paper.wall_index import ranges
from geodata.paper.wall_labels import Form, Label, Placer
from geodata.paper.wall_map import LAYERS, SIZES, TYPE, Making, WallOrder, wall_map
from geodata.paper.wall_pens import TINTS
from geodata.paper.wall_words import LABELS
from geodata.paper.wording import Wording
from geodata.reports import Reports
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap import boards, layers
from gridmap.boards import Task
from gridmap.demo import city
from gridmap.errors import InvalidError, NotFoundError
from tests.geodata.towns import TODAY, opened
from tests.registers import SINCE, town_register
from tests.town import COMMUNITIES

ZH = Wording("zh_CN")
SHOWN = ("districts", "subdistricts", "communities", "grids", "roads", "inspection_points",
         "compounds", "units", "assignments")  # fmt: skip


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    folder = tmp_path_factory.mktemp("town")
    town_register(folder)
    return opened(folder / "town.gpkg").reports


@pytest.fixture(scope="module")
def mohe(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Keep the demonstration city of 101 grids."""
    path = tmp_path_factory.mktemp("mohe") / "mohe.gpkg"
    database = connect(f"gpkg:///{path}")
    invented = city("mohe", 20230701)
    migrate(database, name=invented.name)
    store = Store(database)
    with store.write(who="a test", action="import") as writer:
        for layer in SHOWN:
            frame = layers.conform(getattr(invented, layer), layers.LAYERS[layer])
            writer.add(layer, frame, SINCE)
    planned(store, [
        *(task(f"第{n % 5}组", unit=unit) for n, unit in enumerate(invented.units["unit_id"][:12])),
        *(task("第0组", division=code) for code in invented.communities["code"]),
    ])  # fmt: skip
    store.close()
    return opened(path).reports


def task(group: str, *, unit: str | None = None, division: str | None = None) -> Task:
    """Return a task of June, of a unit or in a division."""
    rule, target = ("reported", 10.0) if unit else ("coverage", 0.01)
    return Task(group, "整治", TODAY, "整治十处", rule, target, unit, division)


def planned(store: Store, tasks: list[Task]) -> None:
    with store.write(who="a test", action="board-plan") as writer:
        names = [one.group for one in tasks]
        writer.add("board_groups", boards.new_groups(writer.read("board_groups"), names), SINCE)
        writer.add("board_tasks", boards.planned(writer.read("board_tasks"), tasks), SINCE)


def printed(reports: Reports, **order: Any) -> bytes:
    return wall_map(reports, order, TODAY, language="zh_CN", contacts=False)


def made(reports: Reports, contacts: bool = False, **order: Any) -> tuple[Making, list[str]]:
    """Return a map that is made, and the text of its pages without spaces."""
    making = Making(reports, WallOrder(**order), TODAY, ZH, contacts=contacts)
    with pdfium.PdfDocument(making.pdf()) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return making, [re.sub(r"\s", "", page) for page in pages]


@pytest.mark.parametrize(("size", "orientation"), [
    ("A3", "landscape"), ("A2", "portrait"), ("A1", "landscape"), ("A0", "portrait"),
])  # fmt: skip
def test_the_sheet_has_the_size_that_was_asked_for(
    reports: Reports, size: str, orientation: str
) -> None:
    short, long = SIZES[size]
    expected = (short, long) if orientation == "portrait" else (long, short)
    with pdfium.PdfDocument(printed(reports, size=size, orientation=orientation)) as document:
        sides = [side * POINT for side in document[0].get_size()]
    assert sides == pytest.approx(expected, abs=0.1)


def test_it_says_units_grids_scale_day_and_where_it_is_from(reports: Reports) -> None:
    making, (page,) = made(reports)
    assert making.canvas is not None
    for said in (
        "试验镇责任网格挂图",
        f"比例尺1:{making.canvas.view.scale:,.0f}",
        "数据截至2026年6月1日",
        "试验镇·责任网格台账",
        "图上北为坐标北",
        "001·1",
        "林业局",
        "向阳社区",
        "中华路",
        "问题或网格过少",
        "本月没有挂图作战任务",
        "7个网格中",
    ):
        assert said in page, said


def test_every_unit_that_holds_something_is_in_the_index(reports: Reports, mohe: Reports) -> None:
    for register in (reports, mohe):
        held = register.in_force(TODAY)
        names = register.frame("units", TODAY)["name"].reindex(held["unit_id"].unique())
        making, pages = made(register)
        assert set(making.wall.units["unit_id"]) == set(names.index)
        text = "".join(pages)
        index = text[text.index("责任单位索引") :]
        for number, unit in making.wall.units.to_dict("index").items():
            assert f"{number}{unit['name'].replace(' ', '')}" in index


def test_the_index_says_where_the_grids_of_a_unit_lie(reports: Reports) -> None:
    """u1 holds 001 and 002 in the north-west of the town, u2 003 in the south-west."""
    _, (page,) = made(reports)
    assert re.search(r"1市林业局向阳社区001002\[[A-Z]\d[A-Z]\d\]路段1", page)
    assert re.search(r"2市教育局向阳社区003\[B\d\]", page)
    assert "市原建委" in page  # in the book, though no longer in use
    assert "包片领导" in page


def test_a_map_of_a_part_shows_and_lists_that_part(reports: Reports) -> None:
    making, (page,) = made(reports, division=COMMUNITIES[0])
    assert "向阳社区责任网格挂图" in page
    assert "市供电公司" not in page
    assert int(making.wall.grids["inside"].sum()) == 4


def test_a_title_may_be_chosen(reports: Reports) -> None:
    _, (page,) = made(reports, title="创城作战图")
    assert "创城作战图" in page
    assert "试验镇责任网格挂图" not in page


def test_contacts_are_printed_only_where_they_are_asked_for(reports: Reports) -> None:
    _, (without,) = made(reports)
    _, (page,) = made(reports, contacts=True)
    assert "王一0457-0000001" in page
    assert "0457" not in without


def test_layers_that_are_not_chosen_are_not_drawn(reports: Reports) -> None:
    _, (page,) = made(reports, layers=())
    for said in ("林业局", "中华路", "责任单位索引", "热点", "挂图作战", "包片领导", "检查点位"):
        assert said not in page
    assert "001·1" in page


@pytest.mark.parametrize(("size", "orientation"), [("A3", "landscape"), ("A0", "portrait")])
def test_no_label_meets_another_and_every_grid_is_found(
    mohe: Reports, size: str, orientation: str
) -> None:
    making, pages = made(mohe, size=size, orientation=orientation, layers=LAYERS)
    canvas = making.canvas
    assert canvas is not None
    boxes = shapely.box(*np.array([label.box for label in canvas.placer.labels]).T)
    one, other = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    assert (one == other).all()
    frame = canvas.view.box
    room = shapely.box(frame.left, frame.top, frame.left + frame.width, frame.top + frame.height)
    assert shapely.covers(room, boxes).all()
    assert sum(label.kind == "flags" for label in canvas.placer.labels) == len(
        making.wall.flags.places
    )
    assert len(making.wall.flags.places) >= 12
    labels = [label for label in canvas.placer.labels if label.kind == "grid"]
    assert len(labels) + len(canvas.unlabelled) == 101
    assert len(labels) >= 95
    least = min(size for label in canvas.placer.labels for _, size in label.form.lines)
    assert least >= {"A3": 5.0, "A0": 7.0}[size]
    for code in canvas.unlabelled:
        assert making.wall.grids.loc[code, "short"] in "".join(pages)


def test_a_flag_stands_where_its_task_lies(tmp_path: Path) -> None:
    """u1 holds 001 and 002; the west is covered in part; the whole city is no place."""
    town_register(tmp_path)
    office = opened(tmp_path / "town.gpkg")
    west = task("甲组", division=COMMUNITIES[0])
    city_wide = replace(west, group="丙组", division=None)
    planned(office.store, [west, task("乙组", unit="u1"), city_wide])
    making, (page,) = made(office.reports)
    canvas, flags = making.canvas, making.wall.flags
    assert canvas is not None
    assert dict(flags.groups) == {"甲组": "done", "乙组": "due", "丙组": "done"}
    standing = {place.name: dict(place.flags) for place in flags.places}
    assert standing == {COMMUNITIES[0]: {1: "done"}, "u1": {2: "due"}}
    labels = [label for label in canvas.placer.labels if label.kind == "flags"]
    assert len(labels) == 2
    for label in labels:
        ground = canvas.view.place(np.array([flags.places[label.number].ground]))[0]
        assert ground.buffer(0.01).covers(shapely.Point(label.middle))
    for said in ("甲组完成", "乙组进行中", "2面中图上有2面"):
        assert said in page
    part, _ = made(office.reports, division=COMMUNITIES[1])
    assert part.wall.flags.places == ()


def test_flags_have_the_colours_of_the_city_and_another_shape_each() -> None:
    assert len(set(CLOTHS.values())) == len(CLOTHS) - 1  # what is not yet due is white
    forms = Flagging(1.0, 5.0).forms([1, 2, 3, 4])
    assert [[line for line, _ in form.lines] for form in forms] == [
        ["1 2 3 4"], ["1 2", "3 4"], ["1 2", "3 4"]
    ]  # fmt: skip
    with pytest.raises(InvalidError, match="pink"):
        WallOrder(done="pink")


def test_the_label_of_a_grid_stands_in_it_or_is_led_to_it(mohe: Reports) -> None:
    making, _ = made(mohe)
    canvas, grids = making.canvas, making.wall.grids
    assert canvas is not None
    areas = canvas.view.place(grids.geometry.to_numpy())
    for label in canvas.placer.labels:
        if label.kind == "grid":
            head = label.form.lines[0][0]
            row = grids.iloc[label.number]
            assert head.startswith(row["short"])
            assert "·" not in head or head.endswith(f"·{row['number']}")
            spot = shapely.Point(label.middle if label.line is None else label.line[0])
            assert areas[label.number].buffer(0.05).covers(spot)


def test_neighbours_of_different_units_have_different_tints(mohe: Reports) -> None:
    making, _ = made(mohe)
    grids = making.wall.grids.dropna(subset=["unit_id"])
    shapes = grids.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    edge = shapely.length(shapely.intersection(shapes[one], shapes[other]))
    beside = (one < other) & (edge > 1)
    apart = beside & (grids["unit_id"].to_numpy()[one] != grids["unit_id"].to_numpy()[other])
    tint = grids["tint"].to_numpy()
    assert apart.sum() > 100
    assert (tint[one[apart]] != tint[other[apart]]).all()


def test_the_tints_differ_in_grey_and_bear_black_letters() -> None:
    grey = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in TINTS)
    assert min(np.diff(grey)) >= 3
    assert grey[0] > 180


def test_every_font_is_in_the_file(reports: Reports) -> None:
    with pdfium.PdfDocument(printed(reports)) as document:
        names = set()
        for piece in document[0].get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=1):
            font = raw.FPDFTextObj_GetFont(piece)
            assert raw.FPDFFont_GetIsEmbedded(font) == 1
            name = ctypes.create_string_buffer(80)
            raw.FPDFFont_GetBaseFontName(font, name, 80)
            names.add(re.sub(r"^.*\+", "", name.value.decode()))
    assert names == {"NotoSansSC", "NotoSerifSC"}


def test_a_picture_has_the_pixels_of_its_sheet(reports: Reports) -> None:
    picture = Image.open(io.BytesIO(printed(reports, form="png", dpi=100)))
    assert picture.size == (pytest.approx(1654, abs=2), pytest.approx(1169, abs=2))
    assert picture.info["dpi"][0] == pytest.approx(100, abs=0.1)


def test_a_page_that_is_not_there_is_refused(reports: Reports) -> None:
    with pytest.raises(NotFoundError, match="page 9"):
        printed(reports, form="png", dpi=50, page=9)


@pytest.mark.parametrize("wrong", [
    {"size": "A5"}, {"orientation": "upright"}, {"layers": ("sea",)}, {"form": "svg"}, {"dpi": 999},
])  # fmt: skip
def test_an_order_that_is_none_is_refused(reports: Reports, wrong: Mapping[str, Any]) -> None:
    with pytest.raises(InvalidError):
        printed(reports, **wrong)


def test_a_division_that_is_not_there_is_refused(reports: Reports) -> None:
    with pytest.raises(NotFoundError, match="999"):
        printed(reports, division="999")


def test_equal_data_give_equal_bytes(reports: Reports) -> None:
    assert printed(reports) == printed(reports)


def test_a_register_without_grids_prints_a_sheet_that_says_so(tmp_path: Path) -> None:
    database = connect(f"gpkg:///{tmp_path / 'blank.gpkg'}")
    migrate(database, name="空城")
    zone = ZoneInfo("Asia/Shanghai")
    blank = Reports(Workspace(Store(database)), today=lambda: TODAY, zone=zone)
    _, (page,) = made(blank)
    assert "没有可绘的网格" in page


def test_the_day_before_the_register_began_has_no_grids(reports: Reports) -> None:
    making = Making(reports, WallOrder(), date(2025, 1, 1), ZH, contacts=False)
    assert making.wall.grids.empty
    assert making.pdf().startswith(b"%PDF")


def test_both_languages_say_the_same_things() -> None:
    chinese, english = (LABELS[language] for language in ("zh_CN", "en"))
    assert chinese.keys() == english.keys()
    for label, said in chinese.items():
        assert set(re.findall(r"\{(\w+)\}", said)) == set(re.findall(r"\{(\w+)\}", english[label]))
    assert TYPE.keys() == SIZES.keys()


@pytest.mark.parametrize(("codes", "said"), [
    (["001", "002"], "001 002"),
    (["001", "002", "003", "005"], "001–003 005"),
    (["009", "010", "011"], "009–011"),
    (["A1", "A2"], "A1 A2"),
    ([], ""),
])  # fmt: skip
def test_codes_that_follow_each_other_are_joined(codes: list[str], said: str) -> None:
    assert ranges(codes) == said


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 90), st.floats(0, 90), st.floats(0.5, 40), st.floats(0.5, 9)),
        max_size=40,
    )
)
def test_labels_that_have_a_place_never_meet(
    boxes: list[tuple[float, float, float, float]],
) -> None:
    placer = Placer(Box(0, 0, 100, 100))
    for number, (x, y, across, down) in enumerate(boxes):
        form = Form((("x", 5.0),), across, down)
        placer.place(Label(number, "grid", form, (x, y, x + across, y + down)))
    for one, other in combinations([label.box for label in placer.labels], 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    assert all(label.box[2] <= 100 and label.box[3] <= 100 for label in placer.labels)
    if boxes and boxes[0][0] + boxes[0][2] <= 100 and boxes[0][1] + boxes[0][3] <= 100:
        assert placer.labels[0].number == 0
