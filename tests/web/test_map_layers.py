"""What a reader may switch off on the maps of load and of the board, and that legends show it."""

from __future__ import annotations

import re

import folium
import geopandas as gpd
import pandas as pd
from shapely import box

from tests.town import METRIC
from web.maps.board import board_map
from web.maps.load import load_map
from web.words import Words, words

EN: Words = words("en")
COLOURS = {"done": "green", "not_done": "red"}


def squares(**columns: list[object]) -> gpd.GeoDataFrame:
    n = len(next(iter(columns.values())))
    shapes = [box(469_000 + 100 * k, 5_871_000, 469_100 + 100 * k, 5_871_100) for k in range(n)]
    return gpd.GeoDataFrame(columns, geometry=shapes, index=list("abcdef"[:n]), crs=METRIC)


def controlled(made: folium.Map) -> list[str]:
    """Return what the layer control offers."""
    layers = [one for one in made._children.values() if isinstance(one, folium.map.Layer)]
    return [str(one.layer_name) for one in layers if one.control]


def loads(*load: float) -> folium.Map:
    """Draw grids of units with these loads, one of nobody."""
    n = len(load)
    grids = squares(
        name=["格"] * (n + 1),
        unit_id=[*(f"u{k}" for k in range(n)), None],
        unit_name=[*("单位" for _ in load), None],
        n_grids=[*(1.0 for _ in load), None],
        area_m2=[*(1e4 for _ in load), None],
        headcount=[*(10.0 for _ in load), None],
        load=[*load, None],
    )
    return load_map(grids, {"roads": grids.iloc[:0], "divisions": grids.iloc[:0]}, EN)


def drawn(made: folium.Map) -> str:
    return str(made.get_root().render())


def parts(text: str) -> list[str]:
    return re.findall(r"gridmapPacked\.part\(\w+, (\[[-\d, ]+\])\)", text)


def test_each_class_of_load_is_a_layer_and_borders_are_sent_once() -> None:
    made = loads(1.0, 2.0, 2.0)
    assert controlled(made) == [
        "Load 1.0 – 2.0",
        "Load 1.0 – 1.0",
        "No unit, or no headcount",
        "Roads",
        "Borders and names",
    ]
    text = drawn(made)
    assert parts(text) == ["[1]", "[0]", "[-1]"]
    assert text.count("gridmapPacked.areas(") == 1


def test_classes_that_read_alike_are_one_layer() -> None:
    # 1.01 and 1.02 both read 1.0: two layers of one name would be one line in the control
    assert parts(drawn(loads(1.01, 1.02))) == ["[1, 0]", "[-1]"]


def test_the_load_is_drawn_as_the_legend_shows_it() -> None:
    assert set(re.findall(r'"fillOpacity": ([\d.]+)', drawn(loads(1.0, 2.0)))) == {"1"}


def test_each_level_of_the_board_is_a_layer_drawn_as_the_legend_shows_it() -> None:
    divisions = squares(name=["甲", "乙"])
    tasks = pd.DataFrame(
        {
            "division": ["a", "b"],
            "flag": ["done", "not_done"],
            "title": ["清雪", "除草"],
        }
    )
    areas = {
        "districts": divisions.iloc[:1],
        "subdistricts": divisions.iloc[:0],
        "communities": divisions.iloc[1:],
    }
    made = board_map(tasks, areas, divisions, COLOURS, EN)
    assert controlled(made) == [
        "Divisions without tasks",
        "Flags: Districts",
        "Flags: Communities",
    ]
    assert set(re.findall(r'"fillOpacity": ([\d.]+)', drawn(made))) == {"1"}
