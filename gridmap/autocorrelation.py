"""
Does it depend on where: global Moran's I and global G, and the checks that all weights pass.

Weights are a sparse (n, n) array in the order of the values, non-zero where two areas are
neighbours, without a diagonal. Only *whether* they are neighbours counts, not the number stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import ndtr

from gridmap.errors import InvalidError
from gridmap.significance import two_sided

ROUNDING = 1e-12  # what is relatively smaller is the rounding of a nought


@dataclass(frozen=True)
class Moran:
    """
    Global Moran's I and its moments (Cliff and Ord 1981).

    Parameters
    ----------
    i, expected
        The statistic, and its mean where place does not matter.
    variance_norm, z_norm, p_norm
        If the values are draws of one normal distribution.
    variance_rand, z_rand, p_rand
        If the values given were dealt out at random.
    n, n_islands
        Areas used, and areas left out because they have no neighbour.
    """

    i: float
    expected: float
    variance_norm: float
    z_norm: float
    p_norm: float
    variance_rand: float
    z_rand: float
    p_rand: float
    n: int
    n_islands: int


@dataclass(frozen=True)
class GetisOrdGeneral:
    """
    Global G (Getis and Ord 1992): are high values beside high values.

    Parameters
    ----------
    g, expected, variance, z, p
        The statistic, its moments under randomisation, its score and p-value.
    """

    g: float
    expected: float
    variance: float
    z: float
    p: float


def neighbours(weights: csr_array, n: int) -> csr_array:
    """
    Return the weights as ones, checked.

    Parameters
    ----------
    weights
        Any sparse (n, n) array without a diagonal.
    n
        Number of areas.

    Raises
    ------
    InvalidError
        If the shape is another, or an area is its own neighbour.
    """
    if weights.shape != (n, n):
        msg = "The weights are {rows} by {columns}; {n} areas need {n} by {n}."
        raise InvalidError(msg, rows=weights.shape[0], columns=weights.shape[1], n=n)
    pattern = csr_array(weights, dtype=np.float64, copy=True)
    pattern.sum_duplicates()
    pattern.eliminate_zeros()
    if own := int(np.count_nonzero(pattern.diagonal())):
        msg = "Weights go without a diagonal; {own} areas are their own neighbours."
        raise InvalidError(msg, own=own)
    pattern.data[:] = 1.0
    return pattern


def numbers(values: pd.Series) -> NDArray[np.float64]:
    """
    Return the values as floats, checked.

    Raises
    ------
    InvalidError
        If one is missing or not finite.
    """
    x = values.to_numpy(dtype=np.float64, na_value=np.nan)
    if missing := int((~np.isfinite(x)).sum()):
        msg = "{missing} of {n} values are missing or not finite; leave those areas out first."
        raise InvalidError(msg, missing=missing, n=len(x))
    return x


def deviations(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances from the mean, without the rounding that equal values leave."""
    if len(x) == 0:
        return x
    distance = x - x.mean()
    distance[np.abs(distance) <= ROUNDING * np.abs(x).max()] = 0.0
    return distance


def moran(
    values: pd.Series,
    weights: csr_array,
    *,
    row_standardised: bool = True,
    both_sides: bool = True,
) -> Moran:
    r"""
    Measure whether neighbours are alike over the whole map: global Moran's I.

    Parameters
    ----------
    values
        One number an area, (n,), none missing.
    weights
        (n, n), see the module. Areas without neighbours are left out.
    row_standardised
        Divide each row by its number of neighbours.
    both_sides
        Two-sided p-values; else those of the side the statistic is on.

    Returns
    -------
    Moran

    Raises
    ------
    InvalidError
        As `neighbours` and `numbers`.

    Notes
    -----
    With deviations :math:`d` from the mean and :math:`S_0 = \sum_{ij} w_{ij}`,

    .. math:: I = \frac{n}{S_0} \frac{\sum_{ij} w_{ij} d_i d_j}{\sum_i d_i^2}.
    """
    x = numbers(values)
    near = neighbours(weights, len(x))
    kept = np.diff(near.indptr) > 0
    x, near = x[kept], near[kept][:, kept]
    n = len(x)
    if row_standardised:
        near = near.multiply(1.0 / np.diff(near.indptr)[:, np.newaxis]).tocsr()
    d = deviations(x)
    sums = _weight_sums(near)
    with np.errstate(invalid="ignore", divide="ignore"):
        i = n / sums[0] * (d @ (near @ d)) / np.float64((d**2).sum())
        expected = -1.0 / np.float64(n - 1)
        norm, rand = _moran_variances(d, sums, expected)
        z = (i - expected) / np.sqrt([norm, rand])
    p = two_sided(z) if both_sides else ndtr(-np.abs(z))
    return Moran(
        i=float(i),
        expected=float(expected),
        variance_norm=float(norm),
        z_norm=float(z[0]),
        p_norm=float(p[0]),
        variance_rand=float(rand),
        z_rand=float(z[1]),
        p_rand=float(p[1]),
        n=n,
        n_islands=int((~kept).sum()),
    )


