"""False discovery rate and conditional permutations, against esda and full enumeration."""

from __future__ import annotations

import warnings
from itertools import combinations

import esda
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from libpysal.graph import Graph
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, lil_array

from gridmap.significance import (
    conditional_permutations,
    false_discovery,
    permutations_needed,
    two_sided,
)
from tests.gridmap.lattice import lattice

p_values = arrays(np.float64, st.integers(1, 60), elements=st.floats(0.0, 1.0))
levels = st.sampled_from([0.01, 0.05, 0.1, 0.25])


@settings(max_examples=200, deadline=None)
@given(p=p_values, alpha=levels)
def test_the_cutoff_is_that_of_esda(p: NDArray[np.float64], alpha: float) -> None:
    assert false_discovery(p, alpha)[0] == pytest.approx(esda.fdr(p, alpha), abs=1e-15)


@settings(max_examples=200, deadline=None)
@given(p=p_values, alpha=levels)
def test_whatever_is_below_a_rejected_p_value_is_rejected_too(
    p: NDArray[np.float64], alpha: float
) -> None:
    _, rejected = false_discovery(p, alpha)
    if rejected.any():
        assert rejected[p <= p[rejected].max()].all()


@settings(max_examples=200, deadline=None)
@given(p=p_values)
def test_a_higher_level_never_rejects_less(p: NDArray[np.float64]) -> None:
    strict, loose = (false_discovery(p, alpha)[1] for alpha in (0.05, 0.1))
    assert (strict <= loose).all()


@settings(max_examples=200, deadline=None)
@given(p=p_values, alpha=levels, data=st.data())
def test_a_lower_p_value_never_makes_another_lose(
    p: NDArray[np.float64], alpha: float, data: st.DataObject
) -> None:
    lower = p.copy()
    lower[data.draw(st.integers(0, len(p) - 1))] /= 2
    assert (false_discovery(p, alpha)[1] <= false_discovery(lower, alpha)[1]).all()


def test_the_step_up_rule_looks_past_a_p_value_above_its_line() -> None:
    # lines 0.0125, 0.025, 0.0375, 0.05: the second is above its own, the fourth is below
    cutoff, rejected = false_discovery(np.array([0.049, 0.01, 0.03, 0.03]), 0.05)
    assert cutoff == pytest.approx(0.05)
    assert rejected.all()


def test_a_missing_p_value_is_no_test() -> None:
    with_gap = np.array([0.02, np.nan, 0.9])
    cutoff, rejected = false_discovery(with_gap, 0.05)
    assert cutoff == pytest.approx(0.025)
    assert rejected.tolist() == [True, False, False]
    assert not false_discovery(np.array([np.nan]), 0.05)[1].any()


def test_two_sided_p_values_are_those_of_the_tables() -> None:
    assert two_sided(np.array([1.644854, 1.959964, -2.575829])) == pytest.approx(
        [0.1, 0.05, 0.01], abs=1e-6
    )


def test_a_permutation_p_value_approaches_that_of_every_possible_choice() -> None:
    values = np.array([3.0, 1.5, 4.1, 1.0, 5.9, 9.2, 2.6, 6.5])
    weights = lil_array((8, 8))
    weights[0, [4, 5, 7]] = 1.0
    found = conditional_permutations(values, csr_array(weights), 19_999, seed=5)
    every = np.array([values[list(three)].sum() for three in combinations(range(1, 8), 3)])
    exact = 2 * (every >= values[[4, 5, 7]].sum()).mean()  # 1 in 35 on either side
    assert found.p[0] == pytest.approx(exact, abs=0.006)
    assert found.tail[0] == 1


def test_an_area_never_stands_in_for_its_own_neighbour() -> None:
    # Each of three areas has the two others as neighbours: one choice, always the observed one.
    weights = csr_array(1.0 - np.eye(3))
    found = conditional_permutations(np.array([0.0, 0.0, 100.0]), weights, 499, seed=1)
    assert found.p.tolist() == [1.0, 1.0, 1.0]
    assert found.tail.tolist() == [0, 0, 0]


def test_the_same_seed_gives_the_same_answer_and_another_seed_another() -> None:
    values = np.random.default_rng(0).gamma(2.0, size=100)
    first, again, other = (
        conditional_permutations(values, lattice(10), 199, seed).p for seed in (7, 7, 8)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_ties_and_rounding_are_no_evidence() -> None:
    # 0.1 + 0.2 and 0.2 + 0.1 + ... differ in the last bit; every sum here is the same
    found = conditional_permutations(np.full(100, 0.1), lattice(10), 999, seed=0)
    assert (found.p == 1.0).all()


@pytest.fixture(scope="module")
def wavy() -> NDArray[np.float64]:
    random = np.random.default_rng(11)
    rows, columns = np.divmod(np.arange(900), 30)
    return random.gamma(2.0, size=900) + np.sin(rows / 4) + np.cos(columns / 5) + 2.0


def peer_p(values: NDArray[np.float64], weights: csr_array, seed: int) -> NDArray[np.float64]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = Graph.from_sparse(csr_matrix(weights)).to_W()
        found = esda.G_Local(
            values, graph, transform="B", star=True, permutations=999, n_jobs=1, seed=seed
        )
    return found.p_sim


def test_permutations_agree_with_esda_as_well_as_two_seeds_of_esda_agree(
    wavy: NDArray[np.float64],
) -> None:
    weights = lattice(30)
    ours = conditional_permutations(wavy, weights, 999, seed=1).p / 2  # esda's are one-sided
    first, second = peer_p(wavy, weights, 1), peer_p(wavy, weights, 2)
    spread = np.abs(first - second).mean()
    assert np.abs(ours - first).mean() <= 1.25 * spread
    same = ((ours < 0.025) == (first < 0.025)).mean()
    assert same >= ((second < 0.025) == (first < 0.025)).mean() - 0.01


def test_an_empty_surrounding_in_a_nearly_empty_map_is_not_cold() -> None:
    values = np.zeros(400)
    values[::97] = 1.0
    weights = lattice(20)
    empty = weights @ values == 0
    # esda gives every one of them its smallest p-value, because ties count on one side only
    assert peer_p(values, weights, 1)[empty].max() == pytest.approx(0.001)
    assert conditional_permutations(values, weights, 999, seed=1).p[empty].min() == 1.0


def test_enough_permutations_let_one_area_pass_and_one_fewer_does_not() -> None:
    needed = permutations_needed(101, 0.05)
    p = np.ones(101)
    p[0] = 2 / (needed + 1)
    assert false_discovery(p, 0.05)[1].sum() == 1
    p[0] = 2 / needed
    assert false_discovery(p, 0.05)[1].sum() == 0
