"""
The cells of a form, as they stand: what the child process hands to the parent.

Unlike `geodata.parsers.excel.parse` this keeps every cell with its place, since a fault is shown
in its cell. Cells merged with one above get its text; cells merged with one beside get it too, and
say so, because only headings mean that.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from geodata.forms import design
from geodata.limits import Limits
from geodata.notes import note
from geodata.parsers import excel
from geodata.parsers.parsed import Fault, Parsed

WIDEST = 256  # a cell further right is in no form
OWN, ABOVE, BESIDE = 0, 1, 2


class Place(NamedTuple):
    """Where a cell is: row from 1, column from 0."""

    row: int
    column: int


class Text(NamedTuple):
    """What a cell says, whether it is its own text or that of a merged cell, and of which row."""

    text: str
    origin: int
    top: int


def parse(path: Path, _options: dict[str, Any], limits: Limits) -> Parsed:
    """
    Read the sheets of a form.

    Parameters
    ----------
    path
        The workbook.
    limits
        Size when unpacked, and rows.

    Returns
    -------
    Parsed
        One row a cell: ``sheet``, ``column`` (from 0), ``text``, ``origin``, ``top`` (the row that
        the text stands in). The column of a fault
        is its sheet and its place, ``包保关系!16``; ``parts`` are all sheets of the workbook.

    Raises
    ------
    UnsupportedFormatError, UnreadableError, LimitError
        As `geodata.parsers.excel.parse`.
    """
    rows: list[int] = []
    sheets: list[str] = []
    columns: list[int] = []
    texts: list[str | None] = []
    origins: list[int] = []
    tops: list[int] = []
    parsed = Parsed([], {})
    with excel.opened(path, limits) as workbook:
        parsed.parts = [tab.name for tab in workbook.tabs]
        for tab in workbook.tabs:
            if design.sheet_called(tab.name) is None:
                continue
            found = excel.cells(workbook, tab, limits)
            _remark(parsed, tab, found)
            for place, cell in _filled(found).items():
                rows.append(place.row)
                sheets.append(tab.name)
                columns.append(place.column)
                texts.append(cell.text)
                origins.append(cell.origin)
                tops.append(cell.top)
    parsed.rows = rows
    parsed.columns = {
        "sheet": sheets,
        "column": pa.array(columns, pa.int32()),
        "text": texts,
        "origin": pa.array(origins, pa.int8()),
        "top": pa.array(tops, pa.int64()),
    }
    return parsed


def _remark(parsed: Parsed, tab: excel.Tab, found: excel.Cells) -> None:
    parsed.faults += [
        Fault(row, f"{tab.name}!{column}", code, value, message)
        for row, column, code, value, message in found.faults
    ]
    counts = (
        (found.hidden_rows, "{n} hidden rows of {sheet} were read too."),
        (found.hidden_columns, "{n} hidden columns of {sheet} were read too."),
        (found.formulas, "{n} formulas of {sheet} were read as their last values."),
    )
    parsed.notes += [note(template, n=n, sheet=tab.name) for n, template in counts if n]
    if not tab.shown:
        parsed.notes.append(note("The hidden sheet {sheet} was read too.", sheet=tab.name))


def _filled(found: excel.Cells) -> dict[Place, Text]:
    cells = {
        Place(row, column): Text(text, OWN, row)
        for row, texts in found.rows
        for column, text in enumerate(texts[:WIDEST])
        if text is not None and text.strip()
    }
    rows = sorted({place.row for place in cells})  # a row of nothing but merged cells is blank
    for top, left, bottom, right in found.merged:
        source = cells.get(Place(top, left))
        if source is None:
            continue
        for row in rows[bisect_left(rows, top) : bisect_right(rows, bottom)]:
            for column in range(left, min(right, WIDEST - 1) + 1):
                origin = ABOVE if column == left else BESIDE
                cells.setdefault(Place(row, column), Text(source.text, origin, top))
    return cells
