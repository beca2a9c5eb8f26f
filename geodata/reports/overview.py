"""The city at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from geodata.reports import ground
from geodata.workspace import Workspace
from gridmap import layers

MONTHS = 24
UNITS_SHOWN = 8
ENTRIES_SHOWN = 8


@dataclass(frozen=True)
class Overview:
    """
    The city at a glance, on a day.

    Parameters
    ----------
    name, as_of
        Of the city, and the day.
    counts
        Layer → rows in force; issues: reported up to the end of the day; units without the leaders'
        ``posts``, which are counted by themselves.
    ground_m2, covered_m2, share
        Of the whole city; the share is NaN where there is no ground.
    gaps_n, gap_m2_by_reason
        Pieces of uncovered ground, and their area by reason.
    issues_by_month
        ``month``, ``category``, ``n``: the 24 months up to the day, in the city's time.
    issues_by_category
        Category → issues, most frequent first.
    units_with_most
        ``unit_id``, ``name``, ``short_name``, ``n_grids``, ``area_m2``.
    entries
        The journal's latest entries.
    """

    name: str
    as_of: date
    counts: dict[str, int]
    ground_m2: float
    covered_m2: float
    share: float
    gaps_n: int
    gap_m2_by_reason: dict[str, float]
    issues_by_month: pd.DataFrame
    issues_by_category: pd.Series
    units_with_most: pd.DataFrame
    entries: list[dict[str, Any]]


def overview(workspace: Workspace, as_of: date, zone: ZoneInfo) -> Overview:
    """
    Put the city's figures of a day together.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    zone
        The city's time zone: it says to which day and month an issue belongs.
    """
    table = ground.coverage_table(workspace, "city", as_of)
    whole, covered = float(table["ground_m2"].sum()), float(table["covered_m2"].sum())
    gaps = ground.gaps(workspace, as_of)
    issues = reported_by(workspace, as_of, zone)
    counts = {
        name: len(issues) if name == "issues" else len(workspace.frame(name, as_of))
        for name in layers.LAYERS
    }
    posts = int((workspace.frame("units", as_of)["party"] == "post").sum())
    counts |= {"units": counts["units"] - posts, "posts": posts}
    by_reason = gaps.groupby("reason")["area_m2"].sum()
    entries = workspace.store.journal.entries(limit=ENTRIES_SHOWN)
    return Overview(
        name=workspace.store.meta.name,
        as_of=as_of,
        counts=counts,
        ground_m2=whole,
        covered_m2=covered,
        share=covered / whole if whole else np.nan,
        gaps_n=len(gaps),
        gap_m2_by_reason={str(reason): float(area) for reason, area in by_reason.items()},
        issues_by_month=_by_month(issues, as_of),
        issues_by_category=issues["category"].value_counts(),
        units_with_most=_units_with_most(workspace, as_of),
        entries=[
            {name: getattr(entry, name) for name in ("at", "who", "action", "what")}
            for entry in entries
        ],
    )


def reported_by(workspace: Workspace, as_of: date, zone: ZoneInfo) -> pd.DataFrame:
    """Return the issues reported up to the end of a day, with the ``day`` in the city's time."""

    def build() -> pd.DataFrame:
        issues = workspace.frame("issues", as_of)
        return issues.assign(day=issues["reported_at"].dt.tz_convert(zone).dt.tz_localize(None))

    issues: pd.DataFrame = workspace.once("issues by day", ["issues"], as_of, build, zone.key)
    return issues[issues["day"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)]


def _by_month(issues: pd.DataFrame, as_of: date) -> pd.DataFrame:
    first = pd.Timestamp(as_of).to_period("M") - (MONTHS - 1)
    month = issues["day"].dt.to_period("M")
    recent = issues[month >= first]
    counted = recent.groupby([recent["day"].dt.to_period("M"), "category"]).size()
    table = counted.rename("n").rename_axis(["month", "category"]).reset_index()
    return table.assign(month=table["month"].dt.to_timestamp())


def _units_with_most(workspace: Workspace, as_of: date) -> pd.DataFrame:
    held = ground.held_grids(workspace, as_of)
    area = workspace.measured("grids", as_of).area
    held = held.assign(area_m2=held["target"].map(area))
    table = held.groupby("unit_id").agg(n_grids=("target", "nunique"), area_m2=("area_m2", "sum"))
    most = table.sort_values(["n_grids", "area_m2"], ascending=False).head(UNITS_SHOWN)
    units = pd.DataFrame(workspace.frame("units", as_of)[["name", "short_name"]])
    joined = most.join(units).reset_index()
    return joined[["unit_id", "name", "short_name", "n_grids", "area_m2"]]
