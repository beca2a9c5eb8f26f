"""
Boards (挂图作战): the year's plan of each group as monthly tasks, reported, and frozen by month.

Groups are data: there are as many as a city has, and one without tasks has no board. The amount of
a task is reported by its unit, or computed from the register (`gridmap.books`); its flag follows
from it (`gridmap.flags`). A month is frozen once everything not done in it has its reason; what was
frozen never changes.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from gridmap import evidence, layers
from gridmap.command_books import BOARD_RULES
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from gridmap.flags import first_day
from gridmap.frozen_months import month_id, plain, require_open
from gridmap.layers import FAULT_COLUMNS

GROUPS, TASKS = layers.BOOKS["board_groups"], layers.BOOKS["board_tasks"]
COMPUTED = tuple(rule for rule in BOARD_RULES if rule != "reported")
"""Rules whose amount is a share, worked out from the register."""
REPORTED = ["amount", "evidence", "reason", "reported_by", "reported_at"]


@dataclass(frozen=True)
class Task:
    """
    A task of one month.

    Parameters
    ----------
    group
        The group, by its name.
    item
        What of the year's plan it belongs to.
    month
        Any day of its month.
    title
        What is to be done.
    rule
        One of `gridmap.command_books.BOARD_RULES`.
    target
        What its amount has to reach: a share from 0 to 1 where it is computed.
    unit_id
        Who is responsible; nobody but the office if left out.
    division
        Where; the unit's, or the whole city, if left out.
    position
        Its place on the board.
    """

    group: str
    item: str
    month: date
    title: str
    rule: str
    target: float
    unit_id: str | None = None
    division: str | None = None
    position: int | None = None

    @property
    def task_id(self) -> str:
        """Its key: the same group, month, title, unit and division are the same task."""
        day = first_day(self.month).isoformat()
        return _key("T", self.group, day, self.title, self.unit_id or "", self.division or "")


@dataclass(frozen=True)
class Progress:
    """
    How far a task is.

    Parameters
    ----------
    amount
        How much is done, where the unit reports it; the last one stays if left out.
    evidence
        What shows it, in words; what was said stays if left out.
    reason
        Why it is not further.
    files
        The files that show it (`gridmap.evidence`); those that were there stay if left out.
    """

    amount: float | None = None
    evidence: str | None = None
    reason: str | None = None
    files: tuple[str, ...] | None = None


def group_id(name: str) -> str:
    """
    Return the key of a group.

    Parameters
    ----------
    name
        What it is called when it is made; two groups are never called the same, and one that is
        called otherwise later keeps its key (`keys_of`).
    """
    return _key("G", name)


def keys_of(book: pd.DataFrame) -> dict[str, str]:
    """
    Return the keys of groups by what they are called now.

    Parameters
    ----------
    book
        ``board_groups``.
    """
    return {str(name): str(key) for key, name in book["name"].items()}


def new_groups(
    book: pd.DataFrame, names: Sequence[str], lead_unit: str | None = None
) -> pd.DataFrame:
    """
    Return rows of ``board_groups`` for the groups that are not there yet.

    Parameters
    ----------
    book
        ``board_groups``.
    names
        Of groups, in the order in which they stand on the board.
    lead_unit
        Who leads them, where that is known.

    Raises
    ------
    InvalidError
        If a name is empty.
    """
    fresh = [name for name in dict.fromkeys(names) if name not in set(book["name"])]
    if not all(name.strip() for name in fresh):
        msg = "A group needs a name."
        raise InvalidError(msg)
    columns = ["group_id", "name", "lead_unit", "position"]
    rows = [
        (_free(group_id(name), book.index), name, lead_unit, position)
        for position, name in enumerate(fresh, start=len(book) + 1)
    ]
    return pd.DataFrame(layers.conform(pd.DataFrame(rows, columns=columns), GROUPS))


def renamed(book: pd.DataFrame, key: str, name: str, lead_unit: str | None = None) -> pd.DataFrame:
    """
    Return a group's new row after it is called otherwise, or led by another unit.

    Parameters
    ----------
    book
        ``board_groups``.
    key
        Which; it stays, and with it every task and frozen month.
    name, lead_unit
        What it is called, and who leads it, from now on.

    Raises
    ------
    NotFoundError
        If there is no such group.
    InvalidError
        If the name is empty.
    ConflictError
        If another group is called so, or nothing would change.
    """
    if key not in book.index:
        msg = "There is no group {group_id}."
        raise NotFoundError(msg, group_id=key[:80])
    called = name.strip()
    if not called:
        msg = "A group needs a name."
        raise InvalidError(msg)
    if keys_of(book).get(called, key) != key:
        msg = "There is a group {name} already."
        raise ConflictError(msg, name=called)
    row = book.loc[[key]]
    if (row["name"].iloc[0], plain(row["lead_unit"].iloc[0])) == (called, lead_unit):
        msg = "Nothing has changed."
        raise ConflictError(msg)
    told = row.assign(name=called, lead_unit=lead_unit).rename_axis("group_id").reset_index()
    return layers.conform(told, GROUPS)


def faults(
    tasks: Mapping[int, Task],
    months: pd.DataFrame,
    units: Collection[str],
    divisions: Collection[str],
    keys: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """
    List what is wrong with the tasks of a plan: every fault, not only the first.

    Parameters
    ----------
    tasks
        Row of the file → task.
    months
        ``board_months``: a frozen month takes no tasks.
    units, divisions
        What the register knows.
    keys
        As for `planned`.

    Returns
    -------
    pandas.DataFrame
        `gridmap.layers.FAULT_COLUMNS`, by row.
    """
    closed = set(months.index)
    seen: set[str] = set()
    rows: list[tuple[int, str, str, str, str]] = []
    for row, task in tasks.items():
        rows += [(row, *fault) for fault in _faults_of(task, units, divisions)]
        if month_id(_group_of(task, keys), task.month) in closed:
            told = "This month of the group is frozen."
            rows.append((row, "month", "frozen", f"{task.month:%Y-%m}", told))
        if task.task_id in seen:
            rows.append((row, "title", "twice", task.title, "This task is there twice."))
        seen.add(task.task_id)
    return pd.DataFrame(rows, columns=FAULT_COLUMNS)


def _faults_of(
    task: Task, units: Collection[str], divisions: Collection[str]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield column, code, value and message of what is wrong with one task."""
    if task.rule not in BOARD_RULES:
        yield "rule", "choice", task.rule, "There is no such rule."
    elif not _is_target(task):
        told = "A target is above nought, and of a computed rule a share up to 1 (100 %)."
        yield "target", "range", f"{task.target:g}", told
    if task.unit_id is not None and task.unit_id not in units:
        yield "unit_id", "unknown", task.unit_id, "There is no such unit in use."
    if task.division is not None and task.division not in divisions:
        yield "division", "unknown", task.division, "There is no such division."
    if task.rule == "reported" and task.unit_id is None:
        yield "unit_id", "missing", "", "A task that is reported needs its responsible unit."


