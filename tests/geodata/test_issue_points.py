"""Where issues lie: looked up once for each place, however often the issues move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodata.reports.issue_points import Places


def test_only_new_places_are_looked_up() -> None:
    asked: list[list[float]] = []

    def look_up(xy: NDArray[np.float64]) -> NDArray[np.int64]:
        asked.append(xy[:, 0].tolist())
        return np.floor(xy[:, 0]).astype(np.int64)

    places = Places(look_up)
    first = np.array([[2.5, 1.0], [0.5, 1.0], [2.5, 1.0]])
    assert places.of(first).tolist() == [2, 0, 2]
    later = np.array([[0.5, 1.0], [1.5, 1.0], [0.5, 7.0], [2.5, 1.0]])
    assert places.of(later).tolist() == [0, 1, 0, 2]
    assert asked == [[0.5, 2.5], [0.5, 1.5]]  # each place once; (0.5, 7) is another place
    assert places.of(first[:0]).tolist() == []
