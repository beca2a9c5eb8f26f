"""Walks along a road network: the loops of `gridmap.network`."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]
Metres: TypeAlias = NDArray[np.float64]

LEAST = 1e-4  # share of a point that is followed no further


@njit(cache=True)
def reached(
    indptr: Numbers, indices: Numbers, metres: Metres, reach: float
) -> tuple[Numbers, Numbers, Metres]:
    """
    Find what can be reached from each node within a distance (Dijkstra 1959).

    Parameters
    ----------
    indptr, indices, metres
        Edges of n nodes, as a sparse row matrix.
    reach
        How far.

    Returns
    -------
    source, target : numpy.ndarray of int
        Pairs that are near enough, no node with itself.
    distance : numpy.ndarray
        Between them.
    """
    n = indptr.shape[0] - 1
    best = np.full(n, np.inf)
    sources, targets, distances = [0], [0], [0.0]  # numba takes the types from a first member
    for source in range(n):
        for node in _around(source, indptr, indices, metres, reach, best):
            if node != source:
                sources.append(source)
                targets.append(node)
                distances.append(best[node])
            best[node] = np.inf
    return np.array(sources[1:]), np.array(targets[1:]), np.array(distances[1:])


@njit(cache=True)
def _around(
    source: int, indptr: Numbers, indices: Numbers, metres: Metres, reach: float, best: Metres
) -> list[int]:
    """Write into `best`, all infinite before, how far nodes are; return those reached."""
    seen = [source]
    best[source] = 0.0
    heap = [(0.0, source)]
    while heap:
        far, node = heappop(heap)
        if far > best[node]:
            continue
        for edge in range(indptr[node], indptr[node + 1]):
            other, there = indices[edge], far + metres[edge]
            if there <= reach and there < best[other]:
                if best[other] == np.inf:
                    seen.append(other)
                best[other] = there
                heappush(heap, (there, other))
    return seen


@njit(cache=True)
def walk_shares(
    junction: Numbers, length: Metres, arms: Numbers, first: Numbers, counts: Metres, reach: float
) -> Metres:
    """
    Spread points over a network, in equal shares at each junction.

    Parameters
    ----------
    junction
        Of each arm, (2n,): arm 2i is the beginning of piece i, arm 2i + 1 its end.
    length
        Of each piece, (n,).
    arms, first
        Arms in the order of their junctions, and where those of each junction begin.
    counts
        Points in the middle of each piece.
    reach
        Bandwidth of the quartic kernel.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Points per metre in the middle of each piece.
    """
    density = np.zeros(length.shape[0])
    for source in np.flatnonzero(counts):
        density[source] += counts[source] * _quartic(0.0, reach)
        stack = [(2 * source, length[source] / 2, 1.0), (2 * source + 1, length[source] / 2, 1.0)]
        while stack:
            arm, far, share = stack.pop()
            begin, end = first[junction[arm]], first[junction[arm] + 1]
            share /= max(end - begin - 1, 1)
            if share < LEAST:
                continue
            for at in range(begin, end):
                on = arms[at]
                if on == arm:
                    continue
                piece = on // 2
                density[piece] += counts[source] * share * _quartic(far + length[piece] / 2, reach)
                if far + length[piece] < reach:
                    stack.append((on ^ 1, far + length[piece], share))
    return density


@njit(cache=True, inline="always")
def _quartic(far: float, reach: float) -> float:
    if far >= reach:
        return 0.0
    inside = 1.0 - (far / reach) ** 2
    return 15.0 / 16.0 / reach * inside * inside
