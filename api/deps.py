"""What routes are given: the reports, the day, and whether the reader has the answer already."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from starlette.datastructures import URL

import gridmap
from api.callers import may, scopes_of
from api.frames import dump
from api.queries import DayQuery
from api.service import service_of
from api.settings import Settings
from geodata.reports import Reports
from gridmap.access import CITY

VARY = "Accept-Language, Cookie, Authorization"
MEDIA_JSON = "application/json"
MEDIA_GEOJSON = "application/geo+json"


class NotModified(Exception):  # noqa: N818 - it is an answer, not an error
    """The reader has this answer already."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


def settings(request: Request) -> Settings:
    """Return the settings the application was made with."""
    return service_of(request).settings


def reports(request: Request) -> Reports:
    """Return the use cases that read, for the part of the city in which the caller may."""
    return service_of(request).reports(scopes_of(request))


def shows_contacts(request: Request) -> bool:
    """Say whether the caller may see phone numbers wherever they may read."""
    allowed = may(request, "contact.read")
    return CITY in allowed or set(scopes_of(request)) <= set(allowed)


SettingsDep = Annotated[Settings, Depends(settings)]
ReportsDep = Annotated[Reports, Depends(reports)]
ContactsDep = Annotated[bool, Depends(shows_contacts)]


def tag(request: Request, reading: ReportsDep) -> str:
    """
    Return the tag of an answer, worked out before the answer is.

    Every answer is a function of the address, of the layers' versions, of the program, of the day
    and of what the caller may see, so these make its tag.

    Raises
    ------
    NotModified
        If the reader named this tag.
    """
    versions = sorted(reading.versions().items())
    language = str(getattr(request.state, "language", ""))
    seen = [f"{scope.kind}:{scope.key}" for scope in scopes_of(request)]
    seen.append(str(shows_contacts(request)))
    made_of = [str(request.url), versions, gridmap.__version__, reading.today(), language, seen]
    made = f'W/"{hashlib.sha256(dump(made_of)).hexdigest()[:24]}"'
    if made in [part.strip() for part in request.headers.get("if-none-match", "").split(",")]:
        raise NotModified(made)
    return made


TagDep = Annotated[str, Depends(tag)]


def day(query: DayQuery, reading: Reports) -> date:
    """Return the day a question is about."""
    return query.as_of or reading.today()


def answer(body: object, made: str | None, media_type: str = MEDIA_JSON) -> Response:
    """Return an answer; with a tag the reader may keep it, and ask whether it still holds."""
    headers = {"Cache-Control": "no-store"}
    if made is not None:
        headers = {"ETag": made, "Cache-Control": "private, no-cache", "Vary": VARY}
    return Response(dump(body), media_type=media_type, headers=headers)


def next_page(url: URL, cursor: str | None) -> str | None:
    """Return the address of the page that follows."""
    return None if cursor is None else str(url.include_query_params(cursor=cursor))


def add_not_modified(app: FastAPI) -> None:
    """Answer 304 where the reader has the answer already."""

    @app.exception_handler(NotModified)
    def unchanged(_: Request, kept: NotModified) -> Response:
        headers = {"ETag": kept.tag, "Cache-Control": "private, no-cache"}
        return Response(status_code=304, headers=headers)
