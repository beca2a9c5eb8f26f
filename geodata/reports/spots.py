"""Hot spots, from the issues of a period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse import csr_array

from geodata.kept import key_of
from geodata.reports import exposures
from geodata.workspace import GROUND, Workspace
from gridmap import cells, layers, loudness, topology
from gridmap.channels import in_group
from gridmap.counts import Counts, count
from gridmap.errors import InvalidError, NotFoundError, TooLittleDataError
from gridmap.hotspots import HotSpots, hotspots
from gridmap.locate import Locator
from gridmap.method import Counting
from gridmap.piles import piles

BY = ("grid", "square", "hex")
CELLS = {"square": cells.square_cells, "hex": cells.hexagon_cells}
CELLS_WANTED = 400  # cells a city is divided into where nobody says how large they are
COUNTINGS = ("reports", "reporter_days")
NOBODY = "public"  # what is kept of reporters who did not sign in: that is not one person
WORKED_OUT_FROM = (*GROUND, "issues", "roads", "inspection_points")
RESTS_ON = (*WORKED_OUT_FROM, "patrols")


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
    group
        Only those of a group of channels (`gridmap.channels.GROUPS`); all if None.
    """

    since: date
    until: date
    category: str | None = None
    channel: str | None = None
    group: str | None = None


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
    chosen = (found["reported_at"] >= begin) & (found["reported_at"] < end)
    for column, value in (("category", wanted.category), ("channel", wanted.channel)):
        if value is not None:
            chosen &= found[column] == value
    if wanted.group is not None:
        chosen &= in_group(found["channel"], wanted.group)
    return found[chosen.to_numpy(dtype=bool)]


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
        return outliving(workspace, work, "areas", wanted, zone.key, measure, as_of)

    version = exposures.version(workspace, measure.per)
    return workspace.once(
        "hot spots", WORKED_OUT_FROM, as_of, build, wanted, zone.key, measure, as_of, version
    )


def outliving(workspace: Workspace, work: Callable[[], HotSpots], *of: object) -> HotSpots:
    """
    Return hot spots that another process has worked out, or work them out for the next.

    Parameters
    ----------
    workspace
        The register.
    work
        How to work them out.
    *of
        What they depend on besides the layers; each tells itself wholly by `repr`.
    """
    if workspace.kept is None:
        return work()
    return workspace.kept.once(lambda: key_of(workspace.store, RESTS_ON, *of), work)


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


def heaps(workspace: Workspace, crs: CRS | None, as_of: date) -> pd.DataFrame:
    """
    Find piles among all issues: a selection may hold too few of one to show it.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    crs
        In which they are wanted; the register's if None.
    """

    def build() -> pd.DataFrame:
        found = workspace.frame("issues", as_of)
        return piles(found if crs is None else found.to_crs(crs))

    name = None if crs is None else crs.to_wkt()
    return workspace.once("piles", ["issues"], date.max, build, name)


def _found(
    workspace: Workspace, wanted: Selection, zone: ZoneInfo, measure: Measure, as_of: date
) -> HotSpots:
    ground, near, locator = areas(workspace, measure.by, measure.size_m, as_of)
    given: dict[str, Any] = {
        "weights": near,
        "period": (wanted.since, _day_after(wanted.until)),
        "smooth": measure.smooth,
    }
    if measure.per is not None:
        days = (wanted.since, wanted.until)
        share = exposures.denominator(workspace, ground, measure.by, measure.per, days, as_of)
        given["denominator"] = share.rename(measure.per)
    points = placed(workspace, wanted, zone)
    if measure.by != "grid":
        points = points.to_crs(ground.crs)
    reporter = points["reporter"].where(points["reporter"] != NOBODY)
    once = None
    if measure.counting == "reporter_days":
        day = points["reported_at"].dt.tz_convert(zone).dt.strftime(" %Y-%m-%d")
        once = reporter + day
    counted = _counted(workspace, points, once, measure, (ground, locator), as_of)
    spots = hotspots(ground, counted, **given)
    if permutations := spots.method.better_permutations():
        given["permutations"] = permutations
        spots = hotspots(ground, counted, **given)
    method = replace(spots.method, counting=measure.counting, group=wanted.group)
    table = _with_loud(spots.table, ground, counted, reporter, near, given)
    return HotSpots(table.to_crs(workspace.store.meta.crs), method, spots.piles)


def _counted(
    workspace: Workspace,
    points: gpd.GeoDataFrame,
    once: pd.Series | None,
    measure: Measure,
    where: tuple[gpd.GeoDataFrame, Locator],
    as_of: date,
) -> Counts:
    """Count points in areas, without those that count as another one."""
    ground, locator = where
    found = locator.positions(shapely.get_coordinates(points.geometry.to_numpy()))
    codes = pd.Series(locator.codes.to_numpy()[found], index=points.index, dtype="str")
    return count(
        codes.where(found >= 0),
        ground,
        points=points,
        piles=heaps(workspace, None if measure.by == "grid" else ground.crs, as_of),
        keep_piles=measure.keep_piles,
        states=points["state"],
        once=once,
    )


def _with_loud(
    table: gpd.GeoDataFrame,
    ground: gpd.GeoDataFrame,
    counted: Counts,
    reporter: pd.Series,
    near: csr_array,
    given: dict[str, Any],
) -> gpd.GeoDataFrame:
    """Say of each area how loud its loudest reporter is, and which hot spots rest on one."""
    who = reporter.reindex(counted.of.index)
    told = loudness.loudest(counted.of, who, ground)
    hot = (table["class"] > 0).reindex(ground.index)

    def hot_without(away: pd.Series) -> pd.Series:
        left = (counted.per_area - away).clip(lower=0)
        try:
            return hotspots(ground, left, **given).table["class"] > 0
        except TooLittleDataError:
            return pd.Series(data=False, index=ground.index)

    reports = pd.DataFrame({"code": counted.of, "reporter": who})
    rests = loudness.resting(reports, hot, near, hot_without)
    return table.join(told).assign(rests_on_one=rests)


def _day_after(day: date) -> date:
    return min(day, date.max - timedelta(days=1)) + timedelta(days=1)
