"""Two maps side by side: how much before, how much after, in the same colours."""

from __future__ import annotations

import warnings
from typing import ClassVar

import folium
import geopandas as gpd
import mapclassify
import numpy as np
import pandas as pd
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from gridmap.topology import Topology
from web.maps import palette
from web.maps.areas import add_beneath, add_signs, areas_map, names
from web.maps.base import finish
from web.maps.legend import Entry, legend
from web.maps.packed import About, Facts
from web.words import Words
from web.words import gettext_noop as _

NOTHING, LINE, NOT_WALKED = "#f1f4f6", "#8a97a2", "#ffffff"
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


def comparison_map(  # noqa: PLR0913 - what is drawn, and what is beside it
    table: gpd.GeoDataFrame,
    shown: str,
    beneath: dict[str, gpd.GeoDataFrame],
    words: Words,
    *,
    unit: str,
    topology: Topology | None = None,
    ledger: str | None = None,
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
    topology
        The borders of the areas in the order of the table, where somebody has read them already.
    ledger
        Path to the issues of an area in the period, its code to follow; none where there is no
        such page.
    """
    limits = breaks(table[["rate_before", "rate_after"]])
    facts = _facts(table, shown, limits, words, ledger)
    made, _areas = areas_map(table, facts, words, words.say(_("Issues")), topology=topology)
    add_beneath(made, beneath, words)
    if shown == "after":
        sure = table[table["verdict"].isin(list(MARKS))].sort_values("p", kind="stable")
        add_signs(made, sure, [(MARKS[verdict], "letter") for verdict in sure["verdict"]], words)
    made.add_child(Synced())
    note = words.say(_("Five classes of equal size over both periods."))
    verdicts = shown == "after"
    not_walked = bool(table[f"rate_{shown}"].isna().any())
    entries = _entries(limits, words, verdicts=verdicts, not_walked=not_walked)
    return finish(made, legend(unit, entries, note=note))


def breaks(rates: pd.DataFrame) -> list[float]:
    """
    Return the upper limits of the quantiles, the same for both periods.

    Parameters
    ----------
    rates
        All rates that are drawn.

    Examples
    --------
    >>> breaks(pd.DataFrame({"rate_before": [0.0, 1.0, 2.0], "rate_after": [3.0, 4.0, 5.0]}))
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    some = rates.to_numpy(dtype=np.float64).ravel()
    some = some[some > 0]
    different = np.unique(some)
    if different.size <= len(palette.HEAT):
        return [float(limit) for limit in different]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # where many are alike there are fewer
        found = mapclassify.Quantiles(some, k=len(palette.HEAT))
    return [float(limit) for limit in found.bins]


VERDICTS = {
    "better": _("Fewer, beyond chance"),
    "worse": _("More, beyond chance"),
    "unclear": _("Could be chance"),
    "none": _("Nothing to compare"),
    "not_walked": _("Not walked in both periods"),
}


def times(ratio: float, words: Words) -> str:
    """Return a ratio of rates as it is read; a dash where there is none."""
    if np.isnan(ratio):
        return words.number(None)
    return "∞" if np.isinf(ratio) else f"× {words.number(ratio, 2)}"


def _facts(
    table: gpd.GeoDataFrame, shown: str, limits: list[float], words: Words, ledger: str | None
) -> Facts:
    say = words.say
    rate = table[f"rate_{shown}"].to_numpy(dtype=np.float64)
    about = [
        About(say(_("Name")), "name"),
        About(say(_("Issues before")), "before"),
        About(say(_("Issues after")), "after"),
        About(say(_("Ratio of rates")), "times"),
        About(say(_("Verdict")), "verdict", word=True),
    ]
    fills = {"-2": NOT_WALKED, "-1": NOTHING} | {
        str(n): colour for n, colour in enumerate(palette.HEAT)
    }
    line = {"fillOpacity": 1, "color": LINE, "weight": 0.8}
    looks: dict[str, dict[str, object]] = {
        style: {"fillColor": fill, **line} for style, fill in fills.items()
    }
    looks["-2"]["dashArray"] = "3 3"
    classed = np.where(rate > 0, np.searchsorted(limits, rate, side="left"), -1)
    return Facts(
        table.assign(
            name=names(table),
            style=np.where(np.isnan(rate), -2, classed),
            times=[times(ratio, words) for ratio in table["ratio"]],
        ),
        about,
        looks,
        {verdict: say(text) for verdict, text in VERDICTS.items()},
        None if ledger is None else (ledger, say(_("Open these issues in the ledger"))),
    )


def _entries(limits: list[float], words: Words, *, verdicts: bool, not_walked: bool) -> list[Entry]:
    steps = zip([0.0, *limits[:-1]], limits, palette.HEAT, strict=False)
    found = [Entry("0", NOTHING, LINE)]
    if not_walked:
        found.append(Entry(words.say(_("Not walked")), NOT_WALKED, LINE, shape="dashed"))
    found += [
        Entry(f"{words.number(low, 1)} – {words.number(high, 1)}", colour, LINE)
        for low, high, colour in steps
    ]
    marks = [
        Entry(words.say(VERDICTS[verdict]), "#ffffff", LINES[verdict], mark, "letter")
        for verdict, mark in MARKS.items()
    ]
    return found + (marks if verdicts else [])
