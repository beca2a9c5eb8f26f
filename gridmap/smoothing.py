"""
Smoothing: rates of areas that have little to divide by, told with the caution they deserve.

A grid of ten residents with one report has ten times the rate of the city, and means nothing. Two
empirical-Bayes answers to that are here, both with the same two moments of the whole city: rates
drawn towards the city's (to be looked at), and deviations from it divided by what they may be (to
be tested).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from gridmap.errors import InvalidError


class Moments(NamedTuple):
    """
    Mean and variance of the risk that lies behind rates.

    Parameters
    ----------
    mean
        Points of all areas by the exposure of all areas.
    variance
        Of the risk between areas, without what chance adds; 0 where chance explains it all.
    """

    mean: float
    variance: float


def moments(counts: pd.Series, exposure: pd.Series) -> Moments:
    r"""
    Estimate mean and variance of the risk behind rates, by moments.

    Parameters
    ----------
    counts
        Points of each area, (n,).
    exposure
        What they are divided by, (n,), all above 0.

    Returns
    -------
    Moments

    Raises
    ------
    InvalidError
        If an exposure is missing or not positive, or the indices differ.

    Notes
    -----
    Marshall (1991), global: with counts :math:`e_i`, exposures :math:`n_i`, rates :math:`r_i` and
    :math:`m = \sum e_i / \sum n_i`, the variance is
    :math:`\sum n_i (r_i - m)^2 / \sum n_i - m / \bar n`, or 0 where that is negative.
    """
    if not counts.index.equals(exposure.index):
        msg = "Counts and what they are divided by must have the same index."
        raise InvalidError(msg)
    if not (exposure > 0).all():
        msg = "Every count needs something above 0 to be divided by."
        raise InvalidError(msg)
    total = float(exposure.sum())
    mean = float(counts.sum()) / total
    spread = float((exposure * (counts / exposure - mean) ** 2).sum()) / total
    return Moments(mean, max(spread - mean / float(exposure.mean()), 0.0))


def smoothed(counts: pd.Series, exposure: pd.Series) -> pd.Series:
    r"""
    Draw rates towards the rate of all, the more so the less an area has to divide by.

    Parameters
    ----------
    counts, exposure
        As for `moments`.

    Returns
    -------
    pandas.Series named ``smoothed``, on the index of `counts`

    Raises
    ------
    InvalidError
        As `moments`.

    Notes
    -----
    Marshall (1991), global: :math:`w_i r_i + (1 - w_i) m` with
    :math:`w_i = a / (a + m / n_i)` and the moments :math:`m` and :math:`a`.

    Examples
    --------
    >>> smoothed(pd.Series([0, 10, 80]), pd.Series([10.0, 10.0, 100.0])).round(3).tolist()
    [0.509, 0.83, 0.791]
    """
    mean, variance = moments(counts, exposure)
    chance = mean / exposure
    weight = variance / (variance + chance) if mean > 0 else 0.0 * chance
    return (weight * counts / exposure + (1 - weight) * mean).rename("smoothed")


def standardised(counts: pd.Series, exposure: pd.Series) -> pd.Series:
    r"""
    Divide the deviation of each rate from the rate of all by what it may be.

    Parameters
    ----------
    counts, exposure
        As for `moments`.

    Returns
    -------
    pandas.Series named ``deviation``, on the index of `counts`
        Of about the same variance everywhere, however unequal the exposures: such values may
        change places, which is what a test of hot spots takes for granted.

    Raises
    ------
    InvalidError
        As `moments`.

    Notes
    -----
    Assunção and Reis (1999): :math:`(r_i - m) / \sqrt{a + m / n_i}`.
    """
    mean, variance = moments(counts, exposure)
    away = counts / exposure - mean
    spread = np.sqrt(variance + mean / exposure)
    return (away / spread.where(spread > 0, 1.0)).rename("deviation")
