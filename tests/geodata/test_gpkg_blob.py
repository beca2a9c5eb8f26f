"""GeoPackage's geometry blobs: bytes worked by hand, and shapely's own WKB as the witness."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import gpkg_blob
from geodata.errors import BlobError

coordinates = st.floats(-180, 180, allow_nan=False)


def shapes(*given: shapely.Geometry | None) -> gpkg_blob.Shapes:
    found = np.empty(len(given), dtype=object)
    found[:] = given
    return found


def test_a_point_has_eight_bytes_before_its_wkb() -> None:
    blob = gpkg_blob.encode_one(shapely.Point(1, 2), 4490)
    header = b"GP\x00\x01" + struct.pack("<i", 4490)
    assert blob == header + b"\x01" + struct.pack("<Idd", 1, 1.0, 2.0)


def test_a_polygon_carries_its_envelope_west_east_south_north() -> None:
    box = shapely.box(1, 2, 3, 4)
    blob = gpkg_blob.encode_one(box, 4490)
    assert blob is not None
    assert blob[:8] == b"GP\x00\x03" + struct.pack("<i", 4490)
    assert struct.unpack("<4d", blob[8:40]) == (1, 3, 2, 4)
    assert shapely.from_wkb(blob[40:]).equals_exact(box)


def test_an_empty_geometry_is_flagged_and_has_no_envelope() -> None:
    blob = gpkg_blob.encode_one(shapely.MultiPolygon(), 4490)
    assert blob is not None
    assert gpkg_blob.header(blob) == gpkg_blob.Header(4490, None, is_empty=True, offset=8)
    assert gpkg_blob.decode_one(blob).is_empty


def test_what_is_missing_stays_missing() -> None:
    mixed = shapes(None, shapely.Point(1, 2), None, shapely.box(0, 0, 1, 1))
    back = gpkg_blob.decode(gpkg_blob.encode(mixed, 4326))
    assert back.tolist() == mixed.tolist()
    assert gpkg_blob.encode(shapes(), 4326) == []
    assert len(gpkg_blob.decode([])) == 0


@pytest.mark.parametrize("code", range(5))
def test_every_kind_of_envelope_is_skipped(code: int) -> None:
    doubles = (0, 4, 6, 6, 8)[code]
    flags = bytes([1 | code << 1])
    header = b"GP\x00" + flags + struct.pack(f"<i{doubles}d", 4490, *range(doubles))
    assert gpkg_blob.decode_one(header + shapely.Point(5, 6).wkb) == shapely.Point(5, 6)
    assert gpkg_blob.header(header).offset == 8 + 8 * doubles


def test_a_big_endian_header_is_read() -> None:
    header = b"GP\x00\x02" + struct.pack(">i4d", 4490, 1, 3, 2, 4)
    read = gpkg_blob.header(header)
    assert (read.srid, read.envelope) == (4490, (1, 3, 2, 4))


@pytest.mark.parametrize("blob", [b"", b"GP", b"GP\x00\x03abc", shapely.Point(1, 2).wkb])
def test_other_bytes_are_refused(blob: bytes) -> None:
    with pytest.raises(BlobError):
        gpkg_blob.decode([blob])


def test_a_header_before_nonsense_is_refused() -> None:
    with pytest.raises(BlobError):
        gpkg_blob.decode([b"GP\x00\x01\x00\x00\x00\x00nonsense"])


@given(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=5), st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_coordinates_come_back_to_the_last_bit(
    places: list[tuple[float, float]], srid: int
) -> None:
    given_ = shapes(*shapely.points(places), shapely.MultiPoint(places))
    blobs = gpkg_blob.encode(given_, srid)
    back = gpkg_blob.decode(blobs)
    assert shapely.to_wkb(back).tolist() == shapely.to_wkb(given_).tolist()
    assert {gpkg_blob.header(blob).srid for blob in blobs if blob} == {srid}
    assert gpkg_blob.header(blobs[-1] or b"").envelope == tuple(
        shapely.bounds(given_[-1])[[0, 2, 1, 3]]
    )
