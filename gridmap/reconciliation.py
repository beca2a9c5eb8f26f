"""
Reconciliation: totals that an office declares, against what the register counts.

A report often declares a whole and its parts, and the two do not agree: neither is corrected here,
both are kept, and what nobody can explain is named, so that somebody can be asked.
"""

from __future__ import annotations

import pandas as pd

from gridmap.errors import InvalidError

DECLARED = ["group", "name", "declared"]
COLUMNS = [
    "group",
    "name",
    "declared",
    "counted",
    "difference",
    "sum_of_parts",
    "unexplained",
    "finding",
]
FINDINGS = ("agrees", "differs", "undeclared", "unexplained")


def reconcile(declared: pd.DataFrame, counted: pd.Series) -> pd.DataFrame:
    r"""
    Compare declared totals with counted ones, and with the sum of their own parts.

    Parameters
    ----------
    declared
        ``group`` (the whole, such as a district's points), ``name`` (the part; missing in the row
        that declares the whole) and ``declared`` (how many, missing where nobody said).
    counted
        What the register has: a number for each part, indexed by ``group`` and ``name``.

    Returns
    -------
    pandas.DataFrame
        Groups in the order of `declared`, then those that only the register has; of each the row of
        the whole first (``name`` missing), then its parts. ``declared``; ``counted``, 0 where the
        register has none; ``difference``, counted less declared. Of the whole: ``sum_of_parts``, of
        what was declared of them (missing where no part was declared), and ``unexplained``, the
        declared whole less that. ``finding``: ``unexplained`` where the whole is not the sum of its
        parts, ``undeclared`` where nobody declared it, ``differs`` or ``agrees``.

    Raises
    ------
    InvalidError
        If a column is missing, a part is declared twice, or a number is negative.

    Notes
    -----
    For a group with the declared whole :math:`D` and parts :math:`d_i`, ``unexplained`` is
    :math:`D - \sum_i d_i`: positive where parts were left out, negative where some were counted
    twice, or where one part is contained in another.

    Examples
    --------
    Xi'an district declares 155 points, 61 of subdistricts, 33 of compounds and 26 of a town.

    >>> said = [(None, 155), ("街道", 61), ("小区", 33), ("灯塔镇", 26)]
    >>> declared = pd.DataFrame(said, columns=["name", "declared"]).assign(group="西安区点位")
    >>> none = pd.Series([], index=pd.MultiIndex.from_tuples([], names=["group", "name"]))
    >>> reconcile(declared, none).loc[0, ["sum_of_parts", "unexplained"]].to_list()
    [120.0, 35.0]
    """
    _require(declared)
    rows = declared[DECLARED].astype({"group": "str", "name": "str", "declared": "float64"})
    parts = _parts(rows[rows["name"].notna()], counted)
    wholes = _wholes(rows[rows["name"].isna()], parts)
    every = pd.concat([wholes, parts], ignore_index=True)
    every["difference"] = every["counted"] - every["declared"]
    every["unexplained"] = every["declared"].where(every["name"].isna()) - every["sum_of_parts"]
    every["finding"] = _findings(every)
    groups = list(dict.fromkeys([*rows["group"], *every["group"]]))
    place = every["group"].map(groups.index)
    order = every.assign(place=place, part=every["name"].notna())
    order = order.sort_values(["place", "part"], kind="stable", ignore_index=True)
    return order[COLUMNS]


def _require(declared: pd.DataFrame) -> None:
    if missing := [name for name in DECLARED if name not in declared]:
        msg = "The declared totals need the columns {columns}."
        raise InvalidError(msg, columns=", ".join(missing))
    twice = declared[declared.duplicated(["group", "name"])]
    if len(twice):
        msg = "{name} of {group} is declared twice."
        first = twice.iloc[0]
        name = "The whole" if pd.isna(first["name"]) else first["name"]
        raise InvalidError(msg, name=name, group=first["group"])
    negative = declared[declared["declared"] < 0]
    if len(negative):
        msg = "{group} declares {declared}; a count cannot be negative."
        first = negative.iloc[0]
        raise InvalidError(msg, group=first["group"], declared=first["declared"])


def _parts(declared: pd.DataFrame, counted: pd.Series) -> pd.DataFrame:
    has = counted.rename_axis(["group", "name"]).rename("counted").astype("float64").reset_index()
    has = has.astype({"group": "str", "name": "str"})
    parts = declared.merge(has, on=["group", "name"], how="outer", sort=False)
    # Parts in the order of the report, those of the register alone last
    said = pd.MultiIndex.from_frame(declared[["group", "name"]])
    place = said.get_indexer(pd.MultiIndex.from_frame(parts[["group", "name"]]))
    parts = parts.assign(place=place, last=place < 0).sort_values(["last", "place"], kind="stable")
    parts["counted"] = parts["counted"].fillna(0.0)
    return parts[[*DECLARED, "counted"]].assign(sum_of_parts=float("nan"))


def _wholes(declared: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    groups = list(dict.fromkeys([*declared["group"], *parts["group"]]))
    by_group = parts.groupby("group")
    return pd.DataFrame(
        {
            "group": pd.Series(groups, dtype="str"),
            "name": pd.Series([None] * len(groups), dtype="str"),
            "declared": declared.set_index("group")["declared"].reindex(groups).to_numpy(),
            "counted": by_group["counted"].sum().reindex(groups, fill_value=0.0).to_numpy(),
            "sum_of_parts": by_group["declared"].sum(min_count=1).reindex(groups).to_numpy(),
        }
    )


def _findings(every: pd.DataFrame) -> pd.Series:
    found = pd.Series("agrees", index=every.index, dtype="str")
    found[every["difference"] != 0] = "differs"
    found[every["declared"].isna()] = "undeclared"
    found[every["unexplained"].fillna(0.0) != 0] = "unexplained"
    return found
