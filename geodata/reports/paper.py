"""What is printed: what every unit holds, who stands beside it, and what nobody holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.reports import ground
from geodata.reports.names import named
from geodata.workspace import RESPONSIBILITY, Workspace
from gridmap import answers, coverage, measures, responsibility
from gridmap.assignments import PRIMARY, in_force
from gridmap.ground import DIVISION_LEVELS, City, Ground
from gridmap.layers import TIERS

if TYPE_CHECKING:
    from geodata.reports.reports import Reports

LEADERS = ("patch_leader", "lead")
SHORTEST_M = 1e-6  # where a road crosses a border, the two cuts differ by rounding
WHERE = ["unit_id", "target"]
PEOPLE = ["unit_id", "tier", "other", "name", "holder", "contact", "phone", "grids_n"]


@dataclass(frozen=True)
class Holdings:
    """
    What every unit holds on a day.

    Parameters
    ----------
    rows
        Assignments in force, each target of a unit once, with ``unit_name``, ``target_name`` and
        ``area_m2`` (of grids).
    totals
        Under ``unit_id``: ``grids_n``; ``area_m2`` and ``roads_m`` of what it is the primary unit
        of, as `geodata.reports.UnitSheet`; ``roads_n``, ``points_n``, ``compounds_n``,
        ``divisions_n``.
    people
        Who else answers for the grids in which that lies: ``unit_id``, ``tier``, ``other`` and its
        ``name``, ``holder``, ``contact``, ``phone``, ``grids_n``; from the patch leader down.
    """

    rows: pd.DataFrame
    totals: pd.DataFrame
    people: pd.DataFrame


@dataclass(frozen=True)
class Uncovered:
    """
    What nobody answers for; each frame in metres, with ``reason`` and the divisions it lies in.

    Parameters
    ----------
    ground
        As `geodata.reports.Reports.gaps`.
    roads
        ``road_id``, ``name``, ``from_m``, ``to_m``, ``side``, ``uncovered_m``: metres of
        centreline, one side counting half.
    points, compounds
        ``code``, ``name``, ``category`` (``kind`` of a compound).
    outside_n
        Roads, points and compounds that lie in no division, which coverage does not count.
    """

    ground: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    outside_n: int


def behind(reports: Reports) -> Workspace:
    """Return the working set that answers for the reports."""
    return reports.workspace


def holdings(workspace: Workspace, as_of: date) -> Holdings:
    """
    List what every unit holds.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    """

    def build() -> Holdings:
        rows = in_force(workspace.frame("assignments", as_of), as_of)
        primary = rows[rows["tier"] == PRIMARY]
        stretches = primary[primary["target_kind"] == "road_segment"]
        metres = (stretches["to_m"] - stretches["from_m"]).groupby(stretches["unit_id"]).sum()
        rows = rows.drop_duplicates([*WHERE, "target_kind", "from_m", "to_m", "side"])
        rows = named(rows, workspace, as_of)
        drawn = workspace.measured("grids", as_of).area
        grid = rows["target_kind"] == "grid"
        rows = rows.assign(area_m2=rows["target"].where(grid).map(drawn))
        rows = rows[~grid | rows["area_m2"].notna()]  # a grid may have gone since
        own = rows["area_m2"].where(rows["tier"] == PRIMARY)
        counts = pd.crosstab(rows["unit_id"], rows["target_kind"])
        counts = counts.reindex(columns=list(_COUNTED), fill_value=0).rename(columns=_COUNTED)
        totals = counts.assign(
            area_m2=own.groupby(rows["unit_id"]).sum().reindex(counts.index, fill_value=0.0),
            roads_m=metres.reindex(counts.index, fill_value=0.0),
        )
        return Holdings(rows, totals, _people(workspace, rows, as_of))

    return workspace.once("holdings", RESPONSIBILITY, as_of, build)


_COUNTED = {
    "grid": "grids_n",
    "road_segment": "roads_n",
    "inspection_point": "points_n",
    "compound": "compounds_n",
    "division": "divisions_n",
}


def chains(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """
    Return who answers for each grid, from the patch leader to the grid worker.

    Returns
    -------
    pandas.DataFrame
        ``grid``, ``tier``, ``other`` (a unit); a tier that nobody holds has no row.
    """

    def build() -> pd.DataFrame:
        grids = workspace.frame("grids", as_of).index
        links = responsibility.chain_of_grids(grids, workspace.place(as_of), as_of)
        links = links[~links["missing"]]
        table = pd.DataFrame(
            {
                "grid": grids.to_numpy()[links["point_no"].to_numpy(dtype=np.int64)],
                "tier": links["tier"].to_numpy(),
                "other": links["unit_id"].to_numpy(),
            }
        )
        return table.drop_duplicates(ignore_index=True)

    return workspace.once("chains", RESPONSIBILITY, as_of, build)


def uncovered(workspace: Workspace, as_of: date) -> Uncovered:
    """
    List the ground, roads, points and compounds that nobody answers for.

    Parameters
    ----------
    workspace, as_of
        The register and the day.

    Notes
    -----
    The same rules as `gridmap.coverage.coverage`, so that lengths and numbers here are what its
    figures lack; of the ground, what `geodata.reports.Reports.slivers` says is not listed.
    """

    def build() -> Uncovered:
        city, whole = workspace.city(as_of), workspace.ground(as_of)
        rows = answers.primaries(city, as_of)
        outside = whole.road_stretches.loc[whole.road_stretches["area"] < 0, "road"].nunique()
        outside += int((whole.point_piece < 0).sum() + (whole.compound_piece < 0).sum())
        return Uncovered(
            ground.gaps(workspace, as_of).to_crs(workspace.metric_crs(as_of)),
            free_roads(city, whole, rows),
            _points(city, whole, rows),
            _compounds(city, whole, rows),
            int(outside),
        )

    return workspace.once("uncovered", RESPONSIBILITY, as_of, build)


def _people(workspace: Workspace, rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    own = rows[rows["target_kind"] == "grid"]
    chain = chains(workspace, as_of)
    helpers = own.loc[own["tier"] == "assisting", ["target", "tier", "unit_id"]]
    chain = pd.concat([chain, helpers.set_axis(chain.columns, axis=1)], ignore_index=True)
    there = pd.DataFrame({"unit_id": own["unit_id"], "grid": own["target"]})
    near = _grids_of(workspace, rows, as_of)
    found = pd.concat(
        [
            there.drop_duplicates().merge(chain, on="grid"),
            near.merge(chain[chain["tier"].isin(LEADERS)], on="grid"),
        ]
    ).drop_duplicates()
    found = found[found["unit_id"] != found["other"]]
    table = found.groupby(["unit_id", "tier", "other"]).size().rename("grids_n").reset_index()
    units = pd.DataFrame(workspace.frame("units", as_of)[["name", "holder", "contact", "phone"]])
    table = table.join(units, on="other").assign(order=table["tier"].map(TIERS.index))
    table = table.sort_values(["unit_id", "order", "grids_n", "other"], ascending=[1, 1, 0, 1])
    return table[PEOPLE].reset_index(drop=True)


def _grids_of(workspace: Workspace, rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Say in which grids the roads, points and compounds of each unit lie."""
    city, whole = workspace.city(as_of), workspace.ground(as_of)
    grid = whole.pieces["grid"]
    found = []
    for kind, frame, piece in (
        ("inspection_point", city.inspection_points, whole.point_piece),
        ("compound", city.compounds, whole.compound_piece),
    ):
        of = pd.Series(grid.reindex(piece).to_numpy(), index=frame.index)
        held = rows[rows["target_kind"] == kind]
        found.append(pd.DataFrame({"unit_id": held["unit_id"], "grid": held["target"].map(of)}))
    cut = whole.road_stretches
    cut = cut.assign(target=city.roads.index[cut["road"]], grid=grid.reindex(cut["area"]).array)
    held = rows.loc[rows["target_kind"] == "road_segment", [*WHERE, "from_m", "to_m"]]
    met = held.merge(cut, on="target", suffixes=("", "_cut"))
    met = met[(met["from_m_cut"] < met["to_m"]) & (met["to_m_cut"] > met["from_m"])]
    found.append(met[["unit_id", "grid"]])
    return pd.concat(found).dropna().drop_duplicates()


