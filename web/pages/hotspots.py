"""Hot spots: where more issues lie together than chance explains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal, get_args

import folium
import geopandas as gpd
import pandas as pd
from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response

from api.awaiting import awaited
from api.callers import permit
from api.sentences import QueryError
from geodata.questions import Question
from geodata.reports import Selection, doubts, quadrants
from geodata.reports.outliving import WORKED_OUT_FROM as DRAWN_FROM
from geodata.reports.spots import Measure
from gridmap.agreement import HELD_SHARE
from gridmap.errors import TooLittleDataError
from gridmap.hotspots import HotSpots
from gridmap.loudness import LOUD_SHARE
from web.maps.ground import beneath, lowest_divisions, topology_of
from web.maps.heat import Picture, heat_picture
from web.maps.hotspots import hotspot_map
from web.maps.quadrants import LOOKS, quadrant_map
from web.pages.cells import in_words
from web.pages.choices import require_known
from web.pages.coverage import with_boxes
from web.pages.days import day
from web.pages.drawn import map_answer
from web.pages.place import Place, place_of
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("hotspot.read")])
By = Literal["grid", "square", "hex"]
Per = Literal["", "residents", "points", "roads", "walked", "visits"]
Group = Literal["", "citizens", "inspection", "patrol"]
Counting = Literal["reports", "reporter_days"]
Statistic = Literal["gi_star", "local_moran"]
SIZES = (100, 200, 500, 1000, 2000)
A_YEAR = timedelta(days=364)
SHOWN = 30
SENSITIVE = 12


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
        What counts are divided by; nothing if empty.
    group
        Only these channels; all if empty.
    smooth
        Whether smoothed rates are told too.
    counting
        Every report, or one of a reporter in an area on a day.
    statistic
        Hot and cold areas, or areas beside their neighbours.
    """

    since: date
    until: date
    category: str
    channel: str
    by: By
    size_m: float | None
    per: Per
    group: Group = ""
    smooth: bool = False
    counting: Counting = "reports"
    statistic: Statistic = "gi_star"

    @property
    def query(self) -> dict[str, Any]:
        """The same, for the reports."""
        how = {"per": self.per or None, "smooth": self.smooth, "counting": self.counting}
        return {**self.points, "by": self.by, "size_m": self.size_m, **how}

    @property
    def points(self) -> dict[str, Any]:
        """Which issues are meant."""
        return {
            "since": self.since,
            "until": self.until,
            "category": self.category or None,
            "channel": self.channel or None,
            "group": self.group or None,
        }

    @property
    def measure(self) -> Measure:
        """In what, and by what, they are counted."""
        return Measure(
            self.by,
            self.size_m,
            self.per or None,
            smooth=self.smooth,
            counting=self.counting,
        )

    def question(self, as_of: date) -> Question:
        """Return the same, for whoever works it out on the grids of a day."""
        wanted = Selection(**self.points)
        return Question("hotspots", wanted, as_of, self.measure, statistic=self.statistic)

    @property
    def link(self) -> dict[str, Any]:
        """The same, for an address."""
        days = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        size = {"size": None if self.size_m is None else f"{self.size_m:g}"}
        which = {"category": self.category, "channel": self.channel}
        how = {
            "group": self.group,
            "counting": self.counting,
            "smooth": "yes" if self.smooth else "",
            "statistic": "" if self.statistic == "gi_star" else self.statistic,
        }
        return {**days, **which, "by": self.by, **size, "per": self.per, **how}


def asked(  # noqa: PLR0913, PLR0917 - one for each filter of the form
    visit: VisitDep,
    since: Annotated[str, Query()] = "",
    until: Annotated[str, Query()] = "",
    category: Annotated[str, Query(max_length=200)] = "",
    channel: Annotated[str, Query(max_length=200)] = "",
    by: Annotated[By, Query()] = "grid",
    size: Annotated[str, Query(max_length=10)] = "",
    per: Annotated[Per, Query()] = "",
    group: Annotated[Group, Query()] = "",
    smooth: Annotated[Literal["", "yes"], Query()] = "",
    counting: Annotated[Counting, Query()] = "reports",
    statistic: Annotated[Literal["", "gi_star", "local_moran"], Query()] = "",
) -> Asked:
    """
    Read the filters; the last year that has issues if no period is named.

    Raises
    ------
    QueryError
        If the period ends before it begins, or a size is none of ours.
    NotFoundError
        If there is no such category or channel.
    """
    require_known(visit, category=category, channel=channel)
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
    if per == "residents" and by != "grid":
        per = ""  # a square or hexagon does not know its residents
    smoothed = bool(smooth and per)
    how = (by, size_m, per, group, smoothed, counting, statistic or "gi_star")
    return Asked(first, last, category, channel, *how)


