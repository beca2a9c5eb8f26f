"""Gaps: ground that nobody answers for; ground and roads drawn in no grid, or in several."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import answers, measures
from gridmap.assignments import Day
from gridmap.ground import DIVISION_LEVELS, City, Ground, survey

# Where a road crosses a border, the two cuts differ by rounding
SHORTEST_M = 1e-6


def gaps(
    city: City, as_of: Day, *, least_width_m: float = 0.0, ground: Ground | None = None
) -> gpd.GeoDataFrame:
    """
    List the ground that nobody answers for.

    Parameters
    ----------
    city
        Layers in metres.
    as_of
        The day.
    least_width_m
        Narrower ones are left out. Where two levels were drawn by different hands, thousands of
        slivers of a millimetre lie between them; they stay in the figures of `coverage`.
    ground
        As `gridmap.ground.survey` answers it for this city; made if left out.

    Returns
    -------
    geopandas.GeoDataFrame
        One row for each uncovered grid, and for each connected polygon outside the grids:
        ``reason`` (``no_grid``: drawn in no grid; ``no_unit``: nobody is primary;
        ``unit_inactive``: whoever is, is no longer in use; ``no_contact``: there is nobody to
        call), ``grid`` (NA where none), ``district``, ``subdistrict``, ``community``, ``unit_id``
        (whose state is the reason), ``area_m2``, ``width_m`` (mean width, 2 area / perimeter; small
        for slivers). All of them and the covered ground of `gridmap.coverage.coverage` sum to the
        ground.

    Raises
    ------
    CrsError
        If the layers are not in metres.
    """
    ground = survey(city) if ground is None else ground
    state = answers.piece_states(answers.primaries(city, as_of), ground)
    bare = ground.pieces[(state["state"] != "covered").to_numpy()]
    bare = bare.assign(
        reason=state["state"].reindex(bare.index), unit_id=state["unit_id"].reindex(bare.index)
    )
    drawn = bare[bare["grid"].notna()]
    undrawn = bare[bare["grid"].isna()].explode(index_parts=False)
    found = pd.concat([_together(drawn, ["grid", *DIVISION_LEVELS, "reason"]), undrawn])
    found = _measured(found, ["reason", "grid", *DIVISION_LEVELS, "unit_id"])
    return found[found["width_m"] >= least_width_m].reset_index(drop=True)


def merged_gaps(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Join gaps of the same reason in the same community.

    Parameters
    ----------
    found
        As `gaps` answers it.

    Returns
    -------
    geopandas.GeoDataFrame
        One row for each reason and community (or the level above, where there is none), without
        ``grid`` and ``unit_id`` but with ``grids_n``, their number.
    """
    key = [*DIVISION_LEVELS, "reason"]
    count = found.groupby(key, dropna=False)["grid"].count()
    joined = _together(found, key)
    joined["grids_n"] = count.reindex(pd.MultiIndex.from_frame(joined[key])).to_numpy()
    return _measured(joined, ["reason", *DIVISION_LEVELS, "grids_n"])


def blind_stretches(city: City, *, ground: Ground | None = None) -> gpd.GeoDataFrame:
    """
    List the stretches of roads on the city's ground that lie in no grid.

    Parameters
    ----------
    city, ground
        As for `gaps`.

    Returns
    -------
    geopandas.GeoDataFrame
        ``road_id``, ``from_m``, ``to_m``, ``length_m``, ``district``, ``subdistrict``,
        ``community``, LineString. A road on the border of a grid lies in it.
    """
    ground = survey(city) if ground is None else ground
    cut = ground.road_stretches
    cut = cut[cut["area"] >= 0]
    piece = ground.pieces.loc[cut["area"], [*DIVISION_LEVELS, "grid"]].set_axis(cut.index)
    blind = cut.join(piece)[piece["grid"].isna()]
    return _stretches(city, blind, list(DIVISION_LEVELS))


