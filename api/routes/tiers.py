"""Leaders and tiers: the proof that none is skipped, or the list of where one is."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.callers import permit
from api.deps import ReportsDep, TagDep, answer, day
from api.frames import records
from api.pages import chosen
from api.queries import DayQuery, Level
from geodata.reports import tiers as reading

router = APIRouter(prefix="/tiers", tags=["tiers"], dependencies=[permit("register.read")])
ChainTier = Literal["patch_leader", "lead", "responsible", "grid_worker"]


class TiersQuery(DayQuery):
    """Which tiers, and at which level."""

    level: Level | None = Field(default=None, description="Only places of this level.")
    tier: list[ChainTier] = Field(
        default_factory=list, description="Tiers that may not be skipped; those in use if left out."
    )


@router.get("")
def tiers(query: Annotated[TiersQuery, Query()], reports: ReportsDep, made: TagDep) -> Response:
    """Say of every tier by whom it is held, and list the places where it is skipped."""
    as_of = day(query, reports)
    found = reading.tier_report(reports.workspace, as_of, tuple(query.tier) or None)
    missing = chosen(found.missing, level=query.level)
    body = {
        "as_of": as_of,
        "in_use": found.in_use,
        "required": found.required,
        "whole": missing.empty,
        "figures": records(chosen(found.figures, level=query.level)),
        "missing": records(missing),
    }
    return answer(body, made)
