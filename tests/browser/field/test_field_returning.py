"""What a phone comes back to: an upload that broke off, a register that has moved on meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from geodata.standards import Standards
from gridmap.access import OPERATOR, Scope
from gridmap.demo.standard import demo_conditions
from tests.browser.field.conftest import Phone, Site, photo, spot
from tests.browser.waiting import waited
from tests.closed_loop import act, add_photo, jpeg
from tests.people import client_of

STORES = ["records", "parts", "bytes"]
# everything that waits, held beside the database, and put back as if it had never been sent
HOLD = """(stores) => new Promise((done) => {
  indexedDB.open("gridmap-field").onsuccess = ({ target: { result } }) => {
    const reading = result.transaction(stores, "readonly");
    window.held = {};
    for (const name of stores) {
      const asked = reading.objectStore(name).getAll();
      asked.onsuccess = () => { window.held[name] = asked.result; };
    }
    reading.oncomplete = () => done(window.held.records.length);
  };
})"""
PUT_BACK = """(stores) => new Promise((done) => {
  indexedDB.open("gridmap-field").onsuccess = ({ target: { result } }) => {
    const writing = result.transaction(stores, "readwrite");
    for (const name of stores) {
      for (const row of window.held[name]) writing.objectStore(name).put(row);
    }
    writing.oncomplete = done;
  };
})"""


def rectified_offline(site: Site, phone: Phone) -> str:
    """Let somebody set an issue right where there is no network, and return the issue."""
    issue = site.dispatched()
    page = phone.open("today")
    page.locator(f"[data-issue='{issue}'] .field-row").click()
    phone.offline()
    page.locator("[data-act=rectify]").click()
    phone.shoot(photo(), "before")
    phone.shoot(photo(at=spot(60, 160)), "after")
    page.locator("#act-text").fill("已换灯泡")
    page.locator("#save").click()
    page.locator("#unsent", has_text="1").wait_for()
    return issue


@pytest.mark.parametrize("after", [4096, 100_000])
def test_a_photo_whose_upload_breaks_off_is_sent_whole_the_next_time(
    site: Site, phone: Phone, after: int
) -> None:
    phone.open()
    site.network.cut_after = after
    phone.report(content=photo(size=(1600, 1200)))
    phone.emptied()  # it tries again by itself
    assert site.network.cut_after == 0
    assert sum(asked.startswith("PUT") for asked in site.network.asked) >= 2
    (issue,) = site.issues()
    (kept,) = site.photos(issue["issue_id"])
    assert (kept["width"], kept["height"]) == (1600, 1200)


def test_a_service_that_is_busy_is_asked_again_and_nothing_is_shown_as_wrong(
    site: Site, phone: Phone
) -> None:
    phone.open()
    phone.offline()
    phone.report(content=photo())
    site.network.busy = 1
    phone.online()
    waited(lambda: site.network.busy == 0, "nothing was sent")
    expect(phone.queue()).to_have_attribute("data-state", "waiting")
    expect(phone.page.locator("#outbox .field-fault")).to_have_count(0)
    phone.emptied()  # by itself, after the time that the phone waits
    (issue,) = site.issues()
    assert len(site.photos(issue["issue_id"])) == 1


def test_a_queue_that_is_sent_three_times_is_kept_once(site: Site, phone: Phone) -> None:
    page = phone.open()
    phone.offline()
    for category in ("暴露垃圾", "占道经营"):
        phone.report(category, content=photo())
    assert page.evaluate(HOLD, STORES) == 2
    phone.online()
    phone.emptied()
    for _ in range(2):
        page.evaluate(PUT_BACK, STORES)
        sent = len(site.network.asked)
        phone.send()
        waited(lambda sent=sent: len(site.network.asked) >= sent + 4, "the queue was not sent")
        phone.emptied()
    assert len(site.network.asked) == 12
    issues = site.issues()
    assert sorted(issue["category"] for issue in issues) == ["占道经营", "暴露垃圾"]
    assert [len(site.photos(issue["issue_id"])) for issue in issues] == [1, 1]


def test_a_report_of_a_category_that_was_done_away_with_meanwhile_is_not_lost(
    site: Site, phone: Phone
) -> None:
    """The phone reports by the edition that it has; the office decides what becomes of it."""
    phone.open()
    phone.offline()
    phone.report(content=photo())
    service = site.app.state.service
    rows = demo_conditions().reset_index(drop=True)
    next_year = service.today() + timedelta(days=400)
    standards = Standards(service.workspaces.whole.store, OPERATOR, service.today())
    standards.publish(rows[rows["category"] != "暴露垃圾"], f"{next_year:%Y-%m}")
    phone.online()
    phone.emptied()
    (issue,) = site.issues()
    assert (issue["category"], issue["state"]) == ("暴露垃圾", "reported")
    assert len(site.photos(issue["issue_id"])) == 1


def merged(site: Site, issue: str) -> None:
    into = site.dispatched(62, 162)
    answer = act(site.office(), issue, "merge", into=into)
    assert answer.status_code == 200, answer.text


def closed(site: Site, issue: str) -> None:
    unit = client_of(site.app, "unit_coordinator", Scope("unit", "u1"))
    checker = client_of(site.app, "inspector")
    lon, lat = spot(60, 160)
    near = {"lon": lon, "lat": lat}
    add_photo(unit, issue, "photo-before-1", jpeg(1), kind="before", **near)
    add_photo(unit, issue, "photo-after-01", jpeg(2), kind="after", **near)
    for who, name, more in (
        (unit, "accept", {}),
        (unit, "rectify", {"reason": "另一人已换"}),
        (checker, "reinspect", {}),
        (checker, "close_out", {}),
    ):
        answer = act(who, issue, name, **more)
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("meanwhile", [merged, closed], ids=["merged", "closed"])
def test_an_act_on_an_issue_that_is_no_more_is_shown_with_its_words_and_photos(
    site: Site, phone: Phone, meanwhile: Any
) -> None:
    issue = rectified_offline(site, phone)
    meanwhile(site, issue)
    before = site.office().get(f"/api/v1/issues/{issue}").json()["issue"]["state"]
    phone.online()
    row = phone.queue()
    expect(row).to_have_attribute("data-state", "conflict")
    expect(row.locator(".field-fault")).not_to_be_empty()
    row.locator("[data-do=edit]").click()
    expect(phone.page.locator("#act-text")).to_have_value("已换灯泡")
    expect(phone.page.locator(".field-photo-box .field-photos li")).to_have_count(2)
    after = site.office().get(f"/api/v1/issues/{issue}").json()["issue"]["state"]
    assert after == before
