"""The whole service: what `api.main` serves, and the pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from web.pages import (
    asking,
    beats,
    board,
    board_acts,
    board_groups,
    board_plan,
    board_views,
    bulletins,
    cadence,
    calendar,
    charts,
    claims,
    comparison,
    conditions,
    coverage,
    desk,
    duty_lists,
    emerging,
    evaluation,
    field,
    ground,
    here,
    hotline,
    hotspots,
    inbox,
    inspection,
    issue,
    issue_views,
    issues,
    journal,
    leaders,
    leaders_maps,
    me,
    oidc,
    overview,
    papers,
    patrols,
    people,
    plans,
    ranking,
    ranking_formula,
    recurrence,
    register,
    report,
    review,
    road_spots,
    runs,
    sign_in,
    tasks,
    tiers,
    totals,
)
from web.pages.errors import add_error_pages
from web.security import SecurityHeaders

if TYPE_CHECKING:
    from api.settings import Settings

PAGES = (
    overview,
    desk,
    ground,
    register,
    coverage,
    hotspots,
    emerging,
    comparison,
    here,
    sign_in,
    oidc,
    me,
    people,
    claims,
    journal,
    plans,
    tiers,
    papers,
    totals,
    issues,
    issue,
    issue_views,
    conditions,
    calendar,
    tasks,
    hotline,
    review,
    inspection,
    field,
    report,
    road_spots,
    runs,
    cadence,
    beats,
    asking,
    duty_lists,
    inbox,
    recurrence,
    patrols,
    leaders,
    leaders_maps,
    charts,
    bulletins,
    evaluation,
    ranking,
    ranking_formula,
    board,
    board_acts,
    board_groups,
    board_views,
    board_plan,
)
STATIC = Path(__file__).with_name("static")


def create_app(settings: Settings) -> FastAPI:
    """
    Return the whole service.

    Parameters
    ----------
    settings
        Where the register is, and how the service behaves.
    """
    from api.main import create_app as without_pages  # noqa: PLC0415 - needs the store

    app = without_pages(settings)
    add_pages(app)
    return app


def add_pages(app: FastAPI) -> None:
    """
    Add pages, maps and static files to an application.

    Parameters
    ----------
    app
        Its state holds ``reports`` and ``settings``.
    """
    for module in PAGES:
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    add_error_pages(app)
    app.add_middleware(SecurityHeaders)
