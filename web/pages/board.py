"""The board (挂图作战): flags of groups and months, and one month's tasks."""

from __future__ import annotations

from collections import Counter
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.callers import permit
from api.service import service_of
from geodata.boards import Boards
from geodata.reports.board import Board
from gridmap import evidence, flags
from gridmap.evidence import MOST_FILES
from web import board_words
from web.pages.days import month_of, year_of
from web.pages.shell import Visit, VisitDep, render
from web.words import absent
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False)
READS = [permit("board.read")]
DONE = {
    "report": _("What you told of the task is on the board."),
    "freeze": _("The month is frozen; it stays as it is."),
    "plan": _("{n} tasks of the plan are on the board."),
    "withdraw": _("The task is off the board; the journal keeps it, and why."),
}


class Wanted(BaseModel):
    """Which board, as it was asked for."""

    year: str = Field(default="", max_length=10)
    group: str = Field(default="", max_length=200)
    month: str = Field(default="", max_length=10)
    part: int = Field(default=0, ge=0, lt=1000)
    done: str = Field(default="", max_length=20)
    n: int = Field(default=0, ge=0, lt=10**6)
    as_of: str = ""
    lang: str = ""


class Told(BaseModel):
    """What is told of a task, as it was typed."""

    task_id: str = Field(default="", max_length=200)
    group: str = Field(default="", max_length=200)
    month: str = Field(default="", max_length=10)
    amount: str = Field(default="", max_length=40)
    evidence: str = Field(default="", max_length=2000)
    reason: str = Field(default="", max_length=2000)
    seen: str = Field(default="", max_length=60)
    keep: list[str] = Field(default_factory=list, max_length=MOST_FILES)
    had: int = Field(default=0, ge=0, le=MOST_FILES)


class Withdrawing(BaseModel):
    """A task that is to be taken off the board."""

    task_id: str = Field(default="", max_length=200)
    group: str = Field(default="", max_length=200)
    month: str = Field(default="", max_length=10)
    why: str = Field(default="", max_length=2000)


class Closing(BaseModel):
    """The month that is to be frozen."""

    group: str = Field(default="", max_length=200)
    month: str = Field(default="", max_length=10)
    report: str = Field(default="", max_length=2000)


