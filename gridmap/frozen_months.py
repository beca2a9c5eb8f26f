"""
Frozen months of the boards: told once a month is over, with a hash, and never again otherwise.

What is not done has its reason, or the month stays open. What comes to light later belongs to the
next month.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from gridmap import layers
from gridmap.errors import ConflictError
from gridmap.flags import first_day, last_day

MONTHS = layers.BOOKS["board_months"]
KEPT = [
    *("task_id", "item", "title", "unit_id", "unit_name", "division", "division_name", "rule"),
    *("target", "amount", "part", "whole", "low", "high", "flag", "evidence", "reason"),
    *("reported_by", "reported_at", "position"),
]
"""What of a task is frozen with its month."""


@dataclass(frozen=True)
class Closing:
    """
    A group's month that is to be frozen.

    Parameters
    ----------
    group_id, month
        Whose, and any day of it.
    today
        The day in the city.
    report
        The month's report in words.
    """

    group_id: str
    month: date
    today: date
    report: str | None = None


def require_open(months: pd.DataFrame, group: str, month: date) -> None:
    """
    Refuse to touch a month that is frozen.

    Parameters
    ----------
    months
        ``board_months``.
    group, month
        Whose, and any day of it.

    Raises
    ------
    ConflictError
        If it is.
    """
    if month_id(group, month) in months.index:
        msg = (
            "{month} is frozen for this group and stays as it was: tell this with a task of the "
            "next month, and why it comes late."
        )
        raise ConflictError(msg, month=f"{month:%Y-%m}")


def month_id(group: str, month: date) -> str:
    """Return the key of a group's month."""
    return f"{group}:{month:%Y-%m}"


def frozen(
    months: pd.DataFrame, tasks: pd.DataFrame, closing: Closing, *, by: str, at: datetime
) -> pd.DataFrame:
    """
    Return the row that freezes a group's month.

    Parameters
    ----------
    months
        ``board_months``.
    tasks
        The month's, with `KEPT`, as `geodata.boards` tells them.
    closing
        What is frozen.
    by, at
        Who freezes, and when.

    Raises
    ------
    ConflictError
        If the month is frozen already, is not over, has no tasks, or a task that is not done has
        no reason.
    """
    group, month = closing.group_id, closing.month
    require_open(months, group, month)
    if last_day(month) >= closing.today:
        msg = "{month} is not over yet."
        raise ConflictError(msg, month=f"{month:%Y-%m}")
    if tasks.empty:
        msg = "There are no tasks in {month}."
        raise ConflictError(msg, month=f"{month:%Y-%m}")
    silent = tasks[(tasks["flag"] != "done") & tasks["reason"].isna()]
    if len(silent):
        msg = "These tasks are not done and have no reason yet: {titles}."
        raise ConflictError(msg, titles=", ".join(silent["title"].iloc[:5]))
    rows = [{name: plain(row[name]) for name in KEPT} for row in tasks.to_dict("records")]
    kept = json.dumps(rows, ensure_ascii=False, sort_keys=True)
    told = {
        "board_month_id": month_id(group, month),
        "group_id": group,
        "month": first_day(month),
        "state": "frozen",
        "report": (closing.report or "").strip() or None,
        "flags": kept,
        "by": by,
        "at": pd.Timestamp(at),
    }
    told["hash"] = digest(told)
    return layers.conform(pd.DataFrame([told]), MONTHS)


def digest(row: Mapping[str, Any]) -> str:
    """
    Return the hash of a frozen month: whoever holds it can show that nothing was altered.

    Parameters
    ----------
    row
        Of ``board_months``; its own ``hash`` does not count.
    """
    made_of = [
        str(row["board_month_id"]),
        plain(row["report"]),
        str(row["flags"]),
        str(row["by"]),
        pd.Timestamp(row["at"]).tz_convert("UTC").isoformat(timespec="seconds"),
    ]
    return hashlib.sha256(json.dumps(made_of, ensure_ascii=False).encode()).hexdigest()


def thawed(row: Mapping[str, Any]) -> pd.DataFrame:
    """
    Return the tasks of a frozen month as they were frozen.

    Parameters
    ----------
    row
        Of ``board_months``.

    Raises
    ------
    ConflictError
        If it was altered since: its hash is another.
    """
    if digest(row) != row["hash"]:
        msg = "The frozen month {month} was altered: its hash is not that of its flags."
        raise ConflictError(msg, month=str(row["board_month_id"]))
    told = pd.DataFrame(json.loads(str(row["flags"])), columns=KEPT)
    numbers = dict.fromkeys(
        ("target", "amount", "part", "whole", "low", "high", "position"), "float64"
    )
    texts = {name: "str" for name in KEPT if name not in (*numbers, "reported_at")}
    return told.astype(numbers | texts).assign(
        reported_at=pd.to_datetime(told["reported_at"], utc=True)
    )


def plain(value: Any) -> Any:  # noqa: ANN401 - a cell of a frame
    """
    Return a cell as JSON knows it; what is missing is None.

    Parameters
    ----------
    value
        Of a frame.
    """
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
