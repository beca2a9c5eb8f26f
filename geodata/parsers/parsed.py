"""What a parser hands back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import shapely

from geodata.errors import LimitError
from geodata.limits import Limits
from geodata.notes import Note, note

if TYPE_CHECKING:
    from numpy.typing import NDArray

GEOMETRY = "geometry"
# Several of these 100,000 times make a file that no city has.
CROWD = 100


class Fault(NamedTuple):
    """One fault of a file: where, of what kind, and what is said of it."""

    row: int
    column: str
    code: str
    value: str
    message: str


@dataclass
class Parsed:
    """
    One table of a file.

    Parameters
    ----------
    rows
        Where each row came from: the number a spreadsheet shows, or the feature's, from 1.
    columns
        Heading → texts, or an Arrow array where the format has types.
    geometry
        Shapely geometries, one a row; none for a table without.
    crs
        EPSG code or WKT, if the file says.
    notes, faults
        What was remarked, and what is wrong.
    parts
        The sheets or layers that the file has.
    """

    rows: list[int]
    columns: dict[str, Any]
    geometry: NDArray[np.object_] | None = None
    crs: str | None = None
    notes: list[Note] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    def to_arrow(self, limits: Limits) -> pa.Table:
        """
        Return row numbers, columns and, last, the geometry as WKB.

        Parameters
        ----------
        limits
            What is too much.

        Raises
        ------
        LimitError
            If there are more rows or vertices than allowed.
        """
        if len(self.rows) > limits.rows:
            msg = "The file has {n} rows; {limit} are allowed."
            raise LimitError(msg, n=len(self.rows), limit=limits.rows)
        arrays = [pa.array(self.rows, pa.int64())]
        arrays += [self._column(name, values) for name, values in self.columns.items()]
        names = ["row", *self.columns]
        if self.geometry is not None:
            arrays.append(pa.array(shapely.to_wkb(self._gated(limits)), pa.large_binary()))
            names.append(GEOMETRY)
        return pa.table(arrays, names=names)

    def _column(self, name: str, values: Any) -> pa.Array:  # noqa: ANN401 -- list or Arrow array
        if not isinstance(values, list):
            return values
        try:
            return pa.array(values, pa.large_string())
        except UnicodeEncodeError:
            sound = [value if _is_encodable(value) else None for value in values]
            self.faults += [
                Fault(row, name, "text", ascii(value)[:80], "This is half a character.")
                for row, value, kept in zip(self.rows, values, sound, strict=True)
                if value is not None and kept is None
            ]
            return pa.array(sound, pa.large_string())

    def _gated(self, limits: Limits) -> NDArray[np.object_]:
        shapes = np.asarray(self.geometry, dtype=object)
        vertices = shapely.get_num_coordinates(shapes)
        if vertices.sum() > limits.vertices * CROWD:
            msg = "The file has {n} vertices; {limit} are allowed."
            raise LimitError(msg, n=int(vertices.sum()), limit=limits.vertices * CROWD)
        collections = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
        message = "A collection of geometries is not taken; give one polygon, line or point."
        self._drop(collections, "geometry-type", "GeometryCollection", message)
        crowded = vertices > limits.vertices
        message = f"One geometry may have {limits.vertices} vertices."
        self._drop(crowded, "vertices", "", message)
        shapes = shapes.copy()
        shapes[collections | crowded] = None
        raised = shapely.has_z(shapes) | shapely.has_m(shapes)
        if raised.any():
            self.notes.append(note("Heights of {n} geometries were left out.", n=int(raised.sum())))
            shapes = shapely.force_2d(shapes)
        return shapes

    def _drop(self, wrong: NDArray[np.bool_], code: str, value: str, message: str) -> None:
        self.faults += [
            Fault(self.rows[place], GEOMETRY, code, value, message)
            for place in np.flatnonzero(wrong)
        ]


def _is_encodable(value: str | None) -> bool:
    try:
        return value is None or bool(value.encode()) or not value
    except UnicodeEncodeError:
        return False
