"""The map of rules along roads: where too few things stand."""

from __future__ import annotations

import folium
import geopandas as gpd

from web.maps.base import Style, add_areas, add_outlines, add_roads, blank_map, finish
from web.maps.legend import Entry, legend
from web.words import Words
from web.words import gettext_noop as _

# Colour and dashes: they differ in lightness and in dashes, for grey print
LOOKS = {"held": ("#a63a08", ""), "nobody": ("#16232f", "7 5")}
TITLES = {"held": _("Too few, somebody answers"), "nobody": _("Too few, nobody answers")}


def road_rules_map(
    failures: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame, words: Words
) -> folium.Map:
    """
    Draw the stretches that break a rule.

    Parameters
    ----------
    failures
        Lines with ``road``, ``metres``, ``things``, ``who`` in words, and ``nobody``, true where
        no unit answers for any of it.
    roads, divisions
        Drawn quietly beneath for finding one's way.
    words
        In whose language.
    """
    say = words.say
    drawn = blank_map(_shown(failures, roads, divisions), words)
    add_outlines(drawn, divisions, say(_("Borders and names")))
    add_roads(drawn, roads, say(_("Roads")))
    about = {
        "road": say(_("Road")),
        "metres": say(_("Metres")),
        "things": say(_("Found")),
        "who": say(_("Who answers")),
    }
    entries = []
    for look, rows in (
        ("held", failures[~failures["nobody"]]),
        ("nobody", failures[failures["nobody"]]),
    ):
        if rows.empty:
            continue
        add_areas(drawn, rows, _style(look), name=say(TITLES[look]), about=about)
        colour, dashes = LOOKS[look]
        shape = "dashed" if dashes else "line"
        n = words.number(len(rows))
        fill = "#ffffff" if dashes else colour
        entries.append(Entry(say(TITLES[look]), fill, colour, figure=n, shape=shape))
    return finish(drawn, legend(say(_("Rules along roads")), entries))


def _shown(*frames: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what the first view holds: the first frame with anything in it."""
    return next((frame for frame in frames if len(frame)), frames[-1])


def _style(look: str) -> Style:
    colour, dashes = LOOKS[look]
    style = {"color": colour, "weight": 5, "opacity": 0.9, "fill": False}
    told = {**style, "dashArray": dashes} if dashes else style
    return lambda _row: told
