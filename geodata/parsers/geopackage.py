"""
GeoPackage, read with SQLite alone.

The tables of a GeoPackage are plain; GDAL is not needed for them, and to GDAL the same file may be
a database of virtual tables that point elsewhere. Views, virtual tables and triggers are never
touched, and an authorizer refuses every statement but a reading one.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from geodata.errors import ChoiceError, UnreadableError, UnsupportedFormatError
from geodata.limits import Limits
from geodata.parsers.parsed import GEOMETRY, Fault, Parsed
from geodata.parsers.values import number_text
from geodata.parsers.wkb import from_wkb

MAGIC = b"SQLite format 3\0"
ENVELOPE_BYTES = (0, 32, 48, 48, 64)
ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
UNDEFINED = (-1, 0)


def parse(path: Path, options: dict[str, Any], limits: Limits) -> Parsed:  # noqa: ARG001
    """
    Read one layer of a GeoPackage.

    Parameters
    ----------
    path
        The file.
    options
        ``layer``, where the file has several; a file's only layer is taken whatever its name.
    limits
        Not used here; the table is held to them afterwards.

    Raises
    ------
    UnsupportedFormatError
        If it is no SQLite file, or one without the tables of a GeoPackage.
    ChoiceError
        If it has several layers and none was named.
    UnreadableError
        If it is broken, or another program is writing to it.
    """
    _refuse_others(path)
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        layers = _layers(connection)
        layer = _chosen(layers, options.get("layer"))
        columns = connection.execute(
            "SELECT name, upper(type) FROM pragma_table_info(?)", (layer,)
        ).fetchall()
        place = connection.execute(
            "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)
        ).fetchone()
        crs = _crs(connection, place[1]) if place else None
        connection.set_authorizer(_authorize)
        values = connection.execute(f"SELECT * FROM {_quoted(layer)}").fetchall()  # noqa: S608
    except sqlite3.DatabaseError as error:
        msg = "The GeoPackage cannot be read: {reason}"
        raise UnreadableError(msg, reason=str(error)[:200]) from None
    finally:
        connection.close()
    return _parsed(columns, values, place[0] if place else None, crs, sorted(layers))


def _refuse_others(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            msg = "This is no GeoPackage."
            raise UnsupportedFormatError(msg)
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        msg = "Another program has the GeoPackage open; close it there first."
        raise UnreadableError(msg)


def _layers(connection: sqlite3.Connection) -> list[str]:
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
    ).fetchall()
    names = {name for (name,) in tables}
    if not {"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"} <= names:
        msg = "This SQLite file is no GeoPackage."
        raise UnsupportedFormatError(msg)
    listed = connection.execute(
        "SELECT table_name FROM gpkg_contents"
        " WHERE data_type IN ('features', 'attributes', 'aspatial')"
    ).fetchall()
    return [name for (name,) in listed if name in names and not name.startswith("sqlite_")]


def _chosen(layers: list[str], layer: str | None) -> str:
    if layer in layers:
        return str(layer)
    if len(layers) == 1:
        return layers[0]
    msg = "The GeoPackage has the layers {choices}; name one of them."
    raise ChoiceError(msg, choices=layers)


def _crs(connection: sqlite3.Connection, number: int) -> str | None:
    found = connection.execute(
        "SELECT organization, organization_coordsys_id, definition"
        " FROM gpkg_spatial_ref_sys WHERE srs_id = ?",
        (number,),
    ).fetchone()
    if number in UNDEFINED or found is None:
        return None
    return f"EPSG:{found[1]}" if str(found[0]).upper() == "EPSG" else str(found[2])


def _authorize(action: int, *_what: object) -> int:
    return sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _parsed(
    columns: list[tuple[str, str]],
    values: list[tuple[Any, ...]],
    geometry: str | None,
    crs: str | None,
    layers: list[str],
) -> Parsed:
    rows = list(range(1, len(values) + 1))
    parsed = Parsed(rows, {}, crs=crs, parts=layers)
    for place, (name, kind) in enumerate(columns):
        if name == geometry:
            blobs = [
                _wkb(row[place], at, parsed.faults) for at, row in zip(rows, values, strict=True)
            ]
            parsed.geometry = from_wkb(blobs, rows, parsed.faults)
        else:
            is_boolean = kind.startswith("BOOL")
            parsed.columns[name] = [_text(row[place], is_boolean=is_boolean) for row in values]
    return parsed


def _text(value: object, *, is_boolean: bool) -> str | None:
    if value is None or isinstance(value, bytes):
        return None
    if is_boolean and value in (0, 1):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, float) else str(value)


def _wkb(blob: object, row: int, faults: list[Fault]) -> bytes | None:
    if blob is None:
        return None
    if isinstance(blob, bytes) and blob[:2] == b"GP" and len(blob) >= 8:  # noqa: PLR2004
        flags = blob[3]
        shape = flags >> 1 & 7
        is_extended = flags >> 5 & 1
        if shape < len(ENVELOPE_BYTES) and not is_extended:
            return blob[8 + ENVELOPE_BYTES[shape] :]
    message = "This is no GeoPackage geometry."
    faults.append(Fault(row, GEOMETRY, "coordinates", "", message))
    return None
