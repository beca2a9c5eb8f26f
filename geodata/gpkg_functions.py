"""
The SQL functions that a GeoPackage wants from its connection.

The triggers of the R*Tree call ``ST_MinX`` and its sisters, and GeoAlchemy2's ``geopackage``
dialect calls functions of SpatiaLite. The stock interpreter cannot load SpatiaLite, so shapely
answers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import lru_cache

import shapely

from geodata.gpkg_blob import decode_one, encode_one, header

Blob = bytes | None
XMIN, XMAX, YMIN, YMAX = range(4)

PREDICATES: dict[str, Callable[[shapely.Geometry, shapely.Geometry], bool]] = {
    "ST_Intersects": shapely.intersects,
    "ST_Within": shapely.within,
    "ST_Contains": shapely.contains,
    "ST_Covers": shapely.covers,
    "ST_CoveredBy": shapely.covered_by,
    "ST_Touches": shapely.touches,
    "ST_Overlaps": shapely.overlaps,
    "ST_Equals": shapely.equals,
}


def register(connection: sqlite3.Connection) -> None:
    """
    Give a connection the functions; they live as long as it does.

    Parameters
    ----------
    connection
        A connection of the standard library's sqlite3.
    """
    functions: dict[str, tuple[int, Callable[..., Blob | float]]] = {
        "ST_MinX": (1, _extreme(XMIN)),
        "ST_MaxX": (1, _extreme(XMAX)),
        "ST_MinY": (1, _extreme(YMIN)),
        "ST_MaxY": (1, _extreme(YMAX)),
        "ST_IsEmpty": (1, lambda blob: None if blob is None else int(header(blob).is_empty)),
        "ST_SRID": (1, lambda blob: None if blob is None else header(blob).srid),
        "ST_MakeEnvelope": (5, _make_envelope),
        "GeomFromEWKT": (1, _from_ewkt),
        "AsEWKB": (1, _as_ewkb),
        "AsBinary": (1, lambda blob: None if blob is None else blob[header(blob).offset :]),
        **{name: (2, _predicate(test)) for name, test in PREDICATES.items()},
    }
    for name, (arguments, function) in functions.items():
        connection.create_function(name, arguments, function, deterministic=True)


def _extreme(side: int) -> Callable[[Blob], float | None]:
    def extreme(blob: Blob) -> float | None:
        if blob is None:
            return None
        found = header(blob)
        if found.is_empty:
            return None
        if found.envelope is not None:
            return found.envelope[side]
        west, south, east, north = shapely.bounds(decode_one(blob)).tolist()
        return (west, east, south, north)[side]

    return extreme


@lru_cache(maxsize=4096)
def _prepared(blob: bytes) -> shapely.Geometry:
    shape = decode_one(blob)
    shapely.prepare(shape)
    return shape


def _predicate(
    test: Callable[[shapely.Geometry, shapely.Geometry], bool],
) -> Callable[[Blob, Blob], int | None]:
    def predicate(left: Blob, right: Blob) -> int | None:
        if left is None or right is None:
            return None
        if _apart(header(left).envelope, header(right).envelope):
            return 0
        return int(test(_prepared(left), _prepared(right)))

    return predicate


def _apart(left: tuple[float, ...] | None, right: tuple[float, ...] | None) -> bool:
    if left is None or right is None:
        return False
    beside = left[XMIN] > right[XMAX] or left[XMAX] < right[XMIN]
    return beside or left[YMIN] > right[YMAX] or left[YMAX] < right[YMIN]


def _make_envelope(west: float, south: float, east: float, north: float, srid: int) -> Blob:
    return encode_one(shapely.box(west, south, east, north), srid)


def _from_ewkt(value: str | Blob) -> Blob:
    if value is None or isinstance(value, bytes):  # our column type binds blobs, not text
        return value
    prefix, _, text = value.rpartition(";")
    srid = int(prefix.upper().removeprefix("SRID=") or 0)
    return encode_one(shapely.from_wkt(text), srid)


def _as_ewkb(blob: Blob) -> Blob:
    if blob is None:
        return None
    shape = shapely.set_srid(decode_one(blob), header(blob).srid)
    ewkb: bytes = shapely.to_wkb(shape, include_srid=True)
    return ewkb
