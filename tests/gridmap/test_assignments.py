"""Who answers for what, since when, until when."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from gridmap import assignments, layers
from gridmap.assignments import Known, Target
from gridmap.errors import AlreadyAssignedError, ConflictError, InvalidError, NotFoundError
from tests.gridmap.targets import ASSIGNMENTS, G1, G2, G3, G4, G7, grids
from tests.town import SINCE, town

MARCH = date(2026, 3, 1)
MAY = date(2026, 5, 1)
TOWN = town()


@pytest.fixture
def held() -> pd.DataFrame:
    return TOWN["assignments"].copy()


def test_an_assignment_is_in_force_from_its_first_day_to_the_day_before_its_end(
    held: pd.DataFrame,
) -> None:
    held.loc["a1", "until"] = pd.Timestamp("2026-03-01")
    days = ["2025-12-31", "2026-01-01", "2026-02-28", "2026-03-01"]
    found = ["a1" in assignments.in_force(held, date.fromisoformat(day)).index for day in days]
    assert found == [False, True, True, False]


def test_a_timestamp_means_its_own_calendar_day(held: pd.DataFrame) -> None:
    late = pd.Timestamp("2025-12-31 23:30", tz="Asia/Shanghai")
    assert assignments.in_force(held, late).empty
    assert len(assignments.in_force(held, late + timedelta(hours=1))) == len(held)


def test_a_free_grid_is_assigned_by_one_row_that_says_everything(held: pd.DataFrame) -> None:
    changes = assignments.assign(
        held, [Target("grid", G4)], "u2", since=MARCH, source="文件1号", note="补空白"
    )
    row = changes.added.iloc[0]
    said = ["target_kind", "target", "unit_id", "tier", "scheme", "source", "note"]
    assert row[said].to_list() == ["grid", G4, "u2", "responsible", "main", "文件1号", "补空白"]
    assert row["since"] == pd.Timestamp(MARCH)
    assert pd.isna(row["until"])
    assert changes.released.empty
    assert list(changes.added.columns) == [column.name for column in ASSIGNMENTS.columns[1:]]


def test_what_the_unit_holds_already_is_left_as_it_is(held: pd.DataFrame) -> None:
    changes = assignments.assign(held, grids(G1, G2, G4), "u1", since=MARCH)
    assert changes.added["target"].to_list() == [G4]


def test_assigning_twice_adds_nothing_the_second_time(held: pd.DataFrame) -> None:
    after = assignments.apply(held, assignments.assign(held, grids(G4, G7), "u1", since=MARCH))
    assert assignments.assign(after, grids(G4, G7), "u1", since=MARCH).added.empty


def test_targets_of_other_units_are_refused_and_all_named(held: pd.DataFrame) -> None:
    before = held.copy()
    with pytest.raises(AlreadyAssignedError) as caught:
        assignments.assign(held, grids(G1, G3, G4), "u3", since=MARCH)
    assert caught.value.holders == {G1: "u1", G3: "u2"}
    pd.testing.assert_frame_equal(held, before)


def test_a_unit_that_takes_a_target_later_stands_against_an_open_end_today(
    held: pd.DataFrame,
) -> None:
    later = assignments.apply(held, assignments.assign(held, grids(G4), "u2", since=MAY))
    with pytest.raises(AlreadyAssignedError):
        assignments.assign(later, grids(G4), "u1", since=MARCH)


def test_the_day_of_release_is_free_for_the_next_unit(held: pd.DataFrame) -> None:
    released = assignments.apply(held, assignments.release(held, ["a1"], until=MAY))
    with pytest.raises(AlreadyAssignedError):
        assignments.assign(released, grids(G1), "u2", since=date(2026, 4, 30))
    assert len(assignments.assign(released, grids(G1), "u2", since=MAY).added) == 1


def test_other_tiers_and_other_schemes_may_stand_beside_the_primary(held: pd.DataFrame) -> None:
    for more in ({"tier": "assisting"}, {"scheme": "roads"}, {"tier": "grid_worker"}):
        assert len(assignments.assign(held, grids(G1), "u3", since=MARCH, **more).added) == 1


@pytest.mark.parametrize(
    ("first", "last", "side", "refused"),
    [
        (149.0, 200.0, "both", True),
        (0.0, 1.0, "left", True),
        (149.0, 200.0, "right", True),
        (150.0, 200.0, "both", False),
    ],
)
def test_a_road_segment_conflicts_where_it_shares_a_metre_of_a_side(
    held: pd.DataFrame, first: float, last: float, side: str, refused: bool
) -> None:
    segment = Target("road_segment", "r1", first, last, side)
    if refused:
        with pytest.raises(AlreadyAssignedError) as caught:
            assignments.assign(held, [segment], "u2", since=MARCH)
        assert caught.value.holders == {"r1 0-150 m both": "u1"}
    else:
        assert len(assignments.assign(held, [segment], "u2", since=MARCH).added) == 1


def test_the_two_sides_of_a_road_may_have_two_units(held: pd.DataFrame) -> None:
    left = Target("road_segment", "r1", 200.0, 300.0, "left")
    right = Target("road_segment", "r1", 250.0, 350.0, "right")
    after = assignments.apply(held, assignments.assign(held, [left], "u1", since=MARCH))
    assert len(assignments.assign(after, [right], "u2", since=MARCH).added) == 1


def test_a_part_of_what_the_unit_holds_is_held_already(held: pd.DataFrame) -> None:
    part = Target("road_segment", "r1", 10.0, 20.0, "left")
    assert assignments.assign(held, [part], "u1", since=MARCH).added.empty


def test_a_segment_without_measures_is_refused(held: pd.DataFrame) -> None:
    with pytest.raises(InvalidError):
        assignments.assign(held, [Target("road_segment", "r1")], "u1", since=MARCH)


def test_the_same_metres_named_twice_in_one_request_are_refused(held: pd.DataFrame) -> None:
    twice = [
        Target("road_segment", "r1", 200.0, 260.0, "both"),
        Target("road_segment", "r1", 250.0, 300.0, "left"),
    ]
    with pytest.raises(InvalidError):
        assignments.assign(held, twice, "u1", since=MARCH)


@pytest.mark.parametrize(
    ("unit", "target", "error"),
    [("u9", G4, NotFoundError), ("u1", "nowhere", NotFoundError), ("u4", G4, ConflictError)],
)
def test_unknown_units_and_targets_and_units_out_of_use_are_refused(
    held: pd.DataFrame, unit: str, target: str, error: type[Exception]
) -> None:
    known = Known(TOWN["units"], {"grid": TOWN["grids"].index})
    with pytest.raises(error):
        assignments.assign(held, grids(target), unit, since=MARCH, known=known)


def test_a_release_ends_a_row_and_changes_nothing_else(held: pd.DataFrame) -> None:
    before = held.copy()
    changes = assignments.release(held, ["a1", "a2"], until=MAY, note="单位合并")
    after = assignments.apply(held, changes)
    pd.testing.assert_frame_equal(held, before)
    pd.testing.assert_frame_equal(after.drop(columns="until"), before.drop(columns="until"))
    assert after.loc[["a1", "a2"], "until"].to_list() == [pd.Timestamp(MAY)] * 2
    assert after["until"].notna().sum() == 2
    assert changes.released["note"].to_list() == ["单位合并"] * 2


def test_releasing_twice_on_one_day_adds_nothing_and_on_another_is_refused(
    held: pd.DataFrame,
) -> None:
    released = assignments.apply(held, assignments.release(held, ["a1"], until=MAY))
    assert assignments.release(released, ["a1"], until=MAY).released.empty
    with pytest.raises(ConflictError):
        assignments.release(released, ["a1"], until=date(2026, 6, 1))


def test_an_assignment_cannot_end_before_the_day_it_starts(held: pd.DataFrame) -> None:
    with pytest.raises(InvalidError):
        assignments.release(held, ["a1"], until=SINCE - pd.Timedelta(days=1))


def test_one_that_ends_on_the_day_it_starts_was_never_in_force(held: pd.DataFrame) -> None:
    annulled = assignments.apply(held, assignments.release(held, ["a1"], until=SINCE))
    assert "a1" in annulled.index
    assert "a1" not in assignments.in_force(annulled, SINCE).index


def test_what_was_annulled_is_taken_up_again_as_the_row_it_was(held: pd.DataFrame) -> None:
    target = [Target("grid", "232701100001004")]
    first = assignments.assign(held, target, "u2", since=MARCH)
    given = assignments.apply(held, first)
    annulled = assignments.apply(given, assignments.release(given, first.added.index, until=MARCH))
    again = assignments.assign(annulled, target, "u2", since=MARCH)
    assert again.added.empty
    assert list(again.released.index) == list(first.added.index)
    assert again.released["until"].isna().all()
    pd.testing.assert_frame_equal(assignments.apply(annulled, again), given)


def test_decisions_taken_together_are_each_taken_on_what_the_ones_before_left(
    held: pd.DataFrame,
) -> None:
    target = [Target("grid", "232701100001001")]
    both = assignments.together(
        held,
        [
            lambda rows: assignments.release(rows, ["a1"], until=MARCH),
            lambda rows: assignments.assign(rows, target, "u5", since=MARCH),
            lambda rows: assignments.assign(rows, target, "u2", since=MARCH, tier="assisting"),
        ],
    )
    assert list(both.released.index) == ["a1"]
    assert both.added["unit_id"].to_list() == ["u5", "u2"]


def test_an_unknown_assignment_cannot_be_released(held: pd.DataFrame) -> None:
    with pytest.raises(NotFoundError, match="nothing"):
        assignments.release(held, ["a1", "nothing"], until=MAY)


def test_a_transfer_hands_over_every_target_in_its_tier_on_one_day(held: pd.DataFrame) -> None:
    changes = assignments.transfer(held, "u2", "u5", since=MARCH)
    assert sorted(changes.released.index) == ["a3", "a4", "a9"]
    given = changes.added[["target_kind", "target", "tier", "unit_id"]].to_numpy().tolist()
    assert sorted(given) == [
        ["grid", G2, "assisting", "u5"],
        ["grid", G3, "responsible", "u5"],
        ["inspection_point", "m1", "responsible", "u5"],
    ]
    after = assignments.apply(held, changes)
    for day, unit in ((date(2026, 2, 28), "u2"), (MARCH, "u5")):
        of_day = assignments.in_force(after, day)
        assert of_day.loc[of_day["target"] == G3, "unit_id"].to_list() == [unit]


def test_a_transfer_leaves_what_the_other_holds_already(held: pd.DataFrame) -> None:
    both = assignments.apply(
        held, assignments.assign(held, grids(G2), "u3", since=MARCH, tier="assisting")
    )
    changes = assignments.transfer(both, "u2", "u3", since=MAY)
    assert "a3" in changes.released.index
    assert sorted(changes.added["target"]) == [G3, "m1"]


def test_what_starts_after_the_day_of_the_transfer_cannot_be_handed_over(
    held: pd.DataFrame,
) -> None:
    with pytest.raises(ConflictError):
        assignments.transfer(held, "u2", "u5", since=SINCE - pd.Timedelta(days=1))


def test_what_starts_on_the_day_of_the_transfer_was_never_the_others(held: pd.DataFrame) -> None:
    after = assignments.apply(held, assignments.transfer(held, "u2", "u5", since=SINCE))
    assert "u2" not in assignments.in_force(after, SINCE)["unit_id"].to_list()


def test_what_has_an_end_already_is_not_handed_over_but_the_rest_can_be(
    held: pd.DataFrame,
) -> None:
    released = assignments.apply(held, assignments.release(held, ["a4"], until=MAY))
    with pytest.raises(ConflictError, match="a4"):
        assignments.transfer(released, "u2", "u5", since=MARCH)
    changes = assignments.transfer(released, "u2", "u5", since=MARCH, only=["a3", "a9"])
    assert sorted(changes.added["target"]) == [G2, "m1"]


def test_a_transfer_of_nothing_changes_nothing(held: pd.DataFrame) -> None:
    changes = assignments.transfer(held, "nobody", "u1", since=MARCH)
    assert changes.added.empty
    assert changes.released.empty


def test_keys_are_the_same_for_the_same_row_and_differ_otherwise() -> None:
    row = {
        "scheme": "main",
        "tier": "responsible",
        "unit_id": "u1",
        "target_kind": "grid",
        "target": G1,
        "from_m": None,
        "to_m": None,
        "side": None,
        "since": MARCH,
    }
    key = assignments.assignment_id(row)
    assert len(key) == 16
    same = {**row, "from_m": float("nan"), "side": pd.NA, "since": pd.Timestamp(MARCH)}
    assert assignments.assignment_id(same) == key
    assert assignments.assignment_id({**row, "since": MAY}) != key


def test_overlaps_names_pairs_of_primaries_within_a_scheme_and_the_metres_in_common() -> None:
    rows = [
        _row("x1", "grid", G1, "u1", "main"),
        _row("x2", "grid", G1, "u2", "main"),
        _row("x3", "grid", G1, "u3", "roads"),
        _row("x4", "road_segment", "r1", "u1", "roads", 0.0, 150.0, "left"),
        _row("x5", "road_segment", "r1", "u2", "roads", 100.0, 200.0, "both"),
        _row("x6", "road_segment", "r1", "u3", "roads", 0.0, 100.0, "right"),
    ]
    found = assignments.overlaps(_frame(rows), MARCH)
    assert found[["assignment_id", "other_id"]].to_numpy().tolist() == [["x1", "x2"], ["x4", "x5"]]
    assert found.loc[1, ["from_m", "to_m"]].to_list() == [100.0, 150.0]
    assert assignments.overlaps(_frame(rows), date(2025, 1, 1)).empty


def test_the_town_has_no_overlaps(held: pd.DataFrame) -> None:
    assert assignments.overlaps(held, MARCH).empty


def _row(*values: Any) -> dict[str, Any]:
    names = [
        "assignment_id",
        "target_kind",
        "target",
        "unit_id",
        "scheme",
        "from_m",
        "to_m",
        "side",
    ]
    return {**dict(zip(names, values, strict=False)), "tier": "responsible", "since": SINCE}


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return layers.conform(pd.DataFrame(rows), ASSIGNMENTS)
