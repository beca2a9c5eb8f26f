"""Patrols: what each unit has to walk on a working day, and what of it was done."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.assignments import in_force
from gridmap.patrols import Beats, beats, due, missing, progress
from tests.town import SINCE, SQUARES, town

G1, G2, G3, G4, G5, G6, G7 = SQUARES
TOWN = town()
MONDAY = date(2026, 6, 1)
SATURDAY = date(2026, 6, 6)
DRAGON_BOAT = date(2026, 6, 19)  # a Friday off
STRETCH = ["road_id", "from_m", "to_m"]
# The road of the town runs along the border of the squares; it counts as the northern ones' here
CUT = pd.DataFrame(
    [("r1", 0.0, 100.0, G1), ("r1", 100.0, 200.0, G2), ("r1", 200.0, 400.0, G5)],
    columns=[*STRETCH, "grid"],
)
PLACED = pd.Series({"m1": G1, "s1": G7, "lost": None}, dtype="str")


def is_workday(day: date) -> bool:
    return day.weekday() < 5 and day != DRAGON_BOAT


def held() -> pd.DataFrame:
    return in_force(TOWN["assignments"], MONDAY)


def given_to(rows: pd.DataFrame, unit_id: str, tier: str, kind: str, target: str) -> pd.DataFrame:
    row = {
        "target_kind": kind,
        "target": target,
        "unit_id": unit_id,
        "tier": tier,
        "scheme": "main",
        "since": SINCE,
    }
    return pd.concat([rows, pd.DataFrame([row], index=[f"more-{unit_id}-{target}"])])


def metres(found: Beats) -> dict[str, list[tuple[str, float, float]]]:
    return {
        unit: list(part[STRETCH].itertuples(index=False, name=None))
        for unit, part in found.roads.groupby("unit_id")
    }


def points(found: Beats) -> list[tuple[str, str]]:
    return list(found.points[["unit_id", "point_id"]].itertuples(index=False, name=None))


def test_a_beat_is_what_one_holds_and_what_nobody_else_holds_in_ones_grids() -> None:
    found = beats(held(), CUT, PLACED)
    assert metres(found) == {
        "u1": [("r1", 0.0, 200.0)],  # up to 150 m held as a road, then by its second grid
        "u2": [("r1", 150.0, 200.0)],  # assists in that grid, whose western half is u1's road
        "u3": [("r1", 200.0, 400.0)],  # by its grid
    }
    assert points(found) == [("u2", "m1")]  # a market in u1's grid is its holder's


def test_a_road_held_in_the_middle_leaves_the_grid_both_ends() -> None:
    rows = given_to(held().iloc[:0], "u5", "responsible", "grid", G5)
    rows = given_to(rows, "u6", "responsible", "road_segment", "r1")
    rows.loc["more-u6-r1", ["from_m", "to_m"]] = [250.0, 300.0]
    assert metres(beats(rows, CUT, PLACED)) == {
        "u5": [("r1", 200.0, 250.0), ("r1", 300.0, 400.0)],
        "u6": [("r1", 250.0, 300.0)],
    }


def test_who_holds_a_division_or_leads_has_no_beat() -> None:
    assert beats(held(), CUT, PLACED).units.to_list() == ["u1", "u2", "u3", "u4"]


def test_a_point_that_nobody_holds_is_the_grids_and_a_lost_one_nobodys() -> None:
    rows = given_to(held(), "u4", "responsible", "grid", G7)
    assert points(beats(rows, CUT, PLACED)) == [("u2", "m1"), ("u4", "s1")]
    rows = given_to(rows, "u9", "assisting", "inspection_point", "s1")
    assert points(beats(rows, CUT, PLACED)) == [("u2", "m1"), ("u4", "s1"), ("u9", "s1")]


def test_who_holds_a_compound_alone_is_due_without_roads() -> None:
    rows = given_to(held().iloc[:0], "u7", "responsible", "compound", "c1")
    found = due(beats(rows, CUT, PLACED), is_workday, MONDAY)
    assert found.to_dict("records") == [{"unit_id": "u7", "roads_m": 0.0, "points": 0}]


def test_a_patrol_is_due_of_each_unit_on_each_working_day() -> None:
    every = beats(held(), CUT, PLACED)
    found = due(every, is_workday, MONDAY).set_index("unit_id")
    assert found["roads_m"].to_dict() == {"u1": 200.0, "u2": 50.0, "u3": 200.0, "u4": 0.0}
    assert found["points"].to_dict() == {"u1": 0, "u2": 1, "u3": 0, "u4": 0}
    assert due(every, is_workday, SATURDAY).empty
    assert due(every, is_workday, DRAGON_BOAT).empty


def test_the_beats_of_some_units_are_theirs_alone() -> None:
    every = beats(held(), CUT, PLACED)
    one = every.of("u2")
    assert (one.units.to_list(), metres(one)) == (["u2"], {"u2": [("r1", 150.0, 200.0)]})
    some = every.only(pd.Index(["u3", "nobody"]))
    assert (some.units.to_list(), points(some)) == (["u3"], [])


def test_without_assignments_there_is_no_beat() -> None:
    nothing = beats(held().iloc[:0], CUT, PLACED)
    assert due(nothing, is_workday, MONDAY).empty
    assert beats(held(), CUT.iloc[:0], PLACED).roads["road_id"].to_list() == ["r1"]


def done(*rows: tuple[str, date, bool]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["unit_id", "day", "ended"])
    at = pd.to_datetime(pd.Series(["2026-06-01T03:00:00Z"] * len(rows)), utc=True)
    return table.assign(day=pd.to_datetime(table["day"]), ended_at=at.where(table["ended"]))


def test_a_patrol_that_ended_on_the_day_is_not_missing() -> None:
    wanted = due(beats(held(), CUT, PLACED), is_workday, MONDAY)
    walked = done(
        ("u1", MONDAY, True), ("u2", MONDAY, False), ("u3", MONDAY - timedelta(days=1), True)
    )
    assert missing(wanted, walked, MONDAY)["unit_id"].to_list() == ["u2", "u3", "u4"]
    assert missing(wanted, done(), MONDAY)["unit_id"].to_list() == ["u1", "u2", "u3", "u4"]


def stretches(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit_id", *STRETCH])


def seen(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit_id", "point_id"])


def test_progress_counts_each_metre_and_point_of_the_beat_once() -> None:
    every = beats(held(), CUT, PLACED)
    found = progress(
        every,
        done(("u1", MONDAY, True), ("u1", MONDAY, True), ("u2", MONDAY, True)),
        stretches(
            ("u1", "r1", 0, 60), ("u1", "r1", 40, 80), ("u1", "r1", 300, 400), ("u2", "r1", 0, 160)
        ),
        seen(("u2", "m1"), ("u2", "m1"), ("u1", "m1")),
    ).set_index("unit_id")
    assert found.loc["u1"].to_dict() == {
        "patrols": 2,
        "roads_m": 200.0,
        "walked_m": 80.0,  # the last 100 m are another's
        "points": 0,
        "points_seen": 0,
    }
    assert found.loc["u2", ["patrols", "walked_m", "points", "points_seen"]].to_list() == [
        1,
        10.0,
        1,
        1,
    ]
    assert found.loc["u3", ["patrols", "walked_m"]].to_list() == [0, 0.0]


def test_a_day_without_patrols_has_no_progress() -> None:
    found = progress(beats(held(), CUT, PLACED), done(), stretches(), seen())
    assert found["walked_m"].sum() == found["patrols"].sum() == found["points_seen"].sum() == 0
    assert found["roads_m"].sum() == pytest.approx(450)


span = st.tuples(
    st.sampled_from(["u1", "u2", "u3"]), st.just("r1"), st.integers(0, 380), st.integers(1, 200)
)


@given(st.lists(span, max_size=8), st.lists(span, max_size=4))
@settings(deadline=None, max_examples=30)
def test_more_walking_is_never_less_progress_and_never_more_than_all(
    some: list[Any], more: list[Any]
) -> None:
    every = beats(held(), CUT, PLACED)

    def walked(spans: list[Any]) -> pd.DataFrame:
        rows = [(unit, road, float(at), float(at + long)) for unit, road, at, long in spans]
        return progress(every, done(), stretches(*rows), seen())

    less, all_ = walked(some), walked([*some, *more])
    assert (less["walked_m"] <= all_["walked_m"] + 1e-9).all()
    assert (all_["walked_m"] <= all_["roads_m"]).all()
    assert (less["walked_m"] >= 0).all()
