"""Checklists of inspection points: those in use, and new editions."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

import pandas as pd
from fastapi import APIRouter, Depends, Request, Response
from fastapi import Query as InQuery
from pydantic import ConfigDict, Field

from api.callers import CallerDep, permit
from api.deps import answer
from api.frames import dump, records
from api.orders import Body, Key, Note
from api.queries import Query
from api.service import service_of
from geodata.checklists import Checklists

router = APIRouter(prefix="/checklists", tags=["checklists"])
Number = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False, strict=True)]


class ChecklistsQuery(Query):
    """Which checklists."""

    category: str | None = Field(
        default=None, max_length=200, description="Of inspection points; all if left out."
    )


class Item(Body):
    """What is looked at."""

    item_id: Key
    edition: Key
    category: Key
    item: Note
    check: Literal["yes_no", "count", "share"]
    least: Number | None = None
    weight: Number
    position: Annotated[int, Field(ge=0, le=10_000, strict=True)]


class NewItems(Body):
    """Editions that are to be published, each with all of its items."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "items": [
                    {
                        "item_id": "2026-market-1",
                        "edition": "2026",
                        "category": "market",
                        "item": "门前无垃圾积存",
                        "check": "yes_no",
                        "weight": 10,
                        "position": 1,
                    }
                ]
            }
        }
    )

    items: Annotated[list[Item], Field(min_length=1, max_length=10_000)]


def checklists(request: Request, asking: CallerDep) -> Checklists:
    """Return the checklists of the city, in the caller's name."""
    service = service_of(request)
    return Checklists(service.workspaces.whole, asking.person, service.today())


ChecklistsDep = Annotated[Checklists, Depends(checklists)]


@router.get("", dependencies=[permit("standard.read")])
def list_items(query: Annotated[ChecklistsQuery, InQuery()], kept: ChecklistsDep) -> Response:
    """Return the items of the checklists in use, by category and position."""
    return answer({"items": records(kept.listed(query.category).reset_index())}, None)


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[permit("standard.write")])
def publish(new: NewItems, kept: ChecklistsDep) -> Response:
    """Publish editions of checklists; what is published is never changed."""
    entry = kept.publish(pd.DataFrame([item.model_dump() for item in new.items]))
    headers = {"ETag": f'"{entry}"', "Cache-Control": "no-store"}
    body = dump({"entry": entry, "items": len(new.items)})
    return Response(body, HTTPStatus.CREATED, headers, media_type="application/json")
