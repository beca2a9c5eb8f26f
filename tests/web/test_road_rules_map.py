"""The map of rules along roads: told apart in grey print, and deaf to names that would run."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import LineString, box

from tests.web.fakes import PAYLOADS
from web.maps.offline import page
from web.maps.road_rules import LOOKS, road_rules_map
from web.words import words

LINE = LineString([(122.5, 52.9), (122.6, 52.9)])
ROADS = gpd.GeoDataFrame({"name": ["x"]}, geometry=[LINE], crs="EPSG:4490")
AREAS = gpd.GeoDataFrame({"name": ["y"]}, geometry=[box(122, 52, 123, 53)], crs="EPSG:4490")


def drawn(road: str, *, nobody: bool) -> str:
    failures = gpd.GeoDataFrame(
        {"road": [road], "metres": ["0–1 m"], "things": ["0 of 1"], "who": [road]},
        geometry=[LINE],
        crs="EPSG:4490",
    ).assign(nobody=nobody)
    return page(road_rules_map(failures, ROADS, AREAS, words("en")), "map")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_road_or_unit_whose_name_would_run_is_only_read(payload: str) -> None:
    text = drawn(payload, nobody=False)
    assert payload not in text


def test_where_nobody_answers_the_line_is_dashed_and_the_legend_says_so() -> None:
    held, free = drawn("r", nobody=False), drawn("r", nobody=True)
    assert LOOKS["held"][0] in held
    assert "Too few, nobody answers" not in held
    assert LOOKS["nobody"][1] in free
    assert "Too few, nobody answers" in free


def test_without_a_failing_stretch_the_roads_are_shown() -> None:
    none = gpd.GeoDataFrame({"nobody": []}, geometry=[], crs="EPSG:4490").astype({"nobody": bool})
    text = page(road_rules_map(none, ROADS, AREAS, words("en")), "map")
    assert LOOKS["held"][0] not in text
