"""Inspection points of a demo city: the ten categories of a district's list, 87 places in all."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.demo import names
from gridmap.demo.areas import CRS, RIVER_KIND, Areas
from gridmap.demo.scatter import Scatter
from gridmap.demo.sizes import Size
from gridmap.demo.terrain import to_degrees

# Category: how many there are, what their names end in, in which kinds of grid they stand.
CATEGORIES = {
    "街道办": (8, "街道办事处", ("机关", "商圈")),
    "街道实践所": (8, "新时代文明实践所", ("机关", "小区")),
    "社区": (17, "社区居民委员会", ("小区",)),
    "社区实践站": (17, "新时代文明实践站", ("小区",)),
    "乡镇及所": (2, "镇人民政府", ("机关",)),
    "行政村及站": (28, "村村民委员会", ("小区", "厂区", "公园")),
    "实践中心": (1, "新时代文明实践中心", ("机关",)),
    "大型商场": (2, "购物广场", ("商圈",)),
    "实体店": (3, "农贸市场", ("市场",)),
    "青少年中心": (1, "青少年活动中心", ("校园",)),
}
REACHED_SHARE = 0.9
SETBACK_M = (9.0, 20.0)


def inspection_points(
    size: Size,
    areas: Areas,
    roads: gpd.GeoDataFrame,
    scatter: Scatter,
    rng: np.random.Generator,
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """
    Return the raw layer of inspection points, and the number of the grid that each stands in.

    Parameters
    ----------
    size
        Which city; large ones have the 87 many times over.
    areas, roads
        Where they stand, and what their addresses are.
    scatter
        Draws places in grids.
    rng
        Where chance comes from.
    """
    category = [c for c, (n, _, _) in CATEGORIES.items() for _ in range(n * size.inspection_scale)]
    grid = np.concatenate(
        [
            rng.choice(_grids(areas, kinds), n * size.inspection_scale)
            for n, _, kinds in CATEGORIES.values()
        ]
    )
    xy = to_degrees(scatter.beside_roads(grid, SETBACK_M, rng), size)
    points = shapely.points(xy)
    table = pd.DataFrame(
        {
            "point_id": [f"P{n:05d}" for n in range(1, len(category) + 1)],
            "name": _names(size, rng),
            "category": category,
            "status": np.where(
                rng.uniform(size=len(category)) < REACHED_SHARE, "reached", "not_reached"
            ),
            "address": _addresses(points, roads, rng),
        }
    )
    return gpd.GeoDataFrame(table, geometry=points, crs=CRS), grid


def _grids(areas: Areas, kinds: tuple[str, ...]) -> NDArray[np.int64]:
    chosen = np.flatnonzero(areas.grids["kind"].isin(kinds))
    return chosen if len(chosen) else np.flatnonzero(areas.grids["kind"] != RIVER_KIND)


def _names(size: Size, rng: np.random.Generator) -> list[str]:
    stems = tuple(names.pairs(rng))
    return [
        name
        for n, ending, _ in CATEGORIES.values()
        for name in names.combined(rng, n * size.inspection_scale, stems, (ending,))
    ]


def _addresses(
    points: NDArray[np.object_], roads: gpd.GeoDataFrame, rng: np.random.Generator
) -> list[str]:
    nearest = shapely.STRtree(roads.geometry.to_numpy()).nearest(points)
    numbers = rng.integers(1, 400, len(points))
    on = roads["name"].to_numpy()[nearest]
    return [f"{road}{number}号" for road, number in zip(on, numbers, strict=True)]
