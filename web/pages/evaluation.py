"""Evaluation: what became of the issues of a period, and who did how well."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.i18n import LANGUAGES, translator
from api.sentences import QueryError, sentence
from geodata.reports.evaluation import BY, evaluate, evaluate_city
from gridmap.errors import GridMapError
from gridmap.indicators import INDICATORS
from web.pages.choices import require_known
from web.pages.days import day, in_reach
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("leading.read")])
LEVELS = {
    "unit": _("By unit"),
    "subdistrict": _("By subdistrict"),
    "community": _("By community"),
    "grid": _("By grid"),
    "district": _("By district"),
    "channel": _("By channel"),
    "category": _("By category"),
}
USUAL = "on_time"
SMALL = ("on_time", "closed_on_time", "accurate", "rework", "recurred", "missed")
"""What is drawn small beside the one that is chosen."""
SHOWN = 200
BETTER = {
    "high": _("A high share is good."),
    "low": _("A low share is good."),
    "": _("Neither a high nor a low share is good in itself."),
}


class Wanted(BaseModel):
    """What is looked for, as it was typed."""

    by: str = Field(default="unit", max_length=20)
    since: str = Field(default="", max_length=20)
    until: str = Field(default="", max_length=20)
    channel: str = Field(default="", max_length=200)
    indicator: str = Field(default=USUAL, max_length=40)
    as_of: str = ""
    lang: str = ""


@router.get("/evaluation")
def evaluation(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """Show every indicator of the whole, and one of them of everybody."""
    context: dict[str, Any] = {
        "wanted": wanted.model_dump(),
        "levels": {code: visit.words.say(title) for code, title in LEVELS.items()},
        "titles": titles(visit),
        "channels": visit.reports.channels(),
        "fault": "",
        "found": None,
    }
    status = HTTPStatus.OK
    try:
        context |= told(visit, wanted)
    except GridMapError as error:
        status = status_of(error)
        context["fault"] = sentence(error, visit.words.language)
    return render(visit, "evaluation.html", section="evaluation", status=status, **context)


def titles(visit: Visit) -> dict[str, str]:
    """Return what the indicators are called."""
    return {name: visit.words.say(one.title) for name, one in INDICATORS.items()}


def period(visit: Visit, wanted: Wanted) -> tuple[date, date]:
    """
    Read the period; the last month that has issues, up to its last day or today, if none is named.

    Raises
    ------
    QueryError
        If a day is none, or out of reach.
    """
    until = in_reach(day(wanted.until, min(visit.reports.usual_period()[1], visit.as_of)))
    return in_reach(day(wanted.since, until.replace(day=1))), until


def told(visit: Visit, wanted: Wanted) -> dict[str, Any]:
    """
    Return what the page shows.

    Parameters
    ----------
    visit, wanted
        Who asks, and for what.

    Raises
    ------
    QueryError
        If there is no such indicator, or nobody to evaluate by.
    NotFoundError
        If no issue came by the channel.
    """
    if wanted.by not in BY or wanted.indicator not in INDICATORS:
        msg = "There is no evaluation of {indicator} by {by}."
        raise QueryError(msg, indicator=wanted.indicator, by=wanted.by)
    require_known(visit, channel=wanted.channel)
    channel, zone = wanted.channel or None, visit.reports.zone
    days, workspace = period(visit, wanted), visit.reports.workspace
    table = evaluate(workspace, days, wanted.by, visit.as_of, channel=channel, zone=zone)
    city = evaluate_city(workspace, days, visit.as_of, channel=channel, zone=zone)
    rows = ordered(table, wanted.indicator)
    link = {
        "by": wanted.by,
        "since": days[0].isoformat(),
        "until": days[1].isoformat(),
        "channel": wanted.channel,
    }
    return {
        "wanted": wanted.model_dump() | link,
        "link": link,
        "found": int(city["whole"].iloc[0]),
        "city": [described(row) for row in city.to_dict("records")],
        "whole": city.set_index("indicator").loc[wanted.indicator].to_dict(),
        "chosen": described({"indicator": wanted.indicator}),
        "better": visit.words.say(BETTER[INDICATORS[wanted.indicator].better]),
        "rows": [row | {"called": called(visit, wanted.by, row)} for row in rows[:SHOWN]],
        "rows_n": len(rows),
        "small": [strip(table, city, name) for name in SMALL],
        "sheet": visit.link("/api/v1/evaluation", **link, format="xlsx"),
    }


def described(row: dict[Any, Any]) -> dict[str, Any]:
    """
    Return a row with what its indicator means, in every language: inspectors quote either.

    Parameters
    ----------
    row
        With ``indicator``.
    """
    one = INDICATORS[str(row["indicator"])]
    words = {tag: str(translator(tag).gettext(one.definition)) for tag in LANGUAGES}
    return {**row, "definitions": words, "by_effort": one.by_effort}


def ordered(table: pd.DataFrame, indicator: str) -> list[dict[str, Any]]:
    """
    Return everybody's row of an indicator, the worst first where one is worse than another.

    Parameters
    ----------
    table
        As `geodata.reports.evaluation.evaluate` returns it.
    indicator
        Which.
    """
    rows = table[table["indicator"] == indicator].reset_index()
    upwards = INDICATORS[indicator].better == "high"
    order = rows.sort_values(
        ["share", "whole", "key"], ascending=[upwards, False, True], na_position="last"
    )
    told: list[dict[str, Any]] = order.to_dict("records")
    return told


def called(visit: Visit, by: str, row: dict[str, Any]) -> str:
    """Return what a row is called; a channel by its word."""
    return visit.words.word("channel", row["key"]) if by == "channel" else str(row["name"])


def strip(table: pd.DataFrame, city: pd.DataFrame, indicator: str) -> dict[str, Any]:
    """
    Return how everybody's shares of an indicator lie, for a small chart.

    Parameters
    ----------
    table, city
        As `geodata.reports.evaluation.evaluate` and `evaluate_city` return them.
    indicator
        Which.
    """
    shares = table.loc[table["indicator"] == indicator, "share"].dropna()
    whole = city.set_index("indicator").loc[indicator]
    return {
        "indicator": indicator,
        "marks": sorted({round(float(share) * 100, 1) for share in shares}),
        "n": len(shares),
        "part": int(whole["part"]),
        "whole": int(whole["whole"]),
        "share": whole["share"],
    }
