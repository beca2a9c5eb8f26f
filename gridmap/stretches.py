"""
Stretches: metres of a road, pointed at by two clicks.

A side is left or right as one walks from the road's start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from gridmap.carving import SEGMENT, SIDES, carve
from gridmap.errors import InvalidError, NotFoundError
from gridmap.metric import require_metric
from gridmap.places import CENTRELINE_M, NEAR_M
from gridmap.targets import Target

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Snapped", "between", "carve", "snap", "stretch_geometry"]
WITHIN_M = 30.0
SHORTEST_M = 0.01


@dataclass(frozen=True)
class Snapped:
    """
    A place on a road.

    Parameters
    ----------
    road_id
        Which road.
    metres
        From its start, along its line in the CRS in which it was snapped.
    distance_m
        How far the place that was pointed at is from it.
    side
        On which side that was; both if it was on the centreline.
    """

    road_id: str
    metres: float
    distance_m: float
    side: str


def snap(roads: gpd.GeoDataFrame, x: float, y: float, *, within_m: float = WITHIN_M) -> Snapped:
    """
    Find the place on a road that was meant.

    Parameters
    ----------
    roads
        The layer, in metres.
    x, y
        Where somebody pointed, in the same CRS.
    within_m
        How far a road may be.

    Returns
    -------
    Snapped
        On the nearest road, the lowest ``road_id`` where several are as near; to the centimetre,
        but for the road's own end.

    Raises
    ------
    CrsError
        If the roads are not in metres.
    NotFoundError
        If there is no road so near.
    """
    require_metric(roads, "Pointing at a road")
    spot = shapely.Point(x, y)
    distance = shapely.distance(roads.geometry.to_numpy(), spot)
    near = np.flatnonzero(distance <= within_m)
    if not len(near):
        msg = "There is no road within {within_m:g} m of that place."
        raise NotFoundError(msg, within_m=within_m)
    road_id, away = min((roads.index[k], float(distance[k])) for k in near[_least(distance[near])])
    line = roads.geometry[road_id]
    metres = _to_centimetre(float(shapely.line_locate_point(line, spot)), line.length)
    return Snapped(road_id, metres, away, _side(line, spot, away))


def stretch_geometry(
    roads: gpd.GeoDataFrame, road_id: str, from_m: float, to_m: float
) -> shapely.LineString:
    """
    Draw a stretch.

    Parameters
    ----------
    roads
        The layer, in metres.
    road_id
        Which road.
    from_m, to_m
        Metres from its start.

    Returns
    -------
    shapely.LineString
        In the CRS of the roads.

    Raises
    ------
    CrsError
        If the roads are not in metres.
    NotFoundError
        If there is no such road.
    InvalidError
        If the metres are none, or not on the road.
    """
    require_metric(roads, "Drawing a stretch")
    if road_id not in roads.index:
        msg = "There is no road {road_id}."
        raise NotFoundError(msg, road_id=road_id)
    line = roads.geometry[road_id]
    if not 0 <= from_m < to_m <= line.length + SHORTEST_M:
        msg = "The road {road_id} is {length_m:.2f} m long; {from_m:g}-{to_m:g} m is no part of it."
        raise InvalidError(msg, road_id=road_id, length_m=line.length, from_m=from_m, to_m=to_m)
    return substring(line, from_m, to_m)


def between(roads: gpd.GeoDataFrame, first: Snapped, second: Snapped, side: str = "both") -> Target:
    """
    Make the stretch between two places.

    Parameters
    ----------
    roads
        The layer, for the names of the roads.
    first, second
        The two places, in either order.
    side
        left, right or both.

    Returns
    -------
    Target
        The metres from one to the other.

    Raises
    ------
    InvalidError
        If the places are on two roads, or are the same, or there is no such side.
    """
    if first.road_id != second.road_id:
        msg = "The two places are on two roads, {one} and {other}."
        one, other = (
            f"{roads['name'].get(place.road_id, '')} ({place.road_id})".strip()
            for place in (first, second)
        )
        raise InvalidError(msg, one=one, other=other)
    if side not in {*SIDES, "both"}:
        msg = "A road has a left and a right side, or both; not {side}."
        raise InvalidError(msg, side=side)
    from_m, to_m = sorted((first.metres, second.metres))
    if to_m - from_m < SHORTEST_M:
        msg = "The two places on {road_id} are the same, {metres:g} m from its start."
        raise InvalidError(msg, road_id=first.road_id, metres=from_m)
    return Target(SEGMENT, first.road_id, from_m, to_m, side)


def _least(distance: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.flatnonzero(distance == distance.min())


def _to_centimetre(metres: float, length: float) -> float:
    return length if length - metres < SHORTEST_M else round(metres, 2)


def _side(line: shapely.LineString, spot: shapely.Point, away: float) -> str:
    if away <= CENTRELINE_M:
        return "both"
    at = shapely.line_locate_point(line, spot)
    ends = shapely.line_interpolate_point(line, [max(at - NEAR_M, 0.0), at + NEAR_M])
    before, after = shapely.get_coordinates(ends)
    along, across = after - before, np.array([spot.x, spot.y]) - before
    return "left" if along[0] * across[1] - along[1] * across[0] > 0 else "right"
