"""The ground a demo city stands on: its outline, its river, how densely it is settled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.demo.mesh import Floats, Guide
from gridmap.demo.sizes import Size
from gridmap.metric import metres_per_degree

SAMPLES_PER_GRID = 48
BACKGROUND = 0.13  # share of the density that even the edge of the city has
OUTLINE_WAVES = ((2, 0.09), (3, 0.07), (5, 0.035), (8, 0.02), (13, 0.012))


@dataclass(frozen=True)
class Terrain:
    """
    The plan of a city before any road is drawn, in metres from its centre.

    Parameters
    ----------
    outline : ndarray, shape (n, 2)
        Ring without its closing vertex.
    samples : ndarray, shape (m, 2)
        Places spread as people are: a face's share of them is its share of the grids.
    river : Guide
        The northern bank.
    south_bank : Guide
        The southern one.
    warp : ndarray, shape (k, 5)
        Waves that bend the plan: wave vector, phase, shift of x and of y.
    """

    outline: Floats
    samples: Floats
    river: Guide
    south_bank: Guide
    warp: Floats

    def bend(self, plan: Floats) -> Floats:
        """Return where places of the plan lie in the city, metres."""
        bent = plan.copy()
        for east, north, phase, dx, dy in self.warp:
            swing = np.sin(plan[:, 0] * east + plan[:, 1] * north + phase)
            bent[:, 0] += dx * swing
            bent[:, 1] += dy * swing
        return bent


def lay(size: Size, north_share: float, rng: np.random.Generator) -> Terrain:
    """
    Lay out the ground.

    Parameters
    ----------
    size
        Which city.
    north_share
        Share of the grids that lie north of the river.
    rng
        Where chance comes from.
    """
    radius = np.sqrt(size.grids * size.grid_m2 / np.pi)
    outline = _outline(radius, rng)
    samples = _samples(outline, radius, size, rng)
    river = _river(radius, rng)
    order = np.sort(river.measure(samples)[1])
    shift = float(order[int(len(order) * (1 - north_share))])
    width = size.river_m
    north = _moved(river, shift)
    south = _moved(river, shift - width, wave=river.wave * 1.06, phase=river.phase + 0.05)
    return Terrain(outline, samples, north, south, _warp(radius, rng))


def to_degrees(metres: Floats, size: Size) -> Floats:
    """Return longitudes and latitudes, rounded to 1e-7 degrees (about a centimetre)."""
    scale = metres_per_degree(size.latitude)
    return np.round(metres / scale + (size.longitude, size.latitude), 7)


def _outline(radius: float, rng: np.random.Generator) -> Floats:
    steps = max(int(2 * np.pi * radius / 70), 48)
    turn = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    reach = np.ones(steps)
    for order, height in OUTLINE_WAVES:
        reach += height * np.sin(order * turn + rng.uniform(0, 2 * np.pi))
    reach += 5.0 / radius * rng.standard_normal(steps)  # a field path, not a compass line
    x = 1.16 * radius * reach * np.cos(turn)
    y = 0.87 * radius * reach * np.sin(turn)
    return np.column_stack([x, y])


def _samples(outline: Floats, radius: float, size: Size, rng: np.random.Generator) -> Floats:
    city = shapely.Polygon(outline)
    shapely.prepare(city)
    centres = np.zeros((1 + 3 * (size.districts - 1), 2))
    centres[1:] = rng.uniform(-0.85, 0.85, (len(centres) - 1, 2)) * radius
    spread = 0.46 * radius / np.sqrt(len(centres))
    wanted = size.grids * SAMPLES_PER_GRID
    kept: list[Floats] = []
    while sum(map(len, kept)) < wanted:
        xy = rng.uniform(-1.6, 1.6, (wanted, 2)) * radius
        xy = xy[shapely.contains_xy(city, xy[:, 0], xy[:, 1])]
        kept.append(xy[rng.uniform(size=len(xy)) < _density(xy, centres, spread)])
    return np.concatenate(kept)[:wanted]


def _density(xy: Floats, centres: Floats, spread: float) -> Floats:
    density = np.full(len(xy), BACKGROUND)
    for x, y in centres:
        distance2 = (xy[:, 0] - x) ** 2 + (xy[:, 1] - y) ** 2
        np.maximum(
            density,
            BACKGROUND + (1 - BACKGROUND) * np.exp(-distance2 / (2 * spread**2)),
            out=density,
        )
    return density


def _river(radius: float, rng: np.random.Generator) -> Guide:
    return Guide(
        x=0.0,
        y=0.0,
        angle=rng.uniform(0.12, 0.3) * rng.choice([-1, 1]),
        wave=0.085 * radius,
        length=radius * rng.uniform(1.5, 1.9),
        phase=rng.uniform(0, 2 * np.pi),
        bow=0.12 / radius,
    )


def _moved(guide: Guide, shift: float, **changes: float) -> Guide:
    return Guide(**{**guide.__dict__, **changes, "shift": shift})


def _warp(radius: float, rng: np.random.Generator) -> NDArray[np.float64]:
    waves = []
    for length in (2.6 * radius, 1.7 * radius, 1.1 * radius):
        turn, phase = rng.uniform(0, 2 * np.pi, 2)
        number = 2 * np.pi / length
        heading = rng.uniform(0, 2 * np.pi)
        height = 0.13 / number
        waves.append(
            [
                number * np.cos(turn),
                number * np.sin(turn),
                phase,
                height * np.cos(heading),
                height * np.sin(heading),
            ]
        )
    return np.array(waves)
