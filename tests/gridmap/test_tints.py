"""Tints: neighbours of different owners differ, and an owner keeps its tint where it can."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gridmap.tints import MOST, NONE, tints


def board(rows: int, columns: int) -> csr_array:
    """Say which squares of a chess board share an edge."""
    number = np.arange(rows * columns).reshape(rows, columns)
    pairs = np.concatenate(
        [
            np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.stack([number[:-1].ravel(), number[1:].ravel()]),
        ],
        axis=1,
    )
    both = np.concatenate([pairs, pairs[::-1]], axis=1)
    return csr_array((np.ones(both.shape[1], dtype=bool), tuple(both)), shape=(number.size,) * 2)


@settings(max_examples=80, deadline=None)
@given(st.data(), st.integers(1, 7), st.integers(1, 7))
def test_neighbours_of_different_owners_differ(
    data: st.DataObject, rows: int, columns: int
) -> None:
    owner = st.sampled_from([None, *"abcdefghijkl"])
    owners = pd.Series(
        data.draw(st.lists(owner, min_size=rows * columns, max_size=rows * columns)), dtype="object"
    )
    near = board(rows, columns)
    found = tints(owners, near)
    assert found[owners.isna()].eq(NONE).all()
    assert found[owners.notna()].between(0, MOST - 1).all()
    one, other = near.nonzero()
    both = (owners.notna().to_numpy()[one]) & (owners.notna().to_numpy()[other])
    apart = both & (owners.to_numpy()[one] != owners.to_numpy()[other])
    assert (found.to_numpy()[one[apart]] != found.to_numpy()[other[apart]]).all()
    joined = both & ~apart
    assert (found.to_numpy()[one[joined]] == found.to_numpy()[other[joined]]).all()


def test_an_owner_has_one_tint_however_far_its_areas_lie_apart() -> None:
    owners = pd.Series(["a", "b", "a", "c", "a"], index=list("vwxyz"))
    found = tints(owners, board(1, 5))
    assert found["v"] == found["x"] == found["z"]
    assert found["w"] != found["v"] != found["y"]


def test_owners_that_all_touch_each_other_are_told_apart_part_by_part() -> None:
    """Eight owners, each beside each other somewhere, have no six tints; their parts have."""
    pairs = [(a, b) for a in range(8) for b in range(a)]
    owners = pd.Series([owner for pair in pairs for owner in pair], dtype="object")
    one = np.arange(0, len(owners), 2)
    near = csr_array(
        (np.ones(2 * len(one)), (np.r_[one, one + 1], np.r_[one + 1, one])),
        shape=(len(owners),) * 2,
    )
    found = tints(owners, near).to_numpy()
    assert (found[one] != found[one + 1]).all()


def test_without_areas_there_are_no_tints() -> None:
    assert tints(pd.Series([], dtype="object"), csr_array((0, 0))).empty
