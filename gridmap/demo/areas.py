"""Districts, subdistricts, communities and grids of a demo city: codes, names, people."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.demo import names
from gridmap.demo.ground import BLIND, REACH, Ground
from gridmap.demo.mesh import Floats
from gridmap.demo.sizes import Size
from gridmap.demo.terrain import to_degrees

CRS = "EPSG:4490"
RIVER_KIND = "河道"
# Kind of grid: how common it is, its people beside a residential grid's, how much more common it is
# where grids are large, which is far from the centre (a power of the area).
GRID_KINDS = {
    "小区": (0.70, 1.0, 0.0),
    "商圈": (0.09, 0.75, -1.0),
    "机关": (0.05, 0.15, -0.6),
    "校园": (0.05, 0.3, -0.2),
    "市场": (0.03, 0.35, -1.0),
    "公园": (0.04, 0.05, 0.3),
    "厂区": (0.04, 0.12, 1.0),
}
RESIDENTS = 1050.0
CROWDED = 4200  # people of one grid of towers: many issues there, but not more for each of them
FIRST_TOWN = 100
TOWN_SHARE = 0.2


@dataclass(frozen=True)
class Areas:
    """
    The divisions of a city, and what other layers are laid upon.

    Parameters
    ----------
    districts, subdistricts, communities, grids
        Raw frames, in degrees. Grids are sorted by code.
    metric : ndarray of shapely.Polygon
        The grids in metres from the city's centre.
    blind : geopandas.GeoDataFrame
        Ground without a grid: ``parent``, ``area_m2`` in the plan, geometry in degrees.
    """

    districts: gpd.GeoDataFrame
    subdistricts: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    metric: NDArray[np.object_]
    blind: gpd.GeoDataFrame


def divisions(size: Size, ground: Ground, rng: np.random.Generator) -> Areas:
    """
    Give a city's ground its codes, names and people.

    Parameters
    ----------
    size
        Which city.
    ground
        Its faces.
    rng
        Where chance comes from.
    """
    metric = polygons(ground.xy, ground.rings)
    degrees = polygons(to_degrees(ground.xy, size), ground.rings)
    community_shape = _dissolved(degrees, ground.communities)
    codes, order = _community_codes(size, community_shape)
    code_of = dict(zip(order, codes, strict=True))
    parent = pd.Series(ground.communities).map(code_of).to_numpy()
    is_grid = ground.kinds != BLIND
    grids, position = _grids(parent, ground, metric, is_grid, rng)
    grids = gpd.GeoDataFrame(grids, geometry=degrees[position], crs=CRS)
    blind = gpd.GeoDataFrame({"parent": parent[~is_grid]}, geometry=degrees[~is_grid], crs=CRS)
    communities, subdistricts, districts = _upper(size, codes, community_shape[order], grids, rng)
    return Areas(districts, subdistricts, communities, grids, metric[position], blind)


def polygons(xy: Floats, rings: list[list[int]]) -> NDArray[np.object_]:
    """Return one polygon a ring of vertex numbers."""
    closed = [[*ring, ring[0]] for ring in rings]
    lengths = np.fromiter(map(len, closed), dtype=np.int64, count=len(closed))
    flat = xy[np.concatenate([np.asarray(ring) for ring in closed])]
    made = shapely.linearrings(flat, indices=np.repeat(np.arange(len(closed)), lengths))
    return np.asarray(shapely.orient_polygons(shapely.polygons(made)))


def reading_order(xy: Floats, group: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    Return ordinals like those of words on a page: rows north to south, each west to east.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Places.
    group : ndarray of int, shape (n,)
        Which group each belongs to.

    Returns
    -------
    ndarray of int, shape (n,)
        Ordinal of each place in its group, from 1.
    """
    frame = pd.DataFrame({"x": xy[:, 0], "y": -xy[:, 1], "group": group})
    rank = frame.groupby("group")["y"].rank(method="first") - 1
    n = frame.groupby("group")["y"].transform("size")
    frame["row"] = (rank // np.ceil(np.sqrt(n))).astype(int)
    ordered = frame.sort_values(["group", "row", "x"], kind="stable")
    ordinal = ordered.groupby("group").cumcount() + 1
    return ordinal.reindex(frame.index).to_numpy(dtype=np.int64)


def _dissolved(shapes: NDArray[np.object_], group: NDArray[np.int64]) -> NDArray[np.object_]:
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    parts = np.split(shapes[order], starts[1:])
    united = [shapely.coverage_union_all(part) for part in parts]
    return np.array(united, dtype=object)


def _community_codes(size: Size, shapes: NDArray[np.object_]) -> tuple[list[str], list[int]]:
    """Return the communities' codes, sorted, and which community has each."""
    number = np.arange(len(shapes))
    subdistrict = number // size.communities
    district = subdistrict // size.subdistricts
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    ordinal = reading_order(centre, subdistrict)
    middle = pd.DataFrame(centre).groupby(subdistrict).mean().to_numpy()
    subdistrict_code = _subdistrict_codes(size, middle)
    codes = [
        f"{size.first_district + d:06d}{subdistrict_code[s]:03d}{o:03d}"
        for d, s, o in zip(district, subdistrict, ordinal, strict=True)
    ]
    order = sorted(number.tolist(), key=lambda n: codes[n])
    return [codes[n] for n in order], order


def _subdistrict_codes(size: Size, middle: Floats) -> NDArray[np.int64]:
    """Return ordinals from 001; those farthest from the centre are towns, from 100."""
    if len(middle) == 1:
        return np.array([FIRST_TOWN])
    district = np.arange(len(middle)) // size.subdistricts
    distance = np.hypot(*(middle - middle.mean(axis=0)).T)
    is_town = distance > np.quantile(distance, 1 - TOWN_SHARE)
    ordinal = reading_order(middle, district * 2 + is_town)
    return np.where(is_town, ordinal + FIRST_TOWN - 1, ordinal)


def _grids(
    parent: NDArray[np.object_],
    ground: Ground,
    metric: NDArray[np.object_],
    is_grid: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    position = np.flatnonzero(is_grid)
    group = pd.factorize(parent[position], sort=True)[0]
    centre = shapely.get_coordinates(shapely.centroid(metric[position]))
    ordinal = reading_order(centre, group)
    order = np.lexsort((ordinal, group))
    position, ordinal, group = position[order], ordinal[order], group[order]
    kind, residents = _people(metric[position], ground.kinds[position] == REACH, rng)
    numbers = [f"{n:03d}" for n in ordinal]
    table = pd.DataFrame(
        {
            "code": [p + n for p, n in zip(parent[position], numbers, strict=True)],
            "name": ordinal,
            "parent": parent[position],
            "kind": kind,
            "residents": pd.array(residents, dtype="Int64"),
        }
    )
    return table, position


def _people(
    metric: NDArray[np.object_], is_reach: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    n = len(metric)
    kinds = np.array(list(GRID_KINDS), dtype=object)
    people = np.array([people for _, people, _ in GRID_KINDS.values()])
    area = shapely.area(metric)
    chosen = _kinds(area, is_reach, rng)
    crowding = np.clip(np.sqrt(area / np.median(area)), 0.6, 1.5)
    residents = RESIDENTS * people[chosen] * crowding * rng.lognormal(0.0, 0.22, n)
    residents[rng.choice(np.flatnonzero((chosen == 0) & ~is_reach))] = CROWDED
    kind = np.where(is_reach, RIVER_KIND, kinds[chosen])
    return kind, np.where(is_reach, 0, residents.round()).astype(np.int64)


def _kinds(
    area: Floats, is_reach: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Choose kinds; every one, schools and markets among them, occurs even in a town."""
    share, power = (np.array([row[i] for row in GRID_KINDS.values()]) for i in (0, 2))
    weight = share * (area / np.median(area))[:, None] ** power
    reach = np.cumsum(weight, axis=1)
    at = rng.uniform(size=len(area)) * reach[:, -1]
    chosen = (at[:, None] > reach).sum(axis=1)
    for kind in range(1, len(share)):
        likely = np.where(is_reach, 0.0, weight[:, kind])
        chosen[rng.choice(len(area), 2, replace=False, p=likely / likely.sum())] = kind
    return chosen


def _upper(
    size: Size,
    codes: list[str],
    shapes: NDArray[np.object_],
    grids: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    communities = _level(codes, shapes, grids)
    subdistricts = _merged(communities, 9)
    districts = _merged(subdistricts, 6)
    communities["kind"] = "居委会"
    is_town = subdistricts["code"].str[6:].astype(int) >= FIRST_TOWN
    subdistricts["kind"] = np.where(is_town, "镇", "街道")
    districts["kind"] = "县级市" if size.districts == 1 else "区"
    stems = names.pairs(rng)
    communities["name"] = _community_names(stems, communities, rng)
    subdistricts["name"] = [
        stem + ("镇" if town else "街道")
        for stem, town in zip(stems[-len(subdistricts) :], is_town, strict=True)
    ]
    districts["name"] = (
        [size.name] if size.districts == 1 else [s + "区" for s in stems[: len(districts)]]
    )
    parents = grids["parent"].map(communities.set_index("code")["name"].str.removesuffix("社区"))
    grids["name"] = [f"{p}第{n}网格" for p, n in zip(parents, grids["name"], strict=True)]
    return communities, subdistricts, districts


def _community_names(
    stems: list[str], communities: gpd.GeoDataFrame, rng: np.random.Generator
) -> list[str]:
    few = len(communities) <= len(stems) // 2
    chosen = (
        stems[: len(communities)]
        if few
        else names.combined(rng, len(communities), tuple(stems), ("", "东", "西", "北"))
    )
    return [f"{stem}社区" for stem in chosen]


def _level(
    codes: list[str], shapes: NDArray[np.object_], below: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    residents = below.groupby("parent")["residents"].sum().reindex(codes).to_numpy()
    table = pd.DataFrame(
        {
            "code": codes,
            "name": "",
            "parent": [code[: {12: 9, 9: 6, 6: 0}[len(code)]] or None for code in codes],
            "kind": "",
            "residents": pd.array(residents, dtype="Int64"),
        }
    )
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


def _merged(below: gpd.GeoDataFrame, digits: int) -> gpd.GeoDataFrame:
    group, codes = pd.factorize(below["code"].str[:digits], sort=True)
    return _level(list(codes), _dissolved(below.geometry.to_numpy(), group), below)
