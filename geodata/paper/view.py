"""Views: which part of the ground a map shows, and where on the page it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.paper.page import Shapes

SCALES = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
FINEST = 500.0  # no map is drawn larger than 1:500
FINE_MM = 0.05  # what print and eye do not tell apart
ROOM = 0.08  # of a map's side, left free around what it shows


@dataclass(frozen=True)
class Box:
    """A rectangle of a page: its upper left and its size, mm."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class View:
    """
    A part of the ground on a part of the page.

    Parameters
    ----------
    box
        Where on the page.
    x, y
        What lies in its middle, metres.
    scale
        Metres of ground to a metre of paper.
    """

    box: Box
    x: float
    y: float
    scale: float

    @classmethod
    def of(cls, shapes: Shapes, box: Box) -> View:
        """
        Choose the largest round scale at which shapes fit.

        Parameters
        ----------
        shapes
            In metres; at least one that is not empty.
        box
            Where on the page.
        """
        west, south, east, north = shapely.total_bounds(shapes)
        needed = max((east - west) / box.width, (north - south) / box.height)
        needed = max(needed * 1000 / (1 - 2 * ROOM), FINEST)
        power = 10 ** np.floor(np.log10(needed))
        scale = next((step * power for step in SCALES if step * power >= needed), 10 * power)
        return cls(box, (west + east) / 2, (south + north) / 2, float(scale))

    @property
    def window(self) -> tuple[float, float, float, float]:
        """West, south, east and north of what is shown, metres."""
        across, up = self.metres(self.box.width) / 2, self.metres(self.box.height) / 2
        return self.x - across, self.y - up, self.x + across, self.y + up

    def metres(self, millimetres: float) -> float:
        """Return the length on the ground of a length on paper."""
        return millimetres * self.scale / 1000

    def seen(self, tree: shapely.STRtree) -> NDArray[np.int64]:
        """Return the numbers of the shapes that the window meets, in their order."""
        return np.sort(tree.query(shapely.box(*self.window)))

    def place(self, shapes: Shapes) -> Shapes:
        """
        Return shapes where they lie on the page.

        Parameters
        ----------
        shapes
            In metres.

        Returns
        -------
        numpy.ndarray of shapely geometries
            In mm from the page's upper left, cut at the edge of the map and without the vertices
            that print does not show; empty where nothing is left.
        """
        west, south, east, north = self.window
        slack = self.metres(2)  # the frame hides the cut edges
        cut = shapely.clip_by_rect(shapes, west - slack, south - slack, east + slack, north + slack)
        thin = shapely.simplify(cut, self.metres(FINE_MM), preserve_topology=False)
        lost = shapely.is_empty(thin) & ~shapely.is_empty(cut)
        return shapely.transform(np.where(lost, cut, thin), self._to_page)

    def spot(self, x: float, y: float) -> tuple[float, float]:
        """Return where a place lies on the page, mm."""
        found = self._to_page(np.array([[x, y]]))[0]
        return float(found[0]), float(found[1])

    def _to_page(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        middle = np.array([self.box.left + self.box.width / 2, self.box.top + self.box.height / 2])
        away = (xy - [self.x, self.y]) * [1000 / self.scale, -1000 / self.scale]
        return middle + away
