"""
Layers that are sent packed: every border once and in whole steps, values apart from the ground.

Ten thousand grids as GeoJSON are thirteen megabytes of page: each border is in it twice, and each
property by name. Here a layer is columns of numbers; ``static/js/packed-map.js`` puts it together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

from gridmap import drawing as draws
from gridmap.drawing import Detail, Drawing
from gridmap.metric import to_metric
from gridmap.topology import Topology, read_topology
from web.maps.text import inert

FINE = Detail(float("inf"), 0.0, 1e-6)
COARSE = Detail(float("inf"), 2.0, 1e-5)
"""Where areas are many: two metres are less than a pixel on any screen that holds a city."""
MANY = 3000  # areas
QUANTUM = 1e-5  # degrees: a metre, for lines and marks by which one only finds one's way
TOLERANCE_M = 2.0


@dataclass(frozen=True)
class About:
    """
    One line of what is told of an area.

    Parameters
    ----------
    heading
        In the reader's language.
    name
        The column.
    decimals
        Of a number.
    word
        Whether the value is a code, told by `Facts.words`.
    """

    heading: str
    name: str
    decimals: int = 0
    word: bool = False


@dataclass(frozen=True)
class Facts:
    """
    What is told of areas, and how they look.

    Parameters
    ----------
    frame
        One row an area; ``style`` says which of `looks`.
    about
        What is told, in order.
    looks
        Leaflet path options by style.
    words
        Words of codes.
    ledger
        A path that ends where the code of an area follows, and what the link is called; none where
        there is no such page.
    keys
        The column with what follows instead of the code; no link where it is missing.
    """

    frame: pd.DataFrame
    about: Sequence[About]
    looks: Mapping[str, Mapping[str, Any]]
    words: Mapping[str, str]
    ledger: tuple[str, str] | None = None
    keys: str = ""

    def told(self) -> dict[str, Any]:
        """Return the same, safe to put into a page."""
        columns: dict[str, list[object]] = {"style": _plain(self.frame["style"], 0)}
        for line in self.about:
            columns[line.name] = _plain(self.frame[line.name], max(line.decimals, 0))
        ledger = None
        if self.ledger is not None:
            keys = self.frame[self.keys] if self.keys else self.frame.index
            known = pd.notna(keys)
            columns["code"] = [
                quote(str(key), safe="") if there else None
                for key, there in zip(keys, known, strict=True)
            ]
            ledger = {"path": self.ledger[0], "word": inert(self.ledger[1])}
        return {
            "about": [{**vars(line), "heading": inert(line.heading)} for line in self.about],
            "columns": columns,
            "looks": self.looks,
            "words": {code: inert(word) for code, word in self.words.items()},
            "ledger": ledger,
        }


class Packed(JSCSSMixin, Layer):
    """
    A layer that our own script puts together.

    Parameters
    ----------
    kind
        The function of ``packed-map.js``.
    given
        Its arguments.
    name, overlay, control, show
        As for any layer of Folium.
    """

    default_js: ClassVar = [("own_packed", "/static/js/packed-map.js")]

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = gridmapPacked.{{ this.kind }}("
        "{% for one in this.given %}{{ one|tojson }}{{ ',' if not loop.last }}{% endfor %});"
        "{% endmacro %}"
    )

    def __init__(
        self,
        kind: str,
        *given: object,
        name: str,
        overlay: bool = True,
        control: bool = True,
        show: bool = True,
    ) -> None:
        super().__init__(name=inert(name), overlay=overlay, control=control, show=show)
        self._name = "Packed"
        self.kind = kind
        self.given = given


class Part(Layer):
    """
    The areas of some looks as a layer of their own, which a reader may switch off.

    Parameters
    ----------
    areas
        The layer of all areas; it is not shown itself.
    styles
        Which looks, as numbers.
    name
        What the layer control calls them, in the reader's language.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = "
        "gridmapPacked.part({{ this.areas.get_name() }}, {{ this.styles|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, areas: Packed, styles: Sequence[int], name: str) -> None:
        super().__init__(name=inert(name), overlay=True)
        self._name = "Part"
        self.areas = areas
        self.styles = list(styles)


