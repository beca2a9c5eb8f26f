"""
Loudness: areas where one reporter made most of the reports, and hot spots that rest on one.

Ten calls of one angry neighbour are no pattern. Who it was is never told: only how many reports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

LOUD_SHARE = 0.5
"""Whoever made more than this share of an area's reports is loud."""
FEWEST = 5
"""Reports of an area; of fewer, one reporter has half easily."""
TRIED_SHARE = 0.1
"""A hot spot is tried without its loudest reporter if that one made so much of its surroundings."""


@dataclass(frozen=True, eq=False)
class Made:
    """
    Who made the reports of each area.

    Parameters
    ----------
    by
        (areas, reporters), how many; reporters whom nobody knows are left out.
    reports
        Of each area, whoever made them.
    areas
        Their codes.
    """

    by: csr_array
    reports: NDArray[np.int64]
    areas: pd.Index


def made(codes: pd.Series, reporter: pd.Series, areas: pd.DataFrame) -> Made:
    """
    Count reports by area and reporter.

    Parameters
    ----------
    codes
        Code of the area of each report that was counted.
    reporter
        Who made it, on the same index; NA where that is not known.
    areas
        Indexed by code.
    """
    of = np.asarray(pd.Categorical(codes, categories=areas.index).codes, dtype=np.int64)
    who, people = pd.factorize(reporter, sort=True)
    inside = of >= 0
    known = inside & (who >= 0)
    shape = (len(areas), len(people))
    one = np.ones(int(known.sum()), dtype=np.int64)
    by = csr_array((one, (of[known], who[known])), shape=shape)
    by.sum_duplicates()
    return Made(by, np.bincount(of[inside], minlength=len(areas)), areas.index)


def loudest(found: Made) -> pd.DataFrame:
    """
    Say how many of an area's reports its loudest reporter made.

    Parameters
    ----------
    found
        Answer of `made`.

    Returns
    -------
    pandas.DataFrame, on the index of the areas
        ``reports``; ``known``, those whose reporter is known; ``loudest``, those of the loudest;
        ``loudest_share``, of all reports, NaN where there are none; ``loud``, above `LOUD_SHARE` of
        at least `FEWEST` reports.

    Examples
    --------
    >>> areas = pd.DataFrame(index=["a", "b"])
    >>> told = loudest(made(pd.Series(["a"] * 5), pd.Series([*"xxxy", None]), areas))
    >>> told[["reports", "known", "loudest", "loud"]].to_dict("records")[0]
    {'reports': 5, 'known': 4, 'loudest': 3, 'loud': True}
    """
    most = np.zeros(len(found.areas), dtype=np.int64)
    some = np.diff(found.by.indptr) > 0
    if some.any():
        most[some] = np.maximum.reduceat(found.by.data, found.by.indptr[:-1][some])
    reports = pd.Series(found.reports, index=found.areas)
    told = pd.DataFrame({"reports": reports, "known": found.by.sum(axis=1), "loudest": most})
    share = told["loudest"] / reports.where(reports > 0)
    return told.assign(loudest_share=share, loud=(share > LOUD_SHARE) & (reports >= FEWEST))


def resting(
    found: Made,
    hot: pd.Series,
    near: csr_array,
    hot_without: Callable[[pd.Series], pd.Series],
) -> pd.Series:
    """
    Say which hot spots vanish when the loudest reporter of their surroundings is left out.

    Parameters
    ----------
    found
        Answer of `made`.
    hot
        Whether each area is hot, indexed by code.
    near
        (n, n), non-zero where areas are neighbours, in the order of `hot`.
    hot_without
        Counts that fall away, by code → whether each area is hot then; on the index of `hot`.

    Returns
    -------
    pandas.Series of bool, on the index of `hot`

    Notes
    -----
    The surroundings are what Getis-Ord's statistic sums: the area and its neighbours. All reports
    of that reporter are left out, wherever they are.
    """
    rests = np.zeros(len(hot), dtype=bool)
    at = np.flatnonzero(hot.to_numpy(dtype=bool))
    beside = csr_array(near)
    linked = csr_array((np.ones_like(beside.data), beside.indices, beside.indptr), beside.shape)
    around = csr_array(linked + eye_array(len(hot), format="csr"))[at].astype(np.int64)
    tried: dict[int, list[int]] = {}
    loud, most = _loudest_around(around @ found.by)
    for row, who, n, whole in zip(at, loud, most, around @ found.reports, strict=True):
        if n >= max(TRIED_SHARE * whole, 2):
            tried.setdefault(int(who), []).append(int(row))
    by_reporter = found.by.tocsc()
    for who, rows in tried.items():
        away = pd.Series(by_reporter[:, [who]].toarray()[:, 0], index=hot.index)
        rests[rows] = ~hot_without(away).to_numpy(dtype=bool)[rows]
    return pd.Series(rests, index=hot.index)


def _loudest_around(made_around: csr_array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the reporter who made most in each row, the first of equals, and how many."""
    rows = made_around.shape[0]
    who, most = np.full(rows, -1, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    some = np.diff(made_around.indptr) > 0
    if some.any():
        starts = made_around.indptr[:-1][some]
        most[some] = np.maximum.reduceat(made_around.data, starts)
        of = np.repeat(np.arange(rows), np.diff(made_around.indptr))
        loud = made_around.data == most[of]
        who[some] = np.minimum.reduceat(
            np.where(loud, made_around.indices, made_around.shape[1]), starts
        )
    return who, most
