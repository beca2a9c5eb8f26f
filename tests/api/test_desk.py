"""The desk over HTTP: who may give what to whom, and what happens if two do at once."""

from __future__ import annotations

from pathlib import Path
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
FREE = f"{WEST}004"
HELD = f"{WEST}001"
FAR = f"{EAST}007"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="en"))


@pytest.fixture
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def seen(client: TestClient) -> int:
    found: int = client.get("/api/v1/desk").json()["seen"]
    return found


def give(client: TestClient, grid: str, unit: str, at: int | None, **more: Any) -> Any:
    body = {
        "targets": [{"target_kind": "grid", "target": grid}],
        "units": [{"unit_id": unit}],
        "since": "2026-07-01",
    }
    headers = {} if at is None else {"If-Match": f'"{at}"'}
    return client.post("/api/v1/assignments", json=body | more, headers=headers)


def holders(client: TestClient, grid: str, day: str = "2026-07-02") -> list[str]:
    asked = {"target": grid, "as_of": day, "tier": "responsible"}
    rows = client.get("/api/v1/assignments", params=asked).json()["assignments"]
    return [row["unit_id"] for row in rows]


def test_nobody_gives_anything_without_signing_in(app: FastAPI) -> None:
    stranger = TestClient(app)
    answer = give(stranger, FREE, "u1", 1)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_office_gives_a_grid_to_a_unit(office: TestClient) -> None:
    answer = give(office, FREE, "u1", seen(office), source="创城办〔2026〕5号")
    assert answer.status_code == 201
    body = answer.json()
    assert body["added"]["target"] == [FREE]
    assert body["entry"] == body["seen"]
    assert holders(office, FREE) == ["u1"]


def test_who_does_not_say_what_they_have_seen_is_refused(office: TestClient) -> None:
    assert give(office, FREE, "u1", None).status_code == 428
    assert holders(office, FREE) == []


def test_the_second_of_two_is_told_what_the_first_did(app: FastAPI, office: TestClient) -> None:
    other = client_of(app, "district_office", Scope("division", "232701"))
    at = seen(office)
    assert give(office, FREE, "u1", at).status_code == 201
    late = give(other, FREE, "u2", at)
    assert late.status_code == 412
    told = late.json()
    assert told["code"] == "overtaken"
    change = told["changes"][0]
    assert (change["target"], change["unit_name"]) == (FREE, "市林业局")
    assert change["who"] == "city_office-city"
    assert give(other, FAR, "u2", at).status_code == 201  # another grid nobody had touched
    assert give(other, FREE, "u2", told["seen"]).status_code == 409
    assert give(other, FREE, "u2", told["seen"], take_over=True).status_code == 201
    assert holders(office, FREE) == ["u2"]


def test_a_step_is_taken_back_and_done_again(office: TestClient) -> None:
    first = give(office, FREE, "u1", seen(office)).json()
    undone = office.post(
        f"/api/v1/steps/{first['entry']}/undo", json={}, headers={"If-Match": f'"{first["seen"]}"'}
    )
    assert undone.status_code == 200
    assert holders(office, FREE) == []
    body = undone.json()
    redone = office.post(
        f"/api/v1/steps/{body['entry']}/undo", json={}, headers={"If-Match": f'"{body["seen"]}"'}
    )
    assert redone.status_code == 200
    assert holders(office, FREE) == ["u1"]


def test_a_transfer_is_taken_back_whole(office: TestClient) -> None:
    before = {grid: holders(office, grid) for grid in (HELD, f"{WEST}002")}
    step = office.post(
        "/api/v1/assignments/transfer",
        json={"from_unit": "u1", "to_unit": "u2", "since": "2026-07-01"},
        headers={"If-Match": "*"},
    ).json()
    assert holders(office, HELD) == ["u2"]
    office.post(f"/api/v1/steps/{step['entry']}/undo", json={}, headers={"If-Match": "*"})
    assert {grid: holders(office, grid) for grid in before} == before


def test_nobody_takes_back_what_somebody_else_did(app: FastAPI, office: TestClient) -> None:
    entry = give(office, FREE, "u1", seen(office)).json()["entry"]
    other = client_of(app, "district_office", Scope("division", "232701"))
    answer = other.post(f"/api/v1/steps/{entry}/undo", json={}, headers={"If-Match": "*"})
    assert answer.status_code == 403
    assert holders(office, FREE) == ["u1"]


def test_a_batch_is_whole_or_nothing(office: TestClient) -> None:
    both = [{"target_kind": "grid", "target": grid} for grid in (FREE, HELD)]
    refused = give(office, FREE, "u2", seen(office), targets=both)
    assert refused.status_code == 409
    assert refused.json()["holders"] == {HELD: "u1"}
    assert holders(office, FREE) == []


def test_one_grid_goes_to_many_units_and_many_grids_to_one(office: TestClient) -> None:
    many = [{"unit_id": "u1"}, {"unit_id": "u2", "tier": "assisting"}]
    assert give(office, FREE, "u1", seen(office), units=many).status_code == 201
    answer = office.get("/api/v1/assignments", params={"target": FREE, "as_of": "2026-07-02"})
    found = [(row["unit_id"], row["tier"]) for row in answer.json()["assignments"]]
    assert sorted(found) == [("u1", "responsible"), ("u2", "assisting")]


