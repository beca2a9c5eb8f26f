"""Cross inspection: rounds and their pairs, what an inspector is due, where roads break rules."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, Any

import orjson
import pandas as pd
from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.routes.rounds import said
from api.sentences import sentence
from api.service import service_of
from geodata.reports import road_rules
from geodata.rounds import Rounds, Wish
from gridmap.errors import GridMapError, InvalidError, NotFoundError
from gridmap.pairing import PAIR, SEED, Pairing
from gridmap.rounds import Round
from web.maps.ground import lowest_divisions
from web.maps.offline import page as map_page
from web.maps.road_rules import road_rules_map
from web.pages.coverage import with_boxes
from web.pages.days import day
from web.pages.shell import Visit, VisitDep, render
from web.words import Words
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False)
SHOWN = 200
SEPARATORS = re.compile(r"[\s,;，；、]+")
STATES = {"coming": _("Coming"), "running": _("Running"), "over": _("Over")}


class Wanted(BaseModel):
    """Which round and which rule are shown, and what was just done."""

    round: str = Field(default="", max_length=200)
    rule: str = Field(default="", max_length=200)
    done: str = Field(default="", max_length=20)
    as_of: str = ""
    lang: str = ""


class Drawn(BaseModel):
    """What a round is drawn from, and what it will be called."""

    each: int = Field(default=1, ge=1, le=20)
    weighted: bool = False
    units: str = Field(default="", max_length=20_000)
    seed: int = Field(default=SEED, ge=0, lt=2**31)
    name: str = Field(default="", max_length=200)
    since: str = Field(default="", max_length=20)
    until: str = Field(default="", max_length=20)
    note: str = Field(default="", max_length=2000)
    pairs: str = Field(default="", max_length=2_000_000)


@router.get("/inspection", dependencies=[permit("round.read")])
def inspection(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show the rounds, the work of the caller's units, and where roads break a rule."""
    return shown(visit, wanted)


@router.post("/inspection/proposals", dependencies=[permit("round.write")])
def propose(visit: VisitDep, sent: Annotated[Drawn, Form()]) -> Response:
    """Draw pairs and show them; nothing is kept."""
    try:
        drawn = rounds_of(visit).propose(wish(visit, sent))
    except GridMapError as error:
        return refused(visit, error, "propose", sent)
    return shown(visit, Wanted(), sent=sent, preview=told(drawn, visit.words))


@router.post("/inspection/rounds", dependencies=[permit("round.write")])
def open_round(visit: VisitDep, sent: Annotated[Drawn, Form()]) -> Response:
    """Open a round with the pairs that were shown."""
    try:
        pairs = read_pairs(sent.pairs)
        since = day(sent.since, visit.today)
        new = Round(sent.name, since, day(sent.until, since), note=sent.note.strip() or None)
        step = rounds_of(visit).open(new, pairs)
    except GridMapError as error:
        return refused(visit, error, "open", sent)
    address = f"/inspection?round={step.round_id}&done=opened"
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)


