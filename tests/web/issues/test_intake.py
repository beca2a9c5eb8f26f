"""Tasks, the hotline and the review of citizens' reports."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from gridmap.access import Scope
from tests.closed_loop import U2, jpeg, report, spot
from tests.people import client_of
from tests.web.issue_town import (
    GARBAGE,
    ONE,
    coordinator,
    did,
    inspector,
    issue_of,
    leader,
    nameless,
    office,
    text_of,
)

# --- Tasks ----------------------------------------------------------------------------------------


def test_tasks_are_those_of_the_readers_role(loop: FastAPI) -> None:
    waiting, back, done = nameless(loop), issue_of(loop), issue_of(loop, place=spot(20, 110))
    did(coordinator(loop), back, "return", reason="不归我们")
    did(coordinator(loop), done, "accept")
    did(coordinator(loop), done, "rectify")
    issue_of(loop, place=spot(80, 190))
    told = text_of(office(loop).get("/tasks").text)
    for line in ("To be filed 1", "To be ruled on 1", "To be dispatched 0"):
        assert line in told
    page = office(loop).get("/tasks").text
    assert f'href="/issues/{waiting}"' in page
    assert "To be reinspected 1" in text_of(inspector(loop).get("/tasks").text)
    own = text_of(coordinator(loop).get("/tasks").text)
    assert "To be taken on 1" in own
    assert "To be filed" not in own
    assert "Nothing is waiting" in coordinator(loop, U2).get("/tasks").text
    assert "Overdue" in leader(loop).get("/tasks").text


def test_each_list_of_tasks_leads_to_just_its_issues_in_the_ledger(two: FastAPI) -> None:
    client = coordinator(two)
    page = client.get("/tasks").text
    panel = re.search(r'(?s)id="accept">.*?</section>', page)
    assert panel is not None
    href = re.search(r'href="(/issues\?[^"]+)"', panel[0])
    assert href is not None
    assert len(re.findall(r"<tr data-issue=", client.get(href[1].replace("&amp;", "&")).text)) == 1


# --- The hotline ----------------------------------------------------------------------------------


def call_of(page: str) -> str:
    found = re.search(r'name="issue_id" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_clerk_takes_a_call_down_and_reads_its_number_to_the_caller(loop: FastAPI) -> None:
    client = office(loop)
    at = spot(50, 170)
    sent = {
        "issue_id": call_of(client.get("/hotline").text),
        "description": "桶外垃圾三天没人收",
        "category": GARBAGE,
        "condition": ONE,
        "address": "中心市场",
        "lon": str(at["lon"]),
        "lat": str(at["lat"]),
        "source": "address",
    }
    done = client.post("/hotline", data=sent)
    number = re.search(r'taken-number num">(\d{13})<', done.text)
    assert number is not None
    assert "市林业局" in text_of(done.text)
    again = client.post("/hotline", data=sent)
    assert f">{number[1]}<" in again.text
    found = client.get("/api/v1/issues", params={"channel": "hotline", "open": True}).json()
    assert [one["number"] for one in found["issues"]] == [number[1]]
    assert found["issues"][0]["state"] == "dispatched"


def test_a_call_without_place_or_words_is_refused_and_the_form_kept(loop: FastAPI) -> None:
    client = office(loop)
    sent = {"issue_id": call_of(client.get("/hotline").text), "category": "没人听懂的类别"}
    answer = client.post("/hotline", data=sent)
    assert answer.status_code == 422
    assert "A report needs a place, or words that tell of it." in answer.text
    assert 'value="没人听懂的类别"' in answer.text
    assert call_of(answer.text) == sent["issue_id"]


def test_places_of_ours_are_found_by_name_and_pinyin_with_where_they_are(loop: FastAPI) -> None:
    client = office(loop)
    for q in ("中心市场", "zxsc"):
        [found] = client.get("/hotline/places.json", params={"q": q}).json()["places"]
        at = spot(30, 150)
        assert found["name"] == "中心市场"
        assert (found["lon"], found["lat"]) == pytest.approx((at["lon"], at["lat"]), abs=2e-6)
    [road] = client.get("/hotline/places.json", params={"q": "中华路"}).json()["places"]
    at = spot(200, 100)  # half of 400 m along
    assert (road["lon"], road["lat"]) == pytest.approx((at["lon"], at["lat"]), abs=3e-6)
    assert client.get("/hotline/places.json", params={"q": "市林业局"}).json()["places"] == []


def test_the_clerk_hears_at_once_who_answers_and_what_was_reported_nearby(loop: FastAPI) -> None:
    client, at = office(loop), spot(51, 171)
    place = {"lon": at["lon"], "lat": at["lat"], "category": GARBAGE}
    before = text_of(client.get("/hotline/here", params=place).text)
    assert "市林业局" in before
    assert "Grid 第1网格" in before
    assert "Nothing like it is open nearby." in before
    issue_id = issue_of(loop)
    after = client.get("/hotline/here", params=place).text
    assert f"/issues/{issue_id}" in after
    nobody = client.get("/hotline/here", params=spot(150, 50)).text
    assert "Nobody answers for this place" in nobody


# --- The review of citizens' reports --------------------------------------------------------------


def test_citizens_reports_wait_until_somebody_has_looked_at_them(loop: FastAPI) -> None:
    sent = {"channel": "citizen_app", "condition": None, "category": "乱堆乱放"}
    first = report(client_of(loop, "field_staff", Scope("unit", "u1")), **sent).json()["issue_id"]
    client = office(loop)
    page = client.get("/review")
    assert "To be looked at 1" in text_of(page.text)
    assert f'action="/issues/{first}/acts"' in page.text
    assert 'act-fold move"' not in page.text
    done = client.post(
        f"/issues/{first}/acts",
        data={"act": "file", "condition": ONE, "back": "review"},
        follow_redirects=False,
    )
    assert done.headers["location"] == "/review?done=file"
    after = text_of(client.get("/review?done=file").text)
    assert "The report: was filed." in after
    assert "No report is waiting" in after
    assert "In work 1" in text_of(client.get("/review?show=taken").text)


def test_a_photo_is_blurred_where_boxes_are_drawn_and_then_has_a_public_version(
    loop: FastAPI,
) -> None:
    sent = {"channel": "citizen_app", "condition": None, "category": "乱堆乱放"}
    staff = client_of(loop, "field_staff", Scope("unit", "u1"))
    issue_id = report(staff, **sent).json()["issue_id"]
    client = office(loop)
    files = {"photo": ("a.jpg", jpeg(7), "image/jpeg")}
    client.post(f"/issues/{issue_id}/photos", data={"kind": "before"}, files=files)
    page = client.get("/review").text
    [photo] = re.findall(r'data-photo="([^"]+)"', page)
    assert "No public version yet" in page
    boxes = {"boxes": [[0.1, 0.1, 0.4, 0.5]]}
    assert client.post(f"/api/v1/photos/{photo}/redactions", json=boxes).status_code == 200
    assert "A public version is kept" in client.get("/review").text
