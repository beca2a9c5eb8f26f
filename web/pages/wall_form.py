"""What the form of wall maps offers."""

from __future__ import annotations

from typing import Any

from api.callers import scopes_of
from geodata.paper.wall_map import SIZES, USUAL, WHOLE_CITY
from gridmap.access import CITY
from web.pages.shell import Visit
from web.words import gettext_noop as _

WALL_LAYERS = {
    "units": _("Names of units"),
    "index": _("Index of units"),
    "leaders": _("Leaders"),
    "points": _("Inspection points"),
    "roads": _("Roads"),
    "compounds": _("Compounds"),
    "gaps": _("Gaps, hatched"),
    "hotspots": _("Hot spots"),
    "flags": _("Flags of the boards"),
}
NEEDS = {"hotspots": "hotspot.read", "flags": "board.read"}


def wall_form(visit: Visit) -> dict[str, Any]:
    """
    Return what the form of wall maps offers: a part's reader gets no figure of the whole.

    Parameters
    ----------
    visit
        Who asks.
    """
    whole = CITY in scopes_of(visit.request)
    layers = [
        (name, said, name in USUAL)
        for name, said in WALL_LAYERS.items()
        if name not in WHOLE_CITY or (whole and visit.may(NEEDS[name]))
    ]
    return {"sizes": list(SIZES), "layers": layers}
