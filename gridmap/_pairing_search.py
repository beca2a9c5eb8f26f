"""The search for the pairs of a round, as programmes of the planner's solver."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from gridmap.planning.clock import Clock
from gridmap.planning.problem import Status
from gridmap.planning.programme import Bools, Floats, Ints, Programme, row_matrix, solve

LOTS = 3
EVEN = 0.5


class Table(NamedTuple):
    """
    A draw in numbers, of n units.

    Parameters
    ----------
    each
        How many each inspects.
    allowed
        n × n, true where the row's unit may inspect the column's.
    cost
        n × n, what a pair costs; a whole number, nought for a new one.
    """

    each: int
    allowed: Bools
    cost: Floats

    def total(self, chosen: Bools) -> float:
        """Return what the chosen pairs cost together."""
        return float(self.cost[chosen].sum())


def search(table: Table, clock: Clock, rng: np.random.Generator) -> tuple[Bools | None, Status]:
    """
    Find the pairs that cost least, no two of them mutual.

    Parameters
    ----------
    table
        What may be, at which cost.
    clock
        Of the search.
    rng
        Where chance comes from.

    Returns
    -------
    tuple
        n × n, true where the row's unit inspects the column's, or None; and what is proved.
    """
    chosen = _by_lot(table, clock, rng)
    if chosen is None or table.total(chosen):
        return _whole(table, chosen, clock, rng)
    return chosen, "optimal"


def fewest_swaps(each: int, allowed: Bools, clock: Clock) -> Ints:
    """
    Find the fewest mutual pairs with which there is a pairing at all.

    Parameters
    ----------
    each, allowed
        As in `Table`.
    clock
        Of the search.

    Returns
    -------
    numpy.ndarray, shape (k, 2)
        Two units each; all that may be mutual if time is over before any were found.
    """
    n = len(allowed)
    keys = np.flatnonzero(allowed.ravel())
    inspector, target = np.divmod(keys, n)
    swaps = np.argwhere(np.triu(allowed & allowed.T))
    column = np.full((n, n), -1)
    column[inspector, target] = np.arange(len(keys))
    rows = [
        (at, np.ones(len(at)))
        for ends in (inspector, target)
        for at in (np.flatnonzero(ends == unit) for unit in range(n))
    ]
    rows += [
        (np.array([column[i, j], column[j, i], len(keys) + k]), np.array([1.0, 1.0, -1.0]))
        for k, (i, j) in enumerate(swaps)
    ]
    total = len(keys) + len(swaps)
    asked = Programme(
        cost=np.repeat([0.0, 1.0], [len(keys), len(swaps)]),
        upper=np.ones(total),
        matrix=row_matrix(rows, total),
        row_lower=np.repeat([float(each), -np.inf], [2 * n, len(swaps)]),
        row_upper=np.repeat([float(each), 1.0], [2 * n, len(swaps)]),
        whole=np.ones(total, dtype=bool),
    )
    found = solve(asked, clock, offset=None)
    return swaps if found.values is None else swaps[found.values[len(keys) :] > EVEN]


def _by_lot(table: Table, clock: Clock, rng: np.random.Generator) -> Bools | None:
    """Find a pairing after lots have decided who of each two may inspect the other."""
    best: Bools | None = None
    for _ in range(LOTS):
        first = np.triu(rng.random(table.allowed.shape) < EVEN, 1)
        first |= np.tril(~first.T, -1)
        may = table.allowed & (first | ~table.allowed.T)
        keys = np.flatnonzero(may.ravel())
        # a lot for pairs that cost the same, too little together to outweigh a difference
        draw = rng.random(len(keys)) / (2 * len(table.allowed) * table.each)
        found = solve(_programme(table, keys, table.cost.ravel()[keys] + draw), clock, offset=None)
        if found.values is None:
            continue
        chosen = _chosen(table, keys, found.values)
        if best is None or table.total(chosen) < table.total(best):
            best = chosen
        if not table.total(chosen):
            break
    return best


def _whole(
    table: Table, start: Bools | None, clock: Clock, rng: np.random.Generator
) -> tuple[Bools | None, Status]:
    """Solve the whole programme, in which no two may inspect each other."""
    keys = rng.permutation(np.flatnonzero(table.allowed.ravel()))
    asked = _programme(table, keys, table.cost.ravel()[keys], whole=True)
    first = None if start is None else start.ravel()[keys].astype(float)
    found = solve(asked, clock, start=first)
    if found.verdict == "infeasible":
        return None, "infeasible"
    if found.values is None:
        return start, "stopped" if start is None else "feasible"
    status: Status = "optimal" if found.verdict == "optimal" else "feasible"
    return _chosen(table, keys, found.values), status


def _programme(table: Table, keys: Ints, cost: Floats, *, whole: bool = False) -> Programme:
    n = len(table.allowed)
    inspector, target = np.divmod(keys, n)
    rows = [*_grouped(inspector, n), *_grouped(target, n)]
    low, high = np.minimum(inspector, target), np.maximum(inspector, target)
    swaps = [row for row in _grouped(low * n + high, n * n) if len(row[0]) > 1]
    least = np.concatenate([np.full(2 * n, float(table.each)), np.full(len(swaps), -np.inf)])
    most = np.concatenate([np.full(2 * n, float(table.each)), np.ones(len(swaps))])
    every = np.ones(len(keys), dtype=bool)
    return Programme(
        cost=cost,
        upper=np.ones(len(keys)),
        matrix=row_matrix([*rows, *swaps], len(keys)),
        row_lower=least,
        row_upper=most,
        whole=every if whole else None,
    )


def _grouped(labels: Ints, n: int) -> list[tuple[Ints, Floats]]:
    """Return the columns that bear each label, with a coefficient of one."""
    order = np.argsort(labels, kind="stable")
    bounds = np.searchsorted(labels[order], np.arange(n + 1))
    return [(order[a:b], np.ones(b - a)) for a, b in pairwise(bounds)]


def _chosen(table: Table, keys: Ints, values: Floats) -> Bools:
    chosen = np.zeros(table.allowed.size, dtype=bool)
    chosen[keys[values > EVEN]] = True  # nought or one, but for rounding
    return chosen.reshape(table.allowed.shape)
