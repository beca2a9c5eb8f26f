"""Metres of a road given to one unit, and taken from whoever holds them."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gridmap import assignments, layers
from gridmap.assignments import Changes, Known, Target
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from gridmap.stretches import carve
from tests.town import SINCE, town

TOWN = town()["assignments"]
MARCH, MAY = date(2026, 3, 1), date(2026, 5, 1)
Held = list[tuple[float, float, str, str]]


def metres(first: float, last: float, side: str = "both", road: str = "r1") -> Target:
    return Target("road_segment", road, first, last, side)


def on_road(rows: pd.DataFrame, day: date, scheme: str = "main") -> Held:
    found = assignments.in_force(rows, day)
    found = found[(found["target_kind"] == "road_segment") & (found["scheme"] == scheme)]
    columns = ["from_m", "to_m", "side", "unit_id"]
    return sorted(found[columns].itertuples(index=False, name=None))


def after(rows: pd.DataFrame, done: Changes) -> pd.DataFrame:
    now = assignments.apply(rows, done)
    assert now.index.is_unique
    return now


def test_the_middle_of_a_stretch_is_taken_and_both_ends_stay() -> None:
    before = TOWN.copy()
    done = carve(TOWN, [metres(50, 100)], "u2", since=MARCH, source="文件5号", note="重划")
    now = after(TOWN, done)
    assert done.released.index.to_list() == ["a8"]
    assert done.released["note"].to_list() == ["重划"]
    assert on_road(now, date(2026, 2, 28)) == [(0, 150, "both", "u1")]
    assert on_road(now, MARCH) == [
        (0, 50, "both", "u1"),
        (50, 100, "both", "u2"),
        (100, 150, "both", "u1"),
    ]
    given = now[(now["unit_id"] == "u2") & (now["target"] == "r1")].iloc[0]
    assert given[["source", "note", "tier"]].to_list() == ["文件5号", "重划", "responsible"]
    assert assignments.overlaps(now, MARCH).empty
    pd.testing.assert_frame_equal(TOWN, before)


def test_taking_the_left_of_what_is_held_of_both_sides_leaves_the_right() -> None:
    now = after(TOWN, carve(TOWN, [metres(50, 100, "left")], "u2", since=MARCH))
    assert on_road(now, MARCH) == [
        (0, 50, "both", "u1"),
        (50, 100, "left", "u2"),
        (50, 100, "right", "u1"),
        (100, 150, "both", "u1"),
    ]


def test_taking_all_of_one_side_leaves_the_other_in_one_piece() -> None:
    now = after(TOWN, carve(TOWN, [metres(0, 150, "right")], "u2", since=MARCH))
    assert on_road(now, MARCH) == [(0, 150, "left", "u1"), (0, 150, "right", "u2")]


def test_what_nobody_holds_is_given_without_taking_anything() -> None:
    done = carve(TOWN, [metres(150, 200)], "u2", since=MARCH)
    assert done.released.empty
    assert len(done.added) == 1


def test_what_the_unit_holds_already_is_left_as_it_is() -> None:
    done = carve(TOWN, [metres(100, 200)], "u1", since=MARCH)
    assert done.released.empty
    assert done.added[["from_m", "to_m", "side"]].to_numpy().tolist() == [[150.0, 200.0, "both"]]
    assert carve(TOWN, [metres(0, 150, "left")], "u1", since=MARCH).added.empty


def test_two_holders_each_lose_their_part() -> None:
    rows = after(TOWN, carve(TOWN, [metres(150, 300)], "u2", since=MARCH))
    now = after(rows, carve(rows, [metres(100, 200)], "u3", since=MAY))
    assert on_road(now, MAY) == [
        (0, 100, "both", "u1"),
        (100, 200, "both", "u3"),
        (200, 300, "both", "u2"),
    ]


def test_what_begins_on_that_very_day_never_comes_into_force() -> None:
    rows = after(TOWN, carve(TOWN, [metres(200, 300)], "u2", since=MARCH))
    done = carve(rows, [metres(200, 260)], "u3", since=MARCH)
    now = after(rows, done)
    assert done.released["until"].to_list() == [pd.Timestamp(MARCH)]
    assert on_road(now, MARCH)[1:] == [(200, 260, "both", "u3"), (260, 300, "both", "u2")]
    assert on_road(now, date(2026, 2, 28)) == [(0, 150, "both", "u1")]


def test_what_would_begin_later_gives_way_too_and_its_rest_begins_when_it_would_have() -> None:
    rows = after(TOWN, carve(TOWN, [metres(200, 300)], "u2", since=MAY))
    now = after(rows, carve(rows, [metres(200, 260)], "u3", since=MARCH))
    assert on_road(now, date(2026, 4, 30))[1:] == [(200, 260, "both", "u3")]
    assert on_road(now, MAY)[1:] == [(200, 260, "both", "u3"), (260, 300, "both", "u2")]


def test_what_is_left_ends_when_the_whole_would_have() -> None:
    rows = after(TOWN, assignments.release(TOWN, ["a8"], until=MAY))
    now = after(rows, carve(rows, [metres(0, 50)], "u2", since=MARCH))
    assert on_road(now, date(2026, 4, 30)) == [(0, 50, "both", "u2"), (50, 150, "both", "u1")]
    assert on_road(now, MAY) == [(0, 50, "both", "u2")]


def test_what_the_unit_is_to_lose_is_given_to_it_without_an_end() -> None:
    rows = after(TOWN, assignments.release(TOWN, ["a8"], until=MAY))
    now = after(rows, carve(rows, [metres(0, 50)], "u1", since=MARCH))
    assert on_road(now, date(2026, 4, 30)) == [(0, 50, "both", "u1"), (50, 150, "both", "u1")]
    assert on_road(now, MAY) == [(0, 50, "both", "u1")]


def test_other_schemes_tiers_and_roads_are_left_alone() -> None:
    for how in ({"scheme": "winter"}, {"tier": "assisting"}):
        assert carve(TOWN, [metres(0, 150)], "u2", since=MARCH, **how).released.empty
    assert carve(TOWN, [metres(0, 150, road="r2")], "u2", since=MARCH).released.empty


def test_several_units_may_assist_on_the_same_metres() -> None:
    rows = after(TOWN, carve(TOWN, [metres(0, 100)], "u2", since=MARCH, tier="assisting"))
    done = carve(rows, [metres(50, 150)], "u3", since=MARCH, tier="assisting")
    assert done.released.empty
    assert done.added[["from_m", "to_m"]].to_numpy().tolist() == [[50.0, 150.0]]


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        ([Target("grid", "g")], "Only road segments"),
        ([metres(10, 10)], "start below its end"),
        ([Target("road_segment", "r1", 0.0, 10.0)], "start below its end"),
        ([metres(0, 20), metres(10, 30, "left")], "named twice"),
    ],
)
def test_what_is_no_stretch_is_refused(targets: list[Target], sentence: str) -> None:
    with pytest.raises(InvalidError, match=sentence):
        carve(TOWN, targets, "u2", since=MARCH)


def test_unknown_roads_and_units_are_refused() -> None:
    known = Known(town()["units"], {"road_segment": town()["roads"].index})
    with pytest.raises(NotFoundError, match="r9"):
        carve(TOWN, [metres(0, 10, road="r9")], "u2", since=MARCH, known=known)
    with pytest.raises(ConflictError, match="u4"):
        carve(TOWN, [metres(0, 10)], "u4", since=MARCH, known=known)


def test_what_was_taken_back_on_a_day_is_not_given_again_on_it() -> None:
    rows = after(TOWN, carve(TOWN, [metres(200, 300)], "u2", since=MARCH))
    rows = after(rows, carve(rows, [metres(200, 300)], "u3", since=MARCH))
    with pytest.raises(ConflictError, match="lost it that day"):
        carve(rows, [metres(200, 300)], "u2", since=MARCH)


class Road(RuleBasedStateMachine):
    """
    Compare the frame with a plain table: who has each ten metres of each side on each day.

    The model paints; it knows nothing of stretches, sides together, or intervals.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows = layers.empty(layers.LAYERS["assignments"])
        self.painted: dict[tuple[int, str, int], str] = {}

    @rule(
        first=st.integers(0, 9),
        length=st.integers(1, 6),
        side=st.sampled_from(["left", "right", "both"]),
        unit=st.sampled_from(["u1", "u2", "u3"]),
        day=st.integers(0, 5),
    )
    def give(self, first: int, length: int, side: str, unit: str, day: int) -> None:
        since = SINCE.date() + timedelta(days=day)
        wanted = metres(10.0 * first, 10.0 * (first + length), side)
        try:
            done = carve(self.rows, [wanted], unit, since=since)
        except ConflictError:
            return
        self.rows = after(self.rows, done)
        sides = ["left", "right"] if side == "both" else [side]
        for later in range(day, 8):
            for place in range(first, first + length):
                self.painted |= {(later, one, place): unit for one in sides}

    @invariant()
    def every_metre_has_who_was_given_it_last(self) -> None:
        found: dict[tuple[int, str, int], str] = {}
        for day in range(8):
            for first, last, side, unit in on_road(self.rows, SINCE.date() + timedelta(days=day)):
                for one in ["left", "right"] if side == "both" else [side]:
                    for place in range(round(first / 10), round(last / 10)):
                        assert (day, one, place) not in found
                        found[day, one, place] = unit
        assert found == self.painted


TestRoad = Road.TestCase
TestRoad.settings = settings(max_examples=15, stateful_step_count=6, deadline=None)
