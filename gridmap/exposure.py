"""
Exposure: what counts of areas may be divided by, where nobody wrote it down.

Twice the patrols find twice the issues: a rate by the kilometres that were walked, or by visits,
shows the place and not the diligence. Roads are cut at the borders of areas; a road on a border
belongs half to either side.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.measures import stretches
from gridmap.walking import BUFFER_M

VISIT_M = BUFFER_M
"""Whoever walks less of an area only touched it: so far a track reaches beyond where it ends."""
MEASURES = ("residents", "points", "roads", "walked", "visits")


def cut(roads: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Cut roads at the borders of areas.

    Parameters
    ----------
    roads
        LineStrings in metres, indexed by ``road_id``.
    areas
        Polygons in the same CRS, indexed by ``code``.

    Returns
    -------
    pandas.DataFrame
        ``road_id``, ``from_m``, ``to_m``, ``code`` and ``weight``: a stretch lies twice in it, by
        half, with either area where it is the border of two. What lies in no area is left out.

    Raises
    ------
    CrsError
        If the roads are not in metres.
    """
    shapes = areas.geometry.to_numpy()
    names = roads.index.to_numpy(dtype=object)
    codes = areas.index.to_numpy(dtype=object)
    halves = []
    # On a border the lowest position counts, and the highest in the order turned round
    for order in (np.arange(len(shapes)), np.arange(len(shapes))[::-1]):
        found = stretches(roads, shapes[order])
        found = found[found["area"] >= 0]
        halves.append(
            pd.DataFrame(
                {
                    "road_id": names[found["road"].to_numpy()],
                    "from_m": found["from_m"].to_numpy(),
                    "to_m": found["to_m"].to_numpy(),
                    "code": codes[order][found["area"].to_numpy()],
                    "weight": 0.5,
                }
            )
        )
    return pd.concat(halves, ignore_index=True)


def road_metres(pieces: pd.DataFrame, areas: pd.DataFrame) -> pd.Series:
    """
    Return the metres of road in each area.

    Parameters
    ----------
    pieces
        Answer of `cut`.
    areas
        Indexed by code.

    Returns
    -------
    pandas.Series named ``roads``, on the index of `areas`, metres
    """
    metres = (pieces["to_m"] - pieces["from_m"]) * pieces["weight"]
    return _by_area(metres.groupby(pieces["code"]).sum(), areas, "roads")


def walked_metres(pieces: pd.DataFrame, walked: pd.DataFrame, areas: pd.DataFrame) -> pd.Series:
    """
    Return the metres of road that patrols walked in each area, each patrol counted.

    Parameters
    ----------
    pieces
        Answer of `cut`.
    walked
        ``patrol_id``, ``road_id``, ``from_m``, ``to_m``; the stretches of one patrol do not
        overlap. Roads that are not there are passed over.
    areas
        Indexed by code.

    Returns
    -------
    pandas.Series named ``walked``, on the index of `areas`, metres
    """
    shared = _shared(pieces, walked)
    return _by_area(shared.groupby("code")["metres"].sum(), areas, "walked")


def visits(
    pieces: pd.DataFrame, walked: pd.DataFrame, seen: pd.DataFrame, areas: pd.DataFrame
) -> pd.Series:
    """
    Count the patrols that were in each area.

    Parameters
    ----------
    pieces, walked, areas
        As for `walked_metres`.
    seen
        ``patrol_id``, ``code``: areas in which a patrol passed an inspection point.

    Returns
    -------
    pandas.Series named ``visits``, on the index of `areas`
        Patrols that walked `VISIT_M` of road there, or passed an inspection point.
    """
    metres = _shared(pieces, walked).groupby(["patrol_id", "code"], as_index=False)["metres"].sum()
    there = metres.loc[metres["metres"] >= VISIT_M, ["patrol_id", "code"]]
    both = pd.concat([there, seen[["patrol_id", "code"]]]).drop_duplicates()
    return _by_area(both["code"].value_counts(), areas, "visits")


def points_in(codes: pd.Series, areas: pd.DataFrame) -> pd.Series:
    """
    Count the inspection points in each area.

    Parameters
    ----------
    codes
        Code of the area of each point; NA for none.
    areas
        Indexed by code.

    Returns
    -------
    pandas.Series named ``points``, on the index of `areas`

    Examples
    --------
    >>> points_in(pd.Series(["a", "a", None]), pd.DataFrame(index=["a", "b"])).to_dict()
    {'a': 2.0, 'b': 0.0}
    """
    return _by_area(codes.value_counts(), areas, "points")


def _shared(pieces: pd.DataFrame, walked: pd.DataFrame) -> pd.DataFrame:
    """Return the metres that each stretch walked shares with each piece."""
    both = walked.merge(pieces, on="road_id", suffixes=("", "_of"))
    first = np.maximum(both["from_m"], both["from_m_of"])
    last = np.minimum(both["to_m"], both["to_m_of"])
    both = both.assign(metres=(last - first) * both["weight"])
    return both.loc[last > first, ["patrol_id", "code", "metres"]]


def _by_area(found: pd.Series, areas: pd.DataFrame, name: str) -> pd.Series:
    return found.reindex(areas.index, fill_value=0).astype("float64").rename(name)