@router.get("/maps/road-rules", dependencies=[permit("register.read")])
def on_map(visit: VisitDep, rule: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    """Return the map of the stretches that break a rule, a page of its own."""
    whole = service_of(visit.request).workspaces.whole
    found = road_rules.failures(whole, visit.reports.workspace, visit.as_of, rule_id=rule)
    drawn = road_rules_map(
        found.drop(columns="answers").assign(**_in_words(found, visit.words)),
        visit.reports.frame("roads", visit.as_of),
        lowest_divisions(visit.reports, visit.as_of),
        visit.words,
    )
    return HTMLResponse(map_page(drawn, visit.words.say(_("Rules along roads"))))


def rounds_of(visit: Visit) -> Rounds:
    """Return the rounds of the city, in the caller's name."""
    service = service_of(visit.request)
    return Rounds(service.workspaces.whole, visit.caller.person, visit.today, service.zone)


def wish(visit: Visit, sent: Drawn) -> Wish:
    """
    Return what was asked to be drawn; units may be given by code, name or short name.

    Raises
    ------
    NotFoundError
        If there is no such unit.
    """
    frame = visit.reports.frame("units", visit.today)
    found = []
    for text in filter(None, SEPARATORS.split(sent.units)):
        named = frame.index[(frame[["name", "short_name"]] == text).any(axis=1)]
        code = text if text in frame.index else next(iter(named), None)
        if code is None:
            msg = "There is no unit {unit_id}."
            raise NotFoundError(msg, unit_id=text)
        found.append(str(code))
    return Wish(tuple(dict.fromkeys(found)), sent.each, sent.seed, sent.weighted)


def read_pairs(text: str) -> list[tuple[str, str]]:
    """
    Read the pairs that a page was given to send back.

    Raises
    ------
    InvalidError
        If they are none.
    """
    try:
        return [(str(inspector), str(target)) for inspector, target in orjson.loads(text)]
    except (ValueError, TypeError) as error:
        msg = "Draw the pairs first."
        raise InvalidError(msg) from error


def told(drawn: Pairing, words: Words) -> dict[str, Any]:
    """Return a proposal as the page shows it."""
    rows = drawn.pairs
    return {
        "status": drawn.status,
        "repeats": drawn.repeats,
        "spread": drawn.spread,
        "conflicts": [said(conflict, words.language) for conflict in drawn.conflicts],
        "pairs": rows.to_dict("records"),
        "sent": orjson.dumps(rows[PAIR].to_numpy().tolist()).decode(),
    }


def refused(visit: Visit, error: GridMapError, form: str, sent: Drawn) -> Response:
    """Show the page again as it was filled in, with the reason beside the form."""
    faults = {form: sentence(error, visit.words.language)}
    preview = None
    if form == "open" and sent.pairs:
        preview = _given_back(visit, sent)
    return shown(
        visit, Wanted(), sent=sent, preview=preview, faults=faults, status=status_of(error)
    )


def shown(
    visit: Visit,
    wanted: Wanted,
    *,
    sent: Drawn | None = None,
    preview: dict[str, Any] | None = None,
    faults: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    """
    Return the page.

    Parameters
    ----------
    visit, wanted
        Who asks, and for which round and rule.
    sent
        What the forms are filled with.
    preview
        A proposal, as `told` returns it.
    faults
        Form → why it was refused.
    status
        Of the answer.
    """
    book = rounds_of(visit)
    rounds = book.listed()
    chosen = next((row for row in _rows(rounds) if row["round_id"] == wanted.round), None)
    chosen = chosen or next(iter(_rows(rounds.head(1))), None)
    answer = render(
        visit,
        "inspection.html",
        section="issues",
        status=status,
        done=wanted.done == "opened",
        faults=faults or {},
        states={state: visit.words.say(title) for state, title in STATES.items()},
        rounds=_rows(rounds),
        chosen=chosen,
        pairs=_rows(_with_shares(book.pairs(str(chosen["round_id"])))) if chosen else [],
        due=_due(book, visit) if book.units is not None else None,
        opens=visit.may("round.write"),
        sent=sent or Drawn(since=visit.today.isoformat()),
        preview=preview,
        roads=_roads(visit, wanted.rule),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _given_back(visit: Visit, sent: Drawn) -> dict[str, Any] | None:
    try:
        pairs = pd.DataFrame(read_pairs(sent.pairs), columns=PAIR, dtype="str")
    except InvalidError:
        return None
    rows = rounds_of(visit).named(pairs).assign(last=None)
    return told(Pairing(rows, "optimal"), visit.words)


def _with_shares(pairs: pd.DataFrame) -> pd.DataFrame:
    return pairs.assign(share=pairs["score"] / pairs["out_of"].where(pairs["out_of"] > 0))


def _due(book: Rounds, visit: Visit) -> list[dict[str, Any]]:
    """Return what each of the caller's units has to look at."""
    names = visit.reports.frame("units", visit.today)["name"]
    return [
        {"unit_id": unit_id, "name": names.get(unit_id, unit_id), "points": _rows(rows)}
        for unit_id in sorted(book.units or ())
        if len(rows := book.of_unit(unit_id))
    ]


def _roads(visit: Visit, rule: str) -> dict[str, Any]:
    """Return the rules in use, and the stretches that break the chosen one."""
    whole = service_of(visit.request).workspaces.whole
    rules = road_rules.rules(whole, visit.as_of)
    chosen = rule if rule in rules.index else next(iter(rules.index), "")
    found = road_rules.failures(whole, visit.reports.workspace, visit.as_of, rule_id=chosen)
    length = float((found["to_m"] - found["from_m"]).sum())
    listed = found.head(SHOWN)
    rows = with_boxes(listed).assign(**_in_words(listed, visit.words))
    return {
        "rules": _rows(rules.reset_index()),
        "chosen": _rows(rules.loc[[chosen]].reset_index())[0] if chosen else None,
        "rows": _rows(rows),
        "n": len(found),
        "length_m": length,
    }


def _in_words(failures: pd.DataFrame, words: Words) -> dict[str, list[Any]]:
    """Return columns that tell each stretch: the road, its metres, what stands there, who."""
    rows = _rows(pd.DataFrame(failures))
    return {
        "road": [row["road_name"] for row in rows],
        "metres": [_span(row, words) for row in rows],
        "things": [
            words.say(_("{worst} of {least}"), worst=row["worst"], least=row["least"])
            for row in rows
        ],
        "who": [_who(row["answers"], words) for row in rows],
        "nobody": [all(piece["unit_id"] is None for piece in row["answers"]) for row in rows],
    }


def _who(answers: list[dict[str, Any]], words: Words) -> str:
    if len(answers) == 1 and answers[0]["unit_id"] is None:
        return words.say(_("nobody"))
    nobody = words.say(_("nobody"))
    return words.together(
        f"{piece['unit_name'] or piece['unit_id'] or nobody} ({_place(piece, words)})"
        for piece in answers
    )


def _place(piece: dict[str, Any], words: Words) -> str:
    span = _span(piece, words)
    return span if piece["side"] == "both" else f"{span}, {words.word('side', piece['side'])}"


def _span(piece: dict[str, Any], words: Words) -> str:
    start, end = (words.number(piece[name]) for name in ("from_m", "to_m"))
    return words.say(_("{start}–{end} m"), start=start, end=end)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.to_dict("records")
    return rows
