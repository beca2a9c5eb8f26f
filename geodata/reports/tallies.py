"""Tallies: how many issues each grid had in some spans of days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.reports.issue_points import issue_points
from geodata.workspace import GROUND, Workspace
from gridmap.standing import set_aside
from gridmap.steps import Step, numbers

OUTSIDE, NOWHERE, PILED, ASIDE = -1, -2, -3, -4


@dataclass(frozen=True)
class Which:
    """
    Which issues are counted.

    Parameters
    ----------
    category, channel
        Only these; all if None.
    """

    category: str | None = None
    channel: str | None = None


@dataclass(frozen=True, eq=False)
class Tally:
    """
    Issues counted by grid and span.

    Parameters
    ----------
    counts
        One row a grid, one column a span, numbered from 0.
    by_channel
        Channel → issues counted, one column a span.
    n_on_piles, n_outside
        Issues of these spans that lie on piles of identical coordinates; that have no place, or
        one in no grid.
    n_set_aside
        Issues that were refused, or merged into another one.
    """

    counts: pd.DataFrame
    by_channel: pd.DataFrame
    n_on_piles: int
    n_outside: int
    n_set_aside: int


def tally(
    workspace: Workspace, which: Which, spans: Sequence[Step], zone: ZoneInfo, as_of: date
) -> Tally:
    """
    Count issues by the grid that they lie in on a day, and by span.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    which
        Which issues.
    spans
        Of which days, as `gridmap.steps.numbers` takes them.
    zone
        The city's time zone.
    as_of
        The day whose grids are counted in: one frozen map for all spans.
    """
    issues = workspace.frame("issues", as_of)
    span = numbers(issues["reported_at"], spans, zone)
    for column, value in (("category", which.category), ("channel", which.channel)):
        if value is not None:
            span[~(issues[column] == value).fillna(value=False).to_numpy(dtype=bool)] = -1
    grids = workspace.frame("grids", as_of).index
    grid = grid_numbers(workspace, as_of)
    meant = span >= 0
    counted = meant & (grid >= 0)
    cell = grid[counted].astype(np.int64) * len(spans) + span[counted]
    table = np.bincount(cell, minlength=len(grids) * len(spans)).reshape(len(grids), len(spans))
    left = grid[meant]
    return Tally(
        counts=pd.DataFrame(table, index=grids),
        by_channel=_by_channel(issues["channel"][counted], span[counted], len(spans)),
        n_on_piles=int((left == PILED).sum()),
        n_outside=int(((left == OUTSIDE) | (left == NOWHERE)).sum()),
        n_set_aside=int((left == ASIDE).sum()),
    )


def grid_numbers(workspace: Workspace, as_of: date) -> NDArray[np.int32]:
    """
    Return the position of the grid that each issue lies in on a day.

    Parameters
    ----------
    workspace, as_of
        As `tally`.

    Returns
    -------
    numpy.ndarray, one an issue
        `OUTSIDE`, `NOWHERE`, `PILED` or `ASIDE` where it is not counted.
    """

    def build() -> NDArray[np.int32]:
        points = issue_points(workspace)
        locator = workspace.locator(as_of)
        # the locator numbers its areas in an order of its own; its last, -1, is outside
        row = workspace.frame("grids", as_of).index.get_indexer(locator.codes)
        there = np.append(row, OUTSIDE)[locator.positions(points.xy)]
        there[points.told["piled"].to_numpy()] = PILED
        issues = workspace.frame("issues", as_of)
        found = np.full(len(issues), NOWHERE, dtype=np.int32)
        found[points.rows] = there
        found[set_aside(issues["state"]).to_numpy()] = ASIDE
        return found

    return workspace.once("grids of issues", ("issues", *GROUND), as_of, build)


def _by_channel(channel: pd.Series, span: NDArray[np.int64], n: int) -> pd.DataFrame:
    found = pd.crosstab(channel.fillna("").to_numpy(), span)
    return found.reindex(columns=range(n), fill_value=0).rename_axis("channel")
