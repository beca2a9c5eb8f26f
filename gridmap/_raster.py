"""
A raster of cells over polygons, for asking which polygon covers a point.

A cell that no edge comes near to holds its answer. Any other holds a short list of edges, and a
point in it is decided by counting the edges north of it. The list is kept in single precision,
relative to the cell, which moves an edge by at most 2e-7 of a cell: what lies within `NEAR` of an
edge or of the cell's rim is not decided here but answered with `UNCERTAIN`, and the caller asks an
exact predicate. Everything farther off is answered as with exact arithmetic.

A mixed cell is a stretch of `words`::

    n, inside | west, east, y, slope, toggles | ... n edges ... | owner of bit 0, of bit 1, ...

`inside` has a bit for every polygon that contains the cell's north-west corner. A ray goes north
from the point and turns west along the cell's top to that corner: every edge that it crosses
toggles the bits of its polygons (two, where a border is shared), and where an edge leaves the cell
through the top, a level edge from there to the east stands for that crossing. The lowest bit left
is the lowest owner, so overlaps, holes, parts and gaps need no case of their own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap._rasterise import (
    FIRST_MIXED,
    MARGIN,
    OUTSIDE,
    UNCERTAIN,
    WORDS_PER_EDGE,
    Floats,
    Owners,
    Pieces,
    Words,
    count_edges,
    fill,
    pack,
)

NEAR = np.float32(4e-6)  # less than MARGIN, so that all edges that near are listed in the cell
BESIDE = np.float32(2e-6)
ONE = np.float32(1)
CELLS_PER_EDGE = 8
FEWEST_CELLS, MOST_CELLS = 1024, 20_000_000
FINEST = 1e-12
BLOCK = 256


class Raster(NamedTuple):
    """
    The cells, row by row from the south-west.

    Parameters
    ----------
    cells
        Owner, `OUTSIDE`, `UNCERTAIN`, or `FIRST_MIXED` minus a place in `words`.
    words
        The mixed cells.
    west, south
        Corner of the first cell, in the unit of the polygons.
    scale
        Cells per unit.
    columns, rows
        Size.
    """

    cells: Owners
    words: Words
    west: float
    south: float
    scale: float
    columns: int
    rows: int

    @property
    def nbytes(self) -> int:
        """Memory that the cells take, bytes."""
        return int(self.cells.nbytes + self.words.nbytes)

    def look_up(self, xy: Floats) -> Owners:
        """Return owner, `OUTSIDE` or `UNCERTAIN` of each of n points, shape (n, 2)."""
        found: Owners = np.empty(len(xy), dtype=np.int32)
        _many(xy, found, self)
        return found


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
    in_cells = pieces._replace(xy=(pieces.xy - (west, south)) * scale)
    cells = np.full(columns * rows, OUTSIDE, dtype=np.int32)
    edges = np.empty((count_edges(in_cells), 2), dtype=np.int32)
    fill(in_cells, columns, cells, edges)
    lengths = np.diff(pieces.rings[pieces.first_ring])
    piece_of = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    words = np.empty(WORDS_PER_EDGE * len(edges), dtype=np.float32)
    used = pack(in_cells, piece_of, columns, cells, edges, words)
    grid = cells.reshape(rows, columns)
    for box in rough:
        low = ((box[:2] - (west, south)) * scale - MARGIN).astype(int)
        high = ((box[2:] - (west, south)) * scale + MARGIN).astype(int)
        grid[low[1] : high[1] + 1, low[0] : high[0] + 1] = UNCERTAIN
    return Raster(cells, words[:used].copy(), west, south, scale, columns, rows)


def _frame(xy: Floats) -> tuple[float, float, float, int, int]:
    """Return west, south, cells per unit, columns and rows."""
    if not len(xy):
        return 0.0, 0.0, 1.0, 1, 1
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    width, height = float(east - west), float(north - south)
    wanted = float(np.clip(CELLS_PER_EDGE * len(xy), FEWEST_CELLS, MOST_CELLS))
    narrowest = max(width, height) / (8 * wanted**0.5)  # a strip has few rows, not many columns
    size = max((width * height / wanted) ** 0.5, narrowest, FINEST)
    # a cell and a half of nothing all round: the first cell answers for points off the raster
    rim = 1.5 * size
    columns, rows = int(width / size) + 4, int(height / size) + 4
    return float(west - rim), float(south - rim), 1.0 / size, columns, rows


@njit(cache=True, nogil=True)
def _in_cell(u: float, v: float, words: Words, at: int) -> int:
    """Decide a point of a mixed cell; u and v are its place in the cell, 0 to 1."""
    if min(u, v) < NEAR or max(u, v) > ONE - NEAR:
        return UNCERTAIN
    end = at + 2 + 5 * int(words[at])
    inside = int(words[at + 1])
    for k in range(at + 2, end, 5):
        west, east = words[k], words[k + 1]
        if west - BESIDE <= u <= east + BESIDE:
            slope = words[k + 3]
            above = words[k + 2] + (u - west) * slope - v
            if abs(above) <= NEAR * (ONE + abs(slope)):
                return UNCERTAIN
            if above > 0 and west <= u < east:
                inside ^= int(words[k + 4])
    if inside == 0:
        return OUTSIDE
    while not inside & 1:
        inside >>= 1
        end += 1
    return int(words[end])


@njit(cache=True, nogil=True)
def one(  # noqa: PLR0913, PLR0917  (a raster as one argument would cost more than the answer)
    x: float,
    y: float,
    cells: Owners,
    words: Words,
    west: float,
    south: float,
    scale: float,
    columns: int,
    rows: int,
) -> int:
    """Return owner, `OUTSIDE` or `UNCERTAIN` of one point; the rest are a raster's fields."""
    across, up = (x - west) * scale, (y - south) * scale
    if not (across >= 0 and up >= 0 and across < columns and up < rows):
        return OUTSIDE
    column, row = int(across), int(up)
    held = cells[row * columns + column]
    if held > FIRST_MIXED:
        return int(held)
    u, v = np.float32(across - column), np.float32(up - row)
    return int(_in_cell(u, v, words, FIRST_MIXED - held))


@njit(cache=True, nogil=True)
def _many(xy: Floats, found: Owners, raster: Raster) -> None:
    """Answer n points; block by block, so that the reads of a block's cells overlap."""
    cells, words, west, south, scale, columns, rows = raster
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
        for j in range(n):
            k = begin + waiting[j]
            across, up = (xy[k, 0] - west) * scale, (xy[k, 1] - south) * scale
            u, v = np.float32(across - int(across)), np.float32(up - int(up))
            found[k] = _in_cell(u, v, words, FIRST_MIXED - found[k])