def getis_ord_general(
    values: pd.Series, weights: csr_array, *, both_sides: bool = True
) -> GetisOrdGeneral:
    r"""
    Measure whether high values gather anywhere on the map: global G.

    Parameters
    ----------
    values
        One number an area, (n,), none missing, none negative.
    weights
        (n, n), see the module; binary.
    both_sides
        Two-sided p-value; else that of the side the statistic is on.

    Returns
    -------
    GetisOrdGeneral

    Raises
    ------
    InvalidError
        As `neighbours` and `numbers`, or if a value is negative.

    Notes
    -----
    :math:`G = \sum_{ij} w_{ij} x_i x_j / \sum_{i \ne j} x_i x_j`; moments of Getis and Ord (1992).
    """
    x = numbers(values)
    if (x < 0).any():
        msg = "Global G needs values that are not negative; the lowest is {lowest}."
        raise InvalidError(msg, lowest=float(x.min()))
    near = neighbours(weights, len(x))
    n = np.float64(len(x))
    s0, s1, s2 = _weight_sums(near)
    b = (
        (n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2,
        -((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2),
        -(2 * n * s1 - (n + 3) * s2 + 6 * s0**2),
        4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2,
        s1 - s2 + s0**2,
    )
    m1, m2, m3, m4 = (np.float64((x**power).sum()) for power in (1, 2, 3, 4))
    with np.errstate(invalid="ignore", divide="ignore"):
        g = (x @ (near @ x)) / (m1**2 - m2)
        expected = s0 / (n * (n - 1))
        square = b[0] * m2**2 + b[1] * m4 + b[2] * m1**2 * m2 + b[3] * m1 * m3 + b[4] * m1**4
        square /= (m1**2 - m2) ** 2 * n * (n - 1) * (n - 2) * (n - 3)
        variance = square - expected**2
        z = (g - expected) / np.sqrt(variance)
    p = two_sided(z) if both_sides else ndtr(-np.abs(z))
    return GetisOrdGeneral(float(g), float(expected), float(variance), float(z), float(p))


def _moran_variances(
    d: NDArray[np.float64], sums: tuple[np.float64, np.float64, np.float64], expected: np.float64
) -> tuple[np.float64, np.float64]:
    """Return the variance of I under normality, and under randomisation (Cliff and Ord)."""
    n, (s0, s1, s2) = len(d), sums
    kurtosis = n * np.float64((d**4).sum()) / np.float64((d**2).sum()) ** 2
    common = n**2 * s1 - n * s2 + 3 * s0**2
    norm = common / ((n - 1) * (n + 1) * s0**2) - expected**2
    dealt = n * (common - (3 * n - 3) * s1) - kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    rand = dealt / np.float64((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2
    return norm, rand


def _weight_sums(weights: csr_array) -> tuple[np.float64, np.float64, np.float64]:
    r"""Return :math:`S_0, S_1, S_2` of Cliff and Ord."""
    both = weights + weights.T
    ends = np.asarray(weights.sum(axis=0)).ravel() + np.asarray(weights.sum(axis=1)).ravel()
    return (
        np.float64(weights.sum()),
        np.float64((both.data**2).sum() / 2.0),
        np.float64((ends**2).sum()),
    )
