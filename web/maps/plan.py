"""The map of a plan: what gains a unit, what loses its unit, what changes hands."""

from __future__ import annotations

from typing import ClassVar

import folium
import geopandas as gpd
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template
from shapely import box

from web.maps import palette
from web.maps.base import (
    LABELS_AT_MOST,
    Style,
    add_areas,
    add_label,
    add_outlines,
    add_roads,
    blank_map,
    finish,
)
from web.maps.legend import Entry, legend
from web.maps.sheet import surroundings
from web.maps.text import inert, link
from web.plan_words import ACTS, SIGNS
from web.words import Words
from web.words import gettext_noop as _

# Fill, border and dashes of each: they differ in lightness, in dashes and by a sign.
LOOKS = {
    "gains": ("#8fc9b4", "#1f6f54", ""),
    "loses": ("#f3c6a5", "#a63a08", "2 5"),
    "changes": ("#b79bd0", "#5b2d78", "9 4"),
}
QUIET = {
    "fillColor": palette.GROUND,
    "fillOpacity": 0.55,
    "color": palette.COVERED_LINE,
    "weight": 0.7,
    "interactive": False,
}


class PlanStyle(JSCSSMixin, MacroElement):
    """The style of the signs of a plan."""

    default_css: ClassVar = [("plan_style", "/static/css/plan-map.css")]
    _template = Template("")

    def __init__(self) -> None:
        super().__init__()
        self._name = "PlanStyle"


def plan_map(
    changed: gpd.GeoDataFrame,
    grids: gpd.GeoDataFrame,
    divisions: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    words: Words,
) -> folium.Map:
    """
    Draw what a plan changes.

    Parameters
    ----------
    changed
        ``target_kind``, ``target``, ``target_name``, ``act`` (gains, loses, changes),
        ``before``, ``after`` and ``why`` in words; areas, lines and points, any CRS.
    grids, divisions, roads
        Drawn quietly beneath for finding one's way.
    words
        In whose language.
    """
    placed = changed[~(changed.geometry.isna() | changed.geometry.is_empty)]
    drawn = blank_map(_shown(placed, grids), words)
    drawn.add_child(PlanStyle())
    say = words.say
    add_areas(drawn, grids, lambda _row: QUIET, name=say(_("Other grids")))
    add_roads(drawn, roads, say(_("Roads")))
    for act in LOOKS:
        _add_act(drawn, placed[placed["act"] == act], act, words)
    add_outlines(drawn, divisions, say(_("Borders and names")))
    _add_signs(drawn, placed)
    entries = [
        Entry(
            say(ACTS[act]),
            LOOKS[act][0],
            LOOKS[act][1],
            SIGNS[act],
            f"letter {act}",
            words.number(int((changed["act"] == act).sum())),
            "dashed" if LOOKS[act][2] else "area",
        )
        for act in LOOKS
        if (changed["act"] == act).any()
    ]
    return finish(drawn, legend(say(_("What changes")), entries))


def _shown(placed: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return what is looked at first: what changes with some room around it, within the city."""
    if placed.empty:
        return grids.geometry
    around = surroundings(placed)
    if grids.empty:
        return around
    city = box(*grids.to_crs(placed.crs).total_bounds)
    within = around.intersection(city)
    return around if within.is_empty.any() else within


def _add_act(drawn: folium.Map, rows: gpd.GeoDataFrame, act: str, words: Words) -> None:
    say = words.say
    pages = [
        link("/register/grids/", target, name) if kind == "grid" else inert(name)
        for kind, target, name in zip(
            rows["target_kind"], rows["target"], rows["target_name"], strict=True
        )
    ]
    add_areas(
        drawn,
        rows.assign(name_html=pages),
        _look(act),
        name=say(ACTS[act]),
        about={
            "name_html": say(_("Target")),
            "before": say(_("Before")),
            "after": say(_("After")),
            "why": say(_("Reason")),
        },
        marker=folium.CircleMarker(radius=9, fill=True),
    )


def _look(act: str) -> Style:
    fill, line, dashes = LOOKS[act]
    style = {"fillColor": fill, "fillOpacity": 0.8, "color": line, "weight": 2.5}
    told = {**style, "dashArray": dashes} if dashes else style
    return lambda _row: told


def _add_signs(drawn: folium.Map, rows: gpd.GeoDataFrame) -> None:
    """Write the sign of each change on it, or on the largest where there are many."""
    size = rows.geometry.to_crs("EPSG:6933").area  # equal areas everywhere: only for the order
    largest = rows.loc[size.sort_values(ascending=False).index[:LABELS_AT_MOST]]
    signs = folium.FeatureGroup(name="", control=False)
    inside = largest.geometry.representative_point().to_crs("EPSG:4326")
    for act, place in zip(largest["act"], inside, strict=True):
        add_label(signs, place, inert(SIGNS[act]), f"letter {act}")
    signs.add_to(drawn)
