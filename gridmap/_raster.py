"""
A raster of cells over polygons, for asking which polygon covers a point.

A cell that no edge crosses holds its answer. Any other holds a short list of edges, and a point in
it is decided by counting the edges above it. The list is kept in single precision, relative to the
cell: what lies within `NEAR` of an edge or of the cell's rim is not decided here but answered with
`UNCERTAIN`, and the caller asks an exact predicate. Rounding moves an edge by at most 2e-7 of a
cell, so that everything farther off than `NEAR` is answered as with exact arithmetic.

A mixed cell is a stretch of `words`::

    n, inside | west, east, y, slope, toggles | ... n edges ... | owner of bit 0, of bit 1, ...

`inside` has a bit for every polygon that contains the cell's north-west corner. A ray goes north
from the point and turns west along the cell's top to that corner: every edge that it crosses
toggles the bits of its polygons (two, where a border is shared), and where an edge leaves the cell
through the top, a level edge from there to the east stands for that crossing. The lowest bit left
is the lowest owner, so overlaps, holes, parts and gaps need no case of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Owners = NDArray[np.int32]

OUTSIDE = -1
UNCERTAIN = -2
FIRST_MIXED = -3  # a cell with this number or less points into the words

NEAR = np.float32(4e-6)
ALMOST = np.float32(1) - NEAR
BESIDE = np.float32(2e-6)
ONE = np.float32(1)
STEEPEST = 1e30  # of an edge that is vertical in single precision
MARGIN = 1e-5  # an edge is listed in every cell that it comes this near to; more than NEAR
SKIRT = 0.0625  # how far edges are kept beyond a cell
LID = 3.0  # height of the level edges, out of the reach of NEAR
MOST_BITS = 24  # what a float32 holds exactly
MOST_LISTED = 400  # edges in a cell
CELLS_PER_EDGE = 8
FEWEST_CELLS, MOST_CELLS = 1024, 32_000_000
BLOCK = 256


@dataclass(frozen=True)
class Pieces:
    """
    Polygons without parts, as flat arrays; in ascending order of their owners.

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


@dataclass(frozen=True)
class Raster:
    """
    The cells, row by row from the south-west.

    Parameters
    ----------
    west, south
        Corner of the first cell, in the unit of the polygons.
    scale
        Cells per unit.
    columns, rows
        Size.
    cells
        Owner, `OUTSIDE`, `UNCERTAIN`, or `FIRST_MIXED` minus a place in `words`.
    words
        The mixed cells.
    """

    west: float
    south: float
    scale: float
    columns: int
    rows: int
    cells: Owners
    words: NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """Memory that the cells take, bytes."""
        return int(self.cells.nbytes + self.words.nbytes)

    def look_up(self, xy: Floats) -> Owners:
        """Return owner, `OUTSIDE` or `UNCERTAIN` of each of n points, shape (n, 2)."""
        found = np.empty(len(xy), dtype=np.int32)
        _many(xy, found, *self.state)
        return found

    @property
    def state(self) -> tuple[Owners, NDArray[np.float32], float, float, float, int, int]:
        """What `one` takes after the point."""
        return (
            self.cells,
            self.words,
            self.west,
            self.south,
            self.scale,
            self.columns,
            self.rows,
        )


def build_raster(pieces: Pieces, rough: Floats) -> Raster:
    """
    Lay the raster over polygons.

    Parameters
    ----------
    pieces
        The polygons; rings may cross (even-odd).
    rough
        Boxes (west, south, east, north) in which every point is left to the exact predicate.
    """
    west, south, scale, columns, rows = _frame(pieces.xy)
    xy = (pieces.xy - (west, south)) * scale
    cells = np.full(columns * rows, OUTSIDE, dtype=np.int32)
    edges = np.empty((_count_edges(xy, pieces.rings), 2), dtype=np.int32)
    _fill(xy, pieces.rings, pieces.first_ring, pieces.owner, columns, cells, edges)
    lengths = np.diff(pieces.rings[pieces.first_ring])
    piece = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    mixed = np.flatnonzero(cells <= FIRST_MIXED)
    words = np.empty(3 * len(mixed) + 11 * len(edges), dtype=np.float32)
    used = _pack(xy, piece, pieces.owner, columns, cells, mixed, edges, words)
    grid = cells.reshape(rows, columns)
    for box in rough:
        low = np.floor((box[:2] - (west, south)) * scale - MARGIN).astype(int)
        high = np.floor((box[2:] - (west, south)) * scale + MARGIN).astype(int)
        grid[low[1] : high[1] + 1, low[0] : high[0] + 1] = UNCERTAIN
    return Raster(west, south, scale, columns, rows, cells, words[:used].copy())


