"""Saved runs: kept under a name, and worked out again in a process of their own."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import geopandas as gpd
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.settings import Settings
from geodata.database import connect, migrate
from geodata.store import Store
from gridmap import layers
from gridmap.access import Scope
from gridmap.demo import city
from tests.people import client_of
from web.main import create_app

YEAR = {"since": "2025-10-01", "until": "2026-09-30"}
LAYERS = (
    *("districts", "subdistricts", "communities", "grids", "roads"),
    *("inspection_points", "issues"),
)
SINCE = date(2025, 10, 1)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Serve the ground and the issues of the demo city."""
    url = f"gpkg:///{tmp_path_factory.mktemp('runs') / 'city.gpkg'}"
    database = connect(url)
    migrate(database, crs="EPSG:4490", codes="cn", name="演示市")
    store, made = Store(database), city()
    with store.write(who="a test", action="import") as writer:
        for name in LAYERS:
            frame = getattr(made, name)
            writer.add(name, layers.conform(frame, layers.LAYERS[name]), SINCE)
    store.close()
    return create_app(Settings(database_url=url, language="en"))


@pytest.fixture(scope="module")
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def save(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/runs", json={"name": "一季度", **YEAR, **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def again(client: TestClient, run_id: str) -> dict[str, Any]:
    """Work a run out again, and wait for what comes."""
    started = client.post(f"/api/v1/runs/{run_id}/jobs", json={})
    assert started.status_code == 202, started.text
    for _ in range(600):
        job = client.get(started.headers["Location"]).json()
        if job["state"] in {"done", "failed"}:
            assert job["state"] == "done", job
            result: dict[str, Any] = job["result"]
            return result
        time.sleep(0.1)
    raise AssertionError(job)


@pytest.mark.parametrize("kind", ["hotspots", "network"])
def test_a_run_is_worked_out_again_with_the_same_result(office: TestClient, kind: str) -> None:
    run = save(office, kind=kind, category="占道经营")
    assert run["summary"]["hot"] > 0
    result = again(office, run["run_id"])
    assert result["same_input"]
    assert result["same_result"]
    assert result["result_hash"] == run["result_hash"]
    assert result["hot"] == run["summary"]["hot"]


def test_a_run_says_that_something_else_goes_in_now(app: FastAPI, office: TestClient) -> None:
    run = save(office, category="野广告", since="2026-03-01", until="2026-05-31")
    store = app.state.service.workspaces.whole.store
    issues = store.read("issues")
    late = issues[issues["category"] == "野广告"].iloc[[0]].copy()
    late.index = late.index.map(lambda key: f"{key}-late")
    late["reported_at"] = gpd.pd.Timestamp("2026-04-01T02:00:00Z")
    with store.write(who="a test", action="import") as writer:
        writer.add("issues", late, date(2026, 10, 1))
    result = again(office, run["run_id"])
    assert (result["same_input"], result["same_result"]) == (False, False)


def test_runs_are_listed_with_their_hashes_and_by_whom(office: TestClient) -> None:
    run = save(office, name="夏季", per=None, by="hex")
    listed = office.get("/api/v1/runs").json()["runs"]
    assert listed[0]["run_id"] == run["run_id"]
    assert (listed[0]["name"], listed[0]["by"]) == ("夏季", "city_office-city")
    told = office.get(f"/api/v1/runs/{run['run_id']}").json()
    assert told["question"]["by"] == "hex"
    assert len(told["input_hash"]) == len(told["result_hash"]) == 64


def test_runs_of_the_city_are_not_those_of_a_part(app: FastAPI, office: TestClient) -> None:
    run = save(office)
    part = client_of(app, "leader", Scope("division", "232799100002"))
    assert part.get("/api/v1/runs").json()["runs"] == []
    assert part.get(f"/api/v1/runs/{run['run_id']}").status_code == 404
    assert part.post(f"/api/v1/runs/{run['run_id']}/jobs", json={}).status_code == 404


@pytest.mark.parametrize(
    "body", [{"name": ""}, {"kind": "magic"}, {"size_m": 0}, {"since": "x"}, {"name": "x" * 101}]
)
def test_what_cannot_be_saved_is_refused(office: TestClient, body: dict[str, Any]) -> None:
    sent = {"name": "x", **YEAR, **body}
    assert office.post("/api/v1/runs", json=sent).status_code == 422
    few = {"name": "x", "since": "2025-10-01", "until": "2025-10-01", "category": "违建"}
    assert office.post("/api/v1/runs", json=few).json()["code"] == "too-little-data"


def test_a_run_is_saved_and_worked_out_again_on_the_page(office: TestClient) -> None:
    asked = {**YEAR, "kind": "hotspots", "category": "占道经营", "by": "grid"}
    form = office.get("/hotspots/runs", params=asked).text
    assert "Save this analysis" in form
    saved = office.post("/hotspots/runs", params=asked, data={"name": "年度"})
    assert saved.status_code == 200
    assert "The run is saved." in saved.text
    run_id = office.get("/api/v1/runs").json()["runs"][0]["run_id"]
    waiting = office.post(f"/hotspots/runs/{run_id}/again")
    for _ in range(600):
        if "The same came out." in waiting.text:
            break
        time.sleep(0.1)
        waiting = office.get(str(waiting.url))
    assert "The same came out." in waiting.text
    counted = {**asked, "counting": "reporter_days", "per": "points", "smooth": "yes"}
    office.post("/hotspots/runs", params=counted, data={"name": "按人按天"})
    run_id = office.get("/api/v1/runs").json()["runs"][0]["run_id"]
    question = office.get(f"/api/v1/runs/{run_id}").json()["question"]
    assert {name: question[name] for name in ("counting", "per", "smooth")} == {
        "counting": "reporter_days",
        "per": "points",
        "smooth": True,
    }
    assert "counting=reporter_days" in office.get("/hotspots/runs").text
    unnamed = office.post("/hotspots/runs", params=asked, data={"name": " "})
    assert unnamed.status_code == 422
