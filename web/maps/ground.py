"""The ground that maps are drawn on."""

from __future__ import annotations

from datetime import date

import geopandas as gpd

from geodata.reports import Reports
from gridmap import layers


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
