"""What a day and a week ask for: what is to be looked at today, and set right by the week's end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from geodata.workspace import Workspace
from gridmap import progress
from gridmap.issues.arrows import OPEN

UNVISITED_COLUMNS = ["point_id", "name", "category", "visited", "days"]
WEEK_COLUMNS = ["unit_id", "unit_name", "open", "overdue", "this_week"]


@dataclass(frozen=True)
class Daily:
    """
    The daily inspection list.

    Parameters
    ----------
    to_check
        Keys of issues that are set right and wait for somebody to look, the oldest first.
    unvisited
        `UNVISITED_COLUMNS`: every inspection point, those never visited first, then those whose
        last visit is longest ago.
    """

    to_check: pd.Index
    unvisited: pd.DataFrame


def daily(workspace: Workspace, as_of: date, zone: ZoneInfo) -> Daily:
    """
    Return what is to be looked at on a day.

    Parameters
    ----------
    workspace
        What the reader sees of the register.
    as_of
        The day.
    zone
        The city's time zone.
    """
    issues = workspace.frame("issues", as_of)
    waiting = issues[issues["state"] == "rectified"].sort_values("rectified_at", kind="stable")
    points = workspace.frame("inspection_points", as_of)
    visits = workspace.store.read("visits")
    before = visits[visits["at"] < pd.Timestamp(as_of + timedelta(days=1), tz=zone)]
    last = before.groupby("point_id")["at"].max().reindex(points.index)
    local = last.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    table = pd.DataFrame(points[["name", "category"]]).assign(
        visited=local, days=(pd.Timestamp(as_of) - local).dt.days.astype("Int64")
    )
    table = table.rename_axis("point_id").reset_index()
    ordered = table.sort_values(["visited", "name"], na_position="first", ignore_index=True)
    return Daily(waiting.index, ordered[UNVISITED_COLUMNS])


def weekly(workspace: Workspace, as_of: date, zone: ZoneInfo) -> pd.DataFrame:
    """
    Return what each unit has to set right by the end of the week, as it stands now.

    Parameters
    ----------
    workspace, as_of, zone
        As for `daily`.

    Returns
    -------
    pandas.DataFrame
        `WEEK_COLUMNS`: open issues, those of them that are overdue, and those due until Sunday, the
        most urgent unit first. Issues of nobody are a row without a unit.
    """
    issues = workspace.frame("issues", as_of)
    pending = issues[issues["state"].isin(OPEN)]
    now, sunday = _ends(workspace, as_of, zone)
    late = progress.is_overdue(pending, now)
    waits = ~late & (pending["due_at"] < sunday) & progress.stopped_at(pending).isna()
    told = pd.DataFrame(
        {
            "unit_id": pending["unit_id"].fillna(""),
            "open": 1,
            "overdue": late.astype("int64"),
            "this_week": waits.astype("int64"),
        }
    )
    table = told.groupby("unit_id", as_index=False).sum()
    names = workspace.frame("units", as_of)["name"]
    table["unit_name"] = table["unit_id"].map(names).fillna(table["unit_id"])
    order = ["overdue", "this_week", "open", "unit_id"]
    return table.sort_values(order, ascending=[False, False, False, True], ignore_index=True)[
        WEEK_COLUMNS
    ]


def to_rectify(workspace: Workspace, as_of: date, zone: ZoneInfo) -> gpd.GeoDataFrame:
    """
    Return the issues that are to be set right by the end of the week, as a list to be carried.

    Parameters
    ----------
    workspace, as_of, zone
        As for `daily`.

    Returns
    -------
    geopandas.GeoDataFrame
        Open issues that are due until Sunday or overdue, with ``overdue`` and ``unit_name``, by
        unit (nobody's last) and then by when they are due.
    """
    issues = workspace.frame("issues", as_of)
    now, sunday = _ends(workspace, as_of, zone)
    waits = issues["state"].isin(OPEN) & progress.stopped_at(issues).isna()
    due = issues[waits & (issues["due_at"] < sunday)]
    names = workspace.frame("units", as_of)["name"]
    told = due.assign(
        overdue=progress.is_overdue(due, now),
        unit_name=due["unit_id"].map(names).fillna(due["unit_id"]),
    )
    return told.sort_values(["unit_name", "unit_id", "due_at"], kind="stable")


def to_inspect(workspace: Workspace, as_of: date, zone: ZoneInfo) -> gpd.GeoDataFrame:
    """
    Return the issues that are set right and wait for somebody to look, the oldest first.

    Parameters
    ----------
    workspace, as_of, zone
        As for `daily`.

    Returns
    -------
    geopandas.GeoDataFrame
        The issues, with ``unit_name``.
    """
    issues = workspace.frame("issues", as_of)
    found = issues.loc[daily(workspace, as_of, zone).to_check]
    names = workspace.frame("units", as_of)["name"]
    return found.assign(unit_name=found["unit_id"].map(names).fillna(found["unit_id"]))


def _ends(workspace: Workspace, as_of: date, zone: ZoneInfo) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the end of a day, or now if that is earlier, and the end of its week."""
    now = min(pd.Timestamp(as_of + timedelta(days=1), tz=zone), pd.Timestamp(workspace.store.now()))
    return now, pd.Timestamp(as_of + timedelta(days=7 - as_of.weekday()), tz=zone)
