"""
Walking: which metres of roads somebody walked, and which points they passed.

A track is a list of fixes. Fixes that follow each other soon enough are joined by segments. A metre
of a road is walked if a segment passes it within some metres and runs along it, at less than 60° to
the road there: who crosses a road at right angles, or looks into a side road in passing, walks
nothing of it. At the ends of a track the reach is a half circle, so up to `BUFFER_M` more than was
trodden are counted, as much as a phone may be off. Each segment counts by itself: a track cut at a
fix walks what its parts walk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap._capsules import edges_of, unit, within
from gridmap.metric import require_metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Metres = NDArray[np.float64]

BUFFER_M = 20.0
GAP_S = 120.0
WITHIN_M = 30.0
ALONG = 0.5  # cosine of the largest angle between a walk and the road it is along
WORST_M, FASTEST, CLOSEST_M, STANDING_S = 50.0, 15.0, 5.0, 60.0
TOUCHING_M = 1e-6  # stretches nearer than rounding are one
STRETCH_COLUMNS = ["road_id", "from_m", "to_m"]


@dataclass(frozen=True)
class Share:
    """
    How much of what was to be walked was walked.

    Parameters
    ----------
    walked_m, expected_m
        Metres of centreline; a metre that is wanted twice is one.
    missed
        ``road_id``, ``from_m``, ``to_m`` of what is left.
    """

    walked_m: float
    expected_m: float
    missed: pd.DataFrame

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where nothing was to be walked."""
        return self.walked_m / self.expected_m if self.expected_m else None


