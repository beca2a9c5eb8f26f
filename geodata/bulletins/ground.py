"""
The ground of a bulletin's map: so little of it that it can be frozen with the figures.

A map that is drawn from the register shows other borders once these are mended; a frozen bulletin
may not. So the borders are kept with it, in whole metres from the city's south-west corner and as
fine as paper shows.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.workspace import Workspace
from gridmap.bulletins import Month

FINE = 1500  # of the longer side: a tenth of a millimetre on the paper
MOST = 60  # areas with a number in each
LEVELS = ("communities", "subdistricts", "districts")


def drawn(
    workspace: Workspace, month: Month, received: pd.DataFrame, hotspots: dict[str, Any]
) -> dict[str, Any]:
    """
    Return what the map of a month draws.

    Parameters
    ----------
    workspace, month
        Where, and when: the borders are those of the last day.
    received
        The month's issues, with ``grid``.
    hotspots
        As the figures have them.

    Returns
    -------
    dict
        ``level``: the lowest with drawn divisions few enough to be told apart; ``areas``: ``name``,
        ``received`` and ``rings`` of each of them; ``spots``: ``class`` and ``rings`` of the
        significant grids. A ring is a list of x and y in metres, eastward and northward.
    """
    level, areas = _areas(workspace, month)
    if areas.empty:
        return {"level": level, "areas": [], "spots": []}
    west, south, east, north = areas.total_bounds
    step = max((east - west) / FINE, (north - south) / FINE, 1.0)
    grids = workspace.measured("grids", month.last)
    counts = _received(workspace, month, received)
    classes = {row["grid"]: row["class"] for row in hotspots.get("spots", [])}
    marked = grids[grids.index.isin(list(classes)) & grids.geometry.notna()]
    rings = _rings(shapely.coverage_simplify(areas.geometry.to_numpy(), step), west, south)
    spots = _rings(shapely.simplify(marked.geometry.to_numpy(), step / 2), west, south)
    return {
        "level": level,
        "areas": [
            {"name": str(name), "received": int(counts.get(code, 0)), "rings": lines}
            for code, name, lines in zip(areas.index, areas["name"], rings, strict=True)
        ],
        "spots": [
            {"class": classes[code], "rings": lines}
            for code, lines in zip(marked.index, spots, strict=True)
        ],
    }


def _areas(workspace: Workspace, month: Month) -> tuple[str, gpd.GeoDataFrame]:
    found = [(level, workspace.measured(level, month.last)) for level in LEVELS]
    there = [(level, frame[frame.geometry.notna()]) for level, frame in found]
    there = [pair for pair in there if len(pair[1])] or there[:1]
    return next((pair for pair in there if len(pair[1]) <= MOST), there[-1])


def _received(workspace: Workspace, month: Month, received: pd.DataFrame) -> pd.Series:
    """Count the issues in divisions of every level: code → number."""
    lineage = workspace.lineage(month.last)
    above = received[["grid"]].dropna().join(lineage, on="grid")
    codes = pd.concat([above[level] for level in ("community", "subdistrict", "district")])
    return codes.value_counts()


def _rings(shapes: np.ndarray, west: float, south: float) -> list[list[list[int]]]:
    """Return the outlines of areas as x, y, x, y …; holes are rings like others."""
    moved = gpd.GeoSeries(shapes).translate(-west, -south).to_numpy()
    told: list[list[list[int]]] = []
    for shape in moved:
        lines = shapely.get_rings(shapely.get_parts(shape))
        told.append(
            [np.rint(shapely.get_coordinates(line)).astype(int).ravel().tolist() for line in lines]
        )
    return told
