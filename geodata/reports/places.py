"""Who answers here: for one place, and for a file of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from geodata import columns, placing, readers
from geodata.reports.ground import layer_of
from geodata.reports.names import lineage_rows, named
from geodata.workspace import Workspace
from gridmap import layers, responsibility
from gridmap.assignments import PRIMARY, in_force
from gridmap.errors import InvalidError
from gridmap.locate import Locator, locate

ROW_COLUMNS = [
    "rank",
    "rule",
    "target",
    "target_name",
    "unit_id",
    "unit_name",
    "tier",
    "scheme",
    "distance_m",
    "candidate",
    "won",
]
CHAIN_COLUMNS = [
    "tier",
    "unit_id",
    "unit_name",
    "party",
    "holder",
    "contact",
    "phone",
    "target_kind",
    "target",
    "target_name",
    "missing",
]


@dataclass(frozen=True)
class Answer:
    """
    Who answers at a place.

    Parameters
    ----------
    grid, grid_name
        Where it lies, or the nearest grid where it lies in none; None where there is no grid.
    outside, distance_m
        Whether it lies in none, and how far the nearest is.
    ambiguous
        Whether another grid is within the place's accuracy.
    candidates
        ``code``, ``name``, ``distance_m``, ``units`` (names) of every grid in reach.
    rows
        `ROW_COLUMNS`: everybody who answers, the strongest rule first.
    chain
        `CHAIN_COLUMNS`: from the patch leader to the grid worker.
    lineage
        ``level``, ``code``, ``name`` of the divisions above.
    """

    grid: str | None
    grid_name: str | None
    outside: bool
    distance_m: float
    ambiguous: bool
    candidates: pd.DataFrame
    rows: pd.DataFrame
    chain: pd.DataFrame
    lineage: pd.DataFrame


def who_answers(
    workspace: Workspace, lon: float, lat: float, as_of: date, accuracy_m: float
) -> Answer:
    """
    Say who answers at a place on a day.

    Parameters
    ----------
    workspace
        The register.
    lon, lat
        Degrees, in the register's datum.
    as_of
        The day.
    accuracy_m
        How exact the place is, in metres.
    """
    points = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs=workspace.store.meta.crs)
    place = workspace.place(as_of)
    grids = workspace.frame("grids", as_of)
    located = locate(points, workspace.locator(as_of), accuracy_m).iloc[0]
    found = responsibility.responsible_at(points, place, as_of, accuracy_m=accuracy_m)
    chain = responsibility.chain(points, place, as_of)
    code = None if pd.isna(located["code"]) else str(located["code"])
    inside = code is not None and not located["outside"]
    lineage = workspace.lineage(as_of)
    above = lineage.loc[code] if inside else pd.Series(dtype="str")
    name = None if code is None else grids["name"].get(code)
    return Answer(
        grid=code,
        grid_name=None if name is None or pd.isna(name) else str(name),
        outside=bool(located["outside"]),
        distance_m=float(located["distance_m"]),
        ambiguous=bool(located["ambiguous"]),
        candidates=_candidates(workspace, located["candidates"], points, as_of),
        rows=_rows(workspace, found, as_of),
        chain=_chain(workspace, chain, as_of),
        lineage=lineage_rows(above, workspace, as_of),
    )


def chain_of_grid(workspace: Workspace, code: str, as_of: date) -> pd.DataFrame:
    """Return the chain over a grid itself, `CHAIN_COLUMNS`."""
    chain = responsibility.chain_of_grids(pd.Index([code]), workspace.place(as_of), as_of)
    return _chain(workspace, chain, as_of)


def table(
    workspace: Workspace,
    points: gpd.GeoSeries,
    as_of: date,
    *,
    accuracy_m: float | pd.Series | None = None,
    level: str = "grid",
) -> pd.DataFrame:
    """
    Find the area of a level, and who answers, for many places.

    Parameters
    ----------
    workspace
        The register.
    points
        In the register's CRS.
    as_of
        The day.
    accuracy_m
        How exact the places are.
    level
        One of `layers.LEVELS`; the divisions above and the unit are told of grids alone.

    Returns
    -------
    pandas.DataFrame
        On the index of the places: ``code``, ``name``, ``outside``, ``distance_m``, ``ambiguous``,
        ``candidates`` (codes, separated by spaces); of grids also ``community``, ``subdistrict``,
        ``district``, ``unit_id`` and ``rule``.
    """
    layer = layer_of(level)
    areas = workspace.frame(layer, as_of)
    areas = areas[areas.geometry.notna()]
    locator = (
        workspace.locator(as_of)
        if level == "grid"
        else workspace.once("locator of level", [layer], as_of, lambda: Locator(areas), level)
    )
    frame = gpd.GeoDataFrame(geometry=points)
    located = locate(frame, locator, accuracy_m)
    told = located.assign(
        name=located["code"].map(areas["name"]),
        candidates=[" ".join(codes) for codes in located["candidates"]],
    )[["code", "name", "outside", "distance_m", "ambiguous", "candidates"]]
    if level != "grid":
        return told
    inside = told["code"].where(~told["outside"])
    lineage = workspace.lineage(as_of)
    for above in reversed(layers.LEVELS[:-1]):
        told[above] = inside.map(lineage[above])
    found = responsibility.responsible_at(frame, workspace.place(as_of), as_of)
    won = found[found["won"]].drop_duplicates("point_no").set_index("point_no")
    at = range(len(frame))
    return told.assign(
        unit_id=won["unit_id"].reindex(at).to_numpy(), rule=won["rule"].reindex(at).to_numpy()
    )


def table_of_file(
    workspace: Workspace,
    path: Path,
    as_of: date,
    *,
    given_crs: str | None = None,
    accuracy_m: float | None = None,
    level: str = "grid",
) -> pd.DataFrame:
    """
    Read a file of places and answer as `table`, the file's own columns first.

    Raises
    ------
    InvalidError
        If the file has no places, or does not say in which CRS they are.
    """
    raw = readers.read(path)
    meta = workspace.store.meta
    mapping = columns.propose(raw.headings, layers.LAYERS["issues"]).mapping
    placed = placing.place(raw, mapping, crs=given_crs, register_crs=meta.crs, codes=meta.codes)
    if placed.geometry is None or placed.faults:
        msg = "{file} has no places that can be used: it needs a geometry, or lon and lat."
        faults = pd.DataFrame(placed.faults, columns=layers.FAULT_COLUMNS)
        raise InvalidError(msg, faults=faults, file=path.name)
    found = table(workspace, placed.geometry, as_of, accuracy_m=accuracy_m, level=level)
    own = pd.DataFrame(raw.frame)
    own = own.drop(columns=[name for name in ("geometry",) if name in own])
    own = own.rename(columns={name: f"{name}_" for name in own if name in found})
    return pd.concat([own, found], axis=1)


def _rows(workspace: Workspace, found: pd.DataFrame, as_of: date) -> pd.DataFrame:
    kinds = found.assign(target_kind=found["rule"].map(responsibility.RULES))
    return named(kinds, workspace, as_of)[ROW_COLUMNS].reset_index(drop=True)


def _chain(workspace: Workspace, chain: pd.DataFrame, as_of: date) -> pd.DataFrame:
    kinds: Mapping[str, str] = responsibility.RULES
    rows = named(chain.assign(target_kind=chain["rule"].map(kinds)), workspace, as_of)
    units = pd.DataFrame(workspace.frame("units", as_of).drop(columns="geometry"))
    rows = rows.join(units[["party", "holder", "contact", "phone"]], on="unit_id")
    return rows[CHAIN_COLUMNS].reset_index(drop=True)


def _candidates(
    workspace: Workspace, codes: tuple[str, ...], points: gpd.GeoDataFrame, as_of: date
) -> pd.DataFrame:
    grids = workspace.measured("grids", as_of).loc[list(codes)]
    here = points.to_crs(grids.crs).geometry.iloc[0]
    rows = in_force(workspace.frame("assignments", as_of), as_of)
    rows = rows[rows["target"].isin(list(codes)) & (rows["target_kind"] == "grid")]
    rows = rows[rows["tier"] == PRIMARY]
    names = named(rows, workspace, as_of).groupby("target")["unit_name"].agg(list)
    table = pd.DataFrame(
        {
            "code": grids.index,
            "name": grids["name"].to_numpy(),
            "distance_m": grids.distance(here).to_numpy(),
            "units": [names.get(code, []) for code in grids.index],
        }
    )
    return table.sort_values(["distance_m", "code"], ignore_index=True)
