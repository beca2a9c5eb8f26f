"""
Ours against its peers: ``make bench``.

Each case runs ours and the peer in turn, A B A B …, in one process after a warm-up, and prints the
medians and their ratio, because on a shared machine ratios hold and seconds do not. The same goes
to ``results/bench.json``. Leaves with 1 where a target is missed; a smaller run, for correctness
alone, is part of the tests (``tests/benchmarks/test_bench.py``).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.benchmarks.cases import CASES, Result, run

RESULTS = Path(__file__).parent / "results" / "bench.json"
HEADINGS = ("name", "size", "ours", "peer", "ratio", "target", "ok")


def line(result: Result) -> str:
    """Return one case as a line of the table."""
    verdict = "ok" if result.met else "MISSED"
    return (
        f"{result.name:<34} | {result.size:>7,} | {_time(result.ours):>9} | {_time(result.peer):>9}"
        f" | {result.ratio:>7.1f} | {result.target:>6.1f} | {verdict:<6} | {result.against}"
    )


def main() -> int:
    """Run the cases that were asked for."""
    parser = argparse.ArgumentParser(description="Ours against its peers.")
    parser.add_argument("names", nargs="*", help="only cases whose name contains one of these")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--pairs", type=int, default=5)
    asked = parser.parse_args()
    sys.stdout.write(" | ".join(HEADINGS) + "\n")
    results = []
    for size in asked.sizes:
        for case in CASES:
            if asked.names and not any(name in case.name for name in asked.names):
                continue
            result = run(case, size, asked.pairs)
            results.append(result)
            sys.stdout.write(line(result) + "\n")
            sys.stdout.flush()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([result.as_dict() for result in results], indent=1))
    missed = [result for result in results if not result.met]
    sys.stdout.write(f"{len(results)} cases, {len(missed)} missed\n")
    return 1 if missed else 0


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
