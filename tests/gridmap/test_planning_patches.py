"""Contiguous, balanced patches: lattices whose optima are proved elsewhere, and laws."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gridmap.errors import InvalidError
from gridmap.planning import Patches, patches
from tests.gridmap.plans import lattice


@pytest.mark.parametrize(
    ("rows", "columns", "k", "tolerance", "cost"),
    [
        (4, 5, 3, 0.10, 1888.0),
        (5, 5, 4, 0.05, 2033.0),
        (6, 6, 4, 0.05, 3576.0),
        pytest.param(4, 5, 3, 0.02, 2170.0, marks=pytest.mark.scenario),
        # 2936 without contiguity
        pytest.param(5, 6, 4, 0.05, 3158.0, marks=pytest.mark.scenario),
        pytest.param(5, 6, 5, 0.05, 2622.0, marks=pytest.mark.scenario),
    ],
)
def test_a_lattice_is_divided_at_its_proved_cost(
    rows: int, columns: int, k: int, tolerance: float, cost: float
) -> None:
    areas, beside = lattice(rows, columns)
    found = patches(areas, beside, k, tolerance=tolerance, time_limit_s=300.0)
    assert (found.status, found.cost, found.gap) == ("optimal", cost, 0.0)
    _assert_kept(areas, beside, found, k)


def test_seats_stay_in_their_own_patches_and_name_them() -> None:
    areas, beside = lattice(6, 6)
    seats = ["0101", "0104", "0401", "0404"]
    found = patches(areas, beside, 4, seats=seats, tolerance=0.1)
    assert found.status == "optimal"
    assert found.labels[seats].to_list() == seats
    assert found.centres.to_dict() == dict(zip(seats, seats, strict=True))
    _assert_kept(areas, beside, found, 4)


def test_what_change_costs_more_than_it_saves_stays() -> None:
    areas, beside = lattice(4, 4)
    today = pd.Series(np.where(areas["x"] < 2, "west", "east"), index=areas.index)
    options = {"tolerance": 0.3, "today": today}
    assert patches(areas, beside, 2, change_weight=1e4, **options).moved == ()
    free = patches(areas, beside, 2, **options)
    assert free.cost <= patches(areas, beside, 2, change_weight=1.0, **options).cost


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"load": [1.0, 1.0, 1.0, 9.0]}, "3 alone weighs 9"),
        ({"load": [1.0, 2.0, 2.0, 2.0]}, "The part of 0 lies apart and weighs 1"),
    ],
)
def test_a_division_that_cannot_be_says_why(change: dict[str, list[float]], said: str) -> None:
    areas = pd.DataFrame({"x": range(4), "y": 0, **change}, index=[*"0123"])
    beside = _chain(4, without=[(0, 1)] if change["load"][1] == 2 else [])
    found = patches(areas, beside, 2, tolerance=0.1)
    assert found.status == "infeasible"
    assert any(said in conflict for conflict in found.conflicts), found.conflicts


def test_more_parts_than_patches_cannot_be_contiguous() -> None:
    areas = pd.DataFrame({"x": range(3), "y": 0, "load": 1.0}, index=[*"abc"])
    found = patches(areas, _chain(3, without=[(0, 1), (1, 2)]), 2, tolerance=1.0)
    assert found.status == "infeasible"
    assert "3 parts" in found.conflicts[0]


@pytest.mark.parametrize(("k", "seats"), [(0, None), (5, None), (2, ["a"]), (2, ["a", "z"])])
def test_a_number_or_seats_that_do_not_fit_are_refused(k: int, seats: list[str] | None) -> None:
    areas = pd.DataFrame({"x": range(4), "y": 0, "load": 1.0}, index=[*"abcd"])
    with pytest.raises(InvalidError):
        patches(areas, _chain(4), k, seats=seats)


def test_the_watch_ends_the_division_with_the_best_so_far() -> None:
    areas, beside = lattice(10, 12)
    found = patches(areas, beside, 6, tolerance=0.1, watch=lambda now: now.best is None)
    assert found.status == "stopped"
    assert found.bound < found.cost < np.inf
    _assert_kept(areas, beside, found, 6)


@settings(max_examples=15, deadline=None)
@given(
    loads=st.lists(st.integers(1, 4), min_size=6, max_size=6),
    k=st.integers(2, 3),
    tolerance=st.sampled_from([0.2, 0.5]),
)
def test_no_division_is_better_than_the_one_that_is_proved(
    loads: list[int], k: int, tolerance: float
) -> None:
    areas, beside = lattice(2, 3)
    areas = areas.assign(load=np.array(loads, dtype=float))
    found = patches(areas, beside, k, tolerance=tolerance)
    best = _brute_force(areas, beside, k, tolerance)
    if best is None:
        assert found.status == "infeasible"
        assert found.conflicts
        return
    assert (found.status, found.cost) == ("optimal", pytest.approx(best))
    _assert_kept(areas, beside, found, k)


def _brute_force(areas: pd.DataFrame, beside: csr_array, k: int, tolerance: float) -> float | None:
    load, xy = areas["load"].to_numpy(), areas[["x", "y"]].to_numpy()
    away = ((xy[:, np.newaxis] - xy) ** 2).sum(axis=2)
    mean, best = load.sum() / k, None
    for centres in combinations(range(len(areas)), k):
        for labels in product(centres, repeat=len(areas)):
            site = np.array(labels)
            if any(site[centre] != centre for centre in centres):
                continue
            sums = np.array([load[site == centre].sum() for centre in centres])
            even = (abs(sums - mean) <= tolerance * mean + 1e-9).all()
            if even and all(_is_joined(beside, np.flatnonzero(site == one)) for one in centres):
                cost = float((load * away[np.arange(len(site)), site]).sum())
                best = cost if best is None else min(best, cost)
    return best


def _is_joined(beside: csr_array, members: np.ndarray) -> bool:
    """Walk from the first member over neighbours that are members too."""
    seen, queue = {int(members[0])}, [int(members[0])]
    matrix, inside = beside.toarray(), set(members.tolist())
    while queue:
        near = set(np.flatnonzero(matrix[queue.pop()]).tolist()) & inside
        queue += near - seen
        seen |= near
    return seen == inside


def _chain(n: int, without: list[tuple[int, int]] | None = None) -> csr_array:
    matrix = np.eye(n, k=1) + np.eye(n, k=-1)
    for one, other in without or []:
        matrix[one, other] = matrix[other, one] = 0
    return csr_array(matrix > 0)


def _assert_kept(areas: pd.DataFrame, beside: csr_array, found: Patches, k: int) -> None:
    assert found.labels.index.equals(areas.index)
    assert found.labels.nunique() == k
    assert found.loads.between(found.low, found.high).all()
    assert found.loads.sum() == pytest.approx(areas["load"].sum())
    for patch, centre in found.centres.items():
        members = np.flatnonzero((found.labels == patch).to_numpy())
        assert _is_joined(beside, members)
        assert found.labels[centre] == patch
