"""When limits run out, how much of them is used, and in which light that is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import clocks
from gridmap.clocks import LIMIT_KINDS, Calendar, Hours, Limit
from gridmap.errors import InvalidError

CITY = ZoneInfo("Asia/Shanghai")
# As announced: the autumn of 2023 and the Spring Festival of 2024 (DOMAIN B6.7).
HOLIDAYS = frozenset(
    [date(2023, 9, 29) + timedelta(days=n) for n in range(8)]
    + [date(2024, 2, 10) + timedelta(days=n) for n in range(8)]
)
WORKDAYS = frozenset({date(2023, 10, 7), date(2023, 10, 8), date(2024, 2, 4), date(2024, 2, 18)})
SUMMER = (
    Hours(date(2023, 1, 1)),
    Hours(date(2023, 10, 8), ((time(9), time(12)), (time(14), time(16)))),
)
PLAIN = Calendar(CITY, HOLIDAYS, WORKDAYS)
SEASONS = Calendar(CITY, HOLIDAYS, WORKDAYS, SUMMER)
MINUTE = timedelta(minutes=1)

# Whole minutes of the weeks around the holidays, and limits of whole minutes.
MOMENTS = st.datetimes(datetime(2023, 9, 18), datetime(2023, 11, 5)).map(  # noqa: DTZ001
    lambda at: at.replace(second=0, microsecond=0, tzinfo=CITY).astimezone(UTC)
)
KINDS = st.sampled_from(LIMIT_KINDS)
AMOUNTS = st.integers(1, 1200).map(lambda sixths: sixths / 60)
CALENDARS = st.sampled_from([PLAIN, SEASONS])


def local(text: str) -> datetime:
    """Return a moment in the city."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


def shown(moment: datetime) -> str:
    return moment.astimezone(CITY).isoformat(" ", "minutes")[:16]


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


@pytest.mark.parametrize(
    ("start", "amount", "kind", "end"),
    [
        ("2023-09-28 16:00", 2, "working_days", "2023-10-08 16:00"),
        ("2023-09-28 16:00", 2, "urgent_hours", "2023-09-28 18:00"),
        ("2023-09-28 16:00", 2, "calendar_days", "2023-09-30 16:00"),
        # 90 minutes are left that day; the other 30 are of the make-up Saturday
        ("2023-09-28 16:00", 2, "working_hours", "2023-10-07 09:00"),
        ("2024-02-02 16:00", 1, "working_days", "2024-02-04 16:00"),  # a Sunday that is worked
        ("2024-02-08 16:00", 1, "working_days", "2024-02-09 16:00"),  # New Year's Eve, by notice
        ("2024-02-09 16:00", 1, "working_days", "2024-02-18 16:00"),
        ("2024-02-09 17:00", 1, "working_hours", "2024-02-18 09:00"),
        ("2023-10-09 11:30", 1, "working_hours", "2023-10-09 14:00"),  # over the midday rest
    ],
)
def test_a_limit_ends_where_the_notice_of_that_year_puts_it(
    start: str, amount: float, kind: str, end: str
) -> None:
    found = clocks.due(local(start), Limit(amount, kind), PLAIN)
    assert shown(found) == end
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "kind", "end"),
    [
        ("2023-10-13 20:00", "working_hours", "2023-10-16 09:30"),  # Friday night
        ("2023-10-14 10:00", "working_hours", "2023-10-16 09:30"),  # Saturday
        ("2023-10-16 07:00", "working_hours", "2023-10-16 09:30"),  # before opening
        ("2023-10-16 12:30", "working_hours", "2023-10-16 14:30"),  # in the midday rest
        ("2023-10-13 20:00", "working_days", "2023-10-16 17:30"),
        ("2023-10-14 10:00", "working_days", "2023-10-16 17:30"),
        ("2023-10-16 07:00", "working_days", "2023-10-16 17:30"),
        ("2023-10-16 08:30", "working_days", "2023-10-16 17:30"),  # the whole of that day
        ("2023-10-16 12:30", "working_days", "2023-10-17 12:00"),
    ],
)
def test_what_begins_outside_working_hours_counts_from_the_next_working_moment(
    start: str, kind: str, end: str
) -> None:
    assert shown(clocks.due(local(start), Limit(1, kind), PLAIN)) == end


