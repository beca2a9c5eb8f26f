"""The deck: what each unit's card shows, taken from the register once for all cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.paper.page import Shapes
from geodata.reports import Reports
from geodata.reports.paper import behind, holdings
from gridmap import measures
from gridmap.errors import NotFoundError
from gridmap.layers import LAYER_OF_LEVEL, LEVELS

Row: TypeAlias = dict[str, Any]
LAYER_OF_KIND = {
    "grid": "grids",
    "inspection_point": "inspection_points",
    "compound": "compounds",
}
KINDS = ("grid", "road_segment", "inspection_point", "compound", "division")


@dataclass(frozen=True)
class Card:
    """
    One unit, or one post.

    Parameters
    ----------
    unit
        Its row of the layer, its key with it.
    held
        What it holds, by target kind: `geodata.reports.paper.Holdings` rows in the order of names,
        with ``geometry`` in metres, ``category``, ``address``, ``level``, ``n_grids``, ``n_units``.
    totals
        Figure → value.
    people
        Who else answers there.
    """

    unit: Row
    held: dict[str, list[Row]]
    totals: Row
    people: list[Row]

    def shapes(self, *kinds: str) -> Shapes:
        """Return the drawn targets of some kinds, in metres."""
        return drawn([row for kind in kinds for row in self.held[kind]])


def drawn(rows: list[Row]) -> Shapes:
    """Return the shapes of rows, without what has none."""
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row["geometry"] for row in rows]
    return shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]


def deal(reports: Reports, unit_ids: Sequence[str] | None, as_of: date) -> list[Card]:
    """
    Make the cards of units.

    Parameters
    ----------
    reports
        Of the register.
    unit_ids
        Whose, in this order; those in use that hold something, by number, if None.
    as_of
        The day.

    Raises
    ------
    NotFoundError
        If there is no such unit on that day.
    """
    held = holdings(behind(reports), as_of)
    units = pd.DataFrame(reports.frame("units", as_of).drop(columns="geometry"))
    totals = held.totals
    if unit_ids is None:
        unit_ids = sorted(totals.index.intersection(units.index[units["active"].astype(bool)]))
    if unknown := [unit_id for unit_id in unit_ids if unit_id not in units.index]:
        msg = "There is no unit {unit_id} in the register on that day."
        raise NotFoundError(msg, unit_id=", ".join(unknown))
    return list(_cards(reports, list(unit_ids), units, as_of))


def _cards(
    reports: Reports, unit_ids: list[str], units: pd.DataFrame, as_of: date
) -> Iterator[Card]:
    held = holdings(behind(reports), as_of)
    rows = _described(reports, held.rows, as_of)
    of_row = _grouped(rows.to_dict("records"), "unit_id", "target_kind")
    of_people = _grouped(held.people.to_dict("records"), "unit_id")
    of_unit = units.to_dict("index")
    totals = held.totals.to_dict("index")
    nothing: Row = dict.fromkeys(held.totals.columns, 0)
    for unit_id in unit_ids:
        yield Card(
            {"unit_id": unit_id, **of_unit[unit_id]},
            {kind: of_row.get((unit_id, kind), []) for kind in KINDS},
            totals.get(unit_id, nothing),
            of_people.get((unit_id,), []),
        )


def _grouped(rows: list[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def _described(reports: Reports, rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Put shapes in metres, and what a list says of a target, beside the rows."""
    workspace = behind(reports)
    rows = rows.sort_values(["unit_id", "target_kind", "target_name", "target"]).reset_index(
        drop=True
    )
    shapes = np.full(len(rows), None, dtype=object)
    for kind, layer in LAYER_OF_KIND.items():
        of = (rows["target_kind"] == kind).to_numpy()
        frame = workspace.measured(layer, as_of)
        shapes[of] = _of(frame, rows.loc[of, "target"])
    divisions = _divisions(reports, as_of)
    of = (rows["target_kind"] == "division").to_numpy()
    shapes[of] = _of(divisions, rows.loc[of, "target"])
    _draw_stretches(workspace.measured("roads", as_of), rows, shapes)
    points = workspace.frame("inspection_points", as_of)[["category", "address"]]
    rows = rows.join(pd.DataFrame(points), on="target")
    told = pd.DataFrame(divisions[["level", "n_grids", "n_units"]])
    return rows.join(told, on="target").assign(geometry=shapes)


def _of(frame: gpd.GeoDataFrame, targets: pd.Series) -> Shapes:
    return frame.geometry.reindex(targets).to_numpy(dtype=object)


def _divisions(reports: Reports, as_of: date) -> gpd.GeoDataFrame:
    tree = reports.division_tree(as_of).set_index("code")[["level", "n_grids", "n_units"]]
    layers = [LAYER_OF_LEVEL[level] for level in LEVELS[:-1]]
    drawn = pd.concat([behind(reports).measured(layer, as_of)[["geometry"]] for layer in layers])
    return drawn.join(tree)


def _draw_stretches(roads: gpd.GeoDataFrame, rows: pd.DataFrame, shapes: Shapes) -> None:
    road = roads.index.get_indexer(rows["target"])
    known = ((rows["target_kind"] == "road_segment") & (road >= 0)).to_numpy()
    cut = rows.loc[known, ["from_m", "to_m"]].assign(road=road[known])
    shapes[known] = measures.lines(roads, cut)
