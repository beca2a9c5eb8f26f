"""Well-known binary to geometries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.parsers.parsed import GEOMETRY, Fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEADER_BYTES = 5
SIMPLE = range(1, 7)  # point to multipolygon; 7 is a collection, higher ones are curves
FLAGS = 0xE0000000  # Z, M and SRID in the extended form; the ISO form adds thousands


def from_wkb(
    blobs: Sequence[bytes | None], rows: Sequence[int], faults: list[Fault]
) -> NDArray[np.object_]:
    """
    Read one geometry a row.

    Parameters
    ----------
    blobs
        Well-known binary, or nothing.
    rows
        The number of each row, for its fault.
    faults
        To which what cannot be read is added.

    Returns
    -------
    numpy.ndarray of geometries
        None where there is none, and where there is a fault.
    """
    simple = [blob if blob is None or _kind(blob) in SIMPLE else None for blob in blobs]
    shapes: NDArray[np.object_] = np.asarray(
        shapely.from_wkb(np.array(simple, dtype=object), on_invalid="ignore"), dtype=object
    )
    for row, blob, kept, shape in zip(rows, blobs, simple, shapes, strict=True):
        if blob is not None and kept is None:
            message = "Collections and curves are not taken; give one polygon, line or point."
            faults.append(Fault(row, GEOMETRY, "geometry-type", str(_kind(blob)), message))
        elif kept is not None and shape is None:
            message = "The geometry cannot be read; a ring may be open."
            faults.append(Fault(row, GEOMETRY, "coordinates", "", message))
    return shapes


def _kind(blob: bytes) -> int:
    if len(blob) < HEADER_BYTES or blob[0] not in (0, 1):
        return -1
    number = int.from_bytes(blob[1:HEADER_BYTES], "little" if blob[0] else "big")
    return (number & ~FLAGS) % 1000
