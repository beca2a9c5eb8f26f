"""Heat: how dense the issues of a period lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import shapely
from pyproj import CRS

from geodata.reports.spots import Selection, heaps, placed
from geodata.workspace import Workspace
from gridmap.density import Density, kernel_density
from gridmap.piles import on_pile
from gridmap.standing import set_aside

HEAT_CELLS = 400  # across the longer side of the city
BANDWIDTH_SHARE = 0.02  # of the longer side of the city


@dataclass(frozen=True)
class Heat:
    """
    Density of issues.

    Parameters
    ----------
    density
        Issues per square kilometre on a lattice.
    crs
        The CRS, in metres, of that lattice.
    """

    density: Density
    crs: CRS


def heat(workspace: Workspace, wanted: Selection, zone: ZoneInfo, as_of: date) -> Heat | None:
    """Return the density of the issues that count and lie on no pile; None if there are none."""
    points = placed(workspace, wanted, zone)
    points = points[~set_aside(points["state"])]
    points = points[~on_pile(points, heaps(workspace, None, as_of)).to_numpy()]
    if points.empty:
        return None
    crs = workspace.metric_crs(as_of)
    grids = workspace.measured("grids", as_of)
    west, south, east, north = (points if grids.empty else grids).to_crs(crs).total_bounds
    side = max(east - west, north - south, 1.0)
    bandwidth = BANDWIDTH_SHARE * side
    margin = 3 * bandwidth
    density = kernel_density(
        shapely.get_coordinates(points.to_crs(crs).geometry.to_numpy()),
        bandwidth_m=bandwidth,
        cell_m=side / HEAT_CELLS,
        bounds=(west - margin, south - margin, east + margin, north + margin),
    )
    return Heat(density, crs)
