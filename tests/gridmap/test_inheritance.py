"""Who answers for the heirs of a grid."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import assignments, layers
from gridmap.assignments import Target
from gridmap.errors import ConflictError
from gridmap.inheritance import Carried, carried
from gridmap.mending import LINEAGE_COLUMNS
from tests.town import SINCE, SQUARES, town

G1, G2, G3, G4, G5, G6, G7 = SQUARES
NEW, OTHER = "232701100001008", "232701100001009"
MARCH, MAY = date(2026, 3, 1), date(2026, 5, 1)
TOWN = town()["assignments"]


def lineage(*steps: tuple[str | None, str | None, str, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(list(steps), columns=LINEAGE_COLUMNS)
    return frame.astype({"from_code": "str", "to_code": "str", "act": "str"})


def merged(into: str, **areas: float) -> pd.DataFrame:
    return lineage(*((code, into, "merge", 1.0, area) for code, area in areas.items()))


SPLIT = lineage((G2, NEW, "split", 0.5, 5000.0), (G2, OTHER, "split", 0.5, 5000.0))
MERGED = lineage((G2, NEW, "merge", 1.0, 9000.0), (G3, NEW, "merge", 1.0, 10000.0))


def holders(rows: pd.DataFrame, day: date, target: str) -> list[tuple[str, str]]:
    found = assignments.in_force(rows[rows["target"] == target], day)
    return sorted(zip(found["unit_id"], found["tier"], strict=True))


def after(rows: pd.DataFrame, done: Carried) -> pd.DataFrame:
    now = assignments.apply(rows, done)
    assert now.index.is_unique
    return now


def given_to(rows: pd.DataFrame, grid: str, unit: str, **more: object) -> pd.DataFrame:
    more = {"since": SINCE, **more}
    return assignments.apply(
        rows,
        assignments.assign(rows, [Target("grid", grid)], unit, **more),  # type: ignore[arg-type]
    )


def test_every_part_of_a_grid_that_is_split_has_the_units_of_the_whole() -> None:
    now = after(TOWN, carried(TOWN, SPLIT, [G2], since=MARCH, note="拆分"))
    both = [("u1", "responsible"), ("u2", "assisting")]
    assert holders(now, date(2026, 2, 28), G2) == both
    assert holders(now, MARCH, G2) == []
    assert holders(now, MARCH, NEW) == holders(now, MARCH, OTHER) == both
    assert holders(now, date(2026, 2, 28), NEW) == []
    assert set(now.loc[now["target"] == NEW, "note"]) == {"拆分"}


def test_what_other_grids_and_other_targets_have_is_left_alone() -> None:
    before = TOWN.copy()
    done = carried(TOWN, SPLIT, [G2], since=MARCH)
    assert sorted(done.released.index) == ["a2", "a3"]
    assert set(done.added["target"]) == {NEW, OTHER}
    assert done.demoted.empty
    pd.testing.assert_frame_equal(TOWN, before)


def test_the_part_that_keeps_the_code_keeps_its_rows() -> None:
    kept = lineage((G2, G2, "split", 0.6, 6000.0), (G2, NEW, "split", 0.4, 4000.0))
    done = carried(TOWN, kept, [], since=MARCH)
    assert done.released.empty
    assert sorted(done.added["unit_id"]) == ["u1", "u2"]
    assert set(done.added["target"]) == {NEW}


def test_of_merged_grids_the_unit_of_the_largest_is_primary_and_the_others_assist() -> None:
    done = carried(TOWN, MERGED, [G2, G3], since=MARCH)
    now = after(TOWN, done)
    assert holders(now, MARCH, NEW) == [("u1", "assisting"), ("u2", "responsible")]
    row = done.demoted.iloc[0]
    assert len(done.demoted) == 1
    assert row[["target", "scheme", "unit_id", "primary"]].to_list() == [NEW, "main", "u1", "u2"]
    assert row["since"] == pd.Timestamp(MARCH)
    assert pd.isna(row["until"])


def test_the_code_that_stays_after_a_merge_gives_its_primary_unit_up_to_a_larger_grid() -> None:
    larger = lineage((G1, G3, "merge", 1.0, 20000.0), (G3, G3, "merge", 1.0, 10000.0))
    done = carried(TOWN, larger, [G1], since=MARCH)
    now = after(TOWN, done)
    assert holders(now, date(2026, 2, 28), G3) == [("u2", "responsible")]
    assert holders(now, MARCH, G3) == [("u1", "responsible"), ("u2", "assisting")]
    smaller = lineage((G1, G3, "merge", 1.0, 5000.0), (G3, G3, "merge", 1.0, 10000.0))
    done = carried(TOWN, smaller, [G1], since=MARCH)
    assert done.released.index.to_list() == ["a1"]
    assert holders(after(TOWN, done), MARCH, G3) == [("u1", "assisting"), ("u2", "responsible")]


def test_grids_of_one_unit_are_merged_without_a_second_row() -> None:
    same = lineage((G1, G2, "merge", 1.0, 20000.0), (G2, G2, "merge", 1.0, 10000.0))
    done = carried(TOWN, same, [G1], since=MARCH)
    assert done.released.index.to_list() == ["a1"]
    now = after(TOWN, done)
    assert holders(now, MARCH, G2) == [("u1", "responsible"), ("u2", "assisting")]
    assert done.demoted.empty


def test_a_grid_without_a_primary_unit_leaves_it_to_the_next() -> None:
    free = lineage((G4, NEW, "merge", 1.0, 90000.0), (G1, NEW, "merge", 1.0, 10000.0))
    done = carried(TOWN, free, [G1, G4], since=MARCH)
    assert holders(after(TOWN, done), MARCH, NEW) == [("u1", "responsible")]


def test_schemes_are_settled_by_themselves() -> None:
    rows = given_to(TOWN, G2, "u3", scheme="roads")
    now = after(rows, carried(rows, MERGED, [G2, G3], since=MARCH))
    roads = now[now["scheme"] == "roads"]
    assert holders(roads, MARCH, NEW) == [("u3", "responsible")]


def test_an_end_that_is_decided_holds_for_the_heirs() -> None:
    rows = assignments.apply(TOWN, assignments.release(TOWN, ["a2"], until=MAY))
    now = after(rows, carried(rows, SPLIT, [G2], since=MARCH))
    assert holders(now, date(2026, 4, 30), NEW) == [("u1", "responsible"), ("u2", "assisting")]
    assert holders(now, MAY, NEW) == [("u2", "assisting")]


def test_what_would_begin_later_never_comes_into_force_on_the_old_grid_but_on_the_heirs() -> None:
    rows = given_to(TOWN, G4, "u2", since=MAY)
    done = carried(rows, lineage((G4, NEW, "split", 1.0, 1.0)), [G4], since=MARCH)
    now = after(rows, done)
    (key,) = done.released.index
    assert done.released["until"].item() == rows.loc[key, "since"]
    for day in (date(2026, 4, 30), MAY, date(2027, 1, 1)):
        assert holders(now, day, G4) == []
    assert holders(now, date(2026, 4, 30), NEW) == []
    assert holders(now, MAY, NEW) == [("u2", "responsible")]


def test_a_primary_unit_makes_way_only_for_the_days_on_which_the_other_is_primary() -> None:
    rows = assignments.apply(TOWN, assignments.release(TOWN, ["a4"], until=MAY))
    now = after(rows, carried(rows, MERGED, [G2, G3], since=MARCH))
    assert holders(now, date(2026, 4, 30), NEW) == [("u1", "assisting"), ("u2", "responsible")]
    assert holders(now, MAY, NEW) == [("u1", "responsible"), ("u2", "assisting")]


def test_nobody_inherits_if_that_is_wanted() -> None:
    done = carried(TOWN, SPLIT, [G2], since=MARCH, keep="nobody")
    assert done.added.empty
    assert sorted(done.released.index) == ["a2", "a3"]


def test_what_a_grid_had_before_and_lost_is_not_inherited() -> None:
    rows = assignments.apply(TOWN, assignments.release(TOWN, ["a2"], until=date(2026, 2, 1)))
    now = after(rows, carried(rows, SPLIT, [G2], since=MARCH))
    assert holders(now, MARCH, NEW) == [("u2", "assisting")]


def test_a_grid_that_ends_without_an_heir_ends_what_was_held_of_it() -> None:
    gone = lineage((G2, None, "retire", float("nan"), 10000.0))
    done = carried(TOWN, gone, [G2], since=MARCH)
    assert done.added.empty
    assert sorted(done.released.index) == ["a2", "a3"]


def test_ground_that_only_moves_to_a_neighbour_hands_nothing_over() -> None:
    moved = lineage((G2, G2, "reshape", 0.9, 9000.0), (G2, G3, "reshape", 0.1, 1000.0))
    done = carried(TOWN, moved, [], since=MARCH)
    assert done.added.empty
    assert done.released.empty


def test_a_row_that_was_taken_back_is_not_written_again() -> None:
    rows = given_to(TOWN, NEW, "u1", since=MARCH)
    key = rows.index[-1]
    rows.loc[key, "until"] = pd.Timestamp(MARCH)
    with pytest.raises(ConflictError, match="lost it that day"):
        carried(rows, SPLIT, [G2], since=MARCH)


DAYS = st.integers(0, 30)
UNITS = st.sampled_from(["u1", "u2", "u3"])
TIERS = st.sampled_from(["responsible", "responsible", "assisting", "grid_worker"])


@st.composite
def histories(draw: st.DrawFn) -> pd.DataFrame:
    """Draw rows on three grids, at most one primary unit a grid and day."""
    rows = layers.empty(layers.LAYERS["assignments"])
    for _ in range(draw(st.integers(1, 7))):
        since = date(2026, 1, 1) + timedelta(days=draw(DAYS))
        try:
            rows = given_to(
                rows,
                draw(st.sampled_from([G1, G2, G3])),
                draw(UNITS),
                since=since,
                tier=draw(TIERS),
            )
        except ConflictError:
            continue
        if draw(st.booleans()):
            until = pd.Timestamp(since) + timedelta(days=1 + draw(DAYS))
            rows.iloc[-1, rows.columns.get_loc("until")] = until
    return rows


@given(histories(), DAYS, st.sampled_from([NEW, G1]), st.permutations([1.0, 2.0, 3.0]))
@settings(max_examples=20, deadline=None)
def test_whoever_answered_for_a_merged_grid_answers_for_the_new_one(
    rows: pd.DataFrame, day: int, into: str, areas: list[float]
) -> None:
    since = date(2026, 1, 1) + timedelta(days=day)
    grids = [G1, G2, G3]
    lines = [(code, into, "merge", 1.0, area) for code, area in zip(grids, areas, strict=True)]
    try:
        done = carried(rows, lineage(*lines), [code for code in grids if code != into], since=since)
    except ConflictError:
        return
    now = after(rows, done)
    largest_first = [code for _, code in sorted(zip(areas, grids, strict=True), reverse=True)]
    ends = {*rows["since"], *rows["until"].dropna(), pd.Timestamp(since)}
    for on in [day.date() - timedelta(days=early) for day in sorted(ends) for early in (1, 0)]:
        if on < since:
            assert all(holders(now, on, code) == holders(rows, on, code) for code in grids)
            continue
        old = [holders(rows, on, code) for code in largest_first]
        new = holders(now, on, into)
        assert {unit for unit, _ in new} == {unit for held in old for unit, _ in held}
        primary = [unit for held in old for unit, tier in held if tier == "responsible"]
        assert [unit for unit, tier in new if tier == "responsible"] == primary[:1]
        workers = {unit for held in old for unit, tier in held if tier == "grid_worker"}
        assert {unit for unit, tier in new if tier == "grid_worker"} == workers
        assert len(new) == len(set(new))
        assert all(holders(now, on, code) == [] for code in grids if code != into)
