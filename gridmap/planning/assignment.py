"""Dealing out targets to units: the goals, one after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, hstack, vstack

from gridmap.planning.case import Case
from gridmap.planning.clock import Clock, Watch
from gridmap.planning.problem import Goal, Plan, Problem, Status, checked, gap_between
from gridmap.planning.programme import SOLVER, WHOLE, Floats, Ints, Programme, solve
from gridmap.planning.reasons import difference, pairs_frame
from gridmap.planning.relaxation import programme_of, relax, taken
from gridmap.planning.solving import MANY, Found, best_plan, is_proved

STEPS = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def assign_units(
    problem: Problem,
    goal: Goal = Goal.TRAVEL,
    *,
    time_limit_s: float = 60.0,
    change_weight: float = 0.0,
    watch: Watch | None = None,
) -> Plan:
    """
    Deal out targets to units.

    Parameters
    ----------
    problem
        Units, targets, and what is settled between them.
    goal
        What the plan is to be good at.
    time_limit_s
        Seconds after which the best plan found so far is answered.
    change_weight
        Metres that each pair released or added counts as, with `Goal.TRAVEL`.
    watch
        Told how far the search has come; answers False to end it.

    Returns
    -------
    Plan
        With its bound. The distances of `Goal.TRAVEL` are plain metres, each pair once, whatever
        its load.

    Raises
    ------
    InvalidError
        If the problem itself is not one.

    Notes
    -----
    Large problems are solved over few pairs; the bound holds for all of them, because the
    multipliers of the programme are checked against every pair that was left out (see
    `gridmap.planning.relaxation`), and pairs that are too cheap are taken in.

    Examples
    --------
    >>> units = pd.DataFrame({"x": [0.0, 9.0], "y": 0.0, "at_most": 1}, index=["u1", "u2"])
    >>> targets = pd.DataFrame({"x": [1.0, 2.0], "y": 0.0}, index=["g1", "g2"])
    >>> plan = assign_units(Problem(units, targets))
    >>> plan.pairs[["target", "unit_id", "reason"]].to_numpy().tolist()
    [['g1', 'u1', 'nearest'], ['g2', 'u2', 'nearest_free']]
    >>> plan.status, plan.cost
    ('optimal', 8.0)
    """
    clock = Clock(time_limit_s, watch)
    case = _case(checked(problem))
    if goal is Goal.TRAVEL:
        case = replace(case, change=change_weight)
        return _plan(case, goal, best_plan(case, clock), clock)
    if not case.n or not case.m:
        return _plan(case, goal, best_plan(case, clock), clock)
    if goal is Goal.LEAST_CHANGE:
        return _plan(case, goal, _least_change(case, clock), clock)
    if goal is Goal.BOTTLENECK:
        return _plan(case, goal, _bottleneck(case, clock), clock)
    return _plan(case, goal, _balance(case, clock), clock)


def _case(problem: Problem) -> Case:
    """Write capacities as counts where all loads are equal, and leave out those that never bind."""
    capacity = problem.units["capacity"].fillna(np.inf).to_numpy(dtype=float)
    case = Case(problem, capacity)
    if not len(case.share):
        return case
    if np.ptp(case.share) == 0 and case.share[0] > 0:
        count = np.floor(capacity / case.share[0] * (1 + 1e-12))
        # a capacity below one target's load is a conflict that names the load
        if not (np.isfinite(capacity) & (count < 1)).any():
            units = problem.units.assign(at_most=np.fmin(problem.units["at_most"], count))
            units["at_most"] = units["at_most"].replace(np.inf, np.nan)
            return Case(replace(problem, units=units), np.full(case.m, np.inf))
    total = float(case.share @ np.minimum(case.most, case.m))
    return replace(case, capacity=np.where(capacity >= total, np.inf, capacity))


def _least_change(case: Case, clock: Clock) -> Found:
    """Find the fewest changes, then the least travel with so many."""
    first = best_plan(replace(case, metre=0.0, change=1.0), _part_of(clock, 0.5))
    if first.verdict not in ("optimal", "feasible"):
        return first
    heavy = float(case.metres(first.keys).sum()) + 1.0
    second = best_plan(replace(case, change=heavy), _part_of(clock, 1.0))
    counting = replace(case, metre=0.0, change=1.0)
    costs = [_cost(counting, found.keys) for found in (first, second)]
    bound = float(np.ceil(first.bound - WHOLE))
    if second.verdict not in ("optimal", "feasible") or costs[1] > costs[0]:
        return replace(first, verdict="feasible", bound=bound)
    proved = second.verdict == "optimal" and costs[1] <= bound
    return Found("optimal" if proved else "feasible", second.keys, costs[1], bound)


def _bottleneck(case: Case, clock: Clock) -> Found:
    """Find the shortest reach in which there is a plan, then the least travel within it."""
    whole = best_plan(case, _part_of(clock, 0.4))
    if whole.verdict not in ("optimal", "feasible"):
        return whole
    best = whole.keys
    counting = replace(case, metre=0.0)
    must = float(case.metres(case.fixed).max(initial=0.0))
    reaches = _reaches(case)
    low = int(np.searchsorted(reaches, must))
    high = int(np.searchsorted(reaches, float(case.metres(best).max(initial=0.0))))
    proved = low
    searching = _part_of(clock, 0.6)
    while low < high and searching.goes_on():
        middle = (low + high) // 2
        reach = replace(counting, reach_m=float(reaches[middle]))
        relaxed = relax(reach, searching)
        if relaxed is not None and relaxed.short > WHOLE and relaxed.settled:
            low = middle + 1
            proved = max(proved, low) if proved == middle or low > proved else proved
            continue
        found = best_plan(reach, searching)
        if found.verdict in ("optimal", "feasible"):
            best = found.keys
            high = int(np.searchsorted(reaches, float(case.metres(best).max(initial=0.0))))
        else:
            low = middle + 1
            proved = low if found.verdict == "infeasible" else proved
    reach_m = float(case.metres(best).max(initial=0.0))
    last = best_plan(replace(case, reach_m=reach_m), _part_of(clock, 1.0))
    keys = last.keys if last.verdict in ("optimal", "feasible") else best
    longest = float(case.metres(keys).max(initial=0.0))
    bound = min(longest, float(reaches[proved])) if len(reaches) else 0.0
    done = last.verdict == "optimal" and is_proved(longest, bound)
    return Found("optimal" if done else "feasible", keys, longest, bound)


def _reaches(case: Case) -> Floats:
    """Return all lengths that a pair may have, ascending."""
    lengths = [np.unique(cost[np.isfinite(cost)]) for _, cost in case.blocks()]
    return np.unique(np.concatenate([*lengths, case.metres(case.fixed)]))


def _balance(case: Case, clock: Clock) -> Found:
    """Find the least largest load, then the least travel with it."""
    weight = _weights(case)
    if case.n * case.m <= MANY:
        first = _even(case, weight, _part_of(clock, 0.6))
        if first.verdict not in ("optimal", "feasible"):
            return first
        ceilings, bound = [first.cost], first.bound
    else:
        first = None
        bound = _least_load(case, weight)
        ceilings = [bound * (1 + step) for step in STEPS]
    for number, ceiling in enumerate(ceilings):
        capacity = np.minimum(case.capacity, weight * ceiling * (1 + 1e-9))
        part = 1.0 if len(ceilings) == 1 else 1 / (len(ceilings) - number)
        found = best_plan(replace(case, capacity=capacity), _part_of(clock, part))
        if found.verdict in ("optimal", "feasible"):
            cost = _largest(case, weight, found.keys)
            done = found.verdict == "optimal" and is_proved(cost, bound)
            return Found("optimal" if done else "feasible", found.keys, cost, min(bound, cost))
    return first or found


def _weights(case: Case) -> Floats:
    given = case.problem.units["capacity"].to_numpy(dtype=float)
    return given if (given > 0).all() else np.ones(case.m)


def _largest(case: Case, weight: Floats, keys: Ints) -> float:
    target, unit = case.split(keys)
    load = np.bincount(unit, case.share[target], minlength=case.m)
    return float((load / weight).max(initial=0.0))


def _least_load(case: Case, weight: Floats) -> float:
    """Bound the largest load from below: by all loads together, and by each single one."""
    even = float(case.share @ case.least) / float(weight.sum())
    for target, cost in case.blocks():
        alone = np.where(np.isfinite(cost), case.share[target, np.newaxis] / weight, np.inf)
        needed = case.least[target] > 0
        even = max(even, float(alone[needed].min(axis=1, initial=np.inf).max(initial=0.0)))
    return max(even, _largest(case, weight, case.fixed))


def _even(case: Case, weight: Floats, clock: Clock) -> Found:
    """Minimise the largest load by branch and bound."""
    whole = best_plan(replace(case, metre=0.0), _part_of(clock, 0.3))
    if whole.verdict not in ("optimal", "feasible"):
        return whole
    keys = case.allowed(np.arange(case.n * case.m))
    plain = programme_of(case, keys, None, whole=True)
    target, unit = case.split(keys)
    n = len(keys)
    loads = coo_array((case.share[target], (unit, np.arange(n))), shape=(case.m, n))
    ceiling = csr_array(hstack([loads, coo_array(-weight[:, np.newaxis])]))
    padded = csr_array(hstack([plain.matrix, coo_array((plain.matrix.shape[0], 1))]))
    lower = np.append(np.zeros(n) if plain.lower is None else plain.lower, 0.0)
    programme = Programme(
        np.append(np.zeros(n), 1.0),
        np.append(plain.upper, np.inf),
        csr_array(vstack([padded, ceiling])),
        np.concatenate([plain.row_lower, np.full(case.m, -np.inf)]),
        np.concatenate([plain.row_upper, np.zeros(case.m)]),
        np.append(np.ones(n, dtype=np.bool_), False),
        lower,
    )
    start = np.append(np.isin(keys, whole.keys), _largest(case, weight, whole.keys)).astype(float)
    found = solve(programme, clock, start=start)
    bound = max(found.bound, _least_load(case, weight))
    held = keys[taken(found.values[:n])] if found.values is not None else whole.keys
    cost = _largest(case, weight, held)
    proved = is_proved(cost, bound)
    return Found("optimal" if proved else "feasible", held, cost, min(bound, cost))


def _cost(case: Case, keys: Ints) -> float:
    return float(case.costs(keys).sum()) + case.base


def _part_of(clock: Clock, part: float) -> Clock:
    """Return a clock for a part of the time that is left; its figures are not the goal's."""
    return Clock(clock.left_s * part, lambda _: clock.goes_on())


def _plan(case: Case, goal: Goal, found: Found, clock: Clock) -> Plan:
    status: Status = found.verdict if found.verdict != "unknown" else "stopped"
    if clock.stopped and status == "feasible":
        status = "stopped"
    cost, bound = found.cost, min(found.bound, found.cost)
    bound = cost if status == "optimal" else bound
    released, added, kept = difference(case, found.keys)
    metres = case.metres(found.keys) if len(found.keys) else np.zeros(0)
    return Plan(
        pairs=pairs_frame(case, found.keys, goal),
        goal=goal,
        status=status,
        cost=cost,
        bound=bound,
        gap=gap_between(cost, bound),
        seconds=clock.elapsed_s,
        solver=SOLVER,
        conflicts=found.conflicts,
        released=released,
        added=added,
        kept=kept,
        travel_m=float(metres.sum()),
        longest_m=float(metres.max(initial=0.0)),
    )
