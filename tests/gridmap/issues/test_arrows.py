"""The table of states, walked: every state, act and kind of actor against a matrix made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gridmap import access
from gridmap.errors import ConflictError, ForbiddenError, InvalidError
from gridmap.issues import arrows, life
from gridmap.layers import ISSUE_STATES
from tests.gridmap.issues.casebook import PEOPLE, context, issue, order

STATES = [
    "reported",
    "filed",
    "refused",
    "dispatched",
    "accepted",
    "returned",
    "rectified",
    "reinspected",
    "closed_out",
    "suspended",
    "merged",
]
WHO = ["office", "own", "other", "fixer", "mate", "inspector", "reporter", "leader", "auditor"]
# act: from each of STATES in their order; by each of WHO in theirs; where it leads ("=": nowhere)
MATRIX = {
    "file": ("x..........", "x..x.....", "filed"),
    "refuse": ("xx.........", "x..x.....", "refused"),
    "dispatch": (".x.........", "x..x.....", "dispatched"),
    "accept": ("...x.......", "xx.xx....", "accepted"),
    "return": ("...xx......", "xx.xx....", "returned"),
    "rule": (".....x.....", "x..x.....", "dispatched"),
    "rectify": ("...xx......", "xx.xx....", "rectified"),
    "reinspect": ("......x....", "x....x...", "reinspected"),
    "reject": ("......xx...", "x....x...", "accepted"),
    "close_out": (".......x...", "x....x...", "closed_out"),
    "reopen": ("........x..", "x..x.....", "dispatched"),
    "ask_extension": ("...xx......", "xx.xx....", "="),
    "grant_extension": ("...xx......", "x..x.....", "="),
    "deny_extension": ("...xx......", "x..x.....", "="),
    "suspend": (".x.xx......", "x..x.....", "suspended"),
    "resume": (".........x.", "x..x.....", "accepted"),
    "appeal": ("...xx.xxx..", "xx.xx....", "="),
    "uphold_appeal": ("xx.xxxxxxx.", "x..x.....", "="),
    "deny_appeal": ("xx.xxxxxxx.", "x..x.....", "="),
    "escalate": (".x.xxx.....", "x..x.....", "="),
    "transfer": ("...xx......", "x..x.....", "dispatched"),
    "merge": ("xx.xxx.....", "x..x.....", "merged"),
    "unmerge": ("..........x", "x..x.....", "returned"),
    "move": ("xx.xxx.....", "x..x..x..", "="),
    "note": ("xxxxxxxxxxx", "xxxxxxxx.", "="),
    "publish": ("xxxxxxxxxxx", "x..x.....", "="),
    "unpublish": ("xxxxxxxxxxx", "x..x.....", "="),
}
PENDING = {
    "grant_extension": "extension",
    "deny_extension": "extension",
    "uphold_appeal": "appeal",
    "deny_appeal": "appeal",
}
NEEDS = {
    "file": ["condition"],
    "refuse": ["reason"],
    "return": ["reason"],
    "rule": ["unit", "reason"],
    "reject": ["reason"],
    "reopen": ["reason"],
    "ask_extension": ["reason", "more"],
    "grant_extension": ["more"],
    "deny_extension": ["reason"],
    "suspend": ["reason"],
    "appeal": ["reason"],
    "uphold_appeal": ["reason"],
    "deny_appeal": ["reason"],
    "escalate": ["reason"],
    "transfer": ["unit", "reason"],
    "merge": ["into"],
    "unmerge": ["reason"],
    "move": ["place"],
    "note": ["reason"],
}
LACKING: dict[str, dict[str, Any]] = {
    "reason": {"reason": " \n"},
    "unit": {"unit_id": None},
    "condition": {"condition": None},
    "into": {"into": None},
    "more": {"more": None},
    "place": {"routing": None},
}
COUNTED = {
    "return": "returns",
    "reject": "reworks",
    "reopen": "reopenings",
    "grant_extension": "extensions",
    "escalate": "level",
}


def asked(act: str, state: str) -> dict[str, Any]:
    """Return the issue in a state, with what the act decides pending and the move not away."""
    return issue(state, pending=PENDING.get(act))


def test_the_matrix_knows_every_state_and_every_act() -> None:
    assert set(STATES) == set(ISSUE_STATES)
    assert {"report", *MATRIX} == set(arrows.ARROWS)
    assert set(WHO) == set(PEOPLE)
    assert {*arrows.OPEN, *arrows.CLOSED} == set(STATES)
    assert not {*arrows.OPEN} & {*arrows.CLOSED}


@pytest.mark.parametrize("act", MATRIX)
def test_an_act_starts_from_its_states_only_and_is_its_peoples_only(act: str) -> None:
    starts, permitted, _ = MATRIX[act]
    verdicts = {}
    for state in STATES:
        for name in WHO:
            row, actor = asked(act, state), PEOPLE[name]
            offered = act in {arrow.act for arrow in life.allowed(row, actor)}
            try:
                life.step(row, order(act), actor, context())
                verdict = "done"
            except ConflictError:
                verdict = "not now"
            except ForbiddenError:
                verdict = "not theirs"
            verdicts[state, name] = (verdict, offered)
    expected = {}
    for state, starts_here in zip(STATES, starts, strict=True):
        for name, may in zip(WHO, permitted, strict=True):
            verdict = "not now" if starts_here == "." else "done" if may == "x" else "not theirs"
            offered = verdict == "done" and act != "unpublish"  # it is not public yet
            expected[state, name] = (verdict, offered)
    assert verdicts == expected


@pytest.mark.parametrize("act", MATRIX)
def test_an_act_leads_where_the_matrix_says(act: str) -> None:
    starts, _, target = MATRIX[act]
    for state, starts_here in zip(STATES, starts, strict=True):
        if starts_here == "x":
            more = {"routing": replace(order("move").routing, unit_id="u1")}  # type: ignore[type-var]
            step = life.step(asked(act, state), order(act, **more), PEOPLE["office"], context())
            leads = state if target == "=" else target
            assert (step.from_state, step.to_state, step.changed["state"]) == (state, leads, leads)


@pytest.mark.parametrize(("act", "need"), [(a, need) for a in NEEDS for need in NEEDS[a]])
def test_what_an_act_needs_is_named_when_it_is_missing(act: str, need: str) -> None:
    state = STATES[MATRIX[act][0].index("x")]
    row = asked(act, state)
    with pytest.raises(InvalidError) as caught:
        life.step(row, order(act, **LACKING[need]), PEOPLE["office"], context())
    assert (caught.value.values["act"], caught.value.values["missing"]) == (act, need)
    everything = {name: value for lack in LACKING.values() for name, value in lack.items()}
    with pytest.raises(InvalidError) as caught:
        life.step(row | {"unit_id": None}, order(act, **everything), PEOPLE["office"], context())
    assert caught.value.values["missing"] == ", ".join(NEEDS[act])


@pytest.mark.parametrize("act", sorted(set(MATRIX) - set(NEEDS) - {"dispatch", "close_out"}))
def test_an_act_that_needs_nothing_is_done_with_nothing(act: str) -> None:
    state = STATES[MATRIX[act][0].index("x")]
    nothing = {name: value for lack in LACKING.values() for name, value in lack.items()}
    step = life.step(asked(act, state), order(act, **nothing), PEOPLE["office"], context())
    assert step.to_state == (state if MATRIX[act][2] == "=" else MATRIX[act][2])


@pytest.mark.parametrize("more", [0.0, -1.0, float("nan"), float("inf")])
def test_an_extension_by_nothing_or_without_end_is_no_extension(more: float) -> None:
    with pytest.raises(InvalidError) as caught:
        life.step(issue(), order("ask_extension", more=more), PEOPLE["own"], context())
    assert caught.value.values["missing"] == "more"


def test_an_issue_is_not_merged_with_itself() -> None:
    with pytest.raises(InvalidError, match="into"):
        life.step(issue(), order("merge", into="i1"), PEOPLE["office"], context())


@pytest.mark.parametrize("act", MATRIX)
def test_only_what_is_counted_is_counted_and_by_one(act: str) -> None:
    state = STATES[MATRIX[act][0].index("x")]
    counters = ["returns", "reworks", "reopenings", "extensions", "level"]
    for before in (None, 1):
        row = asked(act, state) | dict.fromkeys(counters, before)
        changed = life.step(row, order(act), PEOPLE["office"], context()).changed
        counted = {name: changed[name] for name in counters if name in changed}
        assert counted == ({COUNTED[act]: (before or 0) + 1} if act in COUNTED else {})


@pytest.mark.parametrize("act", ["report", "explode", ""])
def test_what_is_no_act_on_an_issue_is_refused(act: str) -> None:
    with pytest.raises(InvalidError, match="There is no act"):
        life.step(issue(), order(act), PEOPLE["office"], context())


def test_every_action_of_the_table_is_permitted_to_somebody() -> None:
    assert set(access.PERMITS) >= arrows.ACTIONS


def test_every_state_but_the_closed_ones_leads_on_and_can_be_reached() -> None:
    reached, waiting = {"reported"}, ["reported"]
    while waiting:
        state = waiting.pop()
        leads = {MATRIX[arrow.act][2] for arrow in arrows.from_state(state)} - {"="}
        assert leads or state == "refused"
        waiting += leads - reached
        reached |= leads
    assert reached == set(STATES)
