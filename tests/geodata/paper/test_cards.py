"""The card of each unit, and what holds of every page."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pypdfium2 as pdfium
import pytest
import shapely
import zxingcpp
from pypdfium2 import raw
from shapely import MultiPolygon

from geodata.paper import roster, sign_off
from geodata.paper.page import MARGIN, POINT
from geodata.paper.wording import LABELS
from geodata.reports import Reports
from geodata.reports.paper import behind, holdings
from gridmap import layers
from gridmap.errors import NotFoundError
from tests.geodata.paper.printing import GRIDS, PHONE, ZH, cards, kept, squeezed, texts, written
from tests.geodata.towns import TODAY
from tests.registers import CRS, SINCE
from tests.town import COMMUNITIES, METRIC, place, square, town

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
