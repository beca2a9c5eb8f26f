"""
Where is it unusual: local Getis-Ord and local Moran.

Weights are as in `gridmap.autocorrelation`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmap.autocorrelation import ROUNDING, deviations, neighbours, numbers
from gridmap.significance import conditional_permutations, two_sided

QUADRANTS = ("high-high", "low-high", "low-low", "high-low")  # itself - its neighbours


def getis_ord(
    values: pd.Series,
    weights: csr_array,
    *,
    star: bool = True,
    row_standardised: bool = False,
    permutations: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    r"""
    Find where high values gather and where low ones: local Gi and Gi*.

    Parameters
    ----------
    values
        One number an area, (n,), none missing.
    weights
        (n, n), see `gridmap.autocorrelation`.
    star
        Whether an area belongs to its own surroundings (Gi*).
    row_standardised
        Divide by the number of neighbours, as ``esda.G_Local(transform="R")`` does. That score
        takes the divided weights for binary ones and so is too small; it is here for comparison.
    permutations, seed
        Conditional permutations for `p_sim`; none by default.

    Returns
    -------
    pandas.DataFrame, on the index of `values`
        ``z``; ``p``, two-sided; ``p_sim``, two-sided from the permutations (NaN without them);
        ``tail``, the side of the permutations it is on. Gi* of an area without neighbours is its
        own score and has no `p_sim`; Gi of one is NaN.

    Raises
    ------
    InvalidError
        If a value is missing, or the weights do not fit.

    Notes
    -----
    Ord and Getis (1995), with :math:`W_i = \sum_j w_{ij}`, and mean :math:`\bar x` and
    deviation :math:`s` over all areas for Gi*, over all but *i* for Gi (then *n* is one less):

    .. math:: z_i = \frac{\sum_j w_{ij} x_j - W_i \bar x}{s \sqrt{W_i (n - W_i) / (n - 1)}}

    Examples
    --------
    >>> line = csr_array(np.diag([1.0, 1.0], 1) + np.diag([1.0, 1.0], -1))
    >>> getis_ord(pd.Series([1.0, 2.0, 6.0]), line)["z"].round(3).tolist()
    [-1.389, nan, 0.926]
    """
    x = numbers(values)
    near = neighbours(weights, len(x))
    deviation = deviations(x)
    count = np.diff(near.indptr) + float(star)
    around = near @ deviation + (deviation if star else 0.0)
    n, mean, variance = _population(deviation, without_self=not star)
    if row_standardised:
        with np.errstate(invalid="ignore", divide="ignore"):
            around, count = around / count, np.where(count > 0, 1.0, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (around - count * mean) / np.sqrt(variance * count * (n - count) / (n - 1))
    z[~np.isfinite(z)] = np.nan
    answer = pd.DataFrame({"z": z, "p": two_sided(z)}, index=values.index)
    return answer.assign(**_simulated(x, near, permutations, seed))


def local_moran(
    values: pd.Series,
    weights: csr_array,
    *,
    permutations: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    r"""
    Find areas that are like their neighbours, and areas that are unlike them: local Moran.

    Parameters
    ----------
    values
        One number an area, (n,), none missing.
    weights
        (n, n), see `gridmap.autocorrelation`; each row is divided by its number of neighbours.
    permutations, seed
        Conditional permutations for `p_sim`; none by default.

    Returns
    -------
    pandas.DataFrame, on the index of `values`
        ``i``; ``z`` and two-sided ``p`` under conditional randomisation; ``quadrant``, one of
        `QUADRANTS`; ``p_sim`` and ``tail`` as in `getis_ord`. Areas without neighbours are left
        out of everything: NaN.

    Raises
    ------
    InvalidError
        As `getis_ord`.

    Notes
    -----
    Anselin (1995), scaled as in esda: with standardised values :math:`z` and the mean
    :math:`\ell_i` of an area's :math:`k_i` neighbours, :math:`I_i = \frac{n-1}{n} z_i \ell_i`.
    The score is the exact one of Sokal et al. (1998, A7 and A8): given :math:`z_i`, the mean of
    :math:`k` others has mean :math:`-z_i/(n-1)` and variance
    :math:`\frac{n}{n-2}\left(\frac1k - \frac1{n-1}\right)\left(1 - \frac{z_i^2}{n-1}\right)`.
    """
    x = numbers(values)
    near = neighbours(weights, len(x))
    kept = np.diff(near.indptr) > 0
    x, near = x[kept], near[kept][:, kept]
    n, count = len(x), np.diff(near.indptr)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = deviations(x)
        own /= np.sqrt((own**2).sum() / n)
        lag = (near @ own) / count
        rest = 1 - own**2 / (n - 1)
        rest[rest < n * ROUNDING] = np.nan  # all others are equal
        spread = n / (n - 2) * (1 / count - 1 / (n - 1)) * rest
        z = np.sign(own) * (lag + own / (n - 1)) / np.sqrt(spread)
    z[~np.isfinite(z)] = np.nan
    quadrant = np.select(
        [(own > 0) & (lag > 0), (own <= 0) & (lag > 0), (own <= 0), (own > 0)],
        QUADRANTS,
        default="",
    )
    answer = pd.DataFrame(
        {
            "i": (n - 1) / max(n, 1) * own * lag,
            "z": z,
            "p": two_sided(z),
            "quadrant": pd.Series(quadrant, dtype="str").replace("", None).to_numpy(),
            **_simulated(x, near, permutations, seed),
        },
        index=values.index[kept],
    ).astype({"quadrant": "str"})
    return answer.reindex(values.index).fillna({"tail": 0}).astype({"tail": "int8"})


def _population(
    deviation: NDArray[np.float64], *, without_self: bool
) -> tuple[int, NDArray[np.float64] | float, NDArray[np.float64] | float]:
    """Return size, mean and variance of the areas that one area is compared with."""
    n, square = len(deviation), deviation**2
    if not without_self:
        return n, 0.0, float(square.mean()) if n else 0.0
    mean = -deviation / max(n - 1, 1)
    variance = (square.sum() - square) / max(n - 1, 1) - mean**2
    return n - 1, mean, np.where(variance > ROUNDING * square.sum(), variance, 0.0)


def _simulated(
    x: NDArray[np.float64], near: csr_array, permutations: int, seed: int
) -> dict[str, NDArray[np.float64] | NDArray[np.int8]]:
    if permutations == 0:
        return {"p_sim": np.full(len(x), np.nan), "tail": np.zeros(len(x), dtype=np.int8)}
    permuted = conditional_permutations(x, near, permutations, seed)
    return {"p_sim": permuted.p, "tail": permuted.tail}
