"""Clashes: assignments of one scheme and tier that share a target on some day."""

from __future__ import annotations

import pandas as pd

from gridmap import measures
from gridmap.errors import AlreadyAssignedError, InvalidError
from gridmap.targets import TARGET, target_label

PRIMARY = "responsible"


def clashes(ones: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """
    Pair the rows of one scheme and tier that share a target, or metres of one side, and a day.

    Parameters
    ----------
    ones, others
        Assignment rows.

    Returns
    -------
    pandas.DataFrame
        Columns of both, with the endings ``_1`` and ``_2``.
    """
    key = ["scheme", "tier", "target_kind", "target"]
    pairs = ones.reset_index().merge(others.reset_index(), on=key, suffixes=("_1", "_2"))
    starts_later = pairs["since_1"].where(pairs["since_1"] > pairs["since_2"], pairs["since_2"])
    share_day = pd.Series(data=True, index=pairs.index)
    for until in (pairs["until_1"], pairs["until_2"]):
        share_day &= until.isna() | (until > starts_later)
    return pairs[share_day & measures.meet(_one(pairs, 1), _one(pairs, 2))]


def admitted(assignments: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """
    Drop rows that are held already; refuse if any stands against one that is there.

    Parameters
    ----------
    assignments
        The layer, whole history.
    rows
        Rows that one unit is to have, in the form of the layer.

    Returns
    -------
    pandas.DataFrame
        The rows to add.

    Raises
    ------
    InvalidError
        If the rows name the same metres twice.
    AlreadyAssignedError
        As `gridmap.assignments.assign`.
    """
    within = clashes(rows, rows)
    twice = within[within["assignment_id_1"] < within["assignment_id_2"]]
    if len(twice):
        msg = "The road {target} is named twice for the same metres."
        raise InvalidError(msg, target=twice.iloc[0]["target"])
    pairs = clashes(assignments, rows)
    same_unit = pairs["unit_id_1"] == pairs["unit_id_2"]
    held = same_unit & _outlasts(pairs) & measures.contains(_one(pairs, 1), _one(pairs, 2))
    keep = ~rows.index.isin(pairs.loc[held, "assignment_id_2"])
    against = pairs[~held & (same_unit | (pairs["tier"] == PRIMARY))]
    against = against[against["assignment_id_2"].isin(rows.index[keep])]
    if len(against):
        raise _already_assigned(against)
    return rows[keep]


def second_primaries(assignments: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """
    Find rows that would give a target a second primary unit on some day.

    Parameters
    ----------
    assignments
        The layer, whole history.
    rows
        Rows that are to be added; they are compared among themselves too.

    Returns
    -------
    pandas.Series
        ``assignment_id`` of a row → the units that stand against it, separated by commas.
    """
    wanted = rows[rows["tier"] == PRIMARY]
    others = assignments[(assignments["tier"] == PRIMARY) & ~assignments.index.isin(rows.index)]
    pairs = clashes(pd.concat([others, wanted]), wanted)
    pairs = pairs[pairs["assignment_id_1"] != pairs["assignment_id_2"]]
    units = pairs.groupby("assignment_id_2")["unit_id_1"]
    return units.agg(lambda held: ", ".join(sorted(set(held)))).rename_axis("assignment_id")


def _already_assigned(against: pd.DataFrame) -> AlreadyAssignedError:
    named = [target_label(row) for row in _one(against, 1).to_dict("records")]
    by_target = against.assign(label=named).groupby("label")["unit_id_1"]
    holders = {str(label): ", ".join(sorted(set(units))) for label, units in by_target}
    msg = "{n} targets are held already: {targets}."
    shown = "; ".join(f"{label} ({units})" for label, units in holders.items())
    return AlreadyAssignedError(msg, holders=holders, n=len(holders), targets=shown)


def _one(pairs: pd.DataFrame, which: int) -> pd.DataFrame:
    columns = {f"{name}_{which}": name for name in ("from_m", "to_m", "side")}
    return pairs.rename(columns=columns)[TARGET]


def _outlasts(pairs: pd.DataFrame) -> pd.Series:
    ends_no_sooner = pairs["until_1"].isna() | (pairs["until_1"] >= pairs["until_2"])
    return (pairs["since_1"] <= pairs["since_2"]) & ends_no_sooner
