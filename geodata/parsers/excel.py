"""
Excel workbooks (.xlsx), as streams of XML.

openpyxl would hold 300 bytes a cell, and cannot say of one cell both its formula and its last
value. Here a cell is its text; what a spreadsheet hides (merged cells, hidden rows, formulas,
digits that a double lost) is counted or refused.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from geodata import archives
from geodata.errors import ChoiceError, LimitError, UnreadableError, UnsupportedFormatError
from geodata.limits import Limits
from geodata.notes import note
from geodata.parsers import excel_cells
from geodata.parsers.excel_cells import Book
from geodata.parsers.parsed import Parsed
from geodata.parsers.sheet import Sheet, to_parsed

COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
CHUNK, HEAD = 1 << 20, 1 << 16
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
# What runs or fetches when the workbook is opened; a register has no use for it.
ACTIVE = ("vbaproject", "xl/externallinks/", "xl/embeddings/", "xl/activex/", "xl/connections")


@dataclass(frozen=True)
class Tab:
    """One sheet of a workbook: its name, its member, and whether it is shown."""

    name: str
    member: str
    shown: bool


@dataclass
class Cells:
    """What one pass over a sheet gathers."""

    rows: list[tuple[int, list[str | None]]] = field(default_factory=list)
    faults: list[tuple[int, int, str, str, str]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: int = 0
    formulas: int = 0


@dataclass(frozen=True)
class Opened:
    """An open workbook that neither runs nor fetches anything."""

    archive: zipfile.ZipFile
    tabs: list[Tab]
    book: Book


def parse(path: Path, options: dict[str, Any], limits: Limits) -> Parsed:
    """
    Read one sheet of a workbook.

    Parameters
    ----------
    path
        The file.
    options
        ``sheet``, where the workbook has several, and ``header``, the row of headings.
    limits
        Size when unpacked, and rows.

    Raises
    ------
    UnsupportedFormatError
        If it is an old ``.xls``, has a password, or holds macros or links.
    ChoiceError
        If several sheets have cells and none was named.
    UnreadableError
        If it is broken.
    LimitError
        If it unpacks to too much.
    """
    with opened(path, limits) as workbook:
        tab = _chosen(workbook.archive, workbook.tabs, options.get("sheet"))
        found = cells(workbook, tab, limits)
        return to_parsed(_sheet(found, workbook.tabs, tab, options.get("header")))


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Opened]:
    """
    Open a workbook after looking at what is in it.

    Parameters
    ----------
    path
        The file.
    limits
        Size when unpacked.

    Raises
    ------
    UnsupportedFormatError, UnreadableError, LimitError
        As `parse`; also for what is found to be broken while it is open.
    """
    _refuse_others(path)
    archive, members = archives.open_checked(path, limits)
    with archive:
        try:
            _refuse_active(members)
            tabs, epoch_1904 = _tabs(archive)
            texts, dates = _shared_strings(archive, members), _date_styles(archive, members)
            yield Opened(archive, tabs, Book(texts, dates, epoch_1904))
        except (ET.ParseError, KeyError, zipfile.BadZipFile, EOFError) as error:
            msg = "The workbook is broken: {reason}"
            raise UnreadableError(msg, reason=str(error)[:200]) from None


def _refuse_others(path: Path) -> None:
    with path.open("rb") as file:
        magic = file.read(len(COMPOUND_FILE))
    if magic == COMPOUND_FILE:
        msg = "This is an old .xls, or has a password; save it as .xlsx without one."
        raise UnsupportedFormatError(msg)
    if magic[:2] != b"PK":
        msg = "This is no .xlsx workbook; open it in Excel or WPS and save it as .xlsx."
        raise UnsupportedFormatError(msg)


def _refuse_active(members: dict[str, zipfile.ZipInfo]) -> None:
    active = next(
        (
            name
            for name in members
            if name.lower().startswith(ACTIVE) or any(word in name.lower() for word in ACTIVE)
        ),
        None,
    )
    if active is not None:
        msg = "The workbook holds macros or links ({name}); save it without them."
        raise UnsupportedFormatError(msg, name=active)


def refuse_dtd(archive: zipfile.ZipFile, member: str) -> None:
    """
    Refuse a member whose XML could name entities, or hide that it does.

    Parameters
    ----------
    archive, member
        Of an open workbook.

    Raises
    ------
    UnreadableError
        If it has a DTD, or is not in UTF-8.
    """
    with archive.open(member) as file:
        head = file.read(HEAD)
        declared = re.search(rb"""encoding\s*=\s*["']([\w.-]+)""", head[:200])
        if b"\0" in head[:4] or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii")):
            msg = "The workbook's {member} is not in UTF-8."
            raise UnreadableError(msg, member=member)
        tail = b""
        while head:
            if b"<!DOCTYPE" in tail + head:
                msg = "The workbook's {member} has a DTD; that is refused."
                raise UnreadableError(msg, member=member)
            tail, head = head[-len("<!DOCTYPE") :], file.read(CHUNK)


