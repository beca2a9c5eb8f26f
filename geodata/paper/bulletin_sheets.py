"""
A bulletin as an Excel workbook, a sheet for each table, numbers as numbers.

The first sheet says of which month and edition the rest is, and lists it.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import Cell as ExcelCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from geodata.bulletins.blocks import Cell, Document, Paragraph, Rows
from geodata.bulletins.kept import Edition
from geodata.bulletins.telling import tell
from geodata.paper.repacked import repacked

LONGEST = 31  # characters of a sheet's name
_FORBIDDEN = re.compile(r"[\\/*?:'\[\]]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
BOLD, HEAD = Font(bold=True), Font(bold=True, size=16)
LINK = Font(color="10375C", underline="single")
THIN = Side(style="thin", color="B9C5CE")
FRAME = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
WASH = PatternFill("solid", fgColor="EEF2F4")
WIDEST, NARROWEST = 44, 9
FRAMED = 2000


def bulletin_sheets(edition: Edition, language: str, zone: ZoneInfo) -> bytes:
    """
    Write an edition of a bulletin as an Excel workbook.

    Parameters
    ----------
    edition, language, zone
        As for `geodata.paper.bulletin_pdf.bulletin_pdf`.
    """
    told = tell(edition, language, zone)
    book = Workbook()
    cover = book.active
    assert isinstance(cover, Worksheet)  # noqa: S101 - of a workbook that is not write-only
    tables = [*told.tables, *told.annex]
    sheets = [add_table(book, table) for table in tables]
    cover_sheet(cover, told, [(t.caption, s) for t, s in zip(tables, sheets, strict=True)])
    return saved(book, edition)


def add_table(book: Workbook, table: Rows) -> Worksheet:
    """
    Add a table as a sheet, with its head frozen and a filter.

    Parameters
    ----------
    book
        Where.
    table
        Which; all its rows.
    """
    sheet = book.create_sheet(sheet_name(book, table.caption))
    for number, column in enumerate(table.columns, start=1):
        cell = put(sheet, 1, number, Cell(column.heading))
        cell.font, cell.fill = BOLD, WASH
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        texts = [column.heading, *(row[number - 1].text for row in table.rows[:500])]
        longest = max(sum(2 if c > "\u2e80" else 1 for c in text) for text in texts)
        width = min(max(longest + 2, NARROWEST), WIDEST)
        sheet.column_dimensions[get_column_letter(number)].width = width
    framed = len(table.rows) <= FRAMED  # styles are what takes long
    for at, row in enumerate(table.rows, start=2):
        for number, one in enumerate(row, start=1):
            cell = put(sheet, at, number, one, framed=framed)
            if table.columns[number - 1].right and one.value is None:
                cell.alignment = Alignment(horizontal="right")
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.sheet_view.showGridLines = False
    printed(sheet)
    return sheet


def cover_sheet(sheet: Worksheet, told: Document, listed: list[tuple[str, Worksheet]]) -> None:
    """
    Fill the first sheet: what this is, what it says in words, and what sheets follow.

    Parameters
    ----------
    sheet
        The first.
    told
        The bulletin.
    listed
        Title of each sheet that follows, and the sheet.
    """
    sheet.title = sheet_name(None, told.title)
    sheet.column_dimensions["A"].width = 110
    put(sheet, 1, 1, Cell(told.title), framed=False).font = HEAD
    at = 2
    for block in told.blocks:
        if isinstance(block, Paragraph):
            cell = put(sheet, at, 1, Cell(block.text), framed=False)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            at += 1
    for title, to in listed:
        at += 1
        cell = put(sheet, at, 1, Cell(title), framed=False)
        lead(cell, to)
    sheet.sheet_view.showGridLines = False
    printed(sheet)


def put(sheet: Worksheet, row: int, column: int, cell: Cell, *, framed: bool = True) -> ExcelCell:
    """
    Write a cell: a number as a number, a text as a text that never runs as a formula.

    Parameters
    ----------
    sheet, row, column
        Where, from 1.
    cell
        What.
    framed
        Whether it has a border.
    """
    at = sheet.cell(row, column)
    assert isinstance(at, ExcelCell)  # noqa: S101 - no cell is merged
    if cell.value is None:
        at.value = _CONTROL.sub(" ", cell.text)
        at.data_type = "s"
        at.quotePrefix = True
    else:
        at.value = cell.value
        at.number_format = cell.form
    if framed:
        at.border = FRAME
    return at


def lead(cell: ExcelCell, to: Worksheet) -> None:
    """Make a cell lead to a sheet of the same workbook."""
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{to.title}'!A1")
    cell.font = LINK


def sheet_name(book: Workbook | None, title: str) -> str:
    """Return a name for a sheet that Excel takes and that the workbook has not yet."""
    name = _FORBIDDEN.sub(" ", title)[:LONGEST].strip() or "Sheet"
    taken = set() if book is None else {one.title.lower() for one in book.worksheets}
    n = 2
    wanted = name
    while wanted.lower() in taken:
        wanted = f"{name[: LONGEST - 4]} {n}"
        n += 1
    return wanted


def printed(sheet: Worksheet) -> None:
    """Set a sheet up for A4, all columns on one page; its name, head and number on each."""
    for item, text in ((sheet.oddHeader, "&A"), (sheet.oddFooter, "&P / &N")):
        if item is not None and item.center is not None:  # as the types of the library have it
            item.center.text = text
    sheet.page_setup.paperSize, sheet.page_setup.orientation = 9, "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def saved(book: Workbook, edition: Edition) -> bytes:
    """
    Return a workbook of an edition as a file; the same bytes for the same contents.

    Parameters
    ----------
    book, edition
        The workbook, and the edition of which it is.
    """
    made = edition.frozen_at or datetime.combine(
        date.fromisoformat(edition.figures["until"]), time(), UTC
    )
    book.properties.creator = str(edition.figures["city"])
    written = io.BytesIO()
    book.save(written)
    return repacked(written.getvalue(), made.astimezone(UTC))
