"""
Tints of a map: few colours, and no two neighbours of different owners with the same.

Each owner has one tint all over the map where that is possible. Where it is not, each of an
owner's connected parts has one; their map is planar, and six tints are always enough for that.
"""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

MOST = 6
NONE = -1

Ints = NDArray[np.int64]


def tints(owners: pd.Series, near: csr_array, most: int = MOST) -> pd.Series:
    """
    Give areas tints, so that neighbours of different owners differ.

    Parameters
    ----------
    owners
        Of n areas; missing where nobody owns one.
    near
        n × n, symmetric, in the order of the owners: which areas share an edge.
    most
        How many tints there are; from six on neighbours differ wherever the map is planar.

    Returns
    -------
    pandas.Series
        ``tint`` from 0, on the caller's index; `NONE` where nobody owns the area.

    Notes
    -----
    Areas are coloured in smallest-last order (Matula and Beck, *J. ACM* 30, 1983): a planar graph
    always has a vertex of degree five or less, so the sixth tint is free at the latest. Among the
    free tints the one that is used least is taken.

    Examples
    --------
    Three areas in a row; the outer two are of one owner.

    >>> line = csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    >>> found = tints(pd.Series(["a", "b", "a"]), line)
    >>> bool(found[0] == found[2] != found[1])
    True
    """
    owner = pd.factorize(owners)[0].astype(np.int64)
    pairs = near.tocoo()
    apart = (owner[pairs.row] != owner[pairs.col]) & (owner[pairs.row] >= 0)
    apart &= owner[pairs.col] >= 0
    edges = np.column_stack([pairs.row[apart], pairs.col[apart]]).astype(np.int64)
    found, clashes = _coloured(owner, edges, most)
    if clashes:
        alike = owner[pairs.row] == owner[pairs.col]
        same = csr_array(
            (np.ones(int(alike.sum())), (pairs.row[alike], pairs.col[alike])), shape=near.shape
        )
        part = connected_components(same, directed=False)[1].astype(np.int64)
        found, _ = _coloured(np.where(owner >= 0, part, NONE), edges, most)
    return pd.Series(found, index=owners.index, name="tint")


def _coloured(group: Ints, edges: Ints, most: int) -> tuple[Ints, int]:
    """Return a tint for each area by its group, and how many groups clash with a neighbour."""
    n = int(group.max(initial=NONE)) + 1
    beside: list[set[int]] = [set() for _ in range(n)]
    for one, other in np.unique(group[edges].reshape(-1, 2), axis=0).tolist():
        beside[one].add(other)
    tint, used, clashes = [NONE] * n, [0] * most, 0
    for one in _smallest_last(beside):
        around = [tint[other] for other in beside[one] if tint[other] != NONE]
        cost = [(around.count(colour), used[colour], colour) for colour in range(most)]
        met, _, chosen = min(cost)
        clashes += met > 0
        tint[one] = chosen
        used[chosen] += 1
    return np.append(np.array(tint, dtype=np.int64), NONE)[group], clashes


def _smallest_last(beside: list[set[int]]) -> list[int]:
    """Return vertices so that each has as few neighbours as can be before it."""
    degree = [len(around) for around in beside]
    heap = [(count, vertex) for vertex, count in enumerate(degree)]
    heapq.heapify(heap)
    order: list[int] = []
    gone = [False] * len(beside)
    while heap:
        count, vertex = heapq.heappop(heap)
        if gone[vertex] or count != degree[vertex]:
            continue
        gone[vertex] = True
        order.append(vertex)
        for other in beside[vertex]:
            if not gone[other]:
                degree[other] -= 1
                heapq.heappush(heap, (degree[other], other))
    return order[::-1]
