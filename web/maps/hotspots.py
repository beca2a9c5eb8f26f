"""The map of hot spots: where more is found than chance explains, how much, and how dense."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from folium.raster_layers import ImageOverlay

from gridmap.topology import Topology
from web.maps import palette
from web.maps.base import LABELS_AT_MOST, add_label, blank_map, finish
from web.maps.heat import Picture
from web.maps.legend import Entry, legend
from web.maps.packed import MANY, About, Facts, Packed, drawn, ground, lines, places
from web.maps.text import inert
from web.words import Words
from web.words import gettext_noop as _

SIGNS_AT_MOST = 300
LARGEST_RADIUS = 22.0  # pixels
SMALLEST_RADIUS = 3.0
HOT_LINE, COLD_LINE, PLAIN_LINE = "#8c3a0b", "#17456e", "#c5ccd2"


def hotspot_map(  # noqa: PLR0913 - what is drawn, and what is beside it
    table: gpd.GeoDataFrame,
    divisions: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    words: Words,
    *,
    picture: Picture | None = None,
    topology: Topology | None = None,
    ledger: str | None = None,
) -> folium.Map:
    """
    Draw the classes of hot and cold spots, with counts and density as layers beside them.

    Parameters
    ----------
    table
        Areas or cells with ``name``, ``count``, ``z``, ``p``, ``class`` (−3…3), ``significant``;
        of rates ``exposure`` and ``rate``, and ``smoothed`` if it is to be told.
    divisions
        The level whose borders and names are drawn above; with ``name``.
    roads
        Drawn for finding one's way.
    words
        In whose language.
    picture
        The density of the same points, if there is one.
    topology
        The borders of the areas in the order of the table, where somebody has read them already.
    ledger
        Path to the issues of an area, its code to follow; none where there is no such page.
    """
    say = words.say
    made = blank_map(table, words, canvas=len(table) > MANY)
    facts = _facts(table, words, ledger)
    shown = drawn(table, topology)
    spots = say(_("Hot and cold spots"))
    Packed("areas", ground(shown), facts.told(), name=spots, overlay=False).add_to(made)
    _add_density(made, picture, say(_("Density of issues")))
    quiet = {"color": palette.ROAD, "weight": 2, "opacity": 0.75}
    Packed("outlines", lines(roads), quiet, name=say(_("Roads"))).add_to(made)
    _add_counts(made, table, words)
    _add_borders(made, divisions, say(_("Borders and names")))
    _add_signs(made, table, say(_("Signs")))
    density = _("Density of issues: Gaussian kernel, bandwidth {bandwidth}.")
    note = "" if picture is None else say(density, bandwidth=words.metres(picture.bandwidth_m))
    markup = legend(say(_("Hot spots")), class_entries(table, words), note=note)
    return finish(made, markup)


def class_entries(table: pd.DataFrame, words: Words) -> Sequence[Entry]:
    """Return the legend of the classes, each with how many areas it has."""
    areas = table["class"].value_counts()
    return [
        Entry(
            words.word("class", str(level)),
            colour,
            _line(level),
            palette.SIGNS[level],
            _sign_css(level),
            words.number(int(areas.get(level, 0))),
            "dashed" if level < 0 else "area",
        )
        for level, colour in palette.CLASSES.items()
    ]


def _line(level: int) -> str:
    return HOT_LINE if level > 0 else COLD_LINE if level < 0 else PLAIN_LINE


def _look(level: int) -> dict[str, Any]:
    return {
        "fillColor": palette.CLASSES[level],
        "fillOpacity": 0.9,
        "color": _line(level),
        "weight": 1.6 if level else 0.6,
        "dashArray": "4 3" if level < 0 else None,
    }


def _facts(table: gpd.GeoDataFrame, words: Words, ledger: str | None) -> Facts:
    say = words.say
    names = table["name"] if "name" in table else pd.Series(table.index, table.index)
    rates = (
        About(say(_("Divided by")), "exposure", 2),
        About(say(_("Rate")), "rate", 4),
        About(say(_("Smoothed rate")), "smoothed", 4),
    )
    about = [
        About(say(_("Grid or cell")), "name"),
        About(say(_("Issues")), "count"),
        *(line for line in rates if line.name in table and "exposure" in table),
        About(say(_("Verdict")), "style", word=True),
        About("z", "z", 2),
        About("p", "p", 4),
    ]
    return Facts(
        table.assign(
            name=names.fillna(table.index.to_series()).astype(str),
            style=table["class"].astype(int),
        ),
        about,
        {str(level): _look(level) for level in palette.CLASSES},
        {str(level): words.word("class", str(level)) for level in palette.CLASSES},
        None if ledger is None else (ledger, say(_("Open these issues in the ledger"))),
    )


def _add_counts(made: folium.Map, table: gpd.GeoDataFrame, words: Words) -> None:
    """Draw counts as circles whose areas are in proportion: a large grid is not a large count."""
    rows = np.flatnonzero(table["count"].to_numpy() > 0)
    if not rows.size:
        return
    counts = table["count"].to_numpy(dtype=float)[rows]
    radii = np.maximum(LARGEST_RADIUS * np.sqrt(counts / counts.max()), SMALLEST_RADIUS)
    circles = places(table.iloc[rows]) | {"of": rows.tolist(), "radius": radii.round(1).tolist()}
    look = {
        "fill": True,
        "fillColor": palette.FOCUS_FILL,
        "fillOpacity": 0.55,
        "color": palette.FOCUS,
        "weight": 1,
    }
    name = words.say(_("Number of issues (area of the circle)"))
    Packed("circles", circles, look, name=name, show=False).add_to(made)


def _add_borders(made: folium.Map, divisions: gpd.GeoDataFrame, name: str) -> None:
    """Draw the borders of a level, and its names where they are few."""
    look = {"color": palette.OUTLINE, "weight": 1.6}
    Packed("outlines", lines(divisions), look, name=name).add_to(made)
    if len(divisions) > LABELS_AT_MOST:
        return
    labels = folium.FeatureGroup(name=inert(name), control=False)
    inside = divisions.geometry.representative_point().to_crs("EPSG:4326")
    for text, place in zip(divisions["name"], inside, strict=True):
        add_label(labels, place, inert(text), "label")
    labels.add_to(made)


def _add_density(made: folium.Map, picture: Picture | None, name: str) -> None:
    if picture is None:
        return
    west, south, east, north = picture.bounds
    ImageOverlay(
        picture.pixels,
        bounds=[[south, west], [north, east]],
        name=inert(name),
        show=False,
        overlay=False,
        interactive=False,
    ).add_to(made)


def _add_signs(made: folium.Map, table: gpd.GeoDataFrame, name: str) -> None:
    """Write the sign of the strongest classes, so that colour is not the only code."""
    marked = table[(table["class"] != 0) & table.geometry.notna()]
    strongest = marked.loc[marked["class"].abs().sort_values(ascending=False, kind="stable").index]
    strongest = strongest.head(SIGNS_AT_MOST)
    if strongest.empty:
        return
    levels = [int(level) for level in strongest["class"]]
    text = [[palette.SIGNS[level], _sign_css(level)] for level in levels]
    Packed("signs", places(strongest) | {"text": text}, name=name, control=False).add_to(made)


def _sign_css(level: int) -> str:
    return "sign strong" if abs(level) == max(palette.CLASSES) else "sign"