def doubled_ground(city: City, *, ground: Ground | None = None) -> gpd.GeoDataFrame:
    """
    List ground that is drawn in several grids.

    Parameters
    ----------
    city, ground
        As for `gaps`.

    Returns
    -------
    geopandas.GeoDataFrame
        ``codes`` (tuple of the grids, ascending), ``district``, ``subdistrict``, ``community``,
        ``area_m2``, ``width_m``, geometry.
    """
    ground = survey(city) if ground is None else ground
    pieces = ground.pieces[ground.pieces["others"].str.len() > 0]
    codes = [(grid, *others) for grid, others in zip(pieces["grid"], pieces["others"], strict=True)]
    found = pieces.assign(codes=pd.Series(codes, index=pieces.index, dtype=object))
    return _measured(found, ["codes", *DIVISION_LEVELS])


def doubled_stretches(city: City, *, ground: Ground | None = None) -> gpd.GeoDataFrame:
    """
    List the stretches of roads that lie on ground drawn in several grids.

    Parameters
    ----------
    city, ground
        As for `gaps`.

    Returns
    -------
    geopandas.GeoDataFrame
        ``road_id``, ``from_m``, ``to_m``, ``length_m``, ``codes`` (tuple of the grids),
        LineString.
    """
    doubled = doubled_ground(city, ground=ground)
    cut = measures.stretches(city.roads, doubled.geometry.to_numpy())
    cut = cut[cut["area"] >= 0]
    codes = doubled["codes"].iloc[cut["area"]].set_axis(cut.index)
    return _stretches(city, cut.assign(codes=codes), ["codes"])


def _together(rows: gpd.GeoDataFrame, key: list[str]) -> gpd.GeoDataFrame:
    """Join the polygons of rows that are equal in a key; the first row speaks for the others."""
    if not rows.duplicated(key).any():
        return rows
    group = rows.groupby(key, dropna=False, sort=False).ngroup().to_numpy()
    first = ~pd.Series(group).duplicated().to_numpy()
    shapes = rows.geometry.to_numpy()
    order = np.argsort(group, kind="stable")
    parts = np.split(shapes[order], np.flatnonzero(np.diff(group[order])) + 1)
    return rows[first].set_geometry([shapely.union_all(part) for part in parts], crs=rows.crs)


def _measured(rows: gpd.GeoDataFrame, columns: list[str]) -> gpd.GeoDataFrame:
    rows = rows.assign(area_m2=rows.area, width_m=2 * rows.area / rows.length)
    order = [*DIVISION_LEVELS, *(name for name in ("grid", "reason") if name in columns)]
    rows = rows.sort_values([*order, "area_m2"], kind="stable", ignore_index=True)
    return rows[[*columns, "area_m2", "width_m", rows.geometry.name]]


def _stretches(city: City, cut: pd.DataFrame, columns: list[str]) -> gpd.GeoDataFrame:
    cut = _contiguous(cut, columns)
    length = cut["to_m"] - cut["from_m"]
    cut = cut.assign(length_m=length)[length > SHORTEST_M].reset_index(drop=True)
    road_id = pd.Series(city.roads.index[cut["road"]], dtype="str")
    shapes = measures.lines(city.roads, cut)
    return gpd.GeoDataFrame(
        cut.assign(road_id=road_id)[["road_id", "from_m", "to_m", "length_m", *columns]],
        geometry=gpd.GeoSeries(shapes, index=cut.index, crs=city.roads.crs),
    )


def _contiguous(cut: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Join stretches that follow each other and say the same."""
    key = cut[["road", *columns]].fillna("")
    previous = key.shift()
    new = (key != previous).any(axis=1) | (cut["from_m"] > cut["to_m"].shift() + SHORTEST_M)
    return (
        cut.assign(run=new.cumsum())
        .groupby("run", as_index=False)
        .agg({**dict.fromkeys(["road", "from_m", *columns], "first"), "to_m": "last"})
    )
