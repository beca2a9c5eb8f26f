"""
What a phone wrote into a photo: which way is up, where and when it was taken.

These are claims. Anybody can write them, so whatever makes no sense is taken as not there.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image

TIMES = (
    (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
    (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
)
BROKEN = (
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    ZeroDivisionError,
    struct.error,
)
MOST_LATITUDE, MOST_LONGITUDE = 90, 180
SIXTIETHS = 60
UPRIGHT = 1
_TIME = re.compile(r"((?:19|20)\d\d)[:-](\d\d)[:-](\d\d)[ T](\d\d:\d\d:\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")
Rows = Mapping[int, Any]


def orientation(image: Image.Image) -> int:
    """
    Return how the camera was held, 1 to 8, as EXIF counts; 1 if it does not say.

    Parameters
    ----------
    image
        As it was opened.
    """
    try:
        held = image.getexif().get(ExifTags.Base.Orientation, UPRIGHT)
    except BROKEN:
        return UPRIGHT
    return held if isinstance(held, int) else UPRIGHT


def position(image: Image.Image) -> tuple[float, float] | None:
    """
    Return where a photo says it was taken.

    Parameters
    ----------
    image
        As it was opened.

    Returns
    -------
    tuple of float, or None
        Longitude and latitude, degrees, in the datum of EXIF: WGS 84. None for a place that is on
        no earth, for one that the receiver itself calls void, and for 0° 0°, which receivers
        write when they know none.
    """
    rows = _rows(image, ExifTags.IFD.GPSInfo)
    if _text(rows.get(ExifTags.GPS.GPSStatus)) == "V":
        return None
    tags = ExifTags.GPS
    north = _degrees(rows, tags.GPSLatitude, tags.GPSLatitudeRef, ("N", "S"), MOST_LATITUDE)
    east = _degrees(rows, tags.GPSLongitude, tags.GPSLongitudeRef, ("E", "W"), MOST_LONGITUDE)
    if north is None or east is None or (north == 0 and east == 0):
        return None
    return east, north


def taken(image: Image.Image) -> str:
    """
    Return when a photo says it was taken.

    Parameters
    ----------
    image
        As it was opened.

    Returns
    -------
    str
        ISO 8601, with an offset from UTC where the phone wrote one; empty if it says nothing, or
        no moment of any calendar.
    """
    rows = _rows(image, ExifTags.IFD.Exif)
    for moment, offset in TIMES:
        if found := _TIME.fullmatch(_text(rows.get(moment))):
            told = _OFFSET.fullmatch(_text(rows.get(offset)))
            text = "{}-{}-{}T{}".format(*found.groups()) + (told.group() if told else "")
            return text if _is_moment(text) else ""
    return ""


def _rows(image: Image.Image, table: int) -> Rows:
    try:
        return image.getexif().get_ifd(table)
    except BROKEN:
        return {}


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return value.strip(" \0") if isinstance(value, str) else ""


def _degrees(
    rows: Rows, tag: int, side_tag: int, sides: tuple[str, str], most: float
) -> float | None:
    side = _text(rows.get(side_tag))
    try:
        degrees, minutes, seconds = (float(part) for part in rows[tag])
    except BROKEN:
        return None
    if side not in sides or not (0 <= minutes < SIXTIETHS and 0 <= seconds < SIXTIETHS):
        return None
    value = degrees + minutes / SIXTIETHS + seconds / SIXTIETHS**2
    if degrees < 0 or not math.isfinite(value) or value > most:
        return None
    return value if side == sides[0] else -value


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
