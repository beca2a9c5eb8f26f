"""Walking: metres of road along which somebody went, and the points they passed."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from gridmap.errors import CrsError
from gridmap.walking import merged, share, sparse, visited, walked
from tests.town import METRIC

MORNING = pd.Timestamp("2026-06-01T01:00:00Z")


def track(*fixes: tuple[float, float], every_s: float = 60, **more: Any) -> gpd.GeoDataFrame:
    """Return a track through places in metres, a fix a minute, exact to 5 m."""
    at = MORNING + pd.to_timedelta(np.arange(len(fixes)) * every_s, unit="s")
    columns = {"at": at, "accuracy": 5.0, **more}
    points = gpd.points_from_xy([x for x, _ in fixes], [y for _, y in fixes])
    return gpd.GeoDataFrame(columns, geometry=points, crs=METRIC)


def roads(**lines: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    shapes = [LineString(line) for line in lines.values()]
    index = pd.Index(list(lines), name="road_id", dtype="str")
    return gpd.GeoDataFrame(geometry=shapes, index=index, crs=METRIC)


def told(found: pd.DataFrame) -> list[tuple[str, float, float]]:
    return [(road, round(a, 6), round(b, 6)) for road, a, b in found.itertuples(index=False)]


def metres(found: pd.DataFrame) -> float:
    return float((found["to_m"] - found["from_m"]).sum())


EAST = roads(r1=[(0, 0), (1000, 0)])


# What is walked


def test_who_walks_along_a_road_walks_it_and_as_far_as_a_phone_may_be_off() -> None:
    found = walked(track((200, 0), (260, 0), (320, 0)), EAST)
    assert told(found) == [("r1", 180.0, 340.0)]
    beside = walked(track((200, 12), (320, 12)), EAST)
    assert told(beside) == [("r1", 200 - 16.0, 320 + 16.0)]  # 12, 16, 20


def test_who_walks_it_the_other_way_walks_the_same() -> None:
    there, back = track((200, 5), (320, -5)), track((320, -5), (200, 5))
    assert told(walked(there, EAST)) == told(walked(back, EAST))


def test_who_walks_too_far_from_a_road_walks_none_of_it() -> None:
    assert walked(track((200, 20.01), (320, 20.01)), EAST).empty
    assert len(walked(track((200, 20.01), (320, 20.01)), EAST, buffer_m=21)) == 1


def test_who_crosses_a_road_walks_nothing_of_it() -> None:
    assert walked(track((500, -60), (500, 60)), EAST).empty
    assert walked(track((480, -60), (520, 60)), EAST).empty  # at 72°


def test_who_crosses_aslant_walks_no_more_than_the_strip_is_wide_there() -> None:
    found = walked(track((440, -60), (560, 60)), EAST)  # at 45°
    assert metres(found) == pytest.approx(40 * np.sqrt(2))
    assert 500 - found["from_m"][0] == pytest.approx(20 * np.sqrt(2))


def test_who_passes_a_side_road_does_not_walk_into_it() -> None:
    both = roads(main=[(0, 0), (1000, 0)], side=[(500, 0), (500, 300)])
    assert set(walked(track((400, 0), (600, 0)), both)["road_id"]) == {"main"}


def test_standing_still_and_one_fix_alone_walk_nothing() -> None:
    assert walked(track((200, 0), (200, 0), (200, 0)), EAST).empty
    assert walked(track((200, 0)), EAST).empty
    assert walked(track(), EAST).empty
    assert walked(track((200, 0), (300, 0)), EAST.iloc[:0]).empty


def test_fixes_far_apart_in_time_are_not_joined() -> None:
    way = ((200, 0), (300, 0))
    assert len(walked(track(*way, every_s=120), EAST)) == 1
    assert walked(track(*way, every_s=120.001), EAST).empty
    assert len(walked(track(*way, every_s=300), EAST, gap_s=300)) == 1


def test_fixes_come_in_the_order_of_their_moments() -> None:
    way = track((200, 0), (300, 0), (400, 0))
    assert told(walked(way.iloc[[2, 0, 1]], EAST)) == [("r1", 180.0, 420.0)]


def test_a_bent_road_is_walked_round_its_bend_in_one_stretch() -> None:
    bent = roads(r1=[(0, 0), (100, 0), (100, 100)])
    inside = track((20, 12), (88, 12), (88, 80))
    assert told(walked(inside, bent)) == [("r1", 4.0, 196.0)]  # 16 m beyond either end


def test_a_road_that_comes_back_is_walked_where_one_was_and_not_between() -> None:
    hairpin = roads(r1=[(0, 0), (500, 0), (500, 60), (0, 60)])
    found = walked(track((100, 0), (200, 0)), hairpin)
    assert told(found) == [("r1", 80.0, 220.0)]
    both = walked(track((100, 30), (200, 30)), hairpin, buffer_m=31)
    assert len(both) == 2
    assert metres(both) == pytest.approx(2 * (100 + 2 * np.sqrt(31**2 - 30**2)))


def test_degrees_are_refused() -> None:
    way = track((0, 0), (60, 0))
    with pytest.raises(CrsError):
        walked(way.to_crs("EPSG:4490"), EAST)
    with pytest.raises(CrsError):
        walked(way, EAST.to_crs("EPSG:4490"))
    with pytest.raises(CrsError):
        sparse(way.to_crs("EPSG:4490"))
    with pytest.raises(CrsError):
        visited(way, EAST.to_crs("EPSG:4490"))


place = st.tuples(st.integers(0, 300), st.integers(0, 120))
ways = st.lists(place, min_size=2, max_size=8)
line = st.lists(place, min_size=2, max_size=5, unique=True)


def union(*found: pd.DataFrame) -> pd.DataFrame:
    return merged(pd.concat(found))


@given(ways, line, st.integers(1, 6))
@settings(deadline=None)
def test_a_track_cut_at_a_fix_walks_what_its_parts_walk(
    way: list[Any], drawn: list[Any], cut: int
) -> None:
    whole, road = track(*way), roads(r1=drawn)
    parts = union(walked(whole.iloc[: cut + 1], road), walked(whole.iloc[cut:], road))
    assert told(parts) == told(walked(whole, road))


@given(ways, line)
@settings(deadline=None)
def test_no_road_is_walked_further_than_it_is_long_and_twice_is_once(
    way: list[Any], drawn: list[Any]
) -> None:
    road = roads(r1=drawn)
    once = walked(track(*way), road)
    assert (once["from_m"] >= 0).all()
    assert (once["to_m"] <= road.length.iloc[0]).all()
    assert (once["from_m"].to_numpy()[1:] > once["to_m"].to_numpy()[:-1]).all()
    again = walked(track(*way, *reversed(way)), road)
    assert told(again) == told(once)


@given(st.lists(place, min_size=2, max_size=2, unique=True), line)
@settings(deadline=None)
def test_one_way_walks_what_lies_in_its_buffer_where_the_road_runs_along(
    way: list[Any], drawn: list[Any]
) -> None:
    road, (start, end) = roads(r1=drawn), way
    segment = LineString(way)
    round_ = segment.buffer(20, quad_segs=512)
    wanted = 0.0
    for a, b in pairwise(drawn):
        one, other = np.subtract(end, start), np.subtract(b, a)
        cosine = abs(one @ other) / np.linalg.norm(one) / np.linalg.norm(other)
        assume(abs(cosine - 0.5) > 1e-9)  # exactly at 60° rounding decides
        if cosine > 0.5:
            wanted += shapely.length(shapely.intersection(LineString([a, b]), round_))
    found = walked(track(*way), road)
    assert metres(found) == pytest.approx(wanted, abs=0.05)
    for _, first, last in found.itertuples(index=False):
        ends = shapely.line_interpolate_point(road.geometry.iloc[0], [first, last])
        assert (shapely.distance(ends, segment) <= 20 + 1e-6).all()


# What a track leaves out


def test_inexact_fixes_and_leaps_and_short_steps_are_left_out() -> None:
    fixes = [(0, 0), (10, 0), (2000, 0), (14, 0), (20, 0), (30, 0)]
    raw = track(*fixes, every_s=10, accuracy=[5.0, 5.0, 5.0, 5.0, 50.01, 50.0])
    assert sparse(raw).geometry.x.to_list() == [0, 10, 30]


def test_a_track_does_not_begin_with_a_leap() -> None:
    raw = track((9000, 0), (0, 0), (10, 0), (20, 0), every_s=10)
    assert sparse(raw).geometry.x.to_list() == [0, 10, 20]


def test_who_stands_still_leaves_a_fix_a_minute() -> None:
    raw = track(*[(0.0, 0.0)] * 30, (50, 0), every_s=10)
    kept = sparse(raw)
    assert len(kept) == 6  # at 0, 60 … 240 s, and 50 m further at 300 s
    assert told(walked(kept, EAST, gap_s=61)) == [("r1", 0.0, 70.0)]


def test_fixes_without_accuracy_or_place_are_left_out() -> None:
    raw = track((0, 0), (10, 0), (20, 0), accuracy=[5.0, np.nan, 5.0])
    raw.geometry = gpd.GeoSeries([Point(0, 0), Point(10, 0), None], crs=METRIC)
    assert len(sparse(raw)) == 1
    assert sparse(raw.iloc[:0]).empty


step = st.tuples(st.integers(0, 400), st.integers(0, 40), st.integers(0, 90))


@given(st.lists(step, min_size=1))
@settings(deadline=None)
def test_a_sparse_track_has_only_steps_that_can_be_and_is_left_as_it_is(rows: list[Any]) -> None:
    raw = track(*[(x, y) for x, y, _ in rows])
    waits = np.cumsum([wait for _, _, wait in rows])
    raw["at"] = [MORNING + timedelta(seconds=float(wait)) for wait in waits]
    kept = sparse(raw)
    xy = kept.geometry.get_coordinates().to_numpy()
    steps, waited = np.hypot(*np.diff(xy, axis=0).T), kept["at"].diff().dt.total_seconds()[1:]
    assert (steps <= 15 * waited.to_numpy() + 1e-9).all()
    assert ((steps >= 5) | (waited >= 60).to_numpy()).all()
    pd.testing.assert_frame_equal(sparse(kept), kept)
    assert len(kept) > 0


# Points


def test_points_beside_a_fix_or_the_way_between_are_visited() -> None:
    points = gpd.GeoDataFrame(
        geometry=[Point(0, 30), Point(50, 30), Point(50, 30.01), Point(500, 0), Point(531, 0)],
        index=["at_fix", "between", "too_far", "lone", "past"],
        crs=METRIC,
    )
    way = track((0, 0), (100, 0), (500, 0))
    way["at"] = [MORNING + timedelta(seconds=s) for s in (0, 60, 600)]
    assert visited(way, points).to_list() == ["at_fix", "between", "lone"]
    assert visited(way, points, within_m=31).to_list() == points.index.to_list()
    assert visited(way.iloc[:0], points).empty


# Shares


def wanted(*rows: tuple[str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["road_id", "from_m", "to_m"])


def test_the_share_is_of_the_metres_that_are_wanted() -> None:
    done = wanted(("r1", 0, 150), ("r1", 400, 500), ("r2", 0, 10))
    asked = wanted(("r1", 100, 300), ("r1", 200, 450), ("r9", 0, 100))
    found = share(done, EAST, asked)
    assert (found.walked_m, found.expected_m) == (100.0, 350.0)
    assert found.share == pytest.approx(100 / 350)
    assert told(found.missed) == [("r1", 150.0, 400.0)]


def test_what_lies_beyond_the_road_is_not_asked_for() -> None:
    found = share(wanted(("r1", 900, 1000)), EAST, wanted(("r1", 900, 1200), ("r1", 1100, 1300)))
    assert (found.walked_m, found.expected_m, len(found.missed)) == (100.0, 100.0, 0)


def test_where_nothing_is_wanted_there_is_no_share() -> None:
    found = share(wanted(("r1", 0, 10)), EAST, wanted())
    assert (found.share, found.expected_m) == (None, 0.0)
    nothing = share(wanted(), EAST, wanted(("r1", 0, 10)))
    assert (nothing.share, told(nothing.missed)) == (0.0, [("r1", 0.0, 10.0)])


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=8)


@given(spans, spans)
@settings(deadline=None)
def test_every_wanted_metre_is_walked_or_missed(done: list[Any], asked: list[Any]) -> None:
    walked_, wanted_ = (
        wanted(*[("r1", float(at), float(at + long)) for at, long in some])
        for some in (done, asked)
    )
    found = share(walked_, EAST, wanted_)
    have, want = (
        {metre for at, long in some for metre in range(at, at + long)} for some in (done, asked)
    )
    assert found.expected_m == len(want)
    assert found.walked_m == len(want & have)
    left = {m for _, a, b in found.missed.itertuples(index=False) for m in range(int(a), int(b))}
    assert left == want - have
