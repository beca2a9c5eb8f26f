"""The page of one issue: what its reader may do, and is told when it is refused."""

from __future__ import annotations

import re

from fastapi import FastAPI

from gridmap.issues.arrows import ARROWS
from tests.closed_loop import EAST, U2, act, jpeg, spot
from tests.people import client_of
from tests.web.fakes import PAYLOADS
from tests.web.issue_town import (
    ONE,
    closed,
    coordinator,
    did,
    issue_of,
    nameless,
    office,
    seen_of,
    state_of,
    text_of,
)


def test_an_issue_tells_why_its_unit_answers_and_what_happened(loop: FastAPI) -> None:
    issue_id = closed(loop)
    text = text_of(office(loop).get(f"/issues/{issue_id}").text)
    assert "市林业局" in text
    assert "Grid 第1网格 Division 向阳社区" in text
    for done in ("Report", "File it", "Dispatch", "Take on", "Report it set right", "Close out"):
        assert done in text
    assert "The nearest photo was taken 10 m from the place." in text
    assert "Before it was set right" in text
    assert text.index("Close out") < text.index("Reinspection passed")  # the last stands first


def test_the_form_of_each_act_has_exactly_what_it_needs(loop: FastAPI) -> None:
    issue_id = nameless(loop)
    page = office(loop).get(f"/issues/{issue_id}").text
    forms = re.findall(r'(?s)<details class="act-fold (\w+)"( open)?.*?</details>', page)
    assert forms[0] == ("file", " open")
    assert [act for act, opened in forms if opened] == ["file"]
    bodies = dict(re.findall(r'(?s)<details class="act-fold (\w+)".*?(<form.*?</form>)', page))
    fields = {"condition": "condition", "unit": "unit_id", "into": "into", "more": "more"}
    for name, body in bodies.items():
        needs = set(ARROWS[name].needs)
        named = set(re.findall(r'name="(\w+)"', body))
        assert {need for need, field in fields.items() if field in named} == needs & set(fields)
        assert ({"lon", "lat"} <= named) == ("place" in needs)
        required = re.search(r'name="reason"[^>]*required', body) is not None
        assert required == ("reason" in needs)


def test_an_office_files_and_dispatches_by_the_forms(loop: FastAPI) -> None:
    issue_id, client = nameless(loop), office(loop)
    sent = {"act": "file", "condition": ONE, "seen": seen_of(client, issue_id)}
    done = client.post(f"/issues/{issue_id}/acts", data=sent, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"/issues/{issue_id}?done=file")
    page = client.get(done.headers["location"]).text
    assert "The issue: was filed." in page
    assert "4 working hours" in page
    sent = {"act": "dispatch", "unit_id": "u2", "seen": seen_of(client, issue_id)}
    client.post(f"/issues/{issue_id}/acts", data=sent)
    assert state_of(client, issue_id) == "dispatched"
    assert "To be taken on 1" in text_of(coordinator(loop, U2).get("/tasks").text)


def test_what_is_refused_is_said_beside_its_form_and_what_was_typed_stays(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop), coordinator(loop)
    seen = seen_of(client, issue_id)
    sent = {"act": "ask_extension", "reason": "备件未到", "more": "900", "seen": seen}
    answer = client.post(f"/issues/{issue_id}/acts", data=sent)
    assert answer.status_code == 422
    form = re.search(r'(?s)<details class="act-fold ask_extension" open.*?</details>', answer.text)
    assert form is not None
    assert "An extension may be as long as the limit itself" in form[0]
    assert 'value="900"' in form[0]
    assert "备件未到" in form[0]
    assert (
        "is not a number"
        in client.post(f"/issues/{issue_id}/acts", data=sent | {"more": "很久"}).text
    )


def test_who_was_overtaken_is_told_and_shown_the_issue_as_it_is_now(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop), coordinator(loop)
    seen = seen_of(client, issue_id)
    did(office(loop), issue_id, "suspend", reason="等待施工")
    sent = {"act": "accept", "seen": seen}
    answer = client.post(f"/issues/{issue_id}/acts", data=sent)
    assert answer.status_code == 412
    assert "in the meantime" in answer.text
    assert "等待施工" in answer.text
    assert state_of(client, issue_id) == "suspended"


def test_the_office_decides_on_more_time_with_what_was_asked_for(loop: FastAPI) -> None:
    issue_id = issue_of(loop)
    did(coordinator(loop), issue_id, "ask_extension", reason="备件未到", more=2.0)
    page = office(loop).get(f"/issues/{issue_id}").text
    first = re.search(r'(?s)<details class="act-fold grant_extension" open.*?</details>', page)
    assert first is not None
    assert re.search(r'name="more"[^>]*value="2"', first[0])
    assert "More time asked for" in text_of(page)