def _frame(xy: Floats) -> tuple[float, float, float, int, int]:
    if not len(xy):
        return 0.0, 0.0, 1.0, 1, 1
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    width, height = float(east - west), float(north - south)
    wanted = min(max(CELLS_PER_EDGE * len(xy), FEWEST_CELLS), MOST_CELLS)
    size = max(
        np.sqrt(width * height / wanted), max(width, height) / (8 * np.sqrt(wanted)), 1e-12
    )
    columns, rows = int(width / size) + 4, int(height / size) + 4
    # a cell and a half of nothing all round: the first cell answers for points outside the raster
    rim = 1.5 * size
    return float(west - rim), float(south - rim), float(1.0 / size), columns, rows


# Edges and cells ---------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _at(value, a, b, from_, to):  # noqa: ANN001, ANN202
    """Return where the line from (a, from_) to (b, to) is when its first coordinate is value."""
    if a == b:
        return from_
    share = min(max((value - a) / (b - a), 0.0), 1.0)
    return from_ + share * (to - from_)


@njit(cache=True, nogil=True)
def _columns_of(ax, ay, bx, by, row):  # noqa: ANN001, ANN202
    """Return first and last column that an edge comes near to in a row of cells."""
    low = max(row - MARGIN, min(ay, by))
    high = min(row + 1 + MARGIN, max(ay, by))
    if high - low >= abs(by - ay):  # all of it is in this row
        west, east = min(ax, bx), max(ax, bx)
    else:
        one, other = _at(low, ay, by, ax, bx), _at(high, ay, by, ax, bx)
        west, east = min(one, other), max(one, other)
    return int(west - MARGIN), int(east + MARGIN)


@njit(cache=True, nogil=True)
def _rows_of(ay, by):  # noqa: ANN001, ANN202
    return int(min(ay, by) - MARGIN), int(max(ay, by) + MARGIN)


@njit(cache=True, nogil=True)
def _lines_of(ay, by):  # noqa: ANN001, ANN202
    """Return first and last whole y that an edge crosses; its upper end is not part of it."""
    return int(np.ceil(min(ay, by))), int(np.ceil(max(ay, by))) - 1


@njit(cache=True, nogil=True)
def _crossing(ax, ay, bx, by, line):  # noqa: ANN001, ANN202
    """Return x where an edge crosses a line; bit for bit the same from both of its sides."""
    if ax > bx or (ax == bx and ay > by):
        return _at(line, by, ay, bx, ax)
    return _at(line, ay, by, ax, bx)


@njit(cache=True, nogil=True)
def _count_edges(xy, rings):  # noqa: ANN001, ANN202
    """Return how often an edge comes near to a cell."""
    n = 0
    for ring in range(len(rings) - 1):
        for i in range(rings[ring], rings[ring + 1] - 1):
            ax, ay, bx, by = xy[i, 0], xy[i, 1], xy[i + 1, 0], xy[i + 1, 1]
            first_row, last_row = _rows_of(ay, by)
            for row in range(first_row, last_row + 1):
                first, last = _columns_of(ax, ay, bx, by, row)
                n += last - first + 1
    return n


