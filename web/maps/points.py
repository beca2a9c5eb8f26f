"""The map of inspection points: which reached the standard at their last visit, and how near."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import folium
import geopandas as gpd
import mapclassify
import numpy as np

from geodata.reports.stubborn import around
from web.maps.areas import add_beneath
from web.maps.base import Style, add_areas, add_label, blank_map, finish
from web.maps.legend import Entry, legend
from web.maps.text import inert, link
from web.words import Words, absent
from web.words import gettext_noop as _

SIGNS_AT_MOST = 400
STEPS = (0.6, 0.8, 0.999999)
"""Shares of the score below which a point is weak, and near; at the last it has reached it all."""


class Look(NamedTuple):
    """How the points of a class look: colour, sign in it, class of the sign, what it is called."""

    colour: str
    sign: str
    css: str
    title: str


# Colour and sign: they differ in lightness as well, for grey print
LOOKS = (
    Look("#7f2704", "!!", "sign strong", _("Below 60 % of the score")),
    Look("#d9662b", "!", "sign", _("60 % to 80 % of the score")),
    Look("#f8c694", "–", "sign", _("80 % of the score and more, not all")),
    Look("#10375c", "✓", "sign strong", _("Reached the standard")),
    Look("#ffffff", "·", "sign", _("Not yet inspected")),
)


def points_map(
    points: gpd.GeoDataFrame, beneath: Mapping[str, gpd.GeoDataFrame], words: Words
) -> folium.Map:
    """
    Draw the points by how near they came to the standard.

    Parameters
    ----------
    points
        As `geodata.reports.reaching.points_reaching` returns them.
    beneath
        ``roads`` and ``divisions``, drawn quietly for finding one's way.
    words
        In whose language.
    """
    say = words.say
    ground = beneath["divisions"] if len(beneath["divisions"]) else beneath["roads"]
    drawn = blank_map(around(points[["geometry"]]) if len(points) else ground, words)
    add_beneath(drawn, beneath, words)
    told = _told(points, words)
    entries, signs = [], folium.FeatureGroup(name=inert(say(_("Signs"))), control=False)
    about = {
        "name_html": say(_("Inspection point")),
        "category": say(_("Category")),
        "scored": say(_("Score")),
        "when": say(_("Last inspected")),
    }
    for n, look in enumerate(LOOKS):
        rows = told[told["style"] == n]
        figure = words.number(len(rows))
        entries.append(Entry(say(look.title), look.colour, "#10375c", look.sign, look.css, figure))
        add_areas(
            drawn,
            rows,
            _plate(look),
            name=say(look.title),
            about=about,
            marker=folium.CircleMarker(),
        )
        if len(points) <= SIGNS_AT_MOST:
            for place in rows.geometry.to_crs("EPSG:4326"):
                add_label(signs, place, inert(look.sign), look.css)
    signs.add_to(drawn)
    note = say(_("A point has reached the standard if its last visit scored all of its checklist."))
    return finish(drawn, legend(say(_("Inspection points")), entries, note=note))


def _told(points: gpd.GeoDataFrame, words: Words) -> gpd.GeoDataFrame:
    """Add the class of each point and what is said of it, with a way to the issues that name it."""
    known = points["share"].notna().to_numpy()
    style = np.full(len(points), len(LOOKS) - 1)
    if known.any():
        shares = points.loc[known, "share"].to_numpy(dtype=np.float64)
        # a class of mapclassify holds its upper bound; one of ours begins with its lower
        bins = [np.nextafter(step, 0.0) for step in STEPS]
        style[known] = mapclassify.UserDefined(shares, bins=[*bins, 1.0]).yb
    scored = [
        words.say(_("nobody has been there"))
        if absent(share)
        else words.say(
            _("{score} of {out_of}"), score=words.number(score, 1), out_of=words.number(out_of, 1)
        )
        for share, score, out_of in zip(
            points["share"], points["score"], points["out_of"], strict=True
        )
    ]
    when = [words.moment(at) for at in points["at"]]
    names = [
        inert(name) if absent(name) else link("/issues?state=all&q=", name, name)
        for name in points["name"]
    ]
    return points.assign(style=style, scored=scored, when=when, name_html=names)


def _plate(look: Look) -> Style:
    ring = {"radius": 8, "color": "#10375c", "weight": 1.5}
    return lambda _row: {**ring, "fill": True, "fillColor": look.colour, "fillOpacity": 1}
