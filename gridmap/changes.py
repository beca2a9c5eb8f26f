"""
Changes: what a decision adds to the history of assignments, and which of them it ends.

A row is written once, under a key that is derived from what it says; whatever happens to it later
is its end, or that its end is taken back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from numbers import Real
from typing import TypeAlias

import pandas as pd

from gridmap import layers
from gridmap.targets import TARGET

Day: TypeAlias = date | pd.Timestamp
ASSIGNMENTS = layers.LAYERS["assignments"]
NATURAL_KEY = ["scheme", "tier", "unit_id", *TARGET, "since"]
RELEASED_COLUMNS = ["until", "note"]


@dataclass(frozen=True)
class Changes:
    """
    What a decision adds to the history.

    Parameters
    ----------
    added
        Assignment rows, indexed by ``assignment_id``, in the form of the layer.
    released
        Rows that end: index ``assignment_id``, columns ``until`` and ``note``. Where ``until`` is
        missing the row's end is taken back.
    """

    added: pd.DataFrame
    released: pd.DataFrame


Step: TypeAlias = Callable[[pd.DataFrame], Changes]


def apply(assignments: pd.DataFrame, changes: Changes) -> pd.DataFrame:
    """
    Return the layer as it is after changes.

    Parameters
    ----------
    assignments
        The layer before.
    changes
        What is added and what ends.

    Returns
    -------
    pandas.DataFrame
        Earlier rows in their order, as they were but for ``until`` of those that end, then the new
        ones.
    """
    until = changes.released["until"].reindex(assignments.index)
    ends = assignments.index.isin(changes.released.index)
    before = assignments.assign(until=assignments["until"].where(~ends, until))
    return pd.concat([before, changes.added]) if len(changes.added) else before


def together(assignments: pd.DataFrame, steps: Iterable[Step]) -> Changes:
    """
    Take decisions one after the other, each on what the ones before it left, as one.

    Parameters
    ----------
    assignments
        The layer, whole history.
    steps
        Functions of the layer.

    Returns
    -------
    Changes
        What all of them add and end; of a row that two of them end, the later end.
    """
    added, released = [assignment_rows(None)], [ends([], pd.NaT, None)]
    for step in steps:
        changes = step(assignments)
        added.append(changes.added)
        released.append(changes.released)
        assignments = apply(assignments, changes)
    ended = pd.concat([part for part in released if len(part)] or released[:1])
    ended = ended[~ended.index.duplicated(keep="last")]
    rows = pd.concat([part for part in added if len(part)] or added[:1])
    own = ended["until"].reindex(rows.index)
    return Changes(rows.assign(until=own), ended[~ended.index.isin(rows.index)])


def assignment_id(row: Mapping[str, object]) -> str:
    """
    Derive the key of an assignment from what it says.

    Parameters
    ----------
    row
        ``scheme``, ``tier``, ``unit_id``, the target's columns and ``since``.

    Returns
    -------
    str
        ``A`` and 15 hexadecimal digits; the same row has the same key everywhere.
    """
    parts = [_canonical(row[name]) for name in NATURAL_KEY]
    return "A" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:15]


def calendar_day(moment: Day) -> pd.Timestamp:
    """
    Return the midnight at which a moment's own calendar day starts, without a zone.

    Parameters
    ----------
    moment
        A date or a timestamp.
    """
    return pd.Timestamp(moment).tz_localize(None).normalize()


def assignment_rows(rows: pd.DataFrame | None) -> pd.DataFrame:
    """
    Bring rows into the form of the layer, under keys of their own.

    Parameters
    ----------
    rows
        With the layer's columns but the key; none for an empty layer.
    """
    if rows is None or rows.empty:
        return layers.empty(ASSIGNMENTS)
    keyed = rows.reset_index(drop=True)
    keyed["assignment_id"] = [assignment_id(row) for row in keyed.to_dict("records")]
    return layers.conform(keyed, ASSIGNMENTS)


def ends(ids: Collection[str], until: pd.Timestamp, note: str | None) -> pd.DataFrame:
    """
    Return the ends of assignments, all on one day.

    Parameters
    ----------
    ids
        Whose.
    until
        The first day without them; missing to take their end back.
    note
        Why.
    """
    index = pd.Index(list(ids), name=ASSIGNMENTS.key, dtype="str")
    frame = pd.DataFrame({"until": until, "note": note}, index=index, columns=RELEASED_COLUMNS)
    return frame.astype({"until": layers.PANDAS_DTYPE["date"], "note": "str"})


def _canonical(value: object) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, (date, pd.Timestamp)):
        return calendar_day(value).strftime("%Y-%m-%d")
    return repr(float(value)) if isinstance(value, Real) else str(value)
