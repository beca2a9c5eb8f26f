"""
Geometries as GeoPackage stores them: a small header, then ISO WKB.

The header (GeoPackage 1.4, clause 2.1.3) is ``GP``, a version, a byte of flags, the SRID and, where
that helps, the envelope. Reading and writing go over whole columns at once.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.errors import BlobError

Shapes: TypeAlias = "NDArray[np.object_]"

MAGIC = b"GP"
LITTLE_ENDIAN, ENVELOPE_XY, EMPTY = 0b1, 0b10, 0b10000
ENVELOPE_DOUBLES = (0, 4, 6, 6, 8, 0, 0, 0)  # by the envelope code in the flags
BARE = 8  # bytes of a header without an envelope
OFFSET = tuple(BARE + 8 * ENVELOPE_DOUBLES[flags >> 1 & 0b111] for flags in range(256))
HEADER = np.dtype(
    [("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srid", "<i4"), ("envelope", "<f8", 4)]
)


@dataclass(frozen=True)
class Header:
    """
    What stands before the WKB.

    Parameters
    ----------
    srid
        EPSG number.
    envelope
        Minimum x, maximum x, minimum y, maximum y; none if it is not stored.
    is_empty
        Whether the geometry is empty.
    offset
        Bytes before the WKB.
    """

    srid: int
    envelope: tuple[float, float, float, float] | None
    is_empty: bool
    offset: int


def encode(
    shapes: Shapes, srid: int, wkb: Sequence[bytes | None] | None = None
) -> list[bytes | None]:
    """
    Write geometries as blobs.

    Parameters
    ----------
    shapes
        n geometries or none.
    srid
        EPSG number of their CRS.
    wkb
        What `to_wkb` has made of them, if it is at hand.

    Returns
    -------
    list of bytes or None
        One a geometry. Points and empty geometries carry no envelope.
    """
    bodies = to_wkb(shapes) if wkb is None else wkb
    empty = shapely.is_empty(shapes)
    bare = empty | (shapely.get_type_id(shapes) == shapely.GeometryType.POINT)
    headers = np.zeros(len(shapes), dtype=HEADER)
    headers["magic"] = MAGIC
    headers["srid"] = srid
    headers["flags"] = LITTLE_ENDIAN | np.where(bare, 0, ENVELOPE_XY) | np.where(empty, EMPTY, 0)
    headers["envelope"] = shapely.bounds(shapes)[:, [0, 2, 1, 3]]
    whole = headers.tobytes()
    starts = range(0, len(whole), HEADER.itemsize)
    lengths = np.where(bare, BARE, HEADER.itemsize).tolist()
    return [
        None if body is None else whole[start : start + length] + body
        for start, length, body in zip(starts, lengths, bodies, strict=True)
    ]


def to_wkb(shapes: Shapes) -> Sequence[bytes | None]:
    """
    Write geometries as ISO WKB, little endian.

    Parameters
    ----------
    shapes
        n geometries or none.
    """
    bodies: Sequence[bytes | None] = shapely.to_wkb(shapes, byte_order=1, flavor="iso").tolist()
    return bodies


def decode(blobs: Sequence[bytes | None]) -> Shapes:
    """
    Read geometries from blobs.

    Parameters
    ----------
    blobs
        n blobs or none.

    Returns
    -------
    numpy.ndarray of shapely geometries, shape (n,)
        None where there is no blob.

    Raises
    ------
    BlobError
        If bytes are no GeoPackage geometry.
    """
    bodies = np.empty(len(blobs), dtype=object)
    bodies[:] = [None if blob is None else blob[_offset(blob) :] for blob in blobs]
    try:
        return np.asarray(shapely.from_wkb(bodies), dtype=object)
    except shapely.errors.GEOSException as error:
        msg = "The WKB of a geometry cannot be read: {reason}"
        raise BlobError(msg, reason=error) from error


def encode_one(shape: shapely.Geometry | None, srid: int) -> bytes | None:
    """Write one geometry as a blob; see `encode`."""
    return encode(np.array([shape], dtype=object), srid)[0]


def decode_one(blob: bytes | None) -> shapely.Geometry | None:
    """Read one geometry from a blob; see `decode`."""
    return decode([blob])[0]


def header(blob: bytes) -> Header:
    """
    Read what stands before the WKB.

    Parameters
    ----------
    blob
        A GeoPackage geometry, little or big endian.

    Raises
    ------
    BlobError
        If the bytes are no GeoPackage geometry.
    """
    offset = _offset(blob)
    flags = blob[3]
    order = "<" if flags & LITTLE_ENDIAN else ">"
    (srid,) = struct.unpack_from(f"{order}i", blob, 4)
    envelope = struct.unpack_from(f"{order}4d", blob, 8) if offset > BARE else None
    return Header(srid, envelope, bool(flags & EMPTY), offset)


def _offset(blob: bytes) -> int:
    if blob[:2] != MAGIC or len(blob) < BARE or len(blob) < OFFSET[blob[3]]:
        msg = "These bytes are no GeoPackage geometry: {start}"
        raise BlobError(msg, start=blob[:8].hex(" "))
    return OFFSET[blob[3]]
