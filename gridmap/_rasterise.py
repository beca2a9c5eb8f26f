"""
Laying polygons over a raster: which edges come near to a cell, and what contains it.

Two passes. `fill` goes through the polygons in the order of their owners, lists their edges in the
cells and finds, line by line, the cells that each contains. `pack` goes through the cells and
writes the words that `gridmap._raster` reads. Coordinates are in cells, so that the lines between
rows of cells are whole numbers. A vertex on such a line counts as south of it.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.int64]
Owners: TypeAlias = NDArray[np.int32]
Words: TypeAlias = NDArray[np.float32]
Edge: TypeAlias = tuple[float, float, float, float]  # x and y of its west end, then of its east end

OUTSIDE = -1
UNCERTAIN = -2
FIRST_MIXED = -3  # a cell with this number or less has edges in it

MARGIN = 1e-5  # an edge is listed in every cell that it comes this near to
SKIRT = 0.0625  # how far edges are kept beyond a cell
LID = 3.0  # height of the level edges that stand for crossings of a cell's top
STEEPEST = 1e30  # slope of an edge that is vertical in single precision
MOST_BITS = 24  # what a float32 holds exactly
MOST_LISTED = 400  # edges of a cell; a cell with more is left to the exact predicate
WORDS_PER_EDGE = 14  # two records of five, a head of two, two owners: the most that one may need


class Pieces(NamedTuple):
    """
    Polygons without parts, as flat arrays, in ascending order of their owners.

    Parameters
    ----------
    xy
        Vertices of all rings, each ring closed, shape (v, 2).
    rings
        Where each ring starts in `xy`, and the end; shape (r + 1,).
    first_ring
        Where each polygon starts in `rings`, and the end; shape (p + 1,).
    owner
        Owner of each polygon, shape (p,).
    """

    xy: Floats
    rings: Numbers
    first_ring: Numbers
    owner: Owners


class Place(NamedTuple):
    """A mixed cell: column and row, the lowest owner that contains it, where its words start."""

    column: int
    row: int
    cover: int
    at: int


@njit(cache=True, nogil=True)
def _edge(xy: Floats, i: int) -> Edge:
    """Return the edge from vertex i to the next; the same for both polygons beside it."""
    j = i + 1
    if xy[i, 0] > xy[j, 0] or (xy[i, 0] == xy[j, 0] and xy[i, 1] > xy[j, 1]):
        i, j = j, i
    return xy[i, 0], xy[i, 1], xy[j, 0], xy[j, 1]


@njit(cache=True, nogil=True)
def _between(value: float, a: float, b: float, from_: float, to: float) -> float:
    """Return where the line from (a, from_) to (b, to) is at a value between a and b."""
    if a == b:
        return from_
    share = min(max((value - a) / (b - a), 0.0), 1.0)
    return from_ + share * (to - from_)


@njit(cache=True, nogil=True)
def _crossing(edge: Edge, y: float) -> float:
    """Return x where an edge crosses a level line."""
    return _between(y, edge[1], edge[3], edge[0], edge[2])


@njit(cache=True, nogil=True)
def _rows_of(edge: Edge) -> tuple[int, int]:
    """Return first and last row that an edge comes near to."""
    return int(min(edge[1], edge[3]) - MARGIN), int(max(edge[1], edge[3]) + MARGIN)


@njit(cache=True, nogil=True)
def _columns_of(edge: Edge, row: int) -> tuple[int, int]:
    """Return first and last column that an edge comes near to in a row of cells."""
    low = max(row - MARGIN, min(edge[1], edge[3]))
    high = min(row + 1 + MARGIN, max(edge[1], edge[3]))
    west, east = edge[0], edge[2]
    if high - low < abs(edge[3] - edge[1]):
        one, other = _crossing(edge, low), _crossing(edge, high)
        west, east = min(one, other), max(one, other)
    return int(west - MARGIN), int(east + MARGIN)


@njit(cache=True, nogil=True)
def _lines_of(edge: Edge) -> tuple[int, int]:
    """Return the lines that an edge crosses: the first, and the one after the last."""
    return int(np.ceil(min(edge[1], edge[3]))), int(np.ceil(max(edge[1], edge[3])))


@njit(cache=True, nogil=True)
def count_edges(pieces: Pieces) -> int:
    """Return how often an edge comes near to a cell."""
    n = 0
    for ring in range(len(pieces.rings) - 1):
        for i in range(pieces.rings[ring], pieces.rings[ring + 1] - 1):
            edge = _edge(pieces.xy, i)
            first_row, last_row = _rows_of(edge)
            for row in range(first_row, last_row + 1):
                first, last = _columns_of(edge, row)
                n += last - first + 1
    return n


@njit(cache=True, nogil=True)
def fill(pieces: Pieces, columns: int, cells: Owners, edges: Owners) -> None:
    """
    List the edges of each mixed cell, and say what contains each cell.

    Parameters
    ----------
    pieces
        The polygons, in cells.
    columns
        Cells in a row.
    cells
        All `OUTSIDE`; becomes the lowest owner that contains the cell, or `FIRST_MIXED` minus a
        row of `edges`.
    edges
        Shape (`count_edges`, 2). Becomes the first vertex of an edge, and what the cell held
        before: a row again or, at the list's end, the lowest owner that contains the whole cell,
        or `OUTSIDE`. The edge that a polygon listed last in a cell is inverted where the polygon
        contains the cell's north-west corner.
    """
    listed = int(np.int64(0))  # a bare 0 has its own type: what is called would compile twice
    crossings = np.empty(_most_crossings(pieces), dtype=np.float64)
    for piece in range(len(pieces.owner)):
        listed = _list_edges(pieces, piece, columns, cells, edges, listed)
        begin = pieces.rings[pieces.first_ring[piece]]
        end = pieces.rings[pieces.first_ring[piece + 1]]
        south = int(np.ceil(pieces.xy[begin:end, 1].min()))
        places = np.zeros(int(np.ceil(pieces.xy[begin:end, 1].max())) - south + 2, dtype=np.int64)
        _count_crossings(pieces, piece, south, places)
        _write_crossings(pieces, piece, south, places, crossings)
        for k in range(len(places) - 2):
            at = crossings[places[k] : places[k + 1]]
            _sort(at)
            west = (south + k - 1) * columns
            for enters in range(0, len(at) - 1, 2):
                for cell in range(west + int(at[enters]) + 1, west + int(at[enters + 1]) + 1):
                    _contain(cell, pieces.owner[piece], begin, cells, edges)


@njit(cache=True, nogil=True)
def _list_edges(
    pieces: Pieces, piece: int, columns: int, cells: Owners, edges: Owners, listed: int
) -> int:
    """List a polygon's edges in the cells that they come near to."""
    for ring in range(pieces.first_ring[piece], pieces.first_ring[piece + 1]):
        for i in range(pieces.rings[ring], pieces.rings[ring + 1] - 1):
            edge = _edge(pieces.xy, i)
            first_row, last_row = _rows_of(edge)
            for row in range(first_row, last_row + 1):
                first, last = _columns_of(edge, row)
                for cell in range(row * columns + first, row * columns + last + 1):
                    edges[listed, 0], edges[listed, 1] = i, cells[cell]
                    cells[cell] = FIRST_MIXED - listed
                    listed += 1
    return listed


