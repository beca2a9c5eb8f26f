"""Bridges of a demo city: main roads that end on one bank go on to the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridmap.demo.blocks import Growth, Path
from gridmap.demo.mesh import Floats

MAIN = ("主干路", "次干路", "支路")
APART_M = 380.0


def bridges(growth: Growth, longest_m: float) -> list[Path]:
    """
    Return bridges besides those that are already borders of the river's reaches.

    Parameters
    ----------
    growth
        The city, fully cut; its first two paths are the river's banks.
    longest_m
        No bridge is longer.
    """
    north, south, *inland = growth.paths
    xy = growth.mesh.xy
    north_bank, south_bank = (
        set(growth.mesh.expand(path.vertices, closed=False)) for path in (north, south)
    )
    starts, stops = _ends(inland, north_bank), _ends(inland, south_bank)
    both = [{p.vertices[0], p.vertices[-1]} for p in inland]
    standing = [min(e & north_bank) for e in both if e & north_bank and e & south_bank]
    built = []
    for start in sorted(starts):
        if any(np.hypot(*(xy[start] - xy[other])) < APART_M for other in standing):
            continue
        metres, stop = _nearest(xy, start, sorted(stops))
        if metres > longest_m:  # no road to meet: the bridge ends on the riverside road
            metres, stop = _nearest(xy, start, sorted(south_bank))
        if metres < longest_m:
            standing.append(start)
            road_class = min(starts[start], stops.get(stop, starts[start]), key=MAIN.index)
            built.append(Path([start, stop], road_class))
    return built


def _nearest(xy: Floats, start: int, others: list[int]) -> tuple[float, int]:
    if not others:
        return np.inf, -1
    metres = np.hypot(*(xy[others] - xy[start]).T)
    return float(metres.min()), others[int(metres.argmin())]


def _ends(paths: Sequence[Path], bank: set[int]) -> dict[int, str]:
    """Return the main roads that end on a bank: vertex → the highest class that ends there."""
    found: dict[int, str] = {}
    for path in paths:
        for vertex in {path.vertices[0], path.vertices[-1]} & bank:
            if path.road_class in MAIN:
                classes = (path.road_class, found.get(vertex, path.road_class))
                found[vertex] = min(classes, key=MAIN.index)
    return found
