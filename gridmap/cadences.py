"""
Cadences: on which days something is due, daily, weekly or monthly, among workdays alone.

日督查、周整改、月通报: a city says on the how-manyth workday of the week or of the month a thing is
to be done. Counted from the end with a minus: −1 is the last workday. Holidays and make-up
workdays are the calendar's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import groupby
from uuid import uuid4

import pandas as pd

from gridmap import layers
from gridmap.errors import ConflictError, InvalidError, NotFoundError

CONTRACT = layers.BOOKS["cadences"]
DUE_COLUMNS = ["day", "cadence_id", "name", "beat", "kind", "roles"]
LONGEST = 400  # days that are laid out at once


def due(
    cadences: pd.DataFrame, first: date, last: date, is_workday: Callable[[date], bool]
) -> pd.DataFrame:
    """
    Lay out on which days what is due.

    Parameters
    ----------
    cadences
        Rows of the book ``cadences``; those that are not active are left out.
    first, last
        Days, both included.
    is_workday
        Whether the city works on a day.

    Returns
    -------
    pandas.DataFrame
        `DUE_COLUMNS`, by day. A week is one of ISO 8601. Where a week or month has fewer workdays
        than asked for, the nearest it has; one without any workday has nothing due.

    Raises
    ------
    InvalidError
        If the days are more than `LONGEST`, or in the wrong order.
    """
    if not timedelta(0) <= last - first < timedelta(days=LONGEST):
        msg = "Days are laid out for up to {longest} days; {first} to {last} are not."
        raise InvalidError(msg, longest=LONGEST, first=first, last=last)
    active = cadences[cadences["active"].fillna(value=True).astype(bool)]
    # whole weeks and months around the days: what is due depends on all their workdays
    begin = min(first - timedelta(days=first.weekday()), first.replace(day=1))
    end = max(last + timedelta(days=6 - last.weekday()), _month_end(last))
    days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
    worked = [day for day in days if is_workday(day)]
    rows = [
        {"day": day, "cadence_id": key, **{name: row[name] for name in DUE_COLUMNS[2:]}}
        for key, row in active.iterrows()
        for day in _days_of(worked, row["beat"], int(row["workday"]))
        if first <= day <= last
    ]
    found = pd.DataFrame(rows, columns=DUE_COLUMNS)
    return found.sort_values(["day", "kind", "name", "cadence_id"], ignore_index=True)


def changed(cadences: pd.DataFrame, row: Mapping[str, object], key: str = "") -> pd.DataFrame:
    """
    Return the row of a cadence that is set, or of a new one.

    Parameters
    ----------
    cadences
        The cadences in use, in the form of the book.
    row
        ``name``, ``beat``, ``workday``, ``kind``, ``roles`` and ``active``.
    key
        Which is set; a new one if empty.

    Raises
    ------
    NotFoundError
        If there is no such cadence.
    InvalidError
        As `require_sound`; ``field`` among its values says what is meant.
    ConflictError
        If another cadence is called so.
    """
    if key and key not in cadences.index:
        msg = "There is no cadence {cadence_id}."
        raise NotFoundError(msg, cadence_id=key[:80])
    name = str(row["name"]).strip()
    if not name:
        msg = "A cadence needs a name."
        raise InvalidError(msg, field="name")
    if (cadences.drop(index=key, errors="ignore")["name"] == name).any():
        msg = "There is a cadence {name} already."
        raise ConflictError(msg, name=name, field="name")
    if not row["roles"]:
        msg = "Say whom it concerns."
        raise InvalidError(msg, field="roles")
    told = {**row, "name": name, "cadence_id": key or str(uuid4())}
    made = layers.conform(pd.DataFrame([told]), CONTRACT)
    require_sound(made)
    return made


def require_sound(cadences: pd.DataFrame) -> None:
    """
    Refuse cadences that can never be due.

    Parameters
    ----------
    cadences
        In the form of the book.

    Raises
    ------
    InvalidError
        If one counts workdays from nought, or further than a week or a month goes.
    """
    most = cadences["beat"].map({"daily": 1, "weekly": 7, "monthly": 23})
    wrong = cadences[(cadences["workday"] == 0) | (cadences["workday"].abs() > most)]
    if len(wrong):
        row = wrong.iloc[0]
        msg = "{name}: there is no workday {workday} to a {beat} beat; count from 1, or from −1."
        told = {"workday": int(row["workday"]), "beat": str(row["beat"]), "field": "workday"}
        raise InvalidError(msg, name=row["name"], **told)


def _days_of(worked: list[date], beat: str, workday: int) -> Iterator[date]:
    if beat == "daily":
        yield from worked
        return
    key = (
        (lambda day: day.isocalendar()[:2])
        if beat == "weekly"
        else (lambda day: day.timetuple()[:2])
    )
    for _, spell in groupby(worked, key=key):
        days = list(spell)
        yield days[max(min(workday - 1 if workday > 0 else workday, len(days) - 1), -len(days))]


def _week(day: date) -> tuple[int, ...]:
    return tuple(day.isocalendar()[:2])


def _month(day: date) -> tuple[int, ...]:
    return day.year, day.month


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
