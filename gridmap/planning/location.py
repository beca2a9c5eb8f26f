r"""
Choosing p centres, and a centre for every area: the programme behind patches and medians.

.. math:: \min \sum_{ij} c_{ij} x_{ij}, \quad \sum_j x_{ij} = 1, \quad x_{ij} \le y_j, \quad
          \sum_j y_j = p, \quad L_j y_j \le \sum_i w_i x_{ij} \le U_j y_j

(Hess et al., 1965). The relaxation that pays areas for being taken (Cornuejols, Fisher and
Nemhauser, 1977) bounds the cost from below, and says which centres and pairs no plan as good as
the one in hand can have; branch and bound does the rest. Contiguity is exact: an area may belong
to a centre only if a neighbour does, and what is still apart in a solution is cut off by the ring
of areas around it (Oehrlein and Haunert, 2017), until nothing is apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import connected_components

from gridmap.planning.clock import Clock
from gridmap.planning.programme import (
    Bools,
    Floats,
    Ints,
    Programme,
    Verdict,
    row_matrix,
    solve,
)

ROUNDS = 300
PATIENCE = 15
MOST_PAIRS = 60_000
Row = tuple[Ints, Floats, float, float]


@dataclass(frozen=True, eq=False)
class Location:
    """
    Areas, sites and what joining them costs.

    Parameters
    ----------
    cost
        n × s, infinite where an area may not have a site.
    load
        Of n areas.
    low, high
        Limits of each site's load, if it is chosen.
    p
        How many sites are chosen.
    open_
        Sites that must be chosen.
    own
        The area that each site is, which then belongs to it; -1: none.
    beside
        Which areas are neighbours, n × n, if what belongs to a site must be contiguous.
    """

    cost: Floats
    load: Floats
    low: Floats
    high: Floats
    p: int
    open_: Bools
    own: Ints
    beside: csr_array | None = None

    def total(self, site: Ints) -> float:
        """
        Return what a plan costs.

        Parameters
        ----------
        site
            Of each area.
        """
        return float(self.cost[np.arange(len(site)), site].sum())

    def keeps(self, site: Ints) -> bool:
        """
        Say whether a plan keeps to everything that is asked.

        Parameters
        ----------
        site
            Of each area.
        """
        chosen = np.unique(site)
        load = np.bincount(site, self.load, minlength=len(self.low))[chosen]
        own = self.own[chosen]
        at_home = (site[own[own >= 0]] == chosen[own >= 0]).all()
        slack = 1e-6 * max(1.0, float(load.max(initial=0.0)))  # the solver's own rounding
        fits = (load >= self.low[chosen] - slack) & (load <= self.high[chosen] + slack)
        settled = len(chosen) <= self.p and np.isin(np.flatnonzero(self.open_), chosen).all()
        full = len(chosen) == self.p or (self.low <= 0).all()
        return bool(
            np.isfinite(self.total(site)) and at_home and fits.all() and settled and full
        ) and not self.apart(site)

    def apart(self, site: Ints) -> list[tuple[int, Ints]]:
        """
        Find what belongs to a site without being joined to it.

        Parameters
        ----------
        site
            Of each area.

        Returns
        -------
        list
            Sites and the areas of one part that is apart.
        """
        if self.beside is None:
            return []
        found = []
        for chosen in np.unique(site):
            members = np.flatnonzero(site == chosen)
            _, part = connected_components(self.beside[members][:, members], directed=False)
            home = part[members == self.own[chosen]]
            main = home[0] if len(home) else np.bincount(part).argmax()
            others = [number for number in range(part.max() + 1) if number != main]
            found += [(int(chosen), members[part == number]) for number in others]
        return found


@dataclass(frozen=True, eq=False)
class Located:
    """
    The best choice found.

    Parameters
    ----------
    verdict
        As `gridmap.planning.programme.Outcome`.
    site
        Of each area; None without a plan.
    cost, bound
        Of the plan, and proved.
    """

    verdict: Verdict
    site: Ints | None
    cost: float
    bound: float


def choose(location: Location, clock: Clock, starts: list[Ints]) -> Located:
    """
    Choose sites, and one for every area.

    Parameters
    ----------
    location
        What is asked.
    clock
        Of the search.
    starts
        Plans to begin with; those that do not keep to what is asked are left out.

    Returns
    -------
    Located
    """
    good = [site for site in starts if location.keeps(site)]
    best = min(good, key=location.total, default=None)
    bound, price = _ascend(location, np.inf if best is None else location.total(best), clock)
    if best is not None:
        clock.found(best=location.total(best))
    clock.found(bound=bound)
    return _branch(location, clock, best, bound, price)


def _branch(
    location: Location, clock: Clock, best: Ints | None, bound: float, price: Floats
) -> Located:
    cuts: list[Row] = []
    while True:
        cost = np.inf if best is None else location.total(best)
        if cost - bound <= 1e-6 * max(1.0, abs(cost)) and best is not None:
            return Located("optimal", best, cost, cost)
        pairs = _worth(location, price, cost)
        if len(pairs) > MOST_PAIRS:
            return Located("unknown" if best is None else "feasible", best, cost, min(bound, cost))
        programme = _programme(location, pairs, cuts)
        start = None if best is None else _as_start(location, pairs, best)
        outcome = solve(programme, clock, start=start)
        if outcome.verdict == "infeasible":
            return Located("infeasible", None, np.inf, np.inf)
        # pairs that are left out belong to no plan that costs less than the one in hand
        bound = max(bound, min(outcome.bound, cost))
        site = None if outcome.values is None else _read(location, pairs, outcome.values)
        best = _better(location, best, site)
        cost = np.inf if best is None else location.total(best)
        if site is not None and outcome.verdict == "optimal":
            fresh = _cuts(location, site)
            if not fresh:
                return Located("optimal", best, cost, cost)
            cuts += fresh
            continue
        verdict: Verdict = "unknown" if best is None else "feasible"
        return Located(verdict, best, cost, min(bound, cost))


def _better(location: Location, best: Ints | None, site: Ints | None) -> Ints | None:
    if site is None or not location.keeps(site):
        return best
    return site if best is None or location.total(site) <= location.total(best) else best


def _ascend(location: Location, worth: float, clock: Clock) -> tuple[float, Floats]:
    """Raise the prices of areas; the bound holds without balance and contiguity too."""
    finite = np.where(np.isfinite(location.cost), location.cost, 1e18)
    price = np.sort(finite, axis=1)[:, : min(2, finite.shape[1])].max(axis=1)
    price = np.minimum(price, 1e17)
    best, best_price, step, since = -np.inf, price, 1.0, 0
    for _ in range(ROUNDS):
        gain = np.minimum(finite - price[:, np.newaxis], 0.0)
        chosen = _cheapest(location, gain.sum(axis=0))
        bound = float(price.sum() + gain[:, chosen].sum())
        since += 1
        if bound > best:
            best, best_price, since = bound, price, 0
        elif since > PATIENCE:
            step, since, price = step / 2, 0, best_price
            continue
        lacking = 1.0 - (gain[:, chosen] < 0).sum(axis=1)
        goal = worth if np.isfinite(worth) else best + 0.05 * abs(best) + 1.0
        if not lacking.any() or step < 1e-4 or not clock.goes_on():  # noqa: PLR2004 - spent
            break
        price = price + step * max(goal - bound, 1e-6) / float(lacking @ lacking) * lacking
    return best, best_price


def _cheapest(location: Location, worth: Floats) -> Ints:
    order = np.lexsort((worth, ~location.open_))
    return order[: location.p]


def _worth(location: Location, price: Floats, cost: float) -> Ints:
    """Return the pairs (area · sites + site) that a plan cheaper than `cost` may have."""
    finite = np.isfinite(location.cost)
    if np.isinf(cost):
        return _at_home(location, finite)
    over = np.where(finite, location.cost - price[:, np.newaxis], np.inf)
    worth = np.minimum(over, 0.0).sum(axis=0)
    chosen = _cheapest(location, worth)
    bound = float(price.sum() + worth[chosen].sum())
    free = chosen[~location.open_[chosen]]
    last = worth[free].max() if len(free) else -np.inf
    instead = np.where(np.isin(np.arange(len(worth)), chosen), 0.0, worth - last)
    least = bound + np.maximum(over, 0.0) + instead
    return _at_home(location, finite & (least <= cost + 1e-6 * max(1.0, abs(cost))))


def _at_home(location: Location, may: Bools) -> Ints:
    """Leave out sites to which their own area may not belong; return the pairs that are left."""
    homes = np.flatnonzero(location.own >= 0)
    shut = homes[~may[location.own[homes], homes]]
    may = may.copy()
    may[:, shut] = False
    return np.flatnonzero(may)


def _programme(location: Location, pairs: Ints, cuts: list[Row]) -> Programme:
    n, s = location.cost.shape
    area, site = np.divmod(pairs, s)
    is_open, width = _columns(location, pairs)
    once = csr_array((np.ones(len(pairs)), (area, np.arange(len(pairs)))), shape=(n, width))
    others = np.flatnonzero(is_open[site] != np.arange(len(pairs)))
    place = np.tile(np.arange(len(others)), 2)
    column = np.concatenate([others, is_open[site[others]]])
    value = np.repeat([1.0, -1.0], len(others))
    linked = csr_array((value, (place, column)), shape=(len(others), width))
    sites = np.flatnonzero(is_open >= 0)
    p = float(location.p)
    rows: list[Row] = [(is_open[sites], np.ones(len(sites)), p, p)]
    rows += _loads(location, pairs, is_open)
    rows += [_narrow(pairs, cut) for cut in (*_neighbours(location, pairs), *cuts)]
    matrix = row_matrix([(columns, values) for columns, values, _, _ in rows], width)
    limits = np.array([(low, high) for _, _, low, high in rows])
    lower = np.zeros(width)
    lower[is_open[sites]] = location.open_[sites]
    return Programme(
        np.concatenate([location.cost.ravel()[pairs], np.zeros(width - len(pairs))]),
        np.ones(width),
        csr_array(vstack([once, linked, matrix])),
        np.concatenate([np.ones(n), np.full(len(others), -np.inf), limits[:, 0]]),
        np.concatenate([np.ones(n), np.zeros(len(others)), limits[:, 1]]),
        np.ones(width, dtype=np.bool_),
        lower,
    )


def _columns(location: Location, pairs: Ints) -> tuple[Ints, int]:
    """
    Return the column that says whether each site is chosen, -1 if it cannot be; and how many.

    A site that is an area is chosen if that area belongs to it; others have a column of their own.
    """
    s = location.cost.shape[1]
    is_open = np.full(s, -1)
    used = np.unique(np.concatenate([np.divmod(pairs, s)[1], np.flatnonzero(location.open_)]))
    lone = used[location.own[used] < 0]
    is_open[lone] = len(pairs) + np.arange(len(lone))
    homes = used[location.own[used] >= 0]
    at = np.searchsorted(pairs, location.own[homes] * s + homes)
    is_open[homes] = at
    return is_open, len(pairs) + len(lone)


def _loads(location: Location, pairs: Ints, is_open: Ints) -> list[Row]:
    area, site = np.divmod(pairs, location.cost.shape[1])
    rows: list[Row] = []
    order = np.argsort(site, kind="stable")
    first = np.searchsorted(site[order], np.arange(location.cost.shape[1] + 1))
    for one in np.flatnonzero(is_open >= 0):
        mine = order[first[one] : first[one + 1]]
        columns, load = np.append(mine, is_open[one]), location.load[area[mine]]
        if np.isfinite(location.high[one]):
            rows.append((columns, np.append(load, -location.high[one]), -np.inf, 0.0))
        if location.low[one] > 0:
            rows.append((columns, np.append(load, -location.low[one]), 0.0, np.inf))
    return rows


def _neighbours(location: Location, pairs: Ints) -> list[Row]:
    """Let an area belong to a site only if one of its neighbours does."""
    if location.beside is None:
        return []
    s, beside = location.cost.shape[1], location.beside
    rows: list[Row] = []
    for pair in pairs:
        area, site = divmod(int(pair), s)
        near = beside.indices[beside.indptr[area] : beside.indptr[area + 1]].astype(np.int64)
        if area != location.own[site] and location.own[site] not in near:
            rows.append(_needs(area, near, site, s))
    return rows


def _cuts(location: Location, site: Ints) -> list[Row]:
    """Ask, for every site, that who belongs to it from a part apart has the ring around it too."""
    s, rows = location.cost.shape[1], []
    for _, part in location.apart(site):
        near = np.unique(location.beside[part].indices)  # type: ignore[index]
        ring = np.setdiff1d(near, part).astype(np.int64)
        for one in np.flatnonzero(~np.isin(location.own, part)):
            rows += [_needs(int(area), ring, int(one), s) for area in part]
    return rows


def _needs(area: int, others: Ints, site: int, s: int) -> Row:
    columns = np.concatenate([[area * s + site], others * s + site])
    return columns, np.concatenate([[1.0], -np.ones(len(others))]), -np.inf, 0.0


def _narrow(pairs: Ints, row: Row) -> Row:
    """Rewrite a row over all pairs for those that are left."""
    columns, values, low, high = row
    at = np.minimum(np.searchsorted(pairs, columns), len(pairs) - 1)
    there = pairs[at] == columns
    return at[there], values[there], low, high


def _as_start(location: Location, pairs: Ints, site: Ints) -> Floats:
    is_open, width = _columns(location, pairs)
    start = np.zeros(width)
    start[: len(pairs)] = np.isin(pairs, np.arange(len(site)) * location.cost.shape[1] + site)
    start[is_open[np.unique(site)]] = 1.0
    return start


def _read(location: Location, pairs: Ints, values: Floats) -> Ints:
    area, site = np.divmod(pairs, location.cost.shape[1])
    held = values[: len(pairs)] > 0.5  # noqa: PLR2004 - a whole number
    found = np.zeros(location.cost.shape[0], dtype=np.int64)
    found[area[held]] = site[held]
    return found
