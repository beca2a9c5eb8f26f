"""
Evaluation and ranking of a large ledger: ``python -m tests.benchmarks.evaluation``.

Works out every indicator of 2,000 units from a million issues with 200,000 acts, then their ranking
and what would lift one of them. Processor seconds, which depend on the machine. Leaves with 1 where
the target is missed.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import pandas as pd

from gridmap import layers
from gridmap.evaluation import Beside, facts, tally
from gridmap.formulas import default_formula
from gridmap.ranking import rank

UNITS, CATEGORIES, DAYS, EVALUATION_S = 2000, 50, 30.0, 2.0
START = pd.Timestamp("2026-05-01", tz="UTC")
CHANNELS = ("unit_patrol", "hotline", "citizen_app", "undercover")
ACTS = ("dispatch", "return", "rule", "reject", "suspend")


def ledger(n: int, seed: int = 1) -> pd.DataFrame:
    """Return the issues of a month, most of them set right and closed out."""
    rng = np.random.default_rng(seed)
    reported = pd.Series(START + pd.to_timedelta(rng.uniform(0, DAYS, n), unit="D"))

    def later(base: pd.Series, hours: float, share: float) -> pd.Series:
        moved = base + pd.to_timedelta(rng.exponential(hours, n), unit="h")
        return moved.where(rng.random(n) < share)

    filed = later(reported, 3, 0.97)
    unit = rng.integers(0, UNITS, n)
    fixed = later(filed, 40, 0.9)
    closed = later(fixed, 20, 0.95)
    columns = {
        "issue_id": [f"W{k:07d}" for k in range(n)],
        "reported_at": reported,
        "filed_at": filed,
        "rectified_at": fixed,
        "closed_at": closed,
        "due_at": reported + pd.to_timedelta(48 + 48 * unit / UNITS, unit="h"),
        "state": np.where(closed.notna(), "closed_out", "dispatched"),
        "channel": np.array(CHANNELS)[rng.integers(0, len(CHANNELS), n)],
        "category": np.array([f"category {k}" for k in range(CATEGORIES)])[
            rng.integers(0, CATEGORIES, n)
        ],
        "unit_id": np.array([f"u{k:04}" for k in range(UNITS)])[unit],
    }
    raw = pd.DataFrame(columns).assign(geometry=None)
    return pd.DataFrame(layers.conform(raw, layers.LAYERS["issues"]).drop(columns="geometry"))


def beside(issues: pd.DataFrame, seed: int = 2) -> Beside:
    """Return a fifth as many acts as issues, and a patrol of each unit a day."""
    rng = np.random.default_rng(seed)
    many, patrols = len(issues) // 5, UNITS * int(DAYS)
    whose = np.sort(rng.integers(0, len(issues), many))
    at = START + pd.to_timedelta(np.sort(rng.uniform(0, DAYS, many)), unit="D")
    events = pd.DataFrame(
        {
            "issue_id": pd.Series(issues.index.to_numpy()[whose], dtype="str"),
            "at": at,
            "act": np.array(ACTS, dtype=object)[rng.integers(0, len(ACTS), many)],
            "unit_before": "u0001",
        }
    )
    ended = START + pd.to_timedelta(rng.uniform(0, DAYS, patrols), unit="D")
    units = issues["unit_id"].to_numpy()[rng.integers(0, len(issues), patrols)]
    walked = pd.DataFrame({"unit_id": pd.Series(units, dtype="str"), "ended_at": ended})
    walked["ended_at"] = walked["ended_at"].astype(issues["reported_at"].dtype)
    return Beside(events, issues.index[::30], walked)


def main() -> int:
    """Print one line a step."""
    parser = argparse.ArgumentParser(description="Evaluation of a large ledger.")
    parser.add_argument("--issues", type=int, default=1_000_000)
    asked = parser.parse_args()
    issues = ledger(asked.issues)
    known, at = beside(issues), START + pd.Timedelta(days=45)
    start = time.process_time()
    found = facts(issues, known, at)
    table = tally(found, issues["unit_id"].rename("key"))
    evaluated = time.process_time()
    kind = issues["category"].str.cat(issues["channel"], sep="\n")
    ranking = rank(found, issues["unit_id"].rename("key"), kind, default_formula())
    ranked = time.process_time()
    ranking.needed(str(ranking.table["first"].idxmax()))
    done = time.process_time()
    sys.stdout.write(
        f"{asked.issues:,} issues: {len(table):,} figures in {evaluated - start:.2f} s "
        f"(target {EVALUATION_S:g} s)\n"
        f"{len(ranking.table):,} units ranked in {ranked - evaluated:.2f} s\n"
        f"what would lift the last of them in {done - ranked:.2f} s\n"
    )
    return int(evaluated - start > EVALUATION_S)


if __name__ == "__main__":
    sys.exit(main())
