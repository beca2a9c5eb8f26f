"""Walks: what of a unit's beat was walked and seen on a day, by all its patrols together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.reports.beats import Beat
from geodata.workspace import Workspace
from gridmap import measures, walking

STUB_M = 1.0
"""Shorter than this nothing is missed: patrols keep decimetres, and no phone is as exact."""


@dataclass(frozen=True, eq=False)
class Walk:
    """
    What was walked and seen.

    Parameters
    ----------
    roads_m, walked_m
        Metres of the beat, and of it walked; what was walked elsewhere does not count.
    walked
        ``road_id``, ``name``, ``from_m``, ``to_m`` and the line of what was walked, also outside
        the beat, in the register's CRS.
    missed
        Likewise of what of the beat was not, the longest stretch first.
    points
        The points of the beat with ``seen``, those that were not seen first.
    """

    roads_m: float
    walked_m: float
    walked: gpd.GeoDataFrame
    missed: gpd.GeoDataFrame
    points: gpd.GeoDataFrame


def walk(workspace: Workspace, beat: Beat, patrols: pd.DataFrame, as_of: date) -> Walk:
    """
    Set what was walked beside what was due.

    Parameters
    ----------
    workspace
        Of the whole city.
    beat
        What the unit has to walk and to see.
    patrols
        Of that unit on that day, as `geodata.patrols.Patrols.listed` returns them.
    as_of
        The day.
    """
    told: list[dict[str, Any]] = list(patrols["walked"])
    stretches = [stretch for one in told for stretch in one["roads"]]
    done = pd.DataFrame(stretches, columns=walking.STRETCH_COLUMNS)
    done = walking.merged(done.astype({"road_id": "str"}))
    due = pd.DataFrame(beat.roads)[walking.STRETCH_COLUMNS]
    left = walking.without(due, done).reset_index(drop=True)
    longest = left.assign(metres=left["to_m"] - left["from_m"])
    longest = longest[longest["metres"] >= STUB_M].sort_values("metres", ascending=False)
    missed_m = float(longest["metres"].sum())
    seen = {point for one in told for point in one["points"]}
    points = beat.points.assign(seen=beat.points["point_id"].isin(seen))
    return Walk(
        roads_m=beat.roads_m,
        walked_m=max(beat.roads_m - missed_m, 0.0),
        walked=drawn(workspace, done, as_of),
        missed=drawn(workspace, longest, as_of),
        points=points.sort_values("seen", kind="stable", ignore_index=True),
    )


def drawn(workspace: Workspace, stretches: pd.DataFrame, as_of: date) -> gpd.GeoDataFrame:
    """
    Draw stretches of roads, in their order.

    Parameters
    ----------
    workspace, as_of
        Where the roads are, and the day.
    stretches
        ``road_id``, ``from_m``, ``to_m``; those on roads that are not there are left out.

    Returns
    -------
    geopandas.GeoDataFrame
        ``road_id``, ``name``, ``from_m``, ``to_m`` and the line, in the register's CRS.
    """
    roads = workspace.measured("roads", as_of)
    number = roads.index.get_indexer(stretches["road_id"])
    there = stretches[number >= 0].assign(road=number[number >= 0])
    columns = {
        "road_id": there["road_id"].to_numpy(),
        "name": roads["name"].to_numpy()[there["road"].to_numpy(dtype=np.int64)],
        "from_m": there["from_m"].to_numpy(),
        "to_m": there["to_m"].to_numpy(),
    }
    lines = measures.lines(roads, there)
    return gpd.GeoDataFrame(columns, geometry=lines, crs=roads.crs).to_crs(workspace.store.meta.crs)
