"""Emerging hot spots: scores against esda, planted courses, refusals, and silent noise."""

from __future__ import annotations

import warnings

import esda
import numpy as np
import pandas as pd
import pytest
from libpysal.weights import W
from scipy.sparse import csr_array

from gridmap.autocorrelation import neighbours
from gridmap.emerging import (
    Choices,
    Emerging,
    emerging,
    space_time_neighbours,
    space_time_scores,
    tally,
)
from gridmap.errors import InvalidError, TooLittleDataError
from gridmap.local_autocorrelation import getis_ord
from tests.gridmap.lattice import lattice, squares

SIDE, STEPS = 7, 12
CENTRE = [17, 23, 24, 25, 31]  # a cross in the middle of seven by seven
NEAR = neighbours(lattice(SIDE), SIDE**2)


def frame(values: object) -> pd.DataFrame:
    table = pd.DataFrame(values, index=squares(SIDE).index)
    return table.set_axis(pd.period_range("2025-01", periods=table.shape[1], freq="M"), axis=1)


def found(values: object, side: int = SIDE, **more: object) -> Emerging:
    return emerging(squares(side), frame(values), weights=lattice(side), **more)  # type: ignore[arg-type]


def course(hot: list[float]) -> np.ndarray:
    """Return ten points an area and day of each step, in the middle as many times as told."""
    noise = np.random.default_rng(3).poisson(40, (SIDE**2, len(hot))).astype(float)
    noise[CENTRE] *= hot
    return noise.round()


def by_definition(sets: int, steps: int, lags: int) -> dict[int, list[int]]:
    """Return who is around whom in space and time, from the words alone."""
    near = NEAR.toarray() > 0
    return {
        i * steps + t: [
            j * steps + u
            for j in range(sets)
            for u in range(max(t - lags, 0), t + 1)
            if (near[i, j] or i == j) and (i, t) != (j, u)
        ]
        for i in range(sets)
        for t in range(steps)
    }


@pytest.mark.parametrize("lags", [0, 1, 2])
def test_scores_are_those_of_esda_over_the_whole_cube(lags: int) -> None:
    values = np.random.default_rng(lags).poisson(3, (SIDE**2, 5)).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        around = W(by_definition(SIDE**2, 5, lags), silence_warnings=True)
        peer = esda.G_Local(values.ravel(), around, transform="B", star=True, permutations=0)
    ours = space_time_scores(values, NEAR, lags)
    assert ours.ravel() == pytest.approx(peer.Zs, abs=1e-9)
    theirs = getis_ord(pd.Series(values.ravel()), space_time_neighbours(NEAR, 5, lags))
    assert ours.ravel() == pytest.approx(theirs["z"].to_numpy(), abs=1e-12)


def test_a_spike_by_hand() -> None:
    # one area in one of 2 steps, 30 areas in a row: mean 1/60, 2 or 3 areas in 1 or 2 steps around
    line = csr_array(np.diag(np.ones(29), 1) + np.diag(np.ones(29), -1))
    values = np.zeros((30, 2))
    values[10, 0] = 1.0
    z = space_time_scores(values, line, 1)
    spread = np.sqrt(1 / 60 - 1 / 3600)
    for around, expected in ((3, z[10, 0]), (6, z[10, 1]), (6, z[11, 1])):
        told = (1 - around / 60) / (spread * np.sqrt(around * (60 - around) / 59))
        assert expected == pytest.approx(told, abs=1e-12)


@pytest.mark.parametrize(
    ("hot", "pattern"),
    [
        ([1] * 11 + [3], "new_hot"),
        ([1] * 9 + [2, 3, 3], "consecutive_hot"),
        (np.linspace(5, 7, 12).tolist(), "intensifying_hot"),
        ([4] * 12, "persistent_hot"),
        (np.linspace(7, 5, 12).tolist(), "diminishing_hot"),
        ([1, 3, 3, 1, 1, 1, 3, 1, 1, 1, 1, 3], "sporadic_hot"),
        ([1, 4, 4, 1, 1, 0, 0, 0, 1, 1, 4, 4], "oscillating_hot"),
        ([4] * 11 + [1], "historical_hot"),
        ([0] * 12, "persistent_cold"),
    ],
)
def test_a_planted_course_is_named(hot: list[float], pattern: str) -> None:
    table = found(course(hot), choices=Choices(lags=0)).table
    assert table["pattern"].iloc[24] == pattern
    assert table.loc[table.index[[0, 6, 42, 48]], "pattern"].eq("none").all()


