"""Stretches of roads: from a click to metres along a road, and back to a line."""

from __future__ import annotations

from typing import Annotated

import geopandas as gpd
import shapely
from fastapi import APIRouter, Response
from pydantic import Field

from api.callers import permit
from api.deps import MEDIA_GEOJSON, ReportsDep, answer
from api.frames import features
from api.orders import Body, Key, Metres
from api.queries import StrictLatitude, StrictLongitude
from gridmap import stretches

router = APIRouter(prefix="/roads", tags=["roads"], dependencies=[permit("register.read")])


class Click(Body):
    """A place on the map, in the register's CRS."""

    lon: StrictLongitude
    lat: StrictLatitude
    within_m: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 50.0


class Stretch(Body):
    """A part of a road."""

    road_id: Key
    from_m: Metres
    to_m: Metres


@router.post("/snap")
def snap(click: Click, reports: ReportsDep) -> Response:
    """Find the road nearest to a place: how far along it, and on which side the place is."""
    roads = reports.measured("roads")
    place = gpd.GeoSeries([shapely.Point(click.lon, click.lat)], crs=reports.meta.crs)
    spot = place.to_crs(roads.crs).iloc[0]
    found = stretches.snap(roads, spot.x, spot.y, within_m=click.within_m)
    row = roads.loc[found.road_id]
    body = {
        "road_id": found.road_id,
        "name": row["name"],
        "metres": found.metres,
        "distance_m": found.distance_m,
        "side": found.side,
        "length_m": float(row.geometry.length),
    }
    return answer(body, None)


@router.post("/stretch")
def stretch(asked: Stretch, reports: ReportsDep) -> Response:
    """Return the line of a part of a road."""
    roads = reports.measured("roads")
    line = stretches.stretch_geometry(roads, asked.road_id, asked.from_m, asked.to_m)
    frame = gpd.GeoDataFrame(
        {"from_m": [asked.from_m], "to_m": [asked.to_m]},
        geometry=[line],
        index=[asked.road_id],
        crs=roads.crs,
    )
    return answer(features(frame)[0], None, MEDIA_GEOJSON)
