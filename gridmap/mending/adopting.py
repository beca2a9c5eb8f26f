"""Adopting grids that were drawn elsewhere, such as those of a proposal."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gridmap.mending.coding import require_unused
from gridmap.mending.mended import Mending, Step, Work, lineage_rows
from gridmap.mending.vertices import ON_M, corners, unit_m, with_vertices

if TYPE_CHECKING:
    from pyproj import CRS


def adopt(
    grids: gpd.GeoDataFrame,
    drawn: gpd.GeoDataFrame,
    *,
    used: Collection[str],
    metric: CRS | None = None,
) -> Mending:
    """
    Take new grids into the layer as they are drawn.

    Parameters
    ----------
    grids
        The layer, in any CRS.
    drawn
        Rows of the layer with codes that are new, in the same CRS.
    used
        Every grid code that was ever given.
    metric
        As for `split`.

    Returns
    -------
    Mending
        The rows, and the neighbours that get vertices of theirs.

    Raises
    ------
    InvalidError
        If a shape is not valid.
    ConflictError
        If a code was given before, or a grid would overlap one that is there.
    """
    for code in drawn.index:
        require_unused(code, {*used, *grids.index})
    work, unit = Work(grids, metric), unit_m(drawn)
    reach = ON_M / unit.min()
    shapes = drawn.geometry.to_numpy()
    beside = np.unique(grids.sindex.query(shapes, predicate="dwithin", distance=reach)[1])
    xy = corners(shapely.geometrycollections(grids.geometry.to_numpy()[beside]))
    rows = drawn.set_geometry(
        gpd.GeoSeries(
            [with_vertices(shape, xy, unit) for shape in shapes], index=drawn.index, crs=drawn.crs
        )
    )
    steps: list[Step] = [(None, code, "create", float("nan")) for code in drawn.index]
    return work.finish(rows, (), lineage_rows(steps, work.area_m2(shapes)))
