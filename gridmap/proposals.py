"""
Proposals: grids for a community that has none, of blocks between its roads.

A grid should be what one person walks: ground inside of roads, hanging together, with about as much
on it as every other. The proposal says how even it is; whoever decides may mend it before it is
written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import layers
from gridmap.balance import Blocks, regions
from gridmap.blocks import Ground, Measure
from gridmap.errors import InvalidError, TooLittleDataError
from gridmap.mending.coding import issue_codes
from gridmap.mending.vertices import Floats, Shapes, unit_m
from gridmap.metric import metric_crs
from gridmap.topology import contiguity, dissolve, read_topology

if TYPE_CHECKING:
    from pyproj import CRS

By: TypeAlias = Literal["area", "residents", "compounds"]

FINER = (1, 2, 4)
EVEN = 1.3
"""Grids of which the largest carries up to that many times the smallest are about equal."""
GRIDS = layers.LAYERS["grids"]


@dataclass(frozen=True)
class Proposal:
    """
    Grids that are proposed.

    Parameters
    ----------
    grids
        In the form of the layer, in the CRS of the roads.
    loads
        What each carries, by code: square metres, residents or compounds.
    by
        Which of these.
    target
        The load that was aimed at.
    blocks
        What the grids were put together from: ``code`` of the grid, ``load``, geometry.
    """

    grids: gpd.GeoDataFrame
    loads: pd.Series
    by: By
    target: float
    blocks: gpd.GeoDataFrame

    @property
    def spread(self) -> float:
        """The largest load over the smallest; infinite where one carries nothing."""
        least = float(self.loads.min())
        return float(self.loads.max()) / least if least > 0 else float("inf")

    @property
    def sd(self) -> float:
        """Standard deviation of the loads, of all grids there are."""
        return float(self.loads.std(ddof=0))


def propose(  # noqa: PLR0913 - the ground, what is on it, and what the grids should come to
    community: shapely.Polygon | shapely.MultiPolygon,
    roads: gpd.GeoDataFrame,
    *,
    by: By,
    parent: str,
    used: Collection[str],
    target: float | None = None,
    n: int | None = None,
    compounds: gpd.GeoDataFrame | None = None,
    metric: CRS | None = None,
    seed: int = 0,
) -> Proposal:
    """
    Propose grids for a community.

    Parameters
    ----------
    community
        Its ground, in the CRS of the roads.
    roads
        The layer, in any CRS; it may be empty.
    by
        What is to be shared out: ``area``; ``residents``, those of the compounds, spread evenly
        over the ground of each; ``compounds``, each in the grid that has its inner point.
    parent
        The community's code.
    used
        Every grid code that was ever given.
    target, n
        The load of one grid, from which the number follows, or the number of grids. One of the two.
    compounds
        The layer, in the CRS of the roads; needed but for ``area``.
    metric
        CRS in metres in which areas are measured; chosen by `gridmap.metric.metric_crs` if left
        out.
    seed
        Of the search; the same seed gives the same grids.

    Returns
    -------
    Proposal
        Grids that tile the community, share their vertices, and each hang together: one for each
        piece of a community in several at least.

    Raises
    ------
    InvalidError
        If not exactly one of `target` and `n` is given, one is not positive, the community is not
        valid, or compounds are needed and missing.
    TooLittleDataError
        If there is nothing to share out.
    CodesExhaustedError
        If the parent has not enough codes left.
    """
    _require(community, by, target, n, compounds)
    ground = gpd.GeoSeries([community], crs=roads.crs)
    unit = unit_m(ground)
    measure = _measure(by, compounds, unit)
    total = float(measure(np.array([community]))[0])
    if total <= 0:
        msg = "There is nothing to share out: {parent} has no {by}."
        raise TooLittleDataError(msg, parent=parent, by=by)
    count = max(1, round(total / target)) if target else int(n or 1)
    inside = roads.geometry.to_numpy()[np.sort(roads.sindex.query(community, "intersects"))]
    least = 1.0 if by == "compounds" else 0.0
    blocks, labels = _divided(
        lambda: Ground(community, inside, unit, measure), total / count, least, count, seed
    )
    blocks = blocks.set_crs(roads.crs)
    shapes = dissolve(read_topology(blocks), labels)
    drawn = gpd.GeoDataFrame({"parent": parent}, geometry=shapes, index=shapes.index)
    codes = issue_codes(drawn, used)
    grids = layers.conform(drawn.assign(code=codes), GRIDS).sort_index()
    crs = metric_crs(ground) if metric is None else metric
    blocks["code"] = labels.map(codes)
    if by == "area":
        blocks["load"] = blocks.to_crs(crs).area
    loads = blocks.groupby("code")["load"].sum().rename("load")
    return Proposal(grids, loads, by, target or float(loads.sum()) / count, blocks)


def _require(
    community: shapely.Geometry,
    by: By,
    target: float | None,
    n: int | None,
    compounds: gpd.GeoDataFrame | None,
) -> None:
    if (target is None) == (n is None):
        msg = "Either the load of a grid or the number of grids is needed, and not both."
        raise InvalidError(msg)
    if min(value for value in (target, n) if value is not None) <= 0:
        msg = "The load of a grid, or the number of grids, must be positive."
        raise InvalidError(msg)
    if not community.is_valid or community.is_empty:
        msg = "The ground of the community is not valid: {reason}."
        raise InvalidError(msg, reason=shapely.is_valid_reason(community))
    if by != "area" and compounds is None:
        msg = "Grids of about the same {by} need the layer compounds."
        raise InvalidError(msg, by=by)


def _divided(
    ground: Callable[[], Ground], target: float, least: float, n: int, seed: int
) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Put blocks together; where grids come out uneven, cut finer blocks, and take the best."""
    found: list[tuple[float, gpd.GeoDataFrame, pd.Series]] = []
    for finer in FINER:
        drawn = ground()
        shapes = drawn.blocks(max(target / finer, least), n)
        blocks = gpd.GeoDataFrame({"load": drawn.measure(shapes)}, geometry=shapes)
        xy = shapely.get_coordinates(shapely.centroid(shapes)) * drawn.unit
        beside = contiguity(read_topology(blocks), queen=False)
        label = regions(Blocks(beside, blocks["load"].to_numpy(), xy), n, seed=seed)
        labels = pd.Series(label, index=blocks.index, name="grid")
        loads = blocks["load"].groupby(labels).sum()
        found.append((float(loads.max() - loads.min()), blocks, labels))
        if loads.max() <= EVEN * loads.min():
            break
    _, blocks, labels = min(found, key=lambda one: one[0])
    return blocks, labels


