"""The map of the city at a glance: what is covered, and what is not."""

from __future__ import annotations

import folium
import geopandas as gpd

from web.maps import palette
from web.maps.areas import add_borders, add_roads
from web.maps.base import add_areas, blank_map, finish
from web.maps.coverage import add_gaps, gap_entries
from web.maps.legend import Entry, legend
from web.words import Words
from web.words import gettext_noop as _

WATER_KINDS = ("河道", "水域", "湖泊", "水库", "river", "lake", "water")
GRIDS_AT_MOST = 3000  # beyond, their borders are only ink
DRY = {
    "fillColor": palette.COVERED,
    "fillOpacity": 1,
    "color": palette.COVERED_LINE,
    "weight": 0.7,
}
WET = {**DRY, "fillColor": palette.WATER, "color": palette.WATER_LINE}


def city_map(
    divisions: gpd.GeoDataFrame,
    grids: gpd.GeoDataFrame,
    gaps: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    words: Words,
) -> folium.Map:
    """
    Draw the city in two states: covered, and uncovered by reason.

    Parameters
    ----------
    divisions
        The lowest level above the grids, with ``name``.
    grids
        With ``name`` and ``kind``; their borders are left out where there are too many.
    gaps
        Uncovered areas, as for `web.maps.coverage.coverage_map`.
    roads
        Drawn beneath for finding one's way.
    words
        In whose language.
    """
    ground = divisions if len(divisions) else grids
    drawn = blank_map(ground, words)
    say = words.say
    shown = grids if 0 < len(grids) <= GRIDS_AT_MOST else ground
    about = {"name": say(_("Grid") if shown is grids else _("Division"))}
    add_areas(drawn, shown, lambda _row: DRY, name=say(_("Covered")), about=about)
    water = grids[grids["kind"].isin(WATER_KINDS)]
    add_areas(drawn, water, lambda _row: WET, name=say(_("Water")), about=about)
    add_roads(drawn, roads, words)
    add_gaps(drawn, gaps, words)
    add_borders(drawn, divisions, words)
    entries = [Entry(say(_("Covered")), palette.COVERED, palette.COVERED_LINE)]
    if len(water):
        entries.append(Entry(say(_("Water")), palette.WATER, palette.WATER_LINE))
    markup = legend(say(_("Covered and uncovered ground")), [*entries, *gap_entries(gaps, words)])
    return finish(drawn, markup)
