"""
Coverage: how much of a city somebody answers for, by division.

Ground, roads, inspection points and compounds are tested each for itself, because one can be
complete while another has holes:

- ground (m²): `gridmap.answers` says whose it is. It is covered if that unit is in use and can be
  called; everything else is listed by `gaps`, each polygon with its reason.
- roads (m of centreline): a metre is covered by an assignment of the road segment itself, half by
  one side and wholly by both. An assignment of the grid does not cover the road in it, for roads
  are handed out by themselves (路管制).
- inspection points: one is covered if it has an assignment of its own (点管制), not by its grid.
- compounds: one is covered if it has an assignment of its own, or lies wholly on covered ground.
- residents: those of the grids, where known, whose ground is covered.
- tiers: a grid lacks one if nobody holds it on the grid or on any division above.

An assignment counts only if its unit is in use and has a contact or a phone; `tiers_missing` alone
counts whoever is named.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap import answers, measures
from gridmap.assignments import Day, in_force
from gridmap.errors import NotFoundError
from gridmap.gaps import blind_stretches, doubled_ground, doubled_stretches, gaps, merged_gaps
from gridmap.ground import City, Ground, survey
from gridmap.layers import LEVELS

__all__ = [
    "City",
    "Ground",
    "blind_stretches",
    "coverage",
    "doubled_ground",
    "doubled_stretches",
    "gaps",
    "merged_gaps",
    "survey",
]
CITY = "city"
REST = "rest"
MEASURES = [
    "ground_m2",
    "covered_m2",
    "roads_m",
    "roads_covered_m",
    "points_n",
    "points_covered_n",
    "compounds_n",
    "compounds_covered_n",
    "grids_n",
    "tiers_missing",
]
COUNTS = [name for name in MEASURES if not name.endswith(("_m", "_m2"))]


def coverage(
    city: City,
    level: str,
    as_of: Day,
    *,
    required: tuple[str, ...] | None = None,
    ground: Ground | None = None,
) -> gpd.GeoDataFrame:
    r"""
    Measure who answers for what, by division of one level.

    Parameters
    ----------
    city
        Layers in metres.
    level
        city, district, subdistrict, community or grid.
    as_of
        The day.
    required
        Tiers that every grid must have; those in use in the scheme if left out.
    ground
        As `survey` answers it for this city; made if left out.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a division, indexed by ``code``: ``name``, ``parent``, ``rest``, ``ground_m2``,
        ``covered_m2``, ``share`` (0 to 1, NaN without ground), ``roads_m``, ``roads_covered_m``,
        ``points_n``, ``points_covered_n``, ``compounds_n``, ``compounds_covered_n``, ``grids_n``,
        ``tiers_missing`` (grids that lack a tier), ``residents`` and ``residents_covered`` (NA
        where no grid says). What lies in a division of a higher level and in none of this one has a
        row of its own, ``rest:`` and the code of that division, with ``rest`` true.

    Raises
    ------
    NotFoundError
        If there is no such level.
    CrsError
        If the layers are not in metres.

    Notes
    -----
    With the pieces :math:`p` of `gridmap.ground`, of which :math:`C` are covered, the share of a
    division :math:`d` is :math:`\sum_{p \in C \cap d} a_p / \sum_{p \in d} a_p`. Every measure is a
    sum over pieces or over grids, each in one division of each level, so the rows under a parent,
    its rest among them, sum to the parent.
    """
    if level not in (CITY, *LEVELS):
        msg = "There is no level {level}; there are {levels}."
        raise NotFoundError(msg, level=level, levels=", ".join((CITY, *LEVELS)))
    ground = survey(city) if ground is None else ground
    rows = answers.primaries(city, as_of)
    piece_label = _labels(ground.pieces, level)
    grid_label = _labels(ground.lineage.assign(grid=ground.lineage.index), level)
    sums = pd.concat(
        [
            _by_piece(city, ground, rows).groupby(piece_label.to_numpy()).sum(),
            _by_grid(city, ground, rows, _missing(city, ground, as_of, required))
            .groupby(grid_label.to_numpy())
            .sum(min_count=1),
        ],
        axis=1,
    )
    known = pd.Index([CITY]) if level == CITY else city.areas(level).index
    table = sums.reindex(known.append(sums.index.difference(known).sort_values()))
    table[MEASURES] = table[MEASURES].astype("float64").fillna(0.0)
    table[COUNTS] = table[COUNTS].astype("int64")
    table.insert(2, "share", table["covered_m2"] / table["ground_m2"].where(table["ground_m2"] > 0))
    return _described(city, level, table.rename_axis("code"), ground, piece_label)


def _labels(places: pd.DataFrame, level: str) -> pd.Series:
    """Code of the row in which each place is counted."""
    if level == CITY:
        return pd.Series(CITY, index=places.index, dtype="str")
    above = pd.Series(pd.NA, index=places.index, dtype="str")
    for upper in LEVELS[: LEVELS.index(level)]:
        above = places[upper].where(places[upper].notna(), above)
    rest = (f"{REST}:" + above).fillna(REST)
    return places[level].where(places[level].notna(), rest)


def _missing(
    city: City, ground: Ground, as_of: Day, required: tuple[str, ...] | None
) -> pd.DataFrame:
    rows = in_force(city.assignments, as_of)
    rows = rows[rows["scheme"] == city.scheme]
    tiers = answers.tiers_in_use(rows) if required is None else required
    return answers.missing_tiers(rows, ground.lineage, tiers)


def _by_piece(city: City, ground: Ground, rows: pd.DataFrame) -> pd.DataFrame:
    state = answers.piece_states(rows, ground)["state"]
    covered = (state == "covered").to_numpy()
    area = ground.pieces["area_m2"].to_numpy()
    asked, n = ground.road_stretches, len(covered)
    metres = (asked["to_m"] - asked["from_m"]).to_numpy()
    road_covered = measures.covered_metres(asked, _held_stretches(city, rows))
    point = city.inspection_points.index.isin(answers.answering(rows, "inspection_point"))
    compound = city.compounds.index.isin(answers.answering(rows, "compound"))
    compound |= wholly_within(city.compounds, ground.pieces[covered])
    return pd.DataFrame(
        {
            "ground_m2": area,
            "covered_m2": np.where(covered, area, 0.0),
            "roads_m": _sum_at(asked["area"].to_numpy(), metres, n),
            "roads_covered_m": _sum_at(asked["area"].to_numpy(), road_covered, n),
            "points_n": _sum_at(ground.point_piece, np.ones(len(point)), n),
            "points_covered_n": _sum_at(ground.point_piece, point, n),
            "compounds_n": _sum_at(ground.compound_piece, np.ones(len(compound)), n),
            "compounds_covered_n": _sum_at(ground.compound_piece, compound, n),
        },
        index=ground.pieces.index,
    )


def _by_grid(city: City, ground: Ground, rows: pd.DataFrame, missing: pd.DataFrame) -> pd.DataFrame:
    covered = answers.grid_states(rows, ground.lineage)["state"] == "covered"
    residents = city.grids["residents"]
    return pd.DataFrame(
        {
            "grids_n": 1,
            "tiers_missing": missing.any(axis=1).astype("int64"),
            "residents": residents,
            "residents_covered": residents.where(covered | residents.isna(), 0),
        },
        index=city.grids.index,
    )


def _held_stretches(city: City, rows: pd.DataFrame) -> pd.DataFrame:
    held = rows[(rows["target_kind"] == "road_segment") & (rows["state"] == "covered")]
    road = city.roads.index.get_indexer(held["target"])
    return held.assign(road=road)[road >= 0]


def wholly_within(areas: gpd.GeoDataFrame, covered: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """
    Say which areas lie wholly on covered ground.

    Parameters
    ----------
    areas
        Compounds, in metres.
    covered
        Pieces of `gridmap.ground` that are covered, in the same CRS.
    """
    shapes, ground = areas.geometry.to_numpy(), covered.geometry.to_numpy()
    area, piece = shapely.STRtree(ground).query(shapes, predicate="intersects")
    common = shapely.area(shapely.intersection(shapes[area], ground[piece]))
    # The pieces have no common interior, so an area is within them if theirs sum to its own
    return _sum_at(area, common, len(shapes)) >= shapely.area(shapes) * (1 - 1e-9)


def _sum_at(place: NDArray[np.int64], values: NDArray[np.generic], n: int) -> NDArray[np.float64]:
    inside = place >= 0
    weights = values[inside].astype(np.float64)
    return np.bincount(place[inside], weights=weights, minlength=n).astype(np.float64)


def _described(
    city: City, level: str, table: pd.DataFrame, ground: Ground, label: pd.Series
) -> gpd.GeoDataFrame:
    """Put names, parents and polygons beside the measures."""
    if level == CITY:
        shapes = gpd.GeoSeries([ground.outline], index=table.index, crs=city.grids.crs)
        own = pd.DataFrame({"name": None, "parent": None}, index=table.index, dtype="str")
    else:
        areas = city.areas(level)
        shapes = areas.geometry.reindex(table.index)
        own = areas[["name", "parent"]].reindex(table.index)
    rest = ~table.index.isin(own.index if level == CITY else city.areas(level).index)
    own["parent"] = own["parent"].where(~rest, table.index.str.removeprefix(f"{REST}:"))
    drawn = ground.pieces.geometry
    for code in table.index[shapes.isna()]:
        shapes[code] = shapely.union_all(drawn[(label == code).to_numpy()].to_numpy())
    described = pd.concat([own, pd.Series(rest, index=table.index, name="rest"), table], axis=1)
    return gpd.GeoDataFrame(described, geometry=shapes, crs=city.grids.crs)
