"""What leaders are told in the morning, of a place and a period."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Response
from fastapi import Query as InQuery
from pydantic import Field

from api import queries
from api.callers import permit
from api.deps import ReportsDep, answer
from api.frames import records
from api.routes.journal import FIRST_DAY, LAST_DAY
from api.sentences import QueryError
from geodata.reports import Reports
from geodata.reports.morning import Morning, Span, morning
from gridmap.morning import RUNNING, Running, first_day

router = APIRouter(tags=["leaders"], dependencies=[permit("leading.read")])


class SpanQuery(queries.Query):
    """Which place and which period."""

    division: str = Field(default="", max_length=40, description="Code of a division or a grid.")
    period: Running = Field(default="month", description="The running one, up to its last day.")
    since: date | None = Field(default=None, ge=FIRST_DAY, le=LAST_DAY, description="First day.")
    until: date | None = Field(default=None, ge=FIRST_DAY, le=LAST_DAY, description="Last day.")

    def span(self, reading: Reports) -> Span:
        """Return the period, as the use cases take it."""
        return span_of(reading, self.until or reading.today(), self.since, self.period)


@router.get("/leaders")
def this_morning(query: Annotated[SpanQuery, InQuery()], reports: ReportsDep) -> Response:
    """Return what changed since yesterday, where it became worse or better, and who is late."""
    found = morning(reports.workspace, query.span(reports), query.division)
    return answer(told(found), None)


def span_of(reading: Reports, until: date, since: date | None, period: Running) -> Span:
    """
    Return a period up to a day, and up to now if that day has not ended.

    Parameters
    ----------
    reading
        Where the clock and the time zone are.
    until
        The last day.
    since
        The first day; that of the running `period` if None.
    period
        One of `gridmap.morning.RUNNING`.

    Raises
    ------
    QueryError
        If a day cannot be.
    """
    if period not in RUNNING:
        msg = "There is no period {period}; there are {periods}."
        raise QueryError(msg, period=str(period)[:20], periods=", ".join(RUNNING))
    if not FIRST_DAY <= until <= LAST_DAY:
        msg = "{day} is outside the years from {first} to {last}."
        raise QueryError(msg, day=until.isoformat(), first=FIRST_DAY.year, last=LAST_DAY.year)
    if until > reading.today():
        msg = "{day} is yet to come; what will be on it is not known."
        raise QueryError(msg, day=until.isoformat())
    now = pd.Timestamp(reading.workspace.store.now()).tz_convert(reading.zone)
    over = pd.Timestamp(until + timedelta(days=1), tz=reading.zone)
    return Span(since or first_day(period, until), until, min(now, over))


def told(found: Morning) -> dict[str, Any]:
    """Return a morning as JSON has it."""
    level, places = found.compared
    return {
        "level": found.part.level,
        "code": found.part.code,
        "name": found.part.name,
        "since": found.span.since,
        "until": found.span.until,
        "moment": found.span.moment.to_pydatetime(),
        "since_yesterday": found.since_yesterday,
        "usual": found.usual,
        "standing": {key: None if pd.isna(n) else n for key, n in found.standing.items()},
        "compared": {"level": level, "places": places, "days": found.days},
        "worse": records(_finite(found.worse)),
        "better": records(_finite(found.better)),
        "units": records(found.units),
        "below": records(found.below),
    }


def _finite(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out what JSON cannot say: a ratio to nothing has no number."""
    return rows.replace([float("inf")], float("nan")).drop(columns="p")
