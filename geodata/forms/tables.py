"""
A form's cells to tables: which sheet is which, where its headings are, which rows count.

Offices put a title above the headings and group them in a row of merged cells; a group's words and
those beneath it are read together before those beneath it alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from openpyxl.utils import get_column_letter

from geodata import sandbox
from geodata.errors import UnreadableError, UnsupportedFormatError
from geodata.forms import design, words
from geodata.forms.cells import ABOVE, BESIDE, OWN
from geodata.forms.design import FormSheet
from geodata.limits import Limits
from geodata.notes import Note, note
from geodata.parsers.parsed import Fault
from geodata.readers import INSTEAD

ENDING = ".xlsx"
LOOKED_AT = 20
_REMARK = re.compile(
    r"(注|备注|说明|填表说明|填报说明|note)\s*[:：].*|(合计|总计|小计|total).*|(填表|填报|审核|制表)人.*",
    re.IGNORECASE | re.DOTALL,
)
_PHONE = re.compile(r"[\d\s()+-]+")
Cell: TypeAlias = tuple[str, int, int]  # text, whose it is, and the row in which it stands


@dataclass(frozen=True)
class Table:
    """
    One sheet of a form, as filled in.

    Parameters
    ----------
    form
        Which sheet it is.
    title
        What the workbook calls it.
    header
        Number of the row of headings.
    columns
        Field → place of its column, from 0.
    rows
        Number of a row → field → text, for the rows that say something; blank cells are left out.
    tops
        Row and field of a cell merged with one above → the row of that one.
    """

    form: FormSheet
    title: str
    header: int
    columns: Mapping[str, int]
    rows: Mapping[int, Mapping[str, str]]
    tops: Mapping[tuple[int, str], int]

    def top(self, row: int, field: str) -> int:
        """Return the row in which the text of a cell stands; 0 is that of the headings."""
        return self.tops.get((row, field), row) or self.header

    def cell(self, row: int, field: str) -> str:
        """
        Return where a field of a row stands, such as ``包保关系!C17``.

        Parameters
        ----------
        row
            Its number; 0 for the headings.
        field
            Of a field that the sheet lacks, the first column.
        """
        column = self.columns.get(field, min(self.columns.values(), default=0))
        return f"{self.title}!{get_column_letter(column + 1)}{self.top(row, field)}"

    def heading(self, field: str) -> str:
        """Return what the form prints above a field."""
        known = {one.name: one.heading[0] for one in self.form.fields}
        return known.get(field, field)

    def text(self, row: int, field: str) -> str:
        """Return what a cell says; nothing if it is blank, or the sheet lacks the field."""
        return self.rows[row].get(field, "")


@dataclass(frozen=True)
class Tables:
    """
    A form as it stands.

    Parameters
    ----------
    tables
        Sheet's name in code → table, for the sheets that the workbook has.
    faults
        What is wrong with single cells: the sheet's name, row, field, code, value, message.
    notes
        What was remarked while reading.
    """

    tables: Mapping[str, Table]
    faults: list[tuple[str, Fault]]
    notes: list[Note]


def read_tables(path: Path, limits: Limits) -> Tables:
    """
    Read a workbook, in a child process, and find the form in it.

    Parameters
    ----------
    path
        The workbook.
    limits
        What the child is held to.

    Raises
    ------
    UnsupportedFormatError
        If it is no ``.xlsx``, or holds macros or links.
    UnreadableError
        If it is broken, has none of the form's sheets, or nothing stands in them.
    LimitError
        If it asks for too much.
    """
    require_workbook(path)
    header, cells = sandbox.run("form", path, {}, limits)
    notes = [Note(template, values) for template, values in header["notes"]]
    tables: dict[str, Table] = {}
    for title, rows in _sheets(cells.to_pydict()).items():
        table = _table(title, rows, notes)
        if table is None or not table.rows:
            notes.append(note("The sheet {sheet} is empty.", sheet=title))
        elif table.form.name in tables:
            notes.append(note("The sheet {sheet} is there twice; it was not read.", sheet=title))
        else:
            tables[table.form.name] = table
    if not tables:
        msg = "The workbook has no filled sheet called {sheets}; fill in the template."
        raise UnreadableError(
            msg, sheets="、".join(sheet.title[0] for sheet in design.SHEETS.values())
        )
    known = {table.title: table for table in tables.values()}
    ours = {design.LISTS, *words.TO_MEND, *known}
    if other := [name for name in header["parts"] if name not in ours]:
        notes.append(note("The sheets {sheets} were not read.", sheets=", ".join(other)))
    return Tables(tables, _placed([Fault(*fault) for fault in header["faults"]], known), notes)


def require_workbook(path: Path) -> None:
    """
    Refuse what is no workbook by its name.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    UnsupportedFormatError, UnreadableError
        If it ends otherwise; if it is not there.
    """
    ending = path.suffix.lower()
    if ending != ENDING:
        msg = "Files ending in {ending} are not read; {instead}."
        raise UnsupportedFormatError(
            msg, ending=path.suffix or "nothing", instead=INSTEAD.get(ending, f"there are {ENDING}")
        )
    if not path.is_file():
        msg = "There is no file {path}."
        raise UnreadableError(msg, path=path.name)


def _sheets(cells: Mapping[str, list[object]]) -> dict[str, dict[int, dict[int, Cell]]]:
    """Return sheet → row → column → cell, rows in order."""
    sheets: dict[str, dict[int, dict[int, Cell]]] = {}
    names = ("sheet", "row", "column", "text", "origin", "top")
    for sheet, row, column, text, origin, top in zip(*(cells[name] for name in names), strict=True):
        if isinstance(text, str):
            at = sheets.setdefault(str(sheet), {}).setdefault(_int(row), {})
            at[_int(column)] = (text, _int(origin), _int(top))
    return {title: dict(sorted(rows.items())) for title, rows in sheets.items()}


def _int(value: object) -> int:
    return int(str(value))


def _table(title: str, rows: dict[int, dict[int, Cell]], notes: list[Note]) -> Table | None:
    form = design.sheet_called(title)
    found = (
        [(number, _headings(form, rows, number)) for number in [*rows][:LOOKED_AT]] if form else []
    )
    header, columns = max(found, key=lambda one: (len(one[1]), one[0]), default=(0, {}))
    if form is None or not columns:
        return None
    unread = [
        text for place, (text, origin, _) in rows[header].items()
        if place not in columns.values() and origin != BESIDE
    ]  # fmt: skip
    if unread:
        headings = ", ".join(unread)
        notes.append(note("Headings that were not used: {headings}.", headings=headings))
    kept = {
        number: {
            field: _clean(field, cells[place][0])
            for field, place in columns.items()
            if place in cells and cells[place][1] != BESIDE and field != design.SERIAL
        }
        for number, cells in rows.items()
        if number > header and _counts(cells, columns.get(design.SERIAL))
    }
    tops = {
        (number, field): rows[number][place][2]
        for number in kept
        for field, place in columns.items()
        if place in rows[number] and rows[number][place][1] == ABOVE
    }
    return Table(form, title, header, columns, kept, tops)


def _headings(form: FormSheet, rows: dict[int, dict[int, Cell]], number: int) -> dict[str, int]:
    """Return the fields that a row names, each with its column; nearer names count first."""
    above = [row for row in rows if row < number]
    group = rows[above[-1]] if above else {}
    claims: list[tuple[int, int, str]] = []
    for place, (text, origin, _) in rows[number].items():
        if origin == BESIDE:
            continue
        alone = words.plain(text)
        whole = words.plain(group[place][0]) + alone if place in group else alone
        for field in form.fields:
            own = {words.plain(word) for word in field.heading}
            also = {words.plain(word) for word in field.also}
            ranks = (whole in own, whole in also, alone in own, alone in also)
            if any(ranks):
                claims.append((ranks.index(True), place, field.name))
    columns: dict[str, int] = {}
    for _, place, name in sorted(claims):
        if name not in columns and place not in columns.values():
            columns[name] = place
    return columns


def _counts(cells: Mapping[int, Cell], serial: int | None) -> bool:
    """Return whether a row says something: is not blank, the example, or a remark below."""
    own = {place: text for place, (text, origin, _) in cells.items() if origin == OWN}
    number = own.pop(serial, "") if serial is not None else ""
    if not own or words.plain(number) in {words.plain(word) for word in words.EXAMPLE}:
        return False
    first = number or own[min(own)]
    return _REMARK.fullmatch(unicodedata.normalize("NFKC", first).strip()) is None


def _clean(field: str, text: str) -> str:
    """Return a text without its edges; a telephone number in the width of ordinary digits."""
    narrow = unicodedata.normalize("NFKC", text).strip()
    return narrow if field == "phone" and _PHONE.fullmatch(narrow) else text.strip()


def _placed(faults: Iterable[Fault], known: Mapping[str, Table]) -> list[tuple[str, Fault]]:
    """Give the faults of cells to their fields; a column that is not used has none."""
    placed = []
    for fault in faults:
        title, _, column = fault.column.rpartition("!")
        table = known.get(title)
        fields = {place: name for name, place in table.columns.items()} if table else {}
        if table and column.isdigit() and int(column) in fields and fault.row > table.header:
            placed.append((table.form.name, fault._replace(column=fields[int(column)])))
    return placed
