"""The leaders' morning page, its drill-down, and the same on a large screen."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

import numpy as np
import pandas as pd
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from api.callers import may, permit
from api.errors import status_of
from api.routes.leaders import span_of
from api.sentences import sentence
from geodata.reports.morning import Morning, morning
from gridmap.errors import GridMapError
from web.pages.days import day
from web.pages.patrols import book_of
from web.pages.shell import Visit, VisitDep, render
from web.words import Words
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("leading.read")])
UNITS_SHOWN, WALL_ROWS = 8, 3
REFRESHED_S = 60
WALKED = 0.999  # of the metres of a beat: tracks end a step short
PERIODS = {
    "week": _("This week"),
    "month": _("This month"),
    "quarter": _("This quarter"),
    "year": _("This year"),
}
MOVED = {
    "ran_out": (
        _(
            "{later} ran out of time, {earlier} in the {days} days before: {ratio} times as many a"
            " day (95 % interval {low} to {high})"
        ),
        _("{later} ran out of time, none in the {days} days before: {low} times as many or more"),
    ),
    "reported": (
        _(
            "{later} reported, {earlier} in the {days} days before: {ratio} times as many a day"
            " (95 % interval {low} to {high})"
        ),
        _("{later} reported, none in the {days} days before: {low} times as many or more"),
    ),
}
"""Indicator → how a change is told, and how where there was nothing before."""


class Wanted(BaseModel):
    """Which place and which period, as it was asked for."""

    division: str = Field(default="", max_length=40)
    period: str = Field(default="", max_length=20)
    since: str = Field(default="", max_length=20)
    as_of: str = ""
    lang: str = ""


@router.get("/leaders")
def leaders(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """Show what changed since yesterday, where and why, or say why it cannot be shown."""
    return page(visit, wanted, "leaders.html")


@router.get("/leaders/wall")
def wall(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """Show the same on a large screen, which asks again by itself."""
    return page(visit, wanted, "leaders_wall.html", refreshed_s=REFRESHED_S, wall_rows=WALL_ROWS)


def page(visit: Visit, wanted: Wanted, template: str, **more: object) -> HTMLResponse:
    """
    Answer with a page of the morning.

    Parameters
    ----------
    visit, wanted
        Who asks, and for what.
    template
        The page.
    **more
        What it is filled with besides.
    """
    place = wanted.division or own_place(visit)
    context: dict[str, Any] = {"found": None, "fault": "", "asked": wanted, "place": place}
    status = HTTPStatus.OK
    try:
        running = wanted.period or "month"
        since = day(wanted.since, visit.as_of) if wanted.since else None
        span = span_of(visit.reports, visit.as_of, since, running)  # type: ignore[arg-type]
        found = morning(visit.reports.workspace, span, place)
    except GridMapError as error:
        status = status_of(error)
        context["fault"] = sentence(error, visit.words.language)
    else:
        context |= told(visit, found) | {"period": "" if since else running}
    periods = {name: visit.words.say(title) for name, title in PERIODS.items()}
    return render(
        visit, template, section="leaders", status=status, periods=periods, **context, **more
    )


def own_place(visit: Visit) -> str:
    """Return the division where a reader begins: their own, if they have but one."""
    scopes = may(visit.request, "leading.read")
    return scopes[0].key if len(scopes) == 1 and scopes[0].kind == "division" else ""


def told(visit: Visit, found: Morning) -> dict[str, Any]:
    """
    Return what the page shows of a morning.

    Parameters
    ----------
    visit
        Who asks.
    found
        The answer.
    """
    standing, yesterday = found.standing, visit.as_of - timedelta(days=1)
    moved = 100 * (standing["share"] - standing["share_yesterday"])
    return {
        "found": found,
        "yesterday": yesterday,
        "division": "" if found.part.level in ("city", "grid") else found.part.code,
        "grid": found.part.code if found.part.level == "grid" else "",
        "points_moved": 0.0 if np.isnan(moved) else round(moved, 2),
        "worse": changes(found.worse, found, visit.words),
        "better": changes(found.better, found, visit.words),
        "units": found.units.head(UNITS_SHOWN).to_dict("records"),
        "units_n": len(found.units),
        "below": found.below.to_dict("records"),
        "open_issues": found.issues.reset_index().to_dict("records"),
        "patrols": patrols_of(visit, found),
    }


def changes(rows: pd.DataFrame, found: Morning, words: Words) -> list[dict[str, Any]]:
    """
    Return places with the reason why they are named, in words.

    Parameters
    ----------
    rows
        `Morning.worse` or `Morning.better`.
    found
        Where and when.
    words
        The reader's language.
    """
    days = words.number(found.days[0])
    made = []
    for row in rows.to_dict("records"):
        usual, from_nothing = MOVED[row["indicator"]]
        said = words.say(
            usual if row["earlier"] else from_nothing,
            later=words.number(row["later"]),
            earlier=words.number(row["earlier"]),
            days=days,
            ratio=times(row["ratio"], words),
            low=times(row["low"], words),
            high=times(row["high"], words),
        )
        made.append({**row, "reason": said, "level": found.compared[0]})
    return made


def times(ratio: float, words: Words) -> str:
    """Return how many times, to two decimals, or ∞."""
    return words.number(ratio, 2) if np.isfinite(ratio) else "∞"


def patrols_of(visit: Visit, found: Morning) -> dict[str, Any]:
    """
    Count the patrols that are due on the day, started and done.

    Parameters
    ----------
    visit
        Who asks.
    found
        Whose place says which units are meant: those that answer for ground there.
    """
    book, today = book_of(visit), visit.as_of
    due = book.due(today)
    if found.part.level != "city":
        due = due[due["unit_id"].isin(found.holders)]
    started = due["patrols"] > 0
    whole = (due["walked_m"] >= WALKED * due["roads_m"]) & (due["points_seen"] >= due["points"])
    return {
        "works": book.is_workday(today),
        "due": len(due),
        "started": int(started.sum()),
        "done": int((started & whole).sum()),
    }
