"""What a reader does with the pages."""

from __future__ import annotations

from playwright.sync_api import Frame

from tests.browser.conftest import Visit, Visitor
from tests.browser.waiting import waited


def the_map(visitor: Visitor) -> Frame:
    frame = visitor.page.frame("map")
    assert frame is not None
    return frame


def zoom(visitor: Visitor) -> float:
    name = "Object.keys(window).find(key => /^map_[0-9a-f]+$/.test(key))"
    return float(the_map(visitor).evaluate(f"window[{name}].getZoom()"))


def test_a_row_shows_its_place_on_the_map(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    page = visitor.open("/coverage")
    before = zoom(visitor)
    page.locator("tr[data-box] .look").first.click()
    the_map(visitor).wait_for_selector("path.looked-at", state="attached")
    waited(lambda: zoom(visitor) > before, "the map has flown there")
    assert page.locator("tr.looked-at").count() == 1
    visitor.assert_clean()


def test_a_map_listens_to_nobody_but_its_own_page(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    page = visitor.open("/coverage")
    frame = the_map(visitor)
    frame.evaluate("window.postMessage({box: [122, 52, 122.1, 52.1]}, '*')")
    for box in ("['a', 1, 2, 3]", "[1, 2]", "null"):
        page.evaluate(
            f"document.querySelector('iframe').contentWindow.postMessage({{box: {box}}}, '*')"
        )
    page.wait_for_timeout(200)
    assert frame.locator("path.looked-at").count() == 0
    visitor.assert_clean()


def test_one_reason_alone_is_listed_when_it_is_chosen(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    page = visitor.open("/coverage")
    visitor.follow(page.locator(".chips a", has_text="单位已停用"))
    reasons = page.locator("table tr[data-box] .reason").all_inner_texts()
    assert len(reasons) == 8
    assert all("单位已停用" in reason for reason in reasons)


def test_another_level_is_drawn_when_it_is_chosen(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    page = visitor.open("/coverage")
    with page.expect_navigation():
        page.locator("select[name=level]").select_option("district")
    visitor.settle()
    assert "level=district" in page.url
    assert "level=district" in str(page.locator("iframe").get_attribute("src"))
    visitor.assert_clean()


def test_filters_change_what_is_counted(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    page = visitor.open("/hotspots")
    everything = page.locator(".method").inner_text()
    with page.expect_navigation():
        page.locator("select[name=category]").select_option("暴露垃圾")
    visitor.settle()
    assert page.locator("select[name=category]").input_value() == "暴露垃圾"
    assert page.locator(".method").inner_text() != everything
    with page.expect_navigation():
        page.locator("select[name=by]").select_option("hex")
    visitor.settle()
    assert "hex" in page.url
    assert page.locator("select[name=category]").input_value() == "暴露垃圾"
    visitor.assert_clean()


def test_layers_of_the_hot_spots_can_be_switched(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    visitor.open("/hotspots")
    frame = the_map(visitor)
    assert frame.locator(".leaflet-image-layer").count() == 0
    control = frame.locator(".leaflet-control-layers")
    control.hover()
    control.get_by_text("问题密度").click()
    frame.wait_for_selector(".leaflet-image-layer")
    control.get_by_text("问题数量").click()
    visitor.page.wait_for_timeout(200)
    visitor.picture("hotspots-layers")
    visitor.assert_clean()


def test_a_tooltip_tells_the_name_and_the_verdict(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    visitor.open("/hotspots")
    frame = the_map(visitor)
    frame.locator("path.leaflet-interactive").first.hover()
    text = frame.locator(".leaflet-tooltip").inner_text()
    assert "网格" in text
    assert "判定" in text


def test_search_offers_while_typing_and_leads_to_the_page(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    page = visitor.open("/register")
    page.locator("#q").fill("beishan")
    page.wait_for_selector("#suggestions a")
    visitor.picture("suggestions", whole=False)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/register?division=*")
    assert page.locator("h2").first.inner_text() == "北山社区"
    visitor.assert_clean()


def test_a_click_on_the_map_asks_who_answers(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    page = visitor.open("/here")
    page.locator("#place-map").click(position={"x": 380, "y": 420})
    page.wait_for_selector(".answer")
    assert page.locator(".answer .code").inner_text().startswith("232701")
    assert page.locator("input[name=lon]").input_value().startswith("122.5")
    assert "lon=122.5" in page.url
    visitor.assert_clean()


def test_the_phone_says_where_it_is(visit: Visit, wide_town: str) -> None:
    here = {"longitude": 122.5405, "latitude": 52.9735, "accuracy": 25}
    visitor = visit(wide_town, "narrow", geolocation=here, permissions=["geolocation"])
    page = visitor.open("/here")
    page.locator("#my-position").click()
    page.wait_for_selector(".answer")
    assert page.locator("input[name=accuracy]").input_value() == "25"
    visitor.picture("here-phone")
    visitor.assert_clean()


def test_a_phone_that_keeps_its_place_to_itself_is_told_what_else_to_do(
    visit: Visit, wide_town: str
) -> None:
    page = visit(wide_town, "narrow").open("/here")
    page.locator("#my-position").click()
    note = page.wait_for_selector("#place-note:has-text('没有提供位置')")
    assert note is not None
    assert note.is_visible()


def test_a_place_that_cannot_be_is_refused_beside_the_form(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    page = visitor.open("/here")
    page.locator("input[name=lon]").fill("912")
    page.locator("input[name=lat]").fill("52")
    page.locator("#place-form .primary").click()
    page.wait_for_selector("#place-note:has-text('180')")
    assert visitor.foreign == []


def test_the_language_is_switched_on_the_same_page(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    page = visitor.open("/hotspots?by=square&size=200")
    visitor.follow(page.locator(".languages a"))
    assert page.locator("h1").inner_text() == "Hot spots"
    assert "by=square" in page.url
    assert page.evaluate("document.documentElement.lang") == "en"
    assert the_map(visitor).locator(".legend h2").inner_text() == "Hot spots"
    visitor.picture("hotspots-english")
    visitor.assert_clean()


def test_a_past_day_is_chosen_and_left_again(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    page = visitor.open("/coverage")
    with page.expect_navigation():
        page.locator("#as-of").fill("2026-02-03")
        page.locator("#as-of").dispatch_event("change")
    assert page.locator(".past").is_visible()
    visitor.follow(page.locator(".sections a").first)
    assert "as_of=2026-02-03" in page.url
    visitor.follow(page.locator(".past a"))
    assert "as_of" not in page.url
