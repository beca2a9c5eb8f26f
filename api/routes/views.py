"""Saved views: questions to the ledger that somebody keeps for themselves."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from api.callers import permit
from api.deps import answer
from api.loop import NO_NUL, SettingDep, answered
from api.orders import Body
from geodata.views import LONGEST_NAME, LONGEST_QUERY, Views

router = APIRouter(prefix="/views", tags=["issues"], dependencies=[permit("issue.read")])


class NewView(Body):
    """A question, and what it is called."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=NO_NUL)]
    query: Annotated[str, Field(max_length=LONGEST_QUERY, pattern=NO_NUL)]


@router.get("")
def views(setting: SettingDep) -> Response:
    """List one's own views."""
    found = Views(setting.store, setting.person).listed()
    return answer({"views": [asdict(view) for view in found]}, None)


@router.post("")
def save(new: NewView, setting: SettingDep) -> Response:
    """Save a view; one of that name is replaced."""
    view = Views(setting.store, setting.person).save(new.name, new.query)
    return answered(asdict(view), replayed=False)


@router.delete("/{view_id}", status_code=HTTPStatus.NO_CONTENT)
def remove(view_id: str, setting: SettingDep) -> Response:
    """Remove one of one's own views."""
    Views(setting.store, setting.person).remove(view_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)
