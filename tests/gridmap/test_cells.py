"""Squares and hexagons that cover an area."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.cells import cell_places, hexagon_cells, square_cells
from gridmap.errors import CrsError, InvalidError

Cells = Callable[[gpd.GeoSeries, float], gpd.GeoDataFrame]
METRIC = "EPSG:4550"
BOTH = pytest.mark.parametrize("cells", [square_cells, hexagon_cells])


def area(*shapes: shapely.Geometry, crs: str = METRIC) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), crs=crs)


LAKE = shapely.Point(-300.0, 250.0).buffer(1500.0).difference(shapely.Point(0, 0).buffer(600.0))


def test_squares_are_counted_from_the_origin() -> None:
    found = square_cells(area(shapely.box(-250.0, 0.0, 600.0, 500.0)), 500)
    assert found["share"].to_dict() == {"sq-500--1-0": 0.5, "sq-500-0-0": 1.0, "sq-500-1-0": 0.2}
    assert found.loc["sq-500-1-0", "geometry"].bounds == (500.0, 0.0, 1000.0, 500.0)
    assert found.index.name == "code"
    assert found.crs == METRIC


def test_a_hexagon_has_the_size_asked_for_between_its_sides() -> None:
    found = hexagon_cells(area(LAKE), 200)
    assert found.area.to_numpy() == pytest.approx(np.sqrt(3) / 2 * 200**2)
    west, south, east, north = found.geometry.iloc[0].bounds
    assert east - west == pytest.approx(200)
    assert north - south == pytest.approx(400 / np.sqrt(3))


@BOTH
def test_shares_add_up_to_the_area(cells: Cells) -> None:
    found = cells(area(LAKE), 170)
    assert (found["share"] * found.area).sum() == pytest.approx(LAKE.area, rel=1e-9)
    assert found["share"].between(0, 1, inclusive="right").all()


@BOTH
def test_every_share_is_the_part_of_the_cell_that_is_inside(cells: Cells) -> None:
    found = cells(area(LAKE), 170)
    exact = found.intersection(LAKE).area / found.area
    assert found["share"].to_numpy() == pytest.approx(exact.to_numpy(), abs=1e-9)


@BOTH
def test_cells_are_whole_and_do_not_overlap(cells: Cells) -> None:
    found = cells(area(LAKE), 170)
    assert found.area.to_numpy() == pytest.approx(found.area.iloc[0])
    assert shapely.union_all(found.geometry.to_numpy()).area == pytest.approx(found.area.sum())


@BOTH
def test_neighbours_share_their_vertices_to_the_last_bit(cells: Cells) -> None:
    found = cells(area(shapely.box(0.0, 0.0, 1e5, 1e5)), 7777.77)
    assert shapely.coverage_is_valid(found.geometry.to_numpy())
    corners = shapely.get_coordinates(found.geometry.to_numpy())
    # were two neighbours' corners a bit apart, some would appear twice after rounding
    assert len(np.unique(corners, axis=0)) == len(np.unique(corners.round(3), axis=0))


@BOTH
def test_a_cell_keeps_its_code_when_the_area_grows(cells: Cells) -> None:
    before = cells(area(LAKE), 300)
    after = cells(area(LAKE, shapely.box(3000.0, -9000.0, 5000.0, 1000.0)), 300)
    assert before.index.isin(after.index).all()
    assert (after.geometry[before.index].geom_equals(before.geometry)).all()
    assert after.index.is_unique


@BOTH
def test_overlapping_areas_count_once(cells: Cells) -> None:
    found = cells(area(LAKE, LAKE.buffer(-50)), 300)
    assert found["share"].to_numpy() == pytest.approx(cells(area(LAKE), 300)["share"].to_numpy())


@settings(max_examples=30, deadline=None)
@given(
    west=st.floats(-1e4, 1e4),
    south=st.floats(-1e4, 1e4),
    width=st.floats(1.0, 2e3),
    height=st.floats(1.0, 2e3),
)
@BOTH
def test_any_rectangle_is_covered(
    cells: Cells, west: float, south: float, width: float, height: float
) -> None:
    box = shapely.box(west, south, west + width, south + height)
    found = cells(area(box), 300)
    assert (found["share"] * found.area).sum() == pytest.approx(box.area, rel=1e-6)


@BOTH
def test_degrees_are_refused(cells: Cells) -> None:
    with pytest.raises(CrsError, match="metres"):
        cells(area(shapely.box(122, 52, 123, 53), crs="EPSG:4490"), 500)


@BOTH
def test_sizes_that_cannot_be_are_refused(cells: Cells) -> None:
    with pytest.raises(InvalidError, match="above 0 m"):
        cells(area(LAKE), 0)
    with pytest.raises(InvalidError, match="at most 2000000"):
        cells(area(LAKE), 0.5)
    with pytest.raises(InvalidError, match="empty"):
        cells(area(shapely.Polygon()), 500)


def divisions(**shapes: shapely.Geometry | None) -> gpd.GeoDataFrame:
    names = [code.upper().rstrip("2") for code in shapes]
    return gpd.GeoDataFrame(
        {"name": names}, geometry=list(shapes.values()), index=list(shapes), crs=METRIC
    )


def test_a_cell_is_called_by_the_division_that_has_its_middle_and_a_number_from_the_north() -> None:
    town = divisions(a=shapely.box(0, 0, 1200, 1000), b=shapely.box(1200, 0, 2000, 1000))
    squares = square_cells(town, 500)
    # the third column begins in A and has its middle in B
    assert cell_places(squares, town.to_crs("EPSG:4490"))["name"].to_dict() == {
        "sq-500-0-1": "A · 1",
        "sq-500-1-1": "A · 2",
        "sq-500-2-1": "B · 1",
        "sq-500-3-1": "B · 2",
        "sq-500-0-0": "A · 3",
        "sq-500-1-0": "A · 4",
        "sq-500-2-0": "B · 3",
        "sq-500-3-0": "B · 4",
    }


def test_a_middle_outside_the_city_belongs_to_the_nearest_division() -> None:
    town = divisions(a=shapely.box(0, 0, 500, 100), b=None)
    assert cell_places(square_cells(town.iloc[:1], 500), town)["name"].tolist() == ["A · 1"]


def test_where_no_division_is_drawn_a_cell_has_no_name() -> None:
    squares = square_cells(area(shapely.box(0, 0, 1000, 500)), 500)
    told = cell_places(squares, divisions(a=None))
    assert told["name"].isna().all()
    assert told["number"].tolist() == [1, 2]


@BOTH
@settings(deadline=None, max_examples=25)
@given(size=st.integers(60, 400), cut=st.integers(-1500, 1000))
def test_no_two_cells_have_one_name_and_no_number_is_left_out(
    cells: Cells, size: int, cut: int
) -> None:
    west, east = (LAKE.intersection(shapely.box(*x)) for x in sides(cut))
    town = divisions(a=west, a2=east, b=shapely.box(1200, 0, 1300, 100))  # two of one name
    found = cell_places(cells(area(LAKE), size), town)
    assert found["name"].is_unique
    for _, numbers in found.groupby("place")["number"]:
        assert sorted(numbers) == list(range(1, len(numbers) + 1))


def sides(cut: float) -> tuple[tuple[float, float, float, float], ...]:
    return (-9e3, -9e3, cut, 9e3), (cut, -9e3, 9e3, 9e3)
