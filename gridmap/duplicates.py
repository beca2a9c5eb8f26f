"""
Duplicates: issues that may be the same as a new one, for a person to decide.

The same thing is reported by a hotline, a passer-by and a patrol. What is near in place and time,
of the same category, or in the same picture is suggested, the likeliest first, with the reasons.
Nothing is merged here: merging (并案) is a person's act, and can be undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.metric import require_metric

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

WITHIN_M = 50.0
WITHIN_HOURS = 72.0
LEAST = 0.5  # of the score: what is suggested at all
SAME_LOOK = 10  # of 64 bits: so many may differ in two copies of one picture
NEAR, SOON, SAME = 0.45, 0.2, 0.35  # how much place, time and category weigh; together 1
PICTURE = 0.9  # the score of the same picture alone
PASSED_OVER = ("refused", "merged")
WHY = ("near", "soon", "same_category", "same_picture")
COLUMNS = [
    "issue_id",
    "distance_m",
    "hours",
    "same_category",
    "look_distance",
    "score",
    "why",
]


def suggest(
    issue: pd.Series,
    candidates: gpd.GeoDataFrame,
    *,
    within_m: float = WITHIN_M,
    within_hours: float = WITHIN_HOURS,
    least: float = LEAST,
) -> pd.DataFrame:
    r"""
    Suggest issues of which a new one may be a duplicate.

    Parameters
    ----------
    issue
        ``geometry`` (a Point in the CRS of `candidates`), ``reported_at``, ``category``, and
        ``looks`` if there are photos: their 64-bit difference hashes, 16 hexadecimal digits each,
        with blanks between. Its name is its ``issue_id``.
    candidates
        n issues with the same columns, ``state`` and ``closed_at``, indexed by ``issue_id``; Points
        in metres. The issue itself, those that were refused or merged, and those without a place
        are passed over.
    within_m
        How far they may be.
    within_hours
        How long before the new report they may have been closed; what is open is never too old.
    least
        The score from which they are suggested.

    Returns
    -------
    pandas.DataFrame
        The highest score first, then the nearest, then the lowest id: ``issue_id``,
        ``distance_m``, ``hours`` between the two reports, ``same_category``, ``look_distance``
        (bits that differ in the two most similar photos; missing where one has none), ``score``
        from 0 to 1, and ``why``: which of `WHY` speak for it.

    Raises
    ------
    CrsError
        If the candidates are not in metres.

    Notes
    -----
    See `score`.
    """
    require_metric(candidates, "Finding duplicates")
    away = shapely.distance(candidates.geometry.to_numpy(), issue["geometry"])
    since_closed = _hours(issue["reported_at"] - candidates["closed_at"])
    near = (away <= within_m) & ~(since_closed > within_hours)
    near &= (candidates.index != issue.name) & ~candidates["state"].isin(PASSED_OVER).to_numpy()
    kept = candidates[near]
    hours = np.abs(_hours(issue["reported_at"] - kept["reported_at"]))
    same = (kept["category"] == issue["category"]).to_numpy(dtype=bool)
    looks = _look_distances(issue, kept)
    found = pd.DataFrame(
        {
            "issue_id": kept.index.to_numpy(),
            "distance_m": away[near],
            "hours": hours,
            "same_category": same,
            "look_distance": pd.array(looks, dtype="Int64"),
            "score": score(away[near] / within_m, hours / within_hours, same, looks),
        }
    )
    found["why"] = _reasons(found, within_m, within_hours)
    found = found[found["score"] >= least]
    order = ["score", "distance_m", "issue_id"]
    found = found.sort_values(order, ascending=[False, True, True])
    return found.reset_index(drop=True)[COLUMNS]


def score(
    distance: Values, hours: Values, same_category: NDArray[np.bool_], look_distance: Values
) -> Values:
    r"""
    Say how likely pairs of issues are the same; no probability, but in the order of one.

    Parameters
    ----------
    distance, hours
        Shares of the distance and of the time that are looked at, n each; what is beyond 1 counts
        as 1.
    same_category
        Whether the two have the same category, n.
    look_distance
        Bits that differ in the hashes of their photos, n; NaN where one has none.

    Returns
    -------
    numpy.ndarray, shape (n,)
        From 0 to 1. It never falls if the two are nearer in place, time or look, or get the same
        category.

    Notes
    -----
    Place, time and category are weighed, and the same picture overrules what is left of the doubt:

    .. math:: b = 0.45\,(1 - d) + 0.2\,(1 - h) + 0.35\,[\text{same}], \qquad
              s = 1 - (1 - b)\,(1 - 0.9\,p),

    with :math:`p = (11 - \text{bits})/11` for at most 10 bits, else 0. A photo that is not there
    says nothing, and one that differs says nothing either: one thing has many sides.

    Examples
    --------
    The same category on the same spot, three days apart; then with the same picture.

    >>> same = np.array([True, True])
    >>> score(np.zeros(2), np.ones(2), same, np.array([np.nan, 0.0])).round(2).tolist()
    [0.8, 0.98]
    """
    near = 1 - np.clip(distance, 0, 1)
    soon = 1 - np.clip(hours, 0, 1)
    alike = np.maximum(1 - np.nan_to_num(look_distance, nan=64) / (SAME_LOOK + 1), 0)
    weighed = NEAR * near + SOON * soon + SAME * same_category
    return 1 - (1 - weighed) * (1 - PICTURE * alike)


def look_distance(one: str, other: str) -> int:
    """
    Count the bits in which two photos' hashes differ.

    Parameters
    ----------
    one, other
        16 hexadecimal digits each.

    Examples
    --------
    >>> look_distance("00000000000000ff", "000000000000000f")
    4
    """
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _hours(span: pd.Series) -> Values:
    return (span / pd.Timedelta(hours=1)).to_numpy(dtype=np.float64)


def _look_distances(issue: pd.Series, candidates: pd.DataFrame) -> Values:
    """Return the bits between the two most similar photos; NaN where one has none."""
    mine = _looks(issue.get("looks"))
    if not mine or "looks" not in candidates:
        return np.full(len(candidates), np.nan)
    return np.array(
        [
            min((look_distance(a, b) for a in mine for b in _looks(theirs)), default=np.nan)
            for theirs in candidates["looks"]
        ],
        dtype=np.float64,
    )


def _looks(text: object) -> list[str]:
    return text.split() if isinstance(text, str) else []


def _reasons(found: pd.DataFrame, within_m: float, within_hours: float) -> pd.Series:
    """Name what speaks for each: near and soon are what is within half of what is looked at."""
    told = pd.DataFrame(
        {
            "near": found["distance_m"] <= within_m / 2,
            "soon": found["hours"] <= within_hours / 2,
            "same_category": found["same_category"],
            "same_picture": (found["look_distance"] <= SAME_LOOK).fillna(value=False),
        }
    )
    rows = told[list(WHY)].to_numpy(dtype=bool)
    named = [tuple(name for name, holds in zip(WHY, row, strict=True) if holds) for row in rows]
    return pd.Series(named, index=found.index, dtype=object)
