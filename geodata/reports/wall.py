"""What a wall map shows: a part of the city with its units, leaders, gaps, hot spots and flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.reports import ground
from geodata.reports.paper import LEADERS, holdings
from geodata.reports.wall_flags import Flags, wall_flags
from geodata.workspace import Workspace
from gridmap import layers, topology
from gridmap.assignments import PRIMARY
from gridmap.errors import NotFoundError, TooLittleDataError
from gridmap.method import Method
from gridmap.tints import tints

if TYPE_CHECKING:
    from geodata.reports.reports import Reports

SHORTEST = 3  # characters of a short code, at least
AREA = 2  # dimensions
SHOWN_LEVELS = ("subdistrict", "community")


@dataclass(frozen=True)
class Spots:
    """
    The hot spots of the year up to the day.

    Parameters
    ----------
    classes
        Grid → class from −3 to 3, of those that are significant.
    method
        How they were found; None where there is too little to find any.
    """

    classes: pd.Series
    method: Method | None


@dataclass(frozen=True)
class Wall:
    """
    What a wall map shows; all frames in metres.

    Parameters
    ----------
    name
        Of the part of the city; empty for all of it.
    grids
        Every grid that is drawn: ``short`` (its code within the community), ``community`` and its
        ``community_name``, ``inside`` (of the part that is shown), ``unit_id`` and ``number`` (of
        the primary unit, missing where there is none), ``tint``.
    units
        Under ``number`` from 1: ``unit_id``, ``name``, ``short_name``, ``contact``, ``phone``,
        ``holds_grids``; whoever holds anything there, those with grids first, in the grids' order.
    held
        ``unit_id``, ``target_kind``, ``target``, ``target_name``, ``tier`` of what they hold there.
    divisions
        Subdistricts and communities there, with ``level``.
    leaders
        ``target``, ``tier``, ``unit_name``, ``holder`` of who leads these divisions.
    points, roads, compounds
        What lies there.
    gaps
        Ground that nobody answers for, with ``reason``.
    spots
        None where nobody asked.
    flags
        Of the boards, in the day's month, and where they stand.
    """

    name: str
    grids: gpd.GeoDataFrame
    units: pd.DataFrame
    held: pd.DataFrame
    divisions: gpd.GeoDataFrame
    leaders: pd.DataFrame
    points: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    spots: Spots | None
    flags: Flags


def wall(reports: Reports, division: str | None, as_of: date, *, spots: bool, flags: bool) -> Wall:
    """
    Gather what a wall map shows.

    Parameters
    ----------
    reports
        Of the register.
    division
        Which part; the whole city if None.
    as_of
        The day.
    spots, flags
        Whether hot spots are looked for, and whether the boards are read: these are the whole
        city's, so a reader of a part must not ask for them.

    Raises
    ------
    NotFoundError
        If there is no such division on that day.
    """
    workspace = reports.workspace
    known = ground.division_frame(workspace, as_of)
    if division is not None and division not in known.index:
        msg = "There is no division {code} in the register on that day."
        raise NotFoundError(msg, code=division)
    grids = _grids(workspace, division, as_of)
    divisions = _divisions(workspace, grids, division, as_of)
    area = _area(grids, divisions) if division is not None else None
    things = {
        name: _within(workspace.measured(name, as_of), area)
        for name in ("inspection_points", "roads", "compounds")
    }
    held = _held(workspace, grids, divisions, things, as_of)
    units = _units(workspace, held, as_of)
    tinted = _tinted(workspace, grids, held, units, as_of)
    lacking = ground.gaps(workspace, as_of).to_crs(workspace.metric_crs(as_of))
    return Wall(
        name="" if division is None else str(known.loc[division, "name"]),
        grids=tinted,
        units=units,
        held=held,
        divisions=divisions,
        leaders=_leaders(workspace, held, as_of),
        points=things["inspection_points"],
        roads=things["roads"],
        compounds=things["compounds"],
        gaps=_within(lacking, area),
        spots=_spots(reports, as_of) if spots else None,
        flags=wall_flags(reports, tinted, divisions, as_of) if flags else Flags(),
    )


def _grids(workspace: Workspace, division: str | None, as_of: date) -> gpd.GeoDataFrame:
    frame = workspace.measured("grids", as_of)
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    lineage = workspace.lineage(as_of).reindex(frame.index)
    inside = (lineage == division).any(axis=1) | (frame["parent"] == division)
    names = workspace.frame("communities", as_of)["name"]
    community = lineage["community"]
    found = frame[["name", "geometry"]].assign(
        community=community,
        community_name=community.map(names).fillna(community).fillna("").astype(str),
        inside=inside.to_numpy(dtype=bool) if division is not None else True,
    )
    return found.assign(short=_short(found.index, frame["parent"])).sort_index()


def _short(codes: pd.Index, parents: pd.Series) -> list[str]:
    """Return codes without what their community's code says, or without what is the same in all."""
    known = sorted(map(str, codes))
    ends = zip(known[0], known[-1], strict=False) if len(known) > 1 else ()
    alike = len(list(takewhile(lambda pair: pair[0] == pair[1], ends)))
    found = []
    for code, parent in zip(codes.astype(str), parents.fillna("").astype(str), strict=True):
        rest = code.removeprefix(parent) or code
        if rest == code:
            rest = code[min(alike, max(len(code) - SHORTEST, 0)) :]
        found.append(rest.lstrip("-_. ") or code)
    return found


