"""Periods of the calendar: months, quarters and years, each day in one of each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import InvalidError
from gridmap.periods import EVERY, MONTHS, Every, Period, last_over, period_of

DAYS = st.dates(date(1990, 1, 1), date(2110, 12, 31))


@pytest.mark.parametrize(
    ("day", "every", "expected"),
    [
        (date(2024, 2, 10), "month", Period("month", date(2024, 2, 1), date(2024, 2, 29))),
        (date(2026, 12, 31), "quarter", Period("quarter", date(2026, 10, 1), date(2026, 12, 31))),
        (date(2026, 4, 1), "quarter", Period("quarter", date(2026, 4, 1), date(2026, 6, 30))),
        (date(2026, 8, 9), "year", Period("year", date(2026, 1, 1), date(2026, 12, 31))),
    ],
)
def test_a_day_lies_in_its_period(day: date, every: Every, expected: Period) -> None:
    assert period_of(day, every) == expected


@given(DAYS, st.sampled_from(EVERY))
def test_periods_follow_each_other_without_a_gap(day: date, every: Every) -> None:
    found = period_of(day, every)
    assert found.first <= day <= found.last
    assert {period_of(one, every) for one in (found.first, found.last)} == {found}
    assert last_over(day, every).last == found.first - timedelta(days=1)
    assert len(found.months) == MONTHS[every]
    assert {period_of(month, every) for month in found.months} == {found}


def test_a_period_of_no_kind_is_refused() -> None:
    with pytest.raises(InvalidError, match="month, quarter, year, not by the week"):
        period_of(date(2026, 3, 1), "week")


def test_nothing_is_over_before_the_calendar_begins() -> None:
    assert last_over(date(1, 1, 5), "month") == period_of(date.min, "month")
