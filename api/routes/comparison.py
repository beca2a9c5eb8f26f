"""Before and after: two periods side by side, with what chance alone may do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from fastapi import Query as InQuery
from pydantic import Field

from api import queries
from api.callers import permit
from api.deps import MEDIA_GEOJSON, ReportsDep, TagDep, answer
from api.frames import Datum, features
from api.routes.journal import FIRST_DAY, LAST_DAY
from api.sentences import QueryError
from geodata.reports.comparing import Asked, Compared, compared, usual_spans
from geodata.reports.emerging import last_day_over
from geodata.reports.selection import Selection

router = APIRouter(tags=["hotspots"], dependencies=[permit("hotspot.read")])
By = Literal["grid", "community", "subdistrict", "district"]
Day = Annotated[date | None, Field(ge=FIRST_DAY, le=LAST_DAY)]
Kilometres = Annotated[float | None, Field(gt=0, le=1e7, allow_inf_nan=False)]


class ComparisonQuery(queries.Query):
    """Which two periods, of what, in which areas."""

    before_since: Day = Field(default=None, description="The month before the last if left out.")
    before_until: Day = None
    after_since: Day = Field(default=None, description="The last whole month if left out.")
    after_until: Day = None
    category: str | None = Field(default=None, max_length=200)
    channel: str | None = Field(default=None, max_length=200)
    by: By = "community"
    acted: str | None = Field(
        default=None,
        max_length=20,
        description="Code of the division in which something was done; the rest is beside it.",
    )
    km_before: Kilometres = Field(default=None, description="Kilometres walked; by days if none.")
    km_after: Kilometres = None
    per: Literal["walked"] | None = Field(
        default=None, description="By the kilometres that patrols walked in each area, as recorded."
    )
    as_of: Day = Field(default=None, description="The day whose areas are counted in.")
    datum: Datum = "wgs84"


@router.get("/comparison")
def comparison(
    query: Annotated[ComparisonQuery, InQuery()], reports: ReportsDep, made: TagDep
) -> Response:
    """Return the ratio of the rates of each area and of the city, with intervals and verdicts."""
    as_of = query.as_of or reports.today()
    over = last_day_over(as_of, reports.today())
    usual = usual_spans(reports.workspace, reports.zone, over=over)["month"]
    first, second = usual
    which = (query.category, query.channel)
    asked = Asked(
        before=Selection(
            query.before_since or first.since, query.before_until or first.until, *which
        ),
        after=Selection(
            query.after_since or second.since, query.after_until or second.until, *which
        ),
        by=query.by,
        acted=query.acted,
        km=kilometres(query.km_before, query.km_after),
        per=query.per,
    )
    require_over(asked, over)
    found = compared(reports.workspace, asked, reports.zone, as_of)
    return answer(told(asked, found, query.datum), made, MEDIA_GEOJSON)


def kilometres(before: float | None, after: float | None) -> tuple[float, float] | None:
    """
    Return the kilometres of both periods; none where none are given.

    Raises
    ------
    QueryError
        If only one is given.
    """
    if before is None and after is None:
        return None
    if before is None or after is None:
        msg = "Give the kilometres walked of both periods, or of neither."
        raise QueryError(msg)
    return before, after


def require_over(asked: Asked, over: date) -> None:
    """
    Refuse a period that is not over: part of it cannot be compared with a whole one.

    Raises
    ------
    QueryError
        If one of the periods ends later.
    """
    last = max(asked.before.until, asked.after.until)
    if last > over:
        msg = "The period up to {until} is not over; the last whole day is {over}."
        raise QueryError(msg, until=last.isoformat(), over=over.isoformat())


def told(asked: Asked, found: Compared, datum: Datum) -> dict[str, Any]:
    """
    Return two periods as they go over the wire.

    Parameters
    ----------
    asked, found
        The question and its answer.
    datum
        What the coordinates are shifted to.
    """
    first, second = asked.spans
    by = found.km or asked.exposures
    exposures = dict(zip(("before", "after"), by, strict=True))
    return {
        "type": "FeatureCollection",
        "before": {"since": first.since, "until": first.until, "days": first.days},
        "after": {"since": second.since, "until": second.until, "days": second.days},
        "exposure": {"unit": "km" if found.km else "day", **exposures},
        "by": asked.by,
        "city": asdict(found.city),
        "acted": found.acted and asdict(found.acted),
        "others": found.others and asdict(found.others),
        "against": found.against and asdict(found.against),
        "one_sided_channels": found.channels,
        "not_counted": {
            "on_piles": found.tally.n_on_piles,
            "outside": found.tally.n_outside,
            "set_aside": found.tally.n_set_aside,
        },
        "features": features(found.table, datum),
    }
