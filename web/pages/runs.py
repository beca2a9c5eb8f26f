"""Saved runs: analyses under a name, which anybody can work out again."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, ValidationError

from api.callers import permit
from api.routes.jobs import JobsDep
from api.routes.runs import NewRun, RunsDep, task_of
from geodata.jobs import ENDED
from geodata.runs import Runs
from gridmap.errors import GridMapError, InvalidError
from web.pages.office import refusal
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False)
ASKED = (
    *("since", "until", "category", "channel", "group", "by", "per", "counting"),
    *("statistic", "every", "after_since", "after_until", "acted", "km_before", "km_after"),
)
METRES = {"size": "size_m", "lixel": "lixel_m", "reach": "reach_m"}
BEFORE = {"before_since": "since", "before_until": "until"}
MORE = ("kind", "smooth", *METRES, *BEFORE)
KINDS = {
    "hotspots": _("Hot spots"),
    "network": _("Hot stretches"),
    "emerging": _("Emerging hot spots"),
    "comparison": _("Before and after"),
}
LINKS = {
    "hotspots": "/hotspots",
    "network": "/hotspots/roads",
    "emerging": "/emerging",
    "comparison": "/comparison",
}
ON_A_DAY = ("emerging", "comparison")


class Wanted(BaseModel):
    """What is to be saved, and which job is waited for."""

    kind: str = Field(default="", max_length=20)
    since: str = Field(default="", max_length=10)
    until: str = Field(default="", max_length=10)
    category: str = Field(default="", max_length=200)
    channel: str = Field(default="", max_length=200)
    group: str = Field(default="", max_length=20)
    by: str = Field(default="", max_length=20)
    size: str = Field(default="", max_length=10)
    per: str = Field(default="", max_length=20)
    counting: str = Field(default="", max_length=20)
    statistic: str = Field(default="", max_length=20)
    every: str = Field(default="", max_length=20)
    before_since: str = Field(default="", max_length=10)
    before_until: str = Field(default="", max_length=10)
    after_since: str = Field(default="", max_length=10)
    after_until: str = Field(default="", max_length=10)
    acted: str = Field(default="", max_length=20)
    km_before: str = Field(default="", max_length=20)
    km_after: str = Field(default="", max_length=20)
    smooth: str = Field(default="", max_length=3)
    lixel: str = Field(default="", max_length=10)
    reach: str = Field(default="", max_length=10)
    job: str = Field(default="", max_length=40)
    saved: str = Field(default="", max_length=40)
    as_of: str = ""
    lang: str = ""

    def told(self, name: str, as_of: date) -> dict[str, Any]:
        """
        Return what was filled in, as `NewRun` takes it.

        Parameters
        ----------
        name
            What the run is called.
        as_of
            The day that is looked at; only of analyses whose areas are those of that day.
        """
        given: dict[str, Any] = {one: getattr(self, one) for one in (*ASKED, "kind")}
        for name_of_query, field in METRES.items():
            text = getattr(self, name_of_query)
            given[field] = float(text) if text.isdecimal() else text
        given["smooth"] = self.smooth == "yes"
        for name_of_query, field in BEFORE.items():
            given[field] = getattr(self, name_of_query) or given[field]
        if self.kind in ON_A_DAY:
            given["as_of"] = as_of
        return {"name": name, **{key: value for key, value in given.items() if value}}


@router.get("/hotspots/runs", dependencies=[permit("hotspot.read")])
def runs(
    visit: VisitDep, book: RunsDep, running: JobsDep, wanted: Annotated[Wanted, Query()]
) -> Response:
    """Show the saved runs, and what comes of working one out again."""
    return _shown(visit, book, running, wanted)


@router.post("/hotspots/runs", dependencies=[permit("run.write")])
def save(
    visit: VisitDep,
    book: RunsDep,
    running: JobsDep,
    wanted: Annotated[Wanted, Query()],
    name: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Save the analysis that the address asks for."""
    try:
        question = _read(visit, wanted, name).question(visit.reports)
        run_id = book.save(name, question)
    except GridMapError as error:
        return _shown(visit, book, running, wanted, error)
    return RedirectResponse(f"/hotspots/runs?saved={run_id}", status_code=HTTPStatus.SEE_OTHER)


@router.post("/hotspots/runs/{run_id}/again", dependencies=[permit("run.write")])
def again(visit: VisitDep, run_id: str, book: RunsDep, running: JobsDep) -> Response:
    """Work a run out again in the background."""
    task = task_of(book, run_id, visit.reports)
    job = running.start("reproduce", task, visit.caller.person)
    return RedirectResponse(f"/hotspots/runs?job={job.job_id}", status_code=HTTPStatus.SEE_OTHER)


def _read(visit: Visit, wanted: Wanted, name: str) -> NewRun:
    try:
        return NewRun.model_validate(wanted.told(name, visit.as_of), strict=False)
    except ValidationError as error:
        first = error.errors()[0]
        msg = "{field} cannot be used: {value}."
        value = repr(first.get("input"))[:80]
        raise InvalidError(msg, field=str(first["loc"][-1]), value=value) from error


def _shown(
    visit: Visit,
    book: Runs,
    running: JobsDep,
    wanted: Wanted,
    error: GridMapError | None = None,
) -> Response:
    refused = None if error is None else refusal(visit, error)
    job = running.get(wanted.job, visit.caller.person) if wanted.job else None
    rows = [_row(visit, book.get(run_id)) for run_id in book.listed().index]
    asked = {one: getattr(wanted, one) for one in (*ASKED, *MORE) if getattr(wanted, one)}
    return render(
        visit,
        "runs.html",
        section="hotspots",
        status=HTTPStatus.OK if refused is None else refused.status,
        refused=None if refused is None else refused.said,
        wanted=wanted,
        asked=asked if wanted.kind in KINDS else {},
        rows=rows,
        job=job,
        waiting=job is not None and job.state not in ENDED,
        fault=_fault(visit, job.result) if job is not None and job.state == "failed" else "",
    )


def _fault(visit: Visit, result: Any) -> str:  # noqa: ANN401 - what a job tells
    return visit.words.say(result["template"], **result["values"]) if result else ""


def _row(visit: Visit, run: dict[str, Any]) -> dict[str, Any]:
    asked = run["question"]
    metres = {
        name: f"{asked[field]:g}" for name, field in METRES.items() if asked.get(field) is not None
    }
    more = {**metres, "smooth": "yes" if asked.get("smooth") else ""}
    told = {name: asked.get(name) for name in ASKED}
    if run["kind"] == "comparison":
        told |= {name: asked[field] for name, field in BEFORE.items()}
        told |= {"since": None, "until": None}
    return run | {
        "kind_name": visit.words.say(KINDS[run["kind"]]),
        "link": visit.link(LINKS[run["kind"]], **told, **more),
    }
