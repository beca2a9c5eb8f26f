"""GeoReport v2 (Open311) as a form of asking and answering: formats, errors, moments, keys."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.callers import BEARER, FORMS
from api.citizens import language_of
from api.errors import status_of
from api.frames import dump
from api.i18n import translator
from api.open311_xml import write
from api.sentences import QueryError, sentence
from api.service import service_of
from geodata.errors import SignInError, ThrottledError
from gridmap import access
from gridmap.access import PUBLIC, Person
from gridmap.errors import ForbiddenError, GridMapError, NotFoundError

Form: TypeAlias = Literal["xml", "json"]
MEDIA: dict[Form, str] = {
    "xml": "text/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
}
SPAN = timedelta(days=90)
# The specification knows these three; what is too much or too early for us keeps its own status.
STATUS = {
    HTTPStatus.UNAUTHORIZED: HTTPStatus.FORBIDDEN,
    HTTPStatus.CONFLICT: HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST,
}

MISREAD = {"path": HTTPStatus.NOT_FOUND}  # such as a format that is not written here


class GeoReportRoute(APIRoute):
    """A route whose errors are told as the specification asks."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with its errors turned into answers."""
        handler = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handler(request)
            except GridMapError as error:
                return refused(
                    request, status_of(error), sentence(error, language_of(request)), error
                )
            except RequestValidationError as error:
                fault = error.errors()[0]
                detail = f"{fault['loc'][-1]}: {fault['msg']}"
                return refused(
                    request, MISREAD.get(fault["loc"][0], HTTPStatus.BAD_REQUEST), detail
                )
            except HTTPException as error:
                return refused(request, HTTPStatus(error.status_code), str(error.detail))

        return answered


def refused(
    request: Request, status: HTTPStatus, description: str, error: GridMapError | None = None
) -> Response:
    """Answer an error: a list of code and description."""
    status = STATUS.get(status, status)
    form: Form = "json" if request.url.path.endswith(".json") else "xml"
    answer = told(form, "errors", [{"code": status.value, "description": description}])
    answer.status_code = status
    if isinstance(error, ThrottledError):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def told(form: Form, root: str, body: object) -> Response:
    """
    Answer in a format.

    Parameters
    ----------
    form
        As the address ends.
    root
        Outermost element of the XML.
    body
        The answer.
    """
    content = dump(body) if form == "json" else write(root, body)
    return Response(content, headers={"Cache-Control": "no-store"}, media_type=MEDIA[form])


def known_jurisdiction(request: Request) -> None:
    """
    Refuse who takes us for another city; only looked at where ours has a name.

    Raises
    ------
    NotFoundError
        If the jurisdiction asked for is not ours.
    """
    ours = service_of(request).settings.jurisdiction
    asked = request.query_params.get("jurisdiction_id")
    require_jurisdiction(ours, asked)


def require_jurisdiction(ours: str | None, asked: str | None) -> None:
    """Refuse a jurisdiction that is not ours; see `known_jurisdiction`."""
    if ours and asked and asked != ours:
        msg = "jurisdiction_id {asked} was not found; this is {ours}."
        raise NotFoundError(msg, asked=asked[:80], ours=ours)


async def sent_form(request: Request) -> dict[str, str]:
    """
    Return the form that was sent; files in it are left alone.

    Raises
    ------
    QueryError
        If it is no form.
    """
    if not request.headers.get("content-type", "").startswith(FORMS):
        msg = "A request is sent as a form: application/x-www-form-urlencoded."
        raise QueryError(msg)
    form = await request.form()
    await form.close()
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


FormDep = Annotated[dict[str, str], Depends(sent_form)]


def given_key(request: Request, form: dict[str, str] | None = None) -> str:
    """Return the key that came with a request: as ``api_key``, or as a bearer token."""
    key = (form or {}).get("api_key") or request.query_params.get("api_key")
    told = request.headers.get("authorization", "")
    bearer = told[len(BEARER) :].strip() if told.lower().startswith(BEARER) else ""
    return key or bearer


def person_of(request: Request, key: str) -> Person:
    """
    Return whose key it is; the public without one.

    Raises
    ------
    ForbiddenError
        If the key is not good, or no longer.
    """
    if not key:
        return PUBLIC
    try:
        person = service_of(request).accounts.by_token(key)
    except SignInError:
        person = None
    if person is None:
        msg = "api_key is not good, or no longer."
        raise ForbiddenError(msg)
    return person


def require_key(request: Request, form: dict[str, str]) -> Person:
    """
    Return who hands in a request.

    Raises
    ------
    QueryError
        If no key came.
    ForbiddenError
        If it is not good, or its holder may not report.
    """
    key = given_key(request, form)
    if not key:
        msg = "{name} was not provided."
        raise QueryError(msg, name="api_key")
    person = person_of(request, key)
    access.require(person, "issue.report")
    return person


def moment(text: str, name: str, zone: Any) -> datetime:  # noqa: ANN401 - a tzinfo
    """
    Read a moment in the format of the W3C.

    Parameters
    ----------
    text
        ``2026-11-22T08:00:00+08:00`` or ``2026-11-22``.
    name
        Of the parameter.
    zone
        The city's, for a moment without one.

    Raises
    ------
    QueryError
        If it is none.
    """
    try:  # "+08:00" that was not escaped comes as " 08:00"
        found = datetime.fromisoformat(text.strip().replace(" ", "+"))
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        msg = "{name} is a moment such as 2026-11-22T08:00:00+08:00, not {text}."
        raise QueryError(msg, name=name, text=text[:40]) from None


def span(
    since: datetime | None, until: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """
    Return the time that a question is about.

    Parameters
    ----------
    since, until
        As they were asked; the last ninety days if both were left out.
    now
        The moment.

    Raises
    ------
    QueryError
        If they are more than ninety days apart, or the wrong way round.

    Examples
    --------
    >>> first = datetime(2026, 1, 1, tzinfo=UTC)
    >>> span(first, None, first + timedelta(days=200))[1] - first
    datetime.timedelta(days=90)
    """
    if since is None:
        until = until or now
        since = until - SPAN
    until = until or min(since + SPAN, max(now, since))
    if not timedelta(0) <= until - since <= SPAN:
        msg = "start_date and end_date span {days} days at most."
        raise QueryError(msg, days=SPAN.days)
    return since, until


def gettext_of(request: Request) -> Callable[[str], str]:
    """Return what translates a sentence for whoever asks."""
    return translator(language_of(request)).gettext
