"""The map of hot spots: where more is found than chance explains, how much, and how dense."""

from __future__ import annotations

from collections.abc import Sequence

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from folium.raster_layers import ImageOverlay

from web.maps import palette
from web.maps.base import (
    add_areas,
    add_label,
    add_outlines,
    add_roads,
    blank_map,
    finish,
)
from web.maps.heat import Picture
from web.maps.legend import Entry, legend
from web.maps.text import inert
from web.words import Words
from web.words import gettext_noop as _

CANVAS_FROM = 3000  # areas
SIGNS_AT_MOST = 300
FINEST = 2e-5  # degrees: two metres
LARGEST_RADIUS = 22.0  # pixels
SMALLEST_RADIUS = 3.0


def hotspot_map(
    table: gpd.GeoDataFrame,
    divisions: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    words: Words,
    *,
    picture: Picture | None = None,
) -> folium.Map:
    """
    Draw the classes of hot and cold spots, with counts and density as layers beside them.

    Parameters
    ----------
    table
        Areas or cells with ``name``, ``count``, ``z``, ``p``, ``class`` (−3…3), ``significant``.
    divisions
        The level whose borders and names are drawn above; with ``name``.
    roads
        Drawn for finding one's way.
    words
        In whose language.
    picture
        The density of the same points, if there is one.
    """
    many = len(table) > CANVAS_FROM
    drawn = blank_map(table, words, canvas=many)
    say = words.say
    told = _told(_thinned(table) if many else table, words)
    add_areas(
        drawn,
        told,
        lambda row: {
            "fillColor": palette.CLASSES[row["style"]],
            "fillOpacity": 0.9,
            "color": "#8c3a0b"
            if row["style"] > 0
            else "#17456e"
            if row["style"] < 0
            else "#c5ccd2",
            "weight": 1.6 if row["style"] else 0.6,
            "dashArray": "4 3" if row["style"] < 0 else None,
        },
        name=say(_("Hot and cold spots")),
        overlay=False,
        about=_about(words),
    )
    _add_density(drawn, picture, say(_("Density of issues")))
    add_roads(drawn, roads, say(_("Roads")))
    _add_counts(drawn, told, words)
    add_outlines(drawn, divisions, say(_("Borders and names")))
    _add_signs(drawn, told, words)
    density = _("Density of issues: Gaussian kernel, bandwidth {bandwidth}.")
    note = "" if picture is None else say(density, bandwidth=words.metres(picture.bandwidth_m))
    markup = legend(say(_("Hot spots")), class_entries(table, words), note=note)
    return finish(drawn, markup)


def class_entries(table: pd.DataFrame, words: Words) -> Sequence[Entry]:
    """Return the legend of the classes, each with how many areas it has."""
    areas = table["class"].value_counts()
    return [
        Entry(
            words.word("class", str(level)),
            colour,
            "#8c3a0b" if level > 0 else "#17456e" if level < 0 else "#c5ccd2",
            palette.SIGNS[level],
            _sign_css(level),
            words.number(int(areas.get(level, 0))),
            "dashed" if level < 0 else "area",
        )
        for level, colour in palette.CLASSES.items()
    ]


def _thinned(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out vertices that no screen shows; shared borders stay shared."""
    return table.set_geometry(shapely.coverage_simplify(table.geometry.to_numpy(), FINEST))


def _about(words: Words) -> dict[str, str]:
    return {
        "name": words.say(_("Grid or cell")),
        "found": words.say(_("Issues")),
        "verdict": words.say(_("Verdict")),
        "score": "z",
        "chance": "p",
    }


def _told(table: gpd.GeoDataFrame, words: Words) -> gpd.GeoDataFrame:
    names = table["name"] if "name" in table else pd.Series(table.index, table.index)
    return table.assign(
        name=names.fillna(table.index.to_series()).astype(str),
        style=table["class"].astype(int),
        found=[words.number(count) for count in table["count"]],
        verdict=[words.word("class", str(int(level))) for level in table["class"]],
        score=[words.number(z, 2) for z in table["z"]],
        chance=[words.number(p, 4) for p in table["p"]],
    )


def _add_counts(drawn: folium.Map, told: gpd.GeoDataFrame, words: Words) -> None:
    """Draw counts as circles whose areas are in proportion: a large grid is not a large count."""
    some = told[told["count"] > 0]
    if some.empty:
        return
    counts = some["count"].to_numpy(dtype=float)
    radii = np.maximum(LARGEST_RADIUS * np.sqrt(counts / counts.max()), SMALLEST_RADIUS)
    circles = some.set_geometry(some.geometry.representative_point()).assign(
        style=np.round(radii, 1)
    )
    add_areas(
        drawn,
        circles,
        lambda row: {
            "radius": row["style"],
            "fill": True,
            "fillColor": palette.FOCUS_FILL,
            "fillOpacity": 0.55,
            "color": palette.FOCUS,
            "weight": 1,
        },
        name=words.say(_("Number of issues (area of the circle)")),
        about={"name": words.say(_("Grid or cell")), "found": words.say(_("Issues"))},
        marker=folium.CircleMarker(),
        show=False,
    )


def _add_density(drawn: folium.Map, picture: Picture | None, name: str) -> None:
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
    ).add_to(drawn)


def _add_signs(drawn: folium.Map, told: gpd.GeoDataFrame, words: Words) -> None:
    """Write the sign of the strongest classes, so that colour is not the only code."""
    marked = told[told["style"] != 0]
    strongest = marked.loc[marked["style"].abs().sort_values(ascending=False, kind="stable").index]
    strongest = strongest.head(SIGNS_AT_MOST)
    signs = folium.FeatureGroup(name=inert(words.say(_("Signs"))), control=False)
    places = strongest.geometry.representative_point().to_crs("EPSG:4326")
    for level, place in zip(strongest["style"], places, strict=True):
        add_label(signs, place, palette.SIGNS[int(level)], _sign_css(int(level)))
    signs.add_to(drawn)


def _sign_css(level: int) -> str:
    return "sign strong" if abs(level) == max(palette.CLASSES) else "sign"
