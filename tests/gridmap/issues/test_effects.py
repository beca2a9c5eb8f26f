"""What follows from each act, with moments worked out on a paper calendar."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from gridmap.errors import ConflictError, InvalidError
from gridmap.issues import life
from gridmap.issues.evidence import Shot
from gridmap.issues.orders import Context, Order, Step
from gridmap.issues.routing import NOWHERE
from tests.gridmap.issues.casebook import (
    CITY,
    HERE,
    NOW,
    PEOPLE,
    THERE,
    context,
    issue,
    local,
    order,
)


def step(
    row: dict[str, Any], act: str, who: str = "office", at: Context | None = None, **more: Any
) -> Step:
    return life.step(row, order(act, **more), PEOPLE[who], at or context())


def shown(moment: datetime) -> str:
    return moment.astimezone(CITY).isoformat(" ", "minutes")[:16]


def test_filing_takes_category_and_limit_from_the_condition_and_starts_the_clock() -> None:
    changed = step(issue("reported", due_at=None), "file").changed
    assert shown(changed.pop("due_at")) == "2026-06-02 14:00"  # four hours, through the noon
    assert changed == {
        "condition": "c9",
        "category": "井盖缺失",
        "limit_amount": 4.0,
        "limit_kind": "urgent_hours",
        "granted": None,
        "filed_at": NOW,
        "state": "filed",
        "pending": None,
    }


def test_the_unit_that_the_place_has_told_is_given_the_issue_if_no_other_is_named() -> None:
    given = step(issue("filed"), "dispatch", unit_id=None)
    assert given.changed["unit_id"] == "u1"
    assert shown(given.changed["due_at"]) == "2026-06-04 10:00"  # the whole limit, from now
    assert given.details == {"before": {"unit_id": "u1", "due_at": local("2026-06-03 09:00")}}


@pytest.mark.parametrize(("act", "state"), [("rule", "returned"), ("transfer", "accepted")])
def test_whoever_is_given_an_issue_has_the_whole_limit_and_the_past_is_told(
    act: str, state: str
) -> None:
    given = step(issue(state), act)
    assert (given.changed["unit_id"], given.to_state) == ("u2", "dispatched")
    assert shown(given.changed["due_at"]) == "2026-06-04 10:00"
    assert given.details == {"before": {"unit_id": "u1", "due_at": local("2026-06-03 09:00")}}


def test_a_ruling_may_leave_the_issue_with_the_unit_that_returned_it() -> None:
    assert step(issue("returned"), "rule", unit_id="u1").changed["unit_id"] == "u1"


def test_a_transfer_to_the_unit_that_has_it_would_only_turn_back_its_clock() -> None:
    with pytest.raises(InvalidError, match="is with the unit u1 already"):
        step(issue(), "transfer", unit_id="u1")


@pytest.mark.parametrize(
    ("act", "state"), [("dispatch", "filed"), ("rule", "returned"), ("transfer", "accepted")]
)
def test_an_issue_is_given_only_to_a_unit_that_there_is(act: str, state: str) -> None:
    with pytest.raises(InvalidError, match="There is no unit u4"):
        step(issue(state), act, unit_id="u4")


def test_an_issue_that_is_reopened_begins_anew_and_forgets_who_fixed_it() -> None:
    closed = issue("closed_out", closed_at=local("2026-06-01 17:00"), rectified_at=NOW)
    again = step(closed, "reopen", unit_id=None)
    changed = again.changed
    assert {changed[name] for name in ("closed_at", "rectified_at", "fixer", "fixer_unit")} == {
        None
    }
    assert (changed["unit_id"], changed["reopenings"]) == ("u1", 1)
    assert shown(changed["due_at"]) == "2026-06-04 10:00"
    assert again.details["before"] == {
        "unit_id": "u1",
        "due_at": local("2026-06-03 09:00"),
        "closed_at": local("2026-06-01 17:00"),
        "fixer": "f1",
        "fixer_unit": "u1",
        "exempt": None,
    }


def test_what_was_fixed_before_it_is_told_was_fixed_then() -> None:
    earlier = local("2026-06-01 17:00")
    fixed = step(issue("dispatched"), "rectify", "own", done_at=earlier)
    assert fixed.changed["rectified_at"] == earlier
    assert (fixed.changed["fixer"], fixed.changed["fixer_unit"]) == ("s1", "u1")
    assert fixed.details == {"told_at": NOW}


@pytest.mark.parametrize("done_at", [None, local("2026-06-01 07:59"), local("2026-06-02 10:01")])
def test_nothing_is_fixed_before_it_was_reported_nor_tomorrow(done_at: datetime | None) -> None:
    fixed = step(issue("dispatched"), "rectify", "own", done_at=done_at)
    assert fixed.changed["rectified_at"] == NOW
    assert fixed.details == {}


def test_a_unit_that_an_office_lends_a_hand_is_the_unit_that_fixed_it() -> None:
    assert step(issue(), "rectify", "office").changed["fixer_unit"] == "u1"
    both = replace(PEOPLE["office"], units=frozenset({"u3"}))
    fixed = life.step(issue(), order("rectify"), both, context())
    assert fixed.changed["fixer_unit"] == "u3"  # the office speaks for a unit of its own


def test_a_rejection_leaves_the_deadline_and_keeps_who_had_fixed_it() -> None:
    rejected = step(issue("rectified", rectified_at=NOW), "reject", "inspector")
    assert rejected.to_state == "accepted"
    assert "due_at" not in rejected.changed
    assert rejected.changed["rectified_at"] is None
    assert rejected.details["before"] == {
        "rectified_at": NOW,
        "fixer": "f1",
        "fixer_unit": "u1",
    }


@pytest.mark.parametrize(
    ("shots", "why"),
    [
        ((), "with a photo taken after"),
        ((Shot("p", "before", 3.0),), "with a photo taken after"),
        ((Shot("p", "after", 140.4),), "was taken 140 m from the place; 100 m are allowed"),
    ],
)
def test_nothing_is_closed_out_without_a_photo_of_the_place(
    shots: tuple[Shot, ...], why: str
) -> None:
    with pytest.raises(InvalidError, match=why):
        step(issue("reinspected"), "close_out", "inspector", context(shots=shots))


def test_a_close_out_tells_how_far_away_the_photo_was_taken() -> None:
    closed = step(issue("reinspected"), "close_out", "inspector")
    assert closed.changed["closed_at"] == NOW
    assert closed.details == {"evidence": "near", "distance_m": 12.0}


def test_where_no_photo_says_its_place_the_checker_says_why_it_will_do() -> None:
    shots = (Shot("p", "after", None),)
    row = issue("reinspected")
    with pytest.raises(InvalidError, match="say why they are enough"):
        step(row, "close_out", "inspector", context(shots=shots), reason=" ")
    closed = step(row, "close_out", "inspector", context(shots=shots), reason="现场已核查")
    assert closed.details == {"evidence": "unplaced", "distance_m": None}


def test_an_issue_that_has_no_place_asks_none_of_its_photos() -> None:
    shots = (Shot("p", "after", None),)
    row = issue("reinspected", place=None)
    closed = step(row, "close_out", "inspector", context(shots=shots), reason=None)
    assert closed.details["evidence"] == "placeless"


def test_an_extension_is_added_to_the_deadline_in_the_limits_own_days() -> None:
    granted = step(issue(pending="extension"), "grant_extension", more=2.0)
    assert shown(granted.changed["due_at"]) == "2026-06-05 09:00"  # Wednesday, and two days
    assert granted.changed["extensions"] == 1
    assert granted.details == {"more": 2.0, "before": {"due_at": local("2026-06-03 09:00")}}


def test_an_extension_over_a_weekend_skips_it() -> None:
    friday = issue(pending="extension", due_at=local("2026-06-05 09:00"))
    granted = step(friday, "grant_extension", more=1.0)
    assert shown(granted.changed["due_at"]) == "2026-06-08 09:00"


def test_after_an_extension_the_light_counts_against_the_extended_limit() -> None:
    # two working days are 15 hours: 7 on Monday from 09:00, 6 on Tuesday until 16:00
    at = local("2026-06-02 16:00")
    row = issue(pending="extension")
    assert life.spent(row, at, context().calendar) == pytest.approx(13 / 15)
    assert life.light(row, at, context().calendar) == "yellow"
    row |= step(row, "grant_extension", at=context(at), more=1.0).changed
    assert (row["granted"], row["limit_amount"]) == (1.0, 2.0)
    assert life.spent(row, at, context().calendar) == pytest.approx(13 / 22.5)
    assert life.light(row, at, context().calendar) == "green"
    # 80 % of 22.5 hours are 18: 1.5 more on Tuesday, 3.5 on Wednesday
    assert life.light(row, local("2026-06-03 12:00"), context().calendar) == "green"
    assert life.light(row, local("2026-06-03 13:31"), context().calendar) == "yellow"
    assert life.light(row, local("2026-06-04 09:00"), context().calendar) == "yellow"
    assert life.light(row, local("2026-06-04 09:01"), context().calendar) == "red"


def test_what_is_granted_twice_adds_up_and_goes_when_the_limit_begins_anew() -> None:
    row = issue(pending="extension", extensions=1, granted=0.5)
    row |= step(row, "grant_extension", more=1.5).changed
    assert row["granted"] == 2.0
    for act, state in (("transfer", "accepted"), ("rule", "returned"), ("reopen", "closed_out")):
        assert step(row | {"state": state}, act).changed["granted"] is None
    assert step(row | {"state": "reported"}, "file").changed["granted"] is None
    assert step(row, "move").changed["granted"] is None
    assert "granted" not in step(row, "suspend").changed


@pytest.mark.parametrize(("act", "who"), [("ask_extension", "own"), ("grant_extension", "office")])
def test_an_extension_is_no_longer_than_the_limit_itself(act: str, who: str) -> None:
    pending = "extension" if act == "grant_extension" else None
    with pytest.raises(InvalidError, match=r"as long as the limit itself, 2\.0, not 2\.5"):
        step(issue(pending=pending), act, who, more=2.5)
    assert step(issue(pending=pending), act, who, more=2.0).details["more"] == 2.0


def test_an_issue_is_extended_twice_and_no_more() -> None:
    assert step(issue(pending="extension", extensions=1), "grant_extension").changed["extensions"]
    with pytest.raises(ConflictError, match="2 times at most"):
        step(issue(pending="extension", extensions=2), "grant_extension")


def test_what_has_no_limit_cannot_be_extended() -> None:
    with pytest.raises(ConflictError, match="has no limit"):
        step(issue(due_at=None), "ask_extension", "own")


def test_a_request_changes_nothing_but_that_it_waits() -> None:
    asked = step(issue(), "ask_extension", "own", more=1.5)
    assert asked.changed == {"pending": "extension", "state": "accepted"}
    assert asked.details == {"more": 1.5}


def test_suspension_stops_the_clock_and_keeps_the_fact() -> None:
    at = local("2026-06-01 15:30")
    stopped = step(issue(), "suspend", at=context(at))
    assert stopped.changed == {
        "paused_at": at,
        "resumes": "accepted",
        "state": "suspended",
        "pending": None,
    }
    row = issue() | stopped.changed
    # ten of fifteen working hours were left on Monday 15:30, and are on Friday 08:30
    again = step(row, "resume", at=context(local("2026-06-05 08:30")))
    assert shown(again.changed["due_at"]) == "2026-06-08 11:00"
    assert again.to_state == "accepted"
    assert (again.changed["paused_at"], again.changed["resumes"]) == (None, None)
    assert again.details == {"before": {"paused_at": at, "due_at": local("2026-06-03 09:00")}}
    before = life.spent(row, at, context().calendar)
    after = life.spent(row | again.changed, local("2026-06-05 08:30"), context().calendar)
    assert before == after == pytest.approx(5 / 15)


def test_what_was_overdue_when_it_was_suspended_stays_overdue() -> None:
    late = issue(due_at=local("2026-06-01 09:00"))
    row = late | step(late, "suspend", at=context(local("2026-06-01 15:30"))).changed
    again = step(row, "resume", at=context(local("2026-06-05 08:30")))
    assert again.changed["due_at"] == local("2026-06-01 09:00")


def test_an_issue_goes_back_to_where_it_was_suspended() -> None:
    for state in ("filed", "dispatched", "accepted"):
        row = issue(state) | step(issue(state), "suspend").changed
        assert step(row, "resume").to_state == state


def test_a_merger_is_undone_to_where_it_was() -> None:
    for state in ("reported", "filed", "returned", "dispatched", "accepted"):
        merged = step(issue(state), "merge")
        assert (merged.changed["merged_into"], merged.changed["resumes"]) == ("i2", state)
        assert merged.details == {"into": "i2"}
        row = issue(state) | merged.changed
        parted = step(row, "unmerge")
        assert row | parted.changed == issue(state)
        assert parted.details == {"before": {"merged_into": "i2"}}


def test_a_corrected_place_is_routed_anew_and_the_earlier_routing_is_kept() -> None:
    moved = step(issue(), "move", "reporter")
    changed = moved.changed
    assert (changed["grid"], changed["unit_id"], changed["rule"]) == ("g2", "u2", "grid")
    assert (changed["place"], json.loads(changed["why"])) == (THERE.place, list(THERE.why))
    assert (moved.to_state, shown(changed["due_at"])) == ("dispatched", "2026-06-04 10:00")
    assert moved.details["before"] == {
        "grid": "g1",
        "unit_id": "u1",
        "rule": "grid",
        "why": issue()["why"],
        "lon": HERE.x,
        "lat": HERE.y,
        "due_at": local("2026-06-03 09:00"),
    }


def test_a_corrected_place_of_the_same_unit_changes_neither_state_nor_deadline() -> None:
    moved = step(issue(), "move", routing=replace(THERE, unit_id="u1"))
    assert (moved.to_state, moved.changed["grid"]) == ("accepted", "g2")
    assert "due_at" not in moved.changed


@pytest.mark.parametrize("unit_id", [None, "u4"])
def test_a_corrected_place_for_which_nobody_answers_waits_for_a_ruling(
    unit_id: str | None,
) -> None:
    moved = step(issue(), "move", routing=replace(THERE, unit_id=unit_id))
    assert moved.to_state == "returned"


@pytest.mark.parametrize("state", ["reported", "filed", "returned"])
def test_what_is_with_no_unit_is_routed_anew_and_waits_as_before(state: str) -> None:
    moved = step(issue(state), "move")
    assert (moved.to_state, moved.changed["unit_id"]) == (state, "u2")


def test_a_place_cannot_be_corrected_to_nowhere() -> None:
    with pytest.raises(InvalidError, match="“move” needs: place"):
        step(issue(), "move", routing=NOWHERE)


@pytest.mark.parametrize("act", ["note", "escalate", "deny_extension", "deny_appeal", "accept"])
def test_words_change_neither_place_nor_unit_nor_deadline(act: str) -> None:
    pending = {"deny_extension": "extension", "deny_appeal": "appeal"}.get(act)
    row = issue("dispatched", pending=pending)
    changed = step(row, act).changed
    assert set(changed) <= {"state", "pending", "level"}


def test_an_order_is_what_was_asked_and_no_more() -> None:
    assert Order("accept") == Order("accept", None, None, None, None, None, None, None)


def test_an_upheld_appeal_does_not_excuse_the_round_after_a_reopening() -> None:
    again = step(issue("closed_out", closed_at=NOW, exempt=True), "reopen", unit_id=None)
    assert again.changed["exempt"] is False
    assert again.details["before"]["exempt"] is True


def test_an_issue_may_be_reopened_for_whoever_answers_now() -> None:
    closed = issue("closed_out", closed_at=local("2026-06-01 17:00"), rectified_at=NOW)
    assert step(closed, "reopen", unit_id="u3").changed["unit_id"] == "u3"
    with pytest.raises(InvalidError, match="There is no unit u4"):
        step(closed, "reopen", unit_id="u4")
