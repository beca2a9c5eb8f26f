"""Two offices at once: who comes second sees who was first, and loses nothing."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.desks import (
    FREE,
    LAST,
    Site,
    choose,
    holders,
    select,
    wait_toast,
)


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
