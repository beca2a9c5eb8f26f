"""Whose ground is this?"""

from __future__ import annotations

from typing import Annotated

import geopandas as gpd
import numpy as np
from fastapi import APIRouter, Query, Response

from api.callers import permit
from api.deps import ReportsDep, SettingsDep, TagDep, answer, day
from api.frames import TO_WGS84, Datum, records
from api.queries import PlaceQuery, Places
from gridmap.errors import InvalidError

router = APIRouter(tags=["locate"], dependencies=[permit("register.read")])


@router.get("/locate")
def locate(
    query: Annotated[PlaceQuery, Query()],
    reports: ReportsDep,
    settings: SettingsDep,
    made: TagDep,
) -> Response:
    """Return the grid of a place and who answers for it, by which rule, up to the leader."""
    lon, lat = TO_WGS84[query.datum](np.array([[query.lon, query.lat]]))[0]
    accuracy = settings.accuracy_m if query.accuracy_m is None else query.accuracy_m
    found = reports.responsible(float(lon), float(lat), day(query, reports), accuracy)
    return answer(
        {
            "grid": found.grid,
            "grid_name": found.grid_name,
            "outside": found.outside,
            "distance_m": round(found.distance_m, 3),
            "ambiguous": found.ambiguous,
            "candidates": records(found.candidates),
            "responsible": records(found.rows),
            "chain": records(found.chain.drop(columns=["phone"], errors="ignore")),
            "lineage": records(found.lineage),
            "accuracy_m": accuracy,
            "datum": query.datum,
        },
        made,
    )


@router.post("/locate")
def locate_many(asked: Places, reports: ReportsDep, settings: SettingsDep) -> Response:
    """Return the grid, the community and the responsible unit of each of up to 100,000 places."""
    if len(asked.places) > settings.batch_limit:
        msg = "{n} places are too many for one request; {most} may be asked at once."
        raise InvalidError(msg, n=len(asked.places), most=settings.batch_limit)
    places = _places(asked.places, asked.datum, reports.meta.crs)
    located = reports.locate(
        places, asked.as_of or reports.today(), asked.accuracy_m or settings.accuracy_m
    )
    return answer({"places": records(located), "datum": asked.datum}, made=None)


def _places(given: list[tuple[float, float]], datum: Datum, crs: object) -> gpd.GeoSeries:
    xy = TO_WGS84[datum](np.array(given, dtype=np.float64).reshape(-1, 2))
    return gpd.GeoSeries.from_xy(xy[:, 0], xy[:, 1], crs="EPSG:4326").to_crs(crs)
