"""Places of stations: published optima of OR-Library, and brute force."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import floyd_warshall

from gridmap.errors import InvalidError
from gridmap.planning import medians

SLOW = {7, 8, 9, 10}
CAPACITATED = [713, 740, 751, 651, 664, 778, 787, 820, 715, 829]
UNLIMITED = [5819, 4093, 4250, 3034, 1355]


@pytest.mark.parametrize(
    "number",
    [pytest.param(n, marks=[pytest.mark.scenario] if n in SLOW else []) for n in range(1, 11)],
)
def test_a_capacitated_case_of_or_library_is_solved_to_its_optimum(
    shared_data: Path, number: int
) -> None:
    text = (shared_data / "refs" / "pmedcap" / f"pmedcap1_{number}.txt").read_text().split()
    n, p, limit = (int(word) for word in text[2:5])
    rows = np.array(text[5 : 5 + 4 * n], dtype=float).reshape(n, 4)
    away = np.hypot(*(rows[:, np.newaxis, 1:3] - rows[:, 1:3]).transpose(2, 0, 1))
    found = medians(
        pd.DataFrame({"load": rows[:, 3]}), None, np.floor(away), p, capacity=limit,
        time_limit_s=600.0,
    )  # fmt: skip
    assert (found.status, found.cost) == ("optimal", CAPACITATED[number - 1])
    assert found.loads.max() <= limit
    assert len(found.sites) == p


@pytest.mark.parametrize("number", range(1, 6))
def test_a_p_median_of_or_library_is_solved_to_its_optimum(shared_data: Path, number: int) -> None:
    text = (shared_data / "refs" / "pmed" / f"pmed{number}.txt").read_text().split()
    n, edges, p = (int(word) for word in text[:3])
    network = np.full((n, n), np.inf)
    # of an edge that is there twice, the last length counts
    for one, other, length in np.array(text[3 : 3 + 3 * edges], dtype=int).reshape(-1, 3):
        network[one - 1, other - 1] = network[other - 1, one - 1] = length
    np.fill_diagonal(network, 0.0)
    found = medians(pd.DataFrame(index=range(n)), None, floyd_warshall(network), p)
    assert (found.status, found.cost) == ("optimal", UNLIMITED[number - 1])


def test_stations_that_cannot_take_all_demand_say_so() -> None:
    demand = pd.DataFrame({"load": [3.0, 3.0, 3.0]})
    found = medians(demand, None, np.ones((3, 3)), 2, capacity=4.0)
    assert found.status == "infeasible"
    assert "weighs 9" in found.conflicts[0]
    packed = medians(demand, None, np.ones((3, 3)), 2, capacity=5.0)
    assert packed.status == "infeasible"
    assert "No 2 sites" in packed.conflicts[0]


def test_distances_or_a_number_that_do_not_fit_are_refused() -> None:
    demand = pd.DataFrame(index=range(3))
    with pytest.raises(InvalidError):
        medians(demand, None, np.ones((3, 2)), 1)
    with pytest.raises(InvalidError):
        medians(demand, None, np.ones((3, 3)), 4)


@settings(max_examples=25, deadline=None)
@given(
    distance=st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=5, max_size=5),
    p=st.integers(1, 4),
)
def test_no_choice_of_sites_is_better_than_the_one_that_is_proved(
    distance: list[list[int]], p: int
) -> None:
    away = np.array(distance, dtype=float)
    sites = pd.DataFrame(index=[*"abcd"])
    found = medians(pd.DataFrame(index=range(5)), sites, away, p)
    best = min(away[:, chosen].min(axis=1).sum() for chosen in map(list, combinations(range(4), p)))
    assert (found.status, found.cost) == ("optimal", best)
    assert set(found.labels) <= set(found.sites)
