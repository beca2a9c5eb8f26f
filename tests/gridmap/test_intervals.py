"""Intervals of shares, rates and ratios: published values, other libraries, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from gridmap.intervals import rate_interval, ratio_interval, share_interval


def test_the_interval_of_a_share_is_wilsons() -> None:
    """Newcombe (1998), table I: 81/263, 15/148, 0/20, 1/29."""
    low, high = share_interval(np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29]))
    assert low.round(4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


@given(st.integers(1, 500), st.integers(0, 500))
def test_the_interval_holds_the_share_and_stays_a_share(of: int, found: int) -> None:
    k = min(found, of)
    (low,), (high,) = share_interval(np.array([k]), np.array([of]))
    assert 0 <= low <= k / of <= high <= 1
    (mirrored,) = share_interval(np.array([of - k]), np.array([of]))[1]
    assert low == pytest.approx(1 - mirrored, abs=1e-12)


def test_the_interval_of_a_rate_is_garwoods() -> None:
    """Garwood (1936), 95 %: 0, 1, 5, 10, 20."""
    low, high = rate_interval(np.array([0, 1, 5, 10, 20]))
    assert low.round(3).tolist() == [0.0, 0.025, 1.623, 4.795, 12.217]
    assert high.round(3).tolist() == [3.689, 5.572, 11.668, 18.39, 30.888]


def test_twice_the_exposure_halves_a_rate_and_its_interval() -> None:
    once, twice = rate_interval(7, 1.0), rate_interval(7, 2.0)
    assert [float(end) for end in once] == pytest.approx([2 * float(end) for end in twice])


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_interval_of_a_ratio_is_that_of_the_binomial_share(before: int, after: int) -> None:
    low, high = (float(end) for end in ratio_interval((before, after)))
    if before + after == 0:
        assert np.isnan([low, high]).all()
        return
    exact = binomtest(after, before + after).proportion_ci(0.95, "exact")
    assert low == pytest.approx(exact.low / (1 - exact.low), rel=1e-6, abs=1e-12)
    most = exact.high / (1 - exact.high) if exact.high < 1 else np.inf
    assert high == pytest.approx(most, rel=1e-6)


def test_nothing_to_go_by_has_no_interval() -> None:
    assert np.isnan(share_interval(0, 0)).all()
    assert np.isnan(rate_interval(3, 0)).all()
    assert np.isnan(ratio_interval((3, 4), (0, 1))).all()
