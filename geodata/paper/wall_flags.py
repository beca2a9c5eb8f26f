"""
The flags of a wall map: a pole, and a cloth with the number of its group.

Each flag has a cloth of its own shape beside its colour, so that a grey print says the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from geodata.paper.page import INK, POINT, Colour, Pen, Sheet
from geodata.paper.wall_labels import Form, Spot
from geodata.paper.wall_pens import WHITE
from gridmap.flags import Flag

COLOURS: Final[Mapping[str, Colour]] = {
    "red": (179, 38, 30),
    "blue": (29, 92, 143),
    "green": (31, 111, 84),
    "yellow": (168, 113, 0),
}
"""Colours a city may choose for flags; those of ``web/maps/board.py``."""
DUE: Final[Colour] = (243, 217, 164)
DARK: Final = ("done", "not_done")  # flags on whose cloth a number is white
ACROSS, DOWN = 3.7, 3.6  # of a flag with the room around it, mm on A3
CLOTH_X, CLOTH_Y = 3.1, 2.3
CLOTHS: Final[Mapping[str, tuple[Spot, ...]]] = {
    "done": ((0, 0), (1, 0), (1, 1), (0, 1)),
    "not_done": ((0, 0), (1, 0), (0.8, 0.5), (1, 1), (0, 1)),
    "due": ((0, 0), (1, 0.22), (1, 0.78), (0, 1)),
    "not_due": ((0, 0), (1, 0), (1, 1), (0, 1)),
}
"""Corners of each cloth, in shares of its width and height."""


@dataclass(frozen=True)
class Flagging:
    """
    How flags are drawn on a map.

    Parameters
    ----------
    size
        By how much they are larger than on A3.
    least
        Type of their numbers, points.
    done, not_done
        Some of `COLOURS`.
    """

    size: float
    least: float
    done: str = "red"
    not_done: str = "blue"

    def forms(self, numbers: Sequence[int]) -> list[Form]:
        """Return the forms of flags that stand together: in one row, in two, and in three."""
        made = []
        for count in range(1, min(3, len(numbers)) + 1):
            each = math.ceil(len(numbers) / count)
            rows = [numbers[at : at + each] for at in range(0, len(numbers), each)]
            lines = tuple((" ".join(map(str, row)), self.least) for row in rows)
            made.append(Form(lines, each * ACROSS * self.size, len(rows) * DOWN * self.size))
        return made

    def draw_all(self, sheet: Sheet, middle: Spot, form: Form, flags: Mapping[int, Flag]) -> None:
        """
        Draw flags that stand together.

        Parameters
        ----------
        sheet, middle, form
            Where, and in which of their `forms`.
        flags
            Number of the group → its flag.
        """
        top = middle[1] - form.height / 2
        for row, (line, _) in enumerate(form.lines):
            numbers = [int(number) for number in line.split()]
            left = middle[0] - len(numbers) * ACROSS * self.size / 2
            for at, number in enumerate(numbers):
                corner = (left + at * ACROSS * self.size, top + row * DOWN * self.size)
                self.draw(sheet, corner, flags[number], str(number))

    def draw(self, sheet: Sheet, corner: Spot, flag: str, number: str) -> None:
        """Draw one flag from the upper left corner of its room."""
        t = self.size
        x, y = corner[0] + 0.3 * t, corner[1] + 0.25 * t
        pole = shapely.linestrings([[x, y], [x, y + (DOWN - 0.4) * t]])
        sheet.draw(np.array([pole]), Pen(None, INK, 0.3 * t))
        if flag not in CLOTHS:
            return
        cloth = np.array(CLOTHS[flag]) * [CLOTH_X * t, CLOTH_Y * t] + [x, y]
        fill = {"done": COLOURS[self.done], "not_done": COLOURS[self.not_done], "due": DUE}
        pen = Pen(fill.get(flag, WHITE), INK, 0.12 * t)
        sheet.draw(np.array([shapely.polygons(cloth)]), pen)
        base = y + CLOTH_Y * t / 2 + self.least * POINT * 0.36
        ink = WHITE if flag in DARK else INK
        sheet.put(x + 0.45 * CLOTH_X * t, base, number, self.least, colour=ink, align="centre")
