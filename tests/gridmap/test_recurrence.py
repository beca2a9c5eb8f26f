"""Recurrence: what comes back where it was closed out, how often, and where again and again."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from gridmap import _closings, recurrence
from gridmap.demo.city import DemoCity, city
from gridmap.errors import CrsError
from gridmap.recurrence import recurrences, recurs, stubborn
from tests.town import METRIC

MARCH = pd.Timestamp("2026-03-01T00:00:00Z")
Row = tuple[str, float, float, float, float | None, str]


def issues(*rows: Row) -> gpd.GeoDataFrame:
    """Return issues of (id, x, y, day reported, day closed out or None, category)."""
    day = [None if row[4] is None else MARCH + timedelta(days=row[4]) for row in rows]
    table = pd.DataFrame(
        {
            "reported_at": pd.to_datetime([MARCH + timedelta(days=row[3]) for row in rows]),
            "closed_at": pd.to_datetime(pd.Series(day, dtype=object), utc=True).to_numpy(),
            "category": [row[5] for row in rows],
        },
        index=pd.Index([row[0] for row in rows], name="issue_id", dtype="str"),
    )
    table["closed_at"] = pd.to_datetime(table["closed_at"], utc=True)
    points = [Point(row[1], row[2]) for row in rows]
    return gpd.GeoDataFrame(table, geometry=points, crs=METRIC)


def linked(frame: gpd.GeoDataFrame, **how: Any) -> dict[str, str]:
    found = recurrences(frame, **how)
    return dict(zip(found["issue"], found["earlier"], strict=True))


def brute(frame: gpd.GeoDataFrame, within_m: float, within_days: float) -> dict[str, str]:
    """Compare every issue with every other one."""
    found = {}
    for key, row in frame.iterrows():
        near = []
        for other, old in frame.iterrows():
            if pd.isna(old["closed_at"]) or old["category"] != row["category"]:
                continue
            ended = max(old["closed_at"], old["reported_at"])
            days = (row["reported_at"] - ended) / pd.Timedelta(days=1)
            away = math.dist(old.geometry.coords[0], row.geometry.coords[0])
            if 0 < days <= within_days and away <= within_m:
                near.append((days, away, str(other)))
        if near:
            found[str(key)] = min(near)[2]
    return found


def test_an_issue_recurs_where_one_of_its_category_was_closed_out_before() -> None:
    frame = issues(("a", 0, 0, 0, 2, "野广告"), ("b", 30, 40, 12.5, None, "野广告"))
    found = recurrences(frame)
    assert found.to_dict("records") == [
        {"issue": "b", "earlier": "a", "distance_m": 50.0, "interval_days": 10.5}
    ]


@pytest.mark.parametrize(
    "later",
    [
        ("b", 30.0, 40.01, 12.0, None, "野广告"),  # a centimetre too far
        ("b", 0.0, 0.0, 32.01, None, "野广告"),  # a quarter of an hour too late
        ("b", 0.0, 0.0, 2.0, None, "野广告"),  # at the very moment
        ("b", 0.0, 0.0, 1.0, None, "野广告"),  # before it was closed out
        ("b", 0.0, 0.0, 12.0, None, "僵尸车"),  # something else
    ],
)
def test_what_is_too_far_too_late_too_early_or_something_else_is_no_recurrence(later: Row) -> None:
    assert linked(issues(("a", 0, 0, 0, 2, "野广告"), later)) == {}


def test_the_bounds_themselves_count() -> None:
    frame = issues(("a", 0, 0, 0, 2, "违建"), ("b", 30, 40, 32, None, "违建"))
    assert linked(frame) == {"b": "a"}
    assert linked(frame, within_m=49.9) == {}
    assert linked(frame, within_days=29.9) == {}


def test_what_is_still_open_has_not_come_back() -> None:
    assert linked(issues(("a", 0, 0, 0, None, "违建"), ("b", 0, 0, 5, None, "违建"))) == {}


def test_the_latest_close_out_is_meant_then_the_nearest_then_the_lowest_id() -> None:
    late = ("late", 40, 0, 0, 5, "违建")
    near, far = ("near", 5, 0, 0, 4, "违建"), ("far", 9, 0, 0, 4, "违建")
    twins = ("t2", 5, 0, 0, 4, "违建"), ("t1", 5, 0, 1, 4, "违建"), ("t0", 0, 5, 1, 4, "违建")
    new = ("new", 0, 0, 9, None, "违建")
    assert linked(issues(near, late, far, new)) == {"new": "late"}
    assert linked(issues(far, near, new)) == {"new": "near"}
    assert linked(issues(*twins, new)) == {"new": "t0"}
    assert linked(issues(*twins[:2], new)) == {"new": "t1"}


def test_what_is_closed_at_once_does_not_repeat_itself() -> None:
    assert linked(issues(("a", 0, 0, 3, 3, "违建"))) == {}
    assert linked(issues(("a", 0, 0, 3, 1, "违建"))) == {}  # dated before its own report
    assert linked(issues(("a", 0, 0, 3, 1, "违建"), ("b", 0, 0, 2, None, "违建"))) == {}


def test_issues_without_a_place_are_passed_over_and_nothing_is_changed() -> None:
    frame = issues(("a", 0, 0, 0, 1, "违建"), ("b", 0, 0, 2, 3, "违建"), ("c", 0, 0, 4, 5, "违建"))
    frame.geometry = gpd.GeoSeries([None, *frame.geometry[1:]], index=frame.index, crs=METRIC)
    before = frame.copy()
    assert linked(frame) == {"c": "b"}
    pd.testing.assert_frame_equal(frame, before)
    assert linked(frame.iloc[:0]) == {}


def test_degrees_are_refused() -> None:
    with pytest.raises(CrsError, match="Recurrence needs a projected CRS"):
        recurrences(issues(("a", 0, 0, 0, 1, "违建")).to_crs("EPSG:4490"))


drawn = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.integers(0, 6),
        st.integers(0, 12),
        st.none() | st.integers(0, 14),
        st.sampled_from(["a", "b"]),
    ),
    max_size=14,
)


def framed(rows: list[tuple[int, int, int, int | None, str]]) -> gpd.GeoDataFrame:
    """Return drawn rows as issues, closed out so many days after their report."""
    numbered = enumerate(rows)
    return issues(
        *(
            (f"i{(7 * n) % 15:02d}", x, y, at, None if wait is None else at + wait, kind)
            for n, (x, y, at, wait, kind) in numbered
        )
    )


@given(drawn, st.integers(0, 5), st.integers(0, 6))
@settings(deadline=None)
def test_every_pair_compared_gives_the_same_links(
    rows: list[Any], within_m: int, within_days: int
) -> None:
    frame = framed(rows)
    how = {"within_m": float(within_m), "within_days": float(within_days)}
    assert linked(frame, **how) == brute(frame, **how)
    for key, row in frame.iterrows():
        others = frame.drop(index=key)
        told = recurs(row.geometry, row["category"], row["reported_at"], others, **how)
        assert told == linked(frame, **how).get(str(key))


@given(drawn)
@settings(deadline=None)
def test_a_larger_reach_and_a_longer_wait_lose_no_recurrence(rows: list[Any]) -> None:
    frame = framed(rows)
    few = linked(frame, within_m=2, within_days=4)
    assert set(few) <= set(linked(frame, within_m=3, within_days=4))
    assert set(few) <= set(linked(frame, within_m=2, within_days=6))


def test_spots_asked_for_in_parts_give_the_same_links(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    rows = [
        (f"{n:03d}", *rng.integers(0, 200, 2).astype(float), float(n), n + 3.0, "违建")
        for n in range(150)
    ]
    frame = issues(*rows)
    whole = recurrences(frame)
    monkeypatch.setattr(_closings, "SPOTS_AT_ONCE", 7)
    pd.testing.assert_frame_equal(recurrences(frame), whole)
    assert len(whole) > 20


def test_thousands_on_one_spot_are_linked_each_to_the_one_before() -> None:
    n = 20_000  # compared pair by pair they would need gigabytes
    at = MARCH + pd.to_timedelta(np.arange(n), unit="h")
    frame = gpd.GeoDataFrame(
        {"reported_at": at, "closed_at": at + pd.Timedelta(minutes=30), "category": "违建"},
        geometry=gpd.points_from_xy(np.zeros(n), np.zeros(n), crs=METRIC),
        index=pd.Index([f"{k:05d}" for k in range(n)], name="issue_id"),
    )
    found = recurrences(frame)
    assert found["earlier"].to_list() == frame.index[:-1].to_list()
    assert (found["interval_days"] == 0.5 / 24).all()


# Stubborn places


def test_a_stubborn_place_is_a_chain_of_issues() -> None:
    frame = issues(
        ("a", 0, 0, 0, 1, "违建"),
        ("b", 30, 0, 6, 7, "违建"),
        ("c", 60, 0, 22, None, "违建"),  # too far from a, and linked to it through b
        ("x", 500, 0, 0, 1, "僵尸车"),
        ("y", 500, 0, 4, 5, "僵尸车"),
        ("z", 900, 0, 0, 1, "僵尸车"),
    )
    places = stubborn(frame, recurrences(frame))
    assert places["members"].to_list() == [("a", "b", "c"), ("x", "y")]
    assert places["n"].to_list() == [3, 2]
    assert places["category"].to_list() == ["违建", "僵尸车"]
    assert places["median_interval_days"].to_list() == [10.0, 3.0]  # of 5 and 15; of 3
    first = places.iloc[0]
    assert (first["first"], first["last"]) == (MARCH, MARCH + timedelta(days=22))
    assert (first.geometry, places.crs) == (Point(30, 0), frame.crs)
    assert stubborn(frame, recurrences(frame), at_least=3)["n"].to_list() == [3]


def test_two_issues_that_repeat_the_same_one_are_one_place() -> None:
    frame = issues(
        ("a", 0, 0, 0, 1, "违建"), ("b", 9, 0, 3, None, "违建"), ("c", -9, 0, 4, None, "违建")
    )
    assert stubborn(frame, recurrences(frame))["members"].to_list() == [("a", "b", "c")]


def test_without_links_no_place_is_stubborn() -> None:
    frame = issues(("a", 0, 0, 0, 1, "违建"))
    assert stubborn(frame, recurrences(frame)).empty


@given(drawn)
@settings(deadline=None)
def test_every_link_lies_in_exactly_one_place(rows: list[Any]) -> None:
    frame = framed(rows)
    links = recurrences(frame, within_m=2, within_days=5)
    places = stubborn(frame, links)
    members = places["members"].explode()
    assert members.is_unique
    assert set(members) == set(links["issue"]) | set(links["earlier"])
    assert places["n"].sum() - len(places) == len(links)  # chains are trees


# Rates


def test_the_rate_is_of_what_was_closed_out() -> None:
    frame = issues(
        ("a", 0, 0, 0, 1, "违建"),
        ("b", 0, 0, 3, 4, "违建"),
        ("c", 0, 90, 0, None, "违建"),
        ("d", 0, 180, 0, 9, "违建"),
        ("e", 0, 0, 0, 1, "僵尸车"),
    )
    found = recurrence.rate(recurrences(frame), frame, "category")
    assert found.loc["违建", ["recurred", "closed"]].to_list() == [1, 3]
    assert found.loc["违建", "rate"] == pytest.approx(1 / 3)
    assert found.loc["僵尸车", ["recurred", "closed", "rate", "low"]].to_list() == [0, 1, 0, 0]
    early = MARCH + timedelta(days=3)
    bounded = recurrence.rate(recurrences(frame), frame, "category", closed_before=early)
    assert bounded.loc["违建", ["recurred", "closed"]].to_list() == [1, 1]


# The demo city


@pytest.fixture(scope="module")
def town() -> DemoCity:
    return city()


def test_the_planted_recurrences_of_the_demo_city_are_found_and_no_others(town: DemoCity) -> None:
    pile = next(decoy for decoy in town.truth["decoys"] if decoy["kind"] == "pile")
    lonlat = town.issues.geometry.get_coordinates()
    placed = town.issues[~((lonlat["x"] == pile["lon"]) & (lonlat["y"] == pile["lat"]))]
    frame = placed.set_index("issue_id").to_crs(METRIC)
    found = recurrences(frame, within_m=20, within_days=30)
    planted = {(second, first) for first, second in town.truth["recurrences"]}
    assert set(zip(found["issue"], found["earlier"], strict=True)) == planted
    places = stubborn(frame, found)
    assert places["n"].sum() - len(places) == len(planted) >= 35
