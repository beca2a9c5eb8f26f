"""Where roads break the rules in use, and who answers for them there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.ops import substring

from geodata.reports.names import named
from geodata.road_rules import in_use, rules_of
from geodata.workspace import GROUND, Workspace
from gridmap import road_rules
from gridmap.assignments import PRIMARY, in_force
from gridmap.layers import SIDES

LAYERS = (*GROUND, "roads", "inspection_points", "road_rules")
ANSWERS = ["side", "unit_id", "unit_name"]
COLUMNS = [
    "rule_id",
    "rule_name",
    "category",
    "window_m",
    "road_id",
    "road_name",
    "road_class",
    "from_m",
    "to_m",
    "found",
    "least",
    "worst",
]


def rules(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """
    Return the rules in use, with how many things of their kind the register knows.

    Parameters
    ----------
    workspace
        The register.
    as_of
        The day.

    Returns
    -------
    pandas.DataFrame
        Rows of the book, indexed by ``rule_id``, with ``registered``: where it is nought, nobody
        has registered such things, and every road fails.
    """
    found = in_use(workspace.store.read("road_rules"))
    points = workspace.frame("inspection_points", as_of)
    counts = points["category"].value_counts()
    return found.assign(registered=found["category"].map(counts).fillna(0).astype("int64"))


def failures(
    whole: Workspace,
    own: Workspace,
    as_of: date,
    *,
    road_id: str | None = None,
    rule_id: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Return the stretches that break rules.

    Parameters
    ----------
    whole, own
        The register of the whole city, whose things count on whichever road they stand, and what
        the reader sees of it.
    as_of
        The day.
    road_id, rule_id
        Only of these; of all if left out.

    Returns
    -------
    geopandas.GeoDataFrame
        `COLUMNS`, the longest stretch first, in metres, and ``answers``: a list of pieces of the
        stretch, each with ``from_m``, ``to_m``, ``side`` and who is primary there (``unit_id``,
        ``unit_name``; both None where nobody is).
    """
    found = whole.once("failures", LAYERS, as_of, lambda: _failures(whole, as_of))
    found = found[found["road_id"].isin(own.frame("roads", as_of).index)]
    for name, wanted in (("road_id", road_id), ("rule_id", rule_id)):
        found = found if wanted is None else found[found[name] == wanted]
    held = in_force(own.frame("assignments", as_of), as_of)
    held = held[(held["target_kind"] == "road_segment") & (held["tier"] == PRIMARY)]
    by_road = dict(list(named(held, whole, as_of).groupby("target")))
    pieces = [
        answering(by_road.get(row.road_id, held.iloc[:0]), row.from_m, row.to_m)
        for row in found.itertuples()
    ]
    return found.assign(answers=pd.Series(pieces, index=found.index, dtype=object))


def answering(held: pd.DataFrame, from_m: float, to_m: float) -> list[dict[str, Any]]:
    """
    Say who answers along a stretch of a road.

    Parameters
    ----------
    held
        Assignments of the road: ``from_m``, ``to_m``, ``side``, ``unit_id``, ``unit_name``.
    from_m, to_m
        The stretch.

    Returns
    -------
    list of dict
        Pieces in order, as long as may be, that cover the stretch on both sides: ``from_m``,
        ``to_m``, ``side``, ``unit_id``, ``unit_name``.
    """
    near = held[(held["from_m"] < to_m) & (held["to_m"] > from_m)]
    inner = {float(at) for name in ("from_m", "to_m") for at in near[name] if from_m < at < to_m}
    pieces: list[dict[str, Any]] = []
    for start, end in pairwise(sorted({from_m, to_m, *inner})):
        over = near[(near["from_m"] <= start) & (near["to_m"] >= end)]
        pieces += [{"from_m": start, "to_m": end, **one} for one in _holders(over)]
    return _joined(pieces)


def _failures(workspace: Workspace, as_of: date) -> gpd.GeoDataFrame:
    roads = workspace.measured("roads", as_of)
    rows = rules(workspace, as_of)
    found = road_rules.check_rules(
        roads, workspace.measured("inspection_points", as_of), rules_of(rows)
    )
    said = rows[["name", "category", "window_m"]].rename(columns={"name": "rule_name"})
    where = roads[["name", "road_class"]].rename(columns={"name": "road_name"})
    told = found.join(said, on="rule_id").join(pd.DataFrame(where), on="road_id")
    lines = [
        substring(roads.geometry[row.road_id], row.from_m, row.to_m) for row in found.itertuples()
    ]
    drawn = gpd.GeoDataFrame(told[COLUMNS], geometry=lines, crs=roads.crs)
    order = np.lexsort((told["from_m"], told["road_id"], told["from_m"] - told["to_m"]))
    return drawn.iloc[order].reset_index(drop=True)


def _holders(over: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield who holds a piece: once for both sides, or side by side, nobody among them."""
    by_side = {
        side: sorted(
            {
                (str(row.unit_id), _text(row.unit_name))
                for row in over.itertuples()
                if row.side in (side, "both")
            }
        )
        for side in SIDES
        if side != "both"
    }
    sides = list(by_side)
    same = by_side[sides[0]] == by_side[sides[1]]
    for side, units in [("both", by_side[sides[0]])] if same else by_side.items():
        if not units:
            yield {"side": side, "unit_id": None, "unit_name": None}
        for unit_id, name in units:
            yield {"side": side, "unit_id": unit_id, "unit_name": name}


def _joined(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join pieces that follow each other and say the same."""
    joined: list[dict[str, Any]] = []
    for piece in pieces:
        before = next(
            (
                one
                for one in joined
                if one["to_m"] == piece["from_m"]
                and all(one[name] == piece[name] for name in ANSWERS)
            ),
            None,
        )
        if before is None:
            joined.append(dict(piece))
        else:
            before["to_m"] = piece["to_m"]
    return joined


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)
