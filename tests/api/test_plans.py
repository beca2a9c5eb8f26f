"""Plans over HTTP: made, compared with today, approved, published whole, or refused."""

from __future__ import annotations

import time
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
FREE, FAR, HELD = f"{WEST}004", f"{EAST}007", f"{WEST}001"
JULY = "2026-07-01"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="en"))


@pytest.fixture
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def given(grid: str, unit: str, tier: str = "responsible") -> dict[str, Any]:
    return {"target": {"target_kind": "grid", "target": grid}, "unit_id": unit, "tier": tier}


def by_hand(client: TestClient, *rows: dict[str, Any], **more: Any) -> Any:
    body = {"name": "七月调整", "effective": JULY, "given": list(rows), **more}
    return client.post("/api/v1/plans", json=body)


def act(client: TestClient, plan_id: str, name: str) -> Any:
    return client.post(f"/api/v1/plans/{plan_id}/{name}", json={})


def holders(client: TestClient, grid: str) -> list[str]:
    asked = {"target": grid, "as_of": JULY, "tier": "responsible"}
    rows = client.get("/api/v1/assignments", params=asked).json()["assignments"]
    return [row["unit_id"] for row in rows]


def test_a_plan_holds_only_once_it_is_published(office: TestClient) -> None:
    made = by_hand(office, given(FREE, "u1"), given(FAR, "u2"))
    assert made.status_code == 201, made.text
    plan_id = made.json()["plan_id"]
    assert holders(office, FREE) == []
    assert act(office, plan_id, "publish").status_code == 409  # not approved yet
    assert act(office, plan_id, "approve").json()["state"] == "approved"
    step = act(office, plan_id, "publish")
    assert step.status_code == 200, step.text
    assert sorted(step.json()["added"]["target"]) == [FREE, FAR]
    assert (holders(office, FREE), holders(office, FAR)) == (["u1"], ["u2"])
    assert act(office, plan_id, "discard").status_code == 409


def test_a_plan_is_set_beside_today_before_anybody_decides(office: TestClient) -> None:
    row = office.get("/api/v1/assignments", params={"target": HELD}).json()["assignments"][0]
    made = by_hand(
        office, given(FREE, "u1"), given(HELD, "u2"), ended=[row["assignment_id"]]
    ).json()
    found = office.get(f"/api/v1/plans/{made['plan_id']}/comparison").json()
    acts = {f["properties"]["target"]: f["properties"]["act"] for f in found["features"]}
    assert acts == {FREE: "gains", HELD: "changes"}
    before, after = found["before"], found["after"]
    # 004 and 007 have nobody, the units of 005 and 006 cannot be called or are not in use
    assert (before["grids_without"], after["grids_without"]) == (4, 3)
    assert after["ground_m2_without"] == pytest.approx(before["ground_m2_without"] - 1e4, rel=1e-3)
    units = {row["unit_id"]: (row["before"], row["after"]) for row in found["units"]}
    assert units["u2"][1] == units["u2"][0] + 1
    assert holders(office, HELD) == ["u1"]


def test_what_could_never_be_published_is_refused_when_it_is_made(office: TestClient) -> None:
    assert by_hand(office, given(HELD, "u2")).status_code == 409  # u1 holds it, and stays
    assert by_hand(office, given(FREE, "nobody")).status_code == 404
    assert by_hand(office).status_code == 422


def test_a_plan_that_was_overtaken_says_by_whom(app: FastAPI, office: TestClient) -> None:
    plan_id = by_hand(office, given(FREE, "u1")).json()["plan_id"]
    act(office, plan_id, "approve")
    other = client_of(app, "district_office", Scope("division", "232701"))
    body = {
        "targets": [{"target_kind": "grid", "target": FREE}],
        "units": [{"unit_id": "u2"}],
        "since": JULY,
    }
    assert other.post("/api/v1/assignments", json=body, headers={"If-Match": "*"}).is_success
    refused = act(office, plan_id, "publish")
    assert refused.status_code == 412
    assert refused.json()["changes"][0]["unit_id"] == "u2"
    assert holders(office, FREE) == ["u2"]


def test_a_plan_beyond_ones_part_of_the_city_is_not_there(app: FastAPI, office: TestClient) -> None:
    plan_id = by_hand(office, given(FREE, "u1"), given(FAR, "u2")).json()["plan_id"]
    west = client_of(app, "subdistrict_office", Scope("division", WEST))
    assert west.get(f"/api/v1/plans/{plan_id}").status_code == 404
    assert west.get("/api/v1/plans").json()["plans"] == []
    leader = client_of(app, "leader")
    assert leader.get(f"/api/v1/plans/{plan_id}").status_code == 200
    assert act(leader, plan_id, "approve").status_code == 403


def finished(client: TestClient, job_id: str) -> Any:
    for _ in range(600):
        job = client.get(f"/api/v1/jobs/{job_id}").json()
        if job["state"] in ("done", "failed", "cancelled"):
            return job
        time.sleep(0.1)
    pytest.fail(f"the job did not end: {job}")


def test_the_planner_works_in_the_background_and_leaves_a_draft(
    app: FastAPI, office: TestClient
) -> None:
    body = {"name": "就近包保", "effective": JULY, "goal": "travel", "time_limit_s": 20}
    started = office.post("/api/v1/plans/jobs", json=body)
    assert started.status_code == 202
    assert office.get("/api/v1/grids").status_code == 200  # nobody waits for it
    job = finished(office, started.json()["job_id"])
    assert job["state"] == "done", job
    assert job["result"]["status"] == "optimal"
    assert job["result"]["gap"] == 0
    plan = office.get(f"/api/v1/plans/{job['result']['plan_id']}").json()
    assert plan["state"] == "draft"
    assert {row["reason"] for row in plan["given"]} <= {"nearest", "nearest_free", "kept"}
    act(office, plan["plan_id"], "approve")
    assert act(office, plan["plan_id"], "publish").status_code == 200
    counted = office.get("/api/v1/desk/counters", params={"as_of": JULY}).json()
    assert counted["grids_without"] == 0
    other = client_of(app, "district_office", Scope("division", "232701"))
    assert other.get(f"/api/v1/jobs/{job['job_id']}").status_code == 404


def test_leaders_share_the_town_in_contiguous_patches(office: TestClient) -> None:
    body = {
        "name": "包片",
        "effective": JULY,
        "leaders": ["p1", "u1"],
        "tolerance": 0.2,
        "time_limit_s": 10,
    }
    job = finished(office, office.post("/api/v1/plans/patches/jobs", json=body).json()["job_id"])
    assert job["state"] == "done", job
    assert job["result"]["status"] == "optimal"
    assert sorted(job["result"]["loads"]) == [3, 4]
    plan = office.get(f"/api/v1/plans/{job['result']['plan_id']}").json()
    assert {row["tier"] for row in plan["given"]} == {"patch_leader"}
    assert len(plan["given"]) == 7
    act(office, plan["plan_id"], "approve")
    assert act(office, plan["plan_id"], "publish").status_code == 200


def test_a_plan_that_cannot_be_says_what_stands_in_its_way(office: TestClient) -> None:
    body = {
        "name": "不可能",
        "effective": JULY,
        "unit_at_most": 1,
        "targets_at_most": 1,
        "time_limit_s": 10,
    }
    job = finished(office, office.post("/api/v1/plans/jobs", json=body).json()["job_id"])
    assert job["result"]["status"] == "infeasible"
    assert job["result"]["conflicts"]
    plan = office.get(f"/api/v1/plans/{job['result']['plan_id']}").json()
    assert (plan["given"], plan["ended"]) == ([], [])
