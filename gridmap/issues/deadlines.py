"""
Deadlines worked out anew: when an issue would be due if another calendar had held all along.

A city learns of days off after limits have begun to run: the holidays of a year are announced late
in the year before, and a storm closes the offices overnight. What then happens is no sum of days to
be added: the issue's story is told again, act by act, by the calendar that is known now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from gridmap import clocks
from gridmap.clocks import Calendar, Limit
from gridmap.issues.orders import Row

Event: TypeAlias = Mapping[str, Any]
"""``act``, ``at`` (with a time zone), ``from_state``, ``to_state`` and ``details``, a mapping."""
BEGINS = frozenset({"file", "dispatch", "rule", "transfer", "reopen"})
"""Acts with which the whole limit begins; a correction of the place is one if the unit changes."""
SAME = timedelta(seconds=1)  # a register keeps moments to the millisecond
ACT = "calendar"
"""What an event is called that tells of a moved deadline; nobody's act."""


def replayed(issue: Row, events: Iterable[Event], calendar: Calendar) -> datetime | None:
    """
    Work out when an issue is due from its story.

    Parameters
    ----------
    issue
        With ``limit_amount`` and ``limit_kind``.
    events
        Its story, the first act first.
    calendar
        When the city works, as far as is known now.

    Returns
    -------
    datetime.datetime or None
        In UTC; by the very functions with which each act reckoned, so that under the calendar of
        those days it is ``due_at``. None without a limit, and where the story does not tell how the
        clock began: the deadline came with the issue from elsewhere.
    """
    if not issue["limit_amount"] or issue["limit_kind"] is None:
        return None
    kind = str(issue["limit_kind"])
    whole = Limit(float(issue["limit_amount"]), kind)
    due_at: datetime | None = None
    paused_at: datetime | None = None
    for event in events:
        act, at = event["act"], event["at"]
        if _begins(event):
            due_at = clocks.due(at, whole, calendar)
        elif act == "suspend":
            paused_at = at
        elif due_at is None:
            continue
        elif act == "grant_extension":
            more = Limit(float(event["details"]["more"]), kind)
            due_at = clocks.extended(due_at, more, calendar)
        elif act == "resume" and paused_at is not None:
            due_at = clocks.resumed(due_at, paused_at, at, kind, calendar)
    return due_at


def moves(issue: Row, due_at: datetime) -> bool:
    """
    Say whether a deadline is another than the one that an issue has.

    Parameters
    ----------
    issue
        With its ``due_at``.
    due_at
        As `replayed` returns it. What a register loses of a moment by keeping it moves nothing.
    """
    return bool(abs(due_at - issue["due_at"]) >= SAME)


def _begins(event: Event) -> bool:
    before = event["details"].get("before") or {}
    return event["act"] in BEGINS or (event["act"] == "move" and "due_at" in before)
