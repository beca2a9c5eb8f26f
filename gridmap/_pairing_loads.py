"""Exchanges of targets between inspectors, until the loads cannot be evened by one more."""

from __future__ import annotations

import numpy as np

from gridmap.planning.programme import Bools, Floats

ROUNDING = 1e-9


def evened(chosen: Bools, allowed: Bools, cost: Floats, loads: Floats) -> Bools:
    r"""
    Even what inspectors carry.

    Parameters
    ----------
    chosen
        n × n, true where the row's unit inspects the column's.
    allowed
        n × n, true where it may.
    cost
        n × n, what a pair costs; an exchange never costs more than what it replaces.
    loads
        n, what each target weighs.

    Returns
    -------
    numpy.ndarray, n × n
        As many pairs for everybody, among which no exchange of two targets lowers
        :math:`\sum_i L_i^2`, the loads squared; none of them mutual.
    """
    chosen = chosen.copy()
    inspector, target = np.nonzero(chosen)
    carried = chosen @ loads
    moved = True
    while moved:
        moved = False
        for p in range(len(inspector)):
            q = _best(p, inspector, target, (chosen, allowed, cost), (loads, carried))
            if q is None:
                continue
            moved = True
            for k in (p, q):
                chosen[inspector[k], target[k]] = False
            target[[p, q]] = target[[q, p]]
            for k in (p, q):
                chosen[inspector[k], target[k]] = True
            carried = chosen @ loads
    return chosen


def _best(
    p: int,
    inspector: np.ndarray,
    target: np.ndarray,
    may: tuple[Bools, Bools, Floats],
    weights: tuple[Floats, Floats],
) -> int | None:
    """Return the pair with which exchanging targets evens most; none if nothing is gained."""
    (chosen, allowed, cost), (loads, carried) = may, weights
    i, t = inspector[p], target[p]
    more = loads[target] - loads[t]
    gain = 2 * more * (carried[inspector] - carried[i] - more)
    free = allowed[i, target] & allowed[inspector, t]
    free &= ~(chosen[i, target] | chosen[inspector, t])
    free &= ~(chosen[target, i] | chosen[t, inspector])
    free &= cost[i, target] + cost[inspector, t] <= cost[i, t] + cost[inspector, target]
    gain = np.where(free & (inspector != i), gain, 0.0)
    q = int(np.argmax(gain))
    return q if gain[q] > ROUNDING * float(loads @ loads) else None
