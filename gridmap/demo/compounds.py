"""Residential compounds of a demo city: walled ground inside grids."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.demo import names
from gridmap.demo.areas import CRS, Areas
from gridmap.demo.mesh import Floats
from gridmap.demo.sizes import Size
from gridmap.demo.terrain import to_degrees

HOUSED = {"小区": 1.0, "商圈": 0.5}  # share of grids of a kind in which there are compounds
KINDS = {"managed": 0.7, "open": 0.22, "abandoned": 0.08}
SUFFIXES = (
    *(
        "花园",
        "家园",
        "小区",
        "新村",
        "雅苑",
        "华庭",
        "名居",
        "公寓",
        "佳园",
        "新城",
        "府邸",
        "庄园",
    ),
    *(
        "嘉苑",
        "香榭",
        "山庄",
        "水岸",
        "邻里",
        "锦园",
        "新苑",
        "家属院",
        "生活区",
        "安居苑",
        "幸福里",
        "职工楼",
    ),
    *(
        "一区",
        "二区",
        "三区",
        "四区",
        "五区",
        "东区",
        "西区",
        "南区",
        "北区",
        "中区",
        "东院",
        "西院",
    ),
)
SETBACK_M = 13.0
LANE_M = 9.0
SMALLEST_M2 = 1_500.0
PERSONS_IN_HOUSEHOLD = 2.6
HOUSED_SHARE = 0.93
DIGITS = 7  # of degrees, as GeoJSON writes them (RFC 7946, 11.2)
WHOLE, BOTH, ONE = 0.45, 0.35, 0.20  # a grid is one compound, two with a lane, or half of it is


def compounds(
    size: Size, areas: Areas, rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """
    Return the raw layer of compounds, and the number of the grid that each lies in.

    Parameters
    ----------
    size
        Which city.
    areas
        Its grids; compounds keep a distance from their borders.
    rng
        Where chance comes from.
    """
    shapes, grid = _shapes(areas, rng)
    drawn = shapely.transform(shapes, lambda xy: np.round(to_degrees(xy, size), DIGITS))
    sound = shapely.is_valid(drawn)  # among a hundred thousand, one has a spike once it is written
    shapes, grid, drawn = shapes[sound], grid[sound], drawn[sound]
    area = shapely.area(shapes)
    share = area / np.bincount(grid, area, len(areas.grids))[grid]
    people = areas.grids["residents"].to_numpy(dtype=np.float64)[grid] * share * HOUSED_SHARE
    kinds = rng.choice(list(KINDS), len(grid), p=list(KINDS.values()))
    kinds[rng.choice(len(kinds), 2, replace=False)] = "abandoned"  # even a town has some
    table = pd.DataFrame(
        {
            "compound_id": [f"C{n:06d}" for n in range(1, len(grid) + 1)],
            "name": names.combined(rng, len(grid), tuple(names.pairs(rng)), SUFFIXES),
            "kind": kinds,
            "residents": pd.array(people.astype(np.int64), dtype="Int64"),
            "households": pd.array((people / PERSONS_IN_HOUSEHOLD).astype(np.int64), dtype="Int64"),
        }
    )
    return gpd.GeoDataFrame(table, geometry=drawn, crs=CRS), grid


def _shapes(
    areas: Areas, rng: np.random.Generator
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    chance = areas.grids["kind"].map(HOUSED).fillna(0.0).to_numpy()
    grid = np.flatnonzero(rng.uniform(size=len(chance)) < chance)
    inset = shapely.buffer(areas.metric[grid], -SETBACK_M, join_style="mitre")
    inset, grid = _solid(inset, grid)
    manner = rng.choice(3, len(grid), p=(WHOLE, BOTH, ONE))
    cut = manner > 0
    first, second = _halves(inset[cut], rng)
    both = manner[cut] == 1
    shapes = np.concatenate([inset[~cut], first, second[both]])
    owner = np.concatenate([grid[~cut], grid[cut], grid[cut][both]])
    shapes, owner = _solid(shapes, owner)
    order = np.argsort(owner, kind="stable")
    return shapes[order], owner[order]


def _solid(
    shapes: NDArray[np.object_], owner: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Keep shapes of one part that are large enough."""
    whole = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    kept = whole & (shapely.area(shapes) > SMALLEST_M2)
    return shapes[kept], owner[kept]


def _halves(
    shapes: NDArray[np.object_], rng: np.random.Generator
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Cut shapes across their longer side, leaving a lane between the halves."""
    corner = shapely.get_coordinates(shapely.oriented_envelope(shapes)).reshape(-1, 5, 2)
    side = np.hypot(*np.moveaxis(corner[:, 1:3] - corner[:, 0:2], -1, 0))
    turned = side[:, 1] > side[:, 0]
    corner = np.where(turned[:, None, None], np.roll(corner[:, :4], -1, axis=1), corner[:, :4])
    long = side.max(axis=1)
    share = rng.uniform(0.42, 0.58, len(shapes))
    lane = LANE_M / long / 2
    start = shapely.polygons(_quadrangle(corner, np.zeros(len(shapes)), share - lane))
    stop = shapely.polygons(_quadrangle(corner, share + lane, np.ones(len(shapes))))
    return shapely.intersection(shapes, start), shapely.intersection(shapes, stop)


def _quadrangle(corner: Floats, low: Floats, high: Floats) -> Floats:
    """Return the part of a rectangle between two shares of its first side."""
    run = corner[:, 1] - corner[:, 0]
    lows, highs = low[:, None] * run, high[:, None] * run
    near, far = corner[:, 0], corner[:, 3]
    return np.stack([near + lows, near + highs, far + highs, far + lows], axis=1)
