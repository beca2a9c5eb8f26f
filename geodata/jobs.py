"""
Jobs: long work in a process of its own, with progress and a way to stop it.

A job is a row of the table ``jobs``: any process of the service can tell how far it has come, or
ask it to stop. What works it out is a child that opens the register itself, so a long search takes
no thread and no lock of the service.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from geodata.database import connect
from geodata.patching import PatchTask
from geodata.plan_rows import task_of
from geodata.plans import Plans
from geodata.runs import Runs
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.access import Grant, Person, Scope
from gridmap.errors import GridMapError, NotFoundError
from gridmap.planning import Progress

URL = "GRIDMAP_JOB_DATABASE_URL"
ENDED = ("done", "failed", "cancelled")
SILENT = timedelta(seconds=60)  # a child that is not heard of for so long is gone
TOLD_EVERY = 0.5


@dataclass(frozen=True)
class Job:
    """
    How far a job has come.

    Parameters
    ----------
    job_id, kind, asked_by, asked_at
        What it is, whose, since when; `asked_by` is a person's id.
    state
        waiting, running, cancelling, done, failed or cancelled.
    progress
        ``elapsed_s``, ``best``, ``bound`` of the planner.
    result
        ``plan_id`` when done; ``code``, ``template`` and ``values`` of the error when failed.
    """

    job_id: str
    kind: str
    asked_by: str
    asked_at: datetime
    state: str
    progress: Mapping[str, Any]
    result: Mapping[str, Any] | None


class Jobs:
    """
    The jobs of a register.

    Parameters
    ----------
    store
        The register.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = store.tables.jobs

    def start(self, kind: str, task: Mapping[str, Any], person: Person) -> Job:
        """
        Begin a job in a process of its own.

        Parameters
        ----------
        kind
            One of `KINDS`.
        task
            What is asked, as JSON knows it.
        person
            In whose name, and in which scopes.
        """
        if kind not in KINDS:
            msg = "There is no job {kind}."
            raise NotFoundError(msg, kind=kind)
        job_id, now = uuid.uuid4().hex, self._store.now()
        told = {"task": dict(task), "person": person_json(person)}
        row = {
            "job_id": job_id,
            "kind": kind,
            "asked_by": person.person_id,
            "asked_at": now,
            "seen_at": now,
            "state": "waiting",
            "task": json.dumps(told, ensure_ascii=False),
        }
        with self._store.database.writing() as connection:
            connection.execute(self._table.insert().values(**row))
        self._spawn(job_id)
        return self.get(job_id, person)

    def get(self, job_id: str, person: Person) -> Job:
        """
        Return one of a person's jobs.

        Raises
        ------
        NotFoundError
            If there is none, or it is somebody else's.
        """
        with self._store.database.reading() as connection:
            query = select(self._table).where(self._table.c.job_id == job_id)
            row = connection.execute(query).first()
        if row is None or row.asked_by != person.person_id:
            msg = "There is no job {job_id}."
            raise NotFoundError(msg, job_id=job_id)
        return self._job(row)

    def of(self, person: Person, limit: int = 20) -> list[Job]:
        """Return a person's jobs, the newest first."""
        mine = self._table.c.asked_by == person.person_id
        query = select(self._table).where(mine).order_by(self._table.c.asked_at.desc())
        with self._store.database.reading() as connection:
            return [self._job(row) for row in connection.execute(query.limit(limit))]

    def cancel(self, job_id: str, person: Person) -> Job:
        """Ask a job to stop; the planner then answers with the best it has found."""
        job = self.get(job_id, person)
        if job.state not in ENDED:
            self.note(job_id, only_if=("waiting", "running"), state="cancelling")
        return self.get(job_id, person)

    def note(self, job_id: str, *, only_if: tuple[str, ...] = (), **values: Any) -> None:  # noqa: ANN401
        """
        Write down how far a job has come.

        Parameters
        ----------
        job_id
            Which.
        only_if
            The states in which it must be; any if empty.
        **values
            Columns of the table.
        """
        columns = self._table.c
        statement = self._table.update().where(columns.job_id == job_id)
        if only_if:
            statement = statement.where(columns.state.in_(only_if))
        with self._store.database.writing() as connection:
            connection.execute(statement.values(seen_at=self._store.now(), **values))

    def raw(self, job_id: str) -> Row[Any]:
        """Return a job's row as it is kept."""
        query = select(self._table).where(self._table.c.job_id == job_id)
        with self._store.database.reading() as connection:
            return connection.execute(query).one()

    def _spawn(self, job_id: str) -> None:
        url = self._store.database.engine.url.render_as_string(hide_password=False)
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "geodata.jobs", job_id],
            env={**os.environ, URL: url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        threading.Thread(target=child.wait, daemon=True).start()  # so that it leaves no zombie

    def _job(self, row: Row[Any]) -> Job:
        silent = row.state not in ENDED and self._store.now() - row.seen_at > SILENT
        gone = {"code": "job-lost", "template": "The job ended without an answer.", "values": {}}
        return Job(
            job_id=row.job_id,
            kind=row.kind,
            asked_by=row.asked_by,
            asked_at=row.asked_at,
            state="failed" if silent else row.state,
            progress=json.loads(row.progress),
            result=gone if silent else None if row.result is None else json.loads(row.result),
        )


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
    jobs = Jobs(store)
    row = jobs.raw(job_id)
    jobs.note(job_id, only_if=("waiting",), state="running")
    told = json.loads(row.task)
    person = person_of(told["person"])
    scopes = tuple(Scope(*scope) for scope in told["task"].pop("scopes"))
    workspace = Workspaces(Workspace(store)).of(scopes)
    try:
        result = KINDS[row.kind](workspace, person, told["task"], _watch(jobs, job_id))
    except GridMapError as error:
        values = {name: str(value) for name, value in error.values.items()}
        refused = {"code": error.code, "template": error.template, "values": values}
        jobs.note(job_id, state="failed", result=json.dumps(refused, ensure_ascii=False))
    except Exception as error:
        lost = {
            "code": "internal",
            "template": "The job broke: {kind}.",
            "values": {"kind": type(error).__name__},
        }
        jobs.note(job_id, state="failed", result=json.dumps(lost))
        raise
    else:
        jobs.note(job_id, state="done", result=json.dumps(result, ensure_ascii=False))
    finally:
        store.close()


def _watch(jobs: Jobs, job_id: str) -> Callable[[Progress], bool]:
    """Tell the table how the search goes, twice a second at most, and see whether to stop."""
    told = [0.0]

    def watch(progress: Progress) -> bool:
        if progress.elapsed_s - told[0] < TOLD_EVERY:
            return True
        told[0] = progress.elapsed_s
        jobs.note(job_id, progress=json.dumps(progress.__dict__))
        return bool(jobs.raw(job_id).state != "cancelling")

    return watch


def _make_plan(
    workspace: Workspace,
    person: Person,
    task: Mapping[str, Any],
    watch: Callable[[Progress], bool],
) -> dict[str, Any]:
    made = Plans(workspace, person).make(task_of(dict(task)), watch)
    return {"plan_id": made.plan_id, **dict(made.draft.facts)}


def _make_patches(
    workspace: Workspace,
    person: Person,
    task: Mapping[str, Any],
    watch: Callable[[Progress], bool],
) -> dict[str, Any]:
    asked = PatchTask(
        **{
            **task,
            "effective": date.fromisoformat(task["effective"]),
            "leaders": tuple(task["leaders"]),
        }
    )
    made = Plans(workspace, person).patch(asked, watch)
    return {"plan_id": made.plan_id, **dict(made.draft.facts)}


def _reproduce(
    workspace: Workspace,
    person: Person,
    task: Mapping[str, Any],
    _watch: Callable[[Progress], bool],
) -> dict[str, Any]:
    done = Runs(workspace, workspace, person, ZoneInfo(task["zone"])).reproduce(task["run_id"])
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


def person_json(person: Person) -> dict[str, Any]:
    """Return a person as a child process is told of them."""
    grants = [[g.role, g.scope.kind, g.scope.key] for g in sorted(person.grants)]
    return {"person_id": person.person_id, "name": person.name, "grants": grants}


def person_of(told: Mapping[str, Any]) -> Person:
    """Return the person that `person_json` tells of."""
    grants = frozenset(Grant(role, Scope(kind, key)) for role, kind, key in told["grants"])
    return Person(told["person_id"], told["name"], grants)


KINDS = {"plan": _make_plan, "patches": _make_patches, "reproduce": _reproduce}
"""Kind of a job → what works it out."""

if __name__ == "__main__":
    run(sys.argv[1], os.environ[URL])
