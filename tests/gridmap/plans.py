"""Problems for the planner, made by formula, so that they are the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from gridmap.planning import Problem

SEED = 20230701


def numbers(seed: int = SEED) -> Iterator[int]:
    """Yield whole numbers of a linear congruential generator, less their eight low bits."""
    state = seed
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield state >> 8


def mohe() -> Problem:
    """Return 122 units and 101 grids of a small city: one grid a unit, one or two units a grid."""
    draw = numbers()
    units = [(next(draw) % 4000, next(draw) % 3000, 3 + next(draw) % 58) for _ in range(122)]
    grids = [(next(draw) % 4000, next(draw) % 3000, next(draw) % 4) for _ in range(101)]
    return Problem(
        units=pd.DataFrame(units, columns=["x", "y", "headcount"], index=_ids("u", 122)).assign(
            at_least=1, at_most=1
        ),
        targets=pd.DataFrame(grids, columns=["x", "y", "community"], index=_ids("g", 101)).assign(
            at_least=1, at_most=2
        ),
        metric="manhattan",
    )


def city(grids: int = 10_000, units: int = 1_500) -> Problem:
    """
    Return a city whose units have capacities and whose grids have unequal loads.

    Loads are 20 to 100. Capacities are 330 to 630 for each unit of 10,000 grids' 1,500, and follow
    the mean number of grids a unit: five sixths of all capacity are needed.
    """
    draw, wide = numbers(), (grids / 10_000) ** 0.5
    across, down = int(40_000 * wide), int(30_000 * wide)
    more = grids * 1_500 / (units * 10_000)
    places = [(next(draw) % across, next(draw) % down, 20 + next(draw) % 81) for _ in range(grids)]
    seats = [
        (next(draw) % across, next(draw) % down, int(more * (330 + next(draw) % 301)))
        for _ in range(units)
    ]
    return Problem(
        units=pd.DataFrame(seats, columns=["x", "y", "capacity"], index=_ids("u", units)),
        targets=pd.DataFrame(places, columns=["x", "y", "load"], index=_ids("g", grids)).assign(
            at_most=1
        ),
    )


def lattice(rows: int, columns: int) -> tuple[pd.DataFrame, csr_array]:
    """Return areas of a lattice, with loads by formula, and which of them share a side."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    areas = pd.DataFrame(
        {"x": column, "y": row, "load": 40 + (37 * row + 53 * column + 7 * row * column) % 61},
        index=[f"{r:02}{c:02}" for r, c in zip(row, column, strict=True)],
    )
    away = abs(row[:, np.newaxis] - row) + abs(column[:, np.newaxis] - column)
    return areas, csr_array(away == 1)


def _ids(letter: str, n: int) -> list[str]:
    return [f"{letter}{number:05}" for number in range(n)]
