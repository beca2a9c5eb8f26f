"""
Succession: which grids have the ground of others since.

What was decided before a change stays as it is: assignments and issues of an old grid keep its
code, and the lineage says which grids have its ground since; `gridmap.inheritance` hands over who
answers. A grid that is reshaped stays itself: it hands nothing over, though its lineage says what
ground went where.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pandas as pd

from gridmap.assignments import Day, calendar_day

SUCCESSIONS = ["succession_id", "from_code", "to_code", "act", "share", "since", "note"]
HANDED_OVER = ("split", "merge")


def successions(lineage: pd.DataFrame, since: Day, note: str | None = None) -> pd.DataFrame:
    """
    Date a lineage, as a register keeps it.

    Parameters
    ----------
    lineage
        As `gridmap.mending.Mending.lineage`.
    since
        The first day of the change.
    note
        Why.

    Returns
    -------
    pandas.DataFrame
        `SUCCESSIONS`, one row for each of the lineage; ``succession_id`` is the same for the same
        row everywhere.
    """
    day = calendar_day(since)
    said = lineage[["from_code", "to_code", "act"]].fillna("").agg("\x1f".join, axis=1).to_list()
    whole = "\x1e".join([day.strftime("%Y-%m-%d"), *said])
    rows = lineage.assign(since=day, note=note).astype({"note": "str"})
    # With the whole decision in it: a grid may be split twice on one day and keep its code
    rows["succession_id"] = pd.Series([_key(whole, row) for row in said], dtype="str")
    return rows[SUCCESSIONS]


def heirs(rows: pd.DataFrame, code: str, as_of: Day) -> pd.Series:
    """
    Say which grids have the ground of a grid on a day.

    Parameters
    ----------
    rows
        `SUCCESSIONS`, all of them; those of one day in the order in which they were decided.
    code
        A grid, ended or not.
    as_of
        The day.

    Returns
    -------
    pandas.Series
        Heir → share of the grid's area, named ``share``, the largest first; the grid itself, with
        share 1, where it was neither split nor merged. Over several generations shares are
        multiplied, as if a grid's ground were mixed: exact over splits and merges alone of whole
        grids, an estimate where parts of a merged grid are split off.
    """
    decided = _decided(rows, as_of)
    final: dict[str, float] = {}
    todo = [(code, pd.Timestamp.min, 1.0, frozenset[int]())]
    while todo:
        here, day, share, walked = todo.pop()
        step = _next_decision(decided, here, day, walked)
        if step.empty:
            final[here] = final.get(here, 0.0) + share
        walked |= frozenset(step.index)
        todo += [
            (row["to_code"], row["since"], share * row["share"], walked)
            for row in step[step["to_code"].notna()].to_dict("records")
        ]
    return _shares(final)


def ancestors(rows: pd.DataFrame, code: str, as_of: Day) -> pd.Series:
    """
    Say from which grids a grid has its ground.

    Parameters
    ----------
    rows
        `SUCCESSIONS`, all of them.
    code
        A grid.
    as_of
        Only what was decided up to that day counts.

    Returns
    -------
    pandas.Series
        Ancestor → share of the ancestor's area that is the grid's, of every generation; named
        ``share``, the largest first; as exact as `heirs`. Of a grid that was created: nobody.
    """
    decided = _without_end_of(_decided(rows, as_of), code)
    found = {other: heirs(decided, other, as_of).get(code, 0.0) for other in _before(decided, code)}
    return _shares({other: share for other, share in found.items() if share > 0})


def _key(whole: str, row: str) -> str:
    return "S" + hashlib.sha256(f"{whole}\x1d{row}".encode()).hexdigest()[:15]


def _decided(rows: pd.DataFrame, as_of: Day) -> pd.DataFrame:
    """Acts that hand ground over, in the order in which they were decided."""
    handed = rows["act"].isin([*HANDED_OVER, "retire"]) & (rows["since"] <= calendar_day(as_of))
    return rows[handed].sort_values("since", kind="stable", ignore_index=True)


def _next_decision(
    decided: pd.DataFrame, code: str, day: pd.Timestamp, walked: frozenset[int]
) -> pd.DataFrame:
    """Rows of the first decision about a grid, on that day or later, that is not behind us."""
    ends = decided[(decided["from_code"] == code) & (decided["since"] >= day)]
    ends = ends[~ends.index.isin(walked)]
    same = (ends[["since", "act"]] == ends[["since", "act"]].iloc[:1].to_numpy()).all(axis=1)
    # A second decision of that kind on the same day names an heir again, the grid itself at least
    return ends[same & ~ends["to_code"].duplicated().cummax()]


def _before(decided: pd.DataFrame, code: str) -> list[str]:
    """Every grid from which some way leads to that one."""
    found: set[str] = set()
    todo = {code}
    while todo:
        to = decided["to_code"].isin(todo)
        todo = set(decided.loc[to, "from_code"].dropna()) - found
        found |= todo
    return sorted(found - {code})


def _without_end_of(decided: pd.DataFrame, code: str) -> pd.DataFrame:
    """Leave out the decision by which a grid ended, so that what it had can be told."""
    own = decided[decided["from_code"] == code]
    if own.empty:
        return decided
    last = own[own["since"] == own["since"].iloc[-1]]
    return decided if (last["to_code"] == code).any() else decided.drop(index=last.index)


def _shares(found: Mapping[str, float]) -> pd.Series:
    order = sorted(found, key=lambda code: (-found[code], code))
    index = pd.Index(order, name="code", dtype="str")
    return pd.Series([found[code] for code in order], index=index, name="share", dtype="float64")
