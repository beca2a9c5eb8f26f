"""Stubborn places (顽症点) with who answers there now: the last issue may have been another's."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd

from geodata.reports import places
from geodata.workspace import Workspace
from gridmap import metric

AROUND_M = 80.0
ADDED = ["grid_now", "grid_name", "answers", "answers_name"]


def answering(workspace: Workspace, found: gpd.GeoDataFrame, as_of: date) -> gpd.GeoDataFrame:
    """
    Say in which grid each stubborn place lies on a day, and who answers there.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    found
        `geodata.reports.recurrence.Recurring.places`, numbered from 0.
    as_of
        The day.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows with ``grid_now``, ``grid_name``, ``answers`` (the unit) and
        ``answers_name``; missing where there is no grid, and where nobody answers.
    """
    if found.empty or workspace.frame("grids", as_of).empty:
        return found.assign(**{name: pd.Series(pd.NA, found.index, dtype="str") for name in ADDED})
    told = places.table(workspace, found.geometry, as_of)
    inside = told["code"].where(~told["outside"].astype(bool))
    units = workspace.frame("units", as_of)["name"]
    return found.assign(
        grid_now=inside,
        grid_name=told["name"].where(inside.notna()),
        answers=told["unit_id"],
        answers_name=told["unit_id"].map(units),
    )


def around(found: gpd.GeoDataFrame, metres: float = AROUND_M) -> gpd.GeoDataFrame:
    """
    Return the ground around each place, for a map to show: a point alone has no extent.

    Parameters
    ----------
    found
        Any geometries, in any CRS.
    metres
        How far.
    """
    if found.empty:
        return found
    return found.set_geometry(metric.to_metric(found).buffer(metres).to_crs(found.crs))
