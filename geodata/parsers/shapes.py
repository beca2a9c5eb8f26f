"""
Coordinates to geometries, refusing what GEOS would mend or die of.

GEOS closes open rings in silence and overflows its stack on nested collections; so the numbers are
looked at here, and only arrays reach it. A collection is never descended into.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

RING_VERTICES = 4
LINE_VERTICES = 2
WKT = re.compile(
    r"\s*(?:SRID=\d+;)?\s*(MULTIPOINT|MULTILINESTRING|MULTIPOLYGON|POINT|LINESTRING|POLYGON"
    r"|GEOMETRYCOLLECTION)\s*(?:ZM|Z|M)?\s*(EMPTY|\(.*\))\s*",
    re.IGNORECASE | re.DOTALL,
)
_NAMES = {
    "POINT": "Point",
    "LINESTRING": "LineString",
    "POLYGON": "Polygon",
    "MULTIPOINT": "MultiPoint",
    "MULTILINESTRING": "MultiLineString",
    "MULTIPOLYGON": "MultiPolygon",
}
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_POSITION = re.compile(rf"{_NUMBER}(?:\s+{_NUMBER})+")
_BODY = re.compile(r"[\s\d.,()eE+-]*")


class ShapeError(ValueError):
    """Coordinates that make no geometry; the message is shown beside the row."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def from_coordinates(kind: str, coordinates: Any) -> BaseGeometry:  # noqa: ANN401 -- nested lists
    """
    Build a geometry from GeoJSON coordinates.

    Parameters
    ----------
    kind
        A GeoJSON geometry type.
    coordinates
        Nested lists of numbers.

    Raises
    ------
    ShapeError
        If the type is a collection or none, a number is no finite number, dimensions are mixed, a
        line has fewer than two positions, or a ring is open or has fewer than four.
    """
    build = _BUILD.get(kind)
    if build is None:
        msg = f"Geometries of type {str(kind)[:40]} are not taken."
        raise ShapeError(msg, "geometry-type")
    if not isinstance(coordinates, list):
        msg = "The coordinates are no list."
        raise ShapeError(msg, "coordinates")
    return build(coordinates)


def from_wkt(text: str) -> BaseGeometry:
    """
    Build a geometry from well-known text, reading each number exactly.

    Parameters
    ----------
    text
        A point, line or polygon, or several of one kind.

    Raises
    ------
    ShapeError
        As `from_coordinates`, or if it is no well-known text.

    Examples
    --------
    >>> from_wkt("POLYGON ((0 0, 1 0, 0 1, 0 0))").area
    0.5
    """
    found = WKT.fullmatch(text)
    if found is None:
        msg = "This is no well-known text of a geometry."
        raise ShapeError(msg, "coordinates")
    kind = _NAMES.get(found[1].upper(), found[1])
    body = found[2]
    if body.upper() == "EMPTY":
        return from_coordinates(kind, [])
    if _BODY.fullmatch(body) is None:
        return from_coordinates("GeometryCollection", [])
    listed = _POSITION.sub(lambda at: f"[{','.join(_json_number(n) for n in at[0].split())}]", body)
    try:
        coordinates = json.loads(listed.replace("(", "[").replace(")", "]"))
    except (ValueError, RecursionError):
        msg = "This is no well-known text of a geometry."
        raise ShapeError(msg, "coordinates") from None
    if kind == "Point":
        coordinates = coordinates[0] if len(coordinates) == 1 else None
    elif kind == "MultiPoint":
        coordinates = [_bare(position) for position in coordinates]
    return from_coordinates(kind, coordinates)


def _json_number(text: str) -> str:
    return repr(float(text))


def _bare(position: Any) -> Any:  # noqa: ANN401 -- a position, or one in brackets
    return position[0] if len(position) == 1 and isinstance(position[0], list) else position


def _positions(listed: Any, least: int) -> np.ndarray:  # noqa: ANN401 -- nested lists
    try:
        kinds = set(map(type, chain.from_iterable(listed)))
        numbers = np.array(listed, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        numbers, kinds = np.empty(0), {str}
    if not kinds <= {int, float} or numbers.ndim != 2 or numbers.shape[1] not in (2, 3):  # noqa: PLR2004
        msg = "A position is not two or three numbers."
        raise ShapeError(msg, "coordinates")
    if not np.isfinite(numbers).all():
        msg = "A coordinate is not finite."
        raise ShapeError(msg, "not-finite")
    if len(numbers) < least:
        msg = f"A line or ring has {len(numbers)} positions; at least {least} are needed."
        raise ShapeError(msg, "too-few-positions")
    return numbers


def _point(coordinates: list[Any]) -> BaseGeometry:
    return shapely.points(_positions([coordinates], 1)[0]) if coordinates else shapely.Point()


def _line(coordinates: list[Any]) -> BaseGeometry:
    if not coordinates:
        return shapely.LineString()
    return shapely.linestrings(_positions(coordinates, LINE_VERTICES))


def _polygon(coordinates: list[Any]) -> BaseGeometry:
    rings = [_ring(ring) for ring in coordinates]
    return shapely.polygons(rings[0], rings[1:] or None) if rings else shapely.Polygon()


def _ring(ring: Any) -> BaseGeometry:  # noqa: ANN401 -- nested lists
    positions = _positions(ring, RING_VERTICES)
    if (positions[0] != positions[-1]).any():
        msg = "A ring is open: its last position is not its first."
        raise ShapeError(msg, "open-ring")
    return shapely.linearrings(positions)


def _parts(coordinates: list[Any], kind: str) -> list[BaseGeometry]:
    return [from_coordinates(kind, part) for part in coordinates]


_BUILD: dict[str, Callable[[list[Any]], BaseGeometry]] = {
    "Point": _point,
    "LineString": _line,
    "Polygon": _polygon,
    "MultiPoint": lambda parts: shapely.multipoints(_parts(parts, "Point")),
    "MultiLineString": lambda parts: shapely.multilinestrings(_parts(parts, "LineString")),
    "MultiPolygon": lambda parts: shapely.multipolygons(_parts(parts, "Polygon")),
}
