"""The calendar of the city: the year with its days off, and announcing what differs."""

from __future__ import annotations

import json
import shutil
import tempfile
from calendar import Calendar as Months
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import pandas as pd
from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.routes.calendar import CityDaysDep
from api.sentences import QueryError, listed, sentence
from geodata.city_days import YEARS, Announced, CityDays
from geodata.day_sheet import days_of_file, spread
from gridmap.errors import GridMapError, InvalidError
from gridmap.working_time import SATURDAY, Calendar
from web.material_words import MATERIAL_WORDS
from web.pages.days import typed_day
from web.pages.office import beside
from web.pages.shell import Visit, VisitDep, render

router = APIRouter(include_in_schema=False)
READS, WRITES = permit("standard.read"), permit("standard.write")
SHOWN = 20  # deadlines that a preview names; the rest are counted


class Typed(BaseModel):
    """What is announced, as it was typed."""

    first: str = Field(default="", max_length=40)
    last: str = Field(default="", max_length=40)
    works: bool = False
    note: str = Field(default="", max_length=200)
    year: str = Field(default="", max_length=6)

    def whole(self) -> int | None:
        """
        Return the year of which it is the whole announcement.

        Raises
        ------
        QueryError
            If it is no year.
        """
        return _year(self.year) if self.year.strip() else None

    def days(self) -> pd.DataFrame:
        """
        Return what was typed, day by day.

        Raises
        ------
        QueryError, InvalidError
            If a day is none; if they end before they begin, or are more than a year.
        """
        first = typed_day(self.first, "first")
        last = typed_day(self.last, "last") if self.last.strip() else first
        row = {"day": str(first), "until": str(last), "works": ("否", "是")[self.works]}
        return spread(pd.DataFrame([row | {"note": self.note.strip() or None}]))


class Held(BaseModel):
    """What was looked at, and is to be announced as it was."""

    days: str = Field(max_length=200_000)
    year: str = Field(default="", max_length=6)
    source: str = Field(default="", max_length=200)

    def frame(self) -> pd.DataFrame:
        """
        Return the days.

        Raises
        ------
        InvalidError
            If they are not what the page had written.
        """
        try:
            return pd.DataFrame(json.loads(self.days), columns=["day", "works", "note"])
        except (ValueError, TypeError):
            msg = "There is no day to announce."
            raise InvalidError(msg) from None


@dataclass(frozen=True)
class Shown:
    """
    What the page tells besides the year.

    Parameters
    ----------
    typed
        What the form is filled with.
    refused
        Why it was refused.
    found, source
        What an announcement would do, and the file that it came from.
    moved
        How many deadlines an announcement has just moved.
    """

    typed: Typed = field(default_factory=Typed)
    refused: GridMapError | None = None
    found: Announced | None = None
    source: str = ""
    moved: int | None = None


