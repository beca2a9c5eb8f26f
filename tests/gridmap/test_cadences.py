"""On which days what is due: counted in workdays, with the holidays of China."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.cadences import CONTRACT, changed, due, require_sound
from gridmap.errors import GridMapError, InvalidError
from gridmap.layers import conform


def cadence(beat: str, workday: int = 1, *, active: bool = True) -> pd.DataFrame:
    row = {
        "cadence_id": "c",
        "name": "月提示",
        "beat": beat,
        "workday": workday,
        "kind": "prompt",
        "roles": "city_office",
        "active": active,
    }
    return conform(pd.DataFrame([row]), CONTRACT)


def days(rows: pd.DataFrame, first: str, last: str) -> list[str]:
    found = due(
        rows, date.fromisoformat(first), date.fromisoformat(last), chinese_calendar.is_workday
    )
    return [day.isoformat() for day in found["day"]]


def test_daily_falls_on_workdays_and_on_make_up_workdays() -> None:
    """2023: 29 September to 6 October are holidays, Saturday 7 and Sunday 8 October are worked."""
    assert days(cadence("daily"), "2023-09-27", "2023-10-09") == [
        "2023-09-27",
        "2023-09-28",
        "2023-10-07",
        "2023-10-08",
        "2023-10-09",
    ]


def test_the_first_workday_of_october_is_after_the_holiday() -> None:
    assert days(cadence("monthly", 1), "2023-10-01", "2023-10-31") == ["2023-10-07"]
    assert days(cadence("monthly", 3), "2023-10-01", "2023-10-31") == ["2023-10-09"]


def test_minus_one_is_the_last_workday() -> None:
    assert days(cadence("monthly", -1), "2023-09-01", "2023-09-30") == ["2023-09-28"]
    assert days(cadence("weekly", -1), "2023-10-02", "2023-10-08") == ["2023-10-08"]


def test_a_month_with_too_few_workdays_has_its_last() -> None:
    assert days(cadence("monthly", 23), "2023-09-01", "2023-09-30") == ["2023-09-28"]


def test_a_week_without_a_workday_has_nothing_due() -> None:
    assert days(cadence("weekly"), "2023-10-02", "2023-10-06") == []
    never = due(cadence("weekly"), date(2023, 10, 2), date(2023, 10, 8), lambda _day: False)
    assert never.empty


def test_what_is_not_active_is_not_due() -> None:
    assert days(cadence("daily", active=False), "2023-09-27", "2023-09-28") == []


def monday_to_friday(day: date) -> bool:
    return day.weekday() < 5


@settings(max_examples=40, deadline=None)
@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(0, 399), st.integers(1, 23))
def test_each_month_has_one_day_however_it_is_looked_at(first: date, more: int, nth: int) -> None:
    rows = cadence("monthly", nth)
    last = first + timedelta(days=more)
    whole = set(due(rows, first, last, monday_to_friday)["day"])
    middle = first + timedelta(days=more // 2)
    parts = set(due(rows, first, middle, monday_to_friday)["day"])
    if middle < last:
        parts |= set(due(rows, middle + timedelta(days=1), last, monday_to_friday)["day"])
    assert parts == whole
    assert len({(day.year, day.month) for day in whole}) == len(whole)


@pytest.mark.parametrize(("beat", "workday"), [("monthly", 0), ("monthly", 24), ("daily", 2)])
def test_a_day_that_never_comes_is_refused(beat: str, workday: int) -> None:
    with pytest.raises(InvalidError):
        require_sound(cadence(beat, workday))
    require_sound(cadence("monthly", -23))


def test_days_in_the_wrong_order_and_too_many_are_refused() -> None:
    for last in (date(2026, 1, 1), date(2028, 1, 1)):
        with pytest.raises(InvalidError):
            due(cadence("daily"), date(2026, 1, 2), last, monday_to_friday)


ROW = {"name": "月提示", "beat": "monthly", "workday": 2, "kind": "prompt", "roles": "leader",
       "active": True}  # fmt: skip


def test_one_cadence_is_set_and_keeps_its_key() -> None:
    made = changed(cadence("weekly"), ROW, "c")
    assert made[["name", "beat", "workday"]].to_numpy().tolist() == [["月提示", "monthly", 2]]
    assert made.index.to_list() == ["c"]
    assert changed(cadence("weekly"), ROW | {"name": "周提示"}).index[0] != "c"


@pytest.mark.parametrize(
    ("wrong", "key", "field"),
    [
        ({"name": " "}, "c", "name"),
        ({"name": "拍"}, "", "name"),
        ({"roles": ""}, "c", "roles"),
        ({"workday": 24}, "c", "workday"),
        ({}, "none", "key"),
    ],
)
def test_a_cadence_that_cannot_be_set_says_why(
    wrong: dict[str, object], key: str, field: str
) -> None:
    with pytest.raises(GridMapError) as caught:
        changed(cadence("weekly").assign(name="拍"), ROW | wrong, key)
    assert vars(caught.value)["values"].get("field", "key") == field
