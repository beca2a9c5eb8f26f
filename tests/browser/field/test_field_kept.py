"""What lies on the phone: through reloads, full disks, sign-outs, kills and new versions."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import FLAGS, chromium
from tests.browser.field.conftest import Phone, Site, photo, spot
from tests.browser.waiting import waited
from web.pages.field_words import SENTENCES
from web.words import Words


def test_a_form_outlives_the_page_and_a_new_version_of_it(site: Site, phone: Phone) -> None:
    page = phone.open("report")
    phone.shoot(photo())
    page.locator("#category-search").fill("bllj")
    page.locator("[role=radio]").first.click()
    page.locator("summary").click()
    page.locator("#description").fill("路口东侧")
    waited(lambda: "路口东侧" in str(phone.kept()["pack"]), "what is written is kept at once")
    page.reload()
    page.locator("#save").wait_for()
    assert page.locator("[aria-checked=true]").inner_text() == "暴露垃圾"
    assert page.locator("#description").input_value() == "路口东侧"
    expect(page.locator(".field-photos li")).to_have_count(1)
    phone.save()
    phone.emptied()
    (issue,) = site.issues()
    assert issue["description"] == "路口东侧"


def narrow(phone: Phone, size: int) -> None:
    """Give the page no more room than so many bytes, from its first opening on."""
    session = phone.context.new_cdp_session(phone.page)
    told = {"origin": phone.site.address, "quotaSize": size}
    session.send("Storage.overrideQuotaForOrigin", told)


def test_a_phone_without_room_says_so_before_the_photo_is_taken(phone: Phone) -> None:
    narrow(phone, 4_000_000)
    page = phone.open("report")
    said = page.locator(".field-photo-box[data-kind=before] .field-hint")
    said.wait_for()
    assert said.inner_text() == Words("zh_CN").say(SENTENCES["no room for photos"])
    phone.picture("quota-narrow")
    assert phone.errors == []


def test_a_photo_that_no_longer_fits_is_kept_in_the_room_that_was_set_aside(
    phone: Phone, site: Site
) -> None:
    narrow(phone, 16_000_000)
    page = phone.open("report")
    content = photo(size=(2000, 1500))
    said = page.locator(".field-photo-box[data-kind=before] .field-hint")
    taken = 0
    while said.is_hidden() and taken < 8:
        phone.shoot(content)
        taken += 1
        page.wait_for_selector(".field-photo-box[data-kind=before]:not([aria-busy])")
    assert 2 <= taken < 8
    page.locator("#category-search").fill("bllj")
    page.locator("[role=radio]").first.click()
    phone.save()
    phone.emptied()
    (issue,) = site.issues()
    assert len(site.photos(issue["issue_id"])) == taken


def test_signing_out_warns_of_what_is_not_sent_and_then_clears_everything(
    site: Site, phone: Phone
) -> None:
    page = phone.open()
    phone.offline()
    phone.report(content=photo())
    phone.go("outbox")
    page.locator("#sign-out").click()
    assert "1" in page.locator("dialog").inner_text()
    phone.picture("sign-out-narrow")
    page.locator("[data-answer]").first.click()  # not yet
    assert phone.unsent() == "1"
    page.locator("#sign-out").click()
    with page.expect_download() as download:
        page.locator("[data-answer=export]").click()
    told = json.loads(Path(download.value.path()).read_text("utf-8"))
    (record,) = told["records"]
    assert record["body"]["category"] == "暴露垃圾"
    assert len(record["photos"][0]["base64"]) > 1000
    page.locator("#sign-out").click()
    page.locator("[data-answer=out]").click()
    page.locator("#screen-gate").wait_for()
    phone.online()
    page.wait_for_timeout(500)
    left = phone.kept()
    told = {"bytes": 0, "pack": 2, "parts": 0, "patrol": 0, "records": 0}
    assert {name: len(rows) for name, rows in left.items()} == told
    assert "姓名" not in json.dumps(left["pack"], ensure_ascii=False)
    assert site.issues() == []


def test_what_was_said_to_be_saved_survives_a_browser_that_is_killed(
    site: Site, tmp_path: Path
) -> None:
    lon, lat = spot(50, 150)
    at = {"longitude": lon, "latitude": lat, "accuracy": 5}
    options = {
        "executable_path": chromium(),
        "args": FLAGS,
        "geolocation": at,
        "permissions": ["geolocation"],
        "locale": "zh-CN",
    }
    token = site.session()
    folder = tmp_path / "profile"
    assert site.browser is not None
    launch = site.browser.browser_type.launch_persistent_context
    context = launch(folder, **options)
    cookie = {"name": "gridmap_session", "value": token, "url": site.address}
    context.add_cookies([{**cookie, "expires": 4_000_000_000}])
    phone = Phone(site, context, context.pages[0])
    phone.open()
    phone.offline()
    phone.report(content=photo())
    os.kill(process_of(folder), signal.SIGKILL)
    context = launch(folder, **options)
    phone = Phone(site, context, context.pages[0])
    site.phones.append(phone)
    context.add_cookies([{**cookie, "expires": 4_000_000_000}])  # cookies reach the disk later
    phone.page.goto(f"{site.address}/field")
    phone.emptied()
    (issue,) = site.issues()
    assert len(site.photos(issue["issue_id"])) == 1


def process_of(folder: Path) -> int:
    """Return the browser that has this profile open: the one of ours, by its own lock."""
    return int(str((folder / "SingletonLock").readlink()).rsplit("-", 1)[1])


def test_a_new_version_waits_until_it_is_taken_and_keeps_the_form(phone: Phone) -> None:
    page = phone.open("report")
    page.locator("summary").click()
    page.locator("#description").fill("路口东侧")
    cookie = {"name": "lang", "value": "en", "url": phone.site.address}
    phone.context.add_cookies([cookie])  # type: ignore[list-item]
    page.evaluate("navigator.serviceWorker.ready.then((one) => one.update()).then(() => true)")
    taken = page.locator(".field-notice button")
    taken.wait_for()
    assert page.locator("#description").input_value() == "路口东侧"
    taken.click()
    page.locator("html[lang=en] #save").wait_for()
    assert page.locator("#description").input_value() == "路口东侧"