def sparse(track: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Leave the fixes of a track that say something.

    Parameters
    ----------
    track
        Points in metres with ``at`` and ``accuracy`` (metres), in any order.

    Returns
    -------
    geopandas.GeoDataFrame
        In the order of their moments, without fixes that are less exact than 50 m, that would have
        been reached at more than 15 m/s, or that are less than 5 m from the last one kept; of who
        stands still one fix a minute stays, so that standing is no gap. A track does not begin
        with a fix from which the next cannot be reached. Done twice it leaves the same.

    Raises
    ------
    CrsError
        If the track is not in metres.
    """
    require_metric(track, "A track")
    there = track.geometry.notna() & ~track.geometry.is_empty & (track["accuracy"] <= WORST_M)
    good = track[there.to_numpy()].sort_values("at", kind="stable")
    xy = shapely.get_coordinates(good.geometry.to_numpy())
    seconds = _seconds(good["at"])
    kept: list[int] = []
    for n in range(len(good)):
        metres, waited = 0.0, np.inf
        if kept:
            metres = float(np.hypot(*(xy[n] - xy[kept[-1]])))
            waited = float(seconds[n] - seconds[kept[-1]])
        reached = metres <= FASTEST * waited
        if not reached and len(kept) == 1:  # it is the first fix that was wrong, as likely as not
            kept, reached, waited = [], True, np.inf
        if reached and (metres >= CLOSEST_M or waited >= STANDING_S):
            kept.append(n)
    return good.iloc[kept]


def walked(
    track: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    *,
    buffer_m: float = BUFFER_M,
    gap_s: float = GAP_S,
) -> pd.DataFrame:
    """
    Find the stretches of roads that a track walks.

    Parameters
    ----------
    track
        Points in metres with ``at``, in any order; see `sparse`.
    roads
        n LineStrings in the same CRS, indexed by ``road_id``.
    buffer_m
        How far from the centreline one walks along a road.
    gap_s
        Fixes further apart in time are not joined.

    Returns
    -------
    pandas.DataFrame
        ``road_id``, ``from_m``, ``to_m``: each metre once, in the order of the roads.

    Raises
    ------
    CrsError
        If the track or the roads are not in metres.
    """
    require_metric(track, "A track")
    require_metric(roads, "Walking")
    start, end = _segments(track, gap_s)
    edge = edges_of(roads)
    lines = shapely.linestrings(np.stack([start, end], axis=1))
    tree = shapely.STRtree(shapely.linestrings(np.stack([edge.start, edge.end], axis=1)))
    walk, piece = tree.query(lines, predicate="dwithin", distance=buffer_m)
    direction = unit(end - start)
    along = np.abs((direction[walk] * edge.direction[piece]).sum(axis=1)) >= ALONG
    walk, piece = walk[along], piece[along]
    first, last = within(start[walk], end[walk], edge, piece, buffer_m)
    found = pd.DataFrame(
        {
            "road": edge.road[piece],
            "from_m": edge.measure[piece] + first,
            "to_m": np.minimum(edge.measure[piece] + last, edge.total[edge.road[piece]]),
        }
    )
    found = merged(found[found["to_m"] > found["from_m"]], "road")
    found["road_id"] = roads.index.to_numpy()[found["road"].to_numpy(dtype=np.int64)]
    return found[STRETCH_COLUMNS]


def visited(
    track: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    *,
    within_m: float = WITHIN_M,
    gap_s: float = GAP_S,
) -> pd.Index:
    """
    Say which points a track passes.

    Parameters
    ----------
    track, gap_s
        As for `walked`.
    points
        Points in the same CRS.
    within_m
        How near a fix, or the way between two, must come.

    Returns
    -------
    pandas.Index
        Of the points, in their order.

    Raises
    ------
    CrsError
        If the track or the points are not in metres.
    """
    require_metric(track, "A track")
    require_metric(points, "Visiting")
    start, end = _segments(track, gap_s)
    ways = shapely.linestrings(np.stack([start, end], axis=1))
    fixes = track.geometry[track.geometry.notna()].to_numpy()
    tree = shapely.STRtree(np.concatenate([fixes, ways]))
    near = tree.query(points.geometry.to_numpy(), predicate="dwithin", distance=within_m)[0]
    return points.index[np.unique(near)]


def share(done: pd.DataFrame, roads: gpd.GeoDataFrame, wanted: pd.DataFrame) -> Share:
    """
    Compare what was walked with what was to be walked.

    Parameters
    ----------
    done
        What `walked` answers, of one track or of several together.
    roads
        As for `walked`.
    wanted
        Stretches: ``road_id``, ``from_m``, ``to_m``. What lies beyond a road's end, and on roads
        that are not there, is not asked for.

    Returns
    -------
    Share
        Metres walked of those expected, and the stretches that were missed.
    """
    length = pd.Series(roads.length, index=roads.index)
    asked = wanted[wanted["road_id"].isin(roads.index)]
    end = np.minimum(asked["to_m"], asked["road_id"].map(length))
    asked = asked.assign(to_m=end, from_m=asked["from_m"].clip(lower=0.0))
    asked = merged(asked[asked["to_m"] > asked["from_m"]])
    missed = without(asked, merged(done)).reset_index(drop=True)
    expected = float((asked["to_m"] - asked["from_m"]).sum())
    left = float((missed["to_m"] - missed["from_m"]).sum())
    return Share(max(expected - left, 0.0), expected, missed)


def merged(stretches: pd.DataFrame, road: str = "road_id") -> pd.DataFrame:
    """
    Join stretches that overlap or touch.

    Parameters
    ----------
    stretches
        The column `road`, ``from_m``, ``to_m``.
    road
        Its name.

    Returns
    -------
    pandas.DataFrame
        The same metres in the fewest stretches, in order.
    """
    ordered = stretches[[road, "from_m", "to_m"]].sort_values([road, "from_m", "to_m"])
    ordered = ordered.astype({"from_m": "float64", "to_m": "float64"})
    reach = ordered.groupby(road, sort=False)["to_m"].cummax()
    before = reach.groupby(ordered[road], sort=False).shift()
    run = (before.isna() | (ordered["from_m"] > before + TOUCHING_M)).cumsum()
    joined = ordered.groupby(run).agg({road: "first", "from_m": "min", "to_m": "max"})
    return joined.reset_index(drop=True)


def without(asked: pd.DataFrame, done: pd.DataFrame) -> pd.DataFrame:
    """
    Take stretches away from stretches.

    Parameters
    ----------
    asked
        ``road_id``, ``from_m``, ``to_m``.
    done
        Likewise, as `merged` answers them.

    Returns
    -------
    pandas.DataFrame
        What is left of each row of `asked`, in the same columns, under its index.
    """
    of_road: dict[object, list[tuple[float, float]]] = {}
    for key, first, last in done[STRETCH_COLUMNS].itertuples(index=False):
        of_road.setdefault(key, []).append((first, last))
    left: list[object] = []
    rows: list[tuple[object, float, float]] = []
    for label, key, start, end in asked[STRETCH_COLUMNS].itertuples():
        at = start
        for first, last in [*of_road.get(key, ()), (end, end)]:
            if min(first, end) > at + TOUCHING_M:
                left.append(label)
                rows.append((key, at, min(first, end)))
            at = max(at, last)
    return pd.DataFrame(
        rows, columns=STRETCH_COLUMNS, index=pd.Index(left, dtype=asked.index.dtype)
    )


def _segments(track: gpd.GeoDataFrame, gap_s: float) -> tuple[Metres, Metres]:
    """Return the ends of the ways between fixes that follow each other within `gap_s`."""
    placed = track[track.geometry.notna()].sort_values("at", kind="stable")
    xy = shapely.get_coordinates(placed.geometry.to_numpy())
    seconds = _seconds(placed["at"])
    joined = (np.diff(seconds) <= gap_s) & (xy[1:] != xy[:-1]).any(axis=1)
    return xy[:-1][joined], xy[1:][joined]


def _seconds(at: pd.Series) -> Metres:
    moments = pd.DatetimeIndex(pd.to_datetime(at, utc=True))
    return moments.as_unit("us").asi8 / 1e6
