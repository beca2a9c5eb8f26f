"""Rankings: places in order with their intervals, formulas, appeals and rulings."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import APIRouter, Depends, Request, Response
from fastapi import Query as InQuery
from pydantic import ConfigDict, Field

from api.callers import CallerDep, may, permit
from api.deps import TagDep, answer
from api.frames import dump, records
from api.orders import Body, Key, Note, Nothing
from api.queries import DayQuery, Query
from api.sentences import QueryError
from api.service import service_of
from geodata.rankings import Ranked, Rankings
from gridmap.appeals import MOST_ISSUES, Appeal, Ruling
from gridmap.formulas import Formula, Term, differences
from gridmap.periods import Every, last_over, period_of
from gridmap.ranking import moves

router = APIRouter(prefix="/rankings", tags=["rankings"])
READS = [permit("ranking.read")]
WRITES = [permit("ranking.write")]
APPEALS = [permit("ranking.appeal")]
RULES = [permit("ranking.rule")]
Level = Literal["unit", "subdistrict", "community"]
Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$", examples=["2026-06"])]
Named = Annotated[list[Key], Field(min_length=1, max_length=MOST_ISSUES)]


class RankingQuery(DayQuery):
    """Which ranking, and about whom more is wanted."""

    level: Level = "unit"
    every: Every = Field(default="month", description="Of which kind the period is.")
    month: Month | None = Field(
        default=None,
        description="A month of it; of the last whole month, quarter or year if left out.",
    )
    subject: str | None = Field(
        default=None, max_length=200, description="Whose terms, and what would lift their rank."
    )


class AppealsQuery(Query):
    """Of which ranking."""

    level: Level | None = None
    month: Month | None = None


class TermBody(Body):
    """What an indicator is worth."""

    indicator: Key
    weight: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
    direction: Literal["high", "low"]


class NewFormula(Body):
    """A formula that is to be published."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "edition": "2026-2",
                "name": "街道“赛马”计分办法",
                "since": "2026-07-01",
                "terms": [
                    {"indicator": "on_time", "weight": 60, "direction": "high"},
                    {"indicator": "rework", "weight": 40, "direction": "low"},
                ],
            }
        }
    )

    edition: Key
    name: Key
    since: date
    terms: Annotated[list[TermBody], Field(min_length=1, max_length=20)]
    note: Note | None = None

    def formula(self) -> Formula:
        """Return it as the domain takes it."""
        terms = tuple(Term(one.indicator, one.weight, one.direction) for one in self.terms)
        return Formula(self.edition, self.name, terms, self.since, self.note)


class Trial(NewFormula):
    """A formula that is tried on a month before it is published."""

    level: Level = "unit"
    month: Month | None = Field(default=None, description="The last whole month if left out.")


class NewAppeal(Body):
    """An appeal against a rank."""

    level: Level
    subject: Key
    month: Month
    reason: Note
    issues: Named

    def appeal(self) -> Appeal:
        """Return it as the domain takes it."""
        month = month_of(self.month)
        return Appeal(month, self.level, self.subject, self.reason, tuple(self.issues))


class NewRuling(Body):
    """What is decided on an appeal."""

    state: Literal["upheld", "dismissed"]
    reason: Note
    issues: Named | None = Field(default=None, description="All that the appeal names if left out.")

    def ruling(self) -> Ruling:
        """Return it as the domain takes it."""
        return Ruling(self.state, self.reason, None if self.issues is None else tuple(self.issues))


def rankings(request: Request, asking: CallerDep) -> Rankings:
    """Return the rankings of the city, in the caller's name."""
    service = service_of(request)
    own = may(request, "ranking.appeal")
    whole = service.workspaces.whole
    part = service.workspaces.of(own) if own else whole
    return Rankings(whole, part, asking.person, service.today(), service.zone)


RankingsDep = Annotated[Rankings, Depends(rankings)]


@router.get("", dependencies=READS)
def ranking(
    query: Annotated[RankingQuery, InQuery()], request: Request, kept: RankingsDep, made: TagDep
) -> Response:
    """Return the ranking of a month, a quarter or a year: the whole city's, for everybody alike."""
    as_of = query.as_of or service_of(request).today()
    day = month_of(query.month) if query.month else last_over(as_of, query.every).first
    found = kept.ranked(day, query.level, as_of, every=query.every)
    return answer(told(found, query.subject), made)


