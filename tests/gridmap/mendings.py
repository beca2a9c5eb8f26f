"""Grids of the town to be drawn, cut and joined, and what must stay true of them."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import settings
from shapely import Polygon, box

from gridmap import layers
from gridmap.mending import Mending
from gridmap.topology import read_topology
from tests.town import METRIC, SQUARES, place, town

DEGREES = "EPSG:4490"
GRIDS = layers.LAYERS["grids"]
G1, G2, G3, G4, G5, G6, G7 = SQUARES
TOWNS = {crs: town(crs) for crs in (METRIC, DEGREES)}
BOTH = pytest.mark.parametrize("crs", [METRIC, DEGREES])
USED = list(SQUARES)
laws = settings(max_examples=30, deadline=None)


def grids(crs: str = METRIC) -> gpd.GeoDataFrame:
    return TOWNS[crs]["grids"].copy()


def drawn(shape: type, *xy: tuple[float, float], crs: str = METRIC) -> shapely.Geometry:
    """Draw a line or polygon, metres from the town's south-west corner, in a CRS."""
    flat = shape([place(x, y) for x, y in xy])
    return gpd.GeoSeries([flat], crs=METRIC).to_crs(crs).iloc[0]


def after(before: gpd.GeoDataFrame, done: Mending) -> gpd.GeoDataFrame:
    gone = [*done.retired, *done.changed.index.intersection(before.index)]
    return pd.concat([before.drop(index=gone), done.changed])


def vertices(frame: gpd.GeoDataFrame) -> set[tuple[float, float]]:
    return set(map(tuple, shapely.get_coordinates(frame.geometry.to_numpy()).tolist()))


def open_border(frame: gpd.GeoDataFrame) -> float:
    """Length of the border that no neighbour shares; a T-junction makes it longer."""
    level = read_topology(frame)
    lines = shapely.from_ragged_array(
        shapely.GeometryType.LINESTRING, level.arc_xy, (level.arc_offsets,)
    )
    return float(shapely.length(lines)[level.arc_right < 0].sum())


def assert_same_partition(before: gpd.GeoDataFrame, now: gpd.GeoDataFrame) -> None:
    """Assert the same ground, and that every inner border is shared to the last bit."""
    assert read_topology(now).is_partition
    assert open_border(now) == pytest.approx(open_border(before), rel=1e-9)
    old, new = before.geometry.to_numpy(), now.geometry.to_numpy()
    ground = shapely.area(old).sum()
    assert shapely.area(new).sum() == pytest.approx(ground, rel=1e-9)
    assert shapely.union_all(new).area == pytest.approx(ground, rel=1e-9)


def assert_is_box(done: Mending, code: str, *bounds: float) -> None:
    """Assert that a changed grid is a box, in metres from the town's corner."""
    shape = done.changed.geometry.to_crs(METRIC)[code]
    wanted = shapely.transform(box(*bounds), lambda xy: xy + shapely.get_coordinates(place(0, 0)))
    assert shapely.symmetric_difference(shape, wanted).area < 0.1


def drawn_around(shape: shapely.Geometry, frame: gpd.GeoDataFrame) -> Polygon:
    """Draw a box that is more than a metre, and less than ten, larger on every side."""
    reach = 5.0 if frame.crs == METRIC else 1e-4 / 2
    west, south, east, north = shape.bounds
    return box(west - reach, south - reach, east + reach, north + reach)
