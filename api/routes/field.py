"""The phone: the pack for a day without a network, the session, visits of inspection points."""

from __future__ import annotations

import hashlib
import math
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, StrictBool

from api.callers import CallerDep, csrf_of, permit
from api.deps import answer
from api.frames import dump
from api.loop import Identifier, Moment, PicturesDep, PlaceBody, SettingDep, Words, answered
from api.orders import Body, Key
from api.routes.photos import PhotoQuery, content_of, told
from api.service import service_of
from geodata.checklists import Checklists, PointVisit
from geodata.errors import SignInError
from geodata.field import Packs
from gridmap.errors import ForbiddenError

router = APIRouter(tags=["field"])
Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
Given = StrictBool | Number | None


class NewVisit(Body):
    """What somebody found at an inspection point."""

    visit_id: Identifier
    point_id: Key
    unit_id: Key
    at: Moment
    answers: Annotated[dict[str, Given], Field(max_length=200)]
    edition: Key | None = None
    patrol_id: Identifier | None = None
    place: PlaceBody | None = None
    note: Words | None = None

    def visit(self) -> PointVisit:
        """Return it as the use case takes it."""
        point = self.place.point() if self.place else None
        return PointVisit(
            visit_id=self.visit_id,
            point_id=self.point_id,
            unit_id=self.unit_id,
            at=self.at,
            answers=self.answers,
            lon=None if point is None else point.x,
            lat=None if point is None else point.y,
            patrol_id=self.patrol_id,
            edition=self.edition,
            note=self.note,
        )


def checklists_of(setting: SettingDep, request: Request) -> Checklists:
    """Return the checklists, and what the caller finds with them."""
    return Checklists(setting.whole, setting.person, service_of(request).today())


ChecklistsDep = Annotated[Checklists, Depends(checklists_of)]


@router.get("/field/pack", dependencies=[permit("field.read")])
def pack(setting: SettingDep, request: Request) -> Response:
    """Return all that a phone needs for a day without a network."""
    body = dump(Packs(setting).pack())
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


@router.get("/field/session", dependencies=[permit("self.manage")])
def session(request: Request, asking: CallerDep) -> Response:
    """Say who has signed in, to a page that was opened from what the phone keeps."""
    if not asking.known:
        msg = "Sign in first."
        raise SignInError(msg)
    person = asking.person
    told = {"person_id": person.person_id, "name": person.name, "csrf": csrf_of(request)}
    made = answer(told, None)
    made.headers["Cache-Control"] = "no-store"
    return made


@router.post("/visits", dependencies=[permit("field.write")])
def visit(new: NewVisit, setting: SettingDep, checklists: ChecklistsDep) -> Response:
    """Keep what was found at an inspection point; the same again is once."""
    units = setting.person.units
    if units and new.unit_id not in units:
        msg = "You do not speak for the unit {unit_id}."
        raise ForbiddenError(msg, unit_id=new.unit_id[:80])
    made = checklists.record(new.visit())
    row = made.visit.iloc[0]
    told = {
        "visit_id": new.visit_id,
        "score": _number(row["score"]),
        "out_of": _number(row["out_of"]),
        "distance_m": _number(row["distance_m"]),
    }
    return answered(told, replayed=made.entry is None)


@router.put("/visits/{visit_id}/photos/{photo_id}", dependencies=[permit("field.write")])
async def add_photo(
    visit_id: Identifier,
    photo_id: Identifier,
    query: Annotated[PhotoQuery, Query()],
    request: Request,
    checklists: ChecklistsDep,
    pictures: PicturesDep,
) -> Response:
    """Keep a photo of a visit: its bytes are the body; the same again is once."""
    content = await content_of(request)

    def keep() -> Response:
        place = checklists.place_of(visit_id)
        return told(pictures.add("visit", visit_id, place, query.sent(photo_id, content)))

    return await run_in_threadpool(keep)


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)