def _measure(by: By, compounds: gpd.GeoDataFrame | None, unit: Floats) -> Measure:
    measures: dict[By, Callable[[gpd.GeoDataFrame], Measure]] = {
        "residents": _by_residents,
        "compounds": _by_compounds,
    }
    if by == "area" or compounds is None:
        return lambda shapes: shapely.area(shapes) * unit.prod()
    return measures[by](compounds)


def _by_residents(compounds: gpd.GeoDataFrame) -> Measure:
    known = compounds[compounds["residents"].notna()]
    homes, people = known.geometry.to_numpy(), known["residents"].to_numpy(dtype=np.float64)
    density = np.divide(
        people, area := shapely.area(homes), out=np.zeros(len(people)), where=area > 0
    )
    tree = shapely.STRtree(homes)

    def measure(shapes: Shapes) -> Floats:
        shape, home = tree.query(shapes, predicate="intersects")
        common = shapely.area(shapely.intersection(shapes[shape], homes[home])) * density[home]
        return np.bincount(shape, weights=common, minlength=len(shapes)).astype(np.float64)

    return measure


def _by_compounds(compounds: gpd.GeoDataFrame) -> Measure:
    spots = shapely.point_on_surface(compounds.geometry.to_numpy())
    tree = shapely.STRtree(spots)

    def measure(shapes: Shapes) -> Floats:
        shape, spot = tree.query(shapes, predicate="intersects")
        # On a border it is counted once, on the side that comes first
        first = np.unique(spot, return_index=True)[1]
        return np.bincount(shape[first], minlength=len(shapes)).astype(np.float64)

    return measure