def test_a_grid_outside_is_as_if_it_were_not_there(app: FastAPI) -> None:
    west = client_of(app, "subdistrict_office", Scope("division", WEST))
    nowhere = give(west, f"{WEST}999", "u1", seen(west))
    outside = give(west, FAR, "u1", seen(west))
    assert (outside.status_code, nowhere.status_code) == (404, 404)
    same = {key: nowhere.json()[key] for key in ("type", "title", "status", "code")}
    assert {key: outside.json()[key] for key in same} == same
    assert outside.json()["detail"] == nowhere.json()["detail"].replace(f"{WEST}999", FAR)
    assert west.get(f"/api/v1/grids/{FAR}").status_code == 404
    assert give(west, FREE, "u1", seen(west)).status_code == 201


def test_an_assignment_outside_cannot_be_ended(app: FastAPI, office: TestClient) -> None:
    west = client_of(app, "subdistrict_office", Scope("division", WEST))
    rows = office.get("/api/v1/assignments", params={"target": f"{EAST}005"}).json()["assignments"]
    body = {"assignment_ids": [rows[0]["assignment_id"]], "until": "2026-07-01"}
    answer = west.post("/api/v1/assignments/release", json=body, headers={"If-Match": "*"})
    assert answer.status_code == 404


def test_the_desk_of_a_part_of_the_city_shows_that_part(app: FastAPI) -> None:
    west = client_of(app, "subdistrict_office", Scope("division", WEST))
    state = west.get("/api/v1/desk").json()
    grids = {
        target
        for kind, target in zip(
            state["assignments"]["target_kind"], state["assignments"]["target"], strict=True
        )
        if kind == "grid"
    }
    assert grids <= {f"{WEST}00{n}" for n in range(1, 5)}
    counted = west.get("/api/v1/desk/counters").json()
    assert (counted["grids"], counted["grids_without"]) == (4, 1)


def test_what_others_did_since_is_told(app: FastAPI, office: TestClient) -> None:
    at = seen(office)
    give(client_of(app, "district_office", Scope("division", "232701")), FREE, "u1", at)
    later = office.get("/api/v1/desk/changes", params={"after": at}).json()
    assert later["added"]["target"] == [FREE]
    assert later["entries"][0]["who"] == "district_office-division-232701"
    assert later["seen"] > at


def test_the_past_of_a_grid_and_of_a_unit_says_who_when_and_why(office: TestClient) -> None:
    give(office, FREE, "u1", seen(office), source="令5")
    rows = office.get(f"/api/v1/targets/grid/{FREE}/history").json()["rows"]
    assert (rows[0]["who"], rows[0]["unit_name"], rows[0]["source"]) == (
        "city_office-city",
        "市林业局",
        "令5",
    )
    mine = office.get("/api/v1/units/u1/history").json()["rows"]
    assert mine[0]["target"] == FREE


@pytest.mark.parametrize("role", ["leader", "auditor", "inspector"])
def test_who_only_watches_changes_nothing(app: FastAPI, role: str) -> None:
    assert give(client_of(app, role), FREE, "u1", 1).status_code == 403


def test_who_administers_accounts_sees_nothing_of_the_register(app: FastAPI) -> None:
    admin = client_of(app, "system_admin")
    assert admin.get("/api/v1/grids").status_code == 403


def test_phones_are_there_for_those_who_may_call_and_absent_for_others(app: FastAPI) -> None:
    office = client_of(app, "city_office").get("/api/v1/units/u1").json()["properties"]
    auditor = client_of(app, "auditor").get("/api/v1/units/u1").json()["properties"]
    assert office["phone"] == "0457-0000001"
    assert "phone" not in auditor
    assert "contact" not in auditor


def test_a_coordinator_sees_what_the_unit_answers_for(app: FastAPI) -> None:
    mine = client_of(app, "unit_coordinator", Scope("unit", "u2"))
    codes = [feature["id"] for feature in mine.get("/api/v1/grids").json()["features"]]
    assert codes == [f"{WEST}002", f"{WEST}003"]
    assert mine.get(f"/api/v1/grids/{FAR}").status_code == 404
    units = {feature["id"] for feature in mine.get("/api/v1/units").json()["features"]}
    assert "u2" in units
    assert "u4" not in units
    assert mine.get("/api/v1/units/u4").status_code == 404


def test_figures_of_a_part_are_of_that_part(app: FastAPI) -> None:
    west = client_of(app, "leader", Scope("division", WEST))
    body = west.get("/api/v1/coverage", params={"level": "community"}).json()
    assert [feature["id"] for feature in body["features"]] == [WEST]
    assert body["ground_m2"] == pytest.approx(40_000, rel=2e-3)


@pytest.mark.parametrize("day", ["2019-01-01", "2026-07-02"])
def test_the_desk_of_a_day_before_the_first_unit_is_an_empty_one(
    office: TestClient, day: str
) -> None:
    answer = office.get("/api/v1/desk", params={"as_of": day})
    assert answer.status_code == 200
    assert bool(answer.json()["units"]) == (day > "2020")
