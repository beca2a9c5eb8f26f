"""Beats: what the units of a city have to walk and to see, and one of them as a phone draws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import pandas as pd

from geodata.workspace import RESPONSIBILITY, Workspace
from gridmap import measures, patrols
from gridmap.assignments import in_force
from gridmap.patrols import Beats

SCHEME = "main"


@dataclass(frozen=True, eq=False)
class Beat:
    """
    What one unit has to walk and to see.

    Parameters
    ----------
    unit_id
        Whose.
    roads_m
        Metres of road.
    roads
        ``road_id``, ``name``, ``from_m``, ``to_m`` and the line, in the register's CRS.
    points
        ``point_id``, ``name``, ``category``, ``address`` and the place.
    """

    unit_id: str
    roads_m: float
    roads: gpd.GeoDataFrame
    points: gpd.GeoDataFrame


def every(workspace: Workspace, as_of: date) -> Beats:
    """
    Return the beats of all units in use that are no posts.

    Parameters
    ----------
    workspace
        Of the whole city: who holds a road decides what is left for the grids beside it.
    as_of
        The day.
    """

    def build() -> Beats:
        held = in_force(workspace.frame("assignments", as_of), as_of)
        ground = workspace.ground(as_of)
        grid = pd.Series(ground.pieces["grid"].to_numpy(dtype=object))
        cut = ground.road_stretches
        roads = workspace.frame("roads", as_of).index
        stretches = pd.DataFrame(
            {
                "road_id": roads.to_numpy()[cut["road"]],
                "from_m": cut["from_m"],
                "to_m": cut["to_m"],
                "grid": grid.reindex(cut["area"]).to_numpy(),  # -1, outside the city, is no row
            }
        )
        points = workspace.frame("inspection_points", as_of).index
        placed = pd.Series(grid.reindex(ground.point_piece).to_numpy(), index=points, dtype="str")
        units = workspace.frame("units", as_of)
        on_foot = units["active"].fillna(value=True).astype(bool) & (units["party"] == "unit")
        made = patrols.beats(held[held["scheme"] == SCHEME], stretches, placed)
        return made.only(units.index[on_foot])

    return workspace.once("beats", RESPONSIBILITY, as_of, build)


def beat(workspace: Workspace, unit_id: str, as_of: date) -> Beat:
    """
    Return what a unit has to walk and to see, with names and places.

    Parameters
    ----------
    workspace, as_of
        As for `every`.
    unit_id
        Whose; a unit without ground has nothing to walk.
    """
    mine = every(workspace, as_of).of(unit_id)
    roads, crs = workspace.measured("roads", as_of), workspace.store.meta.crs
    number = roads.index.get_indexer(mine.roads["road_id"])
    lines = measures.lines(roads, mine.roads.assign(road=number))
    walks = gpd.GeoDataFrame(
        {
            "road_id": mine.roads["road_id"].to_numpy(),
            "name": roads["name"].to_numpy()[number],
            "from_m": mine.roads["from_m"].to_numpy(),
            "to_m": mine.roads["to_m"].to_numpy(),
        },
        geometry=lines,
        crs=roads.crs,
    ).to_crs(crs)
    points = workspace.frame("inspection_points", as_of).loc[mine.points["point_id"].to_list()]
    shown = points[["name", "category", "address", "geometry"]].rename_axis("point_id")
    length = float((mine.roads["to_m"] - mine.roads["from_m"]).sum())
    return Beat(unit_id, length, walks, shown.reset_index())
