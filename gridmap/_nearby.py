"""
A tree of boxes over the edges of polygons, for asking which polygons are near a point.

The leaves are runs of up to `RUN` edges of one ring; `FAN` neighbours share a box, and so on up to
one box. Distances are measured in metres of the point's own place: the caller says how many metres
a unit is there, eastwards and northwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridmap._raster import Floats, Numbers, Owners, Pieces

RUN = 8
FAN = 16
DEEPEST = 256  # entries of the stack: FAN for each of 16 levels
FIRST_FOUND = 64


@dataclass(frozen=True)
class EdgeTree:
    """
    The tree.

    Parameters
    ----------
    xy
        Vertices, shape (v, 2).
    first, last
        First and last vertex of each run, shape (r,).
    owner
        Owner of each run, shape (r,).
    boxes
        West, south, east, north of all runs, then of the boxes over them, up to the root.
    levels
        Where each level starts in `boxes`, and the end.
    """

    xy: Floats
    first: Numbers
    last: Numbers
    owner: Owners
    boxes: Floats
    levels: Numbers

    def nearest(self, points: Floats, metres: Floats) -> tuple[Owners, Floats]:
        """
        Find the nearest edge of each point.

        Parameters
        ----------
        points
            Shape (n, 2).
        metres
            Metres per unit at each point, east and north; shape (n, 2).

        Returns
        -------
        tuple of numpy.ndarray, shape (n,)
            Owner (the lowest of equally near ones, -1 if there are no edges) and metres.
        """
        owner = np.full(len(points), -1, dtype=np.int32)
        distance = np.full(len(points), np.nan)
        if len(self.first):
            _nearest(points, metres, owner, distance, *self._state)
        return owner, distance

    def within(
        self, points: Floats, metres: Floats, reach: Floats
    ) -> tuple[Numbers, Owners, Floats]:
        """
        Find all owners of edges within reach of each point.

        Parameters
        ----------
        points, metres
            As for `nearest`.
        reach
            Metres, shape (n,); NaN finds nothing.

        Returns
        -------
        tuple of numpy.ndarray
            Point number, owner, metres: one row for every pair, in the order of the points.
        """
        if not len(self.first) or not len(points):
            return np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0)
        return _within(points, metres, reach, *self._state)

    @property
    def _state(self) -> tuple[Floats, Numbers, Numbers, Owners, Floats, Numbers]:
        return self.xy, self.first, self.last, self.owner, self.boxes, self.levels


def build_edge_tree(pieces: Pieces) -> EdgeTree:
    """Build the tree over the edges of polygons."""
    ring_owner = np.repeat(pieces.owner, np.diff(pieces.first_ring))
    ring_of_run, first = _runs(pieces, _neighbourly(pieces))
    last = np.minimum(first + RUN, pieces.rings[ring_of_run + 1] - 1)
    level = _boxes_of_runs(pieces.xy, first, last)
    levels, sizes = [level], [0, len(level)]
    while len(level) > 1:
        starts = np.arange(0, len(level), FAN)
        low = np.minimum.reduceat(level[:, :2], starts)
        level = np.hstack([low, np.maximum.reduceat(level[:, 2:], starts)])
        levels.append(level)
        sizes.append(len(level))
    owner = ring_owner[ring_of_run].astype(np.int32)
    return EdgeTree(pieces.xy, first, last, owner, np.vstack(levels), np.cumsum(sizes))


def _neighbourly(pieces: Pieces) -> Numbers:
    """Return the rings in tiles, so that neighbours in the order are neighbours on the ground."""
    start = pieces.xy[pieces.rings[:-1]]
    tiles = max(int(np.sqrt(len(start) / FAN)), 1)
    by_x = np.empty(len(start), dtype=np.int64)
    by_x[np.argsort(start[:, 0], kind="stable")] = np.arange(len(start))
    return np.lexsort((start[:, 1], by_x * tiles // max(len(start), 1)))


def _runs(pieces: Pieces, order: Numbers) -> tuple[Numbers, Numbers]:
    """Return ring and first vertex of each run, the rings in the given order."""
    edges = np.diff(pieces.rings)[order] - 1
    n = -(-edges // RUN)
    ring = np.repeat(order, n)
    number = np.arange(len(ring)) - np.repeat(np.cumsum(n) - n, n)
    return ring, pieces.rings[ring] + RUN * number


def _boxes_of_runs(xy: Floats, first: Numbers, last: Numbers) -> Floats:
    vertex = np.minimum(first[:, None] + np.arange(RUN + 1), last[:, None])
    inside = xy[vertex]
    return np.hstack([inside.min(axis=1), inside.max(axis=1)])


@njit(cache=True, nogil=True)
def _to_box(x, y, east, north, box):  # noqa: ANN001, ANN202
    """Return the squared distance from a point to a box, square metres."""
    dx = max(box[0] - x, x - box[2], 0.0) * east
    dy = max(box[1] - y, y - box[3], 0.0) * north
    return dx * dx + dy * dy


@njit(cache=True, nogil=True)
def _to_run(x, y, east, north, vertices):  # noqa: ANN001, ANN202
    """Return the squared distance from a point to a line of vertices, square metres."""
    least = np.inf
    bx, by = (vertices[0, 0] - x) * east, (vertices[0, 1] - y) * north
    for k in range(1, len(vertices)):
        ax, ay = bx, by
        bx, by = (vertices[k, 0] - x) * east, (vertices[k, 1] - y) * north
        dx, dy = bx - ax, by - ay
        along, length2 = -(ax * dx + ay * dy), dx * dx + dy * dy
        if along <= 0.0 or length2 == 0.0:
            found = ax * ax + ay * ay
        elif along >= length2:
            found = bx * bx + by * by
        else:
            found = (ax * dy - ay * dx) ** 2 / length2
        least = min(least, found)
    return least


@njit(cache=True, nogil=True)
def _open(node, x, y, east, north, bound, stack, far, depth, boxes, levels):  # noqa: ANN001, ANN202, PLR0913
    """Push the children of a box that are within the bound, the nearest on top."""
    level = 1
    while node >= levels[level + 1]:
        level += 1
    begin = levels[level - 1] + (node - levels[level]) * FAN
    floor = depth
    for child in range(begin, min(begin + FAN, levels[level])):
        distance = _to_box(x, y, east, north, boxes[child])
        if distance > bound:
            continue
        k = depth
        while k > floor and far[k - 1] < distance:
            stack[k], far[k] = stack[k - 1], far[k - 1]
            k -= 1
        stack[k], far[k] = child, distance
        depth += 1
    return depth


@njit(cache=True, nogil=True)
def _nearest(points, metres, owner, distance, xy, first, last, run_owner, boxes, levels):  # noqa: ANN001, ANN202, PLR0913
    stack, far = np.empty(DEEPEST, dtype=np.int64), np.empty(DEEPEST)
    for i in range(len(points)):
        x, y, east, north = points[i, 0], points[i, 1], metres[i, 0], metres[i, 1]
        if not np.isfinite(x + y):
            continue
        best, depth = np.inf, 1
        stack[0], far[0] = len(boxes) - 1, 0.0
        while depth > 0:
            depth -= 1
            node = stack[depth]
            if far[depth] > best:
                continue
            if node >= levels[1]:
                depth = _open(node, x, y, east, north, best, stack, far, depth, boxes, levels)
                continue
            found = _to_run(x, y, east, north, xy[first[node] : last[node] + 1])
            if found < best or (found == best and run_owner[node] < owner[i]):
                best, owner[i] = found, run_owner[node]
        distance[i] = np.sqrt(best)


@njit(cache=True, nogil=True)
def _within(points, metres, reach, xy, first, last, run_owner, boxes, levels):  # noqa: ANN001, ANN202, PLR0913
    stack, far = np.empty(DEEPEST, dtype=np.int64), np.empty(DEEPEST)
    point = np.empty(FIRST_FOUND, dtype=np.int64)
    owner, distance = np.empty(FIRST_FOUND, dtype=np.int32), np.empty(FIRST_FOUND)
    n = 0
    for i in range(len(points)):
        x, y, east, north = points[i, 0], points[i, 1], metres[i, 0], metres[i, 1]
        if not (np.isfinite(x + y) and reach[i] >= 0.0):
            continue
        begin, bound, depth = n, reach[i] * reach[i], 1
        stack[0], far[0] = len(boxes) - 1, 0.0
        while depth > 0:
            depth -= 1
            node = stack[depth]
            if node >= levels[1]:
                depth = _open(node, x, y, east, north, bound, stack, far, depth, boxes, levels)
                continue
            found = _to_run(x, y, east, north, xy[first[node] : last[node] + 1])
            if found > bound:
                continue
            if n == len(point):
                point, owner, distance = _longer(point), _longer(owner), _longer(distance)
            n = _note(owner, distance, begin, n, run_owner[node], np.sqrt(found))
        point[begin:n] = i
    return point[:n], owner[:n], distance[:n]


@njit(cache=True, nogil=True)
def _note(owner, distance, begin, n, found_owner, found):  # noqa: ANN001, ANN202, PLR0913
    """Keep the least distance of each owner of one point; return the new number of rows."""
    for k in range(begin, n):
        if owner[k] == found_owner:
            distance[k] = min(distance[k], found)
            return n
    owner[n], distance[n] = found_owner, found
    return n + 1


@njit(cache=True, nogil=True)
def _longer(values):  # noqa: ANN001, ANN202
    copy = np.empty(2 * len(values), dtype=values.dtype)
    copy[: len(values)] = values
    return copy
