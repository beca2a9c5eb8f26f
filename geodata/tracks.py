"""
Tracks: where people walked on patrols.

A track tells where a person was, minute by minute. It is no part of the register's books, which
nobody can take anything out of: it lies in a working table, and is forgotten after `KEPT_DAYS`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import geopandas as gpd
import pandas as pd
from sqlalchemy import select

from geodata.store import Store
from geodata.writer import Writer
from gridmap import metric, walking

KEPT_DAYS = 90

Fix: TypeAlias = tuple[float, float, datetime, float]
"""Longitude and latitude (WGS 84), moment, accuracy in metres."""


@dataclass(frozen=True)
class Track:
    """
    Where somebody walked.

    Parameters
    ----------
    patrol_id, unit_id
        On which patrol, of which unit.
    by
        The person's id.
    fixes
        Longitude, latitude, moment (UTC, ISO 8601) and accuracy of each, in order.
    """

    patrol_id: str
    unit_id: str
    by: str
    fixes: list[list[Any]]


def points(fixes: Sequence[Fix], since: datetime, until: datetime) -> gpd.GeoDataFrame:
    """
    Return the fixes of a time as points.

    Parameters
    ----------
    fixes
        As a phone sends them.
    since, until
        From when to when, both included.

    Returns
    -------
    geopandas.GeoDataFrame
        In WGS 84, with ``at`` and ``accuracy``, under their numbers.
    """
    inside = [n for n, fix in enumerate(fixes) if since <= fix[2] <= until]
    rows = [fixes[n] for n in inside]
    columns = {
        "at": pd.to_datetime([at for _, _, at, _ in rows], utc=True),
        "accuracy": pd.Series([exact for *_, exact in rows], dtype="float64").to_numpy(),
    }
    shapes = gpd.points_from_xy([x for x, *_ in rows], [y for _, y, *_ in rows])
    index = pd.Index(inside, dtype="int64")
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326", index=index)


def keep(writer: Writer, store: Store, track: Track, at: datetime) -> None:
    """
    Keep a track.

    Parameters
    ----------
    writer, store
        Of the transaction in which its patrol is kept.
    track
        Where somebody walked.
    at
        When they ended.
    """
    kept = json.dumps({"by": track.by, "fixes": track.fixes})
    row = {"patrol_id": track.patrol_id, "unit_id": track.unit_id, "at": at, "track": kept}
    writer.execute(store.tables.loop.tracks.insert().values(**row))


def told(fixes: Sequence[Fix], found: gpd.GeoDataFrame) -> list[list[Any]]:
    """
    Return the fixes that say something, as they are kept.

    Parameters
    ----------
    fixes
        As a phone sends them.
    found
        Those of them that `points` returned.
    """
    steps = walking.sparse(metric.to_metric(found))
    return [
        [lon, lat, at.astimezone(UTC).isoformat(), exact]
        for lon, lat, at, exact in (fixes[n] for n in steps.index)
    ]


def find(store: Store, patrol_id: str) -> Track | None:
    """Return the track of a patrol; None if there is none any more."""
    table = store.tables.loop.tracks
    with store.database.reading() as connection:
        row = connection.execute(select(table).where(table.c.patrol_id == patrol_id)).first()
    if row is None:
        return None
    kept = json.loads(row.track)
    return Track(row.patrol_id, row.unit_id, kept["by"], kept["fixes"])
