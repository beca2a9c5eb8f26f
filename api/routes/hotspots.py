"""Where issues concentrate more than chance allows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any, TypeAlias
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Query, Request, Response

from api.awaiting import awaited
from api.callers import permit
from api.deps import MEDIA_GEOJSON, ReportsDep, TagDep, answer
from api.frames import features, records
from api.queries import HotspotsQuery
from api.routes.jobs import accepted
from api.sentences import QueryError
from geodata.questions import Question
from geodata.reports import Reports, Selection, doubts, quadrants, spots
from geodata.reports.spots import Measure
from geodata.workspace import Workspace
from gridmap.agreement import HELD_SHARE
from gridmap.hotspots import HotSpots
from gridmap.loudness import LOUD_SHARE

router = APIRouter(tags=["hotspots"], dependencies=[permit("hotspot.read")])
AskedOf: TypeAlias = tuple[Workspace, Selection, ZoneInfo, Measure, date]


@router.get("/hotspots")
def hotspots(
    request: Request,
    query: Annotated[HotspotsQuery, Query()],
    reports: ReportsDep,
    made: TagDep,
    prefer: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """
    Return classes of Gi*, or of local Moran, corrected for many tests, with their method.

    With ``Prefer: respond-async`` (RFC 7240) what takes long is answered by 202 and a job; once it
    is done, the same request is answered at once.
    """
    until = query.until or reports.usual_period()[1]
    since = query.since or until - timedelta(days=364)
    if since > until:
        msg = "The period ends ({until}) before it begins ({since})."
        raise QueryError(msg, since=since, until=until)
    asked = _asked(reports, query, since, until)
    moran = query.statistic == "local_moran"
    if moran and (query.sensitivity or query.agreement):
        msg = "Other partitions and channels are compared by Getis-Ord Gi* alone."
        raise QueryError(msg)
    if "respond-async" in prefer:
        question = Question("hotspots", asked[1], until, asked[3], statistic=query.statistic)
        if job := awaited(request, reports, question, again=True):
            return accepted(job)
    found = quadrants.find(*asked) if moran else spots.find(*asked)
    body = {
        "type": "FeatureCollection",
        "method": asdict(found.method),
        "loud": _loud(found),
        **_doubts(query, asked),
        "piles": records(found.piles),
        "features": features(found.table, query.datum),
    }
    return answer(body, made, MEDIA_GEOJSON)


def _loud(found: HotSpots) -> dict[str, Any]:
    """Return the areas in which one reporter is loud; never who that is."""
    rows = found.table
    of_hot = {}
    if "rests_on_one" in rows:  # local Moran has no hot areas without their loudest reporter
        of_hot = {"rests_on_one": list(rows.index[rows["rests_on_one"]])}
    return {
        "share": LOUD_SHARE,
        "areas": list(rows.index[rows["loud"]]),
        **of_hot,
        "known": int(rows["known"].sum()),
        "reports": int(rows["reports"].sum()),
    }


def _asked(reports: Reports, query: HotspotsQuery, since: date, until: date) -> AskedOf:
    measure = Measure(
        query.by, query.size_m, query.per, query.keep_piles, query.smooth, query.counting
    )
    wanted = Selection(since, until, query.category, query.channel, query.group)
    return reports.workspace, wanted, reports.zone, measure, until


def _doubts(query: HotspotsQuery, asked: AskedOf) -> dict[str, Any]:
    """Return what else was asked: other partitions, and groups of channels."""
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
