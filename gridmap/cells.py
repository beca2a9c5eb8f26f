"""
Cells: equal squares or hexagons for statistics, where grids are too unequal to compare.

A cell's place is counted from the origin of the CRS, so a cell keeps its code when the area grows.
Neighbours share their vertices to the last bit.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from gridmap.errors import InvalidError
from gridmap.metric import require_metric

MOST_CELLS = 2_000_000


def square_cells(area: gpd.GeoDataFrame | gpd.GeoSeries, size_m: float) -> gpd.GeoDataFrame:
    """
    Cover an area with squares.

    Parameters
    ----------
    area
        Polygons in metres. The fewer the better: the outline of the city, not its grids.
    size_m
        Side of a square.

    Returns
    -------
    geopandas.GeoDataFrame
        Whole squares that share ground with the area, indexed by ``code``
        (``sq-<side>-<column>-<row>``), with ``share``: how much of the square is inside, above 0
        and up to 1.

    Raises
    ------
    CrsError
        If the area is not in metres.
    InvalidError
        If the side is not positive, or so small that there would be millions of cells.

    Examples
    --------
    >>> town = gpd.GeoSeries([shapely.box(0, 0, 1000, 250)], crs="EPSG:4550")
    >>> square_cells(town, 500)["share"].to_dict()
    {'sq-500-0-0': 0.5, 'sq-500-1-0': 0.5}
    """
    ground = _ground(area, size_m, "Squares")
    west, south, east, north = ground.bounds
    columns, rows = _lattice(
        (np.floor(west / size_m), np.floor(south / size_m)),
        (np.ceil(east / size_m), np.ceil(north / size_m)),
    )
    across = columns[:, np.newaxis] + np.array([0, 1, 1, 0, 0])
    up = rows[:, np.newaxis] + np.array([0, 0, 1, 1, 0])
    shapes = shapely.polygons(np.stack([across * size_m, up * size_m], axis=-1))
    codes = [f"sq-{size_m:g}-{c}-{r}" for c, r in zip(columns, rows, strict=True)]
    return _covering(shapes, codes, ground, area.crs)


def hexagon_cells(area: gpd.GeoDataFrame | gpd.GeoSeries, size_m: float) -> gpd.GeoDataFrame:
    r"""
    Cover an area with hexagons that stand on a corner.

    Parameters
    ----------
    area
        As `square_cells`.
    size_m
        Between two opposite sides, which is also the distance between neighbouring centres; a
        hexagon has :math:`\frac{\sqrt3}{2}` of the ground of a square of that size.

    Returns
    -------
    geopandas.GeoDataFrame
        As `square_cells`; codes are ``hex-<size>-<column>-<row>``.

    Raises
    ------
    CrsError, InvalidError
        As `square_cells`.
    """
    ground = _ground(area, size_m, "Hexagons")
    half, quarter = size_m / 2.0, size_m / np.sqrt(12.0)  # half a width; a quarter of a height
    west, south, east, north = ground.bounds
    columns, rows = _lattice(
        (np.floor(west / size_m) - 1, np.floor(south / (3 * quarter)) - 1),
        (np.ceil(east / size_m) + 1, np.ceil(north / (3 * quarter)) + 2),
    )
    # Corners lie on a lattice of halves and quarters: whole numbers until the very end.
    across = (2 * columns + rows % 2)[:, np.newaxis] + np.array([0, 1, 1, 0, -1, -1, 0])
    up = (3 * rows)[:, np.newaxis] + np.array([-2, -1, 1, 2, 1, -1, -2])
    shapes = shapely.polygons(np.stack([across * half, up * quarter], axis=-1))
    codes = [f"hex-{size_m:g}-{c}-{r}" for c, r in zip(columns, rows, strict=True)]
    return _covering(shapes, codes, ground, area.crs)


def cell_places(cells: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Say of cells where they lie: the division that has their middle, and a number in it.

    Parameters
    ----------
    cells
        As `square_cells` or `hexagon_cells` return them.
    divisions
        Areas indexed by code, with ``name``, in any CRS; those that are not drawn, or have no name,
        are passed over.

    Returns
    -------
    pandas.DataFrame
        On the index of `cells`: ``place``, the name of the division that has the middle of the
        cell, or is nearest to it; ``number``, from 1 for each place, by rows from the north and
        from west to east in a row; ``name``, both together. Place and name are missing where there
        is no division. Divisions of one name count on, so that no name is there twice.

    Notes
    -----
    The name is for people; what is kept refers to the code, which stays when the area grows.

    Examples
    --------
    >>> town = gpd.GeoDataFrame(
    ...     {"name": ["East"]}, geometry=[shapely.box(0, 0, 1000, 500)], crs="EPSG:4550"
    ... )
    >>> cell_places(square_cells(town, 500), town)["name"].to_dict()
    {'sq-500-0-0': 'East · 1', 'sq-500-1-0': 'East · 2'}
    """
    place = pd.Series(_nearest(cells, divisions), index=cells.index, dtype="str")
    west, south = cells.bounds["minx"], cells.bounds["miny"]
    order = np.lexsort((west, -south))  # cells of a row share their vertices to the last bit
    ordered = place.fillna("").iloc[order]
    number = (ordered.groupby(ordered).cumcount() + 1).reindex(cells.index)
    return pd.DataFrame(
        {"place": place, "number": number, "name": place + " · " + number.astype("str")}
    )


