"""Rounds: what may be opened, who sees which half, what is counted."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap import layers
from gridmap.errors import ConflictError, InvalidError
from gridmap.rounds import PAIRINGS, ROUNDS, Round, blinded, earlier_pairs, open_round, results

JUNE, END = date(2026, 6, 1), date(2026, 6, 30)
NONE = layers.empty(ROUNDS)
RING = [("u1", "u2"), ("u2", "u3"), ("u3", "u1")]
BACK = [(b, a) for a, b in RING]


def books(*rounds: tuple[str, date, list[tuple[str, str]]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the books after rounds of a month each: (name, first day, pairs)."""
    made = [
        open_round(NONE, Round(name, since, since + timedelta(days=29)), pairs)
        for name, since, pairs in rounds
    ]
    return pd.concat([one.rounds for one in made]), pd.concat([one.pairings for one in made])


def test_a_round_and_its_pairs_have_the_form_of_their_books() -> None:
    made = open_round(NONE, Round(" 六月 ", JUNE, END, "2026", "第一轮"), RING)
    (row,) = made.rounds.reset_index().to_dict("records")
    assert (row["name"], row["edition"], row["note"]) == ("六月", "2026", "第一轮")
    assert list(made.pairings.columns) == [column.name for column in PAIRINGS.columns[1:]]
    assert set(made.pairings["round_id"]) == {row["round_id"]}
    assert made.pairings.index.is_unique


@pytest.mark.parametrize(
    "new", [Round("六月", END, JUNE), Round("  ", JUNE, END)], ids=["backwards", "nameless"]
)
def test_a_round_without_days_or_name_is_refused(new: Round) -> None:
    with pytest.raises(InvalidError, match="needs a name"):
        open_round(NONE, new, RING)


def test_two_rounds_of_one_name_are_refused() -> None:
    rounds, _ = books(("六月", JUNE, RING))
    with pytest.raises(ConflictError, match="六月"):
        open_round(rounds, Round("六月", END, END), BACK)


def test_who_inspects_more_than_others_is_named() -> None:
    with pytest.raises(InvalidError, match=r"by, 1: u1, u4\."):
        open_round(NONE, Round("六月", JUNE, END), [*RING, ("u1", "u4")])


def test_earlier_rounds_are_numbered_in_the_order_in_which_they_begin() -> None:
    found = earlier_pairs(*books(("乙", date(2026, 8, 1), BACK), ("甲", JUNE, RING)))
    told = found.groupby("round")[["inspector", "target"]].apply(
        lambda rows: sorted(rows.itertuples(index=False, name=None))
    )
    assert told.to_dict() == {1: RING, 2: sorted(BACK)}


def test_before_the_first_round_nobody_has_met_and_nobody_sees_anything() -> None:
    empty = layers.empty(PAIRINGS)
    assert earlier_pairs(NONE, empty).empty
    assert blinded(NONE, empty, {"u1"}, JUNE).empty
    assert blinded(NONE, empty, None, JUNE).empty


@given(st.sets(st.sampled_from(["u1", "u2", "u3"]), min_size=1), st.integers(-40, 80))
def test_who_inspects_a_unit_is_seen_from_the_day_after_the_last_on(
    units: set[str], later: int
) -> None:
    rounds, pairings = books(("六月", JUNE, RING))
    today = JUNE + timedelta(days=later)
    seen = blinded(rounds, pairings, units, today)
    inspects, inspected = seen["inspector"].isin(units), seen["target"].isin(units)
    assert (inspects | inspected).all()
    assert inspects.sum() == len(units)
    assert (~inspects).any() <= (today > END)
    if today > END:
        assert inspected.sum() == len(units)
    assert len(blinded(rounds, pairings, None, today)) == len(RING)


def test_only_what_a_pair_found_on_the_days_of_its_round_is_counted() -> None:
    rounds, pairings = books(("六月", JUNE, RING), ("八月", date(2026, 8, 1), RING))
    days = pd.to_datetime(["2026-06-01", "2026-06-30", "2026-07-01", "2026-08-01"])
    visits = pd.DataFrame({"inspector": "u1", "target": "u2", "day": days}).assign(
        point_id=["p", "p", "p", "q"], score=[1.0, 2.0, 4.0, 8.0], out_of=10.0
    )
    issues = pd.DataFrame({"inspector": ["u2", "u3"], "target": ["u3", "u2"], "day": days[:2]})
    found = results(rounds, pairings, visits, issues)
    table = found.join(pairings[["inspector", "round_id"]])
    june, august = rounds.index
    by_pair = table.set_index(["round_id", "inspector"])
    assert by_pair.loc[(june, "u1")].to_list() == [2, 1, 3, 20, 0]
    assert by_pair.loc[(august, "u1")].to_list() == [1, 1, 8, 10, 0]
    assert by_pair.loc[(june, "u2"), "issues_n"] == 1
    assert found["issues_n"].sum() == 1  # u3 did not inspect u2
