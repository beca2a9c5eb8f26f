"""Signing in and the administration of accounts in a real browser, also without scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as with_
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, Page, expect

from api.settings import Settings
from geodata.accounts import Accounts
from geodata.accounts.demo import add_demo_people
from gridmap.access import Grant
from tests.registers import town_register
from tests.web.fakes import PAYLOADS
from web.main import create_app

from .conftest import WIDTHS, Visit, served

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
GOOD = "lantern orchid bramble 41"
OFFICE, ADMIN = [Grant("city_office")], [Grant("system_admin")]
FIELDS = "main input:not([type=hidden]):not(.hidden)"
TOO_SMALL = f"""[...document.querySelectorAll("main button, {FIELDS}")].filter(
    one => one.offsetParent && one.getBoundingClientRect().height < 36).length"""
UNNAMED = f"""[...document.querySelectorAll("main select, {FIELDS}")].filter(
    one => !one.labels.length).length"""


@dataclass
class Town:
    """A served town with accounts."""

    address: str
    accounts: Accounts

    def sign_in(self, page: Page, name: str = "wang", password: str = GOOD) -> None:
        page.goto(f"{self.address}/sign-in?lang=en")
        page.fill(".sign-in-panel [name=name]", name)
        page.fill(".sign-in-panel [name=password]", password)
        page.click(".sign-in-panel button[type=submit]")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town_register(folder := tmp_path_factory.mktemp("town"))
    return folder / "town.gpkg"


@pytest.fixture
def town(template: Path, tmp_path: Path) -> Iterator[Town]:
    file = shutil.copy(template, tmp_path / "town.gpkg")
    app = create_app(Settings(database_url=f"gpkg:///{file}", language="en"))
    made = app.state.service.accounts
    accounts = Accounts(made.store, made.rules, CHEAP)
    app.state.service = with_(app.state.service, accounts=accounts)
    accounts.add("wang", "王一", OFFICE, password=GOOD, by="test")
    accounts.add("boss", "石岩", ADMIN, password=GOOD, by="test")
    with served(app) as address:
        yield Town(address, accounts)
    accounts.store.close()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """Return a window in which no script runs."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_without_scripts_one_signs_in_works_and_signs_out(town: Town, plain: Page) -> None:
    plain.goto(f"{town.address}/me?lang=en")
    assert "/sign-in?next=" in plain.url
    plain.fill(".sign-in-panel [name=name]", "wang")
    plain.fill(".sign-in-panel [name=password]", "a guess")
    plain.click(".sign-in-panel button.primary")
    expect(plain.locator(".alert")).to_contain_text("is not right")
    expect(plain.locator(".sign-in-panel [name=name]")).to_have_value("wang")
    expect(plain.locator(".sign-in-panel [name=password]")).to_have_value("")
    plain.fill(".sign-in-panel [name=password]", GOOD)
    plain.click(".sign-in-panel button.primary")
    assert plain.url.startswith(f"{town.address}/me")
    plain.fill("main [name=label]", "nightly export")
    plain.click("#tokens .inline-fields button")
    expect(plain.locator(".secret-text")).to_contain_text("gridmap_")
    plain.click("details.me summary")
    plain.click("details.me form button")
    assert plain.url == f"{town.address}/sign-in"


def test_going_back_after_signing_out_shows_nothing(town: Town, visit: Visit) -> None:
    """WEB-20: the next person at a shared desk."""
    page = visit(town.address).page
    town.sign_in(page, "boss")
    page.goto(f"{town.address}/people")
    expect(page.locator(".people-table")).to_contain_text("王一")
    page.click("details.me summary")
    page.click("details.me form button")
    page.wait_for_url("**/sign-in*")
    page.go_back()
    page.wait_for_load_state()
    assert "/sign-in" in page.url
    expect(page.locator("body")).not_to_contain_text("王一")


def test_an_authenticator_is_paired_and_asked_for(town: Town, visit: Visit) -> None:
    page = visit(town.address, width="narrow").page
    town.sign_in(page)
    page.goto(f"{town.address}/me")
    page.click("#authenticator button")
    expect(page.locator(".pairing img")).to_be_visible()
    assert page.locator(".pairing img").evaluate("image => image.naturalWidth") > 100
    secret = page.inner_text(".pairing .secret-text")
    page.fill("#authenticator [name=code]", pyotp.TOTP(secret).now())
    page.click("#authenticator button")
    expect(page.locator("p.alert.note")).to_contain_text("asks for a code")
    page.context.clear_cookies()
    town.sign_in(page)
    expect(page.locator(".alert")).to_contain_text("is not right")
    expect(page.locator("[name=code]")).to_be_visible()


def test_an_administrator_gives_a_password_that_opens_once(town: Town, visit: Visit) -> None:
    admin, person = visit(town.address).page, visit(town.address, width="narrow").page
    town.sign_in(admin, "boss")
    assert admin.url == f"{town.address}/people"
    admin.fill(".people-columns [name=name]", "何平")
    admin.fill("[name=sign_in]", "he.ping")
    admin.select_option("[name=role]", "unit_coordinator")
    admin.fill("[name=key]", "u1")
    admin.click(".people-columns button.primary")
    password = admin.inner_text(".secret-text")
    town.sign_in(person, "he.ping", password)
    assert person.url == f"{town.address}/me"
    person.fill("[name=old]", password)
    person.fill("[name=new]", GOOD)
    person.fill("[name=again]", GOOD)
    person.click("#password button")
    expect(person.locator("p.alert.note")).to_contain_text("Your password is changed")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_fit_the_screen_and_nothing_is_amiss(
    town: Town, visit: Visit, width: str
) -> None:
    add_demo_people(town.accounts, town.accounts.store)
    person = town.accounts.by_sign_in("wang")
    assert person is not None
    visitor = visit(town.address, width=width)
    page = visitor.page
    for path in ("/sign-in", "/people", f"/people/{person.person_id}", "/me"):
        if path == "/people":
            page.click(".demo-people button >> text=Administrator of accounts")
        page.goto(f"{town.address}{path}")
        wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= room, path
        assert page.evaluate(TOO_SMALL) == 0, path
        assert page.evaluate(UNNAMED) == 0, path
    visitor.assert_clean()


def test_names_that_would_like_to_run_are_only_names(town: Town, browser: Browser) -> None:
    """WEB-01: of a person, a browser and a token."""
    accounts = town.accounts
    for number, payload in enumerate(PAYLOADS):
        person_id = accounts.add(f"p{number}", payload, OFFICE, password=GOOD, by="test")
        accounts.issue_token(person_id, payload, 1)
        accounts.sign_in(f"p{number}", GOOD, source="s", agent=payload)
    context = browser.new_context()
    page = context.new_page()
    for number in range(len(PAYLOADS)):
        town.sign_in(page, f"p{number}")
        page.goto(f"{town.address}/me")
        assert page.evaluate("window.__xss") is None
        context.clear_cookies()
    town.sign_in(page, "boss")
    for person in accounts.people():
        page.goto(f"{town.address}/people/{person.person_id}")
        assert page.evaluate("window.__xss") is None
    page.goto(f"{town.address}/people?q={PAYLOADS[0]}")
    assert page.evaluate("window.__xss") is None
    context.close()
