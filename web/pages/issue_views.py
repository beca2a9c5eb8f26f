"""Views of the ledger that somebody saved: questions under a name of their own."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from api.callers import permit
from geodata.issues.setting import Setting
from geodata.views import Views
from web.pages.issue_rows import setting_of
from web.pages.shell import VisitDep

router = APIRouter(include_in_schema=False, dependencies=[permit("issue.read")])
Query = Annotated[str, Form(max_length=2000)]


def views_of(setting: Setting, kept: Mapping[str, object]) -> list[dict[str, Any]]:
    """
    Return somebody's views.

    Parameters
    ----------
    setting
        Whose.
    kept
        The filters that are in use: the view that has just these is the current one.

    Returns
    -------
    list of dict
        ``view_id``, ``name``, ``query``, ``current``.
    """
    now = urlencode(dict(kept))
    return [
        {
            "view_id": view.view_id,
            "name": view.name,
            "query": view.query,
            "current": view.query == now,
        }
        for view in Views(setting.store, setting.person).listed()
    ]


@router.post("/issues/views")
def save(visit: VisitDep, name: Annotated[str, Form(max_length=60)], query: Query = "") -> Response:
    """Save the filters that are in use under a name."""
    setting = setting_of(visit)
    kept = told(query)
    Views(setting.store, setting.person).save(name, kept)
    return back(kept)


@router.post("/issues/views/{view_id}/delete")
def delete(visit: VisitDep, view_id: str, query: Query = "") -> Response:
    """Delete a view."""
    setting = setting_of(visit)
    Views(setting.store, setting.person).remove(view_id)
    return back(told(query))


def told(query: str) -> str:
    """Return a query as an address writes it, whatever was sent."""
    return urlencode(parse_qsl(query))


def back(query: str) -> Response:
    """Return to the ledger with the same filters."""
    return RedirectResponse(f"/issues?{query}", status_code=HTTPStatus.SEE_OTHER)
