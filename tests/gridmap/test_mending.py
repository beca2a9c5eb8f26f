"""Grids cut and joined."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, MultiPolygon

from gridmap import layers, mending
from gridmap.errors import CodesExhaustedError, CrsError, InvalidError, NotFoundError
from tests.gridmap.mendings import (
    BOTH,
    G1,
    G2,
    G3,
    G4,
    G5,
    GRIDS,
    USED,
    after,
    assert_is_box,
    assert_same_partition,
    drawn,
    grids,
    vertices,
)
from tests.town import COMMUNITIES, METRIC, square

# --- split ----------------------------------------------------------------------------------------


@BOTH
def test_a_split_makes_two_grids_of_one_and_keeps_the_lineage(crs: str) -> None:
    line = drawn(LineString, (25, 90), (25, 210), crs=crs)
    done = mending.split(grids(crs), G1, line, used=USED)
    west, east = "232701100001005", "232701100001006"
    assert done.retired == (G1,)
    assert_is_box(done, west, 0, 100, 25, 200)
    assert_is_box(done, east, 25, 100, 100, 200)
    rows = done.lineage.set_index("to_code")
    assert set(rows["from_code"]) == {G1}
    assert set(rows["act"]) == {"split"}
    assert rows["share"].to_dict() == pytest.approx({west: 0.25, east: 0.75}, abs=1e-6)
    assert rows["area_m2"].to_dict() == pytest.approx({west: 2500, east: 7500}, rel=1e-4)
    assert done.changed.loc[west, "parent"] == COMMUNITIES[0]
    assert done.changed.loc[[west, east], "residents"].isna().all()
    assert done.faults.empty


@BOTH
def test_the_neighbour_gets_the_new_vertex_and_nothing_else(crs: str) -> None:
    before = grids(crs)
    done = mending.split(before, G1, drawn(LineString, (25, 90), (25, 210), crs=crs), used=USED)
    assert sorted(done.changed.index.intersection(before.index)) == [G3]
    old, new = before.loc[[G3]], done.changed.loc[[G3]]
    assert vertices(old) < vertices(new)
    (added,) = vertices(new) - vertices(old)
    assert added in vertices(done.changed.drop(index=G3))
    columns = ["name", "parent", "kind", "residents"]
    pd.testing.assert_frame_equal(old[columns], new[columns])
    assert_same_partition(before, after(before, done))


def test_the_largest_part_may_keep_the_code_and_the_name() -> None:
    line = drawn(LineString, (25, 90), (25, 210))
    done = mending.split(grids(), G1, line, used=USED, keep="largest")
    assert done.retired == ()
    assert_is_box(done, G1, 25, 100, 100, 200)
    assert done.changed.loc[G1, "name"] == "第1网格"
    assert sorted(done.lineage["to_code"]) == [G1, "232701100001005"]
    assert done.lineage["share"].sum() == pytest.approx(1.0)


def test_a_line_that_passes_near_a_corner_goes_through_it() -> None:
    done = mending.split(grids(), G1, drawn(LineString, (-5, 94.9), (105, 205.6)), used=USED)
    assert vertices(done.changed) <= vertices(grids())
    assert sorted(done.lineage["area_m2"]) == pytest.approx([5000, 5000])


def test_a_line_that_all_but_reaches_the_border_is_drawn_on_to_it() -> None:
    done = mending.split(grids(), G1, drawn(LineString, (50, 100.4), (50, 199.5)), used=USED)
    assert sorted(done.lineage["share"]) == pytest.approx([0.5, 0.5])
    assert_same_partition(grids(), after(grids(), done))


def test_a_line_may_cut_a_grid_into_more_than_two() -> None:
    line = drawn(LineString, (-10, 120), (70, 120), (70, 180), (-10, 180))
    done = mending.split(grids(), G1, line, used=USED)
    assert sorted(done.lineage["area_m2"]) == pytest.approx([70 * 60, 100 * 100 - 70 * 60])
    line = drawn(LineString, (30, 90), (30, 210), (60, 210), (60, 90))
    done = mending.split(grids(), G1, line, used=USED)
    assert sorted(done.lineage["area_m2"]) == pytest.approx([3000, 3000, 4000])


def test_a_hole_may_be_cut_through() -> None:
    ring = square(0, 0, 300).geoms[0] - square(1, 1).geoms[0]
    frame = gpd.GeoDataFrame(
        {"code": ["ring", "core"], "parent": "c"}, geometry=[ring, square(1, 1)], crs=METRIC
    )
    before = layers.conform(frame, GRIDS)
    done = mending.split(before, "ring", drawn(LineString, (150, -1), (150, 301)), used=())
    assert sorted(done.lineage["area_m2"]) == pytest.approx([40000, 40000])
    assert_same_partition(before, after(before, done))
    assert len(done.faults) == 0


def test_a_part_that_the_line_does_not_meet_goes_with_the_nearest() -> None:
    parts = MultiPolygon([*square(0, 0).geoms, *square(2, 0).geoms])
    frame = gpd.GeoDataFrame({"code": ["x"], "parent": "c"}, geometry=[parts], crs=METRIC)
    done = mending.split(
        layers.conform(frame, GRIDS), "x", drawn(LineString, (30, -1), (30, 101)), used=()
    )
    assert done.lineage.set_index("to_code")["area_m2"].to_dict() == {"c-1": 17000, "c-2": 3000}


@pytest.mark.parametrize(
    "line", [((-10, 150), (-20, 150)), ((20, 120), (80, 180)), ((20, 90), (20, 150))]
)
def test_a_line_that_does_not_cross_the_grid_is_refused(line: tuple[tuple[float, float]]) -> None:
    with pytest.raises(InvalidError, match="does not cross"):
        mending.split(grids(), G1, drawn(LineString, *line), used=USED)


def test_a_part_too_thin_to_walk_is_refused() -> None:
    with pytest.raises(InvalidError, match="wide on average") as caught:
        mending.split(grids(), G1, drawn(LineString, (-1, 104), (101, 104)), used=USED)
    assert caught.value.values["width_m"] == pytest.approx(2 * 400 / 208)  # noqa: PD011 - an error


def test_an_unknown_grid_and_grids_without_crs_are_refused() -> None:
    line = drawn(LineString, (25, 90), (25, 210))
    with pytest.raises(NotFoundError, match="nowhere"):
        mending.split(grids(), "nowhere", line, used=USED)
    with pytest.raises(CrsError):
        mending.split(grids().set_crs(None, allow_override=True), G1, line, used=USED)


def test_no_code_is_given_twice() -> None:
    line = drawn(LineString, (25, 90), (25, 210))
    every = [f"{COMMUNITIES[0]}{n:03d}" for n in range(1, 1000)]
    done = mending.split(grids(), G1, line, used=set(every) - {every[500], every[700]})
    assert sorted(done.lineage["to_code"]) == [every[500], every[700]]
    with pytest.raises(CodesExhaustedError):
        mending.split(grids(), G1, line, used=every)


# --- merge ----------------------------------------------------------------------------------------


@BOTH
def test_merged_grids_are_one_with_the_ground_and_residents_of_all(crs: str) -> None:
    done = mending.merge(grids(crs), [G1, G2], used=USED)
    (code,) = done.changed.index
    assert code == "232701100001005"
    assert sorted(done.retired) == [G1, G2]
    assert_is_box(done, code, 0, 100, 200, 200)
    assert done.changed.loc[code, "residents"] == 300
    assert done.lineage[["from_code", "to_code", "act", "share"]].to_numpy().tolist() == [
        [G1, code, "merge", 1.0],
        [G2, code, "merge", 1.0],
    ]
    assert_same_partition(grids(crs), after(grids(crs), done))


def test_one_of_the_merged_codes_may_stay_with_its_name() -> None:
    done = mending.merge(grids(), [G1, G2, G4], into=G2, used=USED)
    assert done.changed.index.to_list() == [G2]
    assert done.changed.loc[G2, "name"] == "第2网格"
    assert sorted(done.retired) == [G1, G4]
    assert set(done.lineage["to_code"]) == {G2}


def test_residents_that_are_known_of_one_alone_are_not_known_of_both() -> None:
    before = grids()
    before.loc[G2, "residents"] = pd.NA
    assert mending.merge(before, [G1, G2], used=USED).changed["residents"].isna().all()


@pytest.mark.parametrize(
    ("codes", "into", "sentence"),
    [
        ([G1, G4], None, "do not lie beside"),
        ([G2, G5], None, "several communities"),
        ([G1], None, "Two grids or more"),
        ([G1, G1], None, "Two grids or more"),
        ([G1, G2], G3, "not among"),
    ],
)
def test_what_cannot_be_one_grid_is_refused(
    codes: list[str], into: str | None, sentence: str
) -> None:
    with pytest.raises(InvalidError, match=sentence):
        mending.merge(grids(), codes, into=into, used=USED)
