"""A year's plan of the boards: brought in from Excel, looked at first."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.routes.boards import names_of
from api.routes.boards import told as told_of
from api.routes.forms import called
from api.sentences import sentence
from geodata.board_plans import HEADINGS, RULES, read_plan
from gridmap.errors import GridMapError, InvalidError
from web.pages.board import boards_of, shown
from web.pages.papers import waiting_of
from web.pages.shell import Visit, VisitDep

router = APIRouter(include_in_schema=False, dependencies=[permit("board.write")])


class Kept(BaseModel):
    """An upload that waits."""

    ticket: str = Field(default="", max_length=60)
    name: str = Field(default="", max_length=300)


@router.get("/board/plan")
def plan(visit: VisitDep) -> Response:
    """Show how a plan is brought in."""
    return page(visit)


@router.post("/board/plan")
def upload(visit: VisitDep, file: UploadFile | None = None) -> Response:
    """Keep a plan for a while, and show what bringing it in would do."""
    try:
        if file is None or not file.filename:
            msg = "Choose the filled form first."
            raise InvalidError(msg)
        ticket = waiting_of(visit).keep(visit.caller.person.person_id, file.file)
        kept = Kept(ticket=ticket, name=called(file.filename))
        return look(visit, kept)
    except GridMapError as error:
        return page(visit, fault=sentence(error, visit.words.language), status=status_of(error))


@router.post("/board/plan/import")
def bring_in(visit: VisitDep, kept: Annotated[Kept, Form()]) -> Response:
    """Take in the plan that was looked at; with faults, show it again."""
    waiting, who = waiting_of(visit), visit.caller.person.person_id
    try:
        found = read_plan(waiting.find(who, kept.ticket), names_of(visit.request))
        counts = boards_of(visit, writing=True).plan(found, called(kept.name))
    except InvalidError:
        return look(visit, kept, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except GridMapError as error:
        return page(visit, fault=sentence(error, visit.words.language), status=status_of(error))
    waiting.drop(who, kept.ticket)
    n = counts["tasks"] + counts["known"]
    return RedirectResponse(f"/board?done=plan&n={n}", status_code=HTTPStatus.SEE_OTHER)


def look(visit: Visit, kept: Kept, status: int = HTTPStatus.OK) -> Response:
    """Show what bringing in an upload that waits would do."""
    path = waiting_of(visit).find(visit.caller.person.person_id, kept.ticket)
    found = read_plan(path, names_of(visit.request))
    preview = told_of(found, boards_of(visit, writing=True), visit.words.language)
    for fault in preview["faults"]:
        fault["column"] = HEADINGS.get(fault["column"], (fault["column"],))[0]
    return page(visit, kept=kept, preview=preview, status=status)


def page(
    visit: Visit,
    *,
    kept: Kept | None = None,
    preview: dict[str, Any] | None = None,
    fault: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    """
    Return the page of a plan.

    Parameters
    ----------
    visit
        Who asks.
    kept, preview
        The upload that waits, and what it would do.
    fault
        Why an upload was refused.
    status
        Of the answer.
    """
    return shown(
        visit,
        "board_plan.html",
        status=status,
        kept=kept or Kept(),
        preview=preview,
        fault=fault,
        headings=[said[0] for said in HEADINGS.values()],
        rules=list(RULES.values()),
    )
