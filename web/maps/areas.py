"""What maps of many areas have in common: areas sent packed, ground to find one's way, signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import folium
import geopandas as gpd
import numpy as np
import numpy.typing as npt

from gridmap.topology import Topology
from web.maps import palette
from web.maps.base import LABELS_AT_MOST, add_label, blank_map
from web.maps.packed import MANY, Facts, Packed, Part, ground_of, lines, places
from web.maps.text import inert
from web.words import Words
from web.words import gettext_noop as _

SIGNS_AT_MOST = 300
SURE = max(palette.CLASSES)  # the class whose colour is so dark that its sign is white


def areas_map(
    areas: gpd.GeoDataFrame,
    facts: Facts,
    words: Words,
    name: str,
    *,
    topology: Topology | None = None,
    shown: gpd.GeoDataFrame | None = None,
) -> tuple[folium.Map, Packed]:
    """
    Begin a map of areas: each border is sent once, what is told of them apart.

    Parameters
    ----------
    areas
        Any CRS; areas without geometry keep their number and are not drawn.
    facts
        What is told of them, row by row, and how they look.
    words
        In whose language.
    name
        What the layer control calls them, in that language.
    topology
        Their borders in the same order, where somebody has read them already.
    shown
        What the first view holds; all areas if left out.

    Returns
    -------
    folium.Map, Packed
        The map, and its layer of areas.
    """
    view = areas if shown is None or shown.empty else shown
    made = blank_map(view, words, canvas=len(areas) > MANY)
    layer = Packed("areas", ground_of(areas, topology), facts.told(), name=name, overlay=False)
    layer.add_to(made)
    return made, layer


def parts_map(
    areas: gpd.GeoDataFrame,
    facts: Facts,
    words: Words,
    parts: Mapping[str, Sequence[int]],
    *,
    topology: Topology | None = None,
    shown: gpd.GeoDataFrame | None = None,
) -> folium.Map:
    """
    Begin a map of areas of which a reader may switch some off; borders are sent once all the same.

    Parameters
    ----------
    areas, facts, words, topology, shown
        As for `areas_map`; the styles are numbers.
    parts
        What the layer control calls some areas → their styles; areas whose style is in no part are
        not drawn.
    """
    view = areas if shown is None or shown.empty else shown
    made = blank_map(view, words, canvas=len(areas) > MANY)
    sent = (ground_of(areas, topology), facts.told())
    whole = Packed("areas", *sent, name="", control=False, show=False)
    whole.add_to(made)
    for name, styles in parts.items():
        Part(whole, styles, name).add_to(made)
    return made


def add_roads(made: folium.Map, roads: gpd.GeoDataFrame, words: Words) -> None:
    """Draw the roads as quiet ground."""
    look = {"color": palette.ROAD, "weight": 2, "opacity": 0.75}
    Packed("outlines", lines(roads), look, name=words.say(_("Roads"))).add_to(made)


def add_borders(made: folium.Map, divisions: gpd.GeoDataFrame, words: Words) -> None:
    """Draw the borders of a level, and its names where they are few."""
    name = words.say(_("Borders and names"))
    look = {"color": palette.OUTLINE, "weight": 1.6}
    Packed("outlines", lines(divisions), look, name=name).add_to(made)
    if len(divisions) > LABELS_AT_MOST:
        return
    labels = folium.FeatureGroup(name=inert(name), control=False)
    inside = divisions.geometry.representative_point().to_crs("EPSG:4326")
    for text, place in zip(divisions["name"], inside, strict=True):
        add_label(labels, place, inert(text), "label")
    labels.add_to(made)


def add_beneath(made: folium.Map, beneath: Mapping[str, gpd.GeoDataFrame], words: Words) -> None:
    """Draw ``roads`` and the borders of ``divisions``, for finding one's way."""
    add_roads(made, beneath["roads"], words)
    add_borders(made, beneath["divisions"], words)


def add_signs(
    made: folium.Map, areas: gpd.GeoDataFrame, signs: Sequence[tuple[str, str]], words: Words
) -> Packed:
    """
    Write a sign in each area, so that colour is not the only code.

    Parameters
    ----------
    made
        The map.
    areas
        Those that have a sign, what matters most first: where signs would lie over each other, the
        first one stays, and the others come when somebody looks nearer.
    signs
        Text and class of each.
    words
        In whose language.
    """
    placed = np.flatnonzero(areas.geometry.notna() & ~areas.geometry.is_empty)[:SIGNS_AT_MOST]
    text = [[inert(signs[n][0]), signs[n][1]] for n in placed]
    where = places(areas.iloc[placed]) if len(placed) else {"quantum": 1.0, "x": [], "y": []}
    name = words.say(_("Signs"))
    layer = Packed("signs", where | {"text": text}, name=name, control=False)
    layer.add_to(made)
    return layer


def line_of(level: int) -> str:
    """Return the colour of the border of an area that is hot, cold or neither."""
    return palette.HOT_LINE if level > 0 else palette.COLD_LINE if level < 0 else palette.NO_LINE


def sign_css(level: int) -> str:
    """Return the class of the sign of a class of hot and cold areas."""
    return "sign strong" if abs(level) == SURE else "sign"


def names(areas: gpd.GeoDataFrame) -> npt.NDArray[np.str_]:
    """Return what areas are called: their name, their code where they have none."""
    codes = areas.index.to_series()
    named = areas["name"].fillna(codes) if "name" in areas else codes
    return named.astype(str).to_numpy(dtype=str)
