"""The map of a unit's patrol: walked solid, missed dashed, points seen and not seen."""

from __future__ import annotations

from collections.abc import Mapping

import folium
import geopandas as gpd
import pandas as pd

from geodata.reports.stubborn import around
from web.maps.areas import add_borders, add_roads
from web.maps.base import Style, add_areas, add_label, blank_map, finish
from web.maps.legend import Entry, legend
from web.maps.text import inert
from web.words import Words
from web.words import gettext_noop as _

# Colour and dashes: they differ in lightness and in dashes, for grey print
LOOKS = {"walked": ("#10375c", ""), "missed": ("#c2410c", "9 7"), "beat": ("#5b6470", "2 6")}
TITLES = {
    "walked": _("Walked"),
    "missed": _("Due and not walked"),
    "beat": _("The unit's roads, not due"),
}
SEEN, UNSEEN = "✓", "!"
POINTS = {
    "seen": (SEEN, "sign strong", "#10375c", _("Point seen")),
    "unseen": (UNSEEN, "sign", "#ffffff", _("Point not seen")),
    "quiet": ("·", "sign", "#ffffff", _("Point, not due")),
}


def patrol_map(
    lines: Mapping[str, gpd.GeoDataFrame],
    points: gpd.GeoDataFrame,
    beneath: Mapping[str, gpd.GeoDataFrame],
    words: Words,
) -> folium.Map:
    """
    Draw what was walked and what was missed.

    Parameters
    ----------
    lines
        A look of `LOOKS` → lines with ``name`` and ``metres`` in words; what is drawn last lies
        above.
    points
        With ``name`` and ``look``, one of `POINTS`.
    beneath
        ``roads`` and ``divisions``, drawn quietly for finding one's way.
    words
        In whose language.
    """
    say = words.say
    own = pd.concat([rows.geometry for rows in (*lines.values(), points)])
    ground = beneath["roads"] if len(beneath["roads"]) else beneath["divisions"]
    drawn = blank_map(around(own.to_frame("geometry")) if len(own) else ground, words)
    add_borders(drawn, beneath["divisions"], words)
    add_roads(drawn, beneath["roads"], words)
    entries = []
    for look, rows in lines.items():
        if rows.empty:
            continue
        about = {"name": say(_("Road")), "metres": say(_("Metres"))}
        add_areas(drawn, rows, _style(look), name=say(TITLES[look]), about=about)
        colour, dashes = LOOKS[look]
        fill, shape = ("#ffffff", "dashed") if dashes else (colour, "area")
        figure = words.metres(float((rows["to_m"] - rows["from_m"]).sum()))
        entries.append(Entry(say(TITLES[look]), fill, colour, figure=figure, shape=shape))
    return finish(drawn, legend(say(_("Patrol")), [*entries, *_add_points(drawn, points, words)]))


def _add_points(drawn: folium.Map, points: gpd.GeoDataFrame, words: Words) -> list[Entry]:
    """Draw the points with a sign in each; return their entries in the legend."""
    entries = []
    signs = folium.FeatureGroup(name=inert(words.say(_("Signs"))), control=False)
    for look, (sign, css, colour, title) in POINTS.items():
        rows = points[points["look"] == look]
        if rows.empty:
            continue
        add_areas(
            drawn,
            rows,
            _plate(colour),
            name=words.say(title),
            about={"name": words.say(_("Inspection point"))},
            marker=folium.CircleMarker(),
        )
        for place in rows.geometry.to_crs("EPSG:4326"):
            add_label(signs, place, sign, css)
        figure = words.number(len(rows))
        entries.append(Entry(words.say(title), colour, "#10375c", sign, css, figure))
    signs.add_to(drawn)
    return entries


def _plate(colour: str) -> Style:
    ring = {"radius": 8, "color": "#10375c", "weight": 1.5}
    return lambda _row: {**ring, "fill": True, "fillColor": colour, "fillOpacity": 1}


def _style(look: str) -> Style:
    colour, dashes = LOOKS[look]
    style = {"color": colour, "weight": 5, "opacity": 0.9, "fill": False}
    told = {**style, "dashArray": dashes} if dashes else style
    return lambda _row: told
