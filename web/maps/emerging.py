"""The map of emerging hot spots: patterns over time, and every step by itself."""

from __future__ import annotations

from typing import Any, ClassVar

import folium
import geopandas as gpd
import pandas as pd
import shapely
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template
from jinja2 import Environment

from gridmap.patterns import NONE, PATTERNS
from gridmap.steps import Step
from gridmap.topology import Topology
from web.maps import palette
from web.maps.areas import (
    SIGNS_AT_MOST,
    add_beneath,
    add_signs,
    areas_map,
    line_of,
    names,
    sign_css,
)
from web.maps.base import Markup, finish
from web.maps.legend import Entry, legend
from web.maps.packed import About, Facts, Packed
from web.words import Words
from web.words import gettext_noop as _

PLACE_DECIMALS = 5
DARK = {"intensifying", "persistent", "consecutive"}
NAMES = {
    "new_hot": _("New hot spot"),
    "consecutive_hot": _("Consecutive hot spot"),
    "intensifying_hot": _("Intensifying hot spot"),
    "persistent_hot": _("Persistent hot spot"),
    "diminishing_hot": _("Diminishing hot spot"),
    "sporadic_hot": _("Sporadic hot spot"),
    "oscillating_hot": _("Oscillating hot spot"),
    "historical_hot": _("Historical hot spot"),
    "new_cold": _("New cold spot"),
    "consecutive_cold": _("Consecutive cold spot"),
    "intensifying_cold": _("Intensifying cold spot"),
    "persistent_cold": _("Persistent cold spot"),
    "diminishing_cold": _("Diminishing cold spot"),
    "sporadic_cold": _("Sporadic cold spot"),
    "oscillating_cold": _("Oscillating cold spot"),
    "historical_cold": _("Historical cold spot"),
    "none": _("No pattern"),
}
SIGNS = {
    "new": _("NEW"),
    "consecutive": _("CON"),
    "intensifying": _("INT"),
    "persistent": _("PER"),
    "diminishing": _("DIM"),
    "sporadic": _("SPO"),
    "oscillating": _("OSC"),
    "historical": _("HIS"),
}
STEPS = Environment(autoescape=True).from_string(
    '<section class="steps" aria-label="{{ words.title }}">'
    '<button type="button" class="play" hidden>{{ words.play }}</button>'
    '<button type="button" class="back" aria-label="{{ words.back }}">‹</button>'
    '<input type="range" min="0" max="{{ n }}" step="1" value="0" aria-label="{{ words.title }}">'
    '<button type="button" class="on" aria-label="{{ words.on }}">›</button>'
    "<output>{{ words.all }}</output></section>"
)


class Stepped(JSCSSMixin, MacroElement):
    """
    The course of a layer's areas, step by step.

    Parameters
    ----------
    layer, signs
        The areas, numbered from 0, and the signs of their patterns.
    data
        What ``map-steps.js`` draws from.
    """

    default_js: ClassVar = [("own_steps", "/static/js/map-steps.js")]
    default_css: ClassVar = [("own_steps_style", "/static/css/map-steps.css")]
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "gridmapSteps({{ this._parent.get_name() }}, {{ this.layer.get_name() }}, "
        "{{ this.signs.get_name() }}, {{ this.data|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, layer: Packed, signs: Packed, data: dict[str, Any]) -> None:
        super().__init__()
        self._name = "Stepped"
        self.layer = layer
        self.signs = signs
        self.data = data


def emerging_map(  # noqa: PLR0913 - what is drawn, and what is beside it
    table: gpd.GeoDataFrame,
    classes: pd.DataFrame,
    steps: tuple[Step, ...],
    beneath: dict[str, gpd.GeoDataFrame],
    words: Words,
    *,
    topology: Topology | None = None,
    ledger: str | None = None,
) -> folium.Map:
    """
    Draw patterns over time, with a slider through the steps.

    Parameters
    ----------
    table
        Areas with ``name``, ``pattern``, ``count``, ``hot_steps``, ``cold_steps``, ``unit_name``.
    classes
        −3…3, on the index of `table`, one column a step.
    steps
        The steps of those columns.
    beneath
        ``divisions`` and ``roads``, for finding one's way; ``shown``, what the first view holds, if
        that is not all.
    words
        In whose language.
    topology
        The borders of the areas in the order of the table, where somebody has read them already.
    ledger
        Path to the issues of an area, its code to follow; none where there is no such page.
    """
    name = words.say(_("Patterns over time"))
    facts = _facts(table, len(steps), words, ledger)
    shown = beneath.get("shown")
    made, layer = areas_map(table, facts, words, name, topology=topology, shown=shown)
    add_beneath(made, beneath, words)
    order = table["pattern"].map({pattern: n for n, pattern in enumerate(PATTERNS)})
    marked = table.loc[order[table["pattern"] != NONE].sort_values(kind="stable").index]
    told = [(sign(pattern, words), _sign_css(pattern)) for pattern in marked["pattern"]]
    signs = add_signs(made, marked, told, words)
    made.add_child(Stepped(layer, signs, course(table, classes, steps, words)))
    made.add_child(Markup(STEPS.render(n=len(steps), words=_steering(words))))
    by_step = legend(words.say(_("In this step")), _class_entries(words))
    markup = legend(name, entries(table, words))
    return finish(made, f'{markup}<div class="of-steps" hidden>{by_step}</div>')