@njit(cache=True, nogil=True)
def _contain(cell: int, owner: int, begin: int, cells: Owners, edges: Owners) -> None:
    """Note that a polygon, whose vertices begin at `begin`, contains a cell's corner."""
    held = cells[cell]
    if held == OUTSIDE:
        cells[cell] = owner
    if held > FIRST_MIXED:
        return
    row = FIRST_MIXED - held
    if edges[row, 0] >= begin:
        edges[row, 0] = ~edges[row, 0]
        return
    while edges[row, 1] <= FIRST_MIXED:
        row = FIRST_MIXED - edges[row, 1]
    if edges[row, 1] == OUTSIDE:
        edges[row, 1] = owner


@njit(cache=True, nogil=True)
def _most_crossings(pieces: Pieces) -> int:
    """Return the number of times that one polygon's edges cross lines, at most."""
    most = 0
    for piece in range(len(pieces.owner)):
        crossed = 0
        for ring in range(pieces.first_ring[piece], pieces.first_ring[piece + 1]):
            for i in range(pieces.rings[ring], pieces.rings[ring + 1] - 1):
                first, end = _lines_of(_edge(pieces.xy, i))
                crossed += end - first
        most = max(most, crossed)
    return most


@njit(cache=True, nogil=True)
def _count_crossings(pieces: Pieces, piece: int, south: int, places: Numbers) -> None:
    """Set the places at which each line's crossings start; one line ahead."""
    for ring in range(pieces.first_ring[piece], pieces.first_ring[piece + 1]):
        for i in range(pieces.rings[ring], pieces.rings[ring + 1] - 1):
            first, end = _lines_of(_edge(pieces.xy, i))
            for line in range(first, end):
                places[line - south + 2] += 1
    for k in range(2, len(places)):
        places[k] += places[k - 1]


