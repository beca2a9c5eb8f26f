"""What somebody answers for, by ground, roads, inspection points and compounds; and the gaps."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, box, union_all

from gridmap import layers
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
from tests.town import COMMUNITIES, DISTRICT, METRIC, SINCE, SQUARES, SUBDISTRICT, town

DAY = pd.Timestamp("2026-03-01")
G1, G2, G3, G4, G5, G6, G7 = SQUARES
LAYERS = [name for name in layers.LAYERS if name != "issues"]
SUMS = [
    "ground_m2",
    "covered_m2",
    "roads_m",
    "roads_covered_m",
    "points_n",
    "points_covered_n",
    "compounds_n",
    "compounds_covered_n",
    "grids_n",
    "tiers_missing",
    "residents",
    "residents_covered",
]
TOWN = City(**{name: frame for name, frame in town().items() if name != "issues"})


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
    assert rest.geometry.equals(_square(3, 1))


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
    assert found.geometry.iloc[-1].equals(_square(3, 1))


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
    found = gaps(_with(_row("division", COMMUNITIES[1], "u1")), DAY)
    assert found[["grid", "reason"]].to_numpy().tolist() == [
        [G4, "no_unit"],
        [G5, "no_contact"],
        [G6, "unit_inactive"],
    ]


def test_the_nearest_division_decides_over_one_further_up() -> None:
    city = _with(_row("division", COMMUNITIES[1], "u4"), _row("division", DISTRICT, "u1"))
    found = gaps(city, DAY).set_index("grid")["reason"]
    assert found[G7] == "unit_inactive"
    assert found[found.index.isna()].to_list() == ["unit_inactive"]
    assert G4 not in found.index


def test_of_two_primaries_the_better_state_counts() -> None:
    assert G6 not in gaps(_with(_row("grid", G6, "u2")), DAY)["grid"].to_list()


def test_one_side_of_a_road_counts_half() -> None:
    city = _with(_row("road_segment", "r1", "u2", 150.0, 250.0, "left"))
    found = coverage(city, "community", DAY)["roads_covered_m"].to_list()
    assert found == pytest.approx([175, 25], abs=1e-6)


def test_both_sides_by_two_units_count_whole_and_twice_counts_once() -> None:
    city = _with(
        _row("road_segment", "r1", "u2", 200.0, 260.0, "left"),
        _row("road_segment", "r1", "u1", 240.0, 300.0, "right"),
        _row("road_segment", "r1", "u2", 100.0, 150.0, "both"),
    )
    found = coverage(city, "community", DAY)["roads_covered_m"].to_list()
    assert found == pytest.approx([150, 60], abs=1e-6)


def test_a_road_is_not_covered_by_a_unit_that_cannot_be_called() -> None:
    city = _with(_row("road_segment", "r1", "u3", 200.0, 400.0, "both"))
    assert coverage(city, "city", DAY)["roads_covered_m"].to_list() == pytest.approx([150])


def test_an_inspection_point_is_not_covered_by_its_grid() -> None:
    city = _with(_row("grid", G7, "u1"))
    assert coverage(city, "city", DAY)["points_covered_n"].to_list() == [1]
    city = _with(_row("inspection_point", "s1", "u1"))
    assert coverage(city, "city", DAY)["points_covered_n"].to_list() == [2]


def test_a_compound_is_covered_by_itself_or_by_covered_ground_around_all_of_it() -> None:
    shapes = [_area(110, 110, 190, 190), _area(50, 50, 150, 90), _area(210, 110, 290, 190)]
    compounds = _layer("compounds", compound_id=["in", "half", "own"], name="x", geometry=shapes)
    city = replace(_with(_row("compound", "own", "u2")), compounds=compounds)
    found = coverage(city, "community", DAY)
    assert found["compounds_n"].to_list() == [2, 1]
    assert found["compounds_covered_n"].to_list() == [1, 1]


def test_required_tiers_are_those_in_use_or_those_asked_for() -> None:
    asked = coverage(TOWN, "community", DAY, required=("responsible",))
    assert asked["tiers_missing"].to_list() == [1, 1]
    asked = coverage(TOWN, "community", DAY, required=("grid_worker",))
    assert asked["tiers_missing"].to_list() == [4, 3]


def test_the_fixture_of_the_sliver_and_the_hole() -> None:
    city = _fixture()
    found = coverage(city, "community", DAY)
    assert found["ground_m2"].to_list() == pytest.approx([1_000_000], abs=1e-6)
    assert found["covered_m2"].to_list() == pytest.approx([992_500], abs=1e-6)
    assert found["share"].to_list() == pytest.approx([0.9925], abs=1e-12)
    bare = gaps(city, DAY)
    assert bare["area_m2"].to_list() == pytest.approx([2500, 5000], abs=1e-6)
    assert bare["width_m"].to_list() == pytest.approx([25.0, 9.804], abs=1e-3)
    assert set(bare["reason"]) == {"no_grid"}


def test_slivers_can_be_left_out_of_the_list_but_not_of_the_figures() -> None:
    found = gaps(_fixture(), DAY, least_width_m=10.0)
    assert found["area_m2"].to_list() == pytest.approx([2500], abs=1e-6)


def test_the_fixtures_roads_have_a_blind_stretch_and_a_doubled_one() -> None:
    city = _fixture()
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
    roads = _layer("roads", road_id=["loop"], name="x", geometry=[loop])
    found = coverage(replace(_fixture(), roads=roads), "city", DAY)
    assert found["roads_m"].to_list() == pytest.approx([loop.length], abs=1e-6)


def test_a_road_outside_the_city_is_nobodys_metre() -> None:
    roads = _layer("roads", road_id=["r"], name="x", geometry=[LineString([(-100, 5), (1100, 5)])])
    city = replace(_fixture(), roads=roads)
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
    new = _layer(
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


# A city drawn on squared paper, badly: areas overlap, stick out and leave holes
SIZE, STEP = 6, 10.0
BOXES = st.tuples(*[st.integers(0, SIZE - 1)] * 2, *[st.integers(1, 4)] * 2)
PARENTS = st.sampled_from(["s1", "s2", "c1", "c2", "c3"])
HOLDERS = st.sampled_from([None, "u1", "u3", "u4"])
PAPER = st.fixed_dictionaries(
    {
        "communities": st.lists(
            st.tuples(BOXES, st.sampled_from(["s1", "s2"])), min_size=3, max_size=3
        ),
        "grids": st.lists(st.tuples(BOXES, PARENTS, HOLDERS), max_size=6),
        "holders": st.tuples(HOLDERS, HOLDERS),
    }
)
STATE = {"u1": "covered", "u3": "no_contact", "u4": "unit_inactive"}
BEST = ["covered", "no_contact", "unit_inactive", "no_unit"]


@given(PAPER)
@settings(max_examples=15, deadline=None)
def test_on_squared_paper_every_square_is_counted_once_and_for_the_right_reason(
    paper: dict[str, Any],
) -> None:
    city, squares = _drawn(paper), list(_squares(paper))
    ground = survey(city)
    for number, level in enumerate(["subdistrict", "community"]):
        found = coverage(city, level, DAY, ground=ground)
        for code, row in found.iterrows():
            own = [square for square in squares if square[number] == code]
            assert row["ground_m2"] == pytest.approx(len(own) * STEP**2, abs=1e-6)
            covered = sum(square[2] == "covered" for square in own)
            assert row["covered_m2"] == pytest.approx(covered * STEP**2, abs=1e-6)
    bare = gaps(city, DAY, ground=ground)
    for reason in ("no_grid", "no_unit", "unit_inactive", "no_contact"):
        area = sum(square[2] == reason for square in squares) * STEP**2
        assert bare.loc[bare["reason"] == reason, "area_m2"].sum() == pytest.approx(area, abs=1e-6)


@given(PAPER)
@settings(max_examples=8, deadline=None)
def test_children_and_the_rest_sum_to_their_parent_and_gaps_to_what_is_not_covered(
    paper: dict[str, Any],
) -> None:
    city = _drawn(paper)
    ground = survey(city)
    whole = coverage(city, "city", DAY, ground=ground).iloc[0]
    tables = {
        level: coverage(city, level, DAY, ground=ground)
        for level in ("district", "subdistrict", "community", "grid")
    }
    for table in tables.values():
        for name in SUMS:
            assert _close(table[name].sum(), whole[name]), name
    parent = tables["community"]["parent"]
    for code, row in tables["subdistrict"].iterrows():
        children = tables["community"][(parent == code).to_numpy()]
        for name in SUMS:
            assert _close(children[name].sum(), row[name]), name
    bare = gaps(city, DAY, ground=ground)
    uncovered = whole["ground_m2"] - whole["covered_m2"]
    assert bare["area_m2"].sum() == pytest.approx(uncovered, abs=1e-6)
    assert union_all(bare.geometry).area == pytest.approx(uncovered, abs=1e-6)


def _close(one: float, other: float) -> bool:
    """Unknown residents count as none."""
    numbers = [0.0 if pd.isna(number) else float(number) for number in (one, other)]
    return numbers[0] == pytest.approx(numbers[1], abs=1e-6)


def _drawn(paper: dict[str, Any]) -> City:
    half = SIZE * STEP / 2
    halves = [box(0, 0, half, 2 * half), box(half, 0, 2 * half, 2 * half)]
    communities, grids = paper["communities"], paper["grids"]
    held = [("grid", f"g{n}", unit) for n, (_, _, unit) in enumerate(grids, 1)]
    held += [("division", code, paper["holders"][n]) for n, code in enumerate(("c1", "s2"))]
    return City(
        _layer("districts", code=["d1"], name="d", geometry=[box(0, 0, 2 * half, 2 * half)]),
        _layer("subdistricts", code=["s1", "s2"], name="s", parent="d1", geometry=halves),
        _layer(
            "communities",
            code=["c1", "c2", "c3"],
            name="c",
            parent=[parent for _, parent in communities],
            geometry=[_box(at) for at, _ in communities],
        ),
        _layer(
            "grids",
            code=[f"g{n}" for n in range(1, len(grids) + 1)],
            parent=[parent for _, parent, _ in grids],
            residents=[n if n % 2 else None for n in range(len(grids))],
            geometry=[_box(at) for at, _, _ in grids],
        ),
        _layer(
            "roads",
            road_id=["r1", "r2"],
            name="r",
            geometry=[LineString([(-5, 12), (70, 41)]), LineString([(0, 20), (60, 20), (60, 0)])],
        ),
        _layer(
            "inspection_points",
            point_id=[f"p{n}" for n in range(6)],
            name="p",
            category="market",
            geometry=[Point(10 * n, 55 - 10 * n) for n in range(6)],
        ),
        _layer("compounds", compound_id=["x"], name="x", geometry=[box(12, 12, 38, 19)]),
        TOWN.units,
        _assigned(*[_row(kind, code, unit) for kind, code, unit in held if unit]),
    )


def _squares(paper: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Say of every square of the paper: its subdistrict, its community or rest, its state."""
    parent = {f"c{n}": parent for n, (_, parent) in enumerate(paper["communities"], 1)}
    of_division = dict(zip(("c1", "s2"), paper["holders"], strict=True))
    for x, y in product(range(SIZE), range(SIZE)):
        subdistrict = "s1" if x < SIZE / 2 else "s2"
        drawn = [
            f"c{n}"
            for n, (at, above) in enumerate(paper["communities"], 1)
            if _covers(at, x, y) and above == subdistrict
        ]
        here = [drawn[0], subdistrict] if drawn else [subdistrict]
        holders = [
            [unit, *(of_division.get(code) for code in (above, parent.get(above)))]
            for at, above, unit in paper["grids"]
            if _covers(at, x, y)
        ]
        states = [_state(units, "no_unit") for units in holders]
        alone = _state([of_division.get(code) for code in here], "no_grid")
        state = min(states, key=BEST.index) if states else alone
        yield subdistrict, drawn[0] if drawn else f"rest:{subdistrict}", state


