"""Patrols: what units have to walk on a day, what they have walked, and who has not."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from api import queries
from api.callers import permit
from api.deps import answer
from api.frames import features, records
from api.loop import Identifier, Moment, SettingDep, answered
from api.orders import Body, Key
from geodata.patrols import MOST_FIXES, Patrols, Sent
from geodata.reports.beats import Beat

router = APIRouter(prefix="/patrols", tags=["patrols"])
READS = [permit("patrol.read")]
WRITES = [permit("field.write")]
Accuracy = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False, strict=True)]


class PatrolsQuery(queries.Query):
    """Of which day, and whose."""

    day: date | None = Field(default=None, description="Today in the city if left out.")
    unit_id: str | None = Field(default=None, max_length=200)


class MissingQuery(queries.Query):
    """Of which day."""

    day: date | None = Field(default=None, description="Today in the city if left out.")


class NewPatrol(Body):
    """A patrol that has ended."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "patrol_id": "3f0c0a52-5b0e-4a53-9c1e-6f5d2b0e7a11",
                "unit_id": "u1",
                "started_at": "2026-07-01T01:00:00Z",
                "ended_at": "2026-07-01T02:10:00Z",
                "track": [[122.5386, 52.9721, "2026-07-01T01:00:05Z", 6.0]],
                "ticked": ["m1"],
            }
        }
    )

    patrol_id: Identifier
    unit_id: Key
    started_at: Moment
    ended_at: Moment
    track: Annotated[
        list[tuple[queries.StrictLongitude, queries.StrictLatitude, Moment, Accuracy]],
        Field(
            max_length=MOST_FIXES,
            description="Longitude, latitude (WGS 84), moment, accuracy in metres of each fix.",
        ),
    ]
    ticked: Annotated[list[Key], Field(max_length=1000)] = Field(
        default_factory=list, description="Inspection points that were ticked by hand."
    )

    def sent(self) -> Sent:
        """Return it as the use case takes it."""
        return Sent(
            self.patrol_id,
            self.unit_id,
            self.started_at,
            self.ended_at,
            tuple(self.track),
            tuple(self.ticked),
        )


def patrols(setting: SettingDep) -> Patrols:
    """Return the patrols, as the caller may see and send them."""
    return Patrols(setting)


PatrolsDep = Annotated[Patrols, Depends(patrols)]


@router.get("", dependencies=READS)
def list_patrols(query: Annotated[PatrolsQuery, Query()], book: PatrolsDep) -> Response:
    """Return the patrols of a day, the latest first: what was walked, and what was missed."""
    day = query.day or book.today
    found = records(book.listed(day, query.unit_id))
    return answer({"day": day, "patrols": found}, None)


@router.get("/due", dependencies=READS)
def list_due(query: Annotated[PatrolsQuery, Query()], book: PatrolsDep) -> Response:
    """Return what is due on a day and what is done of it; of one unit with roads and points."""
    day = query.day or book.today
    due = book.due(day)
    body: dict[str, Any] = {"day": day, "is_workday": book.is_workday(day)}
    if query.unit_id is not None:
        body |= _drawn(book.beat(query.unit_id, day))
        due = due[due["unit_id"] == query.unit_id]
    return answer({**body, "due": records(due)}, None)


@router.get("/missing", dependencies=READS)
def list_missing(query: Annotated[MissingQuery, Query()], book: PatrolsDep) -> Response:
    """Return the units whose patrol of a day is due and that nobody has walked yet."""
    day = query.day or book.today
    found = records(book.missing(day))
    body = {"day": day, "is_workday": book.is_workday(day), "missing": found}
    return answer(body, None)


@router.get("/{patrol_id}/track", dependencies=READS)
def read_track(patrol_id: str, book: PatrolsDep) -> Response:
    """Return where somebody walked; if an office reads it, the journal tells."""
    return answer({"patrol_id": patrol_id, "track": book.track(patrol_id)}, None)


@router.post("", status_code=HTTPStatus.CREATED, dependencies=WRITES)
def send_patrol(new: NewPatrol, book: PatrolsDep) -> Response:
    """Send a patrol that has ended; the same one sent again is answered as it was, with 200."""
    done = book.record(new.sent())
    (row,) = records(done.patrol)
    return answered(row, replayed=not done.new)


def _drawn(beat: Beat) -> dict[str, Any]:
    """Return a beat as a phone draws it."""
    roads = beat.roads.set_axis([f"{n}" for n in range(len(beat.roads))])
    return {
        "unit_id": beat.unit_id,
        "roads_m": beat.roads_m,
        "roads": {"type": "FeatureCollection", "features": features(roads)},
        "points": {
            "type": "FeatureCollection",
            "features": features(beat.points.set_index("point_id", drop=False)),
        },
    }
