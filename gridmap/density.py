"""
Density of points: a smooth surface with a stated bandwidth in metres.

It shows where points are many. It says nothing about chance: that is `gridmap.hotspots`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from gridmap._binning import spread_cubic
from gridmap.errors import InvalidError

REACH = 5.0  # bandwidths; a Gaussian is 4e-6 of its top there
FINEST = 2.0  # a bandwidth of fewer cells is drawn by so few values that its maximum is missed
COARSEST = 3.0  # nodes to a bandwidth; 6e-5 of the maximum is then the largest error
M2_PER_KM2 = 1e6


@dataclass(frozen=True)
class Density:
    """
    A density surface.

    Parameters
    ----------
    grid
        Points per km² at the cell centres, (rows, columns), row 0 in the south.
    west, south
        Corner of cell (0, 0), metres.
    cell_m, bandwidth_m
        Side of a cell, and standard deviation of the Gaussian, metres.
    n
        Points that the surface is made of; those well over 5 bandwidths outside it are not.
    """

    grid: NDArray[np.float64]
    west: float
    south: float
    cell_m: float
    bandwidth_m: float
    n: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres; east and north end a whole cell."""
        rows, columns = self.grid.shape
        return (
            self.west,
            self.south,
            self.west + columns * self.cell_m,
            self.south + rows * self.cell_m,
        )


def kernel_density(
    xy_m: NDArray[np.float64],
    *,
    bandwidth_m: float,
    cell_m: float,
    bounds: tuple[float, float, float, float],
) -> Density:
    r"""
    Estimate the density of points with a Gaussian kernel.

    Parameters
    ----------
    xy_m
        Points, (n, 2), in a projected CRS in metres.
    bandwidth_m
        Standard deviation of the Gaussian; at least two cells.
    cell_m
        Side of a cell of the answer.
    bounds
        West, south, east, north in metres; filled up to whole cells.

    Returns
    -------
    Density
        Within 0.1 % of its maximum of the exact sum at every cell centre.

    Raises
    ------
    InvalidError
        If the bandwidth is under two cells, the bounds are empty, or a coordinate is not finite.

    Notes
    -----
    The exact surface is
    :math:`f(c) = \sum_p \frac{1}{2\pi b^2} e^{-\lvert c - p\rvert^2 / 2b^2}`. The points are spread
    over the cell centres by the cubic B-spline; in the Fourier domain, the sum is multiplied by
    the transform of the Gaussian and divided by that of the spline.

    The kernel is of the plane: density leaks across a river or a railway, and thins at the edge
    of the area where points beyond were not recorded.
    """
    west, south, east, north = bounds
    if bandwidth_m < FINEST * cell_m or cell_m <= 0:
        msg = "The bandwidth ({bandwidth} m) must be at least {cells} cells ({cell} m each)."
        raise InvalidError(msg, bandwidth=bandwidth_m, cells=FINEST, cell=cell_m)
    if not (west < east and south < north):
        msg = "The bounds {bounds} enclose nothing."
        raise InvalidError(msg, bounds=bounds)
    if not np.isfinite(xy_m).all():
        msg = "Density needs points with finite coordinates; leave the others out first."
        raise InvalidError(msg)

    # A Gaussian has nothing finer than its bandwidth to show: three nodes to a bandwidth carry it,
    # and the transform back fills in the cells between.
    cells_a_node = max(1, int(bandwidth_m / (COARSEST * cell_m)))
    step = cells_a_node * cell_m
    size = (ceil((north - south) / cell_m - 1e-9), ceil((east - west) / cell_m - 1e-9))
    margin = ceil(REACH * bandwidth_m / step) + 2  # also keeps the transform from wrapping round
    shape = tuple(fft.next_fast_len(ceil(n / cells_a_node) + 2 * margin, real=True) for n in size)
    origin = (west + cell_m / 2 - margin * step, south + cell_m / 2 - margin * step)
    nodes, n = spread_cubic(np.asarray(xy_m, dtype=np.float64), origin, step, shape)
    grid = _smooth(nodes, bandwidth_m / step, cells_a_node, margin * cells_a_node, size)
    return Density(
        grid=np.maximum(grid, 0.0) * (M2_PER_KM2 / step**2),
        west=west,
        south=south,
        cell_m=cell_m,
        bandwidth_m=bandwidth_m,
        n=n,
    )


def _smooth(
    nodes: NDArray[np.float64], sigma: float, finer: int, margin: int, size: tuple[int, int]
) -> NDArray[np.float64]:
    """Convolve with a Gaussian of `sigma` nodes, on cells `finer` times as fine, margin cut off."""
    height, width = nodes.shape
    up, across = fft.fftfreq(height), fft.rfftfreq(width)
    spectrum = fft.rfft2(nodes)
    spectrum *= _response(up, sigma)[:, np.newaxis] * _response(across, sigma)[np.newaxis, :]

    half = (height + 1) // 2
    tall = np.zeros((height * finer, spectrum.shape[1]), dtype=np.complex128)
    tall[:half], tall[half - height :] = spectrum[:half], spectrum[half:]
    lines = fft.ifft(tall, axis=0)[margin : margin + size[0]]
    cells = fft.irfft(lines, n=width * finer, axis=1)[:, margin : margin + size[1]]
    return cells * float(finer) ** 2


def _response(frequency: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Transform of a Gaussian of `sigma` nodes over that of the cubic B-spline."""
    return np.exp(-2.0 * (np.pi * sigma * frequency) ** 2) / np.sinc(frequency) ** 4
