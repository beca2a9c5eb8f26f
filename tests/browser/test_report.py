"""Reporting without an account: with a thumb, without scripts, without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from geodata.issues.acts import Act, Acts
from geodata.issues.evidence import distance_m, photos
from geodata.store import Store
from tests.browser import desks
from tests.browser.conftest import Visit, Visitor
from tests.browser.desks import Site
from tests.citizens import GARBAGE, LAMP, OFFICE, publish_conditions, spot
from tests.geodata.photos import pictures

CODE = re.compile(r"^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$")
PICTURE = {
    "name": "IMG_0001.jpg",
    "mimeType": "image/jpeg",
    "buffer": pictures.encoded(pictures.quarters(), exif=pictures.exif(gps=pictures.place())),
}
HERE = spot(80, 190)
AT = {"longitude": HERE.x, "latitude": HERE.y, "accuracy": 7}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Serve the town, with categories in which one may report."""
    with desks.desk_of(desks.register(tmp_path, desks.town_frames())) as served:
        publish_conditions(store_of(served))
        yield served


def store_of(site: Site) -> Store:
    store: Store = site.app.state.service.workspaces.whole.store
    return store


def on_a_phone(visit: Visit, site: Site, **options: Any) -> Visitor:
    allowed = {"geolocation": AT, "permissions": ["geolocation"]}
    visitor = visit(site.address, "narrow", **{**allowed, **options})
    visitor.open("/report")
    return visitor


def fill(page: Page, category: str = GARBAGE) -> None:
    """Take a photo, choose a category, take the place of the device: the three taps."""
    page.locator("input[type=file]").set_input_files([PICTURE])
    page.wait_for_selector(".shot img")
    page.locator(".chip", has_text=category).click()
    page.locator("#my-position").click()
    page.wait_for_selector(".chosen")


def receipt(page: Page) -> str:
    page.wait_for_selector("#done:not([hidden])", timeout=60_000)  # the first routing of a server
    code = page.locator("#receipt").inner_text()
    assert CODE.match(code)
    return code


def reported(site: Site) -> list[dict[str, Any]]:
    rows = store_of(site).read_issues().reset_index()
    return rows[rows["number"].notna()].to_dict("records")


def kept_photos(site: Site, issue_id: str) -> list[dict[str, Any]]:
    store = store_of(site)
    with store.database.reading() as connection:
        return photos(connection, store.tables, issue_id)


def test_a_report_is_a_photo_a_category_and_a_place(visit: Visit, site: Site) -> None:
    visitor = on_a_phone(visit, site)
    fill(visitor.page)
    visitor.page.locator("#send").click()
    receipt(visitor.page)
    (issue,) = reported(site)
    assert (issue["category"], issue["state"], issue["unit_id"]) == (GARBAGE, "reported", "u1")
    distance = distance_m(issue["geometry"], HERE)
    assert distance is not None
    assert distance < 1
    assert issue["accuracy_m"] == 7
    (photo,) = kept_photos(site, issue["issue_id"])
    assert (photo["by"], photo["geometry"]) == ("public", None)
    visitor.assert_clean()


def test_a_file_that_is_no_photo_is_said_to_be_none_at_once(visit: Visit, site: Site) -> None:
    page = on_a_phone(visit, site).page
    file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff and no more"}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("#note")).to_contain_text("no photo")
    expect(page.locator(".shot")).to_have_count(0)
    heic = {"name": "a.heic", "mimeType": "image/heic", "buffer": b"\0\0\0\x18ftypheic" + bytes(99)}
    page.locator("input[type=file]").set_input_files(heic)  # the service may read it
    expect(page.locator(".shot")).to_have_count(1)
    expect(page.locator("#note")).to_be_empty()


def test_the_cross_is_the_place_once_the_map_is_dragged(visit: Visit, site: Site) -> None:
    visitor = on_a_phone(visit, site, permissions=[])
    page = visitor.page
    page.locator(".chip", has_text=LAMP).click()
    page.locator("#send").click()
    expect(page.locator("#note")).to_have_text("Say where it is: on the map, or in words.")
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 10, steps=8)
    page.mouse.up()
    page.wait_for_selector(".chosen")
    page.locator("#send").click()
    receipt(page)
    (issue,) = reported(site)
    assert issue["category"] == LAMP
    distance = distance_m(issue["geometry"], spot(200, 100))  # the middle of the town's road
    assert distance is not None
    assert 0 < distance < 200
    visitor.assert_clean()


def test_a_category_is_found_by_the_letters_of_its_pinyin(visit: Visit, site: Site) -> None:
    page = on_a_phone(visit, site).page
    many = [f"类别{n}" for n in range(20)]
    page.evaluate(
        """async (many) => {
          const select = document.querySelector("select[name=category]");
          for (const name of many) select.add(new Option(name, name));
          const pick = document.querySelector("#pick");
          const { categories } = await import("/static/js/report/categories.js");
          categories({ pick, plain: document.querySelector("#plain"), words: {} });
        }""",
        many,
    )
    expect(page.locator(".chip")).to_have_count(8)
    page.locator("#find").fill("bllj")
    expect(page.locator(".chip")).to_have_text([GARBAGE])
    page.locator(".chip").click()
    page.locator("#find").fill("")
    expect(page.locator("select[name=category]")).to_have_value(GARBAGE)
    page.locator("#more").click()
    expect(page.locator(".chip")).to_have_count(22)