@router.get("/board", dependencies=READS)
def matrix(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show the flags of all groups over the year."""
    year = year_of(wanted.year, visit.as_of.year)
    found = boards_of(visit).board(year)
    history = found.history()
    now = flags.first_day(visit.as_of)
    return shown(
        visit,
        "board.html",
        done=said(visit, wanted),
        year=year,
        now=now.month if year == now.year else 0,
        near=range(now.month - 2, now.month + 2) if year == now.year else range(1, 13),
        rows=[
            {
                "group_id": key,
                "name": group["name"],
                "cells": _cells(found, str(key), history[str(key)]),
            }
            for key, group in found.groups.iterrows()
        ],
        counts=Counter(of_month(found, now)["flag"]) if year == now.year else Counter(),
        any_tasks=len(found.tasks) > 0,
    )


@router.get("/board/month", dependencies=READS)
def month(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show a group's month: its tasks, and the forms in which they are told."""
    return month_page(visit, wanted.group, asked_month(visit, wanted), done=said(visit, wanted))


def boards_of(visit: Visit, *, writing: bool = False) -> Boards:
    """
    Return the boards, in the caller's name.

    Parameters
    ----------
    visit
        Who asks.
    writing
        Whether something is written: that happens today, whatever day is looked at.
    """
    service = service_of(visit.request)
    day = visit.today if writing else visit.as_of
    return Boards(service.workspaces.whole, visit.caller.person, day, service.zone)


def asked_month(visit: Visit, wanted: Wanted) -> date:
    """Return the month that is asked for; that of the day if none is."""
    return month_of(wanted.month, flags.first_day(visit.as_of))


def colours(visit: Visit) -> dict[str, str]:
    """Return the colours of the flags that a city has chosen."""
    settings = service_of(visit.request).settings
    return {"done": settings.flag_done, "not_done": settings.flag_not_done}


def said(visit: Visit, wanted: Wanted) -> str:
    """Return what was just done, in words."""
    return visit.words.say(DONE[wanted.done], n=wanted.n) if wanted.done in DONE else ""


def shown(
    visit: Visit, template: str, *, status: int = HTTPStatus.OK, **context: object
) -> Response:
    """Return a page of the boards, with the words and colours of its flags."""
    answer = render(
        visit,
        template,
        section="board",
        status=status,
        flag_words={flag: visit.words.say(text) for flag, text in board_words.FLAGS.items()},
        flag_rules={flag: visit.words.say(text) for flag, text in board_words.FLAG_RULES.items()},
        colours=colours(visit),
        **context,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def month_page(  # noqa: PLR0913 - what was done, or what was refused and as it was filled in
    visit: Visit,
    group: str,
    chosen: date,
    *,
    done: str = "",
    fault: tuple[str, str] = ("", ""),
    told: Told | None = None,
    closing: Closing | None = None,
    taken: Withdrawing | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    """
    Return the page of a group's month.

    Parameters
    ----------
    visit
        Who asks.
    group, chosen
        Which group, and the month.
    done, fault
        What was just done; or the form that was refused, and why.
    told, closing, taken
        What the forms are filled with.
    status
        Of the answer.
    """
    book = boards_of(visit)
    found = book.month(group, chosen)
    tasks, closed = found.of(group, chosen), found.frozen(group, chosen)
    silent = tasks[(tasks["flag"] != "done") & tasks["reason"].isna()]
    over = flags.last_day(chosen) < visit.as_of
    return shown(
        visit,
        "board_month.html",
        status=status,
        done=done,
        faults={fault[0]: fault[1]} if fault[1] else {},
        told=told or Told(),
        closing=closing or Closing(),
        taken=taken or Withdrawing(),
        group=found.groups.loc[group].to_dict() | {"group_id": group},
        month=chosen,
        flag_of_month=found.flag(group, chosen),
        history=list(enumerate(_cells(found, group, found.history()[group]), start=1)),
        tasks=rows_of(visit, tasks, book, history=found.tasks),
        frozen=closed,
        freezes=visit.may("board.freeze") and not visit.past and closed is None and len(tasks) > 0,
        over=over,
        silent=silent["title"].to_list(),
    )


def _cells(found: Board, group: str, history: list[flags.Flag]) -> list[dict[str, Any]]:
    """Return what the board shows of each month of a group."""
    cells = []
    for number, flag in enumerate(history, start=1):
        day = date(found.year, number, 1)
        tasks = found.of(group, day)
        done = int((tasks["flag"] == "done").sum())
        frozen = found.frozen(group, day) is not None
        cells.append({"month": day, "flag": flag, "done": done, "n": len(tasks), "frozen": frozen})
    return cells


def of_month(found: Board, day: date) -> pd.DataFrame:
    """Return the tasks of a month, of all groups."""
    return found.tasks[found.tasks["month"] == pd.Timestamp(flags.first_day(day))]


def rows_of(
    visit: Visit, tasks: pd.DataFrame, book: Boards, history: pd.DataFrame | None = None
) -> list[dict[str, Any]]:
    """Return tasks in words, with whether the caller may tell of them, and their other months."""
    words = visit.words
    rows: list[dict[str, Any]] = []
    for row in tasks.to_dict("records"):
        open_one = not visit.past and not row["frozen"]
        shown_by = evidence.read(row["evidence"])
        rows.append({
            **row,
            "rule_name": words.say(board_words.RULES[row["rule"]]),
            "figures": board_words.figures(row, words),
            "interval": board_words.interval(row, words),
            "goal": board_words.target(row, words),
            "ruling": board_words.ruling(row, words),
            "place": board_words.place(row, words),
            "seen": "" if absent(row["reported_at"]) else row["reported_at"].isoformat(),
            "evidence": shown_by.words,
            "files": shown_by.files,
            "tells": open_one and book.may("board.report", row["unit_id"], row["division"]),
            "withdraws": open_one and book.may("board.write", row["unit_id"], row["division"]),
            "months": [] if history is None else _of_item(history, row),
        })  # fmt: skip
    return rows


def _of_item(tasks: pd.DataFrame, row: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - a task
    """Return the flags over the year of what a task belongs to."""
    same = tasks[(tasks["group_id"] == row["group_id"]) & (tasks["item"] == row["item"])]
    told = same.groupby(same["month"].dt.strftime("%Y-%m"))["flag"].agg(flags.together)
    return [(str(month), str(flag)) for month, flag in told.items()]
