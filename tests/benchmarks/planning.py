"""
The planner on a large city: ``python -m tests.benchmarks.planning``.

Deals out 10,000 grids of unequal load to 1,500 units with capacities, and prints cost, bound, gap
and seconds. The proof is the gap; seconds depend on the machine.
"""

from __future__ import annotations

import argparse
import sys

from gridmap.planning import Plan, assign_units
from tests.gridmap.plans import city


def run(grids: int = 10_000, units: int = 1_500, seconds: float = 60.0) -> Plan:
    """Plan a city, after a small one that compiles the kernels."""
    assign_units(city(200, 30), time_limit_s=5.0)
    return assign_units(city(grids, units), time_limit_s=seconds)


def main() -> int:
    """Print one line; leave with 1 where the gap is above 2 %."""
    parser = argparse.ArgumentParser(description="The planner on a large city.")
    parser.add_argument("--grids", type=int, default=10_000)
    parser.add_argument("--units", type=int, default=1_500)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    plan = run(asked.grids, asked.units, asked.seconds)
    sys.stdout.write(
        f"{asked.grids:,} grids, {asked.units:,} units: {plan.status}, cost {plan.cost:,.0f}, "
        f"bound {plan.bound:,.0f}, gap {plan.gap:.2%}, {plan.seconds:.1f} s, {plan.solver}\n"
    )
    return 0 if plan.gap <= 0.02 else 1


if __name__ == "__main__":
    sys.exit(main())
