"""Places and areas, and where geopandas finds them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap._raster import OUTSIDE
from gridmap.locate import Locator
from tests.town import METRIC

Floats = NDArray[np.float64]
CGCS2000 = "EPSG:4490"
NUDGES = (0.0, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8)


def areas(*shapes: object, crs: str = CGCS2000) -> gpd.GeoDataFrame:
    codes = [f"{number:03d}" for number in range(len(shapes))]
    return gpd.GeoDataFrame(geometry=list(shapes), index=pd.Index(codes, name="code"), crs=crs)


def by_geopandas(layer: gpd.GeoDataFrame, xy: Floats) -> list[str | None]:
    """Return the lowest code whose area intersects each point, as an inner join says it."""
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=layer.crs)
    joined = gpd.sjoin(points, layer.rename_axis("code"), predicate="intersects")
    lowest = joined.groupby(level=0)["code"].min()
    return [lowest.get(number) for number in range(len(xy))]


def by_us(locator: Locator, xy: Floats) -> list[str | None]:
    return [locator.codes[p] if p != OUTSIDE else None for p in locator.positions(xy)]


def on_borders(layer: gpd.GeoDataFrame) -> Floats:
    """Return every vertex, the middle of every edge, and a place on every edge."""
    found = [np.empty((0, 2))]
    for ring in shapely.get_rings(shapely.get_parts(layer.geometry.to_numpy())):
        xy = shapely.get_coordinates(ring)
        found += [xy, (xy[1:] + xy[:-1]) / 2, xy[:-1] + 0.237 * (xy[1:] - xy[:-1])]
    return np.vstack(found)


def points(*shapes: object, crs: str = METRIC) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)
