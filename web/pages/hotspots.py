"""Hot spots: where more issues lie together than chance explains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.callers import permit
from api.sentences import QueryError
from gridmap.errors import TooLittleDataError
from web.maps.ground import lowest_divisions
from web.maps.heat import Picture, heat_picture
from web.maps.hotspots import hotspot_map
from web.maps.offline import page
from web.pages.coverage import with_boxes
from web.pages.shell import Visit, VisitDep, day, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("hotspot.read")])
By = Literal["grid", "square", "hex"]
Per = Literal["", "residents"]
SIZES = (100, 200, 500, 1000, 2000)
A_YEAR = timedelta(days=364)
SHOWN = 30


@dataclass(frozen=True)
class Asked:
    """
    What hot spots are looked for.

    Parameters
    ----------
    since, until
        First and last day.
    category, channel
        Only these issues; all if empty.
    by
        Grids, or cells of one size.
    size_m
        Side of a square or hexagon; the reports choose if none.
    per
        What counts of grids are divided by; nothing if empty.
    """

    since: date
    until: date
    category: str
    channel: str
    by: By
    size_m: float | None
    per: Per

    @property
    def query(self) -> dict[str, Any]:
        """The same, for the reports."""
        return {**self.points, "by": self.by, "size_m": self.size_m, "per": self.per or None}

    @property
    def points(self) -> dict[str, Any]:
        """Which issues are meant."""
        return {
            "since": self.since,
            "until": self.until,
            "category": self.category or None,
            "channel": self.channel or None,
        }

    @property
    def link(self) -> dict[str, Any]:
        """The same, for an address."""
        days = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        size = {"size": None if self.size_m is None else f"{self.size_m:g}"}
        which = {"category": self.category, "channel": self.channel}
        return {**days, **which, "by": self.by, **size, "per": self.per}


def asked(  # noqa: PLR0913, PLR0917 - one for each filter of the form
    visit: VisitDep,
    since: Annotated[str, Query()] = "",
    until: Annotated[str, Query()] = "",
    category: Annotated[str, Query(max_length=200)] = "",
    channel: Annotated[str, Query(max_length=200)] = "",
    by: Annotated[By, Query()] = "grid",
    size: Annotated[str, Query(max_length=10)] = "",
    per: Annotated[Per, Query()] = "",
) -> Asked:
    """
    Read the filters; the last year that has issues if no period is named.

    Raises
    ------
    QueryError
        If the period ends before it begins, or a size is none of ours.
    """
    known = visit.reports.issue_days()
    last = day(until, min(known[1], visit.as_of) if known else visit.as_of)
    first = day(since, max(known[0], last - A_YEAR) if known else last - A_YEAR)
    if last < first:
        msg = "The period ends on {until}, before it begins on {since}."
        raise QueryError(msg, since=first.isoformat(), until=last.isoformat())
    if size and size not in {str(offered) for offered in SIZES}:
        msg = "Cells of {size} m are not offered; there are {sizes}."
        raise QueryError(msg, size=repr(size), sizes=", ".join(map(str, SIZES)))
    size_m = float(size) if size and by != "grid" else None
    return Asked(first, last, category, channel, by, size_m, per if by == "grid" else "")


AskedDep = Annotated[Asked, Depends(asked)]


@router.get("/hotspots")
def hotspots(visit: VisitDep, query: AskedDep) -> HTMLResponse:
    """Show the map of hot spots with its method, or say why there is none."""
    context: dict[str, Any] = {
        "query": query,
        "categories": visit.reports.categories(),
        "channels": visit.reports.channels(),
        "sizes": SIZES,
        "any_issues": visit.reports.issue_days() is not None,
    }
    try:
        found = visit.reports.hotspots(**query.query, as_of=visit.as_of)
    except TooLittleDataError as refusal:
        why = visit.words.say(refusal.template, **refusal.values)
        context |= {"refusal": why, "found": None}
        return render(visit, "hotspots.html", section="hotspots", **context)
    table = with_boxes(found.table.reset_index(names="code"))
    marked = table[table["class"] != 0].sort_values("z", ascending=False, kind="stable")
    context |= {
        "refusal": None,
        "found": found,
        "method": visit.words.text(found.method.sentences()),
        "fingerprint": found.method.input_hash[:16],
        "hot": marked[marked["class"] > 0].head(SHOWN).to_dict("records"),
        "cold": marked[marked["class"] < 0].iloc[::-1].head(SHOWN).to_dict("records"),
        "hot_n": int((marked["class"] > 0).sum()),
        "cold_n": int((marked["class"] < 0).sum()),
        "piles": found.piles.to_dict("records"),
    }
    return render(visit, "hotspots.html", section="hotspots", **context)


@router.get("/maps/hotspots")
def on_map(visit: VisitDep, query: AskedDep) -> HTMLResponse:
    """Return the map of hot spots, a page of its own; the refusal if there is too little."""
    try:
        found = visit.reports.hotspots(**query.query, as_of=visit.as_of)
    except TooLittleDataError as refusal:
        why = visit.words.say(refusal.template, **refusal.values)
        return render(visit, "maps/refusal.html", refusal=why)
    drawn = hotspot_map(
        found.table,
        lowest_divisions(visit.reports, visit.as_of),
        visit.reports.frame("roads", visit.as_of),
        visit.words,
        picture=_picture(visit, query),
    )
    return HTMLResponse(page(drawn, visit.words.say(_("Hot spots"))))


def _picture(visit: Visit, query: Asked) -> Picture | None:
    heat = visit.reports.heat(**query.points)
    return None if heat is None else heat_picture(heat.density, heat.crs)
