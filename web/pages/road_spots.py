"""Hot stretches: which parts of which roads hold more issues than chance explains."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import folium
import pandas as pd
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from api.awaiting import awaited
from api.callers import permit
from api.routes.road_spots import found_on_roads
from geodata.questions import Question
from geodata.reports.road_spots import BESIDE_M, LAYERS, RoadSpots
from geodata.reports.selection import Selection
from gridmap.errors import TooLittleDataError
from web.maps.ground import lowest_divisions
from web.maps.road_spots import road_spots_map
from web.pages.coverage import with_boxes
from web.pages.drawn import map_answer
from web.pages.hotspots import Again, Asked, AskedDep
from web.pages.shell import Visit, VisitDep, render
from web.words import Words
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("hotspot.read")])
LIXELS = (50, 100, 200)
REACHES = (200, 300, 500, 1000)
SHOWN = 60
LixelQuery = Annotated[Literal["50", "100", "200"], Query()]
ReachQuery = Annotated[Literal["200", "300", "500", "1000"], Query()]


@router.get("/hotspots/roads")
def hot_roads(
    visit: VisitDep,
    query: AskedDep,
    lixel: LixelQuery = "100",
    reach: ReachQuery = "300",
    again: Again = "",
) -> HTMLResponse:
    """Show the hot stretches with map and method, how far it has come, or why there are none."""
    link = {name: query.link[name] for name in ("since", "until", "category", "channel")}
    context: dict[str, Any] = {
        "query": query,
        "lixel": int(lixel),
        "reach": int(reach),
        "lixels": LIXELS,
        "reaches": REACHES,
        "beside_m": BESIDE_M,
        "categories": visit.reports.categories(),
        "channels": visit.reports.channels(),
        "link": link | {"lixel": lixel, "reach": reach},
        "refusal": None,
        "found": None,
    }
    asked_of = Question(
        "network", _wanted(query), visit.as_of, lixel_m=float(lixel), reach_m=float(reach)
    )
    if job := awaited(visit.request, visit.reports, asked_of, again=bool(again)):
        return render(visit, "road_spots.html", section="hotspots", **context, job=job)
    try:
        found = _found(visit, query, lixel, reach)
    except TooLittleDataError as refusal:
        context["refusal"] = visit.words.say(refusal.template, **refusal.values)
        return render(visit, "road_spots.html", section="hotspots", **context)
    context |= _listed(found, visit.words)
    return render(visit, "road_spots.html", section="hotspots", **context)


def _listed(found: RoadSpots, words: Words) -> dict[str, Any]:
    """Return what the page lists of the stretches."""
    rows = with_boxes(_told(found, words))
    hot = rows[rows["class"] > 0]
    return {
        "found": found,
        "hot": hot.head(SHOWN).to_dict("records"),
        "hot_n": len(hot),
        "hot_m": float(hot["length_m"].sum()),
        "all_m": float(found.spots.table["length_m"].sum()),
        "method": words.text(found.spots.method.sentences()),
        "fingerprint": found.spots.method.input_hash[:16],
    }


@router.get("/maps/hotspots/roads")
def on_map(
    visit: VisitDep, query: AskedDep, lixel: LixelQuery = "100", reach: ReachQuery = "300"
) -> Response:
    """Return the map of hot stretches, a page of its own; the refusal if there is too little."""
    try:
        found = _found(visit, query, lixel, reach)
    except TooLittleDataError as refusal:
        why = visit.words.say(refusal.template, **refusal.values)
        return render(visit, "maps/refusal.html", refusal=why)
    title = visit.words.say(_("Hot stretches"))
    of = (_wanted(query), lixel, reach, found.spots.method.input_hash)
    return map_answer(visit, title, LAYERS, lambda: _drawn(visit, found), *of)


def _drawn(visit: Visit, found: RoadSpots) -> folium.Map:
    return road_spots_map(
        found.spots.table,
        _told(found, visit.words),
        visit.reports.frame("roads", visit.as_of),
        lowest_divisions(visit.reports, visit.as_of),
        visit.words,
    )


def _wanted(query: Asked) -> Selection:
    return Selection(query.since, query.until, query.category or None, query.channel or None)


def _found(visit: Visit, query: Asked, lixel: str, reach: str) -> RoadSpots:
    metres = (float(lixel), float(reach))
    return found_on_roads(visit.request, visit.reports, _wanted(query), metres, visit.as_of)


def _told(found: RoadSpots, words: Words) -> Any:  # noqa: ANN401 - a GeoDataFrame, if there is a row
    """Say in words what the list and the map tell of each stretch."""
    rows = found.stretches
    return rows.assign(
        road=[
            name if pd.notna(name) else road
            for name, road in zip(rows["road_name"], rows["road_id"], strict=True)
        ],
        metres=[
            words.say(_("{first}–{last} m"), first=words.number(first), last=words.number(last))
            for first, last in zip(rows["from_m"].round(), rows["to_m"].round(), strict=True)
        ],
        found=[words.number(n) for n in rows["count"]],
        who=[_who(pieces, words) for pieces in rows["answers"]],
    )


def _who(pieces: list[dict[str, Any]], words: Words) -> str:
    names = dict.fromkeys(piece["unit_name"] or piece["unit_id"] for piece in pieces)
    return words.together([name or words.say(_("nobody")) for name in names])
