"""A density surface as a picture that lies true on the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from scipy.ndimage import map_coordinates

from gridmap.density import Density
from gridmap.metric import between
from web.maps.palette import HEAT

FAINTEST = 0.04  # of the maximum: below, the ground shows through
LARGEST_SIDE = 512


@dataclass(frozen=True)
class Picture:
    """
    A picture with its place.

    Parameters
    ----------
    pixels
        (rows, columns, 4), 0…1, row 0 in the north; rows are even in Web Mercator.
    bounds
        West, south, east, north in degrees.
    bandwidth_m
        Of the density that is drawn.
    """

    pixels: NDArray[np.float64]
    bounds: tuple[float, float, float, float]
    bandwidth_m: float


def heat_picture(density: Density, crs: CRS, side: int = LARGEST_SIDE) -> Picture:
    """
    Draw a density surface on the map's own projection.

    Parameters
    ----------
    density
        The surface, in metres.
    crs
        The CRS of those metres.
    side
        Pixels of the longer side.

    Notes
    -----
    Each pixel is carried back into the surface's CRS and read there (bilinear), because north on
    the map is not quite north in a local projection: a stretched picture would lie up to some
    hundred metres off.
    """
    west, south, east, north = density.bounds
    edge_x = np.array([west, west, east, east, (west + east) / 2, (west + east) / 2])
    edge_y = np.array([south, north, south, north, south, north])
    x, y = between(crs, "EPSG:3857").transform(edge_x, edge_y)
    left, right, bottom, top = x.min(), x.max(), y.min(), y.max()
    scale = side / max(right - left, top - bottom)
    columns = max(2, round((right - left) * scale))
    rows = max(2, round((top - bottom) * scale))
    centres_x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    centres_y = top - (np.arange(rows) + 0.5) * (top - bottom) / rows
    mesh = np.meshgrid(centres_x, centres_y)
    back = between("EPSG:3857", crs)
    metres_x, metres_y = back.transform(mesh[0].ravel(), mesh[1].ravel())
    at = np.vstack(
        [
            (np.asarray(metres_y) - south) / density.cell_m - 0.5,
            (np.asarray(metres_x) - west) / density.cell_m - 0.5,
        ]
    )
    values = map_coordinates(density.grid, at, order=1, cval=0.0).reshape(rows, columns)
    to_degrees = between("EPSG:3857", "EPSG:4326")
    (lon_west, lon_east), (lat_south, lat_north) = to_degrees.transform(
        [left, right], [bottom, top]
    )
    bounds = (lon_west, lat_south, lon_east, lat_north)
    return Picture(_coloured(values), bounds, density.bandwidth_m)


def _coloured(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colour 0…maximum by `HEAT`, from nothing to nearly opaque."""
    largest = values.max()
    level = values / largest if largest > 0 else np.zeros_like(values)
    stops = np.linspace(0, 1, len(HEAT))
    channels = np.array([[int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)] for code in HEAT])
    pixels = np.empty((*values.shape, 4))
    for channel in range(3):
        pixels[..., channel] = np.interp(level, stops, channels[:, channel])
    pixels[..., 3] = np.where(level < FAINTEST, 0.0, np.clip(0.25 + level, 0, 0.85))
    return pixels
