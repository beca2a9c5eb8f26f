r"""
Rules along roads: so many things of a kind in every stretch of so many metres.

Positions are metres from a road's start. With things at :math:`p_1 \le \dots \le p_n` on a road of
length :math:`L`, and :math:`p_0 = 0`, :math:`p_{n+1} = L`, the rule "at least :math:`k` in every
:math:`w` metres" is broken between :math:`p_i` and :math:`p_{i+k}` if

.. math:: p_{i+k} - p_i > w,

for then a window of :math:`w` metres fits in between and meets :math:`k - 1` things only; if there
are fewer than :math:`k - 1` things, between :math:`0` and :math:`L`. Every window that fails lies
in such an interval, and every such interval is a union of windows that fail, so nothing is sampled.
For :math:`k = 1` this is the rule of gaps: none between neighbours, or between the last of them and
the road's end, is longer than :math:`w`; a gap of just :math:`w` passes. A road that is not longer
than :math:`w` has no window, and breaks no rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.errors import InvalidError
from gridmap.metric import require_metric

if TYPE_CHECKING:
    import geopandas as gpd

WITHIN_M = 30.0
ROUNDING_M = 1e-6
FAILURE_DTYPES = {
    "rule_id": "str",
    "road_id": "str",
    "from_m": "float64",
    "to_m": "float64",
    "found": "int64",
    "least": "int64",
    "worst": "int64",
}


@dataclass(frozen=True)
class Rule:
    """
    A rule along roads.

    Parameters
    ----------
    rule_id, name
        What it is called.
    road_class
        On which roads; on all of them if None.
    category
        Of the things that are counted.
    least
        How many there have to be, at least one.
    window_m
        In every stretch of so many metres.
    source
        Where it is written.
    """

    rule_id: str
    name: str
    road_class: str | None
    category: str
    least: int
    window_m: float
    source: str | None = None


def check_rules(
    roads: gpd.GeoDataFrame,
    things: gpd.GeoDataFrame,
    rules: Sequence[Rule],
    *,
    within_m: float = WITHIN_M,
) -> pd.DataFrame:
    """
    Find where roads break rules.

    Parameters
    ----------
    roads
        LineStrings in metres, indexed by ``road_id``, with ``road_class``.
    things
        Points in the same CRS, with ``category``.
    rules
        What has to hold.
    within_m
        How far from a road a thing may stand; it counts for the nearest road only.

    Returns
    -------
    pandas.DataFrame
        The longest stretches that fail, by rule, road and metre: ``rule_id``, ``road_id``,
        ``from_m``, ``to_m``, ``found`` (things between the ends), ``least``, ``worst`` (the fewest
        in any window of it). Stretches that only share a thing at their ends stay two.

    Raises
    ------
    CrsError
        If a frame is not in metres.
    InvalidError
        If a rule asks for less than one thing, or a window without length.
    """
    require_metric(roads, "Checking rules along roads")
    require_metric(things, "Checking rules along roads")
    _require_sound(rules)
    counted = things["category"].isin({rule.category for rule in rules})
    placed = positions(roads, things[counted], within_m=within_m)
    length = dict(zip(roads.index, roads.length, strict=True))
    rows = [
        (rule.rule_id, road, *found[:3], rule.least, found[3])
        for rule in rules
        for road, at in _by_road(roads, placed, rule)
        for found in failing(at, length[road], rule.least, rule.window_m)
    ]
    frame = pd.DataFrame(rows, columns=list(FAILURE_DTYPES)).astype(FAILURE_DTYPES)
    return frame.sort_values(["rule_id", "road_id", "from_m"], ignore_index=True)


def positions(
    roads: gpd.GeoDataFrame, things: gpd.GeoDataFrame, *, within_m: float = WITHIN_M
) -> pd.DataFrame:
    """
    Say how far along which road things stand.

    Parameters
    ----------
    roads, things, within_m
        As for `check_rules`.

    Returns
    -------
    pandas.DataFrame
        A row for each thing near enough to a road, indexed as `things`: ``road_id`` (the nearest;
        the lowest where several are as near), ``at_m``, ``category``.
    """
    ordered = roads.sort_index()
    spots, lines = things.geometry.to_numpy(), ordered.geometry.to_numpy()
    usable = np.flatnonzero(~(shapely.is_missing(spots) | shapely.is_empty(spots)))
    thing, road = shapely.STRtree(lines).query_nearest(spots[usable], max_distance=within_m)
    nearest = pd.DataFrame({"thing": usable[thing], "road": road}).groupby("thing")["road"].min()
    thing, road = nearest.index.to_numpy(), nearest.to_numpy()
    return pd.DataFrame(
        {
            "road_id": ordered.index[road],
            "at_m": shapely.line_locate_point(lines[road], spots[thing]),
            "category": things["category"].to_numpy()[thing],
        },
        index=things.index[thing],
    )


def failing(
    at_m: NDArray[np.float64], length_m: float, least: int, window_m: float
) -> Iterator[tuple[float, float, int, int]]:
    """
    Find where one road breaks one rule.

    Parameters
    ----------
    at_m
        n positions of things, in metres from the road's start, in any order.
    length_m
        Of the road.
    least, window_m
        Of the rule.

    Yields
    ------
    tuple
        ``from_m``, ``to_m``, ``found`` and ``worst`` of each longest stretch that fails.

    Examples
    --------
    >>> ads = np.array([50.0, 240.0, 470.0, 990.0])
    >>> [stretch[:2] for stretch in failing(ads, 1000.0, 1, 200.0)]
    [(240.0, 470.0), (470.0, 990.0)]
    """
    ends = np.concatenate([[0.0], np.sort(at_m), [length_m]])
    for first, last in _joined(*_too_long(ends, least, window_m)):
        part = ends[first : last + 1]
        # with fewer things between them, the ends that are too far apart are nearer to each other
        worst = next(k for k in range(least) if len(_too_long(part, k + 1, window_m)[0]))
        between = (part > part[0]) & (part < part[-1])
        yield float(part[0]), float(part[-1]), int(between.sum()), worst


def _too_long(
    ends: NDArray[np.float64], least: int, window_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last of ends with too few things for their distance in between."""
    first = np.arange(max(len(ends) - least, 1))
    last = np.minimum(first + least, len(ends) - 1)
    broken = ends[last] - ends[first] > window_m + ROUNDING_M
    return first[broken], last[broken]


def _joined(first: NDArray[np.int64], last: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Join intervals that have metres in common."""
    if not len(first):
        return
    new = np.flatnonzero(np.concatenate([[True], first[1:] >= last[:-1]]))
    for a, b in zip(new, [*new[1:], len(first)], strict=True):
        yield int(first[a]), int(last[b - 1])


def _by_road(
    roads: gpd.GeoDataFrame, placed: pd.DataFrame, rule: Rule
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    meant = roads.index if rule.road_class is None else roads.index[_is_class(roads, rule)]
    counted = placed[placed["category"] == rule.category]
    at = {road: rows.to_numpy() for road, rows in counted.groupby("road_id")["at_m"]}
    for road in meant:
        yield road, at.get(road, np.zeros(0))


def _is_class(roads: gpd.GeoDataFrame, rule: Rule) -> NDArray[np.bool_]:
    return (roads["road_class"] == rule.road_class).to_numpy(dtype=bool)


def _require_sound(rules: Sequence[Rule]) -> None:
    for rule in rules:
        if rule.least < 1 or not rule.window_m > 0:
            msg = "The rule {rule_id} needs at least one thing in a stretch of some metres."
            raise InvalidError(msg, rule_id=rule.rule_id)
