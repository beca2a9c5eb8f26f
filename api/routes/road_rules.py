"""Rules along roads: those in use, where roads break them, and who answers there."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Request, Response
from fastapi import Query as InQuery
from pydantic import Field

from api.callers import CallerDep, permit
from api.deps import MEDIA_GEOJSON, ReportsDep, answer, day
from api.frames import dump, features, records
from api.orders import Body, Key, Note
from api.queries import DayQuery, SpatialQuery
from api.service import service_of
from geodata import road_rules as kept
from geodata.reports import road_rules

router = APIRouter(prefix="/road-rules", tags=["road rules"])
READS = [permit("register.read")]


class FailuresQuery(SpatialQuery):
    """Which stretches."""

    road_id: str | None = Field(default=None, max_length=200)
    rule_id: str | None = Field(default=None, max_length=200)


class RuleBody(Body):
    """So many things of a kind in every stretch of so many metres."""

    rule_id: Key
    edition: Key
    name: Note
    road_class: Key | None = None
    category: Key
    least: Annotated[int, Field(ge=1, le=10_000, strict=True)]
    window_m: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False, strict=True)]
    source: Note | None = None


class NewRules(Body):
    """An edition that is to be published, with all of its rules."""

    rules: Annotated[list[RuleBody], Field(min_length=1, max_length=1000)]


@router.get("", dependencies=READS)
def list_rules(
    query: Annotated[DayQuery, InQuery()], request: Request, reports: ReportsDep
) -> Response:
    """Return the rules in use, with how many things of their kind the register knows."""
    whole = service_of(request).workspaces.whole
    rows = road_rules.rules(whole, day(query, reports))
    return answer({"rules": records(rows.reset_index())}, None)


@router.get("/failures", dependencies=READS)
def list_failures(
    query: Annotated[FailuresQuery, InQuery()], request: Request, reports: ReportsDep
) -> Response:
    """Return the stretches that break rules, as lines, each with who answers along it."""
    whole = service_of(request).workspaces.whole
    found = road_rules.failures(
        whole,
        reports.workspace,
        day(query, reports),
        road_id=query.road_id,
        rule_id=query.rule_id,
    )
    body = {"type": "FeatureCollection", "features": features(found, query.datum)}
    return answer(body, None, MEDIA_GEOJSON)


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[permit("standard.write")])
def publish(new: NewRules, request: Request, asking: CallerDep) -> Response:
    """Publish an edition of the rules; what is published is never changed."""
    service = service_of(request)
    rows = pd.DataFrame([rule.model_dump() for rule in new.rules])
    entry = kept.publish(service.workspaces.whole, rows, asking.person, service.today())
    headers = {"ETag": f'"{entry}"', "Cache-Control": "no-store"}
    body = dump({"entry": entry, "rules": len(rows)})
    return Response(body, HTTPStatus.CREATED, headers, media_type="application/json")
