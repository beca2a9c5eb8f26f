"""
Hot spots: where points gather more than chance explains, with the method stated.

From points to hot spots a caller goes ``piles → locate → count → hotspots``. Significance is
corrected for testing many areas unless asked otherwise, and noise is refused, not drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmap.autocorrelation import neighbours
from gridmap.counts import NO_PILES, Counts, count
from gridmap.errors import InvalidError, TooLittleDataError
from gridmap.local_autocorrelation import getis_ord, local_moran
from gridmap.method import NAMES, WEIGHTS, Method, Statistic, input_hash
from gridmap.significance import false_discovery
from gridmap.smoothing import smoothed, standardised

__all__ = ["Counts", "HotSpots", "Method", "count", "hotspots"]

MINIMUM_AREAS = 30
MINIMUM_NONZERO = 5
CLASS_ALPHA = ((1, 0.10), (2, 0.05), (3, 0.01))  # Esri's bins: 90, 95 and 99 %


@dataclass(frozen=True)
class HotSpots:
    """
    Hot and cold spots, and how they were found.

    Parameters
    ----------
    table
        The areas in the order given, with ``count``; ``rate`` (count by denominator; the count
        itself where there is none); of rates ``exposure``, the denominator, and ``deviation``, what
        is tested (`gridmap.smoothing.standardised`), and ``smoothed`` where asked for; ``z``,
        ``p`` and ``p_sim`` (two-sided); ``class`` from −3
        (cold, 99 %) over 0 to +3 (hot, 99 %); ``significant`` at the method's alpha; ``left_out``,
        true where there is nothing to divide by, and then no score. Local Moran adds ``i`` and
        ``quadrant``: a significant area that is unlike its neighbours has class 0.
    method
        Everything the method line needs.
    piles
        Piles of identical coordinates among the points, counted or not.
    """

    table: gpd.GeoDataFrame
    method: Method
    piles: pd.DataFrame


def hotspots(  # noqa: PLR0913 - each is a choice that the method line reports
    areas: gpd.GeoDataFrame,
    counts: Counts | pd.Series,
    *,
    weights: csr_array,
    denominator: pd.Series | None = None,
    statistic: Statistic = "gi_star",
    alpha: float = 0.05,
    fdr: bool = True,
    permutations: int = 0,
    seed: int = 0,
    period: tuple[date, date] | None = None,
    smooth: bool = False,
) -> HotSpots:
    """
    Find hot and cold spots among areas.

    Parameters
    ----------
    areas
        Areas indexed by code; their geometry is passed through.
    counts
        Answer of `count`, or a series of counts on the areas' index.
    weights
        (n, n) in the order of the areas, non-zero where they are neighbours, no diagonal.
    denominator
        What each count is divided by: residents, km of road, inspection points; a series by code,
        whose name is shown. Areas where it is missing or not positive are left out, and listed.
    statistic
        ``gi_star`` or ``local_moran``.
    alpha
        Level of ``significant``.
    fdr
        Correct for the number of areas (Benjamini-Hochberg).
    permutations, seed
        Conditional permutations to take the p-values from; 0 for the normal distribution.
    period
        First day, and the day after the last, of the points; for the method line.
    smooth
        Tell smoothed rates too (`gridmap.smoothing.smoothed`).

    Returns
    -------
    HotSpots

    Raises
    ------
    TooLittleDataError
        If fewer than 30 areas are left, fewer than 5 of them have a point, or all are equal.
    InvalidError
        If a count is missing or negative, the weights do not fit, or counts are to be smoothed
        that are divided by nothing.

    Notes
    -----
    Rates of unequal exposures are unequally uncertain: tested as they are, chance alone would make
    hot spots where exposures are small. What is tested is their standardised deviation.
    With `fdr`, the classes ±3, ±2, ±1 are Benjamini-Hochberg at 0.01, 0.05 and 0.10; without,
    they are p below these. With permutations, an area is hot or cold only where its own score and
    the tail that its neighbours are in agree. The answer does not depend on the order of the rows.
    """
    asked = _checked(_Asked(statistic, alpha, fdr, permutations, seed))
    counted = _as_counts(counts, areas)
    near = neighbours(weights, len(areas))
    values = _rates(counted.per_area, denominator, smooth=smooth)
    tested = "rate" if denominator is None else "deviation"
    # In the order of the codes, so that a seed means the same however the rows come.
    kept = np.argsort(areas.index.to_numpy().astype(str), kind="stable")
    kept = kept[values["rate"].notna().to_numpy()[kept]]
    used, near_used = values.iloc[kept], near[kept][:, kept]
    _refuse_noise(used)

    scores, cutoff = _classify(SCORES[statistic](used[tested], near_used, asked), asked)
    method = Method(
        name=NAMES[statistic],
        weights=WEIGHTS[statistic],
        cutoff=cutoff,
        n_areas_left_out=len(areas) - len(used),
        denominator=None if denominator is None else str(denominator.name or "denominator"),
        period=None if period is None else (period[0].isoformat(), period[1].isoformat()),
        input_hash=input_hash(values, near, asked._asdict()),
        exposure=None if denominator is None else float(used["exposure"].sum()),
        smoothed=smooth,
        **_facts(counted, used, near_used),
        **asked._asdict(),
    )
    return HotSpots(table=_table(areas, values, scores), method=method, piles=counted.piles)


class _Asked(NamedTuple):
    statistic: Statistic
    alpha: float
    fdr: bool
    permutations: int
    seed: int


def _checked(asked: _Asked) -> _Asked:
    if asked.statistic not in SCORES:
        msg = "There is no statistic {statistic}; there are {statistics}."
        raise InvalidError(msg, statistic=asked.statistic, statistics=", ".join(SCORES))
    return asked


def _facts(counted: Counts, used: pd.DataFrame, near: csr_array) -> dict[str, Any]:
    """Return what the method line says of the points and of the areas that were tested."""
    degree = np.diff(near.indptr)
    return {
        "n_areas": len(used),
        "n_nonzero": int((used["count"] > 0).sum()),
        "n_islands": int((degree == 0).sum()),
        "mean_neighbours": float(degree.mean()),
        "n_points": int(used["count"].sum()),
        "n_on_piles": counted.n_on_piles,
        "n_outside": counted.n_outside,
        "n_merged": counted.n_merged,
        "n_refused": counted.n_refused,
        "n_repeated": counted.n_repeated,
    }


def _as_counts(counts: Counts | pd.Series, areas: gpd.GeoDataFrame) -> Counts:
    if isinstance(counts, Counts):
        per_area, given = counts.per_area.reindex(areas.index), counts
    else:
        per_area, given = counts.reindex(areas.index), None
    if wrong := int((per_area.isna() | (per_area < 0)).sum()):
        msg = "{wrong} of {n} areas have no count, or a negative one."
        raise InvalidError(msg, wrong=wrong, n=len(areas))
    per_area = per_area.rename("count")
    if given is not None:
        return replace(given, per_area=per_area)
    return Counts(per_area, int(per_area.sum()), n_on_piles=0, n_outside=0, piles=NO_PILES)


def _rates(per_area: pd.Series, denominator: pd.Series | None, *, smooth: bool) -> pd.DataFrame:
    values = per_area.to_frame()
    if denominator is None:
        if smooth:
            msg = "Only rates can be smoothed: say what counts are divided by."
            raise InvalidError(msg)
        return values.assign(rate=per_area.astype("float64"))
    exposure = denominator.reindex(per_area.index).astype("float64")
    exposure = exposure.where(np.isfinite(exposure) & (exposure > 0))
    values = values.assign(rate=per_area / exposure, exposure=exposure)
    some = values[exposure.notna()]
    if some.empty:
        return values.assign(deviation=np.nan, **({"smoothed": np.nan} if smooth else {}))
    given = some["count"], some["exposure"]
    more = [standardised(*given), *([smoothed(*given)] if smooth else [])]
    return values.join(more)


def _refuse_noise(used: pd.DataFrame) -> None:
    n_nonzero = int((used["count"] > 0).sum())
    if len(used) < MINIMUM_AREAS or n_nonzero < MINIMUM_NONZERO:
        msg = (
            "Hot spots need at least {minimum_areas} areas, {minimum_nonzero} of them with a "
            "point; here are {n_areas}, {n_nonzero} of them with a point."
        )
        raise TooLittleDataError(
            msg,
            minimum_areas=MINIMUM_AREAS,
            minimum_nonzero=MINIMUM_NONZERO,
            n_areas=len(used),
            n_nonzero=n_nonzero,
        )
    if (used["rate"] == used["rate"].iloc[0]).all():
        msg = "All {n_areas} areas have the same value ({value}); there is nothing to find."
        raise TooLittleDataError(msg, n_areas=len(used), value=float(used["rate"].iloc[0]))


def _gi_star(rate: pd.Series, near: csr_array, asked: _Asked) -> pd.DataFrame:
    scores = getis_ord(rate, near, permutations=asked.permutations, seed=asked.seed)
    side = np.sign(scores["z"]).fillna(0.0)
    if asked.permutations:
        side = side.where(side == scores["tail"], 0.0)
    return scores.assign(side=side, spot=side != 0)


def _local_moran(rate: pd.Series, near: csr_array, asked: _Asked) -> pd.DataFrame:
    scores = local_moran(rate, near, permutations=asked.permutations, seed=asked.seed)
    side = scores["quadrant"].map({"high-high": 1.0, "low-low": -1.0}).fillna(0.0)
    return scores.assign(side=side, spot=scores["quadrant"].notna())


SCORES: dict[Statistic, Callable[[pd.Series, csr_array, _Asked], pd.DataFrame]] = {
    "gi_star": _gi_star,
    "local_moran": _local_moran,
}


def _classify(scores: pd.DataFrame, asked: _Asked) -> tuple[pd.DataFrame, float]:
    p = scores["p_sim" if asked.permutations else "p"].to_numpy()
    level = np.zeros(len(p), dtype=np.int8)
    for step, alpha in CLASS_ALPHA:
        level[_decide(p, alpha, fdr=asked.fdr)[1]] = step
    cutoff, significant = _decide(p, asked.alpha, fdr=asked.fdr)
    classed = scores.drop(columns=["tail", "side", "spot"])
    classed["class"] = (level * scores["side"]).astype("int8")
    classed["significant"] = significant & scores["spot"]
    return classed, cutoff


def _decide(p: NDArray[np.float64], alpha: float, *, fdr: bool) -> tuple[float, NDArray[np.bool_]]:
    return false_discovery(p, alpha) if fdr else (alpha, p < alpha)


def _table(areas: gpd.GeoDataFrame, values: pd.DataFrame, scores: pd.DataFrame) -> gpd.GeoDataFrame:
    scored = scores.reindex(areas.index)
    scored["class"] = scored["class"].fillna(0).astype("int8")
    scored["significant"] = scored["significant"].eq(other=True)
    added = values.join(scored).assign(left_out=values["rate"].isna())
    return areas.drop(columns=added.columns, errors="ignore").join(added)
