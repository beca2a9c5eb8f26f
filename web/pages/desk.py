"""The desk: the map and the lists on which units are given grids, roads and points."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.callers import permit
from web.pages.desk_words import SENTENCES
from web.pages.shell import Visit, VisitDep, render
from web.words import WORDS
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("register.read")])
TABLES = ("tier", "side", "rule", "party", "action", "level")
COMPOUNDS = {
    "managed": _("Compound with a manager"),
    "open": _("Open compound"),
    "abandoned": _("Abandoned compound"),
    "other": _("Other compound"),
}


@router.get("/desk")
def desk(visit: VisitDep) -> HTMLResponse:
    """Show the desk; what is on it is fetched by its scripts."""
    return render(visit, "desk.html", section="desk", told=spoken(visit))


def spoken(visit: Visit) -> dict[str, Any]:
    """
    Return what the scripts say, in the reader's language.

    Parameters
    ----------
    visit
        Who reads.

    Returns
    -------
    dict
        ``sentences`` by name, ``tables`` of codes and what they are called, and ``zone``, the
        city's time zone.
    """
    said = visit.words.catalogue.gettext  # values are filled in by the scripts
    tables = {name: WORDS[name] for name in TABLES} | {"compound": COMPOUNDS}
    return {
        "sentences": {name: said(sentence) for name, sentence in SENTENCES.items()},
        "tables": {
            name: {code: said(sentence) for code, sentence in table.items()}
            for name, table in tables.items()
        },
        "zone": visit.words.zone.key,
    }
