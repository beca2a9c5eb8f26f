"""Patrols and recurrence in a browser: rows lead to places on the map, and nothing is too wide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
from playwright.sync_api import expect

from geodata.accounts import Accounts
from geodata.demo_patrols import add_demo_patrols
from gridmap import layers
from gridmap.access import Grant
from tests.browser.conftest import WIDTHS, Visit, Visitor
from tests.browser.desks import CRS, Site, desk_of, register, town_frames
from tests.people import CHEAP, PASSWORD
from tests.town import METRIC, SQUARES, place

G1, *_ = SQUARES
WORKDAY = "2026-06-29"


def came_back() -> gpd.GeoDataFrame:
    """Return an issue that was closed out in grid 001 and came back five days later."""
    told = {"category": "野广告", "channel": "hotline", "grid": G1, "unit_id": "u1"}
    days = [("old", "2026-06-01", "2026-06-05"), ("new", "2026-06-10", "2026-06-12")]
    rows = [
        {
            "issue_id": key,
            "reported_at": f"{since}T02:00:00Z",
            "closed_at": f"{until}T02:00:00Z",
            "state": "closed_out",
            "geometry": place(80, 170),
            **told,
        }
        for key, since, until in days
    ]
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=METRIC).to_crs(CRS)
    return layers.conform(frame, layers.LAYERS["issues"])


@pytest.fixture
def site(visit: Visit, tmp_path: Path) -> Iterator[Site]:
    with desk_of(register(tmp_path, town_frames())) as served:
        store = served.app.state.service.workspaces.whole.store
        with store.write(who="a test", action="import") as writer:
            writer.add("issues", came_back(), date(2026, 6, 1))
        add_demo_patrols(store)
        yield Site(served.app, served.address, visit)


def opened(site: Site, path: str, width: str = "wide") -> Visitor:
    assert site.visit is not None
    accounts = Accounts(site.app.state.service.workspaces.whole.store, hasher=CHEAP)
    name = f"office-{width}"
    if name not in {account.sign_in for account in accounts.people()}:
        accounts.add(name, name, [Grant("city_office")], password=PASSWORD, by="tests")
    signed = accounts.sign_in(name, PASSWORD, code=None, source="127.0.0.1", agent="tests")
    visitor: Visitor = site.visit(site.address, width)
    cookie = {"name": "gridmap_session", "value": signed.token, "url": site.address}
    visitor.page.context.add_cookies([cookie])
    visitor.open(path)
    return visitor


def test_a_stubborn_place_is_found_on_the_map(site: Site) -> None:
    visitor = opened(site, "/recurrence?since=2026-06-01&until=2026-06-30&days=20")
    page = visitor.page
    expect(page.locator("tr[data-box]")).to_contain_text("市林业局")
    expect(page.frame_locator("iframe[name=map]").locator(".letter span")).to_have_text("2")
    page.click("tr[data-box] button.look")
    expect(page.locator("tr.looked-at")).to_have_count(1)
    page.click("summary:has-text('The issues')")
    expect(page.get_by_role("link", name="old", exact=True)).to_be_visible()
    visitor.assert_clean()


def test_wrong_input_stays_in_the_form_beside_its_reason(site: Site) -> None:
    page = opened(site, "/recurrence").page
    page.fill("[name=metres]", "far")
    page.click(".recurrence-form button")
    expect(page.locator("#fault")).to_contain_text("from 1 to 500")
    assert page.input_value("[name=metres]") == "far"


def test_a_missing_unit_leads_to_its_roads_on_the_map(site: Site) -> None:
    visitor = opened(site, f"/patrols?day={WORKDAY}")
    page = visitor.page
    visitor.follow(page.locator(".chips a", has_text="Not walked"))
    expect(page.locator(".patrol-table tbody tr")).to_have_count(3)
    visitor.follow(page.locator(".patrol-table a", has_text="市林业局"))
    row = page.locator("tr[data-box]").first
    expect(row).to_contain_text("0–150 m")
    row.locator("button.look").click()
    expect(page.locator("tr.looked-at[data-box]")).to_have_count(1)
    drawn = page.frame_locator("iframe[name=map]").locator("path[stroke-dasharray='9 7']")
    expect(drawn.first).to_be_attached()
    visitor.assert_clean()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/recurrence", "/patrols", f"/patrols/u1?day={WORKDAY}"])
def test_no_page_is_wider_than_its_window(site: Site, path: str, width: str) -> None:
    page = opened(site, path, width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width][0]
