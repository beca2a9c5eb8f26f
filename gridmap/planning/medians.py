"""Places of stations: the p-median problem, with capacities or without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.errors import InvalidError
from gridmap.planning.clock import Clock, Watch
from gridmap.planning.location import Location, choose
from gridmap.planning.problem import Conflict, Status, gap_between
from gridmap.planning.programme import SEED, SOLVER, Floats, Ints

SHAPE = "The distances of {demand} places of demand and {sites} sites are {shape}."
TOO_MANY = "{p} stations are asked for, but there are {sites} sites only."
TOO_HEAVY = "All demand together weighs {load:g}, but the {p} largest sites can take {capacity:g}."
NOT_PACKED = "No {p} sites can take all demand, each place whole."
TRIES = 20


@dataclass(frozen=True)
class Medians:
    """
    Chosen sites, and the site of every place of demand.

    Parameters
    ----------
    sites
        Keys of the chosen sites, sorted.
    labels
        Key of the site by place of demand.
    loads
        Load by chosen site.
    cost, bound, gap
        Sum of weight · distance; what is proved; the difference as a share of the cost.
    status, seconds, solver, conflicts
        As in `gridmap.planning.Plan`.
    """

    sites: tuple[object, ...]
    labels: pd.Series
    loads: pd.Series
    cost: float
    bound: float
    gap: float
    status: Status
    seconds: float
    solver: str
    conflicts: tuple[str, ...]


def medians(  # noqa: PLR0913 - each keyword is a choice of its own
    demand: pd.DataFrame,
    sites: pd.DataFrame | None,
    distance: NDArray[np.float64],
    p: int,
    *,
    capacity: float | pd.Series | None = None,
    time_limit_s: float = 60.0,
    watch: Watch | None = None,
) -> Medians:
    """
    Choose p sites so that the way from all demand to them is shortest.

    Parameters
    ----------
    demand
        n places, indexed by key: ``load``, what a place takes of a site's capacity (1 if left
        out), and ``weight``, how often its distance counts (1 if left out).
    sites
        s sites, indexed by key; None: the places of demand themselves, each of which then serves
        itself if it is chosen.
    distance
        n × s.
    p
        How many are chosen.
    capacity
        Load that a site can take: one for all, or by site; None: no limit.
    time_limit_s, watch
        As for `gridmap.planning.assign_units`.

    Returns
    -------
    Medians
        Proved the best if `status` is optimal.

    Raises
    ------
    InvalidError
        If the distances do not fit, or p is not between 1 and s.
    """
    clock = Clock(time_limit_s, watch)
    keys = demand.index if sites is None else sites.index
    _check(demand, keys, distance, p)
    load = _column(demand, "load")
    cost = np.asarray(distance, dtype=float) * _column(demand, "weight")[:, np.newaxis]
    high = np.full(len(keys), np.inf)
    if isinstance(capacity, pd.Series):
        high = capacity.reindex(keys).fillna(np.inf).to_numpy(dtype=float)
    elif capacity is not None:
        high = np.full(len(keys), float(capacity))
    cost = np.where(load[:, np.newaxis] <= high, cost, np.inf)
    nothing = np.zeros(len(keys), dtype=np.bool_)
    own = np.full(len(keys), -1) if sites is not None else np.arange(len(keys))
    location = Location(cost, load, np.zeros(len(keys)), high, p, nothing, own)
    room = float(np.sort(high)[::-1][:p].sum())
    conflicts: tuple[str, ...] = ()
    if load.sum() > room:
        conflicts = (Conflict(TOO_HEAVY, load=float(load.sum()), p=p, capacity=room),)
        return _medians(demand, keys, location, None, clock, ("infeasible", np.inf, conflicts))
    found = choose(location, clock, _starts(location))
    status: Status = "stopped" if found.verdict == "unknown" else found.verdict
    status = "stopped" if clock.stopped and status == "feasible" else status
    if status == "infeasible":
        conflicts = (Conflict(NOT_PACKED, p=p),)
    return _medians(demand, keys, location, found.site, clock, (status, found.bound, conflicts))


def _check(demand: pd.DataFrame, keys: pd.Index, distance: Floats, p: int) -> None:
    if np.shape(distance) != (len(demand), len(keys)):
        raise InvalidError(
            SHAPE, demand=len(demand), sites=len(keys), shape=str(np.shape(distance))
        )
    if not 1 <= p <= len(keys):
        raise InvalidError(TOO_MANY, p=p, sites=len(keys))


def _column(demand: pd.DataFrame, name: str) -> Floats:
    return demand.get(name, pd.Series(1.0, index=demand.index)).to_numpy(dtype=float)


def _starts(location: Location) -> list[Ints]:
    """Draw sites, deal out the demand, move each site to the middle of what it got."""
    rng, s = np.random.default_rng(SEED), location.cost.shape[1]
    return [_settle(location, rng.choice(s, location.p, replace=False)) for _ in range(TRIES)]


def _settle(location: Location, chosen: Ints) -> Ints:
    site = _deal(location, chosen)
    for _ in range(TRIES):
        finite = np.where(np.isfinite(location.cost), location.cost, 1e12)
        groups = [np.flatnonzero(site == one) for one in chosen]
        moved = np.array([finite[group].sum(axis=0).argmin() for group in groups])
        if len(np.unique(moved)) < len(chosen):
            return site
        better = _deal(location, moved)
        if location.total(better) >= location.total(site):
            return site
        site, chosen = better, moved
    return site


def _deal(location: Location, chosen: Ints) -> Ints:
    """Give each place its nearest site that has room, those with most to lose first."""
    cost = location.cost[:, chosen]
    near = np.sort(cost, axis=1)
    regret = near[:, 1] - near[:, 0] if len(chosen) > 1 else near[:, 0]
    room = location.high[chosen].copy()
    site = np.zeros(len(cost), dtype=np.int64)
    regret[location.own[chosen][location.own[chosen] >= 0]] = np.inf  # a site serves itself first
    for place in np.argsort(-np.nan_to_num(regret, nan=0.0, posinf=1e15), kind="stable"):
        free = np.where(room >= location.load[place], cost[place], np.inf)
        at = int(free.argmin()) if np.isfinite(free).any() else int(room.argmax())
        room[at] -= location.load[place]
        site[place] = chosen[at]
    return site


def _medians(
    demand: pd.DataFrame,
    keys: pd.Index,
    location: Location,
    site: Ints | None,
    clock: Clock,
    verdict: tuple[Status, float, tuple[str, ...]],
) -> Medians:
    status, bound, conflicts = verdict
    cost = np.inf if site is None else location.total(site)
    at = np.zeros(0, dtype=np.int64) if site is None else site
    labels = pd.Series(keys[at], index=demand.index if site is not None else demand.index[:0])
    chosen = np.unique(at)
    loads = np.bincount(at, location.load[: len(at)], minlength=len(keys))[chosen]
    return Medians(
        sites=tuple(keys[chosen]),
        labels=labels.rename("site"),
        loads=pd.Series(loads, index=keys[chosen], name="load"),
        cost=cost,
        bound=bound,
        gap=gap_between(cost, bound),
        status=status,
        seconds=clock.elapsed_s,
        solver=SOLVER,
        conflicts=conflicts,
    )
