"""Totals: what was declared of the inspection points, beside what the register counts."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from api.callers import permit
from api.sentences import QueryError, sentence
from geodata.reports import totals
from web.pages.shell import VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("register.read")])
By = Literal["category", "district", "subdistrict", "community"]
BY: dict[By, str] = {
    "category": _("By category"),
    "district": _("By district"),
    "subdistrict": _("By subdistrict"),
    "community": _("By community"),
}
FINDINGS = {
    "agrees": _("agrees"),
    "differs": _("differs"),
    "undeclared": _("was not declared"),
    "unexplained": _("is not the sum of its parts"),
}
WHOLE = {"合计", "总计", "共计", "total", "all"}
LINE = re.compile(r"^(?P<name>.*?)[\s,，:：]+(?P<n>\d+(?:\.\d+)?)$")
GROUP = "declared"


@router.get("/totals")
def reconciliation(
    visit: VisitDep,
    by: Annotated[By, Query()] = "category",
    declared: Annotated[str, Query(max_length=20_000)] = "",
) -> HTMLResponse:
    """Show the points counted by category or division and, if any were declared, both."""
    fault, rows = "", []
    counted = totals.points_by(visit.reports.workspace, by, visit.as_of)
    try:
        if declared.strip():
            rows = compared(visit.reports.workspace, declared, by, visit.as_of)
    except QueryError as error:
        fault = sentence(error, visit.words.language)
    return render(
        visit,
        "totals.html",
        section="totals",
        by=by,
        kinds={code: visit.words.say(title) for code, title in BY.items()},
        findings={code: visit.words.say(title) for code, title in FINDINGS.items()},
        declared=declared,
        counted=list(counted.items()),
        rows=rows,
        fault=fault,
    )


def compared(workspace: Any, text: str, by: By, as_of: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Read declared totals, one a line, and set them beside the register's."""
    found = totals.reconciled(workspace, read(text), by, as_of)
    told: list[dict[str, Any]] = found.to_dict("records")
    return told


def read(text: str) -> pd.DataFrame:
    """
    Read declared totals.

    Parameters
    ----------
    text
        A name and a number in each line; a line whose name is 合计 or total declares the whole.

    Raises
    ------
    QueryError
        Naming the first line that is neither.
    """
    rows = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        parts = LINE.match(line)
        if parts is None or not parts["name"]:
            msg = "{text} is not a name and a number."
            raise QueryError(msg, text=repr(line[:40]))
        said = parts["name"].strip()
        name = None if said.lower() in WHOLE else said
        rows.append({"group": GROUP, "name": name, "declared": float(parts["n"])})
    return pd.DataFrame(rows, columns=["group", "name", "declared"])
