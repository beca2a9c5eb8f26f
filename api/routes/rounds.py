"""Cross inspection: rounds, the pairs that are proposed for one, and what an inspector is due."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Query as InQuery
from pydantic import ConfigDict, Field

from api.callers import CallerDep, permit
from api.deps import answer
from api.frames import dump, records
from api.i18n import translator
from api.orders import Body, Key, Note
from api.queries import Query
from api.service import service_of
from geodata.rounds import Rounds, Wish
from gridmap.pairing import SEED, Pairing
from gridmap.planning import Conflict
from gridmap.rounds import Round

router = APIRouter(prefix="/rounds", tags=["rounds"])
READS = [permit("round.read")]
WRITES = [permit("round.write")]
MOST = 1000  # units of a round
Units = Annotated[list[Key], Field(max_length=MOST)]


class PairBody(Body):
    """Who inspects whom."""

    inspector: Key
    target: Key

    def pair(self) -> tuple[str, str]:
        """Return it as the domain takes it."""
        return self.inspector, self.target


Pairs = Annotated[list[PairBody], Field(max_length=20 * MOST)]


class WishBody(Body):
    """What a round is drawn from."""

    model_config = ConfigDict(json_schema_extra={"example": {"each": 2, "weighted": True}})

    units: Units = Field(default_factory=list, description="Every unit in use if left out.")
    each: Annotated[int, Field(ge=1, le=20, strict=True)] = 1
    seed: Annotated[int, Field(ge=0, lt=2**31, strict=True)] = SEED
    weighted: bool = Field(
        default=False, description="Even the inspectors' targets by their inspection points."
    )
    barred: Pairs = Field(default_factory=list)
    kin: dict[Key, Key] = Field(
        default_factory=dict,
        max_length=MOST,
        description="Unit → its group: units of one group do not inspect each other.",
    )

    def wish(self) -> Wish:
        """Return it as the use case takes it."""
        barred = tuple(one.pair() for one in self.barred)
        return Wish(tuple(self.units), self.each, self.seed, self.weighted, barred, self.kin)


class NewRound(Body):
    """A round that is to be opened."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "2026年7月互检",
                "since": "2026-07-01",
                "until": "2026-07-31",
                "pairs": [
                    {"inspector": "u1", "target": "u2"},
                    {"inspector": "u2", "target": "u3"},
                    {"inspector": "u3", "target": "u1"},
                ],
            }
        }
    )

    name: Key
    since: date
    until: date
    edition: Key | None = None
    note: Note | None = None
    pairs: Pairs

    def round_of(self) -> Round:
        """Return it as the domain takes it."""
        return Round(self.name, self.since, self.until, self.edition, self.note)


class DueQuery(Query):
    """Whose work."""

    unit_id: str = Field(max_length=200)


def rounds(request: Request, asking: CallerDep) -> Rounds:
    """Return the rounds of the city, in the caller's name."""
    service = service_of(request)
    whole = service.workspaces.whole
    return Rounds(whole, asking.person, service.today(), service.zone)


RoundsDep = Annotated[Rounds, Depends(rounds)]


@router.get("", dependencies=READS)
def list_rounds(kept: RoundsDep) -> Response:
    """Return the rounds that the caller has a part in, the latest first."""
    return answer({"rounds": records(kept.listed())}, None)


@router.get("/due", dependencies=READS)
def list_due(query: Annotated[DueQuery, InQuery()], kept: RoundsDep) -> Response:
    """Return whom a unit inspects in the rounds that are not over, point by point."""
    return answer({"points": records(kept.of_unit(query.unit_id))}, None)


@router.get("/{round_id}", dependencies=READS)
def one_round(round_id: str, kept: RoundsDep) -> Response:
    """Return the pairs of a round with their results; a unit sees its own."""
    return answer({"pairs": records(kept.pairs(round_id))}, None)


@router.post("/proposals", dependencies=WRITES)
def propose(asked: WishBody, kept: RoundsDep, request: Request) -> Response:
    """Draw the pairs of a round, and keep nothing; what makes it impossible is named."""
    drawn = kept.propose(asked.wish())
    language = str(getattr(request.state, "language", service_of(request).settings.language))
    return answer(told(drawn, language), None)


@router.post("", status_code=HTTPStatus.CREATED, dependencies=WRITES)
def open_round(new: NewRound, kept: RoundsDep) -> Response:
    """Open a round with its pairs."""
    step = kept.open(new.round_of(), [one.pair() for one in new.pairs])
    body = {"entry": step.entry, "round_id": step.round_id, "pairs": records(step.pairs)}
    headers = {"ETag": f'"{step.entry}"', "Cache-Control": "no-store"}
    return Response(dump(body), HTTPStatus.CREATED, headers, media_type="application/json")


def told(drawn: Pairing, language: str) -> dict[str, Any]:
    """
    Return a proposal as it goes over the wire.

    Parameters
    ----------
    drawn
        The pairing.
    language
        In which what stands in its way is said.
    """
    return {
        "status": drawn.status,
        "repeats": drawn.repeats,
        "spread": drawn.spread,
        "conflicts": [said(conflict, language) for conflict in drawn.conflicts],
        "pairs": records(drawn.pairs),
    }


def said(conflict: Conflict, language: str) -> str:
    """Return what makes a pairing impossible, in a language."""
    return str(translator(language).gettext(conflict.template)).format(**conflict.values)
