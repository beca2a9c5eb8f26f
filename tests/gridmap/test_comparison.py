"""Before and after: exact tests against scipy, hand-worked ratios, laws, and what chance does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from gridmap.comparison import VERDICTS, against, compare, in_all
from gridmap.errors import InvalidError

counts = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=12)


def pair(rows: list[tuple[int, int]]) -> tuple[pd.Series, pd.Series]:
    before, after = zip(*rows, strict=True)
    return pd.Series(before), pd.Series(after)


@settings(max_examples=60, deadline=None)
@given(rows=counts, days=st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_p_is_twice_the_smaller_tail_of_scipy(
    rows: list[tuple[int, int]], days: tuple[int, int]
) -> None:
    found = compare(*pair(rows), days)
    for (before, after), p in zip(rows, found["p"], strict=True):
        if not before + after:
            assert np.isnan(p)
            continue
        share = days[1] / sum(days)
        tails = [
            binomtest(after, before + after, share, alternative=side).pvalue
            for side in ("less", "greater")
        ]
        assert p == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(rows=counts, days=st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_an_interval_without_one_is_a_small_p(
    rows: list[tuple[int, int]], days: tuple[int, int]
) -> None:
    found = compare(*pair(rows), days)
    some = found[found["p"].notna()]
    without = (some["low"] > 1 + 1e-9) | (some["high"] < 1 - 1e-9)
    assert (some["p"][without] <= 0.05 + 1e-9).all()
    assert (some["p"][~without] >= 0.05 - 1e-6).all()
    within = some[some["before"] > 0]
    assert ((within["low"] <= within["ratio"]) & (within["ratio"] <= within["high"])).all()


@settings(max_examples=60, deadline=None)
@given(rows=counts)
def test_the_other_way_round_is_the_reciprocal(rows: list[tuple[int, int]]) -> None:
    before, after = pair(rows)
    forth, back = compare(before, after), compare(after, before)
    other = {"better": "worse", "worse": "better", "unclear": "unclear", "none": "none"}
    assert back["verdict"].to_list() == [other[verdict] for verdict in forth["verdict"]]
    some = forth[(before > 0) & (after > 0)]
    assert some["low"].to_numpy() == pytest.approx(1 / back.loc[some.index, "high"].to_numpy())


def test_rates_are_by_their_exposure() -> None:
    row = compare(pd.Series([28]), pd.Series([31]), (28, 31)).iloc[0]
    assert (row["rate_before"], row["rate_after"], row["ratio"]) == (1, 1, 1)
    row = compare(pd.Series([10, 10]), pd.Series([10, 10]), ([1, 1], [2, 4])).iloc[1]
    assert row["ratio"] == pytest.approx(0.25)


def test_among_many_areas_one_small_p_is_no_proof() -> None:
    by_itself = compare(pd.Series([12]), pd.Series([2])).iloc[0]
    among = compare(pd.Series([12] + [10] * 60), pd.Series([2] + [10] * 60)).iloc[0]
    assert by_itself["p"] == among["p"] < 0.05
    assert (by_itself["verdict"], among["verdict"]) == ("better", "unclear")


def test_chance_alone_is_seldom_called_a_change() -> None:
    rng = np.random.default_rng(5)
    called = 0
    for _ in range(200):
        verdicts = compare(*(pd.Series(rng.poisson(20, 60)) for _ in range(2)))["verdict"]
        called += bool(verdicts.isin(["better", "worse"]).any())
        assert set(verdicts) <= set(VERDICTS)
    assert called <= 200 * 0.05 + 2 * np.sqrt(200 * 0.05 * 0.95)


def test_the_city_is_the_sum_of_its_areas() -> None:
    found = in_all(pd.Series([60, 60]), pd.Series([30, 30]), (30, 30))
    assert (found.before, found.after, found.ratio) == (120, 60, 0.5)
    assert (found.rate_before, found.rate_after) == (4, 2)
    assert (found.dispersion, found.verdict) == (1, "better")


def test_bunches_widen_the_interval_of_the_city() -> None:
    # shares 1/2 of 80 each: (60 - 40)² / (80 · 1/4) is 20, four times, by three degrees of freedom
    before, after = pd.Series([20, 60, 20, 60]), pd.Series([60, 20, 60, 20])
    found = in_all(before, after)
    assert found.dispersion == pytest.approx(80 / 3)
    reach = 1.959964 * np.sqrt(80 / 3 * 2 / 160)
    assert (found.low, found.high) == pytest.approx((np.exp(-reach), np.exp(reach)), rel=1e-6)
    assert in_all(pd.Series([160]), pd.Series([160])).high < found.high


def test_nothing_before_and_after_has_no_verdict() -> None:
    found = in_all(pd.Series([0, 0]), pd.Series([0, 0]))
    assert (found.verdict, found.dispersion) == ("none", 1)
    assert np.isnan([found.ratio, found.low, found.high]).all()
    assert in_all(pd.Series([0]), pd.Series([9])).high == np.inf


def test_a_ratio_of_ratios_by_hand() -> None:
    # 40 → 20 there, 100 → 90 elsewhere: 0.5 / 0.9; 1/40 + 1/20 + 1/100 + 1/90 = 0.096111
    found = against(pd.Series([40, 100]), pd.Series([20, 90]), pd.Series([True, False]))
    assert found.ratio == pytest.approx(5 / 9)
    reach = 1.959964 * np.sqrt(0.0961111)
    bounds = (5 / 9 * np.exp(-reach), 5 / 9 * np.exp(reach))
    assert (found.low, found.high) == pytest.approx(bounds, rel=1e-5)
    assert found.verdict == "unclear"


def test_what_changes_in_the_whole_city_alike_falls_out() -> None:
    before, after = pd.Series([200] * 6), pd.Series([100] * 6)
    acted = pd.Series([True, True, False, False, False, False])
    assert in_all(before, after).verdict == "better"
    found = against(before, after, acted)
    assert (found.ratio, found.verdict) == (1, "unclear")


def test_an_action_that_helped_more_than_elsewhere_is_better() -> None:
    before, after = pd.Series([200] * 6), pd.Series([100, 100, 190, 190, 190, 190])
    found = against(before, after, pd.Series([True, True, False, False, False, False]))
    assert found.ratio == pytest.approx(0.5 / 0.95)
    assert found.verdict == "better"
    none = against(before, pd.Series([0, 0, 1, 1, 1, 1]), pd.Series([True, True] + [False] * 4))
    assert (none.verdict, np.isnan(none.ratio)) == ("none", True)


def test_what_cannot_be_compared_is_refused() -> None:
    one, two = pd.Series([1, 2]), pd.Series([3, 4])
    with pytest.raises(InvalidError, match="same areas"):
        compare(one, two.set_axis(["a", "b"]))
    for bad in ([1.5, 2], [-1, 2], [np.nan, 2]):
        with pytest.raises(InvalidError, match="whole number"):
            compare(pd.Series(bad), two)
    for exposures in ((0, 1), (1, np.inf), (1, np.nan)):
        with pytest.raises(InvalidError, match="more than 0"):
            compare(one, two, exposures)
    with pytest.raises(InvalidError, match="where nothing was"):
        against(one, two, pd.Series([True, True]))


def test_an_area_that_nobody_walked_has_no_rate_there() -> None:
    before, after = pd.Series([4, 4, 0, 6]), pd.Series([2, 2, 0, 3])
    found = compare(before, after, ([2.0, 2.0, 0.0, 0.0], [2.0, 0.0, 0.0, 1.0]))
    assert found["verdict"].to_list() == ["unclear", "not_walked", "not_walked", "not_walked"]
    assert found["rate_before"].to_list()[:2] == [2, 2]
    assert found["rate_after"].to_list()[::3] == [1, 3]
    assert found["rate_before"].isna().to_list() == [False, False, True, True]
    assert found["rate_after"].isna().to_list() == [False, True, True, False]
    assert found.loc[1:, ["ratio", "low", "high", "p"]].isna().all(axis=None)


def test_the_city_compares_each_area_with_itself() -> None:
    # 2 a km and 20 a km, both halved; but the bad area is walked ten times as much afterwards:
    # (10·10/20 + 100·1/11) / (20·10/20 + 20·10/11) = (5 + 100/11) / (10 + 200/11) = 1/2
    before, after = pd.Series([20, 20, 99, 0]), pd.Series([10, 100, 0, 99])
    found = in_all(before, after, ([10, 1, 5, 0], [10, 10, 0, 5]))
    assert (found.before, found.after) == (40, 110)  # what was not walked twice is left out
    assert (found.rate_before, found.rate_after) == (40 / 11, 110 / 20)
    assert found.ratio == pytest.approx(0.5)
    assert (found.dispersion, found.verdict) == (1, "better")
    # V = (30/4 + 120·10/121) / (155/11 · 310/11)
    variance = (30 / 4 + 1200 / 121) / (155 / 11 * 310 / 11)
    assert found.high == pytest.approx(0.5 * np.exp(1.959964 * np.sqrt(variance)), rel=1e-6)


def test_nothing_walked_twice_is_said_and_is_no_rate() -> None:
    found = in_all(pd.Series([3, 0]), pd.Series([0, 4]), ([2.0, 0.0], [0.0, 2.0]))
    assert (found.before, found.after, found.verdict) == (0, 0, "not_walked")
    assert np.isnan([found.rate_before, found.rate_after, found.ratio]).all()


def test_a_ratio_of_ratios_is_by_kilometres_walked() -> None:
    # twice the kilometres find twice the issues there; elsewhere nothing has changed
    before, after = pd.Series([40, 100]), pd.Series([80, 100])
    acted = pd.Series([True, False])
    assert against(before, after, acted).ratio == pytest.approx(2)
    found = against(before, after, acted, ([5.0, 9.0], [10.0, 9.0]))
    assert (found.ratio, found.verdict) == (pytest.approx(1), "unclear")
    assert against(before, after, acted, ([5.0, 9.0], [0.0, 9.0])).verdict == "none"


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(0, 9)] * 2), min_size=2, max_size=9
    )
)
def test_twice_the_walking_and_twice_the_issues_change_no_ratio(
    rows: list[tuple[int, int, int, int]],
) -> None:
    before, after, first, second = (pd.Series(column) for column in zip(*rows, strict=True))
    once = (first.to_numpy(), second.to_numpy())
    twice = (2 * once[0], 2 * once[1])
    areas = compare(before, after, once)["ratio"].to_numpy()
    assert compare(2 * before, 2 * after, twice)["ratio"].to_numpy() == pytest.approx(
        areas, nan_ok=True
    )
    city = in_all(before, after, once).ratio
    assert in_all(2 * before, 2 * after, twice).ratio == pytest.approx(city, nan_ok=True)
    acted = pd.Series([True] + [False] * (len(rows) - 1))
    beside = against(before, after, acted, once).ratio
    assert against(2 * before, 2 * after, acted, twice).ratio == pytest.approx(beside, nan_ok=True)
