"""What a layer's contract finds in a frame, and what a conformed frame looks like."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gridmap import layers
from gridmap.errors import InvalidError, NotFoundError
from gridmap.layers import LAYERS
from tests.town import METRIC, raw_town, town


def found(frame: pd.DataFrame, name: str, **references: pd.Index) -> list[tuple[object, ...]]:
    faults = layers.check(frame, LAYERS[name], references)
    return list(faults[["row", "column", "code"]].itertuples(index=False, name=None))


def test_a_sound_town_has_no_faults() -> None:
    for name, frame in raw_town().items():
        assert found(frame, name) == [], name


def test_every_fault_of_a_frame_is_listed_at_once_with_the_row_it_came_from() -> None:
    frame = gpd.GeoDataFrame(
        {
            "code": ["g1", "g1", None, "g4", "g5", "g6"],
            "parent": ["c", "c", "c", None, "c", "c"],
            "residents": [1, -1, 2, 3, "many", 1.5],
        },
        geometry=[
            box(0, 0, 1, 1),
            Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]),
            None,
            Point(0, 0),
            box(0, 0, 1, np.inf),
            Polygon(),
        ],
        crs=METRIC,
        index=[2, 3, 4, 5, 6, 7],
    )
    assert sorted(map(str, found(frame, "grids"))) == sorted(
        map(
            str,
            [
                (2, "code", "duplicate"),
                (3, "code", "duplicate"),
                (3, "residents", "negative"),
                (3, "geometry", "geometry-invalid"),
                (4, "code", "missing"),
                (4, "geometry", "missing"),
                (5, "parent", "missing"),
                (5, "geometry", "geometry-type"),
                (6, "residents", "type"),
                (6, "geometry", "not-finite"),
                (7, "residents", "type"),
                (7, "geometry", "missing"),
            ],
        )
    )


def test_a_missing_column_is_said_once() -> None:
    frame = raw_town()["units"].drop(columns="name")
    assert found(frame, "units") == [(0, "name", "missing-column")]


def test_geometries_without_a_crs_are_refused() -> None:
    frame = raw_town()["grids"].set_crs(None, allow_override=True)
    assert found(frame, "grids") == [(0, "geometry", "crs")]


def test_a_division_may_lack_its_polygon() -> None:
    frame = raw_town()["communities"]
    frame.loc[0, "geometry"] = None
    assert found(frame, "communities") == []


def test_an_assignment_of_an_unknown_unit_is_found_where_the_units_are_known() -> None:
    units = pd.Index(["u1", "u2", "u3", "p1"])
    assert found(raw_town()["assignments"], "assignments", units=units) == [
        (5, "unit_id", "reference")
    ]


@pytest.mark.parametrize(
    ("from_m", "to_m", "side"),
    [(None, 10.0, "both"), (10.0, 10.0, "left"), (-1.0, 10.0, "left"), (0.0, 10.0, None)],
)
def test_a_road_segment_needs_ordered_measures_and_a_side(
    from_m: float | None, to_m: float, side: str | None
) -> None:
    frame = raw_town()["assignments"].iloc[[7]].assign(from_m=from_m, to_m=to_m, side=side)
    assert found(frame, "assignments") == [(7, "from_m", "segment")]


def test_an_assignment_that_ends_before_it_begins_is_refused_and_an_annulled_one_is_not() -> None:
    row = raw_town()["assignments"].iloc[[0]]
    early = row.assign(until=pd.Timestamp("2025-12-31"))
    assert found(early, "assignments") == [(0, "until", "interval")]
    assert found(row.assign(until=pd.Timestamp("2026-01-01")), "assignments") == []


def test_a_conformed_frame_has_every_column_in_order_and_is_indexed_by_its_key() -> None:
    for name, frame in town().items():
        contract = LAYERS[name]
        declared = [column.name for column in contract.columns if column.name != contract.key]
        assert frame.index.name == contract.key
        assert list(frame.columns) == declared + (["geometry"] if contract.is_spatial else [])
        for column in contract.columns[1:]:
            assert str(frame[column.name].dtype) == layers.PANDAS_DTYPE[column.dtype], column


def test_polygons_become_multipolygons_and_keep_their_vertices() -> None:
    frame = gpd.GeoDataFrame({"code": ["a"], "parent": ["b"]}, geometry=[box(0, 0, 1, 1)], crs=4490)
    shape = layers.conform(frame, LAYERS["grids"]).geometry.iloc[0]
    assert isinstance(shape, MultiPolygon)
    assert shape.geoms[0].equals_exact(box(0, 0, 1, 1), 0)


def test_a_unit_is_active_unless_it_says_otherwise() -> None:
    frame = gpd.GeoDataFrame(
        {"unit_id": ["a", "b", "c"], "name": ["甲", "乙", "丙"], "active": [None, "否", "是"]},
        geometry=[None, None, None],
        crs=4490,
    )
    units = layers.conform(frame, LAYERS["units"])
    assert units["active"].tolist() == [True, False, True]
    assert units["party"].tolist() == ["unit"] * 3


def test_text_is_stripped_and_numbers_that_are_codes_stay_text() -> None:
    frame = pd.DataFrame({"code": [" 010203 "], "name": ["东区 "]})
    area = layers.conform(frame, LAYERS["districts"])
    assert area.index.tolist() == ["010203"]
    assert area["name"].tolist() == ["东区"]


def test_a_moment_with_an_offset_is_kept_in_utc() -> None:
    frame = gpd.GeoDataFrame(
        {"issue_id": ["i"], "reported_at": ["2026-03-01T10:00:00+08:00"], "category": ["x"]},
        geometry=[Point(0, 0)],
        crs=4490,
    )
    issue = layers.conform(frame, LAYERS["issues"])
    assert issue["reported_at"].iloc[0] == pd.Timestamp("2026-03-01T02:00:00Z")


def test_conform_refuses_with_every_fault() -> None:
    with pytest.raises(InvalidError) as caught:
        layers.conform(pd.DataFrame({"code": ["a", "a"]}), LAYERS["districts"])
    assert caught.value.faults is not None
    assert set(caught.value.faults["code"]) == {"missing-column", "duplicate"}


def test_conform_changes_nothing_that_it_was_given() -> None:
    frame = raw_town()["grids"]
    before = frame.copy(deep=True)
    layers.conform(frame, LAYERS["grids"])
    assert frame.equals(before)


def test_a_line_is_no_place_for_an_inspection_point() -> None:
    frame = raw_town()["inspection_points"]
    frame.loc[0, "geometry"] = LineString([(0, 0), (1, 1)])
    assert found(frame, "inspection_points") == [(0, "geometry", "geometry-type")]


def test_an_unknown_layer_is_named_beside_those_there_are() -> None:
    with pytest.raises(NotFoundError, match=r"streets.*districts"):
        layers.layer("streets")


@given(st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=8))
@settings(deadline=None, max_examples=50)
def test_conform_succeeds_exactly_where_check_is_silent(codes: list[str]) -> None:
    frame = pd.DataFrame({"code": codes, "name": "x"}, dtype="str")
    sound = len(set(codes)) == len(codes) and "" not in codes
    assert layers.check(frame, LAYERS["districts"]).empty == sound
