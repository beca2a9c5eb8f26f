"""Hot spots, from the issues of a period."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geodata.reports import exposures
from geodata.reports.issue_points import Floats, issue_points, moved, positions
from geodata.reports.outliving import WORKED_OUT_FROM, outliving
from geodata.reports.selection import Selection, chosen
from geodata.workspace import GROUND, Workspace
from gridmap import cells, layers, loudness, topology
from gridmap.counts import Counts, count
from gridmap.errors import NotFoundError, TooLittleDataError
from gridmap.hotspots import HotSpots, hotspots
from gridmap.locate import Locator
from gridmap.method import Counting

BY = ("grid", "square", "hex")
CELLS = {"square": cells.square_cells, "hex": cells.hexagon_cells}
CELLS_WANTED = 400  # cells a city is divided into where nobody says how large they are
COUNTINGS = ("reports", "reporter_days")
DAYS = 1_000_000  # more than any two dates are apart


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
        What counts are divided by, one of `gridmap.exposure.MEASURES`; None for plain counts.
    keep_piles
        Count issues on piles of identical coordinates too.
    smooth
        Tell smoothed rates beside the plain ones.
    counting
        ``reports``, or ``reporter_days``: of one reporter in one area on one day, one counts.
    """

    by: str = "grid"
    size_m: float | None = None
    per: str | None = None
    keep_piles: bool = False
    smooth: bool = False
    counting: Counting = "reports"


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
        As `geodata.reports.selection.issues`.
    measure
        In what, and by what, they are counted.
    as_of
        The day whose grids are counted in: one frozen map for the whole period.

    Returns
    -------
    gridmap.hotspots.HotSpots
        Its table in the register's CRS, with the grids' ``name``, of cells that of
        `gridmap.cells.cell_places` with ``place`` and ``number``; ``reports``, ``known``,
        ``loudest``, ``loudest_share`` and ``loud`` of `gridmap.loudness.loudest`; and
        ``rests_on_one``, for hot areas alone: no longer hot without the loudest reporter of their
        surroundings.

    Raises
    ------
    TooLittleDataError
        If a map would show noise.
    """

    def work() -> HotSpots:
        return _found(workspace, wanted, zone, measure, as_of)

    def build() -> HotSpots:
        return outliving(workspace, work, *kept_under(wanted, zone, measure, as_of))

    version = exposures.version(workspace, measure.per)
    return workspace.once(
        "hot spots", WORKED_OUT_FROM, as_of, build, wanted, zone.key, measure, as_of, version
    )


def kept_under(
    wanted: Selection, zone: ZoneInfo, measure: Measure, as_of: date
) -> tuple[object, ...]:
    """Return what an answer of `find` is kept under besides its layers."""
    return ("areas", wanted, zone.key, measure, as_of)


def areas(
    workspace: Workspace, by: str, size_m: float | None, as_of: date
) -> tuple[gpd.GeoDataFrame, csr_array, Locator]:
    """
    Return the areas of a partition, which of them are neighbours, and what finds them.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    by, size_m
        As in `Measure`.

    Returns
    -------
    areas : geopandas.GeoDataFrame
        Grids in the register's CRS, cells in metres; with ``name``.
    near : scipy.sparse.csr_array
        In the order of the areas.
    locator : gridmap.locate.Locator
        In the CRS of the areas.

    Raises
    ------
    NotFoundError
        If there is no such partition.
    """
    if by not in BY:
        msg = "Hot spots are found by {choices}, not by {by}."
        raise NotFoundError(msg, choices=", ".join(BY), by=by)
    grids = workspace.frame("grids", as_of)
    if by == "grid" or grids.geometry.isna().all():  # where no grid is drawn, no cell can be
        near = workspace.once(
            "queen", GROUND, as_of, lambda: topology.contiguity(workspace.topology(as_of))
        )
        told = grids[["name", "parent", "residents", "geometry"]]
        return told, near, workspace.locator(as_of)

    def build() -> tuple[gpd.GeoDataFrame, csr_array, Locator]:
        outline = gpd.GeoSeries(
            [shapely.union_all(workspace.measured("grids", as_of).geometry.to_numpy())],
            crs=workspace.metric_crs(as_of),
        )
        size = size_m or max(50.0, round(float(np.sqrt(outline.area.sum() / CELLS_WANTED)), -1))
        made = CELLS[by](outline, size)
        made = made.join(cells.cell_places(made, _lowest(workspace, as_of)))
        return made, topology.contiguity(topology.read_topology(made)), Locator(made)

    return workspace.once("cells", GROUND, as_of, build, by, size_m)


def _lowest(workspace: Workspace, as_of: date) -> gpd.GeoDataFrame:
    """Return the divisions of the lowest level that is drawn, in metres."""
    for level in reversed(layers.LEVELS[:-1]):
        found = workspace.measured(layers.LAYER_OF_LEVEL[level], as_of)
        if found.geometry.notna().any():
            break
    return found


def located(workspace: Workspace, measure: Measure, as_of: date) -> pd.Categorical:
    """
    Return the code of the area in which each issue with a place lies; NA in none.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    measure
        In which areas; the rest does not count here.
    """
    locator = areas(workspace, measure.by, measure.size_m, as_of)[2]

    def look_up(xy: Floats) -> NDArray[np.int32]:
        return locator.positions(xy if measure.by == "grid" else moved(xy, workspace, locator.crs))

    at = positions(workspace, measure.by, as_of, look_up, measure.size_m)
    return pd.Categorical.from_codes(at, categories=locator.codes)


def _found(
    workspace: Workspace, wanted: Selection, zone: ZoneInfo, measure: Measure, as_of: date
) -> HotSpots:
    ground, near, _locator = areas(workspace, measure.by, measure.size_m, as_of)
    given: dict[str, Any] = {
        "weights": near,
        "period": (wanted.since, wanted.after),
        "smooth": measure.smooth,
    }
    if measure.per is not None:
        days = (wanted.since, wanted.until)
        share = exposures.denominator(workspace, ground, measure.by, measure.per, days, as_of)
        given["denominator"] = share.rename(measure.per)
    points = issue_points(workspace)
    meant = chosen(points.told, wanted, zone)
    code = located(workspace, measure, as_of)[meant]
    told = points.told[meant].assign(code=code)
    counted = count(
        told["code"],
        ground,
        piled=told["piled"],
        piles=points.piles,
        keep_piles=measure.keep_piles,
        states=told["state"],
        once=_once(told, zone) if measure.counting == "reporter_days" else None,
    )
    spots = hotspots(ground, counted, **given)
    if permutations := spots.method.better_permutations():
        given["permutations"] = permutations
        spots = hotspots(ground, counted, **given)
    method = replace(spots.method, counting=measure.counting, group=wanted.group)
    table = _with_loud(spots.table, ground, counted, told["reporter"], near, given)
    return HotSpots(table.to_crs(workspace.store.meta.crs), method, spots.piles)


def _once(told: pd.DataFrame, zone: ZoneInfo) -> pd.Series:
    """Return a number for each reporter and day; NA where nobody is known."""
    day = told["reported_at"].dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    who = told["reporter"].cat.codes.astype("Int64")
    number = who * DAYS + (day - pd.Timestamp(0)).dt.days
    return number.where(who >= 0)


def _with_loud(
    table: gpd.GeoDataFrame,
    ground: gpd.GeoDataFrame,
    counted: Counts,
    reporter: pd.Series,
    near: csr_array,
    given: dict[str, Any],
) -> gpd.GeoDataFrame:
    """Say of each area how loud its loudest reporter is, and which hot spots rest on one."""
    made = loudness.made(counted.of, reporter[counted.of.index], ground)
    hot = (table["class"] > 0).reindex(ground.index)

    def hot_without(away: pd.Series) -> pd.Series:
        left = (counted.per_area - away).clip(lower=0)
        try:
            return hotspots(ground, left, **given).table["class"] > 0
        except TooLittleDataError:
            return pd.Series(data=False, index=ground.index)

    rests = loudness.resting(made, hot, near, hot_without)
    return table.join(loudness.loudest(made)).assign(rests_on_one=rests)
