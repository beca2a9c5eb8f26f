"""Sheets: everything a page shows of one grid, and of one unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.reports import ground, places
from geodata.reports.names import lineage_rows, sheet_rows
from geodata.reports.overview import reported_by
from geodata.workspace import GROUND, Workspace
from gridmap import assignments, topology
from gridmap.errors import NotFoundError

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class GridSheet:
    """
    Everything about one grid on a day.

    Parameters
    ----------
    code, name, kind, residents, area_m2, geometry
        Of the grid; the geometry in the register's CRS.
    lineage
        The divisions above, the highest first.
    reason
        Why it is a gap, or None.
    assignments, former
        Assignments of the grid itself, in force and ended.
    chain
        From the patch leader to the grid worker.
    neighbours
        The grids that touch it.
    counts
        Inspection points and compounds in it; issues of the 365 days up to the day.
    """

    code: str
    name: str | None
    kind: str | None
    residents: int | None
    area_m2: float
    geometry: shapely.MultiPolygon
    lineage: pd.DataFrame
    reason: str | None
    assignments: pd.DataFrame
    former: pd.DataFrame
    chain: pd.DataFrame
    neighbours: gpd.GeoDataFrame
    counts: dict[str, int]


@dataclass(frozen=True)
class UnitSheet:
    """
    Everything about one unit, or one leader's post, on a day.

    Parameters
    ----------
    unit_id, name, short_name, party, kind, headcount, holder, contact, phone, active, geometry
        Of the unit.
    assignments, former
        What it holds, and what it held.
    grids
        The grids it holds: ``name``, ``tier``, ``area_m2``, in the register's CRS.
    area_m2, roads_m
        What it is the primary unit of.
    """

    unit_id: str
    name: str
    short_name: str | None
    party: str | None
    kind: str | None
    headcount: int | None
    holder: str | None
    contact: str | None
    phone: str | None
    active: bool
    geometry: shapely.Point | None
    assignments: pd.DataFrame
    former: pd.DataFrame
    grids: gpd.GeoDataFrame
    area_m2: float
    roads_m: float


def grid_sheet(workspace: Workspace, code: str, as_of: date, zone: ZoneInfo) -> GridSheet:
    """
    Put together what is known of a grid on a day.

    Raises
    ------
    NotFoundError
        If there is no such grid on that day.
    """
    grids = workspace.frame("grids", as_of)
    if code not in grids.index:
        msg = "There is no grid {code} in the register on that day."
        raise NotFoundError(msg, code=code)
    row = grids.loc[code]
    history = workspace.frame("assignments", as_of)
    mine = history[(history["target_kind"] == "grid") & (history["target"] == code)]
    rows = ground.grid_rows(workspace, as_of).set_index("code")
    return GridSheet(
        code=code,
        name=_plain(row["name"]),
        kind=_plain(row["kind"]),
        residents=_plain(row["residents"]),
        area_m2=float(rows.loc[code, "area_m2"]),
        geometry=row.geometry,
        lineage=lineage_rows(workspace.lineage(as_of).loc[code], workspace, as_of),
        reason=_plain(rows.loc[code, "reason"]),
        assignments=sheet_rows(assignments.in_force(mine, as_of), workspace, as_of),
        former=sheet_rows(_former(mine, as_of), workspace, as_of),
        chain=places.chain_of_grid(workspace, code, as_of),
        neighbours=_neighbours(workspace, code, as_of),
        counts=_counts(workspace, code, as_of, zone),
    )


def unit_sheet(workspace: Workspace, unit_id: str, as_of: date) -> UnitSheet:
    """
    Put together what is known of a unit on a day.

    Raises
    ------
    NotFoundError
        If there is no such unit on that day.
    """
    units = workspace.frame("units", as_of)
    if unit_id not in units.index:
        msg = "There is no unit {unit_id} in the register on that day."
        raise NotFoundError(msg, unit_id=unit_id)
    row = units.loc[unit_id]
    history = workspace.frame("assignments", as_of)
    mine = history[history["unit_id"] == unit_id]
    held = assignments.in_force(mine, as_of)
    primary = held[held["tier"] == assignments.PRIMARY]
    grids = _grids_of(workspace, held, as_of)
    stretches = primary[primary["target_kind"] == "road_segment"]
    own = {name: _plain(row[name]) for name in _OWN}
    return UnitSheet(
        unit_id=unit_id,
        geometry=row.geometry,
        assignments=sheet_rows(held, workspace, as_of),
        former=sheet_rows(_former(mine, as_of), workspace, as_of),
        grids=grids,
        area_m2=float(grids.loc[grids["tier"] == assignments.PRIMARY, "area_m2"].sum()),
        roads_m=float((stretches["to_m"] - stretches["from_m"]).sum()),
        **own,
    )


_OWN = ("name", "short_name", "party", "kind", "headcount", "holder", "contact", "phone", "active")


def _plain(value: Any) -> Any:  # noqa: ANN401
    if value is None or value is pd.NA or (np.isscalar(value) and pd.isna(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _former(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    ended = rows[rows["until"].notna() & (rows["until"] <= pd.Timestamp(as_of))]
    return ended.sort_values("until", ascending=False)


def _grids_of(workspace: Workspace, held: pd.DataFrame, as_of: date) -> gpd.GeoDataFrame:
    tiers = held[held["target_kind"] == "grid"].set_index("target")["tier"]
    tiers = tiers[~tiers.index.duplicated()]
    grids = workspace.frame("grids", as_of)
    mine = grids.loc[grids.index.isin(tiers.index), ["name", "geometry"]]
    area = workspace.measured("grids", as_of).area
    return mine.assign(tier=mine.index.map(tiers), area_m2=area.reindex(mine.index))


def _neighbours(workspace: Workspace, code: str, as_of: date) -> gpd.GeoDataFrame:
    near = workspace.once(
        "queen", GROUND, as_of, lambda: topology.contiguity(workspace.topology(as_of))
    )
    grids = workspace.frame("grids", as_of)
    at = grids.index.get_loc(code)
    touching = near.indices[near.indptr[at] : near.indptr[at + 1]]
    return grids.iloc[np.sort(touching)][["name", "geometry"]]


def _counts(workspace: Workspace, code: str, as_of: date, zone: ZoneInfo) -> dict[str, int]:
    grid = workspace.frame("grids", as_of).geometry.loc[code]
    issues = reported_by(workspace, as_of, zone)
    recent = issues["day"] >= pd.Timestamp(as_of - YEAR)
    points = workspace.frame("inspection_points", as_of).geometry.to_numpy()
    compounds = workspace.frame("compounds", as_of).geometry.to_numpy()
    inside = shapely.point_on_surface(compounds)
    return {
        "inspection_points": int(shapely.covers(grid, points).sum()),
        "compounds": int(shapely.covers(grid, inside).sum()),
        "issues": int((recent & (issues["grid"] == code)).sum()),
    }
