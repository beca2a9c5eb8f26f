"""
Bulletins: a month's figures, frozen, and corrected only by a numbered amendment.

An edition is a row of the book ``bulletins``. Its hash covers the figures and everything else that
the row says, the hash of the edition before it among them; so no edition can be changed, taken out
or put in without the chain showing it.
"""

from __future__ import annotations

import hashlib
import json
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

import pandas as pd

from gridmap.errors import ConflictError, InvalidError, NotFoundError

Figures: TypeAlias = Mapping[str, Any]
SEALED = ("month", "amendment", "figures", "previous", "reason", "frozen_by", "frozen_at")
"""Columns of the book that the hash covers."""
YEARS = range(1950, 2200)
FAULTS = ("hash", "previous", "number")
"""What may be wrong with an edition: its hash, the hash before it, its number."""


@dataclass(frozen=True, order=True)
class Month:
    """
    A month of the calendar.

    Parameters
    ----------
    first
        Its first day.

    Examples
    --------
    >>> Month.of("2026-02").last
    datetime.date(2026, 2, 28)
    """

    first: date

    @classmethod
    def of(cls, text: str) -> Month:
        """
        Read a month.

        Parameters
        ----------
        text
            ``2026-02``.

        Raises
        ------
        InvalidError
            If it is none, or of a year that no register knows.
        """
        try:
            found = date.fromisoformat(f"{text}-01")
        except ValueError:
            found = None
        if found is None or cls(found).code != text or found.year not in YEARS:
            msg = "{text} is not a month: write it as 2026-03."
            raise InvalidError(msg, text=repr(text[:40]))
        return cls(found)

    @classmethod
    def with_day(cls, day: date) -> Month:
        """Return the month in which a day lies."""
        return cls(day.replace(day=1))

    @property
    def code(self) -> str:
        """As it is written: ``2026-02``."""
        return self.first.isoformat()[:7]

    @property
    def last(self) -> date:
        """Its last day."""
        return self.first.replace(day=monthrange(self.first.year, self.first.month)[1])

    def back(self, months: int = 1) -> Month:
        """Return the month so many before this one."""
        count = self.first.year * 12 + self.first.month - 1 - months
        return Month(date(count // 12, count % 12 + 1, 1))


def canonical(figures: Figures) -> str:
    """
    Write figures so that the same figures are the same text.

    Parameters
    ----------
    figures
        What JSON knows; no NaN.

    Examples
    --------
    >>> canonical({"b": 1, "a": [0.5, "街道"]})
    '{"a":[0.5,"街道"],"b":1}'
    """
    return json.dumps(
        figures, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def seal(row: Mapping[str, Any]) -> str:
    """
    Return the hash of an edition: SHA-256 of its sealed columns as canonical JSON.

    Parameters
    ----------
    row
        With the columns of `SEALED`; the moment to the second.
    """
    told = {
        "month": f"{row['month']:%Y-%m}",
        "amendment": int(row["amendment"]),
        "figures": str(row["figures"]),
        "frozen_by": str(row["frozen_by"]),
        "frozen_at": int(row["frozen_at"].timestamp()),
    }
    told |= {name: None if pd.isna(row[name]) else row[name] for name in ("previous", "reason")}
    return hashlib.sha256(canonical(told).encode()).hexdigest()


def require_over(month: Month, today: date) -> None:
    """
    Refuse to freeze a month whose figures still move.

    Parameters
    ----------
    month
        Which.
    today
        The day in the city.

    Raises
    ------
    ConflictError
        If the month is not over.
    """
    if month.last >= today:
        msg = "{month} is not over; a bulletin is frozen when its month is."
        raise ConflictError(msg, month=month.code)


def require_sums(figures: Figures) -> None:
    """
    Refuse figures that do not add up.

    Parameters
    ----------
    figures
        With ``issues``: ``received``, ``closed_out``, ``refused``, ``merged``, ``open``; and
        ``flow``: ``carried``, ``received``, ``closed``, ``open``.

    Raises
    ------
    InvalidError
        If received is not closed and open together, in all or in a row of a table, or the flow of
        the month leaves other issues open than there are.
    """
    parts = ("closed_out", "refused", "merged", "open")
    rows = [figures["issues"], *figures["by_category"], *figures["by_subdistrict"]]
    for row in (*rows, *figures["by_unit"]):
        total = sum(row[name] for name in parts)
        if row["received"] != total:
            msg = "{received} issues were received, but {total} are closed or open."
            raise InvalidError(msg, received=row["received"], total=total)
    flow = figures["flow"]
    left = flow["carried"] + flow["received"] - flow["closed"]
    if left != flow["open"]:
        msg = "{left} issues should be open at the end of the month, and {open} are."
        raise InvalidError(msg, left=left, open=flow["open"])


def editions(book: pd.DataFrame, month: Month) -> pd.DataFrame:
    """
    Return the editions of a month, the first one first.

    Parameters
    ----------
    book
        Rows of ``bulletins``.
    month
        Which.
    """
    return book[book["month"] == pd.Timestamp(month.first)].sort_values("amendment")


def freeze(book: pd.DataFrame, month: Month, figures: Figures, by: str, at: datetime) -> pd.Series:
    """
    Return the first edition of a month.

    Parameters
    ----------
    book
        Rows of ``bulletins``.
    month, figures
        Which month, and its figures.
    by, at
        Who freezes it, and when.

    Returns
    -------
    pandas.Series
        The row to add, with its key ``bulletin_id``.

    Raises
    ------
    ConflictError
        If the month is frozen already.
    InvalidError
        As `require_sums`.
    """
    require_sums(figures)
    if len(editions(book, month)):
        msg = "The bulletin of {month} is frozen already; correct it by an amendment."
        raise ConflictError(msg, month=month.code)
    return _edition(month, 0, figures, None, None, by, at)


def amend(  # noqa: PLR0913 - what the row says
    book: pd.DataFrame,
    month: Month,
    figures: Figures,
    by: str,
    at: datetime,
    *,
    reason: str,
    previous: str | None = None,
) -> pd.Series:
    """
    Return the next edition of a month; the editions before it stay as they are.

    Parameters
    ----------
    book, month, figures, by, at
        As for `freeze`.
    reason
        Why.
    previous
        The hash of the edition that the author has seen; not looked at if left out.

    Raises
    ------
    NotFoundError
        If the month is not frozen yet.
    InvalidError
        If there is no reason, or as `require_sums`.
    ConflictError
        If somebody amended it since, or the figures are those of the last edition.
    """
    require_sums(figures)
    if not reason.strip():
        msg = "Say why the bulletin is corrected."
        raise InvalidError(msg)
    last = require_frozen(book, month).iloc[-1]
    if previous is not None and previous != last["hash"]:
        msg = "Somebody has amended the bulletin of {month} since you opened it."
        raise ConflictError(msg, month=month.code)
    if canonical(figures) == last["figures"]:
        msg = "The figures of {month} are those of the last edition; there is nothing to correct."
        raise ConflictError(msg, month=month.code)
    number = int(last["amendment"]) + 1
    return _edition(month, number, figures, str(last["hash"]), reason.strip(), by, at)


def require_frozen(book: pd.DataFrame, month: Month) -> pd.DataFrame:
    """
    Return the editions of a month.

    Parameters
    ----------
    book, month
        As for `editions`.

    Raises
    ------
    NotFoundError
        If it is not frozen.
    """
    found = editions(book, month)
    if found.empty:
        msg = "There is no bulletin of {month} yet."
        raise NotFoundError(msg, month=month.code)
    return found


def faults(book: pd.DataFrame) -> pd.DataFrame:
    """
    Recompute every hash and say what does not fit.

    Parameters
    ----------
    book
        Rows of ``bulletins``.

    Returns
    -------
    pandas.DataFrame
        ``bulletin_id`` and ``fault``, one of `FAULTS`; no row if all is sound.
    """
    found = []
    for _, rows in book.groupby("month", sort=True):
        before: str | None = None
        ordered = rows.sort_values("amendment")
        for number, (bulletin_id, row) in enumerate(ordered.iterrows()):
            previous = None if pd.isna(row["previous"]) else row["previous"]
            sound = (seal(row) == row["hash"], previous == before, row["amendment"] == number)
            found += [
                (bulletin_id, fault) for fault, fine in zip(FAULTS, sound, strict=True) if not fine
            ]
            before = row["hash"]
    return pd.DataFrame(found, columns=["bulletin_id", "fault"])


def _edition(  # noqa: PLR0913, PLR0917 - what the row says
    month: Month,
    amendment: int,
    figures: Figures,
    previous: str | None,
    reason: str | None,
    by: str,
    at: datetime,
) -> pd.Series:
    row = {
        "bulletin_id": f"{month.code}-{amendment}",
        "month": pd.Timestamp(month.first),
        "amendment": amendment,
        "figures": canonical(figures),
        "previous": previous,
        "reason": reason,
        "frozen_by": by,
        "frozen_at": pd.Timestamp(at).floor("s"),
    }
    return pd.Series({**row, "hash": seal(row)})
