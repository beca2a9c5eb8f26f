"""What the register holds, over HTTP."""

import json

import pytest
from fastapi import FastAPI
from shapely.geometry import shape
from starlette.testclient import TestClient

from tests.people import client_of
from tests.town import COMMUNITIES, SQUARES, town

JUNE = {"as_of": "2026-06-01"}


def test_grids_come_as_geojson_in_wgs84(client: TestClient) -> None:
    answer = client.get("/api/v1/grids", params=JUNE)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/geo+json")
    body = answer.json()
    assert [feature["id"] for feature in body["features"]] == sorted(SQUARES)
    assert body["numberMatched"] == body["numberReturned"] == 7
    first = shape(body["features"][0]["geometry"])
    expected = town("EPSG:4490")["grids"].geometry.sort_index().iloc[0]
    assert first.hausdorff_distance(expected) < 1e-7


def test_pages_follow_one_another_and_lose_nothing(client: TestClient) -> None:
    seen, url = [], "/api/v1/grids?as_of=2026-06-01&limit=3"
    while url:
        body = client.get(url).json()
        seen += [feature["id"] for feature in body["features"]]
        url = next((link["href"] for link in body["links"] if link["rel"] == "next"), None)
    assert seen == sorted(SQUARES)


def test_a_forged_cursor_is_refused(client: TestClient) -> None:
    for cursor in ("x", "e30", "!!!", "W10"):
        answer = client.get("/api/v1/grids", params={**JUNE, "cursor": cursor})
        assert answer.status_code == 400, cursor
        assert answer.json()["code"] == "query"


@pytest.mark.parametrize(
    ("bbox", "grids"),
    [
        ("122.5386,52.9730,122.5387,52.9731", ["232701100001001"]),
        ("0,0,1,1", []),
        ("122.53,52.97,122.55,52.98", sorted(SQUARES)),
    ],
)
def test_a_bounding_box_keeps_what_it_touches(
    client: TestClient, bbox: str, grids: list[str]
) -> None:
    body = client.get("/api/v1/grids", params={**JUNE, "bbox": bbox}).json()
    assert [feature["id"] for feature in body["features"]] == grids


@pytest.mark.parametrize("bbox", ["1,2,3", "a,b,c,d", "2,0,1,1", "0,nan,1,1", "0,0,inf,1"])
def test_a_bounding_box_that_is_none_is_refused(client: TestClient, bbox: str) -> None:
    answer = client.get("/api/v1/grids", params={**JUNE, "bbox": bbox})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_grids_of_a_unit_are_those_it_holds(client: TestClient) -> None:
    body = client.get("/api/v1/grids", params={**JUNE, "unit_id": "u1"}).json()
    assert [feature["id"][-3:] for feature in body["features"]] == ["001", "002"]


def test_divisions_are_chosen_by_level_and_by_parent(client: TestClient) -> None:
    body = client.get("/api/v1/divisions", params={**JUNE, "level": "community"}).json()
    assert [feature["id"] for feature in body["features"]] == list(COMMUNITIES)
    below = client.get("/api/v1/divisions", params={**JUNE, "parent": "232701"}).json()
    assert [feature["properties"]["name"] for feature in below["features"]] == ["西林吉镇"]


def test_one_division_grid_and_unit_can_be_asked_for(client: TestClient) -> None:
    for address, name in {
        "divisions/232701": "漠河市",
        "grids/232701100001001": "第1网格",
        "units/u1": "市林业局",
    }.items():
        answer = client.get(f"/api/v1/{address}", params=JUNE)
        assert answer.json()["properties"]["name"] == name


def test_what_does_not_exist_is_404_as_problem_details(client: TestClient) -> None:
    for address in ("/api/v1/grids/nowhere", "/api/v1/units/nobody", "/api/v1/nothing"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 404


def test_before_the_register_began_there_is_nothing(client: TestClient) -> None:
    body = client.get("/api/v1/grids", params={"as_of": "2025-12-31"}).json()
    assert body["numberMatched"] == 0


def test_phones_are_shown_to_nobody_until_there_are_accounts(client: TestClient) -> None:
    for address in ("units", "units/u1", "locate?lon=122.5391&lat=52.9735"):
        assert "0457-" not in client.get(f"/api/v1/{address}").text


def test_assignments_of_a_day_can_be_filtered(client: TestClient) -> None:
    body = client.get("/api/v1/assignments", params={**JUNE, "unit_id": "u2"}).json()
    assert [row["assignment_id"] for row in body["assignments"]] == ["a3", "a4", "a9"]
    before = client.get("/api/v1/assignments", params={"as_of": "2025-12-31"}).json()
    assert before["numberMatched"] == 0


def test_issues_are_chosen_by_period_and_category(app: FastAPI) -> None:
    asked = {"since": "2026-03-01T00:00:00+08:00", "until": "2026-04-01T00:00:00+08:00"}
    asked |= {"category": "暴露垃圾", "format": "geojson"}
    office = client_of(app, "city_office")
    body = office.get("/api/v1/issues", params=asked).json()
    assert [feature["id"] for feature in body["features"]] == ["i2", "i1"]  # the newest first
    assert body["features"][1]["properties"]["reported_at"] == "2026-03-01T02:00:00Z"


def test_a_datum_shifts_coordinates_by_some_hundred_metres(client: TestClient) -> None:
    straight = client.get("/api/v1/grids/232701100001001", params=JUNE).json()
    shifted = client.get("/api/v1/grids/232701100001001", params={**JUNE, "datum": "gcj02"}).json()
    move = shape(straight["geometry"]).centroid.distance(shape(shifted["geometry"]).centroid)
    assert 0.006 < move < 0.009  # DOMAIN: 0.00703° E and 0.00151° N at Mohe


def test_an_answer_that_has_not_changed_is_304(client: TestClient) -> None:
    first = client.get("/api/v1/grids", params=JUNE)
    again = client.get(
        "/api/v1/grids", params=JUNE, headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert again.content == b""
    other = client.get(
        "/api/v1/grids",
        params={"as_of": "2026-06-02"},
        headers={"If-None-Match": first.headers["etag"]},
    )
    assert other.status_code == 200


def test_long_answers_are_compressed(client: TestClient) -> None:
    answer = client.get("/api/v1/grids", params=JUNE, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def test_an_unknown_parameter_is_400(client: TestClient) -> None:
    answer = client.get("/api/v1/grids", params={"unit": "u1"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["column"] == "query.unit"


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_that_is_none_is_400(client: TestClient, limit: str) -> None:
    assert client.get("/api/v1/grids", params={"limit": limit}).status_code == 400


def test_a_huge_limit_is_capped(client: TestClient) -> None:
    answer = client.get("/api/v1/grids", params={**JUNE, "limit": 10**9})
    assert answer.json()["numberReturned"] == 7


def test_the_openapi_description_has_examples(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert json.dumps(described).count('"example') >= 3
    assert set(described["paths"]) >= {
        "/api/v1/locate",
        "/api/v1/divisions",
        "/api/v1/grids",
        "/api/v1/units",
        "/api/v1/assignments",
        "/api/v1/coverage",
        "/api/v1/coverage/gaps",
        "/api/v1/hotspots",
        "/api/v1/issues",
        "/health",
        "/ready",
    }
