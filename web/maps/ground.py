"""The ground that maps are drawn on."""

from __future__ import annotations

from datetime import date

import geopandas as gpd

from geodata.reports import Reports
from gridmap import layers
from gridmap.topology import Topology


def lowest_divisions(reports: Reports, as_of: date) -> gpd.GeoDataFrame:
    """
    Return the areas of the lowest level above the grids that is drawn.

    Parameters
    ----------
    reports, as_of
        The register, and the day.

    Returns
    -------
    geopandas.GeoDataFrame
        In the register's CRS; empty where no level is drawn.
    """
    for level in reversed(layers.LEVELS[:-1]):
        areas = reports.areas(level, as_of)
        if len(areas):
            break
    return areas


def beneath(reports: Reports, as_of: date) -> dict[str, gpd.GeoDataFrame]:
    """Return what maps are drawn on: ``divisions`` and ``roads``, in the register's CRS."""
    roads = reports.frame("roads", as_of)
    return {"divisions": lowest_divisions(reports, as_of), "roads": roads}


def topology_of(reports: Reports, areas: gpd.GeoDataFrame, as_of: date) -> Topology | None:
    """Return the borders of the day's grids if these are the areas in order; else none."""
    grids = reports.frame("grids", as_of)
    return reports.workspace.topology(as_of) if areas.index.equals(grids.index) else None
