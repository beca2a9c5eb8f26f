"""
GeoJSON (RFC 7946), read strictly.

GDAL is not asked: its GeoJSON driver fetches the address in an old ``crs`` member, and a file
named ``.geojson`` can be one of sixty other things to it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.errors import UnreadableError, UnsupportedFormatError
from geodata.limits import Limits
from geodata.notes import note
from geodata.parsers.parsed import GEOMETRY, Fault, Parsed
from geodata.parsers.shapes import ShapeError, from_coordinates
from geodata.parsers.text import decode

CRS_NAMES = {
    "urn:ogc:def:crs:ogc:1.3:crs84": "EPSG:4326",
    "urn:ogc:def:crs:ogc::crs84": "EPSG:4326",
    "crs84": "EPSG:4326",
    "epsg:4326": "EPSG:4326",
    "urn:ogc:def:crs:epsg::4326": "EPSG:4326",
    "epsg:4490": "EPSG:4490",
    "urn:ogc:def:crs:epsg::4490": "EPSG:4490",
}
GEOMETRIES = (
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
OTHER_FORMATS = {
    "Topology": "TopoJSON",
    "gdal_streamed_alg": "GDAL pipeline",
    "gdal_virtual_dataset": "GDAL pipeline",
}


def parse(path: Path, options: dict[str, Any], limits: Limits) -> Parsed:  # noqa: ARG001
    """
    Read one GeoJSON file.

    Parameters
    ----------
    path
        The file.
    options
        ``encoding``, if the user named one.
    limits
        Not used here; the table is held to them afterwards.

    Raises
    ------
    UnreadableError
        If it is no JSON, is cut short, repeats a key or names a CRS other than WGS 84 or CGCS2000.
    UnsupportedFormatError
        If it is TopoJSON, Esri JSON, a sequence of features, or another thing in JSON.
    """
    text, notes = decode(path.read_bytes(), options.get("encoding"))
    document = _load(text)
    features = _features(document)
    rows = list(range(1, len(features) + 1))
    properties = [_properties(feature, row) for row, feature in zip(rows, features, strict=True)]
    headings = dict.fromkeys(heading for given in properties for heading in given)
    columns = {name: [_text(given.get(name)) for given in properties] for name in headings}
    parsed = Parsed(rows, columns, crs=_crs(document), notes=notes)
    if "crs" not in document:
        parsed.notes.append(note("The file names no CRS; GeoJSON is in WGS 84 then."))
    parsed.geometry = np.empty(len(rows), dtype=object)
    for place, feature in enumerate(features):
        parsed.geometry[place] = _geometry(feature.get("geometry"), rows[place], parsed.faults)
    return parsed


def _load(text: str) -> dict[str, Any]:
    if text.lstrip()[:1] == "<":
        msg = "This is XML, not GeoJSON."
        raise UnsupportedFormatError(msg)
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _syntax(error, text) from None
    except RecursionError:
        msg = "The file is nested too deep."
        raise UnreadableError(msg) from None
    except ValueError as error:
        msg = "This is no strict JSON: {reason}"
        raise UnreadableError(msg, reason=str(error)[:200]) from None
    if not isinstance(document, dict):
        msg = "This is JSON, but no GeoJSON object."
        raise UnsupportedFormatError(msg)
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    answer = dict(pairs)
    if len(answer) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"the name {twice!r} occurs twice in one object"
        raise ValueError(msg)
    return answer


def _no_constant(name: str) -> None:
    msg = f"{name} is no number"
    raise ValueError(msg)


def _syntax(error: json.JSONDecodeError, text: str) -> UnreadableError | UnsupportedFormatError:
    if error.msg == "Extra data":
        msg = "This is a sequence of JSON texts, not one GeoJSON; put the features in one file."
        return UnsupportedFormatError(msg)
    if error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated"):
        msg = "The file is cut short: it ends in line {line}, column {column}."
    else:
        msg = "Line {line}, column {column}: {reason}."
    return UnreadableError(msg, line=error.lineno, column=error.colno, reason=error.msg)


def _features(document: dict[str, Any]) -> list[dict[str, Any]]:
    kind = document.get("type")
    if kind == "Feature":
        return [document]
    if kind in GEOMETRIES:
        return [{"type": "Feature", "properties": {}, "geometry": document}]
    features = document.get("features")
    if kind == "FeatureCollection" and isinstance(features, list):
        return features
    other = "Esri JSON" if "geometryType" in document else OTHER_FORMATS.get(str(kind), "")
    msg = "This is JSON, but no GeoJSON: {other}"
    raise UnsupportedFormatError(msg, other=other or f"its type is {str(kind)[:40]!r}")


def _properties(feature: Any, row: int) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    properties = feature.get("properties") if isinstance(feature, dict) else False
    if properties is not None and not isinstance(properties, dict):
        msg = "Feature {row} is no GeoJSON feature."
        raise UnreadableError(msg, row=row)
    properties = properties or {}
    return {"id": feature["id"], **properties} if "id" in feature else properties


def _text(value: Any) -> str | None:  # noqa: ANN401 -- JSON
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


def _crs(document: dict[str, Any]) -> str:
    if "crs" not in document:
        return "EPSG:4326"
    member = document["crs"]
    given = member if isinstance(member, dict) else {}
    properties = given.get("properties")
    name = properties.get("name") if isinstance(properties, dict) else None
    known = CRS_NAMES.get(str(name).strip().lower()) if given.get("type") == "name" else None
    if known is None:
        msg = (
            "The file's crs member is not taken: {crs}. "
            "GeoJSON is in WGS 84 (CRS84) or CGCS2000 (EPSG:4490); use GeoPackage for another."
        )
        raise UnreadableError(msg, crs=json.dumps(member, ensure_ascii=False)[:80])
    return known


def _geometry(
    given: Any,  # noqa: ANN401 -- JSON
    row: int,
    faults: list[Fault],
) -> shapely.Geometry | None:
    if given is None:
        return None
    try:
        if not isinstance(given, dict):
            msg = "The geometry is no object."
            raise ShapeError(msg, "coordinates")  # noqa: TRY301 -- one place makes the fault
        return from_coordinates(str(given.get("type")), given.get("coordinates"))
    except ShapeError as error:
        faults.append(Fault(row, GEOMETRY, error.code, "", str(error)))
        return None
