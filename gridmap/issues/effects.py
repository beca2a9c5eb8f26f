"""What follows from each act besides the new state: limits, counters, what was before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from gridmap import clocks
from gridmap.clocks import Limit
from gridmap.errors import ConflictError, InvalidError, Term
from gridmap.issues import evidence
from gridmap.issues.arrows import WITH_UNIT
from gridmap.issues.orders import Actor, Changed, Context, Order, Row

MOST_EXTENSIONS = 2
Outcome: TypeAlias = tuple[Changed, Changed]
"""New values of columns, and what is worth keeping of the old ones."""
Effect: TypeAlias = Callable[[Row, Order, Actor, Context], Outcome]


def nothing(_issue: Row, _order: Order, _actor: Actor, _context: Context) -> Outcome:
    """Change nothing besides the state."""
    return {}, {}


def _file(_issue: Row, order: Order, _actor: Actor, context: Context) -> Outcome:
    condition = order.condition
    assert condition is not None  # noqa: S101 - it is a need
    return {
        "condition": condition.condition_id,
        "category": condition.category,
        "limit_amount": condition.limit.amount,
        "limit_kind": condition.limit.kind,
        "granted": None,
        "filed_at": context.at,
        "due_at": clocks.due(context.at, condition.limit, context.calendar),
    }, {}


def _dispatch(issue: Row, order: Order, _actor: Actor, context: Context) -> Outcome:
    """Give an issue to a unit; each has the whole limit."""
    unit_id = order.unit_id or str(issue["unit_id"])
    if unit_id not in context.units:
        msg = "There is no unit {unit_id} to which it could be given."
        raise InvalidError(msg, unit_id=unit_id)
    before = {"unit_id": issue["unit_id"], "due_at": issue["due_at"]}
    return {"unit_id": unit_id, **_restarted(issue, context)}, {"before": before}


def _transfer(issue: Row, order: Order, actor: Actor, context: Context) -> Outcome:
    if order.unit_id == issue["unit_id"]:
        msg = "The issue is with the unit {unit_id} already."
        raise InvalidError(msg, unit_id=order.unit_id)
    return _dispatch(issue, order, actor, context)


def _reopen(issue: Row, order: Order, _actor: Actor, context: Context) -> Outcome:
    changed, details = _dispatch(issue, order, _actor, context)
    kept = ("closed_at", "fixer", "fixer_unit", "exempt")
    details["before"] |= {name: issue.get(name) for name in kept}
    # an appeal was upheld against the clock that has run out; the new one counts
    return changed | {"closed_at": None, "exempt": False, **UNFIXED}, details


def _rectify(issue: Row, order: Order, actor: Actor, context: Context) -> Outcome:
    done = order.done_at
    if done is None or not issue["reported_at"] <= done <= context.at:
        done = context.at
    own = issue["unit_id"] in actor.units or not actor.units
    unit_id = issue["unit_id"] if own else min(actor.units)
    told = {} if done == context.at else {"told_at": context.at}
    return {"rectified_at": done, "fixer": actor.person_id, "fixer_unit": unit_id}, told


def _reject(issue: Row, _order: Order, _actor: Actor, _context: Context) -> Outcome:
    return dict(UNFIXED), {"before": {name: issue[name] for name in UNFIXED}}


def _close_out(issue: Row, order: Order, _actor: Actor, context: Context) -> Outcome:
    placed = issue.get("place") is not None
    verdict, distance = evidence.judge(context.shots, context.near_m, placed=placed)
    if verdict == "none":
        msg = "An issue is closed out with a photo taken after it was set right."
        raise InvalidError(msg)
    if verdict == "far":
        msg = "The nearest photo was taken {distance} m from the place; {near} m are allowed."
        raise InvalidError(msg, distance=round(distance or 0.0), near=round(context.near_m))
    if verdict == "unplaced" and not (order.reason or "").strip():
        msg = "It is not known where the photos were taken: say why they are enough."
        raise InvalidError(msg)
    return {"closed_at": context.at}, {"evidence": verdict, "distance_m": distance}


def _grant(issue: Row, order: Order, _actor: Actor, context: Context) -> Outcome:
    if (issue["extensions"] or 0) >= MOST_EXTENSIONS:
        msg = "An issue is extended {most} times at most."
        raise ConflictError(msg, most=MOST_EXTENSIONS)
    if order.more is None or issue["due_at"] is None:
        msg = "“{act}” needs: {missing}."
        act, missing = Term("issue-act", order.act), Term("issue-need", "more")
        raise InvalidError(msg, act=act, missing=missing)
    _require_modest(issue, order.more)
    limit = Limit(order.more, str(issue["limit_kind"]))
    due_at = clocks.extended(issue["due_at"], limit, context.calendar)
    granted = (issue["granted"] or 0.0) + order.more
    before = {"due_at": issue["due_at"]}
    return {"due_at": due_at, "granted": granted}, {"more": order.more, "before": before}


def _ask(issue: Row, order: Order, _actor: Actor, _context: Context) -> Outcome:
    if issue["due_at"] is None:
        msg = "The issue has no limit that could be extended."
        raise ConflictError(msg)
    assert order.more is not None  # noqa: S101 - it is a need
    _require_modest(issue, order.more)
    return {}, {"more": order.more}


def _require_modest(issue: Row, more: float) -> None:
    if more > float(issue["limit_amount"]):
        msg = "An extension may be as long as the limit itself, {limit}, not {more}."
        raise InvalidError(msg, limit=issue["limit_amount"], more=more)


def _suspend(issue: Row, _order: Order, _actor: Actor, context: Context) -> Outcome:
    return {"paused_at": context.at, "resumes": issue["state"]}, {}


def _resume(issue: Row, _order: Order, _actor: Actor, context: Context) -> Outcome:
    changed: Changed = {"paused_at": None, "resumes": None, "state": issue["resumes"]}
    if issue["due_at"] is not None and issue["paused_at"] is not None:
        changed["due_at"] = clocks.resumed(
            issue["due_at"],
            issue["paused_at"],
            context.at,
            str(issue["limit_kind"]),
            context.calendar,
        )
    return changed, {"before": {name: issue[name] for name in ("paused_at", "due_at")}}


def _uphold(_issue: Row, _order: Order, _actor: Actor, _context: Context) -> Outcome:
    return {"exempt": True}, {}


def _merge(issue: Row, order: Order, _actor: Actor, _context: Context) -> Outcome:
    return {"merged_into": order.into, "resumes": issue["state"]}, {"into": order.into}


def _unmerge(issue: Row, _order: Order, _actor: Actor, _context: Context) -> Outcome:
    changed = {"merged_into": None, "resumes": None, "state": issue["resumes"]}
    return changed, {"before": {"merged_into": issue["merged_into"]}}


def _move(issue: Row, order: Order, _actor: Actor, context: Context) -> Outcome:
    """Route a corrected place anew; who had the issue wrongly is rid of it."""
    assert order.routing is not None  # noqa: S101 - it is a need
    changed = order.routing.columns()
    before = {name: issue[name] for name in ("grid", "unit_id", "rule", "why")}
    if issue.get("place") is not None:
        before |= {"lon": issue["place"].x, "lat": issue["place"].y}
    if issue["state"] in WITH_UNIT and changed["unit_id"] != issue["unit_id"]:
        found = changed["unit_id"] in context.units
        changed |= {"state": "dispatched" if found else "returned", **_restarted(issue, context)}
        before["due_at"] = issue["due_at"]
    return changed, {"before": before}


def _publish(_issue: Row, order: Order, _actor: Actor, _context: Context) -> Outcome:
    return {"public": order.act == "publish"}, {}


def _restarted(issue: Row, context: Context) -> Changed:
    """Begin the limit anew; what was granted besides was granted to the unit before."""
    if issue["limit_amount"] is None:
        return {}
    limit = Limit(float(issue["limit_amount"]), str(issue["limit_kind"]))
    return {"due_at": clocks.due(context.at, limit, context.calendar), "granted": None}


UNFIXED: Changed = {"rectified_at": None, "fixer": None, "fixer_unit": None}
EFFECTS: dict[str, Effect] = {
    "file": _file,
    "dispatch": _dispatch,
    "rule": _dispatch,
    "transfer": _transfer,
    "reopen": _reopen,
    "rectify": _rectify,
    "reject": _reject,
    "close_out": _close_out,
    "ask_extension": _ask,
    "grant_extension": _grant,
    "suspend": _suspend,
    "resume": _resume,
    "uphold_appeal": _uphold,
    "merge": _merge,
    "unmerge": _unmerge,
    "move": _move,
    "publish": _publish,
    "unpublish": _publish,
}
"""Act → what follows from it besides the new state."""
