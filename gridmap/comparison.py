"""
Before and after: has it become less, or could that be chance.

Counts of two periods are compared by their rates. A place that is picked because it was bad comes
out better next time even if nothing is done (regression to the mean, Galton 1886): only comparison
areas, which nobody picked for being bad, tell an action from that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, bdtrc, ndtri

from gridmap.errors import InvalidError
from gridmap.intervals import CONFIDENCE, ratio_interval
from gridmap.significance import false_discovery

VERDICTS = ("better", "worse", "unclear", "none")


@dataclass(frozen=True)
class Change:
    """
    How a rate has changed, and how far that can be trusted.

    Parameters
    ----------
    before, after
        How many.
    rate_before, rate_after
        The same by their exposures.
    ratio, low, high
        Rate after by rate before, and its interval; NaN where there is nothing to go by.
    dispersion
        How much more the areas differ in their change than chance explains; 1 where they do not.
    verdict
        ``better`` or ``worse`` where the interval does not hold 1; else ``unclear``; ``none``
        where there was nothing, before or after.
    """

    before: int
    after: int
    rate_before: float
    rate_after: float
    ratio: float
    low: float
    high: float
    dispersion: float
    verdict: str


@dataclass(frozen=True)
class Against:
    """
    A change beside that of comparison areas: the ratio of two ratios.

    Parameters
    ----------
    ratio, low, high
        The ratio where something was done by the ratio elsewhere, and its interval; NaN where one
        of the four counts is 0.
    verdict
        As `Change`.
    """

    ratio: float
    low: float
    high: float
    verdict: str


def compare(
    before: pd.Series,
    after: pd.Series,
    exposures: tuple[ArrayLike, ArrayLike] = (1.0, 1.0),
    *,
    alpha: float = 1 - CONFIDENCE,
) -> pd.DataFrame:
    """
    Compare each area with itself.

    Parameters
    ----------
    before, after
        Counts by area, (n,), on one index.
    exposures
        In how many days, or kilometres walked, they were found: two numbers, or (n,) each.
    alpha
        Level of the verdicts, after Benjamini and Hochberg's correction for the number of areas
        with anything to compare.

    Returns
    -------
    pandas.DataFrame, on that index
        ``before``, ``after``, ``rate_before``, ``rate_after``, ``ratio``; ``low`` and ``high``,
        the exact interval of each area by itself; ``p``, two-sided and exact; ``verdict``, one of
        `VERDICTS`. An area whose interval does not hold 1 may be ``unclear``: among many areas
        some intervals miss by chance.

    Raises
    ------
    InvalidError
        If a count is missing, negative or broken, or an exposure is not positive.

    Notes
    -----
    Given both counts together, the second is binomial (Przyborowski and Wilenski 1940); p is twice
    the smaller tail, as the interval is `gridmap.intervals.ratio_interval`.

    Examples
    --------
    >>> found = compare(pd.Series([30, 5, 0]), pd.Series([6, 4, 0]))
    >>> found["ratio"].round(2).tolist(), found["verdict"].tolist()
    ([0.2, 0.8, nan], ['better', 'unclear', 'none'])
    """
    first, second = _counts(before, after)
    lengths = [np.broadcast_to(np.asarray(e, dtype=np.float64), first.shape) for e in exposures]
    if not all((np.isfinite(length) & (length > 0)).all() for length in lengths):
        msg = "A rate needs days or kilometres; they must be more than 0 in both periods."
        raise InvalidError(msg)
    rates = [count / length for count, length in zip((first, second), lengths, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = rates[1] / rates[0]
    bounds = ratio_interval((first, second), (lengths[0], lengths[1]), confidence=1 - alpha)
    p = _chance(first, second, lengths[1] / (lengths[0] + lengths[1]))
    sure = false_discovery(p, alpha)[1]
    verdict = np.select(
        [first + second == 0, sure & (ratio < 1), sure], ["none", "better", "worse"], "unclear"
    )
    columns = {
        "before": first.astype(np.int64),
        "after": second.astype(np.int64),
        "rate_before": rates[0],
        "rate_after": rates[1],
        "ratio": ratio,
        "low": bounds.low,
        "high": bounds.high,
        "p": p,
        "verdict": pd.Series(verdict, dtype="str").to_numpy(),
    }
    return pd.DataFrame(columns, index=before.index).astype({"verdict": "str"})


def in_all(
    before: pd.Series,
    after: pd.Series,
    exposures: tuple[float, float] = (1.0, 1.0),
    *,
    alpha: float = 1 - CONFIDENCE,
) -> Change:
    r"""
    Compare all areas together.

    Parameters
    ----------
    before, after
        Counts by area, on one index.
    exposures
        Days, or kilometres walked, in all of them.
    alpha
        One less the confidence of the interval.

    Raises
    ------
    InvalidError
        As `compare`.

    Notes
    -----
    The interval is the exact one of two Poisson counts. Reports come in bunches, so where the
    areas differ in their change more than chance explains, by
    :math:`\phi = \frac{1}{m-1} \sum_i \frac{(a_i - n_i \pi)^2}{n_i \pi (1 - \pi)} > 1` of the
    :math:`m` areas with any, it is at least as wide as
    :math:`\log R \pm z \sqrt{\phi (1/A + 1/B)}` (quasi-likelihood, McCullagh and Nelder 1989).
    """
    first, second = _counts(before, after)
    b, a = float(first.sum()), float(second.sum())
    table = compare(pd.Series([b]), pd.Series([a]), exposures, alpha=alpha).iloc[0]
    dispersion = _dispersion([(first, second)])
    low, high = float(table["low"]), float(table["high"])
    if dispersion > 1 and a and b:
        wide = _around(float(table["ratio"]), dispersion * (1 / a + 1 / b), alpha)
        low, high = min(low, wide[0]), max(high, wide[1])
    return Change(
        before=int(b),
        after=int(a),
        rate_before=float(table["rate_before"]),
        rate_after=float(table["rate_after"]),
        ratio=float(table["ratio"]),
        low=low,
        high=high,
        dispersion=dispersion,
        verdict=_verdict(low, high) if a + b else "none",
    )


def against(
    before: pd.Series, after: pd.Series, acted: pd.Series, *, alpha: float = 1 - CONFIDENCE
) -> Against:
    r"""
    Compare the change where something was done with the change elsewhere.

    Parameters
    ----------
    before, after
        Counts by area, on one index.
    acted
        On that index: whether something was done there. The others are the comparison areas.
    alpha
        One less the confidence of the interval.

    Returns
    -------
    Against

    Raises
    ------
    InvalidError
        As `compare`, or if there are no areas of one of the two kinds.

    Notes
    -----
    The difference in differences, on the scale of ratios: with the ratios :math:`R_1` where
    something was done and :math:`R_0` elsewhere,
    :math:`\log R_1 - \log R_0 \pm z \sqrt{\phi \sum 1 / n}` over the four counts (Altman and Bland
    2003, BMJ 326:219), :math:`\phi` as in `in_all`. What changed in the whole city alike, the
    season, the weather, a new hotline, falls out; so does the length of the periods.

    Examples
    --------
    >>> before, after = pd.Series([40, 100]), pd.Series([20, 90])
    >>> found = against(before, after, pd.Series([True, False]))
    >>> round(found.ratio, 3), round(found.low, 3), round(found.high, 3), found.verdict
    (0.556, 0.303, 1.02, 'unclear')
    """
    first, second = _counts(before, after)
    there = acted.reindex(before.index).to_numpy(dtype=bool)
    if there.all() or not there.any():
        msg = "Comparing needs areas where something was done, and areas where nothing was."
        raise InvalidError(msg)
    groups = [(first[kind], second[kind]) for kind in (there, ~there)]
    (b1, a1), (b0, a0) = ((float(b.sum()), float(a.sum())) for b, a in groups)
    if not min(b1, a1, b0, a0):
        return Against(np.nan, np.nan, np.nan, "none")
    ratio = (a1 / b1) / (a0 / b0)
    spread = _dispersion(groups) * (1 / a1 + 1 / b1 + 1 / a0 + 1 / b0)
    low, high = _around(ratio, spread, alpha)
    return Against(ratio, low, high, _verdict(low, high))


def _counts(*given: pd.Series) -> list[NDArray[np.float64]]:
    counts = [one.to_numpy(dtype=np.float64, na_value=np.nan) for one in given]
    if not given[0].index.equals(given[1].index):
        msg = "Both periods must be counted in the same areas."
        raise InvalidError(msg)
    if not all((np.isfinite(one) & (one >= 0) & (one == np.floor(one))).all() for one in counts):
        msg = "A count is a whole number, and none is missing or negative."
        raise InvalidError(msg)
    return counts


def _chance(
    first: NDArray[np.float64], second: NDArray[np.float64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return twice the smaller binomial tail of the second count, given both together."""
    n = first + second
    below = bdtr(second, n.astype(np.int64), share)
    above = np.where(second > 0, bdtrc(second - 1, n.astype(np.int64), share), 1.0)
    return np.where(n > 0, np.minimum(2 * np.minimum(below, above), 1.0), np.nan)


def _dispersion(groups: list[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> float:
    """Return how much the areas of groups differ beyond chance, each from its group's change."""
    square, freedom = 0.0, 0
    for first, second in groups:
        n = first + second
        share = second.sum() / n.sum() if n.sum() else 0.0
        if not 0 < share < 1:
            continue
        some = n > 0
        missed = (second[some] - n[some] * share) ** 2 / (n[some] * share * (1 - share))
        square, freedom = square + float(missed.sum()), freedom + int(some.sum()) - 1
    return max(square / freedom, 1.0) if freedom > 0 else 1.0


def _around(ratio: float, variance: float, alpha: float) -> tuple[float, float]:
    reach = float(ndtri(1 - alpha / 2)) * np.sqrt(variance)
    return float(ratio * np.exp(-reach)), float(ratio * np.exp(reach))


def _verdict(low: float, high: float) -> str:
    return "better" if high < 1 else "worse" if low > 1 else "unclear"
