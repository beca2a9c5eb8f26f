"""
What the coordinates of a file mean, and how they become the register's.

GCJ-02 and BD-09, which Chinese map services use, are WGS 84 shifted by some 500 m and have no EPSG
code. The shift is the published approximation that every open library uses; its inverse has no
closed form and is iterated. CGCS2000 (EPSG:4490) and WGS 84 (EPSG:4326) differ by centimetres and
are taken as equal, as PROJ does. Beijing 1954 and Xi'an 1980 differ by up to 100 m, by parameters
that are official secrets: they are refused rather than shifted by nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from gridmap.errors import CrsError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Coordinates: TypeAlias = NDArray[np.float64]

Envelope: TypeAlias = tuple[float, float, float, float]

CHINA: Envelope = (73.0, 3.0, 136.0, 54.0)
WORLD: Envelope = (-180.0, -90.0, 180.0, 90.0)
# Outside this rectangle the shift is not applied: the bounds of the published formula.
SHIFTED: Envelope = (72.004, 0.8293, 137.8347, 55.8271)

# The first inverse step is off by metres, and each further one is a hundred times nearer. A fixed
# number keeps the answer of a vertex independent of the others it came with.
STEPS = 8
_SEMI_MAJOR, _ECCENTRICITY2 = 6378245.0, 0.00669342162296594323  # Krasovsky 1940, as published
_BD_TURN = np.pi * 3000.0 / 180.0

NAMES: dict[str, int] = {
    "wgs84": 4326,
    "crs84": 4326,
    "cgcs2000": 4490,
    "国家2000": 4490,
    "2000国家大地坐标系": 4490,
    "webmercator": 3857,
}
SHIFTS: dict[str, Literal["gcj02", "bd09"]] = {
    "gcj02": "gcj02",
    "火星坐标": "gcj02",
    "高德": "gcj02",
    "bd09": "bd09",
    "bd09ll": "bd09",
    "百度": "bd09",
}
# Gauss-Krüger on CGCS2000: (degrees wide, by) → the first EPSG code, and the numbers from there.
GAUSS_KRUGER: dict[tuple[str, str], tuple[int, range]] = {
    ("3", "cm"): (4534, range(75, 136, 3)),
    ("3", "zone"): (4513, range(25, 46)),
    ("6", "cm"): (4502, range(75, 136, 6)),
    ("6", "zone"): (4491, range(13, 24)),
}
SECRET_DATUMS = ("beijing 1954", "xian 1980", "new beijing", "beijing1954", "xian1980")
NULL_SHIFT = (4326, 4490)
SURE = 70  # PROJ's degree of confidence for a CRS that differs only in the order of its axes


@dataclass(frozen=True)
class SourceCrs:
    """
    What the coordinates of a file mean.

    Parameters
    ----------
    name
        As it is shown: ``EPSG:4550``, ``gcj02``.
    crs
        The CRS that the numbers look like; EPSG:4326 for the shifted ones.
    shift
        Which shift lies on top, if one does.
    """

    name: str
    crs: CRS
    shift: Literal["gcj02", "bd09"] | None = None


def parse_crs(given: str | CRS | SourceCrs) -> SourceCrs:
    """
    Read what someone, or a file, says of its coordinates.

    Parameters
    ----------
    given
        ``EPSG:4490``, ``4490``, ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, ``gk3-cm123`` or
        ``gk3-zone41`` (Gauss-Krüger on CGCS2000, without and with the zone before the easting),
        an OGC URN, WKT, or a CRS.

    Raises
    ------
    CrsError
        If it is unknown, a PROJ string (which can name files and addresses), neither geographic
        nor projected, or on a datum whose parameters are not public.

    Examples
    --------
    >>> parse_crs("4490").name, parse_crs("gk3-cm123").name, parse_crs("GCJ-02").shift
    ('EPSG:4490', 'EPSG:4550', 'gcj02')
    """
    if isinstance(given, SourceCrs):
        return given
    if isinstance(given, CRS):
        return _accepted(given)
    text = unicodedata.normalize("NFKC", given).strip()
    plain = re.sub(r"[\s_-]", "", text.lower())
    if plain in SHIFTS:
        return SourceCrs(SHIFTS[plain], CRS.from_epsg(4326), SHIFTS[plain])
    if "+proj" in plain or "+init" in plain or "nadgrids" in plain or "proj4" in plain:
        msg = "A PROJ string is not taken, because it can name other files; give an EPSG code."
        raise CrsError(msg)
    if re.match(r"[A-Za-z_0-9]+\s*\[", text):
        return _accepted(_from_wkt(text))
    return _accepted(_from_epsg(_epsg_number(plain), text))


def is_null_shift(crs: CRS, other: CRS) -> bool:
    """Return whether both are WGS 84 or CGCS2000 in degrees, whose numbers are the same."""
    return all(one.to_epsg(min_confidence=100) in NULL_SHIFT for one in (crs, other))


def to_register_crs(
    frame: gpd.GeoDataFrame, source: SourceCrs, register_crs: CRS | str
) -> gpd.GeoDataFrame:
    """
    Bring geometries to the register's CRS.

    Parameters
    ----------
    frame
        Geometries whose numbers are in `source`, whatever CRS the frame claims.
    source
        What the numbers mean.
    register_crs
        EPSG:4490 or EPSG:4326; between them nothing moves.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows; equal vertices stay equal, in this file and the next.

    Raises
    ------
    CrsError
        If `register_crs` is neither of the two.
    """
    target = CRS.from_user_input(register_crs)
    if target.to_epsg() not in NULL_SHIFT:
        msg = "A register is kept in EPSG:4490 or EPSG:4326, not in {crs}."
        raise CrsError(msg, crs=target.name)
    if source.shift is not None:
        inverse = gcj02_to_wgs84 if source.shift == "gcj02" else bd09_to_wgs84
        shifted = shapely.transform(frame.geometry.to_numpy(), inverse)
        return frame.set_geometry(
            type(frame.geometry)(shifted, index=frame.index, name=frame.geometry.name), crs=target
        )
    labelled = frame.set_crs(source.crs, allow_override=True)
    if not is_null_shift(source.crs, target):
        base = source.crs.geodetic_crs or source.crs
        on_cgcs2000 = base.to_epsg(min_confidence=100) == target.to_epsg()
        labelled = labelled.to_crs(target if on_cgcs2000 else CRS.from_epsg(4326))
    return labelled.set_crs(target, allow_override=True)


def wgs84_to_gcj02(xy: Coordinates) -> Coordinates:
    """
    Shift WGS 84 to GCJ-02.

    Parameters
    ----------
    xy
        Shape (n, 2): longitude, latitude in degrees.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        The same outside the rectangle of China.

    Examples
    --------
    >>> wgs84_to_gcj02(np.array([[122.5386, 52.9721]])).round(6).tolist()
    [[122.545629, 52.973613]]
    """
    xy = np.asarray(xy, dtype=np.float64)
    return np.where(_in_china(xy), xy + _gcj02_offset(xy), xy)


def gcj02_to_wgs84(xy: Coordinates) -> Coordinates:
    """
    Undo the shift of GCJ-02, to 1e-9°.

    Parameters
    ----------
    xy
        Shape (n, 2): longitude, latitude in degrees.
    """
    return _inverse(wgs84_to_gcj02, xy)


def gcj02_to_bd09(xy: Coordinates) -> Coordinates:
    """
    Shift GCJ-02 to BD-09.

    Parameters
    ----------
    xy
        Shape (n, 2): longitude, latitude in degrees.
    """
    xy = np.asarray(xy, dtype=np.float64)
    lon, lat = xy[..., 0], xy[..., 1]
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    shifted = np.stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006], axis=-1)
    return np.where(_in_china(xy), shifted, xy)


def bd09_to_gcj02(xy: Coordinates) -> Coordinates:
    """
    Undo the shift of BD-09, to 1e-9°.

    Parameters
    ----------
    xy
        Shape (n, 2): longitude, latitude in degrees.
    """
    return _inverse(gcj02_to_bd09, xy)


def wgs84_to_bd09(xy: Coordinates) -> Coordinates:
    """
    Shift WGS 84 to BD-09, by way of GCJ-02.

    Parameters
    ----------
    xy
        Shape (n, 2): longitude, latitude in degrees.
    """
    return gcj02_to_bd09(wgs84_to_gcj02(xy))


def bd09_to_wgs84(xy: Coordinates) -> Coordinates:
    """
    Undo both shifts, to 1e-9°.

    Parameters
    ----------
    xy
        Shape (n, 2): longitude, latitude in degrees.
    """
    return gcj02_to_wgs84(bd09_to_gcj02(xy))


def _epsg_number(plain: str) -> int | None:
    if plain in NAMES:
        return NAMES[plain]
    if zone := re.fullmatch(r"gk([36])(cm|zone)(\d+)", plain):
        first, numbers = GAUSS_KRUGER[zone[1], zone[2]]
        number = int(zone[3])
        return first + numbers.index(number) if number in numbers else None
    if urn := re.fullmatch(r"urn:ogc:def:crs:(?:ogc:[\d.]*:crs84|epsg:[\d.]*:(\d+))", plain):
        return int(urn[1]) if urn[1] else 4326
    code = re.fullmatch(r"(?:epsg:{1,2})?(\d{4,6})", plain)
    return int(code[1]) if code else None


def _from_epsg(number: int | None, given: str) -> CRS:
    msg = "There is no CRS {crs}; give an EPSG code such as EPSG:4490, or gcj02, bd09."
    if number is None:
        raise CrsError(msg, crs=given[:80])
    try:
        return CRS.from_epsg(number)
    except CRSError:
        raise CrsError(msg, crs=given[:80]) from None


def _from_wkt(text: str) -> CRS:
    try:
        return CRS.from_wkt(text)
    except CRSError:
        msg = "The CRS of the file cannot be read: {crs}"
        raise CrsError(msg, crs=text[:80]) from None


def _accepted(crs: CRS) -> SourceCrs:
    base = crs.geodetic_crs
    names = f"{crs.name} {base.name if base else ''} {crs.datum.name if crs.datum else ''}"
    names = names.lower().replace("_", " ").replace("'", "")
    if any(secret in names for secret in SECRET_DATUMS):
        msg = (
            "{crs} needs official parameters to be brought to CGCS2000; "
            "have the surveying office convert the file."
        )
        raise CrsError(msg, crs=crs.name)
    if not (crs.is_geographic or crs.is_projected):
        msg = "{crs} is neither geographic nor projected."
        raise CrsError(msg, crs=crs.name)
    flat = crs.to_2d()
    number = crs.to_epsg(min_confidence=SURE) or flat.to_epsg(min_confidence=SURE)
    return (
        SourceCrs(f"EPSG:{number}", CRS.from_epsg(number)) if number else SourceCrs(flat.name, flat)
    )


def _in_china(xy: Coordinates) -> NDArray[np.bool_]:
    west, south, east, north = SHIFTED
    lon, lat = xy[..., :1], xy[..., 1:]
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _gcj02_offset(xy: Coordinates) -> Coordinates:
    x, y = xy[..., 0] - 105.0, xy[..., 1] - 35.0
    root = np.sqrt(np.abs(x))
    waves = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (
        waves
        + 20.0 * np.sin(y * np.pi)
        + 40.0 * np.sin(y / 3.0 * np.pi)
        + 160.0 * np.sin(y / 12.0 * np.pi)
        + 320.0 * np.sin(y * np.pi / 30.0)
    ) * (2.0 / 3.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (
        waves
        + 20.0 * np.sin(x * np.pi)
        + 40.0 * np.sin(x / 3.0 * np.pi)
        + 150.0 * np.sin(x / 12.0 * np.pi)
        + 300.0 * np.sin(x / 30.0 * np.pi)
    ) * (2.0 / 3.0)
    phi = np.radians(xy[..., 1])
    shrink = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    meridian = _SEMI_MAJOR * (1.0 - _ECCENTRICITY2) / (shrink * np.sqrt(shrink))
    normal = _SEMI_MAJOR / np.sqrt(shrink)
    return np.stack(
        [np.degrees(east / (normal * np.cos(phi))), np.degrees(north / meridian)], axis=-1
    )


def _inverse(shift: Callable[[Coordinates], Coordinates], xy: Coordinates) -> Coordinates:
    xy = np.asarray(xy, dtype=np.float64)
    answer = xy.copy()
    for _ in range(STEPS):
        answer = answer - (shift(answer) - xy)
    return np.where(_in_china(xy), answer, xy)
