"""
Clocks: when a limit runs out, how much of it is used, and in which light that is shown.

There are four kinds of limit. ``urgent_hours`` (紧急工作时) and ``calendar_days`` (自然日,
紧急工作日) run day and night; a calendar day is 24 hours. ``working_hours`` (工作时) and
``working_days`` (工作日) run only while the city works; a working day is as much as the city works
in one day. What begins outside working hours counts from the next working moment, and what is due
is due at the first moment at which the limit is used up: a limit that ends with the day ends at
closing time, not at the next opening.

A clock can be stopped: a pause takes the time that it lasts out of the limit, in the limit's own
kind. What was overdue before a pause stays overdue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd

from gridmap.contracts import LIMIT_KINDS
from gridmap.errors import InvalidError
from gridmap.working_time import (
    TICKS,
    Calendar,
    Hours,
    require_amounts,
    require_kind,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ticks = NDArray[np.int64]

__all__ = [
    "LIMIT_KINDS",
    "Calendar",
    "Hours",
    "Limit",
    "due",
    "due_many",
    "extended",
    "left",
    "light",
    "resumed",
    "spent",
    "spent_many",
]

Light: TypeAlias = Literal["green", "yellow", "red"]
Pause: TypeAlias = tuple[datetime, datetime | None]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
YELLOW, RED = 0.8, 1.0
DECIMALS = 9  # of a share: a moment is kept to the microsecond, and that is less
DTYPE = "datetime64[us, UTC]"


@dataclass(frozen=True)
class Limit:
    """
    How long something may take.

    Parameters
    ----------
    amount
        Hours or days, more than 0 and at most 10,000; parts of one are allowed.
    kind
        One of `gridmap.layers.LIMIT_KINDS`.

    Raises
    ------
    InvalidError
        If either cannot be.
    """

    amount: float
    kind: str

    def __post_init__(self) -> None:
        """Refuse a limit that cannot be."""
        require_kind(self.kind)
        require_amounts(np.array([self.amount], dtype=np.float64))


def due(start: datetime, limit: Limit, calendar: Calendar) -> datetime:
    """
    Return when a limit runs out.

    Parameters
    ----------
    start
        When the clock starts, with a time zone.
    limit
        How long it runs.
    calendar
        When the city works.

    Returns
    -------
    datetime.datetime
        In UTC; never before `start`, and never earlier for a later start or a larger limit.

    Raises
    ------
    InvalidError
        If `start` has no time zone.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> city = Calendar(ZoneInfo("Asia/Shanghai"))
    >>> friday = datetime(2026, 3, 6, 16, tzinfo=city.zone)
    >>> due(friday, Limit(2, "working_days"), city).astimezone(city.zone).isoformat(" ", "minutes")
    '2026-03-10 16:00+08:00'
    """
    starts = np.array([_ticks(start)], dtype=np.int64)
    return _moment(_due(starts, np.array([limit.amount]), limit.kind, calendar)[0])


def due_many(
    starts: pd.Series, amounts: pd.Series, kinds: pd.Series, calendar: Calendar
) -> pd.Series:
    """
    Return when many limits run out.

    Parameters
    ----------
    starts : pandas.Series, n rows
        Moments with a time zone.
    amounts, kinds : pandas.Series, n rows
        The limits, on the index of `starts`.
    calendar
        When the city works.

    Returns
    -------
    pandas.Series, n rows
        ``due_at`` in UTC on the index of `starts`; missing where a start, an amount or a kind is.

    Raises
    ------
    InvalidError
        If the starts have no time zone, or a limit cannot be.
    """
    found = np.full(len(starts), np.iinfo(np.int64).min, dtype=np.int64)
    for kind, rows, (moments, lengths) in _by_kind(kinds, starts, amounts):
        found[rows] = _due(_as_ticks(moments), lengths, kind, calendar)
    told = pd.Series(found.view("M8[us]"), index=starts.index, name="due_at")
    return told.dt.tz_localize("UTC").astype(DTYPE)


def spent(
    start: datetime,
    now: datetime,
    limit: Limit,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
) -> float:
    """
    Return the share of a limit that is used.

    Parameters
    ----------
    start, now
        When the clock started, and the moment that is asked about; with time zones.
    limit
        How long it may run.
    calendar
        When the city works.
    pauses
        From when until when it stood still; a pause without an end lasts. They may overlap.

    Returns
    -------
    float
        0 where it has not started, 1 at the very moment that it is `due`, and beyond.
    """
    begun, asked = _ticks(start), _ticks(now)
    if asked <= begun:
        return 0.0
    stops = _apart([(_ticks(a), asked if b is None else _ticks(b)) for a, b in pauses])
    edges = [begun, asked, *(min(max(at, begun), asked) for stop in stops for at in stop)]
    at = calendar.covering(limit.kind, np.array(edges)).at(np.array(edges, dtype=np.int64))
    stood = int((at[3::2] - at[2::2]).sum())
    share = float(at[1] - at[0] - stood) / (limit.amount * TICKS[limit.kind])
    return round(share, DECIMALS)


def spent_many(
    due_at: pd.Series,
    at: pd.Series,
    amounts: pd.Series,
    kinds: pd.Series,
    calendar: Calendar,
) -> pd.Series:
    """
    Return the shares that are used of many limits, worked back from when they are due.

    Pauses that are over need not be told: `resumed` has moved ``due_at`` by them.

    Parameters
    ----------
    due_at : pandas.Series, n rows
        When each is due, with a time zone.
    at : pandas.Series, n rows
        The moment asked about: now, when it was rectified, or when its clock was stopped.
    amounts, kinds : pandas.Series, n rows
        The limits, extensions included.
    calendar
        When the city works.

    Returns
    -------
    pandas.Series of float, n rows
        ``spent`` on the index of `due_at`, as `spent`; missing where something is missing.
    """
    found = np.full(len(due_at), np.nan)
    for kind, rows, (ends, moments, lengths) in _by_kind(kinds, due_at, at, amounts):
        ticks = np.concatenate([_as_ticks(ends), _as_ticks(moments)])
        require_amounts(lengths)
        end, asked = np.split(calendar.covering(kind, ticks).at(ticks), 2)
        found[rows] = np.maximum(1 - (end - asked) / (lengths * TICKS[kind]), 0)
    return pd.Series(np.round(found, DECIMALS), index=due_at.index, name="spent")


def left(now: datetime, due_at: datetime, kind: str, calendar: Calendar) -> float:
    """
    Return what is left of a limit, in its own hours or days.

    Parameters
    ----------
    now, due_at
        The moment asked about, and when the limit runs out; with time zones.
    kind
        One of `gridmap.layers.LIMIT_KINDS`.
    calendar
        When the city works.

    Returns
    -------
    float
        Negative once it is overdue.
    """
    edges = np.array([_ticks(now), _ticks(due_at)], dtype=np.int64)
    asked, end = calendar.covering(kind, edges).at(edges)
    return float(end - asked) / TICKS[kind]


def light(share: float) -> Light:
    """
    Return the light of a share that is used.

    Parameters
    ----------
    share
        As `spent` returns it.

    Returns
    -------
    str
        ``green`` up to 80 %, ``yellow`` beyond, ``red`` beyond 100 %. Exactly 80 % is green and
        exactly 100 % yellow: what is done at the very moment that it is due is done in time.

    Examples
    --------
    >>> [light(share) for share in (0.8, 0.81, 1.0, 1.01)]
    ['green', 'yellow', 'yellow', 'red']
    """
    if share > RED:
        return "red"
    return "yellow" if share > YELLOW else "green"


def resumed(
    due_at: datetime, paused_at: datetime, resumed_at: datetime, kind: str, calendar: Calendar
) -> datetime:
    """
    Return when a limit runs out after its clock was stopped.

    Parameters
    ----------
    due_at
        When it would have run out.
    paused_at, resumed_at
        From when until when the clock stood still.
    kind
        One of `gridmap.layers.LIMIT_KINDS`.
    calendar
        When the city works.

    Returns
    -------
    datetime.datetime
        In UTC; what was `left` when the clock stopped is left when it starts again. What was due
        by then stays as overdue as it was.
    """
    end, stopped, again = _ticks(due_at), _ticks(paused_at), _ticks(resumed_at)
    if stopped >= end or again <= stopped:
        return _moment(end)
    edges = np.array([stopped, end], dtype=np.int64)
    from_, to = calendar.covering(kind, edges).at(edges)
    return _moment(calendar.after(kind, np.array([again]), np.array([to - from_]))[0])


def extended(due_at: datetime, more: Limit, calendar: Calendar) -> datetime:
    """
    Return when a limit runs out that was extended.

    Parameters
    ----------
    due_at
        When it would have run out.
    more
        What is added.
    calendar
        When the city works.

    Returns
    -------
    datetime.datetime
        In UTC. Where both are of one kind, as if the sum of both had been given from the start.
    """
    return due(due_at, more, calendar)


def _due(starts: Ticks, amounts: NDArray[np.float64], kind: str, calendar: Calendar) -> Ticks:
    require_amounts(amounts)
    return calendar.after(kind, starts, np.rint(amounts * TICKS[kind]).astype(np.int64))


def _apart(stops: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join stops that touch, so that no moment is taken out twice."""
    joined: list[tuple[int, int]] = []
    for begins, ends in sorted(stops):
        if joined and begins <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(ends, joined[-1][1])
        else:
            joined.append((begins, ends))
    return joined


