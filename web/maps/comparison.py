"""Two maps side by side: how much before, how much after, in the same colours."""

from __future__ import annotations

from typing import ClassVar

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from web.maps import palette
from web.maps.base import add_areas, add_label, add_outlines, add_roads, blank_map, finish
from web.maps.legend import Entry, legend
from web.maps.text import inert
from web.words import Words
from web.words import gettext_noop as _

CANVAS_FROM = 3000  # areas
FINEST = 2e-5  # degrees: two metres
SIGNS_AT_MOST = 300
NOTHING = "#f1f4f6"
MARKS = {"worse": "▲", "better": "▼"}
LINES = {"worse": palette.HOT_LINE, "better": palette.COLD_LINE}


class Synced(JSCSSMixin, MacroElement):
    """A script by which maps beside each other look at the same place."""

    default_js: ClassVar = [("own_sync", "/static/js/map-sync.js")]
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "gridmapSynced({{ this._parent.get_name() }});"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "Synced"


def comparison_map(
    table: gpd.GeoDataFrame,
    shown: str,
    beneath: dict[str, gpd.GeoDataFrame],
    words: Words,
    *,
    unit: str,
) -> folium.Map:
    """
    Draw one of two periods.

    Parameters
    ----------
    table
        Areas with ``name``, ``before``, ``after``, ``rate_before``, ``rate_after``, ``verdict``
        and ``acted``; rates as they are to be read.
    shown
        ``before`` or ``after``. Colours are the same in both; the verdicts are on the second.
    beneath
        ``divisions`` and ``roads``, for finding one's way.
    words
        In whose language.
    unit
        What the rates are: in words.
    """
    drawn_areas = table[~(table.geometry.isna() | table.geometry.is_empty)].to_crs("EPSG:4326")
    many = len(drawn_areas) > CANVAS_FROM
    drawn = blank_map(drawn_areas, words, canvas=many)
    limits = breaks(table[["rate_before", "rate_after"]])
    told = _told(_thinned(drawn_areas) if many else drawn_areas, shown, limits, words)
    add_areas(
        drawn,
        told,
        lambda row: {
            "fillColor": NOTHING if row["style"] < 0 else palette.HEAT[row["style"]],
            "fillOpacity": 0.9,
            "color": "#8a97a2",
            "weight": 0.8,
        },
        name=words.say(_("Issues")),
        about=_about(words),
    )
    add_roads(drawn, beneath["roads"], words.say(_("Roads")))
    add_outlines(drawn, beneath["divisions"], words.say(_("Borders and names")))
    if shown == "after":
        _add_verdicts(drawn, told, words)
    drawn.add_child(Synced())
    return finish(drawn, legend(unit, _entries(limits, words, verdicts=shown == "after")))


def breaks(rates: pd.DataFrame) -> list[float]:
    """
    Return the upper limits of the classes, the same for both periods.

    Parameters
    ----------
    rates
        All rates that are drawn.

    Examples
    --------
    >>> breaks(pd.DataFrame({"rate_before": [0.0, 1.0, 2.0], "rate_after": [3.0, 4.0, 5.0]}))
    [2.0, 3.0, 4.0, 5.0]
    """
    some = rates.to_numpy(dtype=np.float64).ravel()
    some = some[some > 0]
    if not some.size:
        return []
    found = np.quantile(some, np.linspace(0, 1, len(palette.HEAT) + 1)[1:], method="higher")
    return [float(limit) for limit in np.unique(found)]


def _told(
    table: gpd.GeoDataFrame, shown: str, limits: list[float], words: Words
) -> gpd.GeoDataFrame:
    rate = table[f"rate_{shown}"].to_numpy(dtype=np.float64)
    style = np.where(rate > 0, np.searchsorted(limits, rate, side="left"), -1)
    return table.assign(
        name=table["name"].fillna(table.index.to_series()).astype(str),
        style=style,
        was=[words.number(n) for n in table["before"]],
        now=[words.number(n) for n in table["after"]],
        times=[times(row.ratio, words) for row in table.itertuples()],
        judged=[words.say(VERDICTS[verdict]) for verdict in table["verdict"]],
    )


VERDICTS = {
    "better": _("Fewer, beyond chance"),
    "worse": _("More, beyond chance"),
    "unclear": _("Could be chance"),
    "none": _("Nothing to compare"),
}


def times(ratio: float, words: Words) -> str:
    """Return a ratio of rates as it is read; a dash where there is none."""
    if np.isnan(ratio):
        return words.number(None)
    return "∞" if np.isinf(ratio) else f"× {words.number(ratio, 2)}"


def _about(words: Words) -> dict[str, str]:
    say = words.say
    return {
        "name": say(_("Name")),
        "was": say(_("Issues before")),
        "now": say(_("Issues after")),
        "times": say(_("Ratio of rates")),
        "judged": say(_("Verdict")),
    }


def _thinned(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out vertices that no screen shows; shared borders stay shared."""
    return table.set_geometry(shapely.coverage_simplify(table.geometry.to_numpy(), FINEST))


def _add_verdicts(drawn: folium.Map, told: gpd.GeoDataFrame, words: Words) -> None:
    """Write signs where the change is beyond chance."""
    signs = folium.FeatureGroup(name=inert(words.say(_("Signs"))), control=False)
    sure = told[told["verdict"].isin(list(MARKS))].sort_values("p", kind="stable")
    sure = sure.head(SIGNS_AT_MOST)
    for verdict, place in zip(sure["verdict"], sure.geometry.representative_point(), strict=True):
        add_label(signs, place, MARKS[verdict], "letter")
    signs.add_to(drawn)


def _entries(limits: list[float], words: Words, *, verdicts: bool) -> list[Entry]:
    steps = zip([0.0, *limits[:-1]], limits, palette.HEAT, strict=False)
    found = [Entry("0", NOTHING, "#8a97a2")]
    found += [
        Entry(f"{words.number(low, 1)} – {words.number(high, 1)}", colour, "#8a97a2")
        for low, high, colour in steps
    ]
    marks = [
        Entry(words.say(VERDICTS[verdict]), "#ffffff", LINES[verdict], mark, "letter")
        for verdict, mark in MARKS.items()
    ]
    return found + (marks if verdicts else [])
