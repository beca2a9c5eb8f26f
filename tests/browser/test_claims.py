"""Claims and the journal in a real browser; everything works without a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from geodata.accounts import Accounts
from gridmap.access import CITY, Grant, Scope
from tests.browser.conftest import WIDTHS, Visit
from tests.browser.desks import Site, desk_of, register, town_frames
from tests.people import CHEAP, PASSWORD
from tests.town import SQUARES
from tests.web.fakes import PAYLOADS

HELD, _, _, FREE, *_ = SQUARES
UNIT = Grant("unit_coordinator", Scope("unit", "u2"))
TOO_SMALL = """[...document.querySelectorAll("main button, main textarea, "
    + "main input:not([type=hidden]):not([type=checkbox]), main select")].filter(
    one => one.offsetParent && one.getBoundingClientRect().height < 32).length"""
UNNAMED = """[...document.querySelectorAll("main select, main textarea, "
    + "main input:not([type=hidden])")].filter(
    one => !one.labels.length && !one.getAttribute("aria-label")).length"""
WIDER = "document.documentElement.scrollWidth > window.innerWidth"


@dataclass
class Town:
    """A served town, and windows on it of people who are signed in."""

    site: Site
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def session(self, name: str, grant: Grant) -> dict[str, str]:
        store = self.site.app.state.service.workspaces.whole.store
        accounts = Accounts(store, hasher=CHEAP)
        if name not in {account.sign_in for account in accounts.people()}:
            accounts.add(name, f"{name} 的姓名", [grant], password=PASSWORD, by="tests")
        signed = accounts.sign_in(name, PASSWORD, code=None, source="127.0.0.1", agent="tests")
        return {"name": "gridmap_session", "value": signed.token, "url": self.site.address}

    def open(self, path: str, grant: Grant, *, scripts: bool = False) -> Page:
        """Open a page in the name of somebody with a role."""
        context = self.browser.new_context(java_script_enabled=scripts)
        self.contexts.append(context)
        context.add_cookies([self.session(grant.role, grant)])
        page = context.new_page()
        page.set_default_timeout(45_000)
        page.goto(self.site.address + path)
        return page


@pytest.fixture
def town(tmp_path: Path, browser: Browser) -> Iterator[Town]:
    with desk_of(register(tmp_path, town_frames())) as site:
        made = Town(site, browser)
        yield made
        for context in made.contexts:
            context.close()


def claim(page: Page, *names: str, reason: str = "") -> None:
    for name in names:
        page.get_by_label(name, exact=True).check()
    page.locator("#claim [name=reason]").fill(reason)
    page.locator("#claim button").click()


def test_a_unit_claims_and_the_office_accepts_one_and_refuses_the_other(town: Town) -> None:
    unit = town.open("/claims", UNIT)
    expect(unit.locator("#free tbody tr")).to_have_count(4)
    claim(unit, "第4网格", "第一小学", reason="与本单位相邻")
    expect(unit.locator(".alert.note")).to_contain_text("2 claims were made")
    expect(unit.locator("#free tbody tr")).to_have_count(2)
    office = town.open("/claims", Grant("city_office"))
    office.get_by_label("第4网格 · 市教育局").check()
    office.get_by_role("button", name="Accept").click()
    expect(office.locator(".alert.note")).to_contain_text("1 claims were accepted")
    office.get_by_label("第一小学 · 市教育局").check()
    office.get_by_role("button", name="Refuse").click()
    expect(office.locator(".fault")).to_have_text("A refusal needs its reason.")
    expect(office.get_by_label("第一小学 · 市教育局")).to_be_checked()
    office.locator("#decide [name=reason]").fill("学校自管")
    office.get_by_role("button", name="Refuse").click()
    expect(office.get_by_text("No open claim")).to_be_visible()
    unit.goto(unit.url.split("?")[0])
    expect(unit.locator(".state.accepted")).to_have_count(1)
    expect(unit.locator("tr", has_text="第一小学").locator(".words")).to_have_text("学校自管")


def test_a_unit_withdraws_what_it_has_claimed(town: Town) -> None:
    unit = town.open("/claims", UNIT)
    claim(unit, "第7网格")
    unit.get_by_role("button", name="Withdraw").click()
    expect(unit.locator(".state.withdrawn")).to_have_count(1)
    expect(unit.get_by_label("第7网格", exact=True)).to_be_visible()


def test_what_another_unit_holds_is_claimed_by_its_code(town: Town) -> None:
    unit = town.open("/claims", UNIT)
    unit.locator("#claim [name=codes]").fill(f"{HELD}，nowhere")
    claim(unit)
    expect(unit.locator(".fault")).to_contain_text("compound nowhere.")
    unit.locator("#claim [name=codes]").fill(f"{HELD}\n m1")  # m1 is u2's own
    claim(unit)
    expect(unit.locator(".fault")).to_contain_text("answers for m1 already")
    unit.locator("#claim [name=codes]").fill(HELD)
    claim(unit)
    expect(unit.locator(".state.proposed")).to_have_count(1)
    office = town.open("/claims", Grant("city_office"))
    expect(office.locator(".held-by")).to_have_text("市林业局")


def test_nothing_chosen_is_said_kindly_and_what_was_typed_stays(town: Town) -> None:
    unit = town.open("/claims?kind=grid&q=7", UNIT)
    expect(unit.locator("#free tbody tr")).to_have_count(1)
    claim(unit, reason="写了很久的理由")
    expect(unit.locator(".fault")).to_have_text("Choose at least one line of the list.")
    expect(unit.locator("#claim [name=reason]")).to_have_value("写了很久的理由")
    expect(unit.locator("#q")).to_have_value("7")


def test_an_office_that_was_overtaken_is_told_by_whom_and_sees_who_holds_it_now(
    town: Town,
) -> None:
    claim(town.open("/claims", UNIT), "第4网格")
    office = town.open("/claims", Grant("city_office"))
    other = town.open("/desk", Grant("district_office", Scope("division", "232701")))
    body = {
        "targets": [{"target_kind": "grid", "target": FREE}],
        "units": [{"unit_id": "u1"}],
        "since": "2026-06-30",
    }
    token = other.locator("meta[name=csrf-token]").get_attribute("content") or ""
    made = other.request.post(
        f"{town.site.address}/api/v1/assignments",
        data=body,
        headers={"X-CSRF-Token": token, "If-Match": "*"},
    )
    assert made.ok, made.text()
    office.get_by_label("第4网格 · 市教育局").check()
    office.get_by_role("button", name="Accept").click()
    expect(office.locator(".fault")).to_contain_text("district_office 的姓名")
    expect(office.locator(".held-by")).to_have_text("市林业局")
    office.get_by_label("Whoever holds it now gives way").check()
    office.get_by_role("button", name="Accept").click()
    expect(office.locator(".alert.note")).to_contain_text("1 claims were accepted")


def test_an_auditor_finds_an_entry_reads_it_and_verifies_the_chain(town: Town) -> None:
    claim(town.open("/claims", UNIT), "第4网格", reason="相邻")
    page = town.open("/journal", Grant("auditor"))
    page.get_by_label("Act").select_option(label="Claim made")
    page.get_by_role("button", name="Show").last.click()
    expect(page.locator(".journal-table tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Claim made").click()
    expect(page.locator(".values")).to_contain_text(FREE)
    page.goto(f"{town.site.address}/journal")
    page.get_by_role("button", name="Verify now").click()
    expect(page.locator(".verdict")).to_contain_text("The chain is whole")
    with page.expect_download() as download:
        page.get_by_role("link", name="Table (CSV)").click()
    assert download.value.suggested_filename.startswith("journal-")


def test_reasons_and_names_are_text(town: Town) -> None:
    unit = town.open("/claims", UNIT, scripts=True)
    claim(unit, "第4网格", reason=PAYLOADS[0])
    office = town.open("/claims", Grant("city_office"), scripts=True)
    journal = town.open("/journal", Grant("auditor"), scripts=True)
    journal.get_by_role("link", name="Claim made").click()
    for page in (unit, office, journal):
        expect(page.locator("main")).to_contain_text(PAYLOADS[0])
        assert page.evaluate("window.__xss") is None


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("name", "path", "grant"),
    [
        ("claims-unit", "/claims", UNIT),
        ("claims-office", "/claims", Grant("city_office", CITY)),
        ("journal", "/journal", Grant("auditor")),
        ("journal-entry", "/journal/{last}", Grant("auditor")),
    ],
)
def test_the_pages_fit_their_window_and_every_field_has_a_name(
    town: Town, visit: Visit, name: str, path: str, grant: Grant, width: str
) -> None:
    unit = town.open("/claims", UNIT)
    claim(unit, "第4网格", reason="与本单位办公区相邻，日常巡查顺路")
    unit.get_by_label("第7网格", exact=True).check()
    claim(unit)
    store = town.site.app.state.service.workspaces.whole.store
    claims = [entry.seq for entry in store.journal.entries() if entry.action == "claim"]
    visitor = visit(town.site.address, width)
    visitor.page.context.add_cookies([town.session(grant.role, grant)])
    page = visitor.open(path.format(last=claims[0]))
    visitor.picture(f"{name}-{width}")
    assert not page.evaluate(WIDER)
    assert page.evaluate(TOO_SMALL) == 0
    assert page.evaluate(UNNAMED) == 0
    visitor.assert_clean()
