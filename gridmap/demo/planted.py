"""What is planted among a demo city's issues: tests ask whether analyses find it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gridmap.demo.areas import Areas
from gridmap.demo.incidents import (
    CHANNELS,
    DAY,
    DAYS,
    FIRST_DAY,
    NAMES,
    Draft,
    closing,
    drawn,
    moments,
)
from gridmap.demo.mesh import Floats
from gridmap.demo.scatter import Scatter

HOT_GRIDS = 7
HOT_AREAS = (0.75, 0.4, 0.0)  # of the median, if it can be: many issues have room not to recur
CROWD = 3.0  # median grids' people: no hot spot where there are more
HOT_RESIDENTS = 250  # at least, so that a hot spot is hot by rate as well as by count
SHARED_BORDER_M = 25.0
PILE_SHARE = 0.04
PILE_ACCURACY_M = 1_000.0
# A recurrence: the same category within 20 m and 30 days after closing. What is planted lies well
# within, and whatever chance brings within a little more is taken away, so that rounding decides
# nothing.
NEAR_M, SOON_D = 12.0, (2.0, 25.0)
CLEAR_M, CLEAR_D = 24.0, 33.0
CATEGORY = {str(name): number for number, name in enumerate(NAMES)}
ROUNDS = 14


class Season(NamedTuple):
    """
    What a hot spot is of.

    Parameters
    ----------
    category
        Its name.
    since, until
        Half-open local days.
    issues
        How many more than usual, for each grid.
    """

    category: str
    since: str
    until: str
    issues: int


class HotSpot(NamedTuple):
    """A planted cluster of grids, by their numbers, and its season."""

    grids: list[int]
    season: Season


# Taken in turn. The first is large enough to show in the whole year's issues, too.
SEASONS = (
    Season("占道经营", "2025-10-01", "2026-10-01", 125),
    Season("野广告", "2026-03-01", "2026-06-01", 27),
    Season("乱堆乱放", "2025-11-01", "2026-02-01", 27),
    Season("暴露垃圾", "2026-06-01", "2026-09-01", 27),
    Season("飞线充电", "2026-01-01", "2026-04-01", 27),
)


def hot_spots(areas: Areas, wanted: int, rng: np.random.Generator) -> list[HotSpot]:
    """
    Choose clusters of grids that share borders, no two clusters side by side.

    Parameters
    ----------
    areas
        The grids.
    wanted
        How many clusters.
    rng
        Where chance comes from.
    """
    tree = shapely.STRtree(areas.metric)
    middle = shapely.get_coordinates(shapely.centroid(areas.metric))
    area = shapely.area(areas.metric)
    people = areas.grids["residents"].to_numpy(dtype=np.float64)
    fit = (people >= HOT_RESIDENTS) & (people < CROWD * np.median(people))
    taken: set[int] = set()
    chosen: list[HotSpot] = []
    for least in HOT_AREAS:
        roomy = set(np.flatnonzero(fit & (area > least * np.median(area))).tolist())
        for centre in rng.permutation(sorted(roomy)):
            if len(chosen) == wanted:
                return chosen
            cluster = _cluster(int(centre), areas.metric, tree, middle, roomy - taken)
            if len(cluster) == HOT_GRIDS:
                touched = tree.query(areas.metric[cluster], predicate="touches")[1]
                taken.update(cluster, touched.tolist())
                chosen.append(HotSpot(cluster, SEASONS[len(chosen) % len(SEASONS)]))
    return chosen


def _cluster(
    centre: int,
    metric: NDArray[np.object_],
    tree: shapely.STRtree,
    middle: Floats,
    free: set[int],
) -> list[int]:
    """Gather free grids around one: always the one that shares most borders with the gathered."""
    cluster: list[int] = []
    borders = Counter({centre} & free)
    while borders and len(cluster) < HOT_GRIDS:
        away = {g: float(np.hypot(*(middle[g] - middle[centre]))) for g in borders}
        near = min(borders, key=lambda g: (-borders[g], away[g], g))
        cluster.append(near)
        del borders[near]
        borders.update(free.intersection(_beside(metric, tree, near)).difference(cluster))
    return cluster


def heated(spots: list[HotSpot], scatter: Scatter, rng: np.random.Generator) -> Iterator[Draft]:
    """Make up the issues of each hot spot."""
    for grids, season in spots:
        first, last = ((pd.Timestamp(d) - FIRST_DAY).days for d in (season.since, season.until))
        grid = np.repeat(grids, season.issues)
        category = np.full(len(grid), CATEGORY[season.category])
        yield drawn(
            grid, category, moments(rng.integers(first, last, len(grid)), rng), scatter, rng
        )


def pile(n: int, grid: int, scatter: Scatter, rng: np.random.Generator) -> Draft:
    """Make up issues without a place, all put on one: the decoy of a careless call centre."""
    category = rng.integers(0, len(NAMES), n)
    draft = drawn(np.full(n, grid), category, moments(rng.integers(0, DAYS, n), rng), scatter, rng)
    draft.xy[:] = scatter.anchor[grid]
    draft.channel[:] = list(CHANNELS).index("hotline")
    draft.accuracy[:] = PILE_ACCURACY_M
    draft.fixed[:] = True
    return draft


def with_recurrences(
    draft: Draft, wanted: int, scatter: Scatter, rng: np.random.Generator
) -> Draft:
    """
    Add issues that come back where an earlier one was closed.

    Parameters
    ----------
    draft
        Issues so far.
    wanted
        How many recurrences.
    scatter
        Knows the middle of each grid, towards which the second place is moved.
    rng
        Where chance comes from.
    """
    fit = ~draft.fixed & (draft.closed < (DAYS - SOON_D[1]) * DAY)
    first = rng.choice(np.flatnonzero(fit), wanted, replace=False)
    when = np.round(draft.closed[first] + rng.uniform(*SOON_D, wanted) * DAY)
    second = drawn(draft.grid[first], draft.category[first], when, scatter, rng)
    inward = scatter.anchor[second.grid] - draft.xy[first]
    far = np.maximum(np.hypot(*inward.T), 1.0)
    step = np.minimum(rng.uniform(1.0, NEAR_M, wanted), far / 2)
    second.xy = draft.xy[first] + inward * (step / far)[:, None]
    second.closed = closing(when, second.category, rng)
    second.twin = first
    second.fixed[:] = True
    draft.fixed[first] = True
    return draft.joined(second)


def cleared(
    draft: Draft, is_pile: NDArray[np.bool_], scatter: Scatter, rng: np.random.Generator
) -> Draft:
    """
    Move, and at last drop, issues that chance made look like a recurrence.

    Parameters
    ----------
    draft
        Issues, planted recurrences among them.
    is_pile
        Which lie on the pile; they have no place, so nothing recurs there.
    scatter
        Draws places in grids.
    rng
        Where chance comes from.
    """
    for _ in range(ROUNDS):
        first, second = _accidents(draft, is_pile)
        loose = np.unique(np.where(draft.fixed[second], first, second))
        loose = loose[~draft.fixed[loose]]
        if not len(loose):
            break
        draft.xy[loose] = scatter.anywhere(draft.grid[loose], rng)
    kept = np.ones(len(draft), dtype=bool)
    kept[_accidents(draft, is_pile)[1]] = False
    kept &= (draft.twin < 0) | kept[draft.twin]  # a recurrence of what is gone goes too
    return taken(draft, np.flatnonzero(kept))


def taken(draft: Draft, order: NDArray[np.int64]) -> Draft:
    """Return those issues in that order, with twins renumbered."""
    number = np.full(len(draft) + 1, -1)
    number[order] = np.arange(len(order))
    chosen = Draft(*(getattr(draft, f.name)[order] for f in fields(draft)))
    chosen.twin = number[chosen.twin]
    return chosen


def _accidents(
    draft: Draft, is_pile: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs (first, second) that look like a recurrence and were not planted."""
    found = [np.empty((0, 2), dtype=np.int64)]
    for category in range(len(NAMES)):
        member = np.flatnonzero((draft.category == category) & ~is_pile)
        near = cKDTree(draft.xy[member]).query_pairs(CLEAR_M, output_type="ndarray")
        pair = member[near.reshape(-1, 2)]
        found += [pair, pair[:, ::-1]]
    first, second = np.concatenate(found).T
    wait = draft.reported[second] - draft.closed[first]
    accident = (wait >= 0) & (wait <= CLEAR_D * DAY) & (draft.twin[second] != first)
    return first[accident], second[accident]


def _beside(metric: NDArray[np.object_], tree: shapely.STRtree, grid: int) -> list[int]:
    """Return the grids that share a border with one."""
    near = tree.query(metric[grid], predicate="touches")
    shared = shapely.length(shapely.intersection(metric[near], metric[grid]))
    return [int(n) for n in near[shared > SHARED_BORDER_M]]
