"""
Waiting for what a script of the page says.

Playwright's own ``wait_for_function`` evaluates its text in the page, where our policy of
content forbids it as soon as the first look was too early.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

SECONDS = 20


def waited(asked: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    """Ask until the answer is something true, and return it."""
    end = time.monotonic() + seconds
    while not (told := asked()):
        assert time.monotonic() < end, what
        time.sleep(0.05)
    return told
