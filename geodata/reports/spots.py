"""Hot spots and heat, from the issues of a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse import csr_array

from geodata.workspace import GROUND, Workspace
from gridmap import cells, topology
from gridmap.counts import count
from gridmap.density import Density, kernel_density
from gridmap.errors import InvalidError, NotFoundError
from gridmap.hotspots import HotSpots, hotspots
from gridmap.locate import Locator
from gridmap.piles import on_pile, piles
from gridmap.significance import permutations_needed

BY = ("grid", "square", "hex")
CELLS = {"square": cells.square_cells, "hex": cells.hexagon_cells}
CELLS_WANTED = 400  # cells a city is divided into where nobody says how large they are
HEAT_CELLS = 400  # across the longer side of the city
MOST_PERMUTATIONS = 100_000  # a second; beyond that the caution stands
BANDWIDTH_SHARE = 0.02  # of the longer side of the city


@dataclass(frozen=True)
class Selection:
    """
    Which issues.

    Parameters
    ----------
    since, until
        First and last day, both included, in the city's time.
    category, channel
        Only these; all if None.
    """

    since: date
    until: date
    category: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Measure:
    """
    In what, and by what, issues are counted.

    Parameters
    ----------
    by
        ``grid``, ``square`` or ``hex``.
    size_m
        Metres across a cell; about `CELLS_WANTED` cells if None.
    per
        What counts are divided by: ``residents``, of grids alone; None for plain counts.
    keep_piles
        Count issues on piles of identical coordinates too.
    """

    by: str = "grid"
    size_m: float | None = None
    per: str | None = None
    keep_piles: bool = False


@dataclass(frozen=True)
class Heat:
    """
    Density of issues.

    Parameters
    ----------
    density
        Issues per square kilometre on a lattice.
    crs
        The CRS, in metres, of that lattice.
    """

    density: Density
    crs: CRS


def issues(workspace: Workspace, wanted: Selection, zone: ZoneInfo) -> gpd.GeoDataFrame:
    """
    Return the issues of a period, in the register's CRS, with and without a place.

    Parameters
    ----------
    workspace
        The register.
    wanted
        Which issues.
    zone
        The city's time zone.
    """
    if wanted.since > wanted.until:
        msg = "The period ends ({until}) before it begins ({since})."
        raise InvalidError(msg, since=wanted.since, until=wanted.until)
    found = workspace.frame("issues", wanted.until)
    begin = pd.Timestamp(wanted.since, tz=zone)
    end = pd.Timestamp(_day_after(wanted.until), tz=zone)
    kept = (found["reported_at"] >= begin) & (found["reported_at"] < end)
    for column, value in (("category", wanted.category), ("channel", wanted.channel)):
        if value is not None:
            kept &= found[column] == value
    return found[kept.to_numpy(dtype=bool)]


def placed(workspace: Workspace, wanted: Selection, zone: ZoneInfo) -> gpd.GeoDataFrame:
    """Return the issues of a period that have a place."""
    found = issues(workspace, wanted, zone)
    shapes = found.geometry.to_numpy()
    return found[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]


def find(
    workspace: Workspace,
    wanted: Selection,
    zone: ZoneInfo,
    measure: Measure,
    as_of: date,
) -> HotSpots:
    """
    Find hot spots of a period on the grids of a day, or on squares or hexagons.

    Parameters
    ----------
    workspace, wanted, zone
        As `issues`.
    measure
        In what, and by what, they are counted.
    as_of
        The day whose grids are counted in: one frozen map for the whole period.

    Returns
    -------
    gridmap.hotspots.HotSpots
        Its table in the register's CRS, with the grids' ``name``.

    Raises
    ------
    TooLittleDataError
        If a map would show noise.
    """
    by = measure.by
    areas, near, locator = _areas(workspace, by, measure.size_m, as_of)
    share = _denominator(areas, measure)
    points = placed(workspace, wanted, zone)
    if by != "grid":
        points = points.to_crs(areas.crs)
    xy = shapely.get_coordinates(points.geometry.to_numpy())
    found = locator.positions(xy)
    codes = pd.Series(locator.codes.to_numpy()[found], index=points.index, dtype="str")
    heaps = _piles(workspace, None if by == "grid" else areas.crs, as_of)
    inside = codes.where(found >= 0)
    counted = count(inside, areas, points=points, piles=heaps, keep_piles=measure.keep_piles)
    period = (wanted.since, _day_after(wanted.until))
    spots = hotspots(areas, counted, weights=near, denominator=share, period=period)
    if spots.method.cautions():  # too sparse for the normal distribution
        needed = permutations_needed(len(areas), spots.method.alpha)
        if needed <= MOST_PERMUTATIONS:
            spots = hotspots(
                areas,
                counted,
                weights=near,
                denominator=share,
                period=period,
                permutations=needed,
            )
    return HotSpots(spots.table.to_crs(workspace.store.meta.crs), spots.method, spots.piles)


def _day_after(day: date) -> date:
    return min(day, date.max - timedelta(days=1)) + timedelta(days=1)


def heat(workspace: Workspace, wanted: Selection, zone: ZoneInfo, as_of: date) -> Heat | None:
    """Return the density of the issues that lie on no pile; None if there are none."""
    points = placed(workspace, wanted, zone)
    points = points[~on_pile(points, _piles(workspace, None, as_of)).to_numpy()]
    if points.empty:
        return None
    crs = workspace.metric_crs(as_of)
    grids = workspace.measured("grids", as_of)
    west, south, east, north = (points if grids.empty else grids).to_crs(crs).total_bounds
    side = max(east - west, north - south, 1.0)
    bandwidth = BANDWIDTH_SHARE * side
    margin = 3 * bandwidth
    density = kernel_density(
        shapely.get_coordinates(points.to_crs(crs).geometry.to_numpy()),
        bandwidth_m=bandwidth,
        cell_m=side / HEAT_CELLS,
        bounds=(west - margin, south - margin, east + margin, north + margin),
    )
    return Heat(density, crs)


def _denominator(areas: gpd.GeoDataFrame, measure: Measure) -> pd.Series | None:
    if measure.per is None:
        return None
    if measure.per != "residents" or measure.by != "grid":
        msg = "Only grids know a denominator, and that is residents; not {by} per {per}."
        raise InvalidError(msg, by=measure.by, per=measure.per)
    return areas["residents"].astype("float64")


def _piles(workspace: Workspace, crs: CRS | None, as_of: date) -> pd.DataFrame:
    """Find piles among all issues: a selection may hold too few of one to show it."""

    def build() -> pd.DataFrame:
        issues = workspace.frame("issues", as_of)
        return piles(issues if crs is None else issues.to_crs(crs))

    name = None if crs is None else crs.to_wkt()
    return workspace.once("piles", ["issues"], date.max, build, name)


def _areas(
    workspace: Workspace, by: str, size_m: float | None, as_of: date
) -> tuple[gpd.GeoDataFrame, csr_array, Locator]:
    if by not in BY:
        msg = "Hot spots are found by {choices}, not by {by}."
        raise NotFoundError(msg, choices=", ".join(BY), by=by)
    grids = workspace.frame("grids", as_of)
    if by == "grid" or grids.geometry.isna().all():  # where no grid is drawn, no cell can be
        near = workspace.once(
            "queen", GROUND, as_of, lambda: topology.contiguity(workspace.topology(as_of))
        )
        areas = grids[["name", "parent", "residents", "geometry"]]
        return areas, near, workspace.locator(as_of)

    def build() -> tuple[gpd.GeoDataFrame, csr_array, Locator]:
        outline = gpd.GeoSeries(
            [shapely.union_all(workspace.measured("grids", as_of).geometry.to_numpy())],
            crs=workspace.metric_crs(as_of),
        )
        size = size_m or max(50.0, round(float(np.sqrt(outline.area.sum() / CELLS_WANTED)), -1))
        made = CELLS[by](outline, size)
        return made, topology.contiguity(topology.read_topology(made)), Locator(made)

    return workspace.once("cells", GROUND, as_of, build, by, size_m)
