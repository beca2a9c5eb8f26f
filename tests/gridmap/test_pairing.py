"""Cross inspection: nobody inspects itself, no two each other, everybody as many, none twice."""

from __future__ import annotations

from itertools import permutations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidError
from gridmap.pairing import NEVER, Draw, Pairing, pair

SLOW = settings(max_examples=30, deadline=None)


def units(n: int) -> list[str]:
    return [f"u{k:03d}" for k in range(n)]


def told(drawn: Pairing) -> set[tuple[str, str]]:
    return set(zip(drawn.pairs["inspector"], drawn.pairs["target"], strict=True))


def earlier(*rounds: list[tuple[str, str]]) -> pd.DataFrame:
    """Return pairs of rounds 1, 2, … as `pair` wants them."""
    rows = [(*two, number) for number, pairs in enumerate(rounds, 1) for two in pairs]
    return pd.DataFrame(rows, columns=["inspector", "target", "round"])


def season(n: int, each: int, rounds: int) -> list[Pairing]:
    """Draw one round after the other, each knowing those before."""
    drawn: list[Pairing] = []
    before = NEVER
    for number in range(1, rounds + 1):
        drawn.append(pair(Draw(units(n), each, before), seed=number))
        new = drawn[-1].pairs[["inspector", "target"]].assign(round=number)
        before = new if before.empty else pd.concat([before, new], ignore_index=True)
    return drawn


def require_fair(drawn: Pairing, n: int, each: int) -> None:
    pairs = told(drawn)
    assert len(pairs) == len(drawn.pairs) == n * each
    assert not any((b, a) in pairs for a, b in pairs)  # neither itself nor each other
    for side in ("inspector", "target"):
        assert drawn.pairs[side].value_counts().to_dict() == dict.fromkeys(units(n), each)


@SLOW
@given(st.integers(5, 200), st.integers(1, 3), st.integers(0, 2**31))
def test_everybody_inspects_and_is_inspected_as_often_and_nobody_by_whom_it_inspects(
    n: int, each: int, seed: int
) -> None:
    each = min(each, (n - 1) // 2)
    drawn = pair(Draw(units(n), each), seed=seed)
    assert (drawn.status, drawn.repeats) == ("optimal", 0)
    require_fair(drawn, n, each)


@settings(max_examples=12, deadline=None)
@given(st.integers(5, 60), st.integers(1, 3), st.integers(2, 5))
def test_over_a_season_every_unit_meets_as_many_inspectors_as_can_be(
    n: int, each: int, rounds: int
) -> None:
    each = min(each, (n - 1) // 2)
    drawn = season(n, each, rounds)
    for one in drawn:
        require_fair(one, n, each)
    together = [two for one in drawn for two in told(one)]
    assert len(set(together)) == len(together) - sum(one.repeats for one in drawn)
    # Dirac 1952: while two units in n/2 have not met, there is a cycle through all that had not
    if each * rounds <= n // 4:
        met = pd.DataFrame(together, columns=["inspector", "target"]).drop_duplicates()
        assert (met.groupby("target").size() == each * rounds).all()


def test_two_hundred_units_have_a_season_of_ten_rounds_without_a_repetition() -> None:
    drawn = season(200, 3, 10)
    assert [one.repeats for one in drawn] == [0] * 10
    met = {target: set[str]() for target in units(200)}
    for inspector, target in (two for one in drawn for two in told(one)):
        met[target].add(inspector)
    assert {len(who) for who in met.values()} == {30}


@settings(max_examples=60, deadline=None)
@given(
    st.integers(3, 6),
    st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=14),
    st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8),
)
def test_as_few_pairs_are_repeated_as_in_the_best_of_all_pairings(
    n: int, before: set[tuple[int, int]], barred: set[tuple[int, int]]
) -> None:
    name = units(6)
    seen = {(name[a], name[b]) for a, b in before if a != b}
    closed = {(name[a], name[b]) for a, b in barred}
    drawn = pair(Draw(units(n), earlier=earlier(sorted(seen)), barred=closed))
    every = (set(zip(units(n), chosen, strict=True)) for chosen in permutations(units(n)))
    fair = (pairs for pairs in every if not any((b, a) in pairs for a, b in pairs))
    possible = [pairs for pairs in fair if not closed & pairs]
    if not possible:
        assert (drawn.status, len(drawn.pairs)) == ("infeasible", 0)
        assert all(str(reason) for reason in drawn.conflicts)
        assert drawn.conflicts
        return
    assert drawn.repeats == min(len(seen & pairs) for pairs in possible)
    assert told(drawn) in possible
    assert drawn.status == "optimal"


def test_what_must_be_repeated_is_what_lies_longest_ago() -> None:
    # three units have two pairings only, the two ways round
    one = [("u000", "u001"), ("u001", "u002"), ("u002", "u000")]
    other = [(b, a) for a, b in one]
    drawn = pair(Draw(units(3), earlier=earlier(one, other)))
    assert told(drawn) == set(one)
    assert (drawn.repeats, drawn.pairs["last"].to_list()) == (3, [1, 1, 1])
    assert told(pair(Draw(units(3), earlier=earlier(one, other, one)))) == set(other)


