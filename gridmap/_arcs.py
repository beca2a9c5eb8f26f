"""
Kernels that cut the rings of a partition into arcs, each border once.

The stages, in the order in which `gridmap.topology.read_topology` runs them: equal vertices get
one number (`number_vertices`), rings become walks over these numbers with their owner on the left
(`walk_rings`), edges of neighbours are paired (`pair_edges`), and runs of edges between two nodes
become arcs (`cut_arcs`, `copy_arcs`). Each is linear in the number of vertices, as long as few
edges meet in one.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]

TRIANGLE = 3
PASSED_THROUGH = 2  # edges at a vertex where nothing ends and nothing meets


@njit(cache=True)
def _mix(a: int, b: int) -> np.int64:
    # Neighbouring coordinates differ in few bits of their patterns, so all bits are spread.
    mixed = np.uint64(a) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(b) * np.uint64(
        0xC2B2AE3D27D4EB4F
    )
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return np.int64(mixed & np.uint64(0x7FFFFFFFFFFFFFFF))


@njit(cache=True)
def number_vertices(bits: Ints) -> tuple[Numbers, Numbers]:
    """
    Give vertices with the same coordinates the same number.

    Parameters
    ----------
    bits
        Bit patterns of the coordinates, shape (n, 2); negative zeros made positive before.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        The number of each of the n vertices, and the position at which each number occurs first.
        Numbers follow the order of first occurrence.
    """
    n = bits.shape[0]
    size = 16
    while 4 * size < 5 * n:
        size *= 2
    table = np.full(size, -1, np.int32)
    number = np.empty(n, np.int32)
    first = np.empty(n, np.int32)
    count = 0
    guess = -1
    for i in range(n):
        x, y = bits[i, 0], bits[i, 1]
        # A border is walked backwards by the neighbour that comes second: its next vertex is most
        # often the one numbered before, and the table need not be asked.
        if guess >= 0 and bits[first[guess], 0] == x and bits[first[guess], 1] == y:
            number[i] = guess
            guess -= 1
            continue
        slot = _mix(x, y) & (size - 1)
        found = table[slot]
        while found >= 0 and (bits[first[found], 0] != x or bits[first[found], 1] != y):
            slot = (slot + 1) & (size - 1)
            found = table[slot]
        if found < 0:
            table[slot] = count
            first[count] = i
            found = count
            count += 1
            guess = -1
        else:
            guess = found - 1
        number[i] = found
    return number, first[:count].copy()


@njit(cache=True)
def walk_rings(
    number: Numbers, xy: Floats, offsets: Ints, is_shell: Bools
) -> tuple[Numbers, Ints, Ints]:
    """
    Turn rings into walks: owner on the left, no vertex twice in a row, not closed.

    Parameters
    ----------
    number
        Vertex numbers of the rings' coordinates, n.
    xy
        Their coordinates, shape (n, 2).
    offsets
        Where each ring starts, r + 1.
    is_shell
        Whether each ring is the outer one of its polygon, r.

    Returns
    -------
    numpy.ndarray, numpy.ndarray, numpy.ndarray
        Vertex numbers of all walks, where each walk starts, and the ring that each walk is of.
        Rings with fewer than three different vertices in a row are left out.
    """
    walk = np.empty(number.shape[0], np.int32)
    starts = np.zeros(offsets.shape[0], np.int64)
    ring_of = np.empty(is_shell.shape[0], np.int64)
    end = 0
    walks = 0
    for ring in range(is_shell.shape[0]):
        low, high = offsets[ring], offsets[ring + 1] - 1
        doubled = 0.0
        start = end
        for i in range(low, high):
            doubled += (xy[i, 0] - xy[low, 0]) * (xy[i + 1, 1] - xy[low, 1])
            doubled -= (xy[i + 1, 0] - xy[low, 0]) * (xy[i, 1] - xy[low, 1])
            if number[i] != number[i + 1]:
                walk[end] = number[i]
                end += 1
        if end - start < TRIANGLE:
            end = start
            continue
        if (doubled > 0) != is_shell[ring]:
            walk[start:end] = walk[start:end][::-1].copy()
        ring_of[walks] = ring
        walks += 1
        starts[walks] = end
    return walk[:end].copy(), starts[: walks + 1].copy(), ring_of[:walks].copy()


@njit(cache=True)
def pair_edges(walk: Numbers, starts: Ints, vertices: int) -> tuple[Numbers, Bools, Bools]:
    """
    Give the edges between the same two vertices the same number.

    Parameters
    ----------
    walk, starts
        As `walk_rings` answers.
    vertices
        How many vertex numbers there are.

    Returns
    -------
    numpy.ndarray, numpy.ndarray, numpy.ndarray
        The edge that leaves each position of the walks; whether each edge is crowded, that is,
        walked more than once in one direction; and whether each vertex is a node, where arcs end:
        one with other than two edges, or at the end of a crowded edge.
    """
    n = walk.shape[0]
    low = np.empty(n, np.int32)
    high = np.empty(n, np.int32)
    # The edges of a vertex to lower ones are chained, the latest first: few meet in one vertex.
    latest = np.full(vertices, -1, np.int32)
    earlier = np.empty(n, np.int32)
    edge_at = np.empty(n, np.int32)
    seen = np.zeros((n, 2), np.bool_)
    crowded = np.zeros(n, np.bool_)
    degree = np.zeros(vertices, np.int32)
    count = 0
    for ring in range(starts.shape[0] - 1):
        for i in range(starts[ring], starts[ring + 1]):
            a = walk[i]
            b = walk[i + 1] if i + 1 < starts[ring + 1] else walk[starts[ring]]
            lesser, greater = min(a, b), max(a, b)
            edge = latest[greater]
            while edge >= 0 and low[edge] != lesser:
                edge = earlier[edge]
            if edge < 0:
                edge = count
                count += 1
                low[edge], high[edge] = lesser, greater
                earlier[edge] = latest[greater]
                latest[greater] = edge
                degree[a] += 1
                degree[b] += 1
            way = 0 if a == lesser else 1
            crowded[edge] |= seen[edge, way]
            seen[edge, way] = True
            edge_at[i] = edge
    is_node = degree != PASSED_THROUGH
    for edge in range(count):
        if crowded[edge]:
            is_node[low[edge]] = True
            is_node[high[edge]] = True
    return edge_at, crowded[:count].copy(), is_node


@njit(cache=True)
def _first_cut(walk: Numbers, low: int, high: int, is_node: Bools) -> int:
    # A ring without a node is cut at its lowest vertex, so that both its owners cut it alike.
    lowest = low
    for i in range(low, high):
        if is_node[walk[i]]:
            return i
        if walk[i] < walk[lowest]:
            lowest = i
    return lowest


@njit(cache=True)
def _cut_runs(walk: Numbers, starts: Ints, is_node: Bools) -> tuple[Ints, Ints, Ints, Numbers]:
    """Cut the walks at nodes: of each run where it starts, its last edge, its length, its walk."""
    most = starts.shape[0]
    for i in range(walk.shape[0]):
        most += is_node[walk[i]]
    start = np.empty(most, np.int64)
    last = np.empty(most, np.int64)
    edges = np.empty(most, np.int64)
    ring_of = np.empty(most, np.int32)
    runs = 0
    for ring in range(starts.shape[0] - 1):
        low, high = starts[ring], starts[ring + 1]
        i = _first_cut(walk, low, high, is_node)
        done = 0
        while done < high - low:
            start[runs] = i
            ring_of[runs] = ring
            run = 0
            while run == 0 or (done + run < high - low and not is_node[walk[i]]):
                last[runs] = i
                run += 1
                i = i + 1 if i + 1 < high else low
            done += run
            edges[runs] = run
            runs += 1
    return start[:runs], last[:runs], edges[:runs], ring_of[:runs]


@njit(cache=True)
def cut_arcs(
    walk: Numbers, starts: Ints, edge_at: Numbers, crowded: Bools, is_node: Bools
) -> tuple[Ints, Ints, Numbers, Numbers, Ints, Numbers]:
    """
    Cut the walks at nodes, and keep each run of edges once.

    Parameters
    ----------
    walk, starts
        As `walk_rings` answers.
    edge_at, crowded, is_node
        As `pair_edges` answers.

    Returns
    -------
    tuple of numpy.ndarray
        Of each arc: the position where it starts, its number of edges, the walk on its left, the
        walk on its right or -1; then of each crowded edge its positions and walks, one for each
        time it is walked.
    """
    start, last, edges, ring_of = _cut_runs(walk, starts, is_node)
    runs = start.shape[0]
    arc_of = np.full(crowded.shape[0], -1, np.int32)
    right = np.full(runs, -1, np.int32)
    arc_run = np.empty(runs, np.int64)
    crowded_run = np.empty(runs, np.int64)
    arcs = 0
    crowds = 0
    for run in range(runs):
        if crowded[edge_at[start[run]]]:
            crowded_run[crowds] = run
            crowds += 1
            continue
        # Either direction starts with the edge with which the other ends.
        key = min(edge_at[start[run]], edge_at[last[run]])
        if arc_of[key] >= 0:
            right[arc_of[key]] = ring_of[run]
            continue
        arc_of[key] = arcs
        arc_run[arcs] = run
        arcs += 1
    kept, crowd = arc_run[:arcs], crowded_run[:crowds]
    return (
        start[kept],
        edges[kept],
        ring_of[kept],
        right[:arcs].copy(),
        start[crowd],
        ring_of[crowd],
    )


@njit(cache=True)
def copy_arcs(
    walk: Numbers, starts: Ints, position: Ints, edges: Ints, left: Numbers, vertex_xy: Floats
) -> tuple[Ints, Floats, Numbers, Numbers]:
    """
    Copy the coordinates of arcs.

    Parameters
    ----------
    walk, starts
        As `walk_rings` answers.
    position, edges, left
        As `cut_arcs` answers.
    vertex_xy
        Coordinates by vertex number.

    Returns
    -------
    tuple of numpy.ndarray
        Offsets, coordinates (both ends of each arc included), first and last vertex of each arc.
    """
    arcs = position.shape[0]
    offsets = np.zeros(arcs + 1, np.int64)
    for arc in range(arcs):
        offsets[arc + 1] = offsets[arc] + edges[arc] + 1
    xy = np.empty((offsets[arcs], 2), np.float64)
    first = np.empty(arcs, np.int32)
    last = np.empty(arcs, np.int32)
    for arc in range(arcs):
        low, high = starts[left[arc]], starts[left[arc] + 1]
        i = position[arc]
        first[arc] = walk[i]
        for k in range(offsets[arc], offsets[arc + 1]):
            last[arc] = walk[i]
            xy[k, 0] = vertex_xy[walk[i], 0]
            xy[k, 1] = vertex_xy[walk[i], 1]
            i = i + 1 if i + 1 < high else low
    return offsets, xy, first, last
