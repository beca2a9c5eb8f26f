"""
Agreement: whether a map of hot spots stays when the ground is cut otherwise, or others report.

A pattern that shows on grids and is gone on squares is a pattern of the borders (the modifiable
areal unit problem), not of the city.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.method import Sentence

HELD_SHARE = 0.5
"""An area holds in another partition if at least this share of its ground is hot there."""
NO_OTHER = "The hot areas could not be compared: no other partition of the ground could be counted."
ELSEWHERE = (
    "No area is hot here, but on another partition up to {most} are: the finding depends on how "
    "the ground is cut."
)
NOTHING = "No area is hot, so there is nothing that another partition could change."
ALL_HOLD = (
    "The finding does not depend on how the ground is cut: all {n} hot areas are hot, by at least "
    "half of their ground, on {others} other partitions too."
)
SOME_HOLD = (
    "{held} of {n} hot areas are hot, by at least half of their ground, on {others} other "
    "partitions too; the rest depends on how the ground is cut."
)
NONE_HOLD = (
    "The finding depends on how the ground is cut: none of the {n} hot areas is hot, by at least "
    "half of its ground, on all of {others} other partitions."
)


@dataclass(frozen=True)
class Both:
    """
    Two maps of the same areas.

    Parameters
    ----------
    both, one, other, neither
        Areas hot on both maps, on the first or on the second alone, and on none.
    """

    both: int
    one: int
    other: int
    neither: int

    @property
    def either(self) -> int:
        """Areas hot on at least one of the maps: the denominator of their agreement."""
        return self.both + self.one + self.other


def shared_ground(hot: gpd.GeoDataFrame, others: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """
    Say how much of the ground of hot areas is hot in other partitions.

    Parameters
    ----------
    hot
        The hot areas, in metres.
    others
        Name → the hot areas of another partition of the same ground, in the same CRS.

    Returns
    -------
    pandas.DataFrame, on the index of `hot`
        One column a partition: the share of the area's ground, from 0 to 1.

    Examples
    --------
    >>> one = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 4, 1)], index=["a"])
    >>> shared_ground(one, {"square": gpd.GeoDataFrame(geometry=[shapely.box(3, 0, 9, 1)])})
       square
    a    0.25
    """
    shapes = hot.geometry.to_numpy()
    ground = shapely.area(shapes)
    told = {}
    for name, other in others.items():
        united = shapely.union_all(other.geometry.to_numpy())
        shapely.prepare(united)
        common = shapely.area(shapely.intersection(shapes, united))
        told[name] = np.minimum(common / np.where(ground > 0, ground, 1.0), 1.0)
    return pd.DataFrame(told, index=hot.index)


def verdict(shares: pd.DataFrame, hot: Mapping[str, int]) -> Sentence:
    """
    Sum up in one sentence whether hot areas hold in other partitions.

    Parameters
    ----------
    shares
        Answer of `shared_ground`.
    hot
        Partition → how many areas are hot on it, of the others.

    Returns
    -------
    tuple
        Template and values.
    """
    n, others = shares.shape
    if not others:
        return NO_OTHER, {}
    if not n:
        most = max(hot.values(), default=0)
        return (ELSEWHERE, {"most": most}) if most else (NOTHING, {})
    held = int((shares >= HELD_SHARE).all(axis=1).sum())
    template = ALL_HOLD if held == n else SOME_HOLD if held else NONE_HOLD
    return template, {"n": n, "held": held, "others": others}


def compared(one: pd.Series, other: pd.Series) -> Both:
    """
    Compare which areas are hot on two maps.

    Parameters
    ----------
    one, other
        Whether each area is hot, on the same index.

    Examples
    --------
    >>> compared(pd.Series([True, True, False]), pd.Series([True, False, False]))
    Both(both=1, one=1, other=0, neither=1)
    """
    first, second = one.to_numpy(dtype=bool), other.to_numpy(dtype=bool)
    return Both(
        both=int((first & second).sum()),
        one=int((first & ~second).sum()),
        other=int((~first & second).sum()),
        neither=int((~first & ~second).sum()),
    )
