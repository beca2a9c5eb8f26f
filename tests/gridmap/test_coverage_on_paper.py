"""A city drawn on squared paper, badly: areas overlap, stick out and leave holes."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, box, union_all

from gridmap.coverage import City, coverage, gaps, survey
from tests.gridmap.coverings import DAY, TOWN, assigned, assignment, layer_of

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
        layer_of("districts", code=["d1"], name="d", geometry=[box(0, 0, 2 * half, 2 * half)]),
        layer_of("subdistricts", code=["s1", "s2"], name="s", parent="d1", geometry=halves),
        layer_of(
            "communities",
            code=["c1", "c2", "c3"],
            name="c",
            parent=[parent for _, parent in communities],
            geometry=[_box(at) for at, _ in communities],
        ),
        layer_of(
            "grids",
            code=[f"g{n}" for n in range(1, len(grids) + 1)],
            parent=[parent for _, parent, _ in grids],
            residents=[n if n % 2 else None for n in range(len(grids))],
            geometry=[_box(at) for at, _, _ in grids],
        ),
        layer_of(
            "roads",
            road_id=["r1", "r2"],
            name="r",
            geometry=[LineString([(-5, 12), (70, 41)]), LineString([(0, 20), (60, 20), (60, 0)])],
        ),
        layer_of(
            "inspection_points",
            point_id=[f"p{n}" for n in range(6)],
            name="p",
            category="market",
            geometry=[Point(10 * n, 55 - 10 * n) for n in range(6)],
        ),
        layer_of("compounds", compound_id=["x"], name="x", geometry=[box(12, 12, 38, 19)]),
        TOWN.units,
        assigned(*[assignment(kind, code, unit) for kind, code, unit in held if unit]),
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
