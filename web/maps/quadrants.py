"""The map of local Moran: areas like their neighbours, and areas that stand out among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import folium
import geopandas as gpd
import pandas as pd

from geodata.reports.quadrants import NONE
from gridmap.topology import Topology
from web.maps import palette
from web.maps.areas import add_beneath, add_signs, areas_map, names
from web.maps.base import finish
from web.maps.legend import Entry, legend
from web.maps.packed import About, Facts
from web.words import Words
from web.words import gettext_noop as _


class Look(NamedTuple):
    """How the areas of a quadrant look: name, colour, border, dashes, sign and its class."""

    title: str
    fill: str
    line: str
    dashes: str | None = None
    sign: str = ""
    css: str = "sign"


# the signs are two arrows: the area's own, then its neighbours'
LOOKS = {
    "high-high": Look(_("High among high"), "#b2470a", palette.HOT_LINE, None, "▲▲", "sign strong"),
    "high-low": Look(_("High among low"), "#f8c694", palette.HOT_LINE, None, "▲▽"),
    "low-high": Look(_("Low among high"), "#bcd6e8", palette.COLD_LINE, "4 3", "▽▲"),
    "low-low": Look(_("Low among low"), "#215f96", palette.COLD_LINE, "4 3", "▽▽", "sign strong"),
    NONE: Look(_("Not significant"), palette.CLASSES[0], palette.NO_LINE),
}


def quadrant_map(
    table: gpd.GeoDataFrame,
    beneath: Mapping[str, gpd.GeoDataFrame],
    words: Words,
    *,
    topology: Topology | None = None,
    ledger: str | None = None,
) -> folium.Map:
    """
    Draw the quadrants of the areas that are significant.

    Parameters
    ----------
    table
        As `geodata.reports.quadrants.find` returns it.
    beneath
        ``roads`` and ``divisions``, for finding one's way; ``shown``, which the first view holds.
    words
        In whose language.
    topology
        The borders of the areas in the order of the table, where somebody has read them already.
    ledger
        Path to the issues of an area, its code to follow; none where there is no such page.
    """
    say = words.say
    title = say(_("Areas and their neighbours"))
    facts = _facts(table, words, ledger)
    shown = beneath.get("shown")
    made, _areas = areas_map(table, facts, words, title, topology=topology, shown=shown)
    add_beneath(made, beneath, words)
    marked = table[table["look"] != NONE].sort_values("p", kind="stable")
    add_signs(made, marked, [(LOOKS[one].sign, LOOKS[one].css) for one in marked["look"]], words)
    note = say(_("The first arrow is the area's own value, the second that of its neighbours."))
    return finish(made, legend(title, entries(table, words), note=note))


def entries(table: pd.DataFrame, words: Words) -> list[Entry]:
    """Return the legend of the quadrants, each with how many areas are in it."""
    areas = table["look"].value_counts()
    return [
        Entry(
            words.say(look.title),
            look.fill,
            look.line,
            look.sign,
            look.css,
            words.number(int(areas.get(name, 0))),
            "dashed" if look.dashes else "area",
        )
        for name, look in LOOKS.items()
    ]


def _facts(table: gpd.GeoDataFrame, words: Words, ledger: str | None) -> Facts:
    say = words.say
    rates = (About(say(_("Divided by")), "exposure", 2), About(say(_("Rate of issues")), "rate", 4))
    about = [
        About(say(_("Grid or cell")), "name"),
        About(say(_("Issues")), "count"),
        *(line for line in rates if "exposure" in table),
        About(say(_("Verdict")), "style", word=True),
        About("I", "i", 2),
        About("p", "p", 4),
    ]
    looks = {
        name: {
            "fillColor": look.fill,
            "fillOpacity": 0.9,
            "color": look.line,
            "weight": 0.6 if name == NONE else 1.6,
            "dashArray": look.dashes,
        }
        for name, look in LOOKS.items()
    }
    return Facts(
        table.assign(name=names(table), style=table["look"]),
        about,
        looks,
        {name: say(look.title) for name, look in LOOKS.items()},
        None if ledger is None else (ledger, say(_("Open these issues in the ledger"))),
    )
