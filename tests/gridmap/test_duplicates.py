"""Duplicates: which issues may be the same, and why; a person decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from gridmap.duplicates import SAME_LOOK, WHY, look_distance, score, suggest
from gridmap.errors import CrsError
from tests.town import METRIC

NOW = pd.Timestamp("2026-03-04T00:00:00Z")
LOOK = "f0e1d2c3b4a59687"


def bits(look: str, n: int) -> str:
    """Return the hash with its last n bits turned over."""
    return f"{int(look, 16) ^ ((1 << n) - 1):016x}"


def report(**more: Any) -> pd.Series:
    said = {"geometry": Point(0, 0), "reported_at": NOW, "category": "暴露垃圾", "looks": None}
    return pd.Series({**said, **more}, name="new")


def known(**issues: dict[str, Any]) -> gpd.GeoDataFrame:
    """Return issues by id; each is a day old, open, on the spot and of the same category."""
    usual: dict[str, Any] = {
        "geometry": Point(0, 0),
        "reported_at": NOW - timedelta(days=1),
        "closed_at": pd.NaT,
        "state": "dispatched",
        "category": "暴露垃圾",
        "looks": None,
    }
    table = pd.DataFrame([{**usual, **more} for more in issues.values()], index=list(issues))
    for name in ("reported_at", "closed_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=METRIC)


def test_the_same_thing_a_day_later_is_suggested_with_its_reasons() -> None:
    found = suggest(report(), known(a={"geometry": Point(3, 4)}))
    (row,) = found.to_dict("records")
    assert (row["issue_id"], row["distance_m"], row["hours"]) == ("a", 5.0, 24.0)
    assert row["same_category"]
    assert pd.isna(row["look_distance"])
    assert row["score"] == pytest.approx(0.45 * 0.9 + 0.2 * 2 / 3 + 0.35)
    assert row["why"] == ("near", "soon", "same_category")


def test_the_likeliest_comes_first_then_the_nearest_then_the_lowest_id() -> None:
    spot, near = {"geometry": Point(5, 0)}, {"geometry": Point(0, 5)}
    likely = {"geometry": Point(9, 0), "looks": LOOK}
    found = suggest(report(looks=LOOK), known(b=spot, a=near, z=likely, c={}))
    assert found["issue_id"].to_list() == ["z", "c", "a", "b"]
    assert found["score"].is_monotonic_decreasing


@pytest.mark.parametrize(
    "other",
    [
        {"geometry": Point(50.01, 0)},
        {"geometry": None},
        {"closed_at": NOW - timedelta(hours=72.01), "state": "closed_out"},
        {"state": "merged"},
        {"state": "refused"},
        {"category": "违建", "geometry": Point(20, 0)},  # 0.27 + 0.13: too little
    ],
)
def test_what_is_far_long_closed_set_aside_or_unlikely_is_not_suggested(
    other: dict[str, Any],
) -> None:
    assert suggest(report(), known(a=other)).empty


def test_the_issue_itself_is_no_duplicate() -> None:
    assert suggest(report(), known(new={})).empty


def test_what_is_open_is_never_too_old_and_what_was_just_closed_counts() -> None:
    old = {"reported_at": NOW - timedelta(days=90)}
    closed = {"closed_at": NOW - timedelta(hours=72), "state": "closed_out"}
    found = suggest(report(), known(old=old, closed=closed)).set_index("issue_id")
    assert set(found.index) == {"old", "closed"}
    assert found.loc["old", "score"] == pytest.approx(0.8)
    assert found.loc["old", "why"] == ("near", "same_category")


def test_a_picture_is_the_same_up_to_ten_bits() -> None:
    other = {"category": "违建", "geometry": Point(40, 0)}
    issues = known(
        a={**other, "looks": bits(LOOK, 10)},
        b={**other, "looks": bits(LOOK, 11)},
        c={**other, "looks": bits(LOOK, 1)},
        d={**other, "looks": f"{bits(LOOK, 40)} {LOOK}"},
    )
    found = suggest(report(looks=f"{bits(LOOK, 32)} {LOOK}"), issues, least=0.0)
    looks = found.set_index("issue_id")["look_distance"].to_dict()
    assert looks["a"] == 10
    assert (looks["c"], looks["d"]) == (1, 0)
    told = found.set_index("issue_id")["why"]
    assert ["same_picture" in told[key] for key in "abcd"] == [True, False, True, True]
    assert suggest(report(looks=LOOK), issues)["issue_id"].to_list() == ["d", "c"]


def test_the_bits_that_differ_are_counted() -> None:
    assert look_distance(LOOK, LOOK) == 0
    assert look_distance("0" * 16, "f" * 16) == 64
    assert look_distance("8000000000000000", "0000000000000001") == 2


def test_degrees_are_refused_and_nothing_is_changed() -> None:
    issues = known(a={})
    before = issues.copy()
    suggest(report(), issues)
    pd.testing.assert_frame_equal(issues, before)
    with pytest.raises(CrsError):
        suggest(report(), issues.to_crs("EPSG:4490"))


share = st.floats(0, 1.5)
look = st.none() | st.integers(0, 64)


def scored(distance: float, hours: float, look: int | None, *, same: bool) -> float:
    looks = np.array([np.nan if look is None else float(look)])
    (found,) = score(np.array([distance]), np.array([hours]), np.array([same]), looks)
    return float(found)


@given(share, share, st.booleans(), look, share, share, look)
def test_the_score_never_falls_if_two_issues_are_more_alike(  # noqa: PLR0913, PLR0917
    distance: float,
    hours: float,
    same: bool,
    look: int | None,
    less: float,
    sooner: float,
    liker: int | None,
) -> None:
    here = scored(distance, hours, look, same=same)
    assert 0 <= here <= 1
    slack = 1e-12
    assert scored(min(distance, less), hours, look, same=same) >= here - slack
    assert scored(distance, min(hours, sooner), look, same=same) >= here - slack
    assert scored(distance, hours, look, same=True) >= here - slack
    assert scored(distance, hours, 0, same=same) >= here - slack
    if look is not None and liker is not None:
        assert scored(distance, hours, min(look, liker), same=same) >= here - slack


def test_a_photo_that_is_missing_counts_as_one_that_differs() -> None:
    assert scored(0.2, 0.3, None, same=True) == scored(0.2, 0.3, SAME_LOOK + 1, same=True)
    assert scored(0, 0, None, same=True) == pytest.approx(1)


def test_every_reason_has_its_word() -> None:
    twin = known(a={"looks": LOOK})
    assert suggest(report(looks=LOOK), twin)["why"][0] == WHY
