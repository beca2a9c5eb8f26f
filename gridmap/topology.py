"""
The topology of a level of the city: every border once, with the area on either side.

A level is a planar partition whose areas share their vertices exactly. Read into arcs once for
each version of a layer, it answers in linear time who lies beside whom (`contiguity`), what several
areas are together (`dissolve`), and how the level looks with fewer vertices and no slivers
(`simplify`). An edge that no neighbour shares is on the outline, or is a suspect of
`gridmap.audit`. Only coordinates equal to the last bit are the same vertex; nothing is snapped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import coo_array, csr_array

from gridmap import _arcs, _rings
from gridmap._arcs import Bools, Floats, Ints, Numbers
from gridmap._regions import Arcs, as_multipolygons, assemble
from gridmap.errors import NotFoundError
from gridmap.metric import require_metric

SHRINK = np.array([1.0, 1 / 4, 1 / 16, 0.0])
"""Share of the tolerance that an arc gets in each attempt, until every area is valid."""


@dataclass(frozen=True, eq=False)
class CrowdedEdges:
    """
    Edges walked more than once in one direction, so that areas on the same side overlap.

    Each edge is listed once for every time an area's ring runs along it.

    Parameters
    ----------
    edge
        Which entries are the same edge.
    owner
        Whose ring it is: a position in `Topology.owners`; the area is on the left.
    start, end
        Node numbers.
    """

    edge: Numbers
    owner: Numbers
    start: Ints
    end: Ints


@dataclass(frozen=True, eq=False)
class Topology:
    """
    A level of the city read into its borders.

    Parameters
    ----------
    owners
        Codes of the n areas; an owner's number is its position here.
    crs
        CRS of the coordinates.
    polygons
        The areas as they were read, n MultiPolygons.
    arc_start, arc_end
        Node numbers of the first and last vertex of each arc; the same number where it is closed.
    arc_left, arc_right
        Owner on either side; the right one is -1 where no area has the arc in the other
        direction, the left one never.
    arc_offsets, arc_xy
        Vertices, both ends included: those of arc ``i`` are
        ``arc_xy[arc_offsets[i]:arc_offsets[i + 1]]``.
    crowded
        Edges that are in no arc, because too many areas have them.
    """

    owners: pd.Index
    crs: CRS | None
    polygons: NDArray[np.object_]
    arc_start: Ints
    arc_end: Ints
    arc_left: Numbers
    arc_right: Numbers
    arc_offsets: Ints
    arc_xy: Floats
    crowded: CrowdedEdges

    @property
    def arcs(self) -> Arcs:
        """The borders without their codes."""
        return Arcs(
            self.arc_start,
            self.arc_end,
            self.arc_left,
            self.arc_right,
            self.arc_offsets,
            self.arc_xy,
        )

    @cached_property
    def suspects(self) -> Bools:
        """Whether each owner has an edge that is crowded or that no neighbour shares."""
        found = np.zeros(len(self.owners), dtype=np.bool_)
        found[self.arc_left[self.arc_right < 0]] = True
        found[self.crowded.owner] = True
        return found

    @cached_property
    def is_partition(self) -> bool:
        """
        Whether no two areas overlap, given that each is valid.

        Notes
        -----
        How many areas cover a place changes only across an edge that is not paired. If these
        edges make valid polygons, the number is one inside and nought outside of them.
        """
        if len(self.crowded.edge):
            return False
        outline, broken = assemble(self.arcs, np.zeros(len(self.owners), dtype=np.int64), 1)
        return not broken[0] and bool(shapely.is_valid(outline[0]))

    @cached_property
    def ground(self) -> shapely.MultiPolygon:
        """All areas together."""
        return _unite(self, np.zeros(len(self.owners), dtype=np.int64), 1)[0]


def read_topology(areas: gpd.GeoDataFrame | gpd.GeoSeries) -> Topology:
    """
    Read a level of the city into its borders.

    Parameters
    ----------
    areas
        Valid polygons, indexed by code; any CRS. Rows without geometry own no ground.

    Returns
    -------
    Topology
        Its owners in the order of the rows.
    """
    polygons = as_multipolygons(areas.geometry.to_numpy())
    xy, offsets, is_shell, ring_owner = _flatten(polygons)
    number, first = _arcs.number_vertices(xy.view(np.int64))
    vertex_xy = xy[first]
    walk, starts, ring = _arcs.walk_rings(number, xy, offsets, is_shell)
    edge_at, crowded, is_node = _arcs.pair_edges(walk, starts, len(first))
    position, edges, left, right, crowded_at, crowded_walk = _arcs.cut_arcs(
        walk, starts, edge_at, crowded, is_node
    )
    arc_offsets, arc_xy, arc_first, arc_last = _arcs.copy_arcs(
        walk, starts, position, edges, left, vertex_xy
    )

    after = crowded_at + 1
    closes = after == starts[crowded_walk + 1]
    after[closes] = starts[crowded_walk[closes]]
    crowded_first, crowded_last = walk[crowded_at], walk[after]
    is_end = np.zeros(len(first), dtype=np.bool_)
    for ends in (arc_first, arc_last, crowded_first):
        is_end[ends] = True
    node = np.cumsum(is_end) - 1
    owner = np.append(ring_owner[ring], -1).astype(np.int32)
    return Topology(
        owners=areas.index,
        crs=areas.crs,
        polygons=polygons,
        arc_start=node[arc_first],
        arc_end=node[arc_last],
        arc_left=owner[left],
        arc_right=owner[right],
        arc_offsets=arc_offsets,
        arc_xy=arc_xy,
        crowded=CrowdedEdges(
            edge=edge_at[crowded_at],
            owner=owner[crowded_walk],
            start=node[crowded_first],
            end=node[crowded_last],
        ),
    )


def contiguity(topology: Topology, *, queen: bool = True) -> csr_array:
    """
    Say which areas lie beside each other.

    Parameters
    ----------
    topology
        Of n areas.
    queen
        Whether a shared vertex is enough; else (rook) an edge must be shared.

    Returns
    -------
    scipy.sparse.csr_array, n × n, bool
        Symmetric, without diagonal, in the order of ``topology.owners``. The same pairs as
        ``libpysal.graph.Graph.build_contiguity``: areas that touch without a common vertex are
        not beside each other.
    """
    n = len(topology.owners)
    paired = np.flatnonzero(topology.arc_right >= 0)
    left, right = topology.arc_left, topology.arc_right[paired]
    crowded = topology.crowded
    if queen:
        start, end = topology.arc_start, topology.arc_end
        places = [start, end, start[paired], end[paired], crowded.start, crowded.end]
        owners = [left, left, right, right, crowded.owner, crowded.owner]
    else:
        places = [paired, paired, len(left) + crowded.edge.astype(np.int64)]
        owners = [left[paired], right, crowded.owner]
    place, owner = np.concatenate(places), np.concatenate(owners)
    there = csr_array(
        coo_array(
            (np.ones(len(place), dtype=np.int32), (place, owner)),
            shape=(int(place.max(initial=0)) + 1, n),
        )
    )
    beside = coo_array(there.T @ there)
    others = beside.row != beside.col
    row, column = beside.row[others], beside.col[others]
    return csr_array((np.ones(len(row), dtype=np.bool_), (row, column)), shape=(n, n))


def borders(topology: Topology) -> gpd.GeoDataFrame:
    """
    List the borders, each once.

    Parameters
    ----------
    topology
        The level.

    Returns
    -------
    geopandas.GeoDataFrame, one row an arc
        ``left`` and ``right``: codes of the areas on either side, missing where there is none;
        ``length`` in the unit of the CRS; ``geometry``: LineStrings. Crowded edges are in no arc.
    """
    lines = shapely.from_ragged_array(
        shapely.GeometryType.LINESTRING, topology.arc_xy, (topology.arc_offsets,)
    )
    codes = topology.owners.to_series(index=range(len(topology.owners)))
    return gpd.GeoDataFrame(
        {
            "left": codes.reindex(topology.arc_left).array,
            "right": codes.reindex(topology.arc_right).array,
            "length": shapely.length(lines),
        },
        geometry=lines,
        crs=topology.crs,
    )


def dissolve(topology: Topology, labels: pd.Series) -> gpd.GeoSeries:
    """
    Put areas together that have the same label.

    Parameters
    ----------
    topology
        The level.
    labels
        Label by owner code. Areas whose label is missing, or that are left out, are in no region.

    Returns
    -------
    geopandas.GeoSeries, one row a label
        Valid MultiPolygons, indexed by label in ascending order: exactly the vertices of the
        areas, shells counter-clockwise, holes clockwise. Regions whose areas overlap are united
        by GEOS instead.

    Raises
    ------
    NotFoundError
        If a code is not one of the level's.
    """
    at = topology.owners.get_indexer(labels.index)
    if (at < 0).any():
        msg = "No area has the code {code}."
        raise NotFoundError(msg, code=labels.index[at < 0][0])
    code, names = pd.factorize(labels, sort=True)
    number = np.full(len(topology.owners), -1, dtype=np.int64)
    number[at] = code
    regions = _unite(topology, number, len(names))
    return gpd.GeoSeries(
        regions, index=pd.Index(names, name=labels.name), crs=topology.crs, name="geometry"
    )


def simplify(topology: Topology, tolerance_m: float) -> gpd.GeoDataFrame:
    """
    Thin the borders, each once, so that neighbours still share them exactly.

    Parameters
    ----------
    topology
        The level, in metres.
    tolerance_m
        How far a vertex that goes may lie from the border that stays. Where an area would not
        stay valid, its borders are thinned less, and at last not at all; borders of areas with
        crowded edges are not thinned.

    Returns
    -------
    geopandas.GeoDataFrame
        MultiPolygons indexed by code. If the level is a partition, so is this.

    Raises
    ------
    CrsError
        If the level is not in metres.
    """
    require_metric(topology, "Simplifying")
    n = len(topology.owners)
    shapes = topology.polygons.copy()
    free = np.ones(n + 1, dtype=np.bool_)
    free[topology.crowded.owner] = False
    free_arc = free[topology.arc_left] & free[topology.arc_right]
    step = np.where(free_arc, 0, len(SHRINK) - 1)
    redo = np.flatnonzero(free[:n])
    while len(redo):
        thinned = _thin(topology, tolerance_m * SHRINK[step])
        region = np.full(n, -1)
        region[redo] = np.arange(len(redo))
        drawn, broken = assemble(thinned.arcs, region, len(redo))
        broken |= ~shapely.is_valid(drawn)
        shapes[redo] = np.where(broken, topology.polygons[redo], drawn)
        bad = np.zeros(n + 1, dtype=np.bool_)
        bad[redo] = broken
        if not bad.any() and topology.is_partition and not thinned.is_partition:
            bad = np.append(topology.suspects, False)
        again = (bad[topology.arc_left] | bad[topology.arc_right]) & (step < len(SHRINK) - 1)
        step[again] += 1
        changed = np.zeros(n + 1, dtype=np.bool_)
        changed[topology.arc_left[again]] = True
        changed[topology.arc_right[again]] = True
        redo = np.flatnonzero(changed[:n] & free[:n])
    return gpd.GeoDataFrame(
        geometry=gpd.GeoSeries(as_multipolygons(shapes), index=topology.owners),
        crs=topology.crs,
    )


def _flatten(polygons: NDArray[np.object_]) -> tuple[Floats, Ints, Bools, Ints]:
    """Flatten areas: coordinates, where each ring starts, which are shells, and whose they are."""
    # Half the time of shapely.to_ragged_array.
    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    offsets = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(rings))])
    is_shell = np.diff(part, prepend=-1) > 0
    xy = shapely.get_coordinates(polygons)
    xy += 0.0  # a negative zero is the same place as zero, but not the same bits
    return xy, offsets, is_shell, owner[part]


def _unite(topology: Topology, region: Ints, n: int) -> NDArray[np.object_]:
    shapes, broken = assemble(topology.arcs, region, n)
    if not topology.is_partition:
        crowded = region[topology.crowded.owner]
        broken[crowded[crowded >= 0]] = True
        broken |= ~shapely.is_valid(shapes)
    for number in np.flatnonzero(broken):
        shapes[number] = _union(topology, region == number)
    return as_multipolygons(shapes)


def _union(topology: Topology, members: Bools) -> shapely.Geometry:
    """Unite by GEOS; what has no part in a fault is put together from its arcs before."""
    settled = members & ~topology.suspects
    core, broken = assemble(topology.arcs, np.where(settled, 0, -1), 1)
    if broken[0] or not shapely.is_valid(core[0]):
        return shapely.union_all(topology.polygons[members])
    return shapely.union_all(np.append(core, topology.polygons[members & ~settled]))


def _thin(topology: Topology, tolerance: Floats) -> Topology:
    keep = _rings.thin_arcs(topology.arc_offsets, topology.arc_xy, tolerance)
    before = np.concatenate([[0], np.cumsum(keep)])
    return replace(topology, arc_offsets=before[topology.arc_offsets], arc_xy=topology.arc_xy[keep])
