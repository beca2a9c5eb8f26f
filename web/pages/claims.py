"""Claims: what a unit asks for, and what the office says to it."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from http import HTTPStatus
from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import may, permit
from api.errors import status_of
from api.sentences import sentence
from api.service import service_of
from geodata.claims import Claims, Terms
from geodata.reports.claims import free_targets
from gridmap.claims import CLAIMABLE, OPEN, Proposal
from gridmap.errors import GridMapError, InvalidError, NotFoundError
from gridmap.targets import Target
from web.pages.days import day
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False)
SHOWN, DECIDED = 200, 100
SEPARATORS = re.compile(r"[\s,;，；、]+")
STATES = {
    "proposed": _("To be decided"),
    "accepted": _("Accepted"),
    "refused": _("Refused"),
    "withdrawn": _("Withdrawn"),
}
DONE = {
    "claim": _("{n} claims were made; the office decides on them."),
    "accept": _("{n} claims were accepted: the units answer for these targets."),
    "refuse": _("{n} claims were refused."),
    "withdraw": _("{n} claims were withdrawn."),
}


class Wanted(BaseModel):
    """What of the free list is shown, and what was just done."""

    q: str = Field(default="", max_length=100)
    kind: str = Field(default="", max_length=40)
    done: str = Field(default="", max_length=20)
    n: int = Field(default=0, ge=0, lt=10**6)
    as_of: str = ""
    lang: str = ""


class Asked(BaseModel):
    """What a unit claims."""

    target: list[str] = Field(default_factory=list, max_length=1000)
    codes: str = Field(default="", max_length=20_000)
    unit_id: str = Field(default="", max_length=200)
    since: str = Field(default="", max_length=20)
    reason: str = Field(default="", max_length=2000)
    seen: int = Field(default=0, ge=0, lt=2**53)
    q: str = Field(default="", max_length=100)
    kind: str = Field(default="", max_length=40)


class Decision(BaseModel):
    """What the office decides on which claims."""

    claim_id: list[str] = Field(default_factory=list, max_length=1000)
    decision: str = Field(default="", max_length=20)
    since: str = Field(default="", max_length=20)
    take_over: bool = False
    source: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=2000)
    seen: int = Field(default=0, ge=0, lt=2**53)


@router.get("/claims", dependencies=[permit("claim.read")])
def claims(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show the claims, and to units what is free."""
    done = visit.words.say(DONE[wanted.done], n=wanted.n) if wanted.done in DONE else ""
    return page(visit, Asked(q=wanted.q, kind=wanted.kind), Decision(), done=done)


@router.post("/claims", dependencies=[permit("claim.propose")])
def propose(visit: VisitDep, sent: Annotated[Asked, Form()]) -> Response:
    """Ask for what was chosen."""
    try:
        since = day(sent.since, visit.today)
        typed = typed_targets(visit, sent.codes, since)
        targets = tuple(_target(text) for text in _chosen([*sent.target, *typed]))
        proposal = Proposal(sent.unit_id, targets, since, sent.reason)
        step = claims_of(visit, "claim.propose").propose(proposal, seen=sent.seen)
    except GridMapError as error:
        return refused(visit, error, "propose", asked=sent)
    return back("claim", len(step.claims))


@router.post("/claims/decisions", dependencies=[permit("claim.decide")])
def decide(visit: VisitDep, sent: Annotated[Decision, Form()]) -> Response:
    """Accept or refuse what was chosen."""
    book = claims_of(visit, "claim.decide")
    try:
        ids = _chosen(sent.claim_id)
        if sent.decision == "accept":
            since = day(sent.since, visit.today) if sent.since.strip() else None
            note = sent.reason.strip() or None
            terms = Terms(since, sent.take_over, sent.source.strip() or None, note)
            step = book.accept(ids, terms, seen=sent.seen)
        else:
            step = book.refuse(ids, sent.reason, seen=sent.seen)
    except GridMapError as error:
        return refused(visit, error, "decide", decision=sent)
    return back("accept" if sent.decision == "accept" else "refuse", len(step.claims))


@router.post("/claims/withdrawals", dependencies=[permit("claim.propose")])
def withdraw(visit: VisitDep, claim_id: Annotated[str, Form(max_length=200)]) -> Response:
    """Withdraw a claim of one's own unit."""
    try:
        claims_of(visit, "claim.propose").withdraw([claim_id])
    except GridMapError as error:
        return refused(visit, error, "withdraw")
    return back("withdraw", 1)


