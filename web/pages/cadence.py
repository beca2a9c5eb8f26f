"""The cadence: what is due on which day, today's and this week's lists, and the material."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.routes.cadence import CadenceDep
from api.routes.documents import DocumentsDep
from geodata.cadence import Cadence
from geodata.reports import duties
from gridmap.errors import GridMapError
from gridmap.materials import STATES, Act
from web.material_words import MATERIAL_WORDS
from web.pages.days import month_of
from web.pages.office import refusal
from web.pages.shell import Visit, VisitDep, render
from web.words import Words, absent

router = APIRouter(include_in_schema=False)
SHOWN = 7


class Wanted(BaseModel):
    """Which month, and which material."""

    month: str = Field(default="", max_length=40)
    slot: str = Field(default="", max_length=200)
    done: Literal["", "submit", "return", "accept", "withdraw"] = ""
    as_of: str = ""
    lang: str = ""


@router.get("/cadence", dependencies=[permit("material.read")])
def cadence(visit: VisitDep, book: CadenceDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show the month with what is due, the lists of the day and the week, and the material."""
    return _shown(visit, book, wanted)


@router.post("/cadence/materials", dependencies=[permit("material.submit")])
def act(  # noqa: PLR0913, PLR0917 - the fields of a form
    visit: VisitDep,
    book: CadenceDep,
    kept: DocumentsDep,
    slot_id: Annotated[str, Form(max_length=200)],
    act: Annotated[Literal["submit", "return", "accept", "withdraw"], Form()],
    given: Annotated[str, Form(max_length=10)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
    files: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Do something with material; what was handed in comes with it."""
    wanted = Wanted(slot=slot_id)
    try:
        sent = [kept.keep(one.file).key for one in files or [] if one.filename]
        number = int(given) if given.isdecimal() else None
        step = book.step(Act(slot_id, act, number, reason.strip() or None, tuple(sent)))
    except GridMapError as error:
        return _shown(visit, book, wanted, error)
    month = step.slot["month"].date().isoformat()
    told = urlencode({"month": month, "slot": slot_id, "done": act})
    return RedirectResponse(f"/cadence?{told}#material", status_code=HTTPStatus.SEE_OTHER)


def _shown(
    visit: Visit, book: Cadence, wanted: Wanted, error: GridMapError | None = None
) -> Response:
    months = book.months()
    asked = month_of(wanted.month, visit.as_of.replace(day=1))
    rows = _material(book, asked if asked in months or wanted.month else _nearest(months, asked))
    refused = None if error is None else refusal(visit, error)
    whole = visit.may("leading.read")
    daily = (
        duties.daily(visit.reports.workspace, visit.as_of, visit.reports.zone) if whole else None
    )
    weekly = duties.weekly(visit.reports.workspace, visit.as_of, visit.reports.zone)
    return render(
        visit,
        "cadence.html",
        section="leaders",
        status=HTTPStatus.OK if refused is None else refused.status,
        said=partial(_said, visit.words),
        wanted=wanted,
        refused=None if refused is None else refused.said,
        month=asked,
        before=(asked - timedelta(days=1)).replace(day=1),
        after=(asked + timedelta(days=31)).replace(day=1),
        weeks=_weeks(visit, book, asked),
        each_day=_each_day(book),
        daily=daily,
        unvisited=[] if daily is None else daily.unvisited.head(SHOWN).to_dict("records"),
        weekly=weekly.head(SHOWN).to_dict("records"),
        weekly_n=len(weekly),
        sums={name: int(weekly[name].sum()) for name in ("open", "overdue", "this_week")},
        months=months,
        rows=[{**row, "month": row["month"].date()} for row in rows],
        counts=_counts(rows),
        chosen=_chosen(book, rows, wanted.slot),
    )


def _said(words: Words, table: str, code: object) -> str:
    return words.say(MATERIAL_WORDS[table][str(code)])


def _nearest(months: list[date], asked: date) -> date:
    """Return the month of material that is shown where nobody names one."""
    earlier = [month for month in months if month <= asked]
    return (earlier or months or [asked])[0]


def _material(book: Cadence, month: date) -> list[dict[str, Any]]:
    found = book.materials(month).reset_index()
    return [
        {name: None if absent(value) else value for name, value in row.items()}
        for row in found.to_dict("records")
    ]


def _counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    states = [row["state"] for row in rows]
    counted = {state: states.count(state) for state in STATES}
    return counted | {
        "all": len(rows),
        "late": sum(bool(row["late"]) for row in rows),
        "returns": sum(int(row["returns"]) for row in rows),
    }


def _chosen(book: Cadence, rows: list[dict[str, Any]], slot_id: str) -> dict[str, Any] | None:
    row = next((row for row in rows if row["slot_id"] == slot_id), None)
    if row is None:
        return None
    steps = book.history(slot_id).to_dict("records")
    return row | {
        "steps": [
            {**step, "documents": [] if absent(step["details"]) else step["details"].split(",")}
            for step in steps
        ]
    }


def _each_day(book: Cadence) -> list[str]:
    """Return what is due every workday: it would only fill the month."""
    kept = book.listed()
    active = kept["active"].fillna(value=True).astype(bool)
    return list(kept.loc[active & (kept["beat"] == "daily"), "name"])


def _weeks(visit: Visit, book: Cadence, month: date) -> list[list[dict[str, Any]]]:
    """Lay the month out in weeks, each day with what is due on it."""
    begin = month - timedelta(days=month.weekday())
    end = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    n_weeks = (end - begin).days // 7 + 1
    last = begin + timedelta(days=7 * n_weeks - 1)
    due = book.due(begin, last)
    named: dict[date, list[dict[str, Any]]] = {}
    for row in due[due["beat"] != "daily"].to_dict("records"):
        named.setdefault(row["day"], []).append(row)
    days = [begin + timedelta(days=n) for n in range(7 * n_weeks)]
    told = [
        {
            "day": one,
            "inside": one.month == month.month,
            "worked": book.is_workday(one),
            "today": one == visit.as_of,
            "due": named.get(one, []),
        }
        for one in days
    ]
    return [told[n : n + 7] for n in range(0, len(told), 7)]
