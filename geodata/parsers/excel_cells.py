"""One cell of a workbook: what its XML says, as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from xml.etree import ElementTree as ET

from geodata.parsers.values import DIGITS_LOST, has_lost_digits, number_text

BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
LETTERS, MOST_COLUMNS = 26, 16_384
MIDNIGHT_DAYS = 86_400
LEAP_BUG = 60  # Excel counts 29 February 1900, which never was
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_AT = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)")


@dataclass(frozen=True)
class Book:
    """What cells refer to: shared texts, styles that show a date, and the first day."""

    texts: list[str]
    date_styles: set[int]
    epoch_1904: bool


class Cell(NamedTuple):
    """The text of a cell, whether a formula made it, and what is wrong with it."""

    text: str | None
    is_formula: bool = False
    fault: tuple[str, str] | None = None


def read(cell: ET.Element, book: Book) -> Cell:
    """
    Read a cell.

    Parameters
    ----------
    cell
        A ``c`` element.
    book
        What it refers to.

    Returns
    -------
    Cell
        Numbers as the shortest text that gives them back, dates as ISO 8601.
    """
    value = formula = inline = None
    for child in cell:
        kind = child.tag.rpartition("}")[2]
        value = (child.text or "") if kind == "v" else value
        formula = child if kind == "f" else formula
        inline = child if kind == "is" else inline
    is_formula = formula is not None
    if is_formula and (value is None or (not value and cell.get("t") is None)):
        message = "The formula has no value; open the file in Excel and save it."
        text = "=" + (formula.text or "") if formula is not None else ""
        return Cell(text, is_formula=False, fault=("formula", message))
    kind = cell.get("t", "n")
    if kind == "e":
        return Cell(value, is_formula, ("error-cell", "The cell shows an error."))
    if kind in _TEXTS:
        return Cell(_TEXTS[kind](value, inline, book), is_formula)
    if value is None or not value.strip():
        return Cell(None)
    return _number(value, int(cell.get("s", 0)) in book.date_styles, is_formula, book)


def rich_text(element: ET.Element) -> str:
    """
    Join the runs of a text, leaving out what only says how it is pronounced.

    Parameters
    ----------
    element
        An ``si`` or ``is`` element.
    """
    parts = []
    for child in element:
        kind = child.tag.rpartition("}")[2]
        if kind == "t":
            parts.append(child.text or "")
        elif kind == "r":
            parts += [run.text or "" for run in child if run.tag.rpartition("}")[2] == "t"]
    return _unescape("".join(parts))


def is_date(number: int, code: str | None) -> bool:
    """
    Return whether a number format shows a date.

    Parameters
    ----------
    number
        Its number; the built-in ones have no code.
    code
        Its code, such as ``yyyy"年"m"月"``.
    """
    if code is None:
        return number in BUILT_IN_DATES
    return any(letter in "ymdhs" for letter in _QUOTED.sub("", code.lower().replace("general", "")))


def column(reference: str | None, otherwise: int) -> int:
    """
    Return the place of a cell's column, from 0.

    Parameters
    ----------
    reference
        Such as ``C7``; some writers leave it out.
    otherwise
        The place if it is left out.
    """
    at = _AT.fullmatch(reference or "")
    return min(_column(at[1]), MOST_COLUMNS - 1) if at else otherwise


def area(reference: str) -> tuple[int, int, int, int]:
    """
    Return top row, left column, bottom row and right column; rows from 1, columns from 0.

    Parameters
    ----------
    reference
        Such as ``A2:A5``.
    """
    corners = _AT.findall(reference) or [("A", "1")]
    (left, top), (right, bottom) = corners[0], corners[-1]
    return int(top), _column(left), int(bottom), _column(right)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * LETTERS + ord(letter) - ord("A") + 1
    return number - 1


def _shared(value: str | None, _inline: ET.Element | None, book: Book) -> str | None:
    return book.texts[int(value)] if value and 0 <= int(value) < len(book.texts) else None


def _inline(_value: str | None, inline: ET.Element | None, _book: Book) -> str | None:
    return None if inline is None else rich_text(inline)


def _formula_text(value: str | None, _inline: ET.Element | None, _book: Book) -> str | None:
    return None if value is None else _unescape(value)


def _boolean(value: str | None, _inline: ET.Element | None, _book: Book) -> str | None:
    return None if value is None else ("true" if value.strip() in ("1", "true") else "false")


_TEXTS = {
    "s": _shared,
    "inlineStr": _inline,
    "str": _formula_text,
    "d": _formula_text,
    "b": _boolean,
}


def _number(value: str, shows_date: bool, is_formula: bool, book: Book) -> Cell:
    try:
        number = float(value)
    except ValueError:
        return Cell(value, is_formula, ("type", "This is no number."))
    if has_lost_digits(number):
        return Cell(value, is_formula, ("digits-lost", DIGITS_LOST))
    if not shows_date:
        return Cell(number_text(number), is_formula)
    try:
        return Cell(_date(number, book), is_formula)
    except OverflowError:
        return Cell(value, is_formula, ("type", "This is no date."))


def _date(serial: float, book: Book) -> str:
    first = datetime(1904, 1, 1) if book.epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
    if not book.epoch_1904 and serial < LEAP_BUG:
        serial += 1
    # A double holds seconds of today to a few microseconds; Excel shows milliseconds at most.
    moment = first + timedelta(milliseconds=round(serial * MIDNIGHT_DAYS * 1000))
    whole = moment.hour == moment.minute == moment.second == moment.microsecond == 0
    return moment.date().isoformat() if whole else moment.isoformat(sep=" ")


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda at: chr(int(at[1], 16)), text) if "_x" in text else text
