"""
Before and after: has it become less, or could that be chance.

Counts of two periods are compared by their rates. A place that is picked because it was bad comes
out better next time even if nothing is done (regression to the mean, Galton 1886): only comparison
areas, which nobody picked for being bad, tell an action from that.

More looking finds more: where counts are divided by the kilometres that were walked in each area,
an area that nobody walked in one of the periods has no rate there, and that is not a rate of 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, bdtrc, ndtri

from gridmap._sums import dispersion_of, lengths_of, part_of, summed
from gridmap.errors import InvalidError
from gridmap.intervals import CONFIDENCE, ratio_interval
from gridmap.significance import false_discovery

VERDICTS = ("better", "worse", "unclear", "none", "not_walked")


@dataclass(frozen=True)
class Change:
    """
    How a rate has changed, and how far that can be trusted.

    Parameters
    ----------
    before, after
        How many, in the areas that were walked in both periods.
    rate_before, rate_after
        The same by their exposures.
    ratio, low, high
        Rate after by rate before, like with like, and its interval; NaN where there is nothing to
        go by.
    dispersion
        How much more the areas differ in their change than chance explains; 1 where they do not.
    verdict
        ``better`` or ``worse`` where the interval does not hold 1; else ``unclear``; ``none``
        where there was nothing, before or after; ``not_walked`` where no area was walked in both
        periods.
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
        In how many days, or kilometres walked, they were found: two numbers, or (n,) each in the
        order of that index, 0 for an area that was not walked.
    alpha
        Level of the verdicts, after Benjamini and Hochberg's correction for the number of areas
        with anything to compare.

    Returns
    -------
    pandas.DataFrame, on that index
        ``before``, ``after``, ``rate_before``, ``rate_after``, ``ratio``; ``low`` and ``high``,
        the exact interval of each area by itself; ``p``, two-sided and exact; ``verdict``, one of
        `VERDICTS`. A rate, ratio or p that an exposure of 0 leaves unknown is NaN. An area whose
        interval does not hold 1 may be ``unclear``: among many areas some intervals miss by
        chance.

    Raises
    ------
    InvalidError
        If a count is missing, negative or broken, or an exposure is missing or negative, or 0 for
        all areas together.

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
    lengths = lengths_of(exposures, first.shape)
    walked = (lengths[0] > 0) & (lengths[1] > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = [
            np.where(length > 0, count / length, np.nan)
            for count, length in zip((first, second), lengths, strict=True)
        ]
        ratio = rates[1] / rates[0]
        share = np.where(walked, lengths[1] / (lengths[0] + lengths[1]), np.nan)
    bounds = ratio_interval((first, second), (lengths[0], lengths[1]), confidence=1 - alpha)
    p = _chance(first, second, share)
    sure = false_discovery(p, alpha)[1]
    verdict = np.select(
        [~walked, first + second == 0, sure & (ratio < 1), sure],
        ["not_walked", "none", "better", "worse"],
        "unclear",
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
    exposures: tuple[ArrayLike, ArrayLike] = (1.0, 1.0),
    *,
    alpha: float = 1 - CONFIDENCE,
) -> Change:
    r"""
    Compare all areas together.

    Parameters
    ----------
    before, after
        Counts by area, (n,), on one index.
    exposures
        Days, or kilometres walked, in all of them: two numbers; or (n,) each, as `compare`. Areas
        that were not walked in both periods are left out, with their counts.
    alpha
        One less the confidence of the interval.

    Raises
    ------
    InvalidError
        As `compare`.

    Notes
    -----
    With the counts :math:`b_i, a_i` and the exposures :math:`s_i, t_i` of the areas, the ratio is
    :math:`R = \sum_i \frac{a_i s_i}{s_i + t_i} / \sum_i \frac{b_i t_i}{s_i + t_i}` (Mantel and
    Haenszel 1959, for rates Rothman and Boice 1979): each area is compared with itself, so that
    walking more in the worse areas makes no city worse. Where all areas have the same exposures it
    is the ratio of the sums.

    The interval is the exact one of two Poisson counts. Reports come in bunches, so where the
    areas differ in their change more than chance explains, by
    :math:`\phi = \frac{1}{m-1} \sum_i \frac{(a_i - n_i \pi_i)^2}{n_i \pi_i (1 - \pi_i)} > 1` of
    the :math:`m` areas with any, with :math:`\pi_i = R t_i / (s_i + R t_i)`, or where their
    exposures differ, it is at least as wide as :math:`\log R \pm z \sqrt{\phi V}`
    (quasi-likelihood, McCullagh and Nelder 1989); :math:`V` is the variance of Greenland and
    Robins (1985), which is :math:`1/A + 1/B` where all areas have the same exposures.
    """
    sums = summed(_counts(before, after), exposures)
    b, a = sums.counts
    dispersion = dispersion_of([sums])
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.divide(sums.counts, sums.exposures)
    # what the ratio of the counts must be multiplied by to be that of the rates
    scale = sums.ratio * b / a if a and b else sums.exposures[0] / (sums.exposures[1] or np.nan)
    bounds = ratio_interval(sums.counts, (scale, 1.0), confidence=1 - alpha)
    low, high = float(bounds.low), float(bounds.high)
    if a and b and (dispersion > 1 or sums.by_area):
        wide = _around(sums.ratio, dispersion * sums.variance, alpha)
        low, high = min(low, wide[0]), max(high, wide[1])
    return Change(
        before=int(b),
        after=int(a),
        rate_before=float(rates[0]),
        rate_after=float(rates[1]),
        ratio=sums.ratio,
        low=low,
        high=high,
        dispersion=dispersion,
        verdict=_verdict(low, high) if a + b else "none" if sums.walked else "not_walked",
    )


def against(
    before: pd.Series,
    after: pd.Series,
    acted: pd.Series,
    exposures: tuple[ArrayLike, ArrayLike] = (1.0, 1.0),
    *,
    alpha: float = 1 - CONFIDENCE,
) -> Against:
    r"""
    Compare the change where something was done with the change elsewhere.

    Parameters
    ----------
    before, after
        Counts by area, on one index.
    acted
        On that index: whether something was done there. The others are the comparison areas.
    exposures
        As `in_all`; two numbers fall out.
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
    :math:`\log R_1 - \log R_0 \pm z \sqrt{\phi (V_1 + V_0)}` (Altman and Bland 2003, BMJ
    326:219), with :math:`R`, :math:`V` and :math:`\phi` as in `in_all`. What changed
    in the whole city alike, the season, the weather, a new hotline, falls out; so does the length
    of the periods.

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
    lengths = exposures
    if any(np.ndim(one) for one in exposures):
        lengths = lengths_of(exposures, first.shape)
    groups = [
        summed([first[kind], second[kind]], part_of(lengths, kind)) for kind in (there, ~there)
    ]
    if not min(*groups[0].counts, *groups[1].counts):
        return Against(np.nan, np.nan, np.nan, "none")
    ratio = groups[0].ratio / groups[1].ratio
    spread = dispersion_of(groups) * (groups[0].variance + groups[1].variance)
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
    n = np.where(np.isnan(share), 0, first + second)
    below = bdtr(second, n.astype(np.int64), share)
    above = np.where(second > 0, bdtrc(second - 1, n.astype(np.int64), share), 1.0)
    return np.where(n > 0, np.minimum(2 * np.minimum(below, above), 1.0), np.nan)


def _around(ratio: float, variance: float, alpha: float) -> tuple[float, float]:
    reach = float(ndtri(1 - alpha / 2)) * np.sqrt(variance)
    return float(ratio * np.exp(-reach)), float(ratio * np.exp(reach))


def _verdict(low: float, high: float) -> str:
    return "better" if high < 1 else "worse" if low > 1 else "unclear"
