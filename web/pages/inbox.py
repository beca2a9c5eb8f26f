"""The inbox: what one was told."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.callers import permit
from api.routes.notices import notices_of
from web.pages.shell import VisitDep, render

router = APIRouter(include_in_schema=False, dependencies=[permit("self.manage")])


@router.get("/inbox")
def inbox(visit: VisitDep) -> HTMLResponse:
    """Show one's notices, the newest first."""
    found = notices_of(visit.request).inbox(visit.caller.person.person_id)
    rows = [
        {
            "text": visit.words.say(one.template, **one.values),
            "link": one.link,
            "at": one.at,
            "unread": one.read_at is None,
        }
        for one in found
    ]
    return render(
        visit, "inbox.html", section="", rows=rows, unread=sum(one.read_at is None for one in found)
    )


@router.post("/inbox/read")
def read(visit: VisitDep) -> Response:
    """Mark all of one's notices as read."""
    notices_of(visit.request).read(visit.caller.person.person_id)
    return RedirectResponse("/inbox", status_code=HTTPStatus.SEE_OTHER)
