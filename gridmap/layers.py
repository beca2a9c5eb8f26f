"""
Layers: what stands in a frame's way to its contract, and the form it has once nothing does.

A frame that `conform` has returned is indexed by its key and has every declared column with its
declared dtype; inside the domain, functions trust it. `check` says everything that stands in the
way, in one list.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.books import BOOKS, CLAIM_STATES, PLAN_STATES, SUCCESSION_ACTS, kept
from gridmap.contracts import (
    FAULT_COLUMNS,
    ISSUE_CHANNELS,
    ISSUE_STATES,
    LAYER_OF_LEVEL,
    LAYERS,
    LEVELS,
    LIMIT_KINDS,
    PANDAS_DTYPE,
    SIDES,
    TARGET_KINDS,
    TIERS,
    Column,
    Dtype,
    Frame,
    Layer,
    Rule,
    layer,
)
from gridmap.errors import InvalidError

__all__ = [
    "BOOKS",
    "CLAIM_STATES",
    "FAULT_COLUMNS",
    "ISSUE_CHANNELS",
    "ISSUE_STATES",
    "LAYERS",
    "LAYER_OF_LEVEL",
    "LEVELS",
    "LIMIT_KINDS",
    "PANDAS_DTYPE",
    "PLAN_STATES",
    "SIDES",
    "SUCCESSION_ACTS",
    "TARGET_KINDS",
    "TIERS",
    "Column",
    "Dtype",
    "Frame",
    "Layer",
    "Rule",
    "check",
    "conform",
    "empty",
    "kept",
    "layer",
]


NO_FAULTS = pd.DataFrame(columns=FAULT_COLUMNS)


def check(
    frame: Frame, contract: Layer, references: Mapping[str, pd.Index] | None = None
) -> pd.DataFrame:
    """
    List every fault of a frame.

    Parameters
    ----------
    frame
        Rows as read, the key as a column; the index says where each came from (a sheet's row
        number, a feature's number). Columns that the contract lacks are ignored.
    contract
        What the frame should be.
    references
        Known keys by layer name, for columns that hold the key of another layer. A layer that is
        left out is not looked at.

    Returns
    -------
    pandas.DataFrame
        One row a fault, in the order of the rows: ``row`` (the frame's index), ``column``,
        ``code`` (stable English), ``value`` (at most 80 characters), ``message``. Empty if the
        frame is as it should be.

    Examples
    --------
    >>> frame = pd.DataFrame({"code": ["1", "1"], "name": ["东区", None]}, index=[2, 3])
    >>> check(frame, LAYERS["districts"])[["row", "column", "code"]].values.tolist()
    [[2, 'code', 'duplicate'], [3, 'name', 'missing'], [3, 'code', 'duplicate']]
    """
    return _checked(frame, contract, references or {})[1]


def _checked(
    frame: Frame, contract: Layer, references: Mapping[str, pd.Index]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the declared columns in their dtypes, and every fault of the frame."""
    faults: list[pd.DataFrame] = []
    columns: dict[str, pd.Series] = {}
    for column in contract.columns:
        columns[column.name], found = _check_column(frame, column, references)
        faults += found
    typed = pd.DataFrame(columns, index=frame.index)
    key = typed[contract.key]
    twice = key.notna() & key.duplicated(keep=False)
    faults.append(
        _faults(frame.index[twice], contract.key, "duplicate", key[twice], "This key occurs twice.")
    )
    for rule in contract.rules:
        broken = rule.broken(typed).to_numpy(dtype=bool)
        shown = typed.loc[broken, rule.column]
        faults.append(_faults(frame.index[broken], rule.column, rule.code, shown, rule.message))
    if contract.is_spatial:
        faults += _check_geometry(frame, contract)
    # a table of nothing for every column would be most of the time of a single row
    listed = pd.concat([found for found in faults if len(found)] or [NO_FAULTS], ignore_index=True)
    place = {label: n for n, label in enumerate(frame.index)}
    order = np.argsort([place[row] for row in listed["row"]], kind="stable")
    return typed, listed.iloc[order].reset_index(drop=True)


def conform(
    frame: Frame, contract: Layer, references: Mapping[str, pd.Index] | None = None
) -> Frame:
    """
    Give a frame the form of its contract.

    Parameters
    ----------
    frame, contract, references
        As for `check`.

    Returns
    -------
    geopandas.GeoDataFrame or pandas.DataFrame
        The same rows indexed by the key, with every declared column in the declared order and
        dtype, missing ones empty, others dropped; polygons as MultiPolygons; ``active`` and
        ``party`` filled in with true and ``unit`` where left out.

    Raises
    ------
    InvalidError
        With every fault, if there is one.
    """
    table, faults = _checked(frame, contract, references or {})
    if len(faults):
        msg = "The layer {layer} has {n} faults; the first: row {row}, {column}: {message}"
        first = faults.iloc[0]
        raise InvalidError(
            msg,
            faults=faults,
            layer=contract.name,
            n=len(faults),
            row=first["row"],
            column=first["column"],
            message=first["message"],
        )
    for name, default in (("active", True), ("party", "unit"), ("state", "reported")):
        if name in table:
            table[name] = table[name].fillna(default)
    if not contract.is_spatial:
        return table.set_index(contract.key)
    geometry = _geometry(frame)
    if "MultiPolygon" in contract.geometry:
        geometry = gpd.GeoSeries(_as_multipolygons(geometry), index=frame.index, crs=geometry.crs)
    return gpd.GeoDataFrame(table, geometry=geometry, crs=geometry.crs).set_index(contract.key)


def empty(contract: Layer, crs: object = None) -> Frame:
    """
    Return a frame of that form with no row.

    Parameters
    ----------
    contract
        The layer.
    crs
        CRS of its geometry column, where it has one.
    """
    columns = {
        column.name: pd.Series([], dtype=PANDAS_DTYPE[column.dtype]) for column in contract.columns
    }
    table = pd.DataFrame(columns)
    if contract.is_spatial:
        table = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
    return table.set_index(contract.key)


def _faults(
    rows: pd.Index, column: str, code: str, values: pd.Series | None, message: str
) -> pd.DataFrame:
    if not len(rows):
        return NO_FAULTS
    shown = [""] * len(rows) if values is None else [str(value)[:80] for value in values]
    return pd.DataFrame(
        {"row": rows, "column": column, "code": code, "value": shown, "message": message},
        columns=FAULT_COLUMNS,
    )


def _check_column(
    frame: Frame, column: Column, references: Mapping[str, pd.Index]
) -> tuple[pd.Series, list[pd.DataFrame]]:
    given = _given(frame, column.name)
    typed = _typed(given, column)
    found = []
    wrong = given.notna() & typed.isna()
    message = f"This is no {column.dtype}."
    found.append(_faults(frame.index[wrong], column.name, "type", given[wrong], message))
    if column.required and column.name not in frame:
        message = "This column is missing."
        found.append(_faults(frame.index[:1], column.name, "missing-column", None, message))
    elif column.required:
        lacking = given.isna()
        message = "This value is missing."
        found.append(_faults(frame.index[lacking], column.name, "missing", None, message))
    if column.choices:
        other = typed.notna() & ~typed.isin(column.choices)
        message = f"Only {', '.join(column.choices)} are allowed."
        found.append(_faults(frame.index[other], column.name, "choice", typed[other], message))
    if column.references in references:
        unknown = typed.notna() & ~typed.isin(references[str(column.references)])
        message = f"There is no such entry in {column.references}."
        found.append(
            _faults(frame.index[unknown], column.name, "reference", typed[unknown], message)
        )
    return typed, found


def _given(frame: Frame, name: str) -> pd.Series:
    if name not in frame:
        return pd.Series(pd.NA, index=frame.index, dtype="str")
    values = frame[name]
    if values.dtype == object or isinstance(values.dtype, pd.StringDtype):
        text = values.map(lambda value: value.strip() if isinstance(value, str) else value)
        return text.mask(text.map(lambda value: isinstance(value, str) and not value))
    return values


def _typed(values: pd.Series, column: Column) -> pd.Series:
    if column.dtype == "text":
        return values.map(lambda value: value if pd.isna(value) else str(value)).astype("str")
    if column.dtype == "number":
        number = pd.to_numeric(values, errors="coerce").astype("float64")
        return number.where(np.isfinite(number))
    if column.dtype == "integer":
        number = pd.to_numeric(values, errors="coerce").astype("float64")
        return number.where(number == number.round()).astype("Int64")
    if column.dtype == "boolean":
        return values.map(_BOOLEAN.get, na_action="ignore").astype("boolean")
    if column.dtype == "date":
        moment = pd.to_datetime(values, errors="coerce", format="ISO8601", utc=False)
        return moment.dt.tz_localize(None).dt.normalize().astype(PANDAS_DTYPE["date"])
    return pd.to_datetime(values, errors="coerce", format="ISO8601", utc=True).astype(
        PANDAS_DTYPE["datetime"]
    )


_BOOLEAN: dict[object, bool] = {
    **dict.fromkeys((True, "true", "True", "TRUE", "1", 1, "是", "yes", "在用"), True),
    **dict.fromkeys((False, "false", "False", "FALSE", "0", 0, "否", "no", "停用"), False),
}


def _geometry(frame: Frame) -> gpd.GeoSeries:
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        return frame.geometry
    return gpd.GeoSeries([None] * len(frame), index=frame.index)


def _check_geometry(frame: Frame, contract: Layer) -> list[pd.DataFrame]:
    geometry = _geometry(frame)
    shapes = geometry.to_numpy()
    if geometry.crs is None and geometry.notna().any():
        message = "The geometries have no CRS; say which they are in."
        return [_faults(frame.index[:1], "geometry", "crs", None, message)]
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    kind = pd.Series(geometry.geom_type.to_numpy(), index=frame.index)
    right = kind.isin(contract.geometry).to_numpy()
    bounds = shapely.bounds(shapes)
    finite = np.isfinite(bounds).all(axis=1)
    sound = there & right & finite
    valid = shapely.is_valid(shapes)
    found = []
    if contract.geometry_required:
        rows = frame.index[~there]
        found.append(_faults(rows, "geometry", "missing", None, "There is no geometry."))
    wrong = there & ~right
    message = f"Only {', '.join(contract.geometry)} are allowed."
    found.append(_faults(frame.index[wrong], "geometry", "geometry-type", kind[wrong], message))
    infinite = there & right & ~finite
    message = "A coordinate is not finite."
    found.append(_faults(frame.index[infinite], "geometry", "not-finite", None, message))
    broken = sound & ~valid
    reasons = pd.Series(shapely.is_valid_reason(shapes[broken]), dtype="str")
    message = "The geometry is not valid."
    found.append(_faults(frame.index[broken], "geometry", "geometry-invalid", reasons, message))
    return found


def _as_multipolygons(geometry: gpd.GeoSeries) -> np.ndarray:
    shapes = shapely.force_2d(geometry.to_numpy())
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    shapes[single] = shapely.multipolygons(shapes[single], indices=np.arange(int(single.sum())))
    return shapes
