"""
Files out: GeoJSON, GeoPackage, GeoParquet, Excel and CSV.

What is written here is read back the same by `geodata.readers` and `geodata.importing`: values,
types, and geometry to the last bit. A file appears whole or not at all. Texts that a spreadsheet
would run as a formula are written as texts: typed and marked in Excel, behind an apostrophe in CSV
(the reader takes it off again).
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import shapely
from pyproj import CRS

from geodata import workbook
from geodata.errors import UnsupportedFormatError
from geodata.workbook import Cells, Kind
from gridmap.errors import CrsError
from gridmap.layers import LAYERS, Frame

GEOMETRY = "geometry"
MILLISECOND = 1000
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_BRACKETS = re.compile(r"\[([-+.\deE]+),([-+.\deE]+)\]")


def write(
    frame: Frame,
    path: Path,
    *,
    layer: str | None = None,
    headings: Literal["english", "chinese"] = "english",
) -> None:
    """
    Write a frame to a file; the ending says the format.

    Parameters
    ----------
    frame
        A layer, indexed by key, or any other table, with geometries or without.
    path
        ``.geojson``, ``.gpkg``, ``.parquet``, ``.xlsx`` or ``.csv``; replaced if it is there.
    layer
        Its layer's name: of the table in a GeoPackage, of the sheet in a workbook.
    headings
        Of CSV and Excel; Chinese ones only where `layer` is known.

    Raises
    ------
    UnsupportedFormatError
        If the ending is another.
    CrsError
        If the format cannot say the frame's CRS.
    """
    form = WRITERS.get(path.suffix.lower())
    if form is None:
        msg = "Files ending in {ending} are not written; there are {endings}."
        raise UnsupportedFormatError(
            msg, ending=path.suffix or "nothing", endings=", ".join(WRITERS)
        )
    flat = _flat(frame)
    names = {column.name: column.chinese for column in LAYERS[layer].columns} if layer else {}
    given = names if headings == "chinese" else {}
    descriptor, part = tempfile.mkstemp(suffix=path.suffix, dir=path.parent)
    os.close(descriptor)
    try:
        form(flat, Path(part), layer or path.stem, given)
        Path(part).chmod(0o644)
        Path(part).replace(path)
    finally:
        Path(part).unlink(missing_ok=True)


def guard(text: str) -> str:
    """
    Put an apostrophe before what a spreadsheet would take for a formula.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> guard("=1+1"), guard("'=1+1"), guard("plain")
    ("'=1+1", "''=1+1", 'plain')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def _flat(frame: Frame) -> Frame:
    """Return the frame with its key as a column, and its geometry last, under its usual name."""
    flat = frame.reset_index() if frame.index.name else frame.reset_index(drop=True)
    if isinstance(flat, gpd.GeoDataFrame):
        flat = flat.rename_geometry(GEOMETRY) if flat.geometry.name != GEOMETRY else flat
        flat = flat[[*(name for name in flat.columns if name != GEOMETRY), GEOMETRY]]
    return flat


def _geojson(frame: Frame, path: Path, _name: str, _headings: dict[str, str]) -> None:
    properties = [name for name in frame.columns if name != GEOMETRY]
    columns = [_plain(frame[name]) for name in properties]
    rows = zip(*columns, strict=True) if columns else ([] for _ in range(len(frame)))
    head: dict[str, Any] = {"type": "FeatureCollection"}
    shapes = np.full(len(frame), None, dtype=object)
    if isinstance(frame, gpd.GeoDataFrame):
        head |= _crs_member(frame.crs)
        shapes = shapely.to_geojson(shapely.orient_polygons(frame.geometry.to_numpy()))
    with path.open("wb") as file:
        file.write(orjson.dumps(head)[:-1] + b',"features":[\n')
        for number, (values, shape) in enumerate(zip(rows, shapes, strict=True)):
            feature = {
                "type": "Feature",
                "properties": dict(zip(properties, values, strict=True)),
                "geometry": None if shape is None else orjson.Fragment(shape),
            }
            file.write((b",\n" if number else b"") + orjson.dumps(feature))
        file.write(b"\n]}\n")


