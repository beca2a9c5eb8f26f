"""Sums of areas over two periods: like with like, each area compared with itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.errors import InvalidError


class Sums(NamedTuple):
    """
    Areas together.

    Parameters
    ----------
    areas
        Counts before and after, exposures before and after, (m,) each, of the areas that were
        walked in both periods.
    counts, exposures
        Their sums; the exposures themselves where they are of all areas together.
    ratio, variance
        The ratio of the rates (Mantel and Haenszel), and the variance of its logarithm (Greenland
        and Robins 1985).
    by_area
        Whether each area has an exposure of its own.
    """

    areas: tuple[NDArray[np.float64], ...]
    counts: tuple[float, float]
    exposures: tuple[float, float]
    ratio: float
    variance: float
    by_area: bool

    @property
    def walked(self) -> bool:
        """Whether there is any area that was walked in both periods."""
        return bool(self.areas[0].size) or not self.by_area


def summed(counts: Sequence[NDArray[np.float64]], exposures: tuple[ArrayLike, ArrayLike]) -> Sums:
    """
    Add up the areas that were walked in both periods.

    Parameters
    ----------
    counts
        Before and after, (n,) each.
    exposures
        Two numbers of all areas together, or (n,) each.

    Raises
    ------
    InvalidError
        As `lengths_of`.
    """
    lengths = lengths_of(exposures, counts[0].shape)
    by_area = any(np.ndim(one) > 0 for one in exposures)
    walked = (lengths[0] > 0) & (lengths[1] > 0)
    first, second, before, after = (one[walked] for one in (*counts, *lengths))
    whole = before + after
    up, down = float((second * before / whole).sum()), float((first * after / whole).sum())
    spread = float(((first + second) * before * after / whole**2).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = float(np.divide(up, down))
        variance = float(np.divide(spread, up * down))
    sums = (before.sum(), after.sum()) if by_area else exposures
    return Sums(
        (first, second, before, after),
        (float(first.sum()), float(second.sum())),
        (float(np.asarray(sums[0])), float(np.asarray(sums[1]))),
        ratio,
        variance,
        by_area,
    )


def lengths_of(
    exposures: tuple[ArrayLike, ArrayLike], shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return the exposures of each area.

    Parameters
    ----------
    exposures
        Two numbers of all areas together, or one an area.
    shape
        Of the counts.

    Raises
    ------
    InvalidError
        If one is missing or negative, or 0 for all areas together.
    """
    given = [np.asarray(one, dtype=np.float64) for one in exposures]
    # one number is of all areas together: nothing would be left to divide by
    if not all((np.isfinite(e) & (e >= 0)).all() and (e.ndim or e > 0) for e in given):
        msg = "A rate needs days or kilometres; they must be more than 0 in both periods."
        raise InvalidError(msg)
    return np.broadcast_to(given[0], shape), np.broadcast_to(given[1], shape)


def part_of(
    lengths: tuple[ArrayLike, ArrayLike], kind: NDArray[np.bool_]
) -> tuple[ArrayLike, ArrayLike]:
    """
    Return the exposures of some areas; what is of all areas together is theirs as it is.

    Parameters
    ----------
    lengths
        Two numbers, or (n,) each.
    kind
        Which areas, (n,).
    """
    first, second = (np.asarray(one)[kind] if np.ndim(one) else one for one in lengths)
    return first, second


def dispersion_of(groups: Sequence[Sums]) -> float:
    """
    Return how much the areas of groups differ beyond chance, each from its group's change.

    Parameters
    ----------
    groups
        Of areas; one in which nothing was counted in one of the periods says nothing.
    """
    square, freedom = 0.0, 0
    for group in groups:
        if not all(group.counts):
            continue
        first, second, before, after = group.areas
        n = first + second
        share = group.ratio * after / (before + group.ratio * after)
        some = n > 0
        expected = (n * share)[some]
        missed = (second[some] - expected) ** 2 / (expected * (1 - share[some]))
        square, freedom = square + float(missed.sum()), freedom + int(some.sum()) - 1
    return max(square / freedom, 1.0) if freedom > 0 else 1.0
