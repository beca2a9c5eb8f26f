"""Cross inspection, checklists and rules along roads over HTTP."""

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

RING = [("u1", "u2"), ("u2", "u3"), ("u3", "u1")]
ITEM = {
    "item_id": "m1",
    "edition": "2026",
    "category": "market",
    "item": "门前无垃圾积存",
    "check": "yes_no",
    "weight": 10,
    "position": 1,
}
RULE = {
    "rule_id": "ads",
    "edition": "2026",
    "name": "每200米1处",
    "road_class": "main",
    "category": "公益广告",
    "least": 1,
    "window_m": 200,
    "source": "竹溪县",
}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="en"))


@pytest.fixture
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def unit(app: FastAPI, name: str) -> TestClient:
    return client_of(app, "field_staff", Scope("unit", name))


def opened(client: TestClient, until: str = "2099-12-31", **more: Any) -> Any:
    pairs = [{"inspector": a, "target": b} for a, b in RING]
    body = {"name": "互检", "since": "2026-06-01", "until": until, "pairs": pairs, **more}
    return client.post("/api/v1/rounds", json=body)


def test_what_is_proposed_can_be_opened_and_is_read_back(office: TestClient) -> None:
    drawn = office.post("/api/v1/rounds/proposals", json={}).json()
    assert (drawn["status"], drawn["repeats"], drawn["conflicts"]) == ("optimal", 0, [])
    assert office.get("/api/v1/rounds").json() == {"rounds": []}
    pairs = [{name: row[name] for name in ("inspector", "target")} for row in drawn["pairs"]]
    made = opened(office, pairs=pairs)
    assert made.status_code == 201
    (row,) = office.get("/api/v1/rounds").json()["rounds"]
    assert (row["round_id"], row["pairs_n"], row["state"]) == (
        made.json()["round_id"],
        3,
        "running",
    )
    read = office.get(f"/api/v1/rounds/{row['round_id']}").json()["pairs"]
    assert {(one["inspector"], one["target"]) for one in read} == {
        (one["inspector"], one["target"]) for one in pairs
    }
    assert read[0]["visits_n"] == read[0]["issues_n"] == 0


def test_what_makes_a_pairing_impossible_is_said_in_the_readers_language(
    office: TestClient,
) -> None:
    drawn = office.post("/api/v1/rounds/proposals", json={"units": ["u1", "u2"]}).json()
    assert (drawn["status"], drawn["pairs"]) == ("infeasible", [])
    (why,) = drawn["conflicts"]
    assert why.startswith("With 2 units (市林业局, 市教育局) nobody can inspect 1 without")


def test_a_unit_sees_whom_it_inspects_and_not_who_inspects_it(
    app: FastAPI, office: TestClient
) -> None:
    key = opened(office).json()["round_id"]
    rows = unit(app, "u2").get(f"/api/v1/rounds/{key}").json()["pairs"]
    assert [(row["inspector"], row["target"]) for row in rows] == [("u2", "u3")]
    assert unit(app, "u2").get("/api/v1/rounds").json()["rounds"][0]["pairs_n"] == 1
    assert unit(app, "u4").get(f"/api/v1/rounds/{key}").status_code == 404
    (due,) = unit(app, "u1").get("/api/v1/rounds/due", params={"unit_id": "u1"}).json()["points"]
    assert (due["point_id"], due["target_name"]) == ("m1", "市教育局")
    foreign = unit(app, "u1").get("/api/v1/rounds/due", params={"unit_id": "u2"})
    assert foreign.status_code == 404


def test_after_its_last_day_a_round_is_open_to_both_sides(app: FastAPI, office: TestClient) -> None:
    key = opened(office, until="2026-06-02").json()["round_id"]
    rows = unit(app, "u2").get(f"/api/v1/rounds/{key}").json()["pairs"]
    assert {(row["inspector"], row["target"]) for row in rows} == {("u1", "u2"), ("u2", "u3")}


@pytest.mark.parametrize("role", ["subdistrict_office", "unit_coordinator", "inspector"])
def test_only_city_and_district_open_rounds(app: FastAPI, role: str) -> None:
    scope = {
        "subdistrict_office": Scope("division", "232701100"),
        "unit_coordinator": Scope("unit", "u1"),
    }
    client = client_of(app, role, scope.get(role, Scope("city")))
    assert opened(client).status_code == 403
    assert client.post("/api/v1/rounds/proposals", json={}).status_code == 403
    assert client.get("/api/v1/rounds").status_code == 200
    assert client.post("/api/v1/checklists", json={"items": [ITEM]}).status_code == 403


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"pairs": [{"inspector": "u1", "target": "u1"}]}, 422),
        ({"pairs": []}, 422),
        ({"until": "2026-05-01"}, 422),
        ({"pairs": [{"inspector": a, "target": b} for a, b in (("u1", "x"), ("x", "u1"))]}, 422),
        ({"surprise": 1}, 422),
    ],
)
def test_a_round_that_cannot_be_is_refused(
    office: TestClient, more: dict[str, Any], status: int
) -> None:
    assert opened(office, **more).status_code == status
    assert office.get("/api/v1/rounds").json()["rounds"] == []


def test_two_rounds_are_never_called_the_same(office: TestClient) -> None:
    assert [opened(office).status_code for _ in range(2)] == [201, 409]


def test_a_checklist_is_published_once_and_read_by_category(
    app: FastAPI, office: TestClient
) -> None:
    assert office.post("/api/v1/checklists", json={"items": [ITEM]}).status_code == 201
    assert office.post("/api/v1/checklists", json={"items": [ITEM]}).status_code == 409
    asked = {"category": "market"}
    (item,) = unit(app, "u1").get("/api/v1/checklists", params=asked).json()["items"]
    assert item == {**ITEM, "least": None}
    none = office.get("/api/v1/checklists", params={"category": "school"}).json()
    assert none == {"items": []}


def test_an_item_that_cannot_be_scored_is_refused_with_its_fault(office: TestClient) -> None:
    broken = {**ITEM, "check": "share", "least": 2}
    answer = office.post("/api/v1/checklists", json={"items": [broken]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == "A share is at most 1."


def test_stretches_that_break_a_rule_are_lines_with_who_answers(
    app: FastAPI, office: TestClient
) -> None:
    assert office.post("/api/v1/road-rules", json={"rules": [RULE]}).status_code == 201
    (rule,) = office.get("/api/v1/road-rules").json()["rules"]
    assert (rule["registered"], rule["source"]) == (0, "竹溪县")
    answer = office.get("/api/v1/road-rules/failures")
    assert answer.headers["content-type"].startswith("application/geo+json")
    (stretch,) = answer.json()["features"]
    assert stretch["geometry"]["type"] == "LineString"
    told = stretch["properties"]
    assert (told["road_id"], told["found"], told["least"]) == ("r1", 0, 1)
    assert [one["unit_name"] for one in told["answers"]] == ["市林业局", None]
    empty = office.get("/api/v1/road-rules/failures", params={"road_id": "r2"}).json()
    assert empty["features"] == []
    assert unit(app, "u1").get("/api/v1/road-rules/failures").status_code == 200


def test_who_has_not_signed_in_sees_no_round(app: FastAPI) -> None:
    nobody = TestClient(app, base_url="http://127.0.0.1")
    for path in ("rounds", "rounds/due?unit_id=u1", "checklists", "road-rules/failures"):
        assert nobody.get(f"/api/v1/{path}").status_code == 401