@router.get("/formulas", dependencies=READS)
def list_formulas(kept: RankingsDep, made: TagDep) -> Response:
    """Return the formulas, latest first."""
    return answer({"formulas": [asdict(formula) for formula in kept.formulas()]}, made)


@router.post("/formulas", status_code=HTTPStatus.CREATED, dependencies=WRITES)
def publish_formula(new: NewFormula, kept: RankingsDep) -> Response:
    """Publish a formula; months that have passed keep theirs."""
    return _written(kept.publish(new.formula()), edition=new.edition)


@router.post("/formulas/trial", dependencies=WRITES)
def try_formula(new: Trial, kept: RankingsDep, request: Request) -> Response:
    """Rank a month by a formula that is not published, beside the ranking as it is."""
    today = service_of(request).today()
    month = month_of(new.month) if new.month else last_over(today, "month").first
    now, then = kept.tried(new.formula(), month, new.level)
    body = {
        "month": now.period.name,
        "level": now.level,
        "differences": [
            asdict(change) for change in differences(kept.in_force(new.since), then.ranking.formula)
        ],
        "rows": records(moves(now.ranking, then.ranking).reset_index()),
    }
    return answer(body, None)


@router.get("/appeals", dependencies=READS)
def list_appeals(
    query: Annotated[AppealsQuery, InQuery()], kept: RankingsDep, made: TagDep
) -> Response:
    """Return appeals and the rulings on them, the newest first."""
    month = period_of(month_of(query.month), "month") if query.month else None
    return answer({"appeals": records(kept.appeals(month, query.level).reset_index())}, made)


@router.post("/appeals", status_code=HTTPStatus.CREATED, dependencies=APPEALS)
def appeal(new: NewAppeal, kept: RankingsDep) -> Response:
    """Appeal against one's own rank of a month that is over."""
    entry, appeal_id = kept.appeal(new.appeal())
    return _written(entry, appeal_id=appeal_id)


@router.post("/appeals/{appeal_id}/ruling", status_code=HTTPStatus.CREATED, dependencies=RULES)
def rule(appeal_id: str, new: NewRuling, kept: RankingsDep) -> Response:
    """Rule on an appeal; an upheld one leaves the named issues out of the ranking."""
    return _written(kept.rule(appeal_id, new.ruling()), appeal_id=appeal_id)


@router.post(
    "/appeals/{appeal_id}/withdrawal", status_code=HTTPStatus.CREATED, dependencies=APPEALS
)
def withdraw(appeal_id: str, _asked: Nothing, kept: RankingsDep) -> Response:
    """Withdraw an appeal against one's own rank."""
    return _written(kept.withdraw(appeal_id), appeal_id=appeal_id)


def month_of(text: str) -> date:
    """
    Read a month.

    Raises
    ------
    QueryError
        If it is none.

    Examples
    --------
    >>> month_of("2026-06").isoformat()
    '2026-06-01'
    """
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        msg = "{text} is not a month: write it as 2026-03."
        raise QueryError(msg, text=repr(text[:40])) from None


def told(found: Ranked, subject: str | None = None) -> dict[str, Any]:
    """
    Return a ranking as it goes over the wire.

    Parameters
    ----------
    found
        The ranking.
    subject
        Whose terms are told besides, and what would lift their rank.
    """
    made = found.ranking
    body: dict[str, Any] = {
        "every": found.period.every,
        "month": f"{found.period.first:%Y-%m}",
        "first": found.period.first,
        "last": found.period.last,
        "level": found.level,
        "until": found.until,
        "final": found.final,
        "formula": asdict(made.formula),
        "left_out": len(found.left_out),
        "rows": records(made.table.reset_index()),
    }
    if subject is not None:
        terms: pd.DataFrame = made.terms[made.terms.index == subject]
        body |= {"terms": records(terms), "needed": records(made.needed(subject))}
    return body


def _written(entry: int, **more: str) -> Response:
    headers = {"ETag": f'"{entry}"', "Cache-Control": "no-store"}
    body = dump({"entry": entry, **more})
    return Response(body, HTTPStatus.CREATED, headers, media_type="application/json")
