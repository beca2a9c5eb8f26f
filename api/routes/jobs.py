"""Jobs: long work in the background; everybody sees and stops their own."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from api.callers import CallerDep, permit
from api.deps import answer
from api.service import service_of
from geodata.jobs import Job, Jobs

router = APIRouter(prefix="/jobs", tags=["jobs"], dependencies=[permit("self.manage")])


def jobs(request: Request) -> Jobs:
    """Return the jobs of the register."""
    return Jobs(service_of(request).workspaces.whole.store)


JobsDep = Annotated[Jobs, Depends(jobs)]


@router.get("")
def list_jobs(asking: CallerDep, running: JobsDep) -> Response:
    """List one's own jobs, the newest first."""
    return answer({"jobs": [_job(job) for job in running.of(asking.person)]}, None)


@router.get("/{job_id}")
def get_job(job_id: str, asking: CallerDep, running: JobsDep) -> Response:
    """Say how far one of one's own jobs has come."""
    return answer(_job(running.get(job_id, asking.person)), None)


@router.delete("/{job_id}")
def cancel_job(job_id: str, asking: CallerDep, running: JobsDep) -> Response:
    """Stop one of one's own jobs; the planner answers with the best it has found."""
    return answer(_job(running.cancel(job_id, asking.person)), None)


def accepted(job: Job) -> Response:
    """Answer with a job that has begun."""
    made = answer(_job(job), None)
    made.status_code = HTTPStatus.ACCEPTED
    made.headers["Location"] = f"/api/v1/jobs/{job.job_id}"
    return made


def _job(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "kind": job.kind,
        "state": job.state,
        "asked_at": job.asked_at.isoformat(),
        "progress": dict(job.progress),
        "result": None if job.result is None else dict(job.result),
    }
