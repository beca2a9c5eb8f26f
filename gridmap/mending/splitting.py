"""Splitting a grid along a line that was drawn, or along a road."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.errors import InvalidError
from gridmap.mending.coding import issue_codes
from gridmap.mending.mended import (
    THIN_M,
    Mending,
    Step,
    Work,
    drawn_rows,
    lineage_rows,
    width_m,
)
from gridmap.mending.vertices import Floats, Shapes, multipolygon, snapped, unit_m, with_vertices

if TYPE_CHECKING:
    from pyproj import CRS

Keep: TypeAlias = Literal["none", "largest"]


def split(
    grids: gpd.GeoDataFrame,
    code: str,
    line: shapely.LineString,
    *,
    used: Collection[str],
    keep: Keep = "none",
    metric: CRS | None = None,
) -> Mending:
    """
    Split a grid along a line.

    Parameters
    ----------
    grids
        The layer, in any CRS.
    code
        Which grid.
    line
        LineString or MultiLineString in the same CRS; what runs outside of the grid, and ends that
        stop inside of it, do not count. Where it meets the grid's border within `SNAP_M` of a
        vertex it goes through that vertex; an end that stops within `SNAP_M` of the border is drawn
        on to it.
    used
        Every grid code that was ever given.
    keep
        ``none``: every part gets a new code and the old one ends. ``largest``: the largest part
        keeps the code, the others get new ones.
    metric
        CRS in metres in which areas are measured; chosen by `gridmap.metric.metric_crs` if left
        out.

    Returns
    -------
    Mending
        The parts have the grid's parent and kind, and no residents, because how these divide is
        not known; the part that keeps the code keeps the name too. A part of a grid in several
        parts that the line does not meet goes with the nearest of those it makes.

    Raises
    ------
    NotFoundError
        If there is no such grid.
    InvalidError
        If the line does not cross the grid, or makes a part thinner than `THIN_M`.
    CodesExhaustedError
        If the parent has no codes left.
    """
    work = Work(grids, metric)
    old = work.row(code)
    parts = divide(old.geometry, line, unit_m(grids))
    _require_parts(code, parts, unit_m(grids))
    parts = parts[np.argsort(-work.area_m2(parts), kind="stable")]
    new = parts[keep == "largest" :]
    named = gpd.GeoDataFrame(geometry=list(new), crs=grids.crs).assign(parent=old["parent"])
    issued = issue_codes(named, {*used, *grids.index}).to_list()
    codes = [code, *issued] if keep == "largest" else issued
    rows = drawn_rows(
        dict(zip(codes, parts, strict=True)),
        grids,
        name=[old["name"] if one == code else None for one in codes],
        parent=old["parent"],
        kind=old["kind"],
    )
    areas = work.area_m2(parts)
    steps: list[Step] = [
        (code, to, "split", float(share))
        for to, share in zip(codes, areas / areas.sum(), strict=True)
    ]
    return work.finish(rows, () if keep == "largest" else (code,), lineage_rows(steps, areas))


def divide(shape: shapely.Geometry, line: shapely.Geometry, unit: Floats) -> Shapes:
    """
    Cut a shape along a line, without a look at codes.

    Parameters
    ----------
    shape
        A Polygon or MultiPolygon.
    line
        LineString or MultiLineString in the same CRS.
    unit
        Metres in a unit of the coordinates, as `gridmap.mending.vertices.unit_m`.

    Returns
    -------
    numpy.ndarray of MultiPolygon
        One part if the line does not cross the shape. Every vertex of the shape is one of the parts
        that have its place.
    """
    inside = shapely.get_parts(shapely.line_merge(shapely.intersection(shape, line)))
    inside = inside[shapely.get_type_id(inside) == shapely.GeometryType.LINESTRING]
    cuts = [_between_borders(one, shape, unit) for one in inside]
    cuts = [cut for cut in cuts if shapely.length(cut) > 0]
    if not cuts:
        return np.array([multipolygon(shape)], dtype=object)
    ends = np.array([cut.coords[end] for cut in cuts for end in (0, -1)])
    noded = shapely.union_all([shapely.boundary(with_vertices(shape, ends, unit)), *cuts])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    faces = faces[shapely.covers(shape, shapely.point_on_surface(faces))]
    return _with_loose_parts(faces, shape)


def _between_borders(
    piece: shapely.LineString, shape: shapely.Geometry, unit: Floats
) -> shapely.LineString:
    """Bring the ends of a piece of the line onto the vertices and edges they are meant to meet."""
    xy = shapely.get_coordinates(piece).copy()
    xy[[0, -1]] = snapped(xy[[0, -1]], shape, unit)
    return shapely.LineString(xy)


def _with_loose_parts(faces: Shapes, shape: shapely.Geometry) -> Shapes:
    """Leave the parts that were cut as they are cut, and give each other one to the nearest."""
    whole = shapely.get_parts(shape)
    inside = shapely.point_on_surface(faces)
    part = np.array([int(np.argmin(shapely.distance(whole, spot))) for spot in inside])
    cut = np.flatnonzero(np.bincount(part, minlength=len(whole)) > 1)
    if not len(cut):
        return np.array([multipolygon(shape)], dtype=object)
    pieces = faces[np.isin(part, cut)]
    member = [[piece] for piece in pieces]
    for loose in faces[~np.isin(part, cut)]:
        member[_nearest(pieces, loose)].append(loose)
    return np.array([shapely.MultiPolygon(polygons) for polygons in member], dtype=object)


def _nearest(pieces: Shapes, loose: shapely.Geometry) -> int:
    apart: NDArray[np.float64] = shapely.distance(pieces, loose)
    return int(np.lexsort((-shapely.area(pieces), apart))[0])


def _require_parts(code: str, parts: Shapes, unit: Floats) -> None:
    if len(parts) == 1:
        msg = "The line does not cross the grid {code}."
        raise InvalidError(msg, code=code)
    width = width_m(parts, unit)
    if width.min() < THIN_M:
        msg = "A part of {code} would be {width_m:.1f} m wide on average; {least_m:g} m are needed."
        raise InvalidError(msg, code=code, width_m=width.min(), least_m=THIN_M)
