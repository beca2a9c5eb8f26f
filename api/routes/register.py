"""Divisions, grids, units, assignments and issues: what the register holds."""

from __future__ import annotations

from typing import Annotated

import geopandas as gpd
import pandas as pd
from fastapi import APIRouter, Query, Request, Response

from api.callers import permit
from api.deps import (
    MEDIA_GEOJSON,
    ContactsDep,
    ReportsDep,
    SettingsDep,
    TagDep,
    answer,
    day,
    next_page,
)
from api.frames import Datum, features, records
from api.pages import Page, chosen, page, within
from api.queries import (
    AssignmentsQuery,
    DivisionsQuery,
    GridsQuery,
    PageQuery,
    SpatialQuery,
    UnitsQuery,
)
from api.settings import Settings
from gridmap.errors import NotFoundError

router = APIRouter(tags=["register"], dependencies=[permit("register.read")])
PERSONAL = ["contact", "phone"]  # absent where the caller may not see them, not masked


@router.get("/divisions")
def divisions(
    query: Annotated[DivisionsQuery, Query()],
    request: Request,
    reports: ReportsDep,
    settings: SettingsDep,
    made: TagDep,
) -> Response:
    """List districts, subdistricts and communities."""
    found = reports.divisions(day(query, reports), level=query.level, parent=query.parent)
    return _collection(found, query, request, settings, made)


@router.get("/divisions/{code}")
def division(
    code: str, query: Annotated[SpatialQuery, Query()], reports: ReportsDep, made: TagDep
) -> Response:
    """Return one division."""
    return _one(reports.divisions(day(query, reports)), code, query.datum, made)


@router.get("/grids")
def grids(
    query: Annotated[GridsQuery, Query()],
    request: Request,
    reports: ReportsDep,
    settings: SettingsDep,
    made: TagDep,
) -> Response:
    """List grids."""
    found = reports.grids(day(query, reports), parent=query.parent, unit_id=query.unit_id)
    return _collection(found, query, request, settings, made)


@router.get("/grids/{code}")
def grid(
    code: str, query: Annotated[SpatialQuery, Query()], reports: ReportsDep, made: TagDep
) -> Response:
    """Return one grid."""
    return _one(reports.grids(day(query, reports)), code, query.datum, made)


@router.get("/units")
def units(
    query: Annotated[UnitsQuery, Query()],
    request: Request,
    reports: ReportsDep,
    settings: SettingsDep,
    made: TagDep,
    contacts: ContactsDep,
) -> Response:
    """List units and leaders' posts."""
    frame = _without_contacts(reports.frame("units", day(query, reports)), contacts=contacts)
    found = chosen(frame, party=query.party, active=query.active)
    return _collection(found, query, request, settings, made)


@router.get("/units/{unit_id}")
def unit(
    unit_id: str,
    query: Annotated[SpatialQuery, Query()],
    reports: ReportsDep,
    made: TagDep,
    contacts: ContactsDep,
) -> Response:
    """Return one unit."""
    frame = _without_contacts(reports.frame("units", day(query, reports)), contacts=contacts)
    return _one(frame, unit_id, query.datum, made)


@router.get("/assignments")
def assignments(
    query: Annotated[AssignmentsQuery, Query()],
    request: Request,
    reports: ReportsDep,
    settings: SettingsDep,
    made: TagDep,
) -> Response:
    """List what is in force on a day."""
    found = chosen(
        reports.in_force(day(query, reports)),
        unit_id=query.unit_id,
        target=query.target,
        target_kind=query.target_kind,
        tier=query.tier,
        scheme=query.scheme,
    )
    part = page(found, query.limit or settings.page_size, query.cursor)
    body = {"assignments": records(part.frame.reset_index())}
    return answer({**body, **_paging(part, request)}, made)


def _without_contacts(units: gpd.GeoDataFrame, *, contacts: bool) -> gpd.GeoDataFrame:
    return units if contacts else units.drop(columns=PERSONAL)


def _collection(
    frame: gpd.GeoDataFrame, query: PageQuery, request: Request, settings: Settings, made: str
) -> Response:
    inside = within(frame, query.bbox, query.datum)
    part = page(inside, query.limit or settings.page_size, query.cursor)
    body = {"type": "FeatureCollection", "features": features(part.frame, query.datum)}
    return answer({**body, **_paging(part, request)}, made, MEDIA_GEOJSON)


def _paging(part: Page, request: Request) -> dict[str, object]:
    following = next_page(request.url, part.next)
    links = [{"rel": "self", "href": str(request.url)}]
    if following is not None:
        links.append({"rel": "next", "href": following})
    return {
        "numberMatched": part.matched,
        "numberReturned": len(part.frame),
        "next": part.next,
        "links": links,
    }


def _one(frame: gpd.GeoDataFrame, key: str, datum: Datum, made: str) -> Response:
    if key not in frame.index:
        msg = "There is no {key} in the register on that day."
        raise NotFoundError(msg, key=key)
    row: pd.DataFrame = frame.loc[[key]]
    return answer(features(row, datum)[0], made, MEDIA_GEOJSON)