def _nearest(cells: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the name of the division nearest to the middle of each cell, of two the lower code."""
    drawn = divisions[divisions["name"].notna() & ~divisions.geometry.isna()]
    drawn = drawn[~drawn.geometry.is_empty].sort_index().to_crs(cells.crs)
    found = np.full(len(cells), None, dtype=object)
    if drawn.empty or not len(cells):
        return found
    middles = shapely.centroid(cells.geometry.to_numpy())
    pairs = shapely.STRtree(drawn.geometry.to_numpy()).query_nearest(middles)
    cell, division = pairs[:, np.lexsort(pairs[::-1])]
    first = np.unique(cell, return_index=True)[1]
    found[cell[first]] = drawn["name"].to_numpy()[division[first]]
    return found


def _ground(area: gpd.GeoDataFrame | gpd.GeoSeries, size_m: float, what: str) -> BaseGeometry:
    require_metric(area, what)
    if not size_m > 0:
        msg = "Cells need a size above 0 m; {size} was asked for."
        raise InvalidError(msg, size=size_m)
    ground = shapely.union_all(area.geometry.to_numpy())
    if not ground.area > 0:
        msg = "Cells need an area to cover; this one is empty."
        raise InvalidError(msg)
    west, south, east, north = ground.bounds
    wanted = (east - west) * (north - south) / size_m**2
    if wanted > MOST_CELLS:
        msg = "Cells of {size} m would be about {wanted}; at most {most} are drawn."
        raise InvalidError(msg, size=size_m, wanted=round(wanted), most=MOST_CELLS)
    return ground


def _lattice(
    first: tuple[float, float], last: tuple[float, float]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return column and row of every cell from `first` to before `last`."""
    columns, rows = np.meshgrid(
        np.arange(int(first[0]), int(last[0])), np.arange(int(first[1]), int(last[1]))
    )
    return columns.ravel(), rows.ravel()


def _covering(
    shapes: NDArray[np.object_], codes: list[str], ground: BaseGeometry, crs: CRS
) -> gpd.GeoDataFrame:
    shapely.prepare(ground)
    share = shapely.covers(ground, shapes).astype(np.float64)
    border = np.flatnonzero((share == 0) & shapely.intersects(ground, shapes))
    if border.size:
        # Cutting the ground into the rows of the cells first spares each cell the whole outline.
        south, which = np.unique(shapely.bounds(shapes[border])[:, 1], return_inverse=True)
        height = np.ptp(shapely.bounds(shapes[0])[[1, 3]])
        west, _, east, _ = ground.bounds
        strips = shapely.intersection(ground, shapely.box(west, south, east, south + height * 1.01))
        inside = shapely.area(shapely.intersection(shapes[border], strips[which]))
        share[border] = np.minimum(inside / shapely.area(shapes[border]), 1.0)
    frame = gpd.GeoDataFrame(
        {"share": share}, geometry=shapes, index=pd.Index(codes, name="code", dtype="str"), crs=crs
    )
    return frame[share > 0]