@router.get("/calendar", dependencies=[READS])
def calendar(
    visit: VisitDep,
    book: CityDaysDep,
    year: Annotated[str, Query(max_length=6)] = "",
    moved: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Show a year, and what the city has announced itself."""
    return page(visit, book, Shown(moved=moved), _year(year) if year else None)


@router.post("/calendar", dependencies=[WRITES])
def look(
    visit: VisitDep,
    book: CityDaysDep,
    typed: Annotated[Typed, Form()],
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Show what an announcement would do."""
    try:
        named = file is not None and bool(file.filename)
        days = _brought(file) if file is not None and named else typed.days()
        found = book.preview(days, typed.whole())
    except GridMapError as error:
        return page(visit, book, Shown(typed, refused=error))
    source = str(file.filename) if file is not None and named else ""
    return page(visit, book, Shown(typed, found=found, source=source[-200:]))


@router.post("/calendar/announce", dependencies=[WRITES])
def announce(visit: VisitDep, book: CityDaysDep, held: Annotated[Held, Form()]) -> Response:
    """Announce what was looked at."""
    try:
        year = _year(held.year) if held.year else None
        done = book.announce(held.frame(), year, held.source)
    except GridMapError as error:
        return page(visit, book, Shown(refused=error))
    shown = {"year": done.days["day"].min().year, "moved": len(done.moves)}
    return RedirectResponse(f"/calendar?{urlencode(shown)}", status_code=HTTPStatus.SEE_OTHER)


def page(visit: Visit, book: CityDays, shown: Shown, year: int | None = None) -> Response:
    """
    Return the page of the calendar.

    Parameters
    ----------
    visit, book
        Who reads, and the days.
    shown
        What is told besides.
    year
        Which is drawn; that of what is looked at, or this one, if None.
    """
    found, refused = shown.found, shown.refused
    known, days = book.calendar(), book.listed()
    if year is None:
        year = visit.today.year if found is None else found.days["day"].min().year
    lines = refused.faults if isinstance(refused, InvalidError) else None
    language = visit.words.language
    return render(
        visit,
        "calendar.html",
        section="issues",
        status=HTTPStatus.OK if refused is None else status_of(refused),
        weekdays=[visit.words.say(name) for name in MATERIAL_WORDS["weekday"].values()],
        year=year,
        years=(max(year - 1, YEARS[0]), min(year + 1, YEARS[1])),
        months=months(year, known, {*days["day"].dt.date}, visit.today),
        known_until=known.known_until,
        ahead=_rows(days[days["day"] >= pd.Timestamp(visit.today)]),
        before=_rows(days[days["day"] < pd.Timestamp(visit.today)].iloc[::-1]),
        typed=shown.typed,
        faults={} if refused is None else {beside(refused, "all"): sentence(refused, language)},
        lines=[] if lines is None else listed(lines, language),
        found=None if found is None else _told(found, shown),
        moved=shown.moved,
    )


def months(year: int, known: Calendar, own: set[date], today: date) -> list[dict[str, Any]]:
    """
    Return a year as it is drawn.

    Parameters
    ----------
    year
        Which.
    known
        When the city works.
    own
        The days that it has announced itself.
    today
        The day in the city.

    Returns
    -------
    list of dict
        Each month's ``first`` day and ``weeks`` of seven cells; a cell of another month is None.
        ``mark`` tells a weekday that is ``off``, and a day of the weekend that is ``worked``.
    """
    drawn = Months()

    def cell(day: date, month: int) -> dict[str, Any] | None:
        if day.month != month:
            return None
        worked, weekend = known.is_workday(day), day.weekday() >= SATURDAY
        mark = "" if worked != weekend else ("worked" if worked else "off")
        state = {"rest": not worked, "own": day in own, "today": day == today}
        return {"day": day, "mark": mark, **state}

    return [
        {
            "first": date(year, month, 1),
            "weeks": [
                [cell(day, month) for day in week] for week in drawn.monthdatescalendar(year, month)
            ],
        }
        for month in range(1, 13)
    ]


def _told(found: Announced, shown: Shown) -> dict[str, Any]:
    rows = found.days.assign(works=found.days["works"].map({True: "是", False: "否"}))
    held = rows.assign(day=rows["day"].dt.date.astype("str"), note=rows["note"].astype(object))
    held = held[["day", "works", "note"]].where(held[["day", "works", "note"]].notna(), None)
    return {
        "days": _rows(found.days),
        "withdrawn": found.withdrawn,
        "moves": found.moves.head(SHOWN).to_dict("records"),
        "moved": len(found.moves),
        "untold": found.untold,
        "held": json.dumps(held.to_numpy().tolist(), ensure_ascii=False),
        "year": shown.typed.year,
        "source": shown.source,
    }


def _rows(days: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {"day": row.day.date(), "works": bool(row.works), "note": row.note}
        for row in days.itertuples()
    ]


def _brought(file: UploadFile) -> pd.DataFrame:
    """Read a table that was sent."""
    with tempfile.TemporaryDirectory(prefix="gridmap-calendar-") as folder:
        path = Path(folder) / f"days{Path(str(file.filename)).suffix.lower()[:8]}"
        with path.open("wb") as kept:
            shutil.copyfileobj(file.file, kept)
        return days_of_file(path)


def _year(text: str) -> int:
    if text.strip().isdecimal() and YEARS[0] <= int(text) <= YEARS[1]:
        return int(text)
    msg = "{text} is not a year."
    raise QueryError(msg, text=repr(text[:10]), field="year")
