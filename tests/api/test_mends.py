"""Grids drawn and mended over HTTP, and what becomes of who answered for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import shapely
from fastapi import FastAPI
from pyproj import Transformer
from starlette.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from gridmap.access import Scope
from tests.people import client_of
from tests.registers import town_register
from tests.town import METRIC, SOUTH, WEST

DEGREES = Transformer.from_crs(METRIC, "EPSG:4490", always_xy=True)
COMMUNITY, EAST = "232701100001", "232701100002"
HELD, BESIDE, FREE = (f"{COMMUNITY}00{n}" for n in (1, 2, 4))
JULY = "2026-07-01"


def degrees(*places: tuple[float, float]) -> list[list[float]]:
    """Return places, metres from the town's south-west corner, in degrees."""
    return [list(DEGREES.transform(WEST + x, SOUTH + y)) for x, y in places]


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="en"))


@pytest.fixture
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def post(client: TestClient, act: str, at: str = "*", **body: Any) -> Any:
    path = f"/api/v1/grids{'/' if act else ''}{act}"
    return client.post(path, json={"since": JULY, **body}, headers={"If-Match": at})


def grids(client: TestClient, day: str) -> set[str]:
    found = client.get("/api/v1/grids", params={"as_of": day}).json()["features"]
    return {feature["id"] for feature in found}


def holders(client: TestClient, grid: str, day: str) -> list[str]:
    asked = {"target": grid, "as_of": day, "tier": "responsible"}
    rows = client.get("/api/v1/assignments", params=asked).json()["assignments"]
    return [row["unit_id"] for row in rows]


def split_in_half(client: TestClient, code: str, **more: Any) -> Any:
    line = {"type": "LineString", "coordinates": degrees((50, 90), (50, 210))}
    return post(client, "split", code=code, line=line, **more)


def test_both_halves_of_a_grid_keep_its_unit_and_the_past_keeps_the_grid(
    office: TestClient,
) -> None:
    answer = split_in_half(office, HELD)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["retired"] == [HELD]
    halves = sorted(row["to_code"] for row in body["lineage"])
    assert [row["share"] for row in body["lineage"]] == pytest.approx([0.5, 0.5], abs=1e-3)
    assert body["faults"] == []
    for half in halves:
        assert holders(office, half, JULY) == ["u1"]
    assert grids(office, "2026-06-30") >= {HELD}
    assert holders(office, HELD, "2026-06-30") == ["u1"]
    assert HELD not in grids(office, JULY)
    told = office.get(f"/api/v1/grids/{HELD}/lineage", params={"as_of": JULY}).json()
    assert sorted(told["heirs"]) == halves
    covered = [
        office.get("/api/v1/coverage", params={"as_of": day}).json()["covered_m2"]
        for day in ("2026-06-30", JULY)
    ]
    # a vertex more on an edge that is straight in degrees: a hair of ground in metres
    assert covered[0] == pytest.approx(covered[1], rel=1e-6)


def test_a_mend_that_is_only_tried_writes_nothing(office: TestClient) -> None:
    seen = office.get("/api/v1/desk").json()["seen"]
    body = split_in_half(office, HELD, dry_run=True).json()
    assert body["entry"] is None
    assert len(body["changed"]["features"]) >= 2
    assert office.get("/api/v1/desk").json()["seen"] == seen


def test_merged_grids_have_the_unit_of_the_larger_and_the_other_assists(
    office: TestClient,
) -> None:
    code = f"{COMMUNITY}003"
    body = post(office, "merge", codes=[HELD, code]).json()
    (new,) = {row["to_code"] for row in body["lineage"]}
    assert sorted(body["retired"]) == sorted({HELD, code} - {new})
    rows = office.get("/api/v1/assignments", params={"target": new, "as_of": JULY}).json()
    found = {(row["unit_id"], row["tier"]) for row in rows["assignments"]}
    assert ("u1", "responsible") in found or ("u2", "responsible") in found
    assert len({unit for unit, tier in found if tier == "responsible"}) == 1


def test_a_border_moves_with_its_neighbour(office: TestClient) -> None:
    moved = [[*degrees((100, 200))[0], *degrees((110, 200))[0]]]
    body = post(office, "border", moves=moved).json()
    assert {row["act"] for row in body["lineage"]} == {"reshape"}
    shapes = [
        shapely.from_geojson(orjson.dumps(f["geometry"])) for f in body["changed"]["features"]
    ]
    assert shapely.union_all(shapes).area == pytest.approx(sum(s.area for s in shapes), rel=1e-9)
    assert body["faults"] == []


def test_a_grid_is_drawn_where_there_was_none(office: TestClient) -> None:
    corners = degrees((290, 90), (410, 90), (410, 210), (290, 210), (290, 90))
    outline = {"type": "Polygon", "coordinates": [corners]}
    answer = post(office, "", outline=outline, parent=EAST, name="东北角")
    body = answer.json()
    assert answer.status_code == 200, body
    new = next(f for f in body["changed"]["features"] if f["properties"]["name"] == "东北角")
    assert new["id"] == f"{EAST}001"
    assert body["trimmed_m2"] > 0
    gaps = office.get("/api/v1/coverage/gaps", params={"as_of": JULY, "reason": "no_grid"}).json()
    assert gaps["features"] == []


def test_the_second_who_mends_a_grid_is_told(office: TestClient) -> None:
    at = f'"{office.get("/api/v1/desk").json()["seen"]}"'
    assert split_in_half(office, HELD).status_code == 200
    late = post(office, "merge", at=at, codes=[BESIDE, f"{COMMUNITY}008"])
    assert late.status_code in (412, 404)
    beside = [[*degrees((0, 100))[0], *degrees((0, 95))[0]]]  # the split gave 003 a vertex
    assert post(office, "border", at=at, moves=beside).status_code == 412


def test_nobody_mends_what_lies_outside(app: FastAPI) -> None:
    east = client_of(app, "subdistrict_office", Scope("division", EAST))
    assert split_in_half(east, HELD).status_code == 404
    assert post(east, "retire", codes=[HELD]).status_code == 404


def test_what_cannot_be_is_said(office: TestClient) -> None:
    far = {"type": "LineString", "coordinates": degrees((300, 0), (300, 10))}
    assert post(office, "split", code=HELD, line=far).status_code == 422
    assert post(office, "merge", codes=[HELD, f"{EAST}007"]).status_code in (409, 422)
    open_ring = {"type": "Polygon", "coordinates": [degrees((0, 0), (9, 0), (9, 9), (0, 9))]}
    assert post(office, "", outline=open_ring, parent=EAST).status_code == 422
