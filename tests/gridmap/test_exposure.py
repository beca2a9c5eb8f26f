"""Exposure: metres of road, what patrols walked of them, and how often they were there."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, box

from gridmap.exposure import VISIT_M, cut, road_metres, visits, walked_metres
from tests.town import METRIC

# two squares of 100 m side by side; a road through both and beyond, and one on their border
AREAS = gpd.GeoDataFrame(
    geometry=[box(0, 0, 100, 100), box(100, 0, 200, 100)],
    index=pd.Index(["a", "b"], name="code", dtype="str"),
    crs=METRIC,
)
ROADS = gpd.GeoDataFrame(
    geometry=[LineString([(20, 50), (260, 50)]), LineString([(100, 0), (100, 100)])],
    index=pd.Index(["through", "border"], name="road_id", dtype="str"),
    crs=METRIC,
)
PIECES = cut(ROADS, AREAS)
NOWHERE = pd.DataFrame({"patrol_id": [], "code": []}, dtype="str")


def walks(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["patrol_id", "road_id", "from_m", "to_m"])


def test_a_road_on_the_border_belongs_half_to_either_side() -> None:
    # 80 m of the road through lie in a and 100 m in b; the border of 100 m is shared
    assert road_metres(PIECES, AREAS).to_dict() == pytest.approx({"a": 130.0, "b": 150.0})


def test_every_patrol_counts_what_it_walked_in_each_area() -> None:
    done = walks(("p1", "through", 60, 100), ("p2", "through", 60, 100), ("p2", "border", 0, 40))
    # 20 m of each walk lie in a (measures 60 to 80) and 20 m in b; of the border 20 m in each
    assert walked_metres(PIECES, done, AREAS).to_dict() == pytest.approx({"a": 60.0, "b": 60.0})


def test_what_is_walked_outside_or_on_no_known_road_counts_nowhere() -> None:
    done = walks(("p1", "through", 200, 240), ("p1", "gone", 0, 500))
    assert walked_metres(PIECES, done, AREAS).to_dict() == {"a": 0.0, "b": 0.0}


def test_a_patrol_visits_an_area_once_however_often_it_walks_there() -> None:
    done = walks(("p1", "through", 0, 30), ("p1", "through", 40, 70), ("p2", "through", 0, 70))
    assert visits(PIECES, done, NOWHERE, AREAS).to_dict() == {"a": 2.0, "b": 0.0}


def test_whoever_only_touches_an_area_does_not_visit_it() -> None:
    just = walks(("p1", "through", 0, 80 + VISIT_M - 1), ("p2", "through", 0, 80 + VISIT_M))
    assert visits(PIECES, just, NOWHERE, AREAS).to_dict() == {"a": 2.0, "b": 1.0}


def test_a_point_that_was_seen_is_a_visit_and_no_second_one() -> None:
    seen = pd.DataFrame({"patrol_id": ["p1", "p1", "p9"], "code": ["a", "b", "b"]})
    done = walks(("p1", "through", 0, 70))
    assert visits(PIECES, done, seen, AREAS).to_dict() == {"a": 1.0, "b": 2.0}
