"""A level as a screen draws it: every border once, in whole steps."""

from collections import Counter
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph
from shapely import MultiPolygon, Polygon, box

from gridmap import _varint
from gridmap.drawing import Detail, Drawing, draw, pack, streams, unpack
from gridmap.errors import CrsError, InvalidError
from gridmap.topology import read_topology
from tests.gridmap.partitions import METRIC, partition, partitions

laws = settings(max_examples=25, deadline=None)
QUANTUM = 1e-6
HERE = np.array([469000.0, 5871600.0])
STEP_M = 0.112  # the longest way that a coordinate moves when a step is 1e-6 degrees
FINE = Detail(float("inf"), 0.0, QUANTUM)
THIN = Detail(float("inf"), 3.0, QUANTUM)


def areas(**shapes: Polygon | MultiPolygon) -> gpd.GeoDataFrame:
    index = pd.Index(list(shapes), name="code")
    moved = [shapely.transform(shape, lambda xy: xy + HERE) for shape in shapes.values()]
    return gpd.GeoDataFrame(geometry=moved, index=index, crs=METRIC)


def lines(drawing: Drawing) -> gpd.GeoSeries:
    """Return the arcs in metres; one that is shorter than a step becomes a line of no length."""
    degrees = drawing.xy * drawing.detail.quantum
    parts = np.split(degrees, drawing.offsets[1:-1])
    drawn = [shapely.LineString(part if len(part) > 1 else np.repeat(part, 2, 0)) for part in parts]
    return gpd.GeoSeries(drawn, crs="EPSG:4326").to_crs(METRIC)


def put_together(drawing: Drawing) -> list[shapely.Geometry]:
    """Return the areas that the arcs bound, made by GEOS from those that bound each."""
    arcs = lines(drawing).to_numpy()
    free = np.zeros(drawing.n + 1, dtype=bool)
    free[drawing.left[drawing.loose]] = True
    shapes = []
    for number in range(drawing.n):
        around = (drawing.left == number) | (drawing.right == number)
        around &= drawing.loose == free[number]
        faces = shapely.get_parts(shapely.polygonize(arcs[around]))
        # a face of an even number of windings is a hole
        inside = [face for face in faces if odd(face.representative_point(), arcs[around])]
        shapes.append(shapely.union_all(inside))
    return shapes


def odd(point: shapely.Point, arcs: np.ndarray) -> bool:
    """Say whether a ray from a point to the east meets the arcs an odd number of times."""
    ends = [np.stack([xy[:-1], xy[1:]]) for xy in (shapely.get_coordinates(arc) for arc in arcs)]
    start, end = np.concatenate(ends, axis=1)
    rises = (start[:, 1] > point.y) != (end[:, 1] > point.y)
    start, end = start[rises], end[rises]
    along = (point.y - start[:, 1]) / (end[:, 1] - start[:, 1])
    return int((start[:, 0] + along * (end[:, 0] - start[:, 0]) > point.x).sum()) % 2 == 1


def pairs(drawing: Drawing) -> set[frozenset[int]]:
    inner = drawing.right >= 0
    beside = zip(drawing.left[inner], drawing.right[inner], strict=True)
    told = [*beside, *map(tuple, drawing.corners)]
    return {frozenset(map(int, pair)) for pair in told}


def libpysal_pairs(frame: gpd.GeoDataFrame) -> set[frozenset[int]]:
    graph = Graph.build_contiguity(frame.reset_index(drop=True), rook=False)
    return {frozenset(pair) for pair, weight in graph.adjacency.items() if weight}


def segments(drawing: Drawing) -> Counter[frozenset[tuple[int, int]]]:
    found: Counter[frozenset[tuple[int, int]]] = Counter()
    for part in np.split(drawing.xy, drawing.offsets[1:-1]):
        places = list(map(tuple, part.tolist()))
        found.update(frozenset(pair) for pair in pairwise(places))
    return found


# Borders


@laws
@given(partitions(nobody=True))
def test_the_areas_put_together_from_a_drawing_are_the_source_within_a_step(
    level: gpd.GeoDataFrame,
) -> None:
    drawn = put_together(draw(read_topology(level), FINE))
    away = shapely.hausdorff_distance(shapely.boundary(drawn), level.boundary.to_numpy())
    assert len(drawn) == len(level)
    assert away.max() <= STEP_M


@laws
@given(partitions(nobody=True))
def test_every_border_is_drawn_once(level: gpd.GeoDataFrame) -> None:
    drawing = draw(read_topology(level), FINE)
    outline = shapely.coverage_union_all(level.geometry.to_numpy()).length
    assert set(segments(drawing).values()) == {1}
    assert lines(drawing).length.sum() == pytest.approx(
        (level.length.sum() + outline) / 2, rel=1e-3
    )


@laws
@given(partitions(nobody=True))
def test_arcs_and_corners_tell_of_all_neighbours(level: gpd.GeoDataFrame) -> None:
    drawing = draw(read_topology(level), FINE)
    inner = drawing.right >= 0
    shared = set(zip(drawing.left[inner], drawing.right[inner], strict=True))
    assert pairs(drawing) == libpysal_pairs(level)
    assert not shared & set(map(tuple, drawing.corners))
    assert (drawing.corners[:, 0] < drawing.corners[:, 1]).all()


