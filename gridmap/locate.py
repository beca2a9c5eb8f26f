"""
Which grid covers a point.

A point on a border that grids share belongs to the grid with the lowest code, on every machine and
at every time; so does a point in an overlap. The answer is that of
``geopandas.sjoin(points, areas, predicate="intersects")`` with the lowest code kept, on every
input; a raster of cells (`gridmap._raster`) gives it some forty times faster.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from gridmap._nearby import EdgeTree, build_edge_tree
from gridmap._raster import Raster, build_raster, one
from gridmap._rasterise import OUTSIDE, UNCERTAIN, Pieces
from gridmap.errors import CrsError, InvalidError
from gridmap.metric import metres_per_degree


class Locator:
    """
    Areas, made ready for being asked for points; build it once per version of a layer.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame, n rows
        Polygons or MultiPolygons indexed by code, in any CRS. They need not be a partition: they
        may overlap, leave gaps, have holes and parts, be empty or missing.

    Attributes
    ----------
    codes : pandas.Index
        The codes in ascending order; positions are places in it.
    crs : pyproj.CRS
        The CRS of the areas, and of the points that are asked for.

    Raises
    ------
    CrsError
        If `areas` has no CRS.

    Examples
    --------
    Two squares; the point (1, 0.5) is on the border between them.

    >>> from shapely import box
    >>> areas = gpd.GeoDataFrame(
    ...     geometry=[box(1, 0, 2, 1), box(0, 0, 1, 1)], index=["b", "a"], crs="EPSG:4490"
    ... )
    >>> locator = Locator(areas)
    >>> [locator.codes[p] for p in locator.positions([[1.5, 0.5], [1.0, 0.5]])]
    ['b', 'a']
    >>> locator.position(3.0, 0.5)
    -1
    """

    def __init__(self, areas: gpd.GeoDataFrame) -> None:
        if areas.crs is None:
            msg = "Locating needs a CRS; these areas have none."
            raise CrsError(msg)
        areas = areas.sort_index(kind="stable")
        self.codes: pd.Index = areas.index
        self.crs = CRS.from_user_input(areas.crs)
        self._shapes: NDArray[np.object_] = np.asarray(areas.geometry.values, dtype=object)
        self._tree = shapely.STRtree(self._shapes)
        pieces, rough = _flatten(self._shapes)
        self._raster: Raster = build_raster(pieces, rough)

    @property
    def nbytes(self) -> int:
        """Memory that the raster takes, bytes."""
        return self._raster.nbytes

    def positions(self, xy: ArrayLike) -> NDArray[np.int32]:
        """
        Find the area that covers each point.

        Parameters
        ----------
        xy
            Points in the CRS of the areas, x (or longitude) first; shape (n, 2). NaN is nowhere.

        Returns
        -------
        numpy.ndarray of int32, shape (n,)
            Position of the lowest code whose area covers the point, its border included; -1 where
            there is none.
        """
        points = _points(xy)
        found = self._raster.look_up(points)
        uncertain = np.flatnonzero(found == UNCERTAIN)
        if len(uncertain):
            found[uncertain] = self._exact(points[uncertain])
        return found

    def position(self, x: float, y: float) -> int:
        """Find the area that covers one point; the same answer as `positions`."""
        # floats only: Numba compiles anew for every type that it has not seen
        found = one(float(x), float(y), *self._raster)
        return int(self._exact(np.array([[x, y]]))[0]) if found == UNCERTAIN else found

    def candidates(self, xy: ArrayLike, accuracy_m: ArrayLike) -> pd.DataFrame:
        r"""
        Find every area within some metres of each point.

        Parameters
        ----------
        xy
            As for `positions`.
        accuracy_m
            Metres, one number or n; NaN is taken as 0.

        Returns
        -------
        pandas.DataFrame
            One row for each point and area: ``point`` (row number in `xy`), ``code``,
            ``distance_m`` (0 where the area covers the point); points in order, areas from near to
            far, equally near ones by code.

        Raises
        ------
        InvalidError
            If an accuracy is negative.

        Notes
        -----
        Degrees are scaled to metres at the point's own latitude. At a distance :math:`d` this is
        off by up to :math:`d\,\tan\varphi / R` relatively: 2e-5 at 100 m and 53° N, 2e-3 at
        10 km.
        """
        points = _points(xy)
        reach = np.nan_to_num(np.broadcast_to(np.asarray(accuracy_m, dtype=float), len(points)))
        if (reach < 0).any():
            msg = "An accuracy cannot be negative; the least given is {least} m."
            raise InvalidError(msg, least=float(reach.min()))
        covered, covering = self._covering(points)
        near, owner, distance = self._edges.within(points, self._metres(points), reach)
        found = pd.DataFrame(
            {
                "point": np.concatenate([covered, near]),
                "position": np.concatenate([covering, owner]),
                "distance_m": np.concatenate([np.zeros(len(covered)), distance]),
            }
        )
        found = found.sort_values(["point", "position", "distance_m"])
        found = found.drop_duplicates(["point", "position"])
        found = found.sort_values(["point", "distance_m", "position"], ignore_index=True)
        found.insert(1, "code", self.codes.take(found.pop("position").to_numpy()))
        return found

    def nearest(self, xy: ArrayLike) -> pd.DataFrame:
        """
        Find the nearest area of each point.

        Parameters
        ----------
        xy
            As for `positions`.

        Returns
        -------
        pandas.DataFrame, n rows
            ``code`` (of the lowest of equally near areas) and ``distance_m``, 0 inside; both empty
            for a NaN point and where there are no areas. As exact as in `candidates`.
        """
        points = _points(xy)
        return self._nearest(points, self.positions(points))

    def _nearest(self, points: NDArray[np.float64], position: NDArray[np.int32]) -> pd.DataFrame:
        position = position.copy()
        distance = np.zeros(len(points))
        out = np.flatnonzero(position == OUTSIDE)
        if len(out):
            away = points[out]
            position[out], distance[out] = self._edges.nearest(away, self._metres(away))
        return pd.DataFrame({"code": self._codes_at(position), "distance_m": distance})

    def _codes_at(self, position: NDArray[np.int32]) -> pd.Index:
        if not len(self.codes):
            return pd.Index([pd.NA] * len(position), dtype=self.codes.dtype)
        return self.codes.take(position, allow_fill=True, fill_value=pd.NA)

    def _covering(self, points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self._tree.query(shapely.points(points), predicate="intersects")

    def _exact(self, points: NDArray[np.float64]) -> NDArray[np.int32]:
        lowest = np.full(len(points), len(self.codes), dtype=np.int32)
        point, area = self._covering(points)
        np.minimum.at(lowest, point, area.astype(np.int32))
        lowest[lowest == len(self.codes)] = OUTSIDE
        return lowest

    @cached_property
    def _edges(self) -> EdgeTree:
        return build_edge_tree(_flatten(self._shapes)[0])

    def _metres(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.crs.is_projected:
            factor = self.crs.axis_info[0].unit_conversion_factor
            return np.full((len(points), 2), factor)
        latitude = np.where(np.isfinite(points[:, 1]), points[:, 1], 0.0)
        return metres_per_degree(latitude)


def locate(
    points: gpd.GeoDataFrame, locator: Locator, accuracy_m: float | pd.Series | None = None
) -> pd.DataFrame:
    """
    Find the grid of each point, or the nearest one.

    Parameters
    ----------
    points : geopandas.GeoDataFrame, n rows
        Points in the CRS of the locator. A missing or empty point is outside and has no code.
    locator
        The grids.
    accuracy_m
        How far each point may be from where it says, metres: one number, or a Series on the index
        of `points` (NaN: not known). Left out, no point is ambiguous.

    Returns
    -------
    pandas.DataFrame, n rows, indexed as `points`
        ``code`` (the grid, or the nearest one where no grid covers the point), ``outside``,
        ``distance_m`` (to that grid, 0 inside), ``ambiguous`` (more than one grid is within the
        accuracy), ``candidates`` (tuple of the codes within the accuracy, the nearest first;
        without an accuracy the code of the grid that covers the point, if one does).

    Raises
    ------
    CrsError
        If the points have another CRS than the locator, or none.
    InvalidError
        If an accuracy is negative.

    Examples
    --------
    >>> from shapely import Point, box
    >>> areas = gpd.GeoDataFrame(
    ...     geometry=[box(0, 0, 100, 100), box(100, 0, 200, 100)], index=["a", "b"], crs="EPSG:4550"
    ... )
    >>> here = gpd.GeoDataFrame(geometry=[Point(97, 50), Point(230, 50)], crs="EPSG:4550")
    >>> locate(here, Locator(areas), accuracy_m=5.0).values.tolist()
    [['a', False, 0.0, True, ('a', 'b')], ['b', True, 30.0, False, ()]]
    """
    _require_same_crs(points, locator)
    xy = _coordinates(points.geometry.to_numpy())
    position = locator.positions(xy)
    answer = locator._nearest(xy, position).set_index(points.index)  # noqa: SLF001
    answer.insert(1, "outside", position == OUTSIDE)
    candidates = pd.Series(_covered(answer), index=points.index, dtype=object)
    if accuracy_m is not None:
        accuracy = np.broadcast_to(_on_index(accuracy_m, points.index), len(points))
        known = np.flatnonzero(~np.isnan(accuracy))
        candidates.iloc[known] = _tuples(locator.candidates(xy[known], accuracy[known]), len(known))
    answer["ambiguous"] = candidates.map(len).to_numpy(dtype=int) > 1
    answer["candidates"] = candidates
    return answer


def _require_same_crs(points: gpd.GeoDataFrame, locator: Locator) -> None:
    if points.crs is None or CRS.from_user_input(points.crs) != locator.crs:
        msg = "The points are in {points}, the areas in {areas}; they must share one CRS."
        name = "no CRS" if points.crs is None else CRS.from_user_input(points.crs).name
        raise CrsError(msg, points=name, areas=locator.crs.name)


def _coordinates(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return x and y of each point; NaN for what is missing, empty or no point."""
    xy = np.full((len(shapes), 2), np.nan)
    there = (shapely.get_type_id(shapes) == shapely.GeometryType.POINT) & ~shapely.is_empty(shapes)
    xy[there] = shapely.get_coordinates(shapes[there])
    return xy


