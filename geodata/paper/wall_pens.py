"""The pens of wall maps: tints that print, borders, hatching, and the sign of a point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from geodata.paper.page import POINT, RED, Colour, Pen, Shapes, Sheet

# Six tints for print: other hues, and in grey each a step darker than the one before
TINTS: Final[tuple[Colour, ...]] = (
    (253, 246, 228),
    (232, 238, 196),
    (248, 217, 208),
    (192, 221, 241),
    (214, 200, 231),
    (165, 208, 181),
)
WHITE: Colour = (255, 255, 255)
AWAY: Colour = (244, 244, 243)
LINE: Colour = (150, 150, 150)
STRONG: Colour = (58, 62, 70)
NAMED: Colour = (38, 52, 92)
BUILT: Colour = (110, 84, 60)
SIGNS = {3: "+++", 2: "++", 1: "+", -1: "−", -2: "−−", -3: "−−−"}
SPOT_COLOURS: Mapping[int, Colour] = {
    3: (178, 71, 10),
    2: (214, 112, 40),
    1: (226, 150, 84),
    -1: (107, 163, 203),
    -2: (67, 125, 176),
    -3: (33, 95, 150),
}
HATCH_MM = 1.7


@dataclass(frozen=True)
class Pens:
    """The pens of a wall map, for a size of sheet."""

    size: float

    def grid(self, tint: int) -> Pen:
        """Return the pen of a grid."""
        return Pen(TINTS[tint] if tint >= 0 else WHITE, LINE, 0.1 * self.size)

    @property
    def away(self) -> Pen:
        """The pen of grids that are not of the part shown."""
        return Pen(AWAY, (200, 200, 200), 0.1 * self.size)

    @property
    def unit(self) -> Pen:
        """The pen of borders between units."""
        return Pen(None, (96, 100, 108), 0.22 * self.size)

    @property
    def community(self) -> Pen:
        """The pen of borders of communities."""
        return Pen(None, STRONG, 0.5 * self.size, (2.6 * self.size, 1.1 * self.size))

    @property
    def subdistrict(self) -> Pen:
        """The pen of borders of subdistricts."""
        return Pen(None, STRONG, 0.95 * self.size)

    @property
    def hatch(self) -> Pen:
        """The pen of what hatches a gap."""
        return Pen(None, RED, 0.16 * self.size)

    @property
    def gap(self) -> Pen:
        """The pen of the edge of a gap."""
        return Pen(None, RED, 0.35 * self.size)

    @property
    def compound(self) -> Pen:
        """The pen of compounds."""
        return Pen(None, BUILT, 0.2 * self.size, (0.8 * self.size, 0.6 * self.size))

    @property
    def road(self) -> tuple[Pen, Pen]:
        """The pens of roads, the casing first."""
        return Pen(None, (150, 148, 144), 0.85 * self.size), Pen(None, WHITE, 0.6 * self.size)

    def spot(self, kind: int) -> Pen:
        """Return the pen of a hot or cold grid."""
        return Pen(None, SPOT_COLOURS[kind], 0.8 * self.size)


def draw_sign(sheet: Sheet, at: tuple[float, float], radius: float, letter: str) -> None:
    """Draw the sign of a point: a disc with its category's letter, or a dot."""
    x, y = at
    sheet.set_draw_color(*WHITE)
    sheet.set_line_width(0.15)
    sheet.set_fill_color(*NAMED)
    sheet.ellipse(x - radius, y - radius, 2 * radius, 2 * radius, style="DF")
    if letter:
        size = radius * 1.35 / POINT
        sheet.put(x, y + size * POINT * 0.36, letter, size, colour=WHITE, align="centre")


def hatched(shapes: Shapes, apart: float) -> Shapes:
    """
    Return the lines that hatch polygons, rising to the right.

    Parameters
    ----------
    shapes
        Polygons, mm.
    apart
        Between two lines, mm.
    """
    if not len(shapes):
        return shapes
    west, top, east, bottom = shapely.total_bounds(shapes)
    starts = np.arange(west + top, east + bottom, apart * np.sqrt(2))
    ends = np.stack(
        [
            np.column_stack([starts - bottom, np.full(len(starts), bottom)]),
            np.column_stack([starts - top, np.full(len(starts), top)]),
        ],
        axis=1,
    )
    lines = shapely.linestrings(ends)
    of, line = shapely.STRtree(lines).query(shapes, predicate="intersects")
    return shapely.intersection(shapes[of], lines[line])
