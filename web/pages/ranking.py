"""Ranking: places in order as far as they can be told apart, appeals, and rulings on them."""

from __future__ import annotations

from datetime import MAXYEAR, date, timedelta
from http import HTTPStatus
from itertools import groupby
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api import terms
from api.callers import permit
from api.errors import status_of
from api.routes.boards import FIRST_YEAR
from api.routes.rankings import rankings
from api.sentences import sentence
from geodata.rankings import LEVELS, Ranked, Rankings
from gridmap.appeals import MOST_ISSUES, Appeal, Ruling
from gridmap.errors import GridMapError
from gridmap.indicators import INDICATORS
from gridmap.periods import Period, last_over, period_of
from gridmap.ranking import AT_LEAST
from web.pages.days import month_of
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False)
READS = [permit("ranking.read")]
APPEALS = [permit("ranking.appeal")]
RULES = [permit("ranking.rule")]
TITLES = {
    "unit": _("By unit"),
    "subdistrict": _("By subdistrict"),
    "community": _("By community"),
}
PERIODS = {"month": _("By the month"), "quarter": _("By the quarter"), "year": _("By the year")}
CALLED = {"quarter": _("Quarter {quarter} of {year}"), "year": _("The year {year}")}
STATES = terms.APPEAL_STATES
MARGIN = 0.05  # of the scale of scores, left free at both ends


class Wanted(BaseModel):
    """Which ranking is looked for, as it was typed."""

    level: str = Field(default="unit", max_length=20)
    every: str = Field(default="month", max_length=20)
    month: str = Field(default="", max_length=10)
    subject: str = Field(default="", max_length=200)
    as_of: str = ""
    lang: str = ""


class NewAppeal(BaseModel):
    """An appeal as it was typed."""

    level: str = Field(max_length=20)
    month: str = Field(max_length=10)
    subject: str = Field(max_length=200)
    reason: str = Field(default="", max_length=2000)
    issue: list[str] = Field(default_factory=list, max_length=MOST_ISSUES)


class NewRuling(BaseModel):
    """A ruling as it was typed."""

    level: str = Field(max_length=20)
    month: str = Field(max_length=10)
    state: str = Field(max_length=20)
    reason: str = Field(default="", max_length=2000)


class Back(BaseModel):
    """To which ranking to return."""

    level: str = Field(max_length=20)
    month: str = Field(max_length=10)


