"""
Why no plan is possible, in sentences that name the fewest units and targets found.

What is contradictory by itself is found by counting. What only all of it together forbids is read
from the multipliers of the relaxation that minimises what is lacking: targets that are paid for
and units that are full form a violator of Hall's condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gridmap.planning.case import Case
from gridmap.planning.problem import Conflict
from gridmap.planning.programme import WHOLE, Floats, Ints
from gridmap.planning.relaxation import Relaxed, rows_of

BOTH = "{target} is fixed to {unit} and forbidden to it."
TOO_FEW_MAY = "{target} needs {needed} units, but only {may} may hold it: {units}."
NOBODY_MAY = "{target} needs {needed} units, but none may hold it."
FIXED_ON_TARGET = "{target} may have {most} units, but {fixed} are fixed to it: {units}."
FIXED_ON_UNIT = "{unit} may hold {most} targets, but {fixed} are fixed to it: {targets}."
FIXED_LOAD = (
    "{unit} can take a load of {capacity:g}, but what is fixed to it weighs {load:g}: {targets}."
)
TARGET_LIMITS = "{target} needs {needed} units, but may have {most} only."
UNIT_LIMITS = "{unit} must hold {needed} targets, but may hold {most} only."
FEW_TARGETS = "{unit} must hold {needed} targets, but may hold {may} of them only."
CAPACITY = "All targets together weigh {load:g}, but all units together can take {capacity:g} only."
HALL = (
    "{targets} need {needed} units in all, but the units that may hold them ({units}) "
    "cannot take as many."
)
HALL_UNITS = "{units} must hold {needed} targets in all, but {targets} cannot have as many units."
WHOLE_LOADS = (
    "The loads cannot be packed into the capacities: however they are dealt out, "
    "{lacking:g} of them stay without a unit, such as {targets}."
)
NAMED = 12


def contradictions(case: Case) -> tuple[Conflict, ...]:
    """
    Find what is contradictory by itself.

    Parameters
    ----------
    case
        The problem, of at least one unit and target.

    Returns
    -------
    tuple
        One sentence each; empty if a plan may be possible.
    """
    return (*_both(case), *_fixed(case), *_limits(case), *_numbers(case))


def violators(case: Case, relaxed: Relaxed) -> tuple[Conflict, ...]:
    """
    Name the targets and units that cannot be together.

    Parameters
    ----------
    case
        The problem.
    relaxed
        The relaxation in which something is lacking, at no cost but for that.

    Returns
    -------
    tuple
        One sentence.
    """
    rows = rows_of(case)
    paid = relaxed.duals > WHOLE
    free = relaxed.duals < -WHOLE
    targets = np.flatnonzero(paid[: case.n])
    counted = slice(case.n, case.n + len(rows.counted))
    full = np.union1d(rows.counted[free[counted]], rows.loaded[free[case.n + len(rows.counted) :]])
    if len(targets):
        needed = int(case.least[targets].sum())
        units = full if len(full) else np.unique(_may(case, targets))
        names = {"targets": _targets(case, targets), "units": _units(case, units)}
        return (Conflict(HALL, needed=needed, **names),)
    units = rows.counted[paid[counted]]
    others = np.flatnonzero(free[: case.n])
    others = others if len(others) else np.arange(case.n)
    needed = int(case.unit_least[units].sum())
    names = {"targets": _targets(case, others), "units": _units(case, units)}
    return (Conflict(HALL_UNITS, needed=needed, **names),)


def unpacked(case: Case, short: Floats) -> tuple[Conflict, ...]:
    """
    Name the targets that stay without a unit when loads may not be divided.

    Parameters
    ----------
    case
        The problem.
    short
        How many units each target lacks in the plan that lacks fewest.
    """
    targets = np.flatnonzero(short > WHOLE)
    lacking = float(short.sum())
    return (Conflict(WHOLE_LOADS, lacking=lacking, targets=_targets(case, targets)),)


def _both(case: Case) -> Iterator[Conflict]:
    for key in np.intersect1d(case.fixed, case.forbidden):
        target, unit = divmod(int(key), case.m)
        yield Conflict(BOTH, target=_targets(case, [target]), unit=_units(case, [unit]))


def _fixed(case: Case) -> Iterator[Conflict]:
    target, unit = case.split(case.fixed)
    for number in np.flatnonzero(np.bincount(target, minlength=case.n) > case.most):
        units = unit[target == number]
        values = {"most": int(case.most[number]), "fixed": len(units)}
        name = _targets(case, [number])
        yield Conflict(FIXED_ON_TARGET, target=name, units=_units(case, units), **values)
    load = np.bincount(unit, case.share[target], minlength=case.m)
    for number in np.unique(unit):
        targets, name = target[unit == number], _units(case, [number])
        listed = _targets(case, targets)
        if len(targets) > case.unit_most[number]:
            values = {"most": int(case.unit_most[number]), "fixed": len(targets)}
            yield Conflict(FIXED_ON_UNIT, unit=name, targets=listed, **values)
        if load[number] > case.capacity[number] * (1 + 1e-9):
            loads = {"capacity": float(case.capacity[number]), "load": float(load[number])}
            yield Conflict(FIXED_LOAD, unit=name, targets=listed, **loads)


def _limits(case: Case) -> Iterator[Conflict]:
    for number in np.flatnonzero(case.least > case.most):
        values = {"needed": int(case.least[number]), "most": int(case.most[number])}
        yield Conflict(TARGET_LIMITS, target=_targets(case, [number]), **values)
    for number in np.flatnonzero(case.unit_least > case.unit_most):
        values = {"needed": int(case.unit_least[number]), "most": int(case.unit_most[number])}
        yield Conflict(UNIT_LIMITS, unit=_units(case, [number]), **values)


def _numbers(case: Case) -> Iterator[Conflict]:
    by_unit = np.zeros(case.m, dtype=np.int64)
    for target, cost in case.blocks():
        may = np.isfinite(cost) & (case.unit_most > 0)
        by_unit += may.sum(axis=0)
        for number in np.flatnonzero(may.sum(axis=1) < case.least[target]):
            units, name = np.flatnonzero(may[number]), _targets(case, [target[number]])
            values = {"target": name, "needed": int(case.least[target[number]])}
            if len(units):
                yield Conflict(TOO_FEW_MAY, may=len(units), units=_units(case, units), **values)
            else:
                yield Conflict(NOBODY_MAY, **values)
    for number in np.flatnonzero(by_unit < case.unit_least):
        values = {"needed": int(case.unit_least[number]), "may": int(by_unit[number])}
        yield Conflict(FEW_TARGETS, unit=_units(case, [number]), **values)
    load, capacity = float(case.share @ case.least), float(case.capacity.sum())
    if load > capacity * (1 + 1e-9):
        yield Conflict(CAPACITY, load=load, capacity=capacity)


def _may(case: Case, targets: Ints) -> Ints:
    keys = (targets[:, np.newaxis] * case.m + np.arange(case.m)).ravel()
    return case.split(case.allowed(keys))[1]


def _targets(case: Case, numbers: Sequence[np.integer | int] | Ints) -> str:
    return _names(case.problem.targets.index[np.asarray(numbers)])


def _units(case: Case, numbers: Sequence[np.integer | int] | Ints) -> str:
    return _names(case.problem.units.index[np.asarray(numbers)])


def _names(ids: Sequence[object]) -> str:
    listed = ", ".join(str(name) for name in ids[:NAMED])
    return listed if len(ids) <= NAMED else f"{listed}, … ({len(ids)})"
