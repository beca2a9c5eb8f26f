"""The journal, for auditors: who did what, what it changed, and whether anything was altered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

import pandas as pd
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from api.callers import permit
from api.routes.journal import Selected, verification
from api.service import service_of
from geodata.journal import Entry
from geodata.store import Store
from gridmap.layers import kept
from web.journal_words import ACTIONS, ACTS, BOOKS, LOOP, TOLD, VALUES
from web.pages.claims import STATES
from web.pages.days import day, in_reach
from web.pages.issue_words import Said
from web.pages.shell import Visit, VisitDep, render
from web.words import WORDS, Words, absent
from web.words import gettext_noop as _

router = APIRouter(
    prefix="/journal", include_in_schema=False, dependencies=[permit("journal.read")]
)
PAGE = 50
RECENT = 500  # entries whose authors are suggested


class Wanted(BaseModel):
    """Which entries are shown."""

    who: str = Field(default="", max_length=200)
    action: str = Field(default="", max_length=100)
    since: str = Field(default="", max_length=20)
    until: str = Field(default="", max_length=20)
    cursor: int | None = Field(default=None, ge=1, lt=2**53)
    as_of: str = ""
    lang: str = ""


@router.get("")
def journal(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """List entries, the newest first."""
    return page(visit, wanted)


@router.post("/verification")
def verify(visit: VisitDep) -> Response:
    """Work every hash out again, and say in words what came of it."""
    return page(visit, Wanted(), verdict=verification(store_of(visit)))


@router.get("/{seq}")
def entry(visit: VisitDep, seq: Annotated[int, Path(ge=1, lt=2**53)]) -> Response:
    """Show one entry: what was told of it, and what each row was and is."""
    found = store_of(visit).journal.entry(seq)
    last = store_of(visit).journal.last()
    answer = render(
        visit,
        "journal_entry.html",
        section="journal",
        entry=found,
        action=action_name(found.action, visit.words),
        told=told(found, visit.words),
        changes=[
            change(table, made, visit.words)
            for table, made in found.what.get("changes", {}).items()
        ],
        newest=last is None or last.seq == found.seq,
    )
    return _private(answer)


def store_of(visit: Visit) -> Store:
    """Return the register of the whole city: an auditor's is no other."""
    return service_of(visit.request).workspaces.whole.store


def page(visit: Visit, wanted: Wanted, verdict: Mapping[str, Any] | None = None) -> Response:
    """
    Return the list of entries.

    Parameters
    ----------
    visit
        Who asks.
    wanted
        Which entries.
    verdict
        What `api.routes.journal.verification` found, if it was asked.
    """
    kept_by = store_of(visit).journal
    asked = selected(wanted, visit.today)
    found = kept_by.entries(PAGE + 1, wanted.cursor, **asked.wanted(service_of(visit.request).zone))
    query = asked.model_dump(mode="json", exclude_none=True)
    shown = found[:PAGE]
    more = {**query, "cursor": shown[-1].seq} if len(found) > PAGE else None
    answer = render(
        visit,
        "journal.html",
        section="journal",
        wanted=wanted,
        entries=[listed(one, visit.words) for one in shown],
        older=f"/journal?{urlencode(more)}" if more else "",
        newest=f"/journal?{urlencode(query)}" if wanted.cursor else "",
        exports={
            form: f"/api/v1/journal/export?{urlencode({**query, 'format': form})}"
            for form in ("csv", "jsonl")
        },
        actions={code: action_name(code, visit.words) for code in (*ACTIONS, *_others())},
        authors=sorted({one.who for one in kept_by.entries(RECENT)}),
        verdict=verdict,
    )
    return _private(answer)


def selected(wanted: Wanted, today: date) -> Selected:
    """
    Return what a form asks for as a query of the API.

    Parameters
    ----------
    wanted
        The form.
    today
        The day in the city.

    Raises
    ------
    QueryError
        If a day is none, or out of range.
    """
    days = {
        name: in_reach(day(text, today)) if text.strip() else None
        for name, text in (("since", wanted.since), ("until", wanted.until))
    }
    return Selected(
        who=wanted.who.strip() or None,
        action=wanted.action or None,
        since=days["since"],
        until=days["until"],
    )


