"""
Planar partitions for tests: areas that share wobbly borders exactly.

A lattice of cells is drawn first: 100 m apart, nodes moved by up to 10 m, and every edge between
two nodes bent by up to 5 m, so that no two edges cross. Areas are then unions of cells. Cells of
one area that do not touch make it multi-part, an area around another makes a hole, and cells of
one area that meet at a corner make its parts touch. GEOS unites the cells, not the code under test.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

METRIC = "EPSG:4550"
WEST, SOUTH = 469000.0, 5871600.0
SIZE = 100.0


def cells(rows: int, columns: int, *, seed: int = 0, bends: int = 3) -> NDArray[np.object_]:
    """
    Draw the cells of a lattice.

    Parameters
    ----------
    rows, columns
        How many cells northwards and eastwards.
    seed
        Of the wobble.
    bends
        Vertices of an edge between its two nodes.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        Polygons in metres.
    """
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[: rows + 1, : columns + 1]
    nodes = np.stack([WEST + SIZE * column, SOUTH + SIZE * row], axis=-1)
    nodes = _rounded(nodes + rng.uniform(-10, 10, nodes.shape))
    east = _edges(nodes[:, :-1], nodes[:, 1:], rng, bends)
    north = _edges(nodes[:-1], nodes[1:], rng, bends)
    rings = np.concatenate(
        [
            east[:-1],
            north[:, 1:],
            np.flip(east[1:], axis=2),
            np.flip(north[:, :-1], axis=2),
        ],
        axis=2,
    )
    drawn: NDArray[np.object_] = shapely.polygons(shapely.linearrings(rings))
    return drawn


def partition(labels: NDArray[np.int64], *, seed: int = 0, bends: int = 3) -> gpd.GeoDataFrame:
    """
    Make areas of the cells with the same label; -1 is nobody's ground.

    Parameters
    ----------
    labels
        Label of each cell, shape (rows, columns).
    seed, bends
        As for `cells`.

    Returns
    -------
    geopandas.GeoDataFrame
        MultiPolygons in metres, indexed by ``code`` (``g00``, ``g01``, ...), ``parent`` ``all``.
    """
    shapes = cells(*labels.shape, seed=seed, bends=bends)
    used = np.unique(labels[labels >= 0])
    united = [shapely.coverage_union_all(shapes[labels == label]) for label in used]
    whole = [shapely.multipolygons(shapely.get_parts(shape)) for shape in united]
    codes = pd.Index([f"g{label:02d}" for label in used], name="code")
    return gpd.GeoDataFrame({"parent": "all"}, geometry=whole, index=codes, crs=METRIC)


@st.composite
def partitions(draw: st.DrawFn, *, nobody: bool = False) -> gpd.GeoDataFrame:
    """
    Draw partitions of at least two areas, with holes, several parts and touching corners.

    Parameters
    ----------
    draw
        Given by Hypothesis.
    nobody
        Whether some ground may be nobody's.
    """
    shape = draw(st.tuples(st.integers(2, 5), st.integers(2, 5)))
    lowest = -1 if nobody else 0
    labels = draw(arrays(np.int64, shape, elements=st.integers(lowest, draw(st.integers(1, 9)))))
    labels[0, 0], labels[-1, -1] = 0, 1
    return partition(labels, seed=draw(st.integers(0, 99)), bends=draw(st.integers(0, 4)))


def _edges(
    start: NDArray[np.float64], end: NDArray[np.float64], rng: np.random.Generator, bends: int
) -> NDArray[np.float64]:
    """Bend the edges between nodes; shape (…, 2) → (…, bends + 2, 2), both nodes included."""
    along = np.linspace(0, 1, bends + 2)[:, None]
    across = np.stack([start[..., 1] - end[..., 1], end[..., 0] - start[..., 0]], axis=-1) / SIZE
    wobble = rng.uniform(-1, 1, (*start.shape[:-1], bends + 2, 1)) * 20 * along * (1 - along)
    line = start[..., None, :] * (1 - along) + end[..., None, :] * along
    bent = _rounded(line + wobble * across[..., None, :])
    bent[..., 0, :], bent[..., -1, :] = start, end
    return bent


def _rounded(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(xy * 1024) / 1024
