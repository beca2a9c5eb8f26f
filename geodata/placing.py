"""
Coordinates of a file, brought to the register's CRS or refused.

Nothing is shifted in silence: a file that does not say its CRS is not taken until someone does,
and numbers that cannot be what they are said to be (swapped, or metres called degrees) are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import CHINA, WORLD, Envelope, SourceCrs, parse_crs, to_register_crs
from geodata.notes import Note, note
from geodata.parsers.parsed import GEOMETRY, Fault
from geodata.readers import Raw

FARTHEST_DEGREE = 360.0
ENVELOPES: dict[str, Envelope] = {"cn": CHINA, "free": WORLD}


@dataclass
class Placed:
    """Geometries in the register's CRS, or none at all, and what was found on the way."""

    geometry: gpd.GeoSeries | None
    faults: list[Fault]
    notes: list[Note]


def place(
    raw: Raw,
    mapping: Mapping[str, str | None],
    *,
    crs: str | None,
    register_crs: str,
    codes: str,
) -> Placed:
    """
    Take the geometries of a file, or make points of its longitudes and latitudes.

    Parameters
    ----------
    raw
        The file as read.
    mapping
        Heading → column, ``lon`` and ``lat`` among them.
    crs
        What the user says of the coordinates; counts more than the file.
    register_crs
        EPSG:4490 or EPSG:4326.
    codes
        ``cn``: the register is of a Chinese city, and lies in China; ``free``: anywhere.

    Returns
    -------
    Placed
        No geometry if the file has no place at all.

    Raises
    ------
    CrsError
        If `crs` cannot be used.
    """
    placed = _given(raw, mapping)
    geometry = placed.geometry
    if geometry is None or not (there := geometry.notna() & ~geometry.is_empty).any():
        return placed
    source = _source(raw, crs, placed.notes)
    if source is None:
        message = "The file does not say its CRS; name it: EPSG:4490, EPSG:4550, gcj02, bd09, …"
        placed.faults.append(Fault(int(geometry.index[0]), GEOMETRY, "crs", "", message))
        placed.geometry = geometry.set_crs(register_crs, allow_override=True)
        return placed
    envelope = ENVELOPES.get(codes, WORLD)
    if source.crs.is_geographic:
        placed.faults += _outside(geometry[there], envelope, "degrees")
    if not placed.faults or not source.crs.is_geographic:
        frame = gpd.GeoDataFrame(geometry=geometry.rename(GEOMETRY))
        geometry = to_register_crs(frame, source, register_crs).geometry
    placed.geometry = geometry.set_crs(register_crs, allow_override=True)
    if source.crs.is_projected:
        placed.faults += _outside(placed.geometry[there], envelope, source.name)
    return placed


def _given(raw: Raw, mapping: Mapping[str, str | None]) -> Placed:
    headings = {column: heading for heading, column in mapping.items() if column}
    frame = raw.frame
    if isinstance(frame, gpd.GeoDataFrame):
        geometry = frame.geometry
        doubled = shapely.get_num_coordinates(geometry.to_numpy())
        slim = gpd.GeoSeries(
            shapely.remove_repeated_points(geometry.to_numpy()), index=frame.index, crs=geometry.crs
        )
        n = int((shapely.get_num_coordinates(slim.to_numpy()) < doubled).sum())
        notes = [note("Repeated vertices of {n} geometries were left out.", n=n)] if n else []
        return Placed(slim, [], notes)
    if "lon" in headings and "lat" in headings:
        return _points(frame[headings["lon"]], frame[headings["lat"]])
    if alone := {"lon", "lat"} & set(headings):
        column = alone.pop()
        message = f"Only {column} was found; a place needs lon and lat."
        return Placed(None, [Fault(int(frame.index[0]), column, "coordinates", "", message)], [])
    return Placed(None, [], [])


def _points(lon: pd.Series, lat: pd.Series) -> Placed:
    faults: list[Fault] = []
    numbers = {}
    for name, texts in (("lon", lon.str.strip()), ("lat", lat.str.strip())):
        texts = texts.mask(texts == "")  # noqa: PLW2901
        exact = texts.map(_number, na_action="ignore").astype("float64")
        wrong = texts.notna() & ~np.isfinite(exact)
        message = "This is no number of degrees or metres."
        faults += [
            Fault(row, name, "type", str(text)[:80], message) for row, text in texts[wrong].items()
        ]
        numbers[name] = exact.where(np.isfinite(exact))
    there = numbers["lon"].notna() & numbers["lat"].notna()
    half = (lon.fillna("").str.strip() == "") != (lat.fillna("").str.strip() == "")
    message = "Only one of lon and lat is given."
    faults += [Fault(row, "lon", "coordinates", "", message) for row in lon.index[half]]
    points = np.full(len(lon), None, dtype=object)
    points[there] = shapely.points(numbers["lon"][there], numbers["lat"][there])
    return Placed(gpd.GeoSeries(points, index=lon.index), faults, [])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _source(raw: Raw, crs: str | None, notes: list[Note]) -> SourceCrs | None:
    said = None if raw.crs is None else parse_crs(raw.crs)
    if crs is None:
        if said is not None:
            notes.append(
                note("The coordinates were read as {crs}, as the file says.", crs=said.name)
            )
        return said
    told = parse_crs(crs)
    template = "The coordinates were read as {crs}, as told."
    if said is not None and said.name != told.name:
        template = "The coordinates were read as {crs}, as told, though the file says {said}."
    notes.append(note(template, crs=told.name, said=said.name if said else ""))
    return told


def _outside(geometry: gpd.GeoSeries, envelope: Envelope, read_as: str) -> list[Fault]:
    west, south, east, north = envelope
    bounds = geometry.bounds.to_numpy()
    with np.errstate(invalid="ignore"):
        inside = _within(bounds, envelope)
        swapped = _within(bounds[:, [1, 0, 3, 2]], envelope) & ~inside
        metres = (np.isfinite(bounds) & (np.abs(bounds) > FARTHEST_DEGREE)).any(axis=1)
    reasons = np.select(
        [swapped, metres],
        [
            "Longitude and latitude are swapped.",
            f"These are metres, not {read_as}; name the projected CRS.",
        ],
        default=(
            f"This lies outside {west:g}–{east:g}° E, {south:g}–{north:g}° N; "
            f"it was read as {read_as}. For a projected CRS, check the zone."
        ),
    )
    codes = np.select([swapped, metres], ["swapped", "metres"], default="outside-envelope")
    shown = [" ".join(f"{number:.6g}" for number in row) for row in bounds]
    rows = geometry.index
    return [
        Fault(int(rows[n]), GEOMETRY, str(codes[n]), shown[n], str(reasons[n]))
        for n in np.flatnonzero(~inside)
    ]


def _within(bounds: np.ndarray, envelope: Envelope) -> np.ndarray:
    west, south, east, north = envelope
    within: np.ndarray = (
        (bounds[:, 0] >= west)
        & (bounds[:, 1] >= south)
        & (bounds[:, 2] <= east)
        & (bounds[:, 3] <= north)
    )
    return within