AskedDep = Annotated[Asked, Depends(asked)]
Again = Annotated[Literal["", "yes"], Query()]
Division = Annotated[str, Query(max_length=40)]


@router.get("/hotspots")
def hotspots(
    visit: VisitDep, query: AskedDep, division: Division = "", again: Again = ""
) -> HTMLResponse:
    """Show the map of hot spots with its method, how far it has come, or why there is none."""
    place = place_of(visit, division)
    context: dict[str, Any] = {
        "place": place,
        "query": query,
        "categories": visit.reports.categories(),
        "channels": visit.reports.channels(),
        "sizes": SIZES,
        "any_issues": visit.reports.issue_days() is not None,
        "measures": get_args(Per),
        "groups": get_args(Group),
        "countings": get_args(Counting),
        "statistics": get_args(Statistic),
    }
    question = query.question(visit.as_of)
    if job := awaited(visit.request, visit.reports, question, again=bool(again)):
        context |= {"refusal": None, "job": job}
        return render(visit, "hotspots.html", section="hotspots", **context)
    try:
        found = found_of(visit, query)
    except TooLittleDataError as refusal:
        why = visit.words.say(refusal.template, **refusal.values)
        context |= {"refusal": why, "found": None}
        return render(visit, "hotspots.html", section="hotspots", **context)
    context |= _told(place, found)
    moran = query.statistic == "local_moran"
    context |= _quadrants(place, found) if moran else _doubts(visit, query, found)
    return render(visit, "hotspots.html", section="hotspots", **context)


def _told(place: Place, found: HotSpots) -> dict[str, Any]:
    """Return what the page shows of hot and cold areas."""
    table = with_boxes(_within(place, found).reset_index(names="code"))
    marked = table[table["class"] != 0].sort_values("z", ascending=False, kind="stable")
    known, reports = int(table["known"].sum()), int(table["reports"].sum())
    return {
        "refusal": None,
        "found": found,
        "method": place.visit.words.text(found.method.sentences()),
        "fingerprint": found.method.input_hash[:16],
        "hot": marked[marked["class"] > 0].head(SHOWN).to_dict("records"),
        "cold": marked[marked["class"] < 0].iloc[::-1].head(SHOWN).to_dict("records"),
        "hot_n": int((marked["class"] > 0).sum()),
        "cold_n": int((marked["class"] < 0).sum()),
        "piles": found.piles.to_dict("records"),
        "loud": table[table["loud"]]
        .sort_values("loudest", ascending=False, kind="stable")
        .head(SHOWN)
        .to_dict("records"),
        "loud_n": int(table["loud"].sum()),
        "loud_share": LOUD_SHARE,
        "known": share_of(known, reports),
    }


def found_of(visit: Visit, query: Asked) -> HotSpots:
    """Return what is found by the statistic that is asked for; cells are called in words."""
    if query.statistic == "gi_star":
        return in_words(visit.reports.hotspots(**query.query, as_of=visit.as_of), visit.words)
    wanted, reports = Selection(**query.points), visit.reports
    asked_of = (reports.workspace, wanted, reports.zone, query.measure, visit.as_of)
    return in_words(quadrants.find(*asked_of), visit.words)


def _within(place: Place, found: HotSpots) -> gpd.GeoDataFrame:
    """Return the areas of a place: each was compared with the whole city all the same."""
    table = found.table
    if not place.code:
        return table
    visit = place.visit
    grids = visit.reports.frame("grids", visit.as_of)
    # a cell may lie across a border, or its centre outside the city: it is where the next grid is
    nearest = grids.sindex.nearest(table.representative_point(), return_all=False)[1]
    return table[grids.index[nearest].isin(place.grids)]


