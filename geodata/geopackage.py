"""
A GeoPackage written by the standard library's sqlite3.

Only pip is needed, and GDAL and QGIS open the live file. One rule comes with it: **in this process
nothing but sqlite3 may open the live file**. POSIX locks belong to a process, so when GDAL or a
plain ``open`` closes the file, the locks of our own connections vanish, the write-ahead log may be
deleted under them, and commits are lost without an error. Copies are made by `geodata.backup`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyproj

from geodata import gpkg_functions
from geodata.errors import SchemaError

LOG_LIMIT = 64 * 1024**2  # bytes that the write-ahead log keeps of the disk once it is empty
APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10400  # GeoPackage 1.4
PAGE_SIZE = 8192  # a grid's polygon and its columns fit; writing is a sixth faster than with 4096
BASE_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT
);
INSERT INTO gpkg_spatial_ref_sys VALUES
    ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', NULL),
    ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', NULL);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
);
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents (table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
);
CREATE TABLE gpkg_extensions (
    table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
    scope TEXT NOT NULL,
    CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
);
"""


def prepare(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """
    Make a new connection ready: functions, durability, foreign keys, patience.

    Parameters
    ----------
    connection
        A connection that SQLAlchemy has just opened.
    busy_seconds
        How long a statement waits for another process's lock.
    """
    connection.isolation_level = None  # our own BEGIN, so that DDL is in the transaction too
    gpkg_functions.register(connection)
    helpers: dict[str, tuple[int, Callable[..., int]]] = {
        "gpkgInsertEpsgSRID": (1, lambda srid: _add_crs(connection, srid)),
        "gpkgAddSpatialIndex": (2, lambda table, column: add_index(connection, table, column)),
        "gpkgAddGeometryTriggers": (2, lambda _table, _column: 1),
    }
    for name, (arguments, function) in helpers.items():  # what GeoAlchemy2's DDL events call
        connection.create_function(name, arguments, function)
    connection.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_LIMIT}")


def create(path: Path) -> None:
    """
    Make an empty GeoPackage, or see that the file is one of ours.

    The base tables come before the write-ahead log: otherwise the file's header lacks its
    application id until the first checkpoint, and GDAL says that it is no GeoPackage.

    Parameters
    ----------
    path
        The file; its folder must exist.

    Raises
    ------
    SchemaError
        If the file is a database, but no register.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")  # only heeded in an empty file
        connection.execute("BEGIN IMMEDIATE")
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        kept = {name for name in names if not name.startswith(("gpkg_", "rtree_", "sqlite_"))}
        if not names:
            _add_base_tables(connection)
        elif "gpkg_contents" not in names or (kept and "alembic_version" not in kept):
            _refuse(path)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        msg = "{path} cannot be opened: {reason}."
        raise SchemaError(msg, path=path, reason=error) from error
    except sqlite3.DatabaseError as error:
        _refuse(path, error)
    finally:
        connection.close()


def _refuse(path: Path, cause: Exception | None = None) -> None:
    msg = "{path} is there, but it is no register; choose another file."
    raise SchemaError(msg, path=path) from cause


def _add_base_tables(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {USER_VERSION}")
    for statement in BASE_TABLES.split(";\n"):
        connection.execute(statement)
    _add_crs(connection, 4326)


def _add_crs(connection: sqlite3.Connection, srid: int) -> int:
    crs = pyproj.CRS.from_epsg(srid)
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, 'EPSG', ?, ?, NULL)",
        (crs.name, srid, srid, crs.to_wkt("WKT1_GDAL")),
    )
    return 1


def add_index(connection: sqlite3.Connection, table: str, column: str) -> int:
    """
    Give a geometry column its R*Tree and the triggers that keep it.

    Parameters
    ----------
    connection
        In a transaction.
    table, column
        Where the geometries are; the table's key is ``id``.

    Returns
    -------
    int
        1, as SpatiaLite's function of that purpose does.
    """
    tree = f"rtree_{table}_{column}"
    connection.execute(f'CREATE VIRTUAL TABLE "{tree}" USING rtree(id, minx, maxx, miny, maxy)')
    connection.execute(
        "INSERT INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', ?, 'write-only')",
        (table, column, "http://www.geopackage.org/spec120/#extension_rtree"),
    )
    for name, body in _index_triggers(table, column).items():
        connection.execute(f'CREATE TRIGGER "{name}" {body}')
    return 1


@contextmanager
def index_filled_after(connection: sqlite3.Connection, table: str, column: str) -> Iterator[None]:
    """
    Leave the R*Tree alone while many rows come in; the caller fills it once.

    Parameters
    ----------
    connection
        In a transaction, so that nobody sees the table without its trigger.
    table, column
        Where the geometries are.
    """
    name = f"rtree_{table}_{column}_insert"
    connection.execute(f'DROP TRIGGER "{name}"')
    yield
    connection.execute(f'CREATE TRIGGER "{name}" {_index_triggers(table, column)[name]}')


def _index_triggers(table: str, column: str) -> dict[str, str]:
    """Return the triggers of GeoPackage 1.4, which survive an upsert as those of 1.3 do not."""
    tree = f"rtree_{table}_{column}"
    there = f'NEW."{column}" NOTNULL AND NOT ST_IsEmpty(NEW."{column}")'
    gone = f'(NEW."{column}" ISNULL OR ST_IsEmpty(NEW."{column}"))'
    was = f'(OLD."{column}" NOTNULL AND NOT ST_IsEmpty(OLD."{column}"))'
    x_min, x_max, y_min, y_max = (
        f'ST_{side}(NEW."{column}")' for side in ("MinX", "MaxX", "MinY", "MaxY")
    )
    put = f'INSERT OR REPLACE INTO "{tree}" VALUES (NEW.id, {x_min}, {x_max}, {y_min}, {y_max});'  # noqa: S608
    move = (
        f'UPDATE "{tree}" SET minx = {x_min}, maxx = {x_max}, miny = {y_min}, maxy = {y_max} '  # noqa: S608
        "WHERE id = NEW.id;"
    )
    drop = f'DELETE FROM "{tree}" WHERE id = OLD.id;'  # noqa: S608
    both = f'DELETE FROM "{tree}" WHERE id IN (OLD.id, NEW.id);'  # noqa: S608
    changed = f'AFTER UPDATE OF "{column}" ON "{table}" WHEN OLD.id = NEW.id AND'
    renumbered = f'AFTER UPDATE ON "{table}" WHEN OLD.id != NEW.id AND'
    triggers = {
        "insert": f'AFTER INSERT ON "{table}" WHEN ({there}) BEGIN {put} END',
        "update2": f"{changed} {gone} BEGIN {drop} END",
        "update4": f"{renumbered} {gone} BEGIN {both} END",
        "update5": f"{renumbered} {there} BEGIN {drop} {put} END",
        "update6": f"{changed} {there} AND {was} BEGIN {move} END",
        "update7": f"{changed} {there} AND NOT {was} BEGIN {put} END",
        "delete": f'AFTER DELETE ON "{table}" WHEN OLD."{column}" NOTNULL BEGIN {drop} END',
    }
    return {f"{tree}_{name}": body for name, body in triggers.items()}
