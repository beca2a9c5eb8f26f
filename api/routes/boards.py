"""Boards (挂图作战): the year's tasks with their flags, what units tell of them, frozen months."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import pandas as pd
from fastapi import APIRouter, Depends, Request, Response, UploadFile
from fastapi import Query as InQuery
from fastapi.responses import FileResponse
from pydantic import ConfigDict, Field

from api.callers import CallerDep, permit
from api.deps import ReportsDep, TagDep, answer
from api.frames import dump, records
from api.orders import Body, Key, Note
from api.queries import DayQuery, Query
from api.routes.documents import HEADERS, DocumentsDep
from api.routes.forms import MEDIA_XLSX, called
from api.sentences import QueryError, listed
from api.service import service_of
from geodata.board_plans import Names, PlanPreview, read_plan, write_board
from geodata.boards import Boards
from geodata.documents import name_of
from geodata.reports.board import Board, read_board
from gridmap import evidence
from gridmap.boards import Progress
from gridmap.errors import NotFoundError
from gridmap.evidence import MOST_FILES
from gridmap.flags import FLAGS

router = APIRouter(prefix="/boards", tags=["boards"])
READS, WRITES = [permit("board.read")], [permit("board.write")]
REPORTS, FREEZES = [permit("board.report")], [permit("board.freeze")]
FIRST_YEAR, LAST_YEAR = 2000, 2100


class YearQuery(DayQuery):
    """The boards of a year."""

    year: int | None = Field(
        default=None, ge=FIRST_YEAR, le=LAST_YEAR, description="That of the day if left out."
    )


class ProgressBody(Body):
    """How far a task is."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"amount": 18, "reason": "雨季停工，七月补齐"}}
    )

    amount: Annotated[float, Field(allow_inf_nan=False, strict=True)] | None = None
    evidence: Note | None = None
    reason: Note | None = None
    files: Annotated[list[Key], Field(max_length=MOST_FILES)] | None = Field(
        default=None,
        description="All files that show it, as handed in at `/boards/tasks/{task_id}/documents`; "
        "those that were there stay if left out.",
    )
    seen: str | None = Field(
        default=None,
        max_length=60,
        description="`reported_at` as you have read it, empty where there was none: if somebody "
        "was faster, nothing is written.",
    )

    def progress(self) -> Progress:
        """Return it as the use case takes it."""
        files = None if self.files is None else tuple(self.files)
        return Progress(self.amount, self.evidence, self.reason, files)


class FreezeBody(Body):
    """The month's report."""

    report: Note | None = None


class GroupBody(Body):
    """What a group is called, and who leads it."""

    name: Key
    lead_unit: Key | None = None


class WithdrawalBody(Body):
    """Why a task is taken off the board."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@dataclass(frozen=True)
class Sent:
    """
    A plan that was sent.

    Parameters
    ----------
    path, name
        Where it lies while the request is answered, and what the sender calls it.
    """

    path: Path
    name: str


def sent(file: UploadFile) -> Iterator[Sent]:
    """Keep what was sent in a private folder until the request is answered."""
    with tempfile.TemporaryDirectory(prefix="gridmap-plan-") as folder:
        path = Path(folder) / "plan.xlsx"
        with path.open("wb") as kept:
            shutil.copyfileobj(file.file, kept)
        yield Sent(path, called(file.filename))


def boards(request: Request, asking: CallerDep) -> Boards:
    """Return the boards of the city, in the caller's name."""
    service = service_of(request)
    return Boards(service.workspaces.whole, asking.person, service.today(), service.zone)


SentDep = Annotated[Sent, Depends(sent)]
BoardsDep = Annotated[Boards, Depends(boards)]


@router.get("", dependencies=READS)
def list_boards(
    query: Annotated[YearQuery, InQuery()], request: Request, reports: ReportsDep, made: TagDep
) -> Response:
    """Return the groups of a year with the flag of each month, and every task."""
    found = board_of(request, reports.today(), query.as_of, query.year)
    body = {
        "year": found.year,
        "flags": FLAGS,
        "groups": [
            {**group, "flags": found.history()[key]}
            for key, group in zip(
                found.groups.index, records(found.groups.reset_index()), strict=True
            )
        ],
        "tasks": told_tasks(found.tasks),
        "frozen": records(found.months.drop(columns="flags").reset_index()),
    }
    return answer(body, made)