@router.get("/ranking", dependencies=READS)
def ranking(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """Show the ranking of a month, a quarter or a year."""
    return page(visit, wanted)


@router.post("/ranking/appeals", dependencies=APPEALS)
def appeal(visit: VisitDep, sent: Annotated[NewAppeal, Form()]) -> Response:
    """Appeal against a rank."""
    try:
        asked = Appeal(
            month_of(sent.month), sent.level, sent.subject, sent.reason, tuple(sent.issue)
        )
        book_of(visit).appeal(asked)
    except GridMapError as error:
        wanted = Wanted(level=sent.level, month=sent.month, subject=sent.subject)
        return page(visit, wanted, refused=error, typed=sent)
    return _back(sent.level, sent.month)


@router.post("/ranking/appeals/{appeal_id}/ruling", dependencies=RULES)
def rule(visit: VisitDep, appeal_id: str, sent: Annotated[NewRuling, Form()]) -> Response:
    """Rule on an appeal."""
    try:
        book_of(visit).rule(appeal_id, Ruling(sent.state, sent.reason))
    except GridMapError as error:
        return page(visit, Wanted(level=sent.level, month=sent.month), refused=error)
    return _back(sent.level, sent.month)


@router.post("/ranking/appeals/{appeal_id}/withdrawal", dependencies=APPEALS)
def withdraw(visit: VisitDep, appeal_id: str, sent: Annotated[Back, Form()]) -> Response:
    """Withdraw an appeal."""
    try:
        book_of(visit).withdraw(appeal_id)
    except GridMapError as error:
        return page(visit, Wanted(level=sent.level, month=sent.month), refused=error)
    return _back(sent.level, sent.month)


def book_of(visit: Visit) -> Rankings:
    """Return the rankings of the city, in the caller's name."""
    return rankings(visit.request, visit.caller)


def page(
    visit: Visit,
    wanted: Wanted,
    *,
    refused: GridMapError | None = None,
    typed: NewAppeal | None = None,
) -> HTMLResponse:
    """
    Return the page of a ranking.

    Parameters
    ----------
    visit, wanted
        Who asks, and for which ranking.
    refused, typed
        Why what was sent was refused, and what that was.
    """
    context: dict[str, Any] = {
        "wanted": wanted.model_dump(),
        "levels": {code: visit.words.say(title) for code, title in TITLES.items()},
        "periods": {code: visit.words.say(title) for code, title in PERIODS.items()},
        "titles": {name: visit.words.say(one.title) for name, one in INDICATORS.items()},
        "states": {code: visit.words.say(title) for code, title in STATES.items()},
        "at_least": AT_LEAST,
        "typed": typed,
        "faults": {},
        "fault": "",
        "found": None,
    }
    status = HTTPStatus.OK
    try:
        context |= told(visit, wanted)
    except GridMapError as error:
        status = status_of(error)
        context["fault"] = sentence(error, visit.words.language)
    if refused is not None:
        status = status_of(refused)
        context["faults"] = {"sent": sentence(refused, visit.words.language)}
    return render(visit, "ranking.html", section="ranking", status=status, **context)


def told(visit: Visit, wanted: Wanted) -> dict[str, Any]:
    """
    Return what the page shows of a ranking.

    Parameters
    ----------
    visit, wanted
        Who asks, and for which ranking.
    """
    book, period = book_of(visit), asked_period(visit, wanted)
    found = book.ranked(period.first, wanted.level, visit.as_of, every=period.every)
    own = [key for key in book.subjects(wanted.level) if key in found.ranking.table.index]
    mine = [] if len(own) == len(found.ranking.table) and len(own) > 1 else own
    subject = wanted.subject or (mine[0] if len(mine) == 1 else "")
    by_month = period.every == "month"
    return {
        "found": found,
        "wanted": wanted.model_dump() | {"month": f"{period.first:%Y-%m}", "subject": subject},
        **around(visit, period),
        "by_month": by_month,
        "drawn": drawn(found),
        "mine": set(mine),
        "own": {key: found.ranking.table.loc[key, "name"] for key in own},
        "detail": detail(found, subject),
        "open_issues": appealable(book, found, subject) if subject in own and by_month else [],
        "can_appeal": bool(own) and by_month and may_appeal(visit, period),
        "formulas": book.formulas(),
        "appeals": shown_appeals(visit, book, found, set(own)),
    }


def asked_period(visit: Visit, wanted: Wanted) -> Period:
    """
    Read the period; the last one that is over and has issues, if no month of it is named.

    Raises
    ------
    QueryError
        If what is named is no month.
    InvalidError
        If there is no such period.
    """
    if wanted.month.strip():
        # what is yet to come is refused in the ranking's own words
        return period_of(month_of(wanted.month, last_year=MAXYEAR), wanted.every)
    usual = period_of(min(visit.reports.usual_period()[1], visit.as_of), wanted.every)
    runs = usual == period_of(visit.as_of, wanted.every)
    return last_over(visit.as_of, wanted.every) if runs else usual


def around(visit: Visit, period: Period) -> dict[str, Any]:
    """
    Return what a period is called, and the months that lead to the ones before and after it.

    Parameters
    ----------
    visit, period
        Who asks, and which; what has not begun on the day of the visit is not led to.
    """
    told_name, first = CALLED.get(period.every), period.first
    values = {"year": first.year, "quarter": period.last.month // 3}
    earlier = first > date(FIRST_YEAR, 1, 1)
    return {
        "called": visit.words.say(told_name, **values) if told_name else period.name,
        "before": last_over(first, period.every).first if earlier else None,
        "after": period.last + timedelta(days=1) if period.last < visit.as_of else None,
    }


def drawn(found: Ranked) -> dict[str, Any]:
    """
    Return the places as groups of equal rank, on one scale.

    Parameters
    ----------
    found
        The ranking.

    Returns
    -------
    dict
        ``groups`` (``first``, ``last``, ``rows``), ``apart`` (those with too few issues), and the
        ends of the scale, ``low`` and ``high``.
    """
    table = found.ranking.table.reset_index()
    ranked = table[table["first"].notna()]
    low, high = (ranked["low"].min(), ranked["high"].max()) if len(ranked) else (0.0, 100.0)
    room = max(high - low, 1.0) * MARGIN
    low, high = max(low - room, 0.0), min(high + room, 100.0)
    rows = ranked.to_dict("records")
    for row in rows:
        for name in ("score", "low", "high"):
            row[f"{name}_at"] = round((row[name] - low) / max(high - low, 1e-9) * 100, 2)
    groups = []
    for first, members in groupby(rows, key=lambda row: int(row["first"])):
        listed = list(members)
        last = max(int(row["last"]) for row in listed)
        groups.append({"first": first, "last": last, "rows": listed})
    apart = table[table["first"].isna()].sort_values(["n", "key"], ascending=[False, True])
    return {"groups": groups, "apart": apart.to_dict("records"), "low": low, "high": high}


def detail(found: Ranked, subject: str) -> dict[str, Any] | None:
    """
    Return what a score is made of, and what would lift the rank; None of whom it does not rank.

    Parameters
    ----------
    found, subject
        The ranking, and whose.
    """
    table = found.ranking.table
    if subject not in table.index:
        return None
    terms: pd.DataFrame = found.ranking.terms[found.ranking.terms.index == subject]
    needed = found.ranking.needed(subject)
    return {
        "row": table.loc[subject].to_dict(),
        "terms": terms.to_dict("records"),
        "needed": needed[needed["reachable"].astype(bool)].to_dict("records"),
        "out_of_reach": bool(len(needed)) and not needed["reachable"].any(),
    }


def appealable(book: Rankings, found: Ranked, subject: str) -> list[dict[str, Any]]:
    """
    Return the issues that an appeal may name, those that count against the subject first.

    Parameters
    ----------
    book, found, subject
        The rankings, the one that is shown, and whose rank it is.
    """
    issues = book.issues_of(found.period.first, found.level, subject)
    late = issues["rectified_at"].fillna(issues["closed_at"]) > issues["due_at"]
    late |= issues["closed_at"].isna() | (issues["reworks"].fillna(0) > 0).astype(bool)
    rows = issues.assign(late=late).sort_values(["late", "reported_at"], ascending=[False, True])
    shown: pd.DataFrame = rows.reset_index()[["issue_id", "number", "category", "late"]]
    told_rows: list[dict[str, Any]] = shown.head(MOST_ISSUES).to_dict("records")
    return told_rows


def shown_appeals(
    visit: Visit, book: Rankings, found: Ranked, own: set[str]
) -> list[dict[str, Any]]:
    """
    Return the appeals against a ranking, as the page lists them.

    Parameters
    ----------
    visit, book, found, own
        Who asks, the rankings, the one that is shown, and whose ranks are the caller's.
    """
    rows = book.appeals(found.period, found.level).reset_index().to_dict("records")
    rules, by_month = visit.may("ranking.rule"), found.period.every == "month"
    for row in rows:
        waits = by_month and row["state"] == "asked"
        row["may_rule"] = waits and rules
        row["may_withdraw"] = waits and row["subject"] in own and not rules
    return rows


def may_appeal(visit: Visit, period: Period) -> bool:
    """Say whether the caller may appeal against ranks, and the period is over today."""
    return visit.may("ranking.appeal") and period.last < visit.today


def _back(level: str, month: str) -> Response:
    safe = level if level in LEVELS else LEVELS[0]
    address = f"/ranking?level={safe}&month={month_of(month):%Y-%m}#appeals"
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
