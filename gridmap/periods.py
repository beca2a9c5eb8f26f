"""Periods of the calendar by which places are ranked: months, quarters and years, whole ones."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal, NamedTuple, TypeAlias, get_args

from gridmap.errors import InvalidError

Every: TypeAlias = Literal["month", "quarter", "year"]
EVERY: tuple[Every, ...] = get_args(Every)
MONTHS: dict[Every, int] = {"month": 1, "quarter": 3, "year": 12}


class Period(NamedTuple):
    """A month, a quarter or a year, with its first and last day, both included."""

    every: Every
    first: date
    last: date

    @property
    def name(self) -> str:
        """
        How it is written: months and years as ISO 8601 has it, quarters in its manner.

        Examples
        --------
        >>> [period_of(date(2026, 5, 17), every).name for every in EVERY]
        ['2026-05', '2026-Q2', '2026']
        """
        names = {
            "month": f"{self.first:%Y-%m}",
            "quarter": f"{self.first:%Y}-Q{self.last.month // 3}",
            "year": f"{self.first:%Y}",
        }
        return names[self.every]

    @property
    def months(self) -> tuple[date, ...]:
        """The first days of its months."""
        return tuple(
            self.first.replace(month=month)
            for month in range(self.first.month, self.last.month + 1)
        )


def period_of(day: date, every: str) -> Period:
    """
    Return the month, quarter or year that a day lies in.

    Parameters
    ----------
    day
        Any day.
    every
        One of `EVERY`.

    Raises
    ------
    InvalidError
        If there is no such period.

    Examples
    --------
    >>> found = period_of(date(2026, 5, 17), "quarter")
    >>> found.first.isoformat(), found.last.isoformat()
    ('2026-04-01', '2026-06-30')
    """
    known = next((one for one in EVERY if one == every), None)
    if known is None:
        msg = "Rankings are by the {choices}, not by the {every}."
        raise InvalidError(msg, choices=", ".join(EVERY), every=every)
    many = MONTHS[known]
    begin = (day.month - 1) // many * many + 1
    last = monthrange(day.year, begin + many - 1)[1]
    first = day.replace(month=begin, day=1)
    return Period(known, first, first.replace(month=begin + many - 1, day=last))


def last_over(day: date, every: str) -> Period:
    """
    Return the last month, quarter or year that is over on a day.

    Before the calendar's first one there is none; it stands for itself.

    Parameters
    ----------
    day, every
        As for `period_of`.

    Raises
    ------
    InvalidError
        As `period_of`.

    Examples
    --------
    >>> [last_over(date(2026, 1, 5), every).name for every in EVERY]
    ['2025-12', '2025-Q4', '2025']
    """
    first = period_of(day, every).first
    return period_of(first - timedelta(days=1) if first > date.min else first, every)
