"""
The Excel pack for the meeting: the bulletin's figures, a sheet for each unit, and the ledger.

The figures are those of the edition. The ranking and the ledger are the register's at the moment of
asking, the ledger of what the reader may see; their sheets say so.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell as ExcelCell
from openpyxl.worksheet.worksheet import Worksheet

from geodata.bulletins.blocks import Cell, Column, Rows
from geodata.bulletins.kept import Edition
from geodata.bulletins.telling import tell
from geodata.bulletins.wording import Say
from geodata.issues.ledger import Wanted
from geodata.issues.setting import Setting
from geodata.issues.sheet import sheet as ledger_sheet
from geodata.paper.bulletin_sheets import (
    BOLD,
    add_table,
    cover_sheet,
    lead,
    printed,
    put,
    saved,
    sheet_name,
)
from geodata.rankings import Rankings

PARTS = ("shares", "categories", "subdistricts", "coverage", "gaps", "overdue", "spots", "places")
"""The bulletin's tables that a meeting looks at, in its order."""
UNIT_COLUMN = "责任单位"
MOST_UNITS = 400


@dataclass(frozen=True)
class _Ledger:
    """The ledger of a month: its headings, and its rows."""

    headings: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def of(self, unit: str) -> list[tuple[object, ...]]:
        """Return the rows of a unit."""
        at = self.headings.index(UNIT_COLUMN)
        return [row for row in self.rows if row[at] == unit]


def meeting_pack(edition: Edition, language: str, setting: Setting) -> bytes:
    """
    Write the pack of a month.

    Parameters
    ----------
    edition
        Of the bulletin.
    language
        One of `geodata.bulletins.words.LABELS`.
    setting
        Who asks: the ledger is what they may see of it.
    """
    say, told = Say(language), tell(edition, language, setting.zone)
    book = Workbook()
    cover = book.active
    assert isinstance(cover, Worksheet)  # noqa: S101 - of a workbook that is not write-only
    tables = {table.name: table for table in [*told.tables, *told.annex]}
    listed = [
        (tables[name].caption, add_table(book, tables[name])) for name in PARTS if name in tables
    ]
    if "indicators units" in tables:
        listed.append((say("table indicators units"), add_table(book, tables["indicators units"])))
    ranked = _ranking(edition, setting, say)
    listed += [(table.caption, add_table(book, table)) for table in ranked]
    ledger = _ledger(edition, setting)
    units = edition.figures["by_unit"][:MOST_UNITS]
    index = add_table(book, tables["units"])
    listed.append((tables["units"].caption, index))
    rows = _ledger_rows(ledger, say)
    listed.append((rows.caption, add_table(book, rows)))
    for at, unit in enumerate(units, start=2):
        sheet = _unit_sheet(book, unit, edition, ledger, say)
        cell = index.cell(at, 1)
        assert isinstance(cell, ExcelCell)  # noqa: S101 - no cell is merged
        lead(cell, sheet)
    cover_sheet(cover, told, listed)
    return saved(book, edition)


def _ranking(edition: Edition, setting: Setting, say: Say) -> Iterator[Rows]:
    """Return the ranking of units and of subdistricts as it stands; who shares a place, shares."""
    today = setting.day(setting.store.now())
    book = Rankings(setting.whole, setting.whole, setting.person, today, setting.zone)
    columns = (
        Column(say("place"), 1.0),
        Column(say("name"), 2.5, right=False),
        Column(say("count"), 1.0),
        Column(say("score"), 1.0),
        Column(say("interval"), 1.5),
    )
    for level in ("unit", "subdistrict"):
        found = book.ranked(edition.month.first, level)
        rows = tuple(
            (
                Cell(_place(row["first"], row["last"])),
                Cell(say.named(str(row["name"]))),
                say.count_cell(int(row["n"])),
                Cell(say.number(row["score"], 1), float(row["score"]), "0.0"),
                Cell(f"{row['low']:.1f}–{row['high']:.1f}"),
            )
            for _, row in found.ranking.table.dropna(subset=["first", "score"]).iterrows()
        )
        if rows:
            yield Rows(f"ranking {level}", say(f"table ranking {level}"), columns, rows)


def _place(first: float, last: float) -> str:
    """Return a place; a span of places where several cannot be told apart."""
    return f"{int(first)}" if first == last else f"{int(first)}–{int(last)}"


def _ledger(edition: Edition, setting: Setting) -> _Ledger:
    month = edition.month
    begin = datetime.combine(month.first, time(), setting.zone)
    end = datetime.combine(month.last + timedelta(days=1), time(), setting.zone)
    wanted = Wanted(since=begin.astimezone(UTC), until=end.astimezone(UTC))
    given = load_workbook(io.BytesIO(ledger_sheet(setting, wanted)), read_only=True)
    headings, *rows = given.worksheets[0].iter_rows(values_only=True)
    given.close()
    # a row ends with its last cell that was written
    whole = tuple((*row, *[None] * (len(headings) - len(row))) for row in rows)
    return _Ledger(tuple(str(one) for one in headings), whole)


def _ledger_rows(ledger: _Ledger, say: Say) -> Rows:
    columns = tuple(Column(heading, right=False) for heading in ledger.headings)
    rows = tuple(tuple(_cell(value) for value in row) for row in ledger.rows)
    return Rows("ledger", say("table ledger"), columns, rows)


def _unit_sheet(
    book: Workbook, unit: dict[str, Any], edition: Edition, ledger: _Ledger, say: Say
) -> Worksheet:
    """Add the sheet of a unit: its counts, its indicators, and its issues of the month."""
    sheet = book.create_sheet(sheet_name(book, say.named(unit["name"])))
    put(sheet, 1, 1, Cell(say.named(unit["name"])), framed=False).font = BOLD
    counts = ("received", "closed_out", "refused", "merged", "open", "overdue")
    for number, name in enumerate(counts, start=1):
        put(sheet, 3, number, Cell(say(name))).font = BOLD
        put(sheet, 4, number, say.count_cell(unit[name]))
    lines = [(say("on_time"), unit["on_time"])]
    lines += [
        (say.code("indicator", row["indicator"]), row)
        for row in edition.figures["evaluation"]["units"]
        if row["key"] == unit["key"]
    ]
    for number, name in enumerate(("indicator", "part", "whole", "share", "interval"), start=1):
        put(sheet, 6, number, Cell(say(name))).font = BOLD
    at = 7
    for label, found in lines:
        cells = [Cell(label), say.count_cell(found["part"]), say.count_cell(found["whole"])]
        cells += [say.share_cell(found["share"]), Cell(say.range(found))]
        for number, cell in enumerate(cells, start=1):
            put(sheet, at, number, cell)
        at += 1
    _issues(sheet, at + 1, ledger, ledger.of(unit["name"]))
    for column in "ABCDEFGHI":
        sheet.column_dimensions[column].width = 20
    sheet.sheet_view.showGridLines = False
    printed(sheet)
    return sheet


def _issues(sheet: Worksheet, at: int, ledger: _Ledger, rows: list[tuple[object, ...]]) -> None:
    for number, heading in enumerate(ledger.headings, start=1):
        put(sheet, at, number, Cell(heading)).font = BOLD
    for line, row in enumerate(rows, start=at + 1):
        for number, value in enumerate(row, start=1):
            put(sheet, line, number, _cell(value), framed=False)


def _cell(value: object) -> Cell:
    if isinstance(value, int | float):
        return Cell(f"{value:g}", float(value), "0")
    return Cell("" if value is None else str(value))