def looks(pattern: str) -> dict[str, Any]:
    """Return how an area with a pattern looks, as Leaflet takes it."""
    hot, cold = pattern.endswith("_hot"), pattern.endswith("_cold")
    return {
        "fillColor": palette.COURSES[pattern],
        "fillOpacity": 0.9,
        "color": line_of(hot - cold),
        "weight": 1.6 if hot or cold else 0.6,
        "dashArray": "4 3" if cold else None,
    }


def sign(pattern: str, words: Words) -> str:
    """Return the short sign of a pattern; cold ones with a minus, none for none."""
    if pattern == NONE:
        return ""
    kind, side = pattern.split("_")
    return ("−" if side == "cold" else "") + words.say(SIGNS[kind])


def entries(table: pd.DataFrame, words: Words) -> list[Entry]:
    """Return the legend of the patterns that there are, each with how many areas have it."""
    areas = table["pattern"].value_counts()
    return [
        Entry(
            words.say(NAMES[pattern]),
            palette.COURSES[pattern],
            str(looks(pattern)["color"]),
            sign(pattern, words),
            _sign_css(pattern),
            words.number(int(areas[pattern])),
            "dashed" if pattern.endswith("_cold") else "area",
        )
        for pattern in PATTERNS
        if pattern in areas.index
    ]


def course(
    shown: gpd.GeoDataFrame, classes: pd.DataFrame, steps: tuple[Step, ...], words: Words
) -> dict[str, Any]:
    """
    Return what the slider draws from, once and apart from the shapes.

    Parameters
    ----------
    shown
        The areas, in any CRS; those without geometry keep their number.
    classes, steps, words
        As `emerging_map`.

    Returns
    -------
    dict
        ``classes``: one string a step, one digit an area, class + 3. ``places``: number of the
        area → latitude and longitude of its sign, of areas that have any.
    """
    digits = (classes.to_numpy() + 3).T
    drawn = (shown.geometry.notna() & ~shown.geometry.is_empty).to_numpy()
    marked = (classes != 0).any(axis=1).to_numpy() & drawn
    inside = shapely.point_on_surface(shown.geometry[marked].to_crs("EPSG:4326").to_numpy())
    xy = shapely.get_coordinates(inside).round(PLACE_DECIMALS)
    levels = sorted(palette.CLASSES)
    return {
        "steps": [words.period(*step) for step in steps],
        "classes": ["".join(map(str, row)) for row in digits.tolist()],
        "places": {
            int(n): [y, x] for n, (x, y) in zip(marked.nonzero()[0], xy.tolist(), strict=True)
        },
        "fills": [palette.CLASSES[level] for level in levels],
        "lines": [line_of(level) for level in levels],
        "signs": [palette.SIGNS[level] for level in levels],
        "most": SIGNS_AT_MOST,
        "words": _steering(words),
    }


def _steering(words: Words) -> dict[str, str]:
    say = words.say
    return {
        "title": say(_("Time")),
        "all": say(_("Patterns over all steps")),
        "play": say(_("Play")),
        "pause": say(_("Pause")),
        "back": say(_("Step before")),
        "on": say(_("Next step")),
    }


def _facts(table: gpd.GeoDataFrame, n_steps: int, words: Words, ledger: str | None) -> Facts:
    say = words.say
    of = words.number(n_steps)
    about = [
        About(say(_("Grid")), "name"),
        About(say(_("Pattern")), "style", word=True),
        About(say(_("Issues")), "count"),
        About(say(_("Hot steps of {n}"), n=of), "hot_steps"),
        About(say(_("Cold steps of {n}"), n=of), "cold_steps"),
        About(say(_("Who answers now")), "who"),
    ]
    return Facts(
        table.assign(
            name=names(table),
            style=table["pattern"].astype(str),
            who=table["unit_name"].fillna(say(_("nobody"))),
        ),
        about,
        {pattern: looks(pattern) for pattern in PATTERNS},
        {pattern: say(NAMES[pattern]) for pattern in PATTERNS},
        None if ledger is None else (ledger, say(_("Open these issues in the ledger"))),
    )


def _sign_css(pattern: str) -> str:
    return "sign strong" if pattern.partition("_")[0] in DARK else "sign"


def _class_entries(words: Words) -> list[Entry]:
    return [
        Entry(
            words.word("class", str(level)),
            colour,
            line_of(level),
            palette.SIGNS[level],
            sign_css(level),
            shape="dashed" if level < 0 else "area",
        )
        for level, colour in palette.CLASSES.items()
    ]
