"""Divisions, their coverage, and what is left: the tables behind the maps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import pandas as pd

from geodata.reports.names import named
from geodata.workspace import GROUND, RESPONSIBILITY, Workspace
from gridmap import assignments, audit, coverage, layers
from gridmap.errors import NotFoundError

DIVISION_LEVELS = layers.LEVELS[:-1]
LEAST_WIDTH_M = 0.1
TREE_COLUMNS = ["level", "code", "name", "parent", "n_grids", "n_units", "share"]


@dataclass(frozen=True)
class Audit:
    """
    What an audit of a level found.

    Parameters
    ----------
    faults
        As `gridmap.audit.audit`, in the register's CRS.
    areas
        How many areas were looked at.
    area_m2
        Their ground, in the register's metric CRS.
    """

    faults: gpd.GeoDataFrame
    areas: int
    area_m2: float


def layer_of(level: str) -> str:
    """
    Return the layer that holds the areas of a level.

    Parameters
    ----------
    level
        One of `layers.LEVELS`.

    Raises
    ------
    NotFoundError
        If there is no such level.
    """
    if level not in layers.LEVELS:
        msg = "There is no level {level}; there are {levels}."
        raise NotFoundError(msg, level=level, levels=", ".join(layers.LEVELS))
    return layers.LAYER_OF_LEVEL[level]


def coverage_table(workspace: Workspace, level: str, as_of: date) -> gpd.GeoDataFrame:
    """Return what is covered of each division of a level, in the register's CRS."""

    def build() -> gpd.GeoDataFrame:
        table = coverage.coverage(
            workspace.city(as_of), level, as_of, ground=workspace.ground(as_of)
        )
        return table.to_crs(workspace.store.meta.crs)

    return workspace.once("coverage", RESPONSIBILITY, as_of, build, level)


@dataclass(frozen=True)
class Slivers:
    """
    Uncovered slivers that are too thin to be listed one by one.

    Parameters
    ----------
    n, area_m2
        How many, and their ground.
    thinner_than_m
        Their mean width is below this.
    """

    n: int
    area_m2: float
    thinner_than_m: float = LEAST_WIDTH_M


def slivers(workspace: Workspace, as_of: date) -> Slivers:
    """Return what `gaps` leaves out, so that gaps, slivers and covered ground sum to all ground."""
    every = _every_gap(workspace, as_of)
    thin = every[every["width_m"] < LEAST_WIDTH_M]
    return Slivers(len(thin), float(thin["area_m2"].sum()))


def _every_gap(workspace: Workspace, as_of: date) -> gpd.GeoDataFrame:
    return workspace.once(
        "every gap",
        RESPONSIBILITY,
        as_of,
        lambda: coverage.gaps(workspace.city(as_of), as_of, ground=workspace.ground(as_of)),
    )


def gaps(workspace: Workspace, as_of: date) -> gpd.GeoDataFrame:
    """
    Return the uncovered ground, the largest piece first.

    Borders that were drawn by different hands leave slivers between them, thinner than any survey:
    these are counted by `slivers`, and not listed one by one.

    Returns
    -------
    geopandas.GeoDataFrame
        ``reason``, ``code`` and ``name`` of the grid (missing where none is drawn), codes and names
        of the divisions above, ``area_m2``; in the register's CRS.
    """

    def build() -> gpd.GeoDataFrame:
        every = _every_gap(workspace, as_of)
        found = every[every["width_m"] >= LEAST_WIDTH_M].rename(columns={"grid": "code"})
        grids = workspace.frame("grids", as_of)["name"]
        found["name"] = found["code"].map(grids)
        for level in DIVISION_LEVELS:
            names = workspace.frame(layers.LAYER_OF_LEVEL[level], as_of)["name"]
            found[f"{level}_name"] = found[level].map(names)
        shown = ["reason", "code", "name"]
        for level in reversed(DIVISION_LEVELS):
            shown += [level, f"{level}_name"]
        ordered = found.sort_values("area_m2", ascending=False, ignore_index=True)
        return ordered[[*shown, "area_m2", "geometry"]].to_crs(workspace.store.meta.crs)

    return workspace.once("gaps", RESPONSIBILITY, as_of, build)


def audit_level(workspace: Workspace, level: str, as_of: date) -> Audit:
    """
    Audit a level within the level above it.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    level
        One of `layers.LEVELS`.
    """

    def build() -> Audit:
        areas = workspace.measured(layer_of(level), as_of)
        above = [
            workspace.measured(layers.LAYER_OF_LEVEL[name], as_of)
            for name in layers.LEVELS[: layers.LEVELS.index(level)]
        ]
        drawn = [frame[frame.geometry.notna()] for frame in above]
        parents = pd.concat(drawn) if above else None
        if parents is not None:
            parents = parents[parents.index.isin(areas["parent"])]
        there = areas[areas.geometry.notna()]
        faults = audit.audit(there, None if parents is None or parents.empty else parents)
        return Audit(faults.to_crs(workspace.store.meta.crs), len(there), float(there.area.sum()))

    return workspace.once("audit", GROUND, as_of, build, level)


