"""Metres of a road, pointed at by two clicks."""

import geopandas as gpd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from gridmap import layers
from gridmap.errors import CrsError, InvalidError, NotFoundError
from gridmap.stretches import Snapped, between, snap, stretch_geometry
from gridmap.targets import Target
from tests.town import METRIC, place, town

R1 = town()["roads"]


def roads(**lines: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    shapes = [LineString([place(*xy) for xy in line]) for line in lines.values()]
    frame = gpd.GeoDataFrame({"road_id": list(lines), "name": "路"}, geometry=shapes, crs=METRIC)
    return layers.conform(frame, layers.LAYERS["roads"])


BENT = roads(north=[(0, 0), (0, 100), (50, 100)], east=[(60, 0), (160, 0)])


def pointed(x: float, y: float, layer: gpd.GeoDataFrame = R1, **how: float) -> Snapped:
    spot = place(x, y)
    return snap(layer, spot.x, spot.y, **how)


@pytest.mark.parametrize(
    ("x", "y", "metres", "distance", "side"),
    [
        (120.0, 103.0, 120.0, 3.0, "left"),
        (120.0, 96.0, 120.0, 4.0, "right"),
        (120.0, 100.0, 120.0, 0.0, "both"),
        (33.336, 101.0, 33.34, 1.0, "left"),
        (-5.0, 101.0, 0.0, 26.0**0.5, "left"),
        (403.0, 96.0, 400.0, 5.0, "right"),
    ],
)
def test_a_click_is_a_place_on_the_road_and_a_side(
    x: float, y: float, metres: float, distance: float, side: str
) -> None:
    found = pointed(x, y)
    assert (found.road_id, found.side) == ("r1", side)
    assert found.metres == pytest.approx(metres, abs=1e-9)
    assert found.distance_m == pytest.approx(distance, abs=1e-6)


def test_metres_run_along_the_bends_of_a_road() -> None:
    assert pointed(20, 97, BENT).metres == pytest.approx(120)
    assert pointed(20, 97, BENT).side == "right"
    assert pointed(-3, 50, BENT).side == "left"


def test_the_nearest_road_is_meant_and_the_first_of_two_as_near() -> None:
    assert pointed(58, 20, BENT).road_id == "east"
    two = roads(b=[(0, 10), (100, 10)], a=[(0, -10), (100, -10)])
    assert pointed(50, 0, two).road_id == "a"


def test_where_no_road_is_near_nothing_is_guessed() -> None:
    with pytest.raises(NotFoundError, match="30 m"):
        pointed(120, 131)
    assert pointed(120, 131, within_m=40).distance_m == pytest.approx(31)


def test_roads_in_degrees_are_not_measured() -> None:
    degrees = town("EPSG:4490")["roads"]
    with pytest.raises(CrsError):
        snap(degrees, 122.5, 53.0)
    with pytest.raises(CrsError):
        stretch_geometry(degrees, "r1", 0, 10)


def test_a_stretch_is_drawn_around_the_bend() -> None:
    line = stretch_geometry(BENT, "north", 90, 120)
    assert line.equals(LineString([place(0, 90), place(0, 100), place(20, 100)]))
    assert line.length == pytest.approx(30)


@pytest.mark.parametrize(("first", "last"), [(10, 10), (20, 10), (-1, 10), (0, 151)])
def test_metres_that_a_road_has_not_are_refused(first: float, last: float) -> None:
    with pytest.raises(InvalidError, match=r"150\.00 m long"):
        stretch_geometry(BENT, "north", first, last)


def test_an_unknown_road_is_refused() -> None:
    with pytest.raises(NotFoundError, match="r9"):
        stretch_geometry(BENT, "r9", 0, 10)


def test_two_clicks_in_either_order_make_a_stretch() -> None:
    one, other = pointed(120, 101), pointed(300, 99)
    wanted = Target("road_segment", "r1", 120.0, 300.0, "left")
    assert between(R1, one, other, "left") == between(R1, other, one, "left") == wanted


def test_clicks_on_two_roads_are_refused_and_both_are_named() -> None:
    with pytest.raises(InvalidError, match=r"路 \(north\) and 路 \(east\)"):
        between(BENT, pointed(1, 50, BENT), pointed(100, 1, BENT))


def test_the_same_place_twice_and_an_unknown_side_are_refused() -> None:
    with pytest.raises(InvalidError, match="the same"):
        between(R1, pointed(120, 101), pointed(120.004, 99))
    with pytest.raises(InvalidError, match="middle"):
        between(R1, pointed(120, 101), pointed(200, 99), "middle")


@given(st.floats(0, 400), st.floats(0, 400), st.sampled_from([-8.0, 8.0]))
@settings(deadline=None)
def test_what_is_between_two_clicks_is_as_long_as_it_looks(
    first: float, last: float, beside: float
) -> None:
    one, other = pointed(first, 100 + beside), pointed(last, 100 + beside)
    if abs(first - last) < 0.03:
        return
    made = between(R1, one, other, one.side)
    line = stretch_geometry(R1, "r1", made.from_m, made.to_m)
    assert line.length == pytest.approx(abs(first - last), abs=0.02)
    assert made.side == ("left" if beside > 0 else "right")
