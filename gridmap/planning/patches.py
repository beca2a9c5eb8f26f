"""Patches: the city divided into contiguous, balanced parts, one for each leader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gridmap.errors import InvalidError
from gridmap.planning._growth import grown
from gridmap.planning.clock import Clock, Watch
from gridmap.planning.location import Located, Location, choose
from gridmap.planning.problem import Conflict, Status, gap_between
from gridmap.planning.programme import SEED, SOLVER, Floats, Ints

SHAPE = "The contiguity of {areas} areas is {shape}."
NUMBER = "{areas} areas cannot be divided into {k} patches."
SEATS = "{k} patches need {k} seats that are areas, each once; these are {seats}."
ISLANDS = (
    "The areas lie in {islands} parts that do not touch; {k} contiguous patches cannot hold all."
)
UNEVEN_ISLAND = (
    "The part of {areas} lies apart and weighs {load:g}; no number of patches of {low:g} to "
    "{high:g} makes that up."
)
HEAVY = "{area} alone weighs {load:g}; a patch may weigh {high:g} at most."
NOT_DIVIDED = (
    "No {k} contiguous patches of {low:g} to {high:g} exist{seats}; a wider tolerance may help."
)
STARTS = 12
NAMED = 5


@dataclass(frozen=True)
class Patches:
    """
    A division of the city.

    Parameters
    ----------
    labels
        Patch by code: the seat's code where seats were given, else a number from 1, in the order
        of the centres in `areas`.
    centres
        Code of the centre by patch.
    loads
        Load by patch.
    low, high
        Between which each load had to be.
    cost, bound, gap
        Sum of load · squared distance to the centre, with what changes cost; what is proved; and
        the difference as a share of the cost.
    status, seconds, solver, conflicts
        As in `gridmap.planning.Plan`.
    moved
        Codes whose patch is not that of today's.
    """

    labels: pd.Series
    centres: pd.Series
    loads: pd.Series
    low: float
    high: float
    cost: float
    bound: float
    gap: float
    status: Status
    seconds: float
    solver: str
    conflicts: tuple[str, ...]
    moved: tuple[object, ...] = ()


def patches(  # noqa: PLR0913 - each keyword is a choice of its own
    areas: pd.DataFrame,
    contiguity: csr_array,
    k: int,
    *,
    tolerance: float = 0.05,
    seats: Sequence[str] | None = None,
    today: pd.Series | None = None,
    change_weight: float = 0.0,
    time_limit_s: float = 60.0,
    watch: Watch | None = None,
) -> Patches:
    r"""
    Divide areas into k contiguous patches of about the same load.

    Parameters
    ----------
    areas
        n areas, indexed by code: ``x``, ``y`` in metres (or any unit), ``load`` ≥ 0.
    contiguity
        n × n: which areas lie beside each other (`gridmap.topology.contiguity`).
    k
        How many patches.
    tolerance
        How far a load may be from the mean, as a share of it.
    seats
        Codes of the centres; left out: the best are found.
    today
        Patch by code, in any labels. An area is moved if its new centre is in another patch today.
    change_weight
        Cost of moving one unit of load.
    time_limit_s, watch
        As for `gridmap.planning.assign_units`.

    Returns
    -------
    Patches
        Contiguous to the last area; with the time ended, the best found.

    Raises
    ------
    InvalidError
        If k, the seats or the contiguity do not fit the areas.

    Notes
    -----
    Minimises :math:`\sum_i w_i\, d_{i,c(i)}^2`, the centre of a patch being one of its areas
    (Hess et al., 1965); see `gridmap.planning.location`.
    """
    clock = Clock(time_limit_s, watch)
    _check(areas, contiguity, k, seats)
    load = areas["load"].to_numpy(dtype=float)
    mean = float(load.sum()) / k
    limits = ((1 - tolerance) * mean - 1e-9, (1 + tolerance) * mean + 1e-9)
    location = _location(areas, contiguity, k, limits, _moves(areas, today, change_weight), seats)
    found, conflicts = _divide(areas, location, limits, clock)
    site = found.site
    status: Status = "stopped" if found.verdict == "unknown" else found.verdict
    status = "stopped" if clock.stopped and status == "feasible" else status
    cost = np.inf if site is None else location.total(site)
    centre = None if site is None else location.own[site]
    labels, centres = _labels(areas, centre, named_by_seat=seats is not None)
    return Patches(
        labels=labels,
        centres=centres,
        loads=areas["load"].groupby(labels).sum().reindex(centres.index),
        low=limits[0],
        high=limits[1],
        cost=cost,
        bound=min(found.bound, cost),
        gap=gap_between(cost, found.bound),
        status=status,
        seconds=clock.elapsed_s,
        solver=SOLVER,
        conflicts=conflicts,
        moved=_moved(areas, centre, today),
    )


def _check(areas: pd.DataFrame, contiguity: csr_array, k: int, seats: Sequence[str] | None) -> None:
    if contiguity.shape != (len(areas), len(areas)):
        raise InvalidError(SHAPE, areas=len(areas), shape=str(contiguity.shape))
    if not 1 <= k <= len(areas):
        raise InvalidError(NUMBER, areas=len(areas), k=k)
    if seats is not None:
        known = set(seats) <= set(areas.index)
        if len(set(seats)) != k or len(seats) != k or not known:
            raise InvalidError(SEATS, k=k, seats=", ".join(map(str, seats)))


def _location(
    areas: pd.DataFrame,
    contiguity: csr_array,
    k: int,
    limits: tuple[float, float],
    moves: Floats,
    seats: Sequence[str] | None,
) -> Location:
    n = len(areas)
    xy, load = areas[["x", "y"]].to_numpy(dtype=float), areas["load"].to_numpy(dtype=float)
    chosen = np.arange(n) if seats is None else areas.index.get_indexer(list(seats))
    away = xy[:, np.newaxis] - xy[chosen]
    cost = load[:, np.newaxis] * (away**2).sum(axis=2) + moves[:, chosen]
    if seats is not None:  # a seat is in its own patch
        cost[chosen] = np.where(np.eye(k, dtype=bool), cost[chosen], np.inf)
    return Location(
        cost,
        load,
        np.full(len(chosen), limits[0]),
        np.full(len(chosen), limits[1]),
        k,
        np.full(len(chosen), seats is not None),
        chosen,
        csr_array(contiguity),
    )


def _moves(areas: pd.DataFrame, today: pd.Series | None, weight: float) -> Floats:
    n = len(areas)
    if today is None or not weight:
        return np.zeros((n, n))
    patch = pd.factorize(today.reindex(areas.index))[0]
    load = areas["load"].to_numpy(dtype=float)
    moved = (patch[:, np.newaxis] != patch) | (patch[:, np.newaxis] < 0)
    return np.where(moved, weight * load[:, np.newaxis], 0.0)


def _conflicts(
    areas: pd.DataFrame, location: Location, limits: tuple[float, float]
) -> tuple[str, ...]:
    low, high = limits
    found: list[str] = [
        Conflict(HEAVY, area=areas.index[at], load=float(location.load[at]), high=high)
        for at in np.flatnonzero(location.load > high)
    ]
    islands, part = connected_components(location.beside, directed=False)
    if islands > location.p:
        found.append(Conflict(ISLANDS, islands=islands, k=location.p))
    for number in range(islands) if islands > 1 else ():
        weight = float(location.load[part == number].sum())
        fewest, most = np.ceil(weight / high - 1e-9), np.floor(weight / low + 1e-9)
        if fewest > most:
            names = ", ".join(map(str, areas.index[part == number][:NAMED]))
            values = {"load": weight, "low": low, "high": high}
            found.append(Conflict(UNEVEN_ISLAND, areas=names, **values))
    return tuple(found)


def _divide(
    areas: pd.DataFrame, location: Location, limits: tuple[float, float], clock: Clock
) -> tuple[Located, tuple[str, ...]]:
    if conflicts := _conflicts(areas, location, limits):
        return Located("infeasible", None, np.inf, np.inf), conflicts
    found = choose(location, clock, _starts(location, clock))
    if found.verdict != "infeasible":
        return found, ()
    seats = areas.index[location.own[location.open_]]
    named = " around " + ", ".join(map(str, seats)) if len(seats) else ""
    low, high = limits
    return found, (Conflict(NOT_DIVIDED, k=location.p, low=low, high=high, seats=named),)


def _starts(location: Location, clock: Clock) -> list[Ints]:
    rng, s = np.random.default_rng(SEED), location.cost.shape[1]
    found = []
    for _ in range(STARTS):
        if clock.goes_on():
            chosen = rng.choice(s, location.p, replace=False)
            found.append(grown(location, np.sort(chosen), clock))
    return found


def _labels(
    areas: pd.DataFrame, centre: Ints | None, *, named_by_seat: bool
) -> tuple[pd.Series, pd.Series]:
    """Name the patches; `centre` is the row number of each area's centre."""
    if centre is None:
        none = pd.Series(dtype=object, name="patch")
        return none, none.rename("centre")
    centres, number = np.unique(centre, return_inverse=True)
    codes = areas.index[centres]
    names = codes if named_by_seat else pd.RangeIndex(1, len(centres) + 1)
    labels = pd.Series(names[number], index=areas.index, name="patch")
    return labels, pd.Series(codes, index=names.rename("patch"), name="centre")


def _moved(areas: pd.DataFrame, centre: Ints | None, today: pd.Series | None) -> tuple[object, ...]:
    if centre is None or today is None:
        return ()
    patch = pd.factorize(today.reindex(areas.index))[0]
    return tuple(areas.index[(patch != patch[centre]) | (patch < 0)])