def _state(units: list[str | None], otherwise: str) -> str:
    return next((STATE[unit] for unit in units if unit), otherwise)


def _covers(at: tuple[int, ...], x: int, y: int) -> bool:
    return at[0] <= x < at[0] + at[2] and at[1] <= y < at[1] + at[3]


def _box(at: tuple[int, ...]) -> MultiPolygon:
    west, south, east, north = at[0], at[1], at[0] + at[2], at[1] + at[3]
    return MultiPolygon([box(STEP * west, STEP * south, STEP * east, STEP * north)])


def _fixture() -> City:
    grids = _layer(
        "grids",
        code=["c001", "c002", "c003"],
        parent="c",
        geometry=[
            box(-20, 0, 500, 1000),
            box(490, 0, 1000, 600),
            box(500, 600, 1000, 990) - box(700, 700, 750, 750),
        ],
    )
    roads = _layer(
        "roads",
        road_id=["r1", "r2"],
        name=["北", "中"],
        geometry=[LineString([(0, 995), (1000, 995)]), LineString([(495, 0), (495, 1000)])],
    )
    community = _layer("communities", code=["c"], name="c", geometry=[box(0, 0, 1000, 1000)])
    empty = {name: layers.empty(layers.LAYERS[name], METRIC) for name in LAYERS}
    filled = {
        "grids": grids,
        "roads": roads,
        "communities": community,
        "units": TOWN.units,
        "assignments": _assigned(*[_row("grid", code, "u1") for code in grids.index]),
    }
    return City(**(empty | filled))


