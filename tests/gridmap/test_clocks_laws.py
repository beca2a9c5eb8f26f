"""Clocks of working time beside one that counts minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import clocks
from gridmap.clocks import LIMIT_KINDS, Calendar, Limit
from tests.gridmap.hours import CITY, MINUTE, PLAIN, SEASONS, local, shown

# Whole minutes of the weeks around the holidays, and limits of whole minutes.
MOMENTS = st.datetimes(datetime(2023, 9, 18), datetime(2023, 11, 5)).map(  # noqa: DTZ001
    lambda at: at.replace(second=0, microsecond=0, tzinfo=CITY).astimezone(UTC)
)
KINDS = st.sampled_from(LIMIT_KINDS)
AMOUNTS = st.integers(1, 1200).map(lambda sixths: sixths / 60)
CALENDARS = st.sampled_from([PLAIN, SEASONS])


@cache
def worked(calendar: Calendar, day: date) -> int:
    """Return the minutes worked on a day: the sum over its spans."""
    return sum(_runs(calendar, day, minute) for minute in range(24 * 60))


def _runs(calendar: Calendar, day: date, minute: int) -> bool:
    """Say whether the city works in the minute that begins then, by its plain definition."""
    if day in calendar.workdays:
        is_worked = True
    else:
        is_worked = day not in calendar.holidays and day.isoweekday() <= 5
    hours = [one for one in calendar.hours if one.since <= day][-1]
    at = time(minute // 60, minute % 60)
    return is_worked and any(opens <= at < closes for opens, closes in hours.spans)


def walked(start: datetime, limit: Limit, calendar: Calendar) -> datetime:
    """Go minute by minute until the limit is used up; the oracle of limits of whole minutes."""
    at, used = start.astimezone(CITY), 0.0
    while used < limit.amount - 1e-9:
        if limit.kind in ("urgent_hours", "calendar_days"):
            used += 1 / (60 if limit.kind == "urgent_hours" else 1440)
        elif _runs(calendar, at.date(), at.hour * 60 + at.minute):
            day = 60 if limit.kind == "working_hours" else worked(calendar, at.date())
            used += 1 / day
        at += MINUTE
    return at.astimezone(UTC)


@settings(deadline=None)  # the oracle is slow
@given(MOMENTS, AMOUNTS.map(lambda amount: min(amount, 5.0)), KINDS, CALENDARS)
def test_a_limit_ends_where_minutes_counted_one_by_one_end(
    start: datetime, amount: float, kind: str, calendar: Calendar
) -> None:
    limit = Limit(amount, kind)
    found = clocks.due(start, limit, calendar)
    gap = walked(start, limit, calendar) - found
    # parts of a working day need not be whole minutes; the oracle stops at the next one
    assert timedelta(0) <= gap + timedelta(milliseconds=1) <= MINUTE + timedelta(milliseconds=1)
    if kind in ("urgent_hours", "working_hours"):
        assert abs(gap) < timedelta(milliseconds=1)


@given(MOMENTS, MOMENTS, AMOUNTS, AMOUNTS, KINDS, CALENDARS)
def test_a_later_start_or_a_larger_limit_never_ends_earlier(
    one: datetime, other: datetime, amount: float, more: float, kind: str, calendar: Calendar
) -> None:
    first, second = sorted((one, other))
    ends = [
        clocks.due(first, Limit(amount, kind), calendar),
        clocks.due(second, Limit(amount, kind), calendar),
        clocks.due(second, Limit(amount + more, kind), calendar),
    ]
    assert all(a <= b for a, b in pairwise([first, *ends]))


@given(MOMENTS, AMOUNTS, AMOUNTS, KINDS, CALENDARS)
def test_limits_one_after_the_other_end_with_their_sum(
    start: datetime, amount: float, more: float, kind: str, calendar: Calendar
) -> None:
    due_at = clocks.due(start, Limit(amount, kind), calendar)
    whole = clocks.due(start, Limit(amount + more, kind), calendar)
    assert _close(clocks.extended(due_at, Limit(more, kind), calendar), whole)


@given(MOMENTS, AMOUNTS, KINDS, CALENDARS)
def test_at_the_moment_that_it_is_due_a_limit_is_used_up(
    start: datetime, amount: float, kind: str, calendar: Calendar
) -> None:
    limit = Limit(amount, kind)
    due_at = clocks.due(start, limit, calendar)
    assert clocks.spent(start, due_at, limit, calendar) == 1.0
    assert clocks.light(clocks.spent(start, due_at, limit, calendar)) == "yellow"
    assert clocks.spent(start, start, limit, calendar) == 0.0
    assert clocks.left(start, due_at, kind, calendar) == pytest.approx(amount, abs=1e-9)
    assert clocks.left(due_at, due_at, kind, calendar) == 0.0


@given(MOMENTS, AMOUNTS, KINDS, CALENDARS, st.integers(0, 30_000), st.integers(1, 30_000))
def test_a_pause_of_any_length_leaves_what_is_used_and_what_is_left_as_they_were(
    start: datetime, amount: float, kind: str, calendar: Calendar, before: int, long: int
) -> None:
    limit = Limit(amount, kind)
    stopped = start + before * MINUTE
    again = stopped + long * MINUTE
    used = clocks.spent(start, stopped, limit, calendar)
    assert clocks.spent(start, again, limit, calendar, [(stopped, again)]) == used
    assert clocks.spent(start, again, limit, calendar, [(stopped, None)]) == used
    due_at = clocks.due(start, limit, calendar)
    later = clocks.resumed(due_at, stopped, again, kind, calendar)
    if stopped < due_at:
        left = clocks.left(stopped, due_at, kind, calendar)
        assert later >= again
        assert clocks.left(again, later, kind, calendar) == pytest.approx(left, abs=1e-9)
        assert clocks.spent(start, later, limit, calendar, [(stopped, again)]) == pytest.approx(1)
    else:
        assert later == due_at  # what was overdue stays overdue


def test_a_suspended_working_day_is_taken_up_where_it_was_left() -> None:
    due_at = local("2023-10-17 16:00")
    stopped, again = local("2023-10-16 16:00"), local("2023-10-21 09:00")  # a Saturday
    moved = {
        kind: shown(clocks.resumed(due_at, stopped, again, kind, PLAIN)) for kind in LIMIT_KINDS
    }
    assert moved == {
        "urgent_hours": "2023-10-22 09:00",  # 24 hours were left
        "calendar_days": "2023-10-22 09:00",
        "working_hours": "2023-10-23 17:30",  # 7½ hours: all of Monday
        "working_days": "2023-10-23 17:30",
    }


def test_pauses_that_overlap_or_lie_outside_are_taken_out_once() -> None:
    start, now = local("2023-10-16 08:00"), local("2023-10-16 18:00")
    pauses = [
        (local("2023-10-16 10:00"), local("2023-10-16 12:00")),
        (local("2023-10-16 11:00"), local("2023-10-16 13:00")),
        (local("2023-10-15 00:00"), local("2023-10-16 09:00")),
        (local("2023-10-16 17:00"), None),
        (local("2023-10-16 20:00"), None),
    ]
    # of ten hours five stood still: 08-09, 10-13, 17-18
    assert clocks.spent(start, now, Limit(10, "urgent_hours"), PLAIN, pauses) == 0.5


@given(
    st.lists(st.tuples(MOMENTS, AMOUNTS, KINDS), min_size=1, max_size=8),
    CALENDARS,
    st.integers(-3000, 3000),
)
def test_many_limits_end_where_each_ends_alone(
    rows: list[tuple[datetime, float, str]], calendar: Calendar, minutes: int
) -> None:
    index = pd.Index([f"i{n}" for n in range(len(rows))], name="issue_id")
    starts = pd.Series([row[0] for row in rows], index=index)
    amounts = pd.Series([row[1] for row in rows], index=index)
    kinds = pd.Series([row[2] for row in rows], index=index)
    ends = clocks.due_many(starts, amounts, kinds, calendar)
    alone = [clocks.due(start, Limit(n, kind), calendar) for start, n, kind in rows]
    assert ends.to_list() == alone
    assert (ends.name, ends.dtype, list(ends.index)) == ("due_at", clocks.DTYPE, list(index))
    at = starts + minutes * MINUTE
    shares = clocks.spent_many(ends, at, amounts, kinds, calendar)
    told = [
        clocks.spent(start, start + minutes * MINUTE, Limit(n, kind), calendar)
        for start, n, kind in rows
    ]
    assert shares.to_numpy() == pytest.approx(told, abs=2e-9)


def _close(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= timedelta(microseconds=2)
