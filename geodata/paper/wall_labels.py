"""
Labels that do not meet: each kind in its turn takes the first place where nothing is written yet.

A grid's label tries its forms from the fullest and largest down, each form in up to 27 places on
nine chords of its polygon; what fits nowhere within goes beside it, at the end of a line; what
finds no room there either is handed back, so that a list can name it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.paper.page import Shapes
from geodata.paper.view import Box

Bounds: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom, mm
Spot: TypeAlias = tuple[float, float]
Floats = NDArray[np.float64]

CELL_MM = 12.0  # of the net in which taken boxes are looked up
HEIGHTS = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)  # of the chords, from the top
SHIFTS = (0.0, -0.8, 0.8)  # along a chord, of what it has to spare
AWAY_MM = (4.0, 7.0, 11.0, 16.0, 22.0)
TURNS = np.arange(0.0, 2 * np.pi, np.pi / 8) + np.pi / 16
STEP_MM = 1.0  # a line to a label is kept free in steps of this


@dataclass(frozen=True)
class Form:
    """One way to write a label: its lines with their sizes (points), and the room it takes, mm."""

    lines: tuple[tuple[str, float], ...]
    width: float
    height: float


@dataclass(frozen=True)
class Label:
    """
    A label in its place.

    Parameters
    ----------
    number
        Which one of those that were given.
    kind
        What it names.
    form, box
        How it is written, and where.
    line
        From the label to what it names; None where it stands on it.
    turn
        Degrees by which it is turned; its box is then that of the turned text.
    """

    number: int
    kind: str
    form: Form
    box: Bounds
    line: tuple[Spot, Spot] | None = None
    turn: float = 0.0

    @property
    def middle(self) -> Spot:
        """The middle of its box."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


