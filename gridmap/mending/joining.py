"""Merging grids, and ending them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from scipy.sparse.csgraph import connected_components

from gridmap.errors import InvalidError
from gridmap.mending.coding import issue_codes
from gridmap.mending.mended import Mending, Step, Work, drawn_rows, lineage_rows
from gridmap.topology import contiguity, dissolve, read_topology

if TYPE_CHECKING:
    from pyproj import CRS


def merge(
    grids: gpd.GeoDataFrame,
    codes: Collection[str],
    *,
    into: str | None = None,
    used: Collection[str],
    metric: CRS | None = None,
) -> Mending:
    """
    Make one grid of several.

    Parameters
    ----------
    grids
        The layer, in any CRS.
    codes
        Two grids or more of one parent that hang together along their edges.
    into
        Which of the codes stays; a new one is given, and all of these end, if left out.
    used
        Every grid code that was ever given.
    metric
        As for `split`.

    Returns
    -------
    Mending
        The residents are the sum where they are known of each; the kind is that of all, if they
        have the same; the name is that of `into`.

    Raises
    ------
    NotFoundError
        If there is no such grid.
    InvalidError
        If there are fewer than two, if `into` is none of them, or if they belong to several
        parents or do not hang together.
    CodesExhaustedError
        If the parent has no codes left.
    """
    work, codes = Work(grids, metric), list(dict.fromkeys(codes))
    for code in codes:
        work.row(code)
    old = grids.loc[codes]
    _require_mergeable(old, into)
    whole = dissolve(read_topology(old), pd.Series("whole", index=old.index)).iloc[0]
    parent = old["parent"].iloc[0]
    drawn = gpd.GeoDataFrame({"parent": [parent]}, geometry=[whole], crs=grids.crs)
    code = issue_codes(drawn, {*used, *grids.index}).iloc[0] if into is None else into
    kinds = old["kind"].unique()
    rows = drawn_rows(
        {code: whole},
        grids,
        name=None if into is None else old.loc[into, "name"],
        parent=parent,
        kind=kinds[0] if len(kinds) == 1 else None,
        residents=old["residents"].sum(skipna=False),
    )
    lineage = lineage_rows(
        [(one, code, "merge", 1.0) for one in codes], work.area_m2(old.geometry.to_numpy())
    )
    return work.finish(rows, [one for one in codes if one != into], lineage)


def retire(
    grids: gpd.GeoDataFrame, codes: Collection[str], *, metric: CRS | None = None
) -> Mending:
    """
    End grids without an heir; their ground is nobody's from then on.

    Parameters
    ----------
    grids
        The layer, in any CRS.
    codes
        Which.
    metric
        As for `split`.

    Returns
    -------
    Mending
        No rows; the gap that they leave is among the faults where neighbours enclose it.

    Raises
    ------
    NotFoundError
        If there is no such grid.
    """
    work, codes = Work(grids, metric), list(dict.fromkeys(codes))
    areas = work.area_m2([work.row(code).geometry for code in codes])
    steps: list[Step] = [(code, None, "retire", float("nan")) for code in codes]
    return work.finish(grids.iloc[:0], codes, lineage_rows(steps, areas))


def _require_mergeable(old: gpd.GeoDataFrame, into: str | None) -> None:
    if len(old) < 2:  # noqa: PLR2004 - one grid is one already
        msg = "Two grids or more are needed to merge them."
        raise InvalidError(msg)
    if into is not None and into not in old.index:
        msg = "The code {code} is to stay, but is not among the grids that are merged."
        raise InvalidError(msg, code=into)
    parents = old["parent"].unique()
    if len(parents) > 1:
        msg = "Grids of several communities cannot be merged: {parents}."
        raise InvalidError(msg, parents=", ".join(sorted(parents)))
    beside = contiguity(read_topology(old), queen=False)
    pieces, piece = connected_components(beside, directed=False)
    if pieces > 1:
        msg = "{codes} do not lie beside {others}: a border must be shared, not only a corner."
        first = piece == piece[0]
        raise InvalidError(
            msg, codes=", ".join(old.index[first]), others=", ".join(old.index[~first])
        )