def _open(archive: zipfile.ZipFile, member: str) -> Iterator[tuple[str, ET.Element]]:
    """Walk over a member's elements, closing ones only; refuse any DTD before."""
    refuse_dtd(archive, member)
    with archive.open(member) as file:
        yield from ET.iterparse(file, events=("end",))  # noqa: S314 -- no DTD, so no entity


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _tabs(archive: zipfile.ZipFile) -> tuple[list[Tab], bool]:
    targets = {
        element.get("Id"): posixpath.normpath(
            posixpath.join("/xl", element.get("Target", ""))
        ).lstrip("/")
        for _, element in _open(archive, "xl/_rels/workbook.xml.rels")
        if _local(element) == "Relationship" and element.get("TargetMode") != "External"
    }
    tabs, epoch_1904 = [], False
    for _, element in _open(archive, "xl/workbook.xml"):
        if _local(element) == "sheet":
            member = targets.get(element.get(RELATION) or element.get(STRICT_RELATION))
            if member is not None and "worksheets/" in member:
                shown = element.get("state", "visible") == "visible"
                tabs.append(Tab(element.get("name", ""), member, shown))
        elif _local(element) == "workbookPr":
            epoch_1904 = element.get("date1904") in ("1", "true")
    return tabs, epoch_1904


def _chosen(archive: zipfile.ZipFile, tabs: list[Tab], sheet: str | None) -> Tab:
    for tab in tabs:
        if tab.name == sheet:
            return tab
    filled = [tab for tab in tabs if tab.shown and _has_cells(archive, tab)]
    if sheet is None and len(filled) == 1:
        return filled[0]
    if sheet is None and not filled:
        msg = "The workbook has no sheet with cells."
        raise UnreadableError(msg)
    msg = "The workbook has the sheets {choices}; name one of them."
    raise ChoiceError(msg, choices=[tab.name for tab in tabs])


def _has_cells(archive: zipfile.ZipFile, tab: Tab) -> bool:
    with archive.open(tab.member) as file:
        return re.search(rb"<(?:\w+:)?c[ >]", file.read(HEAD)) is not None


def _shared_strings(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> list[str]:
    if "xl/sharedStrings.xml" not in members:
        return []
    strings = []
    for _, element in _open(archive, "xl/sharedStrings.xml"):
        if _local(element) == "si":
            strings.append(excel_cells.rich_text(element))
            element.clear()
    return strings


def _date_styles(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> set[int]:
    if "xl/styles.xml" not in members:
        return set()
    custom: dict[int, str] = {}
    used: list[int] = []
    for _, element in _open(archive, "xl/styles.xml"):
        if _local(element) == "numFmt":
            custom[int(element.get("numFmtId", 0))] = element.get("formatCode", "")
        elif _local(element) == "cellXfs":
            used = [int(style.get("numFmtId", 0)) for style in element]
    return {n for n, number in enumerate(used) if excel_cells.is_date(number, custom.get(number))}


def cells(workbook: Opened, tab: Tab, limits: Limits) -> Cells:
    """
    Read the cells of one sheet, as they stand.

    Parameters
    ----------
    workbook
        As `opened` gave it.
    tab
        Which of its sheets.
    limits
        The number of rows.

    Raises
    ------
    LimitError
        If there are more rows.
    """
    found = Cells()
    number = 0
    for _, element in _open(workbook.archive, tab.member):
        kind = _local(element)
        if kind == "row":
            number = int(element.get("r", number + 1))
            _take_row(element, number, workbook.book, found)
            element.clear()
        elif kind == "mergeCell":
            found.merged.append(excel_cells.area(element.get("ref", "")))
        elif kind == "col" and element.get("hidden") in ("1", "true"):
            found.hidden_columns += int(element.get("max", 1)) - int(element.get("min", 1)) + 1
        if len(found.rows) > limits.rows:
            msg = "The sheet has more than {limit} rows."
            raise LimitError(msg, limit=limits.rows)
    return found


def _take_row(row: ET.Element, number: int, book: Book, cells: Cells) -> None:
    texts: list[str | None] = []
    for cell in row:
        if _local(cell) != "c":
            continue
        place = excel_cells.column(cell.get("r"), len(texts))
        read = excel_cells.read(cell, book)
        cells.formulas += read.is_formula
        if read.fault is not None:
            code, message = read.fault
            cells.faults.append((number, place, code, (read.text or "")[:80], message))
        elif read.text is not None and read.text != "":
            texts += [None] * (place + 1 - len(texts))
            texts[place] = read.text
    if any(text is not None for text in texts):
        cells.rows.append((number, texts))
        cells.hidden_rows += row.get("hidden") in ("1", "true")


def _sheet(cells: Cells, tabs: list[Tab], tab: Tab, heading: int | None) -> Sheet:
    filled = _fill_down(cells)
    counts = (
        (filled, "{n} cells merged with the one above were given its text."),
        (cells.hidden_rows, "{n} hidden rows were read too."),
        (cells.hidden_columns, "{n} hidden columns were read too."),
        (cells.formulas, "{n} formulas were read as their last values."),
    )
    sheet = Sheet([*cells.rows], heading=heading, faults=cells.faults)
    sheet.notes = [note(template, n=n) for n, template in counts if n]
    sheet.notes.append(note("The sheet {sheet} was read.", sheet=tab.name))
    if unread := [other.name for other in tabs if other.name != tab.name]:
        sheet.notes.append(note("The sheets {sheets} were not read.", sheets=", ".join(unread)))
    sheet.parts = [other.name for other in tabs]
    sheet.grouped = {top for top, left, _, right in cells.merged if right > left}
    sheet.heading_end = {top: bottom for top, _, bottom, _ in cells.merged}
    return sheet


def _fill_down(cells: Cells) -> int:
    at = dict(cells.rows)
    filled = 0
    for top, left, bottom, _ in cells.merged:
        source = at.get(top, [])
        text = source[left] if left < len(source) else None
        for row in range(top + 1, bottom + 1):
            if text is None or row not in at:
                continue  # a row of nothing but merged cells is blank
            below = at[row]
            below += [None] * (left + 1 - len(below))
            below[left] = text
            filled += 1
    return filled
