"""The load of units: how many grids each holds for the people it has."""

from __future__ import annotations

from datetime import date

import geopandas as gpd

from geodata.reports.ground import held_grids
from geodata.workspace import RESPONSIBILITY, Workspace

PER = 10  # people: units have tens of them, and grids are few


def unit_loads(workspace: Workspace, as_of: date) -> gpd.GeoDataFrame:
    """
    Return each grid with the load of the unit that holds it.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen: what a unit holds elsewhere is not
        counted.
    as_of
        The day.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a drawn grid, in the register's CRS: ``name``, ``unit_id``, ``unit_name``,
        ``n_grids`` that the unit holds, ``area_m2`` of these, its ``headcount`` and ``load``, grids
        for `PER` people; missing where nobody holds the grid or nobody knows how many they are.
    """

    def build() -> gpd.GeoDataFrame:
        grids = workspace.frame("grids", as_of)
        drawn = grids[grids.geometry.notna()][["name", "geometry"]]
        held = held_grids(workspace, as_of).drop_duplicates("target").set_index("target")["unit_id"]
        held = held[held.index.isin(grids.index)]
        area = workspace.measured("grids", as_of).area.reindex(held.index)
        units = workspace.frame("units", as_of)
        people = units["headcount"].astype("float64")
        unit = held.reindex(drawn.index)
        n_grids, m2, headcount = (
            unit.map(figures).astype("float64")
            for figures in (
                held.value_counts(),
                area.groupby(held).sum(),
                people.where(people > 0),
            )
        )
        return drawn.assign(
            unit_id=unit,
            unit_name=unit.map(units["name"]),
            n_grids=n_grids,
            area_m2=m2,
            headcount=headcount,
            load=PER * n_grids / headcount,
        )

    return workspace.once("unit loads", RESPONSIBILITY, as_of, build)
