"""
Freezing: an issue keeps the grid and the unit that answered when it was reported.

Whatever a file says of these is kept; the rest is worked out as of the day of the report. Days on
which nobody began or ceased to answer share one look-up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.workspace import Workspace
from gridmap import responsibility
from gridmap.locate import locate

FROZEN = ("grid", "unit_id", "rule")


def freeze(issues: gpd.GeoDataFrame, workspace: Workspace, zone: ZoneInfo) -> gpd.GeoDataFrame:
    """
    Fill in where issues lie and who answered for the place on the day they were reported.

    Parameters
    ----------
    issues
        Conformed, in the register's CRS.
    workspace
        The register.
    zone
        The city's time zone: it says which day a moment belongs to.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows; ``grid``, ``unit_id`` and ``rule`` filled in where they were missing and a
        grid, a unit, was found. A unit that was given has a rule only if the rule leads to it.
    """
    day = issues["reported_at"].dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    parts = [_of_days(part, workspace, since) for since, part in _spells(issues, day, workspace)]
    if not parts:
        return issues
    found = pd.concat(parts).reindex(issues.index)
    other = issues["unit_id"].notna() & (issues["unit_id"] != found["unit_id"])
    found["rule"] = found["rule"].mask(other)  # it led to another unit than the one that is given
    return issues.assign(**{name: issues[name].fillna(found[name]) for name in FROZEN})


def _spells(
    issues: gpd.GeoDataFrame, day: pd.Series, workspace: Workspace
) -> Iterator[tuple[date, gpd.GeoDataFrame]]:
    """Divide issues by the spells during which the same units answered."""
    changes = pd.DatetimeIndex(workspace.days())
    spell = changes.searchsorted(day.to_numpy(), side="right")
    for number in np.unique(spell):
        if number > 0:  # before the register began there was nobody to answer
            yield changes[number - 1].date(), issues[spell == number]


def _of_days(issues: gpd.GeoDataFrame, workspace: Workspace, since: date) -> pd.DataFrame:
    locator = workspace.locator(since)
    located = locate(issues, locator)
    grid = located["code"].where(~located["outside"])
    found = responsibility.responsible_at(issues, workspace.place(since), since)
    won = found[found["won"]].drop_duplicates("point_no").set_index("point_no")
    at = np.arange(len(issues))
    return pd.DataFrame(
        {
            "grid": grid.to_numpy(),
            "unit_id": won["unit_id"].reindex(at).to_numpy(),
            "rule": won["rule"].reindex(at).to_numpy(),
        },
        index=issues.index,
        dtype="str",
    )
