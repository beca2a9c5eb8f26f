"""The desk: what it starts from, its counters, and what others have done since."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.callers import may, permit
from api.deps import ReportsDep, answer, day
from api.frames import columns, records
from api.queries import DayQuery, SeenQuery
from geodata.reports import desk
from gridmap import layers
from gridmap.access import PERMITS

router = APIRouter(prefix="/desk", tags=["desk"], dependencies=[permit("register.read")])


@router.get("")
def state(query: Annotated[DayQuery, Query()], request: Request, reports: ReportsDep) -> Response:
    """Return who holds what on a day and later, and the units that may be given something."""
    as_of = day(query, reports)
    found = reports.desk(as_of)
    body = {
        "seen": found.seen,
        "as_of": as_of,
        "today": reports.today(),
        "first_day": found.first_day,
        "may": [action for action in PERMITS if may(request, action)],
        "tiers": list(layers.TIERS),
        "units": records(found.units),
        "assignments": columns(found.assignments.reset_index()),
    }
    return answer(body, None)


@router.get("/counters")
def counters(query: Annotated[DayQuery, Query()], reports: ReportsDep) -> Response:
    """Count grids, ground, roads, points and compounds, and what of them nobody answers for."""
    as_of = day(query, reports)
    return answer({"as_of": as_of, **desk.counters(reports.workspace, as_of)}, None)


@router.get("/changes")
def changes(query: Annotated[SeenQuery, Query()], reports: ReportsDep) -> Response:
    """Return what has been done to assignments since an entry of the journal."""
    later = desk.changes_after(reports.workspace, query.after)
    body = {
        "seen": later.seen,
        "entries": records(later.entries),
        "added": columns(later.added.reset_index()),
        "released": columns(later.released),
        "layers": list(later.layers),
    }
    return answer(body, None)