def division_frame(workspace: Workspace, as_of: date) -> gpd.GeoDataFrame:
    """Return districts, subdistricts and communities in one frame with a column ``level``."""

    def build() -> gpd.GeoDataFrame:
        parts = [
            workspace.frame(layers.LAYER_OF_LEVEL[level], as_of).assign(level=level)
            for level in DIVISION_LEVELS
        ]
        return pd.concat(parts)

    return workspace.once("divisions", GROUND[:-1], as_of, build)


def tree(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """Return the divisions, parents before children, with grids, units and the share covered."""

    def build() -> pd.DataFrame:
        divisions = pd.DataFrame(division_frame(workspace, as_of).drop(columns="geometry"))
        lineage = workspace.lineage(as_of)
        held = held_grids(workspace, as_of)
        counts = []
        for level in DIVISION_LEVELS:
            area = lineage[level].rename("code")
            grids = area.groupby(area).size().rename("n_grids")
            holders = held.join(area, on="target").groupby("code")["unit_id"].nunique()
            table = coverage_table(workspace, level, as_of)
            share = table["covered_m2"] / table["ground_m2"].where(table["ground_m2"] > 0)
            counts.append(
                pd.concat([grids, holders.rename("n_units"), share.rename("share")], axis=1)
            )
        told = divisions.join(pd.concat(counts))
        told = told.assign(
            depth=told["level"].map(DIVISION_LEVELS.index),
            n_grids=told["n_grids"].fillna(0).astype("int64"),
            n_units=told["n_units"].fillna(0).astype("int64"),
        )
        told = told.rename_axis("code").reset_index().sort_values(["depth", "code"])
        return told[TREE_COLUMNS].reset_index(drop=True)

    return workspace.once("tree", RESPONSIBILITY, as_of, build)


def children(workspace: Workspace, code: str | None, as_of: date) -> pd.DataFrame:
    """
    Return what lies directly below a division, grids included.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    code
        The division; None for the highest.

    Raises
    ------
    NotFoundError
        If there is no such division on that day.
    """
    divisions = division_frame(workspace, as_of)
    if code is not None and code not in divisions.index:
        msg = "There is no division {code} in the register on that day."
        raise NotFoundError(msg, code=code)
    branch = tree(workspace, as_of)
    known = set(branch["code"])
    below = branch["parent"] == code if code is not None else ~branch["parent"].isin(known)
    extra = pd.DataFrame(divisions[["kind", "residents"]])
    area = pd.concat(
        [
            workspace.measured(layers.LAYER_OF_LEVEL[level], as_of).area.rename("area_m2")
            for level in DIVISION_LEVELS
        ]
    )
    rows = branch[below.to_numpy()].join(extra, on="code").join(area, on="code")
    rows = rows.assign(units=[[] for _ in range(len(rows))], reason=pd.NA)
    grids = grid_rows(workspace, as_of)
    own = grids["parent"] == code if code is not None else ~grids["parent"].isin(known)
    return pd.concat([rows, grids[own.to_numpy()]], ignore_index=True)


def grid_rows(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """Return every grid as a row of a list: area, units in force on it, reason if it is a gap."""

    def build() -> pd.DataFrame:
        measured = workspace.measured("grids", as_of)
        held = named(held_grids(workspace, as_of, primary=False), workspace, as_of)
        order = held["tier"].map({tier: n for n, tier in enumerate(_PRIMARY_FIRST)})
        held = held.assign(order=order).sort_values(["target", "order"])
        units: dict[str, list[dict[str, str]]] = {}
        told = zip(held["target"], held["unit_id"], held["unit_name"], held["tier"], strict=True)
        for target, unit_id, name, tier in told:
            units.setdefault(target, []).append({"unit_id": unit_id, "name": name, "tier": tier})
        lacking = gaps(workspace, as_of).dropna(subset=["code"])
        reason = lacking.drop_duplicates("code").set_index("code")["reason"]
        primary = held[held["tier"] == assignments.PRIMARY]
        return pd.DataFrame(
            {
                "level": "grid",
                "code": measured.index,
                "name": measured["name"].fillna(pd.Series(measured.index, index=measured.index)),
                "parent": measured["parent"],
                "n_grids": 1,
                "n_units": measured.index.map(primary.groupby("target")["unit_id"].nunique()),
                "share": (~measured.index.isin(reason.index)).astype(float),
                "kind": measured["kind"],
                "residents": measured["residents"],
                "area_m2": measured.area,
                "units": [units.get(code, []) for code in measured.index],
                "reason": measured.index.map(reason),
            }
        ).reset_index(drop=True)

    return workspace.once("grid rows", RESPONSIBILITY, as_of, build)


def held_grids(workspace: Workspace, as_of: date, *, primary: bool = True) -> pd.DataFrame:
    """Return the assignments of grids in force, of the primary tier or of every tier."""
    rows = assignments.in_force(workspace.frame("assignments", as_of), as_of)
    rows = rows[rows["target_kind"] == "grid"]
    return rows[rows["tier"] == assignments.PRIMARY] if primary else rows


_PRIMARY_FIRST = ("responsible", "assisting", "grid_worker", "lead", "patch_leader")
