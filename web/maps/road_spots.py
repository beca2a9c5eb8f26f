"""The map of hot stretches: where along the roads more is found than chance explains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import folium
import geopandas as gpd
import mapclassify
import numpy as np
import pandas as pd

from web.maps import palette
from web.maps.base import Style, add_areas, add_outlines, add_roads, blank_map, finish
from web.maps.legend import Entry, legend
from web.words import Words
from web.words import gettext_noop as _

CANVAS_FROM = 2000  # lines
DENSE_STEPS = 4
COLD_DASHES = "7 5"


def road_spots_map(
    lixels: gpd.GeoDataFrame,
    stretches: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    divisions: gpd.GeoDataFrame,
    words: Words,
) -> folium.Map:
    """
    Draw hot and cold stretches, with the density along the roads as a layer beside them.

    Parameters
    ----------
    lixels
        Lines with ``density``, issues per kilometre.
    stretches
        Lines with ``road``, ``metres``, ``found`` and ``who`` in words, and ``class`` (−3…3).
    roads, divisions
        Drawn quietly beneath for finding one's way.
    words
        In whose language.
    """
    say = words.say
    drawn = blank_map(divisions if len(divisions) else roads, words, canvas=_many(lixels))
    add_outlines(drawn, divisions, say(_("Borders and names")))
    add_roads(drawn, roads, say(_("Roads")))
    note = _add_density(drawn, lixels, words)
    add_areas(
        drawn,
        stretches.assign(style=stretches["class"].astype(int)),
        _style(8 if len(stretches) < CANVAS_FROM else 5),
        name=say(_("Hot and cold stretches")),
        about={
            "road": say(_("Road")),
            "metres": say(_("Metres")),
            "found": say(_("Issues")),
            "who": say(_("Who answers")),
        },
    )
    return finish(drawn, legend(say(_("Along the roads")), _entries(stretches, words), note=note))


def _many(lixels: gpd.GeoDataFrame) -> bool:
    return len(lixels) > CANVAS_FROM


def _style(weight: int) -> Style:
    def style(row: Mapping[str, Any]) -> dict[str, Any]:
        level = row["style"]
        dashes = {"dashArray": COLD_DASHES} if level < 0 else {}
        width = weight - 3 + abs(level)
        return {"color": palette.CLASSES[level], "weight": width, "fill": False, **dashes}

    return style


def _add_density(drawn: folium.Map, lixels: gpd.GeoDataFrame, words: Words) -> str:
    """Draw the density in few classes, each one feature; return what the classes are."""
    dense = lixels[lixels["density"] > 0]
    if dense["density"].nunique() <= DENSE_STEPS:
        return ""
    steps = mapclassify.Quantiles(dense["density"].to_numpy(), k=DENSE_STEPS)
    classed = dense.assign(style=steps.yb)[["style", "geometry"]]
    shapes = classed.groupby("style")["geometry"].agg(lambda one: one.union_all("unary"))
    frame = gpd.GeoDataFrame(
        {"style": shapes.index.to_numpy()}, geometry=shapes.to_numpy(), crs=lixels.crs
    )
    name = words.say(_("Density along the roads"))
    add_areas(
        drawn,
        frame,
        lambda row: {"color": palette.HEAT[row["style"] + 1], "weight": 2 + row["style"]},
        name=name,
        show=False,
    )
    ends = " · ".join(words.number(float(end), 1) for end in np.unique(steps.bins))
    return words.say(
        _("Density: issues per kilometre of road, in classes of equal number up to {ends}."),
        ends=ends,
    )


def _entries(stretches: pd.DataFrame, words: Words) -> list[Entry]:
    """Return the legend of the classes that are there, each with how many stretches it has."""
    counts = stretches["class"].value_counts()
    return [
        Entry(
            words.word("class", str(level)),
            palette.CLASSES[level] if level > 0 else "#ffffff",
            palette.CLASSES[level],
            figure=words.number(int(counts.get(level, 0))),
            shape="line" if level > 0 else "dashed",
        )
        for level in palette.CLASSES
        if level and counts.get(level, 0)
    ]
