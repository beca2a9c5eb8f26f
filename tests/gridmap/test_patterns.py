"""Patterns over time: the published sentences row by row, and every course of ten steps."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from gridmap.errors import InvalidError
from gridmap.patterns import NONE, PATTERNS, RULES, patterns

HOT = [1] * 10
ROWS = (
    ([0] * 9 + [1], 0, "new"),
    ([-1] + [0] * 8 + [1], 0, "new"),  # cold once, hot never before
    ([0] * 8 + [1, 1], 1, "consecutive"),
    ([0, -1] + [0] * 4 + [1] * 4, 0, "consecutive"),
    ([0, 0] + [1] * 8, 1, "consecutive"),  # 80 % and one run
    (HOT, 1, "intensifying"),
    ([1] * 8 + [0, 1], 1, "intensifying"),
    (HOT, 0, "persistent"),
    ([-1] + [1] * 9, 0, "persistent"),  # 90 % is enough, whatever the tenth was
    (HOT, -1, "diminishing"),
    ([1] + [0] * 8 + [1], 0, "sporadic"),
    ([1, 0] * 4 + [1, 1], 1, "sporadic"),
    ([1, -1] + [0] * 7 + [1], 0, "oscillating"),
    ([1] * 5 + [-1] * 2 + [1] * 3, -1, "oscillating"),
    ([1] * 9 + [0], 0, "historical"),
)
NOTHING = (
    [0] * 10,
    [1] * 8 + [0, 0],
    [-1] * 8 + [1, 0],
)


def named(sides: object, trend: object) -> list[str]:
    found = pd.DataFrame(sides)
    return patterns(found, pd.Series(trend, index=found.index)).to_list()


@pytest.mark.parametrize(("sides", "trend", "expected"), ROWS)
def test_each_row_of_the_table_and_its_mirror(sides: list[int], trend: int, expected: str) -> None:
    assert named([sides], [trend]) == [f"{expected}_hot"]
    assert named([[-side for side in sides]], [-trend]) == [f"{expected}_cold"]


@pytest.mark.parametrize("sides", NOTHING)
def test_what_was_hot_for_a_while_and_is_no_more_has_no_pattern(sides: list[int]) -> None:
    assert named([sides], [0]) == [NONE]


def test_the_last_step_goes_before_what_was() -> None:
    assert named([[1] * 9 + [-1], [-1] * 9 + [1]], [0, 0]) == ["new_cold", "new_hot"]


def test_the_rows_above_reach_every_pattern() -> None:
    assert {expected for *_, expected in ROWS} == {rule.name for rule in RULES}
    assert len(PATTERNS) == len(set(PATTERNS)) == 17


def by_the_sentences(sides: tuple[int, ...], trend: int) -> str:
    """Name a pattern by the published sentences, one after the other."""
    if sides[-1] < 0 or (sides[-1] == 0 and sides.count(-1) >= 0.9 * len(sides)):
        mirrored = by_the_sentences(tuple(-side for side in sides), -trend)
        return mirrored if mirrored == NONE else mirrored.replace("_hot", "_cold")
    hot = [side == 1 for side in sides]
    mostly = sum(hot) >= 0.9 * len(hot)
    if not hot[-1]:
        return "historical_hot" if mostly else NONE
    if mostly:
        return {1: "intensifying_hot", 0: "persistent_hot", -1: "diminishing_hot"}[trend]
    if not any(hot[:-1]):
        return "new_hot"
    run = "".join("h" if one else "." for one in hot)
    if "h" not in run.rstrip("h"):
        return "consecutive_hot"
    return "oscillating_hot" if -1 in sides else "sporadic_hot"


def test_every_course_of_ten_steps_is_named_as_the_sentences_say() -> None:
    courses = list(product((-1, 0, 1), repeat=10))
    table = np.array(courses, dtype=np.int8)
    for trend in (-1, 0, 1):
        found = named(table, np.full(len(table), trend))
        assert found == [by_the_sentences(course, trend) for course in courses]
        assert set(found) <= set(PATTERNS)


def test_what_is_no_verdict_is_refused() -> None:
    for sides, trend in (([[2]], [0]), ([[0]], [2]), ([[]], [0])):
        with pytest.raises(InvalidError, match="Patterns need"):
            named(sides, trend)
