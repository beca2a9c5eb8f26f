"""
A tree of boxes over the edges of polygons, for asking which polygons are near a point.

The leaves are runs of up to `RUN` edges of one ring; `FAN` neighbours share a box, and so on up to
one box. Distances are measured in metres of the point's own place: the caller says how many metres
a unit is there, eastwards and northwards.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap._rasterise import Floats, Numbers, Owners, Pieces

RUN = 8
FAN = 16
DEEPEST = 256  # entries of the stack: FAN for each of 16 levels
FIRST_FOUND = 64


class EdgeTree(NamedTuple):
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
            _nearest(points, metres, owner, distance, self)
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
        return _within(points, metres, reach, self)


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


class _Eye(NamedTuple):
    """Where distances are measured from, and metres per unit there."""

    x: float
    y: float
    east: float
    north: float


@njit(cache=True, nogil=True)
def _to_box(eye: _Eye, box: Floats) -> float:
    """Return the squared distance to a box, square metres."""
    dx = max(box[0] - eye.x, eye.x - box[2], 0.0) * eye.east
    dy = max(box[1] - eye.y, eye.y - box[3], 0.0) * eye.north
    return dx * dx + dy * dy


@njit(cache=True, nogil=True)
def _to_run(eye: _Eye, xy: Floats, first: int, last: int) -> float:
    """Return the squared distance to a line of vertices, square metres."""
    least = np.inf
    bx, by = (xy[first, 0] - eye.x) * eye.east, (xy[first, 1] - eye.y) * eye.north
    for k in range(first + 1, last + 1):
        ax, ay = bx, by
        bx, by = (xy[k, 0] - eye.x) * eye.east, (xy[k, 1] - eye.y) * eye.north
        dx, dy = bx - ax, by - ay
        along, length2 = -(ax * dx + ay * dy), dx * dx + dy * dy
        # at a vertex, nothing but its own place may count: neighbours must tie exactly
        if along <= 0.0 or length2 == 0.0:
            found = ax * ax + ay * ay
        elif along >= length2:
            found = bx * bx + by * by
        else:
            found = (ax * dy - ay * dx) ** 2 / length2
        least = min(least, found)
    return least


@njit(cache=True, nogil=True)
def _open(  # noqa: PLR0913, PLR0917
    node: int, eye: _Eye, bound: float, tree: EdgeTree, stack: Numbers, far: Floats, depth: int
) -> int:
    """Push the children of a box that are within the bound, the nearest on top."""
    level, floor = 1, depth
    while node >= tree.levels[level + 1]:
        level += 1
    begin = tree.levels[level - 1] + (node - tree.levels[level]) * FAN
    for child in range(begin, min(begin + FAN, tree.levels[level])):
        distance = _to_box(eye, tree.boxes[child])
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
def _nearest(
    points: Floats, metres: Floats, owner: Owners, distance: Floats, tree: EdgeTree
) -> None:
    stack, far = np.empty(DEEPEST, dtype=np.int64), np.empty(DEEPEST)
    for i in range(len(points)):
        eye = _Eye(points[i, 0], points[i, 1], metres[i, 0], metres[i, 1])
        if not np.isfinite(eye.x + eye.y):
            continue
        best, depth = np.inf, np.int64(1)  # a bare 1 has a type of its own
        stack[0], far[0] = len(tree.boxes) - 1, 0.0
        while depth > 0:
            depth -= 1
            node = stack[depth]
            if far[depth] > best:
                continue
            if node >= tree.levels[1]:
                depth = _open(node, eye, best, tree, stack, far, depth)
                continue
            found = _to_run(eye, tree.xy, tree.first[node], tree.last[node])
            if found < best or (found == best and tree.owner[node] < owner[i]):
                best, owner[i] = found, tree.owner[node]
        distance[i] = np.sqrt(best)


@njit(cache=True, nogil=True)
def _within(
    points: Floats, metres: Floats, reach: Floats, tree: EdgeTree
) -> tuple[Numbers, Owners, Floats]:
    stack, far = np.empty(DEEPEST, dtype=np.int64), np.empty(DEEPEST)
    point = np.empty(FIRST_FOUND, dtype=np.int64)
    owner, distance = np.empty(FIRST_FOUND, dtype=np.int32), np.empty(FIRST_FOUND)
    n = np.int64(0)
    for i in range(len(points)):
        eye = _Eye(points[i, 0], points[i, 1], metres[i, 0], metres[i, 1])
        if not (np.isfinite(eye.x + eye.y) and reach[i] >= 0.0):
            continue
        begin, bound, depth = n, reach[i] * reach[i], np.int64(1)
        stack[0], far[0] = len(tree.boxes) - 1, 0.0
        while depth > 0:
            depth -= 1
            node = stack[depth]
            if node >= tree.levels[1]:
                depth = _open(node, eye, bound, tree, stack, far, depth)
                continue
            found = _to_run(eye, tree.xy, tree.first[node], tree.last[node])
            if found > bound:
                continue
            if n == len(point):
                point, owner, distance = _longer(point), _longer(owner), _longer(distance)
            point[n] = i
            n = _note(owner, distance, begin, n, tree.owner[node], np.sqrt(found))
    return point[:n], owner[:n], distance[:n]


@njit(cache=True, nogil=True)
def _note(
    owner: Owners, distance: Floats, begin: int, n: int, found_owner: int, found: float
) -> int:
    """Keep the least distance of each owner of one point; return the new number of rows."""
    for k in range(begin, n):
        if owner[k] == found_owner:
            distance[k] = min(distance[k], found)
            return n
    owner[n], distance[n] = found_owner, found
    return n + 1


@njit(cache=True, nogil=True)
def _longer(values: Numbers) -> Numbers:
    copy = np.empty(2 * len(values), dtype=values.dtype)
    for k in range(len(values)):  # a slice would take seconds to compile
        copy[k] = values[k]
    return copy
