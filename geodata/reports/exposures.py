"""What counts of areas are divided by: residents, points, roads, and what patrols walked."""

from __future__ import annotations

import json
from datetime import date

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import select

from geodata import reading
from geodata.workspace import GROUND, Workspace
from gridmap import exposure
from gridmap.errors import InvalidError, TooLittleDataError
from gridmap.locate import Locator
from gridmap.walking import STRETCH_COLUMNS

M_PER_KM = 1000.0
OF_PATROLS = ("walked", "visits")


def denominator(
    workspace: Workspace,
    areas: gpd.GeoDataFrame,
    by: str,
    per: str,
    period: tuple[date, date],
    as_of: date,
) -> pd.Series:
    """
    Return what the counts of areas are divided by.

    Parameters
    ----------
    workspace
        The register.
    areas
        Grids of the day, or cells in metres; indexed by code.
    by
        ``grid``, ``square`` or ``hex``.
    per
        One of `gridmap.exposure.MEASURES`; roads and walks are in kilometres.
    period
        First and last day, of the patrols.
    as_of
        The day whose roads and points they are.

    Returns
    -------
    pandas.Series named `per`, on the index of `areas`

    Raises
    ------
    InvalidError
        If there is no such denominator, or only grids know it.
    TooLittleDataError
        If no area has anything to divide by.
    """
    found = _denominator(workspace, areas, by, per, period, as_of)
    if not (found > 0).any():
        msg = "No area has anything to divide by: nothing is known of {per} in these days."
        raise TooLittleDataError(msg, per=per)
    return found.rename(per)


def _denominator(
    workspace: Workspace,
    areas: gpd.GeoDataFrame,
    by: str,
    per: str,
    period: tuple[date, date],
    as_of: date,
) -> pd.Series:
    if per not in exposure.MEASURES:
        msg = "Counts are divided by {choices}, not by {per}."
        raise InvalidError(msg, choices=", ".join(exposure.MEASURES), per=per)
    if per == "residents":
        if by != "grid":
            msg = "Residents are known of grids alone: a square or hexagon would be a guess."
            raise InvalidError(msg)
        return areas["residents"].astype("float64")
    measured = areas.to_crs(workspace.metric_crs(as_of))
    if per == "points":
        points = workspace.measured("inspection_points", as_of)
        return exposure.points_in(_areas_of(points, measured), measured)
    cut = _cut(workspace, measured, by, as_of)
    if per == "roads":
        return exposure.road_metres(cut, measured) / M_PER_KM
    walked, points = patrols(workspace, *period)
    if per == "walked":
        return exposure.walked_metres(cut, walked, measured) / M_PER_KM
    there = workspace.measured("inspection_points", as_of)
    codes = _areas_of(there, measured)
    seen = points.assign(code=points["point_id"].map(codes)).dropna(subset="code")
    return exposure.visits(cut, walked, seen, measured)


def version(workspace: Workspace, per: str | None) -> int:
    """Return how often the book of patrols was written, where `per` is of patrols; 0 elsewhere."""
    return workspace.store.whole.version("patrols") if per in OF_PATROLS else 0


def patrols(workspace: Workspace, since: date, until: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return what the patrols of some days walked and saw, whoever's they were.

    Parameters
    ----------
    workspace
        The register.
    since, until
        First and last day.

    Returns
    -------
    walked : pandas.DataFrame
        ``patrol_id``, ``road_id``, ``from_m``, ``to_m``.
    seen : pandas.DataFrame
        ``patrol_id``, ``point_id``.
    """

    def build() -> tuple[pd.DataFrame, pd.DataFrame]:
        found = _book(workspace, since, until)
        roads: list[tuple[object, ...]] = []
        points: list[tuple[object, ...]] = []
        for key, told in found["walked"].dropna().items():
            what = json.loads(str(told))
            stretches = what.get("roads", ())
            roads += [(key, *stretch) for stretch in stretches]
            points += [(key, point) for point in what.get("points", ())]
        walked = pd.DataFrame(roads, columns=["patrol_id", *STRETCH_COLUMNS])
        kinds = {"patrol_id": "str", "road_id": "str", "from_m": "float64", "to_m": "float64"}
        seen = pd.DataFrame(points, columns=["patrol_id", "point_id"], dtype="str")
        return walked.astype(kinds), seen

    written = version(workspace, "walked")
    return workspace.once("walks", [], date.max, build, since, until, written)


def _book(workspace: Workspace, since: date, until: date) -> pd.DataFrame:
    store = workspace.store.whole  # a part of the city is shown without books
    table = store.tables.layers["patrols"]
    days = (table.c.day >= since) & (table.c.day <= until)
    with store.database.reading() as connection:
        keys = connection.execute(select(table.c.patrol_id).where(days))
        wanted = sorted(set(keys.scalars()))
        return reading.in_force(connection, store.tables, "patrols", None, wanted)


def _areas_of(points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Return the code of the area of each point; NA for none."""
    shapes = points.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    locator = Locator(areas)
    found = locator.positions(shapely.get_coordinates(shapes[there]))
    codes = pd.Series(locator.codes.to_numpy()[found], index=points.index[there], dtype="str")
    return codes.where(found >= 0).reindex(points.index)


def _cut(workspace: Workspace, areas: gpd.GeoDataFrame, by: str, as_of: date) -> pd.DataFrame:
    def build() -> pd.DataFrame:
        return exposure.cut(workspace.measured("roads", as_of), areas)

    # cells of one size have codes that say so
    name = None if by == "grid" or areas.empty else str(areas.index[0])
    return workspace.once("roads cut", [*GROUND, "roads"], as_of, build, by, name)
