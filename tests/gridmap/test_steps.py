"""Steps of the calendar: whole ones, and what of a period lies in none."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import InvalidError
from gridmap.steps import EVERY, Every, Step, numbers, step_of, steps

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("day", "every", "expected"),
    [
        (date(2026, 3, 1), "week", Step(date(2026, 2, 23), date(2026, 3, 1))),  # a Sunday
        (date(2026, 3, 2), "week", Step(date(2026, 3, 2), date(2026, 3, 8))),
        (date(2024, 2, 10), "month", Step(date(2024, 2, 1), date(2024, 2, 29))),
        (date(2026, 12, 31), "quarter", Step(date(2026, 10, 1), date(2026, 12, 31))),
    ],
)
def test_a_day_lies_in_its_step(day: date, every: Every, expected: Step) -> None:
    assert step_of(day, every) == expected


def test_what_is_not_whole_is_left_out_and_said() -> None:
    found = steps(date(2026, 1, 20), date(2026, 4, 10), "month")
    assert [step.since.month for step in found.whole] == [2, 3]
    assert found.before == Step(date(2026, 1, 20), date(2026, 1, 31))
    assert found.after == Step(date(2026, 4, 1), date(2026, 4, 10))


def test_a_period_of_whole_steps_leaves_nothing_out() -> None:
    found = steps(date(2026, 1, 1), date(2026, 6, 30), "quarter")
    assert (len(found.whole), found.before, found.after) == (2, None, None)


def test_a_period_without_a_whole_step_has_none() -> None:
    found = steps(date(2026, 1, 20), date(2026, 2, 10), "month")
    assert (found.whole, found.before) == ((), Step(date(2026, 1, 20), date(2026, 2, 10)))
    assert numbers(
        pd.Series(pd.to_datetime(["2026-02-01T00:00Z"])), found.whole, ZONE
    ).tolist() == [-1]


@given(
    since=st.dates(date(1990, 1, 1), date(2060, 1, 1)),
    length=st.integers(0, 900),
    every=st.sampled_from(EVERY),
)
def test_steps_and_what_is_left_out_are_the_period(since: date, length: int, every: Every) -> None:
    until = since + timedelta(days=length)
    found = steps(since, until, every)
    pieces = [piece for piece in (found.before, *found.whole, found.after) if piece]
    assert (pieces[0].since, pieces[-1].until) == (since, until)
    assert all(b.since - a.until == timedelta(days=1) for a, b in zip(pieces, pieces[1:]))  # noqa: B905, RUF007
    assert all(step == step_of(step.since, every) for step in found.whole)


def test_moments_lie_in_the_day_of_the_city() -> None:
    found = steps(date(2026, 3, 1), date(2026, 4, 30), "month")
    at = ["2026-02-28T15:59:59Z", "2026-02-28T16:00:00Z", "2026-03-31T16:00:00Z", None]
    at += ["2026-04-30T15:59:59.999Z", "2026-04-30T16:00:00Z"]
    moments = pd.Series(pd.to_datetime(at, format="ISO8601"))
    assert numbers(moments, found.whole, ZONE).tolist() == [-1, 0, 1, -1, 1, -1]


def test_days_between_two_spans_lie_in_none() -> None:
    spans = [Step(date(2026, 1, 1), date(2026, 1, 1)), Step(date(2026, 1, 3), date(2026, 1, 4))]
    moments = pd.Series(pd.date_range("2026-01-01T04:00Z", periods=5, freq="D"))
    assert numbers(moments, spans, ZONE).tolist() == [0, -1, 1, 1, -1]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidError, match="before it begins"):
        steps(date(2026, 2, 1), date(2026, 1, 1), "month")
    with pytest.raises(InvalidError, match="no step day"):
        step_of(date(2026, 1, 1), "day")  # type: ignore[arg-type]