def _crs_member(crs: CRS | None) -> dict[str, Any]:
    """WGS 84 goes without saying (RFC 7946); CGCS2000 is said, so that nothing is relabelled."""
    number = None if crs is None else crs.to_epsg()
    if number == 4326:  # noqa: PLR2004 -- its EPSG code
        return {}
    if number == 4490:  # noqa: PLR2004 -- its EPSG code
        return {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}}
    msg = "GeoJSON is in WGS 84 or CGCS2000 degrees; this frame has {crs}."
    raise CrsError(msg, crs="no CRS" if crs is None else crs.name)


def _plain(values: pd.Series) -> list[Any]:
    """Return values that JSON knows; times as ISO 8601, lists as texts."""
    if isinstance(values.dtype, pd.DatetimeTZDtype) or values.dtype.kind == "M":
        return _times(values)
    if values.dtype == object:
        return [_plain_object(value) for value in values]
    return [None if pd.isna(value) else value for value in values.astype(object).tolist()]


def _plain_object(value: Any) -> Any:  # noqa: ANN401 -- a cell of any kind
    if isinstance(value, list | tuple | set):
        return ", ".join(str(one) for one in value)
    if isinstance(value, np.generic):
        return value.item()
    return None if value is None or value is pd.NA or value != value else value  # noqa: PLR0124


def _times(values: pd.Series) -> list[str | None]:
    whole = values.dropna()
    days_only = (
        not isinstance(values.dtype, pd.DatetimeTZDtype) and (whole == whole.dt.normalize()).all()
    )
    if days_only:
        return [None if pd.isna(value) else value.strftime("%Y-%m-%d") for value in values]
    return [
        None if pd.isna(value) else value.isoformat().replace("+00:00", "Z") for value in values
    ]


def _geopackage(frame: Frame, path: Path, name: str, _headings: dict[str, str]) -> None:
    from pyogrio.raw import write_arrow  # noqa: PLC0415 -- half a second, and only here

    path.unlink()
    options: dict[str, Any] = {"driver": "GPKG", "layer": name, "encoding": "UTF-8"}
    if isinstance(frame, gpd.GeoDataFrame):
        kinds = set(frame.geometry.geom_type.dropna())
        options |= {
            "geometry_name": GEOMETRY,
            "geometry_type": kinds.pop() if len(kinds) == 1 else "Unknown",
            "crs": None if frame.crs is None else frame.crs.to_wkt(),
            "layer_options": {"GEOMETRY_NAME": "geom" if "geom" not in frame else "_geom"},
        }
    write_arrow(_arrow(frame, fine_times=False), path, **options)


def _arrow(frame: Frame, *, fine_times: bool) -> pa.Table:
    arrays: dict[str, pa.Array] = {}
    for name in frame.columns:
        values = frame[name]
        if name == GEOMETRY and isinstance(frame, gpd.GeoDataFrame):
            arrays[name] = pa.array(shapely.to_wkb(values.to_numpy()), pa.binary())
        else:
            arrays[str(name)] = _array(values, fine_times=fine_times)
    return pa.table(arrays)


def _array(values: pd.Series, *, fine_times: bool) -> pa.Array:
    if values.dtype == object:
        plain = [_plain_object(value) for value in values]
        return pa.array([None if value is None else str(value) for value in plain], pa.string())
    if values.dtype.kind == "M":
        texts = _times(values)
        has_zone = isinstance(values.dtype, pd.DatetimeTZDtype)
        if not has_zone and all(text is None or "T" not in text for text in texts):
            days = [None if text is None else date.fromisoformat(text) for text in texts]
            return pa.array(days, pa.date32())
        # A GeoPackage keeps milliseconds; what is finer is kept as text rather than cut.
        if not fine_times and (values.dropna().dt.microsecond % MILLISECOND).any():
            return pa.array(texts, pa.string())
    return pa.Array.from_pandas(values)


