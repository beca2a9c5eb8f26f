"""Who holds what in a demo city: its assignments, and the gaps that are left on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gridmap.demo.areas import RIVER_KIND, Areas
from gridmap.demo.units import GRIDS_OF_WORKER, LEADER, WITHOUT_WORKERS, WORKER, workers_of
from gridmap.metric import metric_crs

SINCE = pd.Timestamp("2025-10-01")
SOURCE = "创城办〔2025〕7号"
STRETCH_M = 700.0
MAIN_CLASSES = ("主干路", "次干路")
UNASSIGNED_POINTS = 3
COLUMNS = ("target_kind", "target", "unit_id", "tier", "from_m", "to_m", "side")


@dataclass(frozen=True)
class Things:
    """What can be held: the layers, and the number of the grid in which each thing lies."""

    areas: Areas
    roads: gpd.GeoDataFrame
    inspection_points: gpd.GeoDataFrame
    point_grid: NDArray[np.int64]
    compounds: gpd.GeoDataFrame
    compound_grid: NDArray[np.int64]


def hold(
    units: gpd.GeoDataFrame, things: Things, scale: int, rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, dict[str, Any]]:
    """
    Assign units and posts.

    Parameters
    ----------
    units
        The raw layer of units and posts.
    things
        What they can hold.
    scale
        How many times the 87 inspection points there are; as many times three go without a unit.
    rng
        Where chance comes from.

    Returns
    -------
    units
        The same, but for one unit made inactive and one without a contact.
    assignments
        The raw layer.
    truth
        What was left without a unit, and the two units.
    """
    grids = things.areas.grids
    own = units.loc[units["party"] == "unit", "unit_id"].to_numpy()
    holder, assisting = _on_grids(len(own), grids, rng)
    inactive, silent = _special(things.areas, assisting)
    special = holder[[inactive, silent]]
    free = np.setdiff1d(np.arange(len(own)), special)
    ordinary = np.where(np.isin(holder, special), free[0], holder)
    left_out = np.sort(rng.choice(len(things.point_grid), UNASSIGNED_POINTS * scale, replace=False))
    on_roads, bare = _on_roads(things, own[ordinary])
    parts = [
        _rows("grid", grids["code"], own[holder], "responsible"),
        _rows(
            "grid", grids["code"].iloc[list(assisting)], own[list(assisting.values())], "assisting"
        ),
        *_of_posts(units, things.areas),
        on_roads,
        _on_points(things, own[ordinary], left_out),
        _on_compounds(things, own[rng.choice(free, len(things.compounds))]),
    ]
    changed = units.copy()
    changed.loc[holder[inactive], "active"] = False
    changed.loc[holder[silent], ["contact", "phone"]] = None
    truth = {
        "unassigned_road": bare,
        "unassigned_points": things.inspection_points["point_id"].iloc[left_out].tolist(),
        "inactive_unit": str(own[holder[inactive]]),
        "inactive_grids": _held(grids, holder, inactive),
        "no_contact_unit": str(own[holder[silent]]),
        "no_contact_grids": _held(grids, holder, silent),
    }
    return changed, _frame(parts), truth


def _held(grids: gpd.GeoDataFrame, holder: NDArray[np.int64], grid: int) -> list[str]:
    return grids.loc[holder == holder[grid], "code"].tolist()


def _on_grids(
    n_units: int, grids: gpd.GeoDataFrame, rng: np.random.Generator
) -> tuple[NDArray[np.int64], dict[int, int]]:
    """Return the unit of each grid, and the second unit of those grids that have two."""
    n = len(grids)
    if n_units < n:
        return rng.permutation(n_units)[np.arange(n) * n_units // n], {}
    order = rng.permutation(n_units)
    dry = np.flatnonzero(grids["kind"] != RIVER_KIND)
    second = rng.choice(dry, n_units - n, replace=False)
    return order[:n], dict(zip(second.tolist(), order[n:].tolist(), strict=True))


def _special(areas: Areas, assisting: dict[int, int]) -> tuple[int, int]:
    """Choose two grids that only their one unit covers: no second unit, no grid worker."""
    communities = areas.communities["code"]
    alone = communities.iloc[WITHOUT_WORKERS - 2 :: WITHOUT_WORKERS]
    fit = areas.grids["parent"].isin(alone) & (areas.grids["kind"] != RIVER_KIND)
    fit &= ~areas.grids.index.isin(list(assisting))
    chosen = np.flatnonzero(fit)
    return int(chosen[len(chosen) // 4]), int(chosen[3 * len(chosen) // 4])


def _of_posts(units: gpd.GeoDataFrame, areas: Areas) -> list[pd.DataFrame]:
    leaders = units.loc[units["kind"] == LEADER, "unit_id"].to_numpy()
    divisions = pd.concat([areas.subdistricts["code"], areas.communities["code"]])
    workers = units.loc[units["kind"] == WORKER, "unit_id"].to_numpy()
    number = dict(zip(workers_of(areas), workers, strict=True))
    place = areas.grids.groupby("parent").cumcount() // GRIDS_OF_WORKER
    keys = zip(areas.grids["parent"], place, strict=True)
    worker = pd.Series([number.get(key) for key in keys], index=areas.grids.index)
    there = worker.notna()
    return [
        _rows("division", divisions, leaders, "patch_leader"),
        _rows("grid", areas.grids.loc[there, "code"], worker[there].to_numpy(), "grid_worker"),
    ]


def _on_roads(
    things: Things, unit_of_grid: NDArray[np.object_]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    roads = things.roads
    lines = roads.geometry.to_crs(metric_crs(things.areas.districts))
    length = lines.length.to_numpy()
    is_main = roads["road_class"].isin(MAIN_CLASSES).to_numpy()
    stretches = np.where(is_main, np.ceil(length / STRETCH_M), 1).astype(np.int64)
    road = np.repeat(np.arange(len(roads)), stretches)
    ordinal = np.arange(len(road)) - np.repeat(np.cumsum(stretches) - stretches, stretches)
    step = (length / stretches)[road]
    start = np.round(ordinal * step, 2)
    is_last = ordinal == stretches[road] - 1
    stop = np.where(is_last, np.ceil(length[road] * 100) / 100, np.round((ordinal + 1) * step, 2))
    middle = shapely.line_interpolate_point(
        roads.geometry.to_numpy()[road], (ordinal + 0.5) / stretches[road], normalized=True
    )
    centre = shapely.get_coordinates(shapely.centroid(things.areas.grids.geometry.to_numpy()))
    nearest = cKDTree(centre).query(shapely.get_coordinates(middle))[1]
    rows = _rows("road_segment", roads["road_id"].iloc[road], unit_of_grid[nearest], "responsible")
    rows["from_m"], rows["to_m"], rows["side"] = start, stop, "both"
    bare = int(
        np.flatnonzero((road == np.argmax(stretches)) & (ordinal == stretches.max() // 2))[0]
    )
    truth = rows.loc[bare, ["target", "from_m", "to_m"]].to_dict()
    return rows.drop(bare), {"road_id": truth.pop("target"), **truth}


def _on_points(
    things: Things, unit_of_grid: NDArray[np.object_], left_out: NDArray[np.int64]
) -> pd.DataFrame:
    held = np.setdiff1d(np.arange(len(things.point_grid)), left_out)
    points = things.inspection_points["point_id"].iloc[held]
    return _rows("inspection_point", points, unit_of_grid[things.point_grid[held]], "responsible")


def _on_compounds(things: Things, unit: NDArray[np.object_]) -> pd.DataFrame:
    """Give every abandoned compound a unit of its own, besides the grid's."""
    abandoned = (things.compounds["kind"] == "abandoned").to_numpy()
    codes = things.compounds.loc[abandoned, "compound_id"]
    return _rows("compound", codes, unit[abandoned], "responsible")


def _rows(kind: str, target: pd.Series, unit: NDArray[np.object_], tier: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"target_kind": kind, "target": target.to_numpy(), "unit_id": unit, "tier": tier},
        columns=COLUMNS,
    )


def _frame(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = {
        name: np.concatenate([part[name].to_numpy(dtype=object) for part in parts])
        for name in COLUMNS
    }
    n = len(columns["target"])
    frame = pd.DataFrame(
        {
            "assignment_id": [f"A{i:06d}" for i in range(1, n + 1)],
            "target_kind": columns["target_kind"],
            "target": columns["target"],
            "from_m": columns["from_m"].astype(np.float64),
            "to_m": columns["to_m"].astype(np.float64),
            "side": columns["side"],
            "unit_id": columns["unit_id"],
            "tier": columns["tier"],
            "scheme": "main",
            "since": SINCE,
            "until": pd.Series(pd.NaT, index=range(n), dtype="datetime64[us]"),
            "source": SOURCE,
            "note": pd.Series(None, index=range(n), dtype="str"),
        }
    )
    text = ["target_kind", "target", "side", "unit_id", "tier"]
    return frame.astype({**dict.fromkeys(text, "str"), "since": "datetime64[us]"})
