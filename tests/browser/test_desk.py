"""What an office does at the desk, in a real browser, over a register that is really written."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from playwright.sync_api import Locator, Page, expect

from gridmap import layers
from tests.browser.conftest import WIDTHS, Visit, Visitor
from tests.browser.desks import (
    CRS,
    Site,
    desk_of,
    empty_frames,
    holders,
    register,
    told,
    town_frames,
)
from tests.town import COMMUNITIES, METRIC, SQUARES, place
from tests.web.fakes import NAMED, PAYLOADS
from web.pages.desk_words import SENTENCES

SCRIPTS = Path(__file__).parents[2] / "web" / "static" / "js" / "desk"
GRIDS = list(SQUARES)
FREE, LAST = GRIDS[3], GRIDS[6]  # 004 and 007: nobody's
HELD = GRIDS[0]  # 001: u1's
PICTURED = ("selection", "units", "uncovered", "things", "mend", "history")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the town once; tests that write are given a copy."""
    folder = tmp_path_factory.mktemp("town")
    register(folder, town_frames())
    return folder / "desk.gpkg"


@pytest.fixture
def site(kept: Path, tmp_path: Path, visit: Visit) -> Iterator[Site]:
    """Serve a town of one's own."""
    copied = shutil.copy(kept, tmp_path)
    with desk_of(f"gpkg:///{copied}") as made:
        yield replace(made, visit=visit)


