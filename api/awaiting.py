"""What is being worked out: the job that a page, or a program, waits for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import Request

from api.callers import caller, scopes_of
from api.service import service_of
from geodata.analyses import is_ready
from geodata.jobs import ENDED, Job, Jobs
from geodata.questions import Question
from geodata.reports import Reports

FRESH = timedelta(minutes=1)
"""For so long after a job the request works out what is lacking: where issues come all the time,
nobody is to wait for one job after the other."""


def awaited(
    request: Request, reports: Reports, question: Question, *, again: bool = False
) -> Job | None:
    """
    Return the job that works out what somebody asks; it is begun if none has been.

    Parameters
    ----------
    request, reports
        Who asks, and what they see. Only somebody who has signed in has jobs.
    question
        Of one of `geodata.questions.OF_SPOTS`.
    again
        Whether to begin anew what was stopped.

    Returns
    -------
    geodata.jobs.Job or None
        Waiting, running, or stopped; None where the request can, or must, be answered at once.
    """
    service, own, asking = service_of(request), reports.workspace, caller(request)
    worker, zone = service.worker, reports.zone
    if worker is None or not asking.known or not service.takes_long(own):
        return None
    if is_ready(own, question, zone):
        return None
    task: dict[str, Any] = {
        "kind": question.kind,
        "question": question.told(),
        "zone": zone.key,
        "scopes": [[scope.kind, scope.key] for scope in scopes_of(request)],
    }
    jobs, person = Jobs(service.workspaces.whole.store), asking.person
    job = jobs.last("analysis", task, person)
    if job is None or _is_past(job, service.workspaces.whole.store.now(), again=again):
        job = jobs.start("analysis", task, person, worker.do)
    return None if job.state in {"done", "failed"} else job


def _is_past(job: Job, now: datetime, *, again: bool) -> bool:
    """Say whether to begin anew: since a job was done, issues may have come."""
    if job.state == "cancelled":
        return again
    return job.state in ENDED and now - job.asked_at > FRESH
