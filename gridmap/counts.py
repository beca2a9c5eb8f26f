"""Counts: how many points each area has, and which points were not counted, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from gridmap.errors import InvalidError
from gridmap.piles import on_pile
from gridmap.piles import piles as find_piles
from gridmap.standing import set_aside

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
    n_merged, n_repeated
        Points not counted: merged into another one, or one more of what counts once.
    of
        The code of the area of each point that was counted, on the index of the points.
    n_refused
        Points not counted: issues that were not filed.
    """

    per_area: pd.Series
    n_points: int
    n_on_piles: int
    n_outside: int
    piles: pd.DataFrame
    n_merged: int = 0
    n_repeated: int = 0
    of: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"), compare=False)
    n_refused: int = 0


def count(  # noqa: PLR0913 - each says which points do not count
    codes: pd.Series,
    areas: pd.DataFrame,
    *,
    points: gpd.GeoDataFrame | None = None,
    piles: pd.DataFrame | None = None,
    piled: pd.Series | None = None,
    keep_piles: bool = False,
    states: pd.Series | None = None,
    once: pd.Series | None = None,
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
    piled
        Whether each point lies on one of `piles`, on the index of `codes`; instead of `points`,
        where that is known.
    keep_piles
        Count the points on piles too.
    states
        The state of each point that is an issue, on the index of `codes`; those that
        `gridmap.standing.set_aside` names are not counted. Without it, every point counts.
    once
        Points of one area with the same value count once, say of one reporter on one day; points
        without a value count each by itself. On the index of `codes`.

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
    if points is None and piled is None and piles is not None:
        msg = "Piles can be left out only where the points are given."
        raise InvalidError(msg)
    if points is not None and not points.index.equals(codes.index):
        msg = "The points and the codes of their areas must have the same index."
        raise InvalidError(msg)

    told = pd.Series(pd.NA, index=codes.index, dtype="str") if states is None else states
    gone = set_aside(told)
    found, piled = _piled(codes, points, piles, piled)
    left_out = piled & (not keep_piles) & ~gone
    inside = codes[~left_out & ~gone & codes.isin(areas.index)]
    counted = inside if once is None else inside[~_repeated(inside, once)]
    per_area = counted.value_counts().reindex(areas.index, fill_value=0).astype("int64")
    return Counts(
        per_area=per_area.rename("count"),
        n_points=len(counted),
        n_on_piles=int(left_out.sum()),
        n_outside=int(len(codes) - gone.sum() - left_out.sum() - len(inside)),
        piles=found,
        n_merged=int((told == "merged").sum()),
        n_repeated=len(inside) - len(counted),
        of=counted,
        n_refused=int((told == "refused").sum()),
    )


def _piled(
    codes: pd.Series,
    points: gpd.GeoDataFrame | None,
    known: pd.DataFrame | None,
    piled: pd.Series | None,
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the piles, and which points lie on one."""
    if points is not None:
        found = find_piles(points) if known is None else known
        return found, on_pile(points, found)
    none = pd.Series(data=False, index=codes.index)
    return (NO_PILES if known is None else known), (none if piled is None else piled)


def _repeated(codes: pd.Series, once: pd.Series) -> pd.Series:
    """Say which points have the area and the value of one before."""
    key = once.reindex(codes.index)
    pairs = pd.DataFrame({"code": codes, "key": key})
    return pairs.duplicated() & key.notna()
