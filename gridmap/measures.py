"""
Measures: metres along a road from its start, and stretches ``[from_m, to_m)`` between them.

A road is measured along its line as drawn. Stretches are cut exactly at the breaks that the data
has, on each straight segment by itself, so a road may cross or touch itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from gridmap.metric import require_metric

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Metres = NDArray[np.float64]


@dataclass(frozen=True)
class _Axis:
    """Every break of every road, in order; `rank` says which break each given measure is."""

    road: Numbers
    measure: Metres
    rank: Numbers

    @staticmethod
    def of(road: Numbers, measure: Metres) -> _Axis:
        order = np.lexsort((measure, road))
        sorted_road, sorted_measure = road[order], measure[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (np.diff(sorted_road) != 0) | (np.diff(sorted_measure) > 0)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.cumsum(new) - 1
        return _Axis(sorted_road[new], sorted_measure[new], rank)


def stretches(roads: gpd.GeoDataFrame, areas: NDArray[np.object_]) -> pd.DataFrame:
    """
    Cut roads where they pass from one area to another.

    Parameters
    ----------
    roads
        n LineStrings in metres.
    areas
        Polygons in the same CRS.

    Returns
    -------
    pandas.DataFrame
        ``road`` (row number), ``from_m``, ``to_m``, ``area`` (position in `areas`, -1 outside all
        of them): each road from its start to its end without a break. On a border, and where areas
        overlap, the lowest position counts.

    Raises
    ------
    CrsError
        If the roads are not in metres.
    """
    require_metric(roads, "Measuring roads")
    road, start, end, measure = _segments(roads)
    length = np.hypot(*(end - start).T)
    segment, area, first, last = _clip(start, end, areas)
    first, last = np.clip(first, 0.0, length[segment]), np.clip(last, 0.0, length[segment])
    # A whole segment ends at exactly the number at which the next one starts
    reached = np.where(
        last == length[segment], measure[segment] + length[segment], measure[segment] + last
    )
    total = np.bincount(road, weights=length, minlength=len(roads))
    ends = np.arange(len(roads), dtype=np.int64)
    axis = _Axis.of(
        np.concatenate([road[segment], road[segment], ends, ends]),
        np.concatenate([measure[segment] + first, reached, np.zeros(len(roads)), total]),
    )
    begin, stop = axis.rank[: len(segment)], axis.rank[len(segment) : 2 * len(segment)]
    label = np.full(len(axis.road), -1, dtype=np.int64)
    for place in np.argsort(-area, kind="stable"):
        label[begin[place] : stop[place]] = area[place]
    return _joined(axis, label)


def lines(roads: gpd.GeoDataFrame, cut: pd.DataFrame) -> NDArray[np.object_]:
    """
    Draw stretches.

    Parameters
    ----------
    roads
        LineStrings in metres.
    cut
        n stretches: ``road`` (row number), ``from_m``, ``to_m``.

    Returns
    -------
    numpy.ndarray of LineString, shape (n,)
        The part of its road that each stretch is.
    """
    shapes = roads.geometry.to_numpy()
    rows = zip(cut["road"], cut["from_m"], cut["to_m"], strict=True)
    drawn = np.empty(len(cut), dtype=object)
    drawn[:] = [substring(shapes[road], first, last) for road, first, last in rows]
    return drawn


def covered_metres(asked: pd.DataFrame, held: pd.DataFrame) -> Metres:
    """
    Measure how much of each stretch is held.

    Parameters
    ----------
    asked
        n stretches: ``road``, ``from_m``, ``to_m``.
    held
        Stretches with the same columns and ``side`` (left, right, both); they may overlap.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Metres of centreline; where one side alone is held, a metre counts half.
    """
    n, m = len(asked), len(held)
    axis = _Axis.of(
        np.concatenate([asked["road"], asked["road"], held["road"], held["road"]]).astype(np.int64),
        np.concatenate([asked["from_m"], asked["to_m"], held["from_m"], held["to_m"]]).astype(
            np.float64
        ),
    )
    begin, stop = axis.rank[2 * n : 2 * n + m], axis.rank[2 * n + m :]
    weight = np.zeros(max(len(axis.road) - 1, 0))
    for side in ("left", "right"):
        on_side = np.zeros(len(weight))
        for place in np.flatnonzero(held["side"].isin([side, "both"])):
            on_side[begin[place] : stop[place]] = 0.5
        weight += on_side
    sums = np.concatenate([[0.0], np.cumsum(weight * np.diff(axis.measure))])
    return sums[axis.rank[n : 2 * n]] - sums[axis.rank[:n]]


def meet(one: pd.DataFrame, other: pd.DataFrame) -> NDArray[np.bool_]:
    """
    Say which pairs of targets on the same road share a metre of the same side.

    Parameters
    ----------
    one, other
        n rows each: ``from_m``, ``to_m``, ``side``. Rows without measures mean the whole target.

    Returns
    -------
    numpy.ndarray, shape (n,)
        True where they meet; two rows without measures always do.
    """
    apart = (one["to_m"].to_numpy() <= other["from_m"].to_numpy()) | (
        other["to_m"].to_numpy() <= one["from_m"].to_numpy()
    )
    opposite = _side(one) * _side(other) == -1
    return ~(apart | opposite)


def contains(outer: pd.DataFrame, inner: pd.DataFrame) -> NDArray[np.bool_]:
    """
    Say which targets lie wholly in the other of their pair.

    Parameters
    ----------
    outer, inner
        As for `meet`.

    Returns
    -------
    numpy.ndarray, shape (n,)
        True where every metre and side of `inner` is in `outer`.
    """
    longer = (outer["from_m"].to_numpy() > inner["from_m"].to_numpy()) | (
        outer["to_m"].to_numpy() < inner["to_m"].to_numpy()
    )
    sides = (_side(outer) == 0) | (_side(outer) == _side(inner))
    return ~longer & sides


def _side(rows: pd.DataFrame) -> Numbers:
    return rows["side"].map({"left": -1, "right": 1}).fillna(0).to_numpy(dtype=np.int64)


def _segments(roads: gpd.GeoDataFrame) -> tuple[Numbers, Metres, Metres, Metres]:
    xy, road = shapely.get_coordinates(roads.geometry.to_numpy(), return_index=True)
    same = road[1:] == road[:-1]
    start, end, road = xy[:-1][same], xy[1:][same], road[:-1][same].astype(np.int64)
    length = np.hypot(*(end - start).T)
    # Summed road by road: `measure + length` of a segment must be the measure of the next
    measure = np.zeros(len(length))
    for first, last in zip(*_runs(road), strict=True):
        measure[first + 1 : last] = np.cumsum(length[first : last - 1])
    return road, start, end, measure


def _runs(labels: Numbers) -> tuple[Numbers, Numbers]:
    new = np.flatnonzero(np.diff(labels, prepend=-1) != 0)
    return new, np.append(new, len(labels))[1:].astype(np.int64)


def _clip(
    start: Metres, end: Metres, areas: NDArray[np.object_]
) -> tuple[Numbers, Numbers, Metres, Metres]:
    """Part of each segment in each area that it meets: segment, area, and metres from its start."""
    lines = shapely.linestrings(np.stack([start, end], axis=1))
    segment, area = shapely.STRtree(areas).query(lines, predicate="intersects")
    shapely.prepare(areas)
    whole = shapely.covers(areas[area], lines[segment])
    cut = np.flatnonzero(~whole)
    parts, of = shapely.get_parts(
        shapely.intersection(lines[segment[cut]], areas[area[cut]]), return_index=True
    )
    straight = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    parts, of = parts[straight], cut[of[straight]]
    ends = np.stack([shapely.get_point(parts, 0), shapely.get_point(parts, -1)], axis=1)
    from_start = shapely.distance(ends, shapely.points(start[segment[of]])[:, None])
    full = np.hypot(*(end - start).T)[segment[whole]]
    return (
        np.concatenate([segment[whole], segment[of]]).astype(np.int64),
        np.concatenate([area[whole], area[of]]).astype(np.int64),
        np.concatenate([np.zeros(len(full)), from_start.min(axis=1)]),
        np.concatenate([full, from_start.max(axis=1)]),
    )


def _joined(axis: _Axis, label: Numbers) -> pd.DataFrame:
    """Join neighbouring breaks of the same road and area into stretches."""
    inside = np.flatnonzero(axis.road[1:] == axis.road[:-1])
    road, area = axis.road[inside], label[inside]
    new = np.ones(len(inside), dtype=bool)
    new[1:] = (np.diff(road) != 0) | (np.diff(area) != 0)
    first = np.flatnonzero(new)
    last = np.append(first, len(inside))[1:] - 1
    return pd.DataFrame(
        {
            "road": road[first],
            "from_m": axis.measure[inside[first]],
            "to_m": axis.measure[inside[last] + 1],
            "area": area[first],
        }
    )
