"""The calendar of China, a city's own hours, and what the city has changed."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from chinese_calendar import is_workday

from geodata.calendars import KNOWN_UNTIL, calendar, read_hours
from gridmap import clocks
from gridmap.clocks import Hours, Limit
from gridmap.errors import InvalidError

CITY = ZoneInfo("Asia/Shanghai")
SUMMER = "08:30-12:00,13:30-17:30; 05-01: 08:00-12:00,14:00-18:00; 10-01: 08:30-12:00,13:30-17:30"


def days(first: str, last: str) -> list[date]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


@pytest.mark.parametrize(
    ("first", "last", "worked"),
    [
        # DOMAIN B6.7, as the State Council announced
        ("2023-09-28", "2023-09-28", True),
        ("2023-09-29", "2023-10-06", False),
        ("2023-10-07", "2023-10-08", True),  # a weekend
        ("2024-02-04", "2024-02-04", True),  # a Sunday
        ("2024-02-09", "2024-02-09", True),  # New Year's Eve
        ("2024-02-10", "2024-02-17", False),
        ("2024-02-18", "2024-02-18", True),  # a Sunday
    ],
)
def test_holidays_and_make_up_workdays_are_those_of_the_notices(
    first: str, last: str, worked: bool
) -> None:
    made = calendar("Asia/Shanghai")
    assert {made.is_workday(day) for day in days(first, last)} == {worked}


def test_every_day_that_is_announced_is_what_the_package_says() -> None:
    made = calendar(CITY)
    announced = days("2004-01-01", KNOWN_UNTIL.isoformat())
    assert [made.is_workday(day) for day in announced] == [is_workday(day) for day in announced]


def test_after_the_last_year_that_is_announced_weekdays_decide_and_it_is_said() -> None:
    made = calendar(CITY)
    assert made.known_until == KNOWN_UNTIL
    assert made.knows(date(2026, 12, 31))
    later = days(f"{KNOWN_UNTIL.year + 1}-01-01", f"{KNOWN_UNTIL.year + 1}-12-31")
    assert [made.is_workday(day) for day in later] == [day.isoweekday() <= 5 for day in later]
    assert not made.knows(later[0])


def test_the_vectors_of_the_autumn_of_2023_hold_on_the_real_calendar() -> None:
    start = datetime(2023, 9, 28, 16, tzinfo=CITY)
    limits = [Limit(2, "working_days"), Limit(2, "urgent_hours"), Limit(2, "calendar_days")]
    ends = [clocks.due(start, limit, calendar(CITY)).astimezone(CITY) for limit in limits]
    assert [f"{end:%m-%d %H:%M}" for end in ends] == ["10-08 16:00", "09-28 18:00", "09-30 16:00"]


def test_what_the_city_has_changed_counts_before_the_notice() -> None:
    changes = {date(2024, 2, 9): False, date(2024, 2, 17): True, date(2024, 2, 18): False}
    made = calendar(CITY, changes=changes)
    assert [made.is_workday(date(2024, 2, day)) for day in (8, 9, 16, 17, 18, 19)] == [
        True,
        False,
        False,
        True,
        False,
        True,
    ]


def test_hours_change_with_the_seasons_of_every_year() -> None:
    made = calendar(CITY, read_hours(SUMMER))
    ends = [
        clocks.due(datetime(2026, month, day, 7, tzinfo=CITY), Limit(1, "working_hours"), made)
        for month, day in ((4, 30), (5, 6), (9, 30), (10, 9))
    ]
    told = [f"{end.astimezone(CITY):%H:%M}" for end in ends]
    assert told == ["09:30", "09:00", "09:00", "09:30"]


def test_one_set_of_hours_holds_all_year() -> None:
    read = read_hours("09:00-12:00，14：00—18:00")
    assert {one.spans for one in read} == {((time(9), time(12)), (time(14), time(18)))}
    assert read[26] == Hours(date(2026, 1, 1), read[0].spans)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8-12",
        "08:30-12:00,",
        "08:30-25:00",
        "12:00-08:30",
        "05-01: 08:00-12:00",  # and until then?
        "08:00-12:00; 02-30: 09:00-12:00",
        "08:00-12:00; 02-29: 09:00-12:00",  # not in every year
        "08:00-12:00; 09:00-12:00",
        "08:00-12:00; 05-01",
    ],
)
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        read_hours(text)
