"""Evaluation: what counts as done, in time, returned, missed; of how many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap import evaluation, layers
from gridmap.evaluation import Beside, facts, tally
from gridmap.indicators import INDICATORS

AT = pd.Timestamp("2026-07-01", tz="Asia/Shanghai")
NO_EVENTS = pd.DataFrame(
    {"issue_id": [], "at": pd.to_datetime([], utc=True), "act": [], "unit_before": []}
)
NO_PATROLS = pd.DataFrame({"unit_id": [], "ended_at": pd.to_datetime([], utc=True)})


def issue(key: str, **more: Any) -> dict[str, Any]:
    """Return an issue of u1 of the first of June that was filed at once."""
    return {
        "issue_id": key,
        "reported_at": "2026-06-01T00:00:00Z",
        "filed_at": "2026-06-01T00:00:00Z",
        "due_at": "2026-06-05T00:00:00Z",
        "state": "dispatched",
        "category": "暴露垃圾",
        "channel": "hotline",
        "unit_id": "u1",
        **more,
    }


def closed(key: str, day: int = 3, **more: Any) -> dict[str, Any]:
    at = f"2026-06-{day:02}T00:00:00Z"
    return issue(key, state="closed_out", rectified_at=at, closed_at=at, **more)


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    found = layers.conform(pd.DataFrame(list(rows)).assign(geometry=None), layers.LAYERS["issues"])
    return pd.DataFrame(found.drop(columns="geometry"))


def done(*rows: tuple[str, str, str, str | None]) -> pd.DataFrame:
    told = pd.DataFrame(rows, columns=["issue_id", "at", "act", "unit_before"])
    return told.assign(at=pd.to_datetime(told["at"], utc=True))


def counted(
    issues: pd.DataFrame,
    events: pd.DataFrame = NO_EVENTS,
    *,
    recurred: tuple[str, ...] = (),
    patrols: pd.DataFrame = NO_PATROLS,
    at: pd.Timestamp = AT,
) -> dict[str, tuple[int, int]]:
    found = facts(issues, Beside(events, pd.Index(recurred, dtype="str"), patrols), at)
    table = tally(found, issues["unit_id"].rename("key"))
    pairs = zip(table["part"], table["whole"], strict=True)
    return {name: (int(a), int(b)) for name, (a, b) in zip(table["indicator"], pairs, strict=True)}


def test_in_time_is_what_was_set_right_by_its_limit_of_what_was_done_or_is_past_it() -> None:
    issues = frame(
        closed("in-time", 3),
        closed("on-the-minute", 5),
        closed("late", 6),
        issue("never", due_at="2026-06-20T00:00:00Z"),
        issue("not-yet", due_at="2026-08-01T00:00:00Z"),
    )
    found = counted(issues)
    assert found["on_time"] == (2, 4)
    assert found["overdue"] == (2, 4)
    assert found["handled"] == (3, 5)
    assert found["closed"] == (3, 5)
    assert found["closed_on_time"] == (2, 3)


def test_what_was_exempt_or_suspended_before_its_limit_is_neither_in_time_nor_late() -> None:
    issues = frame(
        closed("exempt", 9, exempt=True),
        issue("resting", state="suspended", paused_at="2026-06-04T00:00:00Z"),
        issue("too-late-to-rest", state="suspended", paused_at="2026-06-08T00:00:00Z"),
    )
    assert counted(issues)["on_time"] == (0, 1)
    assert counted(issues)["suspended"] == (2, 3)


def test_what_comes_after_the_day_is_not_known_on_it() -> None:
    issues = frame(closed("a", 3), closed("b", 20))
    early = counted(issues, at=pd.Timestamp("2026-06-04", tz="Asia/Shanghai"))
    assert (early["closed"], early["handled"]) == ((1, 2), (1, 2))
    events = done(("a", "2026-06-20T00:00:00Z", "reopen", "u1"))
    early = counted(issues, events, at=pd.Timestamp("2026-06-04", tz="Asia/Shanghai"))
    assert early["reopened"][0] == 0


def test_a_duplicate_counts_once_and_what_was_refused_is_not_filed() -> None:
    issues = frame(
        issue("a"),
        issue("b", state="merged", merged_into="a"),
        issue("c", state="refused", filed_at=None),
    )
    found = counted(issues)
    assert (found["reported"], found["refused"], found["filed"]) == ((2, 2), (1, 2), (1, 2))


def test_who_reported_is_told_by_the_channel() -> None:
    issues = frame(
        issue("a", channel="spot_check"),
        issue("b", channel="hotline"),
        issue("c", channel="unit_patrol"),
        issue("d", channel="hotline", state="merged", merged_into="b"),
    )
    found = counted(issues)
    assert (found["by_inspection"], found["by_public"]) == ((1, 3), (1, 3))


def test_filed_in_time_is_within_a_day_of_what_was_filed_or_waits_longer() -> None:
    issues = frame(
        issue("soon", filed_at="2026-06-02T00:00:00Z"),
        issue("late", filed_at="2026-06-02T00:00:01Z"),
        issue("waits", state="reported", filed_at=None),
        issue("new", state="reported", filed_at=None, reported_at="2026-06-30T10:00:00Z"),
    )
    assert counted(issues)["filed_on_time"] == (1, 3)


def test_a_return_is_without_cause_if_the_ruling_gives_the_issue_back() -> None:
    issues = frame(issue("kept"), issue("moved", unit_id="u1"), issue("twice"))
    events = done(
        ("kept", "2026-06-01T01:00:00Z", "dispatch", None),
        ("kept", "2026-06-02T01:00:00Z", "return", None),
        ("kept", "2026-06-03T01:00:00Z", "rule", "u1"),  # to u1, where it still is
        ("moved", "2026-06-01T01:00:00Z", "dispatch", None),
        ("moved", "2026-06-02T01:00:00Z", "return", None),
        ("moved", "2026-06-03T01:00:00Z", "rule", "u2"),  # u2 was rid of it
        ("twice", "2026-06-01T01:00:00Z", "dispatch", None),
        ("twice", "2026-06-03T01:00:00Z", "rule", "u2"),  # to u3, as the next one tells
        ("twice", "2026-06-04T01:00:00Z", "rule", "u3"),  # to u1
    )
    found = counted(issues, events)
    assert found["accurate"] == (1, 3)
    assert found["misdispatched"] == (2, 3)
    assert found["returned"] == (1, 3)


def test_rework_reopening_and_extension_are_read_from_what_was_done() -> None:
    issues = frame(closed("a"), closed("b"), issue("c"))
    events = done(
        ("a", "2026-06-01T01:00:00Z", "dispatch", None),
        ("b", "2026-06-01T01:00:00Z", "dispatch", None),
        ("c", "2026-06-01T01:00:00Z", "dispatch", None),
        ("a", "2026-06-02T01:00:00Z", "reject", None),
        ("c", "2026-06-05T01:00:00Z", "reopen", "u1"),
        ("c", "2026-06-05T01:00:00Z", "grant_extension", None),
    )
    found = counted(issues, events)
    assert (found["rework"], found["reopened"], found["extended"]) == ((1, 2), (1, 3), (1, 3))


def test_of_what_was_brought_in_without_events_its_counters_tell() -> None:
    issues = frame(closed("a", reworks=1), closed("b", reopenings=2), closed("c", extensions=0))
    found = counted(issues)
    assert (found["rework"], found["reopened"], found["extended"]) == ((1, 3), (1, 3), (0, 3))
    assert (found["dispatched"], found["reinspected"]) == ((3, 3), (3, 3))


def test_only_what_was_closed_out_long_ago_had_the_time_to_come_back() -> None:
    issues = frame(closed("old", 1), closed("older", 1), closed("new", 29))
    assert counted(issues, recurred=("old", "new"))["recurred"] == (0, 0)
    later = AT + pd.Timedelta(days=20)
    assert counted(issues, recurred=("old", "new"), at=later)["recurred"] == (1, 2)


def test_patrols_missed_what_the_public_found_where_they_had_just_been() -> None:
    issues = frame(
        issue("public", reported_at="2026-06-04T00:00:00Z"),
        issue("patrol", reported_at="2026-06-04T00:00:00Z", channel="unit_patrol"),
        issue("long-after", reported_at="2026-06-08T00:00:00Z"),
        issue("before", reported_at="2026-06-02T00:00:00Z"),
        issue("other-unit", reported_at="2026-06-04T00:00:00Z", unit_id="u2"),
        issue("inspectors", reported_at="2026-06-04T00:00:00Z", channel="undercover"),
    )
    ended = pd.to_datetime(["2026-06-03T00:00:00Z"], utc=True)
    patrols = pd.DataFrame({"unit_id": ["u1"], "ended_at": ended})
    found = facts(issues, Beside(NO_EVENTS, pd.Index([]), patrols), AT)
    assert found.index[found["patrolled"]].to_list() == ["public", "patrol"]
    assert counted(issues[issues["unit_id"] == "u1"], patrols=patrols)["missed"] == (1, 2)


def test_who_finds_and_fixes_it_handles_it_by_itself() -> None:
    issues = frame(closed("own", reporter_unit="u1", fixer_unit="u1"), closed("other"))
    assert counted(issues)["self_handled"] == (1, 2)


def test_the_share_of_reports_is_of_everybodys() -> None:
    issues = frame(issue("a"), issue("b", unit_id="u2"), issue("c", unit_id="u2"))
    found = facts(issues, Beside(NO_EVENTS, pd.Index([]), NO_PATROLS), AT)
    table = tally(found, issues["unit_id"].rename("key"))
    reported = table[table["indicator"] == "reported"]
    assert reported["part"].to_dict() == {"u1": 1, "u2": 2}
    assert reported["whole"].to_list() == [3, 3]


def test_nothing_counted_has_no_share_and_no_interval() -> None:
    table = evaluation.nothing("city")
    assert table["indicator"].to_list() == list(INDICATORS)
    assert table[["share", "low", "high"]].isna().all(axis=None)


def test_every_indicator_names_facts_and_says_what_it_is() -> None:
    found = facts(frame(issue("a")), Beside(NO_EVENTS, pd.Index([]), NO_PATROLS), AT)
    for one in INDICATORS.values():
        assert {one.part, one.whole} <= set(found)
        assert one.definition.endswith(".")


@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans()), min_size=1, max_size=60
    )
)
def test_the_parts_of_a_city_add_up_to_it(rows: list[tuple[str, bool, bool]]) -> None:
    names = sorted({column for one in INDICATORS.values() for column in (one.part, one.whole)})
    flags = np.array([[first, second] for _, first, second in rows])
    found = pd.DataFrame({name: flags[:, n % 2] for n, name in enumerate(names)})
    key = pd.Series([who for who, *_ in rows], dtype="str", name="key")
    parts = tally(found, key).groupby("indicator")[["part", "whole"]].sum()
    whole = tally(found, pd.Series("all", index=found.index, name="key")).set_index("indicator")
    volume = ["reported"]
    assert parts["part"].to_dict() == whole["part"].to_dict()
    assert parts["whole"].drop(volume).to_dict() == whole["whole"].drop(volume).to_dict()


@pytest.mark.parametrize("shares", [["low", "high"]])
def test_an_interval_holds_its_share(shares: list[str]) -> None:
    issues = frame(*(closed(f"i{n}", 3 if n % 3 else 9) for n in range(30)))
    found = facts(issues, Beside(NO_EVENTS, pd.Index([]), NO_PATROLS), AT)
    table = tally(found, issues["unit_id"].rename("key")).dropna(subset=shares)
    assert (table["low"] <= table["share"]).all()
    assert (table["share"] <= table["high"]).all()