def claims_of(visit: Visit, action: str, *, divisions: bool = False) -> Claims:
    """
    Return the claims of the part of the city in which the caller may do something.

    Parameters
    ----------
    visit
        Who asks.
    action
        One of `gridmap.access.PERMITS`.
    divisions
        Whether only cities and divisions count, as for an office, and not what a unit holds.
    """
    service = service_of(visit.request)
    scopes = may(visit.request, action)
    if divisions:
        scopes = tuple(scope for scope in scopes if scope.kind != "unit")
    own = service.workspaces.of(scopes)
    return Claims(service.workspaces.whole, own, visit.caller.person, visit.today)


def typed_targets(visit: Visit, text: str, since: date) -> list[str]:
    """
    Return targets that were typed by their codes, as the boxes of the list name them.

    Parameters
    ----------
    visit
        Who asks.
    text
        Codes, between spaces, commas or lines.
    since
        The day on which they must be there.

    Raises
    ------
    NotFoundError
        If a code is that of nothing that can be claimed.
    """
    codes = [code for code in SEPARATORS.split(text) if code]
    if not codes:
        return []
    store = service_of(visit.request).workspaces.whole.store
    kinds = {kind: set(store.own(kind, since)) for kind in CLAIMABLE}
    found = {code: next((k for k in kinds if code in kinds[k]), None) for code in codes}
    if missing := [code for code, kind in found.items() if kind is None]:
        msg = "There is no grid, inspection point or compound {target}."
        raise NotFoundError(msg, target=", ".join(missing[:5]))
    return [f"{kind}:{code}" for code, kind in found.items()]


def back(done: str, n: int) -> Response:
    """Return to the page after something was done."""
    return RedirectResponse(f"/claims?done={done}&n={n}", status_code=HTTPStatus.SEE_OTHER)


def refused(
    visit: Visit,
    error: GridMapError,
    form: str,
    *,
    asked: Asked | None = None,
    decision: Decision | None = None,
) -> Response:
    """Show the page again as it was filled in, with the reason beside the form."""
    faults = {form: sentence(error, visit.words.language)}
    return page(
        visit, asked or Asked(), decision or Decision(), faults=faults, status=status_of(error)
    )


def page(
    visit: Visit,
    asked: Asked,
    decision: Decision,
    *,
    done: str = "",
    faults: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    """
    Return the page of claims.

    Parameters
    ----------
    visit
        Who asks.
    asked, decision
        What the forms are filled with.
    done
        What was just done, in words.
    faults
        Form → why it was refused.
    status
        Of the answer.
    """
    answer = render(
        visit,
        "claims.html",
        section="claims",
        status=status,
        done=done,
        faults=faults or {},
        states={state: visit.words.say(said) for state, said in STATES.items()},
        kinds=CLAIMABLE,
        unit=_unit_side(visit, asked) if visit.may("claim.propose") else None,
        office=_office_side(visit, decision) if _is_office(visit) else None,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _unit_side(visit: Visit, asked: Asked) -> dict[str, object]:
    """Return what a unit sees: its claims, and what is free in the whole city."""
    book = claims_of(visit, "claim.propose")
    seen, units = book.seen(), sorted(book.units)
    listed = book.listed()
    whole = service_of(visit.request).workspaces.whole
    kind = asked.kind if asked.kind in CLAIMABLE else None
    free = free_targets(whole, visit.today, kind, asked.q)
    names = whole.frame("units", visit.today)["name"]
    return {
        "seen": seen,
        "units": [(unit, names.get(unit, unit)) for unit in units],
        "claims": _rows(listed[listed["unit_id"].isin(units)].head(SHOWN)),
        "free": _rows(free.head(SHOWN)),
        "n_free": len(free),
        "asked": asked,
        "since": asked.since or visit.today.isoformat(),
    }


def _office_side(visit: Visit, decision: Decision) -> dict[str, object]:
    """Return what an office sees: what is to be decided, and what was."""
    book = claims_of(visit, "claim.read", divisions=True)
    seen, listed = book.seen(), book.listed()
    is_open = listed["state"] == OPEN
    waiting = listed[is_open].sort_values("asked_at", kind="stable")  # first come, first served
    return {
        "seen": seen,
        "open": _rows(waiting.head(SHOWN)),
        "n_open": len(waiting),
        "decided": _rows(listed[~is_open].sort_values("decided_at", ascending=False).head(DECIDED)),
        "n_decided": int((~is_open).sum()),
        "decision": decision,
        "decides": visit.may("claim.decide"),
    }


def _is_office(visit: Visit) -> bool:
    return any(scope.kind != "unit" for scope in may(visit.request, "claim.read"))


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = frame.to_dict("records")
    return rows


def _chosen(keys: Collection[str]) -> list[str]:
    found = list(dict.fromkeys(key for key in keys if key))
    if not found:
        msg = "Choose at least one line of the list."
        raise InvalidError(msg)
    return found


def _target(text: str) -> Target:
    kind, _colon, key = text.partition(":")
    return Target(kind, key)
