"""
Pages: what is common to all that is printed, and drawing in millimetres from the upper left.

The look is that of an office's paper: black, one red rule, the title in a serif; nothing is
coloured that need not be, so a copy in black and white says as much.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal, Self, TypeAlias

import numpy as np
import shapely
from fpdf import FPDF
from fpdf.enums import TextMode
from numpy.typing import NDArray

from geodata.paper.fonts import SANS, SERIF, Face
from geodata.paper.wording import Wording

Colour: TypeAlias = tuple[int, int, int]
Shapes: TypeAlias = NDArray[np.object_]
Orientation: TypeAlias = Literal["portrait", "landscape"]

INK: Colour = (26, 26, 26)
QUIET: Colour = (105, 105, 105)
FAINT: Colour = (205, 205, 205)
RED: Colour = (176, 22, 28)
MARGIN = 15.0
FOOT = 12.0  # from the lower edge to the footer's rule
POINT = 25.4 / 72  # mm
A4: dict[str, tuple[float, float]] = {"portrait": (210.0, 297.0), "landscape": (297.0, 210.0)}


@dataclass(frozen=True)
class Pen:
    """
    How shapes are drawn.

    Parameters
    ----------
    fill, line
        Colours; None where there is none.
    width
        Of the line, mm.
    dash
        Lengths of a dash and of the space after it, mm.
    """

    fill: Colour | None = None
    line: Colour | None = None
    width: float = 0.2
    dash: tuple[float, float] | None = None


class Sheet(FPDF):
    """
    A document of pages with a footer each.

    Parameters
    ----------
    words
        In which language.
    title
        Of the file.
    city
        Name of the register.
    as_of
        The day of its data; also the file's date, so that equal data give equal bytes.
    orientation
        Of A4.

    Attributes
    ----------
    total
        Number of pages, for the footers.
    """

    total = 0

    def __init__(
        self,
        words: Wording,
        title: str,
        city: str,
        as_of: date,
        orientation: Orientation = "portrait",
    ) -> None:
        super().__init__(orientation=orientation, unit="mm", format="A4")
        self.words, self.city, self.as_of = words, city, as_of
        self.across, self.down = A4[orientation]
        self.faces = {name: Face(self, name) for name in (SANS, SERIF)}
        self.set_auto_page_break(auto=False)
        self.set_margin(0)
        self.set_title(f"{city} {title}")
        self.set_lang("zh-CN" if words.language == "zh_CN" else words.language)
        self.set_creator("gridmap")
        self.set_creation_date(datetime.combine(as_of, time(), tzinfo=UTC))

    def __enter__(self) -> Self:
        """Return the document; its fonts are open until it is left."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the fonts."""
        for face in self.faces.values():
            face.close()

    @property
    def inner(self) -> float:
        """Width between the margins, mm."""
        return self.across - 2 * MARGIN

    @property
    def bottom(self) -> float:
        """Where the room for content ends, mm."""
        return self.down - FOOT - 3.0

    def heading(self, title: str, aside: str = "") -> None:
        """Write city and title over the page, with the red rule under them."""
        self.put(MARGIN, 15.0, self.city, 9, colour=QUIET)
        self.put(self.across - MARGIN, 24.0, aside, 9, colour=QUIET, align="right")
        self.put(MARGIN, 24.0, title, 20, face=SERIF, bold=True)
        self.rule(28.0, RED, 0.7)

    def footer(self) -> None:
        """Write page, day and source under the page."""
        top = self.down - FOOT
        self.rule(top, FAINT, 0.2)
        words, at = self.words, top + 4.2
        self.put(MARGIN, at, words.say("source", city=self.city), 7.5, colour=QUIET)
        self.put(
            self.across / 2,
            at,
            words.say("as of", day=words.day(self.as_of)),
            7.5,
            colour=QUIET,
            align="centre",
        )
        numbered = words.say("page", n=self.page_no(), total=self.total)
        self.put(self.across - MARGIN, at, numbered, 7.5, colour=QUIET, align="right")

    def put(  # noqa: PLR0913 - where, what and how
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9.0,
        *,
        face: str = SANS,
        colour: Colour = INK,
        align: Literal["left", "centre", "right"] = "left",
        bold: bool = False,
    ) -> None:
        """
        Write one line.

        Parameters
        ----------
        x, y
            Of its left end, middle or right end on the baseline, mm.
        text
            The line.
        size
            Of the letters, points.
        face
            `fonts.SANS` or `fonts.SERIF`.
        colour, align
            How.
        bold
            Thickened: the wheel has one weight.
        """
        if align != "left":
            x -= self.width(text, size, face) * (0.5 if align == "centre" else 1.0)
        self.set_font(face, size=size)
        self.set_text_color(*colour)
        if not bold:
            self.text(x, y, text)
            return
        with self.local_context(
            text_mode=TextMode.FILL_STROKE, draw_color=colour, text_color=colour
        ):
            self.set_line_width(size * 0.016)  # fpdf2 takes it in points beside text
            self.text(x, y, text)

    def width(self, text: str, size: float, face: str = SANS) -> float:
        """Return how wide a line would be, mm."""
        return self.faces[face].em(text) * size * POINT

    def lines(self, text: str, width: float, size: float, face: str = SANS) -> list[str]:
        """Break a text into lines that fit a width in mm."""
        return self.faces[face].lines(text, width / (size * POINT))

    def rule(self, y: float, colour: Colour = RED, width: float = 0.5) -> None:
        """Draw a rule from margin to margin."""
        self.set_draw_color(*colour)
        self.set_line_width(width)
        self.line(MARGIN, y, self.across - MARGIN, y)

    def draw(self, shapes: Shapes, pen: Pen) -> None:
        """
        Draw polygons or lines.

        Parameters
        ----------
        shapes
            In mm from the page's upper left; points are passed over.
        pen
            How.
        """
        parts = shapely.get_parts(shapely.get_parts(shapes))
        kind = shapely.get_type_id(parts)
        lines = parts[kind == shapely.GeometryType.LINESTRING]
        self._strokes(lines, Pen(None, pen.line, pen.width, pen.dash), closed=False)
        # Holes turn the other way than outlines, so of overlapping polygons none cancels another
        areas = shapely.orient_polygons(parts[kind == shapely.GeometryType.POLYGON])
        self._strokes(shapely.get_rings(areas), pen, closed=True)

    def _strokes(self, lines: Shapes, pen: Pen, *, closed: bool) -> None:
        if not len(lines) or (pen.fill is None and pen.line is None):
            return
        operators = {(False, True): "S", (True, False): "f", (True, True): "B"}
        if pen.fill is not None:
            self.set_fill_color(*pen.fill)
        if pen.line is not None:
            self.set_draw_color(*pen.line)
            self.set_line_width(pen.width)
        dash = pen.dash or (0, 0)
        self.set_dash_pattern(dash=dash[0], gap=dash[1])
        self._out("1 J 1 j" if pen.dash is None else "0 J 1 j")
        self._out(self._path(lines, closed=closed))
        self._out(operators[pen.fill is not None, pen.line is not None])
        self.set_dash_pattern()

    def _path(self, lines: Shapes, *, closed: bool) -> str:
        """Write lines as a PDF path; 0.01 point is a three-hundredth of a millimetre."""
        xy, line = shapely.get_coordinates(lines, return_index=True)
        first = np.diff(line, prepend=-1) != 0
        across, up = xy[:, 0] * self.k, (self.h - xy[:, 1]) * self.k
        end = " h" if closed else ""
        words = [
            f"{end if n and new else ''} {x:.2f} {y:.2f} {'m' if new else 'l'}"
            for n, (x, y, new) in enumerate(
                zip(across.tolist(), up.tolist(), first.tolist(), strict=True)
            )
        ]
        return "".join(words) + end


def printed(
    draw: Callable[[Sheet], None],
    words: Wording,
    title: str,
    city: str,
    as_of: date,
    orientation: Orientation = "portrait",
) -> bytes:
    """
    Print what a function draws; twice, because the first page says how many there are.

    Parameters
    ----------
    draw
        Draws all pages.
    words, title, city, as_of, orientation
        As for `Sheet`.
    """
    total = 0
    while True:
        with Sheet(words, title, city, as_of, orientation) as sheet:
            sheet.total = total
            draw(sheet)
            if sheet.pages_count == total:
                return bytes(sheet.output())
            total = sheet.pages_count
