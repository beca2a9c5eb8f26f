"""A new formula of the ranking: tried on the last month first, then published."""

from __future__ import annotations

import hashlib
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.sentences import QueryError, sentence
from geodata.rankings import LEVELS, Rankings
from gridmap.errors import GridMapError
from gridmap.formulas import RANKABLE, Formula, Term, differences
from gridmap.indicators import INDICATORS
from gridmap.periods import last_over
from gridmap.ranking import moves
from web.pages.days import day
from web.pages.office import beside
from web.pages.ranking import TITLES, book_of
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("ranking.write")])
AHEAD = 6  # months from which a formula may be chosen to hold
DONE = _("The formula is published; months that have begun before it keep theirs.")


class Typed(BaseModel):
    """A formula as it was typed: a weight for each of `RANKABLE`, empty where it does not count."""

    edition: str = Field(default="", max_length=60)
    name: str = Field(default="", max_length=120)
    since: str = Field(default="", max_length=10)
    note: str = Field(default="", max_length=2000)
    weight: list[str] = Field(default_factory=list, max_length=len(RANKABLE))
    level: str = Field(default="unit", max_length=20)
    looked: str = Field(default="", max_length=64)

    @property
    def mark(self) -> str:
        """What is published, as one word: another one once anything of it is changed."""
        parts = [self.edition, self.name, self.since, self.note, *self.weight]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def formula(self) -> Formula:
        """
        Return it as the domain takes it.

        Raises
        ------
        QueryError
            If a weight is no number, or the day is none.
        """
        weights = zip(RANKABLE, self.weight, strict=False)
        terms = tuple(
            Term(name, number_of(name, text), INDICATORS[name].better)
            for name, text in weights
            if text.strip() not in ("", "0")
        )
        since = day(self.since, date.min)
        return Formula(self.edition, self.name, terms, since, self.note.strip() or None)


@router.get("/ranking/formula")
def formula(visit: VisitDep, done: Annotated[bool, Query()] = False) -> Response:
    """Show the form, filled in as the formula in force is."""
    return page(visit, done=done)


@router.post("/ranking/formula")
def look(visit: VisitDep, typed: Annotated[Typed, Form()]) -> Response:
    """Show what the formula would change: weights, and the ranking of the last month."""
    try:
        found = looked_at(visit, book_of(visit), typed)
    except GridMapError as error:
        return page(visit, typed=typed, refused=error)
    return page(visit, typed=typed, found=found)


@router.post("/ranking/formula/publication")
def publish(visit: VisitDep, typed: Annotated[Typed, Form()]) -> Response:
    """Publish the formula as it was looked at; one that was changed since is looked at first."""
    if typed.looked != typed.mark:
        return look(visit, typed)
    try:
        book_of(visit).publish(typed.formula())
    except GridMapError as error:
        return page(visit, typed=typed, refused=error)
    return RedirectResponse("/ranking/formula?done=true", status_code=HTTPStatus.SEE_OTHER)


def looked_at(visit: Visit, book: Rankings, typed: Typed) -> dict[str, Any]:
    """
    Return what a formula would change.

    Parameters
    ----------
    visit, book, typed
        Who asks, the rankings, and the formula.

    Raises
    ------
    GridMapError
        If it cannot be published.
    """
    new, month = typed.formula(), last_over(visit.today, "month").first
    level = typed.level if typed.level in LEVELS else LEVELS[0]
    now, then = book.tried(new, month, level)
    names = then.ranking.table["name"]
    rows = moves(now.ranking, then.ranking).assign(name=names)
    ranked = rows[rows["first"].notna()]
    return {
        "month": month,
        "level": level,
        "before": book.in_force(new.since),
        "changes": differences(book.in_force(new.since), new),
        "rows": ranked.reset_index().to_dict("records"),
        "counts": {way: int((ranked["moved"] == way).sum()) for way in ("up", "down")},
    }


def page(
    visit: Visit,
    *,
    typed: Typed | None = None,
    refused: GridMapError | None = None,
    found: dict[str, Any] | None = None,
    done: bool = False,
) -> Response:
    """
    Return the page of a new formula.

    Parameters
    ----------
    visit
        Who asks.
    typed, refused
        What was sent, and why it was refused.
    found
        What it would change.
    done
        Whether one was just published.
    """
    book, months = book_of(visit), firsts(visit.today)
    now = book.in_force(visit.today)
    filled = typed or usual(now, months)
    field = beside(refused, "weights")
    return render(
        visit,
        "ranking_formula.html",
        section="ranking",
        status=HTTPStatus.OK if refused is None else status_of(refused),
        faults={} if refused is None else {field: sentence(refused, visit.words.language)},
        done=visit.words.say(DONE) if done else "",
        typed=filled,
        weights=dict(zip(RANKABLE, [*filled.weight, *[""] * len(RANKABLE)], strict=False)),
        total=total(filled.weight),
        months=months,
        now=now,
        found=found,
        formulas=book.formulas(),
        titles={name: visit.words.say(one.title) for name, one in INDICATORS.items()},
        indicators=INDICATORS,
        levels={code: visit.words.say(title) for code, title in TITLES.items()},
    )


def usual(now: Formula, months: list[date]) -> Typed:
    """Return the form as it is first shown: the formula in force, from next month on."""
    worth = {term.indicator: f"{term.weight:g}" for term in now.terms}
    weights = [worth.get(name, "") for name in RANKABLE]
    return Typed(name=now.name, since=months[1].isoformat(), weight=weights)


def firsts(today: date) -> list[date]:
    """
    Return the first days of this month and of the `AHEAD` after it.

    Examples
    --------
    >>> [f"{one:%m-%d}" for one in firsts(date(2026, 11, 22))][:3]
    ['11-01', '12-01', '01-01']
    """
    months = (today.year * 12 + today.month - 1 + n for n in range(AHEAD + 1))
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def total(weights: list[str]) -> float:
    """Return the sum of the weights that are numbers."""
    return sum(float(text) for text in weights if text.strip().replace(".", "", 1).isdecimal())


def number_of(name: str, text: str) -> float:
    """
    Read a weight.

    Parameters
    ----------
    name, text
        The indicator, and what was typed.

    Raises
    ------
    QueryError
        If it is no number; its ``field`` is the indicator.
    """
    try:
        return float(text.strip())
    except ValueError:
        msg = "{text} is not a number."
        raise QueryError(msg, text=repr(text[:40]), field=name) from None
