"""Days, months and years in the address of a page, or typed into its forms: read here alone."""

from __future__ import annotations

from datetime import date

from api.routes.boards import FIRST_YEAR, LAST_YEAR
from api.routes.journal import FIRST_DAY, LAST_DAY
from api.sentences import QueryError


def day(text: str, default: date) -> date:
    """
    Read a day.

    Parameters
    ----------
    text
        ``2026-03-01``; the default if empty.
    default
        The day if none is asked for.

    Raises
    ------
    QueryError
        If the text is no day.
    """
    return _day(text) if text.strip() else default


def typed_day(text: str, field: str) -> date:
    """
    Read a day that has to be there.

    Parameters
    ----------
    text
        ``2026-03-01``.
    field
        What the field is called, for the refusal to stand beside it.

    Raises
    ------
    QueryError
        If it is none; its ``field`` is the field's name.
    """
    return _day(text, field=field)


def in_reach(found: date) -> date:
    """
    Return a day between 1900 and 2999; what is looked for around it is a date as well.

    Parameters
    ----------
    found
        A day that was read.

    Raises
    ------
    QueryError
        If it lies outside.
    """
    if not FIRST_DAY <= found <= LAST_DAY:
        msg = "{text} is not a day: write it as 2026-03-01."
        raise QueryError(msg, text=repr(found.isoformat()))
    return found


def month_of(text: str, default: date | None = None, *, last_year: int = LAST_YEAR) -> date:
    """
    Read a month.

    Parameters
    ----------
    text
        ``2026-03``, or a day of the month.
    default
        The first day of the month if none is asked for; without it, one has to be there.
    last_year
        The last that is read, for a page that itself refuses what is yet to come.

    Returns
    -------
    datetime.date
        Its first day.

    Raises
    ------
    QueryError
        If it is none, or before 2000 or after the last year: the months around it are shown
        too, and a calendar ends somewhere. Its ``field`` is ``month``.

    Examples
    --------
    >>> month_of("2026-03").isoformat(), month_of("2026-03-17").isoformat()
    ('2026-03-01', '2026-03-01')
    """
    written = text.strip()
    if not written and default is not None:
        return default
    try:
        found = date.fromisoformat(written if written.count("-") > 1 else f"{written}-01")
    except ValueError:
        found = date.min
    if not FIRST_YEAR <= found.year <= last_year:
        msg = "{text} is not a month: write it as 2026-03."
        raise QueryError(msg, text=repr(text[:40]), field="month")
    return found.replace(day=1)


def year_of(text: str, default: int) -> int:
    """
    Read a year.

    Parameters
    ----------
    text
        ``2026``; the default if empty.
    default
        The year if none is asked for.

    Raises
    ------
    QueryError
        If it is none, or before 2000 or after 2100.
    """
    found = int(text) if text.isdecimal() and len(text) < len("10000") else 0
    if text.strip() and not FIRST_YEAR <= found <= LAST_YEAR:
        msg = "{text} is not a year from {first} to {last}."
        raise QueryError(msg, text=repr(text), first=FIRST_YEAR, last=LAST_YEAR)
    return found or default


def _day(text: str, **beside: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        msg = "{text} is not a day: write it as 2026-03-01."
        raise QueryError(msg, text=repr(text[:40]), **beside) from None
