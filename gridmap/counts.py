"""Counts: how many points each area has, and which points were not counted, and why."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gridmap.errors import InvalidError
from gridmap.piles import on_pile
from gridmap.piles import piles as find_piles

NO_PILES = pd.DataFrame({"x": [], "y": [], "n": [], "share": []}).astype({"n": "int64"})


@dataclass(frozen=True)
class Counts:
    """
    Points counted by area.

    Parameters
    ----------
    per_area
        Integer series named ``count`` on the areas' index; 0 where there is none.
    n_points
        Points counted: the sum of `per_area`.
    n_on_piles, n_outside
        Points not counted: on a pile, or in none of the areas.
    piles
        Piles found, as `gridmap.piles.piles` answers them, whether counted or not.
    """

    per_area: pd.Series
    n_points: int
    n_on_piles: int
    n_outside: int
    piles: pd.DataFrame


def count(
    codes: pd.Series,
    areas: pd.DataFrame,
    *,
    points: gpd.GeoDataFrame | None = None,
    piles: pd.DataFrame | None = None,
    keep_piles: bool = False,
) -> Counts:
    """
    Count points by the area they were found in.

    Parameters
    ----------
    codes
        Code of the area of each point; NA for a point in none. (Of the answer of
        `gridmap.locate.locate`: its codes where not ``outside``.)
    areas
        Areas, indexed by code.
    points
        The points, on the index of `codes`, in which piles are looked for; without them, every
        point counts.
    piles
        Piles already found, for instance among all points where these are a selection.
    keep_piles
        Count the points on piles too.

    Returns
    -------
    Counts

    Raises
    ------
    InvalidError
        If the points are not on the index of the codes, or piles are given without points.

    Examples
    --------
    >>> areas = pd.DataFrame(index=pd.Index(["a", "b"], name="code"))
    >>> counted = count(pd.Series(["a", "a", None, "x"]), areas)
    >>> counted.per_area.to_dict(), counted.n_points, counted.n_outside
    ({'a': 2, 'b': 0}, 2, 2)
    """
    if points is None and piles is not None:
        msg = "Piles can be left out only where the points are given."
        raise InvalidError(msg)
    if points is not None and not points.index.equals(codes.index):
        msg = "The points and the codes of their areas must have the same index."
        raise InvalidError(msg)

    piled = pd.Series(data=False, index=codes.index)
    found = NO_PILES
    if points is not None:
        found = find_piles(points) if piles is None else piles
        piled = on_pile(points, found)
    left_out = piled & (not keep_piles)
    counted = codes[~left_out & codes.isin(areas.index)]
    per_area = counted.value_counts().reindex(areas.index, fill_value=0).astype("int64")
    return Counts(
        per_area=per_area.rename("count"),
        n_points=len(counted),
        n_on_piles=int(left_out.sum()),
        n_outside=int(len(codes) - left_out.sum() - len(counted)),
        piles=found,
    )
