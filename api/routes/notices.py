"""One's inbox: what one was told, and what of it was read."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from api.callers import CallerDep, permit
from api.deps import answer
from api.service import service_of
from geodata.notices import Notice, Notices

router = APIRouter(prefix="/notices", tags=["notices"], dependencies=[permit("self.manage")])


@router.get("")
def inbox(request: Request, asking: CallerDep) -> Response:
    """Return one's notices, the newest first."""
    found = notices_of(request).inbox(asking.person.person_id)
    return answer({"notices": [_told(one) for one in found]}, None)


@router.post("/read")
def read_all(request: Request, asking: CallerDep) -> Response:
    """Mark all of one's notices as read."""
    notices_of(request).read(asking.person.person_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/{notice_id}/read")
def read_one(notice_id: str, request: Request, asking: CallerDep) -> Response:
    """Mark one notice as read."""
    notices_of(request).read(asking.person.person_id, notice_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def notices_of(request: Request) -> Notices:
    """Return the inboxes of the register."""
    return Notices(service_of(request).workspaces.whole.store)


def _told(one: Notice) -> dict[str, object]:
    return {
        "notice_id": one.notice_id,
        "kind": one.kind,
        "text": one.template.format(**one.values),
        "link": one.link,
        "at": one.at.isoformat(),
        "read_at": None if one.read_at is None else one.read_at.isoformat(),
    }
