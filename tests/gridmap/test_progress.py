"""What is open, overdue and newly overdue at a moment: a story of six issues, worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import layers
from gridmap.progress import (
    AGES,
    STAGES,
    ages,
    fell_due,
    is_open,
    is_overdue,
    ran_out,
    stages,
    untold,
)

NOON = pd.Timestamp("2026-06-10T12:00", tz="UTC")


def issues(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return issues of garbage reported on 1 June, due on 5 June, with what each row says."""
    base = {
        "reported_at": "2026-06-01T12:00Z",
        "due_at": "2026-06-05T12:00Z",
        "category": "暴露垃圾",
        "state": "dispatched",
    }
    told = [{"issue_id": f"i{n}", **base, **row} for n, row in enumerate(rows)]
    return pd.DataFrame(layers.conform(pd.DataFrame(told), layers.LAYERS["issues"]))


SIX = issues(
    [
        {},  # 0: nobody has done anything
        {"rectified_at": "2026-06-04T12:00Z", "state": "rectified"},  # 1: in time, not closed yet
        {
            "rectified_at": "2026-06-08T12:00Z",
            "closed_at": "2026-06-11T12:00Z",
            "state": "closed_out",
        },  # 2: late, closed the day after
        {"paused_at": "2026-06-03T12:00Z", "state": "suspended"},  # 3: its clock stands still
        {"state": "merged"},  # 4: goes on as another
        {"exempt": True},  # 5: an appeal took the fault away
    ]
)


def test_what_is_closed_later_is_open_now() -> None:
    assert is_open(SIX, NOON).to_list() == [True, True, True, True, False, True]
    later = NOON + pd.Timedelta(days=2)
    assert is_open(SIX, later).to_list() == [True, True, False, True, False, True]
    assert not is_open(SIX, pd.Timestamp("2026-06-01T12:00Z")).any()


def test_what_was_set_right_is_overdue_no_more() -> None:
    assert is_overdue(SIX, NOON).to_list() == [True, False, False, False, False, True]
    between = pd.Timestamp("2026-06-07T12:00Z")  # when the third had not been set right yet
    assert is_overdue(SIX, between).to_list() == [True, False, True, False, False, True]
    assert not is_overdue(SIX, pd.Timestamp("2026-06-05T12:00Z")).any()


def test_a_limit_runs_out_once_and_not_for_the_excused() -> None:
    begin, end = pd.Timestamp("2026-06-05T00:00Z"), pd.Timestamp("2026-06-06T00:00Z")
    assert ran_out(SIX, begin, end).to_list() == [True, False, True, False, False, False]
    assert not ran_out(SIX, end, NOON).any()


def test_a_closed_issue_without_a_moment_is_not_open() -> None:
    assert is_open(issues([{"state": "closed_out"}]), NOON).to_list() == [False]


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 200), max_size=30))
def test_every_open_issue_has_one_age(days: list[float]) -> None:
    since = [NOON - pd.Timedelta(days=n) for n in days]
    every = SIX.iloc[[0] * len(days)].assign(reported_at=pd.DatetimeIndex(since, tz="UTC"))
    found = ages(every, NOON)
    assert found["n"].sum() == len(days)
    for row in found.itertuples():
        most = float("inf") if pd.isna(row.to_days) else row.to_days
        assert row.n == sum(row.from_days <= n < most for n in days)


def test_ages_tell_the_overdue_apart() -> None:
    found = ages(SIX, NOON).set_index("from_days")
    assert found.loc[7, ["within", "overdue", "n"]].to_list() == [3, 2, 5]  # nine days old
    assert found.index.to_list() == [0, *AGES]


def test_stages_count_how_far_issues_came_at_least() -> None:
    told = issues(
        [
            {"state": "reported"},
            {"state": "refused", "closed_at": "2026-06-02T12:00Z"},
            {"state": "filed", "filed_at": "2026-06-01T13:00Z"},
            {"state": "dispatched", "filed_at": "2026-06-01T13:00Z"},
            {"state": "reinspected"},
            {"state": "closed_out", "closed_at": "2026-06-02T12:00Z"},
            {"state": "merged"},
        ]
    )
    assert stages(told).to_dict() == dict(zip(STAGES, (6, 4, 3, 2, 1), strict=True))


@pytest.mark.parametrize("state", layers.ISSUE_STATES)
def test_no_stage_has_more_than_the_one_before(state: str) -> None:
    counts = stages(issues([{"state": state}]))
    assert (counts.diff().dropna() <= 0).all()


def test_what_stopped_without_anybody_saying_when_is_late_for_nobody() -> None:
    begin, end = pd.Timestamp("2026-06-05T00:00Z"), pd.Timestamp("2026-06-06T00:00Z")
    rows = issues([{"state": state} for state in ("rectified", "reinspected", "suspended")])
    assert untold(rows).all()
    assert not untold(SIX).any()
    assert not is_overdue(rows, NOON).any()
    assert not ran_out(rows, begin, end).any()
    assert not fell_due(rows, begin, end).to_numpy().any()


def test_what_fell_due_in_a_day_and_what_of_it_was_in_time() -> None:
    told = fell_due(SIX, pd.Timestamp("2026-06-05T00:00Z"), pd.Timestamp("2026-06-06T00:00Z"))
    assert told["due"].to_list() == [True, True, True, False, False, False]
    assert told["on_time"].to_list() == [False, True, False, False, False, False]
    assert not fell_due(SIX, NOON, NOON + pd.Timedelta(days=9))["due"].any()
