"""
Hot spots of a large ledger: ``python -m tests.benchmarks.spots``.

A page of hot spots is six analyses: the grids, squares and hexagons, and three groups of channels.
They are worked out as by a worker that has just begun, and again for another question; beside them
stands one analysis of the grids by GeoPandas and esda. Seconds are of the processor. Leaves with 1
where a known ground takes longer than the target.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import geopandas as gpd
from esda.getisord import G_Local
from libpysal.graph import Graph

from geodata.analyses import prepare
from geodata.questions import Question
from geodata.workspace import Workspace
from tests.benchmarks.emerging import YEARS, ZONE, ledger

TARGET_S = {10_000: 3.0, 100_000: 15.0}


def seconds(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def page(workspace: Workspace, question: Question) -> float:
    """Return what the six analyses take."""
    return seconds(lambda: prepare(workspace, workspace, question, ZONE, lambda *_parts: True))


def peer(workspace: Workspace) -> float:
    """Return what Gi* of the grids alone takes by GeoPandas and esda, contiguity known."""
    grids = workspace.measured("grids", YEARS.until)
    issues = workspace.frame("issues", YEARS.until).to_crs(grids.crs)[["geometry"]]
    near = Graph.build_contiguity(grids, strict=False).assign_self_weight()

    def work() -> None:
        joined = gpd.sjoin(issues, grids[["geometry"]], predicate="within")
        counts = joined["code"].value_counts().reindex(grids.index, fill_value=0)
        G_Local(counts.to_numpy(), near, transform="B", star=True, permutations=0)

    return seconds(work)


def main() -> int:
    """Print how long a page of hot spots takes, cold and on a ground that is known."""
    parser = argparse.ArgumentParser(description="Hot spots of a large ledger.")
    parser.add_argument("--grids", type=int, default=10_000)
    parser.add_argument("--issues", type=int, default=1_000_000)
    parser.add_argument("--no-peer", action="store_true")
    asked = parser.parse_args()
    workspace = ledger(asked.grids, asked.issues)
    question = Question("hotspots", YEARS, YEARS.until)
    cold = page(workspace, question)
    later = replace(YEARS, since=YEARS.since + timedelta(days=30))
    known = page(workspace, replace(question, wanted=later))
    sys.stdout.write(
        f"{asked.issues:,} issues, {asked.grids:,} grids, six analyses: cold {cold:.2f} s, ground "
        f"known {known:.2f} s\n"
    )
    if not asked.no_peer:
        theirs = peer(workspace)
        sys.stdout.write(f"  one of them by GeoPandas and esda: {theirs:.2f} s\n")
        sys.stdout.write(f"  ratio for one: {theirs / (known / 6):.0f}\n")
    return 0 if known <= TARGET_S.get(asked.grids, float("inf")) else 1


if __name__ == "__main__":
    sys.exit(main())
