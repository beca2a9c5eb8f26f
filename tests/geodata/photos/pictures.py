"""Photos as phones send them, and as somebody sends them who means harm."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pillow_heif
from PIL import ExifTags, Image

pillow_heif.register_heif_opener()
RED, GREEN, BLUE, GREY = (200, 40, 40), (40, 160, 60), (40, 60, 180), (128, 128, 128)
DEGREES_NORTH, DEGREES_EAST = (35.0, 33.0, 36.0), (104.0, 37.0, 12.0)  # 35.56° N, 104.62° E
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
SCRIPT = b"<script>alert(document.cookie)</script>"


def quarters(width: int = 96, height: int = 64) -> Image.Image:
    """Return a picture that looks different however it is turned."""
    image = Image.new("RGB", (width, height), GREY)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image


def painted(*palette: tuple[int, int, int]) -> Image.Image:
    """Return a picture of a palette, all in its first colour."""
    image = Image.new("P", (32, 32), 0)
    image.putpalette([value for colour in palette for value in colour])
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """Return a picture as a file."""
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def opened(content: bytes) -> Image.Image:
    """Return what a file shows."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def exif(
    *,
    orientation: int | None = None,
    gps: dict[int, object] | None = None,
    taken: str = "",
    offset: str = "",
) -> Image.Exif:
    """Return EXIF as a phone writes it, with its maker and serial number."""
    rows = Image.Exif()
    rows[ExifTags.Base.Make] = "SecretMaker"
    rows[ExifTags.Base.BodySerialNumber] = "SERIAL-4711"
    if orientation is not None:
        rows[ExifTags.Base.Orientation] = orientation
    if gps is not None:
        rows.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    if taken:
        rows.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if offset:
        rows.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = offset
    return rows


def place(**changed: object) -> dict[int, object]:
    """Return the GPS table of Anding, Dingxi; tags may be changed by name."""
    rows = {
        ExifTags.GPS.GPSLatitudeRef: "N",
        ExifTags.GPS.GPSLatitude: DEGREES_NORTH,
        ExifTags.GPS.GPSLongitudeRef: "E",
        ExifTags.GPS.GPSLongitude: DEGREES_EAST,
    }
    rows |= {ExifTags.GPS[name]: value for name, value in changed.items()}
    return {int(tag): value for tag, value in rows.items()}


def chunk(name: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG."""
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def png(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 0) -> bytes:
    """Return a PNG of packed rows."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return PNG_HEAD + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def zeros(size: int) -> bytes:
    """Return so many zeros, packed, without holding them."""
    return b"".join(_packed(size))


def _packed(size: int, piece: int = 1 << 20) -> Iterator[bytes]:
    packer = zlib.compressobj(6)
    nothing = bytes(piece)
    for _ in range(size // piece):
        yield packer.compress(nothing)
    yield packer.compress(bytes(size % piece)) + packer.flush()


def with_chunk(content: bytes, name: bytes, data: bytes) -> bytes:
    """Return a PNG with one more chunk before its pixels."""
    before = content.index(b"IDAT") - 4
    return content[:before] + chunk(name, data) + content[before:]


def kept(content: bytes) -> bool:
    """Tell whether a file is a JPEG with nothing in it but the pixels."""
    image = opened(content)
    told = set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    marks = (b"Exif", b"GPS", b"http://ns.adobe.com", b"8BIM", b"ICC_PROFILE", b"Secret", b"SERIAL")
    return (
        image.format == "JPEG"
        and image.mode == "RGB"
        and not told
        and not image.getexif()
        and not any(mark in content for mark in marks)
    )


def near(found: object, colour: tuple[int, int, int], within: int = 6) -> bool:
    """Tell whether a pixel has a colour, but for what JPEG does to it."""
    assert isinstance(found, tuple)
    return all(abs(one - other) <= within for one, other in zip(found, colour, strict=True))
