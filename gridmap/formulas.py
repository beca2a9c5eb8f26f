"""
Formulas (赛马办法): by which indicators, and with what weight each, places are ranked.

A formula is data with an edition, and holds from the first day of a month on; a month that has
begun is never ranked by another formula than the one that held on its first day. How much was
found or reported earns nothing: volume is no merit, and more patrols find more.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from math import isclose, isfinite
from typing import Any

import pandas as pd

from gridmap import layers
from gridmap.assignments import calendar_day
from gridmap.errors import ConflictError, InvalidError
from gridmap.indicators import INDICATORS

FORMULAS = layers.BOOKS["formulas"]
FULL = 100.0
RANKABLE = tuple(name for name, one in INDICATORS.items() if one.better != "" and not one.by_effort)
"""The indicators that say how well was worked, whoever looks and however often."""


@dataclass(frozen=True)
class Term:
    """
    What an indicator is worth.

    Parameters
    ----------
    indicator
        One of `RANKABLE`.
    weight
        Points of `FULL`, above 0.
    direction
        ``high`` if a high share is good, ``low`` if a low one is: as the indicator itself has it.
    """

    indicator: str
    weight: float
    direction: str


@dataclass(frozen=True)
class Formula:
    """
    How places are ranked.

    Parameters
    ----------
    edition
        Which; two editions are never called the same.
    name
        What it is called.
    terms
        Their weights sum to `FULL`.
    since
        The first day of the first month that is ranked by it.
    note
        Anything else.
    """

    edition: str
    name: str
    terms: tuple[Term, ...]
    since: date
    note: str | None = None


@dataclass(frozen=True)
class Change:
    """
    What another formula makes of an indicator.

    Parameters
    ----------
    indicator
        Which.
    before, after
        Its weight; 0 where it does not count.
    """

    indicator: str
    before: float
    after: float


def default_formula() -> Formula:
    """Return the formula by which places are ranked until an office has published its own."""
    weights = {
        "on_time": 30.0,
        "closed_on_time": 20.0,
        "rework": 20.0,
        "closed": 10.0,
        "reopened": 10.0,
        "returned": 10.0,
    }
    terms = tuple(Term(name, worth, INDICATORS[name].better) for name, worth in weights.items())
    return Formula("示范版", "街道单位“赛马”计分办法（示范）", terms, date(2000, 1, 1))


def published(book: pd.DataFrame) -> list[Formula]:
    """
    Return the formulas that were published, and the one that came with the program, latest first.

    Parameters
    ----------
    book
        The book ``formulas``.
    """
    rows = book.sort_values("since", ascending=False).to_dict("records")
    return [*(_formula(row) for row in rows), default_formula()]


def in_force(book: pd.DataFrame, month: date) -> Formula:
    """
    Return the formula that held on the first day of a month.

    Parameters
    ----------
    book
        The book ``formulas``.
    month
        Any day of it.
    """
    first = month.replace(day=1)
    return next(formula for formula in published(book) if formula.since <= first)


def publish(book: pd.DataFrame, new: Formula, today: date) -> pd.DataFrame:
    """
    Publish a formula.

    Parameters
    ----------
    book
        The book ``formulas``.
    new
        What is published.
    today
        The day in the city.

    Returns
    -------
    pandas.DataFrame
        The row to append.

    Raises
    ------
    InvalidError
        If it has no name, its weights do not sum to 100, an indicator is there twice, unknown,
        turned round, or says how much instead of how well; or if it would hold for a month that
        has passed, or from amid a month.
    ConflictError
        If there is an edition of that name, or one that holds from the same month.
    """
    require_new(book, new, today)
    key = hashlib.sha256(new.edition.strip().encode()).hexdigest()[:15]
    told: dict[str, Any] = {
        "formula_id": f"F{key}",
        "edition": new.edition.strip(),
        "name": new.name.strip(),
        "terms": json.dumps([vars(term) for term in new.terms]),
        "since": new.since,
        "note": new.note,
    }
    return layers.conform(pd.DataFrame([told]), FORMULAS)


def require_new(book: pd.DataFrame, new: Formula, today: date) -> None:
    """
    Refuse a formula that cannot be published.

    Parameters
    ----------
    book, new, today
        As for `publish`.

    Raises
    ------
    InvalidError, ConflictError
        As `publish`; ``field`` among their values says which part of the formula is meant.
    """
    for field, text in (("edition", new.edition), ("name", new.name)):
        if not text.strip():
            msg = "A formula needs an edition and a name."
            raise InvalidError(msg, field=field)
    require_fair(new.terms)
    if new.since.day != 1 or new.since < today.replace(day=1):
        msg = "A formula holds from the first day of this month or of a later one, not {since}."
        raise InvalidError(msg, since=new.since, field="since")
    if new.edition.strip() in {default_formula().edition, *book["edition"]}:
        msg = "There is an edition {edition} already."
        raise ConflictError(msg, edition=new.edition, field="edition")
    if (book["since"] == calendar_day(new.since)).any():
        msg = "There is a formula from {since} already."
        raise ConflictError(msg, since=new.since, field="since")


def differences(before: Formula, after: Formula) -> list[Change]:
    """
    Return what one formula counts otherwise than another.

    Parameters
    ----------
    before, after
        The two.

    Returns
    -------
    list of Change
        The indicators whose weights differ, in the order of `RANKABLE`.
    """
    one, other = ({term.indicator: term.weight for term in f.terms} for f in (before, after))
    found = (Change(name, one.get(name, 0.0), other.get(name, 0.0)) for name in RANKABLE)
    return [change for change in found if not isclose(change.before, change.after, abs_tol=1e-9)]


def require_fair(terms: tuple[Term, ...]) -> None:
    """
    Refuse terms that cannot rank anybody fairly.

    Parameters
    ----------
    terms
        Of a formula.

    Raises
    ------
    InvalidError
        As `publish`.
    """
    names = [term.indicator for term in terms]
    for term in terms:
        if term.indicator not in RANKABLE:
            msg = "{indicator} ranks nobody; these do: {rankable}."
            raise InvalidError(msg, indicator=term.indicator, rankable=", ".join(RANKABLE))
        if term.direction != INDICATORS[term.indicator].better:
            msg = "Of {indicator}, {better} shares are better."
            better = INDICATORS[term.indicator].better
            raise InvalidError(msg, indicator=term.indicator, better=better)
    positive = all(isfinite(term.weight) and term.weight > 0 for term in terms)
    total = sum(term.weight for term in terms)
    if len(set(names)) < len(names) or not positive or not isclose(total, FULL, abs_tol=1e-6):
        msg = "The weights are above 0, one an indicator, and sum to 100, not {total}."
        raise InvalidError(msg, total=f"{total:g}")


def _formula(row: dict[Any, Any]) -> Formula:
    terms = tuple(Term(**term) for term in json.loads(row["terms"]))
    note = None if pd.isna(row["note"]) else str(row["note"])
    return Formula(row["edition"], row["name"], terms, row["since"].date(), note)
