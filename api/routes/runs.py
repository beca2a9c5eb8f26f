"""Saved runs of analyses: kept under a name, and worked out again in the background."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from api.callers import CallerDep, permit
from api.deps import ReportsDep, answer
from api.frames import dump, records
from api.orders import Body, Key, Nothing
from api.queries import Group, Per
from api.routes.comparison import Day, Kilometres, kilometres, require_over
from api.routes.jobs import JobsDep, accepted
from api.sentences import QueryError
from api.service import service_of
from geodata.questions import Question
from geodata.reports import Reports
from geodata.reports.comparing import Asked
from geodata.reports.emerging import last_day_over, usual_period
from geodata.reports.selection import Selection
from geodata.reports.spots import Measure
from geodata.runs import Runs
from gridmap.method import Statistic
from gridmap.steps import Every

router = APIRouter(prefix="/runs", tags=["runs"])
READS, WRITES = [permit("hotspot.read")], [permit("run.write")]
A_YEAR = timedelta(days=364)


class NewRun(Body):
    """An analysis to be saved."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    kind: Literal["hotspots", "network", "emerging", "comparison"] = "hotspots"
    since: date | None = None
    until: date | None = None
    as_of: date | None = None
    category: Key | None = None
    channel: Key | None = None
    group: Group | None = None
    by: Literal["grid", "square", "hex", "community", "subdistrict", "district"] = "grid"
    size_m: Annotated[float, Field(ge=10, le=100_000, allow_inf_nan=False)] | None = None
    per: Per | None = None
    keep_piles: bool = False
    smooth: bool = False
    counting: Literal["reports", "reporter_days"] = "reports"
    statistic: Statistic = "gi_star"
    lixel_m: Annotated[float, Field(ge=10, le=1000, allow_inf_nan=False)] = 100.0
    reach_m: Annotated[float, Field(ge=20, le=5000, allow_inf_nan=False)] = 300.0
    every: Every = "month"
    after_since: Day = None
    after_until: Day = None
    acted: Annotated[str | None, Field(max_length=20)] = None
    km_before: Kilometres = None
    km_after: Kilometres = None

    def question(self, reports: Reports) -> Question:
        """
        Return it as the use case takes it; the usual period where none is named.

        Raises
        ------
        QueryError
            If a comparison lacks a day, or a period of it is not over.
        """
        if self.kind == "comparison":
            return self._comparison(reports)
        if self.kind == "emerging":
            return self._emerging(reports)
        until = self.until or reports.usual_period()[1]
        since = self.since or until - A_YEAR
        wanted = Selection(since, until, self.category, self.channel, self.group)
        measure = Measure(
            self.by, self.size_m, self.per, self.keep_piles, self.smooth, self.counting
        )
        as_of = self.as_of or until
        cut = (self.lixel_m, self.reach_m)
        return Question(self.kind, wanted, as_of, measure, *cut, statistic=self.statistic)

    def _emerging(self, reports: Reports) -> Question:
        as_of = self.as_of or reports.today()
        over = last_day_over(as_of, reports.today())
        first, last = usual_period(reports.workspace, self.every, reports.zone, over=over)
        until = min(self.until or last, over)
        wanted = Selection(self.since or min(first, until), until, self.category, self.channel)
        return Question(self.kind, wanted, as_of, every=self.every)

    def _comparison(self, reports: Reports) -> Question:
        if not (self.since and self.until and self.after_since and self.after_until):
            msg = "A comparison needs the first and the last day of both periods."
            raise QueryError(msg)
        as_of, which = self.as_of or reports.today(), (self.category, self.channel)
        asked = Asked(
            Selection(self.since, self.until, *which),
            Selection(self.after_since, self.after_until, *which),
            by=self.by,
            acted=self.acted,
            km=kilometres(self.km_before, self.km_after),
            per=self.per,
        )
        require_over(asked, last_day_over(as_of, reports.today()))
        return Question(self.kind, asked.before, as_of, compared=asked)


def runs(request: Request, reports: ReportsDep, asking: CallerDep) -> Runs:
    """Return the runs as the caller sees them."""
    whole = service_of(request).workspaces.whole
    return Runs(whole, reports.workspace, asking.person, reports.zone)


RunsDep = Annotated[Runs, Depends(runs)]


@router.get("", dependencies=READS)
def list_runs(book: RunsDep) -> Response:
    """Return the saved runs, the newest first."""
    rows = records(book.listed().drop(columns="parameters").reset_index())
    return answer({"runs": rows}, None)


@router.post("", status_code=HTTPStatus.CREATED, dependencies=WRITES)
def save(new: NewRun, book: RunsDep, reports: ReportsDep) -> Response:
    """Work an analysis out, and save it under a name."""
    run_id = book.save(new.name, new.question(reports))
    told: dict[str, Any] = _run(book, run_id)
    headers = {"Location": f"/api/v1/runs/{run_id}", "Cache-Control": "no-store"}
    return Response(dump(told), HTTPStatus.CREATED, headers, media_type="application/json")


@router.get("/{run_id}", dependencies=READS)
def get_run(run_id: str, book: RunsDep) -> Response:
    """Return what a run was asked, and what came of it."""
    return answer(_run(book, run_id), None)


@router.post("/{run_id}/jobs", status_code=HTTPStatus.ACCEPTED, dependencies=WRITES)
def reproduce(
    run_id: str,
    _body: Nothing,
    book: RunsDep,
    reports: ReportsDep,
    asking: CallerDep,
    running: JobsDep,
) -> Response:
    """Work a run out again in the background, and say whether the same comes."""
    return accepted(running.start("reproduce", task_of(book, run_id, reports), asking.person))


def task_of(book: Runs, run_id: str, reports: Reports) -> dict[str, Any]:
    """Return what a job is asked that works a run out again."""
    scopes = [[scope.kind, scope.key] for scope in book.scopes(run_id)]
    return {"run_id": run_id, "scopes": scopes, "zone": reports.zone.key}


def _run(book: Runs, run_id: str) -> dict[str, Any]:
    found = book.get(run_id)
    return {**found, "at": found["at"].isoformat()}
