"""When the city works: the days that it announces, and what they do to deadlines."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from api.callers import caller, permit
from api.deps import TagDep, answer
from api.frames import records
from api.orders import Body
from api.queries import Query as Asked
from api.service import service_of
from geodata.calendars import read_hours
from geodata.city_days import Announced, CityDays
from geodata.day_sheet import spread

router = APIRouter(prefix="/calendar", tags=["calendar"])
SHOWN = ["day", "works", "whole_year", "note"]


class AnnounceQuery(Asked):
    """Whether it is only looked at."""

    preview: bool = Field(default=False, description="Say what would move, and change nothing.")


class DaysBody(Body):
    """One day, or days that follow each other."""

    day: str = Field(max_length=40, description="2027-02-05.")
    until: str | None = Field(default=None, max_length=40, description="The last of several.")
    works: bool = Field(description="Whether it is worked.")
    note: str | None = Field(default=None, max_length=200, description="Under which notice.")


class AnnounceBody(Body):
    """What the city announces."""

    days: Annotated[list[DaysBody], Field(min_length=1, max_length=400)]
    year: int | None = Field(
        default=None, ge=2000, le=2100, description="Of which it is the whole announcement."
    )
    source: str = Field(default="", max_length=200)


def city_days(request: Request) -> CityDays:
    """Return the use cases of the city's own days, in the caller's name."""
    service = service_of(request)
    store, hours = service.workspaces.whole.store, read_hours(service.hours)
    return CityDays(store, caller(request).person, service.zone, hours)


CityDaysDep = Annotated[CityDays, Depends(city_days)]


@router.get("", dependencies=[permit("standard.read")])
def calendar(book: CityDaysDep, tag: TagDep) -> Response:
    """Return the days that the city has announced, and until when holidays are known."""
    until = book.calendar().known_until
    return answer({"known_until": until, "days": records(book.listed()[SHOWN])}, tag)


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[permit("standard.write")])
def announce(
    query: Annotated[AnnounceQuery, Query()], body: AnnounceBody, book: CityDaysDep
) -> Response:
    """Announce days off and make-up workdays, and move the deadlines that count them."""
    days = spread(
        pd.DataFrame([one.model_dump() for one in body.days]).assign(
            works=[("否", "是")[one.works] for one in body.days]
        )
    )
    if query.preview:
        return answer(told(book.preview(days, body.year)), None)
    made = answer(told(book.announce(days, body.year, body.source)), None)
    made.status_code = HTTPStatus.CREATED
    return made


def told(done: Announced) -> dict[str, Any]:
    """
    Return what an announcement does, as it goes over the wire.

    Parameters
    ----------
    done
        The announcement.
    """
    return {
        "entry": done.entry,
        "days": records(done.days[SHOWN]),
        "withdrawn": done.withdrawn,
        "moved": records(done.moves),
        "untold": done.untold,
        "known_until": done.known_until,
    }
