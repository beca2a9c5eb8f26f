"""Frames as the wire carries them: GeoJSON features and JSON records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import crs

Datum: TypeAlias = Literal["wgs84", "gcj02", "bd09"]
FROM_WGS84: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "wgs84": lambda xy: xy,
    "gcj02": crs.wgs84_to_gcj02,
    "bd09": lambda xy: crs.gcj02_to_bd09(crs.wgs84_to_gcj02(xy)),
}
TO_WGS84: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "wgs84": lambda xy: xy,
    "gcj02": crs.gcj02_to_wgs84,
    "bd09": lambda xy: crs.gcj02_to_wgs84(crs.bd09_to_gcj02(xy)),
}
DECIMALS = 7  # of a degree: 1 cm, finer than any survey of a city


def features(frame: gpd.GeoDataFrame, datum: Datum = "wgs84") -> list[dict[str, Any]]:
    """
    Return a frame as GeoJSON features in longitude and latitude.

    Parameters
    ----------
    frame
        Rows of the register, in its CRS.
    datum
        What the coordinates are shifted to; CGCS2000 and WGS 84 are taken as equal (PROJ does).

    Returns
    -------
    list of dict
        One feature a row: ``id`` is the index, ``properties`` the other columns; coordinates to
        `DECIMALS`. To be written by `dump`.
    """
    shift = FROM_WGS84[datum]
    degrees = frame.to_crs("EPSG:4326").geometry.to_numpy()
    shown = shapely.transform(degrees, lambda xy: np.round(shift(xy), DECIMALS))
    written = shapely.to_geojson(shown)
    rows = records(frame.drop(columns=frame.geometry.name))
    return [
        {
            "type": "Feature",
            "id": key,
            "properties": row,
            "geometry": None if text is None else orjson.Fragment(text),
        }
        for key, row, text in zip(frame.index, rows, written, strict=True)
    ]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """
    Return a table's rows with what JSON knows: no NaN, days and moments in ISO form.

    Parameters
    ----------
    frame
        Any table; the index is left out.
    """
    told = columns(frame)
    return [dict(zip(told, row, strict=True)) for row in zip(*told.values(), strict=True)] or [
        {} for _ in range(len(frame))
    ]


def columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """
    Return a table column by column, with what JSON knows; a fifth of the size of its records.

    Parameters
    ----------
    frame
        Any table; the index is left out.
    """
    return {str(name): _plain(frame[name]) for name in frame}


def dump(body: object) -> bytes:
    """Write JSON, NumPy's numbers included."""
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def _plain(values: pd.Series) -> list[Any]:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return [None if pd.isna(at) else at.isoformat().replace("+00:00", "Z") for at in values]
    if values.dtype.kind == "M":
        return [None if pd.isna(at) else at.date().isoformat() for at in values]
    plain: list[Any] = values.astype(object).where(values.notna(), None).tolist()
    return plain