@njit(cache=True, nogil=True)
def _write_crossings(
    pieces: Pieces, piece: int, south: int, places: Numbers, crossings: Floats
) -> None:
    """Write where each line is crossed; the places move on to their own lines."""
    for ring in range(pieces.first_ring[piece], pieces.first_ring[piece + 1]):
        for i in range(pieces.rings[ring], pieces.rings[ring + 1] - 1):
            edge = _edge(pieces.xy, i)
            first, end = _lines_of(edge)
            for line in range(first, end):
                crossings[places[line - south + 1]] = _crossing(edge, line)
                places[line - south + 1] += 1


@njit(cache=True, nogil=True)
def _sort(values: Floats) -> None:
    """Sort in place (Shell's gaps): mostly two to four values, seldom thousands."""
    gap = len(values) // 2
    while gap > 0:
        for i in range(gap, len(values)):
            value, k = values[i], i
            while k >= gap and values[k - gap] > value:
                values[k] = values[k - gap]
                k -= gap
            values[k] = value
        gap //= 2


@njit(cache=True, nogil=True)
def pack(
    pieces: Pieces, piece_of: Owners, columns: int, cells: Owners, edges: Owners, words: Words
) -> int:
    """
    Write the words of every mixed cell.

    Parameters
    ----------
    pieces, columns, cells, edges
        As `fill` left them. A mixed cell becomes `FIRST_MIXED` minus the place of its words, or
        `UNCERTAIN` if too much is in it.
    piece_of
        The polygon of each vertex.
    words
        Room for `WORDS_PER_EDGE` words for each row of `edges`.

    Returns
    -------
    int
        The number of words used.
    """
    used = int(np.int64(0))
    local = np.empty(MOST_BITS, dtype=np.int32)
    listed = np.empty(MOST_LISTED, dtype=np.int32)
    for cell in range(len(cells)):
        if cells[cell] > FIRST_MIXED:
            continue
        m, cover = _unlist(FIRST_MIXED - cells[cell], edges, listed)
        place = Place(cell % columns, cell // columns, cover, used)
        n, bits, inside = _pack_edges(pieces, piece_of, listed[:m], place, local, words)
        if m == MOST_LISTED or bits == MOST_BITS:
            cells[cell] = UNCERTAIN
            continue
        cells[cell] = FIRST_MIXED - used
        if cover != OUTSIDE:
            local[bits] = cover
            inside |= 1 << bits
            bits += 1
        words[used], words[used + 1] = n, inside
        used += 2 + 5 * n
        for bit in range(bits):
            words[used + bit] = local[bit]
        used += bits
    return used


@njit(cache=True, nogil=True)
def _unlist(row: int, edges: Owners, listed: Owners) -> tuple[int, int]:
    """Copy a cell's edges, the last first; return how many, and what contains the cell."""
    m = 0
    while m < MOST_LISTED:
        listed[m], before = edges[row, 0], edges[row, 1]
        m += 1
        if before > FIRST_MIXED:
            return m, before
        row = FIRST_MIXED - before
    return m, OUTSIDE


@njit(cache=True, nogil=True)
def _pack_edges(
    pieces: Pieces, piece_of: Owners, listed: Owners, place: Place, local: Owners, words: Words
) -> tuple[int, int, int]:
    """Write a cell's edges; return their number, the number of owners, and who is inside."""
    n, bits, inside, last_piece = int(np.int64(0)), 0, 0, -1
    for entry in listed[::-1]:
        i = entry if entry >= 0 else ~entry
        piece = piece_of[i]
        if place.cover != OUTSIDE and pieces.owner[piece] >= place.cover:
            continue
        if piece != last_piece:
            if bits == MOST_BITS - 1:
                return n, MOST_BITS, inside
            last_piece = piece
            local[bits] = pieces.owner[piece]
            bits += 1
        if entry < 0:
            inside |= 1 << (bits - 1)
        n = _pack_edge(_edge(pieces.xy, i), place, 1 << (bits - 1), words, n)
    return n, bits, inside


@njit(cache=True, nogil=True)
def _pack_edge(edge: Edge, place: Place, toggles: int, words: Words, n: int) -> int:
    """Write an edge, and what stands for it where it leaves the cell through the top."""
    column, row = place.column, place.row
    x1, y1, x2, y2 = _clip(edge, column, row)
    if x1 <= x2:
        n = _put((x1 - column, y1 - row, x2 - column, y2 - row), toggles, words, place.at + 2, n)
    if (edge[1] <= row + 1) != (edge[3] <= row + 1):
        leaves = _crossing(edge, row + 1)
        if int(leaves) == column:
            n = _put((leaves - column, LID, LID, LID), toggles, words, place.at + 2, n)
    return n


@njit(cache=True, nogil=True)
def _clip(edge: Edge, column: int, row: int) -> Edge:
    """Return what of an edge is in a cell or its skirt; its ends are swapped if nothing is."""
    left, right, bottom, top = column - SKIRT, column + 1 + SKIRT, row - SKIRT, row + 1.0
    if min(edge[1], edge[3]) > top or max(edge[1], edge[3]) < bottom:
        return 1.0, 0.0, 0.0, 0.0
    x1, y1 = _trim(edge[0], edge[1], edge, bottom, top)
    x2, y2 = _trim(edge[2], edge[3], edge, bottom, top)
    if x2 < left or x1 > right:
        return 1.0, 0.0, 0.0, 0.0
    if x1 < left:
        x1, y1 = left, _between(left, edge[0], edge[2], edge[1], edge[3])
    if x2 > right:
        x2, y2 = right, _between(right, edge[0], edge[2], edge[1], edge[3])
    return x1, y1, x2, y2


@njit(cache=True, nogil=True)
def _trim(x: float, y: float, edge: Edge, bottom: float, top: float) -> tuple[float, float]:
    """Return an edge's end, moved along it to between bottom and top."""
    if y > top:
        return _crossing(edge, top), top
    if y < bottom:
        return _crossing(edge, bottom), bottom
    return x, y


@njit(cache=True, nogil=True)
def _put(edge: Edge, toggles: int, words: Words, at: int, n: int) -> int:
    """Add an edge to a cell's words, or its bits to the same edge of another polygon."""
    x1, y1, x2 = np.float32(edge[0]), np.float32(edge[1]), np.float32(edge[2])
    run, rise = float(x2) - float(x1), float(np.float32(edge[3])) - float(y1)
    slope = np.float32(rise / run if run * STEEPEST > abs(rise) else STEEPEST)
    end = at + 5 * n
    for k in range(at, end, 5):
        if words[k] == x1 and words[k + 1] == x2 and words[k + 2] == y1 and words[k + 3] == slope:
            words[k + 4] = int(words[k + 4]) ^ toggles
            return n
    words[end], words[end + 1], words[end + 2] = x1, x2, y1
    words[end + 3], words[end + 4] = slope, toggles
    return n + 1
