"""Asking units for material: one thing of many, a list in Excel, or last month's list again."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.routes.cadence import CadenceDep
from api.sentences import QueryError, listed, sentence
from geodata.cadence import Cadence
from gridmap.asking import Wish
from gridmap.command_books import MATERIAL_SORTS
from gridmap.errors import GridMapError, InvalidError
from web.material_words import MATERIAL_WORDS
from web.pages.days import month_of, typed_day
from web.pages.office import beside
from web.pages.shell import Visit, VisitDep, render
from web.words import Words
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("material.write")])
MOST_UNITS = 2000
DONE = _("{n} pieces of material are asked for; units find them in their inbox when they are due.")


class Typed(BaseModel):
    """What is asked for, as it was typed."""

    name: str = Field(default="", max_length=200)
    sort: str = Field(default="report", max_length=20)
    wanted: str = Field(default="1", max_length=6)
    month: str = Field(default="", max_length=10)
    due: str = Field(default="", max_length=10)
    edition: str = Field(default="", max_length=60)
    note: str = Field(default="", max_length=2000)
    units: list[str] = Field(default_factory=list, max_length=MOST_UNITS)

    def wish(self) -> Wish:
        """
        Return it as the use case takes it.

        Raises
        ------
        QueryError
            If a day or a number is none.
        """
        if not self.wanted.strip().isdecimal():
            msg = "{text} is not a number."
            raise QueryError(msg, text=repr(self.wanted), field="wanted")
        if self.sort not in MATERIAL_SORTS:
            msg = "There is no such sort of material."
            raise QueryError(msg, field="sort")
        month, due = month_of(self.month), typed_day(self.due, "due")
        told = (self.name, self.sort, int(self.wanted), month, due, self.edition)
        return Wish(*told, note=self.note)


class Copied(BaseModel):
    """A month's list that is asked for again."""

    month: str = Field(default="", max_length=10)
    to: str = Field(default="", max_length=10)


@router.get("/cadence/ask")
def asking(
    visit: VisitDep, book: CadenceDep, n: Annotated[int, Query(ge=0, lt=10**6)] = 0
) -> Response:
    """Show the ways to ask for material."""
    return page(visit, book, done=visit.words.say(DONE, n=n) if n else "")


@router.post("/cadence/ask")
def ask(visit: VisitDep, book: CadenceDep, typed: Annotated[Typed, Form()]) -> Response:
    """Ask units for one thing."""
    try:
        book.ask_for(typed.wish(), typed.units)
    except GridMapError as error:
        return page(visit, book, typed=typed, refused=("one", error))
    return back(len(set(typed.units)))


@router.post("/cadence/ask/again")
def again(visit: VisitDep, book: CadenceDep, sent: Annotated[Copied, Form()]) -> Response:
    """Ask for a month's list once more."""
    try:
        n = book.ask_again(month_of(sent.month), month_of(sent.to))
    except GridMapError as error:
        return page(visit, book, copied=sent, refused=("again", error))
    return back(n)


@router.post("/cadence/ask/list")
def bring_in(visit: VisitDep, book: CadenceDep, file: UploadFile | None = None) -> Response:
    """Ask for what a list in Excel names, all of it or nothing."""
    try:
        if file is None or not file.filename:
            msg = "Choose the filled form first."
            raise InvalidError(msg)
        with tempfile.TemporaryDirectory(prefix="gridmap-material-") as folder:
            path = Path(folder) / f"list{Path(file.filename).suffix.lower()[:8]}"
            with path.open("wb") as kept:
                shutil.copyfileobj(file.file, kept)
            n = book.ask_list(path)
    except GridMapError as error:
        return page(visit, book, refused=("list", error))
    return back(n)


def page(
    visit: Visit,
    book: Cadence,
    *,
    typed: Typed | None = None,
    copied: Copied | None = None,
    refused: tuple[str, GridMapError] | None = None,
    done: str = "",
) -> Response:
    """
    Return the page on which material is asked for.

    Parameters
    ----------
    visit, book
        Who asks, and the cadence.
    typed, copied
        What the forms are filled with.
    refused
        Which form was refused, and why.
    done
        What was just done.
    """
    units = visit.reports.frame("units", visit.today)
    active = units[units["active"].fillna(value=True).astype(bool)]
    months = book.months()
    context: dict[str, Any] = {"faults": {}, "rows": [], "status": HTTPStatus.OK}
    if refused is not None:
        form, error = refused
        context["faults"] = {
            f"{form}-{beside(error, 'all')}": sentence(error, visit.words.language)
        }
        context["status"] = status_of(error)
        if isinstance(error, InvalidError) and error.faults is not None:
            context["rows"] = listed(error.faults, visit.words.language)
    return render(
        visit,
        "asking.html",
        section="leaders",
        said=partial(_said, visit.words),
        typed=typed or Typed(month=f"{visit.today:%Y-%m}", edition=f"{visit.today:%Y}"),
        copied=copied or Copied(to=f"{visit.today:%Y-%m}"),
        months=months,
        units=active["name"].sort_values().to_dict(),
        sorts=MATERIAL_SORTS,
        done=done,
        **context,
    )


def back(n: int) -> Response:
    """Return to the page after so much was asked for."""
    address = f"/cadence/ask?{urlencode({'n': n})}"
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)


def _said(words: Words, table: str, code: object) -> str:
    return words.say(MATERIAL_WORDS[table][str(code)])
