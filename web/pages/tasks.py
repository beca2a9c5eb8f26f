"""My tasks: what waits for the reader, by what they may do."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pandas as pd
from fastapi import APIRouter, Response

from api.callers import permit
from geodata.issues.ledger import Wanted
from geodata.issues.tasks import Task, tasks
from web.pages.issue_rows import rows_of, setting_of
from web.pages.issue_words import TASKS, Said
from web.pages.shell import Visit, VisitDep, render

router = APIRouter(include_in_schema=False, dependencies=[permit("issue.read")])
PRESSING = ("overdue", "escalated", "rule", "extensions", "appeals")
"""Lists whose count is shown as a warning."""
SHOWN = 8
REVIEW = "/review"


@router.get("/tasks")
def my_tasks(visit: VisitDep) -> Response:
    """Show what waits for the reader."""
    lists = lists_of(visit)
    answer = render(
        visit,
        "tasks.html",
        section="tasks",
        said=Said(visit.words),
        lists=lists,
        waiting=[one for one in lists if one["count"]],
        units=own_units(visit),
        pressing=PRESSING,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def lists_of(visit: Visit) -> list[dict[str, Any]]:
    """
    Return the lists of what waits, those of several units under one heading.

    Parameters
    ----------
    visit
        Who asks.

    Returns
    -------
    list of dict
        ``name``, ``title``, ``count``, ``rows``, ``href`` of all of them, ``row``: what the
        address of one begins with; in the order of `geodata.issues.tasks.tasks`.
    """
    setting = setting_of(visit)
    joined: dict[str, list[Task]] = {}
    for task in tasks(setting, SHOWN):
        joined.setdefault(task.name, []).append(task)
    return [
        {
            "name": name,
            "title": visit.words.say(TASKS[name][0]),
            "what": visit.words.say(TASKS[name][1]),
            "count": sum(task.count for task in parts),
            "rows": [row for task in parts for row in rows_of(visit, setting, task.issues)],
            "href": REVIEW if name == "review" else address_of([t.wanted for t in parts]),
            "row": f"{REVIEW}?issue=" if name == "review" else "/issues/",
        }
        for name, parts in joined.items()
    ]


def address_of(wanted: list[Wanted]) -> str:
    """
    Return where in the ledger the issues of a list are.

    Parameters
    ----------
    wanted
        Its questions, alike but for the unit.
    """
    first = wanted[0]
    query = {
        "state": first.states[0] if first.states else "",
        "channel": first.channel or "",
        "light": first.lights[0] if first.lights else "",
        "pending": first.pending or "",
        "unit_id": (first.unit_id or "") if len(wanted) == 1 else "",
        "mine": "true" if len(wanted) > 1 else "",
        "sort": "due" if first.sort == "due" else "",
    }
    return f"/issues?{urlencode({name: value for name, value in query.items() if value})}"


def own_units(visit: Visit) -> list[str]:
    """Return the names of the units for which the reader speaks."""
    names: pd.Series = setting_of(visit).whole.frame("units", visit.today)["name"]
    return [str(names.get(unit, unit)) for unit in sorted(visit.caller.person.units)]
