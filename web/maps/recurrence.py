"""The map of stubborn places: circles as large as they are stubborn, the number in each."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import folium
import geopandas as gpd
import numpy as np

from geodata.reports.stubborn import around
from web.maps.areas import add_beneath
from web.maps.base import DECIMALS, blank_map, finish
from web.maps.legend import Entry, legend
from web.maps.text import inert, link
from web.words import Words, absent
from web.words import gettext_noop as _

FILL, LINE = "#a63a08", "#5c1d02"
LARGEST = 26.0  # pixels
AROUND, A_FIGURE = 7.0, 3.0  # pixels of radius: a circle is never too small for its number
NUMBER = "sign strong"  # the class of white figures
ABOUT = {
    "category": _("Category"),
    "n": _("Issues"),
    "first": _("First report"),
    "last": _("Last report"),
    "who": _("Who answers now"),
}
PLATE = "letter"  # the class of a plate with something on it


def recurrence_map(
    places: gpd.GeoDataFrame,
    beneath: Mapping[str, gpd.GeoDataFrame],
    words: Words,
    *,
    ledger: str | None = None,
) -> folium.Map:
    """
    Draw stubborn places, the most stubborn above the others.

    Parameters
    ----------
    places
        Points with ``n``, ``category``, ``grid_now``, and ``first``, ``last`` and ``who`` in words;
        the largest ``n`` first.
    beneath
        ``roads`` and ``divisions``, drawn quietly for finding one's way.
    words
        In whose language.
    ledger
        Path to the issues of a grid, its code to follow; none where there is no such page.
    """
    say = words.say
    drawn = blank_map(_shown(around(places), *beneath.values()), words)
    add_beneath(drawn, beneath, words)
    entries = []
    if len(places):
        _add_circles(drawn, places.assign(radius=radii(places)), words, ledger)
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
    [26.0, 13.0, 10.0]
    """
    n = places["n"].to_numpy(dtype=np.float64)
    least = AROUND + A_FIGURE * np.array([len(f"{one:.0f}") for one in n])
    found: list[float] = np.maximum(LARGEST * np.sqrt(n / n.max()), least).round(1).tolist()
    return found


def _add_circles(
    drawn: folium.Map, shown: gpd.GeoDataFrame, words: Words, ledger: str | None
) -> None:
    """Draw circle and number as one, so that a circle above another hides its number, too."""
    layer = folium.FeatureGroup(name=inert(words.say(_("Stubborn places"))))
    where = shown.geometry.to_crs("EPSG:4326")
    for place, row in zip(where, shown.to_dict("records"), strict=True):
        size = f"width:{2 * row['radius']:g}px;height:{2 * row['radius']:g}px"
        looks = f"{size};border-radius:50%;background:{FILL}"
        circle = f'<span style="{looks}">{int(row["n"])}</span>'
        told = _about(row, words)
        mark = folium.Marker(
            [round(place.y, DECIMALS), round(place.x, DECIMALS)],
            icon=folium.DivIcon(html=circle, icon_size=(0, 0), class_name=PLATE),
            z_index_offset=int(row["n"]) * 1000,
            keyboard=False,
        )
        folium.Tooltip(told, sticky=True).add_to(mark)
        folium.Popup(told + _way(row, words, ledger), max_width=320).add_to(mark)
        mark.add_to(layer)
    layer.add_to(drawn)


def _about(row: Mapping[Hashable, Any], words: Words) -> str:
    """Return what is told of a place, as a table."""
    rows = "".join(
        f"<tr><th>{inert(words.say(title))}</th><td>{inert(row[name])}</td></tr>"
        for name, title in ABOUT.items()
    )
    return f'<div class="tip"><table>{rows}</table></div>'


def _way(row: Mapping[Hashable, Any], words: Words, ledger: str | None) -> str:
    """Return the way to the ledger of the grid that a place lies in."""
    if ledger is None or absent(row.get("grid_now")):
        return ""
    said = words.say(_("Open the issues of this grid in the ledger"))
    return f"<p>{link(ledger, row['grid_now'], said)}</p>"


def _shown(*frames: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what the first view holds: the first frame with anything in it."""
    return next((frame for frame in frames if len(frame)), frames[-1])
