"""Where issues concentrate more than chance allows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.callers import permit
from api.deps import MEDIA_GEOJSON, ReportsDep, TagDep, answer
from api.frames import features, records
from api.queries import HotspotsQuery
from api.sentences import QueryError
from geodata.reports import Reports, Selection, doubts
from geodata.reports.spots import Measure
from gridmap.agreement import HELD_SHARE
from gridmap.hotspots import HotSpots
from gridmap.loudness import LOUD_SHARE

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
        group=query.group,
        smooth=query.smooth,
        counting=query.counting,
        as_of=until,
    )
    body = {
        "type": "FeatureCollection",
        "method": asdict(found.method),
        "loud": _loud(found),
        **_doubts(reports, query, since, until),
        "piles": records(found.piles),
        "features": features(found.table, query.datum),
    }
    return answer(body, made, MEDIA_GEOJSON)


def _loud(found: HotSpots) -> dict[str, Any]:
    """Return the areas in which one reporter is loud; never who that is."""
    rows = found.table
    return {
        "share": LOUD_SHARE,
        "areas": list(rows.index[rows["loud"]]),
        "rests_on_one": list(rows.index[rows["rests_on_one"]]),
        "known": int(rows["known"].sum()),
        "reports": int(rows["reports"].sum()),
    }


def _doubts(reports: Reports, query: HotspotsQuery, since: date, until: date) -> dict[str, Any]:
    """Return what else was asked: other partitions, and groups of channels."""
    measure = Measure(
        query.by, query.size_m, query.per, query.keep_piles, query.smooth, query.counting
    )
    wanted = Selection(since, until, query.category, query.channel, query.group)
    asked = (reports.workspace, wanted, reports.zone, measure, until)
    told: dict[str, Any] = {}
    if query.sensitivity:
        compared = doubts.partitions(*asked)
        told["sensitivity"] = {
            "verdict": compared.verdict[0].format(**compared.verdict[1]),
            "held_share": HELD_SHARE,
            "areas": records(compared.shares.reset_index(names="code")),
            "refused": {by: why.format(**v) for by, (why, v) in compared.refused.items()},
        }
    if query.agreement:
        told["agreement"] = [asdict(pair) for pair in doubts.channels(*asked)]
    return told