def test_a_photo_that_comes_with_an_act_is_kept_as_of_after(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop), coordinator(loop)
    answer = client.post(
        f"/issues/{issue_id}/acts",
        data={"act": "rectify", "seen": seen_of(client, issue_id)},
        files={"photo": ("a.jpg", jpeg(3), "image/jpeg")},
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    [photo] = client.get(f"/api/v1/issues/{issue_id}").json()["photos"]
    assert photo["kind"] == "after"
    page = client.get(f"/issues/{issue_id}").text
    assert f"/api/v1/photos/{photo['photo_id']}?size=thumb" in page
    assert "position unknown" in page


def test_an_empty_file_field_is_no_photo_and_a_text_is_none(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop), coordinator(loop)
    path = f"/issues/{issue_id}/photos"
    files = {"photo": ("a.jpg", b"not a photo", "image/jpeg")}
    refused = client.post(path, data={"kind": "before"}, files=files)
    assert refused.status_code in (415, 422)
    assert 'role="alert"' in refused.text
    # as browsers send a file field into which nothing was put
    part = 'Content-Disposition: form-data; name="{}"\r\n'
    fields = part.format("act") + "\r\naccept\r\n--x\r\n"
    fields += part.format('photo"; filename="') + "Content-Type: application/octet-stream\r\n\r\n"
    sent = client.post(
        f"/issues/{issue_id}/acts",
        content=f"--x\r\n{fields}\r\n--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert sent.status_code == 200, text_of(sent.text)
    assert state_of(client, issue_id) == "accepted"
    assert client.get(f"/api/v1/issues/{issue_id}").json()["photos"] == []


def test_a_corrected_place_finds_grid_and_unit_anew(loop: FastAPI) -> None:
    issue_id, client = nameless(loop), office(loop)
    assert "No place was given" in client.get(f"/issues/{issue_id}").text
    at = spot(50, 50)
    sent = {"act": "move", "lon": str(at["lon"]), "lat": str(at["lat"])}
    client.post(f"/issues/{issue_id}/acts", data=sent | {"seen": seen_of(client, issue_id)})
    issue = client.get(f"/api/v1/issues/{issue_id}").json()["issue"]
    assert (issue["grid"], issue["unit_id"]) == ("232701100001003", "u2")
    for wrong in ({"lon": "999", "lat": "1"}, {"lon": "", "lat": ""}, {"lon": "a", "lat": "b"}):
        answer = client.post(f"/issues/{issue_id}/acts", data={"act": "move", **wrong})
        assert answer.status_code == 422


def test_issues_are_merged_by_the_number_that_people_know(loop: FastAPI) -> None:
    first, client = issue_of(loop), office(loop)
    second = issue_of(loop, place=spot(52, 170))
    page = client.get(f"/issues/{second}").text
    assert "May be the same" in page
    number = client.get(f"/api/v1/issues/{first}").json()["issue"]["number"]
    assert f'name="into" value="{number}"' in page
    client.post(f"/issues/{second}/acts", data={"act": "merge", "into": number})
    assert state_of(client, second) == "merged"
    assert "Merged into this one" in client.get(f"/issues/{first}").text
    missing = client.post(f"/issues/{first}/acts", data={"act": "merge", "into": "20200101"})
    assert missing.status_code == 404


def test_an_issue_without_photo_and_with_a_long_story_is_still_shown(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop, description="长" * 3000), office(loop)
    for n in range(40):
        did(client, issue_id, "note", reason=f"第{n}次回访")
    page = client.get(f"/issues/{issue_id}").text
    assert page.count("<blockquote>") == 40
    assert "Nobody has sent a photo." in page
    assert page.index("第39次回访") < page.index("第0次回访")


def test_the_map_of_an_issue_shows_only_what_is_around_it(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop), office(loop)
    drawn = client.get(f"/issues/{issue_id}/ground.json").json()["features"]
    assert "232701100001001" in {one["id"] for one in drawn}
    assert {one["properties"]["layer"] for one in drawn} == {"grids", "roads"}
    assert (
        client_of(loop, "subdistrict_office", EAST)
        .get(f"/issues/{issue_id}/ground.json")
        .status_code
        == 404
    )


def test_words_of_people_are_text_on_every_page(loop: FastAPI) -> None:
    for payload in PAYLOADS:
        issue_id = issue_of(loop, description=payload, address=payload, place=spot(50, 170))
        act(office(loop), issue_id, "note", reason=payload)
    pages = ["/issues", "/tasks", f"/issues/{issue_id}", "/review"]
    for path in pages:
        page = office(loop).get(path).text
        assert "<img src=x" not in page
        assert "<svg onload" not in page
        assert "<script>window.__xss" not in page
