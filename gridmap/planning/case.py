"""
A problem in numbers: what the solvers work on.

A pair is one whole number, ``key = target number · units + unit number``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from gridmap.planning.problem import Problem
from gridmap.planning.programme import Floats, Ints

BLOCK = 2_000_000


@dataclass(frozen=True, eq=False)
class Case:
    """
    A problem of n targets and m units in numbers.

    Parameters
    ----------
    problem
        As `gridmap.planning.problem.checked` answered it.
    capacity
        m loads, infinite where there is no limit; a goal may lower the problem's own.
    reach_m
        The longest distance that a pair may have.
    change
        What a pair costs less if it is there today, and more if it is not.
    metre
        What a metre costs: 1, or 0 where only changes count.
    """

    problem: Problem
    capacity: Floats
    reach_m: float = np.inf
    change: float = 0.0
    metre: float = 1.0

    @property
    def n(self) -> int:
        """Number of targets."""
        return len(self.problem.targets)

    @property
    def m(self) -> int:
        """Number of units."""
        return len(self.problem.units)

    @cached_property
    def seats(self) -> Floats:
        """Places of the units, m × 2, NaN where there is none."""
        return self.problem.units[["x", "y"]].to_numpy(dtype=float)

    @cached_property
    def places(self) -> Floats:
        """Places of the targets, n × 2."""
        return self.problem.targets[["x", "y"]].to_numpy(dtype=float)

    @cached_property
    def least(self) -> Ints:
        """Units that each target needs."""
        return self.problem.targets["at_least"].to_numpy(dtype=np.int64)

    @cached_property
    def most(self) -> Floats:
        """Units that each target may have, infinite where there is no limit."""
        return _limit(self.problem.targets["at_most"])

    @cached_property
    def unit_least(self) -> Ints:
        """Targets that each unit must hold."""
        return self.problem.units["at_least"].to_numpy(dtype=np.int64)

    @cached_property
    def unit_most(self) -> Floats:
        """Targets that each unit may hold, infinite where there is no limit."""
        return _limit(self.problem.units["at_most"])

    @cached_property
    def share(self) -> Floats:
        """Load that each unit of a target takes."""
        return self.problem.targets["load"].to_numpy(dtype=float) / np.maximum(self.least, 1)

    @cached_property
    def far_m(self) -> float:
        """The diagonal of the city: distance of a unit that has no seat."""
        xy = np.concatenate([self.seats, self.places])
        spans = np.nanmax(xy, axis=0, initial=-np.inf) - np.nanmin(xy, axis=0, initial=np.inf)
        return float(self._length(np.maximum(np.nan_to_num(spans, neginf=0.0), 0.0)))

    @cached_property
    def fixed(self) -> Ints:
        """Keys of pairs that must be, sorted."""
        return self.keys(self.problem.fixed)

    @cached_property
    def forbidden(self) -> Ints:
        """Keys of pairs that may not be, sorted."""
        return self.keys(self.problem.forbidden)

    @cached_property
    def today(self) -> Ints:
        """Keys of pairs that are, sorted; pairs of unknown units or targets are left out."""
        return self.keys(self.problem.today)

    @cached_property
    def gone(self) -> int:
        """Number of today's pairs whose unit or target is not in the problem."""
        return len(self.problem.today) - len(self.today)

    @property
    def base(self) -> float:
        """What is paid whatever the plan: one change for each pair of today."""
        return self.change * (len(self.today) + self.gone)

    def keys(self, pairs: pd.DataFrame) -> Ints:
        """
        Return the keys of pairs, sorted; without those that name something unknown.

        Parameters
        ----------
        pairs
            Columns ``target`` and ``unit_id``.
        """
        target = self.problem.targets.index.get_indexer(pairs["target"]).astype(np.int64)
        unit = self.problem.units.index.get_indexer(pairs["unit_id"]).astype(np.int64)
        known = (target >= 0) & (unit >= 0)
        return np.unique(target[known] * self.m + unit[known])

    def split(self, keys: Ints) -> tuple[Ints, Ints]:
        """
        Return the target and the unit number of each pair.

        Parameters
        ----------
        keys
            Pairs.
        """
        target, unit = np.divmod(keys, self.m)
        return target, unit

    def metres(self, keys: Ints) -> Floats:
        """
        Return the distance of each pair, in metres.

        Parameters
        ----------
        keys
            Pairs.
        """
        target, unit = self.split(keys)
        length = self._length(self.places[target] - self.seats[unit])
        return np.where(np.isnan(length), self.far_m, length)

    def costs(self, keys: Ints) -> Floats:
        """
        Return what each pair costs: its metres, and the change it is or saves.

        Parameters
        ----------
        keys
            Pairs.
        """
        held = np.isin(keys, self.today)
        return self.metre * self.metres(keys) + np.where(held, -self.change, self.change)

    def allowed(self, keys: Ints) -> Ints:
        """
        Return those of the pairs that may be: not forbidden, within reach, and not too heavy.

        Parameters
        ----------
        keys
            Pairs, sorted.
        """
        target, unit = self.split(keys)
        fits = self.share[target] <= self.capacity[unit] * (1 + 1e-12)
        near = self.metres(keys) <= self.reach_m if np.isfinite(self.reach_m) else True
        may = fits & near & ~np.isin(keys, self.forbidden, assume_unique=True)
        return keys[may | np.isin(keys, self.fixed, assume_unique=True)]

    def blocks(self) -> Iterator[tuple[Ints, Floats]]:
        """
        Walk all n × m pairs, some millions at a time.

        Yields
        ------
        tuple
            Numbers of the targets of the block, and the costs of their pairs, infinite where a
            pair may not be.
        """
        step = max(1, BLOCK // max(self.m, 1))
        light = self.share[:, np.newaxis] <= self.capacity * (1 + 1e-12)
        for first in range(0, self.n, step):
            target = np.arange(first, min(first + step, self.n))
            length = self._length(self.places[target, np.newaxis] - self.seats)
            np.nan_to_num(length, copy=False, nan=self.far_m)
            cost = self.metre * length + self.change
            cost[~light[target] | (length > self.reach_m)] = np.inf
            low, high = first * self.m, (first + len(target)) * self.m
            flat = cost.reshape(-1)
            for keys, add in ((self.today, -2 * self.change), (self.forbidden, np.inf)):
                flat[keys[(keys >= low) & (keys < high)] - low] += add
            fixed = self.fixed[(self.fixed >= low) & (self.fixed < high)]
            flat[fixed - low] = self.costs(fixed)
            yield target, cost

    def _length(self, step: Floats) -> Floats:
        if self.problem.metric == "manhattan":
            return np.abs(step).sum(axis=-1)
        return np.hypot(step[..., 0], step[..., 1])


def _limit(column: pd.Series) -> Floats:
    return column.fillna(np.inf).to_numpy(dtype=float)
