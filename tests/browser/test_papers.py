"""The page of papers in a real browser; everything works without a script."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from geodata.accounts import Accounts
from geodata.forms.waiting import SECONDS
from gridmap.access import Grant, Scope
from gridmap.demo import city
from tests.browser.conftest import WIDTHS, Visit
from tests.browser.desks import Frames, Site, desk_of, empty_frames, register, town_frames
from tests.browser.desks import unassigned_city as city_frames
from tests.geodata.forms.offices import RELATIONS, UNITS, as_an_office_writes, relation, written
from tests.people import CHEAP, PASSWORD
from tests.web.fakes import PAYLOADS

OFFICE, LEADER = Grant("city_office"), Grant("leader")
WEST = Grant("subdistrict_office", Scope("division", "232701100001"))
TOO_SMALL = """[...document.querySelectorAll("main button, main .button, main select, "
    + "main input:not([type=hidden]):not([type=checkbox])")].filter(
    one => one.offsetParent && one.getBoundingClientRect().height < 32).length"""
UNNAMED = """[...document.querySelectorAll("main select, main input:not([type=hidden])")].filter(
    one => !one.labels.length && !one.getAttribute("aria-label")).length"""
WIDER = "document.documentElement.scrollWidth > window.innerWidth"


@dataclass
class Papers:
    """A served register, and windows on its papers of people who are signed in."""

    site: Site
    browser: Browser
    folder: Path
    contexts: list[BrowserContext] = field(default_factory=list)

    def cookie(self, grant: Grant) -> dict[str, str]:
        store = self.site.app.state.service.workspaces.whole.store
        accounts = Accounts(store, hasher=CHEAP)
        name = grant.role
        if name not in {account.sign_in for account in accounts.people()}:
            accounts.add(name, f"{name} 的姓名", [grant], password=PASSWORD, by="tests")
        signed = accounts.sign_in(name, PASSWORD, code=None, source="127.0.0.1", agent="tests")
        return {"name": "gridmap_session", "value": signed.token, "url": self.site.address}

    def open(self, grant: Grant, *, scripts: bool = False) -> Page:
        """Open the page in the name of somebody with a role."""
        context = self.browser.new_context(java_script_enabled=scripts)
        self.contexts.append(context)
        context.add_cookies([self.cookie(grant)])
        page = context.new_page()
        page.set_default_timeout(45_000)
        page.goto(f"{self.site.address}/papers")
        return page

    def form(self, **sheets: list[list[object]]) -> Path:
        return written(self.folder / "表.xlsx", **sheets)

    def waiting(self) -> list[Path]:
        return list((self.folder / "documents-waiting").rglob("*.xlsx"))

    def held(self) -> int:
        return len(self.site.app.state.service.workspaces.whole.store.read("assignments"))


def papers_of(frames: Frames, folder: Path, browser: Browser) -> Iterator[Papers]:
    with desk_of(register(folder, frames)) as site:
        made = Papers(site, browser, folder)
        yield made
        for context in made.contexts:
            context.close()


@pytest.fixture
def town(tmp_path: Path, browser: Browser) -> Iterator[Papers]:
    yield from papers_of(town_frames(), tmp_path, browser)


def send(page: Page, path: Path, *, since: str = "2026-03-01", retire: bool = False) -> None:
    upload = page.locator("#upload")
    upload.locator("[name=file]").set_input_files(path)
    upload.locator("[name=since]").fill(since)
    upload.locator("[name=retire_missing]").set_checked(retire)
    upload.get_by_role("button", name="Look at it first").click()


def counts(page: Page) -> list[list[str]]:
    rows = page.locator(".counts-table tbody tr").all()
    return [row.locator("th, td").all_text_contents() for row in rows]


def test_a_city_comes_in_with_one_upload_and_a_second_finds_nothing_to_do(
    tmp_path: Path, browser: Browser
) -> None:
    frames = city_frames()
    empty = frames | {"units": frames["units"].iloc[:0]}
    for papers in papers_of(empty, tmp_path, browser):
        path, oracle = as_an_office_writes(city("mohe"), tmp_path / "漠河.xlsx")
        page = papers.open(OFFICE)
        send(page, path)
        expect(page.locator("#preview-title")).to_have_text("漠河.xlsx")
        assert counts(page)[0] == ["Units", "122", "0", "0", "0", "0"]
        n = sum(map(len, oracle.values()))
        assert counts(page)[1] == ["Assignments", f"{n}", "0", "0", "0", "0"]
        assert papers.held() == 0
        assert len(papers.waiting()) == 1
        page.get_by_role("button", name="Bring it in").click()
        expect(page.locator(".alert.note")).to_contain_text(f"{122 + n} rows added")
        assert papers.held() == n
        assert papers.waiting() == []
        send(page, path)
        expect(page.locator("#preview")).to_contain_text("there is nothing to bring in")
        expect(page.get_by_role("button", name="Bring it in")).to_have_count(0)


def test_what_cannot_be_read_is_listed_and_comes_back_marked(town: Papers, tmp_path: Path) -> None:
    rows = [
        RELATIONS,
        relation(单位名称="市教育局", 网格名称="第4网格"),
        relation(单位名称="市林叶局", 网格名称="第7网格"),
    ]
    page = town.open(OFFICE)
    send(page, town.form(包保关系=rows))
    row = page.locator(".faults-table tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("包保关系!A4")
    expect(row).to_contain_text("Nothing has this name; see the nearest ones.")
    expect(row).to_contain_text("市林业局")
    expect(page.get_by_role("button", name="Bring it in")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the marked workbook").click()
    download.value.save_as(tmp_path / "back.xlsx")
    book = openpyxl.load_workbook(tmp_path / "back.xlsx")
    assert book["包保关系"]["A4"].comment is not None
    book["包保关系"]["A4"].value = "市林业局"
    book.save(tmp_path / "mended.xlsx")
    send(page, tmp_path / "mended.xlsx")
    page.get_by_role("button", name="Bring it in").click()
    expect(page.locator(".alert.note")).to_contain_text("2 rows added")
    assert town.held() == 11


def test_what_changed_between_preview_and_import_is_shown_instead_of_written(
    town: Papers,
) -> None:
    page = town.open(OFFICE)
    send(page, town.form(包保关系=[RELATIONS, relation(单位名称="市教育局", 网格名称="第4网格")]))
    other = town.open(OFFICE)
    send(other, town.form(包保关系=[RELATIONS, relation(单位名称="市林业局", 网格名称="第4网格")]))
    other.get_by_role("button", name="Bring it in").click()
    expect(other.locator(".alert.note")).to_contain_text("1 rows added")
    page.get_by_role("button", name="Bring it in").click()
    expect(page.locator(".faults-table tbody tr")).to_contain_text("Another unit is the primary")
    assert town.held() == 10


def test_an_upload_is_found_by_its_sender_alone_and_for_half_an_hour(town: Papers) -> None:
    page, other = town.open(OFFICE), town.open(WEST)
    path = town.form(包保关系=[RELATIONS, relation(单位名称="市教育局", 网格名称="第4网格")])
    send(page, path)
    send(other, path)
    theirs = other.locator("#preview [name=ticket]").get_attribute("value") or ""
    mine = page.locator("#preview [name=ticket]").get_attribute("value") or ""
    token = page.locator("#preview [name=csrf_token]").get_attribute("value") or ""
    for ticket, status in ((theirs, 404), ("../../town", 404), (mine, 200)):
        answer = page.request.post(
            f"{town.site.address}/papers/forms/marked",
            form={"csrf_token": token, "ticket": ticket, "since": "2026-03-01"},
        )
        assert answer.status == status, ticket
    old = time.time() - SECONDS - 1
    for kept in town.waiting():
        os.utime(kept, (old, old))
    page.get_by_role("button", name="Bring it in").click()
    expect(page.locator("#upload .fault")).to_contain_text("no longer kept")
    assert town.held() == 9
    assert town.waiting() == []


def test_an_office_of_a_part_sees_and_brings_in_its_part(town: Papers) -> None:
    page = town.open(WEST)
    expect(page.locator("#print form:not(#wall-map) select option")).to_have_text(
        ["All communities", "向阳社区", "Everything I may see", "Community · 向阳社区"]
    )
    send(page, town.form(包保关系=[RELATIONS, relation(单位名称="市教育局", 网格名称="第7网格")]))
    expect(page.locator(".faults-table tbody tr")).to_contain_text("包保关系!C3")
    send(page, town.form(包保关系=[RELATIONS, relation(单位名称="市教育局", 网格名称="第4网格")]))
    page.get_by_role("button", name="Bring it in").click()
    expect(page.locator(".alert.note")).to_contain_text("1 rows added")


def test_a_leader_prints_and_brings_nothing_in(town: Papers) -> None:
    page = town.open(LEADER)
    expect(page.get_by_role("button", name="Roster (PDF)")).to_be_visible()
    expect(page.get_by_role("button", name="Download what is held")).to_be_visible()
    expect(page.locator("#upload")).to_have_count(0)
    expect(page.get_by_role("link", name="Download the template")).to_have_count(0)
    answer = page.request.post(f"{town.site.address}/papers/forms", form={})
    assert answer.status == 403


def test_a_unit_is_printed_by_what_people_call_it(town: Papers) -> None:
    page = town.open(OFFICE)
    asked = {"paper": "cards", "of": "林业局", "as_of": "2026-06-30"}
    answer = page.request.get(f"{town.site.address}/papers/print", params=asked, max_redirects=0)
    assert answer.status == 303
    assert answer.headers["location"] == "/api/v1/papers/cards.pdf?as_of=2026-06-30&unit_id=u1"
    pdf = page.request.get(f"{town.site.address}/papers/print", params=asked)
    assert pdf.headers["content-type"] == "application/pdf"
    with page.expect_popup() as popup:
        page.locator("#print [name=of]").first.fill("市林叶局")
        page.get_by_role("button", name="Unit cards (PDF)").click()
    expect(popup.value.locator(".fault")).to_contain_text("市林业局")
    expect(popup.value.locator("#print [name=of]").first).to_have_value("市林叶局")
    asked = {"paper": "roster", "of": "232701100002", "as_of": "2026-06-30"}
    answer = page.request.get(f"{town.site.address}/papers/print", params=asked, max_redirects=0)
    assert answer.headers["location"].endswith("as_of=2026-06-30&community=232701100002")


def test_the_template_and_what_is_held_are_downloaded(town: Papers, tmp_path: Path) -> None:
    page = town.open(OFFICE)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the template").click()
    assert download.value.suggested_filename == "form-template.xlsx"
    with page.expect_download() as download:
        page.get_by_role("button", name="Download what is held").click()
    download.value.save_as(tmp_path / "held.xlsx")
    send(page, tmp_path / "held.xlsx", since=date(2026, 6, 30).isoformat())
    expect(page.locator("#preview")).to_contain_text("there is nothing to bring in")


def test_a_wrong_or_a_missing_file_is_said_kindly(town: Papers, tmp_path: Path) -> None:
    page = town.open(OFFICE)
    page.get_by_role("button", name="Look at it first").click()
    expect(page.locator("#upload .fault")).to_have_text("Choose the filled form first.")
    (tmp_path / "a.xlsx").write_text("a,b\n1,2\n")
    send(page, tmp_path / "a.xlsx", retire=True)
    expect(page.locator("#upload .fault")).not_to_have_text("Choose the filled form first.")
    expect(page.locator("#upload [name=retire_missing]")).to_be_checked()
    expect(page.locator("#upload [name=since]")).to_have_value("2026-03-01")
    assert town.waiting() == []


def test_what_ends_is_named_before_it_does(town: Papers) -> None:
    page = town.open(OFFICE)
    rows = [RELATIONS, relation(单位名称="市林业局", 网格名称="第1网格")]
    send(page, town.form(包保关系=rows), retire=True)
    expect(page.locator("#preview details").last).to_contain_text(
        "7 assignments are not in the form"
    )
    assert counts(page)[-1] == ["Assignments", "0", "0", "1", "7", "0"]
    page.get_by_role("button", name="Bring it in").click()
    expect(page.locator(".alert.note")).to_contain_text("7 assignments ended")


def test_names_in_a_form_are_text(town: Papers) -> None:
    page = town.open(OFFICE, scripts=True)
    units: list[list[object]] = [UNITS]
    units += [[n, None, said, 1, "x", "1"] for n, said in enumerate(PAYLOADS)]
    rows = [RELATIONS, relation(单位名称=PAYLOADS[0] + "!", 网格名称=PAYLOADS[1])]
    send(page, town.form(责任单位=units, 包保关系=rows))
    expect(page.locator(".faults-table")).to_contain_text(PAYLOADS[1])
    expect(page.locator(".as-table").first).to_contain_text(PAYLOADS[0])
    assert page.evaluate("window.__xss") is None


def test_without_units_and_grids_the_page_says_so(tmp_path: Path, browser: Browser) -> None:
    frames = empty_frames()
    bare = frames | {name: frames[name].iloc[:0] for name in ("units", "inspection_points")}
    for papers in papers_of(bare, tmp_path, browser):
        page = papers.open(OFFICE)
        expect(page.locator("#print")).to_contain_text("Nothing to print yet")
        expect(page.get_by_role("link", name="Download the template")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("state", ["plain", "faults", "fine"])
def test_the_page_fits_its_window_and_every_field_has_a_name(
    town: Papers, visit: Visit, state: str, width: str
) -> None:
    visitor = visit(town.site.address, width)
    visitor.page.context.add_cookies([town.cookie(OFFICE)])
    page = visitor.open("/papers")
    unit = "市林叶局有限责任公司漠河分公司" if state == "faults" else "市教育局"
    rows = [
        RELATIONS,
        relation(单位名称=unit, 网格名称="第4网格"),
        relation(单位名称="市教育局", 网格名称="第7网格"),
        relation(单位名称="林业局", 网格名称="第1网格"),
    ]
    if state != "plain":
        send(page, town.form(包保关系=rows))
        page.locator("#preview details").first.locator("summary").click()
    visitor.picture(f"papers-{state}-{width}")
    assert not page.evaluate(WIDER)
    assert page.evaluate(TOO_SMALL) == 0
    assert page.evaluate(UNNAMED) == 0
    visitor.assert_clean()
