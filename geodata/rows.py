"""
Frames as columns of plain values, and plain rows as frames.

What comes back is exactly what `gridmap.layers.conform` had made: same index, dtypes, order of
columns, and CRS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geodata import gpkg_blob
from geodata.column_types import GEOPACKAGE
from geodata.gpkg_blob import Shapes
from gridmap.errors import CrsError, InvalidError
from gridmap.layers import PANDAS_DTYPE, Dtype, Frame, Layer

Values: TypeAlias = list[object]


def require_conformed(frame: Frame, contract: Layer, crs: str) -> None:
    """
    Refuse a frame that `gridmap.layers.conform` has not made for this register.

    Parameters
    ----------
    frame
        What is to be kept.
    contract
        The layer that it is said to be.
    crs
        The register's.

    Raises
    ------
    InvalidError
        If its key, columns or kinds of geometry are not the layer's.
    CrsError
        If its geometries are in another CRS: nothing is reprojected silently.
    """
    wanted = [column.name for column in contract.columns[1:]]
    lacking = [name for name in wanted if name not in frame]
    if frame.index.name != contract.key or lacking or not frame.index.is_unique:
        msg = "The frame is not of the layer {layer}: index {index}, lacking {lacking}."
        shown = ", ".join(lacking) or "nothing"
        raise InvalidError(msg, layer=contract.name, index=frame.index.name, lacking=shown)
    if not contract.is_spatial:
        return
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs != crs:
        found = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
        msg = "The register keeps {crs}; this frame of {layer} has {found}."
        raise CrsError(msg, crs=crs, layer=contract.name, found=found)
    shapes = frame.geometry.to_numpy()
    kinds = set(frame.geom_type.dropna()) - {contract.geometry[-1]}
    if kinds or shapely.has_z(shapes).any():
        msg = "The register keeps {layer} as {kind} in two dimensions; conform the frame first."
        raise InvalidError(msg, layer=contract.name, kind=contract.geometry[-1])


@dataclass(frozen=True)
class Batch:
    """
    Rows as columns of plain values.

    Parameters
    ----------
    columns
        Column → n texts, numbers, truths or None; dates and moments as text, as GeoPackage writes
        them.
    shapes, wkb
        n geometries or None, and what they are in WKB, for a table that has them.
    """

    columns: dict[str, Values]
    shapes: Shapes | None = None
    wkb: Sequence[bytes | None] = ()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(self.columns.values())))


def to_batch(frame: Frame, contract: Layer) -> Batch:
    """
    Return a conformed frame as columns of plain values.

    Parameters
    ----------
    frame, contract
        As in `require_conformed`.

    Raises
    ------
    InvalidError
        If a text holds the character NUL, which PostgreSQL does not keep.
    """
    table = frame.reset_index()
    columns = {column.name: PLAIN[column.dtype](table[column.name]) for column in contract.columns}
    for column in contract.columns:
        if column.dtype == "text" and "\0" in "".join(filter(None, columns[column.name])):  # type: ignore[arg-type]
            msg = "A text of {layer}.{column} holds the character NUL, which cannot be kept."
            raise InvalidError(msg, layer=contract.name, column=column.name)
    if not contract.is_spatial:
        return Batch(columns)
    shapes = frame.geometry.to_numpy()
    return Batch(columns, shapes, gpkg_blob.to_wkb(shapes))


def to_frame(rows: Sequence[Sequence[object]], contract: Layer, crs: str, dialect: str) -> Frame:
    """
    Return rows as the frame that was kept.

    Parameters
    ----------
    rows
        The layer's columns in their order, then the geometry (a blob, or WKB) if it has one, as
        the database's driver gives them.
    contract
        The layer.
    crs
        The register's.
    dialect
        Which database they come from.

    Returns
    -------
    geopandas.GeoDataFrame or pandas.DataFrame
        Conformed, in the order of the rows.
    """
    columns = list(zip(*rows, strict=True)) or [()] * (len(contract.columns) + 1)
    table = pd.DataFrame(
        {
            column.name: FRAME[column.dtype](values)
            for column, values in zip(contract.columns, columns, strict=False)
        }
    ).set_index(contract.key)
    if contract.is_spatial:
        shapes = to_shapes(columns[len(contract.columns)], dialect)
        geometry = gpd.GeoSeries(shapes, index=table.index, crs=crs)
        table = gpd.GeoDataFrame(table, geometry=geometry)
    return table


def to_shapes(values: Sequence[bytes | None], dialect: str) -> Shapes:
    """
    Return the geometries of a column as the driver gives it.

    Parameters
    ----------
    values
        GeoPackage blobs, or WKB from PostGIS.
    dialect
        Which of the two.
    """
    if dialect == GEOPACKAGE:
        return gpkg_blob.decode(values)
    bodies = np.empty(len(values), dtype=object)
    bodies[:] = values
    return np.asarray(shapely.from_wkb(bodies), dtype=object)


def _texts(values: pd.Series) -> Values:
    plain: Values = pa.array(values, type=pa.string(), from_pandas=True).to_pylist()
    return plain


def _objects(values: pd.Series) -> Values:
    plain: Values = values.astype(object).where(values.notna(), None).tolist()
    return plain


def _times(values: pd.Series, unit: Literal["D", "us"], ending: str) -> list[str | None]:
    there = values.notna().to_numpy()
    instants: NDArray[np.datetime64] = values.to_numpy(dtype="datetime64[us]")
    texts: list[str] = np.datetime_as_string(instants, unit=unit).tolist()
    return [
        text + ending if is_there else None for text, is_there in zip(texts, there, strict=True)
    ]


def _dates(values: pd.Series) -> Values:
    return [*_times(values, "D", "")]


def _moments(values: pd.Series) -> Values:
    """Return text to the millisecond, which GDAL knows; with microseconds where there are some."""
    naive = values.dt.tz_convert(UTC).dt.tz_localize(None)
    texts = _times(naive, "us", "Z")
    return [text[:-4] + "Z" if text and text.endswith("000Z") else text for text in texts]


PLAIN: dict[Dtype, Callable[[pd.Series], Values]] = {
    "text": _texts,
    "number": _objects,
    "integer": _objects,
    "boolean": _objects,
    "date": _dates,
    "datetime": _moments,
}
FRAME: dict[Dtype, Callable[[Sequence[object]], object]] = {
    "text": lambda values: pd.array(values, dtype="str"),
    "number": lambda values: np.array(values, dtype="float64"),
    "integer": lambda values: pd.array(values, dtype="Int64"),
    "boolean": lambda values: pd.array(values, dtype="boolean"),
    "date": lambda values: np.array(values, dtype=PANDAS_DTYPE["date"]),
    "datetime": lambda values: pd.to_datetime(values, utc=True, format="ISO8601").astype(
        PANDAS_DTYPE["datetime"]
    ),
}
