"""
Calendars: the holidays of China, a city's own hours, and what the city itself has changed.

Holidays and make-up workdays are those that the State Council announces for each year, as the
package ``chinesecalendar`` has them, and those that the city has announced itself, which are kept
in the register (`geodata.city_days`). A year that both lack is not guessed: weekdays decide, and
`gridmap.clocks.Calendar.known_until` says from when on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, time
from typing import NoReturn
from zoneinfo import ZoneInfo

import pandas as pd
from chinese_calendar.constants import holidays, workdays  # type: ignore[import-untyped]

from geodata.workspace import Workspace
from gridmap.clocks import Calendar, Hours
from gridmap.errors import InvalidError
from gridmap.working_time import OFFICE_HOURS

BOOK = "city_days"

KNOWN_UNTIL = date(max(holidays).year, 12, 31)
YEARS = range(2000, 2100)  # in which hours of a season are laid down
_SEASON = re.compile(r"(?:(\d\d)-(\d\d)\s*:\s*)?(\d\d:\d\d.*)")
_SPAN = re.compile(r"(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)")
_FULL_WIDTH = str.maketrans("：；，－—～~", ":;,----")


def calendar(
    zone: ZoneInfo | str,
    hours: Sequence[Hours] = OFFICE_HOURS,
    changes: Mapping[date, bool] | None = None,
    years: Collection[int] = (),
) -> Calendar:
    """
    Return when a Chinese city works.

    Parameters
    ----------
    zone
        Its time zone.
    hours
        Its hours, as `read_hours` returns them; 08:30-12:00 and 13:30-17:30 if left out.
    changes
        Day → whether it is worked, where the city has decided otherwise.
    years
        Years of which the changes are the whole announcement, where the package lacks them.

    Returns
    -------
    Calendar
        With ``known_until`` the end of the last year that is announced, and all those before it.

    Examples
    --------
    >>> made = calendar("Asia/Shanghai", changes={date(2024, 2, 9): False})
    >>> [made.is_workday(date(2024, 2, day)) for day in (4, 9, 18)]  # New Year's Eve given free
    [True, False, True]
    """
    changes = changes or {}
    worked = {day for day, is_worked in changes.items() if is_worked}
    free = set(changes) - worked
    return Calendar(
        ZoneInfo(zone) if isinstance(zone, str) else zone,
        holidays=frozenset((set(holidays) - worked) | free),
        workdays=frozenset((set(workdays) - free) | worked),
        hours=tuple(hours),
        known_until=_known_until(years),
    )


def calendar_of(rows: pd.DataFrame, zone: ZoneInfo | str, hours: Sequence[Hours]) -> Calendar:
    """
    Return when a city works that has announced days of its own.

    Parameters
    ----------
    rows
        The book ``city_days``.
    zone, hours
        As for `calendar`.
    """
    days = [day.date() for day in rows["day"]]
    works = [bool(worked) for worked in rows["works"]]
    whole = rows.loc[rows["whole_year"].astype(bool), "day"].dt.year
    return calendar(zone, hours, dict(zip(days, works, strict=True)), set(whole))


def calendar_of_city(workspace: Workspace, zone: ZoneInfo, hours: str) -> Calendar:
    """
    Return when the city of a register works; made anew once days are announced.

    Parameters
    ----------
    workspace
        Over the register.
    zone
        The city's time zone.
    hours
        As for `read_hours`.
    """

    def build() -> Calendar:
        return calendar_of(workspace.store.read(BOOK), zone, read_hours(hours))

    return workspace.once("calendar", [BOOK], date.max, build, zone.key, hours)


def read_hours(text: str) -> tuple[Hours, ...]:
    """
    Read working hours as an operator writes them.

    Parameters
    ----------
    text
        Spans from opening to closing, commas between them. Several seasons stand one after the
        other with semicolons, each but the first with the day of the year on which it begins;
        the first begins the year.

    Returns
    -------
    tuple of Hours
        Those of every year from 2000 to 2099.

    Raises
    ------
    InvalidError
        If that is not what the text is.

    Examples
    --------
    >>> read = read_hours("08:30-12:00,13:30-17:30; 05-01: 08:00-12:00,14:00-18:00; "
    ...                   "10-01: 08:30-12:00,13:30-17:30")
    >>> [f"{one.since} {one.spans[0][0]:%H:%M}" for one in read[:4]]
    ['2000-01-01 08:30', '2000-05-01 08:00', '2000-10-01 08:30', '2001-01-01 08:30']
    """
    seasons: dict[tuple[int, int], tuple[tuple[time, time], ...]] = {}
    for part in text.translate(_FULL_WIDTH).split(";"):
        found = _SEASON.fullmatch(part.strip())
        if found is None:
            _refuse(text)
        month, day, spans = found.groups()
        begins = (1, 1) if month is None else (int(month), int(day))
        if begins in seasons:
            _refuse(text)
        seasons[begins] = tuple(_span(span, text) for span in spans.split(","))
    if (1, 1) not in seasons:
        _refuse(text)
    try:
        return tuple(
            Hours(date(year, *begins), seasons[begins])
            for year in YEARS
            for begins in sorted(seasons)
        )
    except ValueError:  # a day that a year lacks
        _refuse(text)


def _known_until(years: Collection[int]) -> date:
    year = KNOWN_UNTIL.year
    while year + 1 in years:
        year += 1
    return date(year, 12, 31)


def _span(text: str, whole: str) -> tuple[time, time]:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        _refuse(whole)
    a, b, c, d = (int(part) for part in found.groups())
    try:
        return time(a, b), time(c, d)
    except ValueError:
        _refuse(whole)


def _refuse(text: str) -> NoReturn:
    msg = "{text} are no working hours; write 08:30-12:00,13:30-17:30."
    raise InvalidError(msg, text=text)
