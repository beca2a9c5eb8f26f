"""Deadlines told again by another calendar, on paper, and against the acts that made them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.clocks import Calendar
from gridmap.errors import GridMapError
from gridmap.issues import deadlines, life
from gridmap.issues.orders import Context
from tests.gridmap.issues.casebook import CITY, PEOPLE, UNITS, WEEK, issue, local, order

TUESDAY_OFF = replace(WEEK, holidays=frozenset({date(2026, 6, 2)}))
SATURDAY_WORKED = replace(WEEK, workdays=frozenset({date(2026, 6, 6)}))
TWO_DAYS = issue(due_at=None)


def told(*acts: tuple[str, str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a story of acts, moments in the city and details."""
    return [{"act": act, "at": local(at), "details": details} for act, at, details in acts]


MONDAY = ("dispatch", "2026-06-01 16:00", {})
GRANTED = ("grant_extension", "2026-06-01 17:00", {"more": 1.0})


@pytest.mark.parametrize(
    ("story", "calendar", "due"),
    [
        ([MONDAY], WEEK, "2026-06-03 16:00"),
        ([MONDAY], TUESDAY_OFF, "2026-06-04 16:00"),
        ([MONDAY, GRANTED], WEEK, "2026-06-04 16:00"),
        ([MONDAY, GRANTED], TUESDAY_OFF, "2026-06-05 16:00"),
        # who has stood still over the day off has lost nothing by it
        (
            [MONDAY, ("suspend", "2026-06-01 16:00", {}), ("resume", "2026-06-03 08:30", {})],
            TUESDAY_OFF,
            "2026-06-04 17:30",
        ),
        # five of fifteen hours before the pause; without the day off one and a half
        (
            [MONDAY, ("suspend", "2026-06-02 12:00", {}), ("resume", "2026-06-04 08:30", {})],
            WEEK,
            "2026-06-05 11:00",
        ),
        (
            [MONDAY, ("suspend", "2026-06-02 12:00", {}), ("resume", "2026-06-04 08:30", {})],
            TUESDAY_OFF,
            "2026-06-05 16:00",
        ),
        # filed on the day that turned out to be one off: it counts from the next morning
        ([("file", "2026-06-02 10:00", {})], TUESDAY_OFF, "2026-06-04 17:30"),
        ([("file", "2026-06-05 10:00", {})], WEEK, "2026-06-09 10:00"),
        ([("file", "2026-06-05 10:00", {})], SATURDAY_WORKED, "2026-06-08 10:00"),
        # a later unit has the whole limit, whatever was granted to the one before
        ([MONDAY, GRANTED, ("transfer", "2026-06-03 09:00", {})], TUESDAY_OFF, "2026-06-05 09:00"),
        (
            [MONDAY, ("move", "2026-06-03 09:00", {"before": {"due_at": "x"}})],
            TUESDAY_OFF,
            "2026-06-05 09:00",
        ),
        ([MONDAY, ("move", "2026-06-03 09:00", {"before": {}})], TUESDAY_OFF, "2026-06-04 16:00"),
    ],
)
def test_a_story_told_by_a_calendar_says_when_it_is_due(
    story: list[tuple[str, str, dict[str, Any]]], calendar: Calendar, due: str
) -> None:
    found = deadlines.replayed(TWO_DAYS, told(*story), calendar)
    assert found == local(due)


def test_what_began_elsewhere_or_has_no_limit_is_not_reckoned() -> None:
    assert deadlines.replayed(TWO_DAYS, told(GRANTED), WEEK) is None
    assert deadlines.replayed(TWO_DAYS, [], WEEK) is None
    assert deadlines.replayed(issue(limit_amount=None), told(MONDAY), WEEK) is None


def test_a_register_keeps_no_microseconds_and_moves_no_deadline_by_them() -> None:
    due = local("2026-06-03 16:00")
    for moment, other in ((timedelta(milliseconds=1), False), (timedelta(seconds=1), True)):
        assert deadlines.moves(issue(due_at=due), due + moment) is other
        assert deadlines.moves(issue(due_at=due), due - moment) is other


ACTS = (
    "file", "dispatch", "accept", "return", "rule", "rectify", "reject", "ask_extension",
    "grant_extension", "suspend", "resume", "transfer", "move", "merge", "unmerge",
)  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(ACTS), st.sampled_from(["u1", "u2"]), st.integers(1, 3000)),
        max_size=30,
    ),
    st.sets(st.integers(0, 40), max_size=8),
)
def test_a_story_told_by_the_calendar_of_its_acts_gives_the_deadline_they_gave(
    acts: list[tuple[str, str, int]], off: set[int]
) -> None:
    """However an issue lived, and whichever days are off: the replay is what the acts reckoned."""
    days = frozenset(date(2026, 6, 1) + timedelta(days=n) for n in off)
    calendar = Calendar(CITY, holidays=days)
    row = issue("reported", due_at=None, limit_amount=None, limit_kind=None, fixer=None)
    now, story = row["reported_at"], []
    condition = order("file").condition
    assert condition is not None
    lasting = replace(condition, limit=replace(condition.limit, kind="working_days"))
    for act, unit_id, minutes in acts:
        now += timedelta(minutes=minutes)
        asked = order(act, unit_id=unit_id, condition=lasting, more=0.5)
        try:
            step = life.step(row, asked, PEOPLE["office"], Context(now, calendar, UNITS))
        except GridMapError:
            continue
        row |= step.changed
        story.append({"act": act, "at": now, "details": step.details})
    found: datetime | None = deadlines.replayed(row, story, calendar)
    assert found == row["due_at"]
