"""
A partition of a city as large as a benchmark wants, and points in it.

Grids are Voronoi cells of clustered seeds. Each Voronoi edge is replaced by a wobbly line that
stays within the kite of its two seeds, so that lines cannot cross; both neighbours use the very
same vertices, about ninety a grid. Coordinates have seven decimals. The outline is that of the
cells whose seed is in the city.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi

Floats = NDArray[np.float64]

WEST, SOUTH, WIDTH, HEIGHT = 121.0, 52.0, 0.55, 0.4
DECIMALS = 7
ROADS = 60


def partition(n: int, seed: int = 20230701) -> gpd.GeoDataFrame:
    """
    Return n grids.

    Returns
    -------
    geopandas.GeoDataFrame, n rows
        Polygons in EPSG:4490 indexed by code, with their ``community``, a tile of about 25 grids;
        codes run through the communities.
    """
    rng = np.random.default_rng(seed)
    seeds = _seeds(n, rng)
    tile = _tiles(seeds[:n])
    order = np.lexsort((seeds[:n, 0], tile))
    seeds[:n], tile = seeds[order], tile[order]
    cells = Voronoi(seeds)
    ends = np.asarray(cells.ridge_vertices)
    used = cells.ridge_points.min(axis=1) < n
    pairs, ends = cells.ridge_points[used], ends[used]
    inner, first = _wobble(seeds, pairs, cells.vertices[ends], rng)
    rings = _rings(n, seeds, pairs, cells.vertices[ends], (inner, first))
    codes = pd.Index([f"232701{number:09d}" for number in range(1, n + 1)], name="code")
    communities = {"community": [f"232701{number:06d}" for number in tile]}
    return gpd.GeoDataFrame(
        communities, geometry=shapely.polygons(rings), index=codes, crs="EPSG:4490"
    )


def points(n: int, seed: int = 1) -> Floats:
    """Return n points, shape (n, 2): 65 % along roads, 30 % around centres, 5 % outside."""
    rng = np.random.default_rng(seed)
    centres = _inside(rng, ROADS)
    n_out, n_roads = n // 20, int(n * 0.65)
    start, end = rng.integers(0, ROADS, (2, n_roads))
    along = rng.uniform(0, 1, (n_roads, 1))
    roads = centres[start] + along * (centres[end] - centres[start])
    around = centres[rng.integers(0, ROADS, n - n_out - n_roads)]
    scattered = np.vstack(
        [
            roads + rng.normal(0, 0.0008, roads.shape),
            around + rng.normal(0, 0.006, around.shape),
            _frame(rng, n_out),
        ]
    )
    rng.shuffle(scattered)
    return scattered


def _radius(angle: Floats) -> Floats:
    """Return how far the city reaches in a direction, 1 being half the frame."""
    waves = ((2, 0.07, 0.3), (3, 0.06, 1.9), (5, 0.04, 0.7), (9, 0.02, 2.2))
    return 0.78 * (1 + sum(size * np.sin(k * angle + phase) for k, size, phase in waves))


def _in_city(xy: Floats) -> NDArray[np.bool_]:
    across, up = ((xy - (WEST, SOUTH)) / (WIDTH / 2, HEIGHT / 2) - 1).T
    return np.hypot(across, up) < _radius(np.arctan2(up, across))


def _anywhere(rng: np.random.Generator, n: int) -> Floats:
    return rng.uniform((WEST, SOUTH), (WEST + WIDTH, SOUTH + HEIGHT), (n, 2))


def _inside(rng: np.random.Generator, n: int) -> Floats:
    xy = _anywhere(rng, 4 * n + 50)
    return xy[_in_city(xy)][:n]


def _frame(rng: np.random.Generator, n: int) -> Floats:
    xy = _anywhere(rng, 5 * n + 50)
    return xy[~_in_city(xy)][:n]


def _seeds(n: int, rng: np.random.Generator) -> Floats:
    """Return n seeds in the city, half of them clustered, then others around it."""
    centres = _inside(rng, max(4, int(n**0.5)))
    near = centres[rng.integers(0, len(centres), 2 * n)]
    near = near + rng.normal(0, 0.02, near.shape)
    near = near[_in_city(near)][: n // 2]
    seeds = np.vstack([near, _inside(rng, n - len(near)), _frame(rng, n)])
    ring = np.linspace(-np.pi, np.pi, 64, endpoint=False)
    middle = np.array([WEST + WIDTH / 2, SOUTH + HEIGHT / 2])
    far = middle + 4 * np.column_stack([np.cos(ring), np.sin(ring)])
    return np.vstack([_relaxed(np.vstack([seeds, far])), far])


def _tiles(seeds: Floats) -> NDArray[np.int64]:
    """Return the number of the tile that each seed is in."""
    across = max(int((len(seeds) / 25) ** 0.5), 1)
    column, row = ((seeds - (WEST, SOUTH)) / (WIDTH, HEIGHT) * across).astype(int).T
    return row * across + column


def _relaxed(seeds: Floats) -> Floats:
    """Move the seeds towards the middle of their cells: no slivers."""
    cells = Voronoi(seeds)
    both = np.concatenate([cells.ridge_points, cells.ridge_points[:, ::-1]])[:, 0]
    ends = np.concatenate([cells.ridge_vertices] * 2)
    bounded = ends.min(axis=1) >= 0
    middle = cells.vertices[ends[bounded]].mean(axis=1)
    total, count = np.zeros_like(seeds), np.zeros(len(seeds))
    np.add.at(total, both[bounded], middle)
    np.add.at(count, both[bounded], 1)
    moved = (seeds + total / np.maximum(count, 1)[:, None]) / 2
    inside = _in_city(seeds)
    keep = (count >= 3) & (_in_city(moved) == inside) & (np.abs(moved - seeds).max(axis=1) < 0.02)
    moved[~keep] = seeds[~keep]
    return moved[:-64]


def _wobble(
    seeds: Floats, pairs: NDArray[np.int32], ends: Floats, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.int64]]:
    """Return the vertices between the ends of each edge, and where each edge's start."""
    along = ends[:, 1] - ends[:, 0]
    length = np.hypot(*along.T)
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / length[:, None]
    to_seed = seeds[pairs[:, 0]] - ends[:, 0]
    height = np.abs((to_seed * normal).sum(axis=1))
    foot = (to_seed * along).sum(axis=1) / length**2
    wanted = np.clip(rng.lognormal(np.log(15), 0.35, len(length)), 5, 40)
    n = np.maximum(np.minimum(wanted, length / 4e-6 - 1), 0).astype(np.int64)
    edge = np.repeat(np.arange(len(n)), n)
    first = np.concatenate([[0], np.cumsum(n)])
    place = (np.arange(len(edge)) - first[edge] + 1 + rng.uniform(-0.3, 0.3, len(edge))) / (
        n[edge] + 1
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        rising = np.where(foot[edge] > 0, place / foot[edge], np.inf)
        falling = np.where(foot[edge] < 1, (1 - place) / (1 - foot[edge]), np.inf)
    room = np.minimum(np.minimum(rising, falling) * height[edge] * 0.55, length[edge] * 0.12)
    phase = rng.uniform(0, 6.28, (4, len(n)))[:, edge]
    noise = sum(0.4 / (k + 1) * np.sin(np.pi * 1.7 * 2**k * place + phase[k]) for k in range(4))
    offset = np.clip(noise + rng.normal(0, 0.1, len(edge)), -1, 1) * room
    return ends[edge, 0] + place[:, None] * along[edge] + offset[:, None] * normal[edge], first


def _rings(
    n: int,
    seeds: Floats,
    pairs: NDArray[np.int32],
    ends: Floats,
    wobbles: tuple[Floats, NDArray[np.int64]],
) -> NDArray[np.object_]:
    """Join the edges around each seed, anticlockwise, to a closed ring."""
    inner, first = wobbles
    m = len(pairs)
    owner = np.concatenate([pairs[:, 0], pairs[:, 1]])
    edge = np.concatenate([np.arange(m)] * 2)
    start, end = ends[edge, 0] - seeds[owner], ends[edge, 1] - seeds[owner]
    forward = start[:, 0] * end[:, 1] - start[:, 1] * end[:, 0] > 0
    middle = (start + end) / 2
    # a Voronoi cell is convex and holds its seed: its edges go round it in the order of the angle
    order = np.lexsort((np.arctan2(middle[:, 1], middle[:, 0]), owner))
    order = order[owner[order] < n]
    owner, edge, forward = owner[order], edge[order], forward[order]
    size = first[edge + 1] - first[edge] + 1
    half = np.repeat(np.arange(len(edge)), size)
    step = np.arange(len(half)) - np.repeat(np.cumsum(size) - size, size)
    at = np.where(forward[half], first[edge[half]] + step - 1, first[edge[half] + 1] - step)
    corner = np.where(forward[:, None], ends[edge, 0], ends[edge, 1])
    xy = np.where((step == 0)[:, None], corner[half], inner[np.clip(at, 0, len(inner) - 1)])
    xy, ring = np.round(xy, DECIMALS), owner[half]
    twice = np.zeros(len(xy), dtype=bool)
    twice[1:] = (ring[1:] == ring[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)
    return shapely.linearrings(xy[~twice], indices=ring[~twice])
