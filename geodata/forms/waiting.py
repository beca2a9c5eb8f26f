"""
Uploads that wait: a form between its preview and its import, for a while and for one person.

A file lies under a name that cannot be guessed, in a folder of the person who sent it; whoever else
learns the name finds nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from gridmap.errors import NotFoundError

SECONDS = 30 * 60
EACH = 3  # uploads of one person
TICKET = re.compile(r"[A-Za-z0-9_-]{32}")
ENDING = ".xlsx"


class Waiting:
    """
    The uploads that wait.

    Parameters
    ----------
    folder
        Where they are; made, for nobody else to read, when the first one comes.
    clock
        What tells the seconds since 1970.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    def keep(self, person_id: str, content: IO[bytes]) -> str:
        """
        Keep a file; of one person's, the oldest make room.

        Parameters
        ----------
        person_id
            Whose it is.
        content
            Its bytes, from where the stream stands.

        Returns
        -------
        str
            The ticket by which it is found again.
        """
        self.sweep()
        mine = self._of(person_id)
        mine.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        for path in sorted(mine.iterdir(), key=_age)[: 1 - EACH]:
            path.unlink(missing_ok=True)
        ticket = secrets.token_urlsafe(24)
        with (mine / (ticket + ENDING)).open("xb") as file:
            shutil.copyfileobj(content, file)
        return ticket

    def find(self, person_id: str, ticket: str) -> Path:
        """
        Return the file of a ticket.

        Parameters
        ----------
        person_id
            Who asks.
        ticket
            As `keep` answered it.

        Raises
        ------
        NotFoundError
            If there is none, if it waited too long, or if it is somebody else's.
        """
        self.sweep()
        path = self._of(person_id) / (ticket + ENDING)
        if not TICKET.fullmatch(ticket) or not path.is_file():
            msg = "The upload is no longer kept; choose the file again."
            raise NotFoundError(msg)
        return path

    def drop(self, person_id: str, ticket: str) -> None:
        """Remove the file of a ticket, if it is there."""
        if TICKET.fullmatch(ticket):
            (self._of(person_id) / (ticket + ENDING)).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove every file that has waited too long, and folders that are empty."""
        oldest = self._clock() - SECONDS
        for folder in list(self._folder.glob("*")):
            for path in list(folder.glob("*" + ENDING)):
                if _age(path) < oldest:
                    path.unlink(missing_ok=True)
            with suppress(OSError):  # not empty, or somebody else was faster
                folder.rmdir()

    def _of(self, person_id: str) -> Path:
        return self._folder / hashlib.sha256(person_id.encode()).hexdigest()[:32]


def _age(path: Path) -> float:
    """Return when a file came; one that went meanwhile is the newest."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
