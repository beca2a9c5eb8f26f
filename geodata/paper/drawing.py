"""Drawing on a map: the pens of each kind of thing, and names that do not meet each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import shapely

from geodata.paper.page import RED, Colour, Pen, Shapes, Sheet
from geodata.paper.view import View

MARK = 6.0  # size of the numbers on a map, points
SLACK_MM = 0.8  # by which a name may stand over the border of what it names
WHITE: Colour = (255, 255, 255)
PAPER: Colour = (247, 246, 243)
TINT: Colour = (246, 217, 212)
PALE: Colour = (251, 238, 235)
GRIDS = Pen(PAPER, (190, 188, 184), 0.12)
ROADS = Pen(None, WHITE, 0.9), Pen(None, (158, 156, 152), 0.3)
BORDERS = Pen(None, (70, 70, 70), 0.35, (2.2, 1.0))
HELD = Pen(TINT, RED, 0.35)
OUTLINE = Pen(None, RED, 0.35)
GAP = Pen((232, 150, 140), RED, 0.25)
GAP_ROADS = Pen(None, WHITE, 1.5), Pen(None, RED, 0.8)
WATCHED = Pen(PALE, RED, 0.5)
HELPED = Pen(PALE, RED, 0.3, (0.9, 0.7))
HELPED_OUTLINE = Pen(None, RED, 0.3, (0.9, 0.7))
HELD_ROADS = Pen(None, WHITE, 1.7), Pen(None, RED, 0.95)
COMPOUNDS = Pen(None, RED, 0.3, (0.4, 0.4))


@dataclass
class Drawing:
    """
    A map while it is drawn: what is written on it may not meet what is written already.

    Parameters
    ----------
    sheet, view
        On which page, and which part of the ground.
    taken
        Boxes of what is written: left, top, right, bottom, mm.
    roads
        Names of roads that are written; a road is named once.
    """

    sheet: Sheet
    view: View
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)
    roads: set[str] = field(default_factory=set)

    def lay(self, shapes: Shapes, *pens: Pen) -> None:
        """Draw shapes in metres, with each pen in turn."""
        if not len(shapes):
            return
        placed = self.view.place(shapes)
        placed = placed[~shapely.is_empty(placed)]
        for pen in pens:
            self.sheet.draw(placed, pen)

    def free(self, box: tuple[float, float, float, float]) -> bool:
        """Say whether a box lies on the map and meets nothing written, and take it."""
        left, top, right, bottom = box
        of = self.view.box
        inside = left >= of.left + 1 and right <= of.left + of.width - 1
        inside = inside and top >= of.top + 1 and bottom <= of.top + of.height - 1
        if not inside or any(
            left < x2 and right > x1 and top < y2 and bottom > y1 for x1, y1, x2, y2 in self.taken
        ):
            return False
        self.taken.append(box)
        return True

    def names(self, areas: Shapes, words: list[str], size: float, colour: Colour) -> None:
        """Write a name in each polygon that has room for it."""
        if not len(areas):
            return
        placed = self.view.place(areas)
        there = ~shapely.is_empty(placed)
        placed, words = placed[there], [w for w, seen in zip(words, there, strict=True) if seen]
        spots = shapely.point_on_surface(placed)
        boxes = self._boxes(spots, words, size)
        room = shapely.covers(shapely.buffer(placed, SLACK_MM), boxes)
        for box, word, fits in zip(boxes, words, room, strict=True):
            if word and fits and self.free(box.bounds):
                left, top, right, bottom = box.bounds
                y = bottom - 0.32 * (bottom - top) + 0.2
                self.sheet.put((left + right) / 2, y, word, size, colour=colour, align="centre")

    def _boxes(self, spots: Shapes, words: list[str], size: float) -> Shapes:
        across = np.array([self.sheet.width(word, size) for word in words]) / 2
        x, y, high = shapely.get_x(spots), shapely.get_y(spots), size * 0.18
        return shapely.box(x - across, y - high, x + across, y + high)

    def numbers(self, points: Iterable[shapely.Point | None]) -> None:
        """Mark places with their number, from 1; where there is no room, a little beside them."""
        marks = []
        for number, point in enumerate(points, start=1):
            if point is None or point.is_empty:
                continue
            x, y = self.view.spot(point.x, point.y)
            radius = max(1.6, self.sheet.width(str(number), MARK) / 2 + 0.6)
            marks.append((str(number), radius, (x, y), self._beside(x, y, radius)))
        self.sheet.set_draw_color(*RED)
        self.sheet.set_line_width(0.2)
        for _, _, spot, at in marks:  # all lines first: none runs over a number
            if spot != at:
                self.sheet.line(*spot, *at)
        self.sheet.set_fill_color(*RED)
        self.sheet.set_draw_color(*WHITE)
        for word, radius, _, (x, y) in marks:
            self.sheet.ellipse(x - radius, y - radius, 2 * radius, 2 * radius, style="DF")
            self.sheet.put(x, y + 0.75, word, MARK, colour=WHITE, align="centre")

    def _beside(self, x: float, y: float, radius: float) -> tuple[float, float]:
        """Return the nearest free place for a mark; the place itself if there is none near."""
        for away in (0.0, 1.4, 2.2, 3.2, 4.4):
            for turn in np.arange(0.0, 2 * np.pi, np.pi / 6) + np.pi / 12:
                at_x = x + away * radius * float(np.cos(turn))
                at_y = y + away * radius * float(np.sin(turn))
                if self.free((at_x - radius, at_y - radius, at_x + radius, at_y + radius)):
                    return at_x, at_y
        return x, y

    def along(self, lines: Shapes, words: Iterable[str], size: float, colour: Colour) -> None:
        """Write names along lines, where a line is long enough and straight enough."""
        if not len(lines):
            return
        for line, word in zip(self.view.place(lines), words, strict=True):
            parts = shapely.get_parts(line)
            if not word or word in self.roads or not len(parts):
                continue
            longest = parts[int(np.argmax(shapely.length(parts)))]
            across = self.sheet.width(word, size)
            if longest.length < 1.3 * across:
                continue
            ends = shapely.line_interpolate_point(
                longest, longest.length / 2 + across * np.array([-0.5, 0.0, 0.5])
            )
            if ends[0].distance(ends[2]) < 0.96 * across:
                continue
            self._turned(word, size, colour, shapely.get_coordinates(ends))

    def _turned(self, word: str, size: float, colour: Colour, ends: np.ndarray) -> None:
        (x1, y1), (x, y), (x2, y2) = ends
        turn = float(np.degrees(np.arctan2(y1 - y2, x2 - x1)))
        turn = (turn + 90.0) % 180.0 - 90.0  # never upside down
        high = size * 0.36
        reach = abs(x2 - x1) / 2 + high / 2, abs(y2 - y1) / 2 + high / 2
        if not self.free((x - reach[0], y - reach[1], x + reach[0], y + reach[1])):
            return
        self.roads.add(word)
        with self.sheet.rotation(turn, x, y):
            across = self.sheet.width(word, size)
            self.sheet.set_fill_color(*WHITE)
            self.sheet.rect(x - across / 2 - 0.4, y - high / 2 - 0.3, across + 0.8, high + 0.6, "F")
            self.sheet.put(x, y + 0.36 * high, word, size, colour=colour, align="centre")
