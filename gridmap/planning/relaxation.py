r"""
The linear relaxation of a case, over few pairs, with a bound that holds for all of them.

The programme begins with the pairs that are likely and takes in, round by round, every pair whose
reduced cost is negative. For any multipliers y of the right sign,

.. math:: L(y) = \sum_r \min(l_r y_r,\, u_r y_r) + \sum_{ij} \min(0,\, c_{ij} - a_{ij}^T y)

is below the cost of every plan; the second sum is taken over all n × m pairs, so that leaving
pairs out of the programme cannot make the bound wrong, wherever the search is ended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack
from scipy.spatial import KDTree

from gridmap.planning.case import Case
from gridmap.planning.clock import Clock
from gridmap.planning.programme import WHOLE, Bools, Floats, Ints, Programme, solve

ALL_PAIRS = 40_000
NEAREST = 12
PENALTIES = (10.0, 1_000.0, 100_000.0)


@dataclass(frozen=True, eq=False)
class Rows:
    """
    The rows of a case: targets, then counts of units, then their loads.

    Parameters
    ----------
    counted, loaded
        Numbers of the units whose count and whose load is limited.
    lower, upper
        Limits, row by row.
    """

    counted: Ints
    loaded: Ints
    lower: Floats
    upper: Floats


@dataclass(frozen=True, eq=False)
class Relaxed:
    """
    The relaxation solved.

    Parameters
    ----------
    keys
        Pairs of the programme, sorted.
    values
        How much of each pair is taken, 0 to 1.
    duals
        Multipliers of `Rows`.
    bound
        L(y) of the case.
    short
        How many units targets, and how many targets units lack, together. If more than nought,
        and `settled`, there is no plan.
    settled
        Whether no pair that was left out could better it.
    """

    keys: Ints
    values: Floats
    duals: Floats
    bound: float
    short: float
    settled: bool


def rows_of(case: Case) -> Rows:
    """
    List the rows of a case.

    Parameters
    ----------
    case
        The problem in numbers.
    """
    counted = np.flatnonzero((case.unit_least > 0) | np.isfinite(case.unit_most))
    loaded = np.flatnonzero(np.isfinite(case.capacity))
    return Rows(
        counted,
        loaded,
        np.concatenate([case.least, case.unit_least[counted], np.full(len(loaded), -np.inf)]),
        np.concatenate([case.most, case.unit_most[counted], case.capacity[loaded]]),
    )


def matrix_of(case: Case, rows: Rows, keys: Ints) -> csr_array:
    """
    Return the coefficients of pairs.

    Parameters
    ----------
    case, rows
        The problem, and its rows.
    keys
        Pairs, one a column.
    """
    target, unit = case.split(keys)
    place = np.full((2, case.m), -1)
    place[0, rows.counted] = case.n + np.arange(len(rows.counted))
    place[1, rows.loaded] = case.n + len(rows.counted) + np.arange(len(rows.loaded))
    row = np.concatenate([target, place[0, unit], place[1, unit]])
    value = np.concatenate([np.ones(2 * len(keys)), case.share[target]])
    column = np.tile(np.arange(len(keys)), 3)
    there = row >= 0
    return csr_array(
        coo_array((value[there], (row[there], column[there])), shape=(len(rows.lower), len(keys)))
    )


def programme_of(case: Case, keys: Ints, penalty: float | None, *, whole: bool) -> Programme:
    """
    Write down the programme of pairs, with columns for what is lacking after those of the pairs.

    Parameters
    ----------
    case
        The problem.
    keys
        Pairs that may be taken, sorted; those that are fixed must be.
    penalty
        What each unit that a target lacks, or target that a unit lacks, costs; None: nothing may
        be lacking.
    whole
        Whether a pair is taken or not, or may be taken in part.
    """
    rows = rows_of(case)
    matrix = matrix_of(case, rows, keys)
    lacking = np.flatnonzero(rows.lower > 0) if penalty is not None else np.zeros(0, dtype=int)
    slack = coo_array(
        (np.ones(len(lacking)), (lacking, np.arange(len(lacking)))),
        shape=(len(rows.lower), len(lacking)),
    )
    joined = csr_array(vstack([matrix.T, slack.T]).T)
    upper = np.concatenate([np.ones(len(keys)), rows.lower[lacking]])
    lower = np.concatenate([np.isin(keys, case.fixed), np.zeros(len(lacking))])
    cost = np.concatenate([case.costs(keys), np.full(len(lacking), penalty or 0.0)])
    kind = np.arange(len(upper)) < len(keys) if whole else None
    return Programme(cost, upper, joined, rows.lower, rows.upper, kind, lower)


def first_pairs(case: Case) -> Ints:
    """
    Choose the pairs to begin with: all of them, or today's, the fixed and the nearest.

    Parameters
    ----------
    case
        The problem.

    Returns
    -------
    numpy.ndarray
        Keys, sorted.
    """
    if case.n * case.m <= ALL_PAIRS:
        return case.allowed(np.arange(case.n * case.m))
    seated = np.flatnonzero(~np.isnan(case.seats).any(axis=1))
    near = np.zeros(0, dtype=np.int64)
    if len(seated):
        power = 1 if case.problem.metric == "manhattan" else 2
        tree, many = KDTree(case.seats[seated]), list(range(1, min(NEAREST, len(seated)) + 1))
        _, found = tree.query(case.places, k=many, p=power)
        near = (np.arange(case.n)[:, np.newaxis] * case.m + seated[found]).ravel()
    return case.allowed(np.unique(np.concatenate([near, case.today, case.fixed])))


def relax(
    case: Case, clock: Clock, keys: Ints | None = None, *, rounds: int = 1_000
) -> Relaxed | None:
    """
    Solve the relaxation of a case, taking in pairs until none is missing.

    Parameters
    ----------
    case
        The problem.
    clock
        Of the search.
    keys
        Pairs to begin with; `first_pairs` if left out.
    rounds
        After so many rounds a programme in which nothing is lacking is good enough.

    Returns
    -------
    Relaxed or None
        None if the time ended before the first answer.
    """
    keys = first_pairs(case) if keys is None else keys
    scale = case.metre * max(case.far_m, 1.0) + case.change
    best: Relaxed | None = None
    for penalty in PENALTIES:
        found = _generate(case, clock, keys, penalty * scale if scale else 1.0, rounds)
        if found is None:
            return best
        best, keys = found, found.keys
        if best.short <= WHOLE or not best.settled or scale == 0:
            return best
        nothing_costs = replace(case, metre=0.0, change=0.0)
        if (least := _generate(nothing_costs, clock, keys, 1.0, 1_000)) is None:
            return best
        if least.short > WHOLE:
            return replace(least, bound=np.inf if least.settled else best.bound)
        keys = least.keys
    return best


def reduced_costs(case: Case, duals: Floats, keys: Ints) -> Floats:
    """
    Return what pairs cost above what the multipliers pay for them.

    Parameters
    ----------
    case
        The problem.
    duals
        Multipliers of its rows.
    keys
        Pairs.
    """
    target, unit = case.split(keys)
    to_target, by_count, by_load = _spread(case, duals)
    paid = to_target[target] + by_count[unit] + by_load[unit] * case.share[target]
    return case.costs(keys) - paid


def pairs_below(case: Case, duals: Floats, limit: float) -> tuple[Ints, float]:
    """
    Find all pairs whose reduced cost is below a limit.

    Parameters
    ----------
    case, duals
        The problem, and multipliers of its rows.
    limit
        Of the reduced cost.

    Returns
    -------
    tuple
        Their keys, sorted, and L(y), by which every plan is bounded from below.
    """
    rows = rows_of(case)
    duals = _signed(rows, duals)
    to_target, by_count, by_load = _spread(case, duals)
    ends = np.where(duals > 0, rows.lower, rows.upper)
    bound = float((duals[duals != 0] * ends[duals != 0]).sum())
    found = []
    for target, cost in case.blocks():
        over = cost - by_count - by_load * case.share[target, np.newaxis]
        over -= to_target[target, np.newaxis]
        bound += float(np.minimum(over, 0.0).sum())
        at, unit = np.nonzero(over < limit)
        found.append(target[at] * case.m + unit)
    must = reduced_costs(case, duals, case.fixed)
    return np.concatenate(found), bound + float(np.maximum(must, 0.0).sum())


def taken(values: Floats) -> Bools:
    """
    Say which pairs are taken whole.

    Parameters
    ----------
    values
        How much of each is taken.
    """
    return values > 1 - WHOLE


def _generate(case: Case, clock: Clock, keys: Ints, penalty: float, rounds: int) -> Relaxed | None:
    best: Relaxed | None = None
    for number in count(1):
        outcome = solve(programme_of(case, keys, penalty, whole=False), clock, offset=None)
        if outcome.values is None or outcome.duals is None:
            return best
        new, bound = pairs_below(case, outcome.duals, -WHOLE)
        values, short = np.split(outcome.values, [len(keys)])
        more = np.setdiff1d(new, keys, assume_unique=True)
        bound = bound if best is None else max(bound, best.bound)
        best = Relaxed(keys, values, outcome.duals, bound, float(short.sum()), not len(more))
        if not len(more) or (number >= rounds and best.short <= WHOLE):
            break
        keys = np.union1d(keys, more)
    return best


def _signed(rows: Rows, duals: Floats) -> Floats:
    """Drop what a multiplier has on the side on which its row has no limit."""
    duals = np.where(np.isinf(rows.lower), np.minimum(duals, 0.0), duals)
    return np.where(np.isinf(rows.upper), np.maximum(duals, 0.0), duals)


def _spread(case: Case, duals: Floats) -> tuple[Floats, Floats, Floats]:
    rows = rows_of(case)
    to_target, by_count, by_load = np.split(duals, [case.n, case.n + len(rows.counted)])
    counts, loads = np.zeros(case.m), np.zeros(case.m)
    counts[rows.counted], loads[rows.loaded] = by_count, by_load
    return to_target, counts, loads