@dataclass
class Placer:
    """
    The labels of a map while they find their places.

    Parameters
    ----------
    frame
        Where labels may stand.
    gap
        Least distance between labels, mm.

    Attributes
    ----------
    labels
        Those that have a place.
    """

    frame: Box
    gap: float = 0.3
    labels: list[Label] = field(default_factory=list)
    _net: dict[tuple[int, int], list[Bounds]] = field(default_factory=lambda: defaultdict(list))

    def take(self, box: Bounds) -> None:
        """Keep a box free of labels that come later."""
        for cell in self._cells(box):
            self._net[cell].append(box)

    def free(self, box: Bounds) -> bool:
        """Say whether a box lies on the map and meets nothing that is taken."""
        left, top, right, bottom = box
        of, gap = self.frame, self.gap
        if left < of.left or right > of.left + of.width:
            return False
        if top < of.top or bottom > of.top + of.height:
            return False
        wide = (left - gap, top - gap, right + gap, bottom + gap)
        return not any(
            wide[0] < x2 and wide[2] > x1 and wide[1] < y2 and wide[3] > y1
            for cell in self._cells(wide)
            for x1, y1, x2, y2 in self._net.get(cell, ())
        )

    def place(self, label: Label) -> bool:
        """Give a label its place if that is free, and say whether it was."""
        if not self.free(label.box):
            return False
        self.take(label.box)
        self.labels.append(label)
        return True

    def within(self, kind: str, areas: Shapes, forms: Sequence[Sequence[Form]]) -> list[int]:
        """
        Write each label in its polygon.

        Parameters
        ----------
        kind
            What they name.
        areas
            n polygons, mm.
        forms
            Of each label, the best first.

        Returns
        -------
        list of int
            Those that found no room.
        """
        if not len(areas):
            return []
        middle, length = _chords(areas)
        shapely.prepare(areas)
        left = np.arange(len(areas))
        for step in range(max((len(of) for of in forms), default=0)):
            chosen = [forms[number][min(step, len(forms[number]) - 1)] for number in left.tolist()]
            size = np.array([[form.width, form.height] for form in chosen]).reshape(-1, 2)
            fits = _places(areas[left], middle[left], length[left], size)
            rest = [
                number
                for number, form, places in zip(left.tolist(), chosen, fits, strict=True)
                if not any(
                    self.place(Label(number, kind, form, around(spot, form))) for spot in places
                )
            ]
            left = np.array(rest, dtype=np.int64)
            if not len(left):
                break
        return left.tolist()

    def beside(self, kind: str, number: int, form: Form, area: shapely.Geometry) -> bool:
        """Write a label near its polygon, with a line to it that meets no label."""
        point = shapely.point_on_surface(area)
        root = (float(point.x), float(point.y))
        for away in AWAY_MM:
            for turn in TURNS:
                across = float(np.cos(turn)) * (away + form.width / 2)
                down = float(np.sin(turn)) * (away + form.height / 2)
                box = around((root[0] + across, root[1] + down), form)
                if not self.free(box):
                    continue
                end = (min(max(root[0], box[0]), box[2]), min(max(root[1], box[1]), box[3]))
                steps = list(_steps(root, end))
                if all(self.free(step) for step in steps) and self.place(
                    Label(number, kind, form, box, (root, end))
                ):
                    for step in steps:
                        self.take(step)
                    return True
        return False

    def along(self, kind: str, number: int, form: Form, line: shapely.LineString) -> bool:
        """Write a label along a line where that is long and straight enough."""
        for share in (0.5, 0.3, 0.7, 0.15, 0.85):
            at = line.length * share + form.width * np.array([-0.5, 0.0, 0.5])
            if at[0] < 0 or at[2] > line.length:
                continue
            ends = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
            (x1, y1), (x, y), (x2, y2) = ends.tolist()
            if np.hypot(x2 - x1, y2 - y1) < 0.96 * form.width:
                continue
            turn = float(np.degrees(np.arctan2(y1 - y2, x2 - x1)))
            turn = (turn + 90.0) % 180.0 - 90.0  # never upside down
            sine, cosine = abs(np.sin(np.radians(turn))), abs(np.cos(np.radians(turn)))
            wide = (form.width * cosine + form.height * sine) / 2
            high = (form.width * sine + form.height * cosine) / 2
            box = (x - wide, y - high, x + wide, y + high)
            if self.place(Label(number, kind, form, box, turn=turn)):
                return True
        return False

    def _cells(self, box: Bounds) -> Iterator[tuple[int, int]]:
        for column in range(int(box[0] // CELL_MM), int(box[2] // CELL_MM) + 1):
            for row in range(int(box[1] // CELL_MM), int(box[3] // CELL_MM) + 1):
                yield column, row


def around(spot: Spot, form: Form) -> Bounds:
    """Return the box of a form around a place."""
    x, y = spot
    return x - form.width / 2, y - form.height / 2, x + form.width / 2, y + form.height / 2


def _steps(start: Spot, end: Spot) -> Iterator[Bounds]:
    """Return boxes along a line; its last step is left to the label itself."""
    (x1, y1), (x2, y2) = start, end
    count = int(np.hypot(x2 - x1, y2 - y1) / STEP_MM)
    for step in range(count):
        x, y = x1 + (x2 - x1) * step / count, y1 + (y2 - y1) * step / count
        if step < count - 1:
            yield x - 0.1, y - 0.1, x + 0.1, y + 0.1


def _chords(areas: Shapes) -> tuple[Floats, Floats]:
    """Return middle (n, 9, 2) and length (n, 9) of the longest horizontal chord at each height."""
    west, top, east, bottom = shapely.bounds(areas).T
    y = top[:, None] + (bottom - top)[:, None] * np.array(HEIGHTS)
    ends = np.stack(
        [
            np.stack([np.broadcast_to((west - 1)[:, None], y.shape), y], axis=-1),
            np.stack([np.broadcast_to((east + 1)[:, None], y.shape), y], axis=-1),
        ],
        axis=-2,
    )
    cut = shapely.intersection(areas[:, None], shapely.linestrings(ends)).ravel()
    parts, of = shapely.get_parts(cut, return_index=True)
    long = shapely.length(parts)
    order = np.lexsort([long, of])
    last = order[np.append(np.diff(of[order]) != 0, True)] if len(order) else order
    middle, length = np.full((y.size, 2), np.nan), np.zeros(y.size)
    length[of[last]] = long[last]
    bounds = shapely.bounds(parts[last])
    middle[of[last]] = np.column_stack([(bounds[:, 0] + bounds[:, 2]) / 2, bounds[:, 1]])
    return middle.reshape(*y.shape, 2), length.reshape(y.shape)


def _places(areas: Shapes, middle: Floats, length: Floats, size: Floats) -> list[list[Spot]]:
    """Return where on its chords a box lies wholly in its polygon."""
    spare = length - size[:, :1]
    x = middle[..., 0][..., None] + spare[..., None] / 2 * np.array(SHIFTS)
    y = np.broadcast_to(middle[..., 1][..., None], x.shape)
    bounds = shapely.bounds(areas)
    high = bounds[:, 3] - bounds[:, 1]
    asked = (spare >= 0) & (high >= size[:, 1])[:, None]
    which, chord = np.nonzero(asked)
    at_x, at_y = x[which, chord], y[which, chord]
    wide, tall = size[which, 0][:, None] / 2, size[which, 1][:, None] / 2
    boxes = shapely.box(at_x - wide, at_y - tall, at_x + wide, at_y + tall)
    good = shapely.covers(areas[which][:, None], boxes)
    found: list[list[Spot]] = [[] for _ in range(len(areas))]
    row, shift = np.nonzero(good)
    for number, px, py in zip(
        which[row].tolist(), at_x[row, shift].tolist(), at_y[row, shift].tolist(), strict=True
    ):
        found[number].append((px, py))
    return found
