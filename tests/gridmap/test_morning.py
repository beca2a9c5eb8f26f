"""What stands out in the morning: against SciPy's exact tests, and by chance alone."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from gridmap.morning import before, changes, first_day, moved

DAY = date(2026, 8, 31)  # a Monday


@pytest.mark.parametrize(
    ("period", "first"),
    [
        ("week", date(2026, 8, 31)),
        ("month", date(2026, 8, 1)),
        ("quarter", date(2026, 7, 1)),
        ("year", date(2026, 1, 1)),
    ],
)
def test_a_running_period_begins_on_its_first_day(period: str, first: date) -> None:
    assert first_day(period, DAY) == first  # type: ignore[arg-type]


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.integers(0, 400))
def test_the_period_before_is_as_long_and_ends_where_the_other_begins(since: date, n: int) -> None:
    until = date.fromordinal(since.toordinal() + n)
    first, last = before(since, until)
    assert (last - first, last.toordinal() + 1) == (until - since, since.toordinal())


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 90), st.integers(1, 90))
def test_the_test_is_the_binomial_one(earlier: int, later: int, days: int, more: int) -> None:
    row = changes(pd.Series({"a": earlier}), pd.Series({"a": later}), (days, more)).loc["a"]
    if earlier + later == 0:
        assert np.isnan(row["p"])
        return
    share = more / (days + more)
    tails = [
        binomtest(later, earlier + later, share, alternative=side).pvalue
        for side in ("less", "greater")
    ]
    assert row["p"] == pytest.approx(min(2 * min(tails), 1.0), rel=1e-9, abs=1e-12)
    # the interval says the same as the test
    assert (row["p"] < 0.05) == (not row["low"] <= 1 <= row["high"]) or row["p"] == pytest.approx(
        0.05, rel=1e-6
    )


def test_a_place_that_one_period_lacks_had_none_there() -> None:
    found = changes(pd.Series({"a": 4}), pd.Series({"b": 9}), (10, 10))
    assert found.loc["a", ["earlier", "later", "ratio"]].to_list() == [4, 0, 0]
    assert found.loc["b", ["earlier", "later", "more"]].to_list() == [0, 9, 9]
    assert np.isinf(found.loc["b", "ratio"])


def test_in_an_even_world_nobody_stands_out() -> None:
    """Of 300 places with one rate, about 15 would be named at 5 % if nobody corrected."""
    rng = np.random.default_rng(7)
    counts = [pd.Series(rng.poisson(20, 300), [f"g{n}" for n in range(300)]) for _ in range(2)]
    found = changes(counts[0], counts[1], (30, 30))
    assert (found["p"] < 0.05).sum() >= 4
    assert not any(rows["stands_out"].any() for rows in moved(found))


def test_what_moved_furthest_is_named_first_and_once() -> None:
    earlier = pd.Series({"calm": 20, "worse": 5, "worst": 10, "better": 60})
    overdue = changes(
        earlier, pd.Series({"calm": 22, "worse": 30, "worst": 60, "better": 10}), (30, 30)
    )
    reported = changes(
        earlier, pd.Series({"calm": 20, "worst": 40, "worse": 5, "better": 60}), (30, 30)
    )
    both = pd.concat([overdue.assign(indicator="ran_out"), reported.assign(indicator="reported")])
    worse, better = moved(both)
    assert worse.index.to_list() == ["worst", "worse", "calm"]
    assert worse["indicator"].to_list() == ["ran_out", "ran_out", "ran_out"]
    assert worse["stands_out"].to_list() == [True, True, False]
    assert better.index.to_list() == ["better"]
    assert len(moved(both, 1)[0]) == 1


def test_without_days_before_nothing_is_compared() -> None:
    found = changes(pd.Series({"a": 0}), pd.Series({"a": 90}), (0, 30))
    assert found.empty
    assert all(rows.empty for rows in moved(found))
