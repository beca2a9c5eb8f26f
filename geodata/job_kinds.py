"""What works jobs out, kind by kind; ``python -m geodata.job_kinds`` is the child that does one."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from geodata.analyses import prepare
from geodata.database import connect
from geodata.jobs import URL, Jobs, Kind, person_of
from geodata.patching import PatchTask
from geodata.plan_rows import task_of
from geodata.plans import Plans
from geodata.questions import question_of
from geodata.runs import Runs
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.access import Person, Scope
from gridmap.errors import GridMapError
from gridmap.planning import Progress

logger = logging.getLogger(__name__)

TOLD_EVERY = 0.5


@dataclass(frozen=True)
class Asked:
    """
    What a job is asked.

    Parameters
    ----------
    workspaces, own
        Of its register, and what of it is seen in the scopes of the job.
    person
        In whose name.
    task
        What, as JSON knows it.
    tell
        Tells how far it has come → whether to go on.
    """

    workspaces: Workspaces
    own: Workspace
    person: Person
    task: Mapping[str, Any]
    tell: Callable[[Mapping[str, Any]], bool]


def run(job_id: str, url: str) -> None:
    """
    Work a job out; the child's main function.

    Parameters
    ----------
    job_id
        Which.
    url
        Of the register.
    """
    store = Store(connect(url))
    try:
        attend(job_id, Workspaces(Workspace(store)))
    finally:
        store.close()


def attend(job_id: str, workspaces: Workspaces) -> None:
    """
    Work a job out, whoever does.

    Parameters
    ----------
    job_id
        Which.
    workspaces
        Of its register.
    """
    jobs = Jobs(workspaces.whole.store)
    row = jobs.raw(job_id)
    jobs.note(job_id, only_if=("waiting",), state="running")
    told = json.loads(row.task)
    asked = Asked(
        workspaces=workspaces,
        own=workspaces.of(tuple(Scope(*scope) for scope in told["task"].pop("scopes"))),
        person=person_of(told["person"]),
        task=told["task"],
        tell=_watch(jobs, job_id),
    )
    try:
        result = KINDS[row.kind](asked)
    except GridMapError as error:
        values = {name: str(value) for name, value in error.values.items()}
        refused = {"code": error.code, "template": error.template, "values": values}
        jobs.note(job_id, state="failed", result=json.dumps(refused, ensure_ascii=False))
    except Exception as error:  # a worker has other jobs to do
        lost = {
            "code": "internal",
            "template": "The job broke: {kind}.",
            "values": {"kind": type(error).__name__},
        }
        jobs.note(job_id, state="failed", result=json.dumps(lost))
        logger.exception("the job %s broke", job_id)
    else:
        state = "cancelled" if result is None else "done"
        jobs.note(job_id, state=state, result=json.dumps(result, ensure_ascii=False))


def _watch(jobs: Jobs, job_id: str) -> Callable[[Mapping[str, Any]], bool]:
    """Tell the table how far a job has come, and see whether to stop."""

    def tell(progress: Mapping[str, Any]) -> bool:
        jobs.note(job_id, progress=json.dumps(dict(progress)))
        return bool(jobs.raw(job_id).state != "cancelling")

    return tell


def _now_and_then(tell: Callable[[Mapping[str, Any]], bool]) -> Callable[[Progress], bool]:
    """Tell how a search goes, twice a second at most."""
    told = [0.0]

    def watch(progress: Progress) -> bool:
        if progress.elapsed_s - told[0] < TOLD_EVERY:
            return True
        told[0] = progress.elapsed_s
        return tell(progress.__dict__)

    return watch


def _make_plan(asked: Asked) -> dict[str, Any]:
    plans = Plans(asked.own, asked.person)
    made = plans.make(task_of(dict(asked.task)), _now_and_then(asked.tell))
    return {"plan_id": made.plan_id, **dict(made.draft.facts)}


def _make_patches(asked: Asked) -> dict[str, Any]:
    wanted = PatchTask(
        **{
            **asked.task,
            "effective": date.fromisoformat(asked.task["effective"]),
            "leaders": tuple(asked.task["leaders"]),
        }
    )
    made = Plans(asked.own, asked.person).patch(wanted, _now_and_then(asked.tell))
    return {"plan_id": made.plan_id, **dict(made.draft.facts)}


def _reproduce(asked: Asked) -> dict[str, Any]:
    task = asked.task
    book = Runs(asked.own, asked.own, asked.person, ZoneInfo(task["zone"]))
    done = book.reproduce(task["run_id"])
    return {
        "run_id": task["run_id"],
        "kind": done.kind,
        "same_input": done.same_input,
        "same_result": done.same_result,
        "saved_with": done.version,
        "input_hash": done.answer.input_hash,
        "result_hash": done.answer.result_hash,
        **done.answer.summary,
    }


def _analyse(asked: Asked) -> dict[str, Any] | None:
    task = asked.task
    question = question_of(task["kind"], task["question"])

    def tell(done: int, parts: int) -> bool:
        return asked.tell({"done": done, "parts": parts})

    whole = asked.workspaces.whole
    return {} if prepare(whole, asked.own, question, ZoneInfo(task["zone"]), tell) else None


KINDS: dict[Kind, Callable[[Asked], dict[str, Any] | None]] = {
    "plan": _make_plan,
    "patches": _make_patches,
    "reproduce": _reproduce,
    "analysis": _analyse,
}
"""Kind of a job → what works it out; None of one that was stopped."""

if __name__ == "__main__":
    run(sys.argv[1], os.environ[URL])
