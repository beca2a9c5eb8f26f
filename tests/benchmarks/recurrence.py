"""
Recurrence in a large ledger: ``python -m tests.benchmarks.recurrence``.

Links the issues of a year, half of them around 300 spots and one in seven on a single pair of
coordinates, lists the stubborn places and works out the rates; then the 1,200 findings of Huanan.
Seconds depend on the machine. Leaves with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.recurrence import rate, recurrences, stubborn
from tests.scenarios.test_huanan import findings

SIDE_M, SPOTS, SPREAD_M, PILE = 12_000.0, 300, 40.0, 1 / 7
LARGE_S, HUANAN_S = 10.0, 1.0


def ledger(n: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Return the issues of a year in a city 12 km wide."""
    rng = np.random.default_rng(seed)
    at = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(rng.uniform(0, 365, n), unit="D")
    took = pd.to_timedelta(rng.lognormal(0.5, 1, n), unit="D")
    xy = rng.uniform(0, SIDE_M, (n, 2))
    spot = rng.uniform(0, SIDE_M, (SPOTS, 2))[rng.integers(0, SPOTS, n)]
    near = rng.random(n) < 0.5
    xy[near] = (spot + rng.normal(0, SPREAD_M, (n, 2)))[near]
    xy[rng.random(n) < PILE] = SIDE_M / 2
    columns = {
        "reported_at": at,
        "closed_at": (at + took).where(rng.random(n) < 0.9),
        "category": rng.choice([f"category {k}" for k in range(12)], n),
    }
    index = pd.Index([f"W{k:07d}" for k in range(n)], name="issue_id")
    points = gpd.points_from_xy(*xy.T)
    return gpd.GeoDataFrame(columns, geometry=points, index=index, crs="EPSG:4550")


def run(issues: gpd.GeoDataFrame) -> tuple[float, int, int]:
    """Return the seconds that all three take, the links, and the stubborn places."""
    start = time.perf_counter()
    links = recurrences(issues)
    places = stubborn(issues, links)
    rate(links, issues, "category")
    return time.perf_counter() - start, len(links), len(places)


def main() -> int:
    """Print one line a ledger."""
    parser = argparse.ArgumentParser(description="Recurrence in a large ledger.")
    parser.add_argument("--issues", type=int, default=200_000)
    asked = parser.parse_args()
    met = True
    for name, issues, target in (
        ("Huanan", findings()[0], HUANAN_S),
        ("a year", ledger(asked.issues), LARGE_S),
    ):
        seconds, links, places = run(issues)
        met &= seconds <= target
        sys.stdout.write(
            f"{name}: {len(issues):,} issues, {links:,} links, {places:,} stubborn places, "
            f"{seconds:.2f} s (target {target:g} s)\n"
        )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
