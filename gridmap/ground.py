"""
Ground: the city cut into pieces that lie in one division of each level and in the same grids.

Every square metre of the divisions is in exactly one piece, so whatever is summed over pieces is
additive over levels. Where the drawing is clean (the children tile their parent with shared
vertices) the drawn polygons are the pieces as they are; only faulty parts are overlaid:

- a child counts inside its parent only, and where two children overlap, in the lower code;
- ground of a parent that no child covers is a piece without a division of that level;
- a division without a polygon has the ground of its children;
- ground drawn in several grids is a piece of its own that knows them all, and belongs to the
  lowest code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap import divisions, measures
from gridmap.metric import require_metric
from gridmap.tiling import arrange, is_clean, polygonal, tile

DIVISION_LEVELS = ("district", "subdistrict", "community")
Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class City:
    """
    The layers of a city, conformed and in one metric CRS.

    Parameters
    ----------
    districts, subdistricts, communities, grids, roads, inspection_points, compounds
        Spatial layers in metres.
    units, assignments
        Who there is, and who answers for what.
    scheme
        The scheme whose coverage is asked for.
    """

    districts: gpd.GeoDataFrame
    subdistricts: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    inspection_points: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    units: pd.DataFrame
    assignments: pd.DataFrame
    scheme: str = "main"

    def areas(self, level: str) -> gpd.GeoDataFrame:
        """Return the areas of a level."""
        return {
            "district": self.districts,
            "subdistrict": self.subdistricts,
            "community": self.communities,
            "grid": self.grids,
        }[level]


@dataclass(frozen=True)
class Ground:
    """
    A city's ground in pieces; the same for every day and scheme, so keep it while layers stand.

    Parameters
    ----------
    pieces
        ``district``, ``subdistrict``, ``community`` (NA where none), ``grid`` (the lowest code
        drawn there, NA where none is drawn), ``others`` (tuple of further grids drawn there),
        ``area_m2``, geometry.
    lineage
        Of each grid, as `gridmap.divisions.lineage`.
    road_stretches
        ``road`` (row number), ``from_m``, ``to_m``, ``area`` (row number of the piece, -1 outside
        the city); each metre once.
    outline
        The city: all its divisions together.
    point_piece, compound_piece
        Row number of the piece in which an inspection point, or a compound's representative point,
        lies; -1 outside the city.
    """

    pieces: gpd.GeoDataFrame
    lineage: pd.DataFrame
    outline: shapely.Geometry
    road_stretches: pd.DataFrame
    point_piece: NDArray[np.int64]
    compound_piece: NDArray[np.int64]


@dataclass
class _Region:
    """Ground of the deepest division drawn at a place, or what its children leave of it."""

    path: dict[str, str]
    shape: shapely.Geometry
    grids: list[int] = field(default_factory=list)
    clean: bool = False


def survey(city: City) -> Ground:
    """
    Cut a city into pieces, and say in which piece its roads, points and compounds lie.

    Parameters
    ----------
    city
        Layers in metres.

    Returns
    -------
    Ground
        Pieces in the order of their divisions' and grids' codes, those without a grid last.
        Slivers thinner than 1e-8 m, which are rounding, are left out.

    Raises
    ------
    CrsError
        If the grids are not in metres.
    """
    require_metric(city.grids, "Coverage")
    lineage = divisions.lineage(city.grids, city.communities, city.subdistricts, city.districts)
    tree = _Tree.of(city)
    top = tree.children("")
    shares, _ = tile(tree.shapes(top), None)
    regions = [
        region
        for code, share in zip(top, shares, strict=True)
        for region in _regions(tree, code, share, {})
    ]
    if not top and len(city.grids):  # no division at all: the ground is what is drawn in grids
        drawn = shapely.union_all(city.grids.geometry.to_numpy())
        regions = [_Region({}, polygonal(np.array([drawn]))[0])]
        shares = np.array([regions[0].shape], dtype=object)
    pieces = _pieces(city, regions)
    shapes = pieces.geometry.to_numpy()
    inside = shapely.point_on_surface(city.compounds.geometry.to_numpy())
    return Ground(
        pieces,
        lineage,
        shapely.union_all(shares),
        measures.stretches(city.roads, shapes),
        _first_piece(city.inspection_points.geometry.to_numpy(), shapes),
        _first_piece(inside, shapes),
    )


def _first_piece(points: Shapes, pieces: Shapes) -> NDArray[np.int64]:
    point, piece = shapely.STRtree(pieces).query(points, predicate="intersects")
    found = np.full(len(points), len(pieces), dtype=np.int64)
    np.minimum.at(found, point, piece)
    return np.where(found == len(pieces), -1, found)


def _pieces(city: City, regions: list[_Region]) -> gpd.GeoDataFrame:
    shapes = city.grids.geometry.to_numpy()
    _seat(city, regions, shapes)
    order = np.argsort(city.grids.index.to_numpy(dtype=object), kind="stable")
    codes = city.grids.index.to_numpy(dtype=object)
    rows = []
    for region in regions:
        for numbers, shape in _region_pieces(region, shapes, order):
            grids = [codes[n] for n in numbers]
            first = grids[0] if grids else None
            rows.append((*map(region.path.get, DIVISION_LEVELS), first, tuple(grids[1:]), shape))
    columns = [*DIVISION_LEVELS, "grid", "others", "geometry"]
    table = pd.DataFrame(rows, columns=columns).astype(
        dict.fromkeys([*DIVISION_LEVELS, "grid"], "str")
    )
    # A road or point on the border of drawn ground belongs to the grid, not to the gap beside it
    table = table.assign(undrawn=table["grid"].isna())
    table = table.sort_values(["undrawn", *DIVISION_LEVELS, "grid"], kind="stable")
    table = table.drop(columns="undrawn").reset_index(drop=True)
    pieces = gpd.GeoDataFrame(table, geometry="geometry", crs=city.grids.crs)
    pieces["area_m2"] = pieces.area
    return pieces


def _region_pieces(
    region: _Region, shapes: Shapes, order: NDArray[np.int64]
) -> Iterator[tuple[tuple[int, ...], shapely.Geometry]]:
    if region.clean:
        yield from (((number,), shapes[number]) for number in region.grids)
        return
    wanted = set(region.grids)
    numbers = [number for number in order if number in wanted]
    for members, shape in arrange(shapes[numbers], region.shape):
        yield tuple(numbers[member] for member in members), shape


def _regions(
    tree: _Tree, code: str, shape: shapely.Geometry, path: dict[str, str]
) -> Iterator[_Region]:
    """Walk down the tree of divisions, cutting each parent into its children and what is left."""
    if shapely.is_empty(shape):
        return
    here = {**path, tree.level[code]: code}
    children = tree.children(code)
    if not children:
        yield _Region(here, shape)
        return
    shares, rest = tile(tree.shapes(children), shape)
    for child, share in zip(children, shares, strict=True):
        yield from _regions(tree, child, share, here)
    if not rest.is_empty:
        yield _Region(here, rest)


@dataclass(frozen=True)
class _Tree:
    level: dict[str, str]
    below: dict[str, list[str]]
    drawn: dict[str, shapely.Geometry]

    @staticmethod
    def of(city: City) -> _Tree:
        frames = {level: city.areas(level) for level in DIVISION_LEVELS}
        level = {code: name for name, frame in frames.items() for code in frame.index}
        below: dict[str, list[str]] = {}
        for frame in frames.values():
            for code, parent in frame["parent"].items():
                below.setdefault(parent if parent in level else "", []).append(code)
        drawn = {
            code: shape
            for frame in frames.values()
            for code, shape in frame.geometry.items()
            if shape is not None and not shape.is_empty
        }
        tree = _Tree(level, {code: sorted(codes) for code, codes in below.items()}, drawn)
        grids = city.grids.groupby("parent").indices
        for code in tree._bottom_up(""):
            if code not in drawn:
                own = city.grids.geometry.to_numpy()[grids.get(code, [])]
                union = shapely.union_all([*tree.shapes(tree.children(code)), *own])
                drawn[code] = polygonal(np.array([union]))[0]
        return tree

    def _bottom_up(self, code: str) -> Iterator[str]:
        for child in self.children(code):
            yield from self._bottom_up(child)
            yield child

    def children(self, code: str) -> list[str]:
        return self.below.get(code, [])

    def shapes(self, codes: list[str]) -> Shapes:
        return np.array([self.drawn[code] for code in codes], dtype=object)


def _seat(city: City, regions: list[_Region], shapes: Shapes) -> None:
    """Give each region the grids that lie in it; a clean one is tiled by its own grids exactly."""
    own = city.grids.groupby("parent").indices
    loose = np.ones(len(shapes), dtype=bool)
    for region in regions:
        path = [region.path[level] for level in DIVISION_LEVELS if level in region.path]
        numbers = own.get(path[-1] if path else "", np.empty(0, dtype=np.int64))
        region.clean = bool(len(numbers)) and is_clean(shapes[numbers], region.shape)
        if region.clean:
            region.grids = list(numbers)
            loose[numbers] = False
    numbers = np.flatnonzero(loose)
    tree = shapely.STRtree([region.shape for region in regions])
    for grid, place in zip(*tree.query(shapes[numbers], predicate="intersects"), strict=True):
        region, number = regions[place], int(numbers[grid])
        # A neighbour that only touches a clean region leaves it clean
        if region.clean and not shapely.relate_pattern(shapes[number], region.shape, "T********"):
            continue
        region.clean = False
        region.grids.append(number)
