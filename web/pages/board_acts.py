"""What is done to a group's month: its tasks are told of or taken off the board, it is frozen."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi.responses import RedirectResponse

from api.callers import permit
from api.errors import status_of
from api.routes.documents import DocumentsDep
from api.sentences import QueryError, sentence
from geodata.documents import Documents
from gridmap.boards import Progress
from gridmap.errors import GridMapError
from web.pages.board import Closing, Told, Withdrawing, boards_of, month_page
from web.pages.days import month_of
from web.pages.shell import Visit, VisitDep

router = APIRouter(include_in_schema=False)
Files = Annotated[list[UploadFile] | None, File()]


@router.post("/board/reports", dependencies=[permit("board.report")])
def report(
    visit: VisitDep, told: Annotated[Told, Form()], papers: DocumentsDep, files: Files = None
) -> Response:
    """Tell how far a task is, or why it is not further; what shows it comes with it."""
    try:
        book = boards_of(visit, writing=True)
        book.require_own(told.task_id)
        shown = files_of(told, papers, files or [], book.files(told.task_id))
        progress = Progress(number_of(told.amount), told.evidence, told.reason, shown)
        book.report(told.task_id, progress, seen=told.seen)
    except GridMapError as error:
        form = "amount-" if isinstance(error, QueryError) else ""
        fault, status = said(visit, f"{form}{told.task_id}", error), status_of(error)
        day = month_of(told.month)
        return month_page(visit, told.group, day, fault=fault, told=told, status=status)
    return back("report", told.group, told.month)


@router.post("/board/withdrawals", dependencies=[permit("board.write")])
def withdraw(visit: VisitDep, sent: Annotated[Withdrawing, Form()]) -> Response:
    """Take a task off the board, and say why."""
    try:
        boards_of(visit, writing=True).withdraw(sent.task_id, sent.why)
    except GridMapError as error:
        fault, status = said(visit, f"off-{sent.task_id}", error), status_of(error)
        day = month_of(sent.month)
        return month_page(visit, sent.group, day, fault=fault, taken=sent, status=status)
    return back("withdraw", sent.group, sent.month)


@router.post("/board/freezes", dependencies=[permit("board.freeze")])
def freeze(visit: VisitDep, sent: Annotated[Closing, Form()]) -> Response:
    """Freeze a group's month."""
    try:
        boards_of(visit, writing=True).freeze(sent.group, month_of(sent.month), sent.report)
    except GridMapError as error:
        fault, status = said(visit, "freeze", error), status_of(error)
        day = month_of(sent.month)
        return month_page(visit, sent.group, day, fault=fault, closing=sent, status=status)
    return back("freeze", sent.group, sent.month)


def files_of(
    told: Told, papers: Documents, files: list[UploadFile], known: tuple[str, ...]
) -> tuple[str, ...] | None:
    """
    Return the files that show how far a task is, after its form was sent.

    Parameters
    ----------
    told
        The form: of the files that it had shown, those still ticked.
    papers, files
        Where new ones are kept, and the new ones.
    known
        The task's files until now.

    Returns
    -------
    tuple of str or None
        Their hashes; None if nothing was ticked away and nothing came.
    """
    kept = tuple(key for key in known if key in told.keep)
    fresh = tuple(papers.keep(one.file).key for one in files if one.filename)
    return None if not fresh and len(kept) == told.had else kept + fresh


def number_of(text: str) -> float | None:
    """
    Read an amount; None if none was typed.

    Raises
    ------
    QueryError
        If it is no number.
    """
    if not text.strip():
        return None
    try:
        return float(text.replace(",", "").strip())
    except ValueError:
        msg = "{text} is not a number."
        raise QueryError(msg, text=repr(text)) from None


def said(visit: Visit, form: str, error: GridMapError) -> tuple[str, str]:
    """Return which form was refused, and why."""
    return form, sentence(error, visit.words.language)


def back(done: str, group: str, month: str) -> Response:
    """Return to the page of a month after something was done."""
    told = urlencode({"group": group, "month": month, "done": done})
    return RedirectResponse(f"/board/month?{told}", status_code=HTTPStatus.SEE_OTHER)
