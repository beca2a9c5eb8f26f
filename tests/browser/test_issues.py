"""The pages of issues in a real browser: the map beside the list, forms, photos, the clerk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect

from geodata.accounts import Accounts
from gridmap.access import CITY, Grant, Scope
from tests.browser.conftest import WIDTHS, Visit, served
from tests.closed_loop import act, add_photo, jpeg, report, spot
from tests.people import CHEAP, PASSWORD, client_of
from tests.web.fakes import PAYLOADS
from tests.web.issue_town import (
    closed,
    coordinator,
    did,
    emptied,
    issue_of,
    nameless,
    office,
    paged,
    state_of,
)

OFFICE = Grant("city_office")
UNIT = Grant("unit_coordinator", Scope("unit", "u1"))
TOO_SMALL = """[...document.querySelectorAll("main button, main textarea, "
    + "main input:not([type=hidden]):not([type=checkbox]), main select")].filter(
    one => one.offsetParent && one.getBoundingClientRect().height < 32).map(one => one.outerHTML)"""
UNNAMED = """[...document.querySelectorAll("main select, main textarea, "
    + "main input:not([type=hidden])")].filter(
    one => !one.labels.length && !one.getAttribute("aria-label")).map(one => one.outerHTML)"""
WIDER = "document.documentElement.scrollWidth > window.innerWidth"
CITIZENS = {"channel": "citizen_app", "condition": None, "category": "乱堆乱放"}


@dataclass
class Town:
    """A served town, and windows on it of people who are signed in."""

    app: FastAPI
    address: str
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def session(self, grant: Grant) -> dict[str, str]:
        accounts = Accounts(self.app.state.service.workspaces.whole.store, hasher=CHEAP)
        name = f"{grant.role}-signs-in"
        if name not in {account.sign_in for account in accounts.people()}:
            accounts.add(name, f"{grant.role} 的姓名", [grant], password=PASSWORD, by="tests")
        signed = accounts.sign_in(name, PASSWORD, code=None, source="127.0.0.1", agent="tests")
        return {"name": "gridmap_session", "value": signed.token, "url": self.address}

    def open(self, path: str, grant: Grant, *, scripts: bool = True) -> Page:
        """Open a page in the name of somebody with a role."""
        context = self.browser.new_context(
            java_script_enabled=scripts, viewport={"width": 1440, "height": 900}
        )
        self.contexts.append(context)
        context.add_cookies([self.session(grant)])
        page = context.new_page()
        page.set_default_timeout(45_000)
        page.goto(self.address + path)
        if scripts:
            page.wait_for_selector(".map.live:not(.ready)", state="detached")
        return page


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return emptied(tmp_path_factory.mktemp("issues"))


@pytest.fixture
def town(template: Path, tmp_path: Path, browser: Browser) -> Iterator[Town]:
    app = paged(template, tmp_path)
    with served(app) as address:
        made = Town(app, address, browser)
        yield made
        for context in made.contexts:
            context.close()


def test_the_chosen_are_offered_only_what_is_allowed_to_all_of_them(town: Town) -> None:
    first, second = issue_of(town.app), issue_of(town.app, place=spot(20, 110))
    did(coordinator(town.app), second, "accept")
    page = town.open("/issues", UNIT)
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()
    page.locator(f"input[value='{first}']").check()
    expect(bar).to_contain_text("1 chosen")
    assert "accept" in bar.locator("option").evaluate_all("all => all.map(one => one.value)")
    page.locator("#pick-all").check()
    expect(bar).to_contain_text("2 chosen")
    assert "accept" not in bar.locator("option").evaluate_all("all => all.map(one => one.value)")
    bar.locator("[name=act]").select_option("return")
    expect(bar.locator("[name=unit_id]")).to_be_hidden()
    bar.locator("[name=reason]").fill("不归我们")
    bar.get_by_role("button", name="Do it").click()
    expect(page.locator(".alert.note")).to_contain_text("2 issues: was returned.")
    assert [state_of(office(town.app), one) for one in (first, second)] == ["returned"] * 2


def test_a_row_finds_its_place_on_the_map_and_a_place_its_row(town: Town) -> None:
    issue_id = issue_of(town.app)
    page = town.open("/issues", OFFICE)
    expect(page.locator("#map-count")).to_have_text("1 of 1 on the map")
    row = page.locator(f"tr[data-issue='{issue_id}']")
    row.locator("td").nth(4).click()
    expect(row).to_have_class("looked-at")
    page.reload()
    page.wait_for_selector(".map.live.ready")
    box = page.locator("#issue-map").bounding_box()
    assert box is not None
    # the only issue: the map is fitted to it, so it lies in the middle
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(row).to_have_class("looked-at")
    page.get_by_role("link", name="Open it").click()
    expect(page).to_have_url(f"{town.address}/issues/{issue_id}")


def test_the_ledger_works_without_a_script(town: Town) -> None:
    issue_id = issue_of(town.app)
    nameless(town.app)
    page = town.open("/issues", UNIT, scripts=False)
    expect(page.locator("#ledger tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Dispatched").click()
    expect(page.locator("#ledger tbody tr")).to_have_count(1)
    page.get_by_text("Save this view").click()
    page.locator("#view-name").fill("待接收")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".view-chip[aria-current]")).to_have_text("待接收×")
    page.locator(f"input[value='{issue_id}']").check()
    page.locator("#bulk [name=act]").select_option("accept")
    page.get_by_role("button", name="Do it").click()
    expect(page.locator(".alert.note")).to_contain_text("1 issues: was taken on.")


def test_a_unit_takes_an_issue_on_and_reports_it_set_right_with_a_photo(
    town: Town, tmp_path: Path
) -> None:
    issue_id = issue_of(town.app)
    photo = tmp_path / "after.jpg"
    photo.write_bytes(jpeg(5, side=400))
    page = town.open("/tasks", UNIT)
    page.locator("#accept li a").click()
    page.get_by_role("button", name="Take on").click()  # its field of photos is not there
    expect(page.locator(".alert.note")).to_contain_text("was taken on")
    page.locator(".act-fold.rectify [type=file]").set_input_files(photo)
    page.locator(".act-fold.rectify textarea").fill("已清理")
    page.get_by_role("button", name="Report it set right").click()
    expect(page.locator(".issue-state")).to_have_text("Set right")
    picture = page.locator(".before-after-photos .photo img")
    expect(picture).to_have_count(1)
    expect(picture).not_to_have_js_property("naturalWidth", 0)
    assert state_of(office(town.app), issue_id) == "rectified"


def test_a_form_whose_photo_is_left_out_is_sent_all_the_same(town: Town) -> None:
    issue_id = issue_of(town.app)
    did(coordinator(town.app), issue_id, "accept")
    page = town.open(f"/issues/{issue_id}", UNIT, scripts=False)
    page.get_by_role("button", name="Report it set right").click()
    expect(page.locator(".issue-state")).to_have_text("Set right")
    expect(page.get_by_text("Nobody has sent a photo.")).to_be_visible()


def test_a_click_on_the_map_gives_the_corrected_place(town: Town) -> None:
    issue_id = nameless(town.app)
    page = town.open(f"/issues/{issue_id}", OFFICE)
    page.get_by_text("Other acts").click()
    page.locator(".act-fold.move > summary").click()
    page.locator("#place-map").click(position={"x": 120, "y": 100})
    expect(page.locator("#move [name=lon]")).not_to_have_value("")
    page.locator("#move").get_by_role("button", name="Correct the place").click()
    expect(page.locator(".alert.note")).to_contain_text("its place was corrected")
    expect(page.locator(".issue-facts")).not_to_contain_text("No place was given")


def test_a_clerk_finds_the_place_hears_who_answers_and_reads_out_the_number(town: Town) -> None:
    page = town.open("/hotline", OFFICE)
    page.get_by_label("What the caller says").fill("市场门口垃圾没人收")
    page.get_by_label("Category").fill("暴露垃圾")
    page.get_by_label("Category").blur()
    expect(page.locator("[name=condition]")).to_have_value("2026-01-0001")  # the only one
    page.get_by_label("Address or place").press_sequentially("zxsc")
    expect(page.locator("#address-list [role=option]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Address or place")).to_have_value("中心市场")
    expect(page.locator("#here")).to_contain_text("市教育局")
    page.get_by_role("button", name="Take it down").click()
    expect(page.locator(".taken")).to_contain_text("市教育局")
    expect(page.locator(".taken-number")).to_contain_text("00001")


def test_a_box_is_drawn_taken_away_and_kept(town: Town) -> None:
    staff = client_of(town.app, "field_staff", Scope("unit", "u1"))
    issue_id = report(staff, **CITIZENS).json()["issue_id"]
    add_photo(staff, issue_id, "photo-of-a-citizen", jpeg(9, side=640))
    page = town.open("/review", OFFICE)
    stage = page.locator(".redact-stage")
    stage.scroll_into_view_if_needed()
    expect(stage.locator("img")).not_to_have_js_property("naturalWidth", 0)
    box = stage.bounding_box()
    assert box is not None

    def drag(x0: float, y0: float, x1: float, y1: float) -> None:
        page.mouse.move(box["x"] + x0, box["y"] + y0)
        page.mouse.down()
        page.mouse.move(box["x"] + x1, box["y"] + y1, steps=4)
        page.mouse.up()

    drag(20, 20, 90, 80)
    drag(120, 30, 180, 90)
    expect(page.locator(".redact-state")).to_have_text("2 places will be blurred")
    page.mouse.click(box["x"] + 40, box["y"] + 40)
    expect(page.locator(".redact-stage rect")).to_have_count(1)
    page.get_by_role("button", name="Keep as the public version").click()
    expect(page.locator(".redact-state.good")).to_contain_text("Kept")
    page.reload()
    expect(page.locator(".redact-state")).to_have_text("A public version is kept")


def test_sections_without_room_fold_into_a_menu(town: Town) -> None:
    page = town.open("/issues", OFFICE)
    page.set_viewport_size({"width": 390, "height": 844})
    bar = page.locator(".sections > a:visible")
    expect(bar).to_have_count(4)
    page.locator(".more-sections > summary").click()
    menu = page.locator(".more-sections a:visible")
    names = bar.all_inner_texts() + menu.all_inner_texts()
    page.set_viewport_size({"width": 1440, "height": 900})
    every = page.locator(".sections a:visible").all_inner_texts()
    assert sorted(names) == sorted(every)
    page.set_viewport_size({"width": 390, "height": 844})
    menu.get_by_text("Coverage").click()
    expect(page).to_have_url(f"{town.address}/coverage")
    expect(page.locator(".more-sections a[aria-current]")).to_have_count(1)


def test_words_of_people_are_text_in_lists_maps_and_stories(town: Town) -> None:
    issue_id = issue_of(town.app, description=PAYLOADS[0], category=PAYLOADS[3], condition=None)
    act(office(town.app), issue_id, "note", reason=PAYLOADS[1])
    ledger = town.open("/issues", OFFICE)
    box = ledger.locator("#issue-map").bounding_box()
    assert box is not None
    ledger.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(ledger.locator(".issue-tip strong")).to_have_text(PAYLOADS[3])
    for page in (ledger, town.open(f"/issues/{issue_id}", OFFICE), town.open("/tasks", OFFICE)):
        assert page.evaluate("window.__xss") is None


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("name", "path", "grant"),
    [
        ("ledger", "/issues?state=all", Grant("city_office", CITY)),
        ("issue", "/issues/{closed}", Grant("city_office", CITY)),
        ("issue-without-place", "/issues/{nameless}", Grant("city_office", CITY)),
        ("tasks-office", "/tasks", Grant("city_office", CITY)),
        ("tasks-unit", "/tasks", UNIT),
        ("hotline", "/hotline", Grant("city_office", CITY)),
        ("review", "/review", Grant("city_office", CITY)),
    ],
)
def test_the_pages_fit_their_window_and_every_field_has_a_name(
    full: Town, visit: Visit, name: str, path: str, grant: Grant, width: str
) -> None:
    told = full.app.state.issues_of_tests
    visitor = visit(full.address, width)
    visitor.page.context.add_cookies([full.session(grant)])
    page = visitor.open(path.format(**told))
    visitor.picture(f"{name}-{width}")
    assert not page.evaluate(WIDER)
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate(UNNAMED) == []
    visitor.assert_clean()


@pytest.fixture(scope="module")
def full(
    template: Path, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Town]:
    """Serve a town with an issue of each kind that looks different; tests only look at it."""
    app = paged(template, tmp_path_factory.mktemp("full"))
    told = {"closed": closed(app), "nameless": nameless(app, description="说不清楚的地方" * 30)}
    issue_of(app, place=spot(20, 110), description="长" * 900)
    staff = client_of(app, "field_staff", Scope("unit", "u1"))
    citizen = report(staff, **CITIZENS).json()["issue_id"]
    add_photo(staff, citizen, "photo-of-a-citizen", jpeg(9, side=640))
    app.state.issues_of_tests = told
    with served(app) as address:
        yield Town(app, address, browser)
