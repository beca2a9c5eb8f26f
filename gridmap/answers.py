"""
Answers: on which ground somebody can be called to answer, and why not elsewhere.

A grid's ground is answered for by whoever is primary (tier ``responsible``) on the grid; if nobody
is, on its community, then its subdistrict, then its district. The nearest level that has somebody
decides: an inactive unit on a grid is not mended by an active one on the community. A division's
primary answers for all of the division's ground, drawn into grids or not. Of several on the same
target the best state counts.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from gridmap.assignments import PRIMARY, Day, in_force
from gridmap.ground import DIVISION_LEVELS, City, Ground

State: TypeAlias = Literal["covered", "no_contact", "unit_inactive", "no_unit", "no_grid"]
# From best to worst
STATES: tuple[State, ...] = ("covered", "no_contact", "unit_inactive", "no_unit", "no_grid")
CHAIN_TIERS = ("patch_leader", "lead", "responsible", "grid_worker")


def primaries(city: City, as_of: Day) -> pd.DataFrame:
    """
    Select the primary assignments of the city's scheme on a day, with the state of their unit.

    Parameters
    ----------
    city
        The city.
    as_of
        The day.

    Returns
    -------
    pandas.DataFrame
        Assignment rows, best state first, with ``state``: ``covered``; ``no_contact`` if the unit
        has neither a contact nor a phone; ``unit_inactive`` if it is not in use or not known.
    """
    rows = in_force(city.assignments, as_of)
    rows = rows[(rows["scheme"] == city.scheme) & (rows["tier"] == PRIMARY)]
    unit = city.units.reindex(rows["unit_id"])
    active = unit["active"].fillna(value=False).to_numpy(dtype=bool)
    reachable = (unit["contact"].notna() | unit["phone"].notna()).to_numpy()
    rank = np.where(active, np.where(reachable, 0, 1), 2)
    rows = rows.assign(state=pd.Series(np.array(STATES)[rank], index=rows.index, dtype="str"))
    return rows.iloc[np.lexsort((rows["unit_id"].to_numpy(dtype=object), rank))]


def answering(rows: pd.DataFrame, kind: str) -> pd.Index:
    """
    Return the targets of one kind that have an active primary who can be called.

    Parameters
    ----------
    rows
        As `primaries` answers them.
    kind
        The target kind.
    """
    good = rows[(rows["state"] == "covered") & (rows["target_kind"] == kind)]
    return pd.Index(good["target"].unique())


def grid_states(rows: pd.DataFrame, lineage: pd.DataFrame) -> pd.DataFrame:
    """
    Say of every grid whether somebody answers for its ground.

    Parameters
    ----------
    rows
        As `primaries` answers them.
    lineage
        As `gridmap.divisions.lineage` answers it.

    Returns
    -------
    pandas.DataFrame
        Under the index of `lineage`: ``state`` (covered, no_contact, unit_inactive, no_unit) and
        ``unit_id`` of who decides it.
    """
    own = _best(rows, "grid").reindex(lineage.index)
    return _nearest(own, rows, lineage).fillna({"state": "no_unit"})


def piece_states(rows: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """
    Say of every piece of ground whether somebody answers for it.

    Parameters
    ----------
    rows
        As `primaries` answers them.
    ground
        The pieces.

    Returns
    -------
    pandas.DataFrame
        One row a piece: ``state`` (any of `STATES`) and ``unit_id``. Ground drawn in several grids
        has the best state of them; ground in no grid that of the divisions it lies in.
    """
    pieces = ground.pieces
    of_grid = grid_states(rows, ground.lineage)
    drawn = pieces[pieces["grid"].notna()]
    grids = [(grid, *more) for grid, more in zip(drawn["grid"], drawn["others"], strict=True)]
    there = pd.Series(grids, index=drawn.index, dtype=object).explode()
    states = of_grid.loc[there].set_axis(there.index)
    states = states.iloc[np.argsort(states["state"].map(STATES.index), kind="stable")]
    found = states[~states.index.duplicated()].reindex(pieces.index)
    undrawn = pieces[pieces["grid"].isna()]
    nobody = pd.DataFrame(index=undrawn.index, columns=["state", "unit_id"], dtype="str")
    by_division = _nearest(nobody, rows, undrawn[list(DIVISION_LEVELS)])
    found.loc[undrawn.index] = by_division.fillna({"state": "no_grid"})
    return found


def missing_tiers(
    assignments: pd.DataFrame, lineage: pd.DataFrame, required: tuple[str, ...]
) -> pd.DataFrame:
    """
    Say which tiers of the chain nobody holds over each grid.

    Parameters
    ----------
    assignments
        Rows in force, of one scheme.
    lineage
        As `gridmap.divisions.lineage` answers it.
    required
        The tiers that must be held, on the grid or on any division above it.

    Returns
    -------
    pandas.DataFrame
        Grids by tiers, true where the tier is missing.
    """
    missing = pd.DataFrame(data=True, index=lineage.index, columns=list(required))
    for tier in required:
        rows = assignments[assignments["tier"] == tier]
        on_grid = rows.loc[rows["target_kind"] == "grid", "target"]
        on_division = rows.loc[rows["target_kind"] == "division", "target"]
        held = pd.Series(lineage.index.isin(on_grid), index=lineage.index)
        missing[tier] = ~(held | lineage.isin(set(on_division)).any(axis=1))
    return missing


def tiers_in_use(assignments: pd.DataFrame) -> tuple[str, ...]:
    """
    Return the tiers of the chain that somebody holds somewhere, from the top down.

    Parameters
    ----------
    assignments
        Rows in force, of one scheme.
    """
    return tuple(tier for tier in CHAIN_TIERS if (assignments["tier"] == tier).any())


def _best(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    of_kind = rows[rows["target_kind"] == kind].drop_duplicates("target")
    return of_kind.set_index("target")[["state", "unit_id"]]


def _nearest(found: pd.DataFrame, rows: pd.DataFrame, above: pd.DataFrame) -> pd.DataFrame:
    """Fill in, level by level, what the target itself has not."""
    of_division = _best(rows, "division")
    for level in reversed(DIVISION_LEVELS):
        inherited = of_division.reindex(above[level]).set_axis(found.index)
        found = found.where(found["state"].notna(), inherited)
    return found
