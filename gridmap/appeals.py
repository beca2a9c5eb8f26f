"""
Appeals (排名申诉): who doubts a rank of theirs names the issues and why, and an office rules.

An upheld appeal leaves the named issues out of that ranking, which is worked out anew and says so;
nobody's rank is written by hand. Who asked does not rule.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from gridmap import layers
from gridmap.assignments import calendar_day
from gridmap.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    Term,
)

APPEALS = layers.BOOKS["appeals"]
RULINGS = ("upheld", "dismissed")
MOST_ISSUES = 200


@dataclass(frozen=True)
class Appeal:
    """
    What somebody asks for.

    Parameters
    ----------
    month
        The first day of the month that was ranked.
    level, subject
        At which level, and whose rank it is.
    reason
        Why it should be another one.
    issues
        Those that should not count.
    """

    month: date
    level: str
    subject: str
    reason: str
    issues: tuple[str, ...]


@dataclass(frozen=True)
class Ruling:
    """
    What an office decides.

    Parameters
    ----------
    state
        One of `RULINGS`.
    reason
        Why.
    issues
        Those that are left out, if it is upheld for some of the named ones alone; all of them if
        left out.
    """

    state: str
    reason: str
    issues: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Hand:
    """
    Who writes, and when.

    Parameters
    ----------
    by
        The person's id.
    at
        The moment.
    """

    by: str
    at: datetime


def ask(
    book: pd.DataFrame, new: Appeal, counted: Collection[str], edition: str, hand: Hand
) -> pd.DataFrame:
    """
    Appeal against a rank.

    Parameters
    ----------
    book
        The book ``appeals``.
    new
        What is asked for.
    counted
        The issues that count for the subject in that month.
    edition
        Of the formula by which the month is ranked.
    hand
        Who asks, and when.

    Returns
    -------
    pandas.DataFrame
        The row to append.

    Raises
    ------
    InvalidError
        If there is no reason, no issue, more than `MOST_ISSUES`, or one that does not count there.
    ConflictError
        If an appeal of that subject for that month waits to be ruled.
    """
    if not new.reason.strip():
        msg = "An appeal needs a reason."
        raise InvalidError(msg)
    named = list(dict.fromkeys(new.issues))
    if not 0 < len(named) <= MOST_ISSUES:
        msg = "An appeal names between one and {most} issues."
        raise InvalidError(msg, most=MOST_ISSUES)
    if strange := [issue for issue in named if issue not in set(counted)]:
        msg = "These issues do not count for the rank: {issues}."
        raise InvalidError(msg, issues=", ".join(strange[:5]))
    same = (book["month"] == calendar_day(new.month)) & (book["subject"] == new.subject)
    if (same & (book["level"] == new.level) & (book["state"] == "asked")).any():
        msg = "An appeal against this rank waits for its ruling already."
        raise ConflictError(msg)
    told = {
        "appeal_id": str(uuid.uuid4()),
        "edition": edition,
        "month": new.month,
        "level": new.level,
        "subject": new.subject,
        "state": "asked",
        "reason": new.reason.strip(),
        "issues": json.dumps(named),
        "asked_by": hand.by,
        "asked_at": hand.at,
    }
    return layers.conform(pd.DataFrame([told]), APPEALS)


def decide(book: pd.DataFrame, appeal_id: str, ruling: Ruling, hand: Hand) -> pd.DataFrame:
    """
    Rule on an appeal.

    Parameters
    ----------
    book
        The book ``appeals``.
    appeal_id
        Which.
    ruling
        What is decided.
    hand
        Who rules, and when.

    Returns
    -------
    pandas.DataFrame
        The row to append; its ``issues`` are those that are left out, if it is upheld.

    Raises
    ------
    NotFoundError
        If it is not there.
    ConflictError
        If it does not wait for a ruling any more.
    ForbiddenError
        If who asked would rule.
    InvalidError
        If there is no such ruling or no reason, or an issue that the appeal does not name.
    """
    row = _waiting(book, appeal_id)
    if row["asked_by"].iloc[0] == hand.by:
        msg = "Who made an appeal cannot rule on it."
        raise ForbiddenError(msg)
    if ruling.state not in RULINGS:
        msg = "An appeal is upheld or dismissed, not {state}."
        raise InvalidError(msg, state=ruling.state)
    if not ruling.reason.strip():
        msg = "A ruling needs a reason."
        raise InvalidError(msg)
    named: list[str] = json.loads(row["issues"].iloc[0])
    kept = named if ruling.issues is None else list(dict.fromkeys(ruling.issues))
    if not kept or not set(kept) <= set(named):
        msg = "A ruling leaves out issues that the appeal names."
        raise InvalidError(msg)
    upheld = ruling.state == "upheld"
    told = row.reset_index().assign(
        state=ruling.state,
        issues=json.dumps(kept if upheld else named),
        ruling=ruling.reason.strip(),
        decided_by=hand.by,
        decided_at=hand.at,
    )
    return layers.conform(told, APPEALS)


def withdraw(book: pd.DataFrame, appeal_id: str, hand: Hand) -> pd.DataFrame:
    """
    Withdraw an appeal that waits for its ruling.

    Parameters
    ----------
    book, appeal_id, hand
        As for `decide`.

    Raises
    ------
    NotFoundError, ConflictError
        As `decide`.
    """
    row = _waiting(book, appeal_id).reset_index()
    told = row.assign(state="withdrawn", decided_by=hand.by, decided_at=hand.at)
    return layers.conform(told, APPEALS)


def left_out(book: pd.DataFrame, month: date, level: str) -> list[str]:
    """
    Return the issues that rulings leave out of a ranking, in order.

    Parameters
    ----------
    book
        The book ``appeals``.
    month, level
        Of the ranking.
    """
    same = (book["month"] == calendar_day(month)) & (book["level"] == level)
    upheld = book[same & (book["state"] == "upheld")]
    return sorted({issue for text in upheld["issues"] for issue in json.loads(text)})


def _waiting(book: pd.DataFrame, appeal_id: str) -> pd.DataFrame:
    row = book[book.index == appeal_id]
    if row.empty:
        msg = "There is no appeal {appeal_id}."
        raise NotFoundError(msg, appeal_id=appeal_id[:80])
    if row["state"].iloc[0] != "asked":
        msg = "The appeal does not wait for a ruling any more: it is “{state}”."
        raise ConflictError(msg, state=Term("appeal-state", row["state"].iloc[0]))
    return row