# Which cells a polygon contains ------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _fill(xy, rings, first_ring, owner, columns, cells, edges):  # noqa: ANN001, ANN202, PLR0913
    """
    List the edges of each mixed cell, and say what contains each cell.

    A mixed cell holds `FIRST_MIXED` minus a row of `edges`: first vertex of an edge, and what the
    cell held before, which is a row again or, at the list's end, the lowest owner that contains
    the whole cell, or `OUTSIDE`. The edge that a polygon listed last in a cell is inverted where
    the polygon contains the cell's north-west corner.
    """
    listed = 0
    crossings = np.empty(_most_crossings(xy, rings, first_ring), dtype=np.float64)
    for piece in range(len(first_ring) - 1):
        low, high = first_ring[piece], first_ring[piece + 1]
        begin, end = rings[low], rings[high]
        listed = _list_edges(xy, rings[low : high + 1], columns, cells, edges, listed)
        south = int(np.ceil(xy[begin:end, 1].min()))
        north = int(np.ceil(xy[begin:end, 1].max()))
        places = np.zeros(north - south + 2, dtype=np.int64)
        _cross_lines(xy, rings[low : high + 1], south, places, crossings)
        for line in range(south, north):
            at = crossings[places[line - south] : places[line - south + 1]]
            _sort(at)
            for k in range(0, len(at) - 1, 2):
                first = (line - 1) * columns + int(at[k]) + 1
                last = (line - 1) * columns + int(at[k + 1])
                for cell in range(first, last + 1):
                    held = cells[cell]
                    if held == OUTSIDE:
                        cells[cell] = owner[piece]
                    elif held <= FIRST_MIXED:
                        _contain(FIRST_MIXED - held, owner[piece], begin, edges)


@njit(cache=True, nogil=True)
def _contain(row, owner, begin, edges):  # noqa: ANN001, ANN202
    """Note that a polygon contains a mixed cell's north-west corner."""
    if edges[row, 0] >= begin:
        edges[row, 0] = ~edges[row, 0]
        return
    while edges[row, 1] <= FIRST_MIXED:
        row = FIRST_MIXED - edges[row, 1]
    if edges[row, 1] == OUTSIDE:
        edges[row, 1] = owner


@njit(cache=True, nogil=True)
def _list_edges(xy, rings, columns, cells, edges, listed):  # noqa: ANN001, ANN202
    for ring in range(len(rings) - 1):
        for i in range(rings[ring], rings[ring + 1] - 1):
            ax, ay, bx, by = xy[i, 0], xy[i, 1], xy[i + 1, 0], xy[i + 1, 1]
            first_row, last_row = _rows_of(ay, by)
            for row in range(first_row, last_row + 1):
                first, last = _columns_of(ax, ay, bx, by, row)
                for cell in range(row * columns + first, row * columns + last + 1):
                    edges[listed, 0], edges[listed, 1] = i, cells[cell]
                    cells[cell] = FIRST_MIXED - listed
                    listed += 1
    return listed


@njit(cache=True, nogil=True)
def _most_crossings(xy, rings, first_ring):  # noqa: ANN001, ANN202
    most = 0
    for piece in range(len(first_ring) - 1):
        crossed = 0
        for ring in range(first_ring[piece], first_ring[piece + 1]):
            for i in range(rings[ring], rings[ring + 1] - 1):
                first, last = _lines_of(xy[i, 1], xy[i + 1, 1])
                crossed += max(last - first + 1, 0)
        most = max(most, crossed)
    return most


@njit(cache=True, nogil=True)
def _cross_lines(xy, rings, south, places, crossings):  # noqa: ANN001, ANN202
    """Write where the rings cross each line; `places` becomes the start of each line's."""
    for ring in range(len(rings) - 1):
        for i in range(rings[ring], rings[ring + 1] - 1):
            first, last = _lines_of(xy[i, 1], xy[i + 1, 1])
            for line in range(first, last + 1):
                places[line - south + 1] += 1
    for k in range(1, len(places)):
        places[k] += places[k - 1]
    for ring in range(len(rings) - 1):
        for i in range(rings[ring], rings[ring + 1] - 1):
            ax, ay, bx, by = xy[i, 0], xy[i, 1], xy[i + 1, 0], xy[i + 1, 1]
            first, last = _lines_of(ay, by)
            for line in range(first, last + 1):
                crossings[places[line - south]] = _crossing(ax, ay, bx, by, line)
                places[line - south] += 1
    for k in range(len(places) - 1, 0, -1):
        places[k] = places[k - 1]
    places[0] = 0


