"""The service without its pages."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import gridmap
from api.deps import add_not_modified
from api.errors import add_handlers, problem
from api.i18n import LanguageMiddleware
from api.routes import (
    assignments,
    boards,
    bulletins,
    cadence,
    calendar,
    charts,
    checklists,
    claims,
    comparison,
    conditions,
    coverage,
    description,
    desk,
    documents,
    emerging,
    evaluation,
    field,
    forms,
    health,
    hotspots,
    issues,
    jobs,
    journal,
    leaders,
    locate,
    mends,
    notices,
    open311,
    papers,
    patrols,
    photos,
    plans,
    public,
    rankings,
    recurrences,
    register,
    road_rules,
    road_spots,
    roads,
    rounds,
    runs,
    tiers,
    tokens,
    totals,
    views,
    wall_map,
)
from api.service import Service
from api.settings import Settings
from geodata.accounts import AccountRules, Accounts
from geodata.calendars import read_hours
from geodata.database import connect
from geodata.kept import shelf
from geodata.photos.store import PhotoFiles
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.worker import Worker
from geodata.workspace import Workspace

API = (
    locate,
    mends,
    register,
    coverage,
    hotspots,
    emerging,
    comparison,
    desk,
    assignments,
    roads,
    tokens,
    plans,
    runs,
    tiers,
    claims,
    documents,
    jobs,
    journal,
    description,
    papers,
    totals,
    forms,
    issues,
    photos,
    views,
    wall_map,
    field,
    patrols,
    recurrences,
    conditions,
    calendar,
    cadence,
    notices,
    checklists,
    road_rules,
    road_spots,
    rounds,
    public,
    leaders,
    charts,
    bulletins,
    boards,
    evaluation,
    rankings,
)
BESIDE = (open311, health)
"""Routes whose addresses are not ours to choose."""
DESCRIPTION = """
The spatial register with which a city runs its responsibility grid. Answers are GeoJSON where they
have a place, in WGS 84 unless `datum` asks for GCJ-02 or BD-09; every answer about responsibility
takes `as_of`; errors are `application/problem+json`.
"""


class BodyLimit:
    """
    Refuse a request that sends more than it may, before it is read whole.

    Parameters
    ----------
    app
        What is protected.
    limit
        Bytes.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self.limit:
            await self._refuse(scope, receive, send)
            return
        read, answered = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                raise _TooLargeError
            return message

        async def watched(message: Message) -> None:
            nonlocal answered
            if read <= self.limit:  # what the application says of a body cut short is of no use
                answered = True
                await send(message)

        with suppress(_TooLargeError):
            await self.app(scope, counted, watched)
        if read > self.limit and not answered:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"A request may send {self.limit} bytes."
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        await problem(status, "too-large", detail, scope["path"])(scope, receive, send)


class _TooLargeError(Exception):
    """More was sent than may be."""


def create_app(settings: Settings) -> FastAPI:
    """
    Return the service without its pages.

    Parameters
    ----------
    settings
        Where the register is, and how the service behaves.

    Raises
    ------
    geodata.errors.SchemaError
        If the register's tables are not those of this version.
    """
    app = FastAPI(
        title="gridmap",
        version=gridmap.__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.settings = settings
    app.state.service = _service(settings)
    for routes in API:
        app.include_router(routes.router, prefix="/api/v1")
    for routes in BESIDE:
        app.include_router(routes.router)
    add_handlers(app)
    add_not_modified(app)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=6)
    app.add_middleware(LanguageMiddleware, default=settings.language)
    app.add_middleware(BodyLimit, limit=settings.body_limit)
    return app


def _service(settings: Settings) -> Service:
    zone = ZoneInfo(settings.time_zone)

    def today() -> date:
        return datetime.now(UTC).astimezone(zone).date()

    read_hours(settings.working_hours)  # what cannot be read is refused now, not at a request
    store = Store(connect(settings.database_url))
    rules = AccountRules(
        idle=timedelta(minutes=settings.idle_minutes),
        longest=timedelta(hours=settings.session_hours),
    )
    kept = shelf(settings.results_folder, store, settings.results_megabytes)
    return Service(
        settings=settings,
        workspaces=Workspaces(Workspace(store, kept)),
        accounts=Accounts(store, rules),
        today=today,
        zone=zone,
        hours=settings.working_hours,
        photos=PhotoFiles(settings.photos_url),
        worker=None if kept is None else Worker(store, kept),
    )
