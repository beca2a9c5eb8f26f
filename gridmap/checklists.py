"""
Checklists: what is looked at where an inspection point is visited, and what the visit scores.

A checklist is a set of items for one category of inspection point, in one edition. A later edition
replaces the whole list of a category, not single items, and leaves visits as they were: each visit
names the edition by which it was scored.

=======  ==============================================  ==================
check    what is answered                                passed if
=======  ==============================================  ==================
yes_no   true or false                                   true
count    a whole number, not below nought                ≥ ``least``
share    a number from 0 to 1                            ≥ ``least``
=======  ==============================================  ==================
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pandas as pd

from gridmap.contracts import FAULT_COLUMNS
from gridmap.errors import InvalidError, NotFoundError

Given: TypeAlias = bool | float | None
DIGITS = re.compile(r"(\d+)")


def _is_number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)


CHECKS: dict[str, tuple[Callable[[object], bool], str]] = {
    "yes_no": (lambda given: isinstance(given, bool), "This is answered by yes or no."),
    "count": (
        lambda given: _is_number(given) and float(given) >= 0 and float(given).is_integer(),  # type: ignore[arg-type]
        "This is answered by a whole number, not below nought.",
    ),
    "share": (
        lambda given: _is_number(given) and 0 <= float(given) <= 1,  # type: ignore[arg-type]
        "This is answered by a share from 0 to 1.",
    ),
}
"""Kind of check → whether an answer is one, and what is said if not."""


@dataclass(frozen=True)
class Score:
    """
    What a visit scores.

    Parameters
    ----------
    score, out_of
        Weights of the items that passed, and of those that were answered.
    answered, asked
        How many items were answered, and how many there are.
    failed
        ``item_id`` of what was answered and did not pass, in the order of the list.
    """

    score: float
    out_of: float
    answered: int
    asked: int
    failed: tuple[str, ...]

    @property
    def share(self) -> float:
        """The score as a share, from 0 to 1; NaN if nothing was answered."""
        return self.score / self.out_of if self.out_of else math.nan


def latest(items: pd.DataFrame, category: str) -> pd.DataFrame:
    """
    Return the checklist of a category that is in use.

    Parameters
    ----------
    items
        The book ``checklists``, indexed by ``item_id``: ``edition``, ``category``, ``item``,
        ``check``, ``least``, ``weight``, ``position``.
    category
        Of inspection points.

    Returns
    -------
    pandas.DataFrame
        The items of the category's last edition, by position; empty if it has no checklist.
        Editions sort as people read them: ``2026-9`` before ``2026-10``.
    """
    rows = items[items["category"] == category]
    if rows.empty:
        return rows
    return of_edition(items, category, max(rows["edition"].unique(), key=in_order))


def of_edition(items: pd.DataFrame, category: str, edition: str) -> pd.DataFrame:
    """
    Return the checklist of a category as it was in one edition.

    Parameters
    ----------
    items, category
        As for `latest`.
    edition
        Which.

    Raises
    ------
    NotFoundError
        If the category has no list in that edition.
    """
    rows = items[(items["category"] == category) & (items["edition"] == edition)]
    if rows.empty:
        msg = "There is no checklist for {category} in the edition {edition}."
        raise NotFoundError(msg, category=category, edition=edition)
    return rows.sort_values("position", kind="stable")


def in_order(edition: str) -> list[tuple[int, int, str]]:
    """
    Return by what editions are sorted: their digits as numbers, the rest as text.

    Parameters
    ----------
    edition
        As somebody called it.

    Examples
    --------
    >>> sorted(["2026-10", "2026-9", "2025"], key=in_order)
    ['2025', '2026-9', '2026-10']
    """
    return [
        (0, int(part), "") if part.isdigit() else (1, 0, part)
        for part in DIGITS.split(edition)
        if part
    ]


def score(items: pd.DataFrame, answers: Mapping[str, Given]) -> Score:
    r"""
    Score a visit.

    Parameters
    ----------
    items
        One checklist, as `latest` or `of_edition` return it.
    answers
        ``item_id`` → what was found; None, or nothing, where nobody looked.

    Returns
    -------
    Score
        What nobody looked at neither passes nor fails.

    Raises
    ------
    InvalidError
        With every fault: an item that is not on the list, an answer of the wrong kind.

    Notes
    -----
    With the weights :math:`w_i`, the items answered :math:`A` and those passed
    :math:`P \subseteq A`, the score is :math:`\sum_{i \in P} w_i` out of :math:`\sum_{i \in A}
    w_i`.
    """
    given = {key: value for key, value in answers.items() if value is not None}
    _require_sound(items, given)
    known = items[items.index.isin(list(given))]
    least = known["least"].fillna(1.0)
    passed = [float(given[key] or 0) >= bar for key, bar in least.items()]
    reached = pd.Series(passed, index=known.index, dtype=bool)
    return Score(
        score=float(known.loc[reached, "weight"].sum()),
        out_of=float(known["weight"].sum()),
        answered=len(known),
        asked=len(items),
        failed=tuple(known.index[~reached]),
    )


def require_list(items: pd.DataFrame) -> None:
    """
    Refuse an edition that cannot be scored.

    Parameters
    ----------
    items
        In the form of the book, indexed by ``item_id``.

    Raises
    ------
    InvalidError
        With every fault: a count or share without its least value, a share above 1, a weight that
        is not above nought, the same position twice in a list.
    """
    counts, shares = items["check"] == "count", items["check"] == "share"
    place = items.duplicated(["edition", "category", "position"]) & items["position"].notna()
    broken = (
        ("least", (counts | shares) & items["least"].isna(), "This check needs its least value."),
        ("least", shares & (items["least"] > 1), "A share is at most 1."),
        ("least", items["least"] < 0, "This is below nought."),
        ("weight", ~(items["weight"] > 0), "A weight is above nought."),
        ("position", place, "This position occurs twice in the list."),
    )
    faults = [
        (key, column, "checklist", items.loc[key, column], sentence)
        for column, rows, sentence in broken
        for key in items.index[rows]
    ]
    _refuse(faults)


def _require_sound(items: pd.DataFrame, given: Mapping[str, Given]) -> None:
    faults: list[tuple[object, ...]] = []
    for key, value in given.items():
        if key not in items.index:
            faults.append((key, "item_id", "unknown", key, "This item is not on the list."))
            continue
        is_one, sentence = CHECKS[str(items.loc[key, "check"])]
        if not is_one(value):
            faults.append((key, "answers", "type", value, sentence))
    _refuse(faults)


def _refuse(faults: Sequence[tuple[object, ...]]) -> None:
    if faults:
        frame = pd.DataFrame(faults, columns=FAULT_COLUMNS)
        msg = "The checklist has {n} faults; the first: {row}: {message}"
        raise InvalidError(
            msg, faults=frame, n=len(faults), row=faults[0][0], message=faults[0][-1]
        )
