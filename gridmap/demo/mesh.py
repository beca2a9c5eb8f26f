"""
A planar partition that is cut finer and finer, and never comes apart.

Faces are rings of vertex numbers. When a cut ends in the middle of an edge, that edge is remembered
as split; the neighbour on its other side learns of the new vertex when its own ring is next
expanded. Both sides therefore always run through the very same vertices, whatever the order of
cuts, and no snapping or noding is needed afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MIN_EDGE_M = 12.0


@dataclass(frozen=True)
class Guide:
    """
    The line that a cut follows: straight, but for its bends.

    Parameters
    ----------
    x, y
        Its origin, metres.
    angle
        Its direction, radians from the x axis.
    shift
        Offset to the left of the origin.
    bow
        Curvature, 1/m.
    wave, length, phase
        Amplitude and wavelength in metres and phase of its swinging.
    jog_at, jog
        Where along the line it steps aside, and how far.
    """

    x: float
    y: float
    angle: float
    shift: float = 0.0
    bow: float = 0.0
    wave: float = 0.0
    length: float = 1.0
    phase: float = 0.0
    jog_at: float = 0.0
    jog: float = 0.0

    def measure(self, xy: Floats) -> tuple[Floats, Floats]:
        """Return how far along the line, and how far to its left, places are."""
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        dx, dy = xy[:, 0] - self.x, xy[:, 1] - self.y
        along = dx * cosine + dy * sine
        return along, dy * cosine - dx * sine - self.offset(along)

    def offset(self, along: Floats) -> Floats:
        """Return the line's offset to the left of its chord."""
        across = self.shift + self.bow / 2 * along * along
        if self.wave:
            across += self.wave * np.sin(2 * np.pi / self.length * along + self.phase)
        if self.jog:
            across += self.jog * (along > self.jog_at)
        return across

    def place(self, along: Floats, left: Floats) -> Floats:
        """Return the places that far along, and that far to the left of, the line."""
        across = self.offset(along) + left
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        x = self.x + along * cosine - across * sine
        y = self.y + along * sine + across * cosine
        return np.column_stack([x, y])


class Cut(NamedTuple):
    """A face in two: the ring left of the guide, the ring right of it, the border between."""

    left: list[int]
    right: list[int]
    path: list[int]


