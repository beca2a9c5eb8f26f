"""Decisions written out: assignment rows under their keys, and the days on which rows end."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import pandas as pd

from gridmap import layers
from gridmap.changes import ASSIGNMENTS, RELEASED_COLUMNS, assignment_id
from gridmap.errors import ConflictError
from gridmap.targets import target_label

Row = Mapping[Hashable, object]


def lasting(assignments: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """
    Select the rows that are in force on a day or on a later one.

    Parameters
    ----------
    assignments
        The layer.
    day
        Midnight, without a zone.
    """
    begins = assignments["since"].clip(lower=day)
    return assignments[assignments["until"].isna() | (assignments["until"] > begins)]


def as_rows(rows: Sequence[Row], note: str | None = None) -> pd.DataFrame:
    """
    Bring rows into the form of the layer.

    Parameters
    ----------
    rows
        Column → value, all but the key.
    note
        Written on each row; what the row says itself stays if left out.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``assignment_id``.
    """
    if not rows:
        return layers.empty(ASSIGNMENTS)
    more = {} if note is None else {"note": note}
    keyed = [{**row, **more, ASSIGNMENTS.key: assignment_id(row)} for row in rows]  # type: ignore[arg-type]
    return layers.conform(pd.DataFrame(keyed), ASSIGNMENTS)


def as_releases(until: Mapping[str, pd.Timestamp], note: str | None = None) -> pd.DataFrame:
    """
    Bring ends into the form of `gridmap.assignments.Changes`.

    Parameters
    ----------
    until
        Key of the row → first day on which it is no longer in force.
    note
        Why.
    """
    index = pd.Index(list(until), name=ASSIGNMENTS.key, dtype="str")
    table = {"until": list(until.values()), "note": note}
    frame = pd.DataFrame(table, index=index, columns=RELEASED_COLUMNS)
    return frame.astype({"until": layers.PANDAS_DTYPE["date"], "note": "str"})


def require_new(rows: pd.DataFrame, assignments: pd.DataFrame) -> None:
    """
    Refuse rows that were written before.

    Parameters
    ----------
    rows
        Rows to add.
    assignments
        The layer, whole history.

    Raises
    ------
    ConflictError
        If one of them is there already, ended on the day on which it began: a row is written once.
    """
    again = rows[rows.index.isin(assignments.index)]
    if len(again):
        msg = "{unit_id} was given {target} on {since} before, and lost it that day; take another."
        first = again.iloc[0]
        raise ConflictError(
            msg,
            unit_id=first["unit_id"],
            target=target_label(first.to_dict()),
            since=first["since"].date(),
        )
