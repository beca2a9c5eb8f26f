"""
Loudness: areas where one reporter made most of the reports, and hot spots that rest on one.

Ten calls of one angry neighbour are no pattern. Who it was is never told: only how many reports.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

LOUD_SHARE = 0.5
"""Whoever made more than this share of an area's reports is loud."""
FEWEST = 5
"""Reports of an area; of fewer, one reporter has half easily."""
TRIED_SHARE = 0.1
"""A hot spot is tried without its loudest reporter if that one made so much of its surroundings."""


def loudest(codes: pd.Series, reporter: pd.Series, areas: pd.DataFrame) -> pd.DataFrame:
    """
    Say how many of an area's reports its loudest reporter made.

    Parameters
    ----------
    codes
        Code of the area of each report that was counted.
    reporter
        Who made it, on the same index; NA where that is not known.
    areas
        Indexed by code.

    Returns
    -------
    pandas.DataFrame, on the index of `areas`
        ``reports``; ``known``, those whose reporter is known; ``loudest``, those of the loudest;
        ``loudest_share``, of all reports, NaN where there are none; ``loud``, above `LOUD_SHARE` of
        at least `FEWEST` reports.

    Examples
    --------
    >>> areas = pd.DataFrame(index=["a", "b"])
    >>> told = loudest(pd.Series(["a"] * 5), pd.Series([*"xxxy", None]), areas)
    >>> told[["reports", "known", "loudest", "loud"]].to_dict("records")[0]
    {'reports': 5, 'known': 4, 'loudest': 3, 'loud': True}
    """
    of = pd.DataFrame({"code": codes, "reporter": reporter}).dropna(subset="code")
    whole = of.groupby("code").agg(reports=("code", "size"), known=("reporter", "count"))
    each = of.groupby(["code", "reporter"]).size()
    whole["loudest"] = each.groupby("code").max()
    told = whole.reindex(areas.index).fillna(0).astype("int64")
    share = told["loudest"] / told["reports"].where(told["reports"] > 0)
    loud = (share > LOUD_SHARE) & (told["reports"] >= FEWEST)
    return told.assign(loudest_share=share, loud=loud)


def resting(
    reports: pd.DataFrame,
    hot: pd.Series,
    near: csr_array,
    hot_without: Callable[[pd.Series], pd.Series],
) -> pd.Series:
    """
    Say which hot spots vanish when the loudest reporter of their surroundings is left out.

    Parameters
    ----------
    reports
        ``code`` and ``reporter`` of each report that was counted.
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
    rests = pd.Series(data=False, index=hot.index)
    known = reports.dropna(subset=["code", "reporter"])
    position = pd.Series(np.arange(len(hot)), index=hot.index)
    own = known.groupby(["reporter", "code"]).size().rename("n").reset_index()
    beside = csr_array(near)
    totals = reports["code"].value_counts().reindex(hot.index, fill_value=0).to_numpy()
    tried: dict[object, list[object]] = {}
    by_code = dict(tuple(own.groupby("code")))
    for code in hot.index[hot.to_numpy(dtype=bool)]:
        row = int(position[code])
        around = [row, *beside.indices[beside.indptr[row] : beside.indptr[row + 1]]]
        parts = [by_code[name] for name in hot.index[around] if name in by_code]
        if not parts:
            continue
        made = pd.concat(parts).groupby("reporter")["n"].sum()
        if made.max() >= max(TRIED_SHARE * totals[around].sum(), 2):
            tried.setdefault(made.idxmax(), []).append(code)
    for who, codes in tried.items():
        away = own[own["reporter"] == who].set_index("code")["n"]
        still = hot_without(away.reindex(hot.index, fill_value=0))
        rests.loc[codes] = ~still.loc[codes].to_numpy(dtype=bool)
    return rests
