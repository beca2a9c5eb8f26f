"""Tables that go on from page to page, their head at the top of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from geodata.paper.page import FAINT, INK, MARGIN, POINT, RED, Colour, Sheet

LEADING = 1.45
ASIDE = 4.0  # right of figures, which would meet the next column, mm
PAD = 1.3  # above and below the lines of a row, and on both sides of a cell, mm


@dataclass(frozen=True)
class Column:
    """A heading, and how wide the column is, mm."""

    heading: str
    width: float
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True)
class Row:
    """
    One row.

    Parameters
    ----------
    cells
        A text for each column; wrapped.
    joined
        Belongs to the row above: no rule between them.
    section
        The first cell runs over the whole width, as a heading.
    colours
        Column number → colour of its text.
    """

    cells: tuple[str, ...]
    joined: bool = False
    section: bool = False
    colours: tuple[tuple[int, Colour], ...] = ()


@dataclass(frozen=True)
class Table:
    """
    How rows are set.

    Parameters
    ----------
    columns
        From left to right.
    size
        Of the type, points.
    least
        Height of a row, mm, where something is to be written by hand.
    turn
        Begins a new page and returns where its content starts, mm.
    """

    columns: tuple[Column, ...]
    turn: Callable[[], float]
    size: float = 8.0
    least: float = 0.0

    @property
    def line(self) -> float:
        """Height of a line, mm."""
        return self.size * POINT * LEADING


def set_table(sheet: Sheet, table: Table, rows: Iterable[Row], y: float) -> float:
    """
    Set a table from a height on.

    Parameters
    ----------
    sheet, table
        Where and how.
    rows
        In order.
    y
        Where it begins, mm.

    Returns
    -------
    float
        Where it ends, on the page that is then the last, mm.
    """
    y = _head(sheet, table, y)
    rows = list(rows)
    for number, row in enumerate(rows):
        lines = _lines(sheet, table, row)
        high = _height(table, row, lines)
        after = rows[number + 1] if row.section and number + 1 < len(rows) else None
        kept = 0.0 if after is None else _height(table, after, _lines(sheet, table, after))
        if y + min(high + kept, _room(sheet)) > sheet.bottom:
            y = _head(sheet, table, table.turn())
        while y + high > sheet.bottom:  # a row higher than a page
            fit = max(1, int((sheet.bottom - y - 2 * PAD) / table.line))
            _write(sheet, table, row, [cell[:fit] for cell in lines], y)
            lines = [cell[fit:] for cell in lines]
            high = _height(table, row, lines)
            y = _head(sheet, table, table.turn())
        _write(sheet, table, row, lines, y)
        y += high
    sheet.set_draw_color(*INK)
    sheet.set_line_width(0.25)
    sheet.line(MARGIN, y, MARGIN + sum(column.width for column in table.columns), y)
    return y


def _room(sheet: Sheet) -> float:
    """Return what a row may take before it is broken: most of a page, mm."""
    return sheet.down * 0.55


def _lines(sheet: Sheet, table: Table, row: Row) -> list[list[str]]:
    if row.section:
        return [[row.cells[0]]]
    return [
        sheet.lines(cell, column.width - _sides(column), table.size) if cell else []
        for cell, column in zip(row.cells, table.columns, strict=True)
    ]


def _sides(column: Column) -> float:
    return 2 * PAD if column.align == "left" else PAD + ASIDE


def _height(table: Table, row: Row, lines: list[list[str]]) -> float:
    high = max(1, *(len(cell) for cell in lines)) * table.line + 2 * PAD
    return high if row.section else max(high, table.least)


def _head(sheet: Sheet, table: Table, y: float) -> float:
    sheet.set_draw_color(*INK)
    sheet.set_line_width(0.25)
    right = MARGIN + sum(column.width for column in table.columns)
    sheet.line(MARGIN, y, right, y)
    x, base = MARGIN, y + PAD + table.line * 0.75
    for column in table.columns:
        at = x + PAD if column.align == "left" else x + column.width - ASIDE
        sheet.put(at, base, column.heading, table.size, bold=True, align=column.align)
        x += column.width
    y += table.line + 2 * PAD
    sheet.line(MARGIN, y, right, y)
    return y


def _write(sheet: Sheet, table: Table, row: Row, lines: list[list[str]], y: float) -> None:
    if not row.joined:
        sheet.set_draw_color(*FAINT)
        sheet.set_line_width(0.15)
        sheet.line(MARGIN, y, MARGIN + sum(column.width for column in table.columns), y)
    base = y + PAD + table.line * 0.75
    if row.section:
        sheet.put(MARGIN + PAD, base, row.cells[0], table.size, colour=RED, bold=True)
        return
    x, colours = MARGIN, dict(row.colours)
    for number, (cell, column) in enumerate(zip(lines, table.columns, strict=True)):
        at = x + PAD if column.align == "left" else x + column.width - ASIDE
        for count, line in enumerate(cell):
            colour = colours.get(number, INK)
            down = base + count * table.line
            sheet.put(at, down, line, table.size, colour=colour, align=column.align)
        x += column.width
