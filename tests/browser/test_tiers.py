"""Leaders and tiers in a browser: the proof, what is missing, giving and ending."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WIDTHS, Visit, Visitor
from tests.browser.desks import Site, desk_of, holders, register, town_frames

EAST, SUBDISTRICT = "232701100002", "232701100"
FREE, FAR = "232701100001004", "232701100002007"


@pytest.fixture
def site(visit: Visit, tmp_path: Path) -> Iterator[Site]:
    with desk_of(register(tmp_path, town_frames())) as served:
        yield Site(served.app, served.address, visit)


def opened(site: Site, path: str, role: str = "city_office", width: str = "wide") -> Visitor:
    """Open a page in the name of somebody with a role."""
    assert site.visit is not None
    visitor: Visitor = site.visit(site.address, width)
    cookie = {"name": "gridmap_session", "value": site.session(role, role), "url": site.address}
    visitor.page.context.add_cookies([cookie])
    visitor.open(path)
    return visitor


def give(visitor: Visitor, target: str, unit: str, tier: str) -> None:
    page = visitor.page
    page.fill("#give [name=target]", target)
    page.select_option("#give [name=tier]", tier)
    page.fill("#give [name=unit]", unit)
    page.fill("#give [name=source]", "创城办〔2026〕9号")
    with page.expect_navigation():
        page.click("#give button[type=submit]")


def test_giving_what_is_missing_ends_in_the_proof_that_no_tier_is_skipped(site: Site) -> None:
    visitor = opened(site, "/tiers")
    page = visitor.page
    # 004 has no unit, 005 and 006 no leader, 007 neither
    assert "4 of 7 grids lack at least one tier" in page.locator(".proof").inner_text()
    page.locator("tr", has_text="第4网格").get_by_role("link", name="Give…").click()
    page.wait_for_url("**#give")
    assert page.input_value("#give [name=target]") == FREE
    assert page.input_value("#give [name=tier]") == "responsible"
    for target, unit, tier in (
        (FREE, "u1", "responsible"),
        (FAR, "市教育局", "responsible"),
        ("西林吉镇", "包保领导甲", "patch_leader"),
    ):
        give(visitor, target, unit, tier)
        assert page.url.endswith("?done=given")
    assert "Every one of the 7 grids has every tier" in page.locator(".proof").inner_text()
    assert holders(visitor, SUBDISTRICT, "patch_leader") == ["p1"]
    assert page.locator("tr", has_text="西林吉镇").get_by_text("创城办〔2026〕9号").is_visible()
    visitor.assert_clean()


def test_ending_a_leader_shows_whom_it_leaves_without(site: Site) -> None:
    visitor = opened(site, "/tiers?tier=patch_leader&tier=responsible")
    page = visitor.page
    row = page.locator("tr", has_text="包保领导甲").filter(has=page.locator(".release"))
    row.locator("summary").click()
    row.get_by_role("button", name="End it").click()
    page.wait_for_url("**?done=released")
    visitor.open("/tiers?tier=patch_leader")
    assert "7 of 7 grids lack" in page.locator(".proof").inner_text()
    assert holders(visitor, "232701100001", "patch_leader") == []
    visitor.assert_clean()


def test_the_chain_of_a_grid_names_who_leads_it_and_what_is_missing(site: Site) -> None:
    visitor = opened(site, "/tiers")
    page = visitor.page
    page.fill("#chain [name=place]", FREE)
    page.get_by_role("button", name="Follow").click()
    page.wait_for_selector("ol.chain")
    links = page.locator("ol.chain > li").all_inner_texts()
    assert "包保领导甲" in links[0]
    assert "Nobody holds this tier here" in links[1]
    assert "向阳社区" in page.locator(".chain-of").inner_text()


def test_a_place_or_unit_that_is_not_there_is_refused_and_the_form_kept(site: Site) -> None:
    visitor = opened(site, "/tiers")
    page = visitor.page
    give(visitor, "没有的社区", "p1", "patch_leader")
    page.wait_for_selector("[role=alert]")
    assert "没有的社区" in page.locator("[role=alert]").inner_text()
    assert page.input_value("#give [name=unit]") == "p1"
    give(visitor, EAST, "没有的单位", "patch_leader")
    expect(page.locator("[role=alert]")).to_contain_text("没有的单位")
    assert holders(visitor, EAST, "patch_leader") == []


def test_what_somebody_else_gave_in_the_meantime_is_told(site: Site) -> None:
    first, second = opened(site, "/tiers"), opened(site, "/tiers")
    give(first, EAST, "p1", "patch_leader")
    first.page.wait_for_url("**?done=given")
    give(second, EAST, "u1", "lead")
    second.page.wait_for_selector(".overtaken li")
    assert "包保领导甲" in second.page.locator(".overtaken").inner_text()
    assert holders(second, EAST, "lead") == []
    second.page.click("#give button[type=submit]")  # having seen it, again
    second.page.wait_for_url("**?done=given")
    assert holders(second, EAST, "lead") == ["u1"]


def test_who_only_reads_is_offered_nothing_to_change(site: Site) -> None:
    visitor = opened(site, "/tiers", "auditor")
    assert visitor.page.locator(".proof").is_visible()
    assert visitor.page.locator("#give, .release").count() == 0
    assert visitor.page.locator(".office-nav a").all_inner_texts()[-3:] == [
        "Leaders and tiers",
        "Papers",
        "Declared totals",
    ]
    visitor.assert_clean()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_tiers_fits_the_window(site: Site, width: str) -> None:
    visitor = opened(site, f"/tiers?place={FREE}", width=width)
    visitor.picture(f"tiers-{width}")
    across = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert across <= WIDTHS[width][0]
    visitor.assert_clean()


def test_on_a_phone_the_open_page_of_a_section_is_in_sight(site: Site) -> None:
    page = opened(site, "/totals", width="narrow").page
    box = page.locator(".office-nav [aria-current]").bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= WIDTHS["narrow"][0] - box["width"]
