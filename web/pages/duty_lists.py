"""The lists that go along: what is to be looked at today, what is to be set right this week."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Response

from api.callers import permit
from geodata.issues import records
from geodata.reports import duties
from web.pages.shell import VisitDep, render
from web.words import absent

router = APIRouter(include_in_schema=False)
MOST = 500  # rows of a list that somebody carries


@router.get("/cadence/inspection", dependencies=[permit("leading.read")])
def inspection(visit: VisitDep) -> Response:
    """Show the daily inspection list: issues to check, and points not visited for longest."""
    workspace, zone = visit.reports.workspace, visit.reports.zone
    found = duties.to_inspect(workspace, visit.as_of, zone)
    points = duties.daily(workspace, visit.as_of, zone).unvisited
    addresses = workspace.frame("inspection_points", visit.as_of)["address"]
    shown = points.head(MOST)
    return render(
        visit,
        "duties.html",
        section="leaders",
        part="inspection",
        issues=records.plain_rows(found.head(MOST)),
        issues_n=len(found),
        points=[
            {**row, "address": addresses.get(row["point_id"])} for row in shown.to_dict("records")
        ],
        points_n=len(points),
        groups=[],
        until=visit.as_of,
    )


@router.get("/cadence/rectification", dependencies=[permit("material.read")])
def rectification(visit: VisitDep) -> Response:
    """Show the weekly rectification list, unit by unit."""
    workspace, zone = visit.reports.workspace, visit.reports.zone
    found = duties.to_rectify(workspace, visit.as_of, zone)
    return render(
        visit,
        "duties.html",
        section="leaders",
        part="rectification",
        issues=[],
        issues_n=len(found),
        points=[],
        points_n=0,
        groups=by_unit(records.plain_rows(found.head(MOST))),
        until=visit.as_of + timedelta(days=6 - visit.as_of.weekday()),
    )


def by_unit(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    Return issues as the lists of their units.

    Parameters
    ----------
    rows
        By unit, with ``unit_id``, ``unit_name`` and ``overdue``.
    """
    groups = []
    for name, members in groupby(rows, key=lambda row: row["unit_name"]):
        listed = list(members)
        late = sum(bool(row["overdue"]) for row in listed)
        groups.append({"name": "" if absent(name) else name, "rows": listed, "overdue": late})
    return groups
