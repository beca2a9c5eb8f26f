"""Steps of the calendar: weeks, months and quarters, whole ones only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta, tzinfo
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.errors import InvalidError

Every: TypeAlias = Literal["week", "month", "quarter"]
EVERY: tuple[Every, ...] = get_args(Every)
PERIODS: dict[Every, str] = {"week": "W-SUN", "month": "M", "quarter": "Q-DEC"}


class Step(NamedTuple):
    """First and last day of a step, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.until - self.since).days + 1


class Steps(NamedTuple):
    """
    The whole steps of a period.

    Parameters
    ----------
    every
        What kind they are of.
    whole
        The steps, one after the other without a gap.
    before, after
        Days of the period that lie in a step which is not whole, at its beginning and its end;
        None where there are none. These are left out.
    """

    every: Every
    whole: tuple[Step, ...]
    before: Step | None
    after: Step | None


def step_of(day: date, every: Every) -> Step:
    """
    Return the week (from Monday), month or quarter that a day lies in.

    Parameters
    ----------
    day
        Any day.
    every
        One of `EVERY`.

    Raises
    ------
    InvalidError
        If there is no such step.

    Examples
    --------
    >>> step = step_of(date(2026, 3, 1), "week")
    >>> step.since.isoformat(), step.until.isoformat(), step.days
    ('2026-02-23', '2026-03-01', 7)
    """
    if every not in PERIODS:
        msg = "There is no step {every}; there are {steps}."
        raise InvalidError(msg, every=every, steps=", ".join(EVERY))
    period = pd.Timestamp(day).to_period(PERIODS[every])
    return Step(period.start_time.date(), period.end_time.date())


def steps(since: date, until: date, every: Every) -> Steps:
    """
    Return the whole steps of a period.

    Parameters
    ----------
    since, until
        First and last day, both included.
    every
        One of `EVERY`.

    Raises
    ------
    InvalidError
        If the period ends before it begins, or there is no such step.

    Examples
    --------
    >>> found = steps(date(2026, 1, 20), date(2026, 4, 10), "month")
    >>> [step.since.isoformat() for step in found.whole], found.after.since.isoformat()
    (['2026-02-01', '2026-03-01'], '2026-04-01')
    """
    if since > until:
        msg = "The period ends ({until}) before it begins ({since})."
        raise InvalidError(msg, since=since, until=until)
    whole: list[Step] = []
    step = first = step_of(since, every)
    while step.since <= until:
        if step.since >= since and step.until <= until:
            whole.append(step)
        step = step_of(step.until + timedelta(days=1), every)
    if not whole:
        return Steps(every, (), Step(since, until), None)
    before = None if first.since == since else Step(since, whole[0].since - timedelta(days=1))
    last = whole[-1].until
    after = None if last == until else Step(last + timedelta(days=1), until)
    return Steps(every, tuple(whole), before, after)


def numbers(moments: pd.Series, spans: Sequence[Step], zone: tzinfo) -> NDArray[np.int64]:
    """
    Return which span of days each moment lies in, −1 for none.

    Parameters
    ----------
    moments
        With a time zone, (n,); missing ones lie in none.
    spans
        In the order of time, no two of them sharing a day; there may be days between them.
    zone
        The time zone in which a day begins.
    """
    if not spans:
        return np.full(len(moments), -1, dtype=np.int64)
    begins = _instants([span.since for span in spans], zone)
    ends = _instants([span.until + timedelta(days=1) for span in spans], zone)
    at = pd.DatetimeIndex(moments).tz_convert("UTC").as_unit("us").asi8
    number = np.searchsorted(begins, at, side="right") - 1
    inside = (number >= 0) & (at < ends[number]) & moments.notna().to_numpy()
    return np.where(inside, number, -1)


def _instants(days: Sequence[date], zone: tzinfo) -> NDArray[np.int64]:
    midnights = pd.DatetimeIndex([pd.Timestamp(day, tz=zone) for day in days])
    instants: NDArray[np.int64] = midnights.tz_convert("UTC").as_unit("us").asi8
    return instants
