"""
Capsules: where straight pieces of road come within a radius of the segments of a walk.

A capsule is all that lies within a radius of a segment. It is convex, so a straight line is in it
from one place to another, or nowhere; everything here is worked out for many pairs at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Metres = NDArray[np.float64]

PARALLEL = 1e-12  # a sine below which two directions are one


@dataclass(frozen=True)
class Edges:
    """
    The straight pieces of roads.

    Parameters
    ----------
    road
        Row number of the road of each of n pieces.
    measure
        Metres from the road's start to the piece's.
    start, end, direction : ndarray, shape (n, 2)
        Ends, and the unit vector from one to the other.
    length
        Metres.
    total
        Length of each road.
    """

    road: Numbers
    measure: Metres
    start: Metres
    end: Metres
    length: Metres
    direction: Metres
    total: Metres


def edges_of(roads: gpd.GeoDataFrame) -> Edges:
    """Return the straight pieces of LineStrings in metres; those without length are left out."""
    shapes = roads.geometry.to_numpy()
    xy, road = shapely.get_coordinates(shapes, return_index=True)
    same = road[1:] == road[:-1]
    start, end, road = xy[:-1][same], xy[1:][same], road[:-1][same]
    long = (start != end).any(axis=1)
    start, end, road = start[long], end[long], road[long].astype(np.int64)
    length = np.hypot(*(end - start).T)
    # summed road by road: where one piece ends, the next one starts at the same number
    sums = pd.Series(length).groupby(road).cumsum().to_numpy()
    first = np.diff(road, prepend=-1) != 0
    measure = np.where(first, 0.0, np.concatenate([[0.0], sums[:-1]])[: len(sums)])
    return Edges(road, measure, start, end, length, unit(end - start), shapely.length(shapes))


def unit(vector: Metres) -> Metres:
    """Return vectors, shape (n, 2), none of them 0, with the length 1."""
    return vector / np.hypot(*vector.T)[:, None]


def within(
    start: Metres, end: Metres, edge: Edges, piece: Numbers, radius: float
) -> tuple[Metres, Metres]:
    """
    Return from where to where pieces of road are within a radius of segments.

    Parameters
    ----------
    start, end : ndarray, shape (m, 2)
        Of the segments; none is without length.
    edge, piece
        Pieces of road, and which of them goes with each segment, m numbers.
    radius
        Metres.

    Returns
    -------
    tuple of numpy.ndarray, shape (m,)
        Metres from the start of the piece; the first above the last where it is not within.

    Notes
    -----
    The interval reaches from the first to the last of three: the line in the disc around either end
    of the segment, and in the rectangle along it.
    """
    origin, along = edge.start[piece], edge.direction[piece]
    parts = [
        _in_disc(start, origin, along, radius),
        _in_disc(end, origin, along, radius),
        _in_rectangle(start, end, origin, along, radius),
    ]
    first = np.min([np.where(a < b, a, np.inf) for a, b in parts], axis=0)
    last = np.max([np.where(a < b, b, -np.inf) for a, b in parts], axis=0)
    return np.maximum(first, 0.0), np.minimum(last, edge.length[piece])


def _in_disc(centre: Metres, origin: Metres, along: Metres, radius: float) -> tuple[Metres, Metres]:
    out = centre - origin
    middle = (out * along).sum(axis=1)
    away = out[:, 0] * along[:, 1] - out[:, 1] * along[:, 0]
    half = np.sqrt(np.maximum(radius * radius - away * away, 0.0))
    return middle - half, middle + half


def _in_rectangle(
    start: Metres, end: Metres, origin: Metres, along: Metres, radius: float
) -> tuple[Metres, Metres]:
    length = np.hypot(*(end - start).T)
    axis = (end - start) / length[:, None]
    across = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
    out = origin - start
    first, last = _in_band(out, along, axis, np.zeros(len(out)), length)
    reach = np.full(len(out), radius)
    low, high = _in_band(out, along, across, -reach, reach)
    return np.maximum(first, low), np.minimum(last, high)


def _in_band(
    out: Metres, along: Metres, axis: Metres, low: Metres, high: Metres
) -> tuple[Metres, Metres]:
    """Return from where to where ``low ≤ (out + t·along)·axis ≤ high``."""
    at, step = (out * axis).sum(axis=1), (along * axis).sum(axis=1)
    level = np.abs(step) < PARALLEL  # inside all along, or nowhere
    safe = np.where(level, 1.0, step)
    one, other = (low - at) / safe, (high - at) / safe
    inside = (low <= at) & (at <= high)
    first = np.where(level, np.where(inside, -np.inf, np.inf), np.minimum(one, other))
    last = np.where(level, np.where(inside, np.inf, -np.inf), np.maximum(one, other))
    return first, last
