"""Hot stretches: where along the roads more issues lie than chance explains, and who answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geodata.reports.along import answers
from geodata.reports.issue_points import Floats, issue_points, moved, positions
from geodata.reports.outliving import outliving
from geodata.reports.selection import Selection, chosen
from geodata.workspace import GROUND, Workspace
from gridmap.counts import count
from gridmap.hotspots import HotSpots, hotspots
from gridmap.network import LIXEL_M, Network, network, snapped

REACH_M = 300.0
BESIDE_M = 50.0  # an issue further from every road is not one of a road
LAYERS = (*GROUND, "roads", "assignments", "units", "issues")
TOUCHING_M = 0.1
STRETCH_COLUMNS = [
    "road_id",
    "road_name",
    "from_m",
    "to_m",
    "length_m",
    "count",
    "z",
    "class",
    "answers",
]


@dataclass(frozen=True)
class RoadSpots:
    """
    Hot and cold stretches of roads.

    Parameters
    ----------
    spots
        Of lixels, in the register's CRS: the columns of `gridmap.hotspots.HotSpots` and
        ``road_id``, ``road_name``, ``from_m``, ``to_m``, ``length_m``, and ``density``, issues per
        kilometre of road.
    stretches
        `STRETCH_COLUMNS`: lixels of one road and class that follow each other, as one, the hottest
        first; in the register's CRS. ``answers`` as in `geodata.reports.along.answers`.
    lixel_m, reach_m
        How long a lixel may be, and how far along the roads neighbours and density reach.
    """

    spots: HotSpots
    stretches: gpd.GeoDataFrame
    lixel_m: float
    reach_m: float


def find_on_roads(  # noqa: PLR0913 - which issues, on which roads, for whom
    whole: Workspace,
    own: Workspace,
    wanted: Selection,
    zone: ZoneInfo,
    as_of: date,
    *,
    lixel_m: float = LIXEL_M,
    reach_m: float = REACH_M,
) -> RoadSpots:
    """
    Find hot stretches of the roads that somebody sees.

    Parameters
    ----------
    whole, own
        The register of the whole city, by which units are named, and what the reader sees of it.
    wanted, zone
        As `geodata.reports.selection.issues`.
    as_of
        The day whose roads are looked at.
    lixel_m
        The longest a lixel may be.
    reach_m
        How far along the roads lixels are neighbours; the bandwidth of the density, too.

    Returns
    -------
    RoadSpots
        Issues per kilometre of road are compared, as lixels are not equally long. Issues more than
        `BESIDE_M` from every road are counted as outside.

    Raises
    ------
    TooLittleDataError
        If a map would show noise.
    InvalidError
        If lixels have no length, or reach further than `reach_m`.
    """

    def work() -> HotSpots:
        return _found(own, wanted, zone, as_of, cut)

    cut = (lixel_m, reach_m)
    found = outliving(own, work, *kept_under(wanted, zone, as_of, cut))
    stretches = _stretches(found.table)
    stretches["answers"] = answers(whole, own, stretches, as_of)
    crs = own.store.meta.crs
    told = HotSpots(found.table.to_crs(crs), found.method, found.piles)
    return RoadSpots(told, stretches[[*STRETCH_COLUMNS, "geometry"]].to_crs(crs), lixel_m, reach_m)


def kept_under(
    wanted: Selection, zone: ZoneInfo, as_of: date, cut: tuple[float, float]
) -> tuple[object, ...]:
    """Return what an answer of `find_on_roads` is kept under besides its layers."""
    return ("network", wanted, zone.key, as_of, *cut)


def _found(
    own: Workspace, wanted: Selection, zone: ZoneInfo, as_of: date, cut: tuple[float, float]
) -> HotSpots:
    """Compare the lixels of the roads, in metres."""
    lixel_m, reach_m = cut
    found, near = _network(own, as_of, *cut)
    points = issue_points(own)
    meant = chosen(points.told, wanted, zone)

    at = located(own, as_of, cut)
    told = points.told[meant]
    codes = pd.Categorical.from_codes(at[meant], categories=found.lixels.index)
    counted = count(
        pd.Series(codes, told.index),
        found.lixels,
        piled=told["piled"],
        piles=points.piles,
        states=told["state"],
    )
    kilometres = (found.lixels["length_m"] / 1000).rename("roads")
    asked = {"weights": near, "denominator": kilometres, "period": (wanted.since, wanted.after)}
    spots = hotspots(found.lixels, counted, **asked)
    if permutations := spots.method.better_permutations():
        spots = hotspots(found.lixels, counted, permutations=permutations, **asked)
    dense = found.density(counted.per_area.to_numpy(), max(reach_m, 2 * lixel_m))
    roads = own.frame("roads", as_of)["name"]
    table = spots.table.assign(density=dense, road_name=spots.table["road_id"].map(roads))
    return HotSpots(table, spots.method, spots.piles)


def located(
    own: Workspace, as_of: date, cut: tuple[float, float] = (LIXEL_M, REACH_M)
) -> NDArray[np.int32]:
    """
    Return the position of the lixel that each issue with a place is nearest to.

    Parameters
    ----------
    own, as_of
        What is seen of the register, and the day of its roads.
    cut
        How long a lixel may be, and how far neighbours reach.

    Returns
    -------
    numpy.ndarray
        Negative more than `BESIDE_M` from every road.
    """
    found = _network(own, as_of, *cut)[0]
    crs = found.lixels.crs

    def look_up(xy: Floats) -> NDArray[np.int64]:
        there = gpd.GeoSeries(shapely.points(moved(xy, own, crs)), crs=crs)
        return snapped(there, found, within_m=BESIDE_M)

    return positions(own, "lixels", as_of, look_up, *cut)


def _network(
    workspace: Workspace, as_of: date, lixel_m: float, reach_m: float
) -> tuple[Network, csr_array]:
    def build() -> tuple[Network, csr_array]:
        made = network(workspace.measured("roads", as_of), lixel_m=lixel_m)
        return made, made.within(reach_m)

    return workspace.once("network", [*GROUND, "roads"], as_of, build, lixel_m, reach_m)


def _stretches(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join lixels of one road and class that follow each other, the hottest first."""
    rows = table[table["class"] != 0].sort_values(["class", "road_id", "from_m"])
    same = (rows[["class", "road_id"]] == rows[["class", "road_id"]].shift()).all(axis=1)
    follows = same & (rows["from_m"] <= rows["to_m"].shift() + TOUCHING_M)
    told = {"road_id": "first", "road_name": "first", "from_m": "min", "to_m": "max"}
    told |= {"length_m": "sum", "count": "sum", "class": "first"}
    joined = rows.assign(run=(~follows).cumsum()).dissolve("run", aggfunc=told | {"z": _furthest})
    joined = joined.set_geometry(joined.geometry.line_merge())
    ordered = joined.sort_values(["z", "road_id", "from_m"], ascending=[False, True, True])
    return ordered.reset_index(drop=True)


def _furthest(z: pd.Series) -> float:
    return float(z.iloc[z.abs().argmax()])