def _points(city: City, whole: Ground, rows: pd.DataFrame) -> gpd.GeoDataFrame:
    frame = city.inspection_points
    free = ~frame.index.isin(answers.answering(rows, "inspection_point"))
    chosen = free & (whole.point_piece >= 0)
    told = _told(frame[chosen], whole, whole.point_piece[chosen], rows, "inspection_point")
    return told[["code", "name", "category", "reason", *DIVISION_LEVELS, "geometry"]]


def _compounds(city: City, whole: Ground, rows: pd.DataFrame) -> gpd.GeoDataFrame:
    frame = city.compounds
    state = answers.piece_states(rows, whole)["state"]
    within = coverage.wholly_within(frame, whole.pieces[(state == "covered").to_numpy()])
    free = ~(frame.index.isin(answers.answering(rows, "compound")) | within)
    chosen = free & (whole.compound_piece >= 0)
    told = _told(frame[chosen], whole, whole.compound_piece[chosen], rows, "compound")
    return told[["code", "name", "kind", "reason", *DIVISION_LEVELS, "geometry"]]


def _told(
    frame: gpd.GeoDataFrame, whole: Ground, piece: np.ndarray, rows: pd.DataFrame, kind: str
) -> gpd.GeoDataFrame:
    states = rows[rows["target_kind"] == kind].drop_duplicates("target")
    reason = states.set_index("target")["state"].reindex(frame.index).fillna("no_unit")
    above = whole.pieces.loc[piece, list(DIVISION_LEVELS)].set_axis(frame.index)
    told = frame.assign(reason=reason, **{level: above[level] for level in DIVISION_LEVELS})
    return told.rename_axis("code").reset_index()


