"""Recurrence: stubborn places with who answers there now, and how often issues came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

import folium
import geopandas as gpd
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.routes.journal import FIRST_DAY
from api.routes.recurrences import A_YEAR, DAYS, METRES, rates
from api.sentences import QueryError, sentence
from geodata.reports import stubborn
from geodata.reports.recurrence import Recurring, Within, recurring
from geodata.reports.selection import Selection
from geodata.workspace import RESPONSIBILITY
from gridmap.errors import GridMapError
from gridmap.intervals import share_interval
from gridmap.recurrence import WITHIN_DAYS, WITHIN_M
from web.maps.ground import beneath
from web.maps.recurrence import recurrence_map
from web.pages.choices import require_known
from web.pages.coverage import with_boxes
from web.pages.days import day, in_reach
from web.pages.drawn import map_answer
from web.pages.place import narrowed, place_of
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("issue.read")])
SHOWN, RATES = 200, 200


class Wanted(BaseModel):
    """What is looked for, as it was typed."""

    since: str = Field(default="", max_length=20)
    until: str = Field(default="", max_length=20)
    category: str = Field(default="", max_length=200)
    division: str = Field(default="", max_length=40)
    metres: str = Field(default=f"{WITHIN_M:g}", max_length=20)
    days: str = Field(default=f"{WITHIN_DAYS:g}", max_length=20)
    as_of: str = ""
    lang: str = ""


@dataclass(frozen=True)
class Asked:
    """
    What is looked for.

    Parameters
    ----------
    selection
        Of which days and category.
    within
        What counts as coming back.
    """

    selection: Selection
    within: Within

    @property
    def link(self) -> dict[str, str]:
        """The same, for an address."""
        return {
            "since": self.selection.since.isoformat(),
            "until": self.selection.until.isoformat(),
            "category": self.selection.category or "",
            "metres": f"{self.within.metres:g}",
            "days": f"{self.within.days:g}",
        }


@router.get("/recurrence")
def recurrence(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """Show what came back, or say why the question cannot be answered."""
    context: dict[str, Any] = {
        "wanted": wanted.model_dump(),
        "limits": {"metres": METRES, "days": DAYS},
        "categories": visit.reports.categories(),
        "any_issues": visit.reports.issue_days() is not None,
        "found": None,
        "place": None,
        "fault": "",
    }
    status = HTTPStatus.OK
    try:
        query = asked(visit, wanted)
        place = place_of(visit, wanted.division)
        here = narrowed(place)
        found = recurring(here.reports.workspace, query.selection, here.reports.zone, query.within)
    except GridMapError as error:
        status = status_of(error)
        context["fault"] = sentence(error, visit.words.language)
    else:
        context |= told(here, query, found)
        context |= {"wanted": query.link, "place": place}
        address = visit.link("/maps/recurrence", division=place.code, **query.link)
        context["map_address"] = address
    return render(visit, "recurrence.html", section="recurrence", status=status, **context)


@router.get("/maps/recurrence")
def on_map(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Return the map of stubborn places, a page of its own."""
    query = asked(visit, wanted)
    here = narrowed(place_of(visit, wanted.division))
    reading = here.reports

    def draw() -> folium.Map:
        found = recurring(reading.workspace, query.selection, reading.zone, query.within)
        ledger = _ledger(visit)
        ground = beneath(reading, here.as_of)
        return recurrence_map(shown_places(here, found), ground, here.words, ledger=ledger)

    of = (query, visit.may("issue.read"))
    title = visit.words.say(_("Stubborn places"))
    return map_answer(here, title, ("issues", *RESPONSIBILITY), draw, *of)


def _ledger(visit: Visit) -> str | None:
    """Return the path of the ledger of one grid, its code to follow."""
    return visit.link("/issues", state="all") + "&grid=" if visit.may("issue.read") else None


def asked(visit: Visit, wanted: Wanted) -> Asked:
    """
    Read the form; the last year that has issues if no period is named.

    Raises
    ------
    QueryError
        If a day is none, or a number is none or not offered.
    NotFoundError
        If there is no such category.
    """
    require_known(visit, category=wanted.category)
    last = visit.reports.usual_period()[1]
    until = in_reach(day(wanted.until, min(last, visit.as_of)))
    since = in_reach(day(wanted.since, max(until - A_YEAR, FIRST_DAY)))
    metres, days = number(wanted.metres, METRES), number(wanted.days, DAYS)
    if metres is None:
        msg = "{text} is not a number of metres from {least} to {most}."
        raise QueryError(msg, text=repr(wanted.metres), **_limits(METRES))
    if days is None:
        msg = "{text} is not a number of days from {least} to {most}."
        raise QueryError(msg, text=repr(wanted.days), **_limits(DAYS))
    return Asked(Selection(since, until, wanted.category or None), Within(metres, days))


def number(text: str, limits: tuple[float, float]) -> float | None:
    """
    Read a number between limits; None if it is none.

    Examples
    --------
    >>> number(" 50", (1, 500)), number("0.5", (1, 500)), number("nan", (1, 500))
    (50.0, None, None)
    """
    try:
        found = float(text.strip())
    except ValueError:
        return None
    return found if limits[0] <= found <= limits[1] else None


def shown_places(visit: Visit, found: Recurring) -> gpd.GeoDataFrame:
    """Return the most stubborn places with who answers there now, in words for the map."""
    workspace, words = visit.reports.workspace, visit.words
    rows = stubborn.answering(workspace, found.places.head(SHOWN), visit.as_of)
    return rows.assign(
        first=[words.moment(at) for at in rows["first"]],
        last=[words.moment(at) for at in rows["last"]],
        who=rows["answers_name"].fillna(rows["answers"]).fillna(words.say(_("nobody"))),
    )


def told(visit: Visit, query: Asked, found: Recurring) -> dict[str, Any]:
    """
    Return what the page shows of an answer.

    Parameters
    ----------
    visit, query
        Who asks, and for what.
    found
        The answer.
    """
    places = shown_places(visit, found)
    tables = {by: rates(table, visit.reports) for by, table in found.rates.items()}
    days = timedelta(days=query.within.days)
    return {
        "found": found,
        "query": query,
        "places": with_boxes(stubborn.around(places)).to_dict("records"),
        "in_all": overall(tables["category"]),
        "counted_until": query.selection.until - days,
        "tables": {by: rows[:RATES] for by, rows in tables.items()},
        "n_rates": {by: len(rows) for by, rows in tables.items()},
        "scale": {
            by: max((row["high"] for row in rows), default=1.0) for by, rows in tables.items()
        },
    }


def overall(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """
    Return the rate of all categories together; None where nothing was closed out in time.

    Parameters
    ----------
    rows
        What `api.routes.recurrences.rates` returned of categories.
    """
    recurred, closed = (sum(row[name] for row in rows) for name in ("recurred", "closed"))
    if not closed:
        return None
    low, high = share_interval([recurred], [closed])
    told = {"recurred": recurred, "closed": closed, "rate": recurred / closed}
    return told | {"low": float(low[0]), "high": float(high[0])}


def _limits(limits: tuple[float, float]) -> dict[str, str]:
    return {"least": f"{limits[0]:g}", "most": f"{limits[1]:g}"}
