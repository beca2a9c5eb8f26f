"""The leaders' pages in a browser: charts are drawn, the large screen renews itself, keys work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import expect

from geodata.accounts import Accounts
from gridmap.access import Grant
from tests.browser.conftest import WIDTHS, Visit, Visitor
from tests.browser.desks import Site, desk_of, register, town_frames
from tests.leading import issues
from tests.people import CHEAP, PASSWORD

DAY = "as_of=2026-06-30"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with desk_of(register(tmp_path_factory.mktemp("leaders"), town_frames())) as served:
        store = served.app.state.service.workspaces.whole.store
        with store.write(who="a test", action="import") as writer:
            writer.add("issues", issues(), date(2026, 6, 1))
        accounts = Accounts(store, hasher=CHEAP)
        accounts.add("leader", "leader", [Grant("leader")], password=PASSWORD, by="tests")
        yield served


@pytest.fixture
def site(desk: Site, visit: Visit) -> Site:
    return Site(desk.app, desk.address, visit)


def opened(site: Site, path: str, width: str = "wide") -> Visitor:
    assert site.visit is not None
    accounts = Accounts(site.app.state.service.workspaces.whole.store, hasher=CHEAP)
    signed = accounts.sign_in("leader", PASSWORD, code=None, source="127.0.0.1", agent="tests")
    visitor: Visitor = site.visit(site.address, width)
    cookie = {"name": "gridmap_session", "value": signed.token, "url": site.address}
    visitor.page.context.add_cookies([cookie])
    visitor.open(path)
    return visitor


def test_every_chart_is_drawn_and_its_table_and_files_are_at_hand(site: Site) -> None:
    visitor = opened(site, f"/charts?{DAY}")
    page = visitor.page
    expect(page.locator(".chart[data-ready]")).to_have_count(6)
    expect(page.locator(".chart canvas")).to_have_count(6)
    stages = page.locator("[data-chart=stages]")
    stages.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(stages.locator("tbody tr").first).to_contain_text("25")
    with page.expect_download() as png:
        stages.locator(".png").click()
    with page.expect_download() as excel:
        stages.get_by_role("link", name="Excel").click()
    assert png.value.suggested_filename.endswith(".png")
    assert excel.value.suggested_filename == "stages.xlsx"
    visitor.assert_clean()


def test_a_chart_of_nothing_says_so(site: Site) -> None:
    page = opened(site, f"/charts?{DAY}&since=2026-01-01&until=2026-01-31").page
    note = page.locator("[data-chart=trend] .chart-note")
    expect(note).not_to_be_empty()
    expect(page.locator("[data-chart=trend] .png")).to_be_disabled()


def test_the_way_down_is_walked_with_links(site: Site) -> None:
    visitor = opened(site, f"/leaders?{DAY}")
    page = visitor.page
    page.click(".below a:has-text('向阳社区')")
    page.click(".below a:has-text('第1网格')")
    expect(page.locator("main h1")).to_contain_text("第1网格")
    page.click(".crumbs a:has-text('向阳社区')")
    expect(page.locator("main h1")).to_contain_text("向阳社区")
    visitor.assert_clean()


def test_the_way_down_from_a_map_ends_at_an_issue_and_leads_back(site: Site) -> None:
    visitor = opened(site, f"/leaders/maps?{DAY}&period=quarter")
    page = visitor.page
    for level in ("漠河市", "西林吉镇", "向阳社区"):
        page.locator(".places-below summary").click()
        page.locator(".places-below a", has_text=level).click()
        expect(page.locator(".place-bar [aria-current]")).to_have_text(level)
    expect(
        page.frame_locator("iframe[name=map]").locator("path.leaflet-interactive")
    ).to_have_count(4)
    page.locator(".places-below summary").click()
    page.locator(".places-below a", has_text="第1网格").click()
    expect(page.locator("main h1")).to_contain_text("第1网格")
    assert "period=quarter" in page.url
    page.locator("section th a").first.click()
    expect(page).to_have_url(re.compile("/issues/"))
    page.go_back()
    page.click(".crumbs a:has-text('向阳社区')")
    page.click(".further a >> nth=1")
    expect(page.locator(".place-bar [aria-current]")).to_have_text("向阳社区")
    assert "period=quarter" in page.url
    visitor.assert_clean()


def test_the_large_screen_renews_itself_and_tells_when_it_cannot(site: Site) -> None:
    visitor = opened(site, f"/leaders/wall?{DAY}")
    page = visitor.page
    overdue = page.locator("#figures > div").nth(2).locator("dd").first
    expect(overdue).to_have_text("12")
    store = site.app.state.service.workspaces.whole.store
    with store.write(who="a test", action="import") as writer:
        writer.add("issues", issues().iloc[[2]].assign(state="refused"), date(2026, 6, 2))
    frame = page.frames[1]
    page.evaluate("dispatchEvent(new Event('online'))")  # as after a minute
    expect(overdue).to_have_text("11")
    assert page.frames[1] == frame  # the map was not loaded again
    visitor.assert_clean()
    page.context.set_offline(offline=True)
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator("#stale")).to_contain_text("2026-07-01 00:00")
    page.context.set_offline(offline=False)
    expect(page.locator("#stale")).to_be_hidden()
    with store.write(who="a test", action="import") as writer:
        writer.add("issues", issues().iloc[[2]], date(2026, 6, 3))


def test_the_large_screen_has_nothing_to_scroll(site: Site) -> None:
    page = opened(site, f"/leaders/wall?{DAY}").page
    for width, height in ((1920, 1080), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        for part in ("#moved-list", "#late-list", "html"):
            whole, seen = page.locator(part).evaluate("p => [p.scrollHeight, p.clientHeight]")
            assert whole <= seen + 1, (part, width)


def test_no_page_is_wider_than_a_phone(site: Site) -> None:
    visitor = opened(site, f"/leaders?{DAY}", "narrow")
    for path in ("/leaders", "/charts", "/leaders/maps"):
        page = visitor.open(f"{path}?{DAY}")
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS["narrow"][0], path
