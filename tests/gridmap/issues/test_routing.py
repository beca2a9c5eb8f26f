"""Which grid an issue lies in, who answers, and why: the hand-made town, and any place in it."""

from __future__ import annotations

import json
from datetime import date
from functools import cache

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.ground import City
from gridmap.issues.routing import NOWHERE, Routing, route
from gridmap.places import Place
from tests.town import METRIC, SQUARES, place, town

DAY = date(2026, 6, 1)
G1, G2, G3, G4, G5, G6, G7 = SQUARES
WEST, EAST = "232701100001", "232701100002"


@cache
def city() -> Place:
    frames = town()
    names = [name for name in frames if name != "issues"]
    return Place.of(City(**{name: frames[name] for name in names}), frames["grids"])


def at(x: float, y: float, day: date = DAY) -> Routing:
    return route(place(x, y), city(), day, METRIC)


def told(routing: Routing) -> tuple[str | None, str | None, str | None]:
    return routing.grid, routing.rule, routing.unit_id


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (70, 170, (G1, "grid", "u1")),  # clear of the market and of the road
        (30, 145, (G1, "inspection_point", "u2")),  # the market's, though the grid is u1's
        (50, 110, (G1, "road", "u1")),
        (50, 90, (G3, "road", "u1")),  # the grid is u2's, the road on both sides u1's
        (70, 30, (G3, "grid", "u2")),
        (170, 30, (G4, None, None)),  # nobody's; a leader's watch is no responsibility
        (250, 150, (G5, "grid", "u3")),
        (250, 30, (G6, "grid", "u4")),  # no longer in use, which the office will see
        (350, 50, (G7, None, None)),  # the school is nobody's
        (390, 190, (None, None, None)),  # in no grid
        (-50, 50, (None, None, None)),  # outside the town
    ],
)
def test_an_issue_finds_its_grid_and_its_unit(
    x: float, y: float, expected: tuple[str | None, str | None, str | None]
) -> None:
    assert told(at(x, y)) == expected


def test_the_way_to_the_answer_names_every_rule_from_the_strongest_on() -> None:
    assert at(30, 110).why == (
        {"rule": "road", "target": "r1", "name": "中华路", "unit_id": "u1"},
        {"rule": "grid", "target": G1, "name": "第1网格", "unit_id": "u1"},
        {"rule": "division", "target": WEST, "name": "向阳社区", "unit_id": None},
    )
    assert at(30, 135).why[0] == {
        "rule": "inspection_point",
        "target": "m1",
        "name": "中心市场",
        "unit_id": "u2",
    }


def test_where_only_a_leader_watches_the_way_is_told_and_nobody_answers() -> None:
    found = at(170, 30)
    assert found.unit_id is None
    assert [step["rule"] for step in found.why] == ["division"]


def test_without_a_place_there_is_no_way() -> None:
    assert route(None, city(), DAY, METRIC) == NOWHERE
    assert set(NOWHERE.columns().values()) == {None}


def test_before_anybody_answered_the_grid_is_known_and_no_unit() -> None:
    assert told(at(70, 170, date(2025, 12, 31))) == (G1, None, None)
    assert told(at(70, 170, date(2026, 1, 1))) == (G1, "grid", "u1")


def test_the_columns_hold_the_way_as_json_and_the_place_itself() -> None:
    columns = at(70, 170).columns()
    assert columns["place"] == place(70, 170)
    assert json.loads(columns["why"])[0]["name"] == "第1网格"
    assert (columns["grid"], columns["unit_id"], columns["rule"]) == (G1, "u1", "grid")


def test_of_two_units_of_one_target_the_lower_id_answers() -> None:
    frames = town()
    twin = frames["assignments"].loc[["a1"]].assign(unit_id="u3", scheme="second")
    both = pd.concat([frames["assignments"], twin.rename(index={"a1": "b1"})])
    names = [name for name in frames if name not in ("issues", "assignments")]
    made = City(**{name: frames[name] for name in names}, assignments=both)
    found = route(place(70, 170), Place.of(made, frames["grids"]), DAY, METRIC)
    assert (found.unit_id, found.rule) == ("u1", "grid")


def test_the_datum_of_the_register_makes_no_difference() -> None:
    degrees = gpd.GeoSeries([place(70, 170)], crs=METRIC).to_crs("EPSG:4490").iloc[0]
    assert told(route(degrees, city(), DAY, "EPSG:4490")) == (G1, "grid", "u1")


@settings(deadline=None)
@given(st.integers(-20, 420), st.integers(-20, 220))
def test_the_grid_is_the_square_that_covers_the_place(x: int, y: int) -> None:
    found = at(x + 0.5, y + 0.5)
    covering = [code for code, (c, r) in SQUARES.items() if (x // 100, y // 100) == (c, r)]
    assert [found.grid] == (covering or [None])


@settings(deadline=None)
@given(st.integers(-20, 420), st.integers(-20, 220))
def test_who_answers_is_the_first_on_the_way_who_does(x: int, y: int) -> None:
    found = at(x + 0.5, y + 0.5)
    answering = [(step["rule"], step["unit_id"]) for step in found.why if step["unit_id"]]
    assert (found.rule, found.unit_id) == (answering[0] if answering else (None, None))
    order = ["inspection_point", "road", "compound", "grid", "division"]
    rules = [order.index(step["rule"]) for step in found.why]
    assert rules == sorted(rules)
    targets = [(step["rule"], step["target"]) for step in found.why]
    assert len(targets) == len(set(targets))
    if found.rule == "road":
        assert abs(y + 0.5 - 100) <= 20
