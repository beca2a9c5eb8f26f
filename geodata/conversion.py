"""
Texts to values, by the layer's contract.

A text that is no such value is a fault and no guess: 2026-02-30, 20260101 and 46027 are no dates,
and 1.38E+10 in a column of numbers-as-names has lost its digits already.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd

from geodata import columns
from geodata.notes import Note, note
from geodata.parsers.parsed import Fault
from geodata.parsers.values import DIGITS_LOST
from gridmap.layers import PANDAS_DTYPE, Column, Layer

MOST_EXACT = 2**53
# Columns whose text is a name made of digits.
DIGIT_NAMES = {"code", "parent", "target", "unit_id", "grid", "phone", "point_id", "issue_id"}
# As spreadsheets write it; 3E02 without a sign is a neighbourhood of Washington.
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MOMENT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)


class Converted(NamedTuple):
    """The frame with values, what was wrong, and what was remarked."""

    frame: pd.DataFrame
    faults: list[Fault]
    notes: list[Note]


class ValueFaultError(ValueError):
    """A text that is no such value; the message is shown beside the cell."""


def convert(frame: pd.DataFrame, contract: Layer, time_zone: str) -> Converted:
    """
    Turn a file's texts into values.

    Parameters
    ----------
    frame
        Texts, columns named as in the contract; those that it lacks are left as they are.
    contract
        What the columns should be.
    time_zone
        Of times that do not say theirs, such as ``Asia/Shanghai``.

    Returns
    -------
    Converted
        A cell with a fault is empty in the frame.
    """
    faults: list[Fault] = []
    notes: list[Note] = []
    zone = ZoneInfo(time_zone)
    values: dict[str, pd.Series] = {}
    for name in frame:
        texts = _stripped(frame[name])
        column = next((one for one in contract.columns if one.name == name), None)
        read = _reader(column, contract, zone)
        if read is None or column is None:
            values[str(name)] = texts
            continue
        values[str(name)], found = _read(texts, str(name), column, read)
        faults += found
        if column.dtype == "datetime" and texts.map(_has_no_zone, na_action="ignore").any():
            template = "Times in {column} that name no zone were read in {zone}."
            notes.append(note(template, column=name, zone=time_zone))
    return Converted(pd.DataFrame(values, index=frame.index), faults, notes)


def _stripped(texts: pd.Series) -> pd.Series:
    stripped = texts.astype("str").str.strip()
    return stripped.mask(stripped == "")


def _read(
    texts: pd.Series, name: str, column: Column, read: Callable[[str], object]
) -> tuple[pd.Series, list[Fault]]:
    known: dict[str, object] = {}
    wrong: dict[str, str] = {}
    for text in texts.dropna().unique():
        try:
            known[text] = read(text)
        except ValueFaultError as error:
            wrong[text] = str(error)
    dtype = "object" if column.dtype == "boolean" else PANDAS_DTYPE[column.dtype]
    values = pd.Series([known.get(text) for text in texts], index=texts.index, dtype=dtype)
    at_fault = texts[texts.isin(list(wrong))]
    code = "digits-lost" if column.dtype == "text" else "type"
    faults = [
        Fault(row, name, "nul" if "\0" in text else code, text[:80], wrong[text])
        for row, text in at_fault.items()
    ]
    return values, faults


def _reader(column: Column | None, contract: Layer, zone: tzinfo) -> Callable[[str], object] | None:
    if column is None or column.dtype == "boolean":
        return None
    if column.dtype == "text":
        meanings = columns.translate(column.name, contract.name)
        is_digits = column.name in DIGIT_NAMES or column.name == contract.key
        return lambda text: _text(text, meanings, is_digits=is_digits)
    return {
        "number": _number,
        "integer": _integer,
        "date": lambda text: _date(text, zone),
        "datetime": lambda text: _moment(text, zone),
    }[column.dtype]


def _text(text: str, meanings: Mapping[str, str], *, is_digits: bool) -> str:
    if "\0" in text:
        msg = "A text may not hold the character NUL."
        raise ValueFaultError(msg)
    if is_digits and _SCIENTIFIC.fullmatch(text):
        raise ValueFaultError(DIGITS_LOST)
    return meanings.get(text, text)


def _number(text: str) -> float:
    plain = unicodedata.normalize("NFKC", text)
    number = float(plain) if _NUMBER.fullmatch(plain) else float("nan")
    if not abs(number) < float("inf"):
        msg = "This is no number."
        raise ValueFaultError(msg)
    return number


def _integer(text: str) -> int:
    number = _number(text)
    if number != int(number) or abs(number) > MOST_EXACT:
        msg = "This is no whole number."
        raise ValueFaultError(msg)
    return int(number)


def _moment(text: str, zone: tzinfo) -> datetime:
    found = _MOMENT.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None:
        msg = "This is no date; write it as 2026-03-01, and a time as 2026-03-01 10:00."
        raise ValueFaultError(msg)
    *parts, fraction, offset = found.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    microsecond = int((fraction or "").ljust(6, "0"))
    try:
        moment = datetime(
            year, month, day, hour, minute, second, microsecond, tzinfo=_zone(offset) or zone
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        msg = "There is no such day or time."
        raise ValueFaultError(msg) from None


def _zone(offset: str | None) -> timezone | None:
    if offset is None:
        return None
    if offset == "Z":
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _date(text: str, zone: tzinfo) -> datetime:
    found = _MOMENT.fullmatch(unicodedata.normalize("NFKC", text))
    own = _zone(found[8]) if found else None
    moment = _moment(text, zone).astimezone(own or zone).replace(tzinfo=None)
    if moment.hour or moment.minute or moment.second or moment.microsecond:
        msg = "This is a time; a day is needed."
        raise ValueFaultError(msg)
    return moment


def _has_no_zone(text: str) -> bool:
    found = _MOMENT.fullmatch(unicodedata.normalize("NFKC", text))
    return found is not None and found[8] is None