def _by_kind(
    kinds: pd.Series, *columns: pd.Series
) -> Iterator[tuple[str, NDArray[np.intp], list[NDArray[np.float64]]]]:
    """Give for each kind the numbers of its whole rows, and of each column their values."""
    whole = kinds.notna().to_numpy()
    for column in columns:
        whole = whole & column.notna().to_numpy()
    told = kinds.to_numpy(dtype=object)
    for kind in dict.fromkeys(told[whole]):
        require_kind(str(kind))
        rows = np.flatnonzero(whole & (told == kind))
        yield str(kind), rows, [_values(column.iloc[rows]) for column in columns]


def _values(column: pd.Series) -> NDArray[np.float64]:
    """Return numbers, or moments as whole microseconds; a moment must say its zone."""
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64)
    if not isinstance(column.dtype, pd.DatetimeTZDtype):
        _refuse_naive()
    return column.dt.tz_convert("UTC").dt.as_unit("us").dt.tz_localize(None).to_numpy()


def _as_ticks(moments: NDArray[np.float64]) -> Ticks:
    return moments.astype("M8[us]").astype(np.int64)


def _ticks(moment: datetime) -> int:
    if moment.tzinfo is None:
        _refuse_naive()
    return (moment - EPOCH) // MICROSECOND


def _moment(ticks: np.int64 | int) -> datetime:
    return EPOCH + timedelta(microseconds=int(ticks))


def _refuse_naive() -> None:
    msg = "A moment needs a time zone."
    raise InvalidError(msg)
