"""
A town whose issues take a course: even for nine months, then a block in the middle grows hot.

The grids are those of `tests.web.fakes.wide_town`, 8 by 8 squares of 200 m less two. Every grid has
12 issues in each month from July 2025 to June 2026; in April, May and June the nine grids around
the sixth of the third row have 48. Two more issues lie outside every grid, and one was merged.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from gridmap import layers
from tests.town import METRIC, SOUTH, WEST
from tests.web.fakes import CRS, wide_town

SIDE, USUAL, HOT, MONTHS, HOT_MONTHS = 8, 12, 48, 12, 3
MIDDLE = (5, 2)  # column and row, from 0
GONE = (19, 45)  # squares without a grid
CODE = "232701100002022"  # of the grid in the middle: its square is number 21 from 0
TOTAL = (SIDE**2 - len(GONE)) * USUAL * MONTHS + 9 * (HOT - USUAL) * HOT_MONTHS


def courses() -> dict[str, Any]:
    """Return the town, as the register keeps it."""
    frames = wide_town()
    rng = np.random.default_rng(11)
    rows = [row for square in range(SIDE**2) if square not in GONE for row in _of(square, rng)]
    rows += [_row(-500.0, 100.0, "2026-06-10"), _row(-500.0, 200.0, "2026-06-11")]
    rows.append(_row(100.0, 100.0, "2026-06-12") | {"state": "merged"})
    for number, row in enumerate(rows):
        row["issue_id"] = f"c{number:05d}"
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=METRIC).to_crs(CRS)
    return frames | {"issues": layers.conform(frame, layers.LAYERS["issues"])}


def _of(square: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    row, column = divmod(square, SIDE)
    near = max(abs(column - MIDDLE[0]), abs(row - MIDDLE[1])) <= 1
    found = []
    for month, first in enumerate(pd.date_range("2025-07-01", periods=MONTHS, freq="MS")):
        n = HOT if near and month >= MONTHS - HOT_MONTHS else USUAL
        for x, y in rng.uniform(10, 190, (n, 2)):
            day = first + pd.Timedelta(days=int(rng.integers(0, 28)))
            found.append(_row(200 * column + x, 200 * row + y, day.date().isoformat()))
    return found


def _row(x: float, y: float, day: str) -> dict[str, Any]:
    return {
        "reported_at": f"{day}T02:00:00Z",
        "category": "暴露垃圾",
        "channel": "hotline",
        "state": "dispatched",
        "geometry": Point(WEST + x, SOUTH + y),
    }
