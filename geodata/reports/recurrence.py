"""Recurrence (回潮) in a register: what came back, how often, and the stubborn places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from geodata.reports.names import named
from geodata.reports.selection import Selection
from geodata.workspace import GROUND, Workspace
from gridmap import metric, recurrence
from gridmap.errors import InvalidError
from gridmap.piles import on_pile, piles
from gridmap.standing import set_aside

BY = ("category", "unit_id")


@dataclass(frozen=True)
class Within:
    """
    What counts as coming back.

    Parameters
    ----------
    metres, days
        How near the earlier place, and how soon after its close-out.
    at_least
        How many issues make a place stubborn.
    """

    metres: float = recurrence.WITHIN_M
    days: float = recurrence.WITHIN_DAYS
    at_least: int = 2


@dataclass(frozen=True, eq=False)
class Recurring:
    """
    What came back in a period.

    Parameters
    ----------
    links
        As `gridmap.recurrence.recurrences`, of issues reported in the period, with ``category``,
        ``grid``, ``unit_id`` and ``unit_name``.
    places
        As `gridmap.recurrence.stubborn`, those with an issue reported in the period, whole; with
        ``grid``, ``unit_id`` and ``unit_name`` of the last issue, in the register's CRS.
    rates
        ``category`` and ``unit_id`` → as `gridmap.recurrence.rate`, of what was closed out in the
        period, but for its last days, which had not the whole time to come back.
    left_out
        Issues without a place, and on piles of identical coordinates, which are none.
    """

    links: pd.DataFrame
    places: gpd.GeoDataFrame
    rates: dict[str, pd.DataFrame]
    left_out: int


def recurring(
    workspace: Workspace, wanted: Selection, zone: ZoneInfo, within: Within | None = None
) -> Recurring:
    """
    Say what came back in a period.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    wanted
        Of which days, category and channel. What an issue repeats may lie before the period.
    zone
        The city's time zone.
    within
        What counts as coming back.

    Raises
    ------
    InvalidError
        If the period ends before it begins.
    """
    if wanted.since > wanted.until:
        msg = "The period ends ({until}) before it begins ({since})."
        raise InvalidError(msg, since=wanted.since, until=wanted.until)
    reach = within or Within()
    placed, links = _linked(workspace, wanted.until, reach)
    begin, end = (
        pd.Timestamp(day, tz=zone) for day in (wanted.since, wanted.until + timedelta(days=1))
    )
    meant = pd.Series(data=True, index=placed.index)
    for column, value in (("category", wanted.category), ("channel", wanted.channel)):
        if value is not None:
            meant &= (placed[column] == value).fillna(value=False).astype(bool)
    reported = placed[meant & (placed["reported_at"] >= begin) & (placed["reported_at"] < end)]
    mine = links[links["issue"].isin(reported.index)].reset_index(drop=True)
    # chains are followed back beyond the period, never beyond its end
    known = placed.loc[links["issue"], "reported_at"].to_numpy() < end
    places = recurrence.stubborn(placed, links[known], at_least=reach.at_least)
    touched = places["members"].explode().isin(mine["issue"]).groupby(level=0).any()
    closed = placed[meant & (placed["closed_at"] >= begin)]
    whole = end - pd.Timedelta(days=reach.days)
    return Recurring(
        links=_described(mine, mine["issue"], placed, workspace, wanted.until),
        places=_shown(places[touched.to_numpy(dtype=bool)], placed, workspace, wanted.until),
        rates={by: recurrence.rate(links, closed, by, closed_before=whole) for by in BY},
        left_out=len(workspace.frame("issues", wanted.until)) - len(placed),
    )


def _linked(
    workspace: Workspace, as_of: date, within: Within
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the issues that have a place, in metres, and the links between them."""

    def build() -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
        issues = workspace.frame("issues", as_of)
        there = issues.geometry.notna() & ~on_pile(issues, piles(issues))
        placed = issues[there & ~set_aside(issues["state"])]
        done = placed["closed_at"].where(placed["state"] == "closed_out")
        placed = metric.to_metric(placed.assign(closed_at=done), _crs(workspace, as_of))
        found = recurrence.recurrences(placed, within_m=within.metres, within_days=within.days)
        return placed, found

    names = ("issues", *GROUND)
    return workspace.once("recurrences", names, as_of, build, within.metres, within.days)


def _crs(workspace: Workspace, as_of: date) -> CRS | None:
    """Return the CRS in which the register is measured; none where nothing is drawn in it."""
    drawn = any(workspace.frame(name, as_of).geometry.notna().any() for name in GROUND)
    return workspace.metric_crs(as_of) if drawn else None


def _described(
    rows: pd.DataFrame, of: pd.Series, issues: pd.DataFrame, workspace: Workspace, as_of: date
) -> pd.DataFrame:
    """Add category, grid and unit of an issue to each row."""
    told = pd.DataFrame(issues.loc[of, ["category", "grid", "unit_id"]])
    fresh = [name for name in told if name not in rows]
    return named(rows.join(told[fresh].set_axis(rows.index)), workspace, as_of)


def _shown(
    places: gpd.GeoDataFrame, issues: gpd.GeoDataFrame, workspace: Workspace, as_of: date
) -> gpd.GeoDataFrame:
    rows = places.reset_index(drop=True)
    last = rows["members"].str[-1].astype("str")
    told = _described(pd.DataFrame(rows.drop(columns="geometry")), last, issues, workspace, as_of)
    shown = gpd.GeoDataFrame(told, geometry=rows.geometry, crs=issues.crs)
    return shown.to_crs(workspace.store.meta.crs)
