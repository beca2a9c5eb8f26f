"""The cadences of the city: on which workdays what is due, and who is told of it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.routes.cadence import CadenceDep
from api.sentences import QueryError, sentence
from geodata.cadence import Cadence
from gridmap.access import ROLES
from gridmap.command_books import BEATS, CADENCE_KINDS
from gridmap.errors import GridMapError
from web.material_words import MATERIAL_WORDS
from web.pages.office import beside
from web.pages.roles import role_name
from web.pages.shell import Visit, VisitDep, render
from web.words import Words, absent
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("cadence.write")])
AHEAD = timedelta(days=120)
SHOWN = 3  # days on which something is due next
DONE = _("The cadence is set; people are told on its next day.")
TOLD = tuple(role for role in ROLES if role not in ("public", "auditor", "system_admin"))


class Typed(BaseModel):
    """A cadence as it was typed."""

    cadence_id: str = Field(default="", max_length=200)
    name: str = Field(default="", max_length=60)
    beat: str = Field(default="monthly", max_length=20)
    workday: str = Field(default="1", max_length=4)
    from_end: bool = False
    kind: str = Field(default="prompt", max_length=20)
    roles: list[str] = Field(default_factory=list, max_length=len(TOLD))
    active: bool = False

    def row(self) -> dict[str, Any]:
        """
        Return it as the use case takes it.

        Raises
        ------
        QueryError
            If the workday is no number, or there is no such beat.
        """
        if not self.workday.strip().isdecimal():
            msg = "{text} is not a number."
            raise QueryError(msg, text=repr(self.workday), field="workday")
        if self.beat not in BEATS or self.kind not in CADENCE_KINDS:
            msg = "There is no such beat."
            raise QueryError(msg, field="beat")
        nth = 1 if self.beat == "daily" else int(self.workday)
        told = {"name": self.name, "beat": self.beat, "workday": -nth if self.from_end else nth}
        return {**told, "kind": self.kind, "roles": ",".join(self.roles), "active": self.active}


@router.get("/cadence/beats")
def beats(visit: VisitDep, book: CadenceDep, done: Annotated[bool, Query()] = False) -> Response:
    """List the cadences, each with its next days and the form in which it is set."""
    return page(visit, book, done=done)


@router.post("/cadence/beats")
def set_beat(visit: VisitDep, book: CadenceDep, typed: Annotated[Typed, Form()]) -> Response:
    """Set a cadence, or add one."""
    try:
        book.set_one(typed.row(), typed.cadence_id)
    except GridMapError as error:
        return page(visit, book, typed=typed, refused=error)
    return RedirectResponse("/cadence/beats?done=true", status_code=HTTPStatus.SEE_OTHER)


def page(
    visit: Visit,
    book: Cadence,
    *,
    typed: Typed | None = None,
    refused: GridMapError | None = None,
    done: bool = False,
) -> Response:
    """
    Return the page of the cadences.

    Parameters
    ----------
    visit, book
        Who asks, and the cadence.
    typed, refused
        What was sent, and why it was refused.
    done
        Whether one was just set.
    """
    due = book.due(visit.today, visit.today + AHEAD)
    field = beside(refused, "name")
    return render(
        visit,
        "beats.html",
        section="leaders",
        status=HTTPStatus.OK if refused is None else status_of(refused),
        said=partial(_said, visit.words),
        rows=sorted(
            (_row(visit, key, row, due) for key, row in book.listed().iterrows()), key=_order
        ),
        typed=typed,
        blank=Typed(active=True).model_dump(),
        faults={} if refused is None else {field: sentence(refused, visit.words.language)},
        done=visit.words.say(DONE) if done else "",
        beats=BEATS,
        kinds=CADENCE_KINDS,
        roles={role: role_name(role, visit.words) for role in TOLD},
    )


def _row(visit: Visit, key: object, row: pd.Series, due: pd.DataFrame) -> dict[str, Any]:
    roles = str(row["roles"]).split(",")
    days = due.loc[due["cadence_id"] == key, "day"].head(SHOWN)
    return {
        "cadence_id": key,
        "name": row["name"],
        "beat": row["beat"],
        "workday": str(abs(int(row["workday"]))),
        "from_end": int(row["workday"]) < 0,
        "kind": row["kind"],
        "roles": roles,
        "who": [role_name(role, visit.words) for role in roles],
        "active": absent(row["active"]) or bool(row["active"]),
        "days": days.to_list(),
    }


def _order(row: dict[str, Any]) -> tuple[object, ...]:
    """Order daily before weekly before monthly, and by the workday as it comes in the month."""
    nth = int(row["workday"])
    return BEATS.index(row["beat"]), row["from_end"], -nth if row["from_end"] else nth, row["name"]


def _said(words: Words, table: str, code: object) -> str:
    return words.say(MATERIAL_WORDS[table][str(code)])
