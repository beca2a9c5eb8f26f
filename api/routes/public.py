"""Citizens: reporting without an account, and asking by the receipt what became of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from api.callers import permit
from api.citizens import CitizensDep, language_of, roads_within, source_of, word_of
from api.deps import MEDIA_GEOJSON, answer
from api.frames import dump
from api.loop import Identifier, Moment, PicturesDep, PlaceBody, Words, answered
from api.orders import Body
from api.pages import box
from api.routes.photos import content_of
from api.sentences import QueryError
from api.service import service_of
from geodata.issues.intake import Report
from geodata.issues.services import services
from geodata.photos.serving import CONTENT_TYPE, headers
from gridmap.access import PUBLIC

router = APIRouter(prefix="/public", tags=["public"], dependencies=[permit("report.publicly")])
Code = Annotated[str, Field(max_length=40)]
FEW_MINUTES = "public, max-age=300"
WIDEST = 0.2  # degrees: a city at a glance, not a province


class NewReport(Body):
    """What a citizen reports."""

    report_id: Identifier
    category: Annotated[str, Field(min_length=1, max_length=100)]
    description: Words | None = None
    place: PlaceBody | None = None
    address: Annotated[str, Field(max_length=500)] | None = None
    reported_at: Moment | None = None

    def report(self) -> Report:
        """Return it as the use case takes it."""
        place = self.place
        return Report(
            category=self.category,
            description=self.description,
            address=self.address,
            place=place.point() if place else None,
            datum=place.datum if place else None,
            accuracy_m=place.accuracy_m if place else None,
            source=place.source if place else None,
            reported_at=self.reported_at,
        )


@router.get("/categories")
def categories(request: Request) -> Response:
    """Return the categories in which one may report, in the order of the city's scheme."""
    found = services(service_of(request).setting(PUBLIC)).values()
    told = [{"category": service.category, "group": service.group} for service in found]
    return _kept(told)


@router.get("/roads")
def roads(request: Request, bbox: Annotated[str, Query(max_length=200)]) -> Response:
    """Return the roads of a part of the city, to show where one is."""
    asked = box(bbox)
    if asked is None or max(asked[2] - asked[0], asked[3] - asked[1]) > WIDEST:
        msg = "Ask for {widest} degrees at once, not more."
        raise QueryError(msg, widest=WIDEST)
    body = {"type": "FeatureCollection", "features": roads_within(service_of(request), asked)}
    return _kept(body, MEDIA_GEOJSON)


@router.post("/reports")
def report(new: NewReport, citizens: CitizensDep, request: Request) -> Response:
    """Report an issue; the answer is its receipt, and the same report again has the same."""
    receipt = citizens.report(new.report_id, new.report(), source_of(request))
    told = {"receipt": receipt.code, "state": receipt.state}
    return answered(told, replayed=receipt.replayed)


@router.put("/reports/{receipt}/photos/{photo_id}")
async def add_photo(
    receipt: Code, photo_id: Identifier, citizens: CitizensDep, request: Request
) -> Response:
    """Keep a photo of a report: its bytes are the body; the same again is once."""
    content = await content_of(request)
    files = service_of(request).photos
    kept = await run_in_threadpool(citizens.add_photo, receipt, photo_id, content, files)
    told = {name: kept.answer[name] for name in ("photo_id", "sent", "width", "height")}
    return answered(told, replayed=not kept.is_new)


@router.get("/reports/{receipt}")
def status(receipt: Code, citizens: CitizensDep, request: Request) -> Response:
    """Say what became of a report: nothing of who reported it, nor of who acts upon it."""
    found = citizens.status(receipt)
    told = {
        "state": found.state,
        "words": word_of(found.state, language_of(request)),
        "category": found.category,
        "reported_at": found.reported_at.isoformat(),
        "updated_at": found.updated_at.isoformat(),
        "note": found.note,
    }
    return answer(told, None)


@router.get("/photos/{photo_id}")
def photo(photo_id: Identifier, pictures: PicturesDep) -> Response:
    """Return a photo of a published issue, as it was blurred for the public."""
    return Response(pictures.public(photo_id), media_type=CONTENT_TYPE, headers=headers(photo_id))


def _kept(body: object, media_type: str = "application/json") -> Response:
    """Answer what is the same for everybody."""
    return Response(dump(body), media_type=media_type, headers={"Cache-Control": FEW_MINUTES})
