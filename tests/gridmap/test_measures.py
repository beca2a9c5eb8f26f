"""Metres along roads."""

import itertools
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, box

from gridmap import measures
from gridmap.errors import CrsError
from tests.town import METRIC

LENGTH = 20
STRETCHES = st.lists(
    st.tuples(
        st.integers(0, LENGTH - 1),
        st.integers(1, LENGTH),
        st.sampled_from(["left", "right", "both"]),
    ).filter(lambda one: one[0] < one[1]),
    max_size=6,
)
CORNERS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=7).filter(
    lambda corners: all(a != b for a, b in itertools.pairwise(corners))
)


def test_a_road_is_cut_where_it_leaves_an_area() -> None:
    found = _cut([LineString([(-10, 5), (30, 5)])], [box(0, 0, 10, 10), box(10, 0, 20, 10)])
    assert found == [(0, 0, 10, -1), (0, 10, 20, 0), (0, 20, 30, 1), (0, 30, 40, -1)]


def test_on_a_common_border_the_first_area_counts() -> None:
    found = _cut([LineString([(10, 0), (10, 10)])], [box(10, 0, 20, 10), box(0, 0, 10, 10)])
    assert found == [(0, 0, 10, 0)]


def test_a_road_that_comes_back_is_cut_at_both_visits() -> None:
    hairpin = LineString([(0, 5), (20, 5), (20, 6), (0, 6)])
    assert _cut([hairpin], [box(-1, 0, 10, 10)]) == [(0, 0, 10, 0), (0, 10, 31, -1), (0, 31, 41, 0)]


def test_a_closed_road_is_measured_once_around() -> None:
    ring = LineString([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)])
    assert _cut([ring], [box(-5, -5, 15, 5)]) == [(0, 0, 15, 0), (0, 15, 35, -1), (0, 35, 40, 0)]


def test_without_an_area_a_road_is_outside_from_end_to_end() -> None:
    assert _cut([LineString([(0, 0), (3, 4)])], []) == [(0, 0, 5, -1)]


def test_a_stretch_can_be_drawn() -> None:
    roads = _roads([LineString([(0, 0), (10, 0), (10, 10)])])
    cut = pd.DataFrame({"road": [0], "from_m": [5.0], "to_m": [12.0]})
    assert measures.lines(roads, cut)[0].equals(LineString([(5, 0), (10, 0), (10, 2)]))


def test_roads_in_degrees_are_refused() -> None:
    with pytest.raises(CrsError):
        measures.stretches(
            _roads([LineString([(0, 0), (1, 1)])]).set_crs(4490, allow_override=True), np.array([])
        )


@given(STRETCHES, STRETCHES)
@settings(max_examples=40, deadline=None)
def test_a_metre_counts_half_a_side_however_often_it_is_held(
    asked: list[tuple[int, int, str]], held: list[tuple[int, int, str]]
) -> None:
    sides = {
        side: {metre for a, b, of in held if of in {side, "both"} for metre in range(a, b)}
        for side in ("left", "right")
    }
    by_hand = [
        sum(len(metres & set(range(a, b))) for metres in sides.values()) / 2 for a, b, _ in asked
    ]
    found = measures.covered_metres(_table(asked), _table(held))
    assert found.tolist() == pytest.approx(by_hand, abs=1e-9)


@given(STRETCHES, STRETCHES)
@settings(max_examples=40, deadline=None)
def test_two_stretches_meet_if_they_share_a_metre_of_a_side_and_one_contains_all_its_metres(
    ones: list[tuple[int, int, str]], others: list[tuple[int, int, str]]
) -> None:
    n = min(len(ones), len(others))
    one, other = _table(ones[:n]), _table(others[:n])
    metres = [(_metres(a), _metres(b)) for a, b in zip(ones[:n], others[:n], strict=True)]
    assert measures.meet(one, other).tolist() == [bool(a & b) for a, b in metres]
    assert measures.contains(one, other).tolist() == [a >= b for a, b in metres]


@given(CORNERS)
@settings(max_examples=40, deadline=None)
def test_stretches_tile_each_road_and_have_the_length_that_lies_in_their_area(
    corners: list[tuple[int, int]],
) -> None:
    areas = [box(0, 0, 3, 4), box(3, 0, 6, 2), box(4, 3, 6, 6)]
    road = LineString(corners)
    cut = measures.stretches(_roads([road]), np.array(areas, dtype=object))
    assert cut["from_m"].iloc[0] == 0
    assert cut["to_m"].iloc[-1] == pytest.approx(road.length)
    assert (cut["from_m"].iloc[1:].to_numpy() == cut["to_m"].iloc[:-1].to_numpy()).all()
    pieces = [LineString(pair) for pair in itertools.pairwise(corners)]
    taken = MultiPolygon()
    for number, area in enumerate(areas):
        # Segment by segment, so that metres walked twice count twice
        length = sum(
            line.intersection(area).length - line.intersection(area).intersection(taken).length
            for line in pieces
        )
        own = cut[cut["area"] == number]
        assert (own["to_m"] - own["from_m"]).sum() == pytest.approx(length, abs=1e-9)
        taken = taken.union(area)


def _metres(one: tuple[int, int, str]) -> set[tuple[str, int]]:
    sides = ("left", "right") if one[2] == "both" else (one[2],)
    return {(side, metre) for side in sides for metre in range(one[0], one[1])}


def _table(rows: list[tuple[int, int, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["from_m", "to_m", "side"])
    return frame.astype({"from_m": float, "to_m": float, "side": "str"}).assign(road=0)


def _roads(lines: list[LineString]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=lines, crs=METRIC)


def _cut(lines: list[LineString], areas: list[Any]) -> list[tuple[float, ...]]:
    cut = measures.stretches(_roads(lines), np.array(areas, dtype=object))
    return list(cut.itertuples(index=False, name=None))
