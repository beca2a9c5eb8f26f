"""Cities whose coverage is worked out by hand."""

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import LineString, MultiPolygon, box

from gridmap import layers
from gridmap.coverage import City
from tests.town import METRIC, SINCE, SQUARES, town

DAY = pd.Timestamp("2026-03-01")
G1, G2, G3, G4, G5, G6, G7 = SQUARES
LAYERS = [name for name in layers.LAYERS if name != "issues"]
TOWN = City(**{name: frame for name, frame in town().items() if name != "issues"})


def badly_drawn() -> City:
    grids = layer_of(
        "grids",
        code=["c001", "c002", "c003"],
        parent="c",
        geometry=[
            box(-20, 0, 500, 1000),
            box(490, 0, 1000, 600),
            box(500, 600, 1000, 990) - box(700, 700, 750, 750),
        ],
    )
    roads = layer_of(
        "roads",
        road_id=["r1", "r2"],
        name=["北", "中"],
        geometry=[LineString([(0, 995), (1000, 995)]), LineString([(495, 0), (495, 1000)])],
    )
    community = layer_of("communities", code=["c"], name="c", geometry=[box(0, 0, 1000, 1000)])
    empty = {name: layers.empty(layers.LAYERS[name], METRIC) for name in LAYERS}
    filled = {
        "grids": grids,
        "roads": roads,
        "communities": community,
        "units": TOWN.units,
        "assignments": assigned(*[assignment("grid", code, "u1") for code in grids.index]),
    }
    return City(**(empty | filled))


def town_with(*rows: dict[str, Any]) -> City:
    return replace(TOWN, assignments=pd.concat([TOWN.assignments, assigned(*rows)]))


def assignment(kind: str, target: str, unit: str, *stretch: Any) -> dict[str, Any]:
    measures = dict(zip(("from_m", "to_m", "side"), stretch, strict=False))
    return {"target_kind": kind, "target": target, "unit_id": unit, **measures}


def assigned(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(
        list(rows), columns=["target_kind", "target", "unit_id", "from_m", "to_m", "side"]
    )
    same = {"tier": "responsible", "scheme": "main", "since": SINCE}
    ids = [f"x{n}" for n in range(len(frame))]
    return table_of("assignments", frame.assign(assignment_id=ids, **same))


def layer_of(layer: str, /, **columns: Any) -> gpd.GeoDataFrame:
    geometry = columns.pop("geometry")
    return table_of(layer, gpd.GeoDataFrame(columns, geometry=geometry, crs=METRIC))


def table_of(name: str, frame: pd.DataFrame) -> Any:
    contract = layers.LAYERS[name]
    return layers.conform(frame, contract) if len(frame) else layers.empty(contract, METRIC)


def square_of(column: int, row: int) -> MultiPolygon:
    return area(100 * column, 100 * row, 100 * column + 100, 100 * row + 100)


def area(west: float, south: float, east: float, north: float) -> MultiPolygon:
    corner = TOWN.districts.total_bounds
    return MultiPolygon(
        [box(corner[0] + west, corner[1] + south, corner[0] + east, corner[1] + north)]
    )