@router.get("/export.xlsx", dependencies=READS)
def export(
    query: Annotated[YearQuery, InQuery()], request: Request, reports: ReportsDep
) -> Response:
    """Return the boards of a year as an Excel list; as a plan it can be brought in again."""
    found = board_of(request, reports.today(), query.as_of, query.year)
    return workbook(write_board(found.groups, found.tasks), f"挂图作战{found.year}", "board")


@router.get("/template.xlsx", dependencies=WRITES)
def template(request: Request, _query: Annotated[Query, InQuery()]) -> Response:
    """Return the form of a year's plan, empty."""
    today = service_of(request).today()
    found = board_of(request, today, None, None)
    return workbook(write_board(found.groups, found.tasks.iloc[:0]), "年度计划模板", "plan")


@router.post("/groups", status_code=HTTPStatus.CREATED, dependencies=WRITES)
def add_group(new: GroupBody, kept: BoardsDep) -> Response:
    """Add a group; it has no board before it has tasks."""
    return _created({"group_id": kept.add_group(new.name, new.lead_unit)})


@router.post("/groups/{group_id}/rename", dependencies=WRITES)
def rename_group(group_id: str, new: GroupBody, kept: BoardsDep) -> Response:
    """Call a group otherwise; its tasks and months stay its own."""
    kept.rename_group(group_id, new.name, new.lead_unit)
    return answer({"group_id": group_id}, None)


@router.post("/plans/preview", dependencies=WRITES)
def preview(given: SentDep, kept: BoardsDep, request: Request) -> Response:
    """Read a year's plan and list every fault; nothing is written."""
    found = read_plan(given.path, names_of(request))
    return answer(told(found, kept, language_of(request)), None)


@router.post("/plans", status_code=HTTPStatus.CREATED, dependencies=WRITES)
def bring_in(given: SentDep, kept: BoardsDep, request: Request) -> Response:
    """Take a year's plan in, all of it or nothing; what was reported stays."""
    found = read_plan(given.path, names_of(request))
    return _created(kept.plan(found, given.name))


@router.post("/tasks/{task_id}/report", dependencies=REPORTS)
def report(task_id: str, body: ProgressBody, kept: BoardsDep, papers: DocumentsDep) -> Response:
    """Tell how far a task of one's own is, or why it is not further."""
    for key in body.files or []:
        if papers.find(key) is None:
            raise _no_document(key)
    return answer({"entry": kept.report(task_id, body.progress(), seen=body.seen)}, None)


@router.post("/tasks/{task_id}/documents", status_code=HTTPStatus.CREATED, dependencies=REPORTS)
def hand_in(task_id: str, file: UploadFile, kept: BoardsDep, papers: DocumentsDep) -> Response:
    """Keep a file that shows how far a task of one's own is: PDF, JPEG or PNG, 20 MB at most."""
    kept.require_own(task_id)
    document = papers.keep(file.file)
    told = {"document": document.key, "name": file.filename or "", "bytes": document.size}
    return _created(told)


@router.get("/tasks/{task_id}/documents/{key}", dependencies=READS)
def hand_out(task_id: str, key: str, kept: BoardsDep, papers: DocumentsDep) -> Response:
    """Return a file that shows how far a task is, to whoever may read boards."""
    document = papers.find(key) if key in kept.files(task_id) else None
    if document is None:
        raise _no_document(key)
    media, name = document.kind.media_type, name_of("", document)
    return FileResponse(document.path, headers=HEADERS, media_type=media, filename=name)


@router.post("/tasks/{task_id}/withdraw", dependencies=WRITES)
def withdraw(task_id: str, body: WithdrawalBody, kept: BoardsDep) -> Response:
    """Take a task off the board, and say why."""
    kept.withdraw(task_id, body.reason)
    return answer({"task_id": task_id}, None)


