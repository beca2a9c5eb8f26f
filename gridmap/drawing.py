"""
A level of the city as a screen draws it: every border once, in whole steps of a small angle.

A `Drawing` is what is sent to a page instead of the areas themselves. It is made of arcs, so that
neighbours share a border whatever is rounded or thinned, and no sliver can open between them. Where
areas lie over each other there is no such border: these areas are *loose*, and their own rings are
sent beside the arcs. `pack` writes whole numbers, strings and facts into one run of bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import orjson
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse import coo_array, csr_array

from gridmap import _varint
from gridmap._arcs import Bools, Floats, Ints, Numbers
from gridmap._rings import thin_arcs
from gridmap.errors import CrsError, InvalidError
from gridmap.metric import between
from gridmap.topology import Topology, contiguity, read_topology, simplify

Coordinates = TypeVar("Coordinates", Ints, Floats)
MAGIC = b"GRIDMAP1"
LENGTH = struct.Struct("<I")
DEGREES = CRS.from_epsg(4326)


@dataclass(frozen=True)
class Detail:
    """
    How finely a level is drawn.

    Parameters
    ----------
    most_vertices
        Levels with more vertices in their borders are drawn less finely than this.
    tolerance_m
        How far a vertex that is left out may lie from the border that stays; 0 keeps every one.
    quantum
        Degrees of one step.
    """

    most_vertices: float
    tolerance_m: float
    quantum: float


DETAILS = (
    Detail(300_000, 0.0, 1e-6),  # a city of 10,000 grids: 11 cm, half a megabyte
    Detail(700_000, 1.0, 2e-6),
    Detail(float("inf"), 3.0, 5e-6),  # 100,000 grids: half a metre, three megabytes
)
"""The first that a level fits into is its own; a screen shows 3 m as one pixel at zoom 15."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """
    The borders of n areas.

    Parameters
    ----------
    n
        Areas; an area's number is its position in `Topology.owners`.
    detail
        How finely they are drawn.
    left, right
        Area on either side of each of the a arcs; -1 for none.
    offsets, xy
        Vertices, both ends included, longitude and latitude in whole steps: those of arc ``i`` are
        ``xy[offsets[i]:offsets[i + 1]]``; shapes (a + 1,) and (v, 2). Neighbouring vertices differ;
        an arc shorter than a step is one vertex.
    loose
        Whether each arc is a ring of a loose area, which lies on its left. Between a loose area and
        another one there is an arc as well, if they share a border; it bounds the other one.
    corners
        Pairs of areas that lie beside each other and have no arc in common, shape (k, 2), the
        lower number first.
    """

    n: int
    detail: Detail
    left: Numbers
    right: Numbers
    offsets: Ints
    xy: Ints
    loose: Bools
    corners: Numbers


def detail_of(topology: Topology) -> Detail:
    """Return how finely a level is drawn."""
    size = len(topology.arc_xy)
    return next(detail for detail in DETAILS if size <= detail.most_vertices)


def draw(topology: Topology, detail: Detail | None = None) -> Drawing:
    """
    Draw a level.

    Parameters
    ----------
    topology
        The level, in metres.
    detail
        How finely; `detail_of` if left out.

    Returns
    -------
    Drawing
        Every border once. If the level is a partition, nothing of it is loose.

    Raises
    ------
    CrsError
        If the level has no CRS, or one in degrees and is to be thinned.
    """
    crs = topology.crs
    if crs is None:
        msg = "Drawing needs a CRS; this level has none."
        raise CrsError(msg)
    detail = detail or detail_of(topology)
    shown = topology
    if detail.tolerance_m > 0:
        shown = read_topology(simplify(topology, detail.tolerance_m))
    free = np.zeros(len(shown.owners), dtype=np.bool_)
    if not shown.is_partition:
        free = shown.suspects
    bounds_settled = ~free[shown.arc_left] | ((shown.arc_right >= 0) & ~free[shown.arc_right])
    settled = _take(shown, np.flatnonzero(bounds_settled))
    rings = _rings_of(shown, np.flatnonzero(free))
    left = np.concatenate([settled[0], rings[0]])
    right = np.concatenate([settled[1], np.full(len(rings[0]), -1, dtype=np.int32)])
    offsets = np.concatenate([settled[2], settled[2][-1] + rings[1][1:]])
    steps = quantise(np.concatenate([settled[3], rings[2]]), crs, detail.quantum)
    offsets, steps = without_repeats(offsets, steps)
    loose = np.arange(len(left)) >= len(settled[0])
    corners = _corners(contiguity(topology), left, right)
    return Drawing(len(shown.owners), detail, left, right, offsets, steps, loose, corners)


def quantise(xy: Floats, crs: CRS, quantum: float) -> Ints:
    """
    Return coordinates in whole steps of an angle.

    Parameters
    ----------
    xy
        Shape (n, 2), in the CRS.
    crs
        Of the coordinates; CGCS2000 and WGS 84 are taken as equal (PROJ does).
    quantum
        Degrees of a step.

    Returns
    -------
    numpy.ndarray of int64, shape (n, 2)
        Longitude and latitude.
    """
    move = between(crs, DEGREES)
    degrees = np.column_stack(move.transform(xy[:, 0], xy[:, 1])) if len(xy) else xy
    return np.round(degrees / quantum).astype(np.int64)


def without_repeats(offsets: Ints, xy: Ints) -> tuple[Ints, Ints]:
    """
    Leave out vertices that are where the one before in the same line is.

    Parameters
    ----------
    offsets, xy
        Lines: those of line ``i`` are ``xy[offsets[i]:offsets[i + 1]]``.
    """
    keep = np.ones(len(xy), dtype=np.bool_)
    keep[1:] = (np.diff(xy, axis=0) != 0).any(axis=1)
    keep[offsets[:-1]] = True
    return _kept(keep, offsets, xy)


def thin(offsets: Ints, xy: Floats, tolerance_m: float) -> tuple[Ints, Floats]:
    """
    Leave out vertices of lines that no neighbour shares: roads, or outlines by themselves.

    Parameters
    ----------
    offsets, xy
        Lines in metres: those of line ``i`` are ``xy[offsets[i]:offsets[i + 1]]``.
    tolerance_m
        How far a vertex that goes may lie from the line that stays; 0 keeps every one.
    """
    tolerance = np.full(len(offsets) - 1, tolerance_m)
    return _kept(thin_arcs(offsets, xy, tolerance), offsets, xy)


def streams(drawing: Drawing) -> dict[str, Ints]:
    """
    Return the borders as runs of small numbers, as `pack` takes them.

    Parameters
    ----------
    drawing
        The borders.

    Returns
    -------
    dict
        ``left``: from arc to arc; ``right``: from the left side of the same arc; ``size``: vertices
        less one; ``x``, ``y``: from vertex to vertex through all arcs (the next arc often begins
        where the last one ended); ``loose``: 1 or 0; ``corner_low``: from pair to pair;
        ``corner_high``: from the lower number.
    """
    left, right = drawing.left.astype(np.int64), drawing.right.astype(np.int64)
    low, high = drawing.corners.astype(np.int64).T
    return {
        "left": np.diff(left, prepend=0),
        "right": right - left,
        "size": np.diff(drawing.offsets) - 1,
        "x": np.diff(drawing.xy[:, 0], prepend=0),
        "y": np.diff(drawing.xy[:, 1], prepend=0),
        "loose": drawing.loose.astype(np.int64),
        "corner_low": np.diff(low, prepend=0),
        "corner_high": high - low,
    }


def pack(facts: Mapping[str, Any], numbers: Mapping[str, Ints]) -> bytes:
    """
    Write facts and runs of whole numbers into one run of bytes.

    Parameters
    ----------
    facts
        What JSON can say.
    numbers
        Runs by name.

    Returns
    -------
    bytes
        Eight bytes that say what this is, the length of the JSON as four bytes (the lowest first),
        the JSON, which has the facts and under ``streams`` name, count and bytes of every run, and
        the runs, each as `gridmap._varint.encode` writes it.
    """
    written = {name: _varint.encode(run.astype(np.int64)) for name, run in numbers.items()}
    listed = [[name, len(numbers[name]), len(run)] for name, run in written.items()]
    head = orjson.dumps({**facts, "streams": listed}, option=orjson.OPT_SERIALIZE_NUMPY)
    runs = [run.tobytes() for run in written.values()]
    return b"".join([MAGIC, LENGTH.pack(len(head)), head, *runs])


def unpack(packed: bytes) -> tuple[dict[str, Any], dict[str, Ints]]:
    """
    Read what `pack` has written.

    Parameters
    ----------
    packed
        The bytes.

    Raises
    ------
    InvalidError
        If these are no such bytes.
    """
    start = len(MAGIC) + LENGTH.size
    if not packed.startswith(MAGIC) or len(packed) < start:
        msg = "These bytes are no drawing."
        raise InvalidError(msg, faults=pd.DataFrame())
    end = start + LENGTH.unpack(packed[len(MAGIC) : start])[0]
    facts = orjson.loads(packed[start:end])
    numbers = {}
    for name, count, size in facts.pop("streams"):
        run = np.frombuffer(packed, dtype=np.uint8, count=size, offset=end)
        numbers[name] = _varint.decode(run, count)
        end += size
    return facts, numbers


def _kept(keep: Bools, offsets: Ints, xy: Coordinates) -> tuple[Ints, Coordinates]:
    before = np.concatenate([[0], np.cumsum(keep)])
    return before[offsets], xy[keep]


def _take(topology: Topology, which: Ints) -> tuple[Numbers, Numbers, Ints, Floats]:
    """Return sides, offsets and vertices of some arcs."""
    size = np.diff(topology.arc_offsets)[which]
    offsets = np.concatenate([[0], np.cumsum(size)])
    at = np.repeat(topology.arc_offsets[which] - offsets[:-1], size) + np.arange(offsets[-1])
    return topology.arc_left[which], topology.arc_right[which], offsets, topology.arc_xy[at]


def _rings_of(topology: Topology, which: Ints) -> tuple[Numbers, Ints, Floats]:
    """Return whose the rings of some areas are, their offsets, and their vertices."""
    parts, of = shapely.get_parts(topology.polygons[which], return_index=True)
    parts = shapely.orient_polygons(parts)
    rings, part = shapely.get_rings(parts, return_index=True)
    offsets = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(rings))])
    owner = which[of[part]] if len(rings) else which[:0]
    return owner.astype(np.int32), offsets, shapely.get_coordinates(rings)


def _corners(beside: csr_array, left: Numbers, right: Numbers) -> Numbers:
    """Return the neighbours, each pair once, that no arc tells of."""
    n = beside.shape[0]
    inner = right >= 0
    told = coo_array(
        (np.ones(int(inner.sum()), dtype=np.int8), (left[inner], right[inner])), shape=(n, n)
    )
    pairs = beside.tocoo()
    wanted = pairs.row < pairs.col
    key = pairs.row[wanted].astype(np.int64) * n + pairs.col[wanted]
    low, high = np.minimum(told.row, told.col), np.maximum(told.row, told.col)
    # sorting once is ten times as fast as numpy.setdiff1d
    known = np.append(np.sort(low.astype(np.int64) * n + high), -1)
    lacking = np.sort(key[known[np.searchsorted(known[:-1], key)] != key])
    return np.column_stack([lacking // max(n, 1), lacking % max(n, 1)]).astype(np.int32)
