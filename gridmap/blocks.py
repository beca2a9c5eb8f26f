"""
Blocks: the ground between the roads of a community, cut straight where one alone is too much.

All lines are noded together, so that blocks share their vertices exactly. Roads that lead nowhere
bound nothing. Slivers between a road and the border beside it go to whom they share most border.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.mending.vertices import Floats, Shapes
from gridmap.topology import borders, dissolve, read_topology

Measure: TypeAlias = Callable[[Shapes], Floats]

SLIVER_M = 10.0
"""A block of a smaller mean width is no block."""
OVERSHOOT_M = 1e-3
"""A cut ends that far beyond the block, so that it meets the border in spite of rounding."""
HALVINGS = 40
SAME = 0.01


@dataclass
class Ground:
    """
    A community's ground, with the lines that divide it.

    Parameters
    ----------
    community
        Its polygon.
    roads
        LineStrings in the same CRS.
    unit
        Metres in a unit of the coordinates, as `gridmap.mending.vertices.unit_m`.
    measure
        Shapes → the load of each. It adds up: what two shapes without common ground have is the sum
        of what each has.
    """

    community: shapely.Geometry
    roads: Shapes
    unit: Floats
    measure: Measure
    _cuts: list[shapely.Geometry] = field(default_factory=list)

    def blocks(self, most: float, least_n: int) -> Shapes:
        """
        Divide the ground.

        Parameters
        ----------
        most
            A block with more load than this (by a hundredth at least) is cut into equal parts.
        least_n
            How many blocks there must be; the largest are halved until there are.

        Returns
        -------
        numpy.ndarray of MultiPolygon
            Blocks that tile the community and share their vertices. Fewer than asked only where
            they would be narrower than `SLIVER_M`.
        """
        blocks = self._cut_down(most, least_n)
        if len(blocks) < least_n and len(self.roads):
            # Roads so close together that all between them is slivers: the ground is cut as it is
            self.roads, self._cuts = self.roads[:0], []
            blocks = self._cut_down(most, least_n)
        return blocks

    def _cut_down(self, most: float, least_n: int) -> Shapes:
        blocks = self._divide()
        parts = np.ceil(self.measure(blocks) / (most * (1 + SAME))).astype(np.int64)
        for block, count in zip(blocks, parts, strict=True):
            self._cut(block, int(count))
        blocks = self._divide()
        for _ in range(2 * least_n):
            if len(blocks) >= least_n:
                break
            self._cut(blocks[int(shapely.area(blocks).argmax())], 2)
            blocks = self._divide()
        return blocks

    def _divide(self) -> Shapes:
        lines = [shapely.boundary(self.community), *self.roads, *self._cuts]
        noded = shapely.get_parts(shapely.union_all(np.array(lines, dtype=object)))
        faces = shapely.get_parts(shapely.polygonize(noded))
        faces = faces[shapely.covers(self.community, shapely.point_on_surface(faces))]
        return _without_slivers(faces, self.unit)

    def _cut(self, block: shapely.Geometry, parts: int) -> None:
        """Cut a block across its longer side, again and again, into parts of equal load."""
        if parts <= 1:
            return
        few = parts // 2
        flat = shapely.transform(block, lambda xy: xy * self.unit)
        along, low, high = _long_axis(flat)
        whole = self.measure(np.array([block]))[0]
        measure = self.measure if whole > 0 else shapely.area
        wanted = float(measure(np.array([block]))[0]) * few / parts
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            below = self._back(shapely.intersection(flat, _half_plane(flat, along, middle)))
            if measure(np.array([below]))[0] < wanted:
                low = middle
            else:
                high = middle
        half = _half_plane(flat, along, middle)
        self._cuts += [self._back(line) for line in _across(flat, half)]
        self._cut(self._back(shapely.intersection(flat, half)), few)
        self._cut(self._back(shapely.difference(flat, half)), parts - few)

    def _back(self, flat: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(flat, lambda xy: xy / self.unit)


def _long_axis(flat: shapely.Geometry) -> tuple[Floats, float, float]:
    """Return the direction of the longer side, and the range of the shape along it."""
    corner = shapely.get_coordinates(shapely.oriented_envelope(flat))
    sides = corner[1:3] - corner[:2]
    along = sides[int(np.hypot(*sides.T).argmax())]
    # The same direction however the envelope happens to be drawn
    along = along / np.hypot(*along) * (1.0 if tuple(along) > (0.0, 0.0) else -1.0)
    reach = shapely.get_coordinates(flat) @ along
    return along, float(reach.min()), float(reach.max())


def _half_plane(flat: shapely.Geometry, along: Floats, at: float) -> shapely.Polygon:
    """Draw what is before that place along the axis, as far as the shape reaches."""
    across = np.array([-along[1], along[0]])
    xy = shapely.get_coordinates(flat)
    first, low, high = (xy @ along).min() - 1, (xy @ across).min() - 1, (xy @ across).max() + 1
    corners = [(first, low), (at, low), (at, high), (first, high)]
    return shapely.Polygon([a * along + b * across for a, b in corners])


def _across(flat: shapely.Geometry, half: shapely.Polygon) -> list[shapely.LineString]:
    """Draw the edge of the half-plane where it runs inside the shape, a little beyond each end."""
    edge = shapely.LineString(shapely.get_coordinates(half)[1:3])
    inside = shapely.get_parts(shapely.intersection(flat, edge))
    ends = [shapely.get_coordinates(line) for line in inside if line.length > 0]
    drawn = []
    for line in ends:
        step = (line[-1] - line[0]) / np.hypot(*(line[-1] - line[0])) * OVERSHOOT_M
        drawn.append(shapely.LineString([line[0] - step, line[-1] + step]))
    return drawn


def _without_slivers(faces: Shapes, unit: Floats) -> Shapes:
    """Join each sliver to the neighbour with which it shares most border, the smallest first."""
    flat = shapely.transform(faces, lambda xy: xy * unit)
    shared = borders(read_topology(gpd.GeoSeries(flat))).dropna(subset=["left", "right"])
    left, right = (shared[side].to_numpy(dtype=np.int64) for side in ("left", "right"))
    length = shared["length"].to_numpy()
    label = np.arange(len(faces))
    for sliver in np.argsort(shapely.area(flat), kind="stable"):
        own = label == label[sliver]
        within = length[own[left] & own[right]].sum()
        perimeter = shapely.length(flat[own]).sum() - 2 * within
        beside = np.flatnonzero(own[left] != own[right])
        # What was joined to something before may be wide enough by now
        if len(beside) and 2 * shapely.area(flat[own]).sum() < SLIVER_M * perimeter:
            others = label[np.where(own[left], right, left)[beside]]
            label[own] = pd.Series(length[beside]).groupby(others).sum().idxmax()
    level = read_topology(gpd.GeoSeries(faces))
    whole: Shapes = dissolve(level, pd.Series(label)).to_numpy()
    return whole
