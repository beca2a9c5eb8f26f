"""Where issues concentrate more than chance allows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.callers import permit
from api.deps import MEDIA_GEOJSON, ReportsDep, TagDep, answer
from api.frames import features, records
from api.queries import HotspotsQuery
from api.sentences import QueryError

router = APIRouter(tags=["hotspots"], dependencies=[permit("hotspot.read")])


@router.get("/hotspots")
def hotspots(
    query: Annotated[HotspotsQuery, Query()], reports: ReportsDep, made: TagDep
) -> Response:
    """Return Getis-Ord Gi* classes after the correction for many tests, with their method."""
    until = query.until or reports.usual_period()[1]
    since = query.since or until - timedelta(days=364)
    if since > until:
        msg = "The period ends ({until}) before it begins ({since})."
        raise QueryError(msg, since=since, until=until)
    found = reports.hotspots(
        since=since,
        until=until,
        category=query.category,
        channel=query.channel,
        by=query.by,
        size_m=query.size_m,
        per=query.per,
        keep_piles=query.keep_piles,
        as_of=until,
    )
    body = {
        "type": "FeatureCollection",
        "method": asdict(found.method),
        "piles": records(found.piles),
        "features": features(found.table, query.datum),
    }
    return answer(body, made, MEDIA_GEOJSON)
