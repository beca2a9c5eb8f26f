"""
Responsibility: who answers here, on this day, and by which rule.

What is nearest to the place decides: an inspection point before the road it stands on, the road
before the compound, the compound before the grid, the grid before the divisions above it.
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from gridmap.answers import tiers_in_use
from gridmap.assignments import PRIMARY, Day, in_force
from gridmap.layers import TIERS
from gridmap.places import RULES, Place, targets_at, targets_of_grids

__all__ = ["RULES", "Place", "chain", "chain_of_grids", "responsible_at"]
WITHIN_M = 20.0
FOUND_COLUMNS = [
    "point_no",
    "rank",
    "rule",
    "target",
    "assignment_id",
    "unit_id",
    "tier",
    "scheme",
    "distance_m",
    "measure_m",
    "side",
    "candidate",
    "won",
]
CHAIN_COLUMNS = ["point_no", "tier", "rule", "target", "assignment_id", "unit_id", "missing"]


def responsible_at(
    points: gpd.GeoDataFrame,
    place: Place,
    as_of: Day,
    *,
    scheme: str | None = None,
    within_m: float = WITHIN_M,
    accuracy_m: float | pd.Series = 0.0,
) -> pd.DataFrame:
    """
    Find who answers at places on a day.

    Parameters
    ----------
    points
        n Points in any CRS.
    place
        The city.
    as_of
        The day.
    scheme
        Only what is assigned in this scheme; in all of them, side by side, if left out.
    within_m
        How near an inspection point or a road's centreline must be, in metres.
    accuracy_m
        How far off the points may be, in metres, one number or one a point: every grid as near as
        that is listed.

    Returns
    -------
    pandas.DataFrame
        One row for each place and assignment, ordered by ``point_no`` (row number of the place) and
        ``rank`` (1 for the target that comes first; rows of one target share it): ``rule``,
        ``target``, ``assignment_id``, ``unit_id``, ``tier``, ``scheme``, ``distance_m``;
        ``measure_m`` and ``side`` (left, right, both) where the rule is a road; ``candidate``, true
        for a grid in which the place is not located but may be; ``won``, true for the primary units
        of the first target, among those that are no mere candidates, that has one. A place without
        geometry, or where nobody is assigned, has no row.

    Raises
    ------
    CrsError
        If the points have no CRS.
    """
    found = _ranked(targets_at(points, place, within_m, accuracy_m), _rows(place, as_of, scheme))
    primary = (found["tier"] == PRIMARY) & ~found["candidate"]
    first = found["rank"].where(primary).groupby(found["point_no"]).transform("min")
    found["won"] = primary & (found["rank"] == first)
    return found[FOUND_COLUMNS]


def chain(
    points: gpd.GeoDataFrame,
    place: Place,
    as_of: Day,
    *,
    scheme: str | None = None,
    required: tuple[str, ...] | None = None,
    within_m: float = WITHIN_M,
) -> pd.DataFrame:
    """
    Follow the chain of those who answer at places, from the patch leader to the grid worker.

    Parameters
    ----------
    points, place, as_of, scheme, within_m
        As for `responsible_at`.
    required
        Tiers that may not be skipped; of patch leader, lead, responsible and grid worker, those
        that somebody holds somewhere if left out.

    Returns
    -------
    pandas.DataFrame
        For each place and tier, from the top down, whoever holds the tier on the first target that
        has it, in the order of `responsible_at`: ``point_no``, ``tier``, ``rule``, ``target``,
        ``assignment_id``, ``unit_id``, ``missing``. A required tier that nobody holds is a row with
        ``missing`` true and nobody in it.

    Raises
    ------
    CrsError
        If the points have no CRS.
    """
    rows = _rows(place, as_of, scheme)
    found = _ranked(targets_at(points, place, within_m, 0.0), rows)
    return _links(found, len(points), tiers_in_use(rows) if required is None else required)


def chain_of_grids(
    codes: pd.Index,
    place: Place,
    as_of: Day,
    *,
    scheme: str | None = None,
    required: tuple[str, ...] | None = None,
) -> pd.DataFrame:
    """
    Follow the chain over whole grids: their own holders, and those of the divisions above.

    Parameters
    ----------
    codes
        n grids.
    place, as_of, scheme, required
        As for `chain`.

    Returns
    -------
    pandas.DataFrame
        As `chain`; ``point_no`` counts the grids.
    """
    rows = _rows(place, as_of, scheme)
    found = _ranked(targets_of_grids(codes, place), rows)
    return _links(found, len(codes), tiers_in_use(rows) if required is None else required)


def _rows(place: Place, as_of: Day, scheme: str | None) -> pd.DataFrame:
    rows = in_force(place.city.assignments, as_of)
    return rows if scheme is None else rows[rows["scheme"] == scheme]


def _ranked(targets: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    found = _assigned(targets, rows)
    target = found[["point_no", "rule", "target"]]
    new = (target != target.shift()).any(axis=1)
    return found.assign(rank=new.groupby(found["point_no"]).cumsum())


def _links(found: pd.DataFrame, n: int, required: tuple[str, ...]) -> pd.DataFrame:
    found = found[~found["candidate"]]
    nearest = found.groupby(["point_no", "tier"])["rank"].transform("min")
    holders = found[found["rank"] == nearest]
    due = pd.MultiIndex.from_product([range(n), required], names=["point_no", "tier"])
    links = holders.merge(due.to_frame(index=False), on=["point_no", "tier"], how="outer")
    links["missing"] = links["unit_id"].isna()
    links["tier_no"] = links["tier"].map(TIERS.index)
    links = links.sort_values(["point_no", "tier_no", "unit_id"], ignore_index=True)
    return links[CHAIN_COLUMNS]


def _assigned(targets: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Join targets at places with who holds them, the first target of each place first."""
    targets = targets.assign(
        target_kind=targets["rule"].map(RULES), rule_no=targets["rule"].map(list(RULES).index)
    )
    rows = rows[rows["target"].isin(targets["target"].unique())].reset_index()
    rows = rows.rename(columns={"side": "held_side"})
    found = targets.merge(rows, on=["target_kind", "target"])
    held = (found["rule"] != "road") | _on_stretch(found)
    found = found[held]
    found = found.assign(tier_no=found["tier"].map(TIERS.index))
    order = ["point_no", "rule_no", "candidate", "step", "distance_m", "target", "tier_no"]
    return found.sort_values([*order, "unit_id"], ignore_index=True)


def _on_stretch(found: pd.DataFrame) -> pd.Series:
    side = (found["side"] == found["held_side"]) | (found[["side", "held_side"]] == "both").any(
        axis=1
    )
    return side & (found["measure_m"] >= found["from_m"]) & (found["measure_m"] < found["to_m"])
