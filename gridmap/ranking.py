r"""
Ranking (赛马): places in order, as far as they can be told apart.

A score sums standardised shares (`gridmap.standardisation`) by the weights of a formula. Who is
better than whom is decided pair by pair, false claims among all pairs held to 5 %. A place's rank
is then a range: first place is one more than there are surely better ones, last place leaves only
those that are surely worse (Mogstad, Romano, Shaikh and Wilhelm 2024, "Inference for ranks"). Those
of whom equally many are surely better share a rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtri

from gridmap.formulas import FULL, Formula
from gridmap.indicators import INDICATORS
from gridmap.intervals import CONFIDENCE
from gridmap.significance import false_discovery, two_sided
from gridmap.standardisation import Standardised, standardised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

AT_LEAST = 10
"""Issues that a place must have; who has fewer is listed and not ranked."""
ALPHA = 1.0 - CONFIDENCE
RANK_COLUMNS = ["n", "score", "low", "high", "raw", "first", "last"]
TERM_COLUMNS = ["indicator", "weight", "part", "whole", "expected", "adjusted", "points"]
MOVE_COLUMNS = ["first_before", "last_before", "score_before", "first", "last", "score", "moved"]
NEED_COLUMNS = ["indicator", "part", "whole", "to_part", "reachable"]


@dataclass(frozen=True, eq=False)
class Ranking:
    """
    Places in order.

    Parameters
    ----------
    table
        Indexed by key, ranked ones first, by ``first`` and score: ``n`` issues, ``score`` of 100
        with its 95 % interval ``low``, ``high``, ``raw`` (the score of plain shares), ``first`` and
        ``last`` place, missing where there are too few issues.
    terms
        Indexed by key, a row for each term: ``indicator``, ``weight``, ``part`` of ``whole``,
        ``expected`` (how many at the city's rates), ``adjusted`` share, ``points``.
    formula
        By which it was made.
    """

    table: pd.DataFrame
    terms: pd.DataFrame
    formula: Formula
    _scale: _Scale

    def needed(self, key: str) -> pd.DataFrame:
        """
        Say what would change a rank: the smallest change of each indicator that lifts a place.

        Parameters
        ----------
        key
            Whose.

        Returns
        -------
        pandas.DataFrame
            A row for each term: ``indicator``, ``part`` of ``whole``, the nearest ``to_part`` at
            which fewer places are surely better, the rest as it is, and ``reachable`` (False if
            even all of the whole would not do; ``to_part`` is then missing). Empty if nobody is
            surely better, or the place is not ranked.
        """
        return self._scale.needed(key)


def rank(found: pd.DataFrame, key: pd.Series, stratum: pd.Series, formula: Formula) -> Ranking:
    """
    Rank places.

    Parameters
    ----------
    found
        n issues, as `gridmap.evaluation.facts` returns them.
    key, stratum
        (n,) for whom each issue counts (missing for nobody), and what kind of work it is: category
        and channel.
    formula
        What counts how much.

    Notes
    -----
    The variance of a score joins the posterior standard deviations of its shares by the correlation
    of the issues' results over the whole city (the delta method, exact here: a score is a weighted
    sum). Pairs are compared by the normal distribution of the posterior difference.
    """
    there = (found["reported"] & key.notna()).to_numpy(dtype=bool)
    codes, keys = pd.factorize(key.to_numpy(dtype=object)[there], sort=True)
    kinds = pd.factorize(stratum.to_numpy(dtype=object)[there])[0]
    shares = []
    for term in formula.terms:
        one = INDICATORS[term.indicator]
        whole = found[one.whole].to_numpy()[there]
        part = found[one.part].to_numpy()[there] & whole
        shares.append(standardised(part, whole, codes, kinds + 1, len(keys)))
    n = np.bincount(codes, minlength=len(keys))
    scale = _Scale.of(formula, pd.Index(keys, name="key", dtype="str"), n, tuple(shares))
    return Ranking(scale.table(), scale.terms(), formula, scale)


def moves(before: Ranking, after: Ranking) -> pd.DataFrame:
    """
    Set two rankings of the same issues beside each other.

    Parameters
    ----------
    before, after
        By one formula, and by another.

    Returns
    -------
    pandas.DataFrame
        `MOVE_COLUMNS` by key, in the order of ``after``: places and scores by both, and ``moved``:
        ``up`` or ``down`` where the two ranges of places share none, empty where they do.
    """
    was = before.table[["first", "last", "score"]].add_suffix("_before")
    told = after.table[["first", "last", "score"]].join(was)
    up = (told["last"] < told["first_before"]).fillna(value=False).astype(bool)
    down = (told["first"] > told["last_before"]).fillna(value=False).astype(bool)
    moved = pd.Series("", index=told.index, dtype="str").mask(up, "up").mask(down, "down")
    return told.assign(moved=moved)[MOVE_COLUMNS]


@dataclass(frozen=True, eq=False)
class _Scale:
    """What scores are made of: k terms of s places."""

    formula: Formula
    keys: pd.Index
    n: NDArray[np.int64]
    shares: tuple[Standardised, ...]
    correlation: Values
    cutoff: float

    @classmethod
    def of(
        cls,
        formula: Formula,
        keys: pd.Index,
        n: NDArray[np.int64],
        shares: tuple[Standardised, ...],
    ) -> _Scale:
        """Find how terms hang together, and how far two scores must lie apart."""
        residuals = np.array([share.residual for share in shares])
        size = np.sqrt((residuals**2).sum(axis=1))
        together = residuals @ residuals.T / np.where(size > 0, size, 1.0)[:, None]
        correlation = together / np.where(size > 0, size, 1.0)
        np.fill_diagonal(correlation, 1.0)
        loose = cls(formula, keys, n, shares, correlation, 0.0)
        score, sd = loose.scores(loose.posteriors())
        ranked = np.flatnonzero(loose.ranked)
        one, other = np.triu_indices(len(ranked), 1)
        z = _apart(score[ranked[one]], sd[ranked[one]], score[ranked[other]], sd[ranked[other]])
        cutoff = false_discovery(two_sided(z), ALPHA)[0]
        return cls(formula, keys, n, shares, correlation, -float(ndtri(cutoff / 2)))

    @property
    def ranked(self) -> NDArray[np.bool_]:
        """Which places have issues enough."""
        enough: NDArray[np.bool_] = self.n >= AT_LEAST
        return enough

    @property
    def signed(self) -> Values:
        """The weights, below 0 where a low share is good."""
        sign = {"high": 1.0, "low": -1.0}
        return np.array([term.weight * sign[term.direction] for term in self.formula.terms])

    def posteriors(self) -> tuple[Values, Values]:
        """Return deviations and their standard deviations, (k, s) each."""
        told = [share.posterior() for share in self.shares]
        return np.array([one[0] for one in told]), np.array([one[1] for one in told])

    def scores(self, posteriors: tuple[Values, Values]) -> tuple[Values, Values]:
        """Return scores and their standard deviations, of deviations (k, …)."""
        deviation, sd = posteriors
        base = [
            term.weight * (share.city if term.direction == "high" else 1.0 - share.city)
            for term, share in zip(self.formula.terms, self.shares, strict=True)
        ]
        parts = np.einsum("k,k...->k...", self.signed, sd)
        variance = np.einsum("k...,kl,l...->...", parts, self.correlation, parts)
        score = sum(base) + np.einsum("k,k...->...", self.signed, deviation)
        return score, np.sqrt(np.maximum(variance, 0.0))

    def table(self) -> pd.DataFrame:
        """Return `Ranking.table`."""
        score, sd = self.scores(self.posteriors())
        ranked = np.flatnonzero(self.ranked)
        s, d = score[ranked], sd[ranked]
        surely = _apart(s[:, None], d[:, None], s, d) > self.cutoff  # row better than column
        places = pd.DataFrame(
            {"first": 1 + surely.sum(axis=0), "last": len(ranked) - surely.sum(axis=1)},
            index=self.keys[ranked],
            dtype="Int64",
        )
        reach = -float(ndtri(ALPHA / 2)) * sd
        told = {
            "n": self.n,
            "score": np.clip(score, 0.0, FULL),
            "low": np.clip(score - reach, 0.0, FULL),
            "high": np.clip(score + reach, 0.0, FULL),
            "raw": self.raw(),
        }
        table = pd.DataFrame(told, index=self.keys).join(places)[RANK_COLUMNS]
        order = ["first", "score", "key"]
        return table.sort_values(order, ascending=[True, False, True], na_position="last")

    def raw(self) -> Values:
        """Return the scores of plain shares; the city's share where there is none."""
        plain = np.zeros(len(self.keys))
        for term, share in zip(self.formula.terms, self.shares, strict=True):
            there = share.whole > 0
            value = np.where(there, share.part / np.where(there, share.whole, 1.0), share.city)
            plain += term.weight * (value if term.direction == "high" else 1.0 - value)
        return plain

    def terms(self) -> pd.DataFrame:
        """Return `Ranking.terms`."""
        parts = []
        for term, share in zip(self.formula.terms, self.shares, strict=True):
            adjusted = np.clip(share.city + share.posterior()[0], 0.0, 1.0)
            good = adjusted if term.direction == "high" else 1.0 - adjusted
            told = {
                "indicator": term.indicator,
                "weight": term.weight,
                "part": share.part.astype(np.int64),
                "whole": share.whole.astype(np.int64),
                "expected": share.expected,
                "adjusted": adjusted,
                "points": term.weight * good,
            }
            parts.append(pd.DataFrame(told, index=self.keys))
        return pd.concat(parts)[TERM_COLUMNS]

    def needed(self, key: str) -> pd.DataFrame:
        """Return `Ranking.needed`."""
        me = int(self.keys.get_indexer(pd.Index([key], dtype="str"))[0])
        if me < 0 or not self.ranked[me] or self.above(me) == 0:
            return pd.DataFrame(columns=NEED_COLUMNS)
        rows = []
        for k, (term, share) in enumerate(zip(self.formula.terms, self.shares, strict=True)):
            part, whole = int(share.part[me]), int(share.whole[me])
            step = 1 if term.direction == "high" else -1
            room = whole - part if step > 0 else part
            more = self._least(me, k, step, room)
            to_part = None if more is None else part + step * more
            rows.append((term.indicator, part, whole, to_part, more is not None))
        return pd.DataFrame(rows, columns=NEED_COLUMNS).astype({"to_part": "Int64"})

    def above(self, me: int, changed: tuple[int, float] | None = None) -> int:
        """Count who is surely better than a place, if one of its numbers were another."""
        deviation, spread = self.posteriors()
        score, sd = self.scores((deviation, spread))
        mine = score[me], sd[me]
        if changed is not None:
            k, part = changed
            counted = self.shares[k].part.copy()
            counted[me] = part
            moved, moved_spread = self.shares[k].posterior(counted)
            own, own_spread = deviation[:, me].copy(), spread[:, me].copy()
            own[k], own_spread[k] = moved[me], moved_spread[me]
            mine = self.scores((own, own_spread))
        others = self.ranked.copy()
        others[me] = False
        z = _apart(score[others], sd[others], mine[0], mine[1])
        return int((z > self.cutoff).sum())

    def _least(self, me: int, k: int, step: int, room: int) -> int | None:
        """Find by halving the smallest change that leaves fewer surely better ones."""
        now, part = self.above(me), float(self.shares[k].part[me])
        if room < 1 or self.above(me, (k, part + step * room)) >= now:
            return None
        low, high = 0, room
        while high - low > 1:
            middle = (low + high) // 2
            lifted = self.above(me, (k, part + step * middle)) < now
            low, high = (low, middle) if lifted else (middle, high)
        return high


def _apart(one: Values, one_sd: Values, other: Values, other_sd: Values) -> Values:
    """Return by how many standard deviations of the difference one score lies above another."""
    spread = np.hypot(one_sd, other_sd)
    return np.where(spread > 0, (one - other) / np.where(spread > 0, spread, 1.0), 0.0)
