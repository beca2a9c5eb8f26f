"""Borders once each, and what follows from them."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from libpysal.graph import Graph
from shapely import MultiPolygon, Polygon, affinity, box

from gridmap._rings import thin_arcs
from gridmap.errors import CrsError, NotFoundError
from gridmap.metric import to_metric
from gridmap.topology import (
    Topology,
    borders,
    contiguity,
    dissolve,
    read_topology,
    simplify,
)
from tests.gridmap.partitions import METRIC, cells, partition, partitions

laws = settings(max_examples=25, deadline=None)


def areas(crs: str | None = METRIC, **shapes: Polygon | MultiPolygon | None) -> gpd.GeoDataFrame:
    index = pd.Index(list(shapes), name="code")
    return gpd.GeoDataFrame(geometry=list(shapes.values()), index=index, crs=crs)


def pairs(topology: Topology, *, queen: bool) -> set[tuple[str, str]]:
    beside = contiguity(topology, queen=queen).tocoo()
    owners = topology.owners
    return set(zip(owners[beside.coords[0]], owners[beside.coords[1]], strict=True))


def libpysal_pairs(frame: gpd.GeoDataFrame, *, queen: bool) -> set[tuple[str, str]]:
    graph = Graph.build_contiguity(frame, rook=not queen)
    return {pair for pair, weight in graph.adjacency.items() if weight}


def same_ground(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    return bool(shapely.equals_identical(shapely.normalize(one), shapely.normalize(other)))


# Reading


def test_a_border_between_two_squares_is_one_arc() -> None:
    level = read_topology(areas(w=box(0, 0, 1, 1), e=box(1, 0, 2, 1)))
    listed = borders(level)
    shared = listed[listed["right"].notna()]
    assert len(listed) == 3
    assert len(shared) == 1
    assert {shared["left"].item(), shared["right"].item()} == {"w", "e"}
    assert same_ground(shared.geometry.item(), shapely.LineString([(1, 0), (1, 1)]))
    assert sorted(listed["length"]) == [1, 3, 3]


def test_the_left_of_an_arc_is_its_owner() -> None:
    level = read_topology(areas(cw=Polygon([(0, 0), (0, 1), (1, 1), (1, 0)])))
    ring = shapely.LinearRing(level.arc_xy)
    assert ring.is_ccw
    assert level.arc_left.tolist() == [0]
    assert level.arc_right.tolist() == [-1]


def test_negative_zero_is_the_same_vertex_as_zero() -> None:
    west = Polygon([(-1, 0), (-0.0, 0), (-0.0, 1), (-1, 1)])
    level = read_topology(areas(w=west, e=box(0.0, 0, 1, 1)))
    assert (level.arc_right >= 0).sum() == 1


def test_a_vertex_one_bit_away_is_another_vertex() -> None:
    east = box(np.nextafter(1.0, 2.0), 0, 2, 1)
    level = read_topology(areas(w=box(0, 0, 1, 1), e=east))
    assert (level.arc_right < 0).all()


def test_vertices_repeated_in_a_row_count_once() -> None:
    west = Polygon([(0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (0, 1), (0, 0), (0, 0)])
    level = read_topology(areas(w=west, e=box(1, 0, 2, 1)))
    assert level.is_partition
    assert (level.arc_right >= 0).sum() == 1


def test_a_vertex_on_a_neighbours_edge_leaves_its_edges_unpaired() -> None:
    t_junction = areas(s=box(0, 0, 2, 1), nw=box(0, 1, 1, 2), ne=box(1, 1, 2, 2))
    level = read_topology(t_junction)
    assert pairs(level, queen=False) == {("nw", "ne"), ("ne", "nw")}
    assert not level.is_partition
    assert level.suspects.all()


def test_an_edge_with_areas_on_the_same_side_is_crowded() -> None:
    level = read_topology(areas(a=box(0, 0, 2, 1), b=box(0, 0, 1, 1), c=box(-1, 0, 0, 1)))
    assert level.owners[level.crowded.owner].tolist() == ["a", "b", "c"]
    assert len(set(level.crowded.edge)) == 1
    assert not level.is_partition
    assert pairs(level, queen=False) >= {("a", "b"), ("a", "c"), ("b", "c")}


def test_an_island_in_a_hole_has_one_closed_border() -> None:
    island = box(1, 1, 2, 2)
    level = read_topology(areas(lake=box(0, 0, 3, 3) - island, island=island))
    closed = level.arc_start == level.arc_end
    assert closed.sum() == len(closed) == 2
    assert sorted(zip(level.arc_left, level.arc_right, strict=True)) == [(0, -1), (0, 1)]


def test_areas_without_ground_own_no_border() -> None:
    level = read_topology(areas(a=None, b=MultiPolygon(), c=Polygon(), d=box(0, 0, 1, 1)))
    assert level.arc_left.tolist() == [3]
    assert contiguity(level).nnz == 0


def test_a_level_without_areas_has_no_borders() -> None:
    level = read_topology(areas())
    assert len(borders(level)) == 0
    assert contiguity(level).shape == (0, 0)
    assert len(simplify(level, 1.0)) == 0


@given(partitions(nobody=True))
@laws
def test_every_border_is_listed_once(frame: gpd.GeoDataFrame) -> None:
    listed = borders(read_topology(frame))
    inner = listed["right"].notna()
    perimeter = frame.length.sum()
    assert 2 * listed.loc[inner, "length"].sum() + listed.loc[~inner, "length"].sum() == (
        pytest.approx(perimeter, rel=1e-12)
    )


# A partition or not


@given(partitions(nobody=True))
@laws
def test_a_partition_is_proved(frame: gpd.GeoDataFrame) -> None:
    assert read_topology(frame).is_partition


@given(partitions(), st.data())
@laws
def test_an_overlap_is_never_proved_a_partition(
    frame: gpd.GeoDataFrame, data: st.DataObject
) -> None:
    spoiled = spoil(frame, data.draw(st.integers(0, len(frame) - 1)), data.draw(st.booleans()))
    overlap = spoiled.area.sum() - spoiled.union_all().area
    assume(overlap > 1e-3)
    assert not read_topology(spoiled).is_partition


def spoil(frame: gpd.GeoDataFrame, at: int, move: bool) -> gpd.GeoDataFrame:
    """Move an area, or let it grow over the cells of others."""
    spoiled = frame.copy()
    shape = spoiled.geometry.iloc[at]
    changed = affinity.translate(shape, 7.5, 3.25) if move else shape.convex_hull
    spoiled.iloc[at, spoiled.columns.get_loc("geometry")] = MultiPolygon(
        shapely.get_parts(changed).tolist()
    )
    return spoiled


# Contiguity


def test_of_four_squares_the_diagonal_ones_touch_in_one_vertex() -> None:
    four = areas(sw=box(0, 0, 1, 1), se=box(1, 0, 2, 1), nw=box(0, 1, 1, 2), ne=box(1, 1, 2, 2))
    level = read_topology(four)
    assert len(pairs(level, queen=True)) == 12
    assert pairs(level, queen=True) - pairs(level, queen=False) == {
        ("sw", "ne"),
        ("ne", "sw"),
        ("nw", "se"),
        ("se", "nw"),
    }


@given(partitions(nobody=True), st.booleans())
@laws
def test_contiguity_is_libpysals(frame: gpd.GeoDataFrame, queen: bool) -> None:
    assert pairs(read_topology(frame), queen=queen) == libpysal_pairs(frame, queen=queen)


@given(partitions(), st.booleans())
@laws
def test_contiguity_is_symmetric_and_of_others(frame: gpd.GeoDataFrame, queen: bool) -> None:
    beside = contiguity(read_topology(frame), queen=queen)
    assert beside.dtype == np.bool_
    assert (beside != beside.T).nnz == 0
    assert not beside.diagonal().any()


@pytest.mark.parametrize("queen", [True, False])
@pytest.mark.parametrize("layer", ["washington", "beijing", "boston"])
def test_contiguity_of_real_layers_is_libpysals(
    request: pytest.FixtureRequest, layer: str, queen: bool
) -> None:
    frame = request.getfixturevalue(layer)
    assert pairs(read_topology(frame), queen=queen) == libpysal_pairs(frame, queen=queen)


# Dissolving


def test_eight_squares_around_nothing_have_a_hole() -> None:
    squares = [box(x, y, x + 1, y + 1) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    ring = areas(**{f"g{n}": shape for n, shape in enumerate(squares)})
    region = dissolve(read_topology(ring), pd.Series("a", index=ring.index)).loc["a"]
    assert region.geom_type == "MultiPolygon"
    assert region.is_valid
    assert region.area == 8
    assert [hole.bounds for hole in region.geoms[0].interiors] == [(1, 1, 2, 2)]


def test_squares_that_meet_at_a_corner_stay_two_parts() -> None:
    two = areas(sw=box(0, 0, 1, 1), ne=box(1, 1, 2, 2))
    region = dissolve(read_topology(two), pd.Series("a", index=two.index)).loc["a"]
    assert region.is_valid
    assert len(region.geoms) == 2


def test_an_area_in_the_hole_of_another_part_finds_its_own_shell() -> None:
    rings = [box(0, 0, 9, 9) - box(1, 1, 8, 8), box(2, 2, 7, 7) - box(3, 3, 6, 6), box(4, 4, 5, 5)]
    nested = areas(a=rings[0], b=rings[1], c=rings[2])
    region = dissolve(read_topology(nested), pd.Series("x", index=nested.index)).loc["x"]
    assert region.is_valid
    assert region.area == 81 - 49 + 25 - 9 + 1
    assert sorted(len(part.interiors) for part in region.geoms) == [0, 1, 1]


def test_areas_without_a_label_are_in_no_region() -> None:
    three = areas(a=box(0, 0, 1, 1), b=box(1, 0, 2, 1), c=box(2, 0, 3, 1))
    labels = pd.Series({"a": "x", "b": None}, name="unit", dtype="str")
    regions = dissolve(read_topology(three), labels)
    assert regions.index.tolist() == ["x"]
    assert regions.index.name == "unit"
    assert regions.crs == METRIC
    assert same_ground(regions.loc["x"].geoms[0], box(0, 0, 1, 1))


def test_a_label_of_no_area_is_refused() -> None:
    level = read_topology(areas(a=box(0, 0, 1, 1)))
    with pytest.raises(NotFoundError, match="No area has the code z"):
        dissolve(level, pd.Series({"z": "x"}))


def test_shells_run_counter_clockwise_and_holes_clockwise() -> None:
    frame = partition(np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]))
    region = dissolve(read_topology(frame), pd.Series({"g00": "a"})).loc["a"].geoms[0]
    assert region.exterior.is_ccw
    assert not region.interiors[0].is_ccw


@given(partitions(nobody=True), st.lists(st.sampled_from(["x", "y", None]), min_size=10))
@laws
def test_regions_are_exactly_the_union_of_their_areas(
    frame: gpd.GeoDataFrame, drawn: list[str | None]
) -> None:
    labels = pd.Series(drawn[: len(frame)], index=frame.index[:10], dtype="str")
    regions = dissolve(read_topology(frame), labels)
    assert set(regions.index) == set(labels.dropna())
    for label, region in regions.items():
        oracle = shapely.coverage_union_all(frame.geometry[labels == label].to_numpy())
        whole = shapely.multipolygons(shapely.get_parts(oracle))
        assert region.is_valid
        assert same_ground(region, whole)


@given(partitions(), st.data())
@laws
def test_regions_of_overlapping_areas_are_still_their_union(
    frame: gpd.GeoDataFrame, data: st.DataObject
) -> None:
    spoiled = spoil(frame, data.draw(st.integers(0, len(frame) - 1)), data.draw(st.booleans()))
    chosen = data.draw(arrays(np.bool_, len(frame)))
    labels = pd.Series(np.where(chosen, "x", "y"), index=frame.index)
    for label, region in dissolve(read_topology(spoiled), labels).items():
        oracle = shapely.union_all(spoiled.geometry[labels == label].to_numpy())
        assert region.geom_type == "MultiPolygon"
        assert region.is_valid
        assert region.area == pytest.approx(oracle.area, rel=1e-9)
        assert region.symmetric_difference(oracle).area <= 1e-6


def test_a_sheet_on_a_sheet_is_counted_once() -> None:
    shifted = [affinity.translate(cell, 33.5, 21.25) for cell in cells(4, 4, seed=1).ravel()]
    shapes = [*cells(4, 4).ravel(), *shifted]
    frame = areas(**{f"g{n:02d}": shape for n, shape in enumerate(shapes)})
    region = dissolve(read_topology(frame), pd.Series("x", index=frame.index)).loc["x"]
    assert region.is_valid
    assert region.area == pytest.approx(shapely.union_all(shapes).area, rel=1e-12)


def test_the_wards_of_washington_add_up(washington: gpd.GeoDataFrame) -> None:
    labels = washington.index.to_series().str[0]
    regions = dissolve(read_topology(washington), labels)
    assert regions.is_valid.all()
    assert len(regions) == 8
    oracle = washington.dissolve(labels, method="coverage").area
    pd.testing.assert_series_equal(regions.area, oracle, check_names=False, rtol=1e-12)


# Simplifying


def vertices(frame: gpd.GeoDataFrame) -> int:
    return int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum())


@given(partitions(nobody=True), st.sampled_from([0.5, 3.0, 20.0, 150.0]))
@laws
def test_a_simplified_partition_is_a_partition(frame: gpd.GeoDataFrame, tolerance: float) -> None:
    thin = simplify(read_topology(frame), tolerance)
    assert thin.index.equals(frame.index)
    assert thin.is_valid.all()
    assert shapely.coverage_is_valid(thin.geometry.to_numpy())
    assert vertices(thin) <= vertices(frame)
    moved = shapely.hausdorff_distance(thin.boundary.to_numpy(), frame.boundary.to_numpy())
    assert (moved <= tolerance + 1e-9).all()


def test_straight_borders_lose_all_their_inner_vertices() -> None:
    west = Polygon([(0, 0), (50, 0), (100, 0), (100, 30), (100, 60), (100, 100), (0, 100)])
    east = Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100, 60), (100, 30)])
    thin = simplify(read_topology(areas(w=west, e=east)), 0.1)
    assert same_ground(thin.geometry["w"].geoms[0], box(0, 0, 100, 100))
    assert same_ground(thin.geometry["e"].geoms[0], box(100, 0, 200, 100))


def test_an_island_in_a_bay_is_not_left_on_the_other_shore() -> None:
    shore = [(0, 0), (40, 0), (40, -30), (60, -30), (60, 0), (100, 0)]
    island = box(48, -20, 52, -16)
    north = Polygon([*shore, (100, 50), (0, 50)], [island.exterior.coords])
    south = Polygon([*shore, (100, -50), (0, -50)])
    thin = simplify(read_topology(areas(n=north, s=south, i=island)), 35.0)
    assert thin.is_valid.all()
    assert shapely.coverage_is_valid(thin.geometry.to_numpy())
    assert thin.geometry["n"].touches(thin.geometry["i"])
    assert not thin.geometry["s"].intersects(thin.geometry["i"])


def test_an_island_smaller_than_the_tolerance_does_not_vanish() -> None:
    island = box(45, 45, 46, 46)
    thin = simplify(read_topology(areas(a=box(0, 0, 90, 90) - island, i=island)), 5.0)
    assert thin.geometry["i"].area == 1


def test_overlapping_areas_are_kept_as_they_are() -> None:
    crowd = areas(a=box(0, 0, 20, 10), b=box(0, 0, 10, 10))
    thin = simplify(read_topology(crowd), 5.0)
    assert [shape.geoms[0].area for shape in thin.geometry] == [200, 100]


def test_simplifying_needs_metres() -> None:
    with pytest.raises(CrsError, match="Simplifying needs a projected CRS"):
        simplify(read_topology(areas("EPSG:4490", a=box(120, 50, 121, 51))), 5.0)


@given(st.integers(2, 200), st.integers(0, 10**6), st.floats(0.5, 20))
@laws
def test_arcs_are_thinned_as_geos_does(n: int, seed: int, tolerance: float) -> None:
    xy = np.random.default_rng(seed).normal(0, 10, (n, 2)).cumsum(axis=0)
    keep = thin_arcs(np.array([0, len(xy)]), xy, np.array([tolerance]))
    oracle = shapely.simplify(shapely.LineString(xy), tolerance, preserve_topology=False)
    np.testing.assert_array_equal(xy[keep], shapely.get_coordinates(oracle))


@pytest.mark.parametrize("layer", ["washington", "beijing"])
def test_real_layers_simplify_without_slivers(request: pytest.FixtureRequest, layer: str) -> None:
    frame = request.getfixturevalue(layer)
    thin = simplify(read_topology(frame), 10.0)
    assert shapely.coverage_is_valid(thin.geometry.to_numpy())
    assert thin.is_valid.all()
    assert vertices(thin) < 0.7 * vertices(frame)


@pytest.fixture(scope="module")
def washington(shared_data: Path) -> gpd.GeoDataFrame:
    frame = gpd.read_parquet(shared_data / "dc_311" / "smd.parquet").set_index("SMD_ID")
    return to_metric(frame)


@pytest.fixture(scope="module")
def beijing(shared_data: Path) -> gpd.GeoDataFrame:
    path = shared_data / "beijing_townships" / "beijing_townships.parquet"
    return to_metric(gpd.read_parquet(path))


@pytest.fixture(scope="module")
def boston(shared_data: Path) -> gpd.GeoDataFrame:
    return to_metric(gpd.read_file(shared_data / "boston_311" / "neighborhoods.geojson"))
