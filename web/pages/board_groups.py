"""The special groups of the board: added, called otherwise, led by another unit."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.sentences import sentence
from gridmap.errors import GridMapError, NotFoundError
from web.pages.board import boards_of, shown
from web.pages.shell import Visit, VisitDep
from web.words import absent
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("board.write")])
DONE = {
    "add": _("The group is added; it has a board once it has tasks."),
    "rename": _("The group is changed; its tasks and frozen months stay its own."),
}


class Group(BaseModel):
    """A group as it was typed."""

    name: str = Field(default="", max_length=200)
    lead_unit: str = Field(default="", max_length=200)


@router.get("/board/groups")
def groups(visit: VisitDep, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """List the groups, each with the form in which it is changed."""
    return page(visit, done=visit.words.say(DONE[done]) if done in DONE else "")


@router.post("/board/groups")
def add(visit: VisitDep, sent: Annotated[Group, Form()]) -> Response:
    """Add a group."""
    try:
        boards_of(visit, writing=True).add_group(sent.name, sent.lead_unit or None)
    except GridMapError as error:
        return page(visit, refused=error, typed=sent)
    return back("add")


@router.post("/board/groups/{group_id}")
def rename(visit: VisitDep, group_id: str, sent: Annotated[Group, Form()]) -> Response:
    """Call a group otherwise, or let another unit lead it."""
    try:
        lead = sent.lead_unit or None
        boards_of(visit, writing=True).rename_group(group_id, sent.name, lead)
    except GridMapError as error:
        return page(visit, refused=error, typed=sent, at=group_id)
    return back("rename")


def page(
    visit: Visit,
    *,
    done: str = "",
    refused: GridMapError | None = None,
    typed: Group | None = None,
    at: str = "",
) -> Response:
    """
    Return the page of the groups.

    Parameters
    ----------
    visit
        Who asks.
    done
        What was just done.
    refused, typed, at
        Why what was sent was refused, what that was, and of which group; a new one if empty.
    """
    found = boards_of(visit).board(visit.as_of.year)
    units = visit.reports.frame("units", visit.as_of)
    tasks = found.tasks["group_id"].value_counts()
    rows = [
        {
            "group_id": key,
            "name": row["name"],
            "lead_unit": "" if absent(row["lead_unit"]) else row["lead_unit"],
            "lead_name": units["name"].get(row["lead_unit"], row["lead_unit"]),
            "n": int(tasks.get(key, 0)),
        }
        for key, row in found.groups.iterrows()
    ]
    said = "" if refused is None else sentence(refused, visit.words.language)
    field = "unit" if isinstance(refused, NotFoundError) else "name"
    status = HTTPStatus.OK if refused is None else status_of(refused)
    return shown(
        visit,
        "board_groups.html",
        status=status,
        done=done,
        faults={f"{at}-{field}": said} if said else {},
        typed=typed or Group(),
        at=at,
        year=visit.as_of.year,
        rows=rows,
        units=units["name"].sort_values().to_dict(),
    )


def back(done: str) -> Response:
    """Return to the page of the groups after something was done."""
    return RedirectResponse(f"/board/groups?done={done}", status_code=HTTPStatus.SEE_OTHER)
