"""
Tiers: whether anybody is skipped between the leader and the grid worker (两级包联).

Leaders answer for subdistricts and communities, lead units for communities, units and workers for
grids. What is given to a division holds for all that lies below it, so

- a grid lacks a tier if nobody holds it on the grid or on any division above;
- a division with grids lacks a tier if one of its grids does;
- a division without grids lacks one of the tiers that are given to divisions (patch leader, lead
  unit) if nobody holds it on the division or above; the others are not asked of it.

Whoever is named counts, in use or not, with a phone or without: that is for `gridmap.coverage`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridmap.answers import CHAIN_TIERS, tiers_in_use
from gridmap.divisions import lineage
from gridmap.errors import NotFoundError
from gridmap.layers import LEVELS

OF_DIVISIONS = ("patch_leader", "lead")
HOLDER_COLUMNS = ["level", "code", "tier", "target_kind", "target", "assignment_id", "unit_id"]
FIGURE_COLUMNS = ["level", "tier", "n", "own_n", "above_n", "below_n", "without_n"]
MISSING_COLUMNS = ["level", "code", "tier", "grids_n", "above_tier", "above"]
PLACE = ["level", "code"]


@dataclass(frozen=True)
class Tiers:
    """
    Which tiers are held, and which are skipped.

    Parameters
    ----------
    required
        The tiers that were asked for, from the top down.
    figures
        One row a level and tier: ``n`` places of the level of which the tier is asked; ``own_n``
        that hold it themselves; ``above_n`` that have it from a division above; ``below_n``
        divisions that have it on each of their grids alone; ``without_n``. The last four sum to
        ``n``.
    missing
        One row a place and tier, from the top down: ``level``, ``code``, ``tier``; ``grids_n``,
        how many grids lack it there (0 for a division without grids); ``above_tier`` and ``above``
        (tuple of units), the nearest tier further up that somebody holds over the place.
    """

    required: tuple[str, ...]
    figures: pd.DataFrame
    missing: pd.DataFrame

    @property
    def whole(self) -> bool:
        """Whether no tier is skipped anywhere."""
        return self.missing.empty


def places(
    grids: pd.DataFrame,
    communities: pd.DataFrame,
    subdistricts: pd.DataFrame,
    districts: pd.DataFrame,
) -> pd.DataFrame:
    """
    List every place of a city with the divisions that it is or lies in.

    Parameters
    ----------
    grids, communities, subdistricts, districts
        Conformed frames, indexed by code.

    Returns
    -------
    pandas.DataFrame
        ``level`` and ``code``, from the district down, and ``district``, ``subdistrict``,
        ``community``, ``grid``: the place itself under its own level, NA where it lies in none.
    """
    above = (communities, subdistricts, districts)
    found = []
    for level, frame in zip(LEVELS, (districts, subdistricts, communities, grids), strict=True):
        table = lineage(frame, *above)
        table[level] = frame.index.astype("str")
        found.append(table.assign(level=level, code=frame.index.astype("str")))
    return pd.concat(found, ignore_index=True).reindex(columns=[*PLACE, *LEVELS])


def holders(assignments: pd.DataFrame, of: pd.DataFrame) -> pd.DataFrame:
    """
    Find who holds each tier over each place: on the nearest target that has somebody.

    Parameters
    ----------
    assignments
        Rows in force, of one scheme, indexed by ``assignment_id``.
    of
        As `places` answers them.

    Returns
    -------
    pandas.DataFrame
        `HOLDER_COLUMNS`: ``level`` and ``code`` of the place, ``target_kind`` and ``target`` on
        which the tier is held; ordered as the places, then from the top tier down.
    """
    rows = assignments[assignments["tier"].isin(CHAIN_TIERS)].reset_index(names="assignment_id")
    steps = [
        pd.DataFrame(
            {
                "place": of.index,
                "step": step,
                "target_kind": "grid" if level == "grid" else "division",
                "target": of[level].to_numpy(),
            }
        )
        for step, level in enumerate(reversed(LEVELS))
    ]
    found = pd.concat(steps).dropna(subset="target").merge(rows, on=["target_kind", "target"])
    nearest = found.groupby(["place", "tier"])["step"].transform("min")
    found = found[found["step"] == nearest]
    found = found.assign(tier_no=found["tier"].map(CHAIN_TIERS.index))
    found = found.sort_values(["place", "tier_no", "unit_id"], ignore_index=True)
    return found.join(of[PLACE], on="place")[HOLDER_COLUMNS]


def prove(
    assignments: pd.DataFrame, of: pd.DataFrame, required: tuple[str, ...] | None = None
) -> Tiers:
    """
    Prove that no tier is skipped, or list where one is.

    Parameters
    ----------
    assignments, of
        As for `holders`.
    required
        Tiers that may not be skipped; those that somebody holds somewhere if left out.

    Raises
    ------
    NotFoundError
        If a tier is none of the chain.

    Examples
    --------
    One community of two grids; its leader is given to the community, a unit to the first grid.

    >>> area = pd.DataFrame({"parent": [None]}, index=["A"], dtype="str")
    >>> none, grids = area.iloc[:0], pd.DataFrame({"parent": ["A", "A"]}, index=["g1", "g2"])
    >>> held = pd.DataFrame(
    ...     [("division", "A", "p", "patch_leader"), ("grid", "g1", "u", "responsible")],
    ...     columns=["target_kind", "target", "unit_id", "tier"],
    ... )
    >>> found = prove(held, places(grids, area, none, none))
    >>> found.missing[["level", "code", "tier", "grids_n", "above"]].to_numpy().tolist()
    [['community', 'A', 'responsible', 1, ('p',)], ['grid', 'g2', 'responsible', 1, ('p',)]]
    """
    asked = tiers_in_use(assignments) if required is None else _ordered(required)
    held = holders(assignments, of)
    due = _due(of, asked, held)
    return Tiers(asked, _figures(due), _missing(due, held))


def _ordered(required: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := sorted(set(required) - set(CHAIN_TIERS)):
        msg = "There is no tier {tier} in the chain; there are {tiers}."
        raise NotFoundError(msg, tier=", ".join(unknown), tiers=", ".join(CHAIN_TIERS))
    return tuple(tier for tier in CHAIN_TIERS if tier in required)


def _due(of: pd.DataFrame, asked: tuple[str, ...], held: pd.DataFrame) -> pd.DataFrame:
    """List each place and tier that is asked of it: how it is held, and by how many grids not."""
    tier = pd.DataFrame({"tier": pd.Series(asked, dtype="str")})
    due = of.merge(tier, how="cross")
    firsts = held.drop_duplicates([*PLACE, "tier"])[[*PLACE, "tier", "target"]]
    due = due.merge(firsts, on=[*PLACE, "tier"], how="left")
    due["own"] = due["target"] == due["code"]
    due["above"] = due["target"].notna() & ~due["own"]
    grids = due[due["level"] == "grid"]
    counted = [_below(grids, level) for level in LEVELS]
    due = due.merge(pd.concat(counted), on=[*PLACE, "tier"], how="left")
    due[["grids", "grids_n"]] = due[["grids", "grids_n"]].fillna(0).astype("int64")
    bare = due["grids"] == 0
    due["without"] = np.where(bare, due["target"].isna(), due["grids_n"] > 0)
    return due[~bare | due["tier"].isin(OF_DIVISIONS)]


def _below(grids: pd.DataFrame, level: str) -> pd.DataFrame:
    """Count the grids in each place of a level, and those of them that lack each tier."""
    lacking = grids.assign(lacks=grids["target"].isna()).groupby([level, "tier"])["lacks"]
    table = lacking.agg(["size", "sum"]).reset_index()
    return table.set_axis(["code", "tier", "grids", "grids_n"], axis=1).assign(level=level)


def _figures(due: pd.DataFrame) -> pd.DataFrame:
    held = ~due["without"]
    table = due[["level", "tier"]].assign(
        n=1,
        own_n=held & due["own"],
        above_n=held & due["above"],
        below_n=held & due["target"].isna(),
        without_n=due["without"],
    )
    sums = table.groupby(["level", "tier"], sort=False).sum().astype("int64").reset_index()
    order = sums["level"].map(LEVELS.index) * len(CHAIN_TIERS) + sums["tier"].map(CHAIN_TIERS.index)
    return sums.loc[order.sort_values().index, FIGURE_COLUMNS].reset_index(drop=True)


def _missing(due: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    lacks = due.loc[due["without"], [*PLACE, "tier", "grids_n"]].reset_index(drop=True)
    tier_no = {tier: n for n, tier in enumerate(CHAIN_TIERS)}
    pairs = lacks.reset_index().merge(held, on=PLACE, suffixes=("", "_held"))
    up = pairs["tier_held"].map(tier_no)
    pairs = pairs.assign(up=up)[up < pairs["tier"].map(tier_no)]
    pairs = pairs[pairs["up"] == pairs.groupby("index")["up"].transform("max")]
    by_row = pairs.groupby("index")
    above = by_row["unit_id"].agg(tuple).reindex(lacks.index)
    lacks["above_tier"] = by_row["tier_held"].first().reindex(lacks.index)
    lacks["above"] = [units if isinstance(units, tuple) else () for units in above]
    return lacks[MISSING_COLUMNS]