def _divisions(
    workspace: Workspace, grids: gpd.GeoDataFrame, division: str | None, as_of: date
) -> gpd.GeoDataFrame:
    """Return the subdistricts and communities that lie in the part, or hold grids of it."""
    lineage = workspace.lineage(as_of).reindex(grids.index[grids["inside"]])
    frames = []
    for level in SHOWN_LEVELS:
        frame = workspace.measured(layers.LAYER_OF_LEVEL[level], as_of)
        if division is not None:
            here = frame.index.isin(lineage[level].dropna()) | (frame["parent"] == division)
            frame = frame[here | (frame.index == division)]
        frames.append(frame[["name", "geometry"]].assign(level=level))
    found = pd.concat(frames)
    return found[~(found.geometry.isna() | found.geometry.is_empty)]


def _area(grids: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame) -> shapely.Geometry:
    communities = divisions.geometry[divisions["level"] == "community"]
    parts = [grids.geometry[grids["inside"]], communities]
    return shapely.union_all(pd.concat(parts).to_numpy(), grid_size=0.001)


def _within(frame: gpd.GeoDataFrame, area: shapely.Geometry | None) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if area is not None:
        shapely.prepare(area)
        areas = shapely.get_dimensions(shapes) == AREA
        inner = np.where(areas, shapely.point_on_surface(shapes), shapes)
        there &= shapely.intersects(area, inner)
    return frame[there]


def _held(
    workspace: Workspace,
    grids: gpd.GeoDataFrame,
    divisions: gpd.GeoDataFrame,
    things: Mapping[str, gpd.GeoDataFrame],
    as_of: date,
) -> pd.DataFrame:
    rows = holdings(workspace, as_of).rows
    here = {
        "grid": grids.index[grids["inside"]],
        "division": divisions.index,
        "inspection_point": things["inspection_points"].index,
        "road_segment": things["roads"].index,
        "compound": things["compounds"].index,
    }
    whole = bool(grids["inside"].all())
    kept = np.full(len(rows), whole)
    for kind, targets in here.items():
        kept |= ((rows["target_kind"] == kind) & rows["target"].isin(targets)).to_numpy()
    columns = ["unit_id", "unit_name", "target_kind", "target", "target_name", "tier"]
    return rows.loc[kept, columns].drop_duplicates().reset_index(drop=True)


def _units(workspace: Workspace, held: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return the units with numbers: those with grids by their first, then the others."""
    own = held[(held["target_kind"] == "grid") & (held["tier"] == PRIMARY)]
    first = own.groupby("unit_id")["target"].min()
    every = pd.Index(held["unit_id"].unique(), dtype="object")
    order = pd.DataFrame({"first": every.map(first), "unit_id": every})
    order = order.sort_values(["first", "unit_id"], na_position="last")
    known = pd.DataFrame(workspace.frame("units", as_of))
    columns = ["name", "short_name", "contact", "phone"]
    found = known.reindex(order["unit_id"])[columns].assign(
        unit_id=order["unit_id"].to_numpy(), holds_grids=order["first"].notna().to_numpy()
    )
    found["name"] = found["name"].fillna(pd.Series(found["unit_id"], index=found.index))
    return found.set_axis(pd.RangeIndex(1, len(found) + 1, name="number"))


def _tinted(
    workspace: Workspace,
    grids: gpd.GeoDataFrame,
    held: pd.DataFrame,
    units: pd.DataFrame,
    as_of: date,
) -> gpd.GeoDataFrame:
    own = held[(held["target_kind"] == "grid") & (held["tier"] == PRIMARY)]
    number = pd.Series(units.index, index=units["unit_id"])
    own = own.assign(number=own["unit_id"].map(number)).sort_values(["target", "number"])
    of = own.drop_duplicates("target").set_index("target")["unit_id"].reindex(grids.index)
    read = workspace.topology(as_of)
    near = topology.contiguity(read, queen=False)
    tint = tints(of.reindex(read.owners), near).reindex(grids.index).fillna(-1).astype(int)
    return grids.assign(unit_id=of, number=of.map(number).astype("Int64"), tint=tint)


def _leaders(workspace: Workspace, held: pd.DataFrame, as_of: date) -> pd.DataFrame:
    leading = held["tier"].isin(LEADERS) & (held["target_kind"] == "division")
    people = workspace.frame("units", as_of)["holder"]
    rows = held[leading].sort_values(["target", "tier", "unit_id"], ascending=[True, False, True])
    return rows.assign(holder=rows["unit_id"].map(people)).reset_index(drop=True)


def _spots(reports: Reports, as_of: date) -> Spots:
    since = as_of - timedelta(days=364)
    try:
        found = reports.hotspots(since=since, until=as_of, as_of=as_of)
    except TooLittleDataError:
        return Spots(pd.Series(dtype="int64"), None)
    table = found.table[found.table["significant"].astype(bool)]
    return Spots(table["class"].astype(int), found.method)