@pytest.mark.parametrize(
    ("kind", "due", "guessed"),
    [
        ("working_days", "2026-12-31T15:59:00Z", False),  # 23:59 of the last known day
        ("working_days", "2026-12-31T16:01:00Z", True),
        ("working_hours", "2027-01-04T02:00:00Z", True),
        ("calendar_days", "2027-01-04T02:00:00Z", False),
        ("urgent_hours", "2027-01-04T02:00:00Z", False),
    ],
)
def test_a_deadline_beyond_the_announced_holidays_is_a_guess(
    kind: str, due: str, *, guessed: bool
) -> None:
    known = Calendar(CITY, HOLIDAYS, WORKDAYS, known_until=date(2026, 12, 31))
    assert known.guesses(datetime.fromisoformat(due), kind) is guessed
    assert not PLAIN.guesses(datetime.fromisoformat(due), kind)


def test_many_deadlines_are_guesses_where_each_of_them_is() -> None:
    known = Calendar(CITY, known_until=date(2026, 12, 31))
    new_year = local("2027-01-01 00:00")
    dues = [new_year - timedelta(seconds=1), new_year, local("2027-02-01 10:00"), None]
    pairs = [(due, kind) for due in dues for kind in (*clocks.LIMIT_KINDS, None)]
    due_at = pd.to_datetime(pd.Series([due for due, _ in pairs]), utc=True)
    kinds = pd.Series([kind for _, kind in pairs], dtype="str")
    expected = [
        due is not None and kind is not None and known.guesses(due, kind) for due, kind in pairs
    ]
    assert known.guesses_many(due_at, kinds).to_list() == expected
    assert sum(expected) == 4  # working hours and days, from New Year on
    assert not PLAIN.guesses_many(due_at, kinds).any()


def test_a_limit_that_ends_with_the_day_is_due_at_closing_time() -> None:
    assert shown(clocks.due(local("2023-10-16 16:30"), Limit(1, "working_hours"), PLAIN)) == (
        "2023-10-16 17:30"
    )


def test_the_city_s_hours_change_with_the_season_and_a_working_day_stays_one() -> None:
    start = local("2023-10-07 13:00")  # 210 of its 450 minutes are worked
    assert shown(clocks.due(start, Limit(5, "working_hours"), SEASONS)) == "2023-10-08 10:00"
    # 7/15 of the short day of 300 minutes: 140 minutes after 09:00
    assert shown(clocks.due(start, Limit(1, "working_days"), SEASONS)) == "2023-10-08 11:20"


def test_before_the_first_hours_that_are_told_they_hold_too() -> None:
    later = Calendar(CITY, hours=(Hours(date(2030, 1, 1), ((time(10), time(11)),)),))
    assert shown(clocks.due(local("2023-10-16 08:00"), Limit(1, "working_hours"), later)) == (
        "2023-10-16 11:00"
    )


def test_beyond_what_is_announced_weekdays_decide_and_it_is_said() -> None:
    known = Calendar(CITY, HOLIDAYS, WORKDAYS, known_until=date(2024, 12, 31))
    friday = local("2025-09-26 16:00")
    assert shown(clocks.due(friday, Limit(3, "working_days"), known)) == "2025-10-01 16:00"
    assert known.knows(date(2024, 12, 31))
    assert not known.knows(date(2025, 10, 1))
    assert PLAIN.knows(date(2099, 1, 1))


def test_a_day_is_worked_by_notice_before_it_is_free_by_the_week() -> None:
    days = [date(2023, 10, day) for day in (6, 7, 8, 9, 14)]
    assert [PLAIN.is_workday(day) for day in days] == [False, True, True, True, False]


def test_clocks_that_are_put_forward_take_no_working_hour_away() -> None:
    new_york = ZoneInfo("America/New_York")
    nights = Calendar(new_york, workdays=frozenset({date(2026, 3, 8)}), hours=(_night(),))
    start = datetime(2026, 3, 7, 12, tzinfo=new_york)
    found = clocks.due(start, Limit(1.5, "working_hours"), nights)
    # 01:00-02:00 is an hour; 02:00 is 03:00 at once, so the second one begins there
    assert found.astimezone(new_york).isoformat() == "2026-03-08T03:30:00-04:00"


