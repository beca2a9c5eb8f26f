"""The frame of a wall map: its scale, its north, and the squares by which grids are found."""

from __future__ import annotations

import math

import numpy as np
import shapely

from geodata.paper.page import INK, Pen, Sheet
from geodata.paper.view import Box, View
from geodata.paper.wall_pens import WHITE
from geodata.paper.wall_words import say
from geodata.reports.wall import Wall

STEPS = (
    *(1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0, 3.5, 4.0, 4.5),
    *(5.0, 5.5, 6.0, 6.5, 7.0, 8.0, 9.0, 10.0),
)
ROOM = 0.015  # of the map's side, free around what it shows
SQUARE_MM = 50.0  # on A3
TICK_MM = 4.0
BAR_MM = 60.0  # a scale bar is at most as long
BAR_PARTS = 4
KILOMETRE = 1000.0
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which look like figures
WIDEST = "M99"  # as wide as the name of a square can be


def fitted(drawn: Wall, box: Box) -> View:
    """
    Return the view in which what a wall map shows fills its room, at a round scale.

    Parameters
    ----------
    drawn
        With at least one grid inside.
    box
        The room, mm.
    """
    grids = drawn.grids.geometry[drawn.grids["inside"]].to_numpy()
    communities = drawn.divisions.geometry[drawn.divisions["level"] == "community"].to_numpy()
    shapes = np.append(grids, communities)
    west, south, east, north = shapely.total_bounds(shapes)
    needed = max((east - west) / box.width, (north - south) / box.height, 1e-3)
    needed *= 1000 / (1 - 2 * ROOM)
    power = 10.0 ** math.floor(math.log10(needed))
    scale = next(step * power for step in STEPS if step * power >= needed * (1 - 1e-9))
    return View(box, (west + east) / 2, (south + north) / 2, scale)


def squares_of(wall: Wall, view: View | None, times: float) -> dict[str, str]:
    """
    Say in which square of the map each grid lies.

    Parameters
    ----------
    wall, view
        The grids, and where they lie; without a view, a square as wide as one can be.
    times
        By how much the sheet is larger than A3.
    """
    grids = wall.grids
    if view is None:
        return dict.fromkeys(map(str, grids.index), WIDEST)
    across, down = _net(view, times)
    spots = shapely.get_coordinates(shapely.point_on_surface(grids.geometry.to_numpy()))
    box = view.box
    found = {}
    for code, (x, y) in zip(grids.index.astype(str), spots.tolist(), strict=True):
        at_x, at_y = view.spot(x, y)
        column = min(max(int((at_x - box.left) / box.width * across), 0), across - 1)
        row = min(max(int((at_y - box.top) / box.height * down), 0), down - 1)
        found[code] = f"{LETTERS[column]}{row + 1}"
    return found


def draw_frame(sheet: Sheet, view: View, times: float) -> None:
    """
    Draw the frame, and the letters and figures of the squares around it.

    Parameters
    ----------
    sheet, view
        Where.
    times
        By how much the sheet is larger than A3.
    """
    box, tick = view.box, TICK_MM * times
    sheet.set_draw_color(*INK)
    sheet.set_line_width(0.35 * times)
    sheet.rect(box.left, box.top, box.width, box.height)
    sheet.set_line_width(0.2 * times)
    sheet.rect(box.left - tick, box.top - tick, box.width + 2 * tick, box.height + 2 * tick)
    across, down = _net(view, times)
    right, low = box.left + box.width, box.top + box.height
    for number in range(across):
        x = box.left + box.width * number / across
        middle = x + box.width / across / 2
        for y in (box.top - tick, low):
            sheet.line(x, y, x, y + tick)
            sheet.put(middle, y + 0.7 * tick, LETTERS[number], 7 * times, align="centre")
    for number in range(down):
        y = box.top + box.height * number / down
        middle = y + box.height / down / 2 + 0.9 * times
        for x in (box.left - tick, right):
            sheet.line(x, y, x + tick, y)
            sheet.put(x + tick / 2, middle, str(number + 1), 7 * times, align="centre")


def draw_scale(sheet: Sheet, view: View, margin: float, times: float) -> None:
    """
    Draw north, the scale, and a bar of round metres at the right end of the title.

    Parameters
    ----------
    sheet, view
        Where, and at which scale.
    margin
        Of the sheet, mm.
    times
        By how much it is larger than A3.
    """
    words, x, y = sheet.words, sheet.across - margin - 3.0 * times, margin + 0.5 * times
    corners = np.array([[0, 0], [2, 7], [0, 5.4], [-2, 7]]) * times + [x, y]
    sheet.draw(np.array([shapely.polygons(corners)]), Pen(INK, None))
    sheet.put(x, y + 10.4 * times, say(words, "north"), 7.5 * times, align="centre")
    length = round_length(view.metres(BAR_MM * times))
    across = length * 1000 / view.scale
    left, base = x - 12 * times - across, margin + 7.5 * times
    sheet.set_draw_color(*INK)
    sheet.set_line_width(0.2 * times)
    for part in range(BAR_PARTS):
        sheet.set_fill_color(*(WHITE if part % 2 else INK))
        at = left + part * across / BAR_PARTS
        sheet.rect(at, base, across / BAR_PARTS, 1.3 * times, "DF")
    unit, of = ("km", KILOMETRE) if length >= KILOMETRE else ("m", 1.0)
    for part in (0, BAR_PARTS // 2, BAR_PARTS):
        said = f"{length * part / BAR_PARTS / of:g}"
        said = words.say(unit, n=said) if part == BAR_PARTS else said
        at = left + part * across / BAR_PARTS
        sheet.put(at, base - 0.9 * times, said, 6 * times, align="centre")
    stated = say(words, "scale", n=words.number(view.scale))
    sheet.put(left - 5 * times, base + 1.3 * times, stated, 9 * times, align="right")


def round_length(most: float) -> float:
    """
    Return the largest 1, 2 or 5 times a power of ten that is not larger.

    Examples
    --------
    >>> round_length(730.0), round_length(1999.0)
    (500.0, 1000.0)
    """
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= most)


def _net(view: View, times: float) -> tuple[int, int]:
    """Return how many squares lie across and down the map."""
    side = SQUARE_MM * times
    across = min(max(2, round(view.box.width / side)), len(LETTERS))
    return across, max(2, round(view.box.height / side))
