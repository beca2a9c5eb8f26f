"""Ranking: who is surely better, who shares a rank, and that effort buys no place."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.formulas import Formula, Term
from gridmap.ranking import AT_LEAST, Ranking, moves, rank

ONE = Formula("t", "试行", (Term("on_time", 100.0, "high"),), date(2026, 1, 1))
TWO = Formula(
    "t", "试行", (Term("on_time", 60.0, "high"), Term("rework", 40.0, "low")), date(2026, 1, 1)
)
COLUMNS = ["reported", "due", "on_time", "fixed", "rework"]


def ranked(counts: dict[str, tuple[int, int]], formula: Formula = ONE) -> Ranking:
    """Rank places of which so many issues of so many were handled in time."""
    key = pd.Series(np.repeat(list(counts), [n for _, n in counts.values()]), dtype="str")
    good = np.concatenate([np.arange(n) < part for part, n in counts.values()])
    return rank(frame(good), key, pd.Series("same", index=key.index), formula)


def frame(on_time: np.ndarray, rework: np.ndarray | None = None) -> pd.DataFrame:
    found = pd.DataFrame(dict.fromkeys(COLUMNS, np.ones(len(on_time), dtype=bool)))
    again = np.zeros(len(on_time), dtype=bool) if rework is None else rework
    return found.assign(on_time=on_time, rework=again)


def test_who_is_surely_better_comes_first_and_the_rest_share_their_ranks() -> None:
    table = ranked({"a": (198, 200), "b": (100, 200), "c": (102, 200), "d": (2, 200)}).table
    places = table[["first", "last"]].to_numpy().tolist()
    assert dict(zip(table.index, places, strict=True)) == {
        "a": [1, 1],
        "c": [2, 3],
        "b": [2, 3],
        "d": [4, 4],
    }
    assert table.index.to_list() == ["a", "c", "b", "d"]


def test_equal_places_share_the_whole_range() -> None:
    table = ranked(dict.fromkeys("abcd", (80, 100))).table
    assert table["first"].to_list() == [1] * 4
    assert table["last"].to_list() == [4] * 4
    assert table["score"].to_list() == pytest.approx([80.0] * 4)


def test_a_score_is_the_weighted_sum_of_standardised_shares() -> None:
    on_time = np.array([True] * 30 + [False] * 10 + [True] * 20 + [False] * 20)
    rework = np.array([True] * 4 + [False] * 36 + [True] * 8 + [False] * 32)
    key = pd.Series(["a"] * 40 + ["b"] * 40, dtype="str")
    found = rank(frame(on_time, rework), key, pd.Series("same", index=key.index), TWO)
    terms, table = found.terms, found.table
    assert terms.loc["a", "expected"].to_list() == pytest.approx([25.0, 6.0])
    for name in "ab":
        in_time, again = terms.loc[name, "adjusted"]
        assert table.loc[name, "score"] == pytest.approx(60 * in_time + 40 * (1 - again))
        assert terms.loc[name, "points"].sum() == pytest.approx(table.loc[name, "score"])
    assert table.loc["a", "raw"] == pytest.approx(60 * 0.75 + 40 * 0.9)
    assert 0.625 < terms.loc["a", "adjusted"].iloc[0] < 0.75  # between the city's and its own


def test_few_issues_rank_nobody() -> None:
    table = ranked({"a": (50, 60), "b": (40, 60), "few": (9, AT_LEAST - 1)}).table
    assert table.index[-1] == "few"
    assert table.loc["few", ["first", "last"]].isna().all()
    assert table["last"].max() == 2


def test_the_mix_of_work_is_taken_out_of_the_score() -> None:
    # both do easy work in 90 %, hard work in 50 %; a has three times as much easy work as b
    parts = [("a", "easy", 135, 150), ("a", "hard", 25, 50), ("b", "easy", 45, 50)]
    parts.append(("b", "hard", 75, 150))
    key = pd.Series(np.repeat([p[0] for p in parts], [p[3] for p in parts]), dtype="str")
    kind = pd.Series(np.repeat([p[1] for p in parts], [p[3] for p in parts]), dtype="str")
    good = np.concatenate([np.arange(p[3]) < p[2] for p in parts])
    fair = rank(frame(good), key, kind, ONE).table
    unfair = rank(frame(good), key, pd.Series("same", index=key.index), ONE).table
    assert fair["raw"].to_dict() == {"a": 80.0, "b": 60.0}
    assert fair.loc["a", "score"] == pytest.approx(fair.loc["b", "score"], abs=0.2)
    assert fair["last"].to_list() == [2, 2]
    assert unfair.loc["a", "last"] == 1  # what the test would not see if nothing were taken out


def test_the_smallest_change_that_lifts_a_place_lifts_it_and_one_less_does_not() -> None:
    counts = {"a": (190, 200), "b": (150, 200), "c": (120, 200), "d": (60, 200)}
    found = ranked(counts)
    (needed,) = found.needed("c").to_dict("records")
    first = found.table.loc["c", "first"]
    assert needed["reachable"]
    assert (needed["part"], needed["whole"]) == (120, 200)
    scale = found._scale
    me = scale.keys.get_loc("c")
    assert scale.above(me, (0, needed["to_part"])) < first - 1
    assert scale.above(me, (0, needed["to_part"] - 1)) == first - 1
    # the whole ranking worked out anew agrees, though every other score moves a little with it
    anew = ranked(counts | {"c": (int(needed["to_part"]) + 2, 200)})
    assert anew.table.loc["c", "first"] < first


def test_the_first_needs_nothing_and_who_is_not_ranked_is_told_nothing() -> None:
    found = ranked({"a": (190, 200), "b": (100, 200), "few": (1, 2)})
    for name in ("a", "few", "nobody"):
        assert found.needed(name).empty


def test_a_low_share_is_lifted_by_less_of_it() -> None:
    key = pd.Series(np.repeat(["a", "b"], 200), dtype="str")
    again = np.concatenate([np.arange(200) < 5, np.arange(200) < 90])
    found = rank(frame(np.ones(400, dtype=bool), again), key, pd.Series("s", index=key.index), TWO)
    needed = found.needed("b").set_index("indicator")
    assert needed.loc["rework", "to_part"] < 90
    assert not needed.loc["on_time", "reachable"]  # all of them are in time already


def mean_ranks(effort: np.ndarray, *, fair: bool, towns: int = 150) -> np.ndarray:
    """
    Return each unit's mean place by score over simulated towns in which all work equally well.

    Patrols find easy issues (90 % in time), the public finds hard ones (60 %) and the same number
    everywhere; effort is how many a unit's patrols find.
    """
    random, units, places = np.random.default_rng(20260701), len(effort), []
    per_unit = np.array([effort, np.full(units, 40)])
    key = pd.Series(np.repeat(np.tile(np.arange(units), 2), per_unit.ravel()).astype(str))
    channel = np.repeat([0, 1], per_unit.sum(axis=1))
    kind = pd.Series(np.array(["patrol", "public"])[channel] if fair else "all", index=key.index)
    for _ in range(towns):
        good = random.random(len(key)) < np.array([0.9, 0.6])[channel]
        table = rank(frame(good), key, kind, ONE).table
        places.append((-table["score"]).rank()[[str(n) for n in range(units)]].to_numpy())
    mean: np.ndarray = np.mean(places, axis=0)
    return mean


def test_permuting_patrol_effort_does_not_change_the_expected_rank() -> None:
    effort = np.array([10, 20, 40, 80, 160, 320])
    middle = (len(effort) + 1) / 2
    # the mean of 150 places between 1 and 6 strays by 1.7 / sqrt(150) = 0.14; four times that
    for order in ([0, 1, 2, 3, 4, 5], [3, 0, 5, 1, 4, 2]):
        assert mean_ranks(effort[order], fair=True) == pytest.approx([middle] * 6, abs=0.56)
    assert mean_ranks(effort, fair=False, towns=20)[0] > middle + 1.5  # unadjusted it would


def test_chance_alone_seldom_tells_two_apart() -> None:
    random, false = np.random.default_rng(7), 0
    for _ in range(60):
        parts = random.binomial(80, 0.8, size=12)
        table = ranked({f"u{n:02}": (int(part), 80) for n, part in enumerate(parts)}).table
        false += bool((table["first"] > 1).any())
    assert false <= 6  # 5 % of 60 are 3


@settings(max_examples=40)
@given(parts=st.lists(st.integers(0, 40), min_size=2, max_size=8))
def test_ranges_are_whole_and_overlap_where_places_cannot_be_told_apart(parts: list[int]) -> None:
    table = ranked({f"u{n}": (part, 40) for n, part in enumerate(parts)}).table
    assert (table["first"] <= table["last"]).all()
    assert table["first"].min() == 1
    assert table["last"].max() == len(parts)
    assert (table["low"] <= table["score"]).all()
    assert (table["score"] <= table["high"]).all()
    same = table.groupby("raw")[["first", "last"]].nunique()
    assert (same == 1).all(axis=None)


def test_nobody_is_ranked_where_nothing_was_reported() -> None:
    nothing = frame(np.zeros(0, dtype=bool))
    none = pd.Series([], dtype="str")
    found = rank(nothing, none, none, ONE)
    assert found.table.empty
    assert found.needed("a").empty


def test_only_who_leaves_the_old_range_of_places_has_moved() -> None:
    key = pd.Series(np.repeat(["a", "b", "c"], 200), dtype="str")
    slow = np.arange(200) < 20  # so many of a are late, of c set right again
    on_time = np.concatenate([~slow, np.ones(400, dtype=bool)])
    rework = np.concatenate([np.zeros(400, dtype=bool), slow])
    same = pd.Series("same", index=key.index)
    other = Formula("o", "另一", (Term("rework", 100.0, "low"),), date(2026, 1, 1))
    before, after = (rank(frame(on_time, rework), key, same, one) for one in (ONE, other))
    told = moves(before, after)
    assert told["moved"].to_dict() == {"a": "up", "b": "", "c": "down"}
    assert told.loc["a", ["first_before", "last"]].to_list() == [3, 2]
    assert set(moves(before, before)["moved"]) == {""}