def _night() -> Hours:
    return Hours(date(2026, 1, 1), ((time(1), time(4)),))


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


def test_what_has_not_begun_has_used_nothing() -> None:
    start = local("2023-10-16 08:00")
    limit = Limit(1, "urgent_hours")
    assert clocks.spent(start, start - MINUTE, limit, PLAIN) == 0.0
    assert clocks.spent(start, start - MINUTE, limit, PLAIN, [(start, None)]) == 0.0


@pytest.mark.parametrize(
    ("hours", "colour"),
    [(0, "green"), (8, "green"), (8.01, "yellow"), (10, "yellow"), (10.01, "red"), (99, "red")],
)
def test_lights_change_after_80_and_after_100_per_cent(hours: float, colour: str) -> None:
    start = local("2023-10-16 08:00")
    share = clocks.spent(start, start + timedelta(hours=hours), Limit(10, "urgent_hours"), PLAIN)
    assert clocks.light(share) == colour


def test_what_is_left_is_negative_once_it_is_overdue() -> None:
    due_at = local("2023-10-16 17:00")
    assert clocks.left(local("2023-10-17 09:00"), due_at, "working_hours", PLAIN) == -1.0
    assert clocks.left(local("2023-10-17 09:00"), due_at, "urgent_hours", PLAIN) == -16.0


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


def test_limits_that_are_not_whole_stay_empty() -> None:
    start = pd.Timestamp("2023-10-16T00:00:00Z")
    starts = pd.Series([start, pd.NaT, start, start], dtype="datetime64[us, UTC]")
    amounts = pd.Series([1.0, 1.0, np.nan, 1.0])
    kinds = pd.Series(["urgent_hours", "urgent_hours", "urgent_hours", None], dtype="str")
    ends = clocks.due_many(starts, amounts, kinds, PLAIN)
    assert ends.notna().to_list() == [True, False, False, False]
    shares = clocks.spent_many(ends, starts, amounts, kinds, PLAIN)
    assert shares.notna().to_list() == [True, False, False, False]
    none = clocks.due_many(starts.iloc[:0], amounts.iloc[:0], kinds.iloc[:0], PLAIN)
    assert none.empty
    assert none.dtype == clocks.DTYPE


@pytest.mark.parametrize(
    ("amount", "kind"),
    [
        (0, "urgent_hours"),
        (-1, "working_days"),
        (float("nan"), "working_days"),
        (float("inf"), "urgent_hours"),
        (10_001, "calendar_days"),
        (1, "weeks"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(amount: float, kind: str) -> None:
    with pytest.raises(InvalidError):
        Limit(amount, kind)
    start = pd.Series([pd.Timestamp("2023-10-16T00:00:00Z")])
    if not np.isnan(amount):
        with pytest.raises(InvalidError):
            clocks.due_many(start, pd.Series([float(amount)]), pd.Series([kind]), PLAIN)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    naive = datetime(2023, 10, 16)  # noqa: DTZ001
    with pytest.raises(InvalidError, match="time zone"):
        clocks.due(naive, Limit(1, "urgent_hours"), PLAIN)
    with pytest.raises(InvalidError, match="time zone"):
        clocks.due_many(pd.Series([naive]), pd.Series([1.0]), pd.Series(["urgent_hours"]), PLAIN)


@pytest.mark.parametrize(
    "spans",
    [(), ((time(12), time(9)),), ((time(9), time(12)), (time(11), time(14)))],
)
def test_hours_that_cannot_be_are_refused(spans: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(InvalidError):
        Hours(date(2026, 1, 1), spans)


def test_a_calendar_without_hours_or_with_hardly_any_is_refused() -> None:
    with pytest.raises(InvalidError):
        Calendar(CITY, hours=())
    minute = Calendar(CITY, hours=(Hours(date(2026, 1, 1), ((time(9), time(9, 1)),)),))
    with pytest.raises(InvalidError, match="128 years"):
        clocks.due(local("2026-03-02 08:00"), Limit(10_000, "working_hours"), minute)


def _close(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= timedelta(microseconds=2)
