"""
Asking for material (月提示): one thing of many units, or last month's list for another month.

What was asked once is not asked again: a unit has one slot of a name in a month.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from gridmap import layers
from gridmap.errors import ConflictError, InvalidError
from gridmap.materials import SLOTS

MOST = 10_000  # pieces of one slot
SHOWN = 5  # units named in a message


@dataclass(frozen=True)
class Wish:
    """
    What is asked for.

    Parameters
    ----------
    name, sort
        What, and whether reports or pictures.
    wanted
        How many of each unit.
    month
        Any day of the month that it is for.
    due
        The last day for handing in.
    edition
        Of which list of the city it is.
    note
        What to mind.
    """

    name: str
    sort: str
    wanted: int
    month: date
    due: date
    edition: str
    note: str | None = None


def asked(slots: pd.DataFrame, wish: Wish, units: Collection[str]) -> pd.DataFrame:
    """
    Return the slots by which units are asked for something.

    Parameters
    ----------
    slots
        The book ``material_slots``.
    wish, units
        What, and of whom.

    Returns
    -------
    pandas.DataFrame
        Rows of the book, one a unit, behind those of the month in their order.

    Raises
    ------
    InvalidError
        If something is missing, or is due before its month; ``field`` among its values says what.
    ConflictError
        If a unit is asked for it in that month already.
    """
    require_sound(wish, units)
    first = wish.month.replace(day=1)
    there = slots[slots["month"] == pd.Timestamp(first)]
    if known := sorted(set(units) & set(there.loc[there["name"] == wish.name.strip(), "unit_id"])):
        msg = "{name} is asked of {units} in this month already."
        raise ConflictError(
            msg, name=wish.name.strip(), units=", ".join(known[:SHOWN]), field="units"
        )
    after = int(there["position"].max()) if there["position"].notna().any() else 0
    rows = [
        {
            "slot_id": slot_id(first, wish.name.strip(), unit_id),
            "edition": wish.edition.strip(),
            "month": first,
            "name": wish.name.strip(),
            "sort": wish.sort,
            "wanted": wish.wanted,
            "unit_id": unit_id,
            "due": wish.due,
            "position": after + n,
            "note": (wish.note or "").strip() or None,
        }
        for n, unit_id in enumerate(dict.fromkeys(units), start=1)
    ]
    return layers.conform(pd.DataFrame(rows), SLOTS)


def require_sound(wish: Wish, units: Collection[str]) -> None:
    """
    Refuse a wish that nobody can fulfil.

    Parameters
    ----------
    wish, units
        What is asked for, and of whom.

    Raises
    ------
    InvalidError
        As `asked`.
    """
    texts = {"name": wish.name, "edition": wish.edition}
    for field, text in texts.items():
        if not text.strip():
            msg = "Say what it is called, and of which list it is."
            raise InvalidError(msg, field=field)
    if not 1 <= wish.wanted <= MOST:
        msg = "Say how many are handed in; at least one."
        raise InvalidError(msg, field="wanted")
    if wish.due < wish.month.replace(day=1):
        msg = "It is due before its month begins."
        raise InvalidError(msg, field="due")
    if not units:
        msg = "Choose who is asked."
        raise InvalidError(msg, field="units")


def again(slots: pd.DataFrame, month: date, to: date) -> pd.DataFrame:
    """
    Ask for a month's list once more, in another month.

    Parameters
    ----------
    slots
        The book ``material_slots``.
    month, to
        Any day of the month whose list it is, and of the month for which it is asked.

    Returns
    -------
    pandas.DataFrame
        Rows of the book, due on the same day of the month (its last one where it is shorter), less
        what is asked there already.

    Raises
    ------
    ConflictError
        If nothing is left to ask for.
    """
    first, there = to.replace(day=1), pd.Timestamp(to.replace(day=1))
    old = slots[slots["month"] == pd.Timestamp(month.replace(day=1))]
    taken = slots[slots["month"] == there]
    known = set(zip(taken["name"], taken["unit_id"], strict=True))
    new = [pair not in known for pair in zip(old["name"], old["unit_id"], strict=True)]
    fresh = old[pd.Series(new, index=old.index, dtype=bool)]
    if fresh.empty:
        msg = "There is nothing of {month} that is not asked for in {to} already."
        raise ConflictError(msg, month=f"{month:%Y-%m}", to=f"{to:%Y-%m}")
    months = (fresh["due"].dt.year - month.year) * 12 + fresh["due"].dt.month - month.month
    later = [
        there + pd.DateOffset(months=int(n), day=due.day)
        for n, due in zip(months, fresh["due"], strict=True)
    ]
    pairs = zip(fresh["name"], fresh["unit_id"], strict=True)
    keys = [slot_id(first, name, unit_id) for name, unit_id in pairs]
    return layers.conform(fresh.assign(slot_id=keys, month=there, due=later), SLOTS)


def listed(slots: pd.DataFrame, rows: pd.DataFrame, units: Mapping[str, str]) -> pd.DataFrame:
    """
    Return the slots of a list that an office has written.

    Parameters
    ----------
    slots
        The book ``material_slots``.
    rows
        Its columns but ``slot_id``; ``unit_id`` may be a name, a month ``2026-03``.
    units
        What units are called → their keys.

    Returns
    -------
    pandas.DataFrame
        Rows of the book.

    Raises
    ------
    InvalidError
        With every fault, if there is one.
    ConflictError
        If something of it is asked of the same unit in the same month already.
    """
    told = rows.reindex(columns=[column.name for column in SLOTS.columns])
    texts = told["month"].astype("str").str.strip()
    told["month"] = texts.where(~texts.str.fullmatch(r"\d{4}-\d{2}"), texts + "-01")
    told["unit_id"] = told["unit_id"].replace(dict(units))
    told["slot_id"] = [f"row {n}" for n in range(len(told))]  # not until the month is a day
    made = layers.conform(told, SLOTS).reset_index()
    made["month"] = made["month"].dt.to_period("M").dt.to_timestamp()
    thing = ["month", "name", "unit_id"]
    known = slots.set_index(thing).index.intersection(made.set_index(thing).index)
    twice = made[made.duplicated(thing)]
    if len(known) or len(twice):
        name = str(known[0][1] if len(known) else twice["name"].iloc[0])
        unit = str(known[0][2] if len(known) else twice["unit_id"].iloc[0])
        msg = "{name} is asked of {units} in this month already."
        raise ConflictError(msg, name=name, units=unit)
    triples = zip(made["month"], made["name"], made["unit_id"], strict=True)
    keys = [slot_id(month.date(), name, unit) for month, name, unit in triples]
    return layers.conform(made.assign(slot_id=keys), SLOTS)


def slot_id(month: date, name: str, unit_id: str) -> str:
    """Return the key of a slot: the same thing asked of the same unit in the same month."""
    told = f"{month:%Y-%m}\n{name}\n{unit_id}"
    return f"M{hashlib.sha256(told.encode()).hexdigest()[:15]}"
