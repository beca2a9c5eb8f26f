"""Where issues concentrate along roads more than chance allows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.callers import permit
from api.deps import MEDIA_GEOJSON, ReportsDep, answer
from api.frames import Datum, features, records
from api.queries import Query as Asked
from api.sentences import QueryError
from api.service import service_of
from geodata.reports import road_spots
from geodata.reports.road_spots import REACH_M, RoadSpots
from geodata.reports.selection import Selection
from gridmap.network import LIXEL_M

router = APIRouter(tags=["hotspots"], dependencies=[permit("hotspot.read")])
A_YEAR = timedelta(days=364)


class RoadSpotsQuery(Asked):
    """Of what and when, and how the roads are cut."""

    since: date | None = Field(default=None, description="First day; a year before `until`.")
    until: date | None = Field(default=None, description="Last day; the last with an issue.")
    category: str | None = Field(default=None, max_length=200)
    channel: str | None = Field(default=None, max_length=200)
    lixel_m: Annotated[float, Field(ge=10, le=1000, allow_inf_nan=False)] = LIXEL_M
    reach_m: Annotated[float, Field(ge=20, le=5000, allow_inf_nan=False)] = REACH_M
    datum: Datum = "wgs84"


@router.get("/hotspots/roads")
def on_roads(
    query: Annotated[RoadSpotsQuery, Query()], request: Request, reports: ReportsDep
) -> Response:
    """Return hot and cold stretches of roads, who answers there, and the pieces they are of."""
    until = query.until or reports.usual_period()[1]
    since = query.since or until - A_YEAR
    if since > until:
        msg = "The period ends ({until}) before it begins ({since})."
        raise QueryError(msg, since=since, until=until)
    wanted = Selection(since, until, query.category, query.channel)
    found = found_on_roads(request, reports, wanted, (query.lixel_m, query.reach_m), until)
    body = {
        "type": "FeatureCollection",
        "method": asdict(found.spots.method),
        "lixel_m": found.lixel_m,
        "reach_m": found.reach_m,
        "piles": records(found.spots.piles),
        "stretches": features(found.stretches, query.datum),
        "features": features(found.spots.table, query.datum),
    }
    return answer(body, None, MEDIA_GEOJSON)


def found_on_roads(
    request: Request,
    reports: ReportsDep,
    wanted: Selection,
    metres: tuple[float, float],
    as_of: date,
) -> RoadSpots:
    """
    Find hot stretches for a caller, once for each version of the register.

    Parameters
    ----------
    request, reports
        Who asks, and what they see.
    wanted
        Which issues.
    metres
        The longest lixel, and how far neighbours reach.
    as_of
        The day of the roads.
    """
    own, whole = reports.workspace, service_of(request).workspaces.whole
    lixel_m, reach_m = metres
    return own.once(
        "road spots",
        (*road_spots.LAYERS,),
        as_of,
        lambda: road_spots.find_on_roads(
            whole, own, wanted, reports.zone, as_of, lixel_m=lixel_m, reach_m=reach_m
        ),
        wanted,
        metres,
    )
