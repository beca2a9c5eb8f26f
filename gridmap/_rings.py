"""Kernels that join arcs to the rings of regions, and that thin arcs."""

from __future__ import annotations

import numpy as np
from numba import njit

from gridmap._arcs import Bools, Floats, Ints


@njit(cache=True)
def _next(side: int, first: Ints, last: Ints, leaving: Floats, back: Floats) -> int:
    # The ground is on the left of a side: at its end, clockwise from where it came. The side that
    # bounds the same ground is the first one met that way round.
    best = first[side]
    if last[side] - first[side] == 1:
        return best
    least = 7.0
    for other in range(first[side], last[side]):
        cross = back[side, 0] * leaving[other, 1] - back[side, 1] * leaving[other, 0]
        dot = back[side, 0] * leaving[other, 0] + back[side, 1] * leaving[other, 1]
        angle = -np.arctan2(cross, dot)
        if angle <= 0:
            angle += 2 * np.pi
        if angle < least:
            least = angle
            best = other
    return best


@njit(cache=True)
def trace_rings(
    group: Ints, first: Ints, last: Ints, leaving: Floats, back: Floats
) -> tuple[Ints, Ints, Bools]:
    """
    Join directed arcs, their region on the left, to rings that pass no node twice.

    Parameters
    ----------
    group
        Of each of the m sides (directed arcs, sorted by region and start node): the first side of
        the same region that leaves the same node.
    first, last
        The range of sides of the same region that leave the node where the side ends.
    leaving, back
        Direction in which it leaves its start, and direction back from its end; shape (m, 2).

    Returns
    -------
    numpy.ndarray, numpy.ndarray, numpy.ndarray
        Sides in the order of the rings, where each ring starts, and which sides belong to no ring
        because the borders of their region cross.
    """
    sides = group.shape[0]
    used = np.zeros(sides, np.bool_)
    loose = np.zeros(sides, np.bool_)
    place = np.full(sides, -1, np.int64)
    path = np.empty(sides, np.int64)
    order = np.empty(sides, np.int64)
    starts = np.zeros(sides + 1, np.int64)
    rings = 0
    end = 0
    for seed in range(sides):
        side = seed
        depth = 0
        while not used[side]:
            used[side] = True
            place[group[side]] = depth
            path[depth] = side
            depth += 1
            if first[side] == last[side]:
                break
            opened = place[first[side]]
            if opened >= 0:
                for k in range(opened, depth):
                    order[end] = path[k]
                    place[group[path[k]]] = -1
                    end += 1
                rings += 1
                starts[rings] = end
                depth = opened
            side = _next(side, first, last, leaving, back)
        for k in range(depth):
            loose[path[k]] = True
            place[group[path[k]]] = -1
    return order[:end].copy(), starts[: rings + 1].copy(), loose


@njit(cache=True)
def ring_areas(
    starts: Ints, arc: Ints, forward: Bools, arc_offsets: Ints, arc_xy: Floats
) -> Floats:
    """
    Signed area of each ring, positive where it runs counter-clockwise.

    Parameters
    ----------
    starts
        Where each ring starts among its arcs.
    arc, forward
        The arcs of the rings in order, and whether each is walked from its start to its end.
    arc_offsets, arc_xy
        Coordinates of the arcs.
    """
    rings = starts.shape[0] - 1
    areas = np.zeros(rings, np.float64)
    for ring in range(rings):
        origin = arc_offsets[arc[starts[ring]]]
        x0, y0 = arc_xy[origin, 0], arc_xy[origin, 1]
        for k in range(starts[ring], starts[ring + 1]):
            doubled = 0.0
            for i in range(arc_offsets[arc[k]], arc_offsets[arc[k] + 1] - 1):
                doubled += (arc_xy[i, 0] - x0) * (arc_xy[i + 1, 1] - y0)
                doubled -= (arc_xy[i + 1, 0] - x0) * (arc_xy[i, 1] - y0)
            areas[ring] += doubled / 2 if forward[k] else -doubled / 2
    return areas


@njit(cache=True)
def copy_rings(
    starts: Ints, arc: Ints, forward: Bools, arc_offsets: Ints, arc_xy: Floats
) -> tuple[Floats, Ints]:
    """
    Copy the coordinates of rings, closed.

    Parameters
    ----------
    starts, arc, forward, arc_offsets, arc_xy
        As for `ring_areas`.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        Coordinates, shape (n, 2), and where each ring starts among them.
    """
    rings = starts.shape[0] - 1
    offsets = np.zeros(rings + 1, np.int64)
    for ring in range(rings):
        offsets[ring + 1] = offsets[ring] + 1
        for k in range(starts[ring], starts[ring + 1]):
            offsets[ring + 1] += arc_offsets[arc[k] + 1] - arc_offsets[arc[k]] - 1
    xy = np.empty((offsets[rings], 2), np.float64)
    for ring in range(rings):
        end = offsets[ring]
        for k in range(starts[ring], starts[ring + 1]):
            low, high = arc_offsets[arc[k]], arc_offsets[arc[k] + 1]
            for i in range(high - low - 1):
                at = low + i if forward[k] else high - 1 - i
                xy[end, 0] = arc_xy[at, 0]
                xy[end, 1] = arc_xy[at, 1]
                end += 1
        xy[end, 0] = xy[offsets[ring], 0]
        xy[end, 1] = xy[offsets[ring], 1]
    return xy, offsets


@njit(cache=True)
def _farthest(xy: Floats, low: int, high: int) -> tuple[int, float]:
    dx, dy = xy[high, 0] - xy[low, 0], xy[high, 1] - xy[low, 1]
    squared = dx * dx + dy * dy
    at = low
    most = 0.0
    for i in range(low + 1, high):
        px, py = xy[i, 0] - xy[low, 0], xy[i, 1] - xy[low, 1]
        if squared > 0:
            along = min(1.0, max(0.0, (px * dx + py * dy) / squared))
            px -= along * dx
            py -= along * dy
        distance = px * px + py * py
        if distance > most:
            most = distance
            at = i
    return at, np.sqrt(most)


@njit(cache=True)
def thin_arcs(arc_offsets: Ints, arc_xy: Floats, tolerance: Floats) -> Bools:
    """
    Choose the vertices that Douglas and Peucker keep.

    Parameters
    ----------
    arc_offsets, arc_xy
        Coordinates of the arcs.
    tolerance
        Of each arc: how far a vertex that goes may lie from the line that stays, in the unit of
        the coordinates. Zero keeps every vertex.

    Returns
    -------
    numpy.ndarray
        Whether each vertex stays; the ends of an arc always do.

    Notes
    -----
    D. Douglas, T. Peucker, "Algorithms for the reduction of the number of points required to
    represent a digitized line or its caricature", Cartographica 10 (1973).
    """
    keep = np.zeros(arc_xy.shape[0], np.bool_)
    stack = np.empty((arc_xy.shape[0] + 1, 2), np.int64)
    for arc in range(tolerance.shape[0]):
        low, high = arc_offsets[arc], arc_offsets[arc + 1] - 1
        if tolerance[arc] == 0:
            keep[low : high + 1] = True
            continue
        keep[low] = True
        keep[high] = True
        stack[0] = low, high
        depth = 1
        while depth:
            depth -= 1
            low, high = stack[depth]
            at, distance = _farthest(arc_xy, low, high)
            if distance <= tolerance[arc]:
                continue
            keep[at] = True
            stack[depth] = low, at
            stack[depth + 1] = at, high
            depth += 2
    return keep
