"""What plans are called, and how their figures are written."""

from __future__ import annotations

import math

import pytest

from gridmap.drafts import NEXT
from gridmap.planning import REASONS, Conflict, Goal
from web import plan_words
from web.words import words

ENGLISH = words("en")


def test_every_goal_state_and_reason_has_its_words() -> None:
    assert set(plan_words.GOALS) == set(Goal)
    assert set(plan_words.STATES) == set(NEXT)
    chinese = words("zh_CN")
    said = [plan_words.reason(code, chinese) for code in REASONS]
    assert len(set(said)) == len(REASONS)
    assert not any(text.isascii() for text in said)


@pytest.mark.parametrize(
    ("goal", "value", "said"),
    [
        ("travel", 940.4, "940 m"),
        ("bottleneck", 1234.0, "1.23 km"),
        ("balance", 0.756, "0.76"),
        ("least_change", 12.0, "12 changes"),
        ("travel", math.inf, "—"),
        ("travel", None, "—"),
    ],
)
def test_a_cost_is_said_in_the_measure_of_its_goal(
    goal: str, value: float | None, said: str
) -> None:
    assert plan_words.measure(goal, value, ENGLISH) == said


def test_a_gap_is_a_share_and_none_where_nothing_was_found() -> None:
    assert plan_words.gap(0.0, ENGLISH) == "0%"
    assert plan_words.gap(0.0312, ENGLISH) == "3.12%"
    assert plan_words.gap(math.inf, ENGLISH) == "—"


def test_conflicts_are_said_from_their_parts_where_these_were_kept() -> None:
    conflict = Conflict("{target} is fixed to {unit} and forbidden to it.", target="g1", unit="u1")
    parts = [{"template": conflict.template, "values": conflict.values}]
    by_parts = plan_words.conflicts({"conflicts": ["?"], "conflict_words": parts}, ENGLISH)
    assert by_parts == plan_words.conflicts({"conflicts": [conflict]}, ENGLISH) == [str(conflict)]
    chinese = plan_words.conflicts({"conflict_words": parts}, words("zh_CN"))
    assert chinese != by_parts
    assert "g1" in chinese[0]
    assert plan_words.conflicts({}, ENGLISH) == []


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"goal": "travel"}, "Shortest ways"),
        ({"goal": "patches"}, "Patches of leaders"),
        ({"given": 2}, "By hand"),
    ],
)
def test_a_plan_says_what_it_is_good_at_or_how_it_was_made(
    facts: dict[str, object], said: str
) -> None:
    assert plan_words.goal_name(facts, ENGLISH) == said
