"""
Why each unit has its share, and what a plan changes.

The reason of a pair is the first of these that is true:

=============  ====================================================================================
fixed          it was fixed by hand
kept           the unit holds the target today
only           no other unit may hold the target
nearest        every nearer unit that may hold the target holds it too, or there is none
even           the goal is `Goal.BALANCE`
nearest_free   every nearer unit is full: it holds its most, or the target's load no longer fits
overall        a nearer unit has room, but all distances together are shorter so
=============  ====================================================================================
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from gridmap.planning.case import Case
from gridmap.planning.problem import PAIR, Goal
from gridmap.planning.programme import Bools, Floats, Ints


def pairs_frame(case: Case, keys: Ints, goal: Goal) -> pd.DataFrame:
    """
    Write a plan down.

    Parameters
    ----------
    case
        The problem.
    keys
        Pairs of the plan.
    goal
        What was asked for.

    Returns
    -------
    pandas.DataFrame
        ``target``, ``unit_id``, ``distance_m``, ``load``, ``reason``, sorted by target, then unit.
    """
    target, unit = case.split(keys)
    seatless = np.isnan(case.seats[unit]).any(axis=1)
    frame = named(case, keys).assign(
        distance_m=np.where(seatless, np.nan, case.metres(keys)),
        load=case.share[target],
        reason=pd.Series(_reasons(case, keys, goal), dtype="str"),
    )
    return frame.sort_values(PAIR).reset_index(drop=True)


def named(case: Case, keys: Ints) -> pd.DataFrame:
    """
    Name pairs by their ids.

    Parameters
    ----------
    case
        The problem.
    keys
        Pairs.
    """
    target, unit = case.split(keys)
    return pd.DataFrame(
        {
            "target": case.problem.targets.index[target],
            "unit_id": case.problem.units.index[unit],
        },
    )


def difference(case: Case, keys: Ints) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """
    Compare a plan with today.

    Parameters
    ----------
    case
        The problem.
    keys
        Pairs of the plan.

    Returns
    -------
    tuple
        What is released (with the pairs of units and targets that are no more), added and kept.
    """
    today, pairs = case.problem.today, named(case, keys)
    before = pd.MultiIndex.from_frame(today[PAIR].astype(object))
    after = pd.MultiIndex.from_frame(pairs.astype(object))
    parts = (today[~before.isin(after)], pairs[~after.isin(before)], pairs[after.isin(before)])
    released, added, kept = (part.sort_values(PAIR).reset_index(drop=True) for part in parts)
    return released, added, kept


def _reasons(case: Case, keys: Ints, goal: Goal) -> list[str]:
    target, unit = case.split(keys)
    load = np.bincount(unit, case.share[target], minlength=case.m)
    full = np.bincount(unit, minlength=case.m) >= case.unit_most
    metres, first = case.metres(keys), np.searchsorted(target, np.arange(case.n + 1))
    reasons = np.full(len(keys), "", dtype=object)
    reasons[np.isin(keys, case.today)] = "kept"
    reasons[np.isin(keys, case.fixed)] = "fixed"
    plain = replace(case, metre=1.0, change=0.0)  # costs are metres then
    for numbers, others in plain.blocks():
        for number, away in zip(numbers, others, strict=True):
            rows = slice(first[number], first[number + 1])
            away[unit[rows]] = np.inf
            room = ~full & (load + case.share[number] <= case.capacity * (1 + 1e-9))
            for row in range(*rows.indices(len(keys))):
                if not reasons[row]:
                    reasons[row] = _reason(away, room, float(metres[row]), goal)
    return reasons.tolist()


def _reason(others: Floats, room: Bools, metres: float, goal: Goal) -> str:
    if np.isinf(others).all():
        return "only"
    nearer = others < metres
    if not nearer.any():
        return "nearest"
    if goal is Goal.BALANCE:
        return "even"
    return "overall" if (nearer & room).any() else "nearest_free"
