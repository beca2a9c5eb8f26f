"""What every page shares: the visit, the templates, the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import gridmap
from api.callers import Caller, caller, csrf_of, may, scopes_of
from api.deps import reports, shows_contacts
from api.i18n import LANGUAGES
from api.routes.notices import notices_of
from gridmap.access import CITY
from web.pages.days import day
from web.words import Words, absent, words
from web.words import gettext_noop as _

if TYPE_CHECKING:
    from geodata.reports import Reports

TEMPLATES = Path(__file__).parents[1] / "templates"
SECTIONS = (
    ("/", "overview", _("Overview"), "register.read", ""),
    ("/leaders", "leaders", _("Leaders"), "leading.read", ""),
    ("/board", "board", _("Board"), "board.read", "leading.read"),
    ("/tasks", "tasks", _("My tasks"), "issue.read", ""),
    ("/issues", "issues", _("Issue ledger"), "issue.read", ""),
    ("/desk", "desk", _("Desk"), "assignment.write", ""),
    ("/plans", "plans", _("Plans"), "plan.read", "assignment.write"),
    ("/claims", "claims", _("Claims"), "claim.propose", ""),
    ("/register", "register", _("Register"), "register.read", ""),
    ("/coverage", "coverage", _("Coverage"), "register.read", ""),
    ("/hotspots", "hotspots", _("Hot spots"), "hotspot.read", ""),
    ("/here", "here", _("Who answers here"), "register.read", ""),
    ("/field", "field", _("On the phone"), "field.read", ""),
)
"""Address, name, title, the action it is for, and the one that leads there by the desk anyway."""
AT_HAND = ("overview", "tasks", "issues", "field", "here")
"""What stands in the bar of a narrow window first."""
MOST_COUNTED = 99  # notices beside the inbox; of more it is told that they are more
ROOM = {"wide": 7, "middle": 6, "narrow": 4}
"""How many sections stand in the bar of a window; if there are more, the rest fold into a menu."""


@dataclass(frozen=True)
class Visit:
    """
    Who asks for a page: in which language, for which day.

    Parameters
    ----------
    request
        The request.
    reports
        The use cases that read.
    words
        The reader's language.
    today, as_of
        The city's day, and the day the page is about.
    """

    request: Request
    reports: Reports
    words: Words
    today: date
    as_of: date

    @property
    def past(self) -> bool:
        """Whether the page is about another day than today."""
        return self.as_of != self.today

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return caller(self.request)

    @property
    def csrf(self) -> str:
        """The token that forms and scripts of the page send back."""
        return csrf_of(self.request)

    @property
    def contacts(self) -> bool:
        """Whether phone numbers may be shown."""
        return shows_contacts(self.request)

    @property
    def sees_journal(self) -> bool:
        """Whether the latest entries of the journal may be shown: they tell of the whole city."""
        return self.caller.known and CITY in scopes_of(self.request)

    @property
    def sees_all(self) -> bool:
        """Whether the caller sees the whole city: figures of a part must not be called its."""
        return CITY in scopes_of(self.request)

    @property
    def unread(self) -> str:
        """How many notices of the caller's are not read, as it is written; empty if none."""
        if not self.caller.known:
            return ""
        waiting = notices_of(self.request).unread(self.caller.person.person_id)
        return f"{MOST_COUNTED}+" if waiting > MOST_COUNTED else str(waiting or "")

    def may(self, action: str) -> bool:
        """Say whether the caller may do something somewhere."""
        return bool(may(self.request, action))

    def link(self, path: str, **query: object) -> str:
        """Return the address of a page for the same day, without empty parts."""
        day = {"as_of": self.as_of.isoformat()} if self.past else {}
        asked = {name: value for name, value in query.items() if not absent(value) and value != ""}
        told = urlencode({**asked, **day})
        return f"{path}?{told}" if told else path

    def here_in(self, language: str) -> str:
        """Return the address of this page in another language."""
        kept = [(k, v) for k, v in self.request.query_params.multi_items() if k != "lang"]
        return f"{self.request.url.path}?{urlencode([*kept, ('lang', language)])}"


