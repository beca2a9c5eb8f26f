"""
Emerging hot spots: where it is getting worse, where it begins, and where it was bad before.

Each area in each step of time is compared with all areas in all steps, together with its
neighbours in this step and the steps just before; how these verdicts follow one another gives each
area its pattern (`gridmap.patterns`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, kron, sparray
from scipy.sparse import eye_array as eye

from gridmap.autocorrelation import ROUNDING, neighbours
from gridmap.errors import InvalidError, TooLittleDataError
from gridmap.hotspots import CLASS_ALPHA, MINIMUM_AREAS, MINIMUM_NONZERO
from gridmap.method import Sentence, enough_points, input_hash
from gridmap.patterns import NONE, patterns
from gridmap.significance import conditional_permutations, false_discovery, two_sided
from gridmap.trends import directions, mann_kendall, sens_slope

MINIMUM_STEPS = 10
MOST_STEPS = 120
WHAT = (
    "Getis-Ord Gi* in space and time: each area with its neighbours ({mean_neighbours:.1f} on "
    "average), in a step and {lags} before it, is compared with all {n_areas} areas in all "
    "{n_steps} steps, by points per day; what grows in the whole city is hot everywhere at the end."
)
COUNTED = "{n_points} points were counted; {n_nonzero} areas have at least one."
LEFT_OUT = "Not counted: {n_on_piles} on piles of identical coordinates, {n_outside} in no area."
ANALYTIC = "The p-values are two-sided, from the normal distribution."
PERMUTED = "The p-values are two-sided, from {permutations} conditional permutations (seed {seed})."
CORRECTED = (
    "Hot or cold means: at most {alpha:.0%} of what is so marked, in all steps together, is "
    "expected to be marked by chance (Benjamini-Hochberg; p below {cutoff:.2g})."
)
TRENDED = (
    "A trend of the scores is one where Mann and Kendall's test has p below {alpha:g}; patterns "
    "are those of Esri's Emerging Hot Spot Analysis."
)
TOO_SPARSE = (
    "A surrounding holds only {expected:.1f} points on average; p-values from the normal "
    "distribution are then too small, and some of what is marked is noise. Take longer steps."
)


@dataclass(frozen=True)
class EmergingMethod:
    """
    How emerging hot spots were found.

    Parameters
    ----------
    n_areas, n_steps, n_nonzero, n_islands
        Areas and steps compared, areas with any point, areas without neighbours.
    n_points, n_on_piles, n_outside
        Points counted, and points not counted.
    lags
        How many steps before its own belong to an area's surroundings.
    alpha, cutoff
        Level, and the p-value below which an area is hot or cold in a step.
    permutations, seed
        0 permutations: p-values from the normal distribution.
    mean_neighbours
        In one step, the area itself not counted.
    input_hash
        SHA-256 of what went in, see `gridmap.method.input_hash`.
    """

    n_areas: int
    n_steps: int
    n_nonzero: int
    n_islands: int
    n_points: int
    n_on_piles: int
    n_outside: int
    lags: int
    alpha: float
    cutoff: float
    permutations: int
    seed: int
    mean_neighbours: float
    input_hash: str

    def sentences(self) -> list[Sentence]:
        """Return the method line, sentence by sentence, cautions last."""
        values = asdict(self)
        left = [LEFT_OUT] if self.n_on_piles or self.n_outside else []
        drawn = PERMUTED if self.permutations else ANALYTIC
        chosen = [WHAT, COUNTED, *left, drawn, CORRECTED, TRENDED]
        return [(template, values) for template in chosen] + self.cautions()

    def cautions(self) -> list[Sentence]:
        """Return what a reader should know before believing the map; often nothing."""
        bins = self.n_areas * self.n_steps
        around = (self.mean_neighbours + 1) * (self.lags + 1)
        expected = self.n_points / bins * around
        if self.permutations or expected >= enough_points(bins, self.alpha):
            return []
        return [(TOO_SPARSE, {"expected": expected})]


@dataclass(frozen=True, eq=False)
class Emerging:
    """
    Patterns of areas over time, and what they were read from.

    Parameters
    ----------
    table
        The areas in the order given, with ``count`` (of all steps), ``pattern`` (one of
        `gridmap.patterns.PATTERNS`), ``hot_steps``, ``cold_steps``, ``trend_z``, ``trend_p``,
        ``slope`` (of the scores, per step), ``last_z``, and ``last_side`` (+1 hot, −1 cold).
    counts, z, classes
        Areas by steps: points; scores; classes from −3 (cold, 99 %) over 0 to +3 (hot, 99 %).
    method
        Everything the method line needs.
    """

    table: gpd.GeoDataFrame
    counts: pd.DataFrame
    z: pd.DataFrame
    classes: pd.DataFrame
    method: EmergingMethod


@dataclass(frozen=True)
class Choices:
    """
    What is chosen about the statistic.

    Parameters
    ----------
    lags
        Steps before its own that belong to an area's surroundings; 1 as with Esri and sfdep.
    alpha
        At which an area is hot or cold in a step, and at which its trend is certain.
    permutations, seed
        Conditional permutations to take the p-values from; 0 for the normal distribution.
    """

    lags: int = 1
    alpha: float = 0.05
    permutations: int = 0
    seed: int = 0


def emerging(
    areas: gpd.GeoDataFrame,
    counts: pd.DataFrame,
    *,
    weights: csr_array,
    days: pd.Series | None = None,
    choices: Choices | None = None,
    left_out: tuple[int, int] = (0, 0),
) -> Emerging:
    """
    Find how hot and cold spots come, stay and go.

    Parameters
    ----------
    areas
        Areas indexed by code; their geometry is passed through.
    counts
        Points of each area (rows, on the index of `areas`) in each step (columns, in the order of
        time).
    weights
        (n, n) in the order of the areas, non-zero where they are neighbours, no diagonal.
    days
        Length of each step, on the columns of `counts`: counts are compared per day. Equal if
        left out.
    choices
        About the statistic.
    left_out
        Points on piles and outside every area, for the method line.

    Returns
    -------
    Emerging

    Raises
    ------
    TooLittleDataError
        If there are fewer than 30 areas, 10 steps, or 5 areas with a point, or all are equal.
    InvalidError
        If a count is missing or negative, the steps are too many, or the weights do not fit.
    """
    asked = choices or Choices()
    numbers = _checked(areas, counts)
    lengths = np.ones(counts.shape[1]) if days is None else days.reindex(counts.columns).to_numpy()
    rates = numbers / lengths
    near = neighbours(weights, len(areas))
    _refuse_noise(rates)
    z = space_time_scores(rates, near, asked.lags)
    p, side = two_sided(z), np.sign(z)
    if asked.permutations:
        p, side = _permuted(rates, near, asked, side)
    classes, marked, cutoff = _decided(p, side, asked.alpha)
    made_of = pd.DataFrame(rates, index=areas.index)
    method = EmergingMethod(
        **_facts(numbers, near),
        n_on_piles=left_out[0],
        n_outside=left_out[1],
        cutoff=cutoff,
        input_hash=input_hash(made_of, near, asdict(asked)),
        **asdict(asked),
    )
    framed = {"index": areas.index, "columns": counts.columns}
    scores = pd.DataFrame(z, **framed)
    return Emerging(
        table=_table(areas, counts, scores, pd.DataFrame(marked, **framed), asked.alpha),
        counts=counts,
        z=scores,
        classes=pd.DataFrame(classes, **framed),
        method=method,
    )


def space_time_scores(
    values: NDArray[np.float64], near: csr_array, lags: int
) -> NDArray[np.float64]:
    r"""
    Return Gi* of every area in every step, compared with all areas in all steps.

    Parameters
    ----------
    values
        (n, t), one row an area, one column a step.
    near
        (n, n), answer of `gridmap.autocorrelation.neighbours`.
    lags
        Steps before its own that belong to an area's surroundings; of the first steps, those that
        there are.

    Returns
    -------
    numpy.ndarray, (n, t)
        NaN where all values are equal.

    Notes
    -----
    `gridmap.local_autocorrelation.getis_ord` of the values as one list, with the weights of
    `space_time_neighbours`, without those weights ever being made.
    """
    deviation = values - values.mean()
    deviation[np.abs(deviation) <= ROUNDING * np.abs(values).max(initial=0.0)] = 0.0
    now = near @ deviation + deviation
    around = now.copy()
    for lag in range(1, min(lags, values.shape[1] - 1) + 1):
        around[:, lag:] += now[:, :-lag]
    seen = np.minimum(np.arange(values.shape[1]), lags) + 1
    count = (np.diff(near.indptr) + 1.0)[:, np.newaxis] * seen
    n = values.size
    variance = float((deviation**2).mean())
    with np.errstate(invalid="ignore", divide="ignore"):
        z = around / np.sqrt(variance * count * (n - count) / (n - 1))
    z[~np.isfinite(z)] = np.nan
    return z


def space_time_neighbours(near: csr_array, steps: int, lags: int) -> csr_array:
    """
    Return the neighbours of areas in steps, as one matrix.

    Parameters
    ----------
    near
        (n, n), neighbours in one step.
    steps, lags
        How many steps, and how many of those before its own are around an area.

    Returns
    -------
    scipy.sparse.csr_array, (n · steps, n · steps)
        Area i in step t is row ``i · steps + t``; the area itself in steps before is a neighbour.
    """
    back: sparray = csr_array((steps, steps))
    for lag in range(1, min(lags, steps - 1) + 1):
        back = back + eye(steps, k=-lag)
    own = eye(near.shape[0])
    return csr_array(kron(near, eye(steps) + back) + kron(own, back))


def _facts(numbers: NDArray[np.float64], near: csr_array) -> dict[str, Any]:
    """Return what the method line says of the points and of the areas."""
    degree = np.diff(near.indptr)
    return {
        "n_areas": numbers.shape[0],
        "n_steps": numbers.shape[1],
        "n_nonzero": int((numbers > 0).any(axis=1).sum()),
        "n_islands": int((degree == 0).sum()),
        "n_points": int(numbers.sum()),
        "mean_neighbours": float(degree.mean()),
    }


def _checked(areas: gpd.GeoDataFrame, counts: pd.DataFrame) -> NDArray[np.float64]:
    numbers = counts.reindex(areas.index).to_numpy(dtype=np.float64, na_value=np.nan)
    if wrong := int((~(numbers >= 0)).any(axis=1).sum()):
        msg = "{wrong} of {n} areas have no count, or a negative one."
        raise InvalidError(msg, wrong=wrong, n=len(areas))
    require_few(counts.shape[1])
    return numbers


def require_few(steps: int) -> None:
    """
    Refuse more steps than a map can show.

    Raises
    ------
    InvalidError
        If there are more than `MOST_STEPS`.
    """
    if steps > MOST_STEPS:
        msg = "{n} steps are too many; take longer ones, or a shorter period, for {most} at most."
        raise InvalidError(msg, n=steps, most=MOST_STEPS)


def _refuse_noise(values: NDArray[np.float64]) -> None:
    n_areas, n_steps = values.shape
    n_nonzero = int((values > 0).any(axis=1).sum())
    if n_areas < MINIMUM_AREAS or n_steps < MINIMUM_STEPS or n_nonzero < MINIMUM_NONZERO:
        msg = (
            "Emerging hot spots need at least {minimum_areas} areas, {minimum_nonzero} of them "
            "with a point, and {minimum_steps} whole steps; here are {n_areas} areas, {n_nonzero} "
            "of them with a point, and {n_steps} steps."
        )
        raise TooLittleDataError(
            msg,
            minimum_areas=MINIMUM_AREAS,
            minimum_nonzero=MINIMUM_NONZERO,
            minimum_steps=MINIMUM_STEPS,
            n_areas=n_areas,
            n_nonzero=n_nonzero,
            n_steps=n_steps,
        )
    if (values == values.flat[0]).all():
        msg = "All {n_areas} areas have the same value ({value}); there is nothing to find."
        raise TooLittleDataError(msg, n_areas=n_areas, value=float(values.flat[0]))


def _permuted(
    values: NDArray[np.float64], near: csr_array, asked: Choices, side: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    around = space_time_neighbours(near, values.shape[1], asked.lags)
    found = conditional_permutations(values.ravel(), around, asked.permutations, asked.seed)
    agreed = np.where(found.tail.reshape(side.shape) == side, side, 0.0)
    return found.p.reshape(values.shape), agreed


def _decided(
    p: NDArray[np.float64], side: NDArray[np.float64], alpha: float
) -> tuple[NDArray[np.int8], NDArray[np.int8], float]:
    """Return classes, sides at a level, and the p-value of that level, of all steps together."""
    flat = p.ravel()
    level = np.zeros(len(flat))
    for step, at in CLASS_ALPHA:
        level[false_discovery(flat, at)[1]] = step
    cutoff, significant = false_discovery(flat, alpha)
    turned = np.nan_to_num(side)
    classes = (level.reshape(p.shape) * turned).astype(np.int8)
    return classes, (significant.reshape(p.shape) * turned).astype(np.int8), cutoff


def _table(
    areas: gpd.GeoDataFrame,
    counts: pd.DataFrame,
    z: pd.DataFrame,
    sides: pd.DataFrame,
    alpha: float,
) -> gpd.GeoDataFrame:
    trend = mann_kendall(z.to_numpy())
    rising = pd.Series(directions(trend, alpha), index=areas.index)
    last = z.columns[-1]
    return areas.assign(
        count=counts.reindex(areas.index).sum(axis=1).astype("int64"),
        pattern=patterns(sides, rising),
        hot_steps=(sides > 0).sum(axis=1),
        cold_steps=(sides < 0).sum(axis=1),
        trend_z=trend.z,
        trend_p=trend.p,
        slope=sens_slope(z.to_numpy()),
        last_z=z[last],
        last_side=sides[last],
    )


def tally(table: pd.DataFrame) -> dict[str, int]:
    """Return how many areas have each pattern that any has, none of them left out."""
    found = table["pattern"].value_counts()
    return {str(name): int(n) for name, n in found.items() if name != NONE}
