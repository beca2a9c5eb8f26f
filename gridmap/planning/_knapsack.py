"""Kernels of the bound of `gridmap.planning.lagrange`: one knapsack for each unit."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NODES = 20_000


@njit(cache=True)
def _above(profit: Floats, weight: Floats, first: int, gained: float, room: float) -> float:
    """Return Dantzig's bound: the last thing that does not fit is taken in part."""
    for item in range(first, len(profit)):
        if weight[item] > room:
            return gained + profit[item] * room / weight[item]
        room -= weight[item]
        gained += profit[item]
    return gained


@njit(cache=True)
def knapsack(profit: Floats, weight: Floats, room: float, pick: Bools) -> float:
    """
    Fill one knapsack.

    Parameters
    ----------
    profit, weight
        Of the items, in descending order of profit a weight.
    room
        What fits.
    pick
        Set to the items taken.

    Returns
    -------
    float
        The best profit, by depth-first branch and bound; after 20,000 nodes what is proved not to
        be exceeded, with the best found in `pick`.
    """
    n, best, gained, left, item = len(profit), 0.0, 0.0, room, 0
    root = _above(profit, weight, 0, 0.0, room)
    held = np.zeros(n, dtype=np.bool_)
    for _ in range(NODES):
        if _above(profit, weight, item, gained, left) > best + 1e-9:
            while item < n:
                if weight[item] <= left:
                    held[item] = True
                    left -= weight[item]
                    gained += profit[item]
                item += 1
            if gained > best:
                best = gained
                pick[:] = held
        item -= 1
        while item >= 0 and not held[item]:
            item -= 1
        if item < 0:
            return best
        held[item] = False
        left += weight[item]
        gained -= profit[item]
        item += 1
    return root


@njit(cache=True)
def fill_units(  # noqa: PLR0913, PLR0917 - a kernel takes plain arrays
    first: Ints,
    target: Ints,
    cost: Floats,
    share: Floats,
    capacity: Floats,
    price: Floats,
    chosen: Bools,
) -> float:
    """
    Fill every unit with the targets that pay it most.

    Parameters
    ----------
    first
        The pairs of unit u are ``first[u]:first[u + 1]``.
    target, cost
        Of each pair.
    share, price
        Load and payment of each target.
    capacity
        Of each unit.
    chosen
        Set to the pairs taken.

    Returns
    -------
    float
        What all units gain, or an upper bound of it.
    """
    gained = 0.0
    chosen[:] = False
    for unit in range(len(capacity)):
        pairs = np.arange(first[unit], first[unit + 1])
        profit = price[target[pairs]] - cost[pairs]
        weight = share[target[pairs]]
        worth = (profit > 0) & (weight <= capacity[unit])
        pairs, profit, weight = pairs[worth], profit[worth], weight[worth]
        order = np.argsort(-profit / np.maximum(weight, 1e-12))
        pick = np.zeros(len(order), dtype=np.bool_)
        gained += knapsack(profit[order], weight[order], capacity[unit], pick)
        for number in range(len(order)):
            chosen[pairs[order[number]]] = pick[number]
    return gained
