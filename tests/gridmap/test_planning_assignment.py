"""Who should hold what: against brute force, and against answers that are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidError
from gridmap.planning import REASON_WORDS, REASONS, Conflict, Goal, Problem, assign_units
from gridmap.planning.problem import Plan
from tests.gridmap.plans import city, mohe

QUICK = settings(max_examples=25, deadline=None)


def _pairs(*pairs: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(pairs), columns=["target", "unit_id"]).astype("str")


def _row(xs: list[float], letter: str, **columns: object) -> pd.DataFrame:
    index = [f"{letter}{number}" for number in range(len(xs))]
    return pd.DataFrame({"x": xs, "y": 0.0}, index=index).assign(**columns)


def _said(plan: Plan) -> list[list[str]]:
    return plan.pairs[["target", "unit_id", "reason"]].to_numpy().tolist()


def test_the_mohe_sized_case_costs_33426_metres() -> None:
    plan = assign_units(mohe())
    assert (plan.status, plan.cost, plan.bound, plan.gap) == ("optimal", 33_426.0, 33_426.0, 0.0)
    assert len(plan.pairs) == 122
    assert plan.pairs["target"].nunique() == 101
    assert plan.solver.startswith("HiGHS ")


def test_its_shortest_reach_is_701_metres() -> None:
    plan = assign_units(mohe(), Goal.BOTTLENECK)
    assert (plan.status, plan.cost, plan.bound) == ("optimal", 701.0, 701.0)
    assert plan.pairs["distance_m"].max() == 701.0


def test_when_a_unit_leaves_only_what_it_held_moves() -> None:
    problem = mohe()
    today = assign_units(problem).pairs
    gone = today["unit_id"].iloc[0]
    orphans = set(today.loc[today["unit_id"] == gone, "target"])
    units = problem.units.drop(gone).assign(at_most=2)
    plan = assign_units(replace(problem, units=units, today=today), Goal.LEAST_CHANGE)
    assert plan.status == "optimal"
    assert set(plan.released["unit_id"]) == {gone}
    assert set(plan.added["target"]) <= orphans
    assert plan.cost == len(plan.released) + len(plan.added)


def test_everything_stays_where_nothing_has_changed() -> None:
    problem = mohe()
    today = assign_units(problem).pairs
    plan = assign_units(replace(problem, today=today), Goal.LEAST_CHANGE)
    assert plan.cost == 0
    assert plan.added.empty
    assert plan.released.empty
    assert set(plan.pairs["reason"]) == {"kept"}


def test_a_change_is_made_if_it_saves_more_than_it_costs() -> None:
    problem = Problem(
        _row([0.0, 10.0], "u"), _row([9.0], "g", at_most=1), today=_pairs(("g0", "u0"))
    )
    costs = {
        weight: assign_units(problem, change_weight=weight).pairs["unit_id"].to_list()
        for weight in (0.0, 3.9, 4.1)
    }
    assert costs == {0.0: ["u1"], 3.9: ["u1"], 4.1: ["u0"]}
    assert assign_units(problem, change_weight=3.9).cost == pytest.approx(1 + 2 * 3.9)


def test_each_share_comes_with_its_reason() -> None:
    problem = Problem(
        _row([0.0, 1.0, 50.0, 51.0], "u", at_most=[2, 1, 2, 1]),
        _row([0.0, 1.0, 2.0, 50.0, 52.0], "g", at_most=1),
        fixed=_pairs(("g0", "u2")),
        forbidden=_pairs(("g4", "u0"), ("g4", "u1"), ("g4", "u2")),
        today=_pairs(("g1", "u0")),
    )
    plan = assign_units(problem, change_weight=100.0)
    assert _said(plan) == [
        ["g0", "u2", "fixed"],
        ["g1", "u0", "kept"],
        ["g2", "u1", "nearest"],
        ["g3", "u2", "nearest"],
        ["g4", "u3", "only"],
    ]
    assert set(REASONS) == set(REASON_WORDS)


def test_a_unit_without_a_seat_takes_what_no_other_can() -> None:
    units = _row([0.0, np.nan], "u", at_most=1)
    plan = assign_units(Problem(units, _row([3.0, 5.0], "g", at_most=1)))
    assert plan.pairs["unit_id"].to_list() == ["u0", "u1"]
    assert plan.pairs["distance_m"].isna().to_list() == [False, True]


def test_units_share_the_load_of_a_target_that_needs_two() -> None:
    units = _row([0.0, 1.0], "u", capacity=5.0)
    plan = assign_units(Problem(units, _row([0.0], "g", load=10.0, at_least=2)))
    assert plan.pairs["load"].to_list() == [5.0, 5.0]


@pytest.mark.parametrize(
    ("units", "targets", "settled", "said"),
    [
        ({"at_most": 1}, {}, {}, "g0, g1, g2 need 3 units in all"),
        ({}, {}, {"forbidden": [("g1", "u0"), ("g1", "u1")]}, "g1 needs 1 units, but none"),
        ({}, {"at_least": 3}, {}, "g0 needs 3 units, but only 2 may hold it: u0, u1."),
        ({}, {}, {"fixed": [("g0", "u0")], "forbidden": [("g0", "u0")]}, "g0 is fixed to u0"),
        ({"capacity": 4.0}, {"load": 3.0}, {}, "g0, g1, g2 need 3 units in all"),
        ({"capacity": 4.0}, {"load": [3.0, 2.0, 4.0]}, {}, "weigh 9, but all units together can"),
        ({"capacity": 5.0}, {"load": [3.0, 3.0, 3.5]}, {}, "cannot be packed"),
        ({"capacity": 3.0}, {"load": [2.0, 2.0, 1.0]}, {"fixed": [("g0", "u0"), ("g1", "u0")]},
         "u0 can take a load of 3, but what is fixed to it weighs 4: g0, g1."),
        ({"at_least": 4}, {}, {}, "u0 must hold 4 targets, but may hold 3 of them only."),
        ({"at_least": 2}, {"at_most": 1}, {}, "u0, u1 must hold 4 targets in all"),
    ],
)  # fmt: skip
def test_what_is_impossible_is_said_with_its_ids(
    units: dict[str, object], targets: dict[str, object], settled: dict[str, list[tuple[str, str]]],
    said: str,
) -> None:  # fmt: skip
    problem = Problem(
        _row([0.0, 10.0], "u", **units),
        _row([0.0, 5.0, 9.0], "g", **targets),
        **{name: _pairs(*pairs) for name, pairs in settled.items()},
    )
    plan = assign_units(problem)
    assert plan.status == "infeasible"
    assert plan.pairs.empty
    assert any(said in conflict for conflict in plan.conflicts), plan.conflicts
    for conflict in plan.conflicts:
        assert isinstance(conflict, Conflict)
        assert conflict.template.format(**conflict.values) == conflict


def test_a_problem_that_names_nobody_known_is_refused_with_every_fault() -> None:
    problem = Problem(
        _row([0.0], "u"), _row([1.0], "g", load=-1.0), fixed=_pairs(("g9", "u0"), ("g0", "u9"))
    )
    with pytest.raises(InvalidError) as caught:
        assign_units(problem)
    assert caught.value.faults is not None
    assert caught.value.faults["value"].to_list() == [-1.0, "g9", "u9"]


def test_the_watch_ends_the_search_with_the_best_so_far() -> None:
    seen = []
    plan = assign_units(
        city(300, 45), time_limit_s=30.0, watch=lambda now: not (seen.append(now) or now.best)
    )
    assert plan.status == "stopped"
    assert seen[-1].best is not None
    assert np.isfinite(plan.cost)
    assert 0 <= plan.bound <= plan.cost <= seen[-1].best + 1e-6
    _assert_kept(city(300, 45), plan)


def test_a_city_with_capacities_is_within_two_per_cent_of_its_bound() -> None:
    problem = city(600, 90)
    plan = assign_units(problem, time_limit_s=15.0)
    assert plan.gap <= 0.02
    _assert_kept(problem, plan)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    places = st.integers(0, 20).map(float)
    units = draw(st.lists(places, min_size=1, max_size=3))
    targets = draw(st.lists(places, min_size=1, max_size=4))
    n, m = len(targets), len(units)
    room = st.one_of(st.just(np.nan), st.integers(2, 9).map(float))
    every = [(f"g{t}", f"u{u}") for t in range(n) for u in range(m)]
    some = st.lists(st.sampled_from(every), max_size=2, unique=True).map(lambda few: _pairs(*few))
    return Problem(
        _row(
            units,
            "u",
            capacity=draw(st.lists(room, min_size=m, max_size=m)),
            at_least=draw(st.lists(st.integers(0, 1), min_size=m, max_size=m)),
            at_most=draw(st.sampled_from([np.nan, 1.0, 2.0, 3.0])),
        ),
        _row(
            targets,
            "g",
            load=draw(st.lists(st.integers(1, 5).map(float), min_size=n, max_size=n)),
            at_most=draw(st.sampled_from([np.nan, 1.0, 2.0])),
        ),
        fixed=draw(some),
        forbidden=draw(some),
        today=draw(some),
    )


@QUICK
@given(problem=problems(), goal=st.sampled_from(list(Goal)))
def test_no_plan_is_better_than_the_one_that_is_proved(problem: Problem, goal: Goal) -> None:
    plan = assign_units(problem, goal, time_limit_s=20.0)
    costs = [_measure(problem, goal, pairs) for pairs in _all_plans(problem)]
    if not costs:
        assert plan.status == "infeasible"
        assert plan.conflicts
        return
    assert plan.status == "optimal"
    assert plan.cost == pytest.approx(min(costs)[0])
    assert plan.bound == pytest.approx(plan.cost)
    if goal is not Goal.TRAVEL:
        assert plan.travel_m == pytest.approx(min(costs)[1])
    _assert_kept(problem, plan)


def _all_plans(problem: Problem) -> Iterator[list[tuple[str, str]]]:
    """Try every set of units for every target."""
    names = list(problem.units.index)
    sets = list(chain.from_iterable(combinations(names, k) for k in range(1, len(names) + 1)))
    is_kept = _rules(problem)
    for choice in product(sets, repeat=len(problem.targets)):
        pairs = [
            (code, unit)
            for code, units in zip(problem.targets.index, choice, strict=True)
            for unit in units
        ]
        if is_kept(pairs):
            yield pairs


def _rules(problem: Problem) -> Callable[[list[tuple[str, str]]], bool]:
    """Return a plain reading of the rules of a problem, whose targets need one unit each."""
    fixed, forbidden = (
        {*pairs.itertuples(index=False, name=None)} for pairs in (problem.fixed, problem.forbidden)
    )
    units = problem.units.reindex(columns=["capacity", "at_least", "at_most"]).astype(float)
    limits = units.fillna({"capacity": np.inf, "at_least": 0.0, "at_most": np.inf}).to_dict("index")
    targets = problem.targets.reindex(columns=["load", "at_most"]).fillna({"at_most": np.inf})
    needs = targets.to_dict("index")

    def is_kept(pairs: list[tuple[str, str]]) -> bool:
        by_target = Counter(target for target, _ in pairs)
        by_unit = Counter(unit for _, unit in pairs)
        load = Counter[str]()
        for target, unit in pairs:
            load[unit] += needs[target]["load"]
        return (
            fixed <= set(pairs)
            and not forbidden & set(pairs)
            and all(1 <= by_target[code] <= need["at_most"] for code, need in needs.items())
            and all(
                limit["at_least"] <= by_unit[unit] <= limit["at_most"]
                and load[unit] <= limit["capacity"] * (1 + 1e-9)
                for unit, limit in limits.items()
            )
        )

    return is_kept


def _measure(problem: Problem, goal: Goal, pairs: list[tuple[str, str]]) -> tuple[float, float]:
    x, seat = problem.targets["x"], problem.units["x"]
    metres = [abs(x[target] - seat[unit]) for target, unit in pairs]
    today = {*problem.today.itertuples(index=False, name=None)}
    load = dict.fromkeys(problem.units.index, 0.0)
    for target, unit in pairs:
        load[unit] += problem.targets["load"][target]
    capacity = problem.units["capacity"]
    weight = capacity if capacity.notna().all() else capacity * 0 + 1
    weight = weight.fillna(1.0)
    first = {
        Goal.TRAVEL: sum(metres),
        Goal.BOTTLENECK: max(metres),
        Goal.BALANCE: max(load[unit] / weight[unit] for unit in load),
        Goal.LEAST_CHANGE: float(len(today ^ set(pairs))),
    }[goal]
    return round(first, 9), sum(metres)


def _assert_kept(problem: Problem, plan: Plan) -> None:
    pairs = [*plan.pairs[["target", "unit_id"]].itertuples(index=False, name=None)]
    assert _rules(problem)(pairs)
    assert pairs == sorted(pairs)
    assert set(plan.pairs["reason"]) <= set(REASONS)
    assert plan.pairs["distance_m"].sum() == pytest.approx(plan.travel_m)
