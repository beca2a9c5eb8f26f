"""The leaders' charts: six pictures of the same issues, each with its table, Excel and PNG."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.routes.leaders import span_of
from api.sentences import sentence
from geodata.reports.charts import CHARTS
from geodata.reports.morning import Span
from geodata.reports.parts import find_part
from gridmap.errors import GridMapError, InvalidError
from web.pages.choices import require_known
from web.pages.days import day
from web.pages.issue_words import STATES
from web.pages.leaders import PERIODS, own_place
from web.pages.shell import Visit, VisitDep, render
from web.words import Words
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("leading.read")])
DIVISIONS_AT_MOST = 600
DIVISION_LEVELS = ("district", "subdistrict", "community")
TITLES = {
    "trend": (
        _("Course of reports"),
        _("Issues reported a day, with the 95 % interval of the rate; closed-out ones beside."),
    ),
    "calendar": (
        _("Calendar"),
        _("Each square is a day; the darker, the more was reported."),
    ),
    "categories": (
        _("Categories"),
        _("Most frequent first; the line adds the shares up."),
    ),
    "stages": (
        _("How far they came"),
        _("Of the issues reported in the period, how many came at least so far."),
    ),
    "ages": (
        _("Age of what is open"),
        _("Everything open at the end of the period, by days since it was reported."),
    ),
    "on_time": (
        _("Set right on time, by unit"),
        _("Share with its 95 % interval: where intervals overlap, the order may be chance."),
    ),
}
"""Chart → its title, and what it shows."""
COLUMNS = {
    "since": _("From"),
    "days": _("Days"),
    "reported": _("Reported"),
    "per_day": _("Reported a day"),
    "low": _("Interval from"),
    "high": _("Interval to"),
    "closed": _("Closed out"),
    "day": _("Day"),
    "category": _("Category"),
    "n": _("Number of issues"),
    "share": _("Share"),
    "together": _("Shares added up"),
    "stage": _("Stage"),
    "from_days": _("Days, from"),
    "to_days": _("Days, below"),
    "within": _("Within the limit"),
    "overdue": _("Overdue"),
    "unit_id": _("Unit's id"),
    "unit_name": _("Unit"),
    "part": _("On time"),
    "whole": _("Were due"),
}
SAID = {
    "others": _("Others"),
    "empty": _("No issues of this kind in the period."),
    "failed": _("The figures could not be fetched. Load the page again."),
    "interval": _("95 % interval"),
    "days": _("days"),
}


class Wanted(BaseModel):
    """Of which issues, as it was asked for."""

    division: str = Field(default="", max_length=40)
    period: str = Field(default="", max_length=20)
    since: str = Field(default="", max_length=20)
    until: str = Field(default="", max_length=20)
    category: str = Field(default="", max_length=200)
    channel: str = Field(default="", max_length=200)
    as_of: str = ""
    lang: str = ""


@router.get("/charts")
def charts(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """Show the charts, or say why the question cannot be answered."""
    context: dict[str, Any] = {"fault": "", "query": "", "wanted": wanted.model_dump()}
    status = HTTPStatus.OK
    try:
        require_known(visit, category=wanted.category, channel=wanted.channel)
        span = asked(visit, wanted)
        place = wanted.division or own_place(visit)
        part = find_part(visit.reports.workspace, place, span.until)
    except GridMapError as error:
        status = status_of(error)
        context["fault"] = sentence(error, visit.words.language)
    else:
        chosen = {
            "division": part.code,
            "since": span.since.isoformat(),
            "until": span.until.isoformat(),
        }
        context["wanted"] |= chosen
        told = chosen | {name: getattr(wanted, name) for name in ("category", "channel")}
        context["query"] = urlencode({name: value for name, value in told.items() if value})
    return render(
        visit,
        "charts.html",
        section="leaders",
        status=status,
        charts=[(name, *(visit.words.say(text) for text in TITLES[name])) for name in CHARTS],
        periods={name: visit.words.say(title) for name, title in PERIODS.items()},
        offered=offered(visit),
        said=spoken(visit.words),
        **context,
    )


def asked(visit: Visit, wanted: Wanted) -> Span:
    """
    Read the period: what was typed, or the running month up to the page's day.

    Raises
    ------
    InvalidError
        If it ends before it begins.
    """
    until: date = day(wanted.until, visit.as_of)
    since = day(wanted.since, until) if wanted.since and not wanted.period else None
    running: Any = wanted.period or "month"
    span = span_of(visit.reports, until, since, running)
    if span.since > span.until:
        msg = "The period ends ({until}) before it begins ({since})."
        raise InvalidError(msg, since=span.since, until=span.until)
    return span


def offered(visit: Visit) -> dict[str, Any]:
    """Return what can be chosen: divisions with their depth, categories, channels."""
    reports = visit.reports
    tree = reports.divisions(visit.as_of)
    rows = [
        (code, str(name), DIVISION_LEVELS.index(level))
        for code, name, level in zip(tree.index, tree["name"], tree["level"], strict=True)
    ]
    return {
        "divisions": sorted(rows)[:DIVISIONS_AT_MOST],
        "categories": reports.categories(),
        "channels": reports.channels(),
    }


def spoken(words: Words) -> dict[str, Any]:
    """Return the words that the charts are written with."""
    return {
        "columns": {
            name: [
                {"name": c.name, "title": words.say(COLUMNS[c.name]), "kind": c.kind}
                for c in chart.columns
            ]
            for name, chart in CHARTS.items()
        },
        "stages": {code: words.say(title) for code, title in STATES.items()},
        **{name: words.say(text) for name, text in SAID.items()},
    }
