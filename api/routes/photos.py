"""Photos: handed in apart from their report, shown to who may see it, blurred for the public."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect

from api.callers import permit
from api.deps import answer
from api.frames import Datum
from api.loop import Identifier, Moment, PicturesDep, answered, point_of
from api.orders import Body
from geodata.errors import LimitError, UnreadableError
from geodata.issues.pictures import Kept, Sent
from geodata.photos.reading import LIMITS
from geodata.photos.serving import CONTENT_TYPE, headers
from gridmap.errors import InvalidError

router = APIRouter(tags=["photos"])
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class PhotoQuery(BaseModel):
    """What is told of a photo besides its bytes."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["before", "after", "near", "far", "other"] = "before"
    lon: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    datum: Datum = "wgs84"
    at: Moment | None = Field(default=None, description="When it was taken; EXIF goes before.")
    lang: str | None = None

    def sent(self, photo_id: str, content: bytes) -> Sent:
        """Return it as the use case takes it."""
        if (self.lon is None) != (self.lat is None):
            msg = "A position needs longitude and latitude."
            raise InvalidError(msg)
        place = None
        if self.lon is not None and self.lat is not None:
            place = point_of(self.lon, self.lat, self.datum)
        return Sent(photo_id, content, self.kind, place, self.at)


class Boxes(Body):
    """What of a photo is blurred: left, top, right, bottom, as shares of its width and height."""

    boxes: Annotated[list[tuple[Share, Share, Share, Share]], Field(max_length=100)]


async def content_of(request: Request) -> bytes:
    """
    Return the bytes of a photo; what is too large is not read to its end.

    Raises
    ------
    LimitError
        If it has more bytes than a photo may have.
    UnreadableError
        If it is cut short on its way.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit():
        _require_size(int(declared))
    pieces, size = [], 0
    try:
        async for piece in request.stream():
            size += len(piece)
            _require_size(size)
            pieces.append(piece)
    except ClientDisconnect:
        msg = "The photo is broken or was cut short on its way; please send it again."
        raise UnreadableError(msg) from None
    return b"".join(pieces)


@router.put("/issues/{issue_id}/photos/{photo_id}", dependencies=[permit("issue.note")])
async def add(
    issue_id: str,
    photo_id: Identifier,
    query: Annotated[PhotoQuery, Query()],
    request: Request,
    pictures: PicturesDep,
) -> Response:
    """Keep a photo of an issue: its bytes are the body; the same again is once."""
    content = await content_of(request)
    kept = await run_in_threadpool(pictures.add_to_issue, issue_id, query.sent(photo_id, content))
    return told(kept)


@router.get("/photos/{photo_id}", dependencies=[permit("issue.read")])
def show(
    photo_id: Identifier, pictures: PicturesDep, size: Literal["full", "thumb"] = "full"
) -> Response:
    """Return a photo, to who may see what it shows."""
    content = pictures.content(photo_id, thumb=size == "thumb")
    return Response(content, media_type=CONTENT_TYPE, headers=headers(photo_id))


@router.post("/photos/{photo_id}/redactions", dependencies=[permit("photo.redact")])
def blur(photo_id: Identifier, asked: Boxes, pictures: PicturesDep) -> Response:
    """Make the version of a photo that may be published, with parts of it blurred."""
    pictures.publish(photo_id, asked.boxes)
    return answer({"photo_id": photo_id}, None)


def told(kept: Kept) -> Response:
    """Answer with what became of a photo."""
    return answered(kept.answer, replayed=not kept.is_new, status=HTTPStatus.CREATED)


def _require_size(size: int) -> None:
    if size > LIMITS.file_bytes:
        msg = "A photo may have {megabytes} MB."
        raise LimitError(msg, megabytes=LIMITS.file_bytes >> 20)
