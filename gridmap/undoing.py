"""
Undoing: the step that brings back what a step before it changed.

History is only added to, so an undone row stays where it is: what was added is annulled, what was
ended has its former end again. The undo of an undo is the redo.
"""

from __future__ import annotations

import pandas as pd

from gridmap.assignments import Changes, apply
from gridmap.clashes import second_primaries
from gridmap.errors import AlreadyAssignedError, ConflictError
from gridmap.layers import PANDAS_DTYPE

UNDONE = "undone"


def undo(held: pd.DataFrame, step: Changes, before: pd.Series) -> Changes:
    """
    Take a step back.

    Parameters
    ----------
    held
        The layer ``assignments`` as it is now, whole history.
    step
        What the step added and ended, as it was written.
    before
        ``until`` of each assignment that the step ended, as it was before; indexed by
        ``assignment_id``, missing where it had no end.

    Returns
    -------
    Changes
        Ends only: no row is added.

    Raises
    ------
    ConflictError
        If something of it has been changed again since.
    AlreadyAssignedError
        If somebody else has become the primary of what would come back.
    """
    _require_untouched(held, step)
    annulled = held.loc[step.added.index, "since"].astype(PANDAS_DTYPE["date"])
    until = pd.concat([annulled, before.astype(PANDAS_DTYPE["date"])])
    ended = pd.DataFrame({"until": until, "note": pd.array([UNDONE] * len(until), dtype="str")})
    ended.index = pd.Index(until.index, name=held.index.name, dtype="str")
    changes = Changes(held.iloc[:0], ended)
    after = apply(held, changes)
    back = after.loc[before.index]
    standing = second_primaries(after.drop(index=before.index), back)
    if len(standing):
        holders = {str(after.loc[key, "target"]): units for key, units in standing.items()}
        msg = "{n} targets are held already: {targets}."
        shown = "; ".join(f"{target} ({units})" for target, units in holders.items())
        raise AlreadyAssignedError(msg, holders=holders, n=len(holders), targets=shown)
    return changes


def _require_untouched(held: pd.DataFrame, step: Changes) -> None:
    """Every row must still end as the step left it."""
    left = pd.concat([step.added["until"], step.released["until"]])
    now = held["until"].reindex(left.index)
    differs = (now != left) & ~(now.isna() & left.isna())
    if differs.any():
        msg = "What this step did has been changed again since ({assignment_id})."
        raise ConflictError(msg, assignment_id=", ".join(left.index[differs][:5]))
