"""What somebody does with the phone on a day: looks where they are, walks, reports, sets right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.conftest import WIDTHS
from tests.browser.field.conftest import Phone, Site, photo, spot
from web.pages.field_words import SENTENCES
from web.words import Words

ZH = Words("zh_CN")
# A phone whose owner walks by the page's own clock.
WALKER = """
navigator.geolocation.watchPosition = (heard) => {
  window.walk = ([longitude, latitude]) =>
    heard({ coords: { longitude, latitude, accuracy: 6 }, timestamp: Date.now() });
  return 1;
};
"""
FIRST, SECOND = "第1网格", "第2网格"


def card(phone: Phone, *told: str) -> None:
    """Wait until the card under the map says all of this."""
    for text in told:
        phone.page.locator("#where", has_text=text).wait_for()


def test_the_card_says_whose_ground_this_is_and_how_far_the_border_is(phone: Phone) -> None:
    phone.open()
    phone.stand(62, 150)
    inside = ZH.say("On our ground")
    card(phone, FIRST, "向阳社区", inside, ZH.say("Border {m} away", m="38 米"))
    phone.stand(62, 60)
    outside = ZH.say("Not our ground")
    card(phone, "第3网格", outside, ZH.say("{unit} answers here", unit="市教育局"))
    card(phone, ZH.say("Our ground {m} away", m="40 米"))
    phone.stand(-200, 60)
    card(phone, ZH.say("Outside every grid"))


def test_what_else_it_may_be_is_told_within_the_accuracy(phone: Phone) -> None:
    phone.open()
    phone.stand(80, 150, 30)
    card(phone, FIRST, SECOND)
    phone.picture("accuracy-narrow")
    phone.stand(80, 150, 10)
    phone.page.locator("#where", has_text=SECOND).wait_for(state="detached")


def test_a_phone_that_answers_in_gcj_is_found_out_and_converted(site: Site, phone: Phone) -> None:
    page = phone.open()
    lon, lat = spot(50, 150)
    script = "async (at) => (await import('/static/js/field/datum.js')).wgsToGcj(at)"
    shifted = page.evaluate(script, [lon, lat])
    phone.at(*shifted)
    page.locator("#where .field-card-warn").wait_for()
    page.locator("#calibrate").click()
    script = """async ([x, y]) => {
      const box = document.querySelector("dialog .field-map");
      window.dispatchEvent(new Event("resize"));
      return box.getBoundingClientRect().width;
    }"""
    assert page.evaluate(script, [lon, lat]) > 200
    page.locator("[data-answer=switch]").click()
    card(phone, FIRST, ZH.word("datum", "gcj02"))
    phone.report()
    phone.emptied()
    (issue,) = site.issues()
    assert issue["grid"] == "232701100001001"
    page.reload()
    phone.go("map")
    card(phone, FIRST)  # the phone remembers


def test_a_place_is_moved_under_the_cross(site: Site, phone: Phone) -> None:
    page = phone.open("report")
    page.locator("#category-search").fill("bllj")
    page.locator("[role=radio]").first.click()
    box = page.locator("#screen-report .field-map")
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    frame = box.bounding_box()
    assert frame is not None
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y, steps=4)
    page.mouse.up()
    page.locator(".field-place-note", has_text=ZH.say("by the cross")).wait_for()
    phone.save()
    phone.emptied()
    (issue,) = site.issues()
    assert issue["lon"] > spot(60, 150)[0]


def test_a_phone_that_does_not_tell_its_place_can_still_report(site: Site) -> None:
    phone = site.phone()
    phone.context.clear_permissions()
    page = phone.open()
    card(phone, ZH.say("This page may not read the position. Allow it, or move the map."))
    phone.go("report")
    page.locator("#category-search").fill("bllj")
    page.locator("[role=radio]").first.click()
    page.locator("#save").click()
    assert page.locator(".field-fault").is_visible()
    page.locator("summary").click()
    page.locator("#address").fill("中华路1号")
    phone.save()
    phone.emptied()
    (issue,) = site.issues()
    assert issue["address"] == "中华路1号"


def test_an_issue_is_accepted_and_set_right_without_a_network(site: Site, phone: Phone) -> None:
    issue = site.dispatched()
    page = phone.open("today")
    phone.picture("today-issue-narrow")
    page.locator(f"[data-issue='{issue}'] .field-go").wait_for()
    phone.offline()
    page.locator(f"[data-issue='{issue}'] .field-go").click()
    page.locator("#save").click()
    page.locator("#unsent", has_text="1").wait_for()
    page.locator(f"[data-issue='{issue}'] .field-go").click()  # now: set right
    page.locator(".field-photo-box[data-kind=after]").wait_for()
    page.locator("#save").click()
    assert page.locator(".field-fault").is_visible()  # not without a photo
    phone.shoot(photo(at=spot(60, 160)), "after")
    page.locator("#act-text").fill("已更换灯泡")
    phone.picture("rectify-narrow")
    page.locator("#save").click()
    page.locator("#unsent", has_text="2").wait_for()
    assert [row.get_attribute("data-state") for row in phone.queue().all()] == ["waiting", "held"]
    phone.picture("outbox-narrow")
    phone.online()
    phone.emptied()
    told = site.office().get(f"/api/v1/issues/{issue}").json()
    assert told["issue"]["state"] == "rectified"
    acts = [event["act"] for event in told["events"]]
    assert acts[-2:] == ["accept", "rectify"]
    assert [one["kind"] for one in told["photos"]] == ["after"]


def test_a_point_is_visited_with_its_checklist(site: Site, phone: Phone) -> None:
    page = phone.open("today")
    page.locator("[data-point=m1] .field-go").click()
    page.locator("#save").click()
    assert page.locator(".field-fault").is_visible()  # nothing is answered yet
    for item in page.locator(".field-item").all():
        yes = item.locator("[data-value=true]")
        if yes.count():
            yes.click()
        else:
            item.locator("input").fill("3")
            item.locator("input").press("Tab")
    phone.shoot(photo(), "other")
    phone.picture("visit-narrow")
    phone.save()
    phone.emptied()
    store = site.app.state.service.workspaces.whole.store
    (visit,) = store.read("visits").to_dict("records")
    assert visit["point_id"] == "m1"
    assert visit["unit_id"] == "u1"
    assert 0 < visit["score"] <= visit["out_of"]
    assert visit["distance_m"] == pytest.approx(20, abs=0.5)
    assert len(store.read("photos")) == 1


def test_a_patrol_outlives_a_reload_and_is_measured_by_the_service(
    site: Site, phone: Phone
) -> None:
    phone.context.add_init_script(WALKER)
    page = phone.page
    page.clock.install(time=datetime.now(UTC) - timedelta(minutes=10))
    phone.open("today")
    page.locator("#start-patrol").click()
    page.locator("#end-patrol").wait_for()
    positions = page.locator(".field-task.running .field-hint")
    for n, x in enumerate(range(0, 150, 20), start=1):
        if n == 4:
            page.reload()
            positions.wait_for()
        page.clock.fast_forward(16_000)
        page.evaluate("(at) => window.walk(at)", spot(x, 102))
        positions.filter(has_text=ZH.say("{n} positions kept.", n=n)).wait_for()
    phone.picture("patrol-narrow")
    page.locator("#end-patrol").click()
    phone.picture("patrol-end-narrow")
    page.locator("[data-answer=end]").click()
    page.locator("#start-patrol").wait_for()
    phone.emptied()
    (patrol,) = site.office().get("/api/v1/patrols").json()["patrols"]
    assert patrol["unit_id"] == "u1"
    assert 100 <= patrol["walked_m"] <= patrol["roads_m"]
    share = f"{int(100 * patrol['walked_m'] / patrol['roads_m'])}%"
    text = SENTENCES["last patrol: {share}, points {seen} of {due}"]
    told = ZH.say(text, share=share, seen=patrol["points_seen"], due=patrol["points_due"])
    page.locator(".field-task-under", has_text=told).wait_for()


def test_the_page_can_be_used_by_nobody_who_has_not_signed_in(site: Site) -> None:
    phone = site.phone(signed_in=False)
    phone.page.goto(f"{site.address}/field")
    way = phone.page.locator("#screen-gate a")
    way.wait_for()
    assert way.get_attribute("href") == "/sign-in?next=/field"
    phone.picture("gate-narrow")
    assert phone.page.locator("#tabs").is_hidden()


def test_a_browser_without_service_worker_says_so_and_still_keeps(site: Site) -> None:
    phone = site.phone(user_agent="MicroMessenger")
    phone.context.add_init_script("delete Navigator.prototype.serviceWorker")
    page = phone.page
    page.goto(f"{site.address}/field")
    page.locator(".field-notice").wait_for()
    card(phone, FIRST)
    phone.offline()
    phone.report()
    assert page.locator("#unsent").inner_text() == "1"
    phone.online()
    phone.emptied()
    assert len(site.issues()) == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_every_screen_fits_its_window(site: Site, width: str) -> None:
    site.dispatched()
    phone = site.phone(width=width)
    page = phone.open()
    foreign: list[str] = []
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((site.address, "data:", "blob:"))
            else foreign.append(asked.url)
        ),
    )
    for tab in ("map", "today", "report", "outbox"):
        phone.go(tab)
        page.locator(f"#screen-{tab}").wait_for()
        phone.picture(f"{tab}-{width}")
        across = page.evaluate("document.documentElement.scrollWidth")
        assert across <= WIDTHS[width][0]
        small = page.evaluate(
            """() => [...document.querySelectorAll(".page-field button, .page-field a[href]")]
              .filter((one) => one.offsetParent && !one.closest(".leaflet-container"))
              .map((one) => [one.textContent, one.getBoundingClientRect()])
              .filter(([, box]) => box.height && (box.height < 44 || box.width < 36))
              .map(([text]) => text)"""
        )
        assert small == []
    assert foreign == []
    assert phone.errors == []
