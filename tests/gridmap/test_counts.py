"""Counting points by area."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from gridmap.counts import count
from gridmap.errors import InvalidError
from gridmap.piles import piles

AREAS = pd.DataFrame(index=pd.Index(["a", "b", "c"], name="code"))
INDEX = pd.Index([f"i{n}" for n in range(60)], name="issue_id")
CODES = pd.Series(["a"] * 40 + ["b"] * 10 + [None] * 6 + ["z"] * 4, index=INDEX, dtype="str")
POINTS = gpd.GeoDataFrame(
    geometry=gpd.points_from_xy([0.0] * 35 + list(range(25)), [1.0] * 60), index=INDEX, crs=4490
)


def test_points_are_counted_in_every_area_and_nowhere_else() -> None:
    found = count(CODES, AREAS)
    assert found.per_area.to_dict() == {"a": 40, "b": 10, "c": 0}
    assert found.per_area.index.equals(AREAS.index)
    assert (found.n_points, found.n_on_piles, found.n_outside) == (50, 0, 10)


def test_a_pile_is_left_out_and_reported() -> None:
    found = count(CODES, AREAS, points=POINTS)
    assert found.per_area.to_dict() == {"a": 4, "b": 10, "c": 0}  # i35 lies on the pile too
    assert (found.n_points, found.n_on_piles, found.n_outside) == (14, 36, 10)
    assert found.piles["n"].tolist() == [36]


def test_a_pile_is_counted_and_still_reported_when_asked() -> None:
    found = count(CODES, AREAS, points=POINTS, keep_piles=True)
    assert found.per_area["a"] == 40
    assert found.n_on_piles == 0
    assert found.piles["n"].tolist() == [36]


def test_piles_known_from_all_points_are_left_out_of_a_few() -> None:
    few = POINTS.index[:10]
    found = count(CODES[few], AREAS, points=POINTS.loc[few], piles=piles(POINTS))
    assert (found.n_points, found.n_on_piles) == (0, 10)


def test_no_points_are_counted_as_nought() -> None:
    found = count(CODES[:0], AREAS, points=POINTS[:0])
    assert found.per_area.tolist() == [0, 0, 0]
    assert found.per_area.dtype == "int64"


def test_points_of_another_index_are_refused() -> None:
    with pytest.raises(InvalidError, match="same index"):
        count(CODES, AREAS, points=POINTS.iloc[::-1])
    with pytest.raises(InvalidError, match="only where the points are given"):
        count(CODES, AREAS, piles=piles(POINTS))


# What counts as another one


def test_what_was_merged_or_not_filed_is_not_counted() -> None:
    codes = pd.Series(["a", "a", "b", None, "b", None])
    states = pd.Series(["filed", "merged", None, "merged", "refused", "filed"])
    counted = count(codes, pd.DataFrame(index=["a", "b"]), states=states)
    assert counted.per_area.to_dict() == {"a": 1, "b": 1}
    assert (counted.n_points, counted.n_outside) == (2, 1)
    assert (counted.n_merged, counted.n_refused) == (2, 1)


def test_one_reporter_counts_once_an_area_and_day_and_the_unknown_each_by_itself() -> None:
    codes = pd.Series(["a", "a", "a", "b", "a", "a"])
    once = pd.Series(["x 1", "x 1", "x 2", "x 1", None, None])
    counted = count(codes, pd.DataFrame(index=["a", "b"]), once=once)
    assert counted.per_area.to_dict() == {"a": 4, "b": 1}
    assert (counted.n_points, counted.n_repeated) == (5, 1)
    assert counted.of.to_dict() == {0: "a", 2: "a", 3: "b", 4: "a", 5: "a"}
