"""Maps say the same as their tables, and lie where they should."""

import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS, Transformer
from shapely import Point, box
from starlette.testclient import TestClient

from gridmap.density import Density
from tests.web.addresses import MAPS
from web.maps import palette
from web.maps.base import collection
from web.maps.heat import heat_picture
from web.maps.legend import PATTERNS

TOKENS = Path(__file__).parents[2] / "web" / "static" / "css" / "tokens.css"
METRIC = CRS.from_epsg(4550)


def lightness(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2


def test_reasons_have_the_same_colours_on_maps_and_in_tables() -> None:
    text = TOKENS.read_text("utf-8")
    for reason, colour in palette.REASONS.items():
        assert f"--{reason.replace('_', '-')}: {colour};" in text


def test_classes_grow_darker_away_from_nothing_on_both_sides() -> None:
    for side in (1, -1):
        steps = [lightness(palette.CLASSES[side * n]) for n in range(4)]
        assert steps == sorted(steps, reverse=True)
    assert len(set(palette.SIGNS.values())) == 7


def test_each_reason_has_a_pattern_of_its_own() -> None:
    drawn = {(pattern.path, pattern.turn) for pattern in PATTERNS.values()}
    assert set(PATTERNS) == set(palette.REASONS)
    assert len(drawn) == len(PATTERNS)


def test_coordinates_have_six_decimals() -> None:
    frame = gpd.GeoDataFrame(
        geometry=[Point(122.123456789, 52.987654321), None, Point()], crs="EPSG:4490"
    )
    features = collection(frame)["features"]
    assert [feature["geometry"]["coordinates"] for feature in features] == [[122.123457, 52.987654]]


@pytest.mark.parametrize("path", MAPS)
def test_no_coordinate_of_a_map_is_longer_than_it_need_be(wide_town: TestClient, path: str) -> None:
    text = wide_town.get(path).text
    pairs = re.findall(r"\[(12\d\.\d+), (5\d\.\d+)\]", text)
    if "gridmapPacked.areas" in text:  # in whole steps: no coordinate is written at all
        assert not pairs
        assert re.findall(r'"quantum": ([\d.e-]+)', text)
        return
    assert pairs
    assert max(len(part.split(".")[1]) for pair in pairs for part in pair) <= 6


@pytest.mark.parametrize("path", ["/maps/city", "/maps/coverage"])
def test_roads_and_borders_are_sent_in_whole_steps(wide_town: TestClient, path: str) -> None:
    text = wide_town.get(path).text
    runs = re.findall(r"gridmapPacked\.outlines\((\{.*?\}),\{", text)
    sent = [json.loads(run) for run in runs]
    assert len(sent) == 2
    for run in sent:
        assert sum(run["size"]) == len(run["x"]) == len(run["y"]) > 0
        assert all(type(step) is int for step in run["x"] + run["y"])
    assert '"LineString"' not in text


def test_the_overview_without_a_script_leads_to_its_figures(small_town: TestClient) -> None:
    text = small_town.get("/").text
    told = re.findall(r"<noscript>.*?href=\"([^\"]+)\".*?</noscript>", text)
    assert told
    assert "<table" in small_town.get(told[0]).text


def test_the_legend_of_the_city_has_the_areas_of_the_gaps(small_town: TestClient) -> None:
    # one square without a grid, two nobody's, one of an inactive unit, one without a contact
    text = small_town.get("/maps/city").text
    legend = text[text.index('class="legend"') :]
    rows = re.findall(r'class="word">([^<]+)</span><span class="figure">([^<]+)<', legend)
    assert dict(rows) == {
        "未划网格": "1.00 公顷",
        "无责任单位": "2.00 公顷",
        "单位已停用": "1.00 公顷",
        "无联系人": "1.00 公顷",
    }


def test_the_legend_of_the_hot_spots_counts_every_area_once(wide_town: TestClient) -> None:
    text = wide_town.get("/maps/hotspots").text
    legend = text[text.index('class="legend"') :]
    figures = re.findall(r'class="figure">([\d,]+)<', legend)
    assert sum(int(figure) for figure in figures) == 62


def test_the_hottest_pixel_of_the_heat_lies_on_the_densest_cell() -> None:
    grid = np.zeros((40, 60))
    grid[30, 10] = 5.0
    density = Density(grid, 469_000.0, 5_871_000.0, 50.0, 150.0, 1)
    picture = heat_picture(density, METRIC, side=240)
    row, column = np.unravel_index(picture.pixels[..., 3].argmax(), picture.pixels.shape[:2])
    west, south, east, north = picture.bounds
    mercator = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    (left, right), (bottom, top) = mercator.transform([west, east], [south, north])
    x = left + (column + 0.5) / picture.pixels.shape[1] * (right - left)
    y = top - (row + 0.5) / picture.pixels.shape[0] * (top - bottom)
    found = Transformer.from_crs("EPSG:3857", METRIC, always_xy=True).transform(x, y)
    expected = (469_000 + 10.5 * 50, 5_871_000 + 30.5 * 50)
    assert np.hypot(found[0] - expected[0], found[1] - expected[1]) < 25


def test_the_map_states_the_bandwidth_of_its_density(wide_town: TestClient) -> None:
    assert re.search(r"带宽 [\d,]+ 米", wide_town.get("/maps/hotspots").text)


def test_ground_without_issues_shows_through_the_heat() -> None:
    density = Density(np.zeros((8, 8)), 469_000.0, 5_871_000.0, 50.0, 150.0, 0)
    assert heat_picture(density, METRIC, side=16).pixels[..., 3].max() == 0


def test_a_map_of_nothing_is_still_a_map(empty_register: TestClient) -> None:
    for path in ("/maps/city", "/maps/coverage"):
        assert empty_register.get(path).status_code == 200


def test_a_cell_over_the_border_is_drawn_whole() -> None:
    shape = collection(gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs="EPSG:4326"))
    assert len(shape["features"][0]["geometry"]["coordinates"][0]) == 5