@laws
@given(partitions())
def test_a_thinned_drawing_has_fewer_vertices_no_sliver_and_the_same_neighbours(
    level: gpd.GeoDataFrame,
) -> None:
    fine, thin = (draw(read_topology(level), detail) for detail in (FINE, THIN))
    drawn = np.array(put_together(thin))
    assert len(thin.xy) <= len(fine.xy)
    assert pairs(thin) == pairs(fine)
    assert shapely.area(drawn).sum() == pytest.approx(shapely.union_all(drawn).area, rel=1e-9)
    away = shapely.hausdorff_distance(shapely.boundary(drawn), level.boundary.to_numpy())
    assert away.max() <= THIN.tolerance_m + STEP_M


def test_a_straight_border_with_many_vertices_is_thinned_to_its_ends() -> None:
    wavy = [(100.0, 0.5 * (n % 2) * 0.01 + n) for n in range(101)]
    west = Polygon([(0, 0), *wavy, (0, 100)])
    east = Polygon([(200, 0), (200, 100), *wavy[::-1]])
    level = areas(w=west, e=east)
    drawing = draw(read_topology(level), THIN)
    shared = np.flatnonzero(drawing.right >= 0)
    assert len(shared) == 1
    assert drawing.offsets[shared + 1] - drawing.offsets[shared] == [2]


def test_four_squares_meet_at_one_corner() -> None:
    at = {"sw": (0, 0), "se": (1, 0), "nw": (0, 1), "ne": (1, 1)}
    level = areas(
        **{n: box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for n, (x, y) in at.items()}
    )
    assert draw(read_topology(level), FINE).corners.tolist() == [[0, 3], [1, 2]]


def test_an_arc_shorter_than_a_step_is_one_vertex() -> None:
    level = areas(w=box(0, 0, 0.01, 0.01), e=box(0.01, 0, 50, 0.01))
    drawing = draw(read_topology(level), FINE)
    shared = np.flatnonzero(drawing.right >= 0)
    assert (drawing.offsets[shared + 1] - drawing.offsets[shared]).tolist() == [1]
    assert pairs(drawing) == {frozenset({0, 1})}


# What is not a partition


def test_areas_over_each_other_have_rings_of_their_own() -> None:
    level = areas(a=box(0, 0, 100, 100), b=box(50, 20, 150, 80), far=box(300, 0, 400, 100))
    drawing = draw(read_topology(level), FINE)
    drawn = put_together(drawing)
    assert {0, 1} <= set(drawing.left[drawing.loose])
    for shape, source in zip(drawn, level.geometry, strict=True):
        assert shapely.symmetric_difference(shape, source).area < STEP_M * source.length


def test_an_area_drawn_twice_has_both_rings() -> None:
    level = areas(a=box(0, 0, 100, 100), again=box(0, 0, 100, 100), beside=box(100, 0, 200, 100))
    drawing = draw(read_topology(level), FINE)
    areas_m2 = [shape.area for shape in put_together(drawing)]
    assert areas_m2 == pytest.approx([10_000, 10_000, 10_000], rel=5e-3)


def test_nothing_of_a_partition_is_loose() -> None:
    level = partition(np.arange(12).reshape(3, 4))
    assert not draw(read_topology(level), FINE).loose.any()


def test_an_empty_level_is_drawn_as_nothing() -> None:
    level = partition(np.arange(4).reshape(2, 2)).iloc[:0]
    drawing = draw(read_topology(level), FINE)
    assert (drawing.n, len(drawing.left), drawing.xy.shape) == (0, 0, (0, 2))
    assert unpack(pack({}, streams(drawing)))[1].keys() == streams(drawing).keys()


def test_a_level_without_crs_is_refused() -> None:
    level = partition(np.arange(4).reshape(2, 2)).set_crs(None, allow_override=True)
    with pytest.raises(CrsError, match="needs a CRS"):
        draw(read_topology(level), FINE)


# Bytes


def test_small_numbers_of_either_sign_take_one_byte() -> None:
    assert _varint.encode(np.array([0, -1, 1, -64, 64])).tolist() == [0, 1, 2, 127, 128, 1]


@laws
@given(st.lists(st.integers(-(2**61), 2**61)))
def test_numbers_come_back_as_they_were_written(values: list[int]) -> None:
    run = np.array(values, dtype=np.int64)
    assert _varint.decode(_varint.encode(run), len(run)).tolist() == values


@laws
@given(partitions(nobody=True))
def test_a_drawing_comes_back_from_its_bytes(level: gpd.GeoDataFrame) -> None:
    drawing = draw(read_topology(level), FINE)
    facts, runs = unpack(pack({"names": ["东区", "a\nb"]}, streams(drawing)))
    assert facts == {"names": ["东区", "a\nb"]}
    assert (np.cumsum(runs["left"]) == drawing.left).all()
    assert (np.cumsum(runs["left"]) + runs["right"] == drawing.right).all()
    assert (np.cumsum(runs["size"] + 1) == drawing.offsets[1:]).all()
    assert (np.cumsum(runs["x"]) == drawing.xy[:, 0]).all()
    assert (np.cumsum(runs["y"]) == drawing.xy[:, 1]).all()
    assert (np.cumsum(runs["corner_low"]) + runs["corner_high"] == drawing.corners[:, 1]).all()


@pytest.mark.parametrize("given_bytes", [b"", b"GRIDMAP1", b"<html></html> and more"])
def test_other_bytes_are_refused(given_bytes: bytes) -> None:
    with pytest.raises(InvalidError, match="no drawing"):
        unpack(given_bytes)
