"""The desk in its window: the map and the lists, the keys, the past, wide and narrow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WIDTHS, Visit
from tests.browser.desks import (
    FREE,
    GRIDS,
    HELD,
    LAST,
    PICTURED,
    Site,
    choose,
    desk_of,
    empty_frames,
    register,
    select,
    settled,
    wait_toast,
)
from web.pages.desk_words import SENTENCES


def test_the_past_can_be_seen_and_not_changed(still: Site) -> None:
    visitor = still.open()
    page = visitor.page
    with page.expect_response("**/api/v1/desk?as_of=2026-02-01"):
        page.locator("#day-date").fill("2026-02-01")
        page.locator("#day-date").dispatch_event("change")
    page.wait_for_selector("#desk-banner:not([hidden])")
    assert "2026-02-01" in page.locator("#desk-banner").inner_text()
    assert page.locator("#assign").is_disabled()
    assert page.url.endswith("/desk?as_of=2026-02-01")
    page.locator("#day-back").click()
    page.wait_for_selector("#desk-banner", state="hidden")
    assert page.locator("#assign").is_enabled()
    visitor.assert_clean()


def test_who_may_not_write_sees_and_cannot_change(still: Site) -> None:
    visitor = still.open("leader")
    page = visitor.page
    page.locator("#grid-list").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("a")
    page.keyboard.press("r")
    assert page.locator("#assign").is_disabled()
    assert page.locator("dialog").count() == 0
    assert page.locator("#grid-list .chosen").count() == len(GRIDS)
    visitor.assert_clean()


def test_the_map_and_the_list_select_the_same(still: Site) -> None:
    visitor = still.open()
    page = visitor.page
    box = page.locator("#desk-map").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(middle[0] - 40, middle[1] - 40)  # just north-west of the town's middle: 002
    page.wait_for_selector("#grid-list .chosen")
    assert "第2网格" in page.locator("#grid-list .chosen").inner_text()
    page.keyboard.down("Shift")
    page.mouse.click(middle[0] + 40, middle[1] - 40)
    page.keyboard.up("Shift")
    expect(page.locator("#grid-list .chosen")).to_have_count(2)
    assert "第5网格" in page.locator("#grid-list .chosen").last.inner_text()


def test_the_map_is_never_made_again(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    page.evaluate("window.kept = document.querySelector('#desk-map canvas')")
    select(page, FREE)
    choose(page, "jyj")
    page.locator("#assign").click()
    wait_toast(page)
    page.keyboard.press("Control+z")
    wait_toast(page, "note")
    page.locator("#colour-by").select_option("unit")
    assert page.evaluate("window.kept === document.querySelector('#desk-map canvas')")
    assert page.evaluate("window.kept.isConnected")


def test_ways_to_select_are_those_of_the_town(still: Site) -> None:
    page = still.open().page

    def ways(name: str) -> list[str]:
        page.locator("#ways button", has_text=name).click()
        return [code[-3:] for code in page.locator("#grid-list .chosen .code").all_inner_texts()]

    select(page, FREE)
    assert ways(SENTENCES["all of its community"]) == ["001", "002", "003", "004"]
    select(page, LAST)
    assert ways(SENTENCES["grow to neighbours"]) == ["005", "006", "007"]  # by side and by corner
    assert ways(SENTENCES["invert"]) == ["001", "002", "003", "004"]
    select(page, HELD)
    assert ways(SENTENCES["all of its unit"]) == ["001", "002"]
    # nobody's, or of a unit that is not in use (006) or cannot be called (005)
    assert (
        {"004", "006", "007"}
        <= set(ways(SENTENCES["all uncovered"]))
        <= {"004", "005", "006", "007"}
    )


def test_the_unit_search_is_a_combobox_that_says_where_one_is(still: Site) -> None:
    page = still.open().page
    page.locator("#grid-list").focus()
    page.keyboard.press("/")
    page.keyboard.type("ju")
    search = page.locator("#unit-search")
    assert search.get_attribute("aria-expanded") == "true"
    first = search.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    second = search.get_attribute("aria-activedescendant")
    assert first != second
    assert page.locator(f"#{second}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    assert search.get_attribute("aria-expanded") == "false"


def test_the_list_is_worked_with_arrows_space_and_escape(still: Site) -> None:
    page = still.open().page
    page.locator("#grid-list").focus()
    for key in ("g", "ArrowDown", "Space", "Shift+ArrowDown", "Shift+ArrowDown"):
        page.keyboard.press(key)
    assert page.locator("#grid-list .chosen").count() == 3
    active = page.locator("#grid-list").get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-posinset") == "3"
    page.keyboard.press("Space")
    assert page.locator("#grid-list .chosen").count() == 2
    page.keyboard.press("Escape")
    assert page.locator("#grid-list .chosen").count() == 0
    page.keyboard.press("Control+a")
    assert page.locator("#grid-list .chosen").count() == len(GRIDS)


def test_letters_typed_into_a_field_are_no_commands(still: Site) -> None:
    page = still.open().page
    page.locator("#grid-filter").fill("")
    page.locator("#grid-filter").focus()
    page.keyboard.type("arh?/g")
    assert page.locator("#grid-filter").input_value() == "arh?/g"
    assert page.locator("dialog").count() == 0


def test_letters_are_keys_only_while_one_wants_them(still: Site) -> None:
    page = still.open().page
    page.locator("#grid-list").focus()
    page.keyboard.press("?")
    page.locator("dialog.keys input").uncheck()
    page.locator("[data-answer=ok]").click()
    page.locator("#grid-list").focus()
    page.keyboard.press("?")
    page.keyboard.press("g")
    assert page.locator("dialog").count() == 0
    assert page.evaluate("document.activeElement.id") == "grid-list"
    page.keyboard.press("Control+a")
    assert page.locator("#grid-list .chosen").count() == len(GRIDS)


def test_a_list_of_ten_thousand_has_only_what_is_in_sight_on_the_page(still: Site) -> None:
    page = still.open().page
    script = """async () => {
      const { VirtualList } = await import("/static/js/desk/list.js");
      const box = document.createElement("div");
      box.className = "list small";
      document.querySelector("#panel-selection").append(box);
      const list = new VirtualList(box, { row: (n) => [document.createTextNode(`row ${n}`)] });
      list.setItems(Array.from({ length: 10000 }, (_, n) => n));
      list.goTo(7000);
      const rows = [...box.querySelectorAll("[role=option]")];
      const active = document.getElementById(box.getAttribute("aria-activedescendant"));
      const size = active.getAttribute("aria-setsize");
      return [rows.length, active.textContent, size, box.scrollHeight];
    }"""
    count, active, size, height = page.evaluate(script)
    assert count < 40
    assert (active, size) == ("row 7000", "10000")
    assert height >= 10_000 * 44


def test_tabs_are_worked_with_arrows(still: Site) -> None:
    page = still.open().page
    page.locator("#tab-selection").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-units"
    assert page.locator("#panel-units").is_visible()
    assert page.locator("#panel-selection").is_hidden()
    page.keyboard.press("End")
    assert page.locator("#tab-history").get_attribute("aria-selected") == "true"


@pytest.mark.parametrize("width", WIDTHS)
def test_every_part_of_the_desk_fits_its_window(still: Site, width: str) -> None:
    visitor = still.open(width=width)
    page = visitor.page
    for name in PICTURED:
        page.locator(f"#tab-{name}").click()
        settled(page)
        visitor.picture(f"desk-{name}-{width}", whole=False)
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width][0]
        assert page.evaluate("document.documentElement.scrollHeight") <= WIDTHS[width][1]
    visitor.assert_clean()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_register_without_grids_says_how_to_begin(
    tmp_path: Path, visit: Visit, width: str
) -> None:
    with desk_of(register(tmp_path, empty_frames())) as site:
        visitor = replace(site, visit=visit).open(width=width)
        visitor.picture(f"desk-empty-{width}", whole=False)
        visitor.page.locator("#no-grids button").click()
        assert visitor.page.locator("#panel-mend").is_visible()
        visitor.assert_clean()
