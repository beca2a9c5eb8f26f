r"""
A sharper bound for units with capacities: every unit a knapsack, targets paid for by prices.

With a price :math:`p_t` for each target, every unit takes what pays it most within its capacity;

.. math:: L(p) = \sum_t p_t k_t - \sum_u \max_{S: \sum_{t \in S} w_t \le C_u}
          \sum_{t \in S} (p_t - c_{tu})

is below the cost of every plan, because counts of units are left out of it; :math:`k_t` is the
least or the most units of a target, by the sign of its price. The prices rise where
nobody takes a target and fall where too many do (Held, Wolfe and Crowder, 1974). No price may rise
above the cost at which a pair would be missing from the list, so the bound holds for all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridmap.planning._knapsack import fill_units
from gridmap.planning.case import Case
from gridmap.planning.clock import Clock
from gridmap.planning.programme import Bools, Floats, Ints

ROUNDS = 400
PATIENCE = 8
HEADROOM = 1.15


@dataclass(frozen=True, eq=False)
class Priced:
    """
    The bound and what the units would take at its prices.

    Parameters
    ----------
    bound
        L(p) at its best.
    wished
        Keys of the pairs that units would take then, sorted.
    """

    bound: float
    wished: Ints


@dataclass(frozen=True, eq=False)
class Listed:
    """
    Pairs by unit.

    Parameters
    ----------
    first
        Those of unit u are ``first[u]:first[u + 1]``.
    target, unit, cost
        Of each pair.
    ceiling
        The highest price of each target at which no other pair would be worth a unit's while.
    """

    first: Ints
    target: Ints
    unit: Ints
    cost: Floats
    ceiling: Floats


def sharpen(case: Case, price: Floats, worth: float, clock: Clock) -> Priced:
    """
    Raise the bound from given prices.

    Parameters
    ----------
    case
        The problem.
    price
        First prices, one a target: multipliers of the relaxation.
    worth
        About what a plan costs; it sets the length of the steps.
    clock
        Of the search.

    Returns
    -------
    Priced
        The best bound found.
    """
    listed = _list(case, price)
    price = np.minimum(price, listed.ceiling)
    chosen = np.zeros(len(listed.target), dtype=np.bool_)
    best, wished, best_price = -np.inf, chosen.copy(), price
    step, since = 1.0, 0
    for _ in range(ROUNDS):
        needed = np.where(price > 0, case.least, np.minimum(case.most, case.m))
        gained = fill_units(
            listed.first, listed.target, listed.cost, case.share, case.capacity, price, chosen
        )
        bound = float(price @ needed) - gained
        lacking = needed - np.bincount(listed.target[chosen], minlength=case.n)
        since += 1
        if bound > best:
            best, wished, best_price, since = bound, chosen.copy(), price, 0
        elif since > PATIENCE:
            step, since, price = step * 0.6, 0, best_price
        if not lacking.any() or step < 1e-3 or not clock.goes_on():  # noqa: PLR2004 - spent
            break
        length = step * max(worth - bound, 1e-6) / float(lacking @ lacking)
        price = np.minimum(price + length * lacking, listed.ceiling)
    return Priced(best, _keys(case, listed, wished))


def _list(case: Case, price: Floats) -> Listed:
    ceiling = np.maximum(price, 0.0) * HEADROOM + 0.2 * float(np.median(np.abs(price)))
    targets, units, costs = [], [], []
    for target, cost in case.blocks():
        row, column = np.nonzero(cost < ceiling[target, np.newaxis])
        targets.append(target[row])
        units.append(column)
        costs.append(cost[row, column])
    of, unit, price_of = np.concatenate(targets), np.concatenate(units), np.concatenate(costs)
    order = np.lexsort((of, unit))
    first = np.searchsorted(unit[order], np.arange(case.m + 1))
    return Listed(first, of[order], unit[order], price_of[order], ceiling)


def _keys(case: Case, listed: Listed, chosen: Bools) -> Ints:
    return np.sort(listed.target[chosen] * case.m + listed.unit[chosen])
