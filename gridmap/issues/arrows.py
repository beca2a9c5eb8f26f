"""
The table of states of an issue: every arrow, who may go along it, what it needs, what it counts.

There is no other place where a state changes. An act that starts from several states is several
rows of the picture and one row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Need: TypeAlias = Literal["reason", "unit", "condition", "evidence", "into", "more", "place"]
Whose: TypeAlias = Literal["anybody", "unit", "independent", "reporter"]

START = ""
STAYS = "="
BACK = "<"

WAITING = ("reported", "filed", "returned")
WITH_UNIT = ("dispatched", "accepted")
OPEN = (*WAITING, *WITH_UNIT, "rectified", "reinspected", "suspended")
CLOSED = ("refused", "closed_out", "merged")
RUNNING = ("filed", "returned", *WITH_UNIT)
"""States in which the clock of the limit runs: what has been rectified waits for others."""
DUE_NO_MORE = ("refused", "merged")
"""States in which an issue has no limit of its own any more."""


@dataclass(frozen=True)
class Arrow:
    """
    What somebody may do to an issue.

    Parameters
    ----------
    act
        Its name.
    sources
        The states from which it starts; `START` for an issue that is not there yet.
    target
        The state to which it leads; `STAYS` if none other, `BACK` for the one before a suspension
        or a merger.
    action
        The action of `gridmap.access` that somebody must be permitted for this issue.
    whose
        Whose act it is besides: ``unit``, that of the unit that answers (an office may act for
        it); ``independent``, of somebody who neither fixed the issue nor speaks for the unit that
        did or that answers; ``reporter``, of who reported it, or of an office.
    needs
        What must come with it; of an order to ``dispatch`` the unit may be left out, if the place
        has told it.
    counts
        The column that it raises by one, if any.
    """

    act: str
    sources: tuple[str, ...]
    target: str
    action: str
    whose: Whose = "anybody"
    needs: tuple[Need, ...] = ()
    counts: str = ""


ARROWS: dict[str, Arrow] = {
    arrow.act: arrow
    for arrow in (
        Arrow("report", (START,), "reported", "issue.report"),
        Arrow("file", ("reported",), "filed", "issue.office", needs=("condition",)),
        Arrow("refuse", ("reported", "filed"), "refused", "issue.office", needs=("reason",)),
        Arrow("dispatch", ("filed",), "dispatched", "issue.office", needs=("unit",)),
        Arrow("accept", ("dispatched",), "accepted", "issue.handle", "unit"),
        Arrow(
            "return", WITH_UNIT, "returned", "issue.handle", "unit", ("reason",), counts="returns"
        ),
        Arrow("rule", ("returned",), "dispatched", "issue.office", needs=("unit", "reason")),
        Arrow("rectify", WITH_UNIT, "rectified", "issue.handle", "unit"),
        Arrow("reinspect", ("rectified",), "reinspected", "issue.check", "independent"),
        Arrow(
            "reject",
            ("rectified", "reinspected"),
            "accepted",
            "issue.check",
            "independent",
            ("reason",),
            counts="reworks",
        ),
        Arrow(
            "close_out", ("reinspected",), "closed_out", "issue.check", "independent", ("evidence",)
        ),
        Arrow(
            "reopen",
            ("closed_out",),
            "dispatched",
            "issue.office",
            needs=("reason",),
            counts="reopenings",
        ),
        Arrow("ask_extension", WITH_UNIT, STAYS, "issue.handle", "unit", ("reason", "more")),
        Arrow(
            "grant_extension",
            WITH_UNIT,
            STAYS,
            "issue.office",
            needs=("more",),
            counts="extensions",
        ),
        Arrow("deny_extension", WITH_UNIT, STAYS, "issue.office", needs=("reason",)),
        Arrow("suspend", ("filed", *WITH_UNIT), "suspended", "issue.office", needs=("reason",)),
        Arrow("resume", ("suspended",), BACK, "issue.office"),
        Arrow(
            "appeal",
            (*WITH_UNIT, "rectified", "reinspected", "closed_out"),
            STAYS,
            "issue.handle",
            "unit",
            ("reason",),
        ),
        Arrow("uphold_appeal", (*OPEN, "closed_out"), STAYS, "issue.office", needs=("reason",)),
        Arrow("deny_appeal", (*OPEN, "closed_out"), STAYS, "issue.office", needs=("reason",)),
        Arrow("escalate", RUNNING, STAYS, "issue.office", needs=("reason",), counts="level"),
        Arrow("transfer", WITH_UNIT, "dispatched", "issue.office", needs=("unit", "reason")),
        Arrow("merge", (*WAITING, *WITH_UNIT), "merged", "issue.office", needs=("into",)),
        Arrow("unmerge", ("merged",), BACK, "issue.office", needs=("reason",)),
        Arrow("move", (*WAITING, *WITH_UNIT), STAYS, "issue.report", "reporter", ("place",)),
        Arrow("note", (*OPEN, *CLOSED), STAYS, "issue.note", needs=("reason",)),
        Arrow("publish", (*OPEN, *CLOSED), STAYS, "issue.office"),
        Arrow("unpublish", (*OPEN, *CLOSED), STAYS, "issue.office"),
    )
}
"""Act → its arrow."""
ACTS = tuple(act for act in ARROWS if act != "report")
ACTIONS = frozenset(arrow.action for arrow in ARROWS.values())

ASKED_BY = {
    "grant_extension": "extension",
    "deny_extension": "extension",
    "uphold_appeal": "appeal",
    "deny_appeal": "appeal",
}
"""Decisions → what must be pending for them."""
ASKS = {"ask_extension": "extension", "appeal": "appeal"}
"""Requests → what is pending after them."""


def from_state(state: str) -> list[Arrow]:
    """
    Return the arrows that start from a state, in the order of the table.

    Parameters
    ----------
    state
        One of `gridmap.layers.ISSUE_STATES`.
    """
    return [arrow for arrow in ARROWS.values() if state in arrow.sources]
