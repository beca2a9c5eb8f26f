"""Hot spots in a browser: an area of the packed map leads to its issues in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest
from playwright.sync_api import expect

from api.settings import Settings
from geodata.accounts import Accounts
from geodata.worker import Worker
from gridmap.access import Grant
from tests.browser.conftest import Visit, Visitor, served
from tests.browser.waiting import waited
from tests.geodata.test_spots import CODES, register
from tests.people import CHEAP, PASSWORD
from web.main import create_app


@dataclass(frozen=True)
class Site:
    address: str
    token: str
    settings: Settings
    worker: Worker | None = None


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
        yield Site(address, signed.token, settings)
    store.close()


def signed_in(visit: Visit, site: Site, width: str = "wide") -> Visitor:
    visitor = visit(site.address, width)
    cookie = {"name": "gridmap_session", "value": site.token, "url": site.address}
    visitor.page.context.add_cookies([cookie])
    return visitor


@pytest.fixture(scope="module")
def large(site: Site) -> Iterator[Site]:
    """Serve the same register as one that is large: a worker counts."""
    app = create_app(site.settings.model_copy(update={"worker_from": 0}))
    app.state.service = replace(app.state.service, today=lambda: date(2026, 6, 1))
    worker = app.state.service.worker
    with served(app) as address:
        yield replace(site, address=address, worker=worker)
    worker.close()
    app.state.service.workspaces.whole.store.close()


def test_a_large_city_is_counted_by_a_worker_and_the_page_says_how_far(
    visit: Visit, large: Site
) -> None:
    visitor = signed_in(visit, large, "narrow")
    page = visitor.page
    page.goto(f"{large.address}/hotspots")
    page.locator("iframe[name=map]").wait_for()
    assert page.locator(".holds").is_visible()
    assert page.locator("[data-job]").count() == 0
    page.goto(f"{large.address}/hotspots")  # what was worked out is there at once
    assert page.locator("iframe[name=map]").count() == 1


def test_who_does_not_want_to_wait_stops_it_and_begins_it_again(
    visit: Visit, large: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = signed_in(visit, large)
    page = visitor.page
    monkeypatch.setattr(Worker, "do", lambda _worker, _job_id: None)  # busy with others
    page.goto(f"{large.address}/hotspots?by=hex&size=100&since=2026-03-01&until=2026-03-31")
    expect(page.locator(".working progress")).to_be_visible()
    visitor.picture("hotspots-working")
    job = str(page.locator("[data-job]").get_attribute("data-job"))
    page.locator("button.stop").click()
    waited(lambda: page.locator("button.stop").is_disabled(), "the button to be pressed")
    monkeypatch.undo()
    assert large.worker is not None
    large.worker.do(job)  # it comes to it, and finds that it need not
    page.get_by_role("link", name="Work it out").click()
    page.locator("iframe[name=map]").wait_for()
    visitor.assert_clean()


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