def test_a_pair_of_the_past_that_need_not_be_repeated_is_not() -> None:
    one = [("u000", "u001"), ("u001", "u002"), ("u002", "u000")]
    drawn = pair(Draw(units(3), earlier=earlier(one)))
    assert told(drawn) == {(b, a) for a, b in one}
    assert drawn.pairs["last"].isna().all()


def test_the_same_seed_draws_the_same_and_another_seed_another() -> None:
    first, again, other = (pair(Draw(units(30), 2), seed=seed) for seed in (1, 1, 2))
    assert told(first) == told(again)
    assert told(first) != told(other)


def test_units_of_one_group_do_not_inspect_each_other() -> None:
    kin = {name: ("a" if k < 4 else "b") for k, name in enumerate(units(8))}
    drawn = pair(Draw(units(8), 2, kin=kin))
    require_fair(drawn, 8, 2)
    assert all(kin[a] != kin[b] for a, b in told(drawn))


def test_with_loads_no_exchange_of_two_targets_would_be_more_even() -> None:
    loads = {name: float(1 + (k * 7) % 23) for k, name in enumerate(units(24))}
    plain, drawn = pair(Draw(units(24), 3)), pair(Draw(units(24), 3, loads=loads))
    require_fair(drawn, 24, 3)
    carried = drawn.pairs["target"].map(loads).groupby(drawn.pairs["inspector"]).sum()
    before = plain.pairs["target"].map(loads).groupby(plain.pairs["inspector"]).sum()
    assert drawn.spread == carried.max() - carried.min()
    assert drawn.spread < before.max() - before.min()
    pairs = told(drawn)
    for i, a in pairs:
        for j, b in pairs:
            after = pairs - {(i, a), (j, b)} | {(i, b), (j, a)}
            fair = len(after) == len(pairs) and not any((y, x) in after for x, y in after)
            more = loads[b] - loads[a]
            gain = 2 * more * (carried[j] - carried[i] - more)
            assert not fair or i == j or gain <= 1e-6


def test_two_units_can_only_swap_and_are_told_so() -> None:
    drawn = pair(Draw(units(2)))
    assert drawn.status == "infeasible"
    (why,) = drawn.conflicts
    assert str(why) == (
        "With 2 units (u000, u001) nobody can inspect 1 without inspecting each other: "
        "3 are needed."
    )


@pytest.mark.parametrize(("n", "each"), [(4, 2), (6, 3), (1, 1)])
def test_with_two_k_units_or_fewer_nobody_can_inspect_k(n: int, each: int) -> None:
    (why,) = pair(Draw(units(n), each)).conflicts
    assert f": {2 * each + 1} are needed." in why


def test_a_unit_from_which_too_many_are_barred_is_named_with_whom_it_may_inspect() -> None:
    barred = [("u000", name) for name in units(6)[2:]]
    (why,) = pair(Draw(units(6), 2, barred=barred)).conflicts
    assert str(why) == "u000 has to inspect 2, and may inspect only 1: u001."


def test_a_unit_that_too_few_may_inspect_is_named() -> None:
    barred = [(name, "u003") for name in units(6)]
    (why,) = pair(Draw(units(6), barred=barred)).conflicts
    assert str(why) == "u003 has to be inspected by 1, and only 0 may: —."


def test_a_group_of_more_than_half_is_named() -> None:
    why = pair(Draw(units(5), kin=dict.fromkeys(units(3), "教育系统"))).conflicts[0]
    assert why.startswith("The 3 units of 教育系统 may not inspect each other, and the 2 others")


def test_units_that_together_may_inspect_too_few_are_named() -> None:
    # three units may inspect the same two only: each has enough for itself, together they have not
    barred = [(a, b) for a in units(3) for b in [*units(3), *units(8)[5:]]]
    (why,) = pair(Draw(units(8), barred=barred)).conflicts
    assert str(why) == (
        "u000, u001, u002 have to inspect 3 times together, and may only 2 times: u003, u004."
    )


def test_the_fewest_that_would_have_to_inspect_each_other_are_named() -> None:
    # two threes with u000 in both: it can close one ring only, and of the other two are left
    rings = [{"u000", "u001", "u002"}, {"u000", "u003", "u004"}]
    apart = [(a, b) for a in units(5) for b in units(5) if not any({a, b} <= s for s in rings)]
    drawn = pair(Draw(units(5), barred=apart))
    (why,) = drawn.conflicts
    assert drawn.status == "infeasible"
    assert why.endswith(("each other: u001 – u002.", "each other: u003 – u004."))


@pytest.mark.parametrize(
    "draw",
    [
        Draw(["u1", "u1", "u2"]),
        Draw(units(5), 0),
        Draw([]),
        Draw(units(3), loads=dict.fromkeys(units(3), 0.0)),
        Draw(units(3), loads={"u000": 1.0}),
    ],
)
def test_what_is_no_draw_is_refused(draw: Draw) -> None:
    with pytest.raises(InvalidError):
        pair(draw)
