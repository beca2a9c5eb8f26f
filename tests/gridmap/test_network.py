"""The road network: lixels, distances along roads, and density that does not leak."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import LineString, Point

from gridmap.errors import CrsError, InvalidError
from gridmap.network import Network, network, snapped

METRIC = "EPSG:32650"


def roads(**lines: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    shapes = [LineString(line) for line in lines.values()]
    index = gpd.pd.Index(list(lines), name="road_id", dtype="str")
    return gpd.GeoDataFrame({"name": list(lines)}, index=index, geometry=shapes, crs=METRIC)


def places(found: Network) -> list[tuple[str, float, float]]:
    columns = found.lixels[["road_id", "from_m", "to_m"]].round(6)
    return list(columns.itertuples(index=False, name=None))


CROSS = roads(a=[(0, 0), (400, 0)], b=[(200, -200), (200, 200)])


def test_a_road_is_cut_into_equal_pieces_no_longer_than_asked() -> None:
    found = network(roads(a=[(0, 0), (250, 0)]), lixel_m=100)
    third = 250 / 3
    assert places(found) == [
        ("a", 0.0, pytest.approx(third, abs=0.005)),
        ("a", pytest.approx(third, abs=0.005), pytest.approx(2 * third, abs=0.005)),
        ("a", pytest.approx(2 * third, abs=0.005), 250.0),
    ]
    assert list(found.lixels.index) == ["a:1", "a:2", "a:3"]


def test_roads_that_cross_are_joined_and_cut_at_the_crossing() -> None:
    found = network(CROSS, lixel_m=150)
    assert [place for place in places(found) if place[0] == "a"] == [
        ("a", 0.0, 100.0),
        ("a", 100.0, 200.0),
        ("a", 200.0, 300.0),
        ("a", 300.0, 400.0),
    ]
    near = found.within(100)
    (a2,) = np.flatnonzero(found.lixels.index == "a:2")
    assert sorted(found.lixels.index[near[[a2]].indices]) == ["a:1", "a:3", "b:2", "b:3"]


def test_a_metre_that_two_roads_share_is_there_once_as_the_firsts() -> None:
    found = network(roads(a=[(0, 0), (100, 0)], b=[(50, 0), (150, 0)]), lixel_m=1000)
    assert places(found) == [("a", 0.0, 50.0), ("a", 50.0, 100.0), ("b", 50.0, 100.0)]
    assert found.lixels["length_m"].sum() == pytest.approx(150)


def test_banks_without_a_bridge_are_not_neighbours_though_they_are_near() -> None:
    banks = roads(north=[(0, 10), (300, 10)], south=[(0, 0), (300, 0)])
    apart = network(banks, lixel_m=50)
    side = apart.lixels["road_id"].to_numpy()
    near = apart.within(1000).tocoo()
    assert (side[near.row] == side[near.col]).all()

    bridged = network(gpd.pd.concat([banks, roads(x=[(300, 0), (300, 10)])]), lixel_m=50)
    (first,) = np.flatnonzero(bridged.lixels.index == "north:1")
    (other,) = np.flatnonzero(bridged.lixels.index == "south:1")
    assert bridged.within(1000)[first, other] == pytest.approx(275 + 10 + 275)


lines = st.lists(
    st.tuples(*[st.integers(0, 12).map(lambda n: n * 40.0) for _ in range(4)]).filter(
        lambda line: line[:2] != line[2:]
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=40, deadline=None)
@given(lines, st.sampled_from([30.0, 75.0, 400.0]), st.sampled_from([60.0, 200.0, 900.0]))
def test_distances_are_those_of_a_shortest_path_through_junctions(
    ends: list[tuple[float, float, float, float]], lixel_m: float, reach_m: float
) -> None:
    """SciPy's Dijkstra from middle to middle, over a graph of junctions that is built here."""
    found = network(
        roads(**{f"r{n}": [line[:2], line[2:]] for n, line in enumerate(ends)}), lixel_m=lixel_m
    )
    length, n = found.lixels["length_m"].to_numpy(), len(found.lixels)
    graph = np.full((n + found.ends.max() + 1,) * 2, np.inf)
    for lixel, (begin, end) in enumerate(found.ends):
        for junction in (begin, end):
            half = length[lixel] / 2
            graph[lixel, n + junction] = graph[n + junction, lixel] = half
    apart = dijkstra(np.where(np.isinf(graph), 0, graph))[:n, :n]
    answered = found.within(reach_m).toarray()
    near = (apart <= reach_m - 1e-6) & ~np.eye(n, dtype=bool)
    assert answered[near] == pytest.approx(apart[near], abs=1e-6)
    assert not answered[apart > reach_m + 1e-6].any()
    assert not np.diag(answered).any()


