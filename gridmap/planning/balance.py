"""The most even plan: the largest load as small as it can be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array, csr_array, hstack, vstack

from gridmap.planning.case import Case
from gridmap.planning.clock import Clock
from gridmap.planning.programme import Floats, Ints, Programme, solve
from gridmap.planning.relaxation import programme_of, taken
from gridmap.planning.solving import MANY, Found, best_plan, is_proved

FINE = 1e-3
HALVINGS = 12
ROUNDING = 1 + 1e-9


def most_even(case: Case, clock: Clock) -> Found:
    """
    Find the least largest load, and the least travel with it.

    Parameters
    ----------
    case
        The problem.
    clock
        Of the search.

    Returns
    -------
    Found
        Its cost is the largest load: as a share of the unit's capacity if all units have one,
        else in the unit of the loads.

    Notes
    -----
    A ceiling on all loads makes of this the question whether there is a plan at all; the ceiling
    is found by halving. Few pairs are proved by branch and bound afterwards.
    """
    weight = _weights(case)
    whole = best_plan(replace(case, metre=0.0), clock.part(0.25))
    if whole.verdict not in ("optimal", "feasible"):
        return whole
    keys, bound = _search(case, weight, whole.keys, clock.part(0.4))
    if case.n * case.m <= MANY and not is_proved(largest_load(case, weight, keys), bound):
        keys, bound = _prove(case, weight, keys, bound, clock.part(0.5))
    ceiling = weight * largest_load(case, weight, keys) * ROUNDING
    last = best_plan(replace(case, capacity=np.minimum(case.capacity, ceiling)), clock.part(1.0))
    keys = last.keys if last.verdict in ("optimal", "feasible") else keys
    cost = largest_load(case, weight, keys)
    done = last.verdict == "optimal" and is_proved(cost, bound)
    return Found("optimal" if done else "feasible", keys, cost, min(bound, cost))


def largest_load(case: Case, weight: Floats, keys: Ints) -> float:
    """
    Return the largest load of a plan.

    Parameters
    ----------
    case
        The problem.
    weight
        What a load is divided by, one a unit.
    keys
        Pairs of the plan.
    """
    target, unit = case.split(keys)
    load = np.bincount(unit, case.share[target], minlength=case.m)
    return float((load / weight).max(initial=0.0))


def _weights(case: Case) -> Floats:
    given = case.problem.units["capacity"].to_numpy(dtype=float)
    return given if (given > 0).all() else np.ones(case.m)


def _search(case: Case, weight: Floats, keys: Ints, clock: Clock) -> tuple[Ints, float]:
    """Halve what lies between the bound and the best plan; return the plan and the bound."""
    bound = low = _least(case, weight)
    middle = low
    for _ in range(HALVINGS):
        high = largest_load(case, weight, keys)
        if high - low <= FINE * high or not clock.goes_on():
            break
        capacity = np.minimum(case.capacity, weight * middle * ROUNDING)
        free = replace(case, metre=0.0, change=0.0, capacity=capacity)
        found = best_plan(free, clock.part(0.3))
        if found.verdict in ("optimal", "feasible"):
            keys = found.keys
        else:
            low = middle
            bound = middle if found.verdict == "infeasible" else bound
        middle = (low + largest_load(case, weight, keys)) / 2
    return keys, bound


def _least(case: Case, weight: Floats) -> float:
    """Bound the largest load from below: by all loads together, and by each single one."""
    even = float(case.share @ case.least) / float(weight.sum())
    for target, cost in case.blocks():
        alone = np.where(np.isfinite(cost), case.share[target, np.newaxis] / weight, np.inf)
        needed = case.least[target] > 0
        even = max(even, float(alone[needed].min(axis=1, initial=np.inf).max(initial=0.0)))
    return max(even, largest_load(case, weight, case.fixed))


def _prove(
    case: Case, weight: Floats, best: Ints, bound: float, clock: Clock
) -> tuple[Ints, float]:
    """Minimise the largest load by branch and bound."""
    keys = case.allowed(np.arange(case.n * case.m))
    plain = programme_of(case, keys, None, whole=True)
    target, unit = case.split(keys)
    n = len(keys)
    loads = coo_array((case.share[target], (unit, np.arange(n))), shape=(case.m, n))
    ceiling = hstack([loads, coo_array(-weight[:, np.newaxis])])
    padded = hstack([plain.matrix, coo_array((plain.matrix.shape[0], 1))])
    programme = Programme(
        np.append(np.zeros(n), 1.0),
        np.append(plain.upper, np.inf),
        csr_array(vstack([padded, ceiling])),
        np.concatenate([plain.row_lower, np.full(case.m, -np.inf)]),
        np.concatenate([plain.row_upper, np.zeros(case.m)]),
        np.append(np.ones(n, dtype=np.bool_), False),
        np.append(np.isin(keys, case.fixed).astype(float), bound),
    )
    start = np.append(np.isin(keys, best), largest_load(case, weight, best)).astype(float)
    found = solve(programme, clock, start=start, offset=None)
    if found.values is not None:
        held = keys[taken(found.values[:n])]
        best = min((held, best), key=lambda plan: largest_load(case, weight, plan))
    proved = min(found.bound, largest_load(case, weight, best))
    return best, max(bound, proved)
