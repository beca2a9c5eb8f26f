"""What the desk's map is sent of the town of `tests.town`."""

from __future__ import annotations

import gzip
from datetime import date
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import box

from geodata.reports import drawing
from geodata.workspace import Workspace
from gridmap.drawing import unpack
from tests.town import COMMUNITIES, METRIC, SOUTH, SQUARES, SUBDISTRICT, WEST, raw_town, square
from tests.web.fakes import CRS, StillStore, conformed

TODAY = date(2026, 6, 30)


def workspace(raw: dict[str, Any]) -> Workspace:
    meta = SimpleNamespace(crs=CRS, codes="cn", name="漠河市", metric_crs="")
    store: Any = StillStore(conformed(raw), meta)
    return Workspace(store)


def read(drawn: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return unpack(gzip.decompress(drawn))


def test_grids_are_told_with_their_community() -> None:
    facts, runs = read(drawing.ground(workspace(raw_town()), TODAY))
    assert facts["codes"] == list(SQUARES)
    assert facts["names"][0] == "第1网格"
    assert facts["as_of"] == "2026-06-30"
    assert facts["communities"]["code"] == list(COMMUNITIES)
    assert facts["communities"]["subdistrict"] == [SUBDISTRICT] * 2
    assert facts["communities"]["subdistrict_name"] == ["西林吉镇"] * 2
    assert np.cumsum(runs["parent"]).tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert runs["residents"].tolist() == [100, 200, 300, 400, 50, 60, 70]
    assert runs["area"] == pytest.approx([10_000] * 7, abs=10)  # drawn in another projection


def test_only_a_community_that_its_grids_do_not_fill_is_outlined_by_itself() -> None:
    _, runs = read(drawing.ground(workspace(raw_town()), TODAY))
    assert runs["outline_of"].tolist() == [1]  # the north-east square has no grid
    assert runs["outline_size"].sum() == len(runs["outline_x"])


def test_a_community_whose_grids_lie_over_each_other_is_outlined_by_itself() -> None:
    raw = raw_town()
    raw["grids"].loc[0, "geometry"] = box(WEST, SOUTH + 100, WEST + 120, SOUTH + 200)
    _, runs = read(drawing.ground(workspace(raw), TODAY))
    assert 0 in runs["outline_of"]
    assert runs["loose"].any()


def test_a_community_that_only_a_grid_knows_is_told_without_a_name() -> None:
    raw = raw_town()
    raw["grids"].loc[6, "parent"] = "232701100009"
    facts, runs = read(drawing.ground(workspace(raw), TODAY))
    assert facts["communities"]["code"] == [*COMMUNITIES, "232701100009"]
    assert facts["communities"]["name"][2] is None
    assert np.cumsum(runs["parent"])[6] == 2


def test_roads_points_and_compounds_are_told_where_they_lie() -> None:
    raw = raw_town()
    facts, runs = read(drawing.things(workspace(raw), TODAY))
    length = facts["roads"].pop("length_m")
    assert length == pytest.approx([400.0], abs=0.1)  # drawn in another projection
    assert facts["roads"] == {"road_id": ["r1"], "name": ["中华路"]}
    assert facts["points"]["category"] == ["market", "school"]
    assert facts["compounds"]["kind"] == ["managed"]
    assert runs["compound_rings"].tolist() == [1]
    assert runs["compound_size"].tolist() == [5]
    places = np.cumsum([runs["point_x"], runs["point_y"]], axis=1).T * facts["quantum"]
    told = gpd.GeoSeries(gpd.points_from_xy(*places.T), crs="EPSG:4326").to_crs(METRIC)
    source = gpd.GeoSeries(raw["inspection_points"].geometry, crs=METRIC)
    assert told.distance(source).max() < 0.6  # half a step of 5e-6 degrees


def test_the_same_ground_is_the_same_bytes() -> None:
    one, other = (drawing.ground(workspace(raw_town()), TODAY) for _ in range(2))
    assert one == other
    moved = raw_town()
    moved["grids"].loc[6, "geometry"] = square(3, 0, 99.0)
    assert drawing.ground(workspace(moved), TODAY) != one
