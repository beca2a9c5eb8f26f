"""Evidence: the photos of issues and of visits, and where they were taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import shapely
from pyproj import Geod
from sqlalchemy import Connection, select

from geodata.tables import Tables
from gridmap.issues.evidence import Shot
from gridmap.issues.orders import Row

GEOD = Geod(ellps="GRS80")


def distance_m(place: shapely.Point | None, other: shapely.Point | None) -> float | None:
    """
    Return how far two places are from each other along the ellipsoid, in metres.

    Parameters
    ----------
    place, other
        In degrees; None if one is not known, which gives None.
    """
    if place is None or other is None:
        return None
    return float(GEOD.inv(place.x, place.y, other.x, other.y)[2])


def photos(connection: Connection, tables: Tables, subject: str) -> list[dict[str, Any]]:
    """
    Return the photos of an issue or a visit, the oldest first.

    Parameters
    ----------
    connection, tables
        Of the register.
    subject
        Id of the issue or the visit.
    """
    table = tables.layers["photos"]
    rows = connection.execute(select(table).where(table.c.subject == subject).order_by(table.c.id))
    last = {row.photo_id: dict(row._mapping) for row in rows}  # noqa: SLF001 - SQLAlchemy's public name
    return list(last.values())


def shots(connection: Connection, tables: Tables, issue: Row) -> Sequence[Shot]:
    """
    Return the photos of an issue as evidence.

    Parameters
    ----------
    connection, tables
        Of the register.
    issue
        Its row.
    """
    return [
        Shot(photo["photo_id"], photo["kind"], distance_m(issue["place"], photo["geometry"]))
        for photo in photos(connection, tables, issue["issue_id"])
    ]
