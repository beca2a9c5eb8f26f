"""
Jobs: long work in another process, with progress and a way to stop it.

A job is a row of the table ``jobs``: any process of the service can tell how far it has come, or
ask it to stop. What works it out is a child that opens the register itself, or a worker that has it
open (`geodata.worker`), so a long search takes no thread and no lock of the service.
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
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from sqlalchemy import Row, select

from geodata.store import Store
from gridmap.access import Grant, Person, Scope
from gridmap.errors import NotFoundError

URL = "GRIDMAP_JOB_DATABASE_URL"
Kind: TypeAlias = Literal["plan", "patches", "reproduce", "analysis"]
ENDED = ("done", "failed", "cancelled")
SILENT = timedelta(seconds=60)  # a child that is not heard of for so long is gone
QUEUED = timedelta(minutes=10)  # nor does a job wait longer for a worker


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
        ``elapsed_s``, ``best``, ``bound`` of the planner; ``done`` and ``parts`` of an analysis.
    result
        ``plan_id`` of the planner when done; ``code``, ``template`` and ``values`` of the error
        when failed.
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

    def start(
        self,
        kind: Kind,
        task: Mapping[str, Any],
        person: Person,
        hand: Callable[[str], None] | None = None,
    ) -> Job:
        """
        Begin a job.

        Parameters
        ----------
        kind
            Of which kind, see `geodata.job_kinds.KINDS`.
        task
            What is asked, as JSON knows it.
        person
            In whose name, and in which scopes.
        hand
            Hands its key to the process that does it; one is begun for it if left out.
        """
        job_id, now = uuid.uuid4().hex, self._store.now()
        row = {
            "job_id": job_id,
            "kind": kind,
            "asked_by": person.person_id,
            "asked_at": now,
            "seen_at": now,
            "state": "waiting",
            "task": _written(task, person),
        }
        with self._store.database.writing() as connection:
            connection.execute(self._table.insert().values(**row))
        (hand or self._spawn)(job_id)
        return self.get(job_id, person)

    def last(self, kind: Kind, task: Mapping[str, Any], person: Person) -> Job | None:
        """Return the last job in which a person asked the same; None if there was none."""
        columns = self._table.c
        same = (columns.kind == kind, columns.task == _written(task, person))
        query = select(self._table).where(*same).order_by(columns.asked_at.desc()).limit(1)
        with self._store.database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else self._job(row)

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
        """Ask a job to stop; a planner then answers with the best it has found."""
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
            [sys.executable, "-m", "geodata.job_kinds", job_id],
            env={**os.environ, URL: url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        threading.Thread(target=child.wait, daemon=True).start()  # so that it leaves no zombie

    def _job(self, row: Row[Any]) -> Job:
        most = QUEUED if row.state == "waiting" else SILENT
        silent = row.state not in ENDED and self._store.now() - row.seen_at > most
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


def _written(task: Mapping[str, Any], person: Person) -> str:
    """Return what a job is asked as it is kept."""
    return json.dumps({"task": dict(task), "person": person_json(person)}, ensure_ascii=False)


def person_json(person: Person) -> dict[str, Any]:
    """Return a person as a child process is told of them."""
    grants = [[g.role, g.scope.kind, g.scope.key] for g in sorted(person.grants)]
    return {"person_id": person.person_id, "name": person.name, "grants": grants}


def person_of(told: Mapping[str, Any]) -> Person:
    """Return the person that `person_json` tells of."""
    grants = frozenset(Grant(role, Scope(kind, key)) for role, kind, key in told["grants"])
    return Person(told["person_id"], told["name"], grants)