def visit(request: Request, as_of: Annotated[str, Query()] = "") -> Visit:
    """
    Return the visit of a request.

    Raises
    ------
    QueryError
        If the day asked for is none.
    """
    reading = reports(request)
    today = reading.today()
    return Visit(request, reading, spoken(request), today, day(as_of, today))


VisitDep = Annotated[Visit, Depends(visit)]


def spoken(request: Request) -> Words:
    """Return the words of a request's language."""
    settings = request.app.state.settings
    language = str(getattr(request.state, "language", settings.language))
    return words(language, settings.time_zone)


def inactive(asked: Visit) -> set[str]:
    """Return the units that are no longer in use on the day of a visit."""
    active = asked.reports.frame("units", asked.as_of)["active"]
    return set(active.index[~active.fillna(value=True).astype(bool)])


@lru_cache(maxsize=8)
def templates(speaking: Words) -> Environment:
    """Return the templates in one language; made once."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(speaking.catalogue, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "area": speaking.area,
        "number": speaking.number,
        "share": speaking.share,
        "metres": speaking.metres,
        "day": speaking.day,
        "month": speaking.month,
        "moment": speaking.moment,
        "together": speaking.together,
        "or_dash": lambda value: "—" if absent(value) or value == "" else value,
    }
    made.tests["absent"] = absent
    made.globals |= {"word": speaking.word, "version": gridmap.__version__}
    return made


def render(
    asked: Visit,
    template: str,
    /,
    *,
    section: str = "",
    status: int = HTTPStatus.OK,
    **context: object,
) -> HTMLResponse:
    """
    Answer a visit with a page.

    Parameters
    ----------
    asked
        The visit.
    template
        A file of ``web/templates``.
    section
        Which part of the navigation is shown as the current one.
    status
        Of the answer.
    **context
        What the template is filled with.
    """
    text = (
        templates(asked.words)
        .get_template(template)
        .render(
            visit=asked,
            section=section,
            register_name=asked.reports.meta.name,
            **frame(asked.words, asked.may),
            **context,
        )
    )
    return HTMLResponse(text, status_code=status)


def frame(speaking: Words, allowed: Callable[[str], bool]) -> Mapping[str, Any]:
    """
    Return what the page's frame needs in any case.

    Parameters
    ----------
    speaking
        The reader's language.
    allowed
        Whether the reader may do an action: only sections that they may open are shown.
    """
    shown = [
        (path, name, speaking.say(title))
        for path, name, title, action, desk in SECTIONS
        if allowed(action) and not (desk and allowed(desk))
    ]
    folded = folds([name for _path, name, _title in shown])
    return {
        "sections": [(*section, " ".join(folded.get(section[1], ()))) for section in shown],
        "folding": sorted({width for widths in folded.values() for width in widths}),
        "languages": LANGUAGES,
        "language": speaking.language,
        "tag": speaking.tag,
    }


def folds(names: Sequence[str]) -> dict[str, list[str]]:
    """
    Say at which widths of the window which sections fold into the menu.

    Parameters
    ----------
    names
        The sections that somebody may open, in order.

    Returns
    -------
    dict
        Section → the widths of `ROOM` at which there is no room for it. A menu of one section
        would take as much room as the section.

    Examples
    --------
    >>> folds(["overview", "register", "coverage", "hotspots", "desk", "here"])
    {'hotspots': ['narrow'], 'desk': ['narrow']}
    """
    order_at_hand = {name: n for n, name in enumerate(AT_HAND)}
    narrow = sorted(names, key=lambda name: order_at_hand.get(name, len(AT_HAND)))
    folded: dict[str, list[str]] = {}
    for width, room in ROOM.items():
        order = narrow if width == "narrow" else names
        for name in order[room:] if len(names) > room + 1 else ():
            folded.setdefault(name, []).append(width)
    return folded
