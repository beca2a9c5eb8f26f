"""What somebody answers for, by ground, roads, inspection points and compounds; and the gaps."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from shapely import LineString

from gridmap.coverage import (
    City,
    blind_stretches,
    coverage,
    doubled_ground,
    doubled_stretches,
    gaps,
    merged_gaps,
    survey,
)
from gridmap.errors import CrsError, NotFoundError
from tests.gridmap.coverings import (
    DAY,
    G4,
    G5,
    G6,
    G7,
    LAYERS,
    TOWN,
    area,
    assignment,
    badly_drawn,
    layer_of,
    square_of,
    town_with,
)
from tests.town import COMMUNITIES, DISTRICT, SQUARES, SUBDISTRICT, town


def test_the_town_is_measured_as_by_hand() -> None:
    found = coverage(TOWN, "community", DAY)
    assert found.index.to_list() == list(COMMUNITIES)
    by_hand = {
        "ground_m2": [40_000, 40_000],
        "covered_m2": [30_000, 0],
        "share": [0.75, 0],
        "roads_m": [200, 200],
        "roads_covered_m": [150, 0],
        "points_n": [1, 1],
        "points_covered_n": [1, 0],
        "compounds_n": [1, 0],
        "compounds_covered_n": [1, 0],
        "grids_n": [4, 3],
        "tiers_missing": [1, 3],
        "residents": [1000, 180],
        "residents_covered": [600, 0],
    }
    for name, values in by_hand.items():
        assert found[name].astype(float).to_list() == pytest.approx(values, abs=1e-6), name


@pytest.mark.parametrize("level", ["city", "district", "subdistrict"])
def test_the_whole_town_is_covered_to_three_eighths(level: str) -> None:
    found = coverage(TOWN, level, DAY)
    assert found["share"].to_list() == pytest.approx([3 / 8], abs=1e-12)
    assert found.geometry.area.to_list() == pytest.approx([80_000], abs=1e-6)


def test_ground_of_a_community_without_a_grid_is_a_row_of_its_own() -> None:
    found = coverage(TOWN, "grid", DAY)
    assert found.index.to_list() == [*SQUARES, f"rest:{COMMUNITIES[1]}"]
    assert found["rest"].to_list() == [False] * 7 + [True]
    rest = found.iloc[-1]
    assert rest[["parent", "ground_m2", "grids_n"]].to_list() == [COMMUNITIES[1], 10_000.0, 0]
    assert rest.geometry.equals(square_of(3, 1))


def test_every_gap_of_the_town_has_its_reason() -> None:
    found = gaps(TOWN, DAY)
    told = found[["grid", "reason", "unit_id", "community"]].astype(object)
    assert told.where(told.notna(), None).to_numpy().tolist() == [
        [G4, "no_unit", None, COMMUNITIES[0]],
        [G5, "no_contact", "u3", COMMUNITIES[1]],
        [G6, "unit_inactive", "u4", COMMUNITIES[1]],
        [G7, "no_unit", None, COMMUNITIES[1]],
        [None, "no_grid", None, COMMUNITIES[1]],
    ]
    assert found["area_m2"].to_list() == pytest.approx([10_000.0] * 5, abs=1e-6)
    assert found.geometry.iloc[-1].equals(square_of(3, 1))


def test_gaps_of_one_reason_are_joined_by_community() -> None:
    bare = replace(TOWN, assignments=TOWN.assignments.iloc[:0])
    found = merged_gaps(gaps(bare, DAY))
    assert found[["community", "reason", "grids_n"]].to_numpy().tolist() == [
        [COMMUNITIES[0], "no_unit", 4],
        [COMMUNITIES[1], "no_grid", 0],
        [COMMUNITIES[1], "no_unit", 3],
    ]
    assert found["area_m2"].to_list() == pytest.approx([40_000, 10_000, 30_000], abs=1e-6)


@pytest.mark.parametrize(("day", "share"), [("2025-12-31", 0.0), ("2026-02-28", 0.375)])
def test_coverage_is_that_of_the_day(day: str, share: float) -> None:
    found = coverage(TOWN, "city", pd.Timestamp(day))
    assert found["share"].to_list() == pytest.approx([share])


def test_another_scheme_covers_nothing_here() -> None:
    assert coverage(replace(TOWN, scheme="roads"), "city", DAY)["covered_m2"].to_list() == [0.0]


def test_the_primary_of_a_community_answers_for_what_no_grid_of_it_has() -> None:
    found = gaps(town_with(assignment("division", COMMUNITIES[1], "u1")), DAY)
    assert found[["grid", "reason"]].to_numpy().tolist() == [
        [G4, "no_unit"],
        [G5, "no_contact"],
        [G6, "unit_inactive"],
    ]


def test_the_nearest_division_decides_over_one_further_up() -> None:
    city = town_with(
        assignment("division", COMMUNITIES[1], "u4"), assignment("division", DISTRICT, "u1")
    )
    found = gaps(city, DAY).set_index("grid")["reason"]
    assert found[G7] == "unit_inactive"
    assert found[found.index.isna()].to_list() == ["unit_inactive"]
    assert G4 not in found.index


def test_of_two_primaries_the_better_state_counts() -> None:
    assert G6 not in gaps(town_with(assignment("grid", G6, "u2")), DAY)["grid"].to_list()


def test_one_side_of_a_road_counts_half() -> None:
    city = town_with(assignment("road_segment", "r1", "u2", 150.0, 250.0, "left"))
    found = coverage(city, "community", DAY)["roads_covered_m"].to_list()
    assert found == pytest.approx([175, 25], abs=1e-6)


def test_both_sides_by_two_units_count_whole_and_twice_counts_once() -> None:
    city = town_with(
        assignment("road_segment", "r1", "u2", 200.0, 260.0, "left"),
        assignment("road_segment", "r1", "u1", 240.0, 300.0, "right"),
        assignment("road_segment", "r1", "u2", 100.0, 150.0, "both"),
    )
    found = coverage(city, "community", DAY)["roads_covered_m"].to_list()
    assert found == pytest.approx([150, 60], abs=1e-6)


def test_a_road_is_not_covered_by_a_unit_that_cannot_be_called() -> None:
    city = town_with(assignment("road_segment", "r1", "u3", 200.0, 400.0, "both"))
    assert coverage(city, "city", DAY)["roads_covered_m"].to_list() == pytest.approx([150])


def test_an_inspection_point_is_not_covered_by_its_grid() -> None:
    city = town_with(assignment("grid", G7, "u1"))
    assert coverage(city, "city", DAY)["points_covered_n"].to_list() == [1]
    city = town_with(assignment("inspection_point", "s1", "u1"))
    assert coverage(city, "city", DAY)["points_covered_n"].to_list() == [2]


def test_a_compound_is_covered_by_itself_or_by_covered_ground_around_all_of_it() -> None:
    shapes = [area(110, 110, 190, 190), area(50, 50, 150, 90), area(210, 110, 290, 190)]
    compounds = layer_of("compounds", compound_id=["in", "half", "own"], name="x", geometry=shapes)
    city = replace(town_with(assignment("compound", "own", "u2")), compounds=compounds)
    found = coverage(city, "community", DAY)
    assert found["compounds_n"].to_list() == [2, 1]
    assert found["compounds_covered_n"].to_list() == [1, 1]


def test_required_tiers_are_those_in_use_or_those_asked_for() -> None:
    asked = coverage(TOWN, "community", DAY, required=("responsible",))
    assert asked["tiers_missing"].to_list() == [1, 1]
    asked = coverage(TOWN, "community", DAY, required=("grid_worker",))
    assert asked["tiers_missing"].to_list() == [4, 3]


def test_the_fixture_of_the_sliver_and_the_hole() -> None:
    city = badly_drawn()
    found = coverage(city, "community", DAY)
    assert found["ground_m2"].to_list() == pytest.approx([1_000_000], abs=1e-6)
    assert found["covered_m2"].to_list() == pytest.approx([992_500], abs=1e-6)
    assert found["share"].to_list() == pytest.approx([0.9925], abs=1e-12)
    bare = gaps(city, DAY)
    assert bare["area_m2"].to_list() == pytest.approx([2500, 5000], abs=1e-6)
    assert bare["width_m"].to_list() == pytest.approx([25.0, 9.804], abs=1e-3)
    assert set(bare["reason"]) == {"no_grid"}


def test_slivers_can_be_left_out_of_the_list_but_not_of_the_figures() -> None:
    found = gaps(badly_drawn(), DAY, least_width_m=10.0)
    assert found["area_m2"].to_list() == pytest.approx([2500], abs=1e-6)


def test_the_fixtures_roads_have_a_blind_stretch_and_a_doubled_one() -> None:
    city = badly_drawn()
    blind = blind_stretches(city)
    assert blind[["road_id", "from_m", "to_m"]].to_numpy().tolist() == [["r1", 500.0, 1000.0]]
    assert blind.geometry.iloc[0].equals(LineString([(500, 995), (1000, 995)]))
    doubled = doubled_stretches(city)
    assert doubled[["road_id", "from_m", "to_m"]].to_numpy().tolist() == [["r2", 0.0, 600.0]]
    assert doubled["codes"].to_list() == [("c001", "c002")]
    ground = doubled_ground(city)
    assert ground["area_m2"].to_list() == pytest.approx([6000], abs=1e-6)
    assert ground["codes"].to_list() == [("c001", "c002")]


def test_a_road_that_crosses_itself_is_measured_once_along_its_line() -> None:
    loop = LineString([(0, 500), (900, 500), (900, 900), (300, 900), (300, 100)])
    roads = layer_of("roads", road_id=["loop"], name="x", geometry=[loop])
    found = coverage(replace(badly_drawn(), roads=roads), "city", DAY)
    assert found["roads_m"].to_list() == pytest.approx([loop.length], abs=1e-6)


def test_a_road_outside_the_city_is_nobodys_metre() -> None:
    roads = layer_of(
        "roads", road_id=["r"], name="x", geometry=[LineString([(-100, 5), (1100, 5)])]
    )
    city = replace(badly_drawn(), roads=roads)
    assert coverage(city, "city", DAY)["roads_m"].to_list() == pytest.approx([1000], abs=1e-6)
    assert blind_stretches(city).empty


def test_where_there_are_no_communities_grids_stand_under_their_subdistrict() -> None:
    city = replace(
        TOWN, communities=TOWN.communities.iloc[:0], grids=TOWN.grids.assign(parent=SUBDISTRICT)
    )
    found = coverage(city, "community", DAY)
    assert found.index.to_list() == [f"rest:{SUBDISTRICT}"]
    assert found["covered_m2"].to_list() == pytest.approx([30_000], abs=1e-6)
    assert coverage(city, "grid", DAY)["ground_m2"].sum() == pytest.approx(80_000, abs=1e-6)


def test_a_community_without_a_polygon_has_the_ground_of_its_grids() -> None:
    shapes = TOWN.communities.geometry.copy()
    shapes[COMMUNITIES[1]] = None
    city = replace(TOWN, communities=TOWN.communities.set_geometry(shapes))
    found = coverage(city, "community", DAY)
    assert found["ground_m2"].to_list() == pytest.approx([40_000, 30_000, 10_000], abs=1e-6)
    assert found.index[-1] == f"rest:{SUBDISTRICT}"


def test_a_division_without_ground_is_a_row_with_nothing() -> None:
    new = layer_of(
        "communities", code=["232701100009"], name="新区", parent=SUBDISTRICT, geometry=[None]
    )
    city = replace(TOWN, communities=pd.concat([TOWN.communities, new]))
    row = coverage(city, "community", DAY).loc["232701100009"]
    assert row["ground_m2"] == 0
    assert np.isnan(row["share"])


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(NotFoundError):
        coverage(TOWN, "street", DAY)


def test_degrees_are_refused() -> None:
    with pytest.raises(CrsError):
        survey(replace(TOWN, grids=TOWN.grids.to_crs("EPSG:4490")))


def test_nothing_given_is_changed() -> None:
    before = {name: getattr(TOWN, name).copy() for name in LAYERS}
    coverage(TOWN, "grid", DAY)
    gaps(TOWN, DAY)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(TOWN, name)), pd.DataFrame(frame))


def test_a_city_without_any_division_has_the_ground_of_its_grids() -> None:
    frames = town()
    bare = {name: frames[name].iloc[:0] for name in ("districts", "subdistricts", "communities")}
    city = City(
        **{
            name: bare.get(name, frame)
            for name, frame in frames.items()
            if name not in {"issues", "assignments"}
        },
        assignments=frames["assignments"],
    )
    whole = coverage(city, "city", "2026-06-01")
    assert whole["ground_m2"].sum() == pytest.approx(70_000)  # seven grids
    assert whole["covered_m2"].sum() == pytest.approx(30_000)
    assert set(gaps(city, "2026-06-01")["reason"]) == {"no_unit", "no_contact", "unit_inactive"}
