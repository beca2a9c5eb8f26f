"""Declared totals of inspection points beside what the register counts."""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from geodata.workspace import Workspace
from gridmap.layers import LAYER_OF_LEVEL
from gridmap.reconciliation import reconcile

By: TypeAlias = Literal["category", "district", "subdistrict", "community"]


def reconciled(workspace: Workspace, declared: pd.DataFrame, by: By, as_of: date) -> pd.DataFrame:
    """
    Set declared totals of points beside the register's.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    declared
        As for `gridmap.reconciliation.reconcile`; the parts are named as the register names its
        categories or divisions.
    by
        What the parts are.
    """
    counts = points_by(workspace, by, as_of)
    groups = declared["group"].dropna().unique()
    index = pd.MultiIndex.from_product([groups, counts.index], names=["group", "name"])
    return reconcile(declared, pd.Series(np.tile(counts.to_numpy(), len(groups)), index=index))


def points_by(workspace: Workspace, by: By, as_of: date) -> pd.Series:
    """
    Count the inspection points by category, or by the division in which they lie.

    Parameters
    ----------
    workspace, by, as_of
        As for `reconciled`.

    Returns
    -------
    pandas.Series
        Number by name; a division that has no point is there with 0.
    """
    points = workspace.frame("inspection_points", as_of)
    if by == "category":
        return points["category"].value_counts().sort_index()
    whole = workspace.ground(as_of)
    inside = whole.point_piece >= 0
    code = whole.pieces[by].to_numpy(dtype=object)[whole.point_piece[inside]]
    names = workspace.frame(LAYER_OF_LEVEL[by], as_of)["name"]
    counted = pd.Series(code).value_counts().reindex(names.index, fill_value=0)
    return counted.groupby(names.to_numpy()).sum()
