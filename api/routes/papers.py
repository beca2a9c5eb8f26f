"""What is printed: unit cards, rosters and the sign-off sheet, as PDF."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.callers import permit, scopes_of
from api.deps import ContactsDep, ReportsDep, SettingsDep
from api.queries import Query as Asked
from geodata import printing
from geodata.paper import unit_cards
from geodata.reports import Reports
from gridmap.errors import NotFoundError

router = APIRouter(prefix="/papers", tags=["papers"], dependencies=[permit("paper.print")])
MEDIA_PDF = "application/pdf"
AT_ONCE = 5  # cards that are made while the request waits in this process


class PaperQuery(Asked):
    """Of which day a paper is, and in which language."""

    as_of: date | None = Field(default=None, description="The day; today in the city.")


class CardsQuery(PaperQuery):
    """Whose cards."""

    unit_id: list[str] | None = Field(
        default=None, description="Only these units; all in use that hold something if left out."
    )


class RosterQuery(PaperQuery):
    """Of which community."""

    community: str | None = Field(default=None, description="All of them if left out.")


class SignOffQuery(PaperQuery):
    """Of which part of the city."""

    division: str | None = Field(default=None, description="The whole city if left out.")


@router.get("/cards.pdf")
def cards(
    query: Annotated[CardsQuery, Query()],
    request: Request,
    reports: ReportsDep,
    settings: SettingsDep,
    contacts: ContactsDep,
) -> Response:
    """Return the cards of units: what each answers for, on a map and in lists, one page each."""
    _require(query.unit_id or (), reports.frame("units", query.as_of or reports.today()).index)
    asked: dict[str, Any] = {
        "unit_ids": query.unit_id,
        "as_of": query.as_of or reports.today(),
        "base_url": settings.base_url,
        "language": _language(request),
        "contacts": contacts,
    }
    if query.unit_id is not None and len(query.unit_id) <= AT_ONCE:
        return _pdf(unit_cards(reports, **asked), "cards")
    return _printed(reports, request, "cards", asked)


@router.get("/roster.pdf")
def roster(
    query: Annotated[RosterQuery, Query()],
    request: Request,
    reports: ReportsDep,
    contacts: ContactsDep,
) -> Response:
    """Return who answers for each grid of a community."""
    _require_division(query.community, reports, query.as_of)
    asked = {
        "community": query.community,
        "as_of": query.as_of or reports.today(),
        "language": _language(request),
        "contacts": contacts,
    }
    return _printed(reports, request, "roster", asked)


@router.get("/sign-off.pdf")
def sign_off(
    query: Annotated[SignOffQuery, Query()], request: Request, reports: ReportsDep
) -> Response:
    """Return what is uncovered, with room for who takes it and for a signature."""
    _require_division(query.division, reports, query.as_of)
    asked = {
        "division": query.division,
        "as_of": query.as_of or reports.today(),
        "language": _language(request),
    }
    return _printed(reports, request, "sign-off", asked)


def _require_division(code: str | None, reports: Reports, as_of: date | None) -> None:
    if code is not None:
        _require([code], reports.divisions(as_of or reports.today()).index)


def _require(keys: Collection[str], known: pd.Index) -> None:
    """Refuse here what the process that prints would only fail on."""
    if missing := [key for key in keys if key not in known]:
        msg = "There is no {key} in the register on that day."
        raise NotFoundError(msg, key=", ".join(missing[:5]))


def _printed(reports: Reports, request: Request, name: str, asked: dict[str, Any]) -> Response:
    return _pdf(printing.printed(reports, name, scopes_of(request), **asked), name)


def _pdf(content: bytes, name: str) -> Response:
    headers = {
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=MEDIA_PDF, headers=headers)


def _language(request: Request) -> str:
    return str(getattr(request.state, "language", request.app.state.settings.language))
