"""Where roads break the rules in use, and who answers for them there."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.ops import substring

from geodata.reports.along import answers
from geodata.road_rules import in_use, rules_of
from geodata.workspace import GROUND, Workspace
from gridmap import road_rules

LAYERS = (*GROUND, "roads", "inspection_points", "road_rules")
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
    return found.assign(answers=answers(whole, own, found, as_of))


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
