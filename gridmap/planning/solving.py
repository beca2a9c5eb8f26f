"""
The best plan of one case: by the relaxation alone, by branch and bound, or by packing.

Where no capacity counts, or all loads are equal, the programme is a transportation problem: its
relaxation has whole numbers at its best, and is the answer. Else few pairs are solved whole; many
are packed, against the bound of `gridmap.planning.lagrange`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gridmap.planning.case import Case
from gridmap.planning.clock import Clock
from gridmap.planning.conflicts import contradictions, unpacked, violators
from gridmap.planning.lagrange import sharpen
from gridmap.planning.packing import Packing, improve, pack
from gridmap.planning.problem import Conflict
from gridmap.planning.programme import WHOLE, Ints, Verdict, solve
from gridmap.planning.relaxation import (
    Relaxed,
    pairs_below,
    programme_of,
    relax,
    taken,
)

FEW = 1_500
MANY = 15_000
HEAD_START = 0.2


@dataclass(frozen=True, eq=False)
class Found:
    """
    The best plan of a case.

    Parameters
    ----------
    verdict
        "unknown": none was found in time.
    keys
        Its pairs, sorted.
    cost, bound
        With `Case.base`.
    conflicts
        Why there is none.
    """

    verdict: Verdict
    keys: Ints
    cost: float
    bound: float
    conflicts: tuple[Conflict, ...] = ()


NO_KEYS = np.zeros(0, dtype=np.int64)


def best_plan(case: Case, clock: Clock) -> Found:
    """
    Find the plan that costs least.

    Parameters
    ----------
    case
        The problem in numbers.
    clock
        Of the search.

    Returns
    -------
    Found
        The best found when the time ended.
    """
    if conflicts := contradictions(case):
        return _impossible(conflicts)
    may_pack = bool(np.isfinite(case.capacity).any())
    relaxed = relax(case, clock, rounds=1 if may_pack and case.n * case.m > 10 * MANY else 1_000)
    if relaxed is None:
        return Found("unknown", NO_KEYS, np.inf, -np.inf)
    if relaxed.short > WHOLE and relaxed.settled:
        return _impossible(violators(case, relaxed))
    if relaxed.short > WHOLE:
        return Found("unknown", NO_KEYS, np.inf, relaxed.bound + case.base)
    return _from_relaxed(case, relaxed, clock)


def _from_relaxed(case: Case, relaxed: Relaxed, clock: Clock) -> Found:
    if (np.minimum(relaxed.values, 1 - relaxed.values) <= WHOLE).all() and relaxed.settled:
        return _answer(case, relaxed.keys[taken(relaxed.values)], relaxed.bound)
    clock.found(bound=relaxed.bound + case.base)
    keys = case.allowed(np.arange(case.n * case.m)) if case.n * case.m <= MANY else None
    if keys is not None and len(keys) <= FEW:
        return _solve_whole(case, keys, None, clock)
    return _pack(case, relaxed, keys, clock)


def is_proved(cost: float, bound: float) -> bool:
    """
    Say whether a plan is the best, but for rounding.

    Parameters
    ----------
    cost, bound
        Of a plan.
    """
    return bool(np.isfinite(cost)) and cost - bound <= 1e-6 * max(1.0, abs(cost))


def _pack(case: Case, relaxed: Relaxed, keys: Ints | None, clock: Clock) -> Found:
    bound, wished = relaxed.bound, NO_KEYS
    if not (case.unit_least.any() or len(case.fixed)):
        worth = 1.03 * float(case.costs(relaxed.keys) @ relaxed.values)
        priced = sharpen(case, relaxed.duals[: case.n], worth, clock.part(0.15))
        bound, wished = max(bound, priced.bound), priced.wished
        clock.found(bound=bound + case.base)
    first = clock if keys is None else clock.part(HEAD_START)
    packing = pack(case, relaxed, case.allowed(wished), first)
    improve(packing, first, bound=bound, offset=case.base)
    if is_proved(packing.total, bound):
        return _answer(case, packing.keys[packing.held], bound)
    if np.isfinite(packing.total):
        _, proved = pairs_below(case, relaxed.duals, -np.inf)
        near, _ = pairs_below(case, relaxed.duals, packing.total - proved + WHOLE)
        keys = np.union1d(near, case.fixed) if len(near) <= MANY else keys
    if keys is not None and not clock.over:
        return _solve_whole(case, keys, packing, clock, bound)
    if not np.isfinite(packing.total):
        return Found("unknown", NO_KEYS, np.inf, bound + case.base)
    return _answer(case, packing.keys[packing.held], bound)


def _solve_whole(
    case: Case, keys: Ints, packing: Packing | None, clock: Clock, bound: float = -np.inf
) -> Found:
    start, first = None, NO_KEYS
    if packing is not None and np.isfinite(packing.total):
        first = packing.keys[packing.held]
        start = np.isin(keys, first).astype(float)
    outcome = solve(
        programme_of(case, keys, None, whole=True), clock, start=start, offset=case.base
    )
    if outcome.verdict == "infeasible":
        return _unpackable(case, keys, clock)
    # pairs left out cost more than the first plan has above the bound, or there are none
    bound = max(bound, outcome.bound)
    if outcome.values is None:
        if not len(first):
            return Found("unknown", NO_KEYS, np.inf, bound + case.base)
        return _answer(case, first, bound)
    return _answer(case, keys[taken(outcome.values)], bound)


def _unpackable(case: Case, keys: Ints, clock: Clock) -> Found:
    nothing_costs = replace(case, metre=0.0, change=0.0)
    lacking = solve(programme_of(nothing_costs, keys, 1.0, whole=True), clock, offset=None)
    short = np.zeros(case.n) if lacking.values is None else lacking.values[len(keys) :]
    needed = np.flatnonzero(case.least > 0)
    by_target = np.zeros(case.n)
    by_target[needed] = short[: len(needed)] if len(short) >= len(needed) else 0.0
    return _impossible(unpacked(case, by_target))


def _answer(case: Case, keys: Ints, bound: float) -> Found:
    cost = float(case.costs(keys).sum())
    proved = is_proved(cost, bound)
    bound = cost if proved else bound
    verdict: Verdict = "optimal" if proved else "feasible"
    return Found(verdict, keys, cost + case.base, bound + case.base)


def _impossible(conflicts: tuple[Conflict, ...]) -> Found:
    return Found("infeasible", NO_KEYS, np.inf, np.inf, conflicts)
