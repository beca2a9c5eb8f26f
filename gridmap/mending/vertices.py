"""
Vertices: the corners of areas, given to every area that runs along them.

Coordinates stay in the CRS they are kept in. Only distances are taken in metres, after stretching
both axes by the length of a unit at the middle of the layer, which is right to a few parts in a
thousand within a city: enough for a tolerance, and no vertex is projected there and back.
"""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridmap._regions import as_multipolygons
from gridmap.errors import CrsError
from gridmap.metric import metres_per_degree, require_metric

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

SNAP_M = 1.0
"""What is drawn nearer than this to a vertex or an edge is meant to be on it."""
ON_M = 1e-4
"""A place nearer than this to an edge is on it: layers of one survey agree to a tenth of a mm."""


def unit_m(areas: gpd.GeoDataFrame | gpd.GeoSeries) -> Floats:
    """
    Measure one unit of a frame's coordinates.

    Parameters
    ----------
    areas
        Geometries in degrees or metres.

    Returns
    -------
    numpy.ndarray, shape (2,)
        Metres in one unit eastwards and northwards, at the middle of the frame.

    Raises
    ------
    CrsError
        If the frame has no CRS, or a projected one that is not in metres.
    """
    if areas.crs is None:
        msg = "Grids need a CRS; these have none."
        raise CrsError(msg)
    if CRS.from_user_input(areas.crs).is_projected:
        require_metric(areas, "Mending grids")
        return np.ones(2)
    south, north = areas.total_bounds[[1, 3]]
    return metres_per_degree(0.0 if np.isnan(south) else (south + north) / 2)


def corners(shape: shapely.Geometry) -> Floats:
    """
    Return each vertex of a shape once.

    Parameters
    ----------
    shape
        Any geometry.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        Sorted by x, then y.
    """
    return np.unique(shapely.get_coordinates(shape), axis=0)


def among(xy: Floats, others: Floats) -> NDArray[np.bool_]:
    """
    Say which places are, to the last bit, among others.

    Parameters
    ----------
    xy, others
        Coordinates, shapes (n, 2) and (m, 2).

    Returns
    -------
    numpy.ndarray, shape (n,)
        Negative zero is the same place as zero.
    """
    known = set(map(tuple, (others + 0.0).tolist()))
    return np.array([tuple(place) in known for place in (xy + 0.0).tolist()], dtype=np.bool_)


def near(shapes: Shapes, xy: Floats, within_m: float, unit: Floats) -> NDArray[np.int64]:
    """
    Find the shapes that have a place on them or within some metres.

    Parameters
    ----------
    shapes
        Areas.
    xy
        Places, shape (n, 2), in the same CRS.
    within_m
        How near, at least; shapes a little farther away may be among those found.
    unit
        As `unit_m`.

    Returns
    -------
    numpy.ndarray
        Positions in `shapes`, ascending.
    """
    if not len(xy):
        return np.empty(0, dtype=np.int64)
    tree = shapely.STRtree(shapes)
    reach = within_m / unit.min()
    return np.unique(tree.query(shapely.points(xy), predicate="dwithin", distance=reach)[1])


def with_vertices(shape: shapely.Geometry, xy: Floats, unit: Floats) -> shapely.Geometry:
    """
    Give a shape the vertices that lie on its edges.

    Parameters
    ----------
    shape
        A Polygon or MultiPolygon.
    xy
        Places, shape (n, 2); those that are nearer than `ON_M` to an edge and are no vertex yet
        become vertices of it.
    unit
        As `unit_m`.

    Returns
    -------
    shapely.Geometry
        The shape itself if nothing is to be given, else a new one whose other vertices are the
        same.
    """
    reach = ON_M / unit.min()
    close = shapely.dwithin(shapely.boundary(shape), shapely.points(xy), reach)
    new = xy[close]
    new = new[~among(new, corners(shape))]
    if not len(new):
        return shape
    given = rebuilt(shape, lambda ring: _inserted(ring, new, unit))
    counts = shapely.get_num_coordinates([shape, given])
    return given if counts[0] != counts[1] else shape


