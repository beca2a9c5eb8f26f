"""Places: what there is to answer for at a coordinate, from inspection point up to district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap import divisions
from gridmap.errors import CrsError
from gridmap.ground import DIVISION_LEVELS, City
from gridmap.locate import Locator
from gridmap.metric import require_metric

# Rule → kind of target, the strongest first
RULES = {
    "inspection_point": "inspection_point",
    "road": "road_segment",
    "compound": "compound",
    "grid": "grid",
    "division": "division",
}
# Nearer than this to a road's centreline, a place is on both of its sides
Shapes: TypeAlias = NDArray[np.object_]
CENTRELINE_M = 1e-3
NEAR_M = 0.01
LAST_M = 1e-6


@dataclass(frozen=True)
class Place:
    """
    A city as places are looked up in it; the same while its layers stand.

    Parameters
    ----------
    city
        Layers in metres.
    locator
        Over the grids.
    locator_crs
        The CRS that the locator takes.
    lineage
        Of each grid, as `gridmap.divisions.lineage`.
    trees
        Over inspection points, roads, compounds, and the polygons of all divisions.
    division_codes, division_steps
        Of each polygon in the tree of divisions: its code, and how far above a grid its level is.
    """

    city: City
    locator: Locator
    locator_crs: object
    lineage: pd.DataFrame
    trees: dict[str, shapely.STRtree]
    division_codes: NDArray[np.object_]
    division_steps: NDArray[np.int64]

    @staticmethod
    def of(city: City, grids: gpd.GeoDataFrame, locator: Locator | None = None) -> Place:
        """
        Prepare a city for looking up places.

        Parameters
        ----------
        city
            Layers in metres.
        grids
            The grids in the CRS of the register.
        locator
            Over `grids`; made if left out.

        Raises
        ------
        CrsError
            If the city is not in metres.
        """
        require_metric(city.roads, "Looking up who answers")
        upwards = [city.areas(level) for level in reversed(DIVISION_LEVELS)]
        trees = {
            "inspection_point": shapely.STRtree(city.inspection_points.geometry.to_numpy()),
            "road": shapely.STRtree(city.roads.geometry.to_numpy()),
            "compound": shapely.STRtree(city.compounds.geometry.to_numpy()),
            "division": shapely.STRtree(
                np.concatenate([areas.geometry.to_numpy() for areas in upwards])
            ),
        }
        return Place(
            city,
            Locator(grids) if locator is None else locator,
            grids.crs,
            divisions.lineage(city.grids, city.communities, city.subdistricts, city.districts),
            trees,
            np.concatenate([areas.index.to_numpy(dtype=object) for areas in upwards]),
            np.repeat(np.arange(len(upwards)), [len(areas) for areas in upwards]),
        )


def targets_at(
    points: gpd.GeoDataFrame, place: Place, within_m: float, accuracy_m: float | pd.Series
) -> pd.DataFrame:
    """
    List what there is to answer for at places, assigned or not.

    Parameters
    ----------
    points
        n Points in any CRS.
    place
        The city.
    within_m
        How near an inspection point or a road's centreline must be.
    accuracy_m
        How far off the points may be.

    Returns
    -------
    pandas.DataFrame
        In no order: ``point_no``, ``rule`` (a key of `RULES`), ``target``, ``distance_m``;
        ``measure_m`` and ``side`` on a road; ``step`` (of a division, how far above a grid);
        ``candidate`` (of a grid, whether the place is located elsewhere).

    Raises
    ------
    CrsError
        If the points have no CRS.
    """
    if points.crs is None:
        msg = "Places need a CRS; these have none."
        raise CrsError(msg)
    shapes = points.geometry.to_crs(place.city.grids.crs).to_numpy()
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    shapes = shapes[there]
    local = points.geometry.iloc[there].to_crs(place.locator_crs)
    xy = shapely.get_coordinates(local.to_numpy())
    position = place.locator.positions(xy)
    accuracy = np.broadcast_to(np.asarray(accuracy_m, dtype=np.float64), len(points))[there]
    found = pd.concat(
        [
            _inspection_points(shapes, place, within_m),
            _roads(shapes, place, within_m),
            _compounds(shapes, place),
            _located_grids(position, place),
            _candidate_grids(xy, position, place, accuracy),
            _divisions_above(position, place),
            _divisions_drawn(shapes, position, place),
        ],
        ignore_index=True,
    )
    found["point_no"] = there[found["point_no"].to_numpy(dtype=np.int64)]
    return found


def targets_of_grids(codes: pd.Index, place: Place) -> pd.DataFrame:
    """
    List grids and the divisions above them, as `targets_at` lists what is at places.

    Parameters
    ----------
    codes
        n grids; ``point_no`` of the answer counts them.
    place
        The city.
    """
    position = place.locator.codes.get_indexer(codes).astype(np.int32)
    levels = [_located_grids(position, place), _divisions_above(position, place)]
    return pd.concat(levels, ignore_index=True)


def _hits(
    rule: str, point: NDArray[np.int64], target: NDArray[np.object_], **more: object
) -> pd.DataFrame:
    plain = {"distance_m": 0.0, "measure_m": np.nan, "side": None, "step": 0, "candidate": False}
    columns = {"point_no": point, "rule": rule, "target": target, **plain, **more}
    frame = pd.DataFrame(columns, index=range(len(point)))
    return frame.astype({"rule": "str", "target": "str", "side": "str", "step": "int64"})


def _inspection_points(shapes: Shapes, place: Place, within_m: float) -> pd.DataFrame:
    layer, tree = place.city.inspection_points, place.trees["inspection_point"]
    point, at = tree.query(shapes, predicate="dwithin", distance=within_m)
    distance = shapely.distance(shapes[point], tree.geometries[at])
    return _hits("inspection_point", point, layer.index[at], distance_m=distance)


def _roads(shapes: Shapes, place: Place, within_m: float) -> pd.DataFrame:
    tree = place.trees["road"]
    point, at = tree.query(shapes, predicate="dwithin", distance=within_m)
    spot, road = shapes[point], tree.geometries[at]
    # A stretch is half-open: the end of a road is put just inside its last one
    measure = np.minimum(shapely.line_locate_point(road, spot), shapely.length(road) - LAST_M)
    distance = shapely.distance(spot, road)
    foot, before, after = (
        shapely.get_coordinates(shapely.line_interpolate_point(road, np.maximum(metres, 0.0)))
        for metres in (measure, measure - NEAR_M, measure + NEAR_M)
    )
    along, across = after - before, shapely.get_coordinates(spot) - foot
    turn = along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]
    side = np.where(distance <= CENTRELINE_M, "both", np.where(turn > 0, "left", "right"))
    return _hits(
        "road",
        point,
        place.city.roads.index[at],
        distance_m=distance,
        measure_m=measure,
        side=side,
    )


def _compounds(shapes: Shapes, place: Place) -> pd.DataFrame:
    point, at = place.trees["compound"].query(shapes, predicate="intersects")
    return _hits("compound", point, place.city.compounds.index[at])


def _located_grids(position: NDArray[np.int32], place: Place) -> pd.DataFrame:
    inside = np.flatnonzero(position >= 0)
    return _hits("grid", inside, place.locator.codes[position[inside]])


def _candidate_grids(
    xy: NDArray[np.float64],
    position: NDArray[np.int32],
    place: Place,
    accuracy: NDArray[np.float64],
) -> pd.DataFrame:
    rough = np.flatnonzero(accuracy > 0)
    if not len(rough):
        return _hits("grid", rough, rough.astype(object))
    near = place.locator.candidates(xy[rough], accuracy[rough])
    point = rough[near["point"].to_numpy()]
    other = place.locator.codes.get_indexer(near["code"]) != position[point]
    near, point = near[other], point[other]
    distance = near["distance_m"].to_numpy()
    return _hits("grid", point, near["code"].to_numpy(), distance_m=distance, candidate=True)


def _divisions_above(position: NDArray[np.int32], place: Place) -> pd.DataFrame:
    inside = np.flatnonzero(position >= 0)
    above = place.lineage.loc[place.locator.codes[position[inside]]]
    levels = []
    for step, level in enumerate(reversed(DIVISION_LEVELS)):
        has = above[level].notna().to_numpy()
        levels.append(_hits("division", inside[has], above[level].to_numpy()[has], step=step))
    return pd.concat(levels, ignore_index=True)


def _divisions_drawn(shapes: Shapes, position: NDArray[np.int32], place: Place) -> pd.DataFrame:
    """Divisions of the places that are in no grid, by their polygons."""
    outside = np.flatnonzero(position < 0)
    point, at = place.trees["division"].query(shapes[outside], predicate="intersects")
    steps = place.division_steps[at]
    return _hits("division", outside[point], place.division_codes[at], step=steps)
