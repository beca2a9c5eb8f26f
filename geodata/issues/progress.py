"""Progress: what somebody who reported an issue is told of it, and nothing of those who act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from geodata.issues import records
from geodata.tables import Tables
from gridmap.issues.orders import Row

SHOWN: Mapping[str, str] = {
    "reported": "received",
    "filed": "in_hand",
    "refused": "refused",
    "dispatched": "in_hand",
    "accepted": "in_hand",
    "returned": "in_hand",  # the units may quarrel; to who reported it, it is in hand
    "rectified": "in_hand",
    "reinspected": "in_hand",
    "suspended": "in_hand",
    "closed_out": "done",
    "merged": "in_hand",  # if what it was merged with has gone
}
"""State of an issue → what who reported it is told."""
STATES = ("received", "in_hand", "done", "refused")
FARTHEST = 10  # mergers of mergers


@dataclass(frozen=True)
class Progress:
    """
    What became of a report.

    Parameters
    ----------
    state
        One of `STATES`; of an issue that was merged with another, that other's.
    category
        Of the issue.
    reported_at, updated_at
        When it was reported, and since when the state is what it is.
    note
        Why it was not accepted, if it was not.
    """

    state: str
    category: str
    reported_at: datetime
    updated_at: datetime
    note: str | None


def of(connection: Connection, tables: Tables, issue: Row) -> Progress:
    """
    Say what became of an issue.

    Parameters
    ----------
    connection, tables
        Of the register.
    issue
        Its row.
    """
    shown = _followed(connection, tables, issue)
    told = _events(connection, tables, shown["issue_id"])
    since, note, last = issue["reported_at"], None, ""
    for event in told:
        state = SHOWN[event["to_state"]]
        if state != last:
            since, last = max(event["at"], issue["reported_at"]), state
        if event["act"] == "refuse":
            note = event["reason"]
    state = SHOWN[shown["state"]]
    return Progress(
        state=state,
        category=str(issue["category"]),
        reported_at=issue["reported_at"],
        updated_at=since,
        note=note if state == "refused" else None,
    )


def _followed(connection: Connection, tables: Tables, issue: Row) -> Row:
    """Return the issue in which one ended up by being merged."""
    for _ in range(FARTHEST):
        if issue["state"] != "merged" or not issue["merged_into"]:
            break
        found = records.rows(connection, tables, [issue["merged_into"]])
        if issue["merged_into"] not in found:
            break
        issue = found[issue["merged_into"]][0]
    return issue


def _events(connection: Connection, tables: Tables, issue_id: str) -> list[dict[str, Any]]:
    table = tables.layers["issue_events"]
    names = ("at", "act", "to_state", "reason")
    query = select(*(table.c[name] for name in names)).where(table.c.issue_id == issue_id)
    return [dict(row) for row in connection.execute(query.order_by(table.c.id)).mappings()]