class Mesh:
    """Vertices, and the edges that have been split."""

    def __init__(self) -> None:
        self._xy = np.empty((1024, 2))
        self._size = 0
        self._splits: dict[tuple[int, int], int] = {}
        self.junctions: set[int] = set()

    @property
    def xy(self) -> Floats:
        """All vertices so far, metres."""
        return self._xy[: self._size]

    def add(self, xy: Floats) -> list[int]:
        """Add vertices and return their numbers."""
        start = self._size
        while start + len(xy) > len(self._xy):
            self._xy = np.concatenate([self._xy, np.empty_like(self._xy)])
        self._xy[start : start + len(xy)] = xy
        self._size = start + len(xy)
        return list(range(start, self._size))

    def expand(self, ring: Sequence[int], *, closed: bool = True) -> list[int]:
        """
        Return a ring, or an open line, with the vertices that have since come onto its edges.

        Parameters
        ----------
        ring
            Vertex numbers.
        closed
            Whether the last vertex is joined to the first.
        """
        splits = self._splits
        whole: list[int] = []
        ends = [*ring[1:], ring[0]] if closed else ring[1:]
        for start, end in zip(ring, ends, strict=False):
            whole.append(start)
            if _edge(start, end) in splits:
                self._descend(start, end, whole)
        if not closed:
            whole.append(ring[-1])
        return whole

    def _descend(self, start: int, end: int, whole: list[int]) -> None:
        middle = self._splits.get(_edge(start, end))
        if middle is not None:
            self._descend(start, middle, whole)
            whole.append(middle)
            self._descend(middle, end, whole)

    def cut(self, ring: Sequence[int], guide: Guide, snap_m: float, spacing_m: float) -> Cut | None:
        """
        Cut a face in two along a guide.

        Parameters
        ----------
        ring
            The face, anticlockwise or clockwise.
        guide
            What to follow.
        snap_m
            How far an end may be moved so that it meets a junction: roads then cross.
        spacing_m
            Distance between the vertices of the new border.

        Returns
        -------
        Cut or None
            None where the guide does not cross the face exactly once, or would leave it; nothing
            has been changed then.
        """
        ring = self.expand(ring)
        xy = self.xy[ring]
        along, left = guide.measure(xy)
        above = left > 0
        edges = np.flatnonzero(above != np.append(above[1:], above[0]))
        if len(edges) != 2:  # noqa: PLR2004 - in at one side, out at the other
            return None
        ends = [self._end(ring, xy, left, int(edge), snap_m) for edge in edges]
        places = np.array([end.xy for end in ends])
        if np.hypot(*(places[0] - places[1])) < 2 * MIN_EDGE_M:
            return None
        end_along, end_left = guide.measure(places)
        order = np.argsort(end_along)
        drift = np.interp(along, end_along[order], end_left[order])
        if not _parted(left - drift, above, ends, len(ring)):
            return None
        steps = max(int(abs(end_along[1] - end_along[0]) / spacing_m), 1)
        between = _steps(end_along, steps, guide)
        drift = np.interp(between, end_along[order], end_left[order])
        line = np.concatenate([places[:1], guide.place(between, drift), places[1:]])
        return self._divide(ring, ends, line, guide) if _stays_inside(line, xy) else None

    def _end(self, ring: list[int], xy: Floats, left: Floats, edge: int, snap_m: float) -> _End:
        after = (edge + 1) % len(ring)
        share = left[edge] / (left[edge] - left[after])
        place = xy[edge] + share * (xy[after] - xy[edge])
        distance = np.hypot(xy[:, 0] - place[0], xy[:, 1] - place[1])
        near = np.flatnonzero(distance < max(snap_m, MIN_EDGE_M))
        crossings = [i for i in near if ring[i] in self.junctions]
        close = crossings or [i for i in near if distance[i] < MIN_EDGE_M]
        if close:
            vertex = int(min(close, key=lambda i: distance[i]))
            return _End(vertex, None, xy[vertex])
        return _End(edge, after, place)

    def _divide(self, ring: list[int], ends: list[_End], line: Floats, guide: Guide) -> Cut:
        first, second = sorted(ends, key=_End.order)
        if first is not ends[0]:
            line = line[::-1]
        start, stop = self._vertex(ring, first), self._vertex(ring, second)
        path = [start, *self.add(line[1:-1]), stop]
        one = ring[first.edge + 1 : second.edge + (second.after is not None)]
        other = ring[second.edge + 1 :] + ring[: first.edge + (first.after is not None)]
        self.junctions.update((start, stop))
        near = [start, *one, stop, *path[-2:0:-1]]
        far = [stop, *other, start, *path[1:-1]]
        middle = guide.measure(self.xy[one])[1].mean()
        return Cut(near, far, path) if middle > 0 else Cut(far, near, path)

    def _vertex(self, ring: list[int], end: _End) -> int:
        if end.after is None:
            return ring[end.edge]
        vertex = self.add(end.xy[None])[0]
        self._splits[_edge(ring[end.edge], ring[end.after])] = vertex
        return vertex


class _End(NamedTuple):
    edge: int  # position in the ring: of the vertex itself, or of the start of the edge
    after: int | None  # position of the edge's end; None where the end is a vertex
    xy: Floats

    def order(self) -> tuple[int, bool]:
        """Where it comes along the ring."""
        return self.edge, self.after is not None


def _edge(start: int, end: int) -> tuple[int, int]:
    return (start, end) if start < end else (end, start)


def _steps(end_along: Floats, steps: int, guide: Guide) -> Floats:
    along = np.linspace(end_along[0], end_along[1], steps + 1)[1:-1]
    low, high = sorted(end_along)
    if guide.jog and low + MIN_EDGE_M < guide.jog_at < high - MIN_EDGE_M:
        kept = along[np.abs(along - guide.jog_at) > MIN_EDGE_M]
        along = np.sort(np.concatenate([kept, [guide.jog_at, guide.jog_at + 1e-3]]))
        along = along if end_along[0] < end_along[1] else along[::-1]
    return along


def _parted(left: Floats, above: NDArray[np.bool_], ends: list[_End], n: int) -> bool:
    """Whether the ring's two halves stay on their own sides of the border once its ends moved."""
    first, second = sorted(ends, key=_End.order)
    one = np.zeros(n, dtype=bool)
    one[first.edge + 1 : second.edge + (second.after is not None)] = True
    other = ~one
    for end in ends:
        if end.after is None:
            one[end.edge] = other[end.edge] = False
    if not one.any() or not other.any():
        return False
    side = bool(above[one].mean() > 1 / 2)
    sign = 1.0 if side else -1.0
    return bool((sign * left[one] > 1 / 2).all() and (sign * left[other] < -1 / 2).all())


def _stays_inside(line: Floats, ring: Floats) -> bool:
    drawn = line.copy()
    drawn[0] += 0.03 * (line[1] - line[0])
    drawn[-1] += 0.03 * (line[-2] - line[-1])
    face = shapely.Polygon(ring)
    shapely.prepare(face)
    return bool(shapely.contains_properly(face, shapely.LineString(drawn)))
