"""What lies near an issue: those it may repeat, and those it may be a duplicate of."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, select

from geodata.issues import records
from geodata.reading import near
from geodata.tables import Tables
from geodata.workspace import Workspace
from gridmap import duplicates, recurrence
from gridmap.issues.orders import Row
from gridmap.metric import metres_per_degree, to_metric

REACH_M = 60.0


def around(
    connection: Connection, tables: Tables, place: shapely.Point, metres: float = REACH_M
) -> gpd.GeoDataFrame:
    """
    Return the issues near a place, as they are now, with the looks of their photos.

    Parameters
    ----------
    connection, tables
        Of the register.
    place
        In the register's CRS.
    metres
        How far; a few more may come, none fewer.
    """
    across, up = (metres * 1.05 / scale for scale in metres_per_degree(place.y))
    bbox = (place.x - across, place.y - up, place.x + across, place.y + up)
    frame, _ = records.read(connection, tables, near(connection, tables, bbox))
    photos = tables.layers["photos"]
    looks = connection.execute(
        select(photos.c.subject, photos.c.look).where(
            photos.c.subject.in_(list(frame.index)), photos.c.look.is_not(None)
        )
    ).all()
    told = pd.DataFrame(looks, columns=["subject", "look"]).groupby("subject")["look"]
    return frame.assign(looks=told.agg(" ".join).reindex(frame.index))


def repeated(issue: Row, found: gpd.GeoDataFrame, workspace: Workspace, as_of: date) -> str | None:
    """
    Return the closed-out issue that a new one repeats.

    Parameters
    ----------
    issue
        With its place.
    found
        What is around it.
    workspace, as_of
        In whose metres, and of which day.
    """
    if not len(found):
        return None
    metric = to_metric(found, workspace.metric_crs(as_of))
    place = gpd.GeoSeries([issue["place"]], crs=found.crs).to_crs(metric.crs).iloc[0]
    at = pd.Timestamp(issue["reported_at"])
    return recurrence.recurs(place, issue["category"], at, metric)


def suggested(
    issue: Row, found: gpd.GeoDataFrame, workspace: Workspace, as_of: date, looks: str | None = None
) -> list[dict[str, Any]]:
    """
    Return the issues of which one may be a duplicate, the likeliest first.

    Parameters
    ----------
    issue, found, workspace, as_of
        As for `repeated`.
    looks
        Hashes of the issue's photos, with blanks between.

    Returns
    -------
    list of dict
        ``issue_id``, ``number``, ``state``, ``category``, ``distance_m``, ``hours``, ``why``.
    """
    if not len(found):
        return []
    metric = to_metric(found, workspace.metric_crs(as_of))
    place = gpd.GeoSeries([issue["place"]], crs=found.crs).to_crs(metric.crs).iloc[0]
    asked = pd.Series(
        {
            "geometry": place,
            "reported_at": pd.Timestamp(issue["reported_at"]),
            "category": issue["category"],
            "looks": looks,
        },
        name=issue["issue_id"],
    )
    rows = duplicates.suggest(asked, metric).merge(
        found[["number", "state", "category"]].reset_index(), on="issue_id", how="left"
    )
    shown = ["issue_id", "number", "state", "category", "distance_m", "hours", "why"]
    told = rows[shown].astype(object)
    return records.jsonable(told.where(told.notna(), None).to_dict("records"))
