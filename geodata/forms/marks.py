"""
A form with its faults in their cells: what the child process writes and the parent hands on.

The workbook is untrusted still, so it is opened only here. What would run in it comes back as text:
a formula as its last value, and itself in a comment.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
from openpyxl.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from geodata.errors import UnreadableError
from geodata.limits import Limits
from geodata.parsers import excel
from geodata.parsers.parsed import Parsed

AUTHOR = "gridmap"
RED = PatternFill("solid", start_color="FFFFC7CE")
WIDTHS = (18, 22, 30, 64)
COMMENT_WIDTH, COMMENT_HEIGHT = 320, 110  # points
_REFERENCE = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def parse(path: Path, options: dict[str, Any], limits: Limits) -> Parsed:
    """
    Mark the faults of a workbook.

    Parameters
    ----------
    path
        The workbook.
    options
        ``faults``: sheet, reference, heading, value and message of each; ``title`` of the first
        sheet, and its four ``headings``.
    limits
        As for reading.

    Returns
    -------
    Parsed
        One row, one column ``workbook``: the bytes.

    Raises
    ------
    UnsupportedFormatError, UnreadableError, LimitError
        As `geodata.parsers.excel.parse`.
    """
    with excel.opened(path, limits) as opened:
        for member in opened.archive.namelist():
            if member.lower().endswith((".xml", ".rels", ".vml")):
                excel.refuse_dtd(opened.archive, member)
    try:
        book = openpyxl.load_workbook(path, keep_links=False)
        values = openpyxl.load_workbook(path, keep_links=False, data_only=True)
    except (InvalidFileException, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        msg = "The workbook is broken: {reason}"
        raise UnreadableError(msg, reason=str(error)[:200]) from None
    for sheet in book.worksheets:
        _wipe(sheet)
        _still(sheet, values[sheet.title])
    faults = options["faults"]
    for title, reference, _, _, message in faults:
        if title in book.sheetnames and _REFERENCE.fullmatch(reference):
            _mark(book[title], reference, message)
    _list(book, options["title"], options["headings"], faults)
    written = io.BytesIO()
    book.save(written)
    return Parsed([1], {"workbook": pa.array([written.getvalue()], pa.large_binary())})


def _wipe(sheet: Worksheet) -> None:
    """Take away the marks of an earlier round."""
    for cell in [cell for cell in _cells(sheet) if cell.comment and cell.comment.author == AUTHOR]:
        cell.comment = None
        if cell.fill.start_color.rgb == RED.start_color.rgb:
            cell.fill = PatternFill()


def _cells(sheet: Worksheet) -> list[Cell]:
    # iter_rows would make every cell between here and a far corner
    return [cell for cell in sheet._cells.values() if isinstance(cell, Cell)]  # noqa: SLF001


def _still(sheet: Worksheet, values: Worksheet) -> None:
    """Make texts of formulas."""
    for cell in [cell for cell in _cells(sheet) if cell.data_type == "f"]:
        formula = str(getattr(cell.value, "text", cell.value))
        last = values[cell.coordinate].value
        _say(cell, formula if last is None else last)
        if last is not None:
            _comment(cell, formula)


def _say(cell: Cell, value: object) -> None:
    cell.value = value  # type: ignore[assignment]
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = True


def _mark(sheet: Worksheet, reference: str, message: str) -> None:
    cell = sheet[reference]
    if isinstance(cell, MergedCell):  # only the first cell of a merged area can say anything
        area = next(area for area in sheet.merged_cells.ranges if reference in area)
        cell = sheet.cell(area.min_row, area.min_col)
    cell.fill = RED
    _comment(cell, message)


def _comment(cell: Cell, text: str) -> None:
    before = cell.comment.text.split("\n") if cell.comment else []
    lines = dict.fromkeys([*before, _FORBIDDEN.sub(" ", text)])
    comment = Comment("\n".join(lines), AUTHOR)
    comment.width, comment.height = COMMENT_WIDTH, COMMENT_HEIGHT
    cell.comment = comment


def _list(book: Workbook, title: str, headings: list[str], faults: list[list[str]]) -> None:
    """Put a sheet of all faults first; each leads to its cell."""
    if title in book.sheetnames:  # of an earlier round
        del book[title]
    sheet = book.create_sheet(title, 0)
    sheet.append(headings)
    for name, reference, heading, value, message in faults:
        where = f"{name}!{reference}" if reference else name
        sheet.append([""] * len(headings))
        row = sheet.max_row
        for column, text in enumerate((where, heading, value, message), start=1):
            _say(sheet.cell(row, column), _FORBIDDEN.sub(" ", text))
            sheet.cell(row, column).alignment = Alignment(wrap_text=True, vertical="top")
        if name in book.sheetnames and _REFERENCE.fullmatch(reference):
            quoted = name.replace("'", "''")
            link = Hyperlink(ref=f"A{row}", location=f"'{quoted}'!{reference}")
            sheet.cell(row, 1).hyperlink = link
            sheet.cell(row, 1).font = Font(color="FF0563C1", underline="single")
    for cell, width in zip(sheet[1], WIDTHS, strict=True):
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.freeze_panes = "A2"
    book.active = 0
    for other in book.worksheets[1:]:
        other.sheet_view.tabSelected = False
