"""
Amounts: what a rule of the board counts in the register, part and whole.

Each rule is a share of what lies in a division; without one, of what the responsible unit answers
for; without either, of the whole city. All are worked out for the last day of the month, or for
today while the month runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from math import nan
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from geodata.reports import beats, ground
from geodata.workspace import Workspace
from gridmap import layers, progress, walking
from gridmap.flags import first_day, last_day
from gridmap.responsibility import responsible_at
from gridmap.standing import set_aside

DIVISIONS = ("community", "subdistrict", "district")


class Amount(NamedTuple):
    """
    A share, as what it is made of.

    Parameters
    ----------
    part, whole
        m² of ground, metres of road, or a number of issues or points; NaN where there is no such
        division.
    """

    part: float
    whole: float


NOTHING = Amount(nan, nan)


@dataclass(frozen=True)
class Scope:
    """
    Of what an amount is.

    Parameters
    ----------
    workspace
        The register of the whole city.
    division, unit_id
        Which; the division goes first.
    month, today
        Any day of the month, and the day on which one asks.
    zone
        The city's time zone.
    """

    workspace: Workspace
    division: str | None
    unit_id: str | None
    month: date
    today: date
    zone: ZoneInfo

    @property
    def day(self) -> date:
        """The day for which the register is read."""
        return min(last_day(self.month), self.today)

    @property
    def begin(self) -> pd.Timestamp:
        """The moment at which the month begins."""
        return pd.Timestamp(first_day(self.month), tz=self.zone)

    @property
    def end(self) -> pd.Timestamp:
        """The moment at which the day is over."""
        return pd.Timestamp(self.day + timedelta(days=1), tz=self.zone)

    def level(self) -> str | None:
        """Return the level of the division; None where there is no such division."""
        for level in DIVISIONS:
            if self.division in self.workspace.frame(layers.LAYER_OF_LEVEL[level], self.day).index:
                return level
        return None


def covered(of: Scope) -> Amount:
    """Return m² of ground with a unit, of all the division's; a unit's own are always its."""
    level = "city" if of.division is None else of.level()
    if level is None:
        return NOTHING
    table = ground.coverage_table(of.workspace, level, of.day)
    if of.division is not None:
        table = table[table.index == of.division]
    return Amount(float(table["covered_m2"].sum()), float(table["ground_m2"].sum()))


def on_time(of: Scope) -> Amount:
    """Return the issues set right by their limit, of those whose limit ended in the month."""
    told = progress.fell_due(_issues(of), of.begin, of.end)
    return Amount(float(told["on_time"].sum()), float(told["due"].sum()))


def closed(of: Scope) -> Amount:
    """Return the issues closed out by the day, of those reported in the month."""
    issues = _issues(of)
    mine = issues[(issues["reported_at"] >= of.begin) & (issues["reported_at"] < of.end)]
    over = (mine["state"] == "closed_out") & (mine["closed_at"] < of.end)
    return Amount(float(over.sum()), float(len(mine)))


def walked(of: Scope) -> Amount:
    """Return metres of road walked by patrols in the month, of those to be walked."""
    book = of.workspace.store.read("patrols")
    day = book["day"].dt.tz_localize(of.zone)
    book = book[(day >= of.begin) & (day < of.end)]
    if of.division is None and of.unit_id is not None:
        book = book[book["unit_id"] == of.unit_id]
    done = [stretch for told in book["walked"].dropna() for stretch in json.loads(told)["roads"]]
    frame = pd.DataFrame(done, columns=walking.STRETCH_COLUMNS).astype({"road_id": "str"})
    due = _roads(of)
    left = walking.without(due, walking.merged(frame))
    whole = _metres(due)
    return Amount(whole - _metres(left), whole)


def points_reached(of: Scope) -> Amount:
    """
    Return the inspection points whose last visit reached the whole of its checklist's score.

    Points that nobody has visited, or without a score, have not reached it.
    """
    visits = of.workspace.store.read("visits")
    visits = visits[visits["at"] < of.end].sort_values("at", kind="stable")
    last = visits.drop_duplicates("point_id", keep="last").set_index("point_id")
    full = last.index[(last["out_of"] > 0) & (last["score"] >= last["out_of"])]
    points = _points(of)
    return Amount(float(points.isin(full).sum()), float(len(points)))


COUNTED: dict[str, Callable[[Scope], Amount]] = {
    "coverage": covered,
    "on_time": on_time,
    "closed": closed,
    "walked": walked,
    "points_reached": points_reached,
}
"""Rule → what it counts."""
IS_COUNT = ("on_time", "closed", "points_reached")
"""Rules that count things, so that chance has an interval."""


def _issues(of: Scope) -> pd.DataFrame:
    issues = pd.DataFrame(of.workspace.frame("issues", of.day).drop(columns="geometry"))
    issues = issues[~set_aside(issues["state"])]
    if of.division is not None:
        lineage = of.workspace.lineage(of.day)
        below = lineage.index[(lineage == of.division).any(axis=1)]
        return issues[issues["grid"].isin(below)]
    return issues if of.unit_id is None else issues[issues["unit_id"] == of.unit_id]


def _roads(of: Scope) -> pd.DataFrame:
    """Return the stretches that are to be walked, each metre once."""
    if of.division is None and of.unit_id is not None:
        return beats.every(of.workspace, of.day).of(of.unit_id).roads[walking.STRETCH_COLUMNS]
    known = of.workspace.ground(of.day)
    cut = known.road_stretches
    inside = _pieces(of)[cut["area"].to_numpy()]
    roads = of.workspace.frame("roads", of.day).index.to_numpy()
    return cut[inside].assign(road_id=roads[cut["road"]][inside])[walking.STRETCH_COLUMNS]


def _points(of: Scope) -> pd.Index:
    """Return the inspection points in question."""
    points = of.workspace.frame("inspection_points", of.day)
    if of.division is None and of.unit_id is not None:
        found = responsible_at(points, of.workspace.place(of.day), of.day)
        mine = found[found["won"] & (found["unit_id"] == of.unit_id)]
        return points.index[mine["point_no"].unique()]
    if of.division is None:
        return points.index
    return points.index[_pieces(of)[of.workspace.ground(of.day).point_piece]]


def _pieces(of: Scope) -> Any:  # noqa: ANN401 - an array of bool
    """Say which pieces of ground lie in the division; one more, for what lies outside the city."""
    pieces = of.workspace.ground(of.day).pieces
    if of.division is None:
        inside = np.ones(len(pieces), dtype=bool)
    else:
        inside = (pieces[list(DIVISIONS)] == of.division).any(axis=1).to_numpy(dtype=bool)
    return np.append(inside, [False])


def _metres(stretches: pd.DataFrame) -> float:
    return float((stretches["to_m"] - stretches["from_m"]).sum())
