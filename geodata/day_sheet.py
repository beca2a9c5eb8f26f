"""Days off and make-up workdays as an office writes them: from one day to another, in a table."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from geodata import readers
from geodata.columns import plain
from gridmap.errors import InvalidError

HEADINGS = {
    "day": ("日期", "开始日期", "day"),
    "until": ("至", "结束日期", "until"),
    "works": ("上班", "是否上班", "安排", "works"),
    "note": ("依据", "说明", "备注", "note"),
}
WORDS = dict.fromkeys(("上班", "补班", "班"), "是") | dict.fromkeys(("放假", "休息", "休"), "否")
LONGEST = timedelta(days=366)
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?(?:[ T]00:00:00)?")


def days_of_file(path: Path) -> pd.DataFrame:
    """
    Read the days that a city announces, from a table as an office writes it.

    Parameters
    ----------
    path
        CSV or Excel. Headings 日期 (``day``), 上班 (``works``) and, if wanted, 至 (``until``), the
        last of several days that are alike, and 依据 (``note``). A day is 2027-02-05, 2027/2/5 or
        2027年2月5日; whether it is worked is 上班 or 放假, 是 or 否.

    Returns
    -------
    pandas.DataFrame
        ``day``, ``works`` and ``note`` of each day, for `CityDays.announce`; indexed by the row of
        the file, with the number of the day in it from the second on.

    Raises
    ------
    UnsupportedFormatError, UnreadableError, ChoiceError, LimitError
        As `geodata.readers.read`.
    InvalidError
        If days of a row end before they begin, or are more than a year.
    """
    frame = readers.read(path).frame
    known = {plain(str(heading)): heading for heading in frame.columns}
    taken = {
        name: next((known[word] for word in words if word in known), None)
        for name, words in HEADINGS.items()
    }
    empty = pd.Series(None, index=frame.index, dtype="object")
    return spread(
        pd.DataFrame(
            {name: empty if found is None else frame[found] for name, found in taken.items()}
        )
    )


def spread(rows: pd.DataFrame) -> pd.DataFrame:
    """
    Return each day of what is told from one day to another.

    Parameters
    ----------
    rows
        ``day``, ``until`` (may be missing), ``works`` and ``note``, in the words of `days_of_file`.

    Returns
    -------
    pandas.DataFrame
        As `days_of_file`.

    Raises
    ------
    InvalidError
        If days of a row end before they begin, or are more than a year.
    """
    told = rows[["day", "until", "works", "note"]]
    found: dict[object, tuple[object, ...]] = {}
    for row, day, until, works, note in told.itertuples(name=None):
        said = WORDS.get(str(works).strip(), works)
        for number, one in enumerate(_each(_iso(day), _iso(until))):
            found[row if not number else f"{row}·{number + 1}"] = (one, said, note)
    return pd.DataFrame.from_dict(found, orient="index", columns=["day", "works", "note"])


def _iso(told: object) -> object:
    """Return a day as it is kept; what is none, as it stands."""
    found = _DAY.fullmatch(str(told).strip())
    return told if found is None else "{}-{:0>2}-{:0>2}".format(*found.groups())


def _each(first: object, last: object) -> list[object]:
    """Return the days from the first to the last; the first alone where one cannot be read."""
    try:
        begin, end = date.fromisoformat(str(first)), date.fromisoformat(str(last))
    except ValueError:
        return [first]
    if not begin <= end <= begin + LONGEST:
        msg = "The days from {first} to {last} end before they begin, or are more than a year."
        raise InvalidError(msg, first=first, last=last)
    return [str(begin + timedelta(days=n)) for n in range((end - begin).days + 1)]