def action_name(code: str, words: Words) -> str:
    """Return what an act is called; one that has no name is shown as it is."""
    return words.say(ACTIONS[code]) if code in ACTIONS else words.word("action", code)


def listed(one: Entry, words: Words) -> dict[str, object]:
    """Return an entry as a line of the list: when, who, what, and how many rows of what."""
    counts = [
        words.say(
            _("{layer}: {counts}"), layer=layer_name(table, words), counts=_counted(made, words)
        )
        for table, made in one.what.get("changes", {}).items()
    ]
    return {
        "seq": one.seq,
        "at": one.at,
        "who": words.word("who", one.who),
        "action": action_name(one.action, words),
        "counts": counts,
    }


def told(one: Entry, words: Words) -> list[tuple[str, str]]:
    """Return what the caller told of an entry, each by its name."""
    return [
        (words.say(TOLD[name]) if name in TOLD else name, _text(value, words))
        for name, value in one.what.items()
        if name != "changes" and not absent(value)
    ]


def change(table: str, made: Mapping[str, Any], words: Words) -> dict[str, object]:
    """
    Return what an entry did to one layer.

    Parameters
    ----------
    table
        A layer, or ``releases``.
    made
        As `geodata.changes.Changes.told` tells it.
    words
        The reader's language.
    """
    rows = made.get("rows")
    return {
        "layer": layer_name(table, words),
        "counts": _counted(made, words),
        "digest": made["digest"],
        "rows": None if rows is None else [_row(table, row, words) for row in rows],
    }


def layer_name(table: str, words: Words) -> str:
    """Return what a layer or book is called."""
    return words.say(BOOKS[table]) if table in BOOKS else words.word("layer", table)


def column_name(table: str, name: str, words: Words) -> str:
    """Return what a column is called: in Chinese as offices know it, else by its name."""
    if name == "geometry":
        return words.say(_("Outline or place (fingerprint)"))
    contract = kept("assignments" if table == "releases" else table)
    known = {column.name: column.chinese for column in contract.columns}
    if words.language.startswith("zh") and name in known:
        return known[name]
    return name.replace("_", " ")


def value_text(table: str, name: str, value: object, words: Words) -> str:
    """Return what a column held, in words where there are any."""
    if absent(value):
        return "—"
    if name in VALUES:
        return words.word(VALUES[name], value)
    if table == "claims" and name == "state":
        return words.say(STATES[str(value)])
    if name in LOOP:
        return Said(words)(LOOP[name], value)
    if name == "at" or name.endswith("_at"):
        return words.moment(pd.Timestamp(str(value)))
    return _text(value, words)


def _row(table: str, row: Mapping[str, Any], words: Words) -> dict[str, object]:
    before, after = row.get("before") or {}, row.get("after") or {}
    names = list(dict.fromkeys([*before, *after]))
    values = [
        (
            column_name(table, name, words),
            value_text(table, name, before.get(name), words),
            value_text(table, name, after.get(name), words),
        )
        for name in names
        if not (absent(before.get(name)) and absent(after.get(name)))
    ]
    return {
        "key": row["key"],
        "since": row.get("valid_from"),
        "new": row.get("before") is None,
        "ended": row.get("after") is None,
        "values": values,
    }


def _text(value: object, words: Words) -> str:
    if isinstance(value, Mapping):
        return words.together(f"{name} {_text(one, words)}" for name, one in value.items())
    if isinstance(value, list):
        return words.together(_text(one, words) for one in value)
    return str(value)


def _counted(made: Mapping[str, Any], words: Words) -> str:
    return words.together(
        words.say(said, n=words.number(made[act])) for act, said in ACTS.items() if act in made
    )


def _others() -> list[str]:
    return [code for code in WORDS["action"] if code not in ACTIONS]


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
