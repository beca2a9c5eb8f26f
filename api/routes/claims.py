"""Claims: what units ask for, what is free, and what the office decides."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Literal

import pandas as pd
from fastapi import APIRouter, Depends, Request, Response
from fastapi import Query as InQuery
from pydantic import ConfigDict, Field

from api.callers import CallerDep, permit, scopes_of
from api.deps import SettingsDep, answer
from api.frames import columns, dump, records
from api.orders import Body, Key, Note, Nothing, TargetBody
from api.pages import LARGEST, chosen
from api.queries import Query
from api.service import service_of
from api.steps import SeenDep
from geodata.claims import Claims, ClaimStep, Terms
from geodata.reports.claims import free_targets
from gridmap.claims import Proposal

router = APIRouter(prefix="/claims", tags=["claims"])
READS = [permit("claim.read")]
PROPOSES = [permit("claim.propose")]
DECIDES = [permit("claim.decide")]


class ClaimsQuery(Query):
    """Which claims."""

    state: Literal["proposed", "accepted", "refused", "withdrawn"] | None = None
    unit_id: str | None = None


class UnclaimedQuery(Query):
    """What of the things that are free."""

    kind: Literal["grid", "inspection_point", "compound"] | None = None
    q: str = Field(
        default="", max_length=100, description="Part of a name, pinyin, or beginning of a code."
    )
    limit: int | None = Field(default=None, ge=1, le=LARGEST)


class NewClaims(Body):
    """What a unit would answer for."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "unit_id": "u1",
                "targets": [{"target_kind": "grid", "target": "232701100001004"}],
                "since": "2026-07-01",
                "reason": "与本单位办公区相邻",
            }
        }
    )

    unit_id: Key
    targets: Annotated[list[TargetBody], Field(min_length=1, max_length=1000)]
    since: date
    reason: Note | None = None

    def proposal(self) -> Proposal:
        """Return it as the domain takes it."""
        targets = tuple(target.target_of() for target in self.targets)
        return Proposal(self.unit_id, targets, self.since, self.reason)


class Acceptance(Body):
    """How a claim is accepted."""

    since: date | None = None
    take_over: bool = False
    source: Note | None = None
    note: Note | None = None

    def terms(self) -> Terms:
        """Return it as the use case takes it."""
        return Terms(self.since, self.take_over, self.source, self.note)


class Refusal(Body):
    """Why a claim is refused."""

    reason: Note


def claims(request: Request, asking: CallerDep) -> Claims:
    """Return the claims of the part of the city in which the caller may."""
    service = service_of(request)
    own = service.workspaces.of(scopes_of(request))
    return Claims(service.workspaces.whole, own, asking.person, service.today())


ClaimsDep = Annotated[Claims, Depends(claims)]


@router.get("", dependencies=READS)
def list_claims(query: Annotated[ClaimsQuery, InQuery()], book: ClaimsDep) -> Response:
    """Return the claims, the newest first, with who is primary of their targets now."""
    seen = book.seen()
    found = chosen(book.listed(), state=query.state, unit_id=query.unit_id)
    return answer({"seen": seen, "claims": records(found)}, None)


@router.get("/unclaimed", dependencies=READS)
def list_unclaimed(
    query: Annotated[UnclaimedQuery, InQuery()],
    request: Request,
    book: ClaimsDep,
    settings: SettingsDep,
) -> Response:
    """Return what nobody is primary of and nobody has asked for, in the whole city."""
    service, seen = service_of(request), book.seen()
    found = free_targets(service.workspaces.whole, service.today(), query.kind, query.q)
    shown = found.head(query.limit or settings.page_size)
    return answer({"seen": seen, "matched": len(found), "targets": records(shown)}, None)


@router.post("", status_code=HTTPStatus.CREATED, dependencies=PROPOSES)
def propose(new: NewClaims, book: ClaimsDep, seen: SeenDep) -> Response:
    """Ask for targets in the name of one's unit."""
    return _told(book.propose(new.proposal(), seen=seen), HTTPStatus.CREATED)


@router.post("/{claim_id}/accept", dependencies=DECIDES)
def accept(claim_id: str, asked: Acceptance, book: ClaimsDep, seen: SeenDep) -> Response:
    """Accept a claim: the unit answers for the target."""
    return _told(book.accept([claim_id], asked.terms(), seen=seen))


@router.post("/{claim_id}/refuse", dependencies=DECIDES)
def refuse(claim_id: str, asked: Refusal, book: ClaimsDep, seen: SeenDep) -> Response:
    """Refuse a claim, with the reason."""
    return _told(book.refuse([claim_id], asked.reason, seen=seen))


@router.post("/{claim_id}/withdraw", dependencies=PROPOSES)
def withdraw(claim_id: str, _asked: Nothing, book: ClaimsDep, seen: SeenDep) -> Response:
    """Withdraw a claim of one's own unit."""
    return _told(book.withdraw([claim_id], seen=seen))


def _told(step: ClaimStep, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Answer with what a step has written: the claims, and what became of assignments."""
    body = {
        "entry": step.entry,
        "seen": step.entry,
        "claims": records(step.claims),
        "added": columns(pd.DataFrame(step.changes.added.reset_index())),
        "released": columns(step.changes.released[["until"]].reset_index()),
    }
    headers = {"ETag": f'"{step.entry}"', "Cache-Control": "no-store"}
    return Response(dump(body), status, headers, media_type="application/json")
