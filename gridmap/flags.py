"""
Flags (挂图作战旗帜): whether a month's task is done, by a rule that is stated and never typed.

A task is done once its amount reaches its target. What is not done when its month is over needs a
reason. In 漠河 a red flag means done and a blue one not done; the colours are the city's, so a flag
here is a word.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

Flag: TypeAlias = Literal["done", "not_done", "due", "not_due", "none"]
FLAGS: tuple[Flag, ...] = ("done", "not_done", "due", "not_due", "none")


def first_day(month: date) -> date:
    """Return the first day of a month, by which it is called."""
    return month.replace(day=1)


def last_day(month: date) -> date:
    """
    Return the last day of a month.

    Examples
    --------
    >>> last_day(date(2028, 2, 5))
    datetime.date(2028, 2, 29)
    """
    return month.replace(day=monthrange(month.year, month.month)[1])


def flags(tasks: pd.DataFrame, today: date) -> pd.Series:
    """
    Say which flag each task bears on a day.

    Parameters
    ----------
    tasks
        n rows with ``month`` (any day of it), ``amount`` (NaN where nothing is known) and
        ``target``, both in the same unit.
    today
        The day.

    Returns
    -------
    pandas.Series
        ``flag``, on the caller's index: ``done`` if the amount reaches the target; otherwise
        ``not_due`` before the month, ``due`` in it and ``not_done`` after it.

    Examples
    --------
    >>> june = pd.DataFrame({"month": pd.Timestamp("2026-06-01"), "amount": [3, 2], "target": 3})
    >>> flags(june, date(2026, 6, 30)).to_list(), flags(june, date(2026, 7, 1)).to_list()
    (['done', 'due'], ['done', 'not_done'])
    """
    months = pd.to_datetime(tasks["month"])
    now = pd.Period(today, "M")
    of_task = months.dt.to_period("M")
    reached = tasks["amount"].astype("float64") >= tasks["target"].astype("float64")
    found = np.select(
        [reached.to_numpy(), (of_task > now).to_numpy(), (of_task == now).to_numpy()],
        ["done", "not_due", "due"],
        "not_done",
    )
    return pd.Series(found, index=tasks.index, name="flag", dtype="str")


def together(flags_of_tasks: Iterable[str]) -> Flag:
    """
    Return the one flag of a group's month, or of a division's.

    Parameters
    ----------
    flags_of_tasks
        One for each task.

    Returns
    -------
    Flag
        The worst of them: a month is done once all its tasks are; ``none`` without tasks.

    Examples
    --------
    >>> together(["done", "done"]), together(["done", "due"]), together([])
    ('done', 'due', 'none')
    """
    there = Counter(flags_of_tasks)
    worst: tuple[Flag, ...] = ("not_done", "due", "not_due", "done")
    return next((flag for flag in worst if there[flag]), "none")
