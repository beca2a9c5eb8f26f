"""The map of the units' load: grids for ten people, in natural classes that are said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import folium
import geopandas as gpd
import mapclassify
import numpy as np

from gridmap.topology import Topology
from web.maps.areas import add_beneath, names, parts_map
from web.maps.base import finish
from web.maps.legend import Entry, legend
from web.maps.packed import About, Facts
from web.maps.palette import COVERED_LINE, HEAT
from web.words import HECTARE, Words, absent
from web.words import gettext_noop as _

CLASSES = len(HEAT)
NO_LOAD = -1
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
    grids: gpd.GeoDataFrame,
    beneath: Mapping[str, gpd.GeoDataFrame],
    words: Words,
    *,
    topology: Topology | None = None,
) -> folium.Map:
    """
    Draw each grid by the load of the unit that holds it, each class a layer to switch off.

    Parameters
    ----------
    grids
        As `geodata.reports.loads.unit_loads` returns them.
    beneath
        ``roads`` and ``divisions``, drawn quietly for finding one's way; ``shown``, what the first
        view holds, if that is not all.
    words
        In whose language.
    topology
        The borders of the grids in the same order, where somebody has read them already.
    """
    say = words.say
    title = say(_("Grids for ten people"))
    found = classes(grids.drop_duplicates("unit_id")["load"].dropna().to_list())
    facts = _facts(grids, found, words)
    shown, parts = beneath.get("shown"), _parts(facts, found, words)
    made = parts_map(grids, facts, words, parts, topology=topology, shown=shown)
    add_beneath(made, beneath, words)
    note = say(
        _("Natural breaks (Fisher and Jenks) over the units; darker is more to do for each.")
    )
    return finish(made, legend(title, _entries(found, words), note=note))


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


def _facts(grids: gpd.GeoDataFrame, found: Classes, words: Words) -> Facts:
    say = words.say
    about = [
        About(say(_("Grid")), "name"),
        About(say(_("Unit")), "unit_name"),
        About(say(_("Grids it holds")), "n_grids"),
        About(say(_("Hectares it holds")), "hectares", 1),
        About(say(_("People")), "headcount"),
        About(say(_("Grids for ten people")), "load", 1),
    ]
    line = {"fillOpacity": 1, "color": COVERED_LINE, "weight": 1}
    looks = {str(n): {"fillColor": fill, **line} for n, fill in enumerate(HEAT)}
    return Facts(
        grids.assign(
            name=names(grids),
            style=[NO_LOAD if absent(load) else found.of(load) for load in grids["load"]],
            unit_name=grids["unit_name"].fillna(grids["unit_id"]).fillna(say(_("nobody"))),
            hectares=grids["area_m2"] / HECTARE,
        ),
        about,
        looks | {str(NO_LOAD): {"fillColor": UNKNOWN, **line, "dashArray": "3 3"}},
        {},
        ("/register/units/", say(_("Open the unit"))),
        keys="unit_id",
    )


def _parts(facts: Facts, found: Classes, words: Words) -> dict[str, list[int]]:
    """Return the layers, the heaviest load first; classes that read alike are one layer."""
    held = set(facts.frame["style"])
    parts: dict[str, list[int]] = {}
    for n in reversed(range(len(found.counts))):
        if n in held:
            name = words.say(_("Load {range}"), range=_range(found, n, words))
            parts.setdefault(name, []).append(n)
    if NO_LOAD in held:
        parts[words.say(_("No unit, or no headcount"))] = [NO_LOAD]
    return parts


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
