"""
The tree of divisions: district, subdistrict, community, grid.

Digits are known here and in `gridmap.codes` alone; elsewhere the tree goes by the column
``parent``, because a register may have codes of its own and a branch may lack a level.
"""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.codes import DIGITS, Explanation, explain, parent_of, validate
from gridmap.errors import CodeError, CodesExhaustedError

__all__ = [
    "Explanation",
    "explain",
    "issue_grid_codes",
    "lineage",
    "parent_of",
    "validate",
    "without_code",
    "without_geometry",
]
LAST_SERIAL = 999


def issue_grid_codes(grids: gpd.GeoDataFrame, used: Collection[str]) -> pd.Series:
    """
    Give new grids their codes: in each community row by row from the north, west to east in a row.

    Parameters
    ----------
    grids
        n new polygons with a column ``parent`` (12-digit community, or 9-digit subdistrict where
        there is no community), any CRS.
    used
        Every grid code that was ever given, retired ones included; none is given again.

    Returns
    -------
    pandas.Series
        The codes under the index of `grids`, named ``code``.

    Raises
    ------
    CodeError
        If a parent is no code of a community or subdistrict.
    CodesExhaustedError
        If a community would need more than its 999 serials.

    Notes
    -----
    The standard says "from west to east, from north to south" and leaves open what a row is when
    grids are irregular. Here the northernmost grid (by representative point) opens a row; every
    grid less than half the median grid height below it stands in the same row, and the next one
    opens another. On a square lattice this gives the lines of the lattice. The lowest serials that
    were never used are given in that order.
    """
    taken = set(map(str, used))
    issued = pd.Series(pd.NA, index=grids.index, dtype="str", name="code")
    for parent, group in grids.groupby("parent", sort=True):
        prefix = _grid_prefix(str(parent))
        serials = (f"{prefix}{n:03d}" for n in range(1, LAST_SERIAL + 1))
        free = [code for code in serials if code not in taken]
        if len(group) > len(free):
            msg = "{community} needs {n} grid codes and has {free} left; none is used twice."
            raise CodesExhaustedError(msg, community=str(parent), n=len(group), free=len(free))
        issued.loc[_reading_order(group)] = free[: len(group)]
    return issued


def lineage(
    grids: pd.DataFrame,
    communities: pd.DataFrame,
    subdistricts: pd.DataFrame,
    districts: pd.DataFrame,
) -> pd.DataFrame:
    """
    Follow ``parent`` from every grid up to its district.

    Parameters
    ----------
    grids, communities, subdistricts, districts
        Conformed frames, indexed by code.

    Returns
    -------
    pandas.DataFrame
        Under the index of `grids`: ``community``, ``subdistrict``, ``district``; NA where the
        branch has no division of that level.
    """
    above = {"community": communities, "subdistrict": subdistricts, "district": districts}
    found = pd.DataFrame(index=grids.index, columns=list(above), dtype="str")
    parent = grids["parent"]
    for level, frame in above.items():
        here = parent.isin(frame.index)
        found[level] = parent.where(here)
        parent = parent.where(~here, parent.map(frame["parent"]))
    return found


def without_geometry(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    List divisions that have a code and no polygon, as statistical development zones do.

    Parameters
    ----------
    areas
        Any level, indexed by code or not.
    """
    return areas[areas.geometry.isna() | areas.geometry.is_empty]


def without_code(areas: gpd.GeoDataFrame, known: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """
    List polygons that have no code, or one that the list of codes lacks.

    Parameters
    ----------
    areas
        Polygons as read, with a column ``code``.
    known
        The codes of the list; any code counts as known if left out.
    """
    code = areas["code"].astype("str")
    lacking = code.isna() | (code.str.strip() == "")
    if known is not None:
        lacking |= ~code.isin(list(known))
    return areas[lacking & ~(areas.geometry.isna() | areas.geometry.is_empty)]


def _grid_prefix(parent: str) -> str:
    found = explain(parent)
    if found.level not in {"community", "subdistrict"}:
        msg = "Grids belong to a community or a subdistrict; {code} is a {level}."
        raise CodeError(msg, code=parent, level=found.level)
    return found.code.ljust(DIGITS["community"], "0")


def _reading_order(group: gpd.GeoDataFrame) -> pd.Index:
    shapes = group.geometry.to_numpy()
    xy = shapely.get_coordinates(shapely.point_on_surface(shapes))
    bounds = shapely.bounds(shapes)
    step = float(np.median(bounds[:, 3] - bounds[:, 1])) / 2
    southwards = np.lexsort((xy[:, 0], -xy[:, 1]))
    rows = np.zeros(len(group), dtype=np.int64)
    top, row = np.inf, -1
    for place in southwards:
        if top - xy[place, 1] >= step:
            top, row = xy[place, 1], row + 1
        rows[place] = row
    return group.index[np.lexsort((xy[:, 0], rows))]
