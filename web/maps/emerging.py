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
from web.maps import palette
from web.maps.base import (
    Markup,
    add_areas,
    add_label,
    add_outlines,
    add_roads,
    blank_map,
    finish,
)
from web.maps.legend import Entry, legend
from web.maps.text import inert
from web.words import Words
from web.words import gettext_noop as _

CANVAS_FROM = 3000  # areas
SIGNS_AT_MOST = 300
FINEST = 2e-5  # degrees: two metres
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

    def __init__(
        self, layer: folium.GeoJson, signs: folium.FeatureGroup, data: dict[str, Any]
    ) -> None:
        super().__init__()
        self._name = "Stepped"
        self.layer = layer
        self.signs = signs
        self.data = data


def emerging_map(
    table: gpd.GeoDataFrame,
    classes: pd.DataFrame,
    steps: tuple[Step, ...],
    beneath: dict[str, gpd.GeoDataFrame],
    words: Words,
) -> folium.Map:
    """
    Draw patterns over time, with a slider through the steps.

    Parameters
    ----------
    table
        Areas with ``name``, ``pattern``, ``count``, ``hot_steps``, ``unit_name``.
    classes
        −3…3, on the index of `table`, one column a step.
    steps
        The steps of those columns.
    beneath
        ``divisions`` and ``roads``, for finding one's way.
    words
        In whose language.
    """
    shown = table[~(table.geometry.isna() | table.geometry.is_empty)].to_crs("EPSG:4326")
    many = len(shown) > CANVAS_FROM
    drawn = blank_map(shown, words, canvas=many)
    say = words.say
    told = _told(_thinned(shown) if many else shown, len(steps), words)
    name = say(_("Patterns over time"))
    add_areas(drawn, told, lambda row: looks(str(row["style"])), name=name, about=_about(words))
    (layer,) = (child for child in drawn._children.values() if isinstance(child, folium.GeoJson))  # noqa: SLF001
    add_roads(drawn, beneath["roads"], say(_("Roads")))
    add_outlines(drawn, beneath["divisions"], say(_("Borders and names")))
    signs = _signs(told, words)
    signs.add_to(drawn)
    drawn.add_child(Stepped(layer, signs, course(shown, classes.loc[shown.index], steps, words)))
    drawn.add_child(Markup(STEPS.render(n=len(steps), words=_steering(words))))
    by_step = legend(say(_("In this step")), _class_entries(words))
    markup = legend(name, entries(table, words))
    return finish(drawn, f'{markup}<div class="of-steps" hidden>{by_step}</div>')


def looks(pattern: str) -> dict[str, Any]:
    """Return how an area with a pattern looks, as Leaflet takes it."""
    hot, cold = pattern.endswith("_hot"), pattern.endswith("_cold")
    line = palette.HOT_LINE if hot else palette.COLD_LINE if cold else palette.NO_LINE
    return {
        "fillColor": palette.COURSES[pattern],
        "fillOpacity": 0.9,
        "color": line,
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
        The areas drawn, in WGS 84.
    classes, steps, words
        As `emerging_map`.

    Returns
    -------
    dict
        ``classes``: one string a step, one digit an area, class + 3. ``places``: number of the
        area → latitude and longitude of its sign, of areas that have any.
    """
    digits = (classes.to_numpy() + 3).T
    marked = (classes != 0).any(axis=1).to_numpy()
    inside = shapely.point_on_surface(shown.geometry.to_numpy()[marked])
    xy = shapely.get_coordinates(inside).round(PLACE_DECIMALS)
    levels = sorted(palette.CLASSES)
    return {
        "steps": [words.period(*step) for step in steps],
        "classes": ["".join(map(str, row)) for row in digits.tolist()],
        "places": {
            int(n): [y, x] for n, (x, y) in zip(marked.nonzero()[0], xy.tolist(), strict=True)
        },
        "fills": [palette.CLASSES[level] for level in levels],
        "lines": [_line(level) for level in levels],
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


def _thinned(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out vertices that no screen shows; shared borders stay shared."""
    return table.set_geometry(shapely.coverage_simplify(table.geometry.to_numpy(), FINEST))


def _told(table: gpd.GeoDataFrame, n_steps: int, words: Words) -> gpd.GeoDataFrame:
    total = words.number(n_steps)
    hot, cold = (
        [f"{words.number(n)} / {total}" for n in table[name]]
        for name in ("hot_steps", "cold_steps")
    )
    return table.assign(
        name=table["name"].fillna(table.index.to_series()).astype(str),
        style=table["pattern"],
        verdict=[words.say(NAMES[pattern]) for pattern in table["pattern"]],
        found=[words.number(count) for count in table["count"]],
        hot=hot,
        cold=cold,
        who=table["unit_name"].fillna(words.say(_("nobody"))),
    )


def _about(words: Words) -> dict[str, str]:
    say = words.say
    return {
        "name": say(_("Grid")),
        "verdict": say(_("Pattern")),
        "found": say(_("Issues")),
        "hot": say(_("Hot steps")),
        "cold": say(_("Cold steps")),
        "who": say(_("Who answers now")),
    }


def _signs(told: gpd.GeoDataFrame, words: Words) -> folium.FeatureGroup:
    """Write the signs of the patterns, so that colour is not the only code."""
    signs = folium.FeatureGroup(name=inert(words.say(_("Signs"))), control=False)
    marked = told[told["style"] != NONE]
    order = marked["style"].map({name: n for n, name in enumerate(PATTERNS)})
    marked = marked.loc[order.sort_values(kind="stable").index].head(SIGNS_AT_MOST)
    for pattern, place in zip(marked["style"], marked.geometry.representative_point(), strict=True):
        add_label(signs, place, inert(sign(pattern, words)), _sign_css(pattern))
    return signs


def _sign_css(pattern: str) -> str:
    return "sign strong" if pattern.partition("_")[0] in DARK else "sign"


def _line(level: int) -> str:
    return palette.HOT_LINE if level > 0 else palette.COLD_LINE if level < 0 else palette.NO_LINE


def _class_entries(words: Words) -> list[Entry]:
    return [
        Entry(
            words.word("class", str(level)),
            colour,
            _line(level),
            palette.SIGNS[level],
            "sign strong" if abs(level) == max(palette.CLASSES) else "sign",
            shape="dashed" if level < 0 else "area",
        )
        for level, colour in palette.CLASSES.items()
    ]
