"""What came back: stubborn places with who answers there now, and how often issues recur."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Response
from fastapi import Query as InQuery
from pydantic import Field

from api import queries
from api.callers import permit
from api.deps import MEDIA_GEOJSON, ReportsDep, TagDep, answer
from api.frames import Datum, features, records
from api.routes.journal import FIRST_DAY, LAST_DAY
from geodata.reports import Reports
from geodata.reports.recurrence import Within, recurring
from geodata.reports.selection import Selection
from geodata.reports.stubborn import answering
from gridmap.recurrence import WITHIN_DAYS, WITHIN_M

router = APIRouter(tags=["recurrences"], dependencies=[permit("issue.read")])
A_YEAR = timedelta(days=364)
METRES, DAYS, AT_LEAST = (1.0, 500.0), (1.0, 366.0), (2, 1000)
"""The least and the most that may be asked for."""


class RecurrencesQuery(queries.Query):
    """Of which days and category, and what counts as coming back."""

    since: date | None = Field(
        default=None, ge=FIRST_DAY, le=LAST_DAY, description="First day; a year before `until`."
    )
    until: date | None = Field(
        default=None, ge=FIRST_DAY, le=LAST_DAY, description="Last day; the last with an issue."
    )
    category: str | None = Field(default=None, max_length=200)
    channel: str | None = Field(default=None, max_length=200)
    within_m: float = Field(
        default=WITHIN_M,
        ge=METRES[0],
        le=METRES[1],
        allow_inf_nan=False,
        description="How near the earlier issue must have been, in metres.",
    )
    within_days: float = Field(
        default=WITHIN_DAYS,
        ge=DAYS[0],
        le=DAYS[1],
        allow_inf_nan=False,
        description="How soon after its close-out, in days.",
    )
    at_least: int = Field(
        default=AT_LEAST[0],
        ge=AT_LEAST[0],
        le=AT_LEAST[1],
        description="How many issues make a place stubborn.",
    )
    datum: Datum = "wgs84"


@router.get("/recurrences")
def list_recurrences(
    query: Annotated[RecurrencesQuery, InQuery()], reports: ReportsDep, made: TagDep
) -> Response:
    """Return stubborn places, and what share of closed-out issues came back, with intervals."""
    until = query.until or min(reports.usual_period()[1], reports.today())
    wanted = Selection(query.since or until - A_YEAR, until, query.category, query.channel)
    within = Within(query.within_m, query.within_days, query.at_least)
    found = recurring(reports.workspace, wanted, reports.zone, within)
    places = answering(reports.workspace, found.places, reports.today())
    body = {
        "type": "FeatureCollection",
        "since": wanted.since,
        "until": wanted.until,
        "recurrences": len(found.links),
        "left_out": found.left_out,
        "rates": {by: rates(table, reports) for by, table in found.rates.items()},
        "features": features(places, query.datum),
    }
    return answer(body, made, MEDIA_GEOJSON)


def rates(table: pd.DataFrame, reports: Reports) -> list[dict[str, Any]]:
    """
    Return rates of recurrence, what came back most often first.

    Parameters
    ----------
    table
        One of `geodata.reports.recurrence.Recurring.rates`.
    reports
        Where the names of units are.
    """
    key = str(table.index.name)
    rows = table.reset_index().sort_values(
        ["recurred", "rate", key], ascending=[False, False, True], kind="stable"
    )
    if key == "unit_id":
        names = reports.frame("units", reports.today())["name"]
        rows = rows.assign(unit_name=rows["unit_id"].map(names))
    return records(rows)
