"""Which grid covers a point: worked by hand, and against geopandas on hard input."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Geod
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gridmap._raster import OUTSIDE, UNCERTAIN
from gridmap.errors import CrsError, InvalidError
from gridmap.locate import Locator, locate
from tests.benchmarks.partition import partition
from tests.benchmarks.partition import points as scattered
from tests.town import METRIC, SOUTH, WEST, place, town

Floats = NDArray[np.float64]
CGCS2000 = "EPSG:4490"
NUDGES = (0.0, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8)


def areas(*shapes: object, crs: str = CGCS2000) -> gpd.GeoDataFrame:
    codes = [f"{number:03d}" for number in range(len(shapes))]
    return gpd.GeoDataFrame(geometry=list(shapes), index=pd.Index(codes, name="code"), crs=crs)


def by_geopandas(layer: gpd.GeoDataFrame, xy: Floats) -> list[str | None]:
    """Return the lowest code whose area intersects each point, as an inner join says it."""
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=layer.crs)
    joined = gpd.sjoin(points, layer.rename_axis("code"), predicate="intersects")
    lowest = joined.groupby(level=0)["code"].min()
    return [lowest.get(number) for number in range(len(xy))]


def by_us(locator: Locator, xy: Floats) -> list[str | None]:
    return [locator.codes[p] if p != OUTSIDE else None for p in locator.positions(xy)]


def on_borders(layer: gpd.GeoDataFrame) -> Floats:
    """Return every vertex, the middle of every edge, and a place on every edge."""
    found = [np.empty((0, 2))]
    for ring in shapely.get_rings(shapely.get_parts(layer.geometry.to_numpy())):
        xy = shapely.get_coordinates(ring)
        found += [xy, (xy[1:] + xy[:-1]) / 2, xy[:-1] + 0.237 * (xy[1:] - xy[:-1])]
    return np.vstack(found)


@pytest.fixture(scope="module")
def city() -> gpd.GeoDataFrame:
    return partition(1000)


@pytest.fixture(scope="module")
def city_locator(city: gpd.GeoDataFrame) -> Locator:
    return Locator(city)


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


# Against geopandas -------------------------------------------------------------------------------


def test_positions_of_clustered_points_are_those_of_a_join(
    city: gpd.GeoDataFrame, city_locator: Locator
) -> None:
    xy = scattered(20_000)
    assert by_us(city_locator, xy) == by_geopandas(city, xy)


@pytest.mark.parametrize("nudge", NUDGES)
def test_positions_beside_borders_are_those_of_a_join(
    city: gpd.GeoDataFrame, city_locator: Locator, nudge: float
) -> None:
    rng = np.random.default_rng(1)
    xy = on_borders(city)[::29]
    xy = xy + nudge * rng.uniform(-1, 1, xy.shape)
    assert by_us(city_locator, xy) == by_geopandas(city, xy)


@pytest.mark.parametrize("nudge", NUDGES)
def test_positions_beside_the_rims_of_cells_are_those_of_a_join(
    city: gpd.GeoDataFrame, city_locator: Locator, nudge: float
) -> None:
    raster, rng = city_locator._raster, np.random.default_rng(2)
    column, row = rng.uniform(0, raster.columns, 2000), rng.uniform(0, raster.rows, 2000)
    column[:1200] = np.round(column[:1200])
    row[800:] = np.round(row[800:])
    xy = np.column_stack([column, row]) / raster.scale + (raster.west, raster.south)
    xy = xy + nudge * rng.uniform(-1, 1, xy.shape)
    assert by_us(city_locator, xy) == by_geopandas(city, xy)


def test_one_point_gets_the_answer_that_many_get(
    city: gpd.GeoDataFrame, city_locator: Locator
) -> None:
    xy = np.vstack([scattered(2000), on_borders(city)[::500]])
    assert [city_locator.position(x, y) for x, y in xy] == city_locator.positions(xy).tolist()


def test_the_exact_predicate_is_seldom_needed(city_locator: Locator) -> None:
    found = city_locator._raster.look_up(scattered(200_000))
    assert (found == UNCERTAIN).mean() < 1e-4


def _lattice_square() -> st.SearchStrategy[Polygon]:
    corner = st.integers(0, 8)
    return st.tuples(corner, corner, st.integers(1, 4), st.integers(1, 4)).map(
        lambda at: box(at[0], at[1], at[0] + at[2], at[1] + at[3])
    )


def _loop(decimals: int) -> st.SearchStrategy[Polygon]:
    """Return a ring of vertices in no order: mostly one that crosses itself."""
    number = st.integers(0, 8 * 10**decimals).map(lambda n: n / 10**decimals)
    vertices = st.lists(st.tuples(number, number), min_size=3, max_size=9)
    return vertices.map(Polygon)


def _holed() -> st.SearchStrategy[Polygon]:
    """Return a square with holes that may touch, overlap or lie outside it."""
    holes = st.lists(_lattice_square(), min_size=1, max_size=2)
    return st.tuples(_lattice_square(), holes).map(
        lambda pair: Polygon(pair[0].exterior, [hole.exterior for hole in pair[1]])
    )


def _needle() -> st.SearchStrategy[Polygon]:
    """Return a triangle eight high and about 1e-10 wide."""
    return st.integers(0, 80).map(
        lambda x: Polygon([(x / 10, 0), (x / 10 + 1e-10, 8), (x / 10 + 2e-10, 0)])
    )


def _part() -> st.SearchStrategy[Polygon]:
    return st.one_of(_lattice_square(), _loop(0), _loop(2), _holed(), _needle())


def _area() -> st.SearchStrategy[object]:
    several = st.lists(_part(), min_size=2, max_size=3).map(MultiPolygon)
    return st.one_of(_part(), several, st.none(), st.just(Polygon()))


@settings(max_examples=60, deadline=None)
@given(
    shapes=st.lists(_area(), min_size=1, max_size=8),
    scale=st.sampled_from([1.0, 1e-3, 1e5]),
    origin=st.sampled_from([0.0, 121.3]),
    seed=st.integers(0, 2**32 - 1),
)
def test_positions_in_any_layer_are_those_of_a_join(
    shapes: list[object], scale: float, origin: float, seed: int
) -> None:
    layer = areas(*shapes)
    layer.geometry = shapely.transform(layer.geometry.to_numpy(), lambda xy: xy * scale + origin)
    rng = np.random.default_rng(seed)
    lattice = np.column_stack([a.ravel() for a in np.meshgrid(np.arange(0, 12.5, 0.5), range(13))])
    xy = np.vstack([lattice * scale + origin, on_borders(layer)])
    nudged = xy + scale * 10 ** rng.uniform(-14, -5, (len(xy), 1)) * rng.uniform(-1, 1, xy.shape)
    xy = np.vstack([xy, nudged])
    assert by_us(Locator(layer), xy) == by_geopandas(layer, xy)


@settings(max_examples=40, deadline=None)
@given(size=st.integers(2, 6), seed=st.integers(0, 2**32 - 1))
def test_positions_in_a_partition_are_those_of_a_join(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(size + 1.0), np.arange(size + 1.0))
    corner = np.stack([x, y], axis=-1) + rng.uniform(-0.4, 0.4, (size + 1, size + 1, 2))
    squares = [
        Polygon(corner[[r, r, r + 1, r + 1], [c, c + 1, c + 1, c]])
        for r in range(size)
        for c in range(size)
    ]
    layer = areas(*rng.permutation(np.array(squares, dtype=object)))
    xy = on_borders(layer)
    xy = np.vstack([xy, xy + 10 ** rng.uniform(-16, -6, xy.shape), rng.uniform(0, size, (50, 2))])
    assert by_us(Locator(layer), xy) == by_geopandas(layer, xy)


def test_more_areas_than_a_cell_can_hold_are_told_apart() -> None:
    angle = np.linspace(0, 2 * np.pi, 61)
    rim = np.column_stack([np.cos(angle), np.sin(angle)]) * 1e-4
    wedges = [Polygon([(0, 0), a, b]) for a, b in pairwise(rim)]
    layer = areas(box(50, 50, 60, 60), *wedges)
    xy = np.vstack([on_borders(layer), np.random.default_rng(3).uniform(-1e-4, 1e-4, (500, 2))])
    assert by_us(Locator(layer), xy) == by_geopandas(layer, xy)


def test_a_strip_makes_no_endless_raster() -> None:
    layer = areas(box(0, 0, 100, 1e-9), box(0, 1e-9, 100, 2e-9))
    locator = Locator(layer)
    xy = np.vstack([on_borders(layer), [[50, 5e-10], [50, 1.5e-9], [50, 3e-9]]])
    assert by_us(locator, xy) == by_geopandas(layer, xy)
    assert locator.nbytes < 1_000_000


# Near --------------------------------------------------------------------------------------------


def test_the_nearest_grid_of_the_gap_is_the_lower_of_two() -> None:
    # 350, 150: 50 m east of grid 005, 50 m north of grid 007
    found = Locator(town()["grids"]).nearest([[WEST + 350, SOUTH + 150]])
    assert found["code"].str[-3:].tolist() == ["005"]
    assert found["distance_m"].tolist() == pytest.approx([50.0])


def test_the_nearest_grid_is_that_of_shapely(city: gpd.GeoDataFrame) -> None:
    metric = city.to_crs("EPSG:4550")
    west, south, east, north = metric.total_bounds
    rng = np.random.default_rng(4)
    xy = rng.uniform((west - 9e3, south - 9e3), (east + 9e3, north + 9e3), (300, 2))
    found = Locator(metric).nearest(xy)
    distances = shapely.distance(
        shapely.points(xy)[:, None], metric.sort_index().geometry.to_numpy()[None, :]
    )
    np.testing.assert_allclose(found["distance_m"], distances.min(axis=1), atol=1e-6)
    assert found["code"].tolist() == [metric.sort_index().index[i] for i in distances.argmin(1)]


def test_candidates_are_all_areas_within_the_accuracy(city: gpd.GeoDataFrame) -> None:
    metric = city.to_crs("EPSG:4550").sort_index()
    xy = shapely.get_coordinates(metric.geometry.centroid)[:100]
    accuracy = np.linspace(0, 2000, 100)
    found = Locator(metric).candidates(xy, accuracy)
    distances = shapely.distance(shapely.points(xy)[:, None], metric.geometry.to_numpy()[None, :])
    point, area = np.nonzero(distances <= accuracy[:, None])
    expected = pd.DataFrame({"point": point, "code": metric.index[area]}).assign(
        distance_m=distances[point, area]
    )
    expected = expected.sort_values(["point", "distance_m", "code"], ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, atol=1e-6)


def test_an_overlap_has_all_its_areas_as_candidates() -> None:
    locator = Locator(areas(box(0, 0, 900, 900), box(0, 0, 1000, 1000), crs=METRIC))
    found = locator.candidates([[450.0, 450.0]], 5.0)
    assert found.to_dict("list") == {
        "point": [0, 0],
        "code": ["000", "001"],
        "distance_m": [0.0, 0.0],
    }


@pytest.mark.parametrize("distance", [1.0, 10.0, 100.0, 1000.0])
@pytest.mark.parametrize("azimuth", [0.0, 30.0, 90.0, 200.0])
def test_degrees_are_measured_in_metres_of_the_ellipsoid(distance: float, azimuth: float) -> None:
    geod = Geod(ellps="GRS80")
    longitude, latitude, _ = geod.fwd(122.54, 52.97, azimuth, distance)
    dot = Point(122.54, 52.97).buffer(1e-9)
    found = Locator(areas(dot)).nearest([[longitude, latitude]])["distance_m"].item()
    # the dot's radius is 0.1 mm; the metre is that of the point's own latitude
    assert found == pytest.approx(distance, abs=2e-4, rel=2e-7 * distance)


def test_feet_are_turned_into_metres() -> None:
    feet = areas(box(0, 0, 100, 100), crs="EPSG:2263")  # New York Long Island, US survey feet
    assert Locator(feet).nearest([[200.0, 50.0]])["distance_m"].item() == pytest.approx(30.48006096)


def test_a_negative_accuracy_is_refused() -> None:
    with pytest.raises(InvalidError, match=r"-1\.0 m"):
        Locator(areas(box(0, 0, 1, 1))).candidates([[0.5, 0.5]], -1.0)


# Frames ------------------------------------------------------------------------------------------


def points(*shapes: object, crs: str = METRIC) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


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
