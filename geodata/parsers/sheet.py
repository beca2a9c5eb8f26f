"""
Rows of cells to a table: where the headings are, which columns are geometry.

Offices put a title above the headings and a remark between them. The first row that is text
throughout and at least half as wide as the table is taken, and said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import shapely

from geodata.errors import UnreadableError
from geodata.notes import Note, note
from geodata.parsers.parsed import GEOMETRY, Fault, Parsed
from geodata.parsers.shapes import WKT, ShapeError, from_wkt

Row: TypeAlias = tuple[int, Sequence[str | None]]

LOOKED_AT, SAMPLE = 20, 50
_NUMERIC = re.compile(r"[\s\d.,:/年月日%+-]+")
_WITH_CRS = re.compile(r"(.*\S)\s*[\[［](EPSG:\d+)[\]］]", re.IGNORECASE)
_GEOMETRY = re.compile(r"(geometry|geom|the_geom|wkt|几何|图形)(?: (\d+))?", re.IGNORECASE)


@dataclass
class Sheet:
    """
    Cells as they stand.

    Parameters
    ----------
    rows
        Row number and its cells, blank rows left out.
    heading
        Number of the row of headings, if the user said.
    heading_end
        Row number → the last row that cells merged with it reach down to.
    grouped
        Numbers of rows in which one cell spans several columns.
    is_delimited
        Whether a cell beyond the headings means that a delimiter stands inside a text.
    faults
        Faults of cells: row number, place of the column, code, value, message.
    notes, parts
        As for `Parsed`.
    """

    rows: list[Row]
    heading: int | None = None
    heading_end: dict[int, int] = field(default_factory=dict)
    grouped: set[int] = field(default_factory=set)
    is_delimited: bool = False
    faults: list[tuple[int, int, str, str, str]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)


def to_parsed(sheet: Sheet) -> Parsed:
    """
    Make a table of a sheet.

    Parameters
    ----------
    sheet
        Cells as they stand.

    Raises
    ------
    UnreadableError
        If no row can be the headings, they take two rows, or nothing stands below them.
    """
    number, cells = _heading_row(sheet)
    names, crs = _headings(cells)
    rows = [row for row in sheet.rows if row[0] > sheet.heading_end.get(number, number)]
    if not rows:
        msg = "There is no row below the headings in row {row}."
        raise UnreadableError(msg, row=number)
    columns = {
        name: [row[place] if place < len(row) else None for _, row in rows]
        for place, name in names.items()
    }
    parsed = Parsed([at for at, _ in rows], columns, crs=crs, notes=sheet.notes, parts=sheet.parts)
    if number != sheet.rows[0][0] and sheet.heading is None:
        parsed.notes.append(note("Row {row} was taken as the headings.", row=number))
    parsed.faults += [
        Fault(at, names[place], *fault)
        for at, place, *fault in sheet.faults
        if place in names and at > number
    ]
    beside = _beside(rows, names)
    if sheet.is_delimited:
        parsed.faults += beside
    elif beside:
        template = "{n} cells stand under no heading and were left out; the first in row {row}."
        parsed.notes.append(note(template, n=len(beside), row=beside[0].row))
    _take_geometry(parsed)
    return parsed


def _heading_row(sheet: Sheet) -> Row:
    if sheet.heading is not None:
        found = next((row for row in sheet.rows if row[0] == sheet.heading), None)
    else:
        width = max((_filled(cells) for _, cells in sheet.rows[:SAMPLE]), default=0)
        candidates = (row for row in sheet.rows[:LOOKED_AT] if _may_be_headings(row[1], width))
        found = next(candidates, None)
        if found and found[0] in sheet.grouped:
            msg = (
                "The headings in row {row} span columns, so they take two rows; "
                "say which row names the columns."
            )
            raise UnreadableError(msg, row=found[0])
    if found is None:
        msg = "No row of headings was found; say which row it is."
        raise UnreadableError(msg)
    return found


def _filled(cells: Sequence[str | None]) -> int:
    return sum(cell is not None and bool(cell.strip()) for cell in cells)


def _may_be_headings(cells: Sequence[str | None], width: int) -> bool:
    texts = [cell for cell in cells if cell is not None and cell.strip()]
    return (
        2 * len(texts) >= max(width, 1)
        and len(texts) >= min(width, 2)
        and not any(_NUMERIC.fullmatch(text) for text in texts)
    )


def _headings(cells: Sequence[str | None]) -> tuple[dict[int, str], str | None]:
    names: dict[int, str] = {}
    said: set[str] = set()
    for place, cell in enumerate(cells):
        if cell is None or not cell.strip():
            continue
        name = " ".join(cell.split())
        if found := _WITH_CRS.fullmatch(name):
            name = found[1]
            said.add(found[2].upper())
        names[place] = _unlike(name, names.values())
    return names, said.pop() if len(said) == 1 else None


def _unlike(name: str, taken: object) -> str:
    number, answer = 1, name
    while answer in taken:  # type: ignore[operator]
        number += 1
        answer = f"{name} ({number})"
    return answer


def _beside(rows: list[Row], names: dict[int, str]) -> list[Fault]:
    message = "This cell stands under no heading; a delimiter may need quotes."
    return [
        Fault(at, "", "ragged", str(cell)[:80], message)
        for at, cells in rows
        for place, cell in enumerate(cells)
        if place not in names and cell is not None and cell.strip()
    ]


def _take_geometry(parsed: Parsed) -> None:
    """Join the columns of well-known text: a spreadsheet's cell holds 32,767 characters."""
    found = {name: at for name in parsed.columns if (at := _GEOMETRY.fullmatch(name))}
    first = next((name for name, at in found.items() if at[2] is None), None)
    if first is None:
        return
    stem = found[first][1]
    more = sorted((int(at[2]), name) for name, at in found.items() if at[1] == stem and at[2])
    parts = [parsed.columns[name] for name in (first, *(name for _, name in more))]
    texts = ["".join(part or "" for part in cell) for cell in zip(*parts, strict=True)]
    example = next((text for text in texts if text.strip()), None)
    if example is not None and WKT.fullmatch(example) is None:
        return
    for name in (first, *(name for _, name in more)):
        del parsed.columns[name]
    parsed.geometry = np.empty(len(texts), dtype=object)
    for place, text in enumerate(texts):
        parsed.geometry[place] = _shape(text, parsed.rows[place], parsed.faults)


def _shape(text: str, row: int, faults: list[Fault]) -> shapely.Geometry | None:
    if not text.strip():
        return None
    try:
        return from_wkt(text)
    except ShapeError as error:
        faults.append(Fault(row, GEOMETRY, error.code, text[:80], str(error)))
        return None
