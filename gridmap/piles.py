"""
Piles: many reports on exactly the same coordinates.

A system that does not know where a report is from often writes a default point. In Boston's 311
reports of 2015, 14 % lie on one, and every map of them shows a hot spot at city hall.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely


def piles(
    points: gpd.GeoDataFrame | gpd.GeoSeries, *, minimum_share: float = 0.01, minimum: int = 30
) -> pd.DataFrame:
    """
    Find coordinates that too many points share.

    Parameters
    ----------
    points
        Points in any CRS; missing and empty ones are passed over.
    minimum_share, minimum
        A pile has at least this share of the points that have a place, and at least this many.

    Returns
    -------
    pandas.DataFrame
        ``x``, ``y`` in the CRS of the points, ``n``, ``share``; the largest first.

    Examples
    --------
    >>> reports = gpd.GeoSeries.from_xy([0.0] * 40 + [1.0, 2.0], [0.0] * 42)
    >>> piles(reports)[["x", "n"]].to_dict("records")
    [{'x': 0.0, 'n': 40}]
    """
    xy = _coordinates(points).dropna()
    found = xy.value_counts(sort=False).rename("n").reset_index()
    found["share"] = found["n"] / max(len(xy), 1)
    found = found[(found["n"] >= minimum) & (found["share"] >= minimum_share)]
    return found.sort_values(["n", "x", "y"], ascending=[False, True, True], ignore_index=True)


def on_pile(points: gpd.GeoDataFrame | gpd.GeoSeries, found: pd.DataFrame) -> pd.Series:
    """
    Tell which points lie on a pile.

    Parameters
    ----------
    points
        Points in the CRS in which the piles were found.
    found
        Answer of `piles`.

    Returns
    -------
    pandas.Series of bool, on the index of `points`, named ``on_pile``
    """
    places = pd.MultiIndex.from_frame(found[["x", "y"]])
    there = pd.MultiIndex.from_frame(_coordinates(points)).isin(places)
    return pd.Series(there, index=points.index, name="on_pile")


def _coordinates(points: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.DataFrame:
    shapes = points.geometry.to_numpy()
    # + 0.0 makes of -0.0 the zero that it equals
    return pd.DataFrame(
        {"x": shapely.get_x(shapes) + 0.0, "y": shapely.get_y(shapes) + 0.0},
        dtype=np.float64,
    )
