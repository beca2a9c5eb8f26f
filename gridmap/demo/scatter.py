"""Places within grids: beside the roads that bound them, or anywhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.demo.mesh import Floats

TRIES = 6


class Scatter:
    """
    Draws places inside polygons, many at once.

    Parameters
    ----------
    polygons : ndarray of shapely.Polygon
        Grids, metres.
    """

    def __init__(self, polygons: NDArray[np.object_]) -> None:
        self._polygons = polygons
        shapely.prepare(polygons)
        rings = shapely.get_exterior_ring(polygons)
        self._xy = shapely.get_coordinates(rings)
        counts = shapely.get_num_coordinates(rings)
        step = np.hypot(*np.diff(self._xy, axis=0, append=self._xy[-1:]).T)
        last = np.cumsum(counts) - 1
        step[last] = 0.0
        run = np.concatenate([[0.0], np.cumsum(step)])
        self._run = run[:-1]
        self._first = run[last - counts + 1]
        self._length = run[last + 1] - self._first
        centre = shapely.centroid(polygons)
        inside = shapely.contains(polygons, centre)
        self.anchor: Floats = shapely.get_coordinates(
            np.where(inside, centre, shapely.point_on_surface(polygons))
        )

    @property
    def perimeter(self) -> Floats:
        """Length of each polygon's border."""
        return self._length

    def beside_roads(
        self, grid: NDArray[np.int64], depth_m: tuple[float, float], rng: np.random.Generator
    ) -> Floats:
        """
        Draw places that far inside the border.

        Parameters
        ----------
        grid : ndarray of int, shape (n,)
            In which polygon each place is to be.
        depth_m
            Least and greatest distance from the border, measured towards the middle.
        rng
            Where chance comes from.

        Returns
        -------
        ndarray, shape (n, 2)
        """
        return self._drawn(grid, rng, lambda n, far: rng.uniform(*depth_m, n) / far)

    def anywhere(self, grid: NDArray[np.int64], rng: np.random.Generator) -> Floats:
        """
        Draw places all over the polygons, more of them towards the border.

        Parameters
        ----------
        grid : ndarray of int, shape (n,)
            In which polygon each place is to be.
        rng
            Where chance comes from.

        Returns
        -------
        ndarray, shape (n, 2)
        """

        def depth(n: int, far: Floats) -> Floats:
            return np.maximum(1 - np.sqrt(rng.uniform(size=n)), 3 / far)

        return self._drawn(grid, rng, depth)

    def _drawn(
        self,
        grid: NDArray[np.int64],
        rng: np.random.Generator,
        depth: Callable[[int, Floats], Floats],
    ) -> Floats:
        places = self.anchor[grid].copy()
        left = np.arange(len(grid))
        for _ in range(TRIES):
            owner = grid[left]
            border = self._on_border(owner, rng)
            inward = self.anchor[owner] - border
            far = np.maximum(np.hypot(*inward.T), 1.0)
            share = np.clip(depth(len(left), far), 0.0, 0.95)
            tried = border + share[:, None] * inward
            good = shapely.contains_xy(self._polygons[owner], tried[:, 0], tried[:, 1])
            places[left[good]] = tried[good]
            left = left[~good]
            if not len(left):
                break
        places[left] += rng.uniform(-2, 2, (len(left), 2))
        return places

    def _on_border(self, owner: NDArray[np.int64], rng: np.random.Generator) -> Floats:
        at = self._first[owner] + rng.uniform(size=len(owner)) * self._length[owner]
        start = np.searchsorted(self._run, at, side="right") - 1
        start = np.minimum(start, len(self._run) - 2)
        step = self._xy[start + 1] - self._xy[start]
        length = np.maximum(np.hypot(*step.T), 1e-9)
        return self._xy[start] + ((at - self._run[start]) / length)[:, None] * step
