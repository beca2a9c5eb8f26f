"""CSV: text with commas, tabs or semicolons."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

from geodata.errors import LimitError, UnreadableError
from geodata.limits import Limits
from geodata.parsers.parsed import Parsed
from geodata.parsers.sheet import Row, Sheet, to_parsed
from geodata.parsers.text import decode

DELIMITERS = (",", "\t", ";", "；", "，")
FIELD_CHARACTERS = 4_000_000  # the well-known text of a district's border is long
# What a spreadsheet takes for a formula; the guard in front of it is ours or another program's.
_GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


def parse(path: Path, options: dict[str, Any], limits: Limits) -> Parsed:
    """
    Read one CSV file.

    Parameters
    ----------
    path
        The file.
    options
        ``encoding`` and ``header`` (number of the row of headings), if the user named them.
    limits
        The number of rows.

    Raises
    ------
    UnreadableError
        If quotes do not close, or a cell is longer than any border.
    LimitError
        If there are too many rows.
    """
    text, notes = decode(path.read_bytes(), options.get("encoding"))
    csv.field_size_limit(FIELD_CHARACTERS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[Row] = []
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cells):
                rows.append((number, [_cell(cell) for cell in cells]))
            if len(rows) > limits.rows:
                msg = "The file has more than {limit} rows."
                raise LimitError(msg, limit=limits.rows)
    except csv.Error as error:
        msg = "Line {line}: {reason}."
        raise UnreadableError(msg, line=reader.line_num, reason=str(error)) from None
    if not rows:
        msg = "The file is empty."
        raise UnreadableError(msg)
    sheet = Sheet(rows, heading=options.get("header"), notes=notes, is_delimited=True)
    return to_parsed(sheet)


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts the first lines into most cells."""
    head = text[:10_000].splitlines()[:10]
    return max(DELIMITERS, key=lambda mark: max((line.count(mark) for line in head), default=0))


def _cell(cell: str) -> str | None:
    if not cell:
        return None
    return cell[1:] if _GUARDED.match(cell) else cell