def _with(*rows: dict[str, Any]) -> City:
    return replace(TOWN, assignments=pd.concat([TOWN.assignments, _assigned(*rows)]))


def _row(kind: str, target: str, unit: str, *stretch: Any) -> dict[str, Any]:
    measures = dict(zip(("from_m", "to_m", "side"), stretch, strict=False))
    return {"target_kind": kind, "target": target, "unit_id": unit, **measures}


def _assigned(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(
        list(rows), columns=["target_kind", "target", "unit_id", "from_m", "to_m", "side"]
    )
    same = {"tier": "responsible", "scheme": "main", "since": SINCE}
    ids = [f"x{n}" for n in range(len(frame))]
    return _table("assignments", frame.assign(assignment_id=ids, **same))


def _layer(layer: str, /, **columns: Any) -> gpd.GeoDataFrame:
    geometry = columns.pop("geometry")
    return _table(layer, gpd.GeoDataFrame(columns, geometry=geometry, crs=METRIC))


def _table(name: str, frame: pd.DataFrame) -> Any:
    contract = layers.LAYERS[name]
    return layers.conform(frame, contract) if len(frame) else layers.empty(contract, METRIC)


def _square(column: int, row: int) -> MultiPolygon:
    return _area(100 * column, 100 * row, 100 * column + 100, 100 * row + 100)


def _area(west: float, south: float, east: float, north: float) -> MultiPolygon:
    corner = TOWN.districts.total_bounds
    return MultiPolygon(
        [box(corner[0] + west, corner[1] + south, corner[0] + east, corner[1] + north)]
    )


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
