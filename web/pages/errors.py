"""Errors as pages, where a person looks at a page; programs get problem details as before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from inspect import isawaitable
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from api.deps import MEDIA_JSON
from api.errors import problem, status_of
from api.refusals import PasswordChangeError
from api.sentences import sentence
from geodata.errors import SignInError
from gridmap.errors import ForbiddenError, GridMapError
from web.pages.shell import frame, spoken, templates
from web.words import Words
from web.words import gettext_noop as _

Handler = Callable[[Request, Any], Response | Awaitable[Response]]
FOR_PROGRAMS = ("/api/", "/ogc", "/tiles/", "/open311/", "/health", "/ready", "/static/")
TITLES = {
    HTTPStatus.NOT_FOUND: _("Not found"),
    HTTPStatus.INTERNAL_SERVER_ERROR: _("Something broke on our side"),
}
REFUSED = _("This cannot be shown")
DETAILS = {
    HTTPStatus.NOT_FOUND: _("There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: _("This address does not take that method."),
    HTTPStatus.INTERNAL_SERVER_ERROR: _("It has been logged. Nothing in the register was changed."),
}
MISREAD = _("The address asks for something that this page does not know.")
UNKNOWN = _("The address asks for {asked}, which this page does not know.")
LONGEST = 40  # letters of what was typed


def add_error_pages(app: FastAPI) -> None:
    """Answer errors of pages with a page; what is there for programs stays as it is."""
    for kind, told in (
        (GridMapError, _domain),
        (RequestValidationError, _misread),
        (HTTPException, _stopped),
        (Exception, _broken),
    ):
        app.add_exception_handler(kind, _for_people(told, app.exception_handlers.get(kind)))


def error_page(request: Request, status: int, detail: str) -> HTMLResponse:
    """
    Return an error as a page that needs nothing from the register.

    Parameters
    ----------
    request
        What was asked.
    status
        Of the answer.
    detail
        What went wrong, in the reader's language.
    """
    speaking = spoken(request)
    title = speaking.say(TITLES.get(HTTPStatus(status), REFUSED))
    text = (
        templates(speaking)
        .get_template("error.html")
        .render(
            visit=None,
            section="",
            register_name="",
            status=int(status),
            title=title,
            detail=detail,
            **frame(speaking, lambda _: False),
        )
    )
    return HTMLResponse(text, status_code=status, headers={"Cache-Control": "no-store"})


def _for_people(told: Callable[[Any, Words], tuple[int, str]], before: Handler | None) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        if (way := _way_in(request, error)) is not None:
            return way
        for_program = request.url.path.startswith(FOR_PROGRAMS)
        if for_program and before is not None:
            answer = before(request, error)
            return await answer if isawaitable(answer) else answer
        status, detail = told(error, spoken(request))
        if for_program:
            return problem(status, "internal", detail, request.url.path)
        return error_page(request, status, detail)

    return handle


def _way_in(request: Request, error: Exception) -> Response | None:
    """Send a person to where he can go on: to sign in, or to his own page."""
    page = request.method == "GET" and not request.url.path.startswith((*FOR_PROGRAMS, "/maps/"))
    if not page or request.headers.get("accept", "").startswith(MEDIA_JSON):
        return None
    if isinstance(error, SignInError):
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked = "" if back == "/" else f"?{urlencode({'next': back})}"
        return RedirectResponse(f"/sign-in{asked}", status_code=HTTPStatus.SEE_OTHER)
    reads = "text/html" in request.headers.get("accept", "")
    stranger = reads and isinstance(error, ForbiddenError) and request.url.path == "/"
    if stranger or isinstance(error, PasswordChangeError):
        return RedirectResponse("/me", status_code=HTTPStatus.SEE_OTHER)
    return None


def _domain(error: GridMapError, speaking: Words) -> tuple[int, str]:
    return status_of(error), sentence(error, speaking.language)


def _misread(error: RequestValidationError, speaking: Words) -> tuple[int, str]:
    """Say which conditions of the address nobody knows; what is amiss in a form is not named."""
    faults = [fault for fault in error.errors() if fault["type"] != "missing"]
    told = [(fault["loc"], str(fault["input"])) for fault in faults]
    asked = [f"{loc[-1]}={text[:LONGEST]}" for loc, text in told if loc[0] == "query"]
    if not asked:
        return HTTPStatus.BAD_REQUEST, speaking.say(MISREAD)
    return HTTPStatus.BAD_REQUEST, speaking.say(UNKNOWN, asked=speaking.together(asked))


def _stopped(error: HTTPException, speaking: Words) -> tuple[int, str]:
    return error.status_code, speaking.say(DETAILS.get(HTTPStatus(error.status_code), MISREAD))


def _broken(_error: Exception, speaking: Words) -> tuple[int, str]:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return status, speaking.say(DETAILS[status])
