"""Maps of one row of the register: a grid among its neighbours, a unit with its grids."""

from __future__ import annotations

import folium
import geopandas as gpd
from shapely import box

from web.maps import palette
from web.maps.base import add_areas, add_roads, blank_map, finish
from web.maps.legend import Entry, legend
from web.maps.text import link
from web.words import Words
from web.words import gettext_noop as _

SHOWN, DRAWN = 0.4, 4.0  # margins: of the first view, and of what is drawn around it
QUIET = {
    "fillColor": palette.GROUND,
    "fillOpacity": 1,
    "color": palette.COVERED_LINE,
    "weight": 1,
}
FOCUS = {
    "fillColor": palette.FOCUS_FILL,
    "fillOpacity": 0.75,
    "color": palette.FOCUS,
    "weight": 2.5,
}


def focus_map(
    focus: gpd.GeoDataFrame,
    around: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    words: Words,
    *,
    title: str,
) -> folium.Map:
    """
    Draw some grids in focus among others.

    Parameters
    ----------
    focus
        What the map is about, indexed by code, with ``name``.
    around
        What is drawn quietly beside it, indexed by code, with ``name``.
    roads
        Drawn for finding one's way.
    words
        In whose language.
    title
        What the focus is called in the legend.
    """
    drawn = blank_map(surroundings(focus) if len(focus) else around.geometry, words)
    say = words.say
    about = {"name_html": say(_("Grid"))}
    add_areas(drawn, _linked(around), lambda _row: QUIET, name=say(_("Other grids")), about=about)
    add_roads(drawn, roads, say(_("Roads")))
    add_areas(drawn, _linked(focus), lambda _row: FOCUS, name=title, about=about)
    entries = [Entry(title, palette.FOCUS_FILL, palette.FOCUS)]
    if len(around):
        entries.append(Entry(say(_("Other grids")), palette.GROUND, palette.COVERED_LINE))
    markup = legend(say(_("Grids")), entries)
    return finish(drawn, markup)


def surroundings(focus: gpd.GeoDataFrame, margin: float = SHOWN) -> gpd.GeoSeries:
    """Return the box of some grids, wider on each side by a share of its longer side."""
    west, south, east, north = focus.total_bounds
    aside = margin * max(east - west, north - south)
    shown = box(west - aside, south - aside, east + aside, north + aside)
    return gpd.GeoSeries([shown], crs=focus.crs)


def _linked(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    names = grids["name"].fillna(grids.index.to_series())
    pages = [link("/register/grids/", code, name) for code, name in names.items()]
    return grids.assign(name_html=pages)