def ground_of(table: gpd.GeoDataFrame, topology: Topology | None = None) -> dict[str, Any]:
    """
    Return the arcs of areas, as ``areas`` of the script takes them.

    Parameters
    ----------
    table, topology
        As for `drawn`. Of a topology that was given, the arcs are made once: maps of other figures
        on the same ground are drawn from the same.
    """
    if topology is None:
        return ground(drawn(table))
    if topology not in _GROUNDS:
        _GROUNDS[topology] = ground(drawn(table, topology))
    return _GROUNDS[topology]


_GROUNDS: WeakKeyDictionary[Topology, dict[str, Any]] = WeakKeyDictionary()


def drawn(table: gpd.GeoDataFrame, topology: Topology | None = None) -> Drawing:
    """
    Draw areas as packed layers need them.

    Parameters
    ----------
    table
        The areas, in any CRS.
    topology
        Their borders, in the same order; read here where nobody has them.
    """
    known = read_topology(to_metric(table)) if topology is None else topology
    return draws.draw(known, COARSE if len(table) > MANY else FINE)


def ground(drawing: Drawing) -> dict[str, Any]:
    """Return the arcs of a drawing, as ``areas`` of the script takes them."""
    return {
        "n": drawing.n,
        "quantum": drawing.detail.quantum,
        "size": np.diff(drawing.offsets).tolist(),
        "x": np.diff(drawing.xy[:, 0], prepend=0).tolist(),
        "y": np.diff(drawing.xy[:, 1], prepend=0).tolist(),
        "left": drawing.left.tolist(),
        "right": drawing.right.tolist(),
        "loose": drawing.loose.astype(np.int8).tolist(),
    }


def lines(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return lines, or the outlines of areas, as ``outlines`` of the script takes them."""
    placed = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    if placed.empty:
        return {"quantum": QUANTUM, "size": [], "x": [], "y": []}
    metric = to_metric(placed)
    shapes = metric.geometry.to_numpy()
    if (shapely.get_dimensions(shapes) > 1).any():
        shapes = shapely.coverage_simplify(shapes, TOLERANCE_M)
        shapes = shapely.boundary(shapes)
    parts = shapely.get_parts(shapes)
    offsets = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(parts))])
    offsets, xy = draws.thin(offsets, shapely.get_coordinates(parts), TOLERANCE_M)
    steps = draws.quantise(xy, metric.crs, QUANTUM)
    offsets, steps = draws.without_repeats(offsets, steps)
    return {
        "quantum": QUANTUM,
        "size": np.diff(offsets).tolist(),
        "x": np.diff(steps[:, 0], prepend=0).tolist(),
        "y": np.diff(steps[:, 1], prepend=0).tolist(),
    }


def places(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return a place inside each area, in whole steps of an angle."""
    shapes = frame.geometry.to_crs("EPSG:4326").to_numpy()
    inside = shapely.centroid(shapes)
    shapely.prepare(shapes)
    outside = ~shapely.contains(shapes, inside)  # a bent area; the other way takes ten times longer
    inside[outside] = shapely.point_on_surface(shapes[outside])
    x, y = shapely.get_coordinates(inside).T
    return {
        "quantum": QUANTUM,
        "x": np.round(x / QUANTUM).astype(int).tolist(),
        "y": np.round(y / QUANTUM).astype(int).tolist(),
    }


def _plain(column: pd.Series, decimals: int) -> list[object]:
    if pd.api.types.is_numeric_dtype(column):
        rounded = column.astype("float64").round(decimals)
        known = rounded.notna()
        if known.all():
            return list((rounded if decimals else rounded.astype("int64")).tolist())
        return list(rounded.astype(object).where(known, None).tolist())
    return [inert(value) for value in column]
