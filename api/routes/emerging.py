"""Where it begins, grows, stays and ends: patterns of hot spots over time."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import numpy as np
import pandas as pd
from fastapi import APIRouter, Response
from fastapi import Query as InQuery
from pydantic import Field

from api import queries
from api.callers import permit
from api.deps import MEDIA_GEOJSON, ReportsDep, TagDep, answer
from api.frames import Datum, features
from api.routes.journal import FIRST_DAY, LAST_DAY
from geodata.reports.emerging import Found, find, last_day_over, usual_period
from geodata.reports.selection import Selection
from gridmap.emerging import tally
from gridmap.steps import Every, Step

router = APIRouter(tags=["hotspots"], dependencies=[permit("hotspot.read")])
DECIMALS = 4


class EmergingQuery(queries.Query):
    """Of what and when patterns are looked for, and in which steps."""

    every: Every = Field(default="month", description="Steps of the calendar; whole ones count.")
    since: date | None = Field(
        default=None, ge=FIRST_DAY, le=LAST_DAY, description="First day; usual steps if left out."
    )
    until: date | None = Field(
        default=None, ge=FIRST_DAY, le=LAST_DAY, description="Last day; the last with an issue."
    )
    category: str | None = Field(default=None, max_length=200)
    channel: str | None = Field(default=None, max_length=200)
    as_of: date | None = Field(
        default=None,
        ge=FIRST_DAY,
        le=LAST_DAY,
        description="The day whose grids are counted in; today if left out.",
    )
    datum: Datum = "wgs84"


@router.get("/emerging")
def emerging(
    query: Annotated[EmergingQuery, InQuery()], reports: ReportsDep, made: TagDep
) -> Response:
    """Return each grid's pattern, and its score and class in every step, with the method."""
    as_of = query.as_of or reports.today()
    over = last_day_over(as_of, reports.today())
    since, until = usual_period(reports.workspace, query.every, reports.zone, over=over)
    last = min(query.until or until, over)
    wanted = Selection(query.since or min(since, last), last, query.category, query.channel)
    found = find(reports.workspace, wanted, query.every, reports.zone, as_of)
    return answer(told(found, query.datum), made, MEDIA_GEOJSON)


def told(found: Found, datum: Datum) -> dict[str, Any]:
    """
    Return patterns as they go over the wire.

    Parameters
    ----------
    found
        The answer of the reports.
    datum
        What the coordinates are shifted to.
    """
    spots = found.emerging
    lists = {
        "counts": spots.counts.to_numpy().tolist(),
        "z": np.round(spots.z.to_numpy(), DECIMALS).tolist(),
        "classes": spots.classes.to_numpy().tolist(),
    }
    table = spots.table.assign(
        **{name: pd.Series(rows, index=spots.table.index) for name, rows in lists.items()}
    )
    method = asdict(spots.method) | {"n_set_aside": found.tally.n_set_aside}
    return {
        "type": "FeatureCollection",
        "every": found.steps.every,
        "steps": [_days(step) for step in found.steps.whole],
        "left_out": [_days(step) for step in (found.steps.before, found.steps.after) if step],
        "method": method,
        "patterns": tally(spots.table),
        "features": features(table, datum),
    }


def _days(step: Step) -> dict[str, date]:
    return {"since": step.since, "until": step.until}
