"""What every map of ours begins with: quiet ground, our own style, frames turned into features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import folium
import geopandas as gpd
import numpy as np
import orjson
import shapely
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from gridmap.metric import between
from web.maps import palette
from web.maps.text import inert
from web.words import Words
from web.words import gettext_noop as _

DECIMALS = 6  # of a degree: a decimetre
MAX_ZOOM = 20
LABELS_AT_MOST = 60
Style = Callable[[Mapping[str, Any]], dict[str, Any]]


class Markup(MacroElement):
    """
    Finished HTML on a map.

    Parameters
    ----------
    markup
        Already escaped. Branca reads it as a template once more, so braces are made harmless.
    """

    _template = Template("{% macro html(this, kwargs) %}{{ this.markup }}{% endmacro %}")

    def __init__(self, markup: str) -> None:
        super().__init__()
        self._name = "Markup"
        self.markup = markup.replace("{", "&#123;")


class Framed(JSCSSMixin, MacroElement):
    """Our style, and a script by which the page around the map may tell it where to look."""

    default_js: ClassVar = [("own_script", "/static/js/framed-map.js")]
    default_css: ClassVar = [
        ("own_tokens", "/static/css/tokens.css"),
        ("own_style", "/static/css/map.css"),
    ]

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "gridmapFramed("
        "{{ this._parent.get_name() }}, {{ this.shown|tojson }}, {{ this.full|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, shown: list[list[float]], full: str) -> None:
        super().__init__()
        self._name = "Framed"
        self.shown = shown
        self.full = full


def blank_map(
    shown: gpd.GeoDataFrame | gpd.GeoSeries, words: Words, *, canvas: bool = False
) -> folium.Map:
    """
    Return a map without tiles that shows all of a frame.

    Parameters
    ----------
    shown
        What the first view holds; any CRS.
    words
        In whose language.
    canvas
        Draw on a canvas: faster from about 3,000 areas on, but without patterns.
    """
    west, south, east, north = _bounds(shown)
    drawn = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        max_zoom=MAX_ZOOM,
        prefer_canvas=canvas,
        zoom_snap=0.25,
        zoom_delta=0.5,
        attribution_control=False,
    )
    corners = [[south, west], [north, east]]
    drawn.fit_bounds(corners, padding=(16, 16))
    drawn.add_child(Framed(corners, inert(words.say(_("Full screen")))))
    return drawn


def _bounds(shown: gpd.GeoDataFrame | gpd.GeoSeries) -> tuple[float, float, float, float]:
    bounds = shown.total_bounds
    if np.isnan(bounds).any():
        return 73.0, 18.0, 135.0, 54.0  # an empty register looks at the whole country
    west, south, east, north = between(shown.crs, "EPSG:4326").transform_bounds(*bounds)
    return west, south, east, north


def collection(frame: gpd.GeoDataFrame, columns: Sequence[str] = ()) -> dict[str, Any]:
    """
    Return a frame as a GeoJSON feature collection in WGS 84, safe to put into a page.

    Parameters
    ----------
    frame
        Any CRS; rows without geometry are left out.
    columns
        Which columns become properties. Text is made inert unless its column's name ends in
        ``_html``: that one has been put together from inert parts.

    Returns
    -------
    dict
        Features are numbered from 0: a key from data would become part of a script.
    """
    placed = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    shapes = shapely.set_precision(
        placed.geometry.to_crs("EPSG:4326").to_numpy(), 10.0**-DECIMALS, mode="pointwise"
    )
    properties = [
        {name: _plain(name, value) for name, value in zip(columns, row, strict=True)}
        for row in placed[list(columns)].itertuples(index=False)
    ]
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": n, "properties": row, "geometry": orjson.loads(shape)}
            for n, (row, shape) in enumerate(
                zip(properties, shapely.to_geojson(shapes), strict=True)
            )
        ],
    }


def _plain(name: str, value: object) -> object:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return float(value)
    return value if name.endswith("_html") else inert(value)


def add_areas(  # noqa: PLR0913 - each is a choice about one layer
    drawn: folium.Map,
    frame: gpd.GeoDataFrame,
    style: Style,
    *,
    name: str,
    about: Mapping[str, str] | None = None,
    marker: folium.CircleMarker | None = None,
    show: bool = True,
    overlay: bool = True,
) -> None:
    """
    Draw a frame as one layer.

    Parameters
    ----------
    drawn
        The map.
    frame
        What is drawn; the columns of `about` and ``style`` become properties.
    style
        Properties → Leaflet path options.
    name
        What the layer control calls it; from our own words.
    about
        Columns told where the pointer is and on click → their headings.
    marker
        What points are drawn as.
    show
        Whether it is seen from the beginning.
    overlay
        Whether it lies over others, or is one of those of which one is seen at a time.
    """
    if frame.empty:
        return
    about = about or {}
    columns = list(dict.fromkeys([*about, *(["style"] if "style" in frame else [])]))
    layer = folium.GeoJson(
        collection(frame, columns),
        style_function=lambda feature: style(feature["properties"]),
        name=inert(name),
        smooth_factor=0.5,
        marker=marker,
        show=show,
        overlay=overlay,
    )
    if about:
        fields, headings = list(about), [inert(heading) for heading in about.values()]
        folium.GeoJsonTooltip(fields, headings, class_name="tip", sticky=True).add_to(layer)
        folium.GeoJsonPopup(fields, headings, class_name="tip", max_width=320).add_to(layer)
    layer.add_to(drawn)


def add_outlines(drawn: folium.Map, areas: gpd.GeoDataFrame, name: str) -> None:
    """Draw the borders of a level, and its names where they are few."""
    style = {"fill": False, "color": palette.OUTLINE, "weight": 1.6, "interactive": False}
    add_areas(drawn, areas, lambda _: style, name=name)
    if len(areas) > LABELS_AT_MOST:
        return
    labels = folium.FeatureGroup(name=inert(name), control=False)
    inside = areas.geometry.representative_point().to_crs("EPSG:4326")
    for text, place in zip(areas["name"], inside, strict=True):
        add_label(labels, place, inert(text), "label")
    labels.add_to(drawn)


def add_label(layer: folium.FeatureGroup, place: shapely.Point | None, text: str, css: str) -> None:
    """
    Write a short text at a place.

    Parameters
    ----------
    layer
        A group of the map.
    place
        In WGS 84; nothing is written where there is none.
    text
        Already inert.
    css
        Class of the text.
    """
    if place is None or place.is_empty:
        return
    folium.Marker(
        [place.y, place.x],
        icon=folium.DivIcon(html=f"<span>{text}</span>", icon_size=(0, 0), class_name=css),
        interactive=False,
        keyboard=False,
    ).add_to(layer)


def add_roads(drawn: folium.Map, roads: gpd.GeoDataFrame, name: str) -> None:
    """Draw the roads as quiet background."""
    quiet = {"color": palette.ROAD, "weight": 2, "opacity": 0.75, "interactive": False}
    add_areas(drawn, roads, lambda _: quiet, name=name)


def finish(drawn: folium.Map, legend: str) -> folium.Map:
    """
    Add what goes with every map: the layer control, and the legend beneath.

    Parameters
    ----------
    drawn
        The map, with all its layers.
    legend
        Markup of the legend, escaped.
    """
    folium.LayerControl(collapsed=True, position="topright").add_to(drawn)
    drawn.add_child(Markup(legend))
    return drawn