@njit(cache=True, nogil=True)
def _sort(values):  # noqa: ANN001, ANN202
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


# The words of mixed cells ------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _pack(xy, piece, owner, columns, cells, mixed, edges, words):  # noqa: ANN001, ANN202, PLR0913
    """Write every mixed cell; return the number of words used."""
    used = 0
    local = np.empty(MOST_BITS, dtype=np.int32)
    listed = np.empty(MOST_LISTED, dtype=np.int32)
    for cell in mixed:
        m, cover = _unlist(FIRST_MIXED - cells[cell], edges, listed)
        n, bits, inside = _pack_edges(
            xy, piece, owner, listed, m, cover, cell % columns, cell // columns, local, words, used
        )
        if m == MOST_LISTED or bits == MOST_BITS:
            cells[cell] = UNCERTAIN
            continue
        cells[cell] = FIRST_MIXED - used
        if cover != OUTSIDE:
            local[bits] = cover
            inside |= 1 << bits
            bits += 1
        words[used] = n
        words[used + 1] = inside
        used += 2 + 5 * n
        for bit in range(bits):
            words[used + bit] = local[bit]
        used += bits
    return used


@njit(cache=True, nogil=True)
def _unlist(row, edges, listed):  # noqa: ANN001, ANN202
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
def _pack_edges(xy, piece, owner, listed, m, cover, column, row, local, words, used):  # noqa: ANN001, ANN202, PLR0913
    n, bits, inside, last_piece = 0, 0, 0, -1
    for k in range(m - 1, -1, -1):
        entry = listed[k]
        i = entry if entry >= 0 else ~entry
        if cover != OUTSIDE and owner[piece[i]] >= cover:
            continue
        if piece[i] != last_piece:
            if bits == MOST_BITS - 1:
                return n, MOST_BITS, inside
            last_piece = piece[i]
            local[bits] = owner[last_piece]
            bits += 1
        if entry < 0:
            inside |= 1 << (bits - 1)
        j = i + 1
        if xy[i, 0] > xy[j, 0] or (xy[i, 0] == xy[j, 0] and xy[i, 1] > xy[j, 1]):
            i, j = j, i
        wx, wy, ex, ey = xy[i, 0], xy[i, 1], xy[j, 0], xy[j, 1]
        n = _pack_edge(wx, wy, ex, ey, column, row, 1 << (bits - 1), words, used + 2, n)
    return n, bits, inside


@njit(cache=True, nogil=True)
def _pack_edge(wx, wy, ex, ey, column, row, toggles, words, at, n):  # noqa: ANN001, ANN202, PLR0913
    """Write an edge, west end first, and what stands for it at the top; return the new count."""
    x1, y1, x2, y2 = _clip(wx, wy, ex, ey, column, row)
    if x1 <= x2:
        n = _put(x1 - column, x2 - column, y1 - row, y2 - row, toggles, words, at, n)
    if (wy <= row + 1) != (ey <= row + 1):
        leaves = _crossing(wx, wy, ex, ey, row + 1)
        if int(leaves) == column:
            n = _put(leaves - column, LID, LID, LID, toggles, words, at, n)
    return n


@njit(cache=True, nogil=True)
def _clip(wx, wy, ex, ey, column, row):  # noqa: ANN001, ANN202
    """Return the part of an edge in a cell and its skirt, without skirt at the top."""
    top, bottom = row + 1, row - SKIRT
    left, right = column - SKIRT, column + 1 + SKIRT
    ax, ay, bx, by = wx, wy, ex, ey
    if min(wy, ey) > top or max(wy, ey) < bottom:
        return 1.0, 0.0, 0.0, 0.0
    if wy > top:
        ax, ay = _crossing(wx, wy, ex, ey, top), float(top)
    elif wy < bottom:
        ax, ay = _at(bottom, wy, ey, wx, ex), bottom
    if ey > top:
        bx, by = _crossing(wx, wy, ex, ey, top), float(top)
    elif ey < bottom:
        bx, by = _at(bottom, wy, ey, wx, ex), bottom
    if bx < left or ax > right:
        return 1.0, 0.0, 0.0, 0.0
    if ax < left:
        ax, ay = left, _at(left, wx, ex, wy, ey)
    if bx > right:
        bx, by = right, _at(right, wx, ex, wy, ey)
    return ax, ay, bx, by