def test_without_scripts_the_form_gives_a_receipt_too(visit: Visit, site: Site) -> None:
    visitor = visit(site.address, "narrow", java_script_enabled=False)
    page = visitor.page
    page.goto(site.address + "/report")
    page.locator("select[name=category]").select_option(GARBAGE)
    page.locator("input[type=file]").set_input_files([PICTURE])
    page.locator("#send").click()
    expect(page.locator(".alert")).to_contain_text("A report needs a place")
    assert page.locator("select[name=category]").input_value() == GARBAGE
    page.locator("[name=address]").fill("中华路 3 号")
    page.locator("input[type=file]").set_input_files([PICTURE])
    page.locator("#send").click()
    expect(page.locator("#receipt")).to_have_text(CODE)
    (issue,) = reported(site)
    assert issue["address"] == "中华路 3 号"
    assert len(kept_photos(site, issue["issue_id"])) == 1
    page.locator("#follow").click()
    expect(page.locator("#state")).to_have_text("Received")


def test_without_a_network_the_report_waits_on_the_device(visit: Visit, site: Site) -> None:
    visitor = on_a_phone(visit, site)
    page = visitor.page
    fill(page)
    page.context.set_offline(True)
    page.locator("#send").click()
    expect(page.locator("#note")).to_contain_text("kept on this device")
    assert reported(site) == []
    page.context.set_offline(False)
    receipt(page)
    (issue,) = reported(site)
    assert len(kept_photos(site, issue["issue_id"])) == 1


def test_what_waited_is_sent_when_the_page_is_opened_again(visit: Visit, site: Site) -> None:
    visitor = on_a_phone(visit, site)
    page = visitor.page
    fill(page)
    page.route("**/api/v1/public/reports", lambda asked: asked.abort())
    page.locator("#send").click()
    expect(page.locator("#note")).to_contain_text("kept on this device")
    page.unroute("**/api/v1/public/reports")
    page.reload()
    expect(page.locator("#notices")).to_contain_text("has been sent")
    assert len(reported(site)) == 1
    page.reload()
    page.wait_for_load_state("networkidle")
    assert len(reported(site)) == 1


def test_an_answer_that_was_lost_does_not_make_a_second_report(visit: Visit, site: Site) -> None:
    page = on_a_phone(visit, site).page
    fill(page)

    def lose(asked: Any) -> None:
        asked.fetch()  # the service accepts it; the phone never hears of that
        asked.abort()

    page.route("**/api/v1/public/reports", lose)
    page.locator("#send").click()
    expect(page.locator("#note")).to_contain_text("kept on this device")
    page.unroute("**/api/v1/public/reports")
    page.locator("#send").click()
    receipt(page)
    assert len(reported(site)) == 1


def test_a_receipt_is_looked_up_and_a_refusal_says_why(visit: Visit, site: Site) -> None:
    visitor = on_a_phone(visit, site)
    page = visitor.page
    fill(page)
    page.locator("#send").click()
    code = receipt(page)
    (issue,) = reported(site)
    Acts(site.app.state.service.setting(OFFICE)).act(
        issue["issue_id"], Act("refuse", reason="<b>不在管理范围</b>")
    )
    visitor.open("/report/status")
    page.locator("[name=code]").fill(code.lower().replace("-", " "))
    page.locator("[name=code]").press("Enter")
    expect(page.locator("#state")).to_have_text("Not accepted")
    expect(page.locator(".progress .note")).to_have_text("<b>不在管理范围</b>")
    visitor.assert_clean()
    page.goto(f"{site.address}/report/status?code=ZZZZ-ZZZZ-ZZZZ-ZZZZ")
    expect(page.locator(".alert")).to_contain_text("no report under this code")


def test_the_page_asks_for_nothing_that_is_not_public(visit: Visit, site: Site) -> None:
    visitor = visit(site.address, "narrow")
    asked: list[str] = []
    visitor.page.on("request", lambda one: asked.append(one.url.removeprefix(site.address)))
    visitor.open("/report")
    allowed = ("/report", "/static/", "/api/v1/public/", "data:")
    assert [path for path in asked if not path.startswith(allowed)] == []
    text = visitor.page.content()
    assert not any(secret in text for secret in ("232701100001001", "市林业局", "第1网格"))
    visitor.assert_clean()


def test_receipts_are_forgotten_on_a_device_that_others_use(visit: Visit, site: Site) -> None:
    visitor = on_a_phone(visit, site)
    page = visitor.page
    fill(page)
    page.locator("#send").click()
    code = receipt(page)
    visitor.open("/report")
    expect(page.locator("#mine-list")).to_contain_text(code)
    page.locator("#forget").click()
    expect(page.locator("#mine")).to_be_hidden()
    visitor.open("/report")
    expect(page.locator("#mine")).to_be_hidden()


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_no_part_of_the_page_is_wider_than_the_window(visit: Visit, site: Site, width: str) -> None:
    visitor = visit(site.address, width)
    for path in ("/report", "/report/status?code=ZZZZ"):
        visitor.page.goto(site.address + path)
        visitor.page.wait_for_load_state("networkidle")
        wide = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
