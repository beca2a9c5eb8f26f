"""Locate, coverage and hot spots over HTTP, and how errors are told."""

import json

import geopandas as gpd
import pytest
from shapely.geometry import shape
from starlette.testclient import TestClient

from tests.town import METRIC, place

JUNE = {"as_of": "2026-06-01"}


def degrees(x: float, y: float) -> dict[str, float]:
    spot = gpd.GeoSeries([place(x, y)], crs=METRIC).to_crs("EPSG:4326").iloc[0]
    return {"lon": spot.x, "lat": spot.y}


def test_a_place_is_answered_for_by_its_grids_unit(client: TestClient) -> None:
    body = client.get("/api/v1/locate", params={**JUNE, **degrees(150, 160)}).json()
    assert (body["grid"], body["outside"], body["ambiguous"]) == ("232701100001002", False, False)
    won = [row for row in body["responsible"] if row["won"]]
    assert [(row["rule"], row["unit_id"]) for row in won] == [("grid", "u1")]
    assert [row["code"] for row in body["lineage"]] == ["232701", "232701100", "232701100001"]
    assert body["chain"][0]["unit_id"] == "p1"


def test_an_inspection_point_goes_before_its_grid(client: TestClient) -> None:
    body = client.get("/api/v1/locate", params={**JUNE, **degrees(30, 150)}).json()
    won = next(row for row in body["responsible"] if row["won"])
    assert (won["rule"], won["unit_id"], won["target"]) == ("inspection_point", "u2", "m1")


def test_near_a_border_every_grid_in_reach_is_named(client: TestClient) -> None:
    asked = {**JUNE, **degrees(102, 160), "accuracy_m": 5}
    body = client.get("/api/v1/locate", params=asked).json()
    assert body["ambiguous"]
    assert [row["code"][-3:] for row in body["candidates"]] == ["002", "001"]


def test_outside_the_nearest_grid_is_named_with_its_distance(client: TestClient) -> None:
    body = client.get("/api/v1/locate", params={**JUNE, **degrees(350, 130)}).json()
    assert body["outside"]
    assert body["grid"] == "232701100002007"
    assert body["distance_m"] == pytest.approx(30, abs=0.05)


def test_the_same_place_in_gcj02_has_the_same_answer(client: TestClient) -> None:
    asked = {**JUNE, "lon": 122.54562857, "lat": 52.97361279, "datum": "gcj02"}  # 122.5386,52.9721
    shifted = client.get("/api/v1/locate", params=asked).json()
    straight = client.get("/api/v1/locate", params={**JUNE, "lon": 122.5386, "lat": 52.9721}).json()
    assert shifted["grid"] == straight["grid"]
    assert shifted["distance_m"] == pytest.approx(straight["distance_m"], abs=0.05)


def test_many_places_are_located_in_one_request(client: TestClient) -> None:
    spots = [degrees(60, 180), degrees(350, 150), degrees(250, 50)]
    places = [[spot["lon"], spot["lat"]] for spot in spots]
    answer = client.post("/api/v1/locate", json={"places": places, **JUNE})
    rows = answer.json()["places"]
    assert [row["code"][-3:] for row in rows] == ["001", "005", "006"] or rows[1]["outside"]
    assert [row["outside"] for row in rows] == [False, True, False]
    assert rows[0]["community"] == "232701100001"
    assert rows[0]["unit_id"] == "u1"


@pytest.mark.parametrize(
    "body",
    [
        '{"places": [[NaN, 1]]}',
        '{"places": [[1e400, 1]]}',
        '{"places": [[true, 1]]}',
        '{"places": [["113.6", 1]]}',
        '{"places": [[1]]}',
        '{"places": [[200, 1]]}',
        '{"places": [[1, 1]], "role": "admin"}',
        "{",
        '{"places": ' + "[" * 5000,
        '{"places": [["\\ud800", 1]]}',
        "\x00",
    ],
)
def test_a_body_that_is_wrong_is_refused_and_never_an_error_of_ours(
    client: TestClient, body: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/v1/locate", content=body.encode(), headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_more_places_than_one_request_may_hold_are_refused(client: TestClient) -> None:
    answer = client.post("/api/v1/locate", json={"places": [[122.5, 52.9]] * 100_001})
    assert answer.status_code == 422
    assert "100001" in answer.json()["detail"]


def test_a_body_over_the_limit_is_413_with_or_without_its_length(client: TestClient) -> None:
    large = b'{"places": [' + b" " * (33 * 1024 * 1024)
    assert client.post("/api/v1/locate", content=large).status_code == 413
    pieces = (large[i : i + 2**20] for i in range(0, len(large), 2**20))
    assert client.post("/api/v1/locate", content=pieces).status_code == 413


def test_coverage_sums_to_the_town(client: TestClient) -> None:
    body = client.get("/api/v1/coverage", params={**JUNE, "level": "community"}).json()
    assert body["ground_m2"] == pytest.approx(80_000, rel=1e-3)  # 8 squares of 100 m
    assert body["covered_m2"] == pytest.approx(30_000, rel=1e-3)  # 001, 002, 003
    west, east = body["features"]
    assert west["properties"]["share"] == pytest.approx(0.75)
    assert east["properties"]["share"] == 0


def test_every_gap_has_its_reason(client: TestClient) -> None:
    body = client.get("/api/v1/coverage/gaps", params=JUNE).json()
    reasons = {
        (feature["properties"]["code"] or "")[-3:]: feature["properties"]["reason"]
        for feature in body["features"]
    }
    assert reasons == {
        "004": "no_unit",
        "005": "no_contact",
        "006": "unit_inactive",
        "007": "no_unit",
        "": "no_grid",
    }
    only = client.get("/api/v1/coverage/gaps", params={**JUNE, "reason": "no_grid"}).json()
    assert shape(only["features"][0]["geometry"]).area > 0


def test_too_little_data_is_said_and_not_drawn(client: TestClient) -> None:
    answer = client.get("/api/v1/hotspots", params={"until": "2026-06-01"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "too-little-data"
    assert "30" in answer.json()["detail"]


def test_a_period_that_ends_before_it_begins_is_refused(client: TestClient) -> None:
    asked = {"since": "2026-06-02", "until": "2026-06-01"}
    assert client.get("/api/v1/hotspots", params=asked).status_code == 400


@pytest.mark.parametrize("as_of", ["2026-02-30", "yesterday", "20260101T"])
def test_a_day_that_is_none_is_400(client: TestClient, as_of: str) -> None:
    assert client.get("/api/v1/coverage", params={"as_of": as_of}).status_code == 400


def test_errors_are_told_in_the_readers_language(client: TestClient) -> None:
    chinese = client.get("/api/v1/grids/nowhere", params={"lang": "zh_CN"}).json()["detail"]
    english = client.get("/api/v1/grids/nowhere", params={"lang": "en"}).json()["detail"]
    assert english == "There is no nowhere in the register on that day."
    assert chinese != english
    assert "nowhere" in chinese


def test_a_method_that_is_not_taken_is_405(client: TestClient) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        answer = client.request(method, "/api/v1/grids")
        assert answer.status_code == 405
        assert json.loads(answer.content)["code"] == "method-not-allowed"


def test_the_service_says_that_it_is_well(client: TestClient) -> None:
    assert client.get("/health").json()["status"] == "ok"
    assert client.get("/ready").json()["status"] == "ok"