def mass(found: Network, density: np.ndarray) -> float:
    return float((density * found.lixels["length_m"]).sum() / 1000)


def test_density_on_a_straight_road_is_the_quartic_kernel() -> None:
    found = network(roads(a=[(0, 0), (1000, 0)]), lixel_m=10)
    counts = np.zeros(100, dtype=np.int64)
    counts[50] = 1
    middle = found.lixels[["from_m", "to_m"]].mean(axis=1).to_numpy()
    away = np.abs(middle - middle[50]) / 200
    expected = np.where(away < 1, 15 / 16 / 200 * (1 - away**2) ** 2, 0) * 1000
    assert found.density(counts, 200.0) == pytest.approx(expected)


def test_a_point_weighs_the_same_beside_a_junction_as_far_from_one() -> None:
    found = network(CROSS, lixel_m=10)
    for lixel in ("a:18", "a:20", "b:21"):
        counts = (found.lixels.index == lixel).astype(np.int64)
        assert mass(found, found.density(counts, 150.0)) == pytest.approx(1, abs=2e-3)


def test_what_arrives_at_a_junction_goes_on_in_equal_shares() -> None:
    found = network(CROSS, lixel_m=10)
    counts = (found.lixels.index == "a:15").astype(np.int64)  # 55 m before the crossing
    density = dict(zip(found.lixels.index, found.density(counts, 150.0), strict=True))
    assert density["a:21"] == pytest.approx(density["b:21"]) == pytest.approx(density["b:20"])
    # 55 m + 5 m beyond: a third of what a road without a crossing would have there
    assert density["a:21"] == pytest.approx(15 / 16 / 150 * (1 - 0.4**2) ** 2 * 1000 / 3)


def test_density_does_not_leak_to_the_other_bank() -> None:
    found = network(roads(north=[(0, 10), (300, 10)], south=[(0, 0), (300, 0)]), lixel_m=20)
    counts = (found.lixels["road_id"] == "north").astype(np.int64).to_numpy() * 5
    density = found.density(counts, 100.0)
    assert (density[found.lixels["road_id"] == "south"] == 0).all()


def test_density_adds_up_over_points() -> None:
    found = network(CROSS, lixel_m=25)
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 4, (2, len(found.lixels)))
    together = found.density(first + second, 90.0)
    assert together == pytest.approx(found.density(first, 90.0) + found.density(second, 90.0))


def test_a_kernel_shorter_than_a_lixel_is_refused() -> None:
    with pytest.raises(InvalidError):
        network(CROSS, lixel_m=100).density(np.zeros(8), 100.0)


def test_points_belong_to_the_nearest_lixel_that_is_near_enough() -> None:
    found = network(CROSS, lixel_m=100)
    points = gpd.GeoDataFrame(
        geometry=[Point(50, 20), Point(50, 31), Point(200, 0), Point(150, 0)], crs=METRIC
    )
    at = snapped(points, found, within_m=30)
    names = [found.lixels.index[n] if n >= 0 else None for n in at]
    assert names == ["a:1", None, "a:2", "a:2"]
    assert snapped(points.iloc[:0], found, within_m=30).tolist() == []


def test_roads_in_degrees_and_lixels_without_length_are_refused() -> None:
    with pytest.raises(CrsError):
        network(CROSS.to_crs(4326))
    with pytest.raises(InvalidError):
        network(CROSS, lixel_m=0)


def test_a_city_without_roads_has_no_lixels() -> None:
    found = network(CROSS.iloc[:0])
    assert len(found.lixels) == 0
    assert found.within(100).shape == (0, 0)
    assert found.density(np.zeros(0), 100.0).tolist() == []


def test_a_ring_and_a_road_that_meets_itself_are_networks_too() -> None:
    ring = roads(a=[(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)], b=[(-100, 0), (0, 0)])
    found = network(ring, lixel_m=50)
    assert found.lixels["length_m"].sum() == pytest.approx(500)
    near = found.within(1000)
    assert (near.toarray() == near.toarray().T).all()
    assert shapely.is_valid(found.lixels.geometry.to_numpy()).all()
