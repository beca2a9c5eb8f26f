"""Days and months in the address of a page, or typed into its forms."""

from __future__ import annotations

from datetime import date

from api.routes.boards import FIRST_YEAR, LAST_YEAR
from api.sentences import QueryError


def month_of(text: str, default: date | None = None) -> date:
    """
    Read a month.

    Parameters
    ----------
    text
        ``2026-03``, or a day of the month.
    default
        The first day of the month if none is asked for; without it, one has to be there.

    Returns
    -------
    datetime.date
        Its first day.

    Raises
    ------
    QueryError
        If it is none, or before 2000 or after 2100: the months around it are shown too, and
        a calendar ends somewhere. Its ``field`` is ``month``.

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
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        msg = "{text} is not a month: write it as 2026-03."
        raise QueryError(msg, text=repr(text[:40]), field="month")
    return found.replace(day=1)


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
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        msg = "{text} is not a day: write it as 2026-03-01."
        raise QueryError(msg, text=repr(text[:40]), field=field) from None
