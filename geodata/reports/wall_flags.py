"""The flags of the boards on a wall map: which there are, and on which ground they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from geodata.boards import Boards
from gridmap import flags
from gridmap.access import OPERATOR
from gridmap.flags import Flag

if TYPE_CHECKING:
    from geodata.reports.reports import Reports


@dataclass(frozen=True)
class Place:
    """
    Ground on which flags stand: a division, or what the unit of a task answers for.

    Parameters
    ----------
    name
        The division's code, or the unit's.
    ground
        Metres.
    flags
        Number of the group → the flag of its tasks there.
    """

    name: str
    ground: shapely.Geometry
    flags: Mapping[int, Flag]


@dataclass(frozen=True)
class Flags:
    """
    The flags of a month.

    Parameters
    ----------
    groups
        Name of each group with tasks → its flag, in the order of the board; a group's number is its
        place here, from 1.
    places
        Where they stand; a task of the whole city has no place.
    """

    groups: Mapping[str, Flag] = field(default_factory=dict)
    places: tuple[Place, ...] = ()


def wall_flags(
    reports: Reports, grids: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame, as_of: date
) -> Flags:
    """
    Return the flags of a day's month, and where they stand.

    Parameters
    ----------
    reports
        Of the register.
    grids, divisions
        As of `geodata.reports.wall.Wall`: what lies outside them has no place.
    as_of
        The day.
    """
    board = Boards(reports.workspace, OPERATOR, as_of, reports.zone).board(as_of.year)
    tasks = board.tasks[board.tasks["month"] == pd.Timestamp(as_of.replace(day=1))]
    known = [group for group in board.groups.index if (tasks["group_id"] == group).any()]
    groups = {str(board.groups.loc[group, "name"]): board.flag(group, as_of) for group in known}
    number = {group: n for n, group in enumerate(known, start=1)}
    told = tasks.assign(
        number=tasks["group_id"].map(number), place=tasks["division"].fillna(tasks["unit_id"])
    )
    ground = _ground(grids, divisions)
    places = [
        Place(str(name), ground[name], _together(rows))
        for name, rows in told.groupby("place")
        if name in ground.index
    ]
    return Flags(groups, tuple(places))


def _ground(grids: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the ground of each division, and of each unit that is the primary one of grids."""
    held = grids[grids["inside"] & grids["unit_id"].notna()]
    own = held[["unit_id", "geometry"]].dissolve("unit_id").geometry
    return pd.concat([divisions.geometry, own[~own.index.isin(divisions.index)]])


def _together(rows: pd.DataFrame) -> dict[int, Flag]:
    return {
        int(number): flags.together(of["flag"]) for number, of in rows.groupby("number", sort=True)
    }
