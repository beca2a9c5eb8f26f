"""
Close-outs, place by place in the order of their moments, to find the last one before a report.

Identical coordinates are one spot with a sorted list of close-outs, and each report looks its
predecessor up by bisection: n reports on one spot cost n log n, not n².
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Metres = NDArray[np.float64]

SPOTS_AT_ONCE = 20_000  # so many are asked for their neighbours together
DAY = np.timedelta64(86_400_000_000, "us")


def placed(issues: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what linking asks of each issue that has a place, under its row number."""
    shapes = issues.geometry.to_numpy()
    reported = _moments(issues["reported_at"])
    rank = np.argsort(np.argsort(issues.index.astype(str).to_numpy(dtype=object), kind="stable"))
    table = pd.DataFrame(
        {
            "category": issues["category"].to_numpy(),
            "x": shapely.get_x(shapes),
            "y": shapely.get_y(shapes),
            "reported": reported,
            "closed": np.maximum(_moments(issues["closed_at"]), reported),  # NaT stays NaT
            "rank": rank,
        }
    )
    return table.dropna(subset=["category", "x", "y", "reported"])


def _moments(values: pd.Series) -> NDArray[np.datetime64]:
    moments = pd.DatetimeIndex(pd.to_datetime(values, utc=True)).tz_localize(None)
    return moments.to_numpy().astype("datetime64[us]")


def by_category(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Return the issues of each category of which anything was closed out."""
    for _, part in table.groupby("category", sort=False):
        if part["closed"].notna().any():
            yield part


def linked(part: pd.DataFrame, within_m: float, within_days: float) -> pd.DataFrame:
    """
    Link the issues of one category.

    Parameters
    ----------
    part
        As `by_category` returns it.
    within_m, within_days
        As for `gridmap.recurrence.recurrences`.

    Returns
    -------
    pandas.DataFrame
        ``issue`` and ``earlier`` (row numbers), ``distance_m``, ``interval_days``.
    """
    spots, spot = np.unique(part[["x", "y"]].to_numpy(), axis=0, return_inverse=True)
    closings = _Closings(part, spot)
    tree = cKDTree(spots)
    order = np.argsort(spot, kind="stable")  # issues by spot: those of one lie side by side
    first = np.searchsorted(spot[order], np.arange(len(spots) + 1))
    found = []
    for start in range(0, len(spots), SPOTS_AT_ONCE):
        some = cKDTree(spots[start : start + SPOTS_AT_ONCE])
        near = some.sparse_distance_matrix(tree, within_m, output_type="ndarray")
        here, there = near["i"].astype(np.int64) + start, near["j"].astype(np.int64)
        count = first[here + 1] - first[here]
        pair = np.repeat(np.arange(len(here)), count)
        nth = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
        row = order[first[here[pair]] + nth]
        found.append(closings.latest(row, there[pair], near["v"][pair], within_days))
    return pd.concat(found)


class _Closings:
    """The close-outs of one category, spot by spot in the order of their moments."""

    def __init__(self, part: pd.DataFrame, spot: Numbers) -> None:
        self._part = part
        self._reported = part["reported"].to_numpy()
        done = np.flatnonzero(part["closed"].notna())
        closed = part["closed"].to_numpy()
        rank = part["rank"].to_numpy()
        # of close-outs at the same moment and spot the lowest id comes last: it is found first
        order = done[np.lexsort((-rank[done], closed[done], spot[done]))]
        moments = np.unique(np.concatenate([closed[done], self._reported]))
        self._every = len(moments) + 1
        self._row, self._spot, self._closed = order, spot[order], closed[order]
        self._key = self._spot * self._every + np.searchsorted(moments, self._closed)
        self._when = np.searchsorted(moments, self._reported)

    def latest(
        self, row: Numbers, spot: Numbers, distance: Metres, within_days: float
    ) -> pd.DataFrame:
        """Return, for each issue that has one, its latest predecessor among the spots near it."""
        at = np.searchsorted(self._key, spot * self._every + self._when[row]) - 1
        fits = (at >= 0) & (self._spot[at] == spot)
        at, row, distance = at[fits], row[fits], distance[fits]
        days = (self._reported[row] - self._closed[at]) / DAY
        table = pd.DataFrame(
            {
                "issue": self._part.index.to_numpy()[row],
                "earlier": self._part.index.to_numpy()[self._row[at]],
                "distance_m": distance,
                "interval_days": days,
                "rank": self._part["rank"].to_numpy()[self._row[at]],
            }
        )
        table = table[table["interval_days"] <= within_days]
        table = table.sort_values(["issue", "interval_days", "distance_m", "rank"])
        return table.drop_duplicates("issue")
