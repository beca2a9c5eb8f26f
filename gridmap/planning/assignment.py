"""Dealing out targets to units: the goals, one after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gridmap.planning.balance import most_even
from gridmap.planning.bottleneck import shortest_reach
from gridmap.planning.case import Case
from gridmap.planning.clock import Clock, Watch
from gridmap.planning.packing import compile_kernels
from gridmap.planning.problem import Goal, Plan, Problem, Status, checked, gap_between
from gridmap.planning.programme import SOLVER, WHOLE, Ints
from gridmap.planning.reasons import difference, pairs_frame
from gridmap.planning.solving import FEW, NO_KEYS, Found, best_plan


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
        Seconds after which the best plan found so far is answered; what the first call of a new
        installation takes to compile is not counted.
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
    >>> import pandas as pd
    >>> units = pd.DataFrame({"x": [0.0, 9.0], "y": 0.0, "at_most": 1}, index=["u1", "u2"])
    >>> targets = pd.DataFrame({"x": [1.0, 2.0], "y": 0.0}, index=["g1", "g2"])
    >>> plan = assign_units(Problem(units, targets))
    >>> plan.pairs[["target", "unit_id", "reason"]].to_numpy().tolist()
    [['g1', 'u1', 'nearest'], ['g2', 'u2', 'nearest_free']]
    >>> plan.status, plan.cost
    ('optimal', 8.0)
    """
    case = _case(checked(problem))
    if np.isfinite(case.capacity).any() and case.n * case.m > FEW:
        compile_kernels()
    clock = Clock(time_limit_s, watch)
    if not case.n:
        return _plan(case, goal, Found("optimal", NO_KEYS, case.base, case.base), clock)
    if goal is Goal.TRAVEL:
        case = replace(case, change=change_weight)
        return _plan(case, goal, best_plan(case, clock), clock)
    if goal is Goal.LEAST_CHANGE:
        return _plan(case, goal, _least_change(case, clock), clock)
    if goal is Goal.BOTTLENECK:
        return _plan(case, goal, shortest_reach(case, clock), clock)
    return _plan(case, goal, most_even(case, clock), clock)


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
    first = best_plan(replace(case, metre=0.0, change=1.0), clock.part(0.5))
    if first.verdict not in ("optimal", "feasible"):
        return first
    heavy = float(case.metres(first.keys).sum()) + 1.0
    second = best_plan(replace(case, change=heavy), clock.part(1.0))
    counting = replace(case, metre=0.0, change=1.0)
    costs = [_cost(counting, found.keys) for found in (first, second)]
    bound = float(np.ceil(first.bound - WHOLE))
    if second.verdict not in ("optimal", "feasible") or costs[1] > costs[0]:
        return replace(first, verdict="feasible", bound=bound)
    proved = second.verdict == "optimal" and costs[1] <= bound
    return Found("optimal" if proved else "feasible", second.keys, costs[1], bound)


def _cost(case: Case, keys: Ints) -> float:
    return float(case.costs(keys).sum()) + case.base


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