def free_roads(city: City, whole: Ground, rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """
    List the stretches of roads without a unit; where one side has one, the other side alone.

    Parameters
    ----------
    city, whole
        Layers in metres, and the city's ground in pieces.
    rows
        As `gridmap.answers.primaries` answers them.

    Returns
    -------
    geopandas.GeoDataFrame
        As ``roads`` of `Uncovered`, by road and metre; stretches end where a division ends.
    """
    held = rows[rows["target_kind"] == "road_segment"]
    road = city.roads.index.get_indexer(held["target"])
    held = held.assign(road=road)[road >= 0]
    parts = _elementary(whole, held)
    length = (parts["to_m"] - parts["from_m"]).to_numpy()
    reason = {}
    for side in ("left", "right"):
        mine = held[held["side"].isin([side, "both"])].assign(side="both")
        good = mine["state"] == "covered"
        bare = length - measures.covered_metres(parts, mine[good]) > SHORTEST_M
        reason[side] = _states(parts, mine[~good]).where(bare)
    alike = reason["left"].notna() & (reason["left"] == reason["right"])
    free = [parts[alike].assign(side="both", reason=reason["left"][alike])]
    for side, states in reason.items():
        alone = states.notna() & ~alike
        free.append(parts[alone].assign(side=side, reason=states[alone]))
    return _stretches(city, _contiguous(pd.concat(free)))


def _elementary(whole: Ground, held: pd.DataFrame) -> pd.DataFrame:
    """Cut the roads in the divisions wherever a piece of ground, or anything held, begins."""
    asked = whole.road_stretches[whole.road_stretches["area"] >= 0]
    ends = [
        table[["road", end]].set_axis(["road", "from_m"], axis=1)
        for table in (asked, held)
        for end in ("from_m", "to_m")
    ]
    marks = pd.concat(ends).drop_duplicates().sort_values(["road", "from_m"], ignore_index=True)
    parts = marks.assign(to_m=marks["from_m"].shift(-1))
    parts = parts[(marks["road"] == marks["road"].shift(-1)).to_numpy()]
    # The stretch that begins last before a part is the one it lies in, if it ends after the part
    stretches = asked.rename(columns={"to_m": "end_m"}).sort_values("from_m")
    parts = pd.merge_asof(parts.sort_values("from_m"), stretches, on="from_m", by="road")
    parts = parts[parts["to_m"] <= parts["end_m"]].sort_values(["road", "from_m"])
    above = whole.pieces.loc[parts["area"].astype("int64"), list(DIVISION_LEVELS)]
    divisions = {level: above[level].to_numpy() for level in DIVISION_LEVELS}
    return parts[["road", "from_m", "to_m"]].assign(**divisions).reset_index(drop=True)


def _states(parts: pd.DataFrame, bad: pd.DataFrame) -> pd.Series:
    """Say why a part is not held: the best state of whoever should, or that there is nobody."""
    pairs = parts.reset_index().merge(bad, on="road", suffixes=("", "_held"))
    over = (pairs["from_m_held"] < pairs["to_m"]) & (pairs["to_m_held"] > pairs["from_m"])
    first = pairs[over].drop_duplicates("index").set_index("index")["state"]
    return first.reindex(parts.index).fillna("no_unit")


def _contiguous(free: pd.DataFrame) -> pd.DataFrame:
    """Join parts that follow each other on the same side, for the same reason."""
    alike = ["road", "side", "reason", *DIVISION_LEVELS]
    free = free.sort_values(["road", "side", "from_m"])
    key = free[alike].fillna("")
    apart = (free["from_m"] - free["to_m"].shift()).abs() > SHORTEST_M
    run = ((key != key.shift()).any(axis=1) | apart).cumsum()
    ends = {**dict.fromkeys([*alike, "from_m"], "first"), "to_m": "last"}
    return free.groupby(run.to_numpy()).agg(ends).sort_values(["road", "from_m"], ignore_index=True)


def _stretches(city: City, cut: pd.DataFrame) -> gpd.GeoDataFrame:
    weight = np.where(cut["side"] == "both", 1.0, 0.5)
    road = cut["road"].to_numpy(dtype=np.int64)
    table = cut.assign(
        road_id=city.roads.index.to_numpy()[road],
        name=city.roads["name"].to_numpy()[road],
        uncovered_m=(cut["to_m"] - cut["from_m"]) * weight,
    )
    columns = ["road_id", "name", "from_m", "to_m", "side", "uncovered_m", "reason"]
    shapes = gpd.GeoSeries(measures.lines(city.roads, cut), index=cut.index, crs=city.roads.crs)
    return gpd.GeoDataFrame(table[[*columns, *DIVISION_LEVELS]], geometry=shapes)
