"""The bulletin in a real browser: looked at, frozen, and taken away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from api.main import create_app
from api.settings import Settings
from geodata.accounts import Accounts
from gridmap.access import Grant
from tests.browser.conftest import Visit, served
from tests.bulletins import bulletin_town
from tests.people import CHEAP, PASSWORD
from web.main import add_pages

WIDER = "document.documentElement.scrollWidth > window.innerWidth"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, str]]:
    url = bulletin_town(tmp_path_factory.mktemp("bulletins"))
    app = create_app(Settings(database_url=url, language="en"))
    add_pages(app)
    with served(app) as address:
        yield app, address


def session(app: FastAPI, address: str) -> dict[str, str]:
    accounts = Accounts(app.state.service.workspaces.whole.store, hasher=CHEAP)
    if "office" not in {account.sign_in for account in accounts.people()}:
        accounts.add("office", "王一", [Grant("city_office")], password=PASSWORD, by="tests")
    signed = accounts.sign_in("office", PASSWORD, code=None, source="127.0.0.1", agent="tests")
    return {"name": "gridmap_session", "value": signed.token, "url": address}


def see_pictures(page: Page, n: int) -> None:
    """Scroll to every picture, and wait until it is drawn."""
    pictures = page.locator(".bulletin-picture img")
    expect(pictures).to_have_count(n)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", value=True)
        assert picture.evaluate("one => one.naturalWidth") > 1000


def test_a_month_is_looked_at_frozen_and_taken_away(
    town: tuple[FastAPI, str], visit: Visit
) -> None:
    app, address = town
    visitor = visit(address)
    visitor.page.context.add_cookies([session(app, address)])  # type: ignore[list-item]
    page = visitor.open("/bulletins")
    page.get_by_role("link", name="2026-04").click()
    see_pictures(page, 4)
    page.get_by_role("button", name="Freeze 2026-04").click()  # the box is still to be ticked
    expect(page.locator("#freeze")).to_be_visible()
    page.get_by_label("The figures have been looked at").check()
    page.get_by_role("button", name="Freeze 2026-04").click()
    expect(page.get_by_text("All hashes fit")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Word").click()
    assert taken.value.suggested_filename == "bulletin-2026-04-0.docx"
    assert Path(taken.value.path()).read_bytes()[:2] == b"PK"
    visitor.assert_clean()


def test_a_phone_shows_a_month_without_scrolling_sideways(
    town: tuple[FastAPI, str], visit: Visit
) -> None:
    app, address = town
    visitor = visit(address, width="narrow")
    visitor.page.context.add_cookies([session(app, address)])  # type: ignore[list-item]
    page = visitor.open("/bulletins/2026-03?lang=zh_CN")
    expect(page.locator(".bulletin-title")).to_have_text("关于2026年3月网格包保工作情况的通报")
    see_pictures(page, 3)  # nothing fell due in March
    assert not page.evaluate(WIDER)
    visitor.assert_clean()
