"""Inspection points and whether their last visit reached the standard of its checklist (达标)."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.workspace import Workspace


def points_reaching(workspace: Workspace, as_of: date, zone: ZoneInfo) -> gpd.GeoDataFrame:
    """
    Return the inspection points with the score of their last visit.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    as_of
        The day; visits after it are not known yet.
    zone
        The city's time zone.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a point that has a place, in the register's CRS: ``point_id``, ``name``,
        ``category``, ``at``, ``score`` and ``out_of`` of the last visit with a score, ``share`` of
        the score, and ``reached``: whether that was the whole of it. Missing where nobody was.
    """
    points = workspace.frame("inspection_points", as_of)
    placed = points[points.geometry.notna()][["name", "category", "geometry"]]
    end = pd.Timestamp(min(as_of, date.max - timedelta(days=1)) + timedelta(days=1), tz=zone)
    visits = workspace.store.whole.read("visits")
    scored = visits[(visits["at"] < end) & (visits["out_of"] > 0) & visits["score"].notna()]
    last = scored.sort_values("at", kind="stable").drop_duplicates("point_id", keep="last")
    found = last.set_index("point_id")[["at", "score", "out_of"]].reindex(placed.index)
    share = (found["score"] / found["out_of"]).astype("float64")
    reached = pd.Series(np.where(share.isna(), pd.NA, share >= 1), placed.index, dtype="boolean")
    told = placed.join(found).assign(share=share, reached=reached)
    return (
        gpd.GeoDataFrame(told, geometry="geometry", crs=points.crs)
        .rename_axis("point_id")
        .reset_index()
    )
