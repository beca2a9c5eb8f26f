"""Cross inspection in a browser: drawn, looked at, opened; and what the inspector is shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from geodata import road_rules
from geodata.accounts import Accounts
from geodata.checklists import Checklists, PointVisit
from geodata.rounds import Rounds
from gridmap.access import OPERATOR, Grant, Scope
from gridmap.rounds import Round
from tests.browser.conftest import WIDTHS, Visit, Visitor
from tests.browser.desks import TODAY, Site, desk_of, register, town_frames
from tests.contract.test_rounds import ITEMS, RING, ZONE
from tests.geodata.test_road_failures import RULES
from tests.people import CHEAP, PASSWORD


@pytest.fixture
def site(visit: Visit, tmp_path: Path) -> Iterator[Site]:
    with desk_of(register(tmp_path, town_frames())) as served:
        whole = served.app.state.service.workspaces.whole
        Checklists(whole, OPERATOR, TODAY).publish(ITEMS)
        road_rules.publish(whole, RULES, OPERATOR, TODAY)
        yield Site(served.app, served.address, visit)


def opened(site: Site, *, unit: str = "", width: str = "wide") -> Visitor:
    """Open the page in the name of the city's office, or of a unit."""
    assert site.visit is not None
    role, scope = ("field_staff", Scope("unit", unit)) if unit else ("city_office", Scope("city"))
    accounts = Accounts(site.app.state.service.workspaces.whole.store, hasher=CHEAP)
    name = f"{role}-{unit}-{width}"
    accounts.add(name, name, [Grant(role, scope)], password=PASSWORD, by="tests")
    signed = accounts.sign_in(name, PASSWORD, code=None, source="127.0.0.1", agent="tests")
    visitor: Visitor = site.visit(site.address, width)
    cookie = {"name": "gridmap_session", "value": signed.token, "url": site.address}
    visitor.page.context.add_cookies([cookie])
    visitor.open("/inspection")
    return visitor


def book(site: Site) -> Rounds:
    return Rounds(site.app.state.service.workspaces.whole, OPERATOR, TODAY, ZONE)


def draw(page: Page, units: str = "") -> None:
    page.fill("#draw [name=units]", units)
    page.click("#draw button")


def fill_in(page: Page, name: str, until: str = "2026-07-31") -> None:
    page.fill("#open [name=name]", name)
    page.fill("#open [name=until]", until)
    page.click("#open button")


def test_a_round_is_drawn_looked_at_and_opened(site: Site) -> None:
    visitor = opened(site)
    page = visitor.page
    draw(page)
    expect(page.get_by_role("heading", name="Proposed pairs")).to_contain_text("3")
    assert book(site).listed().empty
    fill_in(page, "七月互检")
    page.wait_for_url("**?round=*&done=opened")
    expect(page.get_by_role("status").first).to_contain_text("The round is open")
    (row,) = book(site).listed().to_dict("records")
    assert (row["name"], row["pairs_n"]) == ("七月互检", 3)
    visitor.settle()
    visitor.assert_clean()


def test_a_pairing_that_cannot_be_is_explained_with_the_units(site: Site) -> None:
    page = opened(site).page
    draw(page, "u1、市教育局")
    expect(page.locator("[role=alert]")).to_contain_text("With 2 units (市林业局, 市教育局)")
    assert page.locator("#open").count() == 0


def test_a_round_that_is_refused_leaves_the_pairs_and_what_was_filled_in(site: Site) -> None:
    book(site).open(Round("互检", TODAY, TODAY), RING)
    visitor = opened(site)
    page = visitor.page
    draw(page)
    expect(page.locator("main")).to_contain_text("Nobody inspects whom it inspected")
    fill_in(page, "互检")
    expect(page.locator("#open .fault")).to_contain_text("There is a round 互检 already.")
    assert page.input_value("#open [name=until]") == "2026-07-31"
    fill_in(page, "互检二")
    page.wait_for_url("**&done=opened")
    assert book(site).listed()["name"].to_list() == ["互检二", "互检"]


def test_a_unit_is_shown_its_targets_points_and_not_its_own_inspector(site: Site) -> None:
    book(site).open(Round("互检", TODAY, TODAY), RING)
    visit = PointVisit("v1", "m1", "u1", datetime(2026, 6, 30, 2, tzinfo=UTC), {"m1": True})
    page = opened(site, unit="u1").page
    work = page.locator(".points-table")
    expect(work).to_contain_text("中心市场")
    expect(work).to_contain_text("to do")
    assert page.locator("#draw").count() == 0
    assert "市供电公司" not in page.locator("main").inner_text()  # u3, who inspects u1
    Checklists(site.app.state.service.workspaces.whole, OPERATOR, TODAY).record(visit)
    page.reload()
    expect(work).not_to_contain_text("to do")


def test_a_failing_stretch_is_listed_with_who_answers_and_shown_on_the_map(site: Site) -> None:
    visitor = opened(site)
    page = visitor.page
    row = page.locator("tr[data-box]")
    expect(row).to_contain_text("中华路")
    expect(row).to_contain_text("市林业局 (0–150 m)")
    expect(row).to_contain_text("nobody (150–400 m)")
    assert page.frame_locator("iframe[name=map]").locator("path[stroke='#a63a08']").count() >= 1
    row.locator("button.look").click()
    expect(page.locator("tr.looked-at")).to_have_count(1)
    visitor.assert_clean()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_no_wider_than_its_window(site: Site, width: str) -> None:
    book(site).open(Round("互检", TODAY, TODAY), RING)
    page = opened(site, width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width][0]
