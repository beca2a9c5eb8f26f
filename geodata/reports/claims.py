"""Claims as people read them, and what is free to be claimed."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.reports.names import named
from geodata.reports.search import SEARCHED, folded, index
from geodata.workspace import GROUND, Workspace
from gridmap.claims import CLAIMABLE, ON, primaries_from, unclaimed
from gridmap.locate import locate
from gridmap.scopes import LAYERS_OF_KIND

CLAIM_COLUMNS = [
    "claim_id",
    "unit_id",
    "unit_name",
    "target_kind",
    "target",
    "target_name",
    "since",
    "state",
    "reason",
    "asked_by",
    "asked_at",
    "decided_by",
    "decided_at",
    "holders",
]
FREE_COLUMNS = ["target_kind", "target", "name", "parent", "parent_name", "area_m2"]
LAYERS = (*GROUND, "inspection_points", "compounds", "assignments", "claims")


def named_claims(rows: pd.DataFrame, whole: Workspace, own: Workspace, as_of: date) -> pd.DataFrame:
    """
    Return claims with the names of what they are about.

    Parameters
    ----------
    rows
        Of the book, indexed by ``claim_id``.
    whole, own
        The register of the whole city, which has the names, and what the reader sees of it.
    as_of
        The day.

    Returns
    -------
    pandas.DataFrame
        `CLAIM_COLUMNS`; ``holders`` lists the names of the units that are primary of the target on
        the day or later, as far as the reader may see it.
    """
    told = named(rows.reset_index(), whole, as_of)
    held = named(primaries_from(own.frame("assignments", as_of), as_of), own, as_of)
    held = held[held["unit_id"].notna()]
    names = held["unit_name"].fillna(held["unit_id"]).groupby([held[name] for name in ON])
    by_target = names.agg(lambda found: sorted(set(found))).to_dict()
    holders = [
        by_target.get(key, []) for key in zip(told["target_kind"], told["target"], strict=True)
    ]
    return told.assign(holders=pd.Series(holders, index=told.index, dtype=object))[CLAIM_COLUMNS]


def free_targets(
    whole: Workspace, as_of: date, kind: str | None = None, text: str = ""
) -> pd.DataFrame:
    """
    Return what is free to be claimed in the whole city.

    Parameters
    ----------
    whole
        The register of the whole city.
    as_of
        The day.
    kind
        One of `gridmap.claims.CLAIMABLE`; all of them if left out.
    text
        Part of a name or of that of the community, of pinyin or its initials, or the beginning of
        a code; everything if empty.

    Returns
    -------
    pandas.DataFrame
        `FREE_COLUMNS`, in the order of communities and codes; ``area_m2`` is missing for points.
    """
    found: pd.DataFrame = whole.once("free targets", LAYERS, as_of, lambda: _free(whole, as_of))
    if kind is not None:
        found = found[found["target_kind"] == kind]
    wanted = folded(text)
    return found[_matches(found, wanted, whole, as_of)] if wanted else found


def _free(whole: Workspace, as_of: date) -> pd.DataFrame:
    assignments, book = whole.frame("assignments", as_of), whole.store.read("claims")
    parts = []
    for kind in CLAIMABLE:
        (layer,) = LAYERS_OF_KIND[kind]
        frame = whole.measured(layer, as_of)
        rows = frame.loc[unclaimed(frame.index, kind, assignments, book, as_of)]
        parent = rows["parent"] if "parent" in rows else _community(rows, whole, as_of)
        area = rows.area.where(rows.geom_type != "Point", np.nan)
        name = rows["name"].fillna(pd.Series(rows.index, index=rows.index))
        told = {"target_kind": kind, "target": rows.index, "name": name, "parent": parent}
        parts.append(pd.DataFrame({**told, "area_m2": area}, index=rows.index))
    found = pd.concat(parts, ignore_index=True)
    names = whole.frame("communities", as_of)["name"]
    found["parent_name"] = found["parent"].map(names).fillna(found["parent"])
    order = np.lexsort((found["target"], found["parent"].fillna("~")))
    ordered = found.iloc[order]
    by_kind = ordered["target_kind"].map(CLAIMABLE.index).sort_values(kind="stable")
    return ordered.loc[by_kind.index, FREE_COLUMNS].reset_index(drop=True)


def _community(rows: gpd.GeoDataFrame, whole: Workspace, as_of: date) -> pd.Series:
    """Return the community in whose grid each thing lies; none where there is no grid."""
    grids = whole.frame("grids", as_of)
    if rows.empty or grids.empty:
        return pd.Series(pd.NA, index=rows.index, dtype="str")
    middle = gpd.GeoDataFrame(geometry=rows.representative_point()).to_crs(grids.crs)
    located = locate(middle, whole.locator(as_of))
    inside = located["code"].where(~located["outside"])
    return pd.Series(inside.map(grids["parent"]).to_numpy(), index=rows.index, dtype="str")


def _matches(found: pd.DataFrame, wanted: str, whole: Workspace, as_of: date) -> pd.Series:
    """Say which rows a person means, by the forms that the search of the register knows."""
    table: pd.DataFrame = whole.once("search", SEARCHED, as_of, lambda: index(whole, as_of))
    kinds = {layer: kind for kind in CLAIMABLE for layer in LAYERS_OF_KIND[kind]}
    table = table.assign(target_kind=table["layer"].map(kinds))
    typed = table[["folded", "initials", "pinyin"]]
    has = pd.concat([typed[name].str.contains(wanted, regex=False) for name in typed], axis=1)
    meant = has.any(axis=1) | table["code"].str.lower().str.startswith(wanted)
    keys = pd.MultiIndex.from_frame(table.loc[meant, ["target_kind", "code"]])
    above = found["parent_name"].fillna("").map(folded).str.contains(wanted, regex=False)
    return above | pd.MultiIndex.from_frame(found[ON]).isin(keys)