@pytest.fixture(scope="module")
def served_town(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    copied = shutil.copy(kept, tmp_path_factory.mktemp("still"))
    with desk_of(f"gpkg:///{copied}") as made:
        yield made


@pytest.fixture
def still(served_town: Site, visit: Visit) -> Site:
    """Serve the town to tests that write nothing."""
    return replace(served_town, visit=visit)


def select(page: Page, *codes: str) -> None:
    """Select just these grids, by their codes."""
    page.locator("#paste-codes").click()
    page.locator("#codes").fill("\n".join(codes))
    page.locator("[data-answer=replace]").click()
    page.wait_for_selector("dialog", state="detached")


def choose(page: Page, *names: str) -> None:
    """Choose units by what is typed to find them."""
    for name in names:
        page.locator("#unit-search").fill(name)
        page.keyboard.press("Enter")


def wait_toast(page: Page, kind: str = "done") -> Locator:
    page.wait_for_selector(f".toast.{kind}")
    return page.locator(".toast")


def settled(page: Page) -> None:
    """Wait until the counters stand still again after a step."""
    page.wait_for_timeout(150)
    page.wait_for_load_state("networkidle")


def counter(page: Page, name: str) -> str:
    return page.locator(f"[data-counter={name}] dd").inner_text().split(" / ")[0]


def test_free_grids_are_given_to_a_unit_and_the_counters_follow(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    page.wait_for_selector("[data-counter=grids_without]")
    assert counter(page, "grids_without") == "2"
    select(page, FREE, LAST)
    choose(page, "jyj")
    page.locator("#assign").click()
    assert "市教育局" in wait_toast(page).inner_text()
    page.wait_for_selector("[data-counter=grids_without].whole")
    assert [holders(visitor, code) for code in (FREE, LAST)] == [["u2"], ["u2"]]
    assert page.locator(".chosen-units li").count() == 0
    visitor.assert_clean()


def test_a_step_is_undone_and_done_again_from_the_keyboard(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    select(page, FREE)
    choose(page, "jyj")
    page.locator("#assign").click()
    wait_toast(page)
    page.keyboard.press("Control+z")
    wait_toast(page, "note")
    assert holders(visitor, FREE) == []
    assert page.locator("#undo").get_attribute("aria-disabled") == "true"
    with page.expect_response("**/undo") as again:
        page.keyboard.press("Control+Shift+z")
    assert again.value.ok
    page.wait_for_selector("#redo[aria-disabled=true]")
    assert holders(visitor, FREE) == ["u2"]
    visitor.assert_clean()


def test_undo_takes_back_one_step_after_the_other(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    for code, name in ((FREE, "jyj"), (LAST, "lyj")):
        select(page, code)
        choose(page, name)
        with page.expect_response("**/assignments"):
            page.locator("#assign").click()
        expect(page.locator(".chosen-units li")).to_have_count(0)
    for left in ([["u2"], []], [[], []]):
        with page.expect_response("**/undo"):
            page.keyboard.press("Control+z")
        settled(page)
        assert [holders(visitor, FREE), holders(visitor, LAST)] == left
    visitor.assert_clean()


def test_one_grid_is_given_to_several_units_each_in_its_tier(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    select(page, FREE)
    choose(page, "林业局", "jyj", "领导甲")
    tiers = [page.locator(".chosen-units select").nth(n).input_value() for n in range(3)]
    assert tiers == ["responsible", "assisting", "patch_leader"]
    page.locator("#assign").click()
    wait_toast(page)
    assert [holders(visitor, FREE, tier) for tier in tiers] == [["u1"], ["u2"], ["p1"]]


def test_a_form_without_a_unit_or_a_grid_says_so_beside_the_field(still: Site) -> None:
    page = still.open().page
    page.locator("#assign").click()
    field = page.locator("#unit-search")
    assert field.get_attribute("aria-invalid") == "true"
    beside = page.locator(f"#{field.get_attribute('aria-describedby')}")
    assert beside.inner_text() == SENTENCES["choose a unit"]
    assert page.locator("#assign-form [role=alert]").inner_text() == SENTENCES["select grids first"]
    assert field.evaluate("field => field === document.activeElement")


@pytest.mark.parametrize(
    ("answer", "primary", "assisting"),
    [("over", ["u2"], []), ("assist", ["u1"], ["u2"]), ("", ["u1"], [])],
)
def test_a_grid_that_has_its_unit_is_only_taken_over_when_asked(
    site: Site, answer: str, primary: list[str], assisting: list[str]
) -> None:
    visitor = site.open()
    page = visitor.page
    select(page, HELD)
    choose(page, "jyj")
    page.locator("#assign").click()
    page.wait_for_selector("dialog.held")
    assert "市林业局" in page.locator("dialog.held").inner_text()
    if answer:
        page.locator(f"[data-answer={answer}]").click()
        wait_toast(page)
    else:
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
    assert holders(visitor, HELD) == primary
    assert holders(visitor, HELD, "assisting") == assisting
    assert page.locator("#grid-list .chosen").count() == (0 if answer else 1)


def test_release_ends_what_is_ticked_and_nothing_else(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    select(page, GRIDS[1])  # u1 is responsible, u2 assists
    page.locator("#grid-list").focus()
    page.keyboard.press("r")
    page.wait_for_selector("dialog.release")
    page.locator("dialog label", has_text="市林业局").locator("input").uncheck()
    page.locator("[data-answer=release]").click()
    wait_toast(page)
    assert holders(visitor, GRIDS[1]) == ["u1"]
    assert holders(visitor, GRIDS[1], "assisting") == []


def test_everything_of_one_unit_is_handed_to_another(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    page.locator("#tab-units").click()
    page.locator("#unit-filter").fill("linyeju")
    page.keyboard.press("Enter")
    page.locator("#transfer").click()
    page.locator("#transfer-to").fill("jyj")
    page.keyboard.press("Enter")
    page.locator("[data-answer=transfer]").click()
    wait_toast(page)
    assert [holders(visitor, code) for code in GRIDS[:2]] == [["u2"], ["u2"]]
    assert holders(visitor, "r1") == ["u2"]


def race(site: Site) -> tuple[Visitor, Visitor]:
    """Let two offices look at one register; the first gives a grid away, the second tries to."""
    first, second = site.open(name="an"), site.open(name="bo")
    for visitor, unit, codes in ((first, "jyj", [FREE]), (second, "lyj", [FREE, LAST])):
        select(visitor.page, *codes)
        choose(visitor.page, unit)
        visitor.page.locator("#assign").click()
        if visitor is first:
            wait_toast(first.page)
    second.page.wait_for_selector("dialog.conflict")
    return first, second


def test_who_comes_second_sees_who_was_first_and_keeps_the_selection(site: Site) -> None:
    _, second = race(site)
    shown = second.page.locator("dialog.conflict").inner_text()
    assert "an 的姓名" in shown
    assert "第4网格" in shown
    assert "市教育局" in shown
    second.picture("desk-conflict")
    second.page.keyboard.press("Escape")
    second.page.wait_for_selector("dialog", state="detached")
    assert second.page.locator("#grid-list .chosen").count() == 2
    assert holders(second, LAST) == []


def test_theirs_is_kept_and_the_rest_can_be_sent_again(site: Site) -> None:
    _, second = race(site)
    page = second.page
    page.locator("[data-answer=theirs]").click()
    expect(page.locator("#grid-list .chosen")).to_have_count(1)
    page.locator("#assign").click()
    wait_toast(page)
    assert [holders(second, code) for code in (FREE, LAST)] == [["u2"], ["u1"]]


def test_trying_again_asks_once_more_before_anything_is_taken_over(site: Site) -> None:
    _, second = race(site)
    page = second.page
    page.locator("[data-answer=again]").click()
    page.wait_for_selector("dialog.held")
    page.locator("[data-answer=over]").click()
    wait_toast(page)
    assert [holders(second, code) for code in (FREE, LAST)] == [["u1"], ["u1"]]


def test_what_others_do_appears_when_one_comes_back(site: Site) -> None:
    first, second = site.open(name="an"), site.open(name="bo")
    select(first.page, FREE)
    choose(first.page, "jyj")
    first.page.locator("#assign").click()
    wait_toast(first.page)
    second.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert "an 的姓名" in wait_toast(second.page, "note").inner_text()
    row = second.page.locator(".list-row", has_text="第4网格")
    assert "教育局" in row.inner_text()


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


def test_the_history_of_a_grid_says_who_when_and_by_which_document(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    select(page, FREE)
    choose(page, "jyj")
    page.locator("#assign-form summary").click()
    page.locator("#source").fill("创城办〔2026〕5号")
    page.locator("#note").fill("会议决定")
    page.locator("#assign").click()
    wait_toast(page)
    select(page, FREE)
    page.locator("#grid-list").focus()
    page.keyboard.press("h")
    page.wait_for_selector(".history li")
    text = page.locator(".history li").first.inner_text()
    for part in ("city_office 的姓名", "市教育局", "创城办〔2026〕5号", "会议决定", "2026-06-30"):
        assert part in text
    page.locator("#tab-units").click()
    page.locator("#unit-filter").fill("教育局")
    page.keyboard.press("Enter")
    page.locator("#unit-sheet button").last.click()
    page.wait_for_selector(".history li")
    assert "第4网格" in page.locator("#history-box").inner_text()


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


def test_pasted_codes_are_understood_and_what_is_not_is_named(still: Site) -> None:
    page = still.open().page
    page.locator("#paste-codes").click()
    page.locator("#codes").fill(
        f"{GRIDS[0]}-003\n第5网格\t{LAST}，第九网格；{COMMUNITIES[1]}050-060"
    )
    page.locator("[data-answer=replace]").click()
    page.wait_for_selector("dialog.unknowns")
    named = page.locator("dialog.unknowns .unknown").all_inner_texts()
    assert [text.split("\n")[-1] for text in named] == ["第九网格", f"{COMMUNITIES[1]}050-060"]
    page.keyboard.press("Enter")
    chosen = [code[-3:] for code in page.locator("#grid-list .chosen .code").all_inner_texts()]
    assert chosen == ["001", "002", "003", "005", "007"]


@pytest.mark.parametrize(
    ("text", "indices", "unknown"),
    [
        ("A-1", [0], []),
        ("a-1 .. a-3", [0, 1, 2], []),
        ("A-2–A-3、B-9", [1, 2], [{"text": "B-9", "why": "none"}]),
        ("Old  Market", [0], []),
        ("twin", [], [{"text": "twin", "why": "several"}]),
        ("A-1 A-2", [0, 1], []),
        ("Ａ－１", [0], []),
        ("", [], []),
    ],
)
def test_codes_with_dashes_names_with_spaces_and_names_of_two_grids(
    still: Site, text: str, indices: list[int], unknown: list[dict[str, str]]
) -> None:
    page = still.open().page
    script = """async (text) => {
      const { understood } = await import("/static/js/desk/paste.js");
      const codes = ["A-1", "A-2", "A-3", "C-1"];
      const names = ["Old Market", "Twin", "twin", ""];
      const indexOf = new Map(codes.map((code, i) => [code, i]));
      return understood(text, { codes, names, indexOf });
    }"""
    answer = page.evaluate(script, text)
    assert sorted(answer["indices"]) == indices
    assert answer["unknown"] == unknown


def test_a_unit_is_found_by_name_short_name_pinyin_and_initials(still: Site) -> None:
    page = still.open().page
    for typed in ("市教育局", "教育局", "jiaoyuju", "JYJ", "u2"):
        page.locator("#unit-search").fill(typed)
        assert "市教育局" in page.locator("#assign-form [role=option]").first.inner_text()
    page.locator("#unit-search").fill("建委")  # no longer in use
    assert page.locator("#assign-form [role=option]").count() == 0


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


def test_points_and_compounds_are_given_by_category(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    page.locator("#tab-things").click()
    line = page.locator("#point-box .group-line", has_text="school")
    line.locator("button").last.click()
    page.locator("#tab-selection").click()
    assert "第一小学" in page.locator("#others").inner_text()
    choose(page, "jyj")
    page.locator("#assign").click()
    wait_toast(page)
    assert holders(visitor, "s1") == ["u2"]


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


def test_no_name_runs_at_the_desk(tmp_path: Path, visit: Visit) -> None:
    frames = town_frames()
    for n, frame in enumerate(frames.values()):
        for column in NAMED & set(frame.columns) - ({"kind"} if "households" in frame else set()):
            frame[column] = [PAYLOADS[(n + row) % len(PAYLOADS)] for row in range(len(frame))]
    with desk_of(register(tmp_path, frames)) as site:
        visitor = replace(site, visit=visit).open()
        page = visitor.page
        for name in PICTURED:
            page.locator(f"#tab-{name}").click()
        page.locator("#tab-selection").click()
        page.locator("#grid-list").focus()
        for key in ("ArrowDown", "Space", "h"):
            page.keyboard.press(key)
        page.wait_for_selector(".history li")
        page.keyboard.press("/")
        page.keyboard.type("i")
        assert page.evaluate("window.__xss === undefined")
        visitor.assert_clean()


def test_a_target_with_two_responsible_units_is_shown_as_a_conflict(still: Site) -> None:
    visitor = still.open()
    script = """async () => {
      const { start, withRows, CONFLICT, SEVERAL, ONE } = await import("/static/js/desk/state.js");
      const codes = ["g1", "g2"];
      const ground = {
        n: 2, codes, parent: [0, 0], communities: [{ code: "c" }],
        indexOf: new Map(codes.map((code, i) => [code, i])),
      };
      const row = (assignment_id, target, unit_id, tier) => ({
        assignment_id, target_kind: "grid", target, unit_id, tier, scheme: "main",
        since: "2026-01-01", until: null,
      });
      const columns = (...rows) => Object.fromEntries(
        Object.keys(rows[0]).map((name) => [name, rows.map((one) => one[name])]));
      const first = start(ground, {
        units: [{ unit_id: "u1" }, { unit_id: "u2" }], may: [], seen: 1,
        as_of: "2026-02-01", today: "2026-02-01",
        assignments: columns(row("a", "g1", "u1", "responsible")),
      });
      const added = columns(
        row("b", "g1", "u2", "responsible"),
        row("c", "g2", "u1", "responsible"), row("d", "g2", "u2", "assisting"));
      const second = withRows(first, { added, released: {} });
      const released = { assignment_id: ["b"], until: ["2026-01-01"] };
      const third = withRows(second, { added: {}, released });
      const named = { [CONFLICT]: "conflict", [SEVERAL]: "several", [ONE]: "one", 0: "none" };
      return [first, second, third].map(
        (state) => [...state.holding.standing].map((code) => named[code]));
    }"""
    assert visitor.page.evaluate(script) == [
        ["one", "none"],
        ["conflict", "several"],
        ["one", "several"],  # the other was annulled
    ]


STRETCHES = """async (asked) => {
  const { start, heldRows, pickOthers } = await import("/static/js/desk/state.js");
  const ground = { n: 0, codes: [], parent: [], communities: [], indexOf: new Map() };
  const stretches = [["a", 0, 100, "left"], ["b", 0, 100, "right"], ["c", 100, 200, "both"]];
  const column = (made) => stretches.map(made);
  const assignments = {
    assignment_id: column(([id]) => id), target_kind: column(() => "road_segment"),
    target: column(() => "r1"), from_m: column(([, from]) => from), to_m: column(([, , to]) => to),
    side: column(([, , , side]) => side), unit_id: column(() => "u1"),
    tier: column(() => "responsible"), scheme: column(() => "main"),
    since: column(() => "2026-01-01"), until: column(() => null),
  };
  const day = "2026-02-01";
  const state = start(ground, { units: [], may: [], seen: 1, as_of: day, today: day, assignments });
  const [from_m, to_m, side] = asked;
  const target = { target_kind: "road_segment", target: "r1", from_m, to_m, side };
  return heldRows(pickOthers(state, [target], "add")).map((row) => row.assignment_id);
}"""


@pytest.mark.parametrize(
    ("metres", "side", "touched"),
    [
        ((10, 20), "left", ["a"]),
        ((10, 20), "both", ["a", "b"]),
        ((90, 110), "right", ["b", "c"]),
        ((100, 110), "left", ["c"]),  # the stretch before ends where this one begins
        ((200, 300), "both", []),
    ],
)
def test_a_release_on_a_road_touches_only_the_metres_and_the_side_that_were_chosen(
    still: Site, metres: tuple[int, int], side: str, touched: list[str]
) -> None:
    assert still.open().page.evaluate(STRETCHES, [*metres, side]) == touched


STEPS = """async (seed) => {
  const { start, withRows } = await import("/static/js/desk/state.js");
  let drawn = seed;
  const draw = (n) => {
    drawn = (drawn * 1103515245 + 12345) % 2147483648;
    return Math.floor((drawn / 2147483648) * n);
  };
  const codes = Array.from({ length: 12 }, (_, i) => `g${i}`);
  const ground = {
    n: 12, codes, parent: codes.map((_, i) => i % 3), indexOf: new Map(codes.map((c, i) => [c, i])),
    communities: ["c0", "c1", "c2"].map((code) => ({ code, subdistrict: "s" })),
  };
  const units = ["u0", "u1", "u2"].map((unit_id, k) => ({ unit_id, active: k < 2 }));
  const day = "2026-02-01";
  const columns = (rows) => Object.fromEntries(Object.keys(rows[0] || {}).map(
    (name) => [name, rows.map((row) => row[name])]));
  const opened = (rows) => start(ground, {
    units, may: [], seen: 1, as_of: day, today: day, assignments: columns(rows),
  });
  const all = new Map();
  let state = opened([]);
  for (let n = 0; n < 200; n += 1) {
    const added = [];
    if (draw(3)) {
      const division = draw(8) === 0;
      added.push({
        assignment_id: `a${n}`, target_kind: division ? "division" : "grid",
        target: division ? ["c0", "c1", "s"][draw(3)] : codes[draw(12)], unit_id: `u${draw(3)}`,
        tier: ["responsible", "responsible", "assisting"][draw(3)], scheme: "main",
        since: ["2026-01-01", "2026-03-01"][Number(draw(6) === 0)], until: null,
      });
    }
    const ids = [...all.keys()];
    const ended = ids.length && draw(2) ? [ids[draw(ids.length)]] : [];
    const until = ended.map(() => ["2026-01-20", "2026-04-01", "2026-01-01", null][draw(4)]);
    for (const row of added) all.set(row.assignment_id, row);
    ended.forEach((id, k) => all.set(id, { ...all.get(id), until: until[k] }));
    const released = { assignment_id: ended, until };
    state = withRows(state, { added: columns(added), released });
    const whole = opened([...all.values()]).holding;
    for (const name of ["primary", "standing"]) {
      if (`${state.holding[name]}` !== `${whole[name]}`) return `step ${n}: ${name}`;
    }
  }
  return "";
}"""


@pytest.mark.parametrize("seed", range(1, 4))
def test_step_by_step_the_desk_knows_what_it_would_if_it_were_opened_anew(
    still: Site, seed: int
) -> None:
    assert still.open().page.evaluate(STEPS, seed) == ""


def said() -> Iterator[tuple[str, str]]:
    """Yield every sentence that a script of the desk asks for by name, and where."""
    for path in sorted(SCRIPTS.glob("*.js")):
        for name in re.findall(r"""\bsay\(\s*"([^"]+)\"""", path.read_text("utf-8")):
            yield name, path.name


def test_every_sentence_that_a_script_says_comes_with_the_page() -> None:
    assert {f"{where}: {name}" for name, where in said() if name not in SENTENCES} == set()


def test_every_sentence_that_comes_with_the_page_is_said_somewhere() -> None:
    scripts = "".join(path.read_text("utf-8") for path in SCRIPTS.glob("*.js"))
    spelled = set(re.findall(r"say\(`([a-z]+ )\$", scripts))
    lost = [
        name
        for name in SENTENCES
        if f'"{name}"' not in scripts and not name.startswith(tuple(spelled))
    ]
    assert lost == []


def test_what_a_script_puts_into_the_page_is_text() -> None:
    for path in SCRIPTS.rglob("*.js"):
        script = path.read_text("utf-8")
        assert not re.search(
            r"innerHTML|insertAdjacentHTML|outerHTML|document\.write|eval\(", script
        )


def test_the_words_cover_every_tier_and_kind(still: Site) -> None:
    visitor = still.open()
    words: Any = visitor.page.evaluate("JSON.parse(document.querySelector('#words').textContent)")
    assert set(layers.TIERS) <= set(words["tables"]["tier"])
    assert set(layers.TARGET_KINDS) <= set(words["tables"]["rule"])
    assert set(layers.SIDES) == set(words["tables"]["side"])


def test_a_paper_is_handed_in_and_found_again_in_the_history(site: Site, tmp_path: Path) -> None:
    visitor = site.open()
    page = visitor.page
    paper = tmp_path / "通知.pdf"
    paper.write_bytes(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
    select(page, FREE)
    choose(page, "jyj")
    page.locator("#assign-form summary").click()
    with page.expect_response("**/api/v1/documents") as kept:
        page.locator("#file").set_input_files(paper)
    assert kept.value.status == 201
    expect(page.locator("#source")).to_have_value("通知")
    page.locator("#assign").click()
    wait_toast(page)
    select(page, FREE)
    page.keyboard.press("h")
    link = page.locator(".history a").first
    assert link.inner_text() == "通知"
    found = page.request.get(site.address + str(link.get_attribute("href")))
    assert found.body() == paper.read_bytes()


def test_what_is_no_paper_is_refused_beside_its_field(site: Site, tmp_path: Path) -> None:
    page = site.open().page
    paper = tmp_path / "list.pdf"
    paper.write_bytes(b"MZ this is a program")
    page.locator("#assign-form summary").click()
    page.locator("#file").set_input_files(paper)
    expect(page.locator("#file")).to_have_attribute("aria-invalid", "true")
    assert page.locator("#source").input_value() == ""


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
