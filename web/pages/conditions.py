"""The filing conditions with their codes and limits, and the calendar that limits count."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

import pandas as pd
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.callers import permit
from api.frames import records
from api.routes.conditions import StandardsDep
from api.service import service_of
from gridmap import conditions as filing
from web.pages.issue_words import Said
from web.pages.shell import Visit, VisitDep, render

router = APIRouter(include_in_schema=False, dependencies=[permit("standard.read")])


class Wanted(BaseModel):
    """Which conditions are looked for, as it was typed."""

    edition: str = Field(default="", max_length=100)
    q: str = Field(default="", max_length=100)


@router.get("/conditions")
def standard(visit: VisitDep, wanted: Annotated[Wanted, Query()], kept: StandardsDep) -> Response:
    """Show the filing conditions of an edition, the newest if none is chosen."""
    found = kept.conditions(wanted.edition or None)
    rows = filing.search(found, wanted.q) if wanted.q.strip() else found
    chosen = {"edition": wanted.edition, "q": wanted.q.strip(), "format": "xlsx"}
    return render(
        visit,
        "conditions.html",
        section="issues",
        said=Said(visit.words),
        wanted=wanted,
        edition=None if found.empty else str(found["edition"].iloc[0]),
        editions=kept.editions(),
        total=len(found),
        shown=len(rows),
        categories=grouped(rows),
        excel=f"/api/v1/conditions?{urlencode({k: v for k, v in chosen.items() if v})}",
        **calendar_of(visit),
    )


def grouped(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """
    Return conditions under their categories, in their order.

    Parameters
    ----------
    rows
        Of the book ``conditions``.

    Returns
    -------
    list of dict
        ``sort``, ``group``, ``category``, their codes, and ``rows``: the conditions.
    """
    names = ["sort", "group_code", "group", "category_code", "category"]
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in records(rows):
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return [dict(zip(names, key, strict=True)) | {"rows": some} for key, some in found.items()]


def calendar_of(visit: Visit) -> dict[str, Any]:
    """
    Return what is said of the calendar: the last day that is known, and the city's own days.

    Parameters
    ----------
    visit
        Who reads.
    """
    service = service_of(visit.request)
    days = service.workspaces.whole.frame("city_days", date.max)
    days = days[days["day"] >= pd.Timestamp(visit.today)].sort_values("day")
    return {
        "known_until": service.calendar.known_until,
        "city_days": [
            {"day": row.day.date(), "works": bool(row.works), "note": row.note}
            for row in days.itertuples()
        ],
    }
