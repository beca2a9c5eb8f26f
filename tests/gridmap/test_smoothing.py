"""Smoothing: rates of areas that have little to divide by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidError
from gridmap.smoothing import moments, smoothed, standardised

COUNTS = st.lists(st.tuples(st.integers(0, 50), st.floats(0.5, 500)), min_size=3, max_size=30)


def frame(drawn: list[tuple[int, float]]) -> tuple[pd.Series, pd.Series]:
    counts, exposure = zip(*drawn, strict=True)
    return pd.Series(counts, dtype=float), pd.Series(exposure, dtype=float)


def test_the_moments_are_those_worked_by_hand() -> None:
    # rates 0, 1 and 0.8; mean 90 / 120; spread (10 * 0.5625 + 10 * 0.0625 + 100 * 0.0025) / 120
    found = moments(pd.Series([0, 10, 80]), pd.Series([10.0, 10.0, 100.0]))
    assert found.mean == pytest.approx(0.75)
    assert found.variance == pytest.approx(6.5 / 120 - 0.75 / 40)


def test_smoothed_rates_are_those_of_esda() -> None:
    esda = pytest.importorskip("esda.smoothing")
    rng = np.random.default_rng(5)
    exposure = pd.Series(rng.lognormal(3, 1, 200))
    counts = pd.Series(rng.poisson(exposure * rng.gamma(4, 0.1, 200)), dtype=float)
    theirs = esda.Empirical_Bayes(counts.to_numpy(), exposure.to_numpy()).r
    assert smoothed(counts, exposure).to_numpy() == pytest.approx(np.ravel(theirs), abs=1e-12)


def test_where_chance_explains_all_every_area_has_the_rate_of_all() -> None:
    found = smoothed(pd.Series([10, 10, 10]), pd.Series([100.0, 100.0, 100.0]))
    assert found.tolist() == pytest.approx([0.1, 0.1, 0.1])


def test_the_less_there_is_to_divide_by_the_more_is_smoothed() -> None:
    exposure = pd.Series([1.0, 10.0, 100.0, 1000.0])
    counts = exposure * [1.0, 1.0, 1.0, 0.1]
    left = (smoothed(counts, exposure) - 1.0).abs()[:3]
    assert left.is_monotonic_decreasing


@settings(max_examples=100, deadline=None)
@given(COUNTS)
def test_a_smoothed_rate_lies_between_its_own_and_the_rate_of_all(
    drawn: list[tuple[int, float]],
) -> None:
    counts, exposure = frame(drawn)
    rate, mean = counts / exposure, counts.sum() / exposure.sum()
    found = smoothed(counts, exposure)
    assert (found >= np.minimum(rate, mean) - 1e-9).all()
    assert (found <= np.maximum(rate, mean) + 1e-9).all()


@settings(max_examples=100, deadline=None)
@given(COUNTS, st.floats(0.1, 1000))
def test_deviations_do_not_depend_on_the_unit_of_what_is_divided_by(
    drawn: list[tuple[int, float]], unit: float
) -> None:
    counts, exposure = frame(drawn)
    first, second = standardised(counts, exposure), standardised(counts, exposure * unit)
    assert second.to_numpy() == pytest.approx(first.to_numpy(), abs=1e-4, rel=1e-4)


def test_deviations_of_pure_chance_are_equally_spread_where_exposures_are_not() -> None:
    rng = np.random.default_rng(11)
    exposure = pd.Series(np.repeat([10.0, 1000.0], 4000))
    away = standardised(pd.Series(rng.poisson(exposure * 0.5), dtype=float), exposure)
    # a standard error of a deviation of 4000 is 1 / sqrt(8000), so four of them are 0.045
    assert away[:4000].std() == pytest.approx(1.0, abs=0.045)
    assert away[4000:].std() == pytest.approx(1.0, abs=0.045)


@pytest.mark.parametrize("exposure", [[1.0, 0.0], [1.0, np.nan], [1.0, -2.0]])
def test_nothing_is_divided_by_nothing(exposure: list[float]) -> None:
    with pytest.raises(InvalidError):
        moments(pd.Series([1, 1]), pd.Series(exposure))


def test_counts_and_exposures_of_other_areas_are_refused() -> None:
    with pytest.raises(InvalidError):
        moments(pd.Series([1, 1]), pd.Series([1.0, 1.0], index=["a", "b"]))
