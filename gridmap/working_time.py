"""
Working time: on which days and in which hours a city works.

A `Calendar` holds facts and nothing of today: days off, make-up workdays, the city's own hours by
season. A `Timeline` lays those hours end to end, so that a moment is a position on it and a limit
is a distance along it. Positions are whole ticks: microseconds for hours, and a 10¹²th of a day for
working days, so that a working day counts one whether it is a long one or a short one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from gridmap.contracts import LIMIT_KINDS
from gridmap.errors import InvalidError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ticks = NDArray[np.int64]

HOUR, DAY, WORKDAY = 3_600_000_000, 86_400_000_000, 10**12
TICKS: dict[str, int] = {
    "urgent_hours": HOUR,
    "working_hours": HOUR,
    "working_days": WORKDAY,
    "calendar_days": DAY,
}
"""Kind of limit → ticks of one hour or one day of it."""
RUNS_ALWAYS = frozenset({"urgent_hours", "calendar_days"})
MOST = 10_000.0  # hours or days of a limit
TOO_MUCH = "A limit is more than 0 and at most 10,000 hours or days."
YEARS = 128  # nobody waits longer
SATURDAY = 5
THURSDAY = 3  # 1 January 1970
SPANS = ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))


@dataclass(frozen=True)
class Hours:
    """
    The hours of a working day, from a day on.

    Parameters
    ----------
    since
        The first day on which they hold.
    spans
        Opening and closing times on the city's clocks, in order, apart from each other.

    Raises
    ------
    InvalidError
        If there is no span, one ends before it begins, or two overlap.
    """

    since: date
    spans: tuple[tuple[time, time], ...] = SPANS

    def __post_init__(self) -> None:
        """Refuse hours that cannot be."""
        told = [moment for span in self.spans for moment in span]
        if not told or any(a >= b for a, b in pairwise(told)):
            msg = "Working hours need spans such as 08:30-12:00, one after the other: {spans}."
            shown = ", ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in self.spans)
            raise InvalidError(msg, spans=shown)


ALWAYS_SINCE = date(1970, 1, 1)
OFFICE_HOURS = (Hours(ALWAYS_SINCE),)


@dataclass(frozen=True)
class Timeline:
    """
    Spans during which a clock runs, laid end to end.

    Parameters
    ----------
    begins, lengths : ndarray of int64, shape (n,)
        Microseconds since 1970 in UTC at which each span begins, and how many it lasts.
    marks, ticks : ndarray of int64, shape (n,)
        Position at which each span begins, and how far it reaches.
    """

    begins: Ticks
    lengths: Ticks
    marks: Ticks
    ticks: Ticks

    @property
    def end(self) -> int:
        """The last position."""
        return int(self.marks[-1] + self.ticks[-1])

    def at(self, moments: Ticks) -> Ticks:
        """
        Return the positions of moments; all the moments of a pause have one.

        Parameters
        ----------
        moments : ndarray of int64
            Microseconds since 1970 in UTC.
        """
        span = np.maximum(np.searchsorted(self.begins, moments, side="right") - 1, 0)
        into = np.clip(moments - self.begins[span], 0, self.lengths[span])
        done = np.rint(into * (self.ticks[span] / self.lengths[span])).astype(np.int64)
        return np.asarray(self.marks[span] + done, dtype=np.int64)

    def when(self, positions: Ticks) -> Ticks:
        """
        Return the first moment at which each position is reached; the inverse of `at`.

        Parameters
        ----------
        positions : ndarray of int64
            From 0 to `end`.
        """
        span = np.searchsorted(self.marks + self.ticks, positions, side="left")
        over = positions - self.marks[span]
        into = np.rint(over * (self.lengths[span] / self.ticks[span])).astype(np.int64)
        return np.asarray(self.begins[span] + into, dtype=np.int64)


ALWAYS = Timeline(*(np.array([value], dtype=np.int64) for value in (0, 2**53, 0, 2**53)))


@dataclass(frozen=True)
class Calendar:
    """
    When a city works.

    Parameters
    ----------
    zone
        Its time zone.
    holidays
        Days off, whatever day of the week they are.
    workdays
        Make-up workdays: worked, whatever day of the week they are, and before `holidays`.
    hours
        Its hours; of several, the one whose ``since`` is the latest on or before a day holds, and
        before the first of them the first.
    known_until
        The last day for which holidays are announced. After it weekdays decide.

    Raises
    ------
    InvalidError
        If there are no hours.
    """

    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    hours: tuple[Hours, ...] = OFFICE_HOURS
    known_until: date | None = None

    def __post_init__(self) -> None:
        """Refuse a calendar that never works."""
        if not self.hours:
            msg = "A calendar needs working hours."
            raise InvalidError(msg)

    def is_workday(self, day: date) -> bool:
        """
        Say whether a day is worked.

        Parameters
        ----------
        day
            In the city.

        Examples
        --------
        >>> made = Calendar(ZoneInfo("Asia/Shanghai"), workdays=frozenset({date(2023, 10, 7)}))
        >>> made.is_workday(date(2023, 10, 7)), made.is_workday(date(2023, 10, 14))
        (True, False)
        """
        if day in self.workdays:
            return True
        return day not in self.holidays and day.weekday() < SATURDAY

    def knows(self, day: date) -> bool:
        """Say whether the holidays of a day's time are announced; of later days it is a guess."""
        return self.known_until is None or day <= self.known_until

    def guesses(self, due_at: datetime, kind: str) -> bool:
        """
        Say whether a deadline counts days whose holidays are not announced yet.

        Parameters
        ----------
        due_at
            The deadline.
        kind
            Of its limit; hours and days that run on holidays too are never a guess.
        """
        return kind not in RUNS_ALWAYS and not self.knows(due_at.astimezone(self.zone).date())

    def guesses_many(self, due_at: pd.Series, kinds: pd.Series) -> pd.Series:
        """
        Say of many deadlines whether they count days whose holidays are not announced yet.

        Parameters
        ----------
        due_at : pandas.Series, n rows
            The deadlines, with a time zone.
        kinds : pandas.Series, n rows
            Of their limits, on the index of `due_at`.

        Returns
        -------
        pandas.Series of bool, n rows
            ``due_provisional``, as `guesses`; false where there is no deadline or no kind.
        """
        found = kinds.notna() & ~kinds.isin(RUNS_ALWAYS) & due_at.notna()
        if self.known_until is None:
            found &= False
        else:
            after = pd.Timestamp(self.known_until + timedelta(days=1), tz=self.zone)
            found &= (due_at >= after).fillna(value=False)
        return found.astype(bool).rename("due_provisional")

    def timeline(self, kind: str, first: int, last: int) -> Timeline:
        """
        Lay out when the clock of a kind of limit runs.

        Parameters
        ----------
        kind
            One of `gridmap.layers.LIMIT_KINDS`.
        first, last
            Years that it covers, both included; one whose clock never stops covers all from 1970.

        Raises
        ------
        InvalidError
            If there is no such kind.
        """
        require_kind(kind)
        if kind in RUNS_ALWAYS:
            return ALWAYS
        found = self._made.get((kind, first, last))
        if found is None:
            found = self._made[kind, first, last] = self._laid_out(kind, first, last)
        return found

    def covering(self, kind: str, moments: Ticks, beyond: int = 1) -> Timeline:
        """
        Lay out the clock of a kind of limit around moments.

        Parameters
        ----------
        kind
            One of `gridmap.layers.LIMIT_KINDS`.
        moments : ndarray of int64
            Microseconds since 1970 in UTC; at least one.
        beyond
            Years after the last of them.
        """
        years = moments.astype("M8[us]").astype("M8[Y]").astype(np.int64) + ALWAYS_SINCE.year
        # a year more at either end: in the city a year ends at another moment than in UTC
        return self.timeline(kind, int(years.min()) - 1, int(years.max()) + beyond)

    def after(self, kind: str, starts: Ticks, more: Ticks) -> Ticks:
        """
        Return the first moments at which a clock has run for so long.

        Parameters
        ----------
        kind
            One of `gridmap.layers.LIMIT_KINDS`.
        starts, more : ndarray of int64
            Microseconds since 1970 in UTC, and ticks of that kind.

        Raises
        ------
        InvalidError
            If that is more than `YEARS` later.
        """
        beyond, line = 1, self.covering(kind, starts)
        while (wanted := line.at(starts) + more).max() > line.end:
            beyond *= 2
            if beyond > YEARS:
                msg = "The limit ends beyond {years} years; the calendar has too few hours."
                raise InvalidError(msg, years=YEARS)
            line = self.covering(kind, starts, beyond)
        return np.maximum(starts, line.when(wanted))

    @cached_property
    def _made(self) -> dict[tuple[str, int, int], Timeline]:
        return {}

    def _laid_out(self, kind: str, first: int, last: int) -> Timeline:
        days = self._worked(np.arange(f"{first}-01-01", f"{last + 1}-01-01", dtype="M8[D]"))
        hours = sorted(self.hours, key=lambda one: one.since)
        since = np.array([one.since for one in hours], dtype="M8[D]")
        season = np.maximum(np.searchsorted(since, days, side="right") - 1, 0)
        rows = [
            (days[season == place], span)
            for place in np.unique(season)  # of the hours of a hundred years a few are asked for
            for span in hours[place].spans
        ]
        begins = np.concatenate([self._utc(of, span[0]) for of, span in rows])
        ends = np.concatenate([self._utc(of, span[1]) for of, span in rows])
        of_day = np.concatenate([of for of, _ in rows])
        order = np.argsort(begins, kind="stable")
        begins, lengths, of_day = begins[order], (ends - begins)[order], of_day[order]
        runs = lengths > 0  # an hour that the clocks leap over is worked by nobody
        return _end_to_end(kind, begins[runs], lengths[runs], of_day[runs])

    def _worked(self, days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
        worked = (days.astype(np.int64) + THURSDAY) % 7 < SATURDAY
        worked[np.isin(days, np.array(sorted(self.holidays), dtype="M8[D]"))] = False
        worked[np.isin(days, np.array(sorted(self.workdays), dtype="M8[D]"))] = True
        return days[worked]

    def _utc(self, days: NDArray[np.datetime64], at: time) -> Ticks:
        minutes = np.timedelta64((at.hour * 60 + at.minute) * 60 + at.second, "s")
        local = pd.DatetimeIndex(days.astype("M8[us]") + minutes)
        first = np.ones(len(local), dtype=bool)
        told = local.tz_localize(self.zone, nonexistent="shift_forward", ambiguous=first)
        return np.asarray(told.tz_convert("UTC").as_unit("us").asi8)


def require_kind(kind: str) -> None:
    """
    Refuse what is no kind of limit.

    Raises
    ------
    InvalidError
        If it is none of `gridmap.layers.LIMIT_KINDS`.
    """
    if kind not in LIMIT_KINDS:
        msg = "There is no kind of limit {kind}; there are {kinds}."
        raise InvalidError(msg, kind=kind, kinds=", ".join(LIMIT_KINDS))


def require_amounts(amounts: NDArray[np.float64]) -> None:
    """
    Refuse amounts that no limit has.

    Raises
    ------
    InvalidError
        If one is not more than 0 and at most `MOST`.
    """
    if not ((amounts > 0) & (amounts <= MOST)).all():
        raise InvalidError(TOO_MUCH)


def _end_to_end(kind: str, begins: Ticks, lengths: Ticks, days: NDArray[np.datetime64]) -> Timeline:
    past = np.cumsum(lengths)
    if kind == "working_days":
        _, number, spans = np.unique(days, return_inverse=True, return_counts=True)
        last = np.cumsum(spans) - 1
        whole = np.diff(past[last], prepend=0)
        before = past[last] - whole
        share = (past - before[number]) / whole[number]
        past = number * WORKDAY + np.rint(share * WORKDAY).astype(np.int64)
    marks = np.concatenate([[0], past[:-1]])
    return Timeline(begins, lengths, marks, past - marks)
