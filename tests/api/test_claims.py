"""Claims over HTTP: a unit asks, an office decides, and the second of two is told."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from gridmap.access import Scope
from tests.people import client_of
from tests.registers import town_register

WEST, EAST = "232701100001", "232701100002"
FREE, FAR = f"{WEST}004", f"{EAST}007"
HELD = f"{WEST}001"
DAY = "2026-07-01"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="en"))


@pytest.fixture
def unit(app: FastAPI) -> TestClient:
    return client_of(app, "unit_coordinator", Scope("unit", "u2"))


@pytest.fixture
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def claim(client: TestClient, target: str, unit_id: str = "u2", **more: Any) -> Any:
    asked = {"target_kind": more.pop("kind", "grid"), "target": target}
    body = {"unit_id": unit_id, "targets": [asked], "since": DAY, **more}
    return client.post("/api/v1/claims", json=body, headers={"If-Match": "*"})


def claimed(client: TestClient, target: str, **more: Any) -> str:
    answer = claim(client, target, **more)
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["claims"][0]["claim_id"]
    return key


def decide(client: TestClient, key: str, act: str, at: Any = "*", **body: Any) -> Any:
    tag = at if at == "*" else f'"{at}"'
    return client.post(f"/api/v1/claims/{key}/{act}", json=body, headers={"If-Match": tag})


def holders(client: TestClient, grid: str, day: str = "2026-07-02") -> list[str]:
    asked = {"target": grid, "as_of": day, "tier": "responsible"}
    rows = client.get("/api/v1/assignments", params=asked).json()["assignments"]
    return [row["unit_id"] for row in rows]


def free(client: TestClient, **asked: str) -> list[str]:
    found = client.get("/api/v1/claims/unclaimed", params=asked).json()
    return [row["target"] for row in found["targets"]]


def test_a_unit_asks_and_the_office_sees_who_asked_for_what(
    unit: TestClient, office: TestClient
) -> None:
    claimed(unit, FREE, reason="相邻")
    (row,) = office.get("/api/v1/claims", params={"state": "proposed"}).json()["claims"]
    assert (row["unit_name"], row["target_name"], row["since"]) == ("市教育局", "第4网格", DAY)
    assert (row["reason"], row["asked_by"], row["decided_by"]) == (
        "相邻",
        "unit_coordinator-unit-u2",
        None,
    )
    assert row["holders"] == []
    assert holders(office, FREE) == []


def test_an_accepted_claim_is_an_assignment_of_the_same_entry(
    unit: TestClient, office: TestClient
) -> None:
    answer = decide(office, claimed(unit, FREE), "accept", source="创城办〔2026〕9号")
    assert answer.status_code == 200
    body = answer.json()
    assert body["claims"][0]["state"] == "accepted"
    assert (body["added"]["target"], body["added"]["unit_id"]) == ([FREE], ["u2"])
    assert holders(office, FREE) == ["u2"]
    past = office.get(f"/api/v1/targets/grid/{FREE}/history").json()["rows"]
    assert (past[0]["entry"], past[0]["source"]) == (body["entry"], "创城办〔2026〕9号")


def test_a_refusal_says_why_or_is_none(unit: TestClient, office: TestClient) -> None:
    key = claimed(unit, FREE)
    assert decide(office, key, "refuse", reason="  ").status_code == 422
    assert decide(office, key, "refuse").status_code == 422
    assert decide(office, key, "refuse", reason="已另有安排").status_code == 200
    (row,) = unit.get("/api/v1/claims").json()["claims"]
    assert (row["state"], row["reason"]) == ("refused", "已另有安排")
    assert (row["decided_by"], holders(office, FREE)) == ("city_office-city", [])


def test_a_target_that_another_unit_holds_is_given_only_if_asked_to_be_taken_over(
    unit: TestClient, office: TestClient
) -> None:
    key = claimed(unit, HELD)
    assert office.get("/api/v1/claims").json()["claims"][0]["holders"] == ["市林业局"]
    refused = decide(office, key, "accept")
    assert (refused.status_code, refused.json()["holders"]) == (409, {HELD: "u1"})
    assert unit.get("/api/v1/claims").json()["claims"][0]["state"] == "proposed"
    assert decide(office, key, "accept", take_over=True).status_code == 200
    assert (holders(office, HELD, "2026-06-30"), holders(office, HELD)) == (["u1"], ["u2"])


def test_a_claim_is_accepted_for_a_later_day_but_not_for_a_sooner_one(
    unit: TestClient, office: TestClient
) -> None:
    key = claimed(unit, FREE)
    assert decide(office, key, "accept", since="2026-06-30").status_code == 422
    assert decide(office, key, "accept", since="2026-08-01").status_code == 200
    assert (holders(office, FREE, "2026-07-31"), holders(office, FREE, "2026-08-01")) == (
        [],
        ["u2"],
    )


def test_nobody_asks_in_the_name_of_another_unit(unit: TestClient, office: TestClient) -> None:
    assert claim(unit, FREE, "u1").status_code == 403
    assert claim(unit, FREE, "nobody").status_code == 403
    assert claim(office, FREE).status_code == 403
    assert office.get("/api/v1/claims").json()["claims"] == []


def test_field_staff_of_another_unit_do_not_speak_for_it(app: FastAPI) -> None:
    assert claim(client_of(app, "field_staff", Scope("unit", "u2")), FREE).status_code == 403


def test_a_unit_withdraws_what_it_asked_for_and_nothing_else(
    app: FastAPI, unit: TestClient, office: TestClient
) -> None:
    other = client_of(app, "unit_coordinator", Scope("unit", "u3"))
    key = claimed(unit, FREE)
    assert decide(other, key, "withdraw").status_code == 404
    assert decide(office, key, "withdraw").status_code == 403
    assert decide(unit, key, "withdraw").status_code == 200
    assert decide(office, key, "accept").status_code == 409
    assert FREE in free(unit)


def test_who_holds_a_target_sees_the_claim_on_it_but_cannot_withdraw_it(
    app: FastAPI, unit: TestClient
) -> None:
    key = claimed(unit, HELD)
    holder = client_of(app, "unit_coordinator", Scope("unit", "u1"))
    (row,) = holder.get("/api/v1/claims").json()["claims"]
    assert row["unit_name"] == "市教育局"
    assert decide(holder, key, "withdraw").status_code == 403


def test_a_coordinator_sees_what_is_free_in_the_whole_city_by_name_only(unit: TestClient) -> None:
    assert unit.get(f"/api/v1/grids/{FAR}").status_code == 404
    rows = unit.get("/api/v1/claims/unclaimed").json()["targets"]
    assert [row["target"] for row in rows] == [FREE, FAR, "s1", "c1"]
    grid, point = rows[1], rows[2]
    assert grid == {
        "target_kind": "grid",
        "target": FAR,
        "name": "第7网格",
        "parent": EAST,
        "parent_name": "北山社区",
        "area_m2": pytest.approx(10_000, rel=2e-3),
    }
    assert (point["name"], point["parent_name"], point["area_m2"]) == ("第一小学", "北山社区", None)


def test_what_is_free_is_found_by_name_community_pinyin_and_code(unit: TestClient) -> None:
    assert free(unit, q="第7") == [FAR]
    assert free(unit, q="北山") == [FAR, "s1"]
    assert free(unit, q="dyxx") == ["s1"]
    assert free(unit, q=WEST) == [FREE]
    assert free(unit, kind="compound") == ["c1"]
    assert free(unit, q="没有") == []


def test_what_is_asked_for_is_not_free_any_more(unit: TestClient, office: TestClient) -> None:
    key = claimed(unit, FREE)
    assert FREE not in free(office)
    decide(office, key, "refuse", reason="否")
    assert FREE in free(office)
    decide(office, claimed(unit, FREE), "accept")
    assert FREE not in free(office)


def test_points_and_compounds_are_claimed_and_roads_are_not(
    unit: TestClient, office: TestClient
) -> None:
    assert decide(office, claimed(unit, "s1", kind="inspection_point"), "accept").status_code == 200
    assert decide(office, claimed(unit, "c1", kind="compound"), "accept").status_code == 200
    assert claim(unit, "r1", kind="road_segment").status_code == 422
    assert free(unit) == [FREE, FAR]


def test_an_office_decides_only_where_it_may(app: FastAPI, unit: TestClient) -> None:
    west = client_of(app, "subdistrict_office", Scope("division", WEST))
    outside, inside = claimed(unit, FAR), claimed(unit, FREE)
    assert [row["claim_id"] for row in west.get("/api/v1/claims").json()["claims"]] == [inside]
    for act, body in (("accept", {}), ("refuse", {"reason": "否"})):
        hidden = decide(west, outside, act, **body).json()
        nowhere = decide(west, "C0", act, **body).json()
        assert (hidden["status"], nowhere["status"]) == (404, 404)
        assert hidden["detail"] == nowhere["detail"].replace("C0", outside)
    assert decide(west, inside, "accept").status_code == 200


@pytest.mark.parametrize("role", ["leader", "inspector", "auditor", "system_admin"])
def test_who_only_watches_decides_nothing(app: FastAPI, unit: TestClient, role: str) -> None:
    key = claimed(unit, FREE)
    watcher = client_of(app, role)
    assert decide(watcher, key, "accept").status_code == 403
    assert decide(watcher, key, "refuse", reason="否").status_code == 403
    assert watcher.get("/api/v1/claims").status_code == (200 if role == "auditor" else 403)


def test_who_did_not_see_what_was_done_to_the_target_is_told(
    app: FastAPI, unit: TestClient, office: TestClient
) -> None:
    key = claimed(unit, FREE)
    at = office.get("/api/v1/claims").json()["seen"]
    body = {
        "targets": [{"target_kind": "grid", "target": FREE}],
        "units": [{"unit_id": "u1"}],
        "since": DAY,
    }
    district = client_of(app, "district_office", Scope("division", "232701"))
    district.post("/api/v1/assignments", json=body, headers={"If-Match": "*"})
    late = decide(office, key, "accept", at, take_over=True)
    assert (late.status_code, late.json()["code"]) == (412, "overtaken")
    assert late.json()["changes"][0]["who"] == "district_office-division-232701"
    assert holders(office, FREE) == ["u1"]


def test_who_does_not_say_what_they_have_seen_is_refused(
    unit: TestClient, office: TestClient
) -> None:
    key = claimed(unit, FREE)
    assert office.post(f"/api/v1/claims/{key}/accept", json={}).status_code == 428


def test_of_many_who_decide_one_claim_one_does_and_the_others_are_told_who(
    app: FastAPI, unit: TestClient, office: TestClient
) -> None:
    key = claimed(unit, FREE)
    clients = [client_of(app, "city_office") for _ in range(12)]
    at = office.get("/api/v1/claims").json()["seen"]
    ready = Barrier(len(clients))
    answers: list[Any] = []

    def act(n: int) -> None:
        ready.wait()
        body = {"reason": "否"} if n % 2 else {}
        answers.append(decide(clients[n], key, "refuse" if n % 2 else "accept", at, **body))

    threads = [Thread(target=act, args=(n,)) for n in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11
    told = {answer.json()["detail"] for answer in answers if answer.status_code == 409}
    assert told == {f"The claim of u2 on {FREE} is not open any more: city_office-city was first."}
    (row,) = office.get("/api/v1/claims").json()["claims"]
    assert (row["state"] == "accepted") == (holders(office, FREE) == ["u2"])


def test_the_same_unit_asks_once_at_a_time(unit: TestClient, office: TestClient) -> None:
    first = claimed(unit, FREE)
    assert claim(unit, FREE).status_code == 409
    decide(office, first, "refuse", reason="否")
    assert claimed(unit, FREE) != first
    assert claim(unit, f"{WEST}003").status_code == 409  # it answers for that one already
