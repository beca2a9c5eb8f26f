"""The map of the city at a glance: what is covered, and what is not."""

from __future__ import annotations

import folium
import geopandas as gpd

from web.maps import palette
from web.maps.base import add_areas, add_outlines, add_roads, blank_map, finish
from web.maps.coverage import add_gaps, gap_entries
from web.maps.legend import Entry, legend
from web.words import Words
from web.words import gettext_noop as _

WATER_KINDS = ("河道", "水域", "湖泊", "水库", "river", "lake", "water")
GRIDS_AT_MOST = 3000  # beyond, their borders are only ink


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
    covered = {
        "fillColor": palette.COVERED,
        "fillOpacity": 1,
        "color": palette.COVERED_LINE,
        "weight": 0.7,
    }
    shown = grids if 0 < len(grids) <= GRIDS_AT_MOST else ground
    about = {"name": say(_("Grid") if shown is grids else _("Division"))}
    add_areas(drawn, shown, lambda _row: covered, name=say(_("Covered")), about=about)
    water = grids[grids["kind"].isin(WATER_KINDS)]
    wet = {**covered, "fillColor": palette.WATER, "color": palette.WATER_LINE}
    add_areas(drawn, water, lambda _row: wet, name=say(_("Water")), about=about)
    add_roads(drawn, roads, say(_("Roads")))
    add_gaps(drawn, gaps, words)
    add_outlines(drawn, divisions, say(_("Borders and names")))
    covered_entry = Entry(say(_("Covered")), palette.COVERED, palette.COVERED_LINE)
    entries = [covered_entry]
    if len(water):
        entries.append(Entry(say(_("Water")), palette.WATER, palette.WATER_LINE))
    markup = legend(say(_("Covered and uncovered ground")), [*entries, *gap_entries(gaps, words)])
    return finish(drawn, markup)
