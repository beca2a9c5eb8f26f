"""What a page is asked for by name: a category or a channel that there is, or none."""

from __future__ import annotations

from gridmap.errors import NotFoundError
from web.pages.shell import Visit


def require_known(visit: Visit, *, category: str = "", channel: str = "") -> None:
    """
    Refuse a category or channel that no issue has: nothing found there would read as good news.

    Parameters
    ----------
    visit
        Who asks; what they may not see is not known to them.
    category, channel
        As they stand in the address; empty for all of them.

    Raises
    ------
    NotFoundError
        If no issue is of it.
    """
    if category and category not in visit.reports.categories():
        msg = "No issue is of the category {text}."
        raise NotFoundError(msg, text=repr(category))
    if channel and channel not in visit.reports.channels():
        msg = "No issue came by the channel {text}."
        raise NotFoundError(msg, text=repr(channel))
