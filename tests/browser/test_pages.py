"""Every page, in a real browser, at the width of a desk and of a phone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import WIDTHS, Visit
from tests.web.addresses import GRID, MAPS

SHOWN = {
    "overview": "/",
    "register": "/register?division=232701100001",
    "found": "/register?q=xiangyang",
    "units": "/register/units",
    "grid": f"/register/grids/{GRID}",
    "unit": "/register/units/u1",
    "coverage": "/coverage",
    "hotspots": "/hotspots",
    "hotspots-hex": "/hotspots?by=hex&size=200",
    "here": "/here?lon=122.5405&lat=52.9735&accuracy=60",
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SHOWN)
def test_a_page_is_drawn_whole_without_asking_another_host(
    visit: Visit, wide_town: str, name: str, width: str
) -> None:
    visitor = visit(wide_town, width)
    page = visitor.open(SHOWN[name])
    visitor.picture(f"{name}-{width}")
    visitor.assert_clean()
    across = page.evaluate("document.documentElement.scrollWidth")
    assert across <= WIDTHS[width][0]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/", "/register", "/coverage", "/hotspots", "/here"])
def test_an_empty_register_is_shown_kindly(
    visit: Visit, empty_register: str, path: str, width: str
) -> None:
    visitor = visit(empty_register, width)
    page = visitor.open(path)
    visitor.picture(f"empty{path.replace('/', '-')}-{width}")
    visitor.assert_clean()
    assert page.locator(".empty").first.is_visible()


@pytest.mark.parametrize("path", MAPS)
def test_a_map_is_a_page_of_its_own(visit: Visit, wide_town: str, path: str) -> None:
    visitor = visit(wide_town)
    page = visitor.open(path)
    page.wait_for_selector("html[data-ready]", state="attached")
    visitor.assert_clean()
    assert page.locator(".legend").is_visible()
    assert page.locator("path.leaflet-interactive, canvas").count() > 0


@pytest.mark.parametrize("width", WIDTHS)
def test_an_unknown_address_has_a_way_back(visit: Visit, wide_town: str, width: str) -> None:
    visitor = visit(wide_town, width)
    page = visitor.open("/no/such/page")
    visitor.picture(f"not-found-{width}")
    assert visitor.foreign == []
    page.get_by_role("link", name="回到总览").click()
    page.wait_for_url("**/")


def test_refusal_is_a_picture_of_nothing_with_a_reason(visit: Visit, small_town: str) -> None:
    visitor = visit(small_town)
    page = visitor.open("/hotspots")
    visitor.picture("refusal")
    visitor.assert_clean()
    assert "30 个单元" in page.locator(".empty").inner_text()
    assert page.locator("iframe").count() == 0


def test_the_key_reaches_everything_and_shows_where_it_is(visit: Visit, wide_town: str) -> None:
    page = visit(wide_town).open("/register")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_a_printed_page_says_whose_it_is_and_leaves_out_what_cannot_be_pressed(
    visit: Visit, wide_town: str
) -> None:
    visitor = visit(wide_town)
    page = visitor.open("/coverage")
    page.emulate_media(media="print")
    visitor.picture("coverage-print")
    assert page.locator("header.bar .brand-name").is_visible()
    pressed = page.locator("header.bar").locator("nav, button, input, summary, select")
    assert not any(one.is_visible() for one in pressed.all())
    assert not page.locator("button.look").first.is_visible()
    assert page.locator("table.data").first.is_visible()
