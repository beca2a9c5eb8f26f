"""Sign-off sheets: everything that nobody answers for, to be taken and signed for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.paper.drawing import GAP, GAP_ROADS, Drawing
from geodata.paper.fonts import SERIF
from geodata.paper.map_drawing import Ground, draw_map
from geodata.paper.page import FAINT, MARGIN, QUIET, Shapes, Sheet, printed
from geodata.paper.table import Column, Row, Table, set_table
from geodata.paper.view import Box, View
from geodata.paper.wording import Wording, absent, text
from geodata.reports import Reports
from geodata.reports.ground import DIVISION_LEVELS
from geodata.reports.paper import behind, uncovered
from gridmap.errors import NotFoundError

KINDS = ("ground", "roads", "points", "compounds")
FIGURES = {
    "ground": ("ground_m2", "covered_m2"),
    "roads": ("roads_m", "roads_covered_m"),
    "points": ("points_n", "points_covered_n"),
    "compounds": ("compounds_n", "compounds_covered_n"),
}
LABELS = {
    "ground": "ground",
    "roads": "road lengths",
    "points": "all points",
    "compounds": "all compounds",
}
WIDTHS = {
    "number": 11.0,
    "place": 42.0,
    "what": 66.0,
    "reason": 26.0,
    "size": 30.0,
    "taken by": 38.0,
    "signature": 32.0,
    "signed on": 22.0,
}
HAND_MM = 9.0  # what a signature needs
SUMMARY_MM, MAP_MM = 118.0, 72.0
MARKED = 150  # on a map with more, numbers would hide it
LEAST_M2 = 0.5  # what is less is shown as nothing


@dataclass(frozen=True)
class Duty:
    """
    What one sheet lists.

    Parameters
    ----------
    name
        Of the division, or of the city.
    figures
        Its row of coverage.
    rows
        Kind → rows of `geodata.reports.paper.Uncovered` in it, in the order of the sheet, with
        ``place`` and ``what``.
    area
        Its outline, metres; None where nothing is drawn.
    outside_n
        As `geodata.reports.paper.Uncovered`; 0 for a division.
    """

    name: str
    figures: pd.Series
    rows: dict[str, gpd.GeoDataFrame]
    area: shapely.Geometry | None
    outside_n: int

    @property
    def rest_m2(self) -> float:
        """Uncovered ground that is not listed, because it is in slivers."""
        lacking = self.figures["ground_m2"] - self.figures["covered_m2"]
        return max(float(lacking - self.rows["ground"]["area_m2"].sum()), 0.0)

    @property
    def listed(self) -> int:
        """How many things are listed."""
        return sum(len(rows) for rows in self.rows.values())


def sign_off(reports: Reports, division: str | None, as_of: date, *, language: str) -> bytes:
    """
    Print what nobody answers for, with room for who takes it and signs.

    Parameters
    ----------
    reports
        Of the register.
    division
        Code of a district, subdistrict or community; the whole city if None.
    as_of
        The day.
    language
        One of `wording.LABELS`.

    Returns
    -------
    bytes
        A PDF on A4 across. Its totals are the figures of coverage, and its rows sum to them.

    Raises
    ------
    NotFoundError
        If there is no such division on that day, or nothing is worded in that language.
    """
    words = Wording(language)
    duty = _duty(reports, division, words, as_of)
    ground = Ground.of(behind(reports), as_of)

    def draw(sheet: Sheet) -> None:
        _draw(sheet, duty, ground)

    return printed(draw, words, words.say("sign-off"), reports.meta.name, as_of, "landscape")


def _duty(reports: Reports, division: str | None, words: Wording, as_of: date) -> Duty:
    found = uncovered(behind(reports), as_of)
    tree = reports.division_tree(as_of).set_index("code")
    if division is None:
        level, name, figures = "city", reports.meta.name, reports.coverage("city", as_of).iloc[0]
    elif division in tree.index:
        level, name = str(tree.loc[division, "level"]), text(tree.loc[division, "name"])
        figures = reports.coverage(level, as_of).loc[division]
    else:
        msg = "There is no division {code} in the register on that day."
        raise NotFoundError(msg, code=division)
    rows = {}
    for kind in KINDS:
        frame = getattr(found, kind)
        mine = frame if division is None else frame[frame[level] == division]
        rows[kind] = _worded(_ordered(mine, kind), kind, tree["name"], words, reports)
    shape = gpd.GeoSeries([figures["geometry"]], crs=reports.meta.crs).to_crs(found.ground.crs)
    area = None if absent(shape.iloc[0]) or shape.iloc[0].is_empty else shape.iloc[0]
    outside = found.outside_n if division is None else 0
    return Duty(name, figures, rows, area, outside)


def _ordered(rows: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    size = {"ground": "area_m2", "roads": "uncovered_m"}.get(kind, "name")
    order = [*DIVISION_LEVELS, size]
    return rows.sort_values(order, ascending=[*[True] * 3, size == "name"], ignore_index=True)


def _worded(
    rows: gpd.GeoDataFrame, kind: str, names: pd.Series, words: Wording, reports: Reports
) -> gpd.GeoDataFrame:
    places = [
        next((text(names.get(code, code)) for code in codes if not absent(code)), "")
        for codes in rows[list(reversed(DIVISION_LEVELS))].to_numpy(dtype=object)
    ]
    spots = rows.geometry.representative_point().to_crs(reports.meta.crs)
    told = {"ground": _piece, "roads": _stretch}.get(kind, _thing)
    records = pd.DataFrame(rows.drop(columns="geometry")).to_dict("records")
    said = [told(row, spot, words) for row, spot in zip(records, spots, strict=True)]
    return rows.assign(place=pd.array(places, dtype="str"), what=pd.array(said, dtype="str"))


def _piece(row: dict[str, object], spot: shapely.Point, words: Wording) -> str:
    if absent(row["code"]):
        return words.say("undrawn", lon=f"{spot.x:.5f}", lat=f"{spot.y:.5f}")
    name, code = text(row["name"]), text(row["code"])
    return f"{name} {code}".strip()


def _stretch(row: dict[str, object], _spot: shapely.Point, words: Wording) -> str:
    ends = words.say("stretch", since=words.number(row["from_m"]), until=words.number(row["to_m"]))
    return f"{text(row['name'])} {ends} {words.word('side', row['side'])}"


def _thing(row: dict[str, object], _spot: shapely.Point, words: Wording) -> str:
    name, category = text(row["name"]), text(row.get("category"))
    return words.say("noted", what=name, note=category) if category else name


def _draw(sheet: Sheet, duty: Duty, ground: Ground) -> None:
    words = sheet.words

    def turn() -> float:
        sheet.add_page()
        sheet.heading(words.say("sign-off"), duty.name)
        return 33.0

    sheet.add_page()
    sheet.heading(words.say("sign-off"))
    sheet.put(MARGIN, 37.0, duty.name, 15, face=SERIF, bold=True)
    _draw_totals(sheet, duty)
    if duty.area is not None:
        box = Box(MARGIN + SUMMARY_MM, 32.5, sheet.inner - SUMMARY_MM, MAP_MM)
        _draw_ground(sheet, View.of(np.array([duty.area]), box), ground, duty)
    y = 32.5 + MAP_MM + 9.0
    if not duty.listed:
        sheet.put(MARGIN, y + 2, words.say("no gap", day=words.day(sheet.as_of)), 10)
        y += 8.0
    else:
        columns = tuple(Column(words.say(name), width) for name, width in WIDTHS.items())
        y = set_table(sheet, Table(columns, turn, least=HAND_MM), _rows(duty, words), y)
    if y + 14 > sheet.bottom:
        y = turn()
    sheet.put(MARGIN, y + 10, words.say("signed by", room=" " * 48), 9.5)


def _draw_totals(sheet: Sheet, duty: Duty) -> None:
    words = sheet.words
    right = [MARGIN + 50.0, MARGIN + 80.0, MARGIN + 110.0]
    y = 48.0
    for x, label in zip(right, ("whole", "covered", "uncovered"), strict=True):
        sheet.put(x, y, words.say(label), 8, colour=QUIET, align="right")
    for kind, (whole, covered) in FIGURES.items():
        y += 9.0
        sheet.set_draw_color(*FAINT)
        sheet.set_line_width(0.15)
        sheet.line(MARGIN, y - 6.0, right[-1], y - 6.0)
        sheet.put(MARGIN, y, words.say(LABELS[kind]), 9.5)
        had, has = float(duty.figures[whole]), float(duty.figures[covered])
        for x, value in zip(right, (had, has, had - has), strict=True):
            sheet.put(x, y, _size(kind, value, words), 9.5, bold=x == right[-1], align="right")
    if duty.outside_n:
        for line in sheet.lines(words.say("outside", n=duty.outside_n), SUMMARY_MM - 8, 8):
            y += 6.0
            sheet.put(MARGIN, y, line, 8, colour=QUIET)


def _size(kind: str, value: float, words: Wording) -> str:
    if kind == "ground":
        return words.area(value)
    return words.metres(value) if kind == "roads" else words.say("items", n=words.number(value))


def _rows(duty: Duty, words: Wording) -> list[Row]:
    found: list[Row] = []
    number = 0
    for kind, frame in duty.rows.items():
        rest = duty.rest_m2 if kind == "ground" and duty.rest_m2 >= LEAST_M2 else 0.0
        if frame.empty and not rest:
            continue
        whole, covered = FIGURES[kind]
        lacking = _size(kind, float(duty.figures[whole] - duty.figures[covered]), words)
        count = words.say("items", n=words.number(len(frame)))
        said = lacking if lacking == count else f"{count}　{lacking}"
        found.append(Row((f"{words.say(LABELS[kind])}　{said}",), section=True))
        for row in pd.DataFrame(frame.drop(columns="geometry")).to_dict("records"):
            number += 1
            found.append(_row(row, kind, number, words))
        if rest:
            cells = ("", "", words.say("slivers"), "", words.area(rest), "", "", "")
            found.append(Row(cells))
    return found


def _row(row: dict[str, object], kind: str, number: int, words: Wording) -> Row:
    size = {"ground": "area_m2", "roads": "uncovered_m"}.get(kind)
    measure = "" if size is None else _size(kind, float(str(row[size])), words)
    reason = words.word("reason", row["reason"])
    blank = ("", "", "")
    return Row((str(number), text(row["place"]), text(row["what"]), reason, measure, *blank))


def _draw_ground(sheet: Sheet, view: View, ground: Ground, duty: Duty) -> None:
    shapes = {kind: rows.geometry.to_numpy() for kind, rows in duty.rows.items()}
    under = [(np.concatenate([shapes["ground"], shapes["compounds"]]), (GAP,))]
    legend = [("legend gap", (GAP,)), ("legend free road", GAP_ROADS)]

    def over(drawing: Drawing) -> None:
        drawing.lay(shapes["roads"], *GAP_ROADS)
        every = np.concatenate([shapes[kind] for kind in KINDS])
        if len(every) <= MARKED:
            drawing.numbers(_middles(every))

    draw_map(sheet, view, ground, under, over, legend)


def _middles(shapes: Shapes) -> Shapes:
    """Return a place in each polygon, and the middle of each line."""
    places = shapely.point_on_surface(shapes)
    lines = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    places[lines] = shapely.line_interpolate_point(shapes[lines], 0.5, normalized=True)
    return places
