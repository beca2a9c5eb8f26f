"""Kernel density, against the exact sum over all points."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gridmap.density import Density, kernel_density
from gridmap.errors import InvalidError

BOUNDS = (400_000.0, 5_870_000.0, 401_000.0, 5_870_800.0)


def exact(xy: NDArray[np.float64], surface: Density) -> NDArray[np.float64]:
    """Sum every Gaussian at every cell centre, per km²."""
    rows, columns = surface.grid.shape
    x = surface.west + (np.arange(columns) + 0.5) * surface.cell_m
    y = surface.south + (np.arange(rows) + 0.5) * surface.cell_m
    b = surface.bandwidth_m
    across = np.exp(-0.5 * ((x[:, np.newaxis] - xy[:, 0]) / b) ** 2)
    up = np.exp(-0.5 * ((y[:, np.newaxis] - xy[:, 1]) / b) ** 2)
    return up @ across.T / (2 * np.pi * b**2) * 1e6


def scattered(n: int = 2000) -> NDArray[np.float64]:
    """Return points in and around the bounds, a quarter of them on one place."""
    random = np.random.default_rng(4)
    points = random.normal((400_500.0, 5_870_400.0), 350.0, (n, 2))
    points[: n // 4] = (400_123.4, 5_870_567.8)
    return points


@pytest.mark.parametrize("cells", [2, 2.5, 3, 5, 7.9, 16])
def test_the_surface_is_within_a_thousandth_of_its_maximum_everywhere(cells: float) -> None:
    xy = scattered()
    surface = kernel_density(xy, bandwidth_m=10 * cells, cell_m=10, bounds=BOUNDS)
    expected = exact(xy, surface)
    assert surface.grid.shape == (80, 100)
    assert np.abs(surface.grid - expected).max() <= 1e-3 * expected.max()


@pytest.mark.parametrize("shift", [0.0, 1.3, 2.5, 4.9])
def test_one_point_is_drawn_as_well_wherever_it_lies_in_its_cell(shift: float) -> None:
    xy = np.array([[400_505.0 + shift, 5_870_405.0 - shift]])
    surface = kernel_density(xy, bandwidth_m=20, cell_m=10, bounds=BOUNDS)
    expected = exact(xy, surface)
    assert np.abs(surface.grid - expected).max() <= 1e-3 * expected.max()


def test_points_beyond_the_bounds_are_felt_inside() -> None:
    xy = np.array([[BOUNDS[0] - 30.0, 5_870_400.0]])
    surface = kernel_density(xy, bandwidth_m=50, cell_m=10, bounds=BOUNDS)
    assert surface.grid == pytest.approx(exact(xy, surface), abs=1e-3 * 63.7)
    assert surface.grid[40, 0] > 30
    assert surface.grid[40, -1] == pytest.approx(0.0, abs=1e-3)  # nothing wraps round


def test_the_surface_holds_all_its_points() -> None:
    xy = np.array([[400_300.0, 5_870_300.0], [400_700.0, 5_870_500.0]])
    surface = kernel_density(xy, bandwidth_m=40, cell_m=10, bounds=BOUNDS)
    assert surface.grid.sum() * (surface.cell_m / 1000) ** 2 == pytest.approx(2.0, rel=1e-4)
    assert surface.n == 2


def test_no_point_is_a_flat_surface() -> None:
    surface = kernel_density(np.empty((0, 2)), bandwidth_m=40, cell_m=10, bounds=BOUNDS)
    assert surface.n == 0
    assert (surface.grid == 0).all()


def test_row_nought_is_in_the_south_and_bounds_end_a_whole_cell() -> None:
    xy = np.array([[400_995.0, 5_870_005.0]])
    bounds = (BOUNDS[0], BOUNDS[1], BOUNDS[2] - 7.0, BOUNDS[3] - 7.0)
    surface = kernel_density(xy, bandwidth_m=20, cell_m=10, bounds=bounds)
    assert np.unravel_index(surface.grid.argmax(), surface.grid.shape) == (0, 99)
    assert surface.bounds == BOUNDS


def test_a_bandwidth_under_two_cells_is_refused() -> None:
    with pytest.raises(InvalidError, match=r"15 m\) must be at least 2.0 cells \(10 m each\)"):
        kernel_density(scattered(), bandwidth_m=15, cell_m=10, bounds=BOUNDS)


def test_bounds_that_enclose_nothing_and_points_without_a_place_are_refused() -> None:
    with pytest.raises(InvalidError, match="enclose nothing"):
        kernel_density(scattered(), bandwidth_m=50, cell_m=10, bounds=(1.0, 1.0, 1.0, 5.0))
    with pytest.raises(InvalidError, match="finite"):
        kernel_density(np.array([[np.nan, 1.0]]), bandwidth_m=50, cell_m=10, bounds=BOUNDS)
