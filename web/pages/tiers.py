"""Leaders and tiers: the proof that none is skipped, what is missing, and who is given what."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit, scopes_of
from api.sentences import sentence
from api.service import service_of
from geodata.desk import Desk, Order
from geodata.reports import tiers as reading
from geodata.reports.tiers import PlaceChain, TierReport
from gridmap.answers import CHAIN_TIERS
from gridmap.errors import GridMapError, NotFoundError
from gridmap.layers import LEVELS
from gridmap.targets import Target
from web.pages.days import day
from web.pages.office import Refusal, refusal
from web.pages.shell import Visit, VisitDep, inactive, render
from web.words import absent
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False)
ROWS_AT_ONCE = 200
CHOICES_AT_MOST = 3000
DONE = {
    "given": _("It is given; the figures below know of it."),
    "released": _("It is ended; the figures below know of it."),
}
NOTHING_REFUSED = Refusal()
READS, WRITES = [permit("register.read")], [permit("assignment.write")]


class Asked(BaseModel):
    """What of the tiers is shown."""

    level: str = Field(default="", max_length=20)
    missing: str = Field(default="", max_length=20)
    tier: list[str] = Field(default_factory=list, max_length=10)
    place: str = Field(default="", max_length=200)
    target: str = Field(default="", max_length=200)
    give: str = Field(default="", max_length=20)
    done: str = Field(default="", max_length=20)
    as_of: str = ""
    lang: str = ""


class Given(BaseModel):
    """Who is to hold a tier over a place."""

    target: str = Field(default="", max_length=200)
    unit: str = Field(default="", max_length=200)
    tier: str = Field(default="patch_leader", max_length=20)
    since: str = Field(default="", max_length=20)
    source: str = Field(default="", max_length=200)
    seen: int | None = Field(default=None, ge=0, lt=2**53)


class Released(BaseModel):
    """What is to end."""

    assignment_id: str = Field(default="", max_length=200)
    until: str = Field(default="", max_length=20)
    seen: int | None = Field(default=None, ge=0, lt=2**53)


@router.get("/tiers", dependencies=READS)
def tiers(visit: VisitDep, asked: Annotated[Asked, Query()]) -> Response:
    """Show who holds the tiers, where one is skipped, and the chain of a place."""
    given = Given(target=asked.target, tier=asked.give or "patch_leader")
    return page(visit, asked, given)


@router.post("/tiers/assignments", dependencies=WRITES)
def give(visit: VisitDep, sent: Annotated[Given, Form()]) -> Response:
    """Give a leader or a unit to a subdistrict, a community or a grid."""
    try:
        order = Order(
            targets=(_target(visit, sent.target),),
            units=((_unit(visit, sent.unit), sent.tier),),
            since=day(sent.since, visit.today),
            source=sent.source.strip() or None,
        )
        desk_of(visit).assign(order, seen=sent.seen)
    except GridMapError as error:
        return page(visit, Asked(), sent, refusal(visit, error))
    return RedirectResponse("/tiers?done=given", status_code=HTTPStatus.SEE_OTHER)


@router.post("/tiers/releases", dependencies=WRITES)
def release(visit: VisitDep, sent: Annotated[Released, Form()]) -> Response:
    """End what a leader or a unit holds."""
    try:
        until = day(sent.until, visit.today)
        desk_of(visit).release([sent.assignment_id], until=until, seen=sent.seen)
    except GridMapError as error:
        return page(visit, Asked(), Given(), refusal(visit, error))
    return RedirectResponse("/tiers?done=released", status_code=HTTPStatus.SEE_OTHER)


def desk_of(visit: Visit) -> Desk:
    """Return the desk of a visit, over the part of the city in which the route may act."""
    workspaces = service_of(visit.request).workspaces
    return Desk(workspaces.of(scopes_of(visit.request)), visit.caller.person)


def page(
    visit: Visit,
    asked: Asked,
    given: Given,
    refused: Refusal = NOTHING_REFUSED,
) -> Response:
    """
    Return the page of tiers.

    Parameters
    ----------
    visit
        Who asks.
    asked
        What is shown.
    given
        What the form is filled with.
    refused
        Why a form was refused.
    """
    writes = visit.may("assignment.write") and not visit.past
    seen = desk_of(visit).seen() if writes else 0  # before reading: what comes between is told
    required = tuple(tier for tier in CHAIN_TIERS if tier in asked.tier) or None
    found = reading.tier_report(visit.reports.workspace, visit.as_of, required)
    chain, nowhere = _chain(visit, asked.place, required)
    answer = render(
        visit,
        "tiers.html",
        section="tiers",
        status=refused.status,
        asked=asked,
        given=given,
        found=found,
        chosen=required is not None,
        all_tiers=CHAIN_TIERS,
        figures=_figures(found),
        proof=_proof(found),
        tier_names=[visit.words.word("tier", tier) for tier in found.required],
        missing=_missing(found, asked),
        held=found.held.head(ROWS_AT_ONCE).to_dict("records"),
        chain=chain,
        nowhere=nowhere,
        writes=writes,
        seen=seen,
        refused=refused,
        places=_places(visit),
        units=_units(visit) if writes else [],
        inactive=inactive(visit),
        done=visit.words.say(DONE[asked.done]) if asked.done in DONE else "",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _chain(
    visit: Visit, text: str, required: tuple[str, ...] | None
) -> tuple[PlaceChain | None, str]:
    if not text.strip():
        return None, ""
    try:
        workspace = visit.reports.workspace
        return reading.place_chain(workspace, text, visit.as_of, required), ""
    except NotFoundError as error:
        return None, sentence(error, visit.words.language)


def _figures(found: TierReport) -> dict[str, Any]:
    """Return the levels that there are, and of each tier its figures by level."""
    rows = found.figures
    return {
        "levels": [level for level in LEVELS if (rows["level"] == level).any()],
        "tiers": {
            tier: part.set_index("level").to_dict("index")
            for tier, part in rows.groupby("tier", sort=False)
        },
    }


def _proof(found: TierReport) -> dict[str, int]:
    """Return how many grids there are, and how many of them, and of bare divisions, lack a tier."""
    of_grids = found.figures[found.figures["level"] == "grid"]
    rows = found.missing
    return {
        "grids": int(of_grids["n"].max()) if len(of_grids) else 0,
        "lacking": int(rows.loc[rows["level"] == "grid", "code"].nunique()),
        "bare": int(rows.loc[rows["grids_n"] == 0, "code"].nunique()),
    }


def _missing(found: TierReport, asked: Asked) -> dict[str, Any]:
    """Return the rows of the list, and how many each choice of level and tier would show."""
    rows = found.missing
    by_level = rows["level"].value_counts()
    by_tier = rows["tier"].value_counts()
    if asked.level in LEVELS:
        rows = rows[rows["level"] == asked.level]
    if asked.missing in CHAIN_TIERS:
        rows = rows[rows["tier"] == asked.missing]
    return {
        "rows": rows.head(ROWS_AT_ONCE).to_dict("records"),
        "n": len(rows),
        "total": len(found.missing),
        "levels": [(level, int(by_level[level])) for level in LEVELS if level in by_level],
        "tiers": [(tier, int(by_tier[tier])) for tier in CHAIN_TIERS if tier in by_tier],
    }


def _places(visit: Visit) -> list[tuple[str, str]]:
    names = reading.place_names(visit.reports.workspace, visit.as_of)
    return [(str(code), str(name)) for code, name in names.head(CHOICES_AT_MOST).items()]


def _units(visit: Visit) -> list[tuple[str, str]]:
    """Return leaders' posts, then units, that are in use: id, and name with what it is."""
    units = visit.reports.frame("units", visit.as_of)
    units = units[units["active"].fillna(value=True).astype(bool)]
    posts = units[units["party"] == "post"]
    ordered = [*posts.index, *units.index.difference(posts.index, sort=False)]
    return [(str(key), _named(units.loc[key], visit)) for key in ordered[:CHOICES_AT_MOST]]


def _named(unit: Any, visit: Visit) -> str:  # noqa: ANN401 - a row of a frame
    party = visit.words.word("party", unit["party"])
    holder = "" if absent(unit["holder"]) else f" {unit['holder']}"
    return f"{unit['name']}{holder} · {party}"


def _target(visit: Visit, text: str) -> Target:
    place = reading.find_place(visit.reports.workspace, text, visit.as_of).iloc[0]
    kind = "grid" if place["level"] == "grid" else "division"
    return Target(kind, str(place["code"]))


def _unit(visit: Visit, text: str) -> str:
    """Return a unit by its id, or by its whole name if only one is called so."""
    wanted, names = text.strip(), visit.reports.frame("units", visit.as_of)["name"]
    if wanted in names.index:
        return wanted
    called = names.index[names == wanted]
    if len(called) != 1:
        msg = "There is no unit {unit_id}."
        raise NotFoundError(msg, unit_id=wanted)
    return str(called[0])
