"""Wall maps (挂图): who answers for which grid, on one large sheet, with an index of units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from geodata.paper.fonts import SERIF
from geodata.paper.page import QUIET, RED, Sheet
from geodata.paper.raster import picture
from geodata.paper.view import Box, View
from geodata.paper.wall_drawing import Canvas
from geodata.paper.wall_flags import COLOURS, Flagging
from geodata.paper.wall_frame import draw_frame, draw_scale, fitted, squares_of
from geodata.paper.wall_index import (
    Line,
    Panel,
    columns,
    write_index,
    write_leaders,
    write_unlabelled,
)
from geodata.paper.wall_legend import write_flags, write_legend, write_spots
from geodata.paper.wall_words import say
from geodata.paper.wording import Wording
from geodata.reports import Reports
from geodata.reports.wall import Wall, wall
from gridmap.errors import InvalidError

SIZES: Final = {
    "A3": (297.0, 420.0),
    "A2": (420.0, 594.0),
    "A1": (594.0, 841.0),
    "A0": (841.0, 1189.0),
}
TYPE: Final = {"A3": 1.0, "A2": 1.15, "A1": 1.3, "A0": 1.5}
ORIENTATIONS = ("portrait", "landscape")
LAYERS = ("units", "leaders", "points", "roads", "compounds", "gaps", "hotspots", "flags", "index")
USUAL = tuple(name for name in LAYERS if name != "compounds")
WHOLE_CITY = frozenset({"hotspots", "flags"})
"""Layers that are figures of the whole city; a reader of a part gets none of them."""
LEAST_PT, INDEX_PT = 5.0, 6.2  # on A3
DPI = (50, 200)
MOST_PANEL = 0.4  # of the sheet
COLUMN_MM = 50.0  # on A3


@dataclass(frozen=True)
class WallOrder:
    """
    Which wall map.

    Parameters
    ----------
    division
        What it shows; the whole city if None.
    size, orientation
        One of `SIZES` and of `ORIENTATIONS`.
    layers
        Some of `LAYERS`; grids and borders are always drawn.
    title
        Instead of the usual one.
    form
        ``pdf`` or ``png``.
    dpi, page
        Of a picture: dots to the inch, and of which page.
    done, not_done
        Colours of flags, some of `geodata.paper.wall_flags.COLOURS`.

    Raises
    ------
    InvalidError
        If there is no such size, orientation, layer, form or resolution.
    """

    division: str | None = None
    size: str = "A3"
    orientation: str = "landscape"
    layers: tuple[str, ...] = USUAL
    title: str = ""
    form: str = "pdf"
    dpi: int = 150
    page: int = 1
    done: str = "red"
    not_done: str = "blue"

    def __post_init__(self) -> None:
        """Refuse what there is not."""
        for said, known in (
            (self.size, tuple(SIZES)),
            (self.orientation, ORIENTATIONS),
            (self.form, ("pdf", "png")),
            *((colour, tuple(COLOURS)) for colour in (self.done, self.not_done)),
            *((layer, LAYERS) for layer in self.layers),
        ):
            if said not in known:
                msg = "A wall map has no {said}; there are {known}."
                raise InvalidError(msg, said=said, known=", ".join(known))
        if not DPI[0] <= self.dpi <= DPI[1]:
            msg = "A picture has {least} to {most} dots to the inch, not {dpi}."
            raise InvalidError(msg, least=DPI[0], most=DPI[1], dpi=self.dpi)

    @property
    def sides(self) -> tuple[float, float]:
        """Width and height of the sheet, mm."""
        short, long = SIZES[self.size]
        return (short, long) if self.orientation == "portrait" else (long, short)


def wall_map(
    reports: Reports, order: Mapping[str, Any], as_of: date, *, language: str, contacts: bool
) -> bytes:
    """
    Print a wall map.

    Parameters
    ----------
    reports
        Of the register.
    order
        Fields of `WallOrder`.
    as_of
        The day.
    language
        One of `wording.LABELS`.
    contacts
        Whether the index says whom to call.

    Returns
    -------
    bytes
        A PDF, the map on its first page and what the index has no room for on more of the same
        size; or one page of it as PNG.

    Raises
    ------
    InvalidError
        If the order is none.
    NotFoundError
        If there is no such division on that day, or no such page.
    """
    asked = WallOrder(**{**order, "layers": tuple(order.get("layers", USUAL))})
    drawn = Making(reports, asked, as_of, Wording(language), contacts=contacts).pdf()
    return picture(drawn, asked.page, asked.dpi) if asked.form == "png" else drawn


class Making:
    """
    A wall map while it is made.

    Parameters
    ----------
    reports, order, as_of, words, contacts
        As of `wall_map`.

    Attributes
    ----------
    canvas
        The map, once it is drawn; None where there is nothing to draw.
    """

    def __init__(
        self, reports: Reports, order: WallOrder, as_of: date, words: Wording, *, contacts: bool
    ) -> None:
        layers = frozenset(order.layers)
        self.order, self.as_of, self.words, self.contacts = order, as_of, words, contacts
        self.wall: Wall = wall(
            reports,
            order.division,
            as_of,
            spots="hotspots" in layers,
            flags="flags" in layers,
        )
        self.city = reports.meta.name
        self.times = TYPE[order.size]
        self.margin = 10.0 * self.times
        least = LEAST_PT * self.times
        self.flagging = Flagging(self.times, least, order.done, order.not_done)
        self.canvas: Canvas | None = None

    @property
    def title(self) -> str:
        """What stands over the map."""
        if self.order.title.strip():
            return self.order.title.strip()
        name = self.wall.name or self.city
        return say(self.words, "title of", name=name) if name else say(self.words, "title")

    def pdf(self) -> bytes:
        """Return the document."""
        with WallSheet(self) as sheet:
            self._draw(sheet)
            return bytes(sheet.output())

    def _turn(self, sheet: Sheet) -> Box:
        """Begin a page with its title, and return the room between that and the foot."""
        sheet.add_page(orientation="portrait", format=(sheet.across, sheet.down))
        m, t = self.margin, self.times
        sheet.put(m, m + 9.0 * t, self.title, 20 * t, face=SERIF, bold=True)
        sheet.set_draw_color(*RED)
        sheet.set_line_width(0.7 * t)
        sheet.line(m, m + 12.5 * t, sheet.across - m, m + 12.5 * t)
        top = m + 16.0 * t
        return Box(m, top, sheet.across - 2 * m, sheet.down - m - 4.5 * t - top)

    def _draw(self, sheet: Sheet) -> None:
        room = self._turn(sheet)
        inside = self.wall.grids["inside"]
        if not inside.any():
            said = say(self.words, "nothing", day=self.words.day(self.as_of))
            sheet.put(room.left, room.top + 10, said, 11 * self.times)
            return
        # the squares of the index depend on the map's room, and that on the length of the index
        panel, count, where = self._panel_room(sheet, room)
        view = fitted(self.wall, where)
        self.canvas = Canvas(
            sheet,
            view,
            self.wall,
            frozenset(self.order.layers),
            self.flagging,
        )
        self.canvas.draw()
        draw_frame(sheet, view, self.times)
        draw_scale(sheet, view, self.margin, self.times)
        lines = self._lines(sheet, panel.width, view)
        self._set(sheet, columns(lines, panel.height), panel, count)

    def _panel_room(self, sheet: Sheet, room: Box) -> tuple[Box, int, Box]:
        """Return a column's place, how many there are beside the map, and the map's room."""
        t = self.times
        gutter, tick = 4.0 * t, 4.0 * t
        if self.order.orientation == "landscape":
            width = COLUMN_MM * t
            lines = self._lines(sheet, width, None)
            most = max(1, int(MOST_PANEL * room.width / (width + gutter)))
            needed = len(columns(lines, room.height))
            count = needed if needed <= most else min(most, 2)
            side = count * (width + gutter)
            panel = Box(room.left + room.width - side + gutter, room.top, width, room.height)
            left = Box(room.left, room.top, room.width - side, room.height)
        else:
            count = max(1, int((room.width + gutter) / (COLUMN_MM * t + gutter)))
            width = (room.width - (count - 1) * gutter) / count
            lines = self._lines(sheet, width, None)
            most_high = MOST_PANEL * room.height
            heights = np.arange(20.0 * t, most_high, 3.0)
            high = next((h for h in heights if len(columns(lines, h)) <= count), most_high * 0.7)
            panel = Box(room.left, room.top + room.height - high, width, float(high))
            left = Box(room.left, room.top, room.width, room.height - float(high) - gutter)
        where = Box(
            left.left + tick, left.top + tick, left.width - 2 * tick, left.height - 2 * tick
        )
        return panel, count, where

    def _set(self, sheet: Sheet, found: list[list[Line]], panel: Box, count: int) -> None:
        """Set columns beside the map, and the rest on pages of their own."""
        self._set_columns(found[:count], panel)
        gutter, top = 4.0 * self.times, self.margin + 16.0 * self.times
        across, high = sheet.across - 2 * self.margin, sheet.down - self.margin - 4.5 * self.times
        number = max(1, int((across + gutter) / (panel.width + gutter)))
        broken = columns([line for column in found[count:] for line in column], high - top)
        starts = range(0, len(broken), number)
        sheet.total = 1 + len(starts)  # before the first page ends: its foot says it
        for start in starts:
            room = self._turn(sheet)
            place = Box(room.left, room.top, panel.width, room.height)
            self._set_columns(broken[start : start + number], place)

    def _set_columns(self, found: list[list[Line]], panel: Box) -> None:
        for number, column in enumerate(found):
            x = panel.left + number * (panel.width + 4.0 * self.times)
            y = panel.top
            for line in column:
                y += line.height
                line.draw(x, y - 0.3 * line.height, panel.width)

    def _lines(self, sheet: Sheet, width: float, view: View | None) -> list[Line]:
        """Return the lines of the panel; without a view, as many as there will be with one."""
        panel = Panel(sheet, width, INDEX_PT * self.times)
        layers, squares = frozenset(self.order.layers), squares_of(self.wall, view, self.times)
        write_legend(panel, self.wall, layers, self.times, self.canvas)
        if "hotspots" in layers:
            write_spots(panel, self.wall.spots, self.times)
        if "flags" in layers:
            write_flags(panel, self.wall.flags, self.as_of, self.flagging, self.canvas)
        if "leaders" in layers:
            write_leaders(panel, self.wall)
        if "index" in layers:
            write_index(panel, self.wall, squares, contacts=self.contacts)
        if self.canvas is not None and self.canvas.unlabelled:
            write_unlabelled(panel, self.wall, self.canvas.unlabelled, squares)
        return panel.lines


class WallSheet(Sheet):
    """
    A sheet of a wall map, with its own size and foot.

    Parameters
    ----------
    making
        The map.
    """

    total = 1

    def __init__(self, making: Making) -> None:
        super().__init__(making.words, making.title, making.city, making.as_of)
        self.across, self.down = making.order.sides
        self._making = making

    def footer(self) -> None:
        """Write source, day and page under the map."""
        m, t, words = self._making.margin, self._making.times, self.words
        low, day = self.down - m, words.day(self.as_of)
        self.put(m, low, say(words, "foot", city=self.city, day=day), 6.5 * t, colour=QUIET)
        numbered = say(words, "page", n=self.page_no(), total=self.total)
        self.put(self.across - m, low, numbered, 6.5 * t, colour=QUIET, align="right")
        if self.page_no() == 1 and self.total > 1:
            pages = "2" if self.total == 2 else f"2–{self.total}"  # noqa: PLR2004
            said = say(words, "index on", pages=pages)
            self.put(self.across / 2, low, said, 6.5 * t, align="centre")
