"""The map of the units' load: grids for ten people, in natural classes that are said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import folium
import geopandas as gpd
import mapclassify
import numpy as np

from web.maps.base import Style, add_areas, add_outlines, add_roads, blank_map, finish
from web.maps.legend import Entry, legend
from web.maps.palette import COVERED_LINE, HEAT
from web.maps.text import inert, link
from web.words import Words, absent
from web.words import gettext_noop as _

CLASSES = len(HEAT)
UNKNOWN = "#e9ecee"


class Classes(NamedTuple):
    """
    Classes of numbers.

    Parameters
    ----------
    bounds
        The least of the first class and the most of each.
    counts
        How many units each has.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]

    def of(self, value: float) -> int:
        """Return the class of a number, from 0."""
        return int(np.searchsorted(self.bounds[1:-1], value))


def load_map(
    grids: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame, words: Words
) -> folium.Map:
    """
    Draw each grid by the load of the unit that holds it.

    Parameters
    ----------
    grids
        As `geodata.reports.loads.unit_loads` returns them.
    roads, divisions
        Drawn quietly for finding one's way.
    words
        In whose language.
    """
    say = words.say
    drawn = blank_map(grids if len(grids) else divisions, words)
    made = classes(grids.drop_duplicates("unit_id")["load"].dropna().to_list())
    known = grids["load"].notna()
    about = {
        "unit_html": say(_("Unit")),
        "held": say(_("Holds")),
        "people": say(_("People")),
        "per": say(_("Grids for ten people")),
    }
    told = _told(grids, made, words)
    for n in range(len(made.counts)):
        mine = told[known & (told["style"] == n)]
        add_areas(drawn, mine, _filled(HEAT[n]), name=_range(made, n, words), about=about)
    add_areas(
        drawn,
        told[~known],
        _filled(UNKNOWN, "3 3"),
        name=say(_("No unit, or no headcount")),
        about=about,
    )
    add_roads(drawn, roads, say(_("Roads")))
    add_outlines(drawn, divisions, say(_("Borders and names")))
    note = say(
        _("Natural breaks (Fisher and Jenks) over the units; darker is more to do for each.")
    )
    return finish(drawn, legend(say(_("Grids for ten people")), _entries(made, words), note=note))


def classes(values: Sequence[float], k: int = CLASSES) -> Classes:
    """
    Return the natural breaks of numbers (Fisher 1958, Jenks 1977).

    Parameters
    ----------
    values
        Of which there may be none.
    k
        At most so many classes; fewer where there are fewer different numbers.

    Examples
    --------
    >>> classes([1, 1, 2, 9, 10, 50], 3)
    Classes(bounds=(1.0, 2.0, 10.0, 50.0), counts=(3, 2, 1))
    """
    numbers = np.asarray(values, dtype=np.float64)
    different = np.unique(numbers)
    if not len(different):
        return Classes((), ())
    if len(different) <= k:
        found = mapclassify.UserDefined(numbers, bins=different.tolist())
    else:
        found = mapclassify.FisherJenks(numbers, k=k)
    bounds = (float(numbers.min()), *(float(edge) for edge in found.bins))
    return Classes(bounds, tuple(int(n) for n in found.counts))


def _filled(colour: str, dashes: str = "") -> Style:
    style = {"fillColor": colour, "fillOpacity": 0.9, "color": COVERED_LINE, "weight": 1}
    told = {**style, "dashArray": dashes} if dashes else style
    return lambda _row: told


def _told(grids: gpd.GeoDataFrame, made: Classes, words: Words) -> gpd.GeoDataFrame:
    """Add what is said of each grid."""
    held = [
        words.say(_("{n} grids, {area}"), n=words.number(n), area=words.area(m2))
        for n, m2 in zip(grids["n_grids"], grids["area_m2"], strict=True)
    ]
    return grids.assign(
        style=[-1 if absent(load) else made.of(load) for load in grids["load"]],
        unit_html=[
            inert(words.say(_("nobody")))
            if absent(unit_id)
            else link("/register/units/", unit_id, name)
            for unit_id, name in zip(grids["unit_id"], grids["unit_name"], strict=True)
        ],
        held=held,
        people=[words.number(n) for n in grids["headcount"]],
        per=[words.number(n, 1) for n in grids["load"]],
    )


def _range(made: Classes, n: int, words: Words) -> str:
    low, high = (words.number(made.bounds[at], 1) for at in (n, n + 1))
    return f"{low} – {high}"


def _entries(made: Classes, words: Words) -> list[Entry]:
    shown = [
        Entry(
            _range(made, n, words),
            HEAT[n],
            COVERED_LINE,
            figure=words.say(_("{n} units"), n=words.number(count)),
        )
        for n, count in enumerate(made.counts)
    ]
    return [
        *shown,
        Entry(words.say(_("No unit, or no headcount")), UNKNOWN, COVERED_LINE, shape="dashed"),
    ]
