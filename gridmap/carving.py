"""
Carving: metres of a road given to one unit, and taken from whoever holds them.

What is held of both sides of a road is held of each; taking one of them leaves the other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import TypeAlias

import pandas as pd

from gridmap.assignments import PRIMARY, Changes, Day, calendar_day
from gridmap.decisions import Row, as_releases, as_rows, lasting, require_new
from gridmap.errors import InvalidError
from gridmap.targets import ANYTHING, Known, Target, require_targets, require_unit, target_rows

SEGMENT = "road_segment"
SIDES = ("left", "right")

Metres: TypeAlias = tuple[float, float]
Held: TypeAlias = dict[str, list[Metres]]  # side → metres


def carve(  # noqa: PLR0913 - each keyword is a column of the rows that are added
    assignments: pd.DataFrame,
    targets: Collection[Target] | pd.DataFrame,
    unit_id: str,
    *,
    since: Day,
    tier: str = PRIMARY,
    scheme: str = "main",
    source: str | None = None,
    note: str | None = None,
    known: Known = ANYTHING,
) -> Changes:
    """
    Give metres of roads to a unit, taking them from others who hold them.

    Parameters
    ----------
    assignments
        The layer, whole history.
    targets
        Road segments.
    unit_id
        Who gets them.
    since, tier, scheme, source, note, known
        As for `gridmap.assignments.assign`. In a tier other than the primary one several units may
        hold the same metres, so nothing is taken from others.

    Returns
    -------
    Changes
        A row for each stretch that the unit does not hold yet without an end. An old stretch of
        which a part is taken ends on the day, or, if it begins on that day or later, on the day on
        which it begins, so that it never comes into force; what is left of it is added again in as
        few rows as there can be, with the same unit, source and end.

    Raises
    ------
    InvalidError
        If a target is no road segment, or the same metres are named twice.
    NotFoundError, ConflictError
        As `gridmap.assignments.assign`; ConflictError too if a row would be added that was there
        before and was taken back: it is written once.
    """
    wanted = _wanted(targets)
    require_unit(unit_id, known)
    require_targets(wanted, known)
    day, until, left = calendar_day(since), dict[str, pd.Timestamp](), list[Row]()
    rows = lasting(assignments[assignments["target_kind"] == SEGMENT], day)
    rows = rows[(rows["scheme"] == scheme) & (rows["tier"] == tier)]
    column = {"tier": tier, "scheme": scheme, "source": source, "note": note}
    for road, stretches in wanted.groupby("target", sort=True):
        held = rows[rows["target"] == road]
        own = held["unit_id"] == unit_id
        lasts = own & (held["since"] <= day) & held["until"].isna()
        missing = _minus(_sides(stretches), _sides(held[lasts]))
        others = held[~lasts] if tier == PRIMARY else held[own & ~lasts]
        _give_way(others, missing, day, until, left)
        given = column | {"target_kind": SEGMENT, "target": road, "unit_id": unit_id}
        left += [given | part | {"since": day, "until": pd.NaT} for part in _parts(missing)]
    added = as_rows(left)
    require_new(added, assignments)
    return Changes(added, as_releases(until, note))


def _wanted(targets: Collection[Target] | pd.DataFrame) -> pd.DataFrame:
    rows = target_rows(targets)
    other = rows[rows["target_kind"] != SEGMENT]
    if len(other):
        msg = "Only road segments are taken metre by metre; {target} is none."
        raise InvalidError(msg, target=other.iloc[0]["target"])
    ordered = (rows["from_m"] >= 0) & (rows["from_m"] < rows["to_m"])
    if len(bad := rows[~(ordered & rows["side"].isin([*SIDES, "both"]))]):
        msg = "A road segment needs a start below its end, in metres, and a side: {target}."
        raise InvalidError(msg, target=bad.iloc[0]["target"])
    for road, stretches in rows.groupby("target"):
        if any(_overlap(spans) for spans in _sides(stretches).values()):
            msg = "The road {target} is named twice for the same metres."
            raise InvalidError(msg, target=road)
    return rows


def _give_way(
    held: pd.DataFrame,
    missing: Held,
    day: pd.Timestamp,
    until: dict[str, pd.Timestamp],
    left: list[Row],
) -> None:
    """End each row of which something is taken, and add what is left of it."""
    for key, row in held.iterrows():
        before = _sides(row.to_frame().T)
        after = _minus(before, missing)
        if after == before:
            continue
        begins = max(row["since"], day)
        until[str(key)] = begins
        left += [row.to_dict() | part | {"since": begins} for part in _parts(after)]


def _sides(rows: pd.DataFrame) -> Held:
    """List the metres of each side, in order."""
    return {
        side: sorted(
            (float(row["from_m"]), float(row["to_m"]))
            for row in rows[rows["side"].isin([side, "both"])].to_dict("records")
        )
        for side in SIDES
    }


def _minus(held: Held, taken: Held) -> Held:
    return {side: _cut(held[side], taken[side]) for side in SIDES}


def _cut(spans: Sequence[Metres], taken: Sequence[Metres]) -> list[Metres]:
    left = list(spans)
    for start, end in taken:
        left = [
            part
            for span in left
            for part in ((span[0], min(span[1], start)), (max(span[0], end), span[1]))
            if part[0] < part[1]
        ]
    return sorted(left)


def _overlap(spans: Sequence[Metres]) -> bool:
    return any(one[1] > other[0] for one, other in pairwise(spans))


def _parts(held: Held) -> list[dict[str, object]]:
    """Write metres as the fewest stretches: both sides together where both are there."""
    breaks = sorted({metre for spans in held.values() for span in spans for metre in span})
    parts: list[dict[str, object]] = []
    for start, end in pairwise(breaks):
        here = [side for side in SIDES if any(a <= start and end <= b for a, b in held[side])]
        if not here:
            continue
        side = "both" if len(here) == len(SIDES) else here[0]
        if parts and parts[-1]["to_m"] == start and parts[-1]["side"] == side:
            parts[-1]["to_m"] = end
        else:
            parts.append({"from_m": start, "to_m": end, "side": side})
    return parts
