"""A whole invented city, with the truth about what was planted in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.demo import planted
from gridmap.demo.areas import CRS, RIVER_KIND, Areas, divisions
from gridmap.demo.compounds import compounds
from gridmap.demo.ground import grow
from gridmap.demo.holdings import Things, hold
from gridmap.demo.incidents import Draft, background, frame_of
from gridmap.demo.inspection_points import inspection_points
from gridmap.demo.loud import with_loud
from gridmap.demo.roads import roads
from gridmap.demo.scatter import Scatter
from gridmap.demo.sizes import Size, size_named
from gridmap.demo.terrain import to_degrees
from gridmap.demo.units import units
from gridmap.layers import LAYERS
from gridmap.metric import metric_crs

SEED = 20230701
RECURRENCES_EACH = 150  # one planted recurrence for so many issues


@dataclass(frozen=True)
class DemoCity:
    """
    A city that does not exist.

    Parameters
    ----------
    name
        Its invented name.
    districts, subdistricts, communities, grids, roads, inspection_points, compounds, units
        Raw layers in EPSG:4490, the key as a column, as `gridmap.layers.check` wants them.
    assignments
        Raw layer; all since 2025-10-01.
    issues
        Raw layer; the local days from 2025-10-01 to 2026-09-30.
    truth
        What was planted, in plain values: ``hot_spots`` (``grids``, ``category``, ``since``,
        ``until``, half-open local days), ``decoys`` (a ``pile`` of identical coordinates, a
        ``population`` that has many issues only because it has many people), ``loud`` (``grid`` and
        ``n``, the reports of one reporter there), ``blind_areas``
        (``parent``, ``area_m2``, ``geometry`` as WKT), ``recurrences`` (pairs of issues),
        ``unassigned_road``, ``unassigned_points``, ``inactive_unit`` and ``no_contact_unit`` with
        ``inactive_grids`` and ``no_contact_grids``.
    """

    name: str
    districts: gpd.GeoDataFrame
    subdistricts: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    inspection_points: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    assignments: pd.DataFrame
    issues: gpd.GeoDataFrame
    truth: dict[str, Any]


def city(size: str = "mohe", seed: int = SEED) -> DemoCity:
    """
    Make up a city: the same one for the same size and seed.

    Parameters
    ----------
    size
        ``mohe`` (1 town, 4 communities, 101 grids, 122 units), ``1k``, ``10k`` or ``100k`` grids.
    seed
        Where chance starts.

    Raises
    ------
    NotFoundError
        If there is no such size.

    Examples
    --------
    >>> small = city()
    >>> len(small.grids), len(small.inspection_points), int((small.units["party"] == "unit").sum())
    (101, 87, 122)
    """
    made = size_named(size)
    rng = np.random.default_rng(seed)
    ground = grow(made, rng)
    areas = divisions(made, ground, rng)
    scatter = Scatter(areas.metric)
    road_layer = roads(made, ground, rng)
    points, point_grid = inspection_points(made, areas, road_layer, scatter, rng)
    compound_layer, compound_grid = compounds(made, areas, rng)
    things = Things(areas, road_layer, points, point_grid, compound_layer, compound_grid)
    unit_layer, assignments, gaps = hold(
        units(made, areas, scatter, rng), things, made.inspection_scale, rng
    )
    issues, incidents = _issues(made, areas, scatter, rng)
    return DemoCity(
        name=made.name,
        districts=areas.districts,
        subdistricts=areas.subdistricts,
        communities=areas.communities,
        grids=areas.grids,
        roads=road_layer,
        inspection_points=points,
        compounds=compound_layer,
        units=unit_layer,
        assignments=assignments,
        issues=issues,
        truth={**incidents, "blind_areas": _blind_areas(areas), **gaps},
    )


def _issues(
    size: Size, areas: Areas, scatter: Scatter, rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    residents = areas.grids["residents"].to_numpy(dtype=np.float64)
    spots = planted.hot_spots(areas, size.hot_spots, rng)
    hot = list(planted.heated(spots, scatter, rng))
    n_pile, n_again = int(size.issues * planted.PILE_SHARE), size.issues // RECURRENCES_EACH
    pile_grid = _pile_grid(areas, spots)
    draft = planted.pile(n_pile, pile_grid, scatter, rng)
    n_background = size.issues - n_pile - n_again - sum(map(len, hot))
    for more in (background(n_background, residents, scatter, rng), *hot):
        draft = draft.joined(more)
    draft = planted.with_recurrences(draft, n_again, scatter, rng)
    draft = planted.cleared(draft, np.arange(len(draft)) < n_pile, scatter, rng)
    draft = planted.taken(draft, np.argsort(draft.reported, kind="stable"))
    columns = frame_of(draft, size, areas.grids["name"], rng)
    frame = gpd.GeoDataFrame(columns, geometry="geometry", crs=CRS)
    away = {pile_grid, int(residents.argmax()), *(grid for spot in spots for grid in spot.grids)}
    frame, loud = with_loud(frame, draft.grid, away)
    order = [column.name for column in LAYERS["issues"].columns]
    frame = frame[[*(name for name in order if name in frame), "geometry"]]
    codes = areas.grids["code"].to_numpy()
    lon, lat = to_degrees(scatter.anchor[[pile_grid]], size)[0].tolist()
    pile = {"kind": "pile", "grid": codes[pile_grid], "lon": lon, "lat": lat, "n": n_pile}
    truth = {
        "hot_spots": [_hot_spot(spot, codes) for spot in spots],
        "decoys": [pile, {"kind": "population", "grid": codes[residents.argmax()]}],
        "loud": {**loud, "grid": codes[loud["grid"]]},
        "recurrences": _recurrences(draft, frame["issue_id"].to_numpy()),
    }
    return frame, truth


def _hot_spot(spot: planted.HotSpot, codes: NDArray[np.object_]) -> dict[str, Any]:
    season = spot.season
    return {
        "grids": codes[spot.grids].tolist(),
        "category": season.category,
        "since": season.since,
        "until": season.until,
    }


def _pile_grid(areas: Areas, spots: list[planted.HotSpot]) -> int:
    """Choose the grid of the town hall: near the middle, and in no hot spot."""
    centre = np.array([[p.x, p.y] for p in gpd.GeoSeries(areas.metric).centroid])
    fit = (areas.grids["kind"] != RIVER_KIND).to_numpy(copy=True)
    fit[[g for spot in spots for g in spot.grids]] = False
    fit[areas.grids["residents"].astype(float).argmax()] = False
    return int(np.argmin(np.where(fit, np.hypot(*centre.T), np.inf)))


def _recurrences(draft: Draft, ids: NDArray[np.object_]) -> list[list[str]]:
    second = np.flatnonzero(draft.twin >= 0)
    return [[str(ids[draft.twin[n]]), str(ids[n])] for n in second]


def _blind_areas(areas: Areas) -> list[dict[str, Any]]:
    metric = areas.blind.geometry.to_crs(metric_crs(areas.districts))
    return [
        {"parent": parent, "area_m2": float(area), "geometry": shape.wkt}
        for parent, area, shape in zip(
            areas.blind["parent"], metric.area, areas.blind.geometry, strict=True
        )
    ]
