"""Issues over HTTP: reported once, acted upon by whom they concern, told of to nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from geodata import crs
from geodata.turns import Turns
from tests.citizens import LAMP, ONE, TWO
from tests.closed_loop import (
    EAST,
    U2,
    U3,
    WEST,
    act,
    add_photo,
    desk,
    jpeg,
    ledger,
    phone,
    report,
    reported,
    spot,
)
from tests.people import client_of

PATH = "/api/v1/issues"
FIRST = "232701100001001"


def one(client: TestClient, issue_id: str) -> Any:
    return client.get(f"{PATH}/{issue_id}").json()


# --- Reporting ------------------------------------------------------------------------------------


def test_a_report_finds_its_grid_its_unit_and_its_deadline(loop: FastAPI) -> None:
    answer = report(phone(loop))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["grid"], told["unit_id"], told["unit_name"]) == (FIRST, "u1", "市林业局")
    assert (told["state"], told["rule"], told["condition"]) == ("dispatched", "grid", ONE)
    assert [step["rule"] for step in told["why"]] == ["grid", "division"]
    assert datetime.fromisoformat(told["due_at"]) > datetime.now(UTC)
    assert answer.headers["ETag"] == f'"{told["version"]}"'
    today = datetime.now(UTC).astimezone(loop.state.service.zone)
    assert told["number"] == f"{today:%Y%m%d}00001"


def test_a_report_sent_again_is_answered_as_before(loop: FastAPI) -> None:
    client, body = phone(loop), reported()
    first, again = (client.post(PATH, json=body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert again.json() == first.json()
    other = client.post(PATH, json=body | {"description": "另一处"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency")
    assert one(client, body["issue_id"])["issue"]["description"] == body["description"]
    assert ledger(client, mine=True)["matched"] == 1


def test_the_header_is_the_key_if_it_comes(loop: FastAPI) -> None:
    client, body = phone(loop), reported(issue_id=None)
    headers = {"Idempotency-Key": "a-key-of-the-phone"}
    sent = [client.post(PATH, json=body, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in sent] == [201, 200, 200]
    assert len({answer.json()["issue_id"] for answer in sent}) == 1
    theirs = phone(loop, U2).post(PATH, json=body, headers=headers)
    assert theirs.status_code == 201  # keys are each person's own


def test_an_id_that_another_issue_has_is_refused(loop: FastAPI) -> None:
    body = reported()
    phone(loop).post(PATH, json=body)
    answer = phone(loop, U2).post(PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("datum", "shift"),
    [
        ("gcj02", crs.wgs84_to_gcj02),
        ("bd09", lambda xy: crs.gcj02_to_bd09(crs.wgs84_to_gcj02(xy))),
    ],
)
def test_a_place_of_another_datum_is_kept_in_ours(loop: FastAPI, datum: str, shift: Any) -> None:
    true = spot(50, 170)
    lon, lat = shift([[true["lon"], true["lat"]]])[0]
    assert abs(lon - true["lon"]) > 0.003  # hundreds of metres
    client = phone(loop)
    key = report(client, place={"lon": lon, "lat": lat, "datum": datum}).json()["issue_id"]
    kept = one(client, key)["issue"]
    metre = 1 / 67_000  # of longitude, in degrees, at 53° N
    assert kept["lon"] == pytest.approx(true["lon"], abs=metre)
    assert kept["lat"] == pytest.approx(true["lat"], abs=metre)
    assert (kept["datum"], kept["grid"]) == (datum, FIRST)


def test_what_lies_in_no_grid_waits_for_the_office_of_that_place(loop: FastAPI) -> None:
    told = report(phone(loop), place=spot(350, 150)).json()
    assert (told["state"], told["grid"], told["unit_id"]) == ("filed", None, None)
    east = client_of(loop, "subdistrict_office", EAST)
    west = client_of(loop, "subdistrict_office", WEST)
    assert one(east, told["issue_id"])["issue"]["state"] == "filed"
    assert west.get(f"{PATH}/{told['issue_id']}").status_code == 404


def test_words_will_do_where_the_place_is_not_known(loop: FastAPI) -> None:
    client = phone(loop)
    told = report(client, place=None, address="中华路市场门口").json()
    assert (told["state"], told["grid"], told["why"]) == ("filed", None, [])
    nothing = report(client, place=None, description="  ")
    assert (nothing.status_code, nothing.json()["code"]) == (422, "invalid")


def test_a_category_with_several_conditions_waits_until_one_is_chosen(loop: FastAPI) -> None:
    told = report(phone(loop), category=LAMP, condition=None).json()
    assert (told["state"], told["due_at"], told["condition"]) == ("reported", None, None)
    chosen = report(phone(loop), category=LAMP, condition=TWO).json()
    assert (chosen["state"], chosen["condition"]) == ("dispatched", TWO)


def test_what_was_set_right_on_the_spot_waits_for_reinspection(loop: FastAPI) -> None:
    assert report(phone(loop), fixed=True).json()["state"] == "rectified"
    theirs = report(phone(loop), fixed=True, place=spot(50, 50)).json()
    assert (theirs["unit_id"], theirs["state"]) == ("u2", "dispatched")


def test_the_clock_of_a_phone_is_believed_within_reason(loop: FastAPI) -> None:
    client = phone(loop)
    yesterday = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)
    told = report(client, reported_at=yesterday.isoformat()).json()
    assert datetime.fromisoformat(told["reported_at"]) == yesterday
    for wrong in ("2099-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"):
        late = report(client, reported_at=wrong).json()
        at = datetime.fromisoformat(late["reported_at"])
        assert yesterday + timedelta(hours=23) < at <= datetime.now(UTC)
        assert one(client, late["issue_id"])["events"][0]["details"]["clock_not_believed"] is True


@pytest.mark.parametrize(
    "more",
    [
        {"channel": "pigeon"},
        {"condition": "2026-01-9999"},
        {"description": "长" * 5000},
        {"description": "\x00"},
        {"address": "路\x00口"},
        {"category": "\x00", "condition": None},
        {"reported_at": "2026-11-22T08:00:00"},
        {"severity": 3},
        {"issue_id": "short"},
        {"issue_id": "../../etc/passwd"},
        {"place": {"lon": 181.0, "lat": 52.9}},
        {"place": {"lon": "122.5", "lat": "52.9"}},
        {"place": {"lon": 122.5, "lat": 52.9, "datum": "火星"}},
        {"place": {"lon": 122.5, "lat": 52.9, "accuracy_m": -1}},
        {"place": {"lon": 122.5}},
        {"unit_id": "u2"},
        {"category": "x" * 101, "condition": None},
        {"category": " ", "condition": None},
        {"fixed": "perhaps"},
    ],
)
def test_a_report_that_cannot_be_is_refused(loop: FastAPI, more: dict[str, Any]) -> None:
    client = phone(loop)
    answer = report(client, **more)
    assert answer.status_code == 422, answer.text
    assert ledger(client, mine=True)["matched"] == 0


@pytest.mark.parametrize(
    "body",
    [
        b'{"category": "a", "place": {"lon": NaN, "lat": 52.9}}',
        b'{"category": "a", "place": {"lon": 1e400, "lat": 52.9}}',
        b'{"category": "a", "place": {"lon": 122.5, "lat": -Infinity}}',
        b'{"category": "a", "place": {"lon": 122.5, "lat": 52.9, "accuracy_m": 1e999}}',
        b'{"category": "a", "description": "\\ud800"}',
        b'{"category": "a"',
        b"[" * 100_000,
        b"\xff\xfe",
        b"null",
        b"[]",
        b"",
    ],
)
def test_a_body_that_is_no_report_is_refused(loop: FastAPI, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = phone(loop).post(PATH, content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_who_finds_the_register_busy_is_told_when_to_come_again(
    loop: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, sent = phone(loop), reported()
    monkeypatch.setattr(Turns, "acquire", lambda *_, **__: False)  # others write all the while
    answer = client.post(PATH, json=sent)
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) > 0
    monkeypatch.undo()
    assert client.post(PATH, json=sent).status_code == 201


def test_text_is_kept_as_it_was_written(loop: FastAPI) -> None:
    client, words = phone(loop), "<script>alert(1)</script>\n=1+1 '; DROP TABLE issues;-- 🌲"
    key = report(client, description=words).json()["issue_id"]
    assert one(client, key)["issue"]["description"] == words


def test_nobody_reports_without_signing_in_nor_an_auditor(loop: FastAPI) -> None:
    stranger = TestClient(loop, base_url="http://127.0.0.1")
    assert report(stranger).status_code == 401
    assert report(client_of(loop, "auditor")).status_code == 403


# --- Acting ---------------------------------------------------------------------------------------


def test_an_issue_goes_from_its_report_to_its_close(loop: FastAPI) -> None:
    key = report(phone(loop)).json()["issue_id"]
    inspector = client_of(loop, "inspector")
    assert act(desk(loop), key, "accept").json()["state"] == "accepted"
    place = spot(52, 171)
    sent = add_photo(
        phone(loop), key, "after-001", jpeg(1), kind="after", lon=place["lon"], lat=place["lat"]
    )
    assert sent.json()["distance_m"] == pytest.approx(2.24, abs=0.05)
    assert act(phone(loop), key, "rectify").json()["state"] == "rectified"
    assert act(inspector, key, "reinspect").json()["state"] == "reinspected"
    closed = act(inspector, key, "close_out")
    assert closed.json()["state"] == "closed_out", closed.text
    told = one(inspector, key)
    acts = [event["act"] for event in told["events"]]
    assert acts == ["report", "file", "dispatch", "accept", "rectify", "reinspect", "close_out"]
    assert told["version"] == closed.json()["version"]
    assert told["issue"]["closed_at"] is not None


def test_a_close_needs_a_photo_of_it_set_right_near_the_place(loop: FastAPI) -> None:
    client, inspector = phone(loop), client_of(loop, "inspector")
    key = report(client, fixed=True).json()["issue_id"]
    act(inspector, key, "reinspect")
    assert act(inspector, key, "close_out").status_code == 422
    far = spot(50, 470)
    add_photo(client, key, "far-00001", jpeg(1), kind="after", lon=far["lon"], lat=far["lat"])
    refused = act(inspector, key, "close_out")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert one(inspector, key)["issue"]["state"] == "reinspected"


def test_who_does_not_say_what_they_have_seen_is_refused(loop: FastAPI) -> None:
    key = report(phone(loop)).json()["issue_id"]
    assert act(desk(loop), key, "accept", seen=None).status_code == 428
    assert act(desk(loop), key, "accept", seen="W/4").status_code == 400
    assert one(desk(loop), key)["issue"]["state"] == "dispatched"


def test_the_second_of_two_is_told_what_the_first_did(loop: FastAPI) -> None:
    told = report(phone(loop)).json()
    key, seen = told["issue_id"], f'"{told["version"]}"'
    assert act(desk(loop), key, "accept", seen).status_code == 200
    late = act(client_of(loop, "city_office"), key, "escalate", seen, reason="群众反映强烈")
    assert (late.status_code, late.json()["code"]) == (412, "overtaken")
    (change,) = late.json()["changes"]
    assert (change["action"], change["target"]) == ("accept", key)
    assert (change["who"], change["unit_id"]) == ("unit_coordinator-unit-u1", "u1")
    now = f'"{late.json()["seen"]}"'
    again = act(client_of(loop, "city_office"), key, "escalate", now, reason="群众反映强烈")
    assert again.status_code == 200
    assert one(desk(loop), key)["issue"]["level"] == 1


def test_an_act_sent_again_is_done_once(loop: FastAPI) -> None:
    key = report(phone(loop)).json()["issue_id"]
    client = desk(loop)
    first, again = (act(client, key, "note", act_id="act-0001", reason="已到现场") for _ in "12")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = act(client, key, "note", act_id="act-0001", reason="又一句")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency")
    notes = [event for event in one(client, key)["events"] if event["act"] == "note"]
    assert [note["reason"] for note in notes] == ["已到现场"]


def test_an_act_is_refused_in_another_state_to_another_and_without_its_needs(
    loop: FastAPI,
) -> None:
    key = report(phone(loop)).json()["issue_id"]
    wrong = act(client_of(loop, "inspector"), key, "reinspect")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "conflict")
    assert "“Dispatched”" in wrong.json()["detail"]
    assert act(client_of(loop, "inspector"), key, "accept").status_code == 403
    lacking = act(desk(loop), key, "return")
    assert (lacking.status_code, lacking.json()["code"]) == (422, "invalid")
    assert "Reason" in lacking.json()["detail"]
    assert act(desk(loop), key, "dance").status_code == 422
    assert act(desk(loop), key, "report").status_code == 422
    assert act(client_of(loop, "auditor"), key, "note", reason="x").status_code == 403
    assert act(desk(loop, U2), key, "accept").status_code == 404
    assert len(one(desk(loop), key)["events"]) == 3


def test_an_issue_that_is_moved_finds_its_unit_anew(loop: FastAPI) -> None:
    client = phone(loop)
    key = report(client).json()["issue_id"]
    assert act(client, key, "move", place=spot(50, 50)).status_code == 200
    told = one(client, key)
    assert (told["issue"]["grid"], told["issue"]["unit_id"]) == ("232701100001003", "u2")
    before = told["events"][-1]["details"]["before"]
    assert (before["grid"], before["unit_id"]) == (FIRST, "u1")


def test_many_issues_are_acted_upon_together_or_not_at_all(loop: FastAPI) -> None:
    office = client_of(loop, "city_office")
    keys = [report(phone(loop), place=spot(x, 170)).json()["issue_id"] for x in (20, 50, 80)]
    act(desk(loop), keys[1], "rectify")
    body = {"issue_ids": keys, "act": "escalate", "reason": "限期办结"}
    refused = office.post(f"{PATH}/acts", json=body)
    assert refused.status_code == 422
    assert [fault["value"] for fault in refused.json()["errors"]] == [keys[1]]
    assert [one(office, key)["issue"]["level"] for key in keys] == [None, None, None]
    done = office.post(f"{PATH}/acts", json=body | {"issue_ids": [keys[0], keys[2], keys[0]]})
    assert done.status_code == 200
    assert set(done.json()["versions"]) == {keys[0], keys[2]}
    assert [one(office, key)["issue"]["level"] for key in keys] == [1, None, 1]
    foreign = desk(loop, U2).post(f"{PATH}/acts", json=body)
    assert foreign.status_code == 404
    assert office.post(f"{PATH}/acts", json=body | {"issue_ids": []}).status_code == 422


# --- Reading --------------------------------------------------------------------------------------


def test_a_foreign_issue_is_as_if_it_were_not_there(loop: FastAPI) -> None:
    key = report(phone(loop)).json()["issue_id"]
    other = desk(loop, U3)
    foreign, absent = (other.get(f"{PATH}/{name}") for name in (key, "x" * len(key)))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    same = {"detail", "instance"}
    told, none = foreign.json(), absent.json()
    assert {k: v for k, v in told.items() if k not in same} == {
        k: v for k, v in none.items() if k not in same
    }
    assert told["detail"] == none["detail"].replace("x" * len(key), key)
    assert key not in {row["issue_id"] for row in ledger(other)["issues"]}
    assert one(client_of(loop, "leader", WEST), key)["issue"]["issue_id"] == key


def test_an_issue_is_found_by_its_number_and_says_what_may_be_done(loop: FastAPI) -> None:
    told = report(phone(loop)).json()
    found = one(desk(loop), told["number"])
    assert found["issue"]["issue_id"] == told["issue_id"]
    assert (found["light"], found["version"]) == ("green", told["version"])
    needs = {row["act"]: row["needs"] for row in found["allowed"]}
    assert (needs["accept"], needs["return"]) == ([], ["reason"])
    assert "dispatch" not in needs
    assert "publish" in {
        row["act"] for row in one(client_of(loop, "city_office"), told["number"])["allowed"]
    }


def test_a_deadline_says_whether_it_counts_unannounced_holidays(loop: FastAPI) -> None:
    client = phone(loop)
    issue = report(client).json()["issue_id"]
    told = client.get(f"/api/v1/issues/{issue}").json()["issue"]
    due, city = datetime.fromisoformat(told["due_at"]), loop.state.service.calendar
    assert told["due_provisional"] is city.guesses(due, told["limit_kind"])
