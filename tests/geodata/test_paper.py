"""What is printed is opened again, and compared with what the reports answer and with the town."""

from __future__ import annotations

import ctypes
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdfium2 as pdfium
import pytest
import shapely
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdfium2 import raw
from shapely import MultiPolygon, Point, box

from geodata.database import connect, migrate
from geodata.paper import roster, sign_off, unit_cards
from geodata.paper.fonts import NOT_FIRST, SANS, Face
from geodata.paper.page import MARGIN, POINT, Sheet
from geodata.paper.view import Box, View
from geodata.paper.wording import LABELS, Wording
from geodata.reports import Reports
from geodata.reports.paper import behind, free_roads, holdings, uncovered
from geodata.store import Store
from gridmap import layers
from gridmap.answers import primaries
from gridmap.coverage import City, Ground, coverage, survey
from gridmap.errors import NotFoundError
from tests.geodata.towns import TODAY, opened
from tests.registers import CRS, SINCE
from tests.town import COMMUNITIES, METRIC, SQUARES, place, square, town
from web.words import words as page_words

GRIDS = list(SQUARES)
BASE = "http://grid.example:8000/"
ZH, EN = Wording("zh_CN"), Wording("en")
PHONE = re.compile(r"0457-\d{7}")


def kept(folder: Path, frames: dict[str, pd.DataFrame]) -> Reports:
    """Keep layers, valid from the first day of 2026, and return what can be asked of them."""
    database = connect(f"gpkg:///{folder / 'town.gpkg'}")
    migrate(database, crs=CRS, codes="cn", name="试验镇")
    store = Store(database)
    with store.write(who="a test", action="import") as writer:
        for layer, frame in frames.items():
            writer.add(layer, frame, SINCE)
    store.close()
    return opened(folder / "town.gpkg").reports


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return kept(tmp_path_factory.mktemp("town"), town(CRS))


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return kept(tmp_path_factory.mktemp("blank"), {})


def cards(
    reports: Reports, *unit_ids: str, contacts: bool = True, language: str = "zh_CN"
) -> bytes:
    return unit_cards(
        reports,
        list(unit_ids) or None,
        TODAY,
        base_url=BASE,
        language=language,
        contacts=contacts,
    )


def texts(pdf: bytes) -> list[str]:
    """Return what can be found on each page, without line breaks and spaces."""
    with pdfium.PdfDocument(pdf) as document:
        return [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in document]


