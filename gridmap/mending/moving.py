"""Moving the border that grids share: its vertices move in every grid that has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import geopandas as gpd
import numpy as np
import shapely

from gridmap.errors import InvalidError, NotFoundError
from gridmap.mending.mended import (
    NOISE_SHARE,
    Mending,
    Step,
    Work,
    lineage_rows,
    require_valid,
)
from gridmap.mending.vertices import Floats, Shapes, corners, near, rebuilt, unit_m

if TYPE_CHECKING:
    import pandas as pd
    from pyproj import CRS

Vertex: TypeAlias = tuple[float, float]
Insert: TypeAlias = tuple[Vertex, Vertex, Vertex]
MEANT_M = 0.05
"""A vertex may be named by coordinates that are rounded by as much: 7 decimals of a degree."""


def move_border(
    grids: gpd.GeoDataFrame,
    moves: Mapping[Vertex, Vertex],
    *,
    inserts: Sequence[Insert] = (),
    metric: CRS | None = None,
) -> Mending:
    """
    Move vertices, and put new ones on edges, in every grid that has them.

    Parameters
    ----------
    grids
        The layer, in any CRS.
    moves
        Where a vertex is → where it goes, in the same CRS. A vertex is the nearest one within
        `MEANT_M`, because pages round coordinates.
    inserts
        Start and end of an edge, as they are before `moves`, and the new vertex between them; of
        several on one edge, each has the one before it as its start.
    metric
        As for `split`.

    Returns
    -------
    Mending
        The lineage says what ground went to which neighbour (act ``reshape``); grids that only got
        a vertex are rows to write, but are not in the lineage.

    Raises
    ------
    NotFoundError
        If no grid has such a vertex or edge.
    InvalidError
        If nothing is to be moved, or a grid would cross itself.
    ConflictError
        If a grid would overlap another, which has none of the vertices that were moved.
    """
    if not moves and not inserts:
        msg = "No vertex is to be moved."
        raise InvalidError(msg)
    work, unit, shapes = Work(grids, metric), unit_m(grids), grids.geometry.to_numpy().copy()
    named = np.array([*moves, *(place for start, end, _ in inserts for place in (start, end))])
    at = near(shapes, named, MEANT_M, unit)
    taken = shapes[at]
    for start, end, new in inserts:
        taken = _with_insert(taken, start, end, new, unit)
    shapes[at] = _moved(taken, moves, unit)
    old = grids.geometry.to_numpy()
    changed = at[[shapes[k] is not old[k] for k in at]]
    rows = grids.iloc[changed].set_geometry(
        gpd.GeoSeries(shapes[changed], index=grids.index[changed], crs=grids.crs)
    )
    require_valid(rows)
    return work.finish(rows, (), _reshaped(work, rows))


def _with_insert(shapes: Shapes, start: Vertex, end: Vertex, new: Vertex, unit: Floats) -> Shapes:
    every = corners(shapely.geometrycollections(shapes))
    first, last = _vertex(every, start, unit), _vertex(every, end, unit)

    def insert(ring: Floats) -> Floats:
        here, after = ring[:-1], ring[1:]
        ahead = (here == first).all(axis=1) & (after == last).all(axis=1)
        astern = (here == last).all(axis=1) & (after == first).all(axis=1)
        return np.insert(ring, np.flatnonzero(ahead | astern) + 1, np.array(new), axis=0)

    given = _redrawn(shapes, insert)
    if all(one is other for one, other in zip(given, shapes, strict=True)):
        msg = "No grid has an edge from {start} to {end}."
        raise NotFoundError(msg, start=start, end=end)
    return given


def _moved(shapes: Shapes, moves: Mapping[Vertex, Vertex], unit: Floats) -> Shapes:
    every = corners(shapely.geometrycollections(shapes))
    place = {tuple(_vertex(every, vertex, unit).tolist()): to for vertex, to in moves.items()}

    def move(ring: Floats) -> Floats:
        return np.array([place.get(tuple(vertex), tuple(vertex)) for vertex in ring.tolist()])

    return _redrawn(shapes, move)


def _redrawn(shapes: Shapes, change: Callable[[Floats], Floats]) -> Shapes:
    """Redraw shapes; one whose rings stay the same stays the same object."""
    drawn = np.array([rebuilt(shape, change) for shape in shapes], dtype=object)
    return np.where(shapely.equals_exact(drawn, shapes, tolerance=0.0), shapes, drawn)


def _vertex(every: Floats, meant: Vertex, unit: Floats) -> Floats:
    apart = np.hypot(*((every - np.array(meant)) * unit).T)
    if apart.min(initial=np.inf) > MEANT_M:
        msg = "No grid has a vertex at {x}, {y}."
        raise NotFoundError(msg, x=meant[0], y=meant[1])
    found: Floats = every[int(apart.argmin())]
    return found


def _reshaped(work: Work, rows: gpd.GeoDataFrame) -> pd.DataFrame:
    """Say what part of each old grid is in each new one; nothing of those that stay as they are."""
    old = work.grids.geometry.loc[rows.index].to_numpy()
    new = rows.geometry.to_numpy()
    one, other = shapely.STRtree(new).query(old, predicate="intersects")
    common = work.area_m2(shapely.intersection(old[one], new[other]))
    before, after = work.area_m2(old), work.area_m2(new)
    share = common / before[one]
    own = one == other
    stays = np.zeros(len(rows), dtype=np.bool_)
    least = 1 - NOISE_SHARE
    stays[one[own]] = (share[own] > least) & (common[own] > least * after[one[own]])
    listed = np.flatnonzero((share > NOISE_SHARE) & ~stays[one])
    steps: list[Step] = [
        (rows.index[one[k]], rows.index[other[k]], "reshape", float(share[k])) for k in listed
    ]
    return lineage_rows(steps, common[listed])
