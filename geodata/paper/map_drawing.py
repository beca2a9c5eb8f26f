"""Maps on paper: the ground in outline, what a sheet is about in red, and names where they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import shapely

from geodata.paper.drawing import BORDERS, GRIDS, ROADS, WHITE, Drawing
from geodata.paper.page import INK, QUIET, Pen, Shapes, Sheet
from geodata.paper.view import Box, View
from geodata.paper.wording import text
from geodata.workspace import Workspace

BAR_MM = 35.0  # a scale bar is at most as long


class Layer:
    """
    A layer that maps show: shapes in metres, their names, and where they are.

    Parameters
    ----------
    frame
        In metres, with ``name``.
    """

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        self._shapes: Shapes = frame.geometry.to_numpy()
        self._names = np.array([text(name) for name in frame["name"]], dtype=object)
        self._tree = shapely.STRtree(self._shapes)

    def seen(self, view: View) -> tuple[Shapes, list[str]]:
        """Return the shapes that a view shows, and their names."""
        found = view.seen(self._tree)
        return self._shapes[found], list(self._names[found])


@dataclass(frozen=True)
class Ground:
    """
    What every map of a city shows under its own matter.

    Parameters
    ----------
    grids, roads, borders
        The borders are those of communities, or of what there is above them.
    """

    grids: Layer
    roads: Layer
    borders: Layer

    @classmethod
    def of(cls, workspace: Workspace, as_of: date) -> Ground:
        """Return the ground of a day."""
        borders = workspace.measured("communities", as_of)
        for level in ("subdistricts", "districts"):
            if borders.geometry.isna().all():
                borders = workspace.measured(level, as_of)
        return cls(
            Layer(workspace.measured("grids", as_of)),
            Layer(workspace.measured("roads", as_of)),
            Layer(borders[borders.geometry.notna()]),
        )


def draw_map(
    sheet: Sheet,
    view: View,
    ground: Ground,
    under: Iterable[tuple[Shapes, tuple[Pen, ...]]],
    over: Callable[[Drawing], None],
    legend: Iterable[tuple[str, tuple[Pen, ...]]] = (),
) -> None:
    """
    Draw a map with frame, scale, north, legend and source.

    Parameters
    ----------
    sheet, view
        Where, and what part of the ground.
    ground
        What lies under the map's own matter.
    under, over
        What the map is about: shapes in metres, drawn over the grids and under the roads; and what
        is drawn and written over these.
    legend
        Label, and the pens of what it says.
    """
    box = view.box
    drawing = Drawing(sheet, view)
    drawing.taken.append(_bar_box(view))
    drawing.taken.append((box.left + box.width - 12, box.top, box.left + box.width, box.top + 15))
    grids, grid_names = ground.grids.seen(view)
    roads, road_names = ground.roads.seen(view)
    borders, _ = ground.borders.seen(view)
    # a clip alone would leave fpdf2 believing in colours that the end of the clip takes back
    with sheet.local_context(), sheet.rect_clip(box.left, box.top, box.width, box.height):
        drawing.lay(grids, GRIDS)
        for shapes, pens in under:
            drawing.lay(shapes, *pens)
        drawing.lay(roads, *ROADS)
        drawing.lay(borders, BORDERS)
        over(drawing)
        drawing.along(roads, road_names, 5.5, QUIET)
        drawing.names(grids, grid_names, 5.5, QUIET)
    _frame(sheet, view)
    _legend(sheet, box, [*legend, ("legend border", (BORDERS,))])


def _frame(sheet: Sheet, view: View) -> None:
    box = view.box
    sheet.set_draw_color(*INK)
    sheet.set_line_width(0.3)
    sheet.rect(box.left, box.top, box.width, box.height)
    _scale_bar(sheet, view)
    x, y = box.left + box.width - 6.0, box.top + 3.0
    arrow = shapely.polygons([[x, y], [x + 2.2, y + 7], [x, y + 5.4], [x - 2.2, y + 7]])
    sheet.draw(np.array([arrow]), Pen(INK, WHITE, 0.2))
    sheet.put(x, y + 10.2, sheet.words.say("north"), 8, align="centre")


def _bar(view: View) -> float:
    """Return the roundest length on the ground that a scale bar can have, metres."""
    most = view.metres(BAR_MM)
    power = 10 ** np.floor(np.log10(most))
    return float(max(step * power for step in (1, 2, 5) if step * power <= most))


def _bar_box(view: View) -> tuple[float, float, float, float]:
    bottom = view.box.top + view.box.height
    return view.box.left, bottom - 9, view.box.left + BAR_MM + 14, bottom


def _scale_bar(sheet: Sheet, view: View) -> None:
    length = _bar(view)
    across = length * 1000 / view.scale
    x, y = view.box.left + 3.0, view.box.top + view.box.height - 3.0
    words = sheet.words
    unit, of = ("km", 1000) if length >= 1000 else ("m", 1)  # noqa: PLR2004 - a kilometre
    said = words.say(unit, n=f"{length / of:g}")
    label = f"{said}　{words.say('scale', n=words.number(view.scale))}"
    sheet.set_fill_color(*WHITE)
    sheet.rect(x - 1.5, y - 5.8, max(across, sheet.width(label, 7)) + 3, 7.6, "F")
    sheet.set_draw_color(*INK)
    sheet.set_line_width(0.2)
    for part, colour in ((0, INK), (1, WHITE)):
        sheet.set_fill_color(*colour)
        sheet.rect(x + part * across / 2, y - 0.9, across / 2, 1.0, "DF")
    sheet.put(x, y - 2.2, label, 7)


def _legend(sheet: Sheet, box: Box, entries: list[tuple[str, tuple[Pen, ...]]]) -> None:
    """Write the legend under the map, and the source at its right end."""
    words, x, y = sheet.words, box.left, box.top + box.height + 3.6
    for label, pens in entries:
        sign = shapely.box(x, y - 2.2, x + 5, y)
        for pen in pens:
            shape = shapely.linestrings([[x, y - 1.1], [x + 5, y - 1.1]]) if not pen.fill else sign
            sheet.draw(np.array([shape]), pen)
        said = words.say(label)
        sheet.put(x + 6.2, y, said, 7, colour=QUIET)
        x += 6.2 + sheet.width(said, 7) + 4.0
    source = words.say("map source", city=sheet.city)
    if x + sheet.width(source, 7) <= box.left + box.width:
        sheet.put(box.left + box.width, y, source, 7, colour=QUIET, align="right")
