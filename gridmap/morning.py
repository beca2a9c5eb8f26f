"""
The morning's question: what has become worse, what better, and is it more than chance.

Two periods are compared by the exact interval of the ratio of their rates. Many places are looked
at, so that some would seem to stand out by chance alone: a place is named only if it does so under
the false discovery rate.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from scipy.special import bdtr, bdtrc

from gridmap.intervals import CONFIDENCE, ratio_interval
from gridmap.significance import false_discovery

Running: TypeAlias = Literal["week", "month", "quarter", "year"]
RUNNING: tuple[Running, ...] = get_args(Running)
NAMED = 5


def first_day(period: Running, day: date) -> date:
    """
    Return the first day of the week, month, quarter or year in which a day lies.

    Parameters
    ----------
    period
        One of `RUNNING`.
    day
        The day.

    Examples
    --------
    >>> [first_day(period, date(2026, 6, 30)).isoformat() for period in RUNNING]
    ['2026-06-29', '2026-06-01', '2026-04-01', '2026-01-01']
    """
    months = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(month=months[period], day=1)


def before(since: date, until: date) -> tuple[date, date]:
    """
    Return the period of as many days that ends where another begins.

    Parameters
    ----------
    since, until
        First and last day.

    Examples
    --------
    >>> [day.isoformat() for day in before(date(2026, 6, 1), date(2026, 6, 10))]
    ['2026-05-22', '2026-05-31']
    """
    days = until - since + timedelta(days=1)
    return since - days, since - timedelta(days=1)


def changes(earlier: pd.Series, later: pd.Series, days: tuple[float, float]) -> pd.DataFrame:
    """
    Compare counts of two periods, place by place.

    Parameters
    ----------
    earlier, later
        Place → how many; a place that one of them lacks has none there.
    days
        How long each period lasted; if one has not, nothing is compared.

    Returns
    -------
    pandas.DataFrame
        Indexed by place: ``earlier``, ``later``, ``more`` (than as many a day as earlier would
        give), ``ratio`` of the later rate to the earlier with ``low`` and ``high`` (95 %), ``p``
        and ``stands_out``.

    Notes
    -----
    ``p`` is twice the smaller binomial tail of the later count given both together (Przyborowski
    and Wilenski 1940), the test whose interval `gridmap.intervals.ratio_interval` is; Benjamini
    and Hochberg (1995) decide on all places at once.
    """
    places = earlier.index.union(later.index)
    first, second = (
        counts.reindex(places, fill_value=0).to_numpy(dtype=np.int64) for counts in (earlier, later)
    )
    low, high = ratio_interval((first, second), days)
    if min(days) <= 0:  # nothing to compare with
        return _nothing()
    share = days[1] / sum(days)
    whole = (first + second).astype(np.float64)
    tails = np.minimum(
        bdtr(second.astype(np.float64), whole.astype(np.int64), share),
        np.where(
            second > 0, bdtrc(np.maximum(second - 1.0, 0.0), whole.astype(np.int64), share), 1
        ),
    )
    p = np.where(whole > 0, np.minimum(2 * tails, 1.0), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (second / days[1]) / (first / days[0])
    return pd.DataFrame(
        {
            "earlier": first,
            "later": second,
            "more": second - first * (days[1] / days[0]),
            "ratio": ratio,
            "low": low,
            "high": high,
            "p": p,
            "stands_out": false_discovery(p, 1 - CONFIDENCE)[1],
        },
        index=places,
    )


def _nothing() -> pd.DataFrame:
    columns = ["earlier", "later", "more", "ratio", "low", "high", "p"]
    return pd.DataFrame(columns=columns, dtype="float64").assign(stands_out=pd.Series(dtype=bool))


def moved(compared: pd.DataFrame, n: int = NAMED) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return the places that have become worse, and those that have become better.

    Parameters
    ----------
    compared
        As `changes` returns it, of one figure or of several below each other; a place is named
        once, by the figure that stands out or else by the one that moved furthest.
    n
        At most so many of each.

    Returns
    -------
    worse, better : pandas.DataFrame
        Rows of `compared`: those that stand out first, and what moved furthest first among them.
        Rows that do not stand out may be chance, and have to be told as such.
    """
    rows = compared.assign(far=compared["more"].abs())
    rows = rows.sort_values(["stands_out", "far"], ascending=False, kind="stable")
    rows = rows[~rows.index.duplicated()].drop(columns="far")
    return rows[rows["more"] > 0].head(n), rows[rows["more"] < 0].head(n)