@njit(cache=True, nogil=True)
def _put(west, east, y, y_east, toggles, words, at, n):  # noqa: ANN001, ANN202, PLR0913
    """Add an edge to a cell, or its bits to the same edge of another polygon."""
    x1, x2, y1, y2 = np.float32(west), np.float32(east), np.float32(y), np.float32(y_east)
    run = float(x2) - float(x1)
    slope = np.float32(STEEPEST)
    if run * STEEPEST > abs(float(y2) - float(y1)):
        slope = np.float32((float(y2) - float(y1)) / run)
    end = at + 5 * n
    for k in range(at, end, 5):
        if words[k] == x1 and words[k + 1] == x2 and words[k + 2] == y1 and words[k + 3] == slope:
            words[k + 4] = int(words[k + 4]) ^ toggles
            return n
    words[end], words[end + 1], words[end + 2] = x1, x2, y1
    words[end + 3], words[end + 4] = slope, toggles
    return n + 1


# Looking up --------------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _in_cell(u, v, words, at):  # noqa: ANN001, ANN202
    """Decide a point of a mixed cell; u and v are its place in the cell, 0 to 1."""
    if u < NEAR or u > ALMOST or v < NEAR or v > ALMOST:
        return UNCERTAIN
    end = at + 2 + 5 * int(words[at])
    inside = int(words[at + 1])
    for k in range(at + 2, end, 5):
        west, east = words[k], words[k + 1]
        if west - BESIDE <= u and u <= east + BESIDE:
            slope = words[k + 3]
            above = words[k + 2] + (u - west) * slope - v
            if abs(above) <= NEAR * (ONE + abs(slope)):
                return UNCERTAIN
            if above > 0 and west <= u and u < east:
                inside ^= int(words[k + 4])
    if inside == 0:
        return OUTSIDE
    while not inside & 1:
        inside >>= 1
        end += 1
    return int(words[end])


@njit(cache=True, nogil=True)
def one(x, y, cells, words, west, south, scale, columns, rows):  # noqa: ANN001, ANN201, PLR0913
    """Return owner, `OUTSIDE` or `UNCERTAIN` of one point."""
    across, up = (x - west) * scale, (y - south) * scale
    if not (across >= 0 and up >= 0 and across < columns and up < rows):
        return OUTSIDE
    column, row = int(across), int(up)
    held = cells[row * columns + column]
    if held > FIRST_MIXED:
        return int(held)
    u, v = np.float32(across - column), np.float32(up - row)
    return _in_cell(u, v, words, FIRST_MIXED - held)


@njit(cache=True, nogil=True)
def _many(xy, found, cells, words, west, south, scale, columns, rows):  # noqa: ANN001, ANN202, PLR0913
    """Answer n points; block by block, so that the reads of a block's cells overlap."""
    place = np.empty(BLOCK, dtype=np.int64)
    waiting = np.empty(BLOCK, dtype=np.int64)
    for begin in range(0, len(xy), BLOCK):
        size = min(BLOCK, len(xy) - begin)
        for k in range(size):
            across, up = (xy[begin + k, 0] - west) * scale, (xy[begin + k, 1] - south) * scale
            known = across >= 0 and up >= 0 and across < columns and up < rows
            place[k] = int(up) * columns + int(across) if known else 0
        n = 0
        for k in range(size):
            held = cells[place[k]]
            found[begin + k] = held
            waiting[n] = k
            n += held <= FIRST_MIXED
        for k in waiting[:n]:
            at = FIRST_MIXED - found[begin + k]
            across, up = (xy[begin + k, 0] - west) * scale, (xy[begin + k, 1] - south) * scale
            u, v = np.float32(across - int(across)), np.float32(up - int(up))
            found[begin + k] = _in_cell(u, v, words, at)
