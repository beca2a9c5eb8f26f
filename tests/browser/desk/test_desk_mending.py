"""Stretches of roads, and grids that are drawn, split, joined and proposed at the desk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import orjson
import pytest
import shapely
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.browser.desks import (
    CRS,
    GRIDS,
    HELD,
    LAST,
    Site,
    choose,
    desk_of,
    empty_frames,
    holders,
    register,
    select,
    told,
    wait_toast,
)
from tests.town import COMMUNITIES, METRIC, place
from web.pages.desk_words import SENTENCES


def test_a_stretch_is_given_by_its_metres_and_the_rest_stays(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    page.locator("#tab-things").click()
    page.locator("#road-list").select_option("r1")
    page.locator("#from-m").fill("50")
    page.locator("#to-m").fill("120")
    page.keyboard.press("Tab")
    page.wait_for_selector(".desk-overlay.stretch", state="attached")
    page.locator("#add-stretch").click()
    choose(page, "jyj")
    page.locator("#assign").click()
    page.wait_for_selector("dialog.held")  # u1 holds 0 to 150 m
    page.locator("[data-answer=over]").click()
    wait_toast(page)
    rows = told(visitor, "/api/v1/assignments", target="r1")["assignments"]
    held = sorted((row["from_m"], row["to_m"], row["unit_id"]) for row in rows)
    assert held == [(0.0, 50.0, "u1"), (50.0, 120.0, "u2"), (120.0, 150.0, "u1")]


def test_a_stretch_is_given_by_a_click_near_each_end(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    page.locator("#tab-things").click()
    page.locator("#two-ends").click()
    box = page.locator("#desk-map").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)  # the road's own
    for aside in (150, -50):
        with page.expect_response("**/roads/snap"):
            page.mouse.click(middle[0] + aside, middle[1] + 4)
    page.wait_for_selector(".desk-overlay.stretch", state="attached")
    start, end = (float(page.locator(name).input_value()) for name in ("#from-m", "#to-m"))
    assert 100 < start < 200 < end < 300
    assert (end - 200) / (200 - start) == pytest.approx(3, rel=0.1)


def test_metres_beyond_the_road_are_refused_beside_their_field(still: Site) -> None:
    page = still.open().page
    page.locator("#tab-things").click()
    page.locator("#road-list").select_option("r1")
    page.locator("#to-m").fill("5000")
    page.locator("#add-stretch").click()
    assert page.locator("#to-m").get_attribute("aria-invalid") == "true"
    assert page.locator("#others li").count() == 0


def corners(*metres: tuple[float, float]) -> str:
    """Return corners, in metres from the town's south-west, as they are typed: degrees."""
    points = gpd.GeoSeries([place(x, y) for x, y in metres], crs=METRIC).to_crs(CRS)
    return "\n".join(f"{point.x:.9f} {point.y:.9f}" for point in points)


def mend(page: Page, act: str, typed: str = "") -> None:
    """Say what is to be mended, look at it, do it."""
    page.locator("#tab-mend").click()
    page.locator("#mend-act").select_option(act)
    if typed:
        page.locator("#mend-box details summary").click()
        page.locator("#mend-places").fill(typed)
    page.locator("#mend-preview").click()
    page.wait_for_selector("#mend-do")
    assert (page.locator(".desk-overlay.change").count() > 0) == (act != "retire")
    with page.expect_response("**/desk/ground?*part=things*"):
        page.locator("#mend-do").click()
    wait_toast(page)
    page.wait_for_selector("#mend-do", state="detached")
    page.locator("#tab-selection").click()


def listed(page: Page) -> list[str]:
    return sorted(page.locator("#grid-list .list-row .code").all_inner_texts())


