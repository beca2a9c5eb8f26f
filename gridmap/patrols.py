"""
Patrols (巡查): what every unit has to walk and to see on a working day, and what of it was done.

A unit's beat (巡查范围) is the roads and inspection points that it answers for: those that it holds
itself, and those in its grids that nobody holds for themselves, because whoever holds a road or a
point comes before the grid (`gridmap.responsibility`). The unit that assists walks it, too. On each
working day a patrol is due of each unit with a beat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from gridmap.assignments import PRIMARY
from gridmap.walking import STRETCH_COLUMNS, merged, without

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Metres = NDArray[np.float64]

IsWorkday: TypeAlias = "Callable[[date], bool]"
BETWEEN = "\n"  # a unit and a road in one key: no code has a line break
PATROLLING = (PRIMARY, "assisting")
GROUND_KINDS = ("grid", "road_segment", "inspection_point", "compound")
PROGRESS_COLUMNS = ["unit_id", "patrols", "roads_m", "walked_m", "points", "points_seen"]


@dataclass(frozen=True, eq=False)
class Beats:
    """
    What each unit has to walk and to see.

    Parameters
    ----------
    units
        Every unit that holds ground: a unit with a compound alone has a beat without roads.
    roads
        ``unit_id``, ``road_id``, ``from_m``, ``to_m``; each metre once for each unit.
    points
        ``unit_id``, ``point_id``.
    """

    units: pd.Index
    roads: pd.DataFrame
    points: pd.DataFrame

    def of(self, unit_id: str) -> Beats:
        """Return the beat of one unit."""
        return Beats(
            self.units[self.units == unit_id],
            self.roads[self.roads["unit_id"] == unit_id],
            self.points[self.points["unit_id"] == unit_id],
        )

    def only(self, units: pd.Index) -> Beats:
        """Return the beats of some units."""
        return Beats(
            self.units.intersection(units),
            self.roads[self.roads["unit_id"].isin(units)],
            self.points[self.points["unit_id"].isin(units)],
        )


def beats(held: pd.DataFrame, cut: pd.DataFrame, placed: pd.Series) -> Beats:
    """
    Say what each unit has to walk and to see.

    Parameters
    ----------
    held
        Assignments in force on the day; those of other tiers than `PATROLLING`, and of whole
        divisions, make no beat.
    cut
        Roads cut at the borders of grids: ``road_id``, ``from_m``, ``to_m``, ``grid``.
    placed
        The grid of each inspection point, indexed by ``point_id``; missing outside all grids.

    Returns
    -------
    Beats
        Units, roads and points in order.
    """
    rows = held[held["tier"].isin(PATROLLING) & held["target_kind"].isin(GROUND_KINDS)]
    grids = _of_kind(rows, "grid").rename(columns={"target": "grid"})
    segments = _of_kind(rows, "road_segment", "from_m", "to_m").rename(
        columns={"target": "road_id"}
    )
    primary = merged(segments[segments["tier"] == PRIMARY])
    loose = _loose(cut, primary).merge(grids, on="grid")
    roads = _split(merged(_keyed(pd.concat([segments, loose]))))
    owned = _of_kind(rows, "inspection_point").rename(columns={"target": "point_id"})
    free = placed[~placed.index.isin(owned.loc[owned["tier"] == PRIMARY, "point_id"])].dropna()
    inside = free.rename("grid").rename_axis("point_id").reset_index().merge(grids, on="grid")
    owned = owned[owned["point_id"].isin(placed.index)]
    points = pd.concat([owned, inside])[["unit_id", "point_id"]].drop_duplicates()
    return Beats(
        units=pd.Index(sorted(rows["unit_id"].unique()), dtype="str"),
        roads=roads,
        points=points.sort_values(["unit_id", "point_id"], ignore_index=True),
    )


def due(every: Beats, is_workday: IsWorkday, day: date) -> pd.DataFrame:
    """
    Say which patrols are due on a day.

    Parameters
    ----------
    every
        The beats of the day.
    is_workday
        What knows the calendar.
    day
        The day.

    Returns
    -------
    pandas.DataFrame
        One row for each unit with a beat: ``unit_id``, ``roads_m`` (metres to walk), ``points`` (to
        look at). None on a day off.
    """
    units = every.units if is_workday(day) else every.units[:0]
    return pd.DataFrame(
        {
            "unit_id": units,
            "roads_m": _metres(every.roads, units),
            "points": _count(every.points, units),
        }
    )


def missing(wanted: pd.DataFrame, done: pd.DataFrame, day: date) -> pd.DataFrame:
    """
    Say which patrols of a day nobody has walked.

    Parameters
    ----------
    wanted
        What `due` answers.
    done
        Patrols: ``unit_id``, ``day``, ``ended_at``; one that has not ended is not done.
    day
        The day.

    Returns
    -------
    pandas.DataFrame
        The rows of `wanted` whose unit has no patrol on that day.
    """
    ended = done[(done["day"] == pd.Timestamp(day)) & done["ended_at"].notna()]
    return wanted[~wanted["unit_id"].isin(ended["unit_id"])].reset_index(drop=True)


def progress(
    every: Beats, patrols: pd.DataFrame, walked: pd.DataFrame, seen: pd.DataFrame
) -> pd.DataFrame:
    """
    Say how much of each beat was walked and looked at, by all patrols of a day together.

    Parameters
    ----------
    every
        The beats of the day.
    patrols
        Patrols of the day, with ``unit_id``.
    walked
        Stretches that they walked: ``unit_id``, ``road_id``, ``from_m``, ``to_m``; what lies
        outside the unit's beat does not count, and what was walked twice counts once.
    seen
        Points that they saw: ``unit_id``, ``point_id``; likewise.

    Returns
    -------
    pandas.DataFrame
        One row for each unit with a beat: ``unit_id``, ``patrols`` (how many), ``roads_m``,
        ``walked_m``, ``points``, ``points_seen``.
    """
    units = pd.DataFrame({"unit_id": every.units})
    left = _split(without(merged(_keyed(every.roads)), merged(_keyed(walked))))
    counted = every.points.merge(seen[["unit_id", "point_id"]].drop_duplicates())
    expected = _metres(every.roads, every.units)
    return units.assign(
        patrols=_count(patrols, every.units),
        roads_m=expected,
        walked_m=np.maximum(expected - _metres(left, every.units), 0.0),  # rounding
        points=_count(every.points, every.units),
        points_seen=_count(counted, every.units),
    )[PROGRESS_COLUMNS]


def _of_kind(rows: pd.DataFrame, kind: str, *more: str) -> pd.DataFrame:
    """Return who holds targets of a kind: unit, tier and target."""
    return rows.loc[rows["target_kind"] == kind, ["unit_id", "tier", "target", *more]]


def _loose(cut: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Return the stretches in grids that nobody holds for themselves."""
    drawn = cut[cut["grid"].notna()].reset_index(drop=True)
    left = without(drawn, segments)
    return left.assign(grid=drawn["grid"].loc[left.index].to_numpy())


def _keyed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return stretches with unit and road as one key."""
    key = rows["unit_id"].astype("str") + BETWEEN + rows["road_id"].astype("str")
    return rows.assign(road_id=key)[STRETCH_COLUMNS]


def _split(rows: pd.DataFrame) -> pd.DataFrame:
    """Return stretches with unit and road apart again."""
    parts = [str(key).split(BETWEEN, 1) for key in rows["road_id"]]
    named = pd.DataFrame(parts, columns=["unit_id", "road_id"], dtype="str")
    return named.assign(from_m=rows["from_m"].to_numpy(), to_m=rows["to_m"].to_numpy())


def _metres(rows: pd.DataFrame, units: pd.Index) -> Metres:
    sums = (rows["to_m"] - rows["from_m"]).groupby(rows["unit_id"]).sum()
    return sums.reindex(units, fill_value=0.0).to_numpy(dtype=np.float64)


def _count(rows: pd.DataFrame, units: pd.Index) -> NDArray[np.int64]:
    return rows.groupby("unit_id").size().reindex(units, fill_value=0).to_numpy(dtype=np.int64)
