"""Giving, ending and handing over at the desk, with its papers, its history and its undo."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.desks import (
    FREE,
    GRIDS,
    HELD,
    LAST,
    Site,
    choose,
    counter,
    holders,
    select,
    settled,
    wait_toast,
)
from web.pages.desk_words import SENTENCES


def test_free_grids_are_given_to_a_unit_and_the_counters_follow(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    page.wait_for_selector("[data-counter=grids_without]")
    assert counter(page, "grids_without") == "4"  # nobody's, and of units that cannot be called
    select(page, FREE, LAST)
    choose(page, "jyj")
    page.locator("#assign").click()
    assert "市教育局" in wait_toast(page).inner_text()
    settled(page)
    assert counter(page, "grids_without") == "2"
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
