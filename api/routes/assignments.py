"""Who answers for what: giving, ending, handing over, taking back; and how it came about."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.callers import permit
from api.deps import ReportsDep, answer, day
from api.frames import records
from api.orders import NewAssignments, Nothing, Releases, Transfer
from api.queries import DayQuery
from api.steps import DeskDep, SeenDep, told
from geodata.reports import desk as reading
from gridmap.errors import NotFoundError
from gridmap.layers import TARGET_KINDS

router = APIRouter(tags=["assignments"])
WRITES = [permit("assignment.write")]
READS = [permit("register.read")]


@router.post("/assignments", status_code=HTTPStatus.CREATED, dependencies=WRITES)
def assign(new: NewAssignments, desk: DeskDep, seen: SeenDep) -> Response:
    """Make units answer for targets; what they hold already is left as it is."""
    return told(desk.assign(new.order(), seen=seen), HTTPStatus.CREATED)


@router.post("/assignments/release", dependencies=WRITES)
def release(asked: Releases, desk: DeskDep, seen: SeenDep) -> Response:
    """End assignments on a day."""
    step = desk.release(asked.assignment_ids, until=asked.until, note=asked.note, seen=seen)
    return told(step)


@router.post("/assignments/transfer", dependencies=WRITES)
def transfer(asked: Transfer, desk: DeskDep, seen: SeenDep) -> Response:
    """Hand what one unit holds to another."""
    step = desk.transfer(
        asked.from_unit,
        asked.to_unit,
        since=asked.since,
        only=asked.only,
        source=asked.source,
        note=asked.note,
        seen=seen,
    )
    return told(step)


@router.post("/steps/{entry}/undo", dependencies=WRITES)
def undo(
    entry: Annotated[int, Path(ge=1, lt=2**53)], _asked: Nothing, desk: DeskDep, seen: SeenDep
) -> Response:
    """Take a step of one's own back; the undo of an undo is the redo."""
    return told(desk.undo(entry, seen=seen))


@router.get("/targets/{kind}/{key}/history", dependencies=READS)
def target_history(
    kind: str, key: str, query: Annotated[DayQuery, Query()], reports: ReportsDep
) -> Response:
    """Return all that was ever decided about a target, the newest first."""
    as_of = day(query, reports)
    if kind not in TARGET_KINDS or key not in reports.ever(kind):
        msg = "There is no {kind} {target}."
        raise NotFoundError(msg, kind=kind, target=key)
    return answer({"rows": records(reading.target_past(reports.workspace, kind, key, as_of))}, None)


@router.get("/units/{unit_id}/history", dependencies=READS)
def unit_history(
    unit_id: str, query: Annotated[DayQuery, Query()], reports: ReportsDep
) -> Response:
    """Return all that was ever given to a unit and taken from it, the newest first."""
    as_of = day(query, reports)
    if unit_id not in reports.frame("units", as_of).index:
        msg = "There is no unit {unit_id}."
        raise NotFoundError(msg, unit_id=unit_id)
    return answer({"rows": records(reading.unit_past(reports.workspace, unit_id, as_of))}, None)
