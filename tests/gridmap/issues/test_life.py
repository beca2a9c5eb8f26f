"""What may be done now, what is pending, how much of the limit is used; and any life at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import ConflictError, ForbiddenError, GridMapError
from gridmap.issues import arrows, life
from gridmap.issues.evidence import Shot
from gridmap.issues.orders import Step
from gridmap.layers import ISSUE_STATES
from tests.gridmap.issues.casebook import NOW, PEOPLE, WEEK, context, issue, local, order


def done(row: dict[str, Any], act: str, who: str = "office", **more: Any) -> dict[str, Any]:
    """Return the issue after an act."""
    return row | life.step(row, order(act, **more), PEOPLE[who], context()).changed


def offered(row: dict[str, Any], who: str) -> list[str]:
    return [arrow.act for arrow in life.allowed(row, PEOPLE[who])]


def test_a_unit_is_offered_its_own_steps_and_another_unit_only_words() -> None:
    own = ["accept", "return", "rectify", "ask_extension", "appeal", "note"]
    assert offered(issue("dispatched"), "own") == own
    assert offered(issue("dispatched"), "other") == ["note"]
    assert offered(issue("dispatched"), "auditor") == []


def test_what_is_published_can_be_withdrawn_and_not_published_again() -> None:
    row = issue("closed_out")
    assert "publish" in offered(row, "office")
    assert "unpublish" not in offered(row, "office")
    row = done(row, "publish")
    assert row["public"] is True
    assert "unpublish" in offered(row, "office")
    assert "publish" not in offered(row, "office")
    assert done(row, "unpublish")["public"] is False


def test_nobody_decides_what_was_not_asked_and_nobody_asks_twice() -> None:
    for act in ("grant_extension", "deny_extension", "uphold_appeal", "deny_appeal"):
        with pytest.raises(ConflictError, match="Nothing of that kind is pending"):
            done(issue(), act)
        assert act not in offered(issue(), "office")
    asked = done(issue(), "ask_extension", "own")
    assert asked["pending"] == "extension"
    with pytest.raises(ConflictError):
        done(asked, "ask_extension", "own")
    with pytest.raises(ConflictError):
        done(asked, "uphold_appeal")
    assert {"grant_extension", "deny_extension"} <= set(offered(asked, "office"))
    assert "ask_extension" not in offered(asked, "own")


@pytest.mark.parametrize("act", ["grant_extension", "deny_extension"])
def test_a_decided_extension_is_pending_no_more(act: str) -> None:
    assert done(issue(pending="extension"), act)["pending"] is None


@pytest.mark.parametrize(
    ("act", "who"),
    [
        ("rectify", "own"),
        ("return", "own"),
        ("transfer", "office"),
        ("merge", "office"),
        ("move", "office"),
    ],
)
def test_an_extension_is_not_pending_once_the_unit_is_rid_of_the_issue(act: str, who: str) -> None:
    assert done(issue(pending="extension"), act, who)["pending"] is None
    assert done(issue(pending="appeal"), act, who)["pending"] == "appeal"


def test_an_extension_stays_pending_while_the_unit_works_or_waits() -> None:
    row = issue("dispatched", pending="extension")
    for act in ("accept", "note", "escalate", "suspend", "resume"):
        row = done(row, act)
        assert row["pending"] == "extension", act


def test_an_appeal_stays_until_it_is_decided_even_after_the_close_out() -> None:
    row = done(issue(fixer=None, fixer_unit=None), "appeal", "own")
    row = done(row, "rectify", "own")
    row = done(done(row, "reinspect", "inspector"), "close_out", "inspector")
    assert (row["state"], row["pending"]) == ("closed_out", "appeal")
    assert done(row, "deny_appeal")["pending"] is None
    upheld = done(row, "uphold_appeal")
    assert (upheld["pending"], upheld["exempt"]) == (None, True)


def test_who_fixed_an_issue_cannot_check_it_and_neither_can_the_unit_that_answers() -> None:
    fixed = done(issue(fixer=None, fixer_unit=None), "rectify", "fixer")
    assert (fixed["fixer"], fixed["fixer_unit"]) == ("f1", "u1")
    for who in ("fixer", "mate"):
        with pytest.raises(ForbiddenError, match="set the issue right"):
            done(fixed, "reinspect", who)
    by_another = fixed | {"fixer_unit": "u2"}  # a unit that lent a hand
    with pytest.raises(ForbiddenError):
        done(by_another, "reinspect", "mate")
    assert done(by_another, "reinspect", "inspector")["state"] == "reinspected"


def test_after_a_rejection_another_may_fix_it_and_the_first_may_check() -> None:
    fixed = done(issue(fixer=None, fixer_unit=None), "rectify", "fixer")
    rejected = done(fixed, "reject", "inspector")
    again = done(rejected, "rectify", "own")
    assert (again["fixer"], again["fixer_unit"]) == ("s1", "u1")
    assert done(again, "reinspect", "fixer")["state"] == "reinspected"


def test_the_share_of_the_limit_that_is_used_is_worked_back_from_when_it_is_due() -> None:
    # two working days are 15 hours: 3 + 4 on Monday from 09:00, 1.5 on Tuesday until 10:00
    assert life.spent(issue(), NOW, WEEK) == pytest.approx(8.5 / 15)
    assert life.light(issue(), NOW, WEEK) == "green"
    assert life.light(issue(), local("2026-06-02 17:00"), WEEK) == "yellow"  # 14 of 15
    assert life.light(issue(), local("2026-06-03 09:00"), WEEK) == "yellow"  # to the moment
    assert life.light(issue(), local("2026-06-03 09:01"), WEEK) == "red"


@pytest.mark.parametrize(
    ("state", "column"),
    [("rectified", "rectified_at"), ("closed_out", "closed_at"), ("suspended", "paused_at")],
)
def test_a_clock_that_stopped_shows_what_was_used_by_then(state: str, column: str) -> None:
    stopped = issue(state, **{column: local("2026-06-01 15:30")})
    # 09:00-12:00 and 13:30-15:30 on Monday
    assert life.spent(stopped, NOW + timedelta(days=90), WEEK) == pytest.approx(5 / 15)
    assert life.light(stopped, NOW + timedelta(days=90), WEEK) == "green"


@pytest.mark.parametrize("state", ["refused", "merged"])
def test_what_was_refused_or_merged_is_due_no_more(state: str) -> None:
    assert life.spent(issue(state), NOW + timedelta(days=90), WEEK) is None
    assert life.light(issue(state), NOW + timedelta(days=90), WEEK) is None


def test_without_a_limit_there_is_no_light() -> None:
    for nothing in ({"due_at": None}, {"limit_amount": None}, {"limit_kind": None}):
        assert life.light(issue(**nothing), NOW, WEEK) is None


LIVES = st.lists(
    st.tuples(
        st.sampled_from([arrow.act for arrow in arrows.ARROWS.values()]),
        st.sampled_from(list(PEOPLE)),
        st.sampled_from(["u1", "u2", "u3", "u9"]),
        st.sampled_from([0.5, 1.0, 2.0, 3.0]),
        st.integers(0, 60 * 30),
    ),
    max_size=40,
)


@given(LIVES)
def test_whatever_anybody_tries_an_issue_stays_one(
    tried: list[tuple[str, str, str, float, int]],
) -> None:
    row = issue("reported", fixer=None, fixer_unit=None, unit_id=None, due_at=None)
    row |= {"limit_amount": None, "limit_kind": None, "filed_at": None}
    now = row["reported_at"]
    for act, who, unit_id, more, minutes in tried:
        now += timedelta(minutes=minutes)
        told = order(act, unit_id=unit_id, more=more)
        shots = (Shot("p", "after", 12.0),) if minutes % 2 else ()
        before = dict(row)
        try:
            step = life.step(row, told, PEOPLE[who], context(now, shots))
        except GridMapError:
            assert row == before
            continue
        row |= step.changed
        _require_sound(row, before, step, now, who)


def _require_sound(
    row: dict[str, Any], before: dict[str, Any], step: Step, now: Any, who: str
) -> None:
    state = row["state"]
    assert state in ISSUE_STATES
    assert (step.from_state, step.to_state) == (before["state"], state)
    assert set(row) == set(before)  # no column is invented
    assert (state == "suspended") == (row["paused_at"] is not None)
    assert (state in ("suspended", "merged")) == (row["resumes"] is not None)
    assert (state == "merged") == (row["merged_into"] is not None)
    assert (state == "closed_out") == (row["closed_at"] is not None)
    if state in ("rectified", "reinspected", "closed_out"):
        assert row["fixer"] is not None
        assert row["reported_at"] <= row["rectified_at"] <= now
    elif state not in ("merged", "suspended"):
        assert row["fixer"] is None
    if state in ("dispatched", "accepted", "rectified"):
        assert row["unit_id"] in ("u1", "u2", "u3")
        assert row["due_at"] is not None
    if state in ("reinspected", "closed_out") and before["state"] != state:
        assert row["fixer"] != PEOPLE[who].person_id
        assert not {row["fixer_unit"], row["unit_id"]} & PEOPLE[who].units
    if row["pending"] == "extension":
        assert state in ("dispatched", "accepted", "suspended")
    assert (row["extensions"] or 0) <= 2
