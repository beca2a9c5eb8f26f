"""Plans: drafts of assignments, made by hand or by the planner, compared, approved, published."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from api.callers import Caller, CallerDep, permit, scopes_of
from api.deps import answer
from api.frames import features, records
from api.orders import MOST, Body, Key, Note, Nothing, TargetBody, Tier
from api.routes.jobs import JobsDep, accepted
from api.service import service_of
from api.steps import told as told_step
from geodata.jobs import Jobs, Kind
from geodata.plan_rows import PlanRow
from geodata.plans import Plans
from gridmap.errors import InvalidError
from gridmap.planning import Goal

router = APIRouter(tags=["plans"])
READS, WRITES = [permit("plan.read")], [permit("plan.write")]
PUBLISHES = [permit("plan.publish")]
Pair = tuple[Key, Key]


class Given(Body):
    """A target for a unit."""

    target: TargetBody
    unit_id: Key
    tier: Tier = "responsible"


class NewPlan(Body):
    """A plan made by hand."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    effective: date
    given: Annotated[list[Given], Field(max_length=MOST)] = Field(default_factory=list)
    ended: Annotated[list[Key], Field(max_length=MOST)] = Field(default_factory=list)
    scheme: Key = "main"
    note: Note | None = None


class PlannerTask(Body):
    """What is asked of the planner."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    effective: date
    goal: Literal["travel", "bottleneck", "balance", "least_change"] = Goal.TRAVEL.value
    kind: Literal["grid", "inspection_point", "compound"] = "grid"
    which: Literal["all", "uncovered"] = "all"
    division: Key | None = None
    units: Annotated[list[Key], Field(max_length=MOST)] | None = None
    leaving: Annotated[list[Key], Field(max_length=MOST)] = Field(default_factory=list)
    targets_at_most: Annotated[int, Field(ge=1, le=100)] | None = 2
    unit_at_least: Annotated[int, Field(ge=0, le=MOST)] = 0
    unit_at_most: Annotated[int, Field(ge=0, le=MOST)] | None = None
    load: Literal["one", "area", "residents", "compounds"] = "one"
    per_head: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    fixed: Annotated[list[Pair], Field(max_length=MOST)] = Field(default_factory=list)
    forbidden: Annotated[list[Pair], Field(max_length=MOST)] = Field(default_factory=list)
    change_weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    time_limit_s: Annotated[float, Field(ge=1, le=3600, allow_inf_nan=False)] = 60.0
    scheme: Key = "main"
    metric: Literal["euclidean", "manhattan"] = "euclidean"


class PatchesTask(Body):
    """What is to be divided among leaders."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    effective: date
    leaders: Annotated[list[Key], Field(min_length=1, max_length=1000)]
    areas: Literal["grid", "community"] = "grid"
    load: Literal["one", "area", "residents"] = "one"
    tolerance: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.1
    change_weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    time_limit_s: Annotated[float, Field(ge=1, le=3600, allow_inf_nan=False)] = 60.0
    scheme: Key = "main"


class Publishing(Body):
    """From which day a plan is to hold, if not from the one it was made for."""

    effective: date | None = None


class Discarding(Body):
    """Why a plan is discarded."""

    note: Note | None = None


def plans(request: Request, asking: CallerDep) -> Plans:
    """Return the caller's use cases, over the part of the city in which they may."""
    return Plans(service_of(request).workspaces.of(scopes_of(request)), asking.person)


PlansDep = Annotated[Plans, Depends(plans)]


@router.get("/plans", dependencies=READS)
def list_plans(planning: PlansDep) -> Response:
    """List the plans, the newest first."""
    return answer({"plans": [_told(plan) for plan in planning.all()]}, None)