def test_the_step_before_lends_its_weight() -> None:
    gone = course([1] * 10 + [6, 1])
    assert found(gone).table["pattern"].iloc[24] == "consecutive_hot"
    assert found(gone, choices=Choices(lags=0)).table["pattern"].iloc[24] == "none"


def test_steps_of_unequal_length_are_compared_by_the_day() -> None:
    days = pd.Series([31, 28] * 6, index=frame(np.zeros((SIDE**2, STEPS))).columns)
    values = np.outer(1 + np.arange(SIDE**2) % 3, days)
    answer = found(values, days=days)
    assert (answer.z.std(axis=1).iloc[:,].to_numpy() < 5).all()
    by_step = answer.z.iloc[:, 1:]
    assert np.ptp(by_step.to_numpy(), axis=1) == pytest.approx(0, abs=1e-9)


def test_noise_is_silent() -> None:
    marked = 0
    for seed in range(40):
        values = np.random.default_rng(seed).poisson(60, (SIDE**2, STEPS))
        marked += bool(tally(found(values).table))
    assert marked <= 0.05 * 40 + 2 * np.sqrt(40 * 0.05 * 0.95)


def test_sparse_counts_are_cautioned_and_permutations_need_no_caution() -> None:
    values = np.random.default_rng(1).poisson(0.3, (SIDE**2, STEPS))
    assert [template for template, _ in found(values).method.cautions()] != []
    sure = found(values, choices=Choices(permutations=999))
    assert sure.method.cautions() == []
    assert (sure.classes == 0).all().all()
    assert "999" in " ".join(text.format(**told) for text, told in sure.method.sentences())


def test_permutations_find_what_is_planted() -> None:
    values = course([1] * 6 + [6] * 6)
    answer = found(values, choices=Choices(permutations=23_520))
    assert answer.table["pattern"].iloc[24] == "consecutive_hot"
    again = found(values, choices=Choices(permutations=23_520))
    assert again.classes.equals(answer.classes)


def test_classes_are_those_of_the_levels_together() -> None:
    answer = found(course([4] * 12))
    sides = np.sign(answer.classes.where(answer.classes.abs() >= 2, 0))
    assert (answer.table["hot_steps"] == (sides > 0).sum(axis=1)).all()
    assert (answer.table["cold_steps"] == (sides < 0).sum(axis=1)).all()
    assert set(np.unique(answer.classes)) <= set(range(-3, 4))
    assert answer.table["count"].sum() == answer.method.n_points


@pytest.mark.parametrize(
    ("side", "steps", "says"), [(5, 12, "here are 25 areas"), (7, 9, "and 9 steps")]
)
def test_too_little_is_refused(side: int, steps: int, says: str) -> None:
    counts = pd.DataFrame(np.ones((side**2, steps)), index=squares(side).index)
    with pytest.raises(TooLittleDataError, match=says):
        emerging(squares(side), counts, weights=lattice(side))


def test_what_is_equal_everywhere_or_broken_is_refused() -> None:
    with pytest.raises(TooLittleDataError, match="the same value"):
        found(np.ones((SIDE**2, STEPS)))
    with pytest.raises(InvalidError, match="1 of 49"):
        found(np.vstack([np.full((1, STEPS), -1.0), np.ones((SIDE**2 - 1, STEPS))]))
    with pytest.raises(InvalidError, match="121 steps are too many"):
        found(np.ones((SIDE**2, 121)))


def test_the_fingerprint_is_of_what_went_in() -> None:
    one = found(course([4] * 12)).method.input_hash
    assert one == found(course([4] * 12)).method.input_hash
    assert one != found(course([4] * 12), choices=Choices(lags=0)).method.input_hash
    assert one != found(course([5] * 12)).method.input_hash
