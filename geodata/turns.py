"""The queue of a process's writers: who came first is first."""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """
    A lock that is handed on in the order in which it was asked for.

    Notes
    -----
    A `threading.Lock` promises no order, and SQLite only polls: of forty writers that come and go,
    either lets some wait until they give up.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._held = False

    def acquire(self, timeout: float) -> bool:
        """
        Wait for one's turn.

        Parameters
        ----------
        timeout
            How long at most, in seconds.

        Returns
        -------
        bool
            Whether it came; then `release` must follow.
        """
        with self._guard:
            if not self._held:
                self._held = True
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(timeout):
            return True
        with self._guard:
            if mine.is_set():  # it came at the last moment
                return True
            self._waiting.remove(mine)
        return False

    def release(self) -> None:
        """Hand the lock on to whoever waits longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()  # held all the while: nobody can push in
            else:
                self._held = False
