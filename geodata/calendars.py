"""
Calendars: the holidays of China, a city's own hours, and what the city itself has changed.

Holidays and make-up workdays are those that the State Council announces for each year, as the
package ``chinesecalendar`` has them. A year that it lacks is not guessed: weekdays decide, and
`gridmap.clocks.Calendar.known_until` says from when on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import NoReturn
from zoneinfo import ZoneInfo

from chinese_calendar.constants import holidays, workdays  # type: ignore[import-untyped]

from gridmap.clocks import Calendar, Hours
from gridmap.errors import InvalidError
from gridmap.working_time import OFFICE_HOURS

KNOWN_UNTIL = date(max(holidays).year, 12, 31)
YEARS = range(2000, 2100)  # in which hours of a season are laid down
_SEASON = re.compile(r"(?:(\d\d)-(\d\d)\s*:\s*)?(\d\d:\d\d.*)")
_SPAN = re.compile(r"(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)")
_FULL_WIDTH = str.maketrans("：；，－—～~", ":;,----")


def calendar(
    zone: ZoneInfo | str,
    hours: Sequence[Hours] = OFFICE_HOURS,
    changes: Mapping[date, bool] | None = None,
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

    Returns
    -------
    Calendar
        With ``known_until`` the end of the last year that is announced.

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
        known_until=KNOWN_UNTIL,
    )


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