def _parquet(frame: Frame, path: Path, _name: str, _headings: dict[str, str]) -> None:
    plain = frame.copy()
    for name in frame.columns:
        if frame[name].dtype == object:
            plain[name] = pd.Series(
                [_plain_object(value) for value in frame[name]], index=frame.index, dtype="str"
            )
    plain.to_parquet(path, index=False)


def _csv(frame: Frame, path: Path, _name: str, headings: dict[str, str]) -> None:
    columns = {
        heading: [guard(text) if text and kind == "text" else text for text in texts]
        for heading, texts, kind in cells(frame, headings)
    }
    table = pd.DataFrame(columns, dtype="object")
    table.columns = pd.Index([guard(str(name)) for name in table.columns])
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _xlsx(frame: Frame, path: Path, name: str, headings: dict[str, str]) -> None:
    title = LAYERS[name].chinese if headings and name in LAYERS else name
    workbook.save(frame, path, title, list(cells(frame, headings)))


def cells(frame: Frame, headings: dict[str, str]) -> Cells:
    """
    Return what a spreadsheet shows: heading, texts, and what they are.

    Parameters
    ----------
    frame
        With its key as a column.
    headings
        Column → heading, where it is another.

    Returns
    -------
    list of tuple
        Points as ``lon`` and ``lat``, other geometries as well-known text, the CRS in the heading.
    """
    shown: Cells = []
    for name in frame.columns:
        values = frame[name]
        if name == GEOMETRY and isinstance(frame, gpd.GeoDataFrame):
            shown += _place_cells(values, chinese=bool(headings))
        else:
            texts = [_cell(value) for value in _plain(values)]
            shown.append((headings.get(str(name), str(name)), texts, _kind(values, texts)))
    return shown


def _kind(values: pd.Series, texts: list[str | None]) -> Kind:
    if values.dtype.kind == "M" and not isinstance(values.dtype, pd.DatetimeTZDtype):
        days = [text for text in texts if text is not None]
        # Excel's calendar starts in 1900, with a leap day that never was.
        is_day = all("T" not in text and text >= "1901" for text in days)
        return "date" if is_day else "text"
    return "number" if pd.api.types.is_any_real_numeric_dtype(values.dtype) else "text"


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else str(value)


def _place_cells(geometry: gpd.GeoSeries, *, chinese: bool) -> Cells:
    crs = "" if geometry.crs is None else f" [EPSG:{geometry.crs.to_epsg()}]"
    shapes = geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if there.any() and set(geometry.geom_type[there]) == {"Point"}:
        names = ("经度", "纬度") if chinese else ("lon", "lat")
        return [
            (f"{name}{crs}", [_cell(float(n)) if n == n else None for n in axis], "number")  # noqa: PLR0124 -- NaN
            for name, axis in zip(
                names, (shapely.get_x(shapes), shapely.get_y(shapes)), strict=True
            )
        ]
    return [(f"geometry{crs}", [_wkt(shape) for shape in shapes], "text")]


def _wkt(shape: shapely.Geometry | None) -> str | None:
    """Write the text from GeoJSON's numbers, which give each double back exactly."""
    if shape is None:
        return None
    name = shape.geom_type.upper()
    if shape.is_empty:
        return f"{name} EMPTY"
    numbers = shapely.to_geojson(shape).partition('"coordinates":')[2][:-1]
    spaced = _BRACKETS.sub(r"\1 \2", numbers).replace("[", "(").replace("]", ")")
    return f"{name} ({spaced})" if name == "POINT" else f"{name} {spaced}"


WRITERS: dict[str, Callable[[Frame, Path, str, dict[str, str]], None]] = {
    ".geojson": _geojson,
    ".gpkg": _geopackage,
    ".parquet": _parquet,
    ".xlsx": _xlsx,
    ".csv": _csv,
}
