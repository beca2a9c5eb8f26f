"""What the desk's map draws, in the form of `gridmap.drawing.pack`."""

from __future__ import annotations

import gzip
import hashlib
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from api.callers import permit
from web.pages.shell import VisitDep

router = APIRouter(include_in_schema=False, dependencies=[permit("register.read")])
MEDIA = "application/octet-stream"
Part = Literal["grids", "things"]


@router.get("/desk/ground")
def ground(visit: VisitDep, part: Annotated[Part, Query()] = "grids") -> Response:
    """
    Return the ground of a day, or the roads, points and compounds on it.

    The tag is of the bytes, so a reader who has them is told so even if something else moved.
    """
    drawn = visit.reports.drawing(visit.as_of, part)
    tag = f'"{hashlib.sha256(drawn).hexdigest()[:24]}"'
    asked = visit.request.headers
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Cookie"}
    if tag in [name.strip() for name in asked.get("if-none-match", "").split(",")]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if "gzip" not in asked.get("accept-encoding", ""):
        return Response(gzip.decompress(drawn), media_type=MEDIA, headers=headers)
    return Response(drawn, media_type=MEDIA, headers=headers | {"Content-Encoding": "gzip"})
