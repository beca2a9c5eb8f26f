"""The clock of one search: how long it may last, and who looks on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

REPORTED_EVERY_S = 0.1


@dataclass(frozen=True)
class Progress:
    """
    How far a search has come.

    Parameters
    ----------
    elapsed_s
        Seconds since it began.
    best
        Cost of the best plan so far; None while there is none.
    bound
        What no plan can cost less than; None while nothing is proved.
    """

    elapsed_s: float
    best: float | None
    bound: float | None


Watch: TypeAlias = Callable[[Progress], bool]


class Clock:
    """
    Measure a search against its limit, and tell the one who watches.

    Parameters
    ----------
    limit_s
        Seconds the search may last.
    watch
        Asked now and then; answers False to end the search.
    """

    def __init__(self, limit_s: float, watch: Watch | None = None) -> None:
        self._began = time.perf_counter()
        self._limit_s = limit_s
        self._watch = watch
        self._reported_s = -math.inf
        self.best: float | None = None
        self.bound: float | None = None
        self.stopped = False

    @property
    def elapsed_s(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self._began

    @property
    def left_s(self) -> float:
        """Seconds that are left, never below nought."""
        return max(0.0, self._limit_s - self.elapsed_s)

    @property
    def over(self) -> bool:
        """Whether the search must end: its time is up, or the watch said so."""
        return self.stopped or self.left_s <= 0

    def found(self, best: float | None = None, bound: float | None = None) -> None:
        """
        Note a better plan or a higher bound.

        Parameters
        ----------
        best
            Cost of a plan.
        bound
            Proved lower bound.
        """
        if best is not None and math.isfinite(best):
            self.best = best if self.best is None else min(self.best, best)
        if bound is not None and math.isfinite(bound):
            self.bound = bound if self.bound is None else max(self.bound, bound)

    def goes_on(self) -> bool:
        """Tell the watch, at most ten times a second, and say whether the search goes on."""
        now = self.elapsed_s
        if self._watch and not self.stopped and now - self._reported_s >= REPORTED_EVERY_S:
            self._reported_s = now
            self.stopped = not self._watch(Progress(now, self.best, self.bound))
        return not self.over

    def part(self, share: float) -> Clock:
        """
        Return a clock for a part of the time that is left.

        Parameters
        ----------
        share
            Of what is left. What is found by it is not told to the watch, whose question whether
            the search goes on is.
        """
        return Clock(self.left_s * share, lambda _: self._asked())

    def _asked(self) -> bool:
        self.goes_on()
        return not self.stopped
