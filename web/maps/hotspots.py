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
from web.maps.areas import (
    add_borders,
    add_roads,
    add_signs,
    areas_map,
    line_of,
    names,
    sign_css,
)
from web.maps.base import finish
from web.maps.heat import Picture
from web.maps.legend import Entry, legend
from web.maps.packed import About, Facts, Packed, places
from web.maps.text import inert
from web.words import Words
from web.words import gettext_noop as _

LARGEST_RADIUS = 22.0  # pixels
SMALLEST_RADIUS = 3.0


def hotspot_map(  # noqa: PLR0913 - what is drawn, and what is beside it
    table: gpd.GeoDataFrame,
    divisions: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    words: Words,
    *,
    picture: Picture | None = None,
    topology: Topology | None = None,
    ledger: str | None = None,
    shown: gpd.GeoDataFrame | None = None,
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
    shown
        What the first view holds; all areas if left out.
    """
    say = words.say
    facts = _facts(table, words, ledger)
    made, _areas = areas_map(
        table, facts, words, say(_("Hot and cold spots")), topology=topology, shown=shown
    )
    _add_density(made, picture, say(_("Density of issues")))
    add_roads(made, roads, words)
    _add_counts(made, table, words)
    add_borders(made, divisions, words)
    _add_signs(made, table, words)
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
            line_of(level),
            palette.SIGNS[level],
            sign_css(level),
            words.number(int(areas.get(level, 0))),
            "dashed" if level < 0 else "area",
        )
        for level, colour in palette.CLASSES.items()
    ]


def _look(level: int) -> dict[str, Any]:
    return {
        "fillColor": palette.CLASSES[level],
        "fillOpacity": 0.9,
        "color": line_of(level),
        "weight": 1.6 if level else 0.6,
        "dashArray": "4 3" if level < 0 else None,
    }


def _facts(table: gpd.GeoDataFrame, words: Words, ledger: str | None) -> Facts:
    say = words.say
    rates = (
        About(say(_("Divided by")), "exposure", 2),
        About(say(_("Rate of issues")), "rate", 4),
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
            name=names(table),
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


def _add_signs(made: folium.Map, table: gpd.GeoDataFrame, words: Words) -> None:
    """Write the sign of the classes, the strongest first."""
    strength = table["class"].abs()
    marked = table.loc[strength[strength > 0].sort_values(ascending=False, kind="stable").index]
    levels = [int(level) for level in marked["class"]]
    if levels:
        add_signs(made, marked, [(palette.SIGNS[n], sign_css(n)) for n in levels], words)
