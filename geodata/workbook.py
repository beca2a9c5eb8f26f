"""
Excel workbooks out.

Each text is typed as text and marked with Excel's own quote sign, so that neither opening nor
editing runs it; numbers are numbers. A text longer than a cell holds goes on in the next column.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from geodata.parsers.values import has_lost_digits
from gridmap.layers import Frame

CELL = 32_000  # Excel holds 32,767, and some of these grow when escaped
WIDE, NARROW = 60, 8
_FORBIDDEN_IN_TITLE = re.compile(r"[\\/*?:\[\]]")
# Excel writes what XML cannot hold, and what looks like such an escape, by its number.
_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")

Kind: TypeAlias = Literal["text", "number", "date"]
Cells: TypeAlias = list[tuple[str, list[str | None], Kind]]


def save(frame: Frame, path: Path, title: str, cells: Cells) -> None:
    """
    Write one sheet.

    Parameters
    ----------
    frame
        Only its length is used.
    path
        The file.
    title
        Of the sheet.
    cells
        Heading, texts, and what they are; column by column.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_FORBIDDEN_IN_TITLE.sub(" ", title)[:31] or "Sheet1")
    sheet.freeze_panes = "A2"
    columns = [part for column in cells for part in _parts(*column)]
    for number, (heading, texts, _) in enumerate(columns, start=1):
        longest = max((len(text) for text in texts[:1000] if text), default=0)
        width = min(max(2 * len(heading), longest, NARROW), WIDE)
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_heading(sheet, heading) for heading, _, _ in columns])
    for row in range(len(frame)):
        sheet.append([_value(sheet, texts[row], kind) for _, texts, kind in columns])
    book.save(path)


def _parts(heading: str, texts: list[str | None], kind: Kind) -> Cells:
    longest = max((len(text) for text in texts if text), default=0)
    if kind != "text" or longest <= CELL:
        return [(heading, texts, kind)]
    name, bracket, crs = heading.partition(" [")
    return [
        (
            f"{name} {number + 1}{bracket}{crs}" if number else heading,
            [(text or "")[number * CELL : (number + 1) * CELL] or None for text in texts],
            kind,
        )
        for number in range(-(-longest // CELL))
    ]


def _heading(sheet: WriteOnlyWorksheet, text: str) -> Cell:
    cell = _text(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _value(sheet: WriteOnlyWorksheet, text: str | None, kind: Kind) -> Cell | None:
    if text is None:
        return None
    if kind == "text" or (kind == "number" and has_lost_digits(float(text))):
        return _text(sheet, text)
    if kind == "date":
        cell = WriteOnlyCell(sheet, value=datetime.fromisoformat(text))
        cell.number_format = "yyyy-mm-dd"
        return cell
    cell = WriteOnlyCell(sheet, value=text)  # openpyxl would cut a float to 16 digits
    cell.data_type = "n"
    return cell


def _text(sheet: WriteOnlyWorksheet, text: str) -> Cell:
    escaped = _ESCAPE.sub(lambda at: f"_x{ord(at[0]):04X}_", text)
    cell = WriteOnlyCell(sheet, value=escaped)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell
