"""Creating a grid from an outline that was drawn by hand."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gridmap.errors import InvalidError
from gridmap.mending.coding import issue_codes, require_unused
from gridmap.mending.mended import THIN_M, Mending, Work, drawn_rows, lineage_rows, width_m
from gridmap.mending.vertices import (
    SNAP_M,
    Floats,
    Shapes,
    corners,
    multipolygon,
    rebuilt,
    snapped,
    unit_m,
    with_vertices,
)

if TYPE_CHECKING:
    from pyproj import CRS


def create(  # noqa: PLR0913 - what is drawn, what it will be called, and where it may lie
    grids: gpd.GeoDataFrame,
    outline: shapely.Polygon,
    *,
    parent: str,
    used: Collection[str],
    name: str | None = None,
    code: str | None = None,
    community: shapely.Polygon | shapely.MultiPolygon | None = None,
    metric: CRS | None = None,
) -> Mending:
    """
    Create a grid.

    Parameters
    ----------
    grids
        The layer, in any CRS.
    outline
        What was drawn, in the same CRS. Within `SNAP_M` of a vertex or an edge of other grids or
        of the community it is moved onto it.
    parent
        Its community, or subdistrict.
    used
        Every grid code that was ever given.
    name, code
        What it will be called; the next free code if left out.
    community
        The ground of the parent, in the same CRS; not looked at if left out.
    metric
        As for `split`.

    Returns
    -------
    Mending
        What is drawn over existing grids, or outside of the community, is cut away, and so is what
        would be left of it in parts thinner than `THIN_M`; ``trimmed_m2`` says how much. Moving the
        outline by snapping is not counted.

    Raises
    ------
    InvalidError
        If the outline is not valid, or nothing of it is left.
    ConflictError
        If the code was given before.
    CodesExhaustedError
        If the parent has no codes left.
    """
    work, unit = Work(grids, metric), unit_m(grids)
    require_unused(code or "", {*used, *grids.index})
    if not outline.is_valid or outline.is_empty:
        msg = "The outline is not valid: {reason}."
        raise InvalidError(msg, reason=shapely.is_valid_reason(outline))
    around = _around(grids, outline, unit)
    bounds = around if community is None else np.append(around, community)
    drawn = _snapped(outline, bounds, unit)
    around = _with_corners_of(around, drawn, unit)
    inside = drawn
    if community is not None:
        ground = _with_corners_of(np.array([community], dtype=object), drawn, unit)[0]
        inside = shapely.intersection(drawn, ground)
    left = _wide(shapely.difference(inside, shapely.union_all(around)), unit)
    _require_ground(left, inside, parent)
    whole = with_vertices(left, corners(shapely.geometrycollections(around)), unit)
    trimmed = work.area_m2([drawn])[0] - work.area_m2([whole])[0]
    row = gpd.GeoDataFrame({"parent": [parent]}, geometry=[whole], crs=grids.crs)
    given = code or issue_codes(row, {*used, *grids.index}).iloc[0]
    rows = drawn_rows({given: whole}, grids, name=name, parent=parent)
    lineage = lineage_rows([(None, given, "create", float("nan"))], work.area_m2([whole]))
    return work.finish(rows, (), lineage, max(0.0, float(trimmed)))


def _around(grids: gpd.GeoDataFrame, outline: shapely.Polygon, unit: Floats) -> Shapes:
    reach = SNAP_M / unit.min()
    at = grids.sindex.query(outline, predicate="dwithin", distance=reach)
    shapes: Shapes = grids.geometry.to_numpy()[np.sort(at)]
    return shapes


def _snapped(outline: shapely.Polygon, bounds: Shapes, unit: Floats) -> shapely.Geometry:
    """Move the outline onto the vertices and edges near it, unless that would make it invalid."""
    if not len(bounds):
        return outline
    ground = shapely.geometrycollections(bounds)
    on_edges = rebuilt(outline, lambda ring: snapped(ring, ground, unit))
    flat, bounds_flat = (shapely.transform(one, lambda xy: xy * unit) for one in (on_edges, ground))
    moved = shapely.snap(flat, bounds_flat, SNAP_M)
    # Snapping only picks among vertices that there are: each goes back to its very coordinates
    known = corners(shapely.geometrycollections([on_edges, ground]))
    places = {tuple(at): place for at, place in zip((known * unit).tolist(), known, strict=True)}
    moved = shapely.transform(moved, lambda xy: np.array([places[tuple(at)] for at in xy.tolist()]))
    return moved if moved.is_valid and not moved.is_empty else outline


def _wide(shape: shapely.Geometry, unit: Floats) -> shapely.MultiPolygon:
    parts = shapely.get_parts(multipolygon(shape))
    if not len(parts):
        return shapely.MultiPolygon()
    return shapely.MultiPolygon(list(parts[width_m(parts, unit) >= THIN_M]))


def _require_ground(left: shapely.MultiPolygon, inside: shapely.Geometry, parent: str) -> None:
    if not left.is_empty:
        return
    if inside.is_empty:
        msg = "The outline lies outside of {parent}."
        raise InvalidError(msg, parent=parent)
    msg = "Nothing of the outline is left that other grids do not have; {least_m:g} m are needed."
    raise InvalidError(msg, least_m=THIN_M)


def _with_corners_of(shapes: Shapes, drawn: shapely.Geometry, unit: Floats) -> Shapes:
    """Give others the vertices that were moved onto their edges, so that both have the same."""
    xy = corners(drawn)
    given = np.empty(len(shapes), dtype=object)
    given[:] = [with_vertices(shape, xy, unit) for shape in shapes]
    return given
