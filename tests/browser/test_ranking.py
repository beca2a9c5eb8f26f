"""Evaluation and ranking in a real browser: an appeal by keyboard, its ruling, both widths."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.settings import Settings
from geodata.accounts import Accounts
from gridmap.access import CITY, Grant, Scope
from tests.browser.conftest import WIDTHS, served
from tests.people import CHEAP, PASSWORD
from tests.ranked import ranked_register
from web.main import create_app

COORDINATOR = Grant("unit_coordinator", Scope("unit", "u3"))
OFFICE = Grant("city_office", CITY)
RANKING = "/ranking?month=2026-05"
EVALUATION = "/evaluation?since=2026-05-01&until=2026-05-31"
WIDER = "document.documentElement.scrollWidth > window.innerWidth"
UNNAMED = """[...document.querySelectorAll("main select, main textarea, "
    + "main input:not([type=hidden])")].filter(
    one => !one.labels.length && !one.getAttribute("aria-label")).length"""


class Town:
    """A served town, and windows on it of people who are signed in."""

    def __init__(self, app: FastAPI, address: str, browser: Browser) -> None:
        self.app, self.address, self.browser = app, address, browser
        self.contexts: list[BrowserContext] = []

    def open(self, path: str, grant: Grant, width: str = "wide") -> Page:
        """Open a page without scripts in the name of somebody with a role."""
        accounts = Accounts(self.app.state.service.workspaces.whole.store, hasher=CHEAP)
        if grant.role not in {account.sign_in for account in accounts.people()}:
            accounts.add(grant.role, grant.role, [grant], password=PASSWORD, by="tests")
        signed = accounts.sign_in(grant.role, PASSWORD, code=None, source="127.0.0.1", agent="t")
        wide, high = WIDTHS[width]
        context = self.browser.new_context(
            java_script_enabled=False, viewport={"width": wide, "height": high}
        )
        cookie = {"name": "gridmap_session", "value": signed.token, "url": self.address}
        self.contexts.append(context)
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(self.address + path)
        return page


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Town]:
    url = ranked_register(tmp_path_factory.mktemp("ranked"))
    app = create_app(Settings(database_url=url, language="en"))
    with served(app) as address:
        made = Town(app, address, browser)
        yield made
        for context in made.contexts:
            context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", [RANKING, EVALUATION])
def test_both_pages_fit_their_window_and_name_their_fields(
    path: str, width: str, town: Town
) -> None:
    page = town.open(path, OFFICE, width)
    assert not page.evaluate(WIDER)
    assert page.evaluate(UNNAMED) == 0
    expect(page.locator("main h1")).to_be_visible()


def test_a_small_chart_leads_to_its_indicator(town: Town) -> None:
    page = town.open(EVALUATION, OFFICE)
    page.locator(".multiple", has_text="Rework rate").click()
    expect(page.locator("main h2").first).to_contain_text("Rework rate")
    expect(page.locator(".multiple[aria-current]")).to_contain_text("Rework rate")


def test_a_unit_appeals_by_keyboard_and_the_office_rules(town: Town) -> None:
    page = town.open(RANKING, COORDINATOR, "narrow")
    expect(page.locator(".rank-row.mine")).to_contain_text("市供电公司")
    page.locator("#appeals summary").press("Enter")
    page.locator("#appeals input[value=u3-39]").press("Space")
    page.get_by_label("Reason").fill("停电抢修")
    page.get_by_role("button", name="Appeal", exact=True).press("Enter")
    expect(page.locator(".appeal .state")).to_have_text("waits for its ruling")
    office = town.open(RANKING, OFFICE)
    office.get_by_label("Reason of the ruling").fill("属实")
    office.get_by_role("button", name="Uphold").press("Enter")
    expect(office.locator(".appeal .state")).to_have_text("upheld")
    expect(office.locator("main")).to_contain_text("1 issue is left out by rulings.")