def planned(
    book: pd.DataFrame, tasks: Collection[Task], keys: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """
    Return rows of ``board_tasks`` for a plan; what was reported of a known task stays.

    Parameters
    ----------
    book
        ``board_tasks``.
    tasks
        Without `faults`.
    keys
        What groups are called now → their keys (`keys_of`); those of their names if left out.
    """
    known = {_identity(row): str(key) for key, row in book.iterrows()}
    rows = []
    for task in tasks:
        told = asdict(task)
        told |= {"group_id": _group_of(task, keys), "month": first_day(task.month)}
        del told["group"]
        key = known.get(_identity(told)) or _free(task.task_id, book.index)
        if key in book.index:
            told |= {name: plain(book.loc[key, name]) for name in REPORTED}
        rows.append({**told, "task_id": key})
    return layers.conform(pd.DataFrame(rows), TASKS)


def reported(
    book: pd.DataFrame, months: pd.DataFrame, task_id: str, told: Progress, *, by: str, at: datetime
) -> pd.DataFrame:
    """
    Return a task's new row after a report.

    Parameters
    ----------
    book, months
        ``board_tasks`` and ``board_months``.
    task_id
        Which.
    told
        How far it is; what is left out stays.
    by, at
        Who says so, and when.

    Raises
    ------
    NotFoundError
        If there is no such task.
    ConflictError
        If its month is frozen.
    InvalidError
        If an amount is no number from nought on, or is told of what is computed; if nothing is
        told, or too many files (`gridmap.evidence.told`).
    """
    if task_id not in book.index:
        msg = "There is no task {task_id}."
        raise NotFoundError(msg, task_id=task_id)
    row = book.loc[[task_id]].copy()
    require_open(months, str(row["group_id"].iloc[0]), row["month"].iloc[0].date())
    if told.amount is not None:
        if row["rule"].iloc[0] != "reported":
            msg = "The amount of this task is computed; nobody reports it."
            raise InvalidError(msg)
        if not (math.isfinite(told.amount) and told.amount >= 0):
            msg = "An amount is a number, and not below nought."
            raise InvalidError(msg)
        row["amount"] = told.amount
    texts = {name: (getattr(told, name) or "").strip() for name in ("evidence", "reason")}
    if told.amount is None and told.files is None and not any(texts.values()):
        msg = "Nothing was told of this task."
        raise InvalidError(msg)
    shown = evidence.told(row["evidence"].iloc[0], texts["evidence"], told.files)
    row["evidence"] = shown.text
    row["reason"] = texts["reason"] or row["reason"].iloc[0]
    told_by = row.assign(reported_by=by, reported_at=pd.Timestamp(at))
    return layers.conform(told_by.rename_axis("task_id").reset_index(), TASKS)


def _is_target(task: Task) -> bool:
    most = 1.0 if task.rule in COMPUTED else math.inf
    return math.isfinite(task.target) and 0 < task.target <= most


def _group_of(task: Task, keys: Mapping[str, str] | None) -> str:
    return (keys or {}).get(task.group) or group_id(task.group)


def _identity(row: Mapping[str, Any] | pd.Series) -> tuple[object, ...]:
    """Return what makes a task the same, whatever its group is called by now."""
    month = pd.Timestamp(row["month"])
    return month, *(plain(row[name]) for name in ("group_id", "title", "unit_id", "division"))


def _free(key: str, taken: pd.Index) -> str:
    """Return a key, or the next one where somebody who was renamed still holds it."""
    found, n = key, 1
    while found in taken:
        n += 1
        found = _key(key[0], key, str(n))
    return found


def _key(kind: str, *parts: str) -> str:
    """Return a key that the same words always make."""
    return kind + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
