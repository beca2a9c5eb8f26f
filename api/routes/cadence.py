"""The cadence of the city's work: what is due when, and the material that is asked of units."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import APIRouter, Depends, Request, Response, UploadFile
from fastapi import Query as InQuery
from fastapi.responses import FileResponse
from pydantic import Field

from api.callers import CallerDep, permit
from api.deps import answer
from api.frames import dump, records
from api.orders import Body, Key, Note
from api.queries import Query
from api.routes.documents import HEADERS, DocumentsDep
from api.service import service_of
from geodata.cadence import Cadence
from geodata.documents import name_of
from gridmap.errors import NotFoundError
from gridmap.materials import Act

router = APIRouter(tags=["cadence"])
READS = [permit("material.read")]
USUAL_DAYS = timedelta(days=30)


class DueQuery(Query):
    """Between which days."""

    since: date | None = Field(default=None, description="First day; today if left out.")
    until: date | None = Field(default=None, description="Last day; thirty days later.")


class MaterialsQuery(Query):
    """Which material."""

    month: date | None = Field(default=None, description="The first day of its month.")


class CadenceBody(Body):
    """What is due on which workday."""

    cadence_id: Key
    name: Key
    beat: Literal["daily", "weekly", "monthly"]
    workday: Annotated[int, Field(ge=-23, le=23, strict=True)]
    kind: Literal["inspect", "rectify", "prompt", "collect", "review", "bulletin"]
    roles: Annotated[list[Key], Field(min_length=1, max_length=10)]


class NewCadences(Body):
    """All cadences of the city."""

    cadences: Annotated[list[CadenceBody], Field(min_length=1, max_length=100)]


class SlotBody(Body):
    """Material asked of a unit."""

    slot_id: Key
    edition: Key
    month: date
    name: Key
    sort: Literal["report", "pictures"]
    wanted: Annotated[int, Field(ge=1, le=10_000, strict=True)]
    unit_id: Key
    due: date
    position: Annotated[int, Field(ge=0, strict=True)] | None = None
    note: Note | None = None


class NewSlots(Body):
    """Material asked of units."""

    slots: Annotated[list[SlotBody], Field(min_length=1, max_length=1000)]


class StepBody(Body):
    """What is done with material."""

    act: Literal["submit", "return", "accept", "withdraw"]
    given: Annotated[int, Field(ge=1, le=10_000, strict=True)] | None = None
    reason: Note | None = None
    documents: Annotated[list[Key], Field(max_length=200)] = Field(default_factory=list)


def cadence(request: Request, asking: CallerDep) -> Cadence:
    """Return the cadence as the caller sees it."""
    service = service_of(request)
    return Cadence(service.workspaces, asking.person, service.calendar, service.today())


CadenceDep = Annotated[Cadence, Depends(cadence)]


@router.get("/cadences", dependencies=READS)
def list_cadences(book: CadenceDep) -> Response:
    """Return the cadences in use, the usual ones where the city has set none."""
    return answer({"cadences": records(book.listed().reset_index())}, None)


@router.get("/cadences/due", dependencies=READS)
def list_due(query: Annotated[DueQuery, InQuery()], book: CadenceDep, request: Request) -> Response:
    """Return what is due on which day, among workdays."""
    first = query.since or service_of(request).today()
    last = query.until or first + USUAL_DAYS
    return answer({"due": records(book.due(first, last))}, None)


@router.post("/cadences", dependencies=[permit("cadence.write")])
def set_cadences(new: NewCadences, book: CadenceDep) -> Response:
    """Set the cadences of the city; those left out are no longer active."""
    rows = [one.model_dump() | {"roles": ",".join(one.roles)} for one in new.cadences]
    return answer({"entry": book.set(pd.DataFrame(rows))}, None)


@router.get("/materials", dependencies=READS)
def list_materials(query: Annotated[MaterialsQuery, InQuery()], book: CadenceDep) -> Response:
    """Return the material that is asked for, and how far each is."""
    return answer({"materials": records(book.materials(query.month).reset_index())}, None)


@router.post("/materials", status_code=HTTPStatus.CREATED, dependencies=[permit("material.write")])
def ask(new: NewSlots, book: CadenceDep) -> Response:
    """Ask units for material."""
    entry = book.ask(pd.DataFrame([slot.model_dump() for slot in new.slots]))
    return _written({"entry": entry, "slots": len(new.slots)}, HTTPStatus.CREATED)


@router.get("/materials/{slot_id}", dependencies=READS)
def history(slot_id: str, book: CadenceDep) -> Response:
    """Return how far material is, and every step that was taken with it."""
    found = book.materials()
    if slot_id not in found.index:
        raise _unknown(slot_id)
    (told,) = records(found.loc[[slot_id]].reset_index())
    steps = records(book.history(slot_id).reset_index())
    return answer({**told, "steps": steps}, None)


@router.post("/materials/{slot_id}/steps", dependencies=[permit("material.submit")])
def submit(slot_id: str, step: StepBody, book: CadenceDep, kept: DocumentsDep) -> Response:
    """Hand in or withdraw; accepting and returning needs the right to review."""
    for key in step.documents:
        if kept.find(key) is None:
            msg = "There is no document {document}."
            raise NotFoundError(msg, document=key[:64])
    act = Act(slot_id, step.act, step.given, step.reason, tuple(step.documents))
    done = book.step(act)
    return _written({"entry": done.entry, "state": done.slot["state"]}, HTTPStatus.OK)


@router.post(
    "/materials/{slot_id}/documents",
    status_code=HTTPStatus.CREATED,
    dependencies=[permit("material.submit")],
)
def hand_in(slot_id: str, file: UploadFile, book: CadenceDep, kept: DocumentsDep) -> Response:
    """Keep a document to be handed in: PDF, JPEG or PNG by its content, 20 MB at most."""
    if slot_id not in book.materials().index:
        raise _unknown(slot_id)
    document = kept.keep(file.file)
    told = {"document": document.key, "name": file.filename or "", "bytes": document.size}
    return _written(told, HTTPStatus.CREATED)


@router.get("/materials/{slot_id}/documents/{key}", dependencies=READS)
def hand_out(slot_id: str, key: str, book: CadenceDep, kept: DocumentsDep) -> Response:
    """Return a document that was handed in, to those who see the slot."""
    steps = book.history(slot_id)["details"].dropna()
    handed = {one for details in steps for one in details.split(",")}
    document = kept.find(key) if key in handed else None
    if document is None:
        msg = "There is no document {document}."
        raise NotFoundError(msg, document=key[:64])
    return FileResponse(
        document.path,
        headers=HEADERS,
        media_type=document.kind.media_type,
        filename=name_of("", document),
    )


def _unknown(slot_id: str) -> NotFoundError:
    msg = "There is no material {slot_id}."
    return NotFoundError(msg, slot_id=slot_id[:80])


def _written(told: dict[str, Any], status: int) -> Response:
    headers = {"ETag": f'"{told["entry"]}"'} if "entry" in told else {}
    headers["Cache-Control"] = "no-store"
    return Response(dump(told), status, headers, media_type="application/json")
