"""First patches for `gridmap.planning.patches`: grown around centres, then evened out."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components

from gridmap.planning.clock import Clock
from gridmap.planning.location import Location
from gridmap.planning.programme import Floats, Ints

SETTLINGS = 8
MOVES = 4


def grown(location: Location, chosen: Ints, clock: Clock) -> Ints:
    """
    Grow patches around centres, and move each centre to the middle of its patch, till none moves.

    Parameters
    ----------
    location
        What is asked, with contiguity.
    chosen
        Sites to begin with.
    clock
        Of the search.

    Returns
    -------
    numpy.ndarray
        The site of each area; perhaps not balanced.
    """
    best = _even(location, _grow(location, chosen), clock)
    for _ in range(SETTLINGS):
        if not clock.goes_on():
            break
        site = _centred(location, best)
        if np.isinf(location.total(site)) or (site == best).all():
            break
        site = _even(location, site, clock)
        if location.keeps(best) and location.total(site) >= location.total(best):
            break
        best = site
    return best


def _grow(location: Location, chosen: Ints) -> Ints:
    """Let the lightest patch take the nearest area beside it, until all areas are taken."""
    site = np.full(len(location.load), -1)
    site[location.own[chosen]] = chosen
    load = location.load[location.own[chosen]].copy()
    beside = location.beside
    shut = np.zeros(len(chosen), dtype=np.bool_)
    while (site < 0).any() and not shut.all():
        number = int(np.where(shut, np.inf, load).argmin())
        members = np.flatnonzero(site == chosen[number])
        near = np.unique(beside[members].indices)  # type: ignore[index]
        near = near[site[near] < 0]
        cost = location.cost[near, chosen[number]]
        if not np.isfinite(cost).any():
            shut[number] = True
            continue
        area = near[cost.argmin()]
        site[area] = chosen[number]
        load[number] += location.load[area]
    left = np.flatnonzero(site < 0)
    site[left] = chosen[location.cost[np.ix_(left, chosen)].argmin(axis=1)]
    return site


def _centred(location: Location, site: Ints) -> Ints:
    """Move each site to that of its patch's areas from which all of it costs least."""
    moved = site.copy()
    for one in np.unique(site):
        members = np.flatnonzero(site == one)
        inside = np.flatnonzero(np.isin(location.own, members))
        cost = location.cost[np.ix_(members, inside)].sum(axis=0)
        if len(inside) and np.isfinite(cost).any():
            moved[members] = inside[cost.argmin()]
    return moved


def _even(location: Location, site: Ints, clock: Clock) -> Ints:
    """Hand areas on the border over to the patch beside, while that is cheaper or more even."""
    site = site.copy()
    fine = (
        10.0
        * float(np.median(location.cost[np.isfinite(location.cost)]))
        / max(float(location.load.mean()), 1e-9)
    )
    for _ in range(MOVES * len(site)):
        move = _best_move(location, site, fine) if clock.goes_on() else None
        if move is None:
            break
        site[move[0]] = move[1]
    return site


def _best_move(location: Location, site: Ints, fine: float) -> tuple[int, int] | None:
    load = np.bincount(site, location.load, minlength=len(location.low))
    pairs = location.beside.tocoo()  # type: ignore[union-attr]
    row, column = pairs.coords
    border = site[row] != site[column]
    area, to = row[border], site[column[border]]
    home = location.own[site[area]] == area
    area, to = area[~home], to[~home]
    weight, of = location.load[area], site[area]
    odd = _odd(location, load[of] - weight, of) + _odd(location, load[to] + weight, to)
    odd -= _odd(location, load[of], of) + _odd(location, load[to], to)
    gain = location.cost[area, to] - location.cost[area, of] + fine * odd
    for at in np.argsort(gain, kind="stable"):
        if not gain[at] < -1e-9:  # noqa: PLR2004 - rounding
            return None
        if _holds_together(location, site, int(area[at])):
            return int(area[at]), int(to[at])
    return None


def _odd(location: Location, load: Floats, site: Ints) -> Floats:
    over = np.maximum(load - location.high[site], 0.0)
    return over + np.maximum(location.low[site] - load, 0.0)


def _holds_together(location: Location, site: Ints, area: int) -> bool:
    rest = np.flatnonzero(site == site[area])
    rest = rest[rest != area]
    inner = location.beside[rest][:, rest]  # type: ignore[index]
    return bool(connected_components(inner, directed=False)[0] <= 1)
