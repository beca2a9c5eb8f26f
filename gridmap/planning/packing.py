"""
Plans for units whose capacities targets of unequal load must be packed into.

The generalised assignment problem is NP-hard. A plan is annealed from the relaxation
(`gridmap.planning._anneal`); then one neighbourhood after the other, some units and what they hold,
is solved exactly, those first where a target still has nobody or a pair costs most above its
price. The plan is as good as the bound says, however it was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.sparse import coo_array, csr_array, hstack

from gridmap.planning import _anneal
from gridmap.planning._knapsack import fill_units
from gridmap.planning.case import Case
from gridmap.planning.clock import Clock
from gridmap.planning.programme import SEED, Bools, Floats, Ints, Programme, solve
from gridmap.planning.relaxation import Relaxed, matrix_of, reduced_costs, rows_of, taken

POOL = 8
MOVES = 8_000
ROUNDS = 50
HOTTEST, COOLEST = 0.25, 0.02
SETTLING = 0.5
UNITS = 6
PART_S = 1.5
SPARE = 3
TRIES = 6


@dataclass(eq=False)
class Packing:
    """
    A plan in the making.

    Parameters
    ----------
    case
        The problem.
    keys
        The pairs that are considered, sorted.
    loss
        What each costs above its price, never below nought.
    held
        Which of them are taken; changed in place.
    penalty
        What a unit lacking costs.
    """

    case: Case
    keys: Ints
    loss: Floats
    held: Bools
    penalty: float

    def __post_init__(self) -> None:
        """Write down the rows once; a neighbourhood takes some of them."""
        self.rows = rows_of(self.case)
        self.cost = self.case.costs(self.keys)
        self.target, self.unit = self.case.split(self.keys)
        self.matrix = matrix_of(self.case, self.rows, self.keys).tocsc()
        self.frozen = np.isin(self.keys, self.case.fixed)
        self.by_unit = np.argsort(self.unit, kind="stable")
        self.first_of_unit = np.searchsorted(self.unit[self.by_unit], np.arange(self.case.m + 1))
        self.first_of_target = np.searchsorted(self.target, np.arange(self.case.n + 1))
        self.tried = np.zeros(self.case.n)

    @property
    def used(self) -> Floats:
        """How far each row is filled."""
        return self.matrix @ self.held.astype(float)

    @property
    def short(self) -> Floats:
        """How much each row lacks."""
        return np.maximum(self.rows.lower - self.used, 0.0)

    @property
    def total(self) -> float:
        """What the plan costs, infinite while it is none."""
        return float(self.cost[self.held].sum()) if not self.short.any() else np.inf


@cache
def compile_kernels() -> None:
    """Run the kernels once on nearly nothing, so that no search pays for their compilation."""
    none, one = np.zeros(1, dtype=np.int64), np.ones(1)
    ends, no = np.array([0, 1]), np.zeros(1, dtype=np.bool_)
    ground = _anneal.Ground(ends, none, one, one, one, one, one, none, none, no, no)
    state = _anneal.State(none - 1, one * 0, none.copy(), none.copy(), none.copy())
    _anneal.seed_moves(SEED)
    _anneal.put(ground, state, 0, none[0])
    _anneal.anneal(ground, state, 1, 1.0, one, 1.0)
    fill_units(ends, none, one, one, one, one, no.copy())


def pack(case: Case, relaxed: Relaxed, wished: Ints, clock: Clock) -> Packing:
    """
    Make a first plan by annealing.

    Parameters
    ----------
    case
        The problem.
    relaxed
        Its relaxation.
    wished
        More pairs to consider.
    clock
        Of the search; three fifths of what is left are taken at most.

    Returns
    -------
    Packing
        Within all capacities; perhaps with targets that lack a unit.
    """
    keys, loss = _pool(case, relaxed, wished)
    values = np.zeros(len(keys))
    values[np.searchsorted(keys, relaxed.keys[np.isin(relaxed.keys, keys)])] = relaxed.values[
        np.isin(relaxed.keys, keys)
    ]
    held = _annealed(case, keys, values, relaxed, clock)
    penalty = 20.0 * (case.metre * max(case.far_m, 1.0) + case.change + 1.0)
    packing = Packing(case, keys, loss, held, penalty)
    _lighten(packing)
    _fill(packing)
    return _fetch(packing)


def improve(packing: Packing, clock: Clock, *, bound: float, offset: float = 0.0) -> None:
    """
    Solve neighbourhoods until the time ends, the bound is reached, or nothing is left to try.

    Parameters
    ----------
    packing
        The plan; changed in place.
    clock
        Of the search.
    bound
        Proved lower bound of its cost.
    offset
        What the caller's cost has above the plan's.
    """
    while clock.goes_on() and packing.total > bound + 1e-6 * max(1.0, abs(bound)):
        short = packing.short[: packing.case.n]
        score = np.where(short > 0, packing.penalty * short, 0.0)
        np.add.at(score, packing.target[packing.held], packing.loss[packing.held])
        score = np.where(packing.tried < TRIES, score / (1.0 + packing.tried) ** 2, 0.0)
        seed = int(np.argmax(score))
        if score[seed] <= 0:
            return
        gained, many = _solve_part(packing, seed, clock)
        packing.tried[seed] += 0 if gained else 1
        packing.tried[many] += 0.1
        clock.found(best=packing.total + offset)


def _pool(case: Case, relaxed: Relaxed, wished: Ints) -> tuple[Ints, Floats]:
    loss = reduced_costs(case, relaxed.duals, relaxed.keys)
    target, _ = case.split(relaxed.keys)
    order = np.lexsort((loss, target))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(target, target[order])
    near = relaxed.keys[(rank < POOL) | (relaxed.values > 0)]
    known = np.concatenate([near, wished, case.fixed, case.allowed(case.today)])
    keys = np.unique(known)
    return keys, np.maximum(reduced_costs(case, relaxed.duals, keys), 0.0)


def _slots(case: Case, keys: Ints, values: Floats) -> tuple[Ints, Ints, Bools]:
    """Return of each slot its target, the pair it begins with, and whether it may be empty."""
    target, _ = case.split(keys)
    must = np.bincount(target[np.isin(keys, case.fixed)], minlength=case.n)
    needed = np.maximum(case.least, must)
    spare = np.minimum(case.most - needed, SPARE) if case.unit_least.any() else np.zeros(case.n)
    owner = np.repeat(np.arange(case.n), (needed + spare).astype(np.int64))
    number = np.arange(len(owner)) - np.searchsorted(owner, owner)
    order = np.lexsort((-values - np.isin(keys, case.fixed), target))
    first = np.searchsorted(target, np.arange(case.n + 1))
    there = number < np.diff(first)[owner]
    at = order[np.minimum(first[owner] + number, len(keys) - 1)]
    may_be_empty = number >= needed[owner]
    at = np.where(there & (~may_be_empty | taken(values[at])), at, -1)
    return owner, at, may_be_empty


def _annealed(case: Case, keys: Ints, values: Floats, relaxed: Relaxed, clock: Clock) -> Bools:
    target, unit = case.split(keys)
    owner, at, may_be_empty = _slots(case, keys, values)
    room = np.cumsum(np.bincount(unit, minlength=case.m) + SPARE + 1)
    ground = _anneal.Ground(
        np.searchsorted(target, np.arange(case.n + 1)),
        unit,
        case.costs(keys),
        case.share,
        case.capacity,
        case.unit_least.astype(float),
        case.unit_most,
        np.concatenate([[0], room[:-1]]),
        owner,
        (at >= 0) & np.isin(keys[at], case.fixed),
        may_be_empty,
    )
    state = _anneal.State(
        np.full(len(owner), -1),
        np.zeros(case.m),
        np.zeros(case.m, dtype=np.int64),
        np.zeros(int(room[-1]) + len(owner), dtype=np.int64),
        np.zeros(len(owner), dtype=np.int64),
    )
    for slot in np.flatnonzero(at >= 0):
        _anneal.put(ground, state, slot, at[slot])
    _cool(ground, state, relaxed, clock)
    held = np.zeros(len(keys), dtype=np.bool_)
    held[state.at[state.at >= 0]] = True
    return held


def _cool(ground: _anneal.Ground, state: _anneal.State, relaxed: Relaxed, clock: Clock) -> None:
    paid = float(np.abs(relaxed.duals[len(ground.share) :]).max(initial=0.0))
    scale = float(np.median(np.abs(ground.cost))) if len(ground.cost) else 1.0
    by_load = np.full(len(ground.capacity), 1.2 * paid + 1e-3 * scale)
    by_one = 20.0 * float(np.abs(ground.cost).max(initial=1.0))
    moves = max(1, MOVES * len(ground.target) // ROUNDS)
    began, budget = clock.elapsed_s, clock.left_s * 0.6
    _anneal.seed_moves(SEED % 2**31)
    done = 0.0
    while done < 1.0 and clock.goes_on():
        heat = scale * HOTTEST * (COOLEST / HOTTEST) ** done
        _anneal.anneal(ground, state, moves, heat, by_load, by_one)
        if done > SETTLING:  # from here on no unit may stay too full
            by_load[state.load > ground.capacity * (1 + 1e-12)] *= 1.3
        done = max(done + 1 / ROUNDS, (clock.elapsed_s - began) / max(budget, 1e-9))


def _lighten(packing: Packing) -> None:
    """Take from units what is above their limits, the lightest target that is enough first."""
    case = packing.case
    held = [[] for _ in range(case.m)]  # type: list[list[int]]
    for pair in np.flatnonzero(packing.held & ~packing.frozen).tolist():
        held[packing.unit[pair]].append(pair)
    load = np.bincount(
        packing.unit[packing.held], case.share[packing.target[packing.held]], minlength=case.m
    )
    count = np.bincount(packing.unit[packing.held], minlength=case.m)
    room = case.capacity * (1 + 1e-12)
    for unit in np.flatnonzero((load > room) | (count > case.unit_most)).tolist():
        pairs = sorted(held[unit], key=lambda pair: case.share[packing.target[pair]])
        while pairs and (load[unit] > room[unit] or count[unit] > case.unit_most[unit]):
            over = load[unit] - room[unit]
            enough = [pair for pair in pairs if case.share[packing.target[pair]] >= over]
            pair = enough[0] if enough else pairs[-1]
            pairs.remove(pair)
            packing.held[pair] = False
            load[unit] -= case.share[packing.target[pair]]
            count[unit] -= 1


def _fill(packing: Packing) -> None:
    """Give targets that lack a unit the cheapest one with room, the heaviest target first."""
    case = packing.case
    short = packing.short[: case.n]
    held, target = packing.unit[packing.held], packing.target[packing.held]
    room = case.capacity * (1 + 1e-12) - np.bincount(held, case.share[target], minlength=case.m)
    places = case.unit_most - np.bincount(held, minlength=case.m)
    lacking = np.flatnonzero(short > 0)
    for number in lacking[np.argsort(-case.share[lacking], kind="stable")]:
        pairs = np.arange(*packing.first_of_target[number : number + 2])
        units = packing.unit[pairs]
        fits = (room[units] >= case.share[number]) & (places[units] >= 1) & ~packing.held[pairs]
        free = pairs[fits]
        for pair in free[np.argsort(packing.cost[free], kind="stable")][: int(short[number])]:
            packing.held[pair] = True
            room[packing.unit[pair]] -= case.share[number]
            places[packing.unit[pair]] -= 1


def _fetch(packing: Packing) -> Packing:
    """Give targets that still lack a unit the cheapest of all with room, however far away."""
    case, short = packing.case, packing.short[: packing.case.n]
    found = packing.keys[packing.held]
    target, unit = case.split(found)
    load = np.bincount(unit, case.share[target], minlength=case.m)
    count = np.bincount(unit, minlength=case.m)
    for number in np.flatnonzero(short > 0):
        keys = case.allowed(number * case.m + np.arange(case.m))
        of = case.split(keys)[1]
        fits = load[of] + case.share[number] <= case.capacity[of] * (1 + 1e-12)
        free = keys[fits & (count[of] < case.unit_most[of]) & ~np.isin(keys, found)]
        new = free[np.argsort(case.costs(free), kind="stable")][: int(short[number])]
        found = np.union1d(found, new)
        np.add.at(load, case.split(new)[1], case.share[number])
        np.add.at(count, case.split(new)[1], 1)
    keys = np.union1d(packing.keys, found)
    at = np.searchsorted(keys, packing.keys)
    loss = np.full(len(keys), packing.loss.max(initial=0.0))  # dear, so that they are mended first
    loss[at] = packing.loss
    return Packing(case, keys, loss, np.isin(keys, found), packing.penalty)


def _units_around(packing: Packing, seed: int) -> Ints:
    """Walk from a target to the units it could have, to what they hold, and on."""
    found: dict[int, None] = {}
    units = UNITS + 2 * int(packing.tried[seed])
    queue, at = [seed], 0
    while at < len(queue) and len(found) < units:
        pairs = np.arange(*packing.first_of_target[queue[at] : queue[at] + 2])
        at += 1
        for pair in pairs[np.argsort(packing.loss[pairs], kind="stable")]:
            unit = int(packing.unit[pair])
            if unit not in found and len(found) < units:
                found[unit] = None
                here = _pairs_of(packing, unit)
                queue += packing.target[here[packing.held[here]]].tolist()
    return np.array(list(found), dtype=np.int64)


def _pairs_of(packing: Packing, unit: int) -> Ints:
    return packing.by_unit[packing.first_of_unit[unit] : packing.first_of_unit[unit + 1]]


def _solve_part(packing: Packing, seed: int, clock: Clock) -> tuple[bool, Ints]:
    """Solve the neighbourhood of a target; say whether it got better, and what was in it."""
    around = [_pairs_of(packing, unit) for unit in _units_around(packing, seed)]
    near = np.sort(np.concatenate(around)) if around else np.zeros(0, dtype=np.int64)
    free = np.zeros(packing.case.n, dtype=np.bool_)
    free[packing.target[near[packing.held[near]]]] = True
    free[seed] = True
    part = near[free[packing.target[near]]]
    programme, start = _part(packing, part)
    before = float(programme.cost @ start)
    found = solve(programme, clock, start=start, limit_s=PART_S, offset=None)
    members = np.unique(packing.target[part])
    if found.values is None or found.cost >= before - 1e-9 * max(1.0, abs(before)):
        return False, members
    packing.held[part] = found.values[: len(part)] > 0.5  # noqa: PLR2004 - a whole number
    return True, members


def _part(packing: Packing, part: Ints) -> tuple[Programme, Floats]:
    matrix = packing.matrix[:, part].tocsr()
    rows = np.flatnonzero(np.diff(matrix.indptr))
    matrix = matrix[rows]
    now = packing.held[part].astype(float)
    rest = packing.used[rows] - matrix @ now
    lower, upper = packing.rows.lower[rows] - rest, packing.rows.upper[rows] - rest
    lacking = np.flatnonzero(lower > 0)
    slack = coo_array(
        (np.ones(len(lacking)), (lacking, np.arange(len(lacking)))), (len(rows), len(lacking))
    )
    programme = Programme(
        np.concatenate([packing.cost[part], np.full(len(lacking), packing.penalty)]),
        np.concatenate([np.ones(len(part)), lower[lacking]]),
        csr_array(hstack([matrix, slack])),
        lower,
        np.maximum(upper, lower),
        np.arange(len(part) + len(lacking)) < len(part),
        np.concatenate([packing.frozen[part], np.zeros(len(lacking))]).astype(float),
    )
    start = np.concatenate([now, np.maximum(lower - matrix @ now, 0.0)[lacking]])
    return programme, start
