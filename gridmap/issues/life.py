"""
The life of an issue: one step along an arrow of the table, with all that follows from it.

A step returns what changes in the row of an issue and what is told of it; it changes nothing
itself, and knows neither clock nor store.
"""

from __future__ import annotations

import math
from datetime import datetime

from gridmap import clocks
from gridmap.clocks import Calendar
from gridmap.errors import ConflictError, ForbiddenError, InvalidError, Term
from gridmap.issues.arrows import (
    ARROWS,
    ASKED_BY,
    ASKS,
    BACK,
    DUE_NO_MORE,
    STAYS,
    WITH_UNIT,
    Arrow,
)
from gridmap.issues.effects import EFFECTS, nothing
from gridmap.issues.orders import Actor, Changed, Context, Order, Row, Step


def step(issue: Row, order: Order, actor: Actor, context: Context) -> Step:
    """
    Take a step.

    Parameters
    ----------
    issue
        The issue as it is.
    order
        What is done.
    actor
        Who does it.
    context
        When, and what there is.

    Raises
    ------
    InvalidError
        If there is no such act, or something that it needs is missing or cannot be.
    ConflictError
        If it does not start from the issue's state, or nothing is pending that it decides.
    ForbiddenError
        If it is not this person's to do.
    """
    arrow = ARROWS.get(order.act)
    if arrow is None or order.act == "report":
        msg = "There is no act {act}."
        raise InvalidError(msg, act=order.act)
    require_state(issue, arrow)
    require_permitted(issue, arrow, actor)
    _require_needs(order, arrow, issue)
    _require_pending(issue, order.act)
    effect = EFFECTS.get(order.act, nothing)
    changed, details = effect(issue, order, actor, context)
    target = changed.pop("state", None) or _target(issue, arrow)
    if arrow.counts:
        changed[arrow.counts] = (issue[arrow.counts] or 0) + 1
    changed["state"] = target
    changed["pending"] = _pending_after(issue, order.act, changed)
    return Step(changed, str(issue["state"]), target, details)


def allowed(issue: Row, actor: Actor) -> list[Arrow]:
    """
    Return what somebody may do to an issue now, in the order of the table.

    Parameters
    ----------
    issue, actor
        As for `step`.
    """
    found = []
    for arrow in ARROWS.values():
        if issue["state"] not in arrow.sources or not _is_pending(issue, arrow.act):
            continue
        if arrow.act in ("publish", "unpublish") and bool(issue["public"]) == (
            arrow.act == "publish"
        ):
            continue
        if _refusal(issue, arrow, actor) is None:
            found.append(arrow)
    return found


def spent(issue: Row, at: datetime, calendar: Calendar) -> float | None:
    """
    Return how much of its limit an issue has used: 1 for all of it; None without a limit.

    Parameters
    ----------
    issue
        With ``due_at``, ``limit_amount``, ``granted`` and ``limit_kind``: what was granted besides
        belongs to the limit. What was set right, closed or is suspended has used what it had used
        by then; what was refused or merged is due no more.
    at, calendar
        The moment, and the city's calendar.
    """
    if issue["due_at"] is None or not issue["limit_amount"] or issue["limit_kind"] is None:
        return None
    if issue["state"] in DUE_NO_MORE:
        return None
    stopped = [issue["rectified_at"], issue["closed_at"], issue["paused_at"]]
    until = min((moment for moment in stopped if moment is not None), default=at)
    left = clocks.left(until, issue["due_at"], str(issue["limit_kind"]), calendar)
    return max(0.0, 1.0 - left / (float(issue["limit_amount"]) + float(issue["granted"] or 0.0)))


def light(issue: Row, at: datetime, calendar: Calendar) -> str | None:
    """Return ``green``, ``yellow`` or ``red``, as `gridmap.clocks.light` says; None without."""
    share = spent(issue, at, calendar)
    return None if share is None else clocks.light(share)


def require_state(issue: Row, arrow: Arrow) -> None:
    """
    Refuse an act that does not start from the issue's state.

    Raises
    ------
    ConflictError
        Naming the state.
    """
    if issue["state"] not in arrow.sources:
        msg = "The issue is “{state}”: “{act}” is not possible now."
        raise ConflictError(msg, state=Term("issue-state", issue["state"]), act=_named(arrow.act))


def require_permitted(issue: Row, arrow: Arrow, actor: Actor) -> None:
    """
    Refuse who may not go along an arrow.

    Raises
    ------
    ForbiddenError
        Saying why.
    """
    if (refusal := _refusal(issue, arrow, actor)) is not None:
        raise ForbiddenError(refusal, act=_named(arrow.act), action=arrow.action)


def _refusal(issue: Row, arrow: Arrow, actor: Actor) -> str | None:
    if arrow.action not in actor.may:
        return "Your role does not allow this: “{act}”."
    office = "issue.office" in actor.may
    if arrow.whose == "unit" and not office and issue["unit_id"] not in actor.units:
        return "Only the unit that answers for the issue may do this: “{act}”."
    if arrow.whose == "reporter" and not office and issue["reporter"] != actor.person_id:
        return "Only who reported the issue, or an office, may do this: “{act}”."
    if arrow.whose == "independent":
        fixed_by_them = issue["fixer"] == actor.person_id
        if fixed_by_them or {issue["fixer_unit"], issue["unit_id"]} & actor.units:
            return "Who set the issue right, or speaks for the unit that did, cannot check it."
    return None


def _require_needs(order: Order, arrow: Arrow, issue: Row) -> None:
    given = {
        "reason": bool((order.reason or "").strip()),
        "unit": order.unit_id is not None or (order.act == "dispatch" and bool(issue["unit_id"])),
        "condition": order.condition is not None,
        "into": order.into is not None and order.into != issue["issue_id"],
        "more": order.more is not None and math.isfinite(order.more) and order.more > 0,
        "place": order.routing is not None and order.routing.place is not None,
        "evidence": True,  # looked at with the photos
    }
    if missing := [need for need in arrow.needs if not given[need]]:
        msg = "“{act}” needs: {missing}."
        raise InvalidError(msg, act=_named(arrow.act), missing=Term("issue-need", *missing))


def _require_pending(issue: Row, act: str) -> None:
    if not _is_pending(issue, act):
        msg = "Nothing of that kind is pending: “{act}”."
        raise ConflictError(msg, act=_named(act))


def _is_pending(issue: Row, act: str) -> bool:
    if act in ASKS:
        return issue["pending"] is None
    return act not in ASKED_BY or issue["pending"] == ASKED_BY[act]


def _pending_after(issue: Row, act: str, changed: Changed) -> str | None:
    """Keep what was asked until it is decided; an extension is of no use once the work is over."""
    if act in ASKS or act in ASKED_BY:
        return ASKS.get(act)
    pending: str | None = issue["pending"]
    given_anew = "due_at" in changed and act != "resume"
    works_on = changed["state"] in (*WITH_UNIT, "suspended") and not given_anew
    return pending if pending == "appeal" or works_on else None


def _named(act: str) -> Term:
    return Term("issue-act", act)


def _target(issue: Row, arrow: Arrow) -> str:
    if arrow.target == BACK:
        return str(issue["resumes"] or "reported")
    return str(issue["state"]) if arrow.target == STAYS else arrow.target
