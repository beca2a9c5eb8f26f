"""
Assignments: who answers for what, since when, until when.

History is added to, never edited. Every function answers a `Changes`: rows to append, and dates on
which rows in force end. An interval is half-open: an assignment is in force from ``since`` to the
day before ``until``; one that ends on the day it begins was annulled, and never in force. Within
one scheme a target has one primary unit (tier ``responsible``) on any day; other tiers may have
several, and several schemes may overlap on purpose.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from gridmap.changes import (
    Changes,
    Day,
    Step,
    apply,
    assignment_id,
    assignment_rows,
    calendar_day,
    ends,
    together,
)
from gridmap.clashes import PRIMARY, admitted, clashes
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from gridmap.targets import (
    ANYTHING,
    TARGET,
    Known,
    Target,
    require_targets,
    require_unit,
    target_rows,
)

__all__ = [
    "PRIMARY",
    "Changes",
    "Day",
    "Known",
    "Step",
    "Target",
    "apply",
    "assign",
    "assignment_id",
    "calendar_day",
    "ends",
    "in_force",
    "overlaps",
    "release",
    "together",
    "transfer",
]


def in_force(assignments: pd.DataFrame, as_of: Day) -> pd.DataFrame:
    """
    Select the assignments of one day.

    Parameters
    ----------
    assignments
        The layer, indexed by ``assignment_id``.
    as_of
        The day; of a timestamp, its own calendar day.

    Returns
    -------
    pandas.DataFrame
        Rows with ``since`` ≤ day < ``until``.
    """
    day = calendar_day(as_of)
    ends_later = assignments["until"].isna() | (assignments["until"] > day)
    return assignments[(assignments["since"] <= day) & ends_later]


def assign(  # noqa: PLR0913 - each keyword is a column of the rows that are added
    assignments: pd.DataFrame,
    targets: Collection[Target] | pd.DataFrame,
    unit_id: str,
    *,
    since: Day,
    tier: str = PRIMARY,
    scheme: str = "main",
    source: str | None = None,
    note: str | None = None,
    known: Known = ANYTHING,
) -> Changes:
    """
    Make a unit answer for targets from a day on.

    Parameters
    ----------
    assignments
        The layer, whole history.
    targets
        `Target` objects, or a frame with their fields as columns.
    unit_id
        The unit or post.
    since, tier, scheme, source, note
        Columns of the new rows.
    known
        Units and targets of the register, to refuse unknown ones.

    Returns
    -------
    Changes
        One row for each target that the unit does not hold yet; what it holds from that day on
        without an end is left as it is. A row that was annulled is taken up again as it was.

    Raises
    ------
    InvalidError
        If a target, the tier or a segment's measures cannot be.
    NotFoundError
        If the unit or a target is unknown.
    ConflictError
        If the unit is not in use.
    AlreadyAssignedError
        If another unit is primary on one of the targets, on that day or later, or the unit itself
        holds a part of it, or for a part of the time. ``holders`` names all of them.
    """
    rows = target_rows(targets).assign(
        unit_id=unit_id, tier=tier, scheme=scheme, since=calendar_day(since), until=pd.NaT
    )
    rows = assignment_rows(rows.assign(source=source, note=note))
    require_unit(unit_id, known)
    require_targets(rows, known)
    return _without_annulled(assignments, admitted(assignments, rows), note)


def release(
    assignments: pd.DataFrame,
    assignment_ids: Collection[str],
    *,
    until: Day,
    note: str | None = None,
) -> Changes:
    """
    End assignments on a day.

    Parameters
    ----------
    assignments
        The layer, whole history.
    assignment_ids
        Which rows end.
    until
        The first day on which they are no longer in force; the day on which one begins annuls it.
    note
        Why.

    Returns
    -------
    Changes
        Nothing for rows that end on that very day already.

    Raises
    ------
    NotFoundError
        If there is no such assignment.
    InvalidError
        If one would end before the day on which it starts.
    ConflictError
        If one ends on another day already.
    """
    day, ids = calendar_day(until), list(dict.fromkeys(assignment_ids))
    if unknown := [key for key in ids if key not in assignments.index]:
        msg = "There is no assignment {assignment_id}."
        raise NotFoundError(msg, assignment_id=", ".join(unknown))
    rows = assignments.loc[ids]
    early = rows[rows["since"] > day]
    if len(early):
        msg = "The assignment {assignment_id} starts on {since}; it cannot end on {until}."
        first = early.iloc[0]
        raise InvalidError(
            msg, assignment_id=early.index[0], since=first["since"].date(), until=day.date()
        )
    ended = rows[rows["until"].notna() & (rows["until"] != day)]
    if len(ended):
        msg = "The assignment {assignment_id} ends on {until} already."
        raise ConflictError(msg, assignment_id=ended.index[0], until=ended.iloc[0]["until"].date())
    return Changes(assignment_rows(None), ends(rows.index[rows["until"].isna()], day, note))


def transfer(  # noqa: PLR0913 - as `assign`
    assignments: pd.DataFrame,
    from_unit: str,
    to_unit: str,
    *,
    since: Day,
    scheme: str | None = None,
    only: Collection[str] | None = None,
    source: str | None = None,
    note: str | None = None,
    known: Known = ANYTHING,
) -> Changes:
    """
    Hand what one unit holds on a day to another.

    Parameters
    ----------
    assignments
        The layer, whole history.
    from_unit, to_unit
        Who gives, who takes.
    since
        The first day on which the other answers.
    scheme
        Only what is held in this scheme; in all of them if left out.
    only
        Only these assignments; all of them if left out.
    source, note
        Columns of the new rows; `note` is on the releases too.
    known
        As for `assign`.

    Returns
    -------
    Changes
        A release for each row that is in force on that day, and a new row with the same target,
        tier and scheme; none for a target that the other holds in that tier already.

    Raises
    ------
    NotFoundError, ConflictError, AlreadyAssignedError
        As `assign`; ConflictError too if a row starts later than that day, because it cannot end
        before it starts, or ends later, because its end is decided already.
    """
    day = calendar_day(since)
    require_unit(to_unit, known)
    held = assignments[assignments["unit_id"] == from_unit]
    held = held[held["until"].isna() | (held["until"] > day)]
    held = held if scheme is None else held[held["scheme"] == scheme]
    held = held if only is None else held[held.index.isin(list(only))]
    if from_unit == to_unit or held.empty:
        return Changes(assignment_rows(None), ends([], day, None))
    fixed = held[(held["since"] > day) | held["until"].notna()]
    if len(fixed):
        msg = "The assignment {assignment_id} does not run from before {since} without an end."
        raise ConflictError(msg, assignment_id=", ".join(fixed.index), since=day.date())
    released = ends(held.index, day, note)
    rest = apply(assignments, Changes(assignment_rows(None), released))
    rows = held.assign(unit_id=to_unit, since=day, source=source, note=note)
    rows = assignment_rows(rows.drop_duplicates(["scheme", "tier", *TARGET]))
    taken = _without_annulled(rest, admitted(rest, rows), note)
    return Changes(taken.added, pd.concat([released, taken.released]))


def overlaps(assignments: pd.DataFrame, as_of: Day) -> pd.DataFrame:
    """
    List targets that have more than one primary unit within one scheme.

    Parameters
    ----------
    assignments
        The layer.
    as_of
        The day.

    Returns
    -------
    pandas.DataFrame
        One row a pair: ``scheme``, ``target_kind``, ``target``, ``assignment_id``, ``unit_id``,
        ``other_id``, ``other_unit``, and ``from_m``, ``to_m`` of the metres in common.
    """
    rows = in_force(assignments, as_of)
    rows = rows[rows["tier"] == PRIMARY]
    pairs = clashes(rows, rows)
    pairs = pairs[pairs["assignment_id_1"] < pairs["assignment_id_2"]]
    common = pd.DataFrame(
        {
            "scheme": pairs["scheme"],
            "target_kind": pairs["target_kind"],
            "target": pairs["target"],
            "assignment_id": pairs["assignment_id_1"],
            "unit_id": pairs["unit_id_1"],
            "other_id": pairs["assignment_id_2"],
            "other_unit": pairs["unit_id_2"],
            "from_m": pairs[["from_m_1", "from_m_2"]].max(axis=1),
            "to_m": pairs[["to_m_1", "to_m_2"]].min(axis=1),
        }
    )
    order = ["scheme", "target_kind", "target", "from_m", "assignment_id", "other_id"]
    return common.sort_values(order).reset_index(drop=True)


def _without_annulled(assignments: pd.DataFrame, rows: pd.DataFrame, note: str | None) -> Changes:
    """Add rows; of those that were annulled, take the end back: a row is written once."""
    kept = rows.index.isin(assignments.index)
    return Changes(rows[~kept], ends(rows.index[kept], pd.NaT, note))