def rebuilt(shape: shapely.Geometry, change: Callable[[Floats], Floats]) -> shapely.Geometry:
    """
    Redraw every ring of a shape.

    Parameters
    ----------
    shape
        A Polygon or MultiPolygon.
    change
        Closed ring, shape (n, 2) → closed ring.

    Returns
    -------
    shapely.MultiPolygon
        Not looked at for validity.
    """
    parts = []
    for part in shapely.get_parts(shape):
        rings = [change(shapely.get_coordinates(ring)) for ring in shapely.get_rings(part)]
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    return shapely.MultiPolygon(parts)


def snapped(line: Floats, ground: shapely.Geometry, unit: Floats) -> Floats:
    """
    Move the places of a line that are meant to be on a border onto it.

    Parameters
    ----------
    line
        Coordinates, shape (n, 2).
    ground
        What has the border: an area, or a collection of areas.
    unit
        As `unit_m`.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        A place within `SNAP_M` of a vertex is on the nearest one; else, within `SNAP_M` of an
        edge, on the nearest place of the edge; else where it was.
    """
    moved = line.copy()
    vertices = corners(ground)
    border = ring_edges(ground)
    for number, place in enumerate(line):
        apart = np.hypot(*((vertices - place) * unit).T)
        if apart.min(initial=np.inf) <= SNAP_M:
            moved[number] = vertices[int(apart.argmin())]
            continue
        foot, distance, _ = _feet(border, place, unit)
        if distance.min(initial=np.inf) <= SNAP_M:
            moved[number] = foot[int(distance.argmin())]
    return moved


def ring_edges(shape: shapely.Geometry) -> Floats:
    """
    List the edges of a shape.

    Parameters
    ----------
    shape
        An area, or a collection of areas.

    Returns
    -------
    numpy.ndarray, shape (n, 2, 2)
        Edge, end, axis.
    """
    polygons = shapely.get_parts(shapely.get_parts(shape))
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(polygons)]
    edges = [np.stack([ring[:-1], ring[1:]], axis=1) for ring in rings]
    return np.concatenate(edges) if edges else np.empty((0, 2, 2))


def multipolygon(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """
    Return the polygons of a shape as the layer keeps them.

    Parameters
    ----------
    shape
        Any geometry; its points and lines are left out.
    """
    parts = shapely.get_parts(shape)
    flat = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    whole: shapely.MultiPolygon = (
        as_multipolygons(np.array([shape], dtype=object))[0]
        if len(flat) == len(parts)
        else shapely.MultiPolygon(list(flat))
    )
    return whole


def _feet(edges: Floats, place: Floats, unit: Floats) -> tuple[Floats, Floats, Floats]:
    """Nearest place of each edge: coordinates, metres away, and share of the edge before it."""
    start, along = edges[:, 0], edges[:, 1] - edges[:, 0]
    scaled = along * unit
    square = (scaled * scaled).sum(axis=1)
    dot = ((place - start) * unit * scaled).sum(axis=1)
    share = np.clip(np.divide(dot, square, out=np.zeros(len(dot)), where=square > 0), 0.0, 1.0)
    foot = start + share[:, None] * along
    return foot, np.hypot(*((foot - place) * unit).T), share


def _inserted(ring: Floats, xy: Floats, unit: Floats) -> Floats:
    """Put each place that is on an edge of the ring between the two ends of the nearest one."""
    edges = np.stack([ring[:-1], ring[1:]], axis=1)
    found = []
    for place in xy:
        _, distance, share = _feet(edges, place, unit)
        edge = int(distance.argmin())
        if distance[edge] <= ON_M and 0.0 < share[edge] < 1.0:
            found.append((edge, float(share[edge]), place))
    if not found:
        return ring
    found.sort(key=lambda hit: hit[:2])
    return np.insert(ring, [edge + 1 for edge, _, _ in found], [xy for _, _, xy in found], axis=0)
