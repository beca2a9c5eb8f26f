"""
Handover: a unit takes targets that other units hold as their primary, from a day on.

What they hold ends on that day; of a road only the metres and the side that are taken, and what is
left of the stretch stays with whom it was (`gridmap.carving.carve`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from gridmap import assignments, carving
from gridmap.assignments import Changes, Day, together
from gridmap.clashes import PRIMARY
from gridmap.targets import ANYTHING, Known, Target, target_rows


def take_over(  # noqa: PLR0913 - as `gridmap.assignments.assign`
    held: pd.DataFrame,
    targets: Collection[Target] | pd.DataFrame,
    unit_id: str,
    *,
    since: Day,
    scheme: str = "main",
    source: str | None = None,
    note: str | None = None,
    known: Known = ANYTHING,
) -> Changes:
    """
    Make a unit the primary of targets, whoever is now.

    Parameters
    ----------
    held
        The layer ``assignments``, whole history.
    targets, unit_id, since, scheme, source, note, known
        As for `gridmap.assignments.assign`.

    Returns
    -------
    Changes
        The ends of what others are primary of, what is left of their stretches, and the new rows.

    Raises
    ------
    InvalidError, NotFoundError, ConflictError, AlreadyAssignedError
        As `gridmap.assignments.assign`; AlreadyAssignedError where another's begins later still.
    """
    rows = target_rows(targets)
    is_road = rows["target_kind"] == "road_segment"
    given: dict[str, Any] = {
        "since": since,
        "scheme": scheme,
        "source": source,
        "note": note,
        "known": known,
    }

    def end_others(before: pd.DataFrame) -> Changes:
        day = assignments.calendar_day(since)
        now = assignments.in_force(before, day)
        mine = (now["scheme"] == scheme) & (now["tier"] == PRIMARY) & (now["unit_id"] != unit_id)
        pairs = now[mine].reset_index().merge(rows[~is_road], on=["target_kind", "target"])
        ids = pairs["assignment_id"].unique()
        return Changes(before.iloc[:0], assignments.ends(ids, day, note))

    def give(before: pd.DataFrame) -> Changes:
        return assignments.assign(before, rows[~is_road], unit_id, tier=PRIMARY, **given)

    def carve(before: pd.DataFrame) -> Changes:
        return carving.carve(before, rows[is_road], unit_id, **given)

    steps = [end_others, give] if (~is_road).any() else []
    return together(held, [*steps, carve] if is_road.any() else steps)
