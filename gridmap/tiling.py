"""
Tiling: how polygons cut a parent into shares, overlaps and a rest.

A clean drawing is recognised first (a valid coverage whose union is the parent) and answered as it
is; only a faulty one is overlaid.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Shapes: TypeAlias = NDArray[np.object_]
Part: TypeAlias = tuple[tuple[int, ...], shapely.MultiPolygon]
# Overlays round vertices to the last place of a coordinate, 1e-9 m for northings in the millions
SLIVER_WIDTH_M = 1e-8
NOTHING = shapely.MultiPolygon()


def is_clean(shapes: Shapes, parent: shapely.Geometry | None) -> bool:
    """
    Say whether polygons tile their parent exactly, with shared vertices.

    Parameters
    ----------
    shapes
        n valid polygons.
    parent
        What they should tile; none if they need only not overlap.
    """
    if not shapely.coverage_is_valid(shapes):
        return False
    if parent is None:
        return True
    union = shapely.coverage_union_all(shapes)
    return abs(union.area - parent.area) <= 1e-9 * parent.area and shapely.equals(union, parent)


def tile(shapes: Shapes, parent: shapely.Geometry | None) -> tuple[Shapes, shapely.MultiPolygon]:
    """
    Cut a parent into one share for each polygon, and the rest.

    Parameters
    ----------
    shapes
        n valid polygons; where two overlap, the earlier has the ground.
    parent
        What is cut; none if nothing limits the polygons.

    Returns
    -------
    shares, rest
        n geometries without a common interior, empty where nothing is left; what no polygon
        covers.
    """
    if is_clean(shapes, parent):
        return shapes, NOTHING
    parts = arrange(shapes, parent)
    owned: dict[int, list[shapely.Geometry]] = {}
    rest = NOTHING
    for members, shape in parts:
        if members:
            owned.setdefault(members[0], []).append(shape)
        else:
            rest = shape
    shares = [shapely.union_all(owned[n]) if n in owned else NOTHING for n in range(len(shapes))]
    return np.array(shares, dtype=object), rest


def arrange(shapes: Shapes, parent: shapely.Geometry | None) -> list[Part]:
    """
    Cut a parent into parts that lie in the same polygons.

    Parameters
    ----------
    shapes
        n valid polygons.
    parent
        What is cut; none if nothing limits the polygons.

    Returns
    -------
    list of (members, shape)
        ``members`` are positions in `shapes`, ascending; none for the part that no polygon covers,
        which comes last, if there is one. The parts have no common interior.
    """
    inside = shapes if parent is None else _clipped(shapes, parent)
    suspect = ~shapely.is_empty(shapely.coverage_invalid_edges(inside))
    group = _overlapping(inside, suspect)
    parts: list[Part] = []
    for label in range(group.max(initial=-1) + 1):
        members = np.flatnonzero(group == label)
        parts += _arrange_group(members, inside)
    if parent is not None:
        unite = shapely.union_all if suspect.any() else shapely.coverage_union_all
        rest = polygonal(shapely.difference([parent], unite(inside)))[0]
        if not rest.is_empty:
            parts.append(((), rest))
    return parts


def polygonal(shapes: Shapes) -> Shapes:
    """
    Keep the polygons of what an overlay left, without lines, points and rounding slivers.

    Parameters
    ----------
    shapes
        n geometries of any type.

    Returns
    -------
    numpy.ndarray of MultiPolygon, shape (n,)
        Empty where no polygon is wider (2 area / perimeter) than 1e-8 m.
    """
    parts, of = shapely.get_parts(shapes, return_index=True)
    keep = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (
        2 * shapely.area(parts) > SLIVER_WIDTH_M * shapely.length(parts)
    )
    found = np.full(len(shapes), NOTHING, dtype=object)
    shapely.multipolygons(parts[keep], indices=of[keep], out=found)
    return found


def _clipped(shapes: Shapes, parent: shapely.Geometry) -> Shapes:
    shapely.prepare(parent)
    within = shapely.covers(parent, shapes)
    clipped = shapes.copy()
    clipped[~within] = polygonal(shapely.intersection(shapes[~within], parent))
    return clipped


def _overlapping(shapes: Shapes, suspect: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Give polygons that overlap, directly or through others, the same number."""
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes[suspect], predicate="intersects")
    one = np.flatnonzero(suspect)[one]
    one, other = one[one != other], other[one != other]
    share = shapely.relate_pattern(shapes[one], shapes[other], "T********")
    one, other = one[share], other[share]
    n = len(shapes)
    links = coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(n, n))
    return connected_components(links, directed=False)[1]


def _arrange_group(members: NDArray[np.int64], shapes: Shapes) -> list[Part]:
    parts: list[Part] = []
    for member in members:
        new = shapes[member]
        after: list[Part] = []
        for owners, shape in parts:
            overlay = [shapely.intersection(shape, new), shapely.difference(shape, new)]
            common, left = polygonal(np.array(overlay, dtype=object))
            if common.is_empty:
                after.append((owners, shape))
                continue
            after.append(((*owners, int(member)), common))
            if not left.is_empty:
                after.append((owners, left))
            new = polygonal(shapely.difference(np.array([new]), shape))[0]
        parts = after if new.is_empty else [*after, ((int(member),), new)]
    return parts
