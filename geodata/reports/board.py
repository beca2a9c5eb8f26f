"""Boards of a year in a register: every task with its amount and its flag, and what is frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from geodata.reports.amounts import COUNTED, IS_COUNT, NOTHING, Amount, Scope
from geodata.workspace import GROUND, RESPONSIBILITY, Workspace
from gridmap import flags
from gridmap.flags import Flag, first_day
from gridmap.frozen_months import KEPT, month_id, thawed
from gridmap.intervals import share_interval

BOOKS = ("board_groups", "board_tasks", "board_months")
COUNTED_FROM = (*RESPONSIBILITY, "issues", "patrols", "visits", *BOOKS)
TOLD = ["group_id", "month", "frozen", *KEPT]


@dataclass(frozen=True, eq=False)
class Board:
    """
    What the boards of a year show.

    Parameters
    ----------
    year
        Which.
    groups
        ``board_groups``, in their order; a group without tasks has no board.
    tasks
        `TOLD`, the year's, by group and month.
    months
        ``board_months`` of the year: what is frozen, with its report and hash.
    """

    year: int
    groups: pd.DataFrame
    tasks: pd.DataFrame
    months: pd.DataFrame

    def of(self, group_id: str, month: date) -> pd.DataFrame:
        """Return the tasks of a group's month."""
        here = self.tasks["month"] == pd.Timestamp(first_day(month))
        return self.tasks[here & (self.tasks["group_id"] == group_id)]

    def flag(self, group_id: str, month: date) -> Flag:
        """Return the flag of a group's month."""
        return flags.together(self.of(group_id, month)["flag"])

    def history(self) -> dict[str, list[Flag]]:
        """Return the flags of each group over the twelve months."""
        return {
            group: [self.flag(group, date(self.year, month, 1)) for month in range(1, 13)]
            for group in self.groups.index
        }

    def frozen(self, group_id: str, month: date) -> Mapping[str, Any] | None:
        """Return the row of a frozen month; None while it is open."""
        key = month_id(group_id, month)
        if key not in self.months.index:
            return None
        row: dict[str, Any] = {"board_month_id": key, **self.months.loc[key].to_dict()}
        return row


def read_board(workspace: Workspace, year: int, today: date, zone: ZoneInfo) -> Board:
    """
    Return the boards of a year, with every amount and flag.

    Parameters
    ----------
    workspace
        The register of the whole city.
    year
        Which.
    today
        The day in the city, or the earlier one that is looked at.
    zone
        The city's time zone.
    """

    def build() -> Board:
        months, tasks = (
            book[book["month"].dt.year == year]
            for book in (workspace.store.read(name, today) for name in BOOKS[:0:-1])
        )
        groups = workspace.store.read("board_groups", today).sort_values(["position", "name"])
        return Board(year, groups, _Telling(workspace, today, zone).told(tasks, months), months)

    return workspace.once("board", COUNTED_FROM, today, build, year, today)


def divisions(workspace: Workspace, as_of: date) -> dict[str, str]:
    """Return the names of all divisions above the grids, by code."""
    frames = [workspace.frame(name, as_of) for name in GROUND[:-1]]
    return {code: name for frame in frames for code, name in frame["name"].items()}


def lineage(workspace: Workspace, as_of: date, code: object) -> list[str]:
    """Return a division and those above it; nothing where there is no such division."""
    parents = pd.concat([workspace.frame(name, as_of)["parent"] for name in GROUND[:-1]])
    found: list[str] = []
    while code in parents.index and code not in found:
        found.append(str(code))
        code = parents[code]
    return found


@dataclass(frozen=True)
class _Telling:
    """What tasks are told with."""

    workspace: Workspace
    today: date
    zone: ZoneInfo

    def told(self, tasks: pd.DataFrame, months: pd.DataFrame) -> pd.DataFrame:
        """Return tasks with amounts and flags: the frozen as frozen, the others as now."""
        keys = pd.Series(
            [
                month_id(group, month)
                for group, month in zip(tasks["group_id"], tasks["month"], strict=True)
            ],
            index=tasks.index,
            dtype="str",
        )
        parts = [self._counted(tasks[~keys.isin(months.index)])]
        for key, row in months.to_dict("index").items():
            kept = thawed({"board_month_id": key, **row})
            parts.append(kept.assign(group_id=row["group_id"], month=row["month"], frozen=True))
        told = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
        order = ["group_id", "month", "position", "title", "task_id"]
        return told.sort_values(order, ignore_index=True)[TOLD]

    def _counted(self, tasks: pd.DataFrame) -> pd.DataFrame:
        counted = [self._amount(row) for row in tasks.to_dict("records")]
        part = pd.Series([one.part for one in counted], index=tasks.index, dtype="float64")
        whole = pd.Series([one.whole for one in counted], index=tasks.index, dtype="float64")
        chance = tasks["rule"].isin(IS_COUNT)
        low, high = share_interval(part.where(chance), whole.where(chance))
        own = tasks["rule"] == "reported"
        amount = tasks["amount"].where(own, part / whole.where(whole > 0))
        told = tasks.assign(amount=amount, part=part, whole=whole, low=low, high=high, frozen=False)
        names = self.workspace.frame("units", self.today)["name"]
        told["unit_name"] = told["unit_id"].map(names).astype("str")
        told["division_name"] = (
            told["division"].map(divisions(self.workspace, self.today)).astype("str")
        )
        return told.assign(flag=flags.flags(told, self.today)).reset_index()

    def _amount(self, row: Mapping[str, object]) -> Amount:
        rule, month = str(row["rule"]), pd.Timestamp(str(row["month"])).date()
        if rule not in COUNTED or month > self.today:
            return NOTHING
        division, unit = (
            None if pd.isna(row[name]) else str(row[name]) for name in ("division", "unit_id")
        )
        scope = Scope(self.workspace, division, unit, month, self.today, self.zone)
        return COUNTED[rule](scope)
