"""Does it rise or fall: the Mann-Kendall test and Sen's slope, of many series at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.errors import InvalidError
from gridmap.significance import two_sided

AT_ONCE = 4_000_000  # numbers in memory, whatever the number of series


class Trend(NamedTuple):
    """
    What Mann and Kendall's test says of each series.

    Parameters
    ----------
    s, variance
        Pairs that rise less pairs that fall, and the variance of that without a trend, (m,).
    z, p
        The score with continuity correction, and its two-sided p-value, (m,).
    """

    s: NDArray[np.float64]
    variance: NDArray[np.float64]
    z: NDArray[np.float64]
    p: NDArray[np.float64]


def mann_kendall(series: ArrayLike) -> Trend:
    r"""
    Test series for a trend (Mann 1945, Kendall 1975), ties allowed.

    Parameters
    ----------
    series
        (m, t), one series a row, in the order of time.

    Returns
    -------
    Trend
        NaN for a series with a missing value.

    Raises
    ------
    InvalidError
        If the series are not a table.

    Notes
    -----
    With :math:`S = \sum_{i<j} \operatorname{sgn}(x_j - x_i)` and tied groups of :math:`g` values,

    .. math::
        \operatorname{var} S = \frac{t(t-1)(2t+5) - \sum_g g(g-1)(2g+5)}{18}, \qquad
        z = \frac{S - \operatorname{sgn} S}{\sqrt{\operatorname{var} S}}.

    The test takes the steps for independent. Scores of surroundings that reach into the step
    before are not quite, so p is a little too small there.

    Examples
    --------
    >>> rising = mann_kendall([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]])
    >>> [round(float(part[0]), 6) for part in rising]
    [45.0, 125.0, 3.93548, 8.3e-05]
    """
    x = _table(series)
    t = x.shape[1]
    s, alike = np.zeros(len(x)), np.ones(x.shape)
    for lag in range(1, t):
        first, second = x[:, :-lag], x[:, lag:]
        s += (second > first).sum(axis=1, dtype=np.float64) - (second < first).sum(axis=1)
        tied = second == first
        alike[:, lag:] += tied
        alike[:, :-lag] += tied
    # a group of g values stands g times in the sum over values, so one g of its term goes
    ties = ((alike - 1) * (2 * alike + 5)).sum(axis=1)
    variance = (t * (t - 1) * (2 * t + 5) - ties) / 18
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(variance > 0, (s - np.sign(s)) / np.sqrt(variance), 0.0)
    gone = ~np.isfinite(x).all(axis=1)
    s, variance, z = (np.where(gone, np.nan, part) for part in (s, variance, z))
    return Trend(s, variance, z, two_sided(z))


def sens_slope(series: ArrayLike) -> NDArray[np.float64]:
    """
    Return the median slope of all pairs of values (Sen 1968), per step.

    Parameters
    ----------
    series
        As `mann_kendall`.

    Returns
    -------
    numpy.ndarray, (m,)
        NaN for a series with a missing value, or of fewer than two.

    Raises
    ------
    InvalidError
        As `mann_kendall`.

    Examples
    --------
    >>> sens_slope([[1, 1, 2, 2, 3, 1, 4, 4, 5, 5]]).tolist()
    [0.5]
    """
    x = _table(series)
    early, late = np.triu_indices(x.shape[1], 1)
    slopes = np.full(len(x), np.nan)
    if not early.size:
        return slopes
    step = max(AT_ONCE // early.size, 1)
    for first in range(0, len(x), step):
        rows = x[first : first + step]
        rises = (rows[:, late] - rows[:, early]) / (late - early)
        slopes[first : first + step] = np.median(rises, axis=1)
    return np.where(np.isfinite(x).all(axis=1), slopes, np.nan)


def directions(trend: Trend, alpha: float) -> NDArray[np.int8]:
    """
    Return +1 for series that rise, −1 for those that fall, 0 where neither is certain.

    Parameters
    ----------
    trend
        Answer of `mann_kendall`.
    alpha
        Level of each test by itself.
    """
    return np.where(trend.p < alpha, np.sign(trend.s), 0).astype(np.int8)


def _table(series: ArrayLike) -> NDArray[np.float64]:
    x = np.asarray(series, dtype=np.float64)
    if x.ndim != 2:  # noqa: PLR2004 - rows and columns
        msg = "Series are the rows of a table; this has {n} dimensions."
        raise InvalidError(msg, n=x.ndim)
    return x
