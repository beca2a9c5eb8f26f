"""
The issues of a month: what came in, what was closed, what is open, and what is overdue.

Everything is told as it stood at the end of the month, so a month says the same however late it is
asked, but for what is corrected in the register.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from geodata.workspace import Workspace
from gridmap import progress
from gridmap.bulletins import Month
from gridmap.intervals import share_interval
from gridmap.issues.arrows import DUE_NO_MORE

PARTS = ("closed_out", "refused", "merged", "open")
OVERDUE_SHOWN = 20
TREND_MONTHS = 12
OUTSIDE = ""


def share(part: float, whole: float, *, counted: bool = True) -> dict[str, Any]:
    """
    Return a share with what it is made of.

    Parameters
    ----------
    part, whole
        How much, of how much.
    counted
        Whether these are counts of things that might have gone otherwise, which have an interval;
        areas and lengths have none.

    Returns
    -------
    dict
        ``part``, ``whole``, ``share``, ``low``, ``high``; None where there is nothing to go by.
    """
    told: dict[str, Any] = {"part": part, "whole": whole, "share": None, "low": None, "high": None}
    if whole > 0:
        told["share"] = round(part / whole, 6)
        if counted:
            low, high = share_interval(part, whole)
            told |= {"low": round(float(low), 6), "high": round(float(high), 6)}
    return told


class MonthIssues:
    """
    The issues of a month.

    Parameters
    ----------
    workspace
        Of the whole city.
    month
        Which.
    zone
        The city's time zone.
    """

    def __init__(self, workspace: Workspace, month: Month, zone: ZoneInfo) -> None:
        self._workspace = workspace
        self._month = month
        self._zone = zone
        self.begin = pd.Timestamp(month.first, tz=zone)
        self.end = pd.Timestamp(month.last + timedelta(days=1), tz=zone)
        every = workspace.frame("issues", month.last)
        self.every = self._standing(every[(every["reported_at"] < self.end).to_numpy()])
        self.received = self.every[self.every["reported_at"] >= self.begin]

    def counts(self) -> dict[str, int]:
        """Return how many came in, and what became of them: ``received`` and `PARTS`."""
        return _counts(self.received)

    def flow(self) -> dict[str, int]:
        """Return how many were ``carried`` in, ``received`` and ``closed``, and are ``open``."""
        rows = self.every
        before = rows["ended_at"] < self.begin
        carried = (rows["reported_at"] < self.begin) & ~before
        return {
            "carried": int(carried.sum()),
            "received": len(self.received),
            "closed": int((~before & (rows["standing"] != "open")).sum()),
            "open": int((rows["standing"] == "open").sum()),
        }

    def by(self, keys: pd.Series, names: Callable[[str], str]) -> list[dict[str, Any]]:
        """
        Count the issues of a month in parts, those with most first.

        Parameters
        ----------
        keys
            Of each issue up to the end of the month; missing is a part of its own.
        names
            What a key is called.

        Returns
        -------
        list of dict
            ``key``, ``name``, ``received``, `PARTS`, ``on_time`` (as `share`) and ``overdue``.
        """
        standing, due = self.every["standing"], self._due()
        mine = pd.Series(self.every.index.isin(self.received.index), index=self.every.index)
        marks = pd.DataFrame(
            {"received": mine} | {name: mine & (standing == name) for name in PARTS}
        )
        marks = marks.assign(in_time=due["on_time"], due=due["due"], overdue=self._late())
        table = marks.groupby(keys.fillna(OUTSIDE)).sum().astype("int64")
        table = table[(table > 0).any(axis=1)]
        told = [
            {"key": str(key), "name": names(str(key))}
            | {name: int(row[name]) for name in ("received", *PARTS, "overdue")}
            | {"on_time": share(int(row["in_time"]), int(row["due"]))}
            for key, row in table.iterrows()
        ]
        return sorted(told, key=lambda row: (-row["received"], row["key"]))

    def on_time(self) -> dict[str, Any]:
        """Return the share of what fell due in the month that was set right in time."""
        due = self._due()
        return share(int(due["on_time"].sum()), int(due["due"].sum()))

    def overdue(self) -> dict[str, Any]:
        """Return the open issues past their limit: ``n``, and the longest of them, ``top``."""
        rows = self.every[self._late()].sort_values(["due_at", "reported_at"]).head(OVERDUE_SHOWN)
        units = self._workspace.frame("units", self._month.last)["name"]
        grids = self._workspace.frame("grids", self._month.last)["name"]
        told = [
            {
                "number": str(key) if pd.isna(row["number"]) else str(row["number"]),
                "category": row["category"],
                "grid": _named(row["grid"], grids),
                "unit": _named(row["unit_id"], units),
                "unit_id": OUTSIDE if pd.isna(row["unit_id"]) else row["unit_id"],
                "due": row["due_at"].tz_convert(self._zone).date().isoformat(),
                "days": int((self.end - row["due_at"]) / pd.Timedelta(days=1)),
            }
            for key, row in rows.iterrows()
        ]
        return {"n": int(self._late().sum()), "top": told}

    def trend(self) -> list[dict[str, Any]]:
        """
        Return how many came in, in each of the last twelve months: ``month``, ``received``.

        Months before the first issue of all are none in which nothing came in.
        """
        local = self.every["reported_at"].dt.tz_convert(self._zone).dt.strftime("%Y-%m")
        counts = local.value_counts()
        months = [self._month.back(n).code for n in range(TREND_MONTHS - 1, 0, -1)]
        return [
            {"month": code, "received": int(counts.get(code, 0))}
            for code in dict.fromkeys([*months, self._month.code])
            if code >= min(counts.index, default=code) or code == self._month.code
        ]

    def _standing(self, rows: gpd.GeoDataFrame) -> pd.DataFrame:
        """Say how each issue stood at the end of the month, and when it ended."""
        state = rows["state"].fillna("reported")
        ended = rows["closed_at"].where(state.isin(PARTS))
        # a refusal or a merger that bears no moment belongs to the month of the report
        ended = ended.fillna(rows["reported_at"].where(state.isin(DUE_NO_MORE)))
        ended = ended.fillna(rows["rectified_at"].where(state == "closed_out"))
        ended = ended.fillna(rows["reported_at"].where(state == "closed_out"))
        ended = ended.where(~(ended < rows["reported_at"]), rows["reported_at"])  # wrong clocks
        there = ended < self.end
        shown = pd.DataFrame(rows.drop(columns=rows.geometry.name))
        return shown.assign(standing=state.where(there, "open"), ended_at=ended.where(there))

    def _late(self) -> pd.Series:
        """Say which are open at the end, past their limit, and neither set right nor suspended."""
        rows = self.every
        waits = (rows["standing"] == "open") & ~(progress.stopped_at(rows) < self.end)
        return waits & (rows["due_at"] < self.end) & ~_true(rows["exempt"])

    def _due(self) -> pd.DataFrame:
        """Say which fell ``due`` in the month, and which of these were ``on_time``."""
        rows = self.every
        # what was set aside after the month was still due in it
        later = rows["state"].isin(DUE_NO_MORE) & (rows["standing"] == "open")
        told = rows.assign(state=rows["state"].mask(later, "reported"))
        return progress.fell_due(told, self.begin, self.end)


def subdistrict_of(workspace: Workspace, issues: pd.DataFrame, as_of: date) -> pd.Series:
    """
    Return the subdistrict in which each issue lies; missing where there is none.

    Parameters
    ----------
    workspace, as_of
        Where the grids are, and the day.
    issues
        With ``grid``.
    """
    lineage = workspace.lineage(as_of)
    codes = lineage["subdistrict"] if "subdistrict" in lineage else pd.Series(dtype="str")
    return issues["grid"].map(codes).astype("str").where(issues["grid"].isin(codes.index))


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    counts = rows["standing"].value_counts()
    return {"received": len(rows)} | {name: int(counts.get(name, 0)) for name in PARTS}


def _true(column: pd.Series) -> pd.Series:
    return column.fillna(value=False).astype(bool)


def _named(key: object, names: pd.Series) -> str:
    if pd.isna(key):
        return OUTSIDE
    found = names.get(key)
    return str(key) if found is None or pd.isna(found) else str(found)
