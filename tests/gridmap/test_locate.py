"""In which grid a place lies: by hand, and for frames of places."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gridmap._raster import OUTSIDE
from gridmap.errors import CrsError
from gridmap.locate import Locator, locate
from tests.gridmap.places import areas, by_us, on_borders, points
from tests.town import SOUTH, WEST, place, town

# By hand -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("east", "north", "grid"),
    [
        pytest.param(50, 150, "001", id="within a grid"),
        pytest.param(100, 150, "001", id="border of 001 and 002"),
        pytest.param(250, 100, "005", id="border of 005 and 006"),
        pytest.param(300, 50, "006", id="border of 006 and 007"),
        pytest.param(100, 100, "001", id="corner of 001, 002, 003 and 004"),
        pytest.param(200, 100, "002", id="corner of 002, 004, 005 and 006"),
        pytest.param(300, 150, "005", id="border of 005 and nothing"),
        pytest.param(400, 0, "007", id="outermost corner"),
        pytest.param(350, 150, None, id="where the town has no grid"),
        pytest.param(500, 50, None, id="beyond the town"),
    ],
)
def test_a_place_of_the_town_is_in_the_lowest_grid_that_covers_it(
    east: float, north: float, grid: str | None
) -> None:
    locator = Locator(town()["grids"])
    position = locator.position(WEST + east, SOUTH + north)
    assert (locator.codes[position][-3:] if position != OUTSIDE else None) == grid


def test_the_order_of_the_rows_does_not_matter() -> None:
    grids = town()["grids"]
    xy = on_borders(grids)
    assert by_us(Locator(grids[::-1]), xy) == by_us(Locator(grids), xy)


def test_codes_are_compared_as_text() -> None:
    layer = areas(box(0, 0, 1, 1), box(1, 0, 2, 1)).set_axis(["9", "10"])
    assert by_us(Locator(layer), np.array([[1.0, 0.5]])) == ["10"]


@pytest.mark.parametrize(
    ("x", "y", "code"),
    [(1, 1, "000"), (5, 5, "001"), (3, 5, "000"), (5, 3.5, None), (4, 5, "001"), (9, 9, "000")],
)
def test_a_hole_is_outside_and_its_rim_is_not(x: float, y: float, code: str | None) -> None:
    ringed = Polygon(box(0, 0, 10, 10).exterior, [box(3, 3, 7, 7).exterior])
    layer = areas(ringed, box(4, 4, 6, 6))
    assert by_us(Locator(layer), np.array([[x, y]], dtype=float)) == [code]


def test_every_part_of_an_area_counts() -> None:
    layer = areas(MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)]), box(2, 2, 3, 3))
    xy = np.array([[0.5, 0.5], [5.5, 5.5], [2.5, 2.5], [4.0, 4.0]])
    assert by_us(Locator(layer), xy) == ["000", "000", "001", None]


def test_an_overlap_belongs_to_the_lowest_of_its_areas() -> None:
    layer = areas(box(4, 4, 6, 6), box(0, 0, 5, 10), box(0, 0, 10, 10))
    xy = np.array([[4.5, 5.0], [1.0, 1.0], [9.0, 1.0], [5.0, 2.0], [5.5, 5.0]])
    assert by_us(Locator(layer), xy) == ["000", "001", "002", "001", "000"]


def test_the_same_ground_twice_belongs_to_the_lower_code() -> None:
    layer = areas(*[box(0, 0, 3, 3)] * 3)
    xy = np.vstack([on_borders(layer), [[1.5, 1.5]]])
    assert by_us(Locator(layer), xy) == ["000"] * len(xy)


@pytest.mark.parametrize("nowhere", [np.nan, np.inf, -np.inf, 1e300, -1e300])
def test_a_coordinate_that_is_no_place_is_outside(nowhere: float) -> None:
    locator = Locator(areas(box(0, 0, 1, 1)))
    xy = np.array([[nowhere, 0.5], [0.5, nowhere], [nowhere, nowhere], [0.5, 0.5]])
    assert locator.positions(xy).tolist() == [OUTSIDE, OUTSIDE, OUTSIDE, 0]
    assert [locator.position(x, y) for x, y in xy] == [OUTSIDE, OUTSIDE, OUTSIDE, 0]


@pytest.mark.parametrize("shapes", [(), (None,), (Polygon(), None, MultiPolygon())])
def test_a_layer_without_ground_covers_nothing(shapes: tuple[object, ...]) -> None:
    locator = Locator(areas(*shapes))
    assert locator.positions(np.zeros((2, 2))).tolist() == [OUTSIDE, OUTSIDE]
    assert locator.position(0.0, 0.0) == OUTSIDE
    assert locator.nearest(np.zeros((1, 2))).isna().all(axis=None)
    assert locator.candidates(np.zeros((1, 2)), 5.0).empty


def test_areas_without_ground_keep_their_place_among_the_codes() -> None:
    locator = Locator(areas(None, Polygon(), box(0, 0, 1, 1)))
    assert locator.codes.tolist() == ["000", "001", "002"]
    assert locator.position(0.5, 0.5) == 2


def test_no_points_have_no_positions() -> None:
    assert Locator(areas(box(0, 0, 1, 1))).positions(np.empty((0, 2))).shape == (0,)


def test_points_that_may_not_be_written_to_are_taken() -> None:
    xy = np.array([[0.5, 0.5]])
    xy.flags.writeable = False
    assert Locator(areas(box(0, 0, 1, 1))).positions(xy).tolist() == [0]


# Frames ------------------------------------------------------------------------------------------


def short(codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code[-3:] for code in codes)


def test_issues_of_the_town_are_located() -> None:
    issues = town()["issues"]
    found = locate(issues, Locator(town()["grids"]), accuracy_m=15.0)
    assert found.index.tolist() == ["i1", "i2", "i3"]
    assert found.columns.tolist() == ["code", "outside", "distance_m", "ambiguous", "candidates"]
    assert found["code"].str[-3:].tolist() == ["001", "005", "005"]
    assert found["outside"].tolist() == [False, False, True]  # i3 is where the town has no grid
    assert found["distance_m"].tolist() == pytest.approx([0.0, 0.0, 90.0])
    assert found["ambiguous"].tolist() == [False, False, False]
    assert [short(codes) for codes in found["candidates"]] == [("001",), ("005",), ()]


def test_a_point_near_a_border_names_every_grid_it_may_be_in() -> None:
    near = points(place(97, 150), place(97, 104))
    found = locate(near, Locator(town()["grids"]), accuracy_m=4.5)
    assert found["code"].str[-3:].tolist() == ["001", "001"]
    assert found["ambiguous"].tolist() == [True, True]
    # 97, 104 is 3 m from 002, 4 m from 003 and 5 m from 004
    assert [short(codes) for codes in found["candidates"]] == [
        ("001", "002"),
        ("001", "002", "003"),
    ]


def test_a_point_on_a_border_is_ambiguous_at_any_accuracy() -> None:
    found = locate(points(place(100, 150)), Locator(town()["grids"]), accuracy_m=0.0)
    assert short(found["candidates"].iloc[0]) == ("001", "002")


def test_without_an_accuracy_nothing_is_ambiguous() -> None:
    found = locate(points(place(100, 150), place(350, 150)), Locator(town()["grids"]))
    assert found["ambiguous"].tolist() == [False, False]
    assert [short(codes) for codes in found["candidates"]] == [("001",), ()]


def test_each_point_has_its_own_accuracy() -> None:
    near = points(*[place(97, 150)] * 3).set_axis(["x", "y", "z"])
    accuracy = pd.Series({"z": 1.0, "x": 10.0, "y": np.nan})
    found = locate(near, Locator(town()["grids"]), accuracy)
    assert found["ambiguous"].to_dict() == {"x": True, "y": False, "z": False}


def test_a_point_that_is_missing_or_empty_has_no_grid() -> None:
    found = locate(points(None, Point(), place(50, 50)), Locator(town()["grids"]), accuracy_m=5.0)
    assert found["code"].isna().tolist() == [True, True, False]
    assert found["outside"].tolist() == [True, True, False]
    assert found["distance_m"].isna().tolist() == [True, True, False]
    assert found["candidates"].map(len).tolist() == [0, 0, 1]


def test_what_is_no_point_has_no_grid() -> None:
    line = LineString([place(10, 10), place(20, 20)])
    assert locate(points(line), Locator(town()["grids"]))["outside"].tolist() == [True]


def test_an_index_may_say_the_same_twice() -> None:
    twice = points(place(50, 50), place(150, 50)).set_axis(["a", "a"])
    found = locate(twice, Locator(town()["grids"]), accuracy_m=1.0)
    assert found.index.tolist() == ["a", "a"]
    assert found["code"].str[-3:].tolist() == ["003", "004"]


def test_no_points_make_an_empty_frame() -> None:
    found = locate(points(), Locator(town()["grids"]), accuracy_m=1.0)
    assert found.empty
    assert found.columns.tolist() == ["code", "outside", "distance_m", "ambiguous", "candidates"]


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326", None])
def test_points_in_another_crs_are_refused(crs: str | None) -> None:
    elsewhere = gpd.GeoDataFrame(geometry=[place(50, 50)], crs=crs)
    with pytest.raises(CrsError, match="must share one CRS"):
        locate(elsewhere, Locator(town()["grids"]))


def test_areas_without_a_crs_are_refused() -> None:
    with pytest.raises(CrsError, match="have none"):
        Locator(gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)]))


def test_what_was_given_is_left_as_it_was() -> None:
    grids, issues = town()["grids"][::-1], town()["issues"]
    before = grids.copy(), issues.copy()
    locate(issues, Locator(grids), accuracy_m=5.0)
    pd.testing.assert_frame_equal(grids, before[0])
    pd.testing.assert_frame_equal(issues, before[1])


def test_wards_of_washington_are_those_on_its_reports(shared_data: Path) -> None:
    wards = gpd.read_parquet(shared_data / "dc_311/wards.parquet").set_index("NAME")
    reports = gpd.read_parquet(shared_data / "dc_311/service_requests.parquet")
    found = locate(reports, Locator(wards))
    agrees = ~found["outside"] & (found["code"] == "Ward " + reports["WARD"].astype(str))
    # 99.31 % by the data set's own README, of the 34,419 reports that say where
    assert round(100 * agrees[reports.geometry.notna()].mean(), 2) == 99.31
