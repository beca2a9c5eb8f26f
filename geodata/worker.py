"""
A worker: a process that stays, knows the register, and does one job after the other.

A job of its own process begins with reading a million issues; a worker has read them. It reads from
its standard input, a line each, what to do, and ends with it: no worker outlives its service.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from queue import PriorityQueue
from typing import Any

from geodata.analyses import warm_areas, warm_roads
from geodata.database import connect
from geodata.job_kinds import attend
from geodata.jobs import URL
from geodata.kept import Kept
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.errors import GridMapError

logger = logging.getLogger(__name__)

JOB, END, WHEN_IDLE = range(3)
WARM = {"areas": warm_areas, "roads": warm_roads}
"""What can be read beforehand → how."""


class Worker:
    """
    The worker of a service; begun when there is something to do, and again if it was lost.

    Parameters
    ----------
    store
        The register.
    kept
        Where it leaves its answers.
    """

    def __init__(self, store: Store, kept: Kept) -> None:
        self._url = store.database.engine.url.render_as_string(hide_password=False)
        self._told = [str(kept.folder.absolute()), str(kept.most_bytes)]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def warm(self, as_of: date) -> None:
        """Have it read what analyses of a day rest on while it has no job."""
        for what in WARM:
            self._tell({"warm": what, "as_of": as_of.isoformat()})

    def do(self, job_id: str) -> None:
        """Have it do a job, after those that it was given before."""
        self._tell({"job": job_id})

    def close(self) -> None:
        """End it, whatever it is doing; who waits for a job hears that it was lost."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.terminate()
            process.stdin.close()
            process.wait()

    def _tell(self, what: dict[str, Any]) -> None:
        line = json.dumps(what).encode() + b"\n"
        with self._lock:
            for _attempt in range(2):
                process = self._running()
                try:
                    process.stdin.write(line)  # type: ignore[union-attr]
                    process.stdin.flush()  # type: ignore[union-attr]
                except BrokenPipeError:  # it was lost just now
                    process.wait()
                else:
                    return
            logger.error("the worker cannot be begun")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "geodata.worker", *self._told],
                env={**os.environ, URL: self._url},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._process


def serve(lines: Iterable[str], store: Store, kept: Kept) -> None:
    """
    Do what is told, line by line; the worker's main function.

    Parameters
    ----------
    lines
        Each an object of JSON: ``job``, the key of one, or ``warm``, one of `WARM`, and ``as_of``.
    store, kept
        As `Worker`.
    """
    workspaces = Workspaces(Workspace(store, kept))
    for told in _jobs_first(lines):
        if "job" in told:
            attend(told["job"], workspaces)
        else:
            with suppress(GridMapError):  # whoever asks for an analysis will hear of it
                WARM[told["warm"]](workspaces.whole, date.fromisoformat(told["as_of"]))


def _jobs_first(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Return what is told, jobs before all else; where nothing more comes, the rest is left."""
    waiting: PriorityQueue[tuple[int, int, dict[str, Any]]] = PriorityQueue()

    def read() -> None:
        for n, line in enumerate(lines):
            told = json.loads(line)
            waiting.put((JOB if "job" in told else WHEN_IDLE, n, told))
        waiting.put((END, 0, {}))

    threading.Thread(target=read, daemon=True).start()
    while (first := waiting.get())[0] != END:
        yield first[2]


if __name__ == "__main__":
    register = Store(connect(os.environ[URL]))
    try:
        serve(sys.stdin, register, Kept(Path(sys.argv[1]), int(sys.argv[2])))
    finally:
        register.close()
