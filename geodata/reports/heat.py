"""Heat: how dense the issues of a period lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
from pyproj import CRS

from geodata.reports.issue_points import Floats, in_metres, issue_points
from geodata.reports.selection import Selection, chosen
from geodata.workspace import Workspace
from gridmap.density import Density, kernel_density
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
    points = issue_points(workspace)
    told = points.told
    meant = chosen(told, wanted, zone) & ~(told["piled"] | set_aside(told["state"])).to_numpy()
    if not meant.any():
        return None
    crs = workspace.metric_crs(as_of)
    xy = in_metres(workspace, crs)[meant]
    grids = workspace.measured("grids", as_of)
    west, south, east, north = _bounds(xy) if grids.empty else grids.total_bounds
    side = max(east - west, north - south, 1.0)
    bandwidth = BANDWIDTH_SHARE * side
    margin = 3 * bandwidth
    density = kernel_density(
        xy,
        bandwidth_m=bandwidth,
        cell_m=side / HEAT_CELLS,
        bounds=(west - margin, south - margin, east + margin, north + margin),
    )
    return Heat(density, crs)


def _bounds(xy: Floats) -> Floats:
    return np.concatenate([xy.min(axis=0), xy.max(axis=0)])
