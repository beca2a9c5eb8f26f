"""What goals, states, reasons and figures of plans are called."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from api import terms
from gridmap.planning import REASON_WORDS, Goal
from web.words import NONE, Words, absent
from web.words import gettext_noop as _

GOALS = {
    Goal.TRAVEL: (
        _("Shortest ways"),
        _("All units together have the shortest ways from their seat to what they hold."),
    ),
    Goal.BOTTLENECK: (
        _("No way too long"),
        _("The longest way of any unit is as short as it can be."),
    ),
    Goal.BALANCE: (
        _("Even load"),
        _("The unit with the most to do has as little as possible, for its strength."),
    ),
    Goal.LEAST_CHANGE: (
        _("Fewest changes"),
        _("As much as possible stays as it is today; only what must change does."),
    ),
}
STATES = terms.PLAN_STATES
STATUSES = {
    "optimal": _("proved the best"),
    "feasible": _("the best found in the time given"),
    "stopped": _("stopped before it was proved the best"),
    "infeasible": _("proved impossible"),
}
KINDS = {
    "grid": _("Grids"),
    "inspection_point": _("Inspection points"),
    "compound": _("Compounds"),
}
WHICH = {"all": _("all of them, anew"), "uncovered": _("only those without a unit")}
LOADS = {
    "one": _("each counts as one"),
    "area": _("its area in m²"),
    "residents": _("its residents"),
    "compounds": _("its compounds"),
}
ACTS = {"gains": _("Gains a unit"), "loses": _("Loses its unit"), "changes": _("Changes hands")}
SIGNS = {"gains": "+", "loses": "−", "changes": "⇄"}
JOB_STATES = {
    "waiting": _("waiting"),
    "running": _("planning"),
    "cancelling": _("stopping"),
    "done": _("finished"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
}
COUNTERS = (
    ("grids_without", _("Grids uncovered"), "number"),
    ("ground_m2_without", _("Ground uncovered"), "area"),
    ("road_m_without", _("Roads uncovered"), "metres"),
    ("points_without", _("Points uncovered"), "number"),
    ("compounds_without", _("Compounds uncovered"), "number"),
)
CHANGES_MEASURE = _("{n} changes")
BY_HAND, PATCHES = _("By hand"), _("Patches of leaders")


def measure(goal: object, value: object, words: Words) -> str:
    """
    Return a cost or bound in the measure of its goal: metres, pairs, or load.

    Parameters
    ----------
    goal, value
        Of a plan; a dash if there is none, or it is infinite.
    words
        The reader's language.
    """
    if absent(value) or not math.isfinite(float(str(value))):
        return NONE
    if goal in (Goal.TRAVEL, Goal.BOTTLENECK):
        return words.metres(value)
    if goal == Goal.LEAST_CHANGE:
        return words.say(CHANGES_MEASURE, n=words.number(value))
    return words.number(value, 2)


def gap(value: object, words: Words) -> str:
    """Return a gap in per cent; a dash if nothing was found or proved."""
    if absent(value) or not math.isfinite(float(str(value))):
        return NONE
    return words.share(value)


def reason(code: object, words: Words) -> str:
    """Return why a unit got a target; a dash where a plan made by hand gives none."""
    return NONE if absent(code) else words.say(REASON_WORDS.get(str(code), str(code)))


def conflicts(facts: Mapping[str, Any], words: Words) -> list[str]:
    """
    Return what stands in the way of a plan.

    Parameters
    ----------
    facts
        Of a draft: ``conflicts``, sentences; ``conflict_words``, the same as ``template`` and
        ``values``, where they were kept.
    words
        The reader's language.
    """
    kept = facts.get("conflict_words")
    if kept:
        return [words.say(one["template"], **one["values"]) for one in kept]
    return [str(one) for one in facts.get("conflicts", ())]


def goal_name(facts: Mapping[str, Any], words: Words) -> str:
    """Return what a plan is good at, or how else it was made."""
    goal = facts.get("goal")
    if goal == "patches":
        return words.say(PATCHES)
    return words.say(GOALS[Goal(goal)][0]) if goal in list(Goal) else words.say(BY_HAND)
