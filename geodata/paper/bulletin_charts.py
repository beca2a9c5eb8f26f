"""
The pictures of a bulletin: drawn once, as vectors on a page, and for Word as pixels of that page.

They are black, grey and one red, and never say anything by colour alone: what is closed is filled,
what is open is empty, and every mark has its number beside it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import numpy as np
import pypdfium2
import shapely
from PIL import Image

from geodata.bulletins.blocks import Picture
from geodata.bulletins.telling import compared_rows
from geodata.bulletins.wording import Say
from geodata.paper.page import A4, FAINT, INK, POINT, QUIET, RED, Colour, Pen, Sheet
from geodata.paper.pdfium import PDFIUM
from geodata.paper.view import Box
from gridmap.bulletins import Figures

DPI = 220
HEIGHTS: dict[Picture, float] = {"trend": 50.0, "categories": 74.0, "on_time": 66.0, "map": 96.0}
"""Height of each picture, mm."""
WHITE: Colour = (255, 255, 255)
DARK: Colour = (92, 92, 92)
SHADES: tuple[Colour, ...] = (
    (247, 246, 243),
    (226, 225, 221),
    (199, 197, 192),
    (168, 166, 161),
    (136, 134, 129),
)
SMALL, TINY = 8.0, 7.0
BARS = 10
FEW_SPOTS = 15
NAME_MM, FIGURE_MM = 34.0, 26.0


def draw_picture(sheet: Sheet, box: Box, name: Picture, figures: Figures, say: Say) -> None:
    """
    Draw a picture of a bulletin.

    Parameters
    ----------
    sheet, box
        Where.
    name
        Which.
    figures, say
        Of the month, and the language.
    """
    PICTURES[name](sheet, box, figures, say)


def pngs(
    names: Iterable[Picture], width: float, figures: Figures, say: Say
) -> dict[Picture, bytes]:
    """
    Return pictures of a bulletin as PNG; together, for the fonts are what takes long.

    Parameters
    ----------
    names, figures, say
        As for `draw_picture`.
    width
        In mm; the height is that of `HEIGHTS`.
    """
    wanted = list(names)
    boxes = [Box(5.0, 5.0, width, HEIGHTS[name]) for name in wanted]
    with Sheet(say, "", str(figures["city"]), date.fromisoformat(figures["until"])) as sheet:
        for name, box in zip(wanted, boxes, strict=True):
            sheet.add_page()
            draw_picture(sheet, box, name, figures, say)
        drawn = bytes(sheet.output())
    with PDFIUM:
        document = pypdfium2.PdfDocument(drawn)
        try:
            images = [_rendered(document[n], box) for n, box in enumerate(boxes)]
        finally:
            document.close()
    return dict(zip(wanted, map(_png, images), strict=True))


def _rendered(page: pypdfium2.PdfPage, box: Box) -> Image.Image:
    """Return the part of an A4 page in which a picture is drawn, with a millimetre around it."""
    across, down = A4["portrait"]
    edges = (box.left, down - box.top - box.height, across - box.left - box.width, box.top)
    crop = tuple(max(edge - 1.0, 0.0) / POINT for edge in edges)
    return page.render(scale=DPI / 72, crop=crop).to_pil()


def _png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    few = image.convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
    few.save(written, "PNG", dpi=(DPI, DPI), optimize=True)
    return written.getvalue()


def _trend(sheet: Sheet, box: Box, figures: Figures, say: Say) -> None:
    rows = figures["trend"]
    most = max(1, *(row["received"] for row in rows))
    step, foot = box.width / len(rows), box.top + box.height - 6.0
    room = box.height - 12.0
    for number, row in enumerate(rows):
        high = room * row["received"] / most
        middle = box.left + (number + 0.5) * step
        this = row["month"] == figures["month"]
        bar = shapely.box(middle - 0.3 * step, foot - high, middle + 0.3 * step, foot)
        colour = RED if this else DARK
        if high:
            sheet.draw(np.array([bar]), Pen(colour))
        said = say.number(row["received"])
        sheet.put(middle, foot - high - 1.2, said, TINY, align="centre", bold=this)
        label = row["month"] if number == 0 or row["month"].endswith("-01") else row["month"][5:]
        sheet.put(middle, foot + 4.0, label, TINY, colour=QUIET, align="centre")
    _baseline(sheet, box.left, box.left + box.width, foot)


def _categories(sheet: Sheet, box: Box, figures: Figures, say: Say) -> None:
    rows = [row for row in figures["by_category"] if row["received"]][:BARS]
    if not rows:
        _nothing(sheet, box, say)
        return
    most = max(row["received"] for row in rows)
    step = (box.height - 8.0) / BARS
    left, room = box.left + NAME_MM, box.width - NAME_MM - FIGURE_MM
    for number, row in enumerate(rows):
        top = box.top + 7.0 + number * step
        closed = room * (row["received"] - row["open"]) / most
        whole = room * row["received"] / most
        bars = (left, left + closed, left + whole)
        _bar(sheet, (bars[0], bars[1]), (top, step), Pen(DARK, DARK))
        _bar(sheet, (bars[1], bars[2]), (top, step), Pen(WHITE, DARK))
        base = top + 0.62 * step
        sheet.put(
            left - 2.0, base, _fitted(sheet, row["name"], NAME_MM - 3.0), SMALL, align="right"
        )
        said = f"{say.number(row['received'] - row['open'])} / {say.number(row['received'])}"
        sheet.put(left + whole + 1.5, base, said, TINY)
    keys = ((say("closed short"), Pen(DARK, DARK)), (say("open"), Pen(WHITE, DARK)))
    _legend(sheet, left, box.top + 3.2, keys)


def _on_time(sheet: Sheet, box: Box, figures: Figures, say: Say) -> None:
    rows = compared_rows(figures)
    if not rows:
        _nothing(sheet, box, say)
        return
    step = min((box.height - 8.0) / len(rows), 7.0)
    left, room = box.left + NAME_MM, box.width - NAME_MM - 1.6 * FIGURE_MM
    foot = box.top + step * len(rows) + 1.0
    for quarter in range(5):
        x = left + room * quarter / 4
        sheet.set_draw_color(*FAINT)
        sheet.set_line_width(0.15)
        sheet.line(x, box.top, x, foot)
        sheet.put(x, foot + 3.6, f"{25 * quarter}%", TINY, colour=QUIET, align="centre")
    for number, row in enumerate(rows):
        middle, found = box.top + (number + 0.5) * step, row["on_time"]
        sheet.set_draw_color(*DARK)
        sheet.set_line_width(0.5)
        sheet.line(left + room * found["low"], middle, left + room * found["high"], middle)
        sheet.set_fill_color(*RED)
        x = left + room * found["share"]
        sheet.ellipse(x - 1.0, middle - 1.0, 2.0, 2.0, style="F")
        base = middle + 1.0
        sheet.put(
            left - 2.0, base, _fitted(sheet, row["name"], NAME_MM - 3.0), SMALL, align="right"
        )
        said = f"{say.share(found['share'])}  {found['part']}/{found['whole']}"
        sheet.put(left + room + 2.5, base, said, TINY)


def _map(sheet: Sheet, box: Box, figures: Figures, say: Say) -> None:
    ground = figures["map"]
    areas = [_shape(area["rings"]) for area in ground["areas"]]
    spots = [_shape(spot["rings"]) for spot in ground["spots"]]
    if not areas:
        _nothing(sheet, box, say)
        return
    place = _placing(np.array(areas), Box(box.left, box.top, box.width, box.height - 8.0))
    counts = [area["received"] for area in ground["areas"]]
    steps = _steps(counts)
    width = 0.8 if len(spots) <= FEW_SPOTS else 0.35
    with sheet.rect_clip(box.left, box.top, box.width, box.height):
        for shape, count in zip(areas, counts, strict=True):
            shade = SHADES[int(np.searchsorted(steps, count, side="left"))]
            sheet.draw(np.array([place(shape)]), Pen(shade, DARK, 0.25))
        for spot, shape in zip(ground["spots"], spots, strict=True):
            pen = Pen(None, RED, width) if spot["class"] > 0 else Pen(None, INK, width, (1.2, 0.8))
            sheet.draw(np.array([place(shape)]), pen)
        for area, shape in zip(ground["areas"], areas, strict=True):
            _label(sheet, place(shape), area["name"], say.number(area["received"]))
    _map_legend(sheet, box, steps, say)


PICTURES: dict[Picture, Callable[[Sheet, Box, Figures, Say], None]] = {
    "trend": _trend,
    "categories": _categories,
    "on_time": _on_time,
    "map": _map,
}


def _shape(rings: list[list[int]]) -> Any:  # noqa: ANN401 - shapely has no one type of areas
    """Return an area of its rings; one within another is a hole."""
    lines = [np.array(ring, dtype=float).reshape(-1, 2) for ring in rings]
    return shapely.build_area(shapely.geometrycollections([shapely.linestrings(x) for x in lines]))


def _placing(areas: np.ndarray, box: Box) -> Callable[[Any], Any]:
    """Return what puts metres on the page, north up, as large as they fit."""
    west, south, east, north = shapely.total_bounds(areas)
    scale = min(box.width / max(east - west, 1.0), box.height / max(north - south, 1.0))
    left = box.left + (box.width - scale * (east - west)) / 2
    foot = box.top + (box.height + scale * (north - south)) / 2
    at, from_ = np.array([left, foot]), np.array([west, south])
    return lambda shape: shapely.transform(shape, lambda xy: at + (xy - from_) * [scale, -scale])


def _steps(counts: list[int]) -> list[int]:
    """Return up to which count each shade goes, but for the darkest: round, and rising."""
    parts = np.linspace(0, 1, len(SHADES) + 1)[1:-1]
    return sorted({int(step) for step in np.quantile(counts, parts)})


def _label(sheet: Sheet, shape: Any, name: str, count: str) -> None:  # noqa: ANN401 - as `_shape`
    """Write name and number in an area, if there is room for them."""
    # the middle of the largest circle: a point on the surface may lie at the border
    circle = shapely.maximum_inscribed_circle(shape, tolerance=0.5)
    spot = shapely.get_point(circle, 0)
    half = max(sheet.width(name, TINY), sheet.width(count, SMALL)) / 2
    room = shapely.box(spot.x - half, spot.y - 3.2, spot.x + half, spot.y + 3.6)
    least = shapely.box(spot.x - 3.0, spot.y - 1.2, spot.x + 3.0, spot.y + 1.8)
    lines: list[tuple[str, float, float]] = []
    if shapely.area(shapely.intersection(room, shape)) >= 0.9 * shapely.area(room):
        lines = [(name, TINY, -0.4), (count, SMALL, 3.0)]
    elif shapely.area(shapely.intersection(least, shape)) >= 0.9 * shapely.area(least):
        lines = [(count, SMALL, 1.4)]
    for text, size, down in lines:
        across = sheet.width(text, size)
        sheet.set_fill_color(*WHITE)
        with sheet.local_context(fill_opacity=0.75):
            sheet.rect(spot.x - across / 2 - 0.5, spot.y + down - 2.6, across + 1, 3.3, "F")
        sheet.put(spot.x, spot.y + down, text, size, align="centre")


def _map_legend(sheet: Sheet, box: Box, steps: list[int], say: Say) -> None:
    keys, low = [], 0
    for shade, high in zip(SHADES, steps, strict=False):
        keys.append((str(high) if high == low else f"{low}–{high}", Pen(shade, DARK)))
        low = high + 1
    keys.append((f"{low}+", Pen(SHADES[len(steps)], DARK)))
    keys.append((say("hot"), Pen(None, RED, 0.8)))
    keys.append((say("cold"), Pen(None, INK, 0.8, (1.2, 0.8))))
    _legend(sheet, box.left, box.top + box.height - 1.6, keys)


def _legend(sheet: Sheet, x: float, y: float, keys: Any) -> None:  # noqa: ANN401 - label and pen
    for label, pen in keys:
        sheet.draw(np.array([shapely.box(x, y - 2.4, x + 4.5, y)]), pen)
        sheet.put(x + 5.6, y, label, TINY, colour=QUIET)
        x += 5.6 + sheet.width(label, TINY) + 4.5


def _bar(sheet: Sheet, across: tuple[float, float], rows: tuple[float, float], pen: Pen) -> None:
    (left, right), (top, step) = across, rows
    if right > left:
        shape = shapely.box(left, top + 0.15 * step, right, top + 0.85 * step)
        sheet.draw(np.array([shape]), pen)


def _fitted(sheet: Sheet, text: str, width: float) -> str:
    lines = sheet.lines(text, width, SMALL)
    return lines[0] if len(lines) == 1 else f"{lines[0][:-1]}…"


def _baseline(sheet: Sheet, left: float, right: float, y: float) -> None:
    sheet.set_draw_color(*INK)
    sheet.set_line_width(0.25)
    sheet.line(left, y, right, y)


def _nothing(sheet: Sheet, box: Box, say: Say) -> None:
    middle = box.left + box.width / 2, box.top + box.height / 2
    sheet.put(*middle, say("none"), SMALL, colour=QUIET, align="centre")
