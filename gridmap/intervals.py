"""
Intervals: how far a share, a rate or a ratio of rates can be trusted.

Every figure that people are compared by comes with one, so that chance is not taken for merit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, chdtri, ndtri

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """
    Between what and what a figure lies.

    Parameters
    ----------
    low, high
        (n,) each; NaN where there is nothing to go by.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def share_interval(
    part: ArrayLike, whole: ArrayLike, *, confidence: float = CONFIDENCE
) -> Interval:
    r"""
    Return Wilson's score interval of a share.

    Parameters
    ----------
    part, whole
        How many, of how many; (n,) or numbers.
    confidence
        Of the interval.

    Notes
    -----
    With :math:`p` the share and :math:`z` the normal quantile,
    :math:`\frac{p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}` (Wilson 1927).

    Examples
    --------
    >>> low, high = share_interval(81, 263)  # Newcombe 1998, table I, method 3
    >>> round(float(low), 4), round(float(high), 4)
    (0.2553, 0.3662)
    """
    x, n = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    n = np.where(n > 0, n, np.nan)
    z2 = float(ndtri((1 + confidence) / 2)) ** 2
    centre = (x + z2 / 2) / (n + z2)
    reach = np.sqrt(z2 * (x * (n - x) / n + z2 / 4)) / (n + z2)
    # rounding may put an end of the interval a hair inside 0, 1, or the share itself
    low = np.minimum(np.maximum(centre - reach, 0.0), x / n)
    return Interval(low, np.maximum(np.minimum(centre + reach, 1.0), x / n))


def rate_interval(
    count: ArrayLike, exposure: ArrayLike = 1.0, *, confidence: float = CONFIDENCE
) -> Interval:
    """
    Return the exact Poisson interval of a rate (Garwood 1936).

    Parameters
    ----------
    count, exposure
        How many, in how much; (n,) or numbers.
    confidence
        Of the interval.

    Examples
    --------
    >>> low, high = rate_interval(10)
    >>> round(float(low), 3), round(float(high), 3)
    (4.795, 18.39)
    """
    x, e = np.asarray(count, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    e = np.where(e > 0, e, np.nan)
    tail = (1 - confidence) / 2
    low = np.where(x > 0, chdtri(2 * np.maximum(x, 1.0), 1 - tail) / 2, 0.0)
    return Interval(low / e, chdtri(2 * (x + 1), tail) / 2 / e)


def ratio_interval(
    counts: tuple[ArrayLike, ArrayLike],
    exposures: tuple[ArrayLike, ArrayLike] = (1.0, 1.0),
    *,
    confidence: float = CONFIDENCE,
) -> Interval:
    """
    Return the exact interval of the ratio of two Poisson rates, the second by the first.

    Parameters
    ----------
    counts
        Before and after, (n,) each or numbers.
    exposures
        In how many days, kilometres or visits.
    confidence
        Of the interval.

    Notes
    -----
    Given both counts together, the second is binomial (Przyborowski and Wilenski 1940); its exact
    interval (Clopper and Pearson 1934) is turned into that of the ratio. Where the first count is
    0 the ratio has no upper bound; where both are 0, nothing is known.

    Examples
    --------
    >>> low, high = ratio_interval((20, 10))
    >>> round(float(low), 4), round(float(high), 4)
    (0.209, 1.1192)
    """
    first, second = (np.asarray(given, dtype=np.float64) for given in counts)
    before, after = (np.asarray(given, dtype=np.float64) for given in exposures)
    tail = (1 - confidence) / 2
    low = np.where(second > 0, betaincinv(np.maximum(second, 1.0), first + 1, tail), 0.0)
    high = np.where(first > 0, betaincinv(second + 1, np.maximum(first, 1.0), 1 - tail), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where((before > 0) & (after > 0), before / after, np.nan)
        scale = np.where(first + second > 0, scale, np.nan)
        return Interval(low / (1 - low) * scale, high / (1 - high) * scale)