def test_the_corner_without_a_grid_is_drawn(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    page.locator("#tab-mend").click()
    page.locator("#mend-parent").select_option(COMMUNITIES[1])
    mend(page, "create", corners((300, 100), (400, 100), (400, 200), (300, 200)))
    expect(page.locator("#grid-list .list-row")).to_have_count(len(GRIDS) + 1)
    (made,) = set(listed(page)) - set(GRIDS)
    assert made.startswith(COMMUNITIES[1])
    found = told(visitor, f"/api/v1/grids/{made}")
    assert found["properties"]["parent"] == COMMUNITIES[1]


def test_a_grid_is_split_and_its_unit_answers_for_both_parts(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    select(page, HELD)
    mend(page, "split", corners((50, 90), (50, 210)))
    expect(page.locator("#grid-list .list-row")).to_have_count(len(GRIDS) + 1)
    parts = set(listed(page)) - set(GRIDS)
    assert len(parts) == 2
    assert HELD not in listed(page)
    assert [holders(visitor, code) for code in parts] == [["u1"], ["u1"]]


def test_grids_are_merged_and_retired(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    select(page, GRIDS[0], GRIDS[1])
    mend(page, "merge")
    expect(page.locator("#grid-list .list-row")).to_have_count(len(GRIDS) - 1)
    (made,) = set(listed(page)) - set(GRIDS)
    assert holders(visitor, made) == ["u1"]
    select(page, LAST)
    mend(page, "retire")
    expect(page.locator("#grid-list .list-row")).to_have_count(len(GRIDS) - 2)
    assert LAST not in listed(page)


def test_mending_without_what_it_needs_says_what_is_missing(still: Site) -> None:
    page = still.open().page
    page.locator("#tab-mend").click()
    for act, missing in (("create", "draw an outline"), ("merge", "select two grids")):
        page.locator("#mend-act").select_option(act)
        page.locator("#mend-preview").click()
        assert page.locator("#mend-box [role=alert]").inner_text() == SENTENCES[missing]
        assert page.locator("#mend-do").count() == 0


def test_a_community_without_grids_is_given_those_proposed(tmp_path: Path, visit: Visit) -> None:
    with desk_of(register(tmp_path, empty_frames())) as site:
        visitor = replace(site, visit=visit).open()
        page = visitor.page
        page.locator("#tab-mend").click()
        page.locator("#panel-mend > details").last.locator("summary").click()
        page.locator("#propose-community").select_option(COMMUNITIES[0])
        page.locator("#propose-n").fill("2")
        page.locator("#propose").click()
        page.wait_for_selector(".desk-overlay.proposal", state="attached")
        assert page.locator("#propose-box tbody tr").count() == 2
        page.locator("#adopt").click()
        expect(page.locator("#no-grids")).to_be_hidden()
        page.locator("#tab-selection").click()
        expect(page.locator("#grid-list .list-row")).to_have_count(2)
        grids = told(visitor, "/api/v1/grids")["features"]
        assert {grid["properties"]["parent"] for grid in grids} == {COMMUNITIES[0]}
        visitor.assert_clean()


def area(visitor: Visitor, code: str) -> float:
    geometry = told(visitor, f"/api/v1/grids/{code}")["geometry"]
    return float(shapely.from_geojson(orjson.dumps(geometry)).area)


def test_a_border_is_dragged_and_both_grids_follow(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    west, east = GRIDS[0], GRIDS[1]
    before = [area(visitor, code) for code in GRIDS[:4]]
    select(page, west, east)
    page.locator("#tab-mend").click()
    page.locator("#mend-act").select_option("border")
    page.locator("#mend-draw").click()
    page.wait_for_selector(".desk-handle")
    corners_shown = page.locator(".desk-handle")
    boxes = [corners_shown.nth(n).bounding_box() for n in range(corners_shown.count())]
    inner = max((box for box in boxes if box), key=lambda box: box["y"])  # where four grids meet
    x, y = inner["x"] + inner["width"] / 2, inner["y"] + inner["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y, steps=4)
    page.mouse.move(x + 24, y, steps=4)
    page.mouse.up()
    page.wait_for_selector("#mend-do")
    with page.expect_response("**/desk/ground?*part=things*"):
        page.locator("#mend-do").click()
    wait_toast(page)
    after = [area(visitor, code) for code in GRIDS[:4]]
    assert after[0] > before[0] * 1.01
    assert after[1] < before[1] * 0.99
    assert sum(after) == pytest.approx(sum(before), rel=1e-9)  # nothing is lost between them
    assert [holders(visitor, code) for code in (west, east)] == [["u1"], ["u1"]]
