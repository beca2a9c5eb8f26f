"""Saved runs: kept under a name, and worked out again in a process of their own."""

from __future__ import annotations

import html
import re
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


HALVES = {
    "since": "2025-10-01",
    "until": "2026-03-31",
    "after_since": "2026-04-01",
    "after_until": "2026-09-30",
    "as_of": "2026-10-01",
}


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "hotspots"},
        {"kind": "network"},
        {"kind": "hotspots", "statistic": "local_moran"},
        {"kind": "emerging", "as_of": "2026-10-01"},
        {"kind": "comparison", "by": "community", "category": None, **HALVES},
    ],
)
def test_a_run_is_worked_out_again_with_the_same_result(
    office: TestClient, body: dict[str, Any]
) -> None:
    run = save(office, **{"category": "占道经营", **body})
    assert {name: run["question"][name] for name in body if name != "kind"} == {
        name: value for name, value in body.items() if name != "kind"
    }
    assert run["summary"]["significant"] > 0
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


def test_a_saved_run_tells_what_its_own_analysis_tells(office: TestClient) -> None:
    day = {"as_of": "2026-10-01"}
    over_time = save(office, kind="emerging", **day)["summary"]
    told = office.get("/api/v1/emerging", params={**YEAR, **day}).json()
    classes = [one["properties"]["classes"][-1] for one in told["features"]]
    assert over_time["hot"] == sum(one >= 2 for one in classes)
    assert over_time["significant"] == sum(told["patterns"].values())
    compared = save(office, kind="comparison", by="grid", **HALVES)["summary"]
    days = {f"before_{name}": HALVES[name] for name in ("since", "until")}
    after = {name: day for name, day in HALVES.items() if name.startswith("after")}
    told = office.get("/api/v1/comparison", params={**days, **after, **day, "by": "grid"}).json()
    verdicts = [one["properties"]["verdict"] for one in told["features"]]
    assert compared["hot"] == verdicts.count("worse")
    assert compared["cold"] == verdicts.count("better")


def test_a_comparison_per_kilometre_is_another_input(office: TestClient) -> None:
    by_days = save(office, kind="comparison", by="district", **HALVES)
    walked = {"km_before": 100.0, "km_after": 250.0}
    per_km = save(office, kind="comparison", by="district", **HALVES, **walked)
    assert per_km["question"]["km_after"] == 250.0
    assert per_km["input_hash"] != by_days["input_hash"]
    assert per_km["result_hash"] != by_days["result_hash"]


@pytest.mark.parametrize("missing", ["since", "after_until"])
def test_a_comparison_without_one_of_its_days_is_not_saved(
    office: TestClient, missing: str
) -> None:
    days = {name: day for name, day in HALVES.items() if name != missing}
    refused = office.post("/api/v1/runs", json={"name": "x", "kind": "comparison", **days})
    assert refused.status_code == 400
    assert "both periods" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("page", "asked", "kept"),
    [
        ("/emerging", {**YEAR, "every": "week"}, {"every": "week"}),
        (
            "/comparison",
            {
                "before_since": "2025-10-01",
                "before_until": "2026-03-31",
                "after_since": "2026-04-01",
                "after_until": "2026-09-30",
                "by": "community",
                "km_before": "12.5",
                "km_after": "20.0",
            },
            {"after_since": "2026-04-01", "by": "community", "km_before": 12.5},
        ),
        ("/hotspots", {**YEAR, "statistic": "local_moran"}, {"statistic": "local_moran"}),
    ],
)
def test_the_save_form_of_a_page_keeps_what_the_page_shows(
    office: TestClient, page: str, asked: dict[str, str], kept: dict[str, Any]
) -> None:
    asked = {**asked, "as_of": "2026-10-01"}
    shown = office.get(page, params=asked).text
    (address,) = re.findall(r'href="(/hotspots/runs[^"]*kind=[^"]*)"', shown)
    form = office.get(html.unescape(address)).text
    (action,) = re.findall(r'action="(/hotspots/runs[^"]*kind=[^"]*)"', form)
    saved = office.post(html.unescape(action), data={"name": page})
    assert "The run is saved." in saved.text
    run = office.get("/api/v1/runs").json()["runs"][0]
    question = office.get(f"/api/v1/runs/{run['run_id']}").json()["question"]
    assert {name: question[name] for name in kept} == kept
    (back,) = re.findall(rf'href="([^"]*)">{page}</a>', saved.text)
    assert html.unescape(back).startswith(page + "?")
    again_shown = office.get(html.unescape(back)).text
    assert "2026-09-30" in again_shown
