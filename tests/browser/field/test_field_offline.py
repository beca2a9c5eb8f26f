"""What networks, browsers and people do to a phone: nothing is lost, nothing is twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.field.conftest import Phone, Site, photo, spot
from tests.people import PASSWORD


def test_a_report_made_in_flight_mode_is_sent_when_there_is_a_network(
    site: Site, phone: Phone
) -> None:
    page = phone.open()
    phone.offline()
    page.reload()  # the page itself comes from the phone
    page.wait_for_selector("body:not([aria-busy])")
    phone.report(content=photo(at=spot(40, 140), size=(2600, 1800)))
    assert phone.unsent() == "1"
    assert site.issues() == []
    phone.online()
    phone.emptied()
    (issue,) = site.issues()
    assert (issue["category"], issue["grid"]) == ("暴露垃圾", "232701100001001")
    (kept,) = site.photos(issue["issue_id"])
    assert max(kept["width"], kept["height"]) == 2048
    assert kept["lon"] == pytest.approx(spot(40, 140)[0], abs=1e-5)  # the photo's own place
    assert phone.errors == []


def test_the_network_goes_away_in_the_middle_of_a_report(site: Site, phone: Phone) -> None:
    page = phone.open("report")
    phone.shoot(photo())
    phone.offline()
    page.locator("#category-search").fill("zdjy")
    page.locator("[role=radio]").first.click()
    page.locator("#save").click()
    page.locator("#unsent", has_text="1").wait_for()
    phone.online()
    phone.emptied()
    assert [issue["category"] for issue in site.issues()] == ["占道经营"]


@pytest.mark.parametrize("times", [1, 2])
def test_an_answer_that_is_lost_makes_no_second_report(
    site: Site, phone: Phone, times: int
) -> None:
    site.network.lost = times
    page = phone.open()
    phone.report(content=photo())
    for _ in range(4):
        if page.locator("#unsent").is_hidden():
            break
        page.locator("#status[data-state=sending]").wait_for(state="detached")
        phone.send()
        page.wait_for_timeout(300)
    phone.emptied()
    (issue,) = site.issues()
    assert len(site.photos(issue["issue_id"])) == 1
    assert len(site.network.asked) == 2 + times


def test_a_network_that_wants_a_password_is_not_taken_for_the_service(
    site: Site, phone: Phone
) -> None:
    page = phone.open()
    phone.offline()
    phone.report(content=photo())
    site.network.portal = True
    phone.online()
    page.locator("#status[data-state=portal]").wait_for()
    assert phone.unsent() == "1"
    page.reload()  # and the page is still ours
    page.wait_for_selector("body:not([aria-busy])")
    assert phone.unsent() == "1"
    site.network.portal = False
    phone.send()
    phone.emptied()
    assert len(site.issues()) == 1


def test_one_record_that_the_service_breaks_on_does_not_stop_the_others(
    site: Site, phone: Phone
) -> None:
    issue = site.dispatched()
    page = phone.open("today")
    page.locator(f"[data-issue='{issue}'] .field-go").click()
    phone.offline()
    page.locator("#save").click()
    page.locator("#unsent", has_text="1").wait_for()
    phone.report()
    site.network.broken = "/acts"
    phone.online()
    row = phone.queue()
    expect(row).to_have_count(1)
    expect(row).to_have_attribute("data-state", "waiting")
    assert len(site.issues()) == 2


def test_what_the_service_refuses_stays_can_be_mended_and_then_goes(
    site: Site, phone: Phone
) -> None:
    page = phone.open()
    phone.offline()
    phone.at(100.0, 30.0)  # far outside of the register
    phone.report(content=photo())
    page.evaluate(
        """() => new Promise((done) => {
          indexedDB.open("gridmap-field").onsuccess = ({ target: { result } }) => {
            const store = result.transaction("records", "readwrite").objectStore("records");
            store.getAll().onsuccess = ({ target: { result: [record] } }) => {
              record.body.category = "没有这个类别".repeat(30);
              store.put(record).onsuccess = done;
            };
          };
        })"""
    )
    phone.online()
    row = phone.queue()
    page.locator("#outbox > li[data-state=refused]").wait_for()
    assert row.locator(".field-fault").inner_text() != ""
    phone.stand(50, 150)
    row.locator("[data-do=edit]").click()
    page.locator("#category-search").fill("bllj")
    page.locator("[role=radio][data-value='暴露垃圾']").click()
    expect(page.locator(".field-photos li")).to_have_count(1)  # the photo is kept
    phone.save()
    phone.emptied()
    (issue,) = site.issues()
    assert issue["category"] == "暴露垃圾"
    assert len(site.photos(issue["issue_id"])) == 1


def test_an_issue_that_moved_on_meanwhile_is_a_conflict_and_keeps_the_words(
    site: Site, phone: Phone
) -> None:
    issue = site.dispatched()
    page = phone.open("today")
    page.locator(f"[data-issue='{issue}'] .field-row").click()
    page.locator("[data-act=return]").click()
    phone.offline()
    page.locator("#act-text").fill("不在我单位范围内")
    page.locator("#save").click()
    page.locator("#unsent", has_text="1").wait_for()
    url = f"/api/v1/issues/{issue}/acts"
    body = {"act": "suspend", "reason": "等待"}
    done = site.office().post(url, json=body, headers={"If-Match": "*"})
    assert done.status_code == 200, done.text
    phone.online()
    phone.go("outbox")
    page.locator("#outbox > li[data-state=conflict]").wait_for()
    assert phone.unsent() == "1"
    phone.picture("conflict-narrow")
    page.locator("[data-do=delete]").click()
    page.locator("[data-answer=delete]").click()
    phone.emptied()


def office_acts(site: Site, issue: str, act: str, **more: object) -> None:
    url = f"/api/v1/issues/{issue}/acts"
    done = site.office().post(url, json={"act": act, **more}, headers={"If-Match": "*"})
    assert done.status_code == 200, done.text


def test_a_refused_act_opens_again_as_it_was_written_and_goes_when_it_is_mended(
    site: Site, phone: Phone
) -> None:
    issue = site.dispatched()
    page = phone.open("today")
    page.locator(f"[data-issue='{issue}'] .field-row").click()
    phone.offline()
    page.locator("[data-act=ask_extension]").click()
    page.locator(".field-stepper input").fill("9000")
    page.locator("#act-text").fill("等待配件")
    page.locator("#save").click()
    page.locator("#unsent", has_text="1").wait_for()
    phone.online()
    row = phone.queue()
    page.locator("#outbox > li[data-state=refused]").wait_for()
    fault = row.locator(".field-fault").inner_text()
    row.locator("[data-do=edit]").click()
    page.locator("#act-text").wait_for()
    assert page.locator("#refusal").inner_text() == fault
    assert page.locator("[data-act=ask_extension]").get_attribute("aria-pressed") == "true"
    assert page.locator("#act-text").input_value() == "等待配件"
    assert page.locator(".field-stepper input").input_value() == "9000"
    phone.picture("mended-narrow")
    page.locator(".field-stepper input").fill("1")
    page.locator("#save").click()
    phone.emptied()
    (kept,) = site.issues()
    assert kept["pending"] == "extension"
    assert phone.errors == []


def test_an_overtaken_act_is_mended_with_the_photo_that_was_taken_for_it(
    site: Site, phone: Phone
) -> None:
    issue = site.dispatched()
    page = phone.open("today")
    page.locator(f"[data-issue='{issue}'] .field-row").click()
    phone.offline()
    page.locator("[data-act=rectify]").click()
    phone.shoot(photo(), "before")
    phone.shoot(photo(at=spot(60, 160)), "after")
    page.locator("#act-text").fill("已修")
    page.locator("#save").click()
    page.locator("#unsent", has_text="1").wait_for()
    office_acts(site, issue, "suspend", reason="等待")
    phone.online()
    row = phone.queue()
    page.locator("#outbox > li[data-state=conflict]").wait_for()
    office_acts(site, issue, "resume")
    row.locator("[data-do=edit]").click()
    page.locator("#act-text").wait_for()
    assert page.locator("#act-text").input_value() == "已修"
    kept = page.locator(".field-photo-box .field-photos li")
    expect(kept).to_have_count(2)
    expect(kept.locator(".field-photo-drop")).to_have_count(0)  # they have been sent
    page.locator("#act-text").fill("已更换灯泡")
    page.locator("#save").click()
    phone.emptied()
    told = site.office().get(f"/api/v1/issues/{issue}").json()
    assert told["issue"]["state"] == "rectified"
    assert [event["reason"] for event in told["events"]][-1] == "已更换灯泡"
    assert len(told["photos"]) == 2
    assert phone.errors == []


def test_who_must_sign_in_again_finds_the_same_queue(site: Site, phone: Phone) -> None:
    page = phone.open()
    phone.offline()
    phone.report()
    phone.context.clear_cookies()
    phone.online()
    page.locator("#notices a").wait_for()
    assert phone.unsent() == "1"
    page.locator("#notices a").click()
    page.locator("input[name=name]").fill("worker")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form.fields-form button[type=submit]").click()
    page.wait_for_url("**/field*")
    phone.emptied()
    assert len(site.issues()) == 1


def test_another_person_neither_sees_nor_sends_what_is_anothers(site: Site, phone: Phone) -> None:
    page = phone.open()
    phone.offline()
    phone.report()
    phone.context.clear_cookies()
    site.sign_in(phone, "other", "u2")
    phone.online()
    page.reload()
    page.wait_for_selector("body:not([aria-busy])")
    phone.go("outbox")
    page.get_by_text("other 的姓名").wait_for()
    assert page.locator("#outbox > li").count() == 0
    assert site.issues() == []
    site.sign_in(phone, "worker", "u1")
    page.reload()
    phone.emptied()
    assert len(site.issues()) == 1


def test_a_session_that_changes_hands_in_another_window_sends_nothing(
    site: Site, phone: Phone
) -> None:
    page = phone.open()
    phone.offline()
    phone.report()
    site.sign_in(phone, "other", "u2")  # the same cookie, in a window beside
    page.evaluate("window.kept = 1")
    phone.online()
    page.wait_for_timeout(1500)
    assert site.issues() == []
    assert site.network.asked == []