def written(pdf: bytes) -> Iterator[tuple[pdfium.PdfPage, pdfium.PdfObject]]:
    """Go through all pieces of text."""
    with pdfium.PdfDocument(pdf) as document:
        for page in document:
            for piece in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=1):
                yield page, piece


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def with_rows(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Return the town's assignments and more: target kind, target, unit, tier."""
    new = pd.DataFrame(rows, columns=["target_kind", "target", "unit_id", "tier"])
    new = new.assign(
        assignment_id=[f"b{n}" for n in range(len(new))], scheme="main", since=pd.Timestamp(SINCE)
    )
    frame = layers.conform(new, layers.LAYERS["assignments"])
    return pd.concat([town(CRS)["assignments"], frame])


# Unit cards


def test_there_is_a_page_for_each_unit_in_use_that_holds_something(reports: Reports) -> None:
    pages = texts(cards(reports))
    assert len(pages) == 4  # u4 is no longer in use
    for page, name in zip(pages, ("包保领导甲", "市林业局", "市教育局", "市供电公司"), strict=True):
        assert name in page
    assert "第1页" in pages[0]
    assert "共4页" in pages[3]
    assert all("数据截至2026年6月1日" in page for page in pages)


def test_a_card_shows_the_figures_of_its_unit(reports: Reports) -> None:
    """u1 holds two squares of a hectare and 150 m of road; u2 one and assists on one."""
    first, second = texts(cards(reports, "u1", "u2"))
    assert "责任网格2主责面积2.00公顷主责道路150米" in first
    assert "责任网格2主责面积1.00公顷责任点位1" in second
    assert "中华路0–150米两侧" in first
    assert "中心市场market" in second
    assert f"第2网格{GRIDS[1]}协助单位1.00公顷" in second


def test_the_figures_are_those_of_the_reports_for_every_unit(reports: Reports) -> None:
    totals = holdings(behind(reports), TODAY).totals
    for unit_id in reports.frame("units", TODAY).index:
        sheet, figures = reports.unit(unit_id, TODAY), totals.loc[unit_id]
        assert figures["grids_n"] == len(sheet.grids)
        assert figures["area_m2"] == pytest.approx(sheet.area_m2)
        assert figures["roads_m"] == pytest.approx(sheet.roads_m)
        (page,) = texts(cards(reports, unit_id))
        if sheet.area_m2:
            assert squeezed(ZH.area(sheet.area_m2)) in page
        if sheet.roads_m:
            assert squeezed(ZH.metres(sheet.roads_m)) in page
        for name in sheet.assignments["target_name"]:
            assert name in page


def test_a_card_names_the_leaders_and_whoever_else_answers_there(reports: Reports) -> None:
    (page,) = texts(cards(reports, "u1"))
    assert "包保领导甲孙五0457-0000005包片领导" in page
    assert "市教育局李二0457-0000002协助单位" in page


def test_a_unit_that_holds_a_point_alone_has_a_card_with_its_leader(tmp_path: Path) -> None:
    frames = town(CRS)
    assignments = frames["assignments"]
    frames["assignments"] = assignments[assignments["target_kind"] != "grid"]
    pages = texts(cards(kept(tmp_path, frames)))
    assert len(pages) == 3  # p1, u1 with a road, u2 with a point
    assert "责任点位1" in pages[2]
    assert "包保领导甲" in pages[2]
    assert "责任网格" not in pages[2].replace("责任网格台账", "")


def test_a_unit_out_of_use_says_so_and_one_that_holds_nothing_has_a_card(tmp_path: Path) -> None:
    frames = town(CRS)
    frames["assignments"] = frames["assignments"].query("unit_id != 'u3'")
    former, idle = texts(cards(kept(tmp_path, frames), "u4", "u3"))
    assert "市原建委已停用" in former
    assert "市供电公司" in idle
    assert "责任网格0" in idle


def test_a_unit_that_is_not_there_is_refused(reports: Reports) -> None:
    with pytest.raises(NotFoundError, match="u9"):
        cards(reports, "u1", "u9")


def test_a_language_without_labels_is_refused(reports: Reports) -> None:
    with pytest.raises(NotFoundError, match="fr"):
        cards(reports, language="fr")


@pytest.mark.parametrize("print_it", [
    lambda reports, contacts: cards(reports, contacts=contacts),
    lambda reports, contacts: roster(reports, None, TODAY, language="en", contacts=contacts),
])  # fmt: skip
def test_telephone_numbers_are_printed_only_where_they_are_asked_for(
    reports: Reports, print_it: Callable[..., bytes]
) -> None:
    assert set(PHONE.findall("".join(texts(print_it(reports, contacts=True))))) >= {
        "0457-0000001",
        "0457-0000005",
    }
    without = "".join(texts(print_it(reports, contacts=False)))
    assert not PHONE.findall(without)
    assert "王一" in without


@pytest.mark.parametrize("unit_id", ["u1", "甲 1/2?x=#%"])
def test_the_code_leads_to_the_page_of_the_unit(tmp_path: Path, unit_id: str) -> None:
    frames = town(CRS)
    frames["units"] = frames["units"].rename(index={"u1": unit_id})
    frames["assignments"] = frames["assignments"].replace({"unit_id": {"u1": unit_id}})
    with pdfium.PdfDocument(cards(kept(tmp_path, frames), unit_id)) as document:
        picture = document[0].render(scale=2).to_pil()
    (code,) = zxingcpp.read_barcodes(picture)
    path = "u1" if unit_id == "u1" else "%E7%94%B2%201%2F2%3Fx%3D%23%25"
    assert code.text == f"http://grid.example:8000/register/units/{path}"


# What holds of every page


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """
    Return a town of 900 grids: u1 holds all and 60 points.

    u2, whose name is long, assists on 40 grids; u3 on 40 with 60 points.
    """
    codes = [f"{COMMUNITIES[0]}{n:03}" for n in range(900)]
    at = [divmod(n, 30) for n in range(900)]
    frames = town(METRIC)
    grids = gpd.GeoDataFrame(
        {"code": codes, "name": [f"格{n:03}" for n in range(900)], "parent": COMMUNITIES[0]},
        geometry=[square(*column_row) for column_row in at],
        crs=METRIC,
    )
    points = gpd.GeoDataFrame(
        {"point_id": [f"m{n}" for n in range(60)], "name": [f"点{n:02}" for n in range(60)]},
        geometry=[place(40 + 37 * n, 35 + 11 * n) for n in range(60)],
        crs=METRIC,
    ).assign(category="市场")
    rows = [("grid", code, "u1", "responsible") for code in codes]
    rows += [("grid", code, unit, "assisting") for code in codes[:40] for unit in ("u2", "u3")]
    rows += [
        ("inspection_point", f"m{n}", unit, "responsible")
        for n in range(60)
        for unit in ("u1", "u3")
    ]
    new = pd.DataFrame(rows, columns=["target_kind", "target", "unit_id", "tier"]).assign(
        assignment_id=[f"c{n}" for n in range(len(rows))],
        scheme="main",
        since=pd.Timestamp(SINCE),
    )
    raised = {"grids": grids, "inspection_points": points, "assignments": new}
    for name, frame in raised.items():
        frames[name] = layers.conform(frame, layers.LAYERS[name])
    frames["units"].loc["u2", ["name", "contact"]] = ["试验县人民政府、" * 20, "Longfellow" * 12]
    frames["communities"].loc[COMMUNITIES[0], "geometry"] = MultiPolygon(
        [shapely.box(*grids.total_bounds)]
    )
    placed = {
        name: frame.to_crs(CRS) if isinstance(frame, gpd.GeoDataFrame) else frame
        for name, frame in frames.items()
    }
    return kept(tmp_path_factory.mktemp("crowded"), placed)


def test_what_has_no_room_on_a_card_is_counted(crowded: Reports) -> None:
    (page,) = texts(cards(crowded, "u1"))
    listed = len(set(re.findall(r"(?<!网)格\d{3}", page)))
    assert 60 < listed < 900
    left_out = [int(number) for number in re.findall(r"另有(\d+)项", page)]
    points = len(set(re.findall(r"点\d\d", page)))
    assert sum(left_out) == (900 - listed) + (60 - points)


def test_forty_grids_and_sixty_points_all_find_room(crowded: Reports) -> None:
    (page,) = texts(cards(crowded, "u3"))
    assert len(set(re.findall(r"(?<!网)格\d{3}", page))) >= 40
    assert len(set(re.findall(r"点\d\d", page))) == 60
    assert "另有" not in page


def test_a_long_name_is_wrapped_and_not_lost(crowded: Reports) -> None:
    (page,) = texts(cards(crowded, "u2"))
    assert "试验县人民政府、" * 20 in page
    assert "Longfellow" * 12 in page
    listed = "".join(texts(roster(crowded, COMMUNITIES[0], TODAY, language="zh_CN", contacts=True)))
    assert listed.count("试验县人民政府、") == 20 * 40


@pytest.mark.parametrize("language", LABELS)
def test_nothing_written_leaves_its_page(crowded: Reports, language: str) -> None:
    for pdf in (
        cards(crowded, language=language),
        roster(crowded, None, TODAY, language=language, contacts=True),
        sign_off(crowded, None, TODAY, language=language),
    ):
        for page, piece in written(pdf):
            left, bottom, right, top = piece.get_bounds()
            across, down = page.get_size()
            assert left >= (MARGIN - 1) / POINT
            assert right <= across - (MARGIN - 1) / POINT
            assert bottom > 0
            assert top < down


def test_every_font_is_in_the_file(reports: Reports) -> None:
    for pdf in (cards(reports), sign_off(reports, None, TODAY, language="zh_CN")):
        names = set()
        for _, piece in written(pdf):
            font = raw.FPDFTextObj_GetFont(piece)
            assert raw.FPDFFont_GetIsEmbedded(font) == 1
            name = ctypes.create_string_buffer(80)
            raw.FPDFFont_GetBaseFontName(font, name, 80)
            names.add(name.value.decode())
        assert {re.sub(r"^.*\+", "", name) for name in names} == {"NotoSansSC", "NotoSerifSC"}
        assert len(pdf) < 500_000  # of some 20 MB of fonts, what is used


def test_equal_data_give_equal_bytes(reports: Reports) -> None:
    assert cards(reports) == cards(reports)


def test_a_register_without_anything_prints_a_page_that_says_so(blank: Reports) -> None:
    assert "没有承担包保任务的责任单位" in texts(cards(blank))[0]
    (listed,) = texts(roster(blank, None, TODAY, language="zh_CN", contacts=True))
    assert "没有网格" in listed
    (signed,) = texts(sign_off(blank, None, TODAY, language="en"))
    assert "noground,road,pointorcompoundhereiswithoutaunit" in signed


# Rosters


def test_a_roster_lists_each_grid_with_its_unit_and_contact(reports: Reports) -> None:
    west, east = texts(roster(reports, None, TODAY, language="zh_CN", contacts=True))
    assert "向阳社区" in west
    assert "网格4面积4.00公顷居民人数1,000覆盖率75.00%" in west
    assert "包保领导包保领导甲孙五0457-0000005" in west
    assert f"第1网格{GRIDS[0]}1001.00公顷市林业局王一0457-0000001" in west
    assert "市教育局李二0457-0000002（协助单位）" in west
    assert f"第4网格{GRIDS[3]}4001.00公顷无责任单位" in west
    assert f"第5网格{GRIDS[4]}501.00公顷市供电公司" in east
    assert "覆盖率0%" in east


def test_a_roster_of_one_community_is_its_own_pages_alone(reports: Reports) -> None:
    (page,) = texts(roster(reports, COMMUNITIES[1], TODAY, language="en", contacts=False))
    assert "北山社区" in page
    assert GRIDS[0] not in page


def test_a_community_that_is_not_there_is_refused(reports: Reports) -> None:
    with pytest.raises(NotFoundError, match="community 999"):
        roster(reports, "999", TODAY, language="en", contacts=False)


def test_grids_in_no_community_have_pages_of_their_own(tmp_path: Path) -> None:
    frames = town(CRS)
    frames["grids"].loc[GRIDS[6], "parent"] = "232701100009"
    pages = texts(roster(kept(tmp_path, frames), None, TODAY, language="zh_CN", contacts=True))
    assert len(pages) == 3
    assert "未划入社区" in pages[2]
    assert GRIDS[6] in pages[2]


# Sign-off sheets


def test_the_totals_of_a_sign_off_sheet_are_the_figures_of_coverage(reports: Reports) -> None:
    page = "".join(texts(sign_off(reports, None, TODAY, language="zh_CN")))
    assert "地块8.00公顷3.00公顷5.00公顷" in page  # three of eight squares
    assert "道路400米150米250米" in page
    assert "点位2处1处1处" in page
    assert "小区1处1处0处" in page


def test_a_sign_off_sheet_lists_each_gap_with_its_reason(reports: Reports) -> None:
    page = "".join(texts(sign_off(reports, None, TODAY, language="zh_CN")))
    for said in (
        f"第4网格{GRIDS[3]}无责任单位1.00公顷",
        f"第5网格{GRIDS[4]}无联系人1.00公顷",
        f"第6网格{GRIDS[5]}单位已停用1.00公顷",
        "未划网格1.00公顷",
        "向阳社区中华路150–200米两侧无责任单位50米",
        "北山社区中华路200–400米两侧无责任单位200米",
        "第一小学（school）无责任单位",
    ):
        assert said in page
    assert "中心市场" not in page


def test_a_sign_off_sheet_of_a_division_has_its_own_gaps_and_figures(reports: Reports) -> None:
    page = "".join(texts(sign_off(reports, COMMUNITIES[0], TODAY, language="zh_CN")))
    assert "地块4.00公顷3.00公顷1.00公顷" in page
    assert "道路200米150米50米" in page
    assert GRIDS[3] in page
    assert GRIDS[4] not in page
    assert "第一小学" not in page


def test_a_division_that_is_not_there_is_refused(reports: Reports) -> None:
    with pytest.raises(NotFoundError, match="999"):
        sign_off(reports, "999", TODAY, language="en")


def test_ground_in_slivers_is_in_the_list_as_one_line(tmp_path: Path) -> None:
    """A gap of 100 m by 8 cm is too thin to be listed, and still in the figures."""
    frames = town(METRIC)
    frames["grids"].loc[GRIDS[2], "geometry"] = MultiPolygon(
        [box(*square(0, 0).bounds[:2], square(0, 0).bounds[2] - 0.08, square(0, 0).bounds[3])]
    )
    placed = {
        name: frame.to_crs(CRS) if isinstance(frame, gpd.GeoDataFrame) else frame
        for name, frame in frames.items()
    }
    page = "".join(texts(sign_off(kept(tmp_path, placed), None, TODAY, language="zh_CN")))
    assert "不逐一列出8平方米" in page


def test_what_is_uncovered_sums_to_what_coverage_lacks(reports: Reports) -> None:
    found = uncovered(behind(reports), TODAY)
    for code, row in reports.coverage("community", TODAY).iterrows():
        here = {}
        for kind in ("roads", "points", "compounds"):
            frame = getattr(found, kind)
            here[kind] = frame[frame["community"] == code]
        lacking = row["roads_m"] - row["roads_covered_m"]
        assert here["roads"]["uncovered_m"].sum() == pytest.approx(lacking)
        assert len(here["points"]) == row["points_n"] - row["points_covered_n"]
        assert len(here["compounds"]) == row["compounds_n"] - row["compounds_covered_n"]


STRETCH = st.tuples(
    st.integers(0, 39),
    st.integers(1, 40),
    st.sampled_from(layers.SIDES),
    st.sampled_from(["u1", "u3", "u4"]),
).filter(lambda stretch: stretch[0] < stretch[1])


@settings(max_examples=30, deadline=None)
@given(st.lists(STRETCH, max_size=5))
@example([(0, 20, "left", "u1"), (10, 30, "right", "u3"), (5, 8, "both", "u4")])
def test_each_side_of_each_stretch_is_listed_once_if_nobody_holds_it(
    held: list[tuple[int, int, str, str]],
) -> None:
    """The road is painted in forty steps of ten metres, side by side: u1 alone can be called."""
    city = _city_with(held)
    ground = _city_and_ground()[1]
    roads = free_roads(city, ground, primaries(city, TODAY))
    free = {side: np.ones(40, dtype=bool) for side in ("left", "right")}
    for start, end, side, unit in held:
        for name in ("left", "right") if side == "both" else (side,):
            free[name][start:end] &= unit != "u1"
    listed = {side: np.zeros(40, dtype=int) for side in ("left", "right")}
    for row in roads.itertuples():
        for name in ("left", "right") if row.side == "both" else (row.side,):
            listed[name][round(row.from_m / 10) : round(row.to_m / 10)] += 1
    for side, steps in free.items():
        assert listed[side].tolist() == steps.astype(int).tolist()
    figures = coverage(city, "city", TODAY, ground=ground).iloc[0]
    lacking = figures["roads_m"] - figures["roads_covered_m"]
    assert roads["uncovered_m"].sum() == pytest.approx(lacking, abs=1e-6)


def _city_with(held: list[tuple[int, int, str, str]]) -> City:
    columns = ["assignment_id", "from_m", "to_m", "side", "unit_id"]
    told = [(f"r{n}", 10.0 * start, 10.0 * end, *who) for n, (start, end, *who) in enumerate(held)]
    new = pd.DataFrame(told, columns=columns).assign(
        target_kind="road_segment",
        target="r1",
        tier="responsible",
        scheme="main",
        since=pd.Timestamp(SINCE),
    )
    contract = layers.LAYERS["assignments"]
    rows = layers.conform(new, contract) if held else layers.empty(contract)
    return replace(_city_and_ground()[0], assignments=rows)


@cache
def _city_and_ground() -> tuple[City, Ground]:
    city = City(**{name: frame for name, frame in town().items() if name != "issues"})
    return city, survey(city)


# Words, lines and views


def test_both_languages_have_the_same_labels_with_the_same_gaps() -> None:
    def gaps(label: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(label) if name is not None}

    chinese, english = LABELS["zh_CN"], LABELS["en"]
    assert list(chinese) == list(english)
    assert {key: gaps(said) for key, said in chinese.items()} == {
        key: gaps(said) for key, said in english.items()
    }


@given(st.floats(0, 1e10) | st.none(), st.sampled_from(list(LABELS)))
@example(9999.6, "en")
@example(999.7, "zh_CN")
@example(0.99999, "en")
def test_figures_are_worded_as_on_the_pages(value: float | None, language: str) -> None:
    paper, page = Wording(language), page_words(language)
    assert paper.area(value) == page.area(value)
    assert paper.metres(value) == page.metres(value)
    assert paper.number(value) == page.number(value)
    share = None if value is None else value / 1e10
    assert paper.share(share) == page.share(share)
    for table in ("reason", "tier", "side", "level"):
        for code in LABELS["en"]:
            if code.startswith(f"{table} "):
                word = code.removeprefix(f"{table} ")
                assert paper.word(table, word) == page.word(table, word)


@pytest.fixture(scope="module")
def face() -> Iterator[Face]:
    with Sheet(ZH, "", "", date(2026, 6, 1)) as sheet:
        yield sheet.faces[SANS]


@given(
    st.text(st.sampled_from("林业局第三网格ab c-1，。（）"), max_size=60),
    st.floats(4.0, 30.0),
)
@example("市林业局（代管），", 4.0)
def test_lines_hold_the_whole_text_and_no_more_than_their_width(
    face: Face, text: str, width: float
) -> None:
    lines = face.lines(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(face.em(line) <= width + 1e-9 for line in lines)


def test_no_line_begins_with_a_closing_mark(face: Face) -> None:
    text = "市林业局、市教育局、市供电公司（含营业厅）、市公安局。" * 3
    for width in np.arange(4.0, 20.0, 0.5):
        lines = face.lines(text, float(width))
        assert all(line[0] not in NOT_FIRST and line[-1] != "（" for line in lines)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1e5), st.floats(0, 1e5))
def test_a_view_shows_the_whole_of_what_it_is_of(
    x: float, y: float, across: float, up: float
) -> None:
    shapes = np.array([Point(x, y), Point(x + across, y + up)])
    view = View.of(shapes, Box(15, 80, 180, 110))
    for shape in shapes:
        left, top = view.spot(shape.x, shape.y)
        assert 15 <= left <= 195
        assert 80 <= top <= 190
    digits = f"{view.scale:.0f}".rstrip("0")
    assert len(digits) <= 2  # a round number
    assert view.scale >= 500


def test_north_is_up_and_a_metre_is_a_metre_at_scale() -> None:
    view = View(Box(0, 0, 100, 100), 0.0, 0.0, 1000.0)
    assert view.spot(0.0, 0.0) == (50.0, 50.0)
    assert view.spot(10.0, 20.0) == pytest.approx((60.0, 30.0))
