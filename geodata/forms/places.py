"""Longitudes and latitudes of a form's rows, each in the datum that its own row states."""

from __future__ import annotations

import math
import unicodedata
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import parse_crs, to_register_crs
from geodata.forms.findings import Findings
from geodata.forms.tables import Table
from geodata.notes import note
from geodata.parsers.parsed import Fault
from gridmap.errors import CrsError

NO_NUMBER = "This is no number of degrees or metres."
HALF = "Only one of lon and lat is given."
NO_DATUM = "Say what the coordinates are in: CGCS2000, WGS84, GCJ-02 or BD-09."


def places(
    table: Table, findings: Findings, *, crs: str | None, register_crs: str
) -> gpd.GeoSeries:
    """
    Return the points of a table's rows, in the register's CRS.

    Parameters
    ----------
    table
        Of the form, with the fields ``lon``, ``lat`` and ``datum``.
    findings
        Where faults are noted.
    crs
        What rows are in that state no datum; such a row is a fault if nobody said.
    register_crs
        EPSG:4490 or EPSG:4326.

    Returns
    -------
    geopandas.GeoSeries
        Indexed as the table; none where a row has no place, or a wrong one.
    """
    given: dict[str, list[tuple[int, float, float]]] = {}
    for row in table.rows:
        at = _coordinates(table, row, findings)
        if at is not None and (datum := _datum(table, row, crs, findings)) is not None:
            given.setdefault(datum, []).append((row, *at))
    points = gpd.GeoSeries([None] * len(table.rows), index=list(table.rows), crs=register_crs)
    for datum, found in given.items():
        template = "The coordinates of {n} rows were read as {crs}."
        findings.notes.append(note(template, n=len(found), crs=datum))
        rows = [row for row, _, _ in found]
        shapes = shapely.points(np.array([[x, y] for _, x, y in found]))
        frame = gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes, index=rows))
        points.loc[rows] = to_register_crs(frame, parse_crs(datum), register_crs).geometry
    return points


def with_places(
    texts: pd.DataFrame, points: gpd.GeoSeries, current: gpd.GeoDataFrame, key: str
) -> pd.DataFrame:
    """
    Give rows their places; known ones keep theirs where the form says none.

    Parameters
    ----------
    texts
        Rows for a layer, with its key as a column.
    points
        Indexed as `texts`.
    current
        The layer as it is.
    key
        Name of the key.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        Without geometries if no row of the form has a place.
    """
    if not points.notna().any():
        return texts
    kept = gpd.GeoSeries(
        current.geometry.reindex(texts[key]).to_numpy(), index=texts.index, crs=current.crs
    )
    return gpd.GeoDataFrame(texts, geometry=points.where(points.notna(), kept), crs=current.crs)


def _coordinates(table: Table, row: int, findings: Findings) -> tuple[float, float] | None:
    said = {name: table.text(row, name) for name in ("lon", "lat")}
    if not any(said.values()):
        return None
    sound = True
    for name, text in said.items():
        if not text:
            findings.fault(table, Fault(row, name, "coordinates", "", HALF))
        elif not math.isfinite(_number(text)):
            findings.fault(table, Fault(row, name, "type", text, NO_NUMBER))
        else:
            continue
        sound = False
    return (_number(said["lon"]), _number(said["lat"])) if sound else None


def _number(text: str) -> float:
    try:
        return float(unicodedata.normalize("NFKC", text))
    except ValueError:
        return math.nan


def _datum(table: Table, row: int, crs: str | None, findings: Findings) -> str | None:
    said = table.text(row, "datum")
    if not said and crs is None:
        findings.fault(table, Fault(row, "datum", "crs", "", NO_DATUM))
        return None
    name = _name(said or str(crs))
    if name is None:
        findings.fault(table, Fault(row, "datum", "crs", said, NO_DATUM))
    return name


@lru_cache(maxsize=64)
def _name(datum: str) -> str | None:
    try:
        return parse_crs(datum).name
    except CrsError:
        return None
