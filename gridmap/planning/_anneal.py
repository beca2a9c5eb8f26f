"""
Kernels of the annealing of `gridmap.planning.packing`.

A slot is one place of a target that a unit fills. A move gives a slot to another unit, or lets two
slots change their units; it is taken if the plan becomes cheaper, and otherwise with the
probability exp(-loss / heat). Loads above capacities, and counts outside their limits, are paid
for, so that the search may pass through plans that cannot be.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Ground(NamedTuple):
    """
    What does not change during the search.

    Parameters
    ----------
    first
        The pairs of target t are ``first[t]:first[t + 1]``, by ascending unit.
    unit, cost
        Of each pair.
    share
        Load that a unit of each target takes.
    capacity, least, most
        Of each unit.
    room
        The slots of unit u are listed from ``room[u]``.
    target, frozen, spare
        Of each slot: its target, whether it may not move, and whether it may be empty.
    """

    first: Ints
    unit: Ints
    cost: Floats
    share: Floats
    capacity: Floats
    least: Floats
    most: Floats
    room: Ints
    target: Ints
    frozen: Bools
    spare: Bools


class State(NamedTuple):
    """
    What changes during the search.

    Parameters
    ----------
    at
        Pair of each slot, -1 if it is empty.
    load, held
        Load and number of slots of each unit.
    listed, position
        Slots by unit (see `Ground.room`), and where each slot is listed.
    """

    at: Ints
    load: Floats
    held: Ints
    listed: Ints
    position: Ints


@njit(cache=True)
def seed_moves(seed: int) -> None:
    """Begin the sequence of random numbers of `anneal`."""
    np.random.seed(seed)  # noqa: NPY002 - numba knows this one only


@njit(cache=True)
def _fault(
    ground: Ground, unit: int, load: float, count: int, by_load: Floats, by_one: float
) -> float:
    over = max(0.0, load - ground.capacity[unit] * (1 + 1e-12))
    odd = max(0.0, count - ground.most[unit]) + max(0.0, ground.least[unit] - count)
    return by_load[unit] * over + by_one * odd


@njit(cache=True)
def _pair_of(ground: Ground, target: int, unit: int) -> int:
    for pair in range(ground.first[target], ground.first[target + 1]):
        if ground.unit[pair] == unit:
            return pair
    return -1


@njit(cache=True)
def _holds(ground: Ground, state: State, unit: int, target: int) -> bool:
    for number in range(ground.room[unit], ground.room[unit] + state.held[unit]):
        if ground.target[state.listed[number]] == target:
            return True
    return False


@njit(cache=True)
def _step(  # noqa: PLR0913, PLR0917 - a kernel takes plain numbers
    ground: Ground, state: State, unit: int, load: float, count: int, by_load: Floats, by_one: float
) -> float:
    """Return how much more a unit's faults cost when its load and count change by so much."""
    was_load, was_count = state.load[unit], state.held[unit]
    after = _fault(ground, unit, was_load + load, was_count + count, by_load, by_one)
    return after - _fault(ground, unit, was_load, was_count, by_load, by_one)


@njit(cache=True)
def put(ground: Ground, state: State, slot: int, pair: int) -> None:
    """Take a slot from its unit, if it has one, and give it to the unit of a pair, if not -1."""
    share = ground.share[ground.target[slot]]
    if state.at[slot] >= 0:
        unit = ground.unit[state.at[slot]]
        state.held[unit] -= 1
        state.load[unit] -= share
        end = ground.room[unit] + state.held[unit]
        last = state.listed[end]
        state.listed[state.position[slot]] = last
        state.position[last] = state.position[slot]
    state.at[slot] = pair
    if pair >= 0:
        unit = ground.unit[pair]
        end = ground.room[unit] + state.held[unit]
        state.listed[end] = slot
        state.position[slot] = end
        state.held[unit] += 1
        state.load[unit] += share


@njit(cache=True)
def _shift(
    ground: Ground, state: State, slot: int, pair: int, by_load: Floats, by_one: float
) -> float:
    """Return what it costs to give a slot to the unit of a pair, or to empty it."""
    share, now, loss = ground.share[ground.target[slot]], state.at[slot], 0.0
    if pair >= 0:
        loss += ground.cost[pair] + _step(
            ground, state, ground.unit[pair], share, 1, by_load, by_one
        )
    if now >= 0:
        loss += _step(ground, state, ground.unit[now], -share, -1, by_load, by_one)
        loss -= ground.cost[now]
    return loss


@njit(cache=True)
def _partner(ground: Ground, state: State, slot: int, pair: int) -> tuple[int, int]:
    """Choose a slot of the pair's unit to change with, and the pair it would then have."""
    unit = ground.unit[pair]
    if state.at[slot] < 0 or state.held[unit] == 0:
        return -1, -1
    other = state.listed[ground.room[unit] + np.random.randint(state.held[unit])]  # noqa: NPY002
    here, target = ground.unit[state.at[slot]], ground.target[other]
    if ground.frozen[other] or _holds(ground, state, here, target):
        return -1, -1
    return other, _pair_of(ground, target, here)


@njit(cache=True)
def _swap(
    ground: Ground, state: State, slots: tuple[int, int], pairs: tuple[int, int], by_load: Floats
) -> float:
    """Return what it costs when two slots change their units; the counts stay as they are."""
    more = ground.share[ground.target[slots[1]]] - ground.share[ground.target[slots[0]]]
    loss = ground.cost[pairs[0]] - ground.cost[state.at[slots[0]]]
    loss += ground.cost[pairs[1]] - ground.cost[state.at[slots[1]]]
    here, there = ground.unit[state.at[slots[0]]], ground.unit[state.at[slots[1]]]
    loss += _step(ground, state, here, more, 0, by_load, 0.0)
    return loss + _step(ground, state, there, -more, 0, by_load, 0.0)


@njit(cache=True)
def _taken(loss: float, heat: float) -> bool:
    return loss < 0 or (heat > 0 and np.random.random() < np.exp(-loss / heat))  # noqa: NPY002


@njit(cache=True)
def anneal(
    ground: Ground, state: State, moves: int, heat: float, by_load: Floats, by_one: float
) -> None:
    """
    Try moves at one heat.

    Parameters
    ----------
    ground, state
        The plan; the state is changed in place.
    moves
        How many are tried.
    heat
        Loss that is taken with probability 1/e; nought: none.
    by_load, by_one
        What a unit of load too much costs, and a target too many or too few.
    """
    for _ in range(moves):
        slot = np.random.randint(len(ground.target))  # noqa: NPY002
        target, now = ground.target[slot], state.at[slot]
        first, last = ground.first[target], ground.first[target + 1]
        if ground.frozen[slot] or first == last:
            continue
        pair = np.random.randint(first, last)  # noqa: NPY002
        if ground.spare[slot] and now >= 0 and np.random.random() < 0.2:  # noqa: NPY002, PLR2004
            pair = -1
        elif _holds(ground, state, ground.unit[pair], target):
            continue
        if np.random.random() < 0.5 and pair >= 0:  # noqa: NPY002, PLR2004
            other, back = _partner(ground, state, slot, pair)
            if back >= 0 and _taken(
                _swap(ground, state, (slot, other), (pair, back), by_load), heat
            ):
                put(ground, state, other, back)
                put(ground, state, slot, pair)
        elif _taken(_shift(ground, state, slot, pair, by_load, by_one), heat):
            put(ground, state, slot, pair)
