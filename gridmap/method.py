"""
The method line: what a map of hot spots must say about how it was made.

Each sentence is a template and its values, as in `gridmap.errors`: the template is the key of its
translations.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import ndtri

from gridmap.significance import permutations_needed

Statistic: TypeAlias = Literal["gi_star", "local_moran"]
Counting: TypeAlias = Literal["reports", "reporter_days"]
Sentence: TypeAlias = tuple[str, Mapping[str, object]]

NAMES: dict[Statistic, str] = {"gi_star": "Getis-Ord Gi*", "local_moran": "Local Moran's I"}
WEIGHTS: dict[Statistic, str] = {
    "gi_star": "binary, self included",
    "local_moran": "row-standardised",
}
WHAT: dict[Statistic, str] = {
    "gi_star": "Getis-Ord Gi*: each area with its neighbours ({mean_neighbours:.1f} on average) "
    "is compared with all {n_areas} areas.",
    "local_moran": "Local Moran's I: each area is compared with its neighbours "
    "({mean_neighbours:.1f} on average), among {n_areas} areas.",
}
COUNTED = "{n_points} points were counted; {n_nonzero} areas have at least one."
RATED = (
    "{n_points} points were counted and divided by {denominator}; "
    "{n_nonzero} areas have at least one."
)
RATED_BY: dict[str, str] = {
    "residents": "{n_points} points were counted and divided by {exposure:,.0f} residents; "
    "{n_nonzero} areas have at least one.",
    "points": "{n_points} points were counted and divided by {exposure:,.0f} inspection points; "
    "{n_nonzero} areas have at least one.",
    "roads": "{n_points} points were counted and divided by {exposure:,.1f} km of road; "
    "{n_nonzero} areas have at least one.",
    "walked": "{n_points} points were counted and divided by {exposure:,.1f} km that patrols "
    "walked, each patrol counted; {n_nonzero} areas have at least one.",
    "visits": "{n_points} points were counted and divided by {exposure:,.0f} visits of patrols; "
    "{n_nonzero} areas have at least one.",
}
ONLY: dict[str, str] = {
    "citizens": "Only what citizens reported is counted.",
    "inspection": "Only what inspections found is counted.",
    "patrol": "Only what patrols of the responsible units found is counted.",
}
MERGED = "{n_merged} issues were merged into another one and count as that one."
REFUSED = "{n_refused} issues were not filed and are not counted."
REPEATED = (
    "Reports of one reporter in one area on one day count once; {n_repeated} are not counted again."
)
STANDARDISED = (
    "Rates of areas with little to divide by jump. So what is tested is how far each rate lies "
    "from the rate of all, divided by how far it may lie (Assunção and Reis 1999)."
)
SMOOTHED = (
    "Smoothed rates are drawn towards the rate of all, the more so the less an area has to divide "
    "by (empirical Bayes, Marshall 1991)."
)
PERIOD = "They are of {since} to {until}."
LEFT_OUT = (
    "Not counted: {n_on_piles} points on piles of identical coordinates, {n_outside} in no area; "
    "{n_areas_left_out} areas have nothing to divide by."
)
ANALYTIC = "The p-values are two-sided, from the normal distribution."
PERMUTED = "The p-values are two-sided, from {permutations} conditional permutations (seed {seed})."
WITH_FDR = (
    "Significant means: at most {alpha:.0%} of the areas so marked are expected to be marked by "
    "chance (Benjamini-Hochberg; p below {cutoff:.2g})."
)
WITHOUT_FDR = (
    "Significant means p below {alpha:g} for each area by itself, without correction for testing "
    "{n_areas} areas: about {by_chance:.0f} would be marked by chance alone."
)
TOO_SPARSE = (
    "A surrounding holds only {expected:.1f} points on average; p-values from the normal "
    "distribution are then too small. Use permutations."
)
TOO_FEW_PERMUTATIONS = (
    "With {permutations} permutations no p-value can be below {floor:.2g}; one single significant "
    "area among {n_areas} would need {needed}."
)
MOST_PERMUTATIONS = 100_000  # a second of 400 areas; beyond that the caution stands
SKEWED = 120.0  # by simulation: pure noise is marked on one map of ten at most, 36 to 10,000 areas


@dataclass(frozen=True)
class Method:
    """
    How hot spots were found.

    Parameters
    ----------
    name, statistic, weights
        In words; `gi_star` or `local_moran`; how neighbours were weighted.
    alpha, fdr, cutoff
        Level, whether Benjamini-Hochberg was used, and the p-value below which it is significant.
    permutations, seed
        0 permutations: p-values from the normal distribution.
    n_areas, n_nonzero, n_islands, n_areas_left_out
        Areas used, those of them with a point, those without neighbours, and areas not used
        because they have no denominator.
    n_points, n_on_piles, n_outside
        Points counted in the areas used, and points not counted.
    mean_neighbours
        Of the areas used, themselves not counted.
    denominator
        What counts were divided by; None for plain counts.
    period
        First day, and the day after the last; None where the caller did not say.
    input_hash
        SHA-256 of what went in, see `input_hash`.
    exposure
        Of all areas used, what counts were divided by; None for plain counts.
    smoothed
        Whether smoothed rates are told beside the plain ones.
    counting, n_repeated
        ``reports``, or ``reporter_days``, and points that for that reason do not count again.
    n_merged
        Points not counted because they were merged into another one.
    group
        The group of channels that was counted (`gridmap.channels.GROUPS`); None for all.
    n_refused
        Points not counted because they are issues that were not filed.
    """

    name: str
    statistic: Statistic
    weights: str
    alpha: float
    fdr: bool
    cutoff: float
    permutations: int
    seed: int
    n_areas: int
    n_nonzero: int
    n_islands: int
    n_areas_left_out: int
    n_points: int
    n_on_piles: int
    n_outside: int
    mean_neighbours: float
    denominator: str | None
    period: tuple[str, str] | None
    input_hash: str
    exposure: float | None = None
    smoothed: bool = False
    counting: Counting = "reports"
    n_repeated: int = 0
    n_merged: int = 0
    group: str | None = None
    n_refused: int = 0

    @property
    def n_left_out(self) -> int:
        """Points not counted, for whatever reason."""
        aside = self.n_merged + self.n_refused
        return self.n_on_piles + self.n_outside + aside + self.n_repeated

    def sentence(self) -> Sentence:
        """Return the whole method line as one template and its values."""
        parts = self.sentences()
        values = {name: value for _, given in parts for name, value in given.items()}
        return " ".join(template for template, _ in parts), values

    def sentences(self) -> list[Sentence]:
        """Return the method line, sentence by sentence, cautions last."""
        values = {**vars(self), "by_chance": self.alpha * self.n_areas}
        if self.period is not None:
            # a reader takes "to" for the last day itself
            last = date.fromisoformat(self.period[1]) - timedelta(days=1)
            values |= {"since": self.period[0], "until": last.isoformat()}
        left_out = self.n_on_piles or self.n_outside or self.n_areas_left_out
        chosen = [
            WHAT[self.statistic],
            self._counted(),
            *([PERIOD] if self.period is not None else []),
            *([ONLY[self.group]] if self.group is not None else []),
            *([MERGED] if self.n_merged else []),
            *([REFUSED] if self.n_refused else []),
            *([REPEATED] if self.counting == "reporter_days" else []),
            *([LEFT_OUT] if left_out else []),
            *([STANDARDISED] if self.denominator is not None else []),
            *([SMOOTHED] if self.smoothed else []),
            PERMUTED if self.permutations else ANALYTIC,
            WITH_FDR if self.fdr else WITHOUT_FDR,
        ]
        return [(template, values) for template in chosen] + self.cautions()

    def _counted(self) -> str:
        if self.denominator is None:
            return COUNTED
        return RATED_BY.get(self.denominator, RATED)

    def better_permutations(self) -> int:
        """
        Return with how many permutations to look again; 0 where the answer does as it is.

        Where counts are too sparse for the normal distribution, as many as let one single area
        pass the correction, unless that is more than `MOST_PERMUTATIONS`: then a caution stays.
        """
        needed = permutations_needed(self.n_areas + self.n_areas_left_out, self.alpha)
        return needed if self.cautions() and self.permutations < needed <= MOST_PERMUTATIONS else 0

    def cautions(self) -> list[Sentence]:
        """Return what a reader should know before believing the map; often nothing."""
        expected = self.n_points / self.n_areas * (self.mean_neighbours + 1)
        needed = permutations_needed(self.n_areas, self.alpha)
        found: list[Sentence] = []
        if not self.permutations and expected < enough_points(self.n_areas, self.alpha):
            found.append((TOO_SPARSE, {"expected": expected}))
        if self.permutations and self.fdr and self.permutations < needed:
            values = {
                "permutations": self.permutations,
                "floor": 2 / (self.permutations + 1),
                "n_areas": self.n_areas,
                "needed": needed,
            }
            found.append((TOO_FEW_PERMUTATIONS, values))
        return found


def enough_points(n_areas: int, alpha: float) -> float:
    r"""
    Return how many points a surrounding must hold on average for the normal distribution to do.

    Notes
    -----
    The fewer the points :math:`\lambda`, the more skewed their number: at the quantile :math:`z` a
    p-value is off by a factor of about :math:`\exp(z^3 / 6 \sqrt{\lambda})`. What matters is the
    quantile of the smallest p-value of all areas.

    Examples
    --------
    >>> [round(enough_points(n, 0.05)) for n in (100, 400, 10_000)]
    [15, 27, 75]
    """
    return float(ndtri(alpha / (2 * n_areas))) ** 6 / SKEWED


def input_hash(values: pd.DataFrame, weights: csr_array, parameters: Mapping[str, object]) -> str:
    """
    Fingerprint what a statistic was computed from.

    Parameters
    ----------
    values
        One row an area, indexed by code, numbers only.
    weights
        (n, n), in the order of `values`.
    parameters
        Whatever else the answer depends on; plain values.

    Returns
    -------
    str
        SHA-256 in hexadecimal of the parameters as sorted JSON, the column names, the codes, the
        numbers as little-endian 64-bit floats row by row (NaN as one pattern), and the neighbour
        lists as little-endian 64-bit integers; all in the order of the codes, so that the order
        of the rows given does not matter.
    """
    order = np.argsort(values.index.to_numpy().astype(str), kind="stable")
    near = csr_array(weights)[order][:, order]
    near.sort_indices()
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)[order] + 0.0
    numbers[np.isnan(numbers)] = np.nan
    head = {
        "parameters": parameters,
        "columns": list(values),
        "codes": values.index[order].tolist(),
    }
    digest = hashlib.sha256(json.dumps(head, sort_keys=True, default=str).encode())
    digest.update(numbers.astype("<f8").tobytes())
    digest.update(near.indptr.astype("<i8").tobytes())
    digest.update(near.indices.astype("<i8").tobytes())
    return digest.hexdigest()
