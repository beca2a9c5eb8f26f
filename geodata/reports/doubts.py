"""Doubts: whether hot spots stay on another partition, and whether others report the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from geodata.reports.selection import Selection
from geodata.reports.spots import BY, Measure, find
from geodata.workspace import Workspace
from gridmap.agreement import Both, compared, shared_ground, verdict
from gridmap.channels import GROUPS
from gridmap.errors import GridMapError
from gridmap.hotspots import HotSpots
from gridmap.intervals import share_interval
from gridmap.method import Sentence


@dataclass(frozen=True, eq=False)
class Partitions:
    """
    What other partitions of the ground say of hot areas.

    Parameters
    ----------
    shares
        On the codes of the hot areas, the hottest first: the share of their ground that is hot on
        each other partition that could be counted.
    verdict
        One sentence: template and values.
    refused
        Partition → why it could not be counted, template and values.
    """

    shares: pd.DataFrame
    verdict: Sentence
    refused: dict[str, Sentence]


@dataclass(frozen=True)
class Agreed:
    """
    What two groups of channels say of the same areas.

    Parameters
    ----------
    one, other
        The groups.
    areas
        How many areas are hot by both, by one of them, by none; None where one is too few reports.
    low, high
        95 % interval of the share of areas hot by both, among those hot by either; None where
        there are none.
    """

    one: str
    other: str
    areas: Both | None
    low: float | None = None
    high: float | None = None


def partitions(
    workspace: Workspace,
    wanted: Selection,
    zone: ZoneInfo,
    measure: Measure,
    as_of: date,
) -> Partitions:
    """
    Find the same hot spots on the other partitions, and compare.

    Parameters
    ----------
    workspace, wanted, zone, measure, as_of
        As for `geodata.reports.spots.find`.

    Raises
    ------
    TooLittleDataError
        If the partition that was asked for would show noise itself.
    """
    crs = workspace.metric_crs(as_of)
    own = _hot(find(workspace, wanted, zone, measure, as_of)).to_crs(crs)
    others: dict[str, gpd.GeoDataFrame] = {}
    refused: dict[str, Sentence] = {}
    for other in other_partitions(measure):
        try:
            found = find(workspace, wanted, zone, other, as_of)
        except GridMapError as error:
            refused[other.by] = (error.template, error.values)
        else:
            others[other.by] = _hot(found).to_crs(crs)
    shares = shared_ground(own, others)
    return Partitions(
        shares, verdict(shares, {by: len(rows) for by, rows in others.items()}), refused
    )


def channels(
    workspace: Workspace,
    wanted: Selection,
    zone: ZoneInfo,
    measure: Measure,
    as_of: date,
) -> list[Agreed]:
    """
    Compare the hot spots of citizens, inspections and patrols, each pair of groups.

    Parameters
    ----------
    workspace, wanted, zone, measure, as_of
        As for `geodata.reports.spots.find`; a channel or group that was asked for is passed over.
    """
    hot: dict[str, pd.Series | None] = {}
    for group, of_group in of_groups(wanted).items():
        try:
            hot[group] = find(workspace, of_group, zone, measure, as_of).table["class"] > 0
        except GridMapError:
            hot[group] = None
    return [_agreed(one, other, hot[one], hot[other]) for one, other in combinations(GROUPS, 2)]


def other_partitions(measure: Measure) -> list[Measure]:
    """Return the same measure on each other partition of the ground."""
    return [replace(measure, by=by) for by in BY if by != measure.by]


def of_groups(wanted: Selection) -> dict[str, Selection]:
    """Return the same selection of each group of channels alone, whichever was asked for."""
    return {group: replace(wanted, channel=None, group=group) for group in GROUPS}


def _agreed(one: str, other: str, mine: pd.Series | None, theirs: pd.Series | None) -> Agreed:
    if mine is None or theirs is None:
        return Agreed(one, other, None)
    areas = compared(mine, theirs)
    if not areas.either:
        return Agreed(one, other, areas)
    low, high = share_interval(areas.both, areas.either)
    return Agreed(one, other, areas, float(low), float(high))


def _hot(found: HotSpots) -> gpd.GeoDataFrame:
    rows = found.table[found.table["class"] > 0]
    return rows.sort_values("z", ascending=False, kind="stable")[["geometry"]]
