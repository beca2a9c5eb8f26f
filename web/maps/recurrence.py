"""The map of stubborn places: circles as large as they are stubborn, the number in each."""

from __future__ import annotations

import folium
import geopandas as gpd
import numpy as np

from web.maps.base import add_areas, add_label, add_outlines, add_roads, blank_map, finish
from web.maps.legend import Entry, legend
from web.maps.text import inert
from web.words import Words
from web.words import gettext_noop as _

FILL, LINE = "#a63a08", "#5c1d02"
LARGEST = 26.0  # pixels
AROUND, A_FIGURE = 5.0, 4.0  # pixels of radius: a circle is never too small for its number
NUMBER = "sign strong"  # the class of white figures


def recurrence_map(
    places: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame, words: Words
) -> folium.Map:
    """
    Draw stubborn places, the most stubborn above the others.

    Parameters
    ----------
    places
        Points with ``n``, ``category``, and ``first``, ``last`` and ``who`` in words; the largest
        ``n`` first.
    roads, divisions
        Drawn quietly beneath for finding one's way.
    words
        In whose language.
    """
    say = words.say
    drawn = blank_map(_shown(places, roads, divisions), words)
    add_outlines(drawn, divisions, say(_("Borders and names")))
    add_roads(drawn, roads, say(_("Roads")))
    entries = []
    if len(places):
        shown = places.iloc[::-1].assign(style=radii(places)[::-1])
        _add_circles(drawn, shown, words)
        entries = [Entry(say(_("Issues at one place")), FILL, LINE, "n", NUMBER)]
    return finish(drawn, legend(say(_("Stubborn places")), entries))


def radii(places: gpd.GeoDataFrame) -> list[float]:
    """
    Return radii whose circles are in proportion to numbers, none too small for its number.

    Parameters
    ----------
    places
        With ``n``.

    Examples
    --------
    >>> radii(gpd.GeoDataFrame({"n": [64, 16, 1]}))
    [26.0, 13.0, 9.0]
    """
    n = places["n"].to_numpy(dtype=np.float64)
    least = AROUND + A_FIGURE * np.array([len(f"{one:.0f}") for one in n])
    found: list[float] = np.maximum(LARGEST * np.sqrt(n / n.max()), least).round(1).tolist()
    return found


def _add_circles(drawn: folium.Map, shown: gpd.GeoDataFrame, words: Words) -> None:
    say = words.say
    add_areas(
        drawn,
        shown,
        lambda row: {
            "radius": row["style"],
            "fill": True,
            "fillColor": FILL,
            "fillOpacity": 0.85,
            "color": "#ffffff",
            "weight": 1.5,
        },
        name=say(_("Stubborn places")),
        about={
            "category": say(_("Category")),
            "n": say(_("Issues")),
            "first": say(_("First report")),
            "last": say(_("Last report")),
            "who": say(_("Who answers now")),
        },
        marker=folium.CircleMarker(),
    )
    numbers = folium.FeatureGroup(name=inert(say(_("Numbers"))), control=False)
    for n, place in zip(shown["n"], shown.geometry.to_crs("EPSG:4326"), strict=True):
        add_label(numbers, place, str(int(n)), NUMBER)
    numbers.add_to(drawn)


def _shown(*frames: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what the first view holds: the first frame with anything in it."""
    return next((frame for frame in frames if len(frame)), frames[-1])
