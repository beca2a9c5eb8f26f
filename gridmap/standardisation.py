r"""
Standardisation: shares as they would be if everybody had the same work.

What somebody's issues would have come to at the city's rates (their mix of categories and channels
being what it is) is set beside what they came to: indirect standardisation. Small numbers are drawn
towards that expectation by empirical Bayes, so that two issues make neither hero nor laggard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Codes = NDArray[np.int64]
    Values = NDArray[np.float64]

STRATUM_PRIOR = 5.0  # issues: the rate of a rare stratum leans on the city's with so much weight
LEAST_CORRELATION, MOST_CORRELATION = 0.001, 0.5
"""Never wholly sure that all are alike, nor that what others do says nothing."""


@dataclass(frozen=True, eq=False)
class Standardised:
    """
    A share of s subjects.

    Parameters
    ----------
    part, whole
        (s,) how many, of how many.
    expected
        (s,) how many at the city's rates; 0 where the whole is 0.
    city
        The share of the whole city.
    prior
        How many issues the expectation weighs.
    residual
        (n,) of each issue, what it came to beyond its stratum's rate; 0 where it does not count.
    """

    part: Values
    whole: Values
    expected: Values
    city: float
    prior: float
    residual: Values

    @property
    def expected_share(self) -> Values:
        """The share at the city's rates; that of the city where the whole is 0."""
        there = self.whole > 0
        return np.where(there, self.expected / np.where(there, self.whole, 1.0), self.city)

    def posterior(self, part: Values | None = None) -> tuple[Values, Values]:
        r"""
        Return by how much the true share lies above the expected one, and how sure that is.

        Parameters
        ----------
        part
            (s,) or (x, s) instead of what was counted, to see what would be.

        Returns
        -------
        deviation, deviation_sd
            Mean and standard deviation of the posterior, less the expectation.

        Notes
        -----
        With prior :math:`\mathrm{Beta}(m e, m (1 - e))` around the expected share :math:`e`, and
        :math:`x` of :math:`n`, the posterior is :math:`\mathrm{Beta}(m e + x, m (1-e) + n - x)`.
        """
        counted = self.part if part is None else part
        e, weight = self.expected_share, self.prior + self.whole
        mean = np.clip((self.prior * e + counted) / weight, 0.0, 1.0)
        return mean - e, np.sqrt(mean * (1.0 - mean) / (weight + 1.0))


def standardised(
    part: Mask, whole: Mask, subject: Codes, stratum: Codes, subjects: int
) -> Standardised:
    r"""
    Standardise a share.

    Parameters
    ----------
    part, whole
        (n,) which issues count, and of which.
    subject, stratum
        (n,) whose each issue is, from 0 to `subjects` - 1, and its stratum, from 0.
    subjects
        How many there are.

    Notes
    -----
    How much subjects truly differ is the intra-class correlation :math:`\rho` by the method of
    moments (Williams 1982): with :math:`X^2 = \sum (O - E)^2 / V`, whose mean is
    :math:`\sum (1 + (n - 1) \rho)`, and one degree of freedom less than subjects. The weight of
    the prior is :math:`m = 1/\rho - 1`.
    """
    who, kind, hit = subject[whole], stratum[whole], part[whole].astype(np.float64)
    strata = int(stratum.max(initial=-1)) + 1
    city = float(hit.mean()) if len(hit) else 0.0
    seen, hits = np.bincount(kind, minlength=strata), np.bincount(kind, hit, minlength=strata)
    rate = (hits + STRATUM_PRIOR * city) / (seen + STRATUM_PRIOR)
    own = rate[kind]
    weights = (hit, own, own * (1.0 - own))
    counts = [np.bincount(who, w, subjects).astype(np.float64) for w in weights]
    n = np.bincount(who, minlength=subjects).astype(np.float64)
    residual = np.zeros(len(part))
    residual[whole] = hit - own
    return Standardised(counts[0], n, counts[1], city, _prior(n, *counts), residual)


def _prior(n: Values, part: Values, expected: Values, variance: Values) -> float:
    several = variance > 0
    x2 = float(((part - expected)[several] ** 2 / variance[several]).sum())
    spare = max(float((n[several] - 1.0).sum()), 1.0)
    rho = (x2 - max(int(several.sum()) - 1, 0)) / spare
    return 1.0 / min(max(rho, LEAST_CORRELATION), MOST_CORRELATION) - 1.0