def _on_index(accuracy_m: float | pd.Series, index: pd.Index) -> NDArray[np.float64]:
    if isinstance(accuracy_m, pd.Series) and not accuracy_m.index.equals(index):
        accuracy_m = accuracy_m.reindex(index)
    return np.asarray(accuracy_m, dtype=float)


def _covered(answer: pd.DataFrame) -> NDArray[np.object_]:
    tuples = np.empty(len(answer), dtype=object)
    tuples[:] = [
        () if outside else (code,)
        for code, outside in zip(answer["code"], answer["outside"], strict=True)
    ]
    return tuples


def _tuples(candidates: pd.DataFrame, n: int) -> NDArray[np.object_]:
    codes = candidates["code"].tolist()
    ends = np.searchsorted(candidates["point"], np.arange(n + 1)).tolist()
    tuples = np.empty(n, dtype=object)
    tuples[:] = [tuple(codes[a:b]) for a, b in pairwise(ends)]
    return tuples


def _points(xy: ArrayLike) -> NDArray[np.float64]:
    # writeable, for Numba would compile anew for an array that is not
    return np.require(np.asarray(xy, dtype=np.float64).reshape(-1, 2), requirements=["C", "W"])


def _flatten(shapes: NDArray[np.object_]) -> tuple[Pieces, NDArray[np.float64]]:
    """Return the polygons as flat arrays, and the boxes of those that even-odd may misread."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    full = ~shapely.is_empty(parts)
    parts, owner = parts[full], owner[full].astype(np.int32)
    if not len(parts):
        nothing = np.zeros(1, dtype=np.int64)
        return Pieces(np.empty((0, 2)), nothing, nothing, owner), np.empty((0, 4))
    _, xy, (rings, first_ring) = shapely.to_ragged_array(parts, include_z=False)
    pieces = Pieces(
        np.ascontiguousarray(xy), rings.astype(np.int64), first_ring.astype(np.int64), owner
    )
    holed = np.flatnonzero(np.diff(first_ring) > 1)
    return pieces, _boxes(pieces, holed[~shapely.is_valid(parts[holed])])


def _boxes(pieces: Pieces, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the boxes of all rings of some polygons; a stray hole lies beyond the shell's own."""
    starts = pieces.rings[pieces.first_ring]
    rings = [pieces.xy[starts[piece] : starts[piece + 1]] for piece in chosen]
    boxes = [np.concatenate([xy.min(axis=0), xy.max(axis=0)]) for xy in rings]
    return np.array(boxes).reshape(-1, 4)
