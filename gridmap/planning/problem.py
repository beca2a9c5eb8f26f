"""What is asked of the planner, and what it answers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

import pandas as pd

from gridmap.errors import InvalidError

Metric: TypeAlias = Literal["euclidean", "manhattan"]
Status: TypeAlias = Literal["optimal", "feasible", "stopped", "infeasible"]

Fault: TypeAlias = tuple[str, str, str, object, str]

PAIR = ["target", "unit_id"]
NONE = pd.DataFrame({"target": pd.Series(dtype="str"), "unit_id": pd.Series(dtype="str")})
UNIT_DEFAULTS = {"capacity": float("nan"), "at_least": 0.0, "at_most": float("nan")}
TARGET_DEFAULTS = {"load": 1.0, "at_least": 1.0, "at_most": float("nan")}

REASON_WORDS = {
    "fixed": "fixed by hand",
    "kept": "kept",
    "only": "nobody else left",
    "nearest": "nearest",
    "nearest_free": "nearest with free capacity",
    "even": "to even the load",
    "overall": "shortest for all together",
}
REASONS = tuple(REASON_WORDS)


class Goal(StrEnum):
    """
    What a plan is to be good at.

    ``TRAVEL``: the least sum of metres between the seats and what they hold, pair by pair and not
    weighted by load. ``BOTTLENECK``: the shortest longest distance, and among these plans the
    least travel. ``BALANCE``: the least largest load, as a share of the unit's capacity where all
    units have one, and among these the least travel. ``LEAST_CHANGE``: the fewest pairs that
    differ from today, and among these the least travel.
    """

    TRAVEL = "travel"
    BOTTLENECK = "bottleneck"
    BALANCE = "balance"
    LEAST_CHANGE = "least_change"


class Conflict(str):
    """
    A sentence that says what cannot be together.

    Parameters
    ----------
    template
        The sentence before the values are filled in: the key of its translations.
    **values
        What is filled in.
    """

    __slots__ = ("template", "values")
    template: str
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> Conflict:  # noqa: PYI034, D102
        sentence = super().__new__(cls, template.format(**values))
        sentence.template, sentence.values = template, values
        return sentence


@dataclass(frozen=True)
class Problem:
    """
    Units, targets, and what is settled between them.

    Parameters
    ----------
    units
        Indexed by ``unit_id``: ``x``, ``y`` of the seat in metres (NaN: no seat; every distance
        of the unit then counts as the diagonal of the whole city, and is NaN in the plan);
        ``capacity``, how much load it can take (NaN: no limit); ``at_least`` and ``at_most``, how
        many targets it may hold (NaN: no limit). What is left out is NaN, 0 and NaN.
    targets
        Indexed by code: ``x``, ``y`` in metres; ``load`` ≥ 0; ``at_least``, the units it needs;
        ``at_most``, the units it may have (NaN: no limit). Left out: 1, 1 and NaN. Units share
        the load of a target that needs several of them: each takes load / ``at_least``.
    fixed, forbidden, today
        Columns ``target`` and ``unit_id``: pairs that must be, that may not be, and that are.
        What `today` says of units and targets that are not in the problem is released.
    metric
        How distances are taken.
    """

    units: pd.DataFrame
    targets: pd.DataFrame
    fixed: pd.DataFrame = field(default_factory=NONE.copy)
    forbidden: pd.DataFrame = field(default_factory=NONE.copy)
    today: pd.DataFrame = field(default_factory=NONE.copy)
    metric: Metric = "euclidean"


@dataclass(frozen=True)
class Plan:
    r"""
    Who is to hold what.

    Parameters
    ----------
    pairs
        One row a pair, sorted by target, then unit: ``target``, ``unit_id``, ``distance_m``,
        ``load`` (the unit's share of the target's) and ``reason``, one of `REASONS`.
    goal
        What was asked for.
    status
        ``optimal``: proved the best. ``feasible``: the best found in time. ``stopped``: the watch
        ended the search, or the time ended before any plan was found; then `cost` is infinite and
        `pairs` empty. ``infeasible``: proved impossible, see `conflicts`.
    cost, bound
        In the goal's measure (metres, load, share or pairs), and what no plan can go below.
    gap
        (cost − bound) / max(\|cost\|, 1e-9); 0 when optimal.
    seconds, solver
        How long it took, and what solved it.
    conflicts
        `Conflict` sentences with ids, when infeasible: the smallest set found.
    released, added, kept
        Pairs against ``today``: ``target``, ``unit_id``.
    travel_m
        Metres of all pairs together, whatever the goal.
    longest_m
        The longest distance of a pair.
    """

    pairs: pd.DataFrame
    goal: Goal
    status: Status
    cost: float
    bound: float
    gap: float
    seconds: float
    solver: str
    conflicts: tuple[str, ...]
    released: pd.DataFrame
    added: pd.DataFrame
    kept: pd.DataFrame
    travel_m: float = 0.0
    longest_m: float = 0.0


def gap_between(cost: float, bound: float) -> float:
    """
    Return the share of the cost that is not proved necessary.

    Parameters
    ----------
    cost, bound
        Of a plan; both infinite when there is none.
    """
    if cost <= bound:
        return 0.0
    return (cost - bound) / max(abs(cost), 1e-9) if math.isfinite(cost) else math.inf


def checked(problem: Problem) -> Problem:
    """
    Fill in what was left out, and refuse what no plan can be made of.

    Parameters
    ----------
    problem
        As its maker gave it.

    Returns
    -------
    Problem
        With every column, as floats, and pairs without repetition.

    Raises
    ------
    InvalidError
        With every fault found: ``row``, ``column``, ``code``, ``value``, ``message``.
    """
    units, targets = problem.units.copy(), problem.targets.copy()
    for frame, defaults in ((units, UNIT_DEFAULTS), (targets, TARGET_DEFAULTS)):
        for column, value in defaults.items():
            given = frame.get(column, pd.Series(value, index=frame.index)).astype(float)
            frame[column] = given.fillna(value)
    if faults := [*_faults(problem, units, targets)]:
        msg = "The plan cannot be asked for: {fault}"
        frame = pd.DataFrame(faults, columns=["row", "column", "code", "value", "message"])
        raise InvalidError(msg, faults=frame, fault=faults[0][-1])
    return Problem(
        units,
        targets,
        problem.fixed[PAIR].drop_duplicates(),
        problem.forbidden[PAIR].drop_duplicates(),
        problem.today[PAIR].drop_duplicates(),
        problem.metric,
    )


def _faults(problem: Problem, units: pd.DataFrame, targets: pd.DataFrame) -> Iterator[Fault]:
    yield from _bad_rows(units)
    yield from _bad_rows(targets)
    for key in targets.index[targets[["x", "y"]].isna().any(axis=1)]:
        yield str(key), "x", "missing", None, f"{key} has no place."
    for name in ("fixed", "forbidden"):
        pairs: pd.DataFrame = getattr(problem, name)
        for column, known in (("target", targets.index), ("unit_id", units.index)):
            for key in pairs.loc[~pairs[column].isin(known), column]:
                yield str(key), column, "unknown", key, f"{name} names {key}, which is not there."


def _bad_rows(frame: pd.DataFrame) -> Iterator[Fault]:
    for key in frame.index[frame.index.duplicated()]:
        yield str(key), "index", "duplicate", key, f"{key} is there twice."
    for column in frame.columns.intersection(["load", "capacity", "at_least", "at_most"]):
        for key, value in frame.loc[frame[column] < 0, column].items():
            yield str(key), column, "negative", value, f"{column} of {key} is below nought."
