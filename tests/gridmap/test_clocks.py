"""When limits run out, how much of them is used, and in which light that is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from gridmap import clocks
from gridmap.clocks import Calendar, Hours, Limit
from gridmap.errors import InvalidError
from tests.gridmap.hours import CITY, HOLIDAYS, MINUTE, PLAIN, SEASONS, WORKDAYS, local, shown


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
