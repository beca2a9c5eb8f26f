"""The loud reporter of a demo city: one neighbour makes most of the reports of one grid."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

REPORTER = "demo-neighbour"
CHANNEL = "citizen_app"
BUSY = 60  # reports of a year, about: enough for the guard to speak in a quarter, too
OF_FIVE = 3  # of every five reports in the order of their time


def with_loud(
    issues: gpd.GeoDataFrame, grid: NDArray[np.int64], away: Collection[int]
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """
    Let one reporter have made most of the reports of a grid; none is added, none is moved.

    Parameters
    ----------
    issues
        Raw layer, in the order of time.
    grid : ndarray of int, shape (n,)
        In which grid each lies.
    away
        Grids in which something else is planted.

    Returns
    -------
    issues : geopandas.GeoDataFrame
        With ``reporter`` of those issues, which came by `CHANNEL`.
    truth : dict
        ``grid``, its number; ``n``, how many reports are that one's.
    """
    counts = np.bincount(grid)
    apart = np.abs(counts - BUSY).astype(np.float64)
    apart[list(away)] = np.inf
    chosen = int(np.argmin(apart))
    there = np.flatnonzero(grid == chosen)
    own = there[np.arange(len(there)) % 5 < OF_FIVE]
    reporter = np.full(len(issues), None, dtype=object)
    reporter[own] = REPORTER
    channel = issues["channel"].to_numpy(dtype=object, copy=True)
    channel[own] = CHANNEL
    told = issues.assign(
        reporter=pd.array(reporter, dtype="str"), channel=pd.array(channel, dtype="str")
    )
    return told, {"grid": chosen, "n": len(own)}
