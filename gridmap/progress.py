"""
Progress: which issues are open, overdue or newly overdue at a moment.

Everything is read from the issues as they stand today, so that any moment can be asked about. What
was reopened since counts as open all the time: only its story knows when it was closed before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gridmap.issues.arrows import DUE_NO_MORE

STOPS = ("rectified_at", "closed_at", "paused_at")
"""What stops the clock of an issue: what has been set right waits for others."""
SET_RIGHT = ("rectified", "reinspected")
"""States in which the unit has done its part."""
STOPPED = (*SET_RIGHT, "suspended")
"""States in which an open issue's clock does not run."""
AGES = (1, 3, 7, 15, 30, 90)
"""Days at which one class of ages ends and the next begins."""
STAGES = ("reported", "filed", "dispatched", "rectified", "closed_out")
"""How far an issue may have come, the first stage first."""
_WITH_UNIT = ("dispatched", "accepted", "returned", "rectified", "reinspected", "suspended")


def is_open(issues: pd.DataFrame, moment: pd.Timestamp) -> pd.Series:
    """
    Say which issues are open at a moment.

    Parameters
    ----------
    issues
        ``reported_at``, ``closed_at`` and ``state``; what was refused or merged is never open.
    moment
        With a time zone.

    Returns
    -------
    pandas.Series of bool
        One for each issue.
    """
    undated = (issues["state"] == "closed_out") & issues["closed_at"].isna()
    closed = undated | (issues["closed_at"] < moment)
    aside = issues["state"].isin(DUE_NO_MORE)
    return ((issues["reported_at"] < moment) & ~closed & ~aside).rename("open")


def is_overdue(issues: pd.DataFrame, moment: pd.Timestamp) -> pd.Series:
    """
    Say which issues are open at a moment with their limit run out and their clock still running.

    Parameters
    ----------
    issues
        As for `is_open`, with ``due_at`` and `STOPS`.
    moment
        With a time zone.
    """
    running = ~(stopped_at(issues) < moment)
    late = issues["due_at"] < moment
    return (is_open(issues, moment) & late & running).rename("overdue")


def ran_out(issues: pd.DataFrame, begin: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """
    Say of which issues the limit ran out in a period, before they were set right.

    Parameters
    ----------
    issues
        As for `is_overdue`, with ``exempt``: an appeal that was upheld takes the fault away.
    begin, end
        The period, its end left out.
    """
    due = issues["due_at"]
    late = (due >= begin) & (due < end) & ~(stopped_at(issues) <= due)
    excused = issues["exempt"].fillna(value=False).astype(bool)
    return (late & ~excused & ~issues["state"].isin(DUE_NO_MORE)).rename("ran_out")


def fell_due(issues: pd.DataFrame, begin: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """
    Say which issues fell due in a period, and which of them were set right in time.

    Parameters
    ----------
    issues
        As for `ran_out`.
    begin, end
        The period, its end left out.

    Returns
    -------
    pandas.DataFrame
        ``due`` and ``on_time``, a row an issue. What was suspended before the end, excused, refused
        or merged did not fall due, nor what is set right without anybody saying when.
    """
    limit = issues["due_at"]
    done = issues["rectified_at"].fillna(issues["closed_at"])
    excused = issues["exempt"].fillna(value=False).astype(bool)
    due = (limit >= begin) & (limit < end) & ~excused & ~issues["state"].isin(DUE_NO_MORE)
    due &= ~(issues["paused_at"] < end) & ~untold(issues)
    return pd.DataFrame({"due": due, "on_time": due & (done <= limit)})


def untold(issues: pd.DataFrame) -> pd.Series:
    """
    Say which open issues have come to a stop without anybody saying when.

    Parameters
    ----------
    issues
        With ``state`` and `STOPS`; such rows come from lists kept elsewhere.
    """
    return issues["state"].isin(STOPPED) & issues[list(STOPS)].isna().all(axis=1)


def stopped_at(issues: pd.DataFrame) -> pd.Series:
    """
    Return when the clock of each issue stopped; missing while it runs.

    Parameters
    ----------
    issues
        With ``state``, ``reported_at`` and `STOPS`. Where nobody says when, it stopped at the
        report: of nobody it may be said that he was late who may have been in time.
    """
    told = issues[list(STOPS)].min(axis=1)
    return told.mask(untold(issues), issues["reported_at"])


def ages(issues: pd.DataFrame, moment: pd.Timestamp, ends: Sequence[int] = AGES) -> pd.DataFrame:
    """
    Count what is open at a moment by its age.

    Parameters
    ----------
    issues
        As for `is_overdue`.
    moment
        With a time zone.
    ends
        Whole days at which a class ends.

    Returns
    -------
    pandas.DataFrame
        One row a class, the youngest first: ``from_days``, ``to_days`` (missing for the last),
        ``overdue``, ``within`` and their sum ``n``.
    """
    waiting = issues[is_open(issues, moment)]
    days = (moment - waiting["reported_at"]).dt.total_seconds().to_numpy() / 86400
    place = np.searchsorted(np.asarray(ends, dtype=np.float64), days, side="right")
    late = is_overdue(waiting, moment).to_numpy()
    every = np.bincount(place, minlength=len(ends) + 1)
    overdue = np.bincount(place[late], minlength=len(ends) + 1)
    return pd.DataFrame(
        {
            "from_days": [0, *ends],
            "to_days": pd.array([*ends, None], dtype="Int64"),
            "within": every - overdue,
            "overdue": overdue,
            "n": every,
        }
    )


def stages(issues: pd.DataFrame) -> pd.Series:
    """
    Count how many issues have come at least to each of `STAGES`.

    Parameters
    ----------
    issues
        ``state``, ``filed_at``, ``rectified_at`` and ``closed_at``; merged ones are left out, they
        go on as another.

    Returns
    -------
    pandas.Series of int
        Indexed by stage, never rising.
    """
    kept = issues[issues["state"] != "merged"]
    state = kept["state"]
    closed = kept["closed_at"].notna() & (state != "refused") | (state == "closed_out")
    fixed = closed | kept["rectified_at"].notna() | state.isin(SET_RIGHT)
    given = fixed | state.isin(_WITH_UNIT)
    filed = given | (state == "filed") | (kept["filed_at"].notna() & (state != "refused"))
    counts = [len(kept), *(int(reached.sum()) for reached in (filed, given, fixed, closed))]
    return pd.Series(counts, index=pd.Index(STAGES, name="stage"), name="n")