@router.get("/groups/{group_id}/months/{month}", dependencies=READS)
def one_month(
    group_id: str,
    month: str,
    query: Annotated[DayQuery, InQuery()],
    request: Request,
    made: TagDep,
    asking: CallerDep,
) -> Response:
    """Return the tasks of a group's month with their flags, and what is frozen of it."""
    service, day = service_of(request), month_of(month)
    today = query.as_of or service.today()
    kept = Boards(service.workspaces.whole, asking.person, today, service.zone)
    found = kept.month(group_id, day)
    closed = found.frozen(group_id, day)
    body = {
        "group_id": group_id,
        "month": month,
        "flag": found.flag(group_id, day),
        "tasks": told_tasks(found.of(group_id, day)),
        "frozen": None if closed is None else _frozen(closed),
    }
    return answer(body, made)


@router.post("/groups/{group_id}/months/{month}/freeze", dependencies=FREEZES)
def freeze(group_id: str, month: str, body: FreezeBody, kept: BoardsDep) -> Response:
    """Freeze a month that is over, once everything not done has its reason."""
    return answer({"hash": kept.freeze(group_id, month_of(month), body.report)}, None)


def board_of(request: Request, today: date, as_of: date | None, year: int | None) -> Board:
    """Return the boards of a year, as they stood on a day."""
    service, day = service_of(request), as_of or today
    return read_board(service.workspaces.whole, year or day.year, day, service.zone)


def month_of(text: str) -> date:
    """
    Read a month.

    Parameters
    ----------
    text
        ``2026-03``.

    Raises
    ------
    QueryError
        If it is none.
    """
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        found = date.min
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        msg = "{text} is not a month: write it as 2026-03."
        raise QueryError(msg, text=repr(text[:40]))
    return found


def names_of(request: Request) -> Names:
    """Return how units and divisions may be called in a plan."""
    service = service_of(request)
    whole, today = service.workspaces.whole, service.today()
    layers = ("districts", "subdistricts", "communities")
    return Names.of(whole.frame("units", today), [whole.frame(name, today) for name in layers])


def told(found: PlanPreview, kept: Boards, language: str) -> dict[str, Any]:
    """
    Return what a plan that was read would do.

    Parameters
    ----------
    found
        The plan.
    kept
        The boards into which it would come.
    language
        Of the faults.
    """
    faults = kept.faults(found)
    tasks = list(found.tasks.values())
    return {
        "tasks": len(tasks),
        "groups": sorted({task.group for task in tasks}),
        "months": sorted({f"{task.month:%Y-%m}" for task in tasks}),
        "faults": listed(faults, language),
        "faults_total": len(faults),
    }


def language_of(request: Request) -> str:
    """Return the language of a request."""
    return str(getattr(request.state, "language", service_of(request).settings.language))


def workbook(content: bytes, title: str, plain: str) -> Response:
    """Return a workbook to be saved under a name."""
    headers = {
        "Content-Disposition": f'attachment; filename="{plain}.xlsx"; '
        f"filename*=UTF-8''{quote(title)}.xlsx",
        "Cache-Control": "no-store",
    }
    return Response(content, headers=headers, media_type=MEDIA_XLSX)


def told_tasks(tasks: pd.DataFrame) -> list[dict[str, Any]]:
    """
    Return tasks with their evidence in words, and beside it the files.

    Parameters
    ----------
    tasks
        As `geodata.reports.board` tells them.
    """
    shown = [evidence.read(text) for text in tasks["evidence"]]
    return [
        {**row, "evidence": one.words or None, "files": list(one.files)}
        for row, one in zip(records(tasks), shown, strict=True)
    ]


def _no_document(key: str) -> NotFoundError:
    msg = "There is no document {document}."
    return NotFoundError(msg, document=key[:64])


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of a frozen month beside its tasks."""
    told = {name: None if pd.isna(row[name]) else row[name] for name in ("report", "hash", "by")}
    return {**told, "at": row["at"].isoformat()}


def _created(body: dict[str, Any]) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(dump(body), HTTPStatus.CREATED, headers, media_type="application/json")
