"""Square lattices whose neighbours are known by arithmetic."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from shapely import box


def lattice(side: int, *, queen: bool = True) -> csr_array:
    """Return the weights of a square of side × side cells, row by row."""
    number = np.arange(side * side)
    rows, columns = np.divmod(number, side)
    down = abs(rows[:, np.newaxis] - rows)
    across = abs(columns[:, np.newaxis] - columns)
    near = (np.maximum(down, across) == 1) if queen else (down + across == 1)
    return csr_array(near.astype(float))


def squares(side: int) -> gpd.GeoDataFrame:
    """Return the cells themselves, 100 m wide, indexed by code."""
    rows, columns = np.divmod(np.arange(side * side), side)
    return gpd.GeoDataFrame(
        {"name": [f"cell {r}/{c}" for r, c in zip(rows, columns, strict=True)]},
        geometry=box(100.0 * columns, 100.0 * rows, 100.0 * columns + 100, 100.0 * rows + 100),
        index=pd.Index([f"{r:02}{c:02}" for r, c in zip(rows, columns, strict=True)], name="code"),
        crs="EPSG:4550",
    )
