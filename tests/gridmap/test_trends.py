"""Trends: published and hand-worked values, a slow count by definition, and laws."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from gridmap.errors import InvalidError
from gridmap.trends import directions, mann_kendall, sens_slope

shapes = st.tuples(st.integers(1, 4), st.integers(2, 14))
whole = st.integers(-50, 50).map(float)
tables = arrays(np.float64, shapes, elements=whole)


def test_ten_rising_numbers() -> None:
    found = mann_kendall([range(1, 11)])
    assert (found.s[0], found.variance[0]) == (45, 125)
    assert found.z[0] == pytest.approx(3.935480, abs=1e-6)
    assert found.p[0] == pytest.approx(8.303070e-05, abs=1e-10)


def test_ties_lessen_the_variance() -> None:
    series = [[1, 1, 2, 2, 3, 1, 4, 4, 5, 5]]
    found = mann_kendall(series)
    assert found.s[0] == 33
    assert found.variance[0] == pytest.approx(118.333333, abs=1e-6)
    assert found.z[0] == pytest.approx(2.941687, abs=1e-6)
    assert found.p[0] == pytest.approx(0.003264, abs=1e-6)
    assert sens_slope(series)[0] == pytest.approx(0.5, abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(x=tables)
def test_it_is_what_the_definition_counts(x: NDArray[np.float64]) -> None:
    found = mann_kendall(x)
    for row, s, variance, slope in zip(x, found.s, found.variance, sens_slope(x), strict=True):
        pairs = list(combinations(range(len(row)), 2))
        assert s == sum(np.sign(row[j] - row[i]) for i, j in pairs)
        t, groups = len(row), np.unique(row, return_counts=True)[1]
        less = sum(g * (g - 1) * (2 * g + 5) for g in groups.tolist())
        assert variance == pytest.approx((t * (t - 1) * (2 * t + 5) - less) / 18)
        assert slope == pytest.approx(np.median([(row[j] - row[i]) / (j - i) for i, j in pairs]))


@settings(max_examples=60, deadline=None)
@given(x=tables)
def test_time_reversed_is_the_trend_negated(x: NDArray[np.float64]) -> None:
    forth, back = mann_kendall(x), mann_kendall(x[:, ::-1])
    assert (forth.s == -back.s).all()
    assert (forth.z == -back.z).all()
    assert (forth.p == back.p).all()
    assert sens_slope(x) == pytest.approx(-sens_slope(x[:, ::-1]))


@settings(max_examples=60, deadline=None)
@given(x=tables)
def test_only_the_order_of_values_counts(x: NDArray[np.float64]) -> None:
    for bent in (np.exp(x / 50), x**3, 7 * x - 3):
        for before, after in zip(mann_kendall(x), mann_kendall(bent), strict=True):
            assert (before == after).all()


@settings(max_examples=60, deadline=None)
@given(x=tables)
def test_many_series_are_as_each_by_itself(x: NDArray[np.float64]) -> None:
    together = mann_kendall(x)
    for k, row in enumerate(x):
        assert [part[k] for part in together] == [part[0] for part in mann_kendall([row])]


def test_equal_values_have_no_trend() -> None:
    found = mann_kendall([[4.0] * 12])
    assert [float(part[0]) for part in found] == [0, 0, 0, 1]
    assert directions(found, 0.05).tolist() == [0]


def test_a_missing_value_leaves_no_verdict() -> None:
    series = [[1, 2, np.nan, 4], [4, 3, 2, 1]]
    assert np.isnan(mann_kendall(series).p).tolist() == [True, False]
    assert np.isnan(sens_slope(series)).tolist() == [True, False]
    assert directions(mann_kendall(series), 0.5).tolist() == [0, -1]


def test_one_value_has_no_slope_and_no_trend() -> None:
    assert np.isnan(sens_slope([[3.0]])).all()
    assert mann_kendall([[3.0]]).p.tolist() == [1.0]


def test_a_single_list_is_refused() -> None:
    with pytest.raises(InvalidError, match="1 dimensions"):
        mann_kendall([1, 2, 3])
