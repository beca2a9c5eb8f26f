"""Regions put together from arcs: which arcs bound them, which rings these make, whose holes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap import _rings
from gridmap._arcs import Bools, Floats, Ints, Numbers


@dataclass(frozen=True, eq=False)
class Arcs:
    """
    Borders of a partition, each once.

    Parameters
    ----------
    start, end
        Node numbers of its first and last vertex.
    left, right
        The area on either side, as a number; -1 for none.
    offsets, xy
        Coordinates of its vertices, both ends included: those of arc ``i`` are
        ``xy[offsets[i]:offsets[i + 1]]``.
    """

    start: Ints
    end: Ints
    left: Numbers
    right: Numbers
    offsets: Ints
    xy: Floats


@dataclass(frozen=True, eq=False)
class _Sides:
    """Arcs as the borders of regions, directed so that the region is on the left."""

    region: Ints
    arc: Ints
    forward: Bools


@dataclass(frozen=True, eq=False)
class _Rings:
    """Closed rings of regions: counter-clockwise around ground, clockwise around holes."""

    region: Ints
    area: Floats
    starts: Ints
    arc: Ints
    forward: Bools

    def take(self, rings: Ints) -> _Rings:
        """Return these rings, in this order."""
        length = np.diff(self.starts)[rings]
        starts = np.concatenate([[0], np.cumsum(length)])
        at = np.repeat(self.starts[rings] - starts[:-1], length) + np.arange(starts[-1])
        return _Rings(self.region[rings], self.area[rings], starts, self.arc[at], self.forward[at])


def assemble(arcs: Arcs, region: Ints, n: int) -> tuple[NDArray[np.object_], Bools]:
    """
    Put regions together from the borders of their areas.

    Parameters
    ----------
    arcs
        The borders.
    region
        Region of each area, from 0 to ``n - 1``; -1 for none.
    n
        How many regions there are.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        A MultiPolygon for each region, shells counter-clockwise, and whether the borders of the
        region make no rings (then its MultiPolygon means nothing). Where the areas overlap, rings
        may be found that still make no valid polygon.
    """
    sides = _sides(arcs, region)
    rings, broken = _trace(arcs, sides, n)
    shell_of, alone = _shells(arcs, rings)
    broken[rings.region[alone]] = True
    polygon = np.where(rings.area > 0, np.arange(len(rings.area)), shell_of)
    kept = np.flatnonzero(~broken[rings.region])
    order = kept[np.lexsort((rings.area[kept] < 0, polygon[kept], rings.region[kept]))]
    rings = rings.take(order)
    xy, ring_offsets = _rings.copy_rings(
        rings.starts, rings.arc, rings.forward, arcs.offsets, arcs.xy
    )
    shells = np.flatnonzero(rings.area > 0)
    polygon_offsets = np.append(shells, len(order))
    region_offsets = np.searchsorted(rings.region[shells], np.arange(n + 1))
    shapes = shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON, xy, (ring_offsets, polygon_offsets, region_offsets)
    )
    return shapes, broken


def as_multipolygons(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """
    Make MultiPolygons of Polygons; what is missing becomes an empty one.

    Parameters
    ----------
    shapes
        Polygons and MultiPolygons.
    """
    whole = np.where(shapely.is_missing(shapes), shapely.MultiPolygon(), shapes)
    single = np.flatnonzero(shapely.get_type_id(whole) == shapely.GeometryType.POLYGON)
    there = single[~shapely.is_empty(whole[single])]
    whole[single] = shapely.MultiPolygon()
    whole[there] = shapely.multipolygons(shapes[there], indices=np.arange(len(there)))
    return whole


def _sides(arcs: Arcs, region: Ints) -> _Sides:
    padded = np.append(region, -1)  # so that "no area", -1, is in no region
    left, right = padded[arcs.left], padded[arcs.right]
    border = left != right
    ahead = np.flatnonzero(border & (left >= 0))
    astern = np.flatnonzero(border & (right >= 0))
    return _Sides(
        region=np.concatenate([left[ahead], right[astern]]),
        arc=np.concatenate([ahead, astern]),
        forward=np.repeat([True, False], [len(ahead), len(astern)]),
    )


def _trace(arcs: Arcs, sides: _Sides, n: int) -> tuple[_Rings, Bools]:
    nodes = int(max(arcs.start.max(initial=0), arcs.end.max(initial=0))) + 1
    start = np.where(sides.forward, arcs.start[sides.arc], arcs.end[sides.arc])
    key = sides.region * nodes + start
    order = np.argsort(key, kind="stable")
    key = key[order]
    region, arc, forward = sides.region[order], sides.arc[order], sides.forward[order]
    end = region * nodes + np.where(forward, arcs.end[arc], arcs.start[arc])

    low, high = arcs.offsets[arc], arcs.offsets[arc + 1] - 1
    ahead, back = arcs.xy[low + 1] - arcs.xy[low], arcs.xy[high - 1] - arcs.xy[high]
    ring_sides, starts, loose = _rings.trace_rings(
        np.searchsorted(key, key),
        np.searchsorted(key, end),
        np.searchsorted(key, end, side="right"),
        np.where(forward[:, None], ahead, back),
        np.where(forward[:, None], back, ahead),
    )
    broken = np.zeros(n, dtype=np.bool_)
    broken[region[loose]] = True
    arc, forward = arc[ring_sides], forward[ring_sides]
    area = _rings.ring_areas(starts, arc, forward, arcs.offsets, arcs.xy)
    rings = _Rings(region[ring_sides[starts[:-1]]], area, starts, arc, forward)
    broken[rings.region[area == 0]] = True
    return rings, broken


def _shells(arcs: Arcs, rings: _Rings) -> tuple[Ints, Ints]:
    """Find the shell around each hole; -1 elsewhere. Also list holes around which there is none."""
    shells, holes = np.flatnonzero(rings.area > 0), np.flatnonzero(rings.area < 0)
    shell_of = np.full(len(rings.area), -1)
    if not len(holes):
        return shell_of, holes
    by_region = shells[np.argsort(rings.region[shells], kind="stable")]
    regions = rings.region[by_region]
    low = np.searchsorted(regions, rings.region[holes])
    count = np.searchsorted(regions, rings.region[holes], side="right") - low
    shell_of[holes[count == 1]] = by_region[low[count == 1]]

    unclear = holes[count > 1]
    if len(unclear):
        possible = shells[np.isin(rings.region[shells], rings.region[unclear])]
        tree = shapely.STRtree(_polygons(arcs, rings, possible))
        hole, shell = tree.query(_polygons(arcs, rings, unclear), predicate="covered_by")
        hole, shell = unclear[hole], possible[shell]
        same = rings.region[hole] == rings.region[shell]
        hole, shell = hole[same], shell[same]
        largest_first = np.argsort(-rings.area[shell], kind="stable")
        shell_of[hole[largest_first]] = shell[largest_first]  # the smallest is written last
    return shell_of, holes[shell_of[holes] < 0]


def _polygons(arcs: Arcs, rings: _Rings, which: Ints) -> NDArray[np.object_]:
    taken = rings.take(which)
    xy, offsets = _rings.copy_rings(taken.starts, taken.arc, taken.forward, arcs.offsets, arcs.xy)
    whole = np.arange(len(which) + 1)
    return shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (offsets, whole))
