"""In which areas many places lie, and which are near: as geopandas and shapely say."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import MultiPolygon, Point, Polygon, box

from gridmap._raster import UNCERTAIN
from gridmap.errors import InvalidError
from gridmap.locate import Locator
from tests.benchmarks.partition import partition
from tests.benchmarks.partition import points as scattered
from tests.gridmap.places import NUDGES, areas, by_geopandas, by_us, on_borders
from tests.town import METRIC, SOUTH, WEST, town


@pytest.fixture(scope="module")
def city() -> gpd.GeoDataFrame:
    return partition(1000)


@pytest.fixture(scope="module")
def city_locator(city: gpd.GeoDataFrame) -> Locator:
    return Locator(city)


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
