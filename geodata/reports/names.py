"""Names beside the codes: what a person needs to read a row."""

from __future__ import annotations

from datetime import date

import pandas as pd

from geodata.workspace import Workspace
from gridmap import layers

LAYERS_OF_KIND = {
    "grid": ("grids",),
    "road_segment": ("roads",),
    "inspection_point": ("inspection_points",),
    "compound": ("compounds",),
    "division": ("districts", "subdistricts", "communities"),
}
SHEET_COLUMNS = [
    "assignment_id",
    "target_kind",
    "target",
    "target_name",
    "unit_id",
    "unit_name",
    "tier",
    "scheme",
    "since",
    "until",
    "source",
]


def named(rows: pd.DataFrame, workspace: Workspace, as_of: date) -> pd.DataFrame:
    """
    Add the names of units and targets to rows that hold their codes.

    Parameters
    ----------
    rows
        With ``unit_id``, and with ``target_kind`` and ``target`` where there are targets.
    workspace
        Where the names are.
    as_of
        The day.

    Returns
    -------
    pandas.DataFrame
        The same rows with ``unit_name`` and, where there are targets, ``target_name``.
    """
    units = workspace.frame("units", as_of)["name"]
    added = rows.assign(unit_name=rows["unit_id"].map(units))
    if "target" not in rows:
        return added
    names = pd.Series(pd.NA, index=rows.index, dtype="str")
    for kind, holders in LAYERS_OF_KIND.items():
        these = rows["target_kind"] == kind
        for holder in holders if these.any() else ():
            known = workspace.frame(holder, as_of)["name"]
            names = names.fillna(rows["target"].where(these).map(known))
    return added.assign(target_name=names.fillna(rows["target"]))


def sheet_rows(rows: pd.DataFrame, workspace: Workspace, as_of: date) -> pd.DataFrame:
    """Return assignments as a page lists them: `SHEET_COLUMNS`, with names."""
    return named(rows.reset_index(), workspace, as_of)[SHEET_COLUMNS]


def lineage_rows(lineage: pd.Series, workspace: Workspace, as_of: date) -> pd.DataFrame:
    """
    Return the divisions above a place, the highest first.

    Parameters
    ----------
    lineage
        ``district``, ``subdistrict``, ``community`` → code, missing where there is none.
    workspace, as_of
        Where the names are, and the day.
    """
    rows = []
    for level in layers.LEVELS[:-1]:
        code = lineage.get(level)
        if code is not None and not pd.isna(code):
            names = workspace.frame(layers.LAYER_OF_LEVEL[level], as_of)["name"]
            rows.append((level, code, names.get(code, code)))
    return pd.DataFrame(rows, columns=["level", "code", "name"], dtype="str")
