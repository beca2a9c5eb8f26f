"""Why there is no pairing, in sentences that name the units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from gridmap._pairing_search import fewest_swaps
from gridmap.planning.clock import Clock
from gridmap.planning.problem import Conflict
from gridmap.planning.programme import Bools, Ints

FEW = (
    "With {n} units ({units}) nobody can inspect {each} without inspecting each other: "
    "{needed} are needed."
)
GROUP = (
    "The {n} units of {group} may not inspect each other, and the {others} others are too few "
    "for them."
)
INSPECTS = "{unit} has to inspect {each}, and may inspect only {may}: {units}."
INSPECTED = "{unit} has to be inspected by {each}, and only {may} may: {units}."
PARTNERS = (
    "{unit} needs {needed} different partners, for no two inspect each other, and has only {may}: "
    "{units}."
)
HALL = "{units} have to inspect {needed} times together, and may only {may} times: {targets}."
MUTUAL = "There is no pairing unless units inspect each other: {pairs}."
NAMED = 12


def contradictions(
    names: pd.Index, each: int, allowed: Bools, groups: Sequence[str | None]
) -> tuple[Conflict, ...]:
    """
    Find what counting alone forbids.

    Parameters
    ----------
    names
        What n units are called.
    each
        How many each inspects.
    allowed
        n × n, true where the row's unit may inspect the column's.
    groups
        The group of each unit, or None.

    Returns
    -------
    tuple
        One sentence each; empty if a pairing may be possible.
    """
    if len(names) < 2 * each + 1:
        values = {"n": len(names), "each": each, "needed": 2 * each + 1}
        return (Conflict(FEW, units=_listed(names), **values),)
    found = (*_groups(names, groups), *_units(names, each, allowed))
    return found or tuple(_violators(names, each, allowed))


def mutual(names: pd.Index, each: int, allowed: Bools, clock: Clock) -> tuple[Conflict, ...]:
    """
    Name the fewest units that would have to inspect each other.

    Parameters
    ----------
    names, each, allowed
        As for `contradictions`, which found nothing.
    clock
        Of the search; without time left all pairs are named that might.
    """
    needed = fewest_swaps(each, allowed, clock)
    told = _listed([f"{names[i]} – {names[j]}" for i, j in needed])
    return (Conflict(MUTUAL, pairs=told),)


def _groups(names: pd.Index, groups: Sequence[str | None]) -> Iterator[Conflict]:
    sizes = pd.Series(groups, dtype=object).value_counts()
    for group, n in sizes.items():
        if 2 * n > len(names):
            yield Conflict(GROUP, n=int(n), group=group, others=len(names) - int(n))


def _units(names: pd.Index, each: int, allowed: Bools) -> Iterator[Conflict]:
    """Look at each unit by itself."""
    for table, needed, sentence in (
        (allowed, each, INSPECTS),
        (allowed.T, each, INSPECTED),
        (allowed | allowed.T, 2 * each, PARTNERS),
    ):
        for unit in np.flatnonzero(table.sum(axis=1) < needed):
            may = np.flatnonzero(table[unit])
            values = {"each": each, "needed": needed, "may": len(may)}
            units = _listed(names[may]) or "—"
            yield Conflict(sentence, unit=names[unit], units=units, **values)


def _violators(names: pd.Index, each: int, allowed: Bools) -> Iterator[Conflict]:
    """Look for units that together may inspect too few, as Hall's condition has it."""
    n = len(names)
    source, sink = 2 * n, 2 * n + 1
    inspector, target = np.nonzero(allowed)
    units = np.arange(n)
    ends = (
        np.concatenate([np.full(n, source), inspector, units + n]),
        np.concatenate([units, target + n, np.full(n, sink)]),
    )
    room = np.repeat([each, 1, each], [n, len(inspector), n]).astype(np.int32)
    graph = csr_array((room, ends), shape=(sink + 1, sink + 1))
    flow = maximum_flow(graph, source, sink)
    if flow.flow_value == n * each:
        return
    left = csr_array(graph - flow.flow)
    left.eliminate_zeros()
    reached = breadth_first_order(left, source, return_predecessors=False)
    lacking = np.sort(reached[reached < n])
    inside = np.isin(units, reached - n)
    may = each * int(inside.sum()) + int(allowed[lacking][:, ~inside].sum())
    others = np.flatnonzero(allowed[lacking].any(axis=0))
    values = {"needed": each * len(lacking), "may": may, "targets": _listed(names[others])}
    yield Conflict(HALL, units=_listed(names[lacking]), **values)


def _listed(names: Sequence[object] | Ints | pd.Index) -> str:
    told = ", ".join(str(name) for name in names[:NAMED])
    return told if len(names) <= NAMED else f"{told}, … ({len(names)})"