def _quadrants(place: Place, found: HotSpots) -> dict[str, Any]:
    """Return the areas of each quadrant, the surest first."""
    visit = place.visit
    table = with_boxes(_within(place, found).reset_index(names="code"))
    table = table.sort_values("p", kind="stable")
    rows = {name: table[table["look"] == name] for name in LOOKS if name != quadrants.NONE}
    return {
        "quadrants": [
            (
                name,
                visit.words.say(LOOKS[name].title),
                len(these),
                these.head(SHOWN).to_dict("records"),
            )
            for name, these in rows.items()
        ]
    }


def share_of(part: int, whole: int) -> dict[str, Any]:
    """
    Return a share with what it is a share of.

    Examples
    --------
    >>> share_of(1, 4), share_of(0, 0)["share"]
    ({'part': 1, 'whole': 4, 'share': 0.25}, None)
    """
    return {"part": part, "whole": whole, "share": part / whole if whole else None}


def _doubts(visit: Visit, query: Asked, found: HotSpots) -> dict[str, Any]:
    """Return what other partitions and other channels say of the same."""
    points = query.points
    wanted = Selection(**points)
    reports = visit.reports
    asked_of = (reports.workspace, wanted, reports.zone, query.measure, visit.as_of)
    compared = doubts.partitions(*asked_of)
    template, values = compared.verdict
    names = found.table.get("name")
    rows = compared.shares.head(SENSITIVE)
    return {
        "verdict": visit.words.say(template, **values),
        "partitions": list(compared.shares),
        "held_share": HELD_SHARE,
        "sensitive_n": len(compared.shares),
        "sensitive": [
            {
                "code": code,
                "name": code if names is None or pd.isna(names[code]) else names[code],
                "shares": row.to_dict(),
            }
            for code, row in rows.iterrows()
        ],
        "not_compared": {
            by: visit.words.say(why, **given) for by, (why, given) in compared.refused.items()
        },
        "agreement": doubts.channels(*asked_of),
    }


@router.get("/maps/hotspots")
def on_map(visit: VisitDep, query: AskedDep, division: Division = "") -> Response:
    """Return the map of hot spots, a page of its own; the refusal if there is too little."""
    place = place_of(visit, division)
    try:
        found = found_of(visit, query)
    except TooLittleDataError as refusal:
        why = visit.words.say(refusal.template, **refusal.values)
        return render(visit, "maps/refusal.html", refusal=why)

    # the fingerprint is of all that was counted; the rest is what the map has beside it
    of = (query, found.method.input_hash, _ledger(visit, query), place.code)
    title = visit.words.say(_("Hot spots"))
    return map_answer(visit, title, DRAWN_FROM, lambda: _drawn(place, query, found), *of)


def _drawn(place: Place, query: Asked, found: HotSpots) -> folium.Map:
    visit = place.visit
    if query.statistic == "local_moran":
        return quadrant_map(
            found.table,
            beneath(visit.reports, visit.as_of) | {"shown": place.ground},
            visit.words,
            topology=topology_of(visit.reports, found.table, visit.as_of),
            ledger=_ledger(visit, query),
        )
    return hotspot_map(
        found.table,
        lowest_divisions(visit.reports, visit.as_of),
        visit.reports.frame("roads", visit.as_of),
        visit.words,
        picture=_picture(visit, query),
        topology=visit.reports.workspace.topology(visit.as_of) if query.by == "grid" else None,
        ledger=_ledger(visit, query),
        shown=place.ground,
    )


def _ledger(visit: Visit, query: Asked) -> str | None:
    """Return the path of the ledger of one grid, its code to follow; cells have no ledger."""
    if query.by != "grid" or not visit.may("issue.read"):
        return None
    which = {"category": query.category, "channel": query.channel}
    days = {"since": query.since.isoformat(), "until": query.until.isoformat()}
    kept = {name: value for name, value in {**days, **which}.items() if value}
    return visit.link("/issues", state="all", **kept) + "&grid="


def _picture(visit: Visit, query: Asked) -> Picture | None:
    heat = visit.reports.heat(**query.points)
    return None if heat is None else heat_picture(heat.density, heat.crs)
