"""The shortest reach: no unit farther from what it holds than it must be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gridmap.planning.case import Case
from gridmap.planning.clock import Clock
from gridmap.planning.programme import WHOLE, Floats, Ints
from gridmap.planning.relaxation import relax
from gridmap.planning.solving import Found, best_plan, is_proved


def shortest_reach(case: Case, clock: Clock) -> Found:
    """
    Find the shortest reach within which there is a plan, and the least travel within it.

    Parameters
    ----------
    case
        The problem.
    clock
        Of the search.

    Returns
    -------
    Found
        Its cost is the longest distance, in metres.

    Notes
    -----
    A plan within a reach is one within any longer reach, so the reach is found by halving. Where
    a plan is neither found nor disproved in time, the bound stays below.
    """
    whole = best_plan(case, clock.part(0.4))
    if whole.verdict not in ("optimal", "feasible"):
        return whole
    best, proved_m = _search(case, whole.keys, clock.part(0.6))
    last = best_plan(replace(case, reach_m=_longest(case, best)), clock.part(1.0))
    keys = last.keys if last.verdict in ("optimal", "feasible") else best
    longest = _longest(case, keys)
    done = last.verdict == "optimal" and is_proved(longest, proved_m)
    return Found("optimal" if done else "feasible", keys, longest, min(longest, proved_m))


def _search(case: Case, best: Ints, clock: Clock) -> tuple[Ints, float]:
    """Halve the lengths that are left; return the best plan and the proved length."""
    reaches = _reaches(case)
    low = int(np.searchsorted(reaches, _longest(case, case.fixed)))
    proved, high = low, int(np.searchsorted(reaches, _longest(case, best)))
    while low < high and clock.goes_on():
        middle = (low + high) // 2
        found = _within(case, float(reaches[middle]), clock)
        if found.verdict in ("optimal", "feasible"):
            best = found.keys
            high = int(np.searchsorted(reaches, _longest(case, best)))
            continue
        low = middle + 1
        proved = low if found.verdict == "infeasible" else proved
    return best, float(reaches[proved])


def _within(case: Case, reach_m: float, clock: Clock) -> Found:
    """Look for any plan within a reach; most reaches that are too short are so in part too."""
    reach = replace(case, metre=0.0, change=0.0, reach_m=reach_m)
    relaxed = relax(reach, clock)
    if relaxed is not None and relaxed.short > WHOLE and relaxed.settled:
        return Found("infeasible", np.zeros(0, dtype=np.int64), np.inf, np.inf)
    return best_plan(reach, clock.part(0.5))


def _reaches(case: Case) -> Floats:
    """Return all lengths that a pair may have, ascending."""
    plain = replace(case, metre=1.0, change=0.0)
    lengths = [np.unique(cost[np.isfinite(cost)]) for _, cost in plain.blocks()]
    return np.unique(np.concatenate([*lengths, case.metres(case.fixed)]))


def _longest(case: Case, keys: Ints) -> float:
    return float(case.metres(keys).max(initial=0.0))
