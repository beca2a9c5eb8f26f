r"""
Cross inspection: who inspects whom in a round.

Every unit inspects as many others as every other unit does, and is inspected by as many. Nobody
inspects itself or its own kin, no two inspect each other in one round, and what was paired in
earlier rounds is not paired again while that can be helped: then as few pairs are repeated as can
be, and those that lie longest ago.

With :math:`x_{ij} = 1` where i inspects j, over the pairs that may be:

.. math:: \min \sum c_{ij} x_{ij}, \quad \sum_j x_{ij} = \sum_j x_{ji} = k,
          \quad x_{ij} + x_{ji} \le 1.

The cost of a pair that was never there is nought. If every two units are first put into an order
by lot, so that only one of them may inspect the other, what is left is a flow, whose relaxation
has whole numbers at its best; only where that finds repetitions is the whole programme solved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap import _pairing_loads, _pairing_reasons
from gridmap._pairing_search import Table, search
from gridmap.errors import InvalidError
from gridmap.planning.clock import Clock
from gridmap.planning.problem import Conflict, Status
from gridmap.planning.programme import Bools, Floats

PAIR = ["inspector", "target"]
SEED = 20230701
TIME_LIMIT_S = 5.0
NEVER = pd.DataFrame({name: pd.Series(dtype="str") for name in (*PAIR, "round")})


@dataclass(frozen=True)
class Draw:
    """
    What a round is drawn from.

    Parameters
    ----------
    units
        n units that inspect and are inspected.
    each
        How many each inspects, and by how many each is inspected.
    earlier
        Pairs of earlier rounds: ``inspector``, ``target`` and ``round``, anything that sorts, the
        latest round last. Units that are no more do not matter.
    barred
        Pairs of inspector and target that may not be.
    kin
        Unit → its group: units of one group do not inspect each other.
    loads
        Work of inspecting each target, above nought: each inspector's targets together then weigh
        as evenly as exchanges can make it. Targets weigh alike if left out.
    called
        Unit → what it is called where reasons name it; its key if left out.
    """

    units: Sequence[str]
    each: int = 1
    earlier: pd.DataFrame = field(default_factory=NEVER.copy)
    barred: Collection[tuple[str, str]] = ()
    kin: Mapping[str, str] = field(default_factory=dict)
    loads: Mapping[str, float] | None = None
    called: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pairing:
    """
    Who inspects whom.

    Parameters
    ----------
    pairs
        One row a pair, sorted: ``inspector``, ``target``, and ``last``, the latest earlier round
        with the same pair, missing for a new one.
    status
        ``optimal``: no pairing repeats less, or what lies longer ago. ``feasible``: the best found
        in time. ``stopped``: none was found in time. ``infeasible``: there is none, see
        `conflicts`.
    repeats
        How many pairs were there before.
    spread
        Between the heaviest and the lightest load of an inspector.
    conflicts
        Sentences that name the units for which it is impossible.
    """

    pairs: pd.DataFrame
    status: Status
    repeats: int = 0
    spread: float = 0.0
    conflicts: tuple[Conflict, ...] = ()


class _Case(NamedTuple):
    """A draw in numbers: which pairs may be, what each costs, in which round it was last."""

    names: pd.Index
    each: int
    allowed: Bools
    cost: Floats
    last: NDArray[np.object_]


def pair(draw: Draw, *, seed: int = SEED, time_limit_s: float = TIME_LIMIT_S) -> Pairing:
    """
    Draw the pairs of a round.

    Parameters
    ----------
    draw
        Units, and what is settled between them.
    seed
        Where chance starts: another seed, another pairing as good.
    time_limit_s
        Seconds after which the best pairing found so far is answered.

    Returns
    -------
    Pairing
        The same for the same draw and seed, unless time cuts it short.

    Raises
    ------
    InvalidError
        If a unit is named twice, nobody is to be inspected, or a load is not above nought.

    Examples
    --------
    >>> drawn = pair(Draw(["u1", "u2", "u3"]))
    >>> drawn.status, drawn.pairs["inspector"].to_list()
    ('optimal', ['u1', 'u2', 'u3'])
    >>> str(pair(Draw(["u1", "u2"])).conflicts[0])
    'With 2 units (u1, u2) nobody can inspect 1 without inspecting each other: 3 are needed.'
    """
    case = _case(draw)
    nothing = _frame(case, np.zeros_like(case.allowed))
    called = pd.Index([draw.called.get(name, name) for name in case.names], dtype="str")
    groups = [draw.kin.get(name) for name in case.names]
    if conflicts := _pairing_reasons.contradictions(called, case.each, case.allowed, groups):
        return Pairing(nothing, "infeasible", conflicts=conflicts)
    clock, rng = Clock(time_limit_s), np.random.default_rng(seed)
    chosen, status = search(Table(case.each, case.allowed, case.cost), clock, rng)
    if status == "infeasible":
        reasons = _pairing_reasons.mutual(called, case.each, case.allowed, clock)
        return Pairing(nothing, "infeasible", conflicts=reasons)
    if chosen is None:
        return Pairing(nothing, "stopped")
    loads = np.ones(len(case.names)) if draw.loads is None else _loads(case.names, draw.loads)
    chosen = _pairing_loads.evened(chosen, case.allowed, case.cost, loads)
    carried = chosen @ loads
    repeats = int((chosen & (case.cost > 0)).sum())
    return Pairing(_frame(case, chosen), status, repeats, float(np.ptp(carried)))


def _case(draw: Draw) -> _Case:
    names = pd.Index(list(draw.units), dtype="str").sort_values()
    if names.has_duplicates:
        msg = "A unit is named twice: {unit}."
        raise InvalidError(msg, unit=names[names.duplicated()][0])
    if draw.each < 1 or names.empty:
        msg = "A round needs units, and each inspects at least one other."
        raise InvalidError(msg)
    n = len(names)
    allowed = ~np.eye(n, dtype=bool)
    barred = pd.DataFrame(list(draw.barred), columns=PAIR, dtype="str")
    at = [names.get_indexer(barred[name]) for name in PAIR]
    known = (at[0] >= 0) & (at[1] >= 0)
    allowed[at[0][known], at[1][known]] = False
    group = pd.Series(names).map(draw.kin).to_numpy(dtype=object)
    related = (group[:, np.newaxis] == group) & pd.notna(group)
    cost, last = _earlier(names, draw.earlier, n * draw.each)
    return _Case(names, draw.each, allowed & ~related, cost, last)


def _earlier(
    names: pd.Index, earlier: pd.DataFrame, pairs: int
) -> tuple[Floats, NDArray[np.object_]]:
    """Return what repeating each pair costs: any repetition more than all differences of age."""
    n = len(names)
    cost, last = np.zeros((n, n)), np.full((n, n), None, dtype=object)
    latest = earlier.groupby(PAIR, sort=False)["round"].max()
    rounds = sorted(latest.unique())
    heavy = pairs * len(rounds) + 1
    inspectors, targets = (names.get_indexer(latest.index.get_level_values(k)) for k in PAIR)
    for i, j, seen in zip(inspectors, targets, latest, strict=True):
        if i >= 0 and j >= 0:
            cost[i, j] = heavy + rounds.index(seen)
            last[i, j] = seen
    return cost, last


def _loads(names: pd.Index, loads: Mapping[str, float]) -> Floats:
    found = np.array([float(loads.get(name, np.nan)) for name in names])
    if not (found > 0).all():
        msg = "The load of {unit} is not above nought."
        raise InvalidError(msg, unit=names[~(found > 0)][0])
    return found


def _frame(case: _Case, chosen: Bools) -> pd.DataFrame:
    inspector, target = np.nonzero(chosen)
    return pd.DataFrame(
        {
            "inspector": case.names[inspector],
            "target": case.names[target],
            "last": pd.Series(case.last[inspector, target], dtype=object),
        }
    )
