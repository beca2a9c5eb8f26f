"""How polygons cut a parent."""

from itertools import product

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, box

from gridmap.tiling import NOTHING, arrange, is_clean, polygonal, tile

PAPER = box(0, 0, 6, 6)
BOXES = st.lists(
    st.tuples(*[st.integers(-1, 5)] * 2, *[st.integers(1, 4)] * 2), min_size=0, max_size=6
)


def test_squares_that_tile_their_parent_are_clean_and_stay_as_they_are() -> None:
    squares = _array([box(x, y, x + 3, y + 3) for x, y in product((0, 3), (0, 3))])
    assert is_clean(squares, PAPER)
    shares, rest = tile(squares, PAPER)
    assert shares is squares
    assert rest.is_empty


@pytest.mark.parametrize(
    "squares",
    [
        [box(0, 0, 3, 6)],
        [box(0, 0, 4, 6), box(3, 0, 6, 6)],
        [box(0, 0, 3, 6), box(3, 0, 7, 6)],
        [box(0, 0, 3, 6), box(3, 0, 6, 3), box(3, 3, 6, 6)],
    ],
    ids=["a gap", "an overlap", "sticking out", "a vertex on a neighbour's edge"],
)
def test_any_fault_is_not_clean(squares: list[shapely.Polygon]) -> None:
    assert not is_clean(_array(squares), PAPER)


def test_two_copies_of_a_polygon_are_one_part_of_both() -> None:
    parts = arrange(_array([PAPER, PAPER]), PAPER)
    assert [(members, shape.area) for members, shape in parts] == [((0, 1), 36.0)]


def test_a_polygon_inside_another_is_cut_out_of_it() -> None:
    parts = dict(arrange(_array([PAPER, box(2, 2, 3, 3)]), PAPER))
    assert {members: shape.area for members, shape in parts.items()} == {(0, 1): 1.0, (0,): 35.0}


def test_without_polygons_all_is_rest() -> None:
    parts = arrange(_array([]), PAPER)
    assert [(members, shape.area) for members, shape in parts] == [((), 36.0)]


def test_lines_points_and_rounding_are_not_ground() -> None:
    left = shapely.GeometryCollection(
        [shapely.Point(0, 0), box(0, 0, 1, 1), box(5, 0, 5 + 1e-9, 1000)]
    )
    assert polygonal(_array([left, shapely.LineString([(0, 0), (1, 1)])])).tolist() == [
        MultiPolygon([box(0, 0, 1, 1)]),
        NOTHING,
    ]


@given(BOXES)
@settings(max_examples=60, deadline=None)
def test_every_square_of_the_paper_is_in_the_one_part_that_knows_its_boxes(
    boxes: list[tuple[int, int, int, int]],
) -> None:
    shapes = _array([box(x, y, x + wide, y + high) for x, y, wide, high in boxes])
    by_hand: dict[tuple[int, ...], int] = {}
    for x, y in product(range(6), range(6)):
        members = tuple(
            n
            for n, (west, south, wide, high) in enumerate(boxes)
            if west <= x < west + wide and south <= y < south + high
        )
        by_hand[members] = by_hand.get(members, 0) + 1
    parts: dict[tuple[int, ...], float] = {}
    for members, shape in arrange(shapes, PAPER):
        parts[members] = parts.get(members, 0.0) + shape.area
    assert parts == pytest.approx(by_hand, abs=1e-9)
    shares, rest = tile(shapes, PAPER)
    assert sum(share.area for share in shares) + rest.area == pytest.approx(36.0, abs=1e-9)
    for number, share in enumerate(shares):
        first = sum(n for members, n in by_hand.items() if members[:1] == (number,))
        assert share.area == pytest.approx(first, abs=1e-9)


def _array(shapes: list[shapely.Geometry]) -> np.ndarray:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
