"""Hot spots in a browser: an area of the packed map leads to its issues in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest

from api.settings import Settings
from geodata.accounts import Accounts
from gridmap.access import Grant
from tests.browser.conftest import Visit, Visitor, served
from tests.geodata.test_spots import CODES, register
from tests.people import CHEAP, PASSWORD
from web.main import create_app


@dataclass(frozen=True)
class Site:
    address: str
    token: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("spots")
    register(folder).store.close()
    settings = Settings(database_url=f"gpkg:///{folder / 'town.gpkg'}", language="en")
    app = create_app(settings)
    app.state.service = replace(app.state.service, today=lambda: date(2026, 6, 1))
    store = app.state.service.workspaces.whole.store
    accounts = Accounts(store, hasher=CHEAP)
    accounts.add("office", "Office", [Grant("city_office")], password=PASSWORD, by="tests")
    signed = accounts.sign_in("office", PASSWORD, code=None, source="127.0.0.1", agent="tests")
    with served(app) as address:
        yield Site(address, signed.token)
    store.close()


def signed_in(visit: Visit, site: Site, width: str = "wide") -> Visitor:
    visitor = visit(site.address, width)
    cookie = {"name": "gridmap_session", "value": site.token, "url": site.address}
    visitor.page.context.add_cookies([cookie])
    return visitor


def test_an_area_of_the_map_leads_to_its_issues(visit: Visit, site: Site) -> None:
    visitor = signed_in(visit, site)
    page = visitor.open("/hotspots")
    frame = page.frames[1]
    areas = frame.locator("path.leaflet-interactive")
    assert areas.count() == len(CODES)  # one a grid, put together from borders sent once
    areas.nth(9).click()
    link = frame.locator(".leaflet-popup a[target=_top]")
    assert f"grid={CODES[9]}" in str(link.get_attribute("href"))
    with page.expect_navigation(url="**/issues?*"):
        link.click()
    assert page.locator("h1").first.is_visible()
    visitor.assert_clean()


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_what_to_doubt_stands_beside_the_map(visit: Visit, site: Site, width: str) -> None:
    visitor = signed_in(visit, site, width)
    page = visitor.open("/hotspots")
    assert page.locator(".caution").count() > 0
    assert page.locator(".holds").is_visible()
    assert "loud" not in page.locator("table").all_inner_texts()
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0
    visitor.picture(f"hotspots-doubts-{width}")
    visitor.assert_clean()
