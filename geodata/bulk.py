"""
Many rows into one table at once, by each database's fastest road.

GeoPackage: ``executemany`` of blobs, and for a crowd the R*Tree filled once, in the order of a
Hilbert curve, instead of by its trigger. PostGIS: binary ``COPY``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, datetime

import geopandas as gpd
import numpy as np
import psycopg
import shapely
from sqlalchemy import BigInteger, Boolean, Connection, Date, DateTime, Double, Table, Text

from geodata import gpkg_blob
from geodata.column_types import GEOPACKAGE
from geodata.geopackage import index_filled_after
from geodata.gpkg_blob import Shapes
from geodata.rows import Batch, Values
from geodata.tables import GEOMETRY

CROWD = 1000  # rows from which a spatial index is better filled at once
FROM_TEXT: dict[type, Callable[[str], object]] = {
    Date: date.fromisoformat,
    DateTime: datetime.fromisoformat,
}
COPY_TYPE: dict[type, str] = {
    Text: "text",
    BigInteger: "int8",
    Double: "float8",
    Boolean: "bool",
    Date: "date",
    DateTime: "timestamptz",
}


def insert(connection: Connection, table: Table, batch: Batch) -> None:
    """
    Add rows to a table, in the caller's transaction.

    Parameters
    ----------
    connection
        A writing one.
    table
        Where to.
    batch
        The rows; ``id`` is given by the table.
    """
    if not len(batch):
        return
    if connection.dialect.name == GEOPACKAGE:
        _insert_into_geopackage(connection, table, batch)
    else:
        _copy_into_postgis(connection, table, batch)


def _insert_into_geopackage(connection: Connection, table: Table, batch: Batch) -> None:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101
    query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
    (last,) = driver.execute(query, (table.name,)).fetchone() or (0,)
    ids = range(last + 1, last + 1 + len(batch))
    columns: dict[str, object] = {"id": ids, **batch.columns}
    filled_once = batch.shapes is not None and len(batch) > CROWD
    if batch.shapes is not None:
        srid: int = table.c[GEOMETRY].type.srid  # type: ignore[attr-defined]
        columns[GEOMETRY] = gpkg_blob.encode(batch.shapes, srid, batch.wkb)
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" * len(columns))
    statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608
    index = index_filled_after(driver, table.name, GEOMETRY) if filled_once else nullcontext()
    with index:
        driver.executemany(statement, zip(*columns.values(), strict=True))
        if filled_once:
            assert batch.shapes is not None  # noqa: S101
            _fill_index(driver, table.name, ids, batch.shapes)
    if batch.shapes is not None:
        changed = "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
        driver.execute(f"{changed} WHERE table_name = ?", (table.name,))


def _fill_index(driver: sqlite3.Connection, table: str, ids: range, shapes: Shapes) -> None:
    bounds = shapely.bounds(shapes)
    there = np.flatnonzero(np.isfinite(bounds).all(axis=1))
    middle = gpd.GeoSeries(shapely.points((bounds[there, :2] + bounds[there, 2:]) / 2))
    there = there[np.argsort(middle.hilbert_distance(), kind="stable")]  # a better tree, sooner
    keys = np.asarray(ids)[there].tolist()
    boxes = bounds[there][:, [0, 2, 1, 3]].tolist()
    driver.executemany(
        f'INSERT INTO "rtree_{table}_{GEOMETRY}" VALUES (?, ?, ?, ?, ?)',  # noqa: S608
        ((key, *box) for key, box in zip(keys, boxes, strict=True)),
    )


def _copy_into_postgis(connection: Connection, table: Table, batch: Batch) -> None:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101
    columns = {name: _native(values, table, name) for name, values in batch.columns.items()}
    types = [COPY_TYPE[_kind(table, name)] for name in columns]
    if batch.shapes is not None:
        columns[GEOMETRY] = list(batch.wkb)
        types.append("bytea")  # a binary COPY names no types: WKB is what a geometry is read from
    names = ", ".join(f'"{name}"' for name in columns)
    statement = f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT BINARY)'
    with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(types)
        for row in zip(*columns.values(), strict=True):
            copy.write_row(row)


def _native(values: Values, table: Table, name: str) -> Values:
    read = FROM_TEXT.get(_kind(table, name))
    if read is None:
        return values
    return [None if value is None else read(str(value)) for value in values]


def _kind(table: Table, name: str) -> type:
    return type(table.c[name].type)
