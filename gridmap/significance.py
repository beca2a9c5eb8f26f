"""
How sure one may be: p-values, conditional permutations, the false discovery rate.

All p-values here are two-sided: an area may be unusually full or unusually empty, and nobody says
which beforehand. (esda's pseudo p-values are one-sided, with the side chosen after looking: half
of these.)
"""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import ndtr

TIE = 1e-9  # sums in another order differ by rounding; closer than this, relatively, is a tie


class Permuted(NamedTuple):
    """
    What conditional permutations say of each area.

    Parameters
    ----------
    p
        Two-sided pseudo p-values, (n,); NaN for areas without neighbours.
    tail
        +1 where the neighbours' sum is in the upper tail, −1 in the lower, 0 in neither, (n,).
    """

    p: NDArray[np.float64]
    tail: NDArray[np.int8]


def two_sided(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the two-sided p-value of standard normal scores.

    Parameters
    ----------
    z
        Scores; NaN stays NaN.

    Examples
    --------
    >>> two_sided(np.array([0.0, 1.959964, -1.959964])).round(6).tolist()
    [1.0, 0.05, 0.05]
    """
    return 2.0 * ndtr(-np.abs(z))


def false_discovery(p: NDArray[np.float64], alpha: float) -> tuple[float, NDArray[np.bool_]]:
    r"""
    Decide many tests at once by the false discovery rate (Benjamini and Hochberg 1995).

    Parameters
    ----------
    p
        p-values, (n,). NaN is no test: it is not counted and never rejected.
    alpha
        Share of the rejected that may be false, 0 < alpha < 1.

    Returns
    -------
    cutoff : float
        A test is rejected when its p-value is below this. Where none is, Bonferroni's
        :math:`\alpha/n`, as in Caldas de Castro and Singer (2006) and ``esda.fdr``.
    rejected : numpy.ndarray of bool, (n,)

    Notes
    -----
    With the p-values sorted upwards, the cutoff is :math:`k\alpha/n` for the largest :math:`k`
    with :math:`p_{(k)} < k\alpha/n`.

    Examples
    --------
    >>> cutoff, rejected = false_discovery(np.array([0.001, 0.02, 0.04, 0.8]), 0.05)
    >>> cutoff, rejected.tolist()
    (0.025, [True, True, False, False])
    """
    tests = np.sort(p[~np.isnan(p)])
    n = len(tests)
    if n == 0:
        return alpha, np.zeros(len(p), dtype=bool)
    line = np.arange(1, n + 1) * alpha / n
    below = np.flatnonzero(tests < line)
    cutoff = float(line[below[-1]] if below.size else line[0])
    return cutoff, p < cutoff


def permutations_needed(n: int, alpha: float) -> int:
    """
    Return how many permutations let one single area of n pass the false discovery rate.

    Examples
    --------
    >>> permutations_needed(101, 0.05)
    4040
    """
    return ceil(2 * n / alpha)


def conditional_permutations(
    values: NDArray[np.float64], neighbours: csr_array, permutations: int, seed: int
) -> Permuted:
    """
    Compare each area's sum over its neighbours with sums over random other areas.

    The area's own value stays; its k neighbours are replaced by k of the n − 1 others. Gi, Gi* and
    local Moran, with binary or row-standardised weights, rise or fall with that sum alone, so one
    answer serves them all.

    Parameters
    ----------
    values
        One per area, (n,), none missing.
    neighbours
        (n, n), 1.0 where areas are neighbours, no diagonal (`autocorrelation.neighbours`).
    permutations
        How many; the smallest p-value possible is ``2 / (permutations + 1)``.
    seed
        The same seed, order of areas and numpy give the same answer.

    Returns
    -------
    Permuted

    Notes
    -----
    The draws are shared: areas with the same number of neighbours are compared with one reference
    sample. Where a draw contains the area itself, a spare drawn with it takes its place, which
    leaves every k-subset of the others equally likely.

    A draw that equals the observed sum counts in both tails. esda counts it in the upper tail
    only; in a map with many zeros, that makes an area whose neighbours are all zero
    "significantly cold" beside a reference that is nearly all zero too.
    """
    degree = np.diff(neighbours.indptr)
    observed = neighbours @ values
    draws = _distinct(len(values), int(degree.max(initial=0)) + 1, permutations, seed)
    sums = np.cumsum(values[draws], axis=1)
    tolerance = TIE * max(float(np.abs(values).max(initial=0.0)), np.finfo(float).tiny)

    upper = np.zeros(len(values), dtype=np.int64)
    lower = np.zeros(len(values), dtype=np.int64)
    for k in np.unique(degree[degree > 0]):
        areas = np.flatnonzero(degree == k)
        reference = np.sort(sums[:, k - 1])
        high, low = observed[areas] - tolerance * k, observed[areas] + tolerance * k
        upper[areas] = permutations - np.searchsorted(reference, high, side="left")
        lower[areas] = np.searchsorted(reference, low, side="right")

        # draws that hold an area of this kind itself: its value out, the spare's in
        row, column = np.nonzero(degree[draws[:, :k]] == k)
        own = draws[row, column]
        before = sums[row, k - 1]
        after = before - values[own] + values[draws[row, k]]
        high, low = observed[own] - tolerance * k, observed[own] + tolerance * k
        np.add.at(upper, own, (after >= high).astype(np.int64) - (before >= high))
        np.add.at(lower, own, (after <= low).astype(np.int64) - (before <= low))

    p = np.minimum(2.0 * (np.minimum(upper, lower) + 1.0) / (permutations + 1.0), 1.0)
    return Permuted(p=np.where(degree > 0, p, np.nan), tail=np.sign(lower - upper).astype(np.int8))


def _distinct(n: int, size: int, rows: int, seed: int) -> NDArray[np.int64]:
    """Draw `rows` ordered samples of `size` different numbers below `n`."""
    random = np.random.default_rng(seed)
    if 2 * size > n:
        return np.argsort(random.random((rows, n)), axis=1)[:, :size]
    drawn = random.integers(n, size=(rows, size))
    while True:
        # Any rule that does not look at the numbers themselves keeps all samples equally likely.
        order = np.argsort(drawn, axis=1, kind="stable")
        ranked = np.take_along_axis(drawn, order, axis=1)
        row, column = np.nonzero(ranked[:, 1:] == ranked[:, :-1])
        if row.size == 0:
            return drawn
        drawn[row, order[row, column + 1]] = random.integers(n, size=row.size)
