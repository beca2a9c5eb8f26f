"""
Recurrence (回潮): an issue that comes back where one of its kind was closed out not long ago.

An issue recurs if one of the same category was closed out within some metres of its place and not
more than some days before it was reported. Each issue is linked to one earlier issue, the latest
that was closed; links form chains, and a place with a chain is stubborn. What has no place, such as
issues on a pile of identical coordinates (`gridmap.piles`), should be left out by the caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap._closings import by_category, linked, placed
from gridmap.intervals import share_interval
from gridmap.metric import require_metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Metres = NDArray[np.float64]

WITHIN_M = 50.0
WITHIN_DAYS = 30.0
LINK_COLUMNS = ["issue", "earlier", "distance_m", "interval_days"]
STUBBORN_COLUMNS = ["category", "n", "first", "last", "median_interval_days", "members", "geometry"]


def recurrences(
    issues: gpd.GeoDataFrame, *, within_m: float = WITHIN_M, within_days: float = WITHIN_DAYS
) -> pd.DataFrame:
    """
    Link each issue that recurs to the one it repeats.

    Parameters
    ----------
    issues
        n issues indexed by ``issue_id``, with ``category``, ``reported_at`` and ``closed_at`` (the
        moment it was closed out, missing while it is open). Points in metres; rows without a place
        or a category are passed over.
    within_m
        How far apart the two may be, in metres; that far is still near.
    within_days
        How many days after the close-out counts, that many included.

    Returns
    -------
    pandas.DataFrame
        One row for each issue that recurs, in the order of `issues`: ``issue``, ``earlier`` (of all
        that were closed out before it was reported, the latest; of several the nearest, then the
        lowest id), ``distance_m`` and ``interval_days`` from the close-out to the report.

    Raises
    ------
    CrsError
        If the issues are not in metres.

    Notes
    -----
    What is reported at the very moment of a close-out does not recur. A close-out that is dated
    before its own report counts from the report; so an issue is always linked to one that was
    reported before it, and chains have no circle.
    """
    require_metric(issues, "Recurrence")
    parts = [linked(part, within_m, within_days) for part in by_category(placed(issues))]
    if not parts:
        return _links([], [], np.empty(0), np.empty(0))
    found = pd.concat(parts).sort_values("issue")
    ids = issues.index.to_numpy()
    issue, earlier = found["issue"].to_numpy(), found["earlier"].to_numpy()
    return _links(
        ids[issue], ids[earlier], found["distance_m"].to_numpy(), found["interval_days"].to_numpy()
    )


def recurs(
    place: shapely.Point,
    category: str,
    at: pd.Timestamp,
    closed: gpd.GeoDataFrame,
    *,
    within_m: float = WITHIN_M,
    within_days: float = WITHIN_DAYS,
) -> str | None:
    """
    Say which closed-out issue a new report repeats.

    Parameters
    ----------
    place
        Where, in the CRS of `closed`.
    category
        Of what.
    at
        When it was reported, with a time zone.
    closed
        Issues as for `recurrences`; those that are open are passed over.
    within_m, within_days
        As for `recurrences`.

    Returns
    -------
    str or None
        The ``issue_id`` to which `recurrences` would link the report; None if it repeats nothing.

    Raises
    ------
    CrsError
        If the issues are not in metres.
    """
    require_metric(closed, "Recurrence")
    near = closed[
        (closed["category"] == category)
        & closed["closed_at"].notna()
        & (shapely.distance(closed.geometry.to_numpy(), place) <= within_m)
    ]
    ended = near["closed_at"].where(near["closed_at"] >= near["reported_at"], near["reported_at"])
    waited = at - ended
    fits = (waited > pd.Timedelta(0)) & (waited <= pd.Timedelta(days=within_days))
    if not fits.any():
        return None
    latest = near[fits].assign(
        waited=waited[fits], away=near[fits].distance(place), key=near.index[fits].astype(str)
    )
    return str(latest.sort_values(["waited", "away", "key"])["key"].iloc[0])


def stubborn(
    issues: gpd.GeoDataFrame, links: pd.DataFrame, *, at_least: int = 2
) -> gpd.GeoDataFrame:
    """
    List the places at which an issue came back, again and again.

    Parameters
    ----------
    issues
        As for `recurrences`.
    links
        What `recurrences` found in them.
    at_least
        How many issues make a place stubborn: 2 for one that came back once.

    Returns
    -------
    geopandas.GeoDataFrame
        One row for each chain of linked issues, the longest first, then the one that came back
        last: ``category``, ``n`` (issues), ``first`` and ``last`` (reports),
        ``median_interval_days`` of its links, ``members`` (ids in the order of their reports), and
        the middle of their places in the CRS of `issues`.
    """
    names = pd.Index(pd.unique(np.concatenate([links["earlier"], links["issue"]])))
    pair = names.get_indexer(links["earlier"]), names.get_indexer(links["issue"])
    graph = coo_array((np.ones(len(links)), pair), shape=(len(names), len(names)))
    chain = connected_components(graph, directed=False)[1] if len(names) else np.empty(0, np.int64)
    rows = issues.loc[names, ["category", "reported_at"]].assign(
        chain=chain, key=names.astype(str), x=issues.geometry[names].x, y=issues.geometry[names].y
    )
    by_chain = rows.sort_values(["reported_at", "key"]).groupby("chain")
    waits = links["interval_days"].groupby(pd.Series(chain[pair[1]], index=links.index)).median()
    places = pd.DataFrame(
        {
            "category": by_chain["category"].first(),
            "n": by_chain.size(),
            "first": by_chain["reported_at"].first(),
            "last": by_chain["reported_at"].last(),
            "median_interval_days": waits,
            "members": by_chain["key"].agg(tuple),
        }
    )
    middle = gpd.points_from_xy(by_chain["x"].mean(), by_chain["y"].mean(), crs=issues.crs)
    found = gpd.GeoDataFrame(places, geometry=middle)[STUBBORN_COLUMNS]
    found = found[found["n"] >= at_least].assign(root=lambda kept: kept["members"].str[0])
    order = found.sort_values(["n", "last", "root"], ascending=[False, False, True])
    return order.drop(columns="root").reset_index(drop=True)


def rate(
    links: pd.DataFrame,
    issues: pd.DataFrame,
    by: str,
    *,
    closed_before: pd.Timestamp | None = None,
) -> pd.DataFrame:
    r"""
    Say what share of the issues that were closed out came back.

    Parameters
    ----------
    links
        What `recurrences` found.
    issues
        Indexed by ``issue_id``, with ``closed_at`` and the column `by`.
    by
        What is compared: ``category``, ``unit_id``, ``grid`` …; rows without it are not counted.
    closed_before
        Count only what was closed out before this moment. What was closed out less than
        ``within_days`` before the last report had not the whole time to come back; without this
        bound the rate of a period that has just ended is too low.

    Returns
    -------
    pandas.DataFrame
        Indexed by `by`: ``recurred`` of ``closed``, their ``rate``, and its 95 % interval ``low``,
        ``high``.

    Notes
    -----
    The interval is Wilson's (`gridmap.intervals.share_interval`): it is right for small numbers,
    too, and never leaves 0 to 1.
    """
    closed = issues[issues["closed_at"].notna() & issues[by].notna()]
    if closed_before is not None:
        closed = closed[closed["closed_at"] < closed_before]
    again = pd.Series(closed.index.isin(links["earlier"]), index=closed.index)
    groups = again.groupby(closed[by])
    table = pd.DataFrame({"recurred": groups.sum().astype("int64"), "closed": groups.size()})
    share = table["recurred"] / table["closed"]
    low, high = share_interval(table["recurred"], table["closed"])
    return table.assign(rate=share, low=low, high=high)


def _links(issue: Any, earlier: Any, distance: Metres, days: Metres) -> pd.DataFrame:  # noqa: ANN401
    return pd.DataFrame(
        {
            "issue": pd.Series(issue, dtype="str"),
            "earlier": pd.Series(earlier, dtype="str"),
            "distance_m": distance,
            "interval_days": days,
        },
        columns=LINK_COLUMNS,
    )