@router.post("/plans", status_code=HTTPStatus.CREATED, dependencies=WRITES)
def make_plan(new: NewPlan, planning: PlansDep) -> Response:
    """Make a draft by hand; it is refused now if it could not be published."""
    if not new.given and not new.ended:
        msg = "A plan changes something."
        raise InvalidError(msg)
    rows = [
        {**asdict(one.target.target_of()), "unit_id": one.unit_id, "tier": one.tier}
        for one in new.given
    ]
    names = ["target_kind", "target", "from_m", "to_m", "side", "unit_id", "tier"]
    made = planning.by_hand(
        new.name,
        new.effective,
        pd.DataFrame(rows, columns=names),
        new.ended,
        scheme=new.scheme,
        note=new.note,
    )
    return _answer(made, HTTPStatus.CREATED)


@router.post("/plans/jobs", status_code=HTTPStatus.ACCEPTED, dependencies=WRITES)
def start_planner(
    asked: PlannerTask, request: Request, asking: CallerDep, running: JobsDep
) -> Response:
    """Let the planner make a draft, in the background; ask the job how far it is."""
    return _started("plan", asked, request, asking, running)


@router.post("/plans/patches/jobs", status_code=HTTPStatus.ACCEPTED, dependencies=WRITES)
def start_patches(
    asked: PatchesTask, request: Request, asking: CallerDep, running: JobsDep
) -> Response:
    """Divide grids or communities among leaders, contiguous and even, in the background."""
    return _started("patches", asked, request, asking, running)


@router.get("/plans/{plan_id}", dependencies=READS)
def get_plan(plan_id: str, planning: PlansDep) -> Response:
    """Return one plan with all that would change."""
    return _answer(planning.get(plan_id), HTTPStatus.OK)


@router.get("/plans/{plan_id}/comparison", dependencies=READS)
def compare_plan(plan_id: str, planning: PlansDep) -> Response:
    """Set a plan beside today: what changes, for whom, and what is left uncovered."""
    found = planning.compare(plan_id)
    body = {
        "type": "FeatureCollection",
        "features": features(found.rows),
        "units": records(found.units),
        "before": found.before,
        "after": found.after,
    }
    return answer(body, None)


@router.post("/plans/{plan_id}/approve", dependencies=PUBLISHES)
def approve_plan(plan_id: str, _asked: Nothing, planning: PlansDep) -> Response:
    """Approve a draft."""
    return _answer(planning.approve(plan_id), HTTPStatus.OK)


@router.post("/plans/{plan_id}/publish", dependencies=PUBLISHES)
def publish_plan(plan_id: str, asked: Publishing, planning: PlansDep) -> Response:
    """Make an approved plan hold, all of it or nothing."""
    _, step = planning.publish(plan_id, asked.effective)
    return told_step(step)


@router.post("/plans/{plan_id}/discard", dependencies=WRITES)
def discard_plan(plan_id: str, asked: Discarding, planning: PlansDep) -> Response:
    """Discard a plan that is not published."""
    return _answer(planning.discard(plan_id, asked.note), HTTPStatus.OK)


def _started(kind: Kind, asked: Body, request: Request, asking: Caller, running: Jobs) -> Response:
    scopes = [[scope.kind, scope.key] for scope in scopes_of(request)]
    task = {**asked.model_dump(mode="json"), "scopes": scopes}
    return accepted(running.start(kind, task, asking.person))


def _answer(plan: PlanRow, status: HTTPStatus) -> Response:
    rows = {"given": records(plan.draft.given), "ended": records(plan.draft.ended)}
    made = answer({**_told(plan), **rows}, None)
    made.status_code = status
    return made


def _told(plan: PlanRow) -> dict[str, Any]:
    return {
        "plan_id": plan.plan_id,
        "name": plan.name,
        "state": plan.state,
        "effective": plan.effective,
        "scheme": plan.scheme,
        "note": plan.note,
        "facts": dict(plan.draft.facts),
        "seen": plan.seen,
        "asked_by": plan.asked_by,
        "asked_at": plan.asked_at.isoformat(),
        "decided_by": plan.decided_by,
        "decided_at": None if plan.decided_at is None else plan.decided_at.isoformat(),
        "published": plan.published,
    }
