"""Which issues are meant: of which days, category, channel and group of channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.workspace import Workspace
from gridmap.channels import in_group
from gridmap.errors import InvalidError


@dataclass(frozen=True)
class Selection:
    """
    Which issues.

    Parameters
    ----------
    since, until
        First and last day, both included, in the city's time.
    category, channel
        Only these; all if None.
    group
        Only those of a group of channels (`gridmap.channels.GROUPS`); all if None.
    """

    since: date
    until: date
    category: str | None = None
    channel: str | None = None
    group: str | None = None

    @property
    def after(self) -> date:
        """The day after the last."""
        return min(self.until, date.max - timedelta(days=1)) + timedelta(days=1)


def chosen(found: pd.DataFrame, wanted: Selection, zone: ZoneInfo) -> NDArray[np.bool_]:
    """
    Say which issues are meant.

    Parameters
    ----------
    found
        With ``reported_at``, ``category`` and ``channel``.
    wanted
        Which issues.
    zone
        The city's time zone.

    Raises
    ------
    InvalidError
        If the period ends before it begins.
    """
    if wanted.since > wanted.until:
        msg = "The period ends ({until}) before it begins ({since})."
        raise InvalidError(msg, since=wanted.since, until=wanted.until)
    begin, end = (pd.Timestamp(day, tz=zone) for day in (wanted.since, wanted.after))
    meant = (found["reported_at"] >= begin) & (found["reported_at"] < end)
    for column, value in (("category", wanted.category), ("channel", wanted.channel)):
        if value is not None:
            meant &= (found[column] == value).fillna(value=False)
    if wanted.group is not None:
        meant &= in_group(found["channel"], wanted.group)
    return meant.to_numpy(dtype=bool)


def issues(workspace: Workspace, wanted: Selection, zone: ZoneInfo) -> gpd.GeoDataFrame:
    """
    Return the issues that are meant, in the register's CRS, with and without a place.

    Parameters
    ----------
    workspace
        The register.
    wanted, zone
        As `chosen`.
    """
    found = workspace.frame("issues", wanted.until)
    return found[chosen(found, wanted, zone)]


def placed(workspace: Workspace, wanted: Selection, zone: ZoneInfo) -> gpd.GeoDataFrame:
    """Return the issues that are meant and have a place."""
    found = issues(workspace, wanted, zone)
    shapes = found.geometry.to_numpy()
    return found[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
