"""What mending grids comes to: rows, codes that end, lineage, and the audit of what was touched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import layers
from gridmap.audit import audit
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from gridmap.mending.vertices import (
    ON_M,
    Floats,
    Shapes,
    corners,
    near,
    unit_m,
    with_vertices,
)
from gridmap.metric import metric_crs, to_metric

if TYPE_CHECKING:
    from pyproj import CRS

ACTS = ("create", "split", "merge", "reshape", "retire")
Step: TypeAlias = tuple[str | None, str | None, str, float]
Drawn: TypeAlias = Sequence[shapely.Geometry] | Shapes
GRIDS = layers.LAYERS["grids"]
LINEAGE_COLUMNS = ["from_code", "to_code", "act", "share", "area_m2"]
LINEAGE_DTYPES = {"from_code": "str", "to_code": "str", "act": "str"}
NOISE_SHARE = 1e-9
NOISE_M2 = 0.01

THIN_M = 5.0
"""A part of a smaller mean width (twice the area over the perimeter) is no grid."""


@dataclass(frozen=True)
class Mending:
    """
    What an act comes to.

    Parameters
    ----------
    changed
        Rows of the layer ``grids`` to write: new codes, reshaped grids, and neighbours that only
        got a vertex.
    retired
        Codes that end.
    lineage
        ``from_code`` (missing where a grid is created), ``to_code`` (missing where one ends
        without an heir), ``act`` (create, split, merge, reshape, retire), ``share`` (of the old
        area that went there; NaN where there was none, or where it went nowhere), ``area_m2``
        (the ground that went, in the metric CRS). Of a code that stays, what stays with it is a
        row too, so that the shares of each ``from_code`` sum to 1.
    faults
        `gridmap.audit.audit` of the changed grids and their neighbours: what was there before and
        what is new. In the metric CRS.
    trimmed_m2
        Ground that was drawn and cut away, in square metres of the metric CRS.
    """

    changed: gpd.GeoDataFrame
    retired: tuple[str, ...]
    lineage: pd.DataFrame
    faults: gpd.GeoDataFrame
    trimmed_m2: float = 0.0


@dataclass(frozen=True)
class Work:
    """
    The layer that an act is about, and the CRS in which it is measured.

    Parameters
    ----------
    grids
        The layer, conformed.
    metric
        A CRS in metres, best of equal area; `gridmap.metric.metric_crs` of the grids if left out.
    """

    grids: gpd.GeoDataFrame
    metric: CRS | None = None

    @property
    def crs(self) -> CRS:
        """The CRS in which areas are measured."""
        return metric_crs(self.grids) if self.metric is None else self.metric

    def area_m2(self, shapes: Drawn) -> Floats:
        """Measure shapes in square metres of the metric CRS."""
        series = gpd.GeoSeries(list(shapes), crs=self.grids.crs)
        areas: Floats = to_metric(series, self.crs).area.to_numpy()
        return areas

    def row(self, code: str) -> pd.Series:
        """Return the row of a grid, or refuse."""
        if code not in self.grids.index:
            msg = "There is no grid {code}."
            raise NotFoundError(msg, code=code)
        return self.grids.loc[code]

    def finish(
        self,
        rows: gpd.GeoDataFrame,
        retired: Collection[str],
        lineage: pd.DataFrame,
        trimmed_m2: float = 0.0,
    ) -> Mending:
        """
        Give neighbours the new vertices, and audit what was touched.

        Parameters
        ----------
        rows
            Grids that are new or have another shape.
        retired
            Codes that end.
        lineage
            As `Mending.lineage`.
        trimmed_m2
            As `Mending.trimmed_m2`.

        Raises
        ------
        InvalidError, ConflictError
            If a shape would not be valid; if it would overlap a grid that it did not before.
        """
        require_valid(rows)
        stay = self.grids.drop(index=[*retired, *rows.index.intersection(self.grids.index)])
        rows = pd.concat([rows, _knitted(stay, rows)])
        changed = layers.conform(rows.reset_index(), GRIDS).sort_index()
        after = pd.concat([stay.drop(index=stay.index.intersection(changed.index)), changed])
        touched = [*changed.index, *_beside(after, self.grids, [*changed.index, *retired])]
        faults = self._audit(after, touched)
        self._require_no_new_overlap(faults, touched)
        return Mending(changed, tuple(retired), lineage, faults, trimmed_m2)

    def _audit(self, grids: gpd.GeoDataFrame, touched: Collection[str]) -> gpd.GeoDataFrame:
        asked = grids[grids.index.isin(list(touched))]
        # Ground enclosed by the neighbours may be that of a grid farther off: all around are asked
        around = grids.iloc[grids.sindex.query(shapely.box(*asked.total_bounds))]
        found = audit(to_metric(around, self.crs))
        ours = [not set(codes).isdisjoint(touched) for codes in found["codes"]]
        return found[np.array(ours, dtype=np.bool_)].reset_index(drop=True)

    def _require_no_new_overlap(self, faults: gpd.GeoDataFrame, touched: Collection[str]) -> None:
        after = faults[faults["fault"].isin(["overlap", "duplicate"])]
        if after.empty:
            return
        before = self._audit(self.grids, touched)
        known = dict(zip(before["codes"].map(frozenset), before["area_m2"], strict=True))
        least = after["codes"].map(lambda codes: known.get(frozenset(codes), 0.0))
        grown = after[after["area_m2"] > least + NOISE_M2]
        if len(grown):
            msg = "{codes} would overlap by {area_m2:.1f} m²."
            first = grown.iloc[0]
            raise ConflictError(msg, codes=", ".join(first["codes"]), area_m2=first["area_m2"])


def drawn_rows(
    shapes: Mapping[str, shapely.Geometry], grids: gpd.GeoDataFrame, **columns: object
) -> gpd.GeoDataFrame:
    """
    Make rows of the layer.

    Parameters
    ----------
    shapes
        Code → shape, in the CRS of `grids`.
    grids
        The layer.
    **columns
        Values of its other columns, the same in every row or one for each; missing if left out.
    """
    index = pd.Index(list(shapes), name=GRIDS.key, dtype="str")
    table = pd.DataFrame(columns, index=index)
    return gpd.GeoDataFrame(table, geometry=list(shapes.values()), crs=grids.crs)


def lineage_rows(steps: Sequence[Step], area_m2: Floats) -> pd.DataFrame:
    """
    Make a lineage.

    Parameters
    ----------
    steps
        ``from_code``, ``to_code``, ``act``, ``share`` of each.
    area_m2
        The ground of each.
    """
    frame = pd.DataFrame(list(steps), columns=LINEAGE_COLUMNS[:-1])
    frame["area_m2"] = area_m2
    return frame.astype({**LINEAGE_DTYPES, "share": "float64"})


def require_valid(rows: gpd.GeoDataFrame) -> None:
    """
    Refuse rows of which a shape is not valid.

    Parameters
    ----------
    rows
        Grids, indexed by code.

    Raises
    ------
    InvalidError
        Naming the first, and what is wrong with it.
    """
    shapes = rows.geometry.to_numpy()
    bad = np.flatnonzero(~shapely.is_valid(shapes) | shapely.is_empty(shapes))
    if len(bad):
        msg = "The shape of grid {code} would not be valid: {reason}."
        reason = shapely.is_valid_reason(shapes[bad[0]])
        raise InvalidError(msg, code=rows.index[bad[0]], reason=reason)


def width_m(shapes: Drawn, unit: Floats) -> Floats:
    """
    Measure the mean width of shapes.

    Parameters
    ----------
    shapes
        Polygons.
    unit
        Metres in a unit of their coordinates, as `gridmap.mending.vertices.unit_m`.
    """
    stretched = shapely.transform(np.array(list(shapes), dtype=object), lambda xy: xy * unit)
    length = shapely.length(stretched)
    area = shapely.area(stretched)
    width: Floats = np.divide(2 * area, length, out=np.zeros(len(area)), where=length > 0)
    return width


def _knitted(stay: gpd.GeoDataFrame, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Grids that have a vertex of the rows on an edge, with it; the rows got theirs when drawn."""
    if stay.empty or rows.empty:
        return stay.iloc[:0]
    xy, unit = corners(shapely.geometrycollections(rows.geometry.to_numpy())), unit_m(rows)
    shapes = stay.geometry.to_numpy()
    at = near(shapes, xy, ON_M, unit)
    given = np.array([with_vertices(shapes[k], xy, unit) for k in at], dtype=object)
    new = np.array([one is not shapes[k] for k, one in zip(at, given, strict=True)], dtype=bool)
    knitted = stay.iloc[at[new]]
    return knitted.set_geometry(gpd.GeoSeries(given[new], index=knitted.index, crs=stay.crs))


def _beside(after: gpd.GeoDataFrame, before: gpd.GeoDataFrame, codes: Sequence[str]) -> list[str]:
    """List the grids that touch one of these codes, as it is or as it was."""
    shapes = [frame.geometry[frame.index.isin(codes)].to_numpy() for frame in (after, before)]
    reach = ON_M / unit_m(after).min()
    met = after.sindex.query(np.concatenate(shapes), predicate="dwithin", distance=reach)[1]
    found = after.index[np.unique(met)]
    return list(found[~found.isin(codes)])
