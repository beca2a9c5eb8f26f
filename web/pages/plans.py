"""Plans: what others have drafted, what the planner is asked, and what a plan would change."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.callers import permit, scopes_of
from api.service import service_of
from geodata.comparison import Comparison, comparison
from geodata.plan_rows import PlanRow
from geodata.plans import Plans
from gridmap.drafts import NEXT
from gridmap.errors import GridMapError
from gridmap.planning import Goal, Progress
from web import plan_words
from web.maps.ground import lowest_divisions
from web.maps.offline import page as map_page
from web.maps.plan import plan_map
from web.pages.changed import changed_rows, counter_rows
from web.pages.coverage import with_boxes
from web.pages.days import day
from web.pages.office import Refusal, refusal
from web.pages.planner import choices, jobs, spoken
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False)
PLANS_SHOWN, ROWS_AT_ONCE = 200, 200
RENEWED_WITHIN_S = 20.0  # somebody waits for the page: then the best so far is taken
READS, WRITES = [permit("plan.read")], [permit("plan.write")]
PUBLISHES = [permit("plan.publish")]
NOTHING_REFUSED = Refusal()
DONE = {
    "approved": _("The plan is approved; it can now be published."),
    "published": _("The plan is published: its assignments hold from its day on."),
    "discarded": _("The plan is discarded."),
    "renewed": _("The plan was made again, of the register as it is now."),
}


@router.get("/plans", dependencies=READS)
def plans(visit: VisitDep) -> Response:
    """List the plans, and ask the planner for another."""
    found = plans_of(visit).all()
    writes = visit.may("plan.write")
    answer = render(
        visit,
        "plans.html",
        section="plans",
        plans=[told(plan, visit) for plan in found[:PLANS_SHOWN]],
        total=len(found),
        writes=writes,
        jobs=jobs(visit) if writes else [],
        form=choices(visit) if writes else {},
        script=spoken(visit),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/plans/{plan_id}", dependencies=READS)
def plan(visit: VisitDep, plan_id: str, done: Annotated[str, Query()] = "") -> Response:
    """Show what a plan would change."""
    said = visit.words.say(DONE[done]) if done in DONE else ""
    return page(visit, plans_of(visit).get(plan_id), done=said)


@router.get("/maps/plans/{plan_id}", dependencies=READS)
def on_map(visit: VisitDep, plan_id: str) -> HTMLResponse:
    """Return the map of what a plan changes, a page of its own."""
    found = plans_of(visit).get(plan_id)
    rows = comparison(visit.reports.workspace, found, None).rows
    drawn = plan_map(
        changed_rows(visit, found, rows),
        visit.reports.frame("grids", found.effective),
        lowest_divisions(visit.reports, found.effective),
        visit.reports.frame("roads", found.effective),
        visit.words,
    )
    return HTMLResponse(map_page(drawn, found.name))


@router.post("/plans/{plan_id}/approve", dependencies=PUBLISHES)
def approve(visit: VisitDep, plan_id: str) -> Response:
    """Approve a draft."""
    book = plans_of(visit)
    found = book.get(plan_id)
    try:
        book.approve(plan_id)
    except GridMapError as error:
        return page(visit, found, refusal(visit, error))
    return back(plan_id, "approved")


@router.post("/plans/{plan_id}/publish", dependencies=PUBLISHES)
def publish(
    visit: VisitDep, plan_id: str, effective: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """Make an approved plan hold from a day on."""
    book = plans_of(visit)
    found = book.get(plan_id)
    try:
        book.publish(plan_id, day(effective, found.effective))
    except GridMapError as error:
        return page(visit, found, refusal(visit, error))
    return back(plan_id, "published")


@router.post("/plans/{plan_id}/discard", dependencies=WRITES)
def discard(
    visit: VisitDep, plan_id: str, note: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """Discard a plan."""
    book = plans_of(visit)
    found = book.get(plan_id)
    try:
        book.discard(plan_id, note.strip() or None)
    except GridMapError as error:
        return page(visit, found, refusal(visit, error))
    return back(plan_id, "discarded")


@router.post("/plans/{plan_id}/renew", dependencies=WRITES)
def renew(visit: VisitDep, plan_id: str) -> Response:
    """Let the planner make a draft again, of the register as it is now."""
    book = plans_of(visit)
    found = book.get(plan_id)
    try:
        book.renew(plan_id, _in_time)
    except GridMapError as error:
        return page(visit, found, refusal(visit, error))
    return back(plan_id, "renewed")


def plans_of(visit: Visit) -> Plans:
    """Return the plans of the part of the city in which the route may act."""
    workspaces = service_of(visit.request).workspaces
    return Plans(workspaces.of(scopes_of(visit.request)), visit.caller.person)


def back(plan_id: str, done: str) -> Response:
    """Return to the plan after something was done, so that going back repeats nothing."""
    return RedirectResponse(f"/plans/{plan_id}?done={done}", status_code=HTTPStatus.SEE_OTHER)


def page(
    visit: Visit, plan: PlanRow, refused: Refusal = NOTHING_REFUSED, *, done: str = ""
) -> Response:
    """
    Return the page of one plan.

    Parameters
    ----------
    visit
        Who asks.
    plan
        Which.
    refused
        Why what was asked of it was refused.
    done
        What was just done, in words.
    """
    compared, unfit = _compared(visit, plan)
    rows = changed_rows(visit, plan, compared.rows)
    answer = render(
        visit,
        "plan.html",
        section="plans",
        status=refused.status,
        plan=told(plan, visit),
        effective=plan.effective,
        refused=refused,
        unfit=unfit,
        done=done,
        counters=counter_rows(visit, compared) if not unfit and plan.state != "published" else [],
        rows=with_boxes(rows.head(ROWS_AT_ONCE)).to_dict("records"),
        n_rows=len(rows),
        acts=[
            (act, visit.words.say(name), int((rows["act"] == act).sum()))
            for act, name in plan_words.ACTS.items()
        ],
        signs=plan_words.SIGNS,
        units=compared.units.to_dict("records"),
        may=_buttons(visit, plan),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def told(plan: PlanRow, visit: Visit) -> dict[str, Any]:
    """
    Return a plan as pages show it, its facts in words.

    Parameters
    ----------
    plan
        As it is kept.
    visit
        Who reads.
    """
    facts, say = plan.draft.facts, visit.words.say
    goal = facts.get("goal")
    return {
        "plan_id": plan.plan_id,
        "name": plan.name,
        "state": plan.state,
        "state_name": say(plan_words.STATES[plan.state]),
        "effective": plan.effective,
        "note": plan.note,
        "asked_by": plan.asked_by,
        "asked_at": plan.asked_at,
        "decided_by": plan.decided_by,
        "decided_at": plan.decided_at,
        "by_planner": "status" in facts,
        "of_ways": goal in list(Goal) and facts.get("status") != "infeasible",
        "goal": plan_words.goal_name(facts, visit.words),
        "cost": plan_words.measure(goal, facts.get("cost"), visit.words),
        "bound": plan_words.measure(goal, facts.get("bound"), visit.words),
        "gap": plan_words.gap(
            facts.get("gap") if facts.get("cost") is not None else None, visit.words
        ),
        "status": say(plan_words.STATUSES[facts["status"]]) if "status" in facts else "",
        "infeasible": facts.get("status") == "infeasible",
        "seconds": facts.get("seconds"),
        "solver": facts.get("solver"),
        "travel_m": facts.get("travel_m"),
        "longest_m": facts.get("longest_m"),
        "conflicts": plan_words.conflicts(facts, visit.words),
        "given": len(plan.draft.given),
        "ended": len(plan.draft.ended),
        "kept": facts.get("kept"),
    }


def _compared(visit: Visit, plan: PlanRow) -> tuple[Comparison, str]:
    """Return a plan beside today; if it does not fit any more, without figures, and why."""
    try:
        if plan.state in ("draft", "approved"):
            return plans_of(visit).compare(plan.plan_id), ""
        why = ""
    except GridMapError as error:
        why = refusal(visit, error).said
    return comparison(visit.reports.workspace, plan, None), why


def _buttons(visit: Visit, plan: PlanRow) -> dict[str, bool]:
    """Say what may be asked of a plan; whoever asks is looked at again when they do."""
    follows = NEXT[plan.state]
    changes = len(plan.draft.given) + len(plan.draft.ended) > 0
    publishes, writes = visit.may("plan.publish"), visit.may("plan.write")
    return {
        "approve": publishes and changes and "approved" in follows,
        "publish": publishes and "published" in follows,
        "discard": writes and "discarded" in follows,
        "renew": writes and plan.task is not None and "discarded" in follows,
    }


def _in_time(progress: Progress) -> bool:
    return progress.elapsed_s < RENEWED_WITHIN_S
