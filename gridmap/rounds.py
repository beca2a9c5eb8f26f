"""
Rounds of cross inspection: opened once, seen by halves until they end, counted pair by pair.

While a round runs a unit knows whom it inspects, and not who inspects it; from the day after the
last it may know both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from typing import NamedTuple

import pandas as pd

from gridmap import layers
from gridmap.assignments import calendar_day
from gridmap.errors import ConflictError, InvalidError
from gridmap.pairing import PAIR
from gridmap.targets import ANYTHING, Known, require_unit

ROUNDS, PAIRINGS = layers.BOOKS["rounds"], layers.BOOKS["pairings"]
COUNTS = ["visits_n", "points_n", "score", "out_of", "issues_n"]


@dataclass(frozen=True)
class Round:
    """
    A round that is to be opened.

    Parameters
    ----------
    name
        What it is called; two rounds are never called the same.
    since, until
        First and last day.
    edition
        Of the checklists, where it is settled beforehand.
    note
        Anything else.
    """

    name: str
    since: date
    until: date
    edition: str | None = None
    note: str | None = None


class Opened(NamedTuple):
    """Rows to append: one of the book ``rounds``, and those of ``pairings``."""

    rounds: pd.DataFrame
    pairings: pd.DataFrame


def open_round(
    rounds: pd.DataFrame, new: Round, pairs: Collection[tuple[str, str]], known: Known = ANYTHING
) -> Opened:
    """
    Open a round.

    Parameters
    ----------
    rounds
        The book.
    new
        What is opened.
    pairs
        Inspector and target, as `gridmap.pairing.pair` has drawn them or somebody has changed
        them since.
    known
        Units of the register, to refuse unknown ones.

    Raises
    ------
    InvalidError
        If it ends before it begins or has no name; if a unit inspects itself, two inspect each
        other, a pair is there twice, or not everybody inspects, and is inspected by, as many.
    NotFoundError
        If a unit is unknown.
    ConflictError
        If there is a round of that name, or a unit is no longer in use.
    """
    if new.until < new.since or not new.name.strip():
        msg = "A round needs a name, and ends after it begins."
        raise InvalidError(msg)
    name = new.name.strip()
    if (rounds["name"] == name).any():
        msg = "There is a round {name} already."
        raise ConflictError(msg, name=name)
    require_fair(pairs)
    for unit_id in sorted({unit for pair in pairs for unit in pair}):
        require_unit(unit_id, known)
    round_id = _key("R", name)
    rows = pd.DataFrame(sorted(pairs), columns=PAIR, dtype="str").assign(round_id=round_id)
    ids = [_key("X", round_id, *pair) for pair in rows[PAIR].itertuples(index=False)]
    told = {**asdict(new), "name": name, "round_id": round_id}
    return Opened(
        layers.conform(pd.DataFrame([told]), ROUNDS),
        layers.conform(rows.assign(pairing_id=ids), PAIRINGS),
    )


def require_fair(pairs: Collection[tuple[str, str]]) -> None:
    """
    Refuse pairs that are no pairing.

    Parameters
    ----------
    pairs
        Inspector and target.

    Raises
    ------
    InvalidError
        As `open_round`.
    """
    kept = set(pairs)
    if not kept or len(kept) < len(pairs):
        msg = "A round needs pairs, each of them once."
        raise InvalidError(msg)
    if mutual := sorted({min(a, b) + " – " + max(a, b) for a, b in kept if (b, a) in kept}):
        msg = "These inspect each other, or themselves: {pairs}."
        raise InvalidError(msg, pairs=", ".join(mutual[:5]))
    frame = pd.DataFrame(list(kept), columns=PAIR)
    inspects, inspected = (frame[side].value_counts() for side in PAIR)
    counts = pd.concat([inspects, inspected], axis=1).fillna(0)
    usual = int(inspects.mode().iloc[0])
    if odd := counts.index[(counts != usual).any(axis=1)].sort_values().to_list():
        msg = "Not everybody inspects, and is inspected by, {each}: {units}."
        raise InvalidError(msg, each=usual, units=", ".join(odd[:5]))


def earlier_pairs(rounds: pd.DataFrame, pairings: pd.DataFrame) -> pd.DataFrame:
    """
    Return the pairs of all rounds so far, as `gridmap.pairing.Draw` takes them.

    Parameters
    ----------
    rounds, pairings
        The books.

    Returns
    -------
    pandas.DataFrame
        ``inspector``, ``target``, ``round``: the rounds numbered from 1, in the order in which
        they begin.
    """
    order = rounds.sort_values(["since", "until", "name"]).index
    number = pd.Series(range(1, len(order) + 1), index=order, dtype="int64")
    found = pairings[pairings["round_id"].isin(order)]
    return found[PAIR].assign(round=found["round_id"].map(number)).reset_index(drop=True)


def blinded(
    rounds: pd.DataFrame, pairings: pd.DataFrame, units: Collection[str] | None, today: date
) -> pd.DataFrame:
    """
    Leave the pairs that somebody may see on a day.

    Parameters
    ----------
    rounds, pairings
        The books.
    units
        For which they speak; None for an office, which sees all.
    today
        The day.

    Returns
    -------
    pandas.DataFrame
        Rows of `pairings`: those in which one of the units inspects, and of rounds that have ended
        also those in which one is inspected.
    """
    if units is None:
        return pairings
    until = rounds["until"].reindex(pairings["round_id"]).set_axis(pairings.index)
    over = until < calendar_day(today)
    own = list(units)
    return pairings[pairings["inspector"].isin(own) | (over & pairings["target"].isin(own))]


def results(
    rounds: pd.DataFrame, pairings: pd.DataFrame, visits: pd.DataFrame, issues: pd.DataFrame
) -> pd.DataFrame:
    """
    Count what came of pairs.

    Parameters
    ----------
    rounds, pairings
        The books.
    visits
        ``inspector``, ``target`` (who answers for the point), ``day`` (local), ``point_id``,
        ``score``, ``out_of``.
    issues
        Found by cross inspection: ``inspector``, ``target``, ``day``.

    Returns
    -------
    pandas.DataFrame
        Indexed as `pairings`: ``visits_n``, ``points_n`` (different ones), ``score`` and
        ``out_of`` (sums of the visits), ``issues_n``, of the days of each pair's round.
    """
    dated = pairings.join(rounds[["since", "until"]], on="round_id")
    pairing_id = pairings.index.name or "pairing_id"
    base = dated[[*PAIR, "since", "until"]].rename_axis(pairing_id).reset_index()
    visited, found = (
        _within(base.merge(rows, on=PAIR)).groupby(pairing_id) for rows in (visits, issues)
    )
    table = pd.DataFrame(
        {
            "visits_n": visited.size(),
            "points_n": visited["point_id"].nunique(),
            "score": visited["score"].sum(),
            "out_of": visited["out_of"].sum(),
            "issues_n": found.size(),
        }
    )
    whole = {"visits_n": "int64", "points_n": "int64", "issues_n": "int64"}
    filled = table.reindex(pairings.index).fillna(0)
    return filled.astype({**dict.fromkeys(("score", "out_of"), "float64"), **whole})[COUNTS]


def _within(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["day"] >= rows["since"]) & (rows["day"] <= rows["until"])]


def _key(letter: str, *said: str) -> str:
    return letter + hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:15]
