"""
Emerging hot spots in a large ledger: ``python -m tests.benchmarks.emerging``.

Counts the issues of two years in grids and months, and finds the patterns. Seconds depend on the
machine. Leaves with 1 where the target is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.reports.emerging import find
from geodata.reports.selection import Selection
from geodata.workspace import Workspace
from gridmap import layers
from tests.benchmarks.partition import partition
from tests.web.fakes import CRS, StillStore, empty_register

YEARS = Selection(date(2024, 10, 1), date(2026, 9, 30))
ZONE = ZoneInfo("Asia/Shanghai")
TARGET_S = 3.0


def ledger(n_grids: int, n_issues: int) -> Workspace:
    """Return a city with the issues of two years, in memory."""
    rng = np.random.default_rng(1)
    shapes = partition(n_grids)
    grids = gpd.GeoDataFrame(
        {"code": [f"230000000001{n:06d}" for n in range(len(shapes))], "name": "grid"},
        geometry=shapes.geometry.to_numpy(),
        crs=shapes.crs,
    ).assign(parent="230000000001", residents=0)
    west, south, east, north = grids.total_bounds
    at = pd.Timestamp("2024-09-30T16:00Z") + pd.to_timedelta(
        rng.uniform(0, 729, n_issues), unit="D"
    )
    points = gpd.points_from_xy(
        rng.uniform(west, east, n_issues), rng.uniform(south, north, n_issues)
    )
    issues = gpd.GeoDataFrame(
        {
            "issue_id": [f"i{n:07d}" for n in range(n_issues)],
            "reported_at": at,
            "category": rng.choice([f"category {n}" for n in range(12)], n_issues),
            "channel": rng.choice(["hotline", "periodic", "unit_patrol"], n_issues),
            "reporter": [f"p{n}" for n in rng.integers(0, 50_000, n_issues)],
            "state": "dispatched",
        },
        geometry=points,
        crs=grids.crs,
    )
    frames = empty_register()
    for name, frame in (("grids", grids), ("issues", issues)):
        frames[name] = layers.conform(frame.to_crs(CRS), layers.LAYERS[name])
    store: Any = StillStore(frames, SimpleNamespace(crs=CRS, codes="cn", name="", metric_crs=""))
    return Workspace(store)


def main() -> int:
    """Print how long it takes cold, and for another question warm."""
    parser = argparse.ArgumentParser(description="Emerging hot spots in a large ledger.")
    parser.add_argument("--grids", type=int, default=10_000)
    parser.add_argument("--issues", type=int, default=1_000_000)
    asked = parser.parse_args()
    workspace = ledger(asked.grids, asked.issues)
    taken = []
    for which in (None, "category 1", None):
        wanted = Selection(YEARS.since, YEARS.until, which, None if which else "hotline")
        wanted = YEARS if not taken else wanted
        start = time.perf_counter()
        found = find(workspace, wanted, "month", ZONE, YEARS.until)
        taken.append(time.perf_counter() - start)
    sys.stdout.write(
        f"{asked.issues:,} issues, {asked.grids:,} grids, {len(found.steps.whole)} steps: cold "
        f"{taken[0]:.2f} s, warm {taken[1]:.2f} s (one category), {taken[2]:.2f} s (all; target "
        f"{TARGET_S:g} s)\n"
    )
    return 0 if taken[2] <= TARGET_S else 1


if __name__ == "__main__":
    sys.exit(main())
