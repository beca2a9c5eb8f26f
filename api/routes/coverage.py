"""What is covered, and what is not, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.callers import permit
from api.deps import MEDIA_GEOJSON, ReportsDep, TagDep, answer, day
from api.frames import features, records
from api.pages import chosen
from api.queries import CoverageQuery, GapsQuery

router = APIRouter(prefix="/coverage", tags=["coverage"], dependencies=[permit("register.read")])


@router.get("")
def coverage(
    query: Annotated[CoverageQuery, Query()], reports: ReportsDep, made: TagDep
) -> Response:
    """Return what is covered of each division: ground, roads, points, compounds, residents."""
    as_of = day(query, reports)
    table = reports.coverage(query.level, as_of)
    ground, covered = float(table["ground_m2"].sum()), float(table["covered_m2"].sum())
    body = {
        "type": "FeatureCollection",
        "as_of": as_of,
        "level": query.level,
        "ground_m2": ground,
        "covered_m2": covered,
        "share": covered / ground if ground else None,
        "overlaps": records(reports.overlaps(as_of)),
        "features": features(table, query.datum),
    }
    return answer(body, made, MEDIA_GEOJSON)


@router.get("/gaps")
def gaps(query: Annotated[GapsQuery, Query()], reports: ReportsDep, made: TagDep) -> Response:
    """Return the uncovered ground, piece by piece, each with its reason."""
    as_of = day(query, reports)
    found = chosen(reports.gaps(as_of), reason=query.reason)
    body = {
        "type": "FeatureCollection",
        "as_of": as_of,
        "area_m2": float(found["area_m2"].sum()),
        "slivers": asdict(reports.slivers(as_of)),
        "features": features(found, query.datum),
    }
    return answer(body, made, MEDIA_GEOJSON)
