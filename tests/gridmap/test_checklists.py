"""Checklists: what passes, what fails, what nobody looked at; and which edition counts."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap import checklists, layers
from gridmap.checklists import Given, latest, of_edition, score
from gridmap.demo.checklists import LISTS, road_rules
from gridmap.demo.checklists import checklists as demo_checklists
from gridmap.demo.inspection_points import CATEGORIES
from gridmap.errors import InvalidError, NotFoundError

BOOK = layers.BOOKS["checklists"]


def book(*rows: tuple[str, str, str, str, float | None, float, int]) -> pd.DataFrame:
    columns = ["item_id", "edition", "category", "check", "least", "weight", "position"]
    frame = pd.DataFrame(list(rows), columns=columns).assign(item="看什么")
    return layers.conform(frame, BOOK)


MARKET = book(
    ("clean", "2026", "market", "yes_no", None, 10, 1),
    ("ads", "2026", "market", "count", 3, 5, 2),
    ("parked", "2026", "market", "share", 0.95, 2.5, 3),
)


def test_a_visit_scores_the_weights_of_what_passed() -> None:
    found = score(MARKET, {"clean": True, "ads": 2, "parked": 0.95})
    assert (found.score, found.out_of, found.failed) == (12.5, 17.5, ("ads",))
    assert (found.answered, found.asked) == (3, 3)
    assert found.share == 12.5 / 17.5


def test_what_nobody_looked_at_has_not_failed() -> None:
    found = score(MARKET, {"clean": False, "ads": None})
    assert (found.score, found.out_of, found.answered, found.asked) == (0, 10, 1, 3)
    assert found.failed == ("clean",)


def test_a_visit_without_an_answer_scores_nothing_out_of_nothing() -> None:
    found = score(MARKET, {})
    assert (found.score, found.out_of, found.failed) == (0, 0, ())
    assert math.isnan(found.share)


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        ("clean", 1),
        ("clean", "yes"),
        ("ads", True),
        ("ads", 2.5),
        ("ads", -1),
        ("ads", math.nan),
        ("parked", 95),
        ("parked", -0.1),
        ("lights", True),
    ],
)
def test_an_answer_of_another_kind_is_refused_by_its_item(item: str, answer: Given) -> None:
    with pytest.raises(InvalidError) as refused:
        score(MARKET, {"parked": 1.0, item: answer})
    assert refused.value.faults is not None
    assert refused.value.faults["row"].to_list() == [item]


@given(st.dictionaries(st.sampled_from(["clean", "ads", "parked"]), st.booleans()))
def test_answering_one_item_more_never_lowers_what_the_others_scored(
    answered: dict[str, bool],
) -> None:
    values: dict[str, tuple[Given, Given]] = {
        "clean": (False, True),
        "ads": (2, 3),
        "parked": (0.9, 1),
    }
    sent = {item: values[item][passes] for item, passes in answered.items()}
    found = score(MARKET, sent)
    weights = MARKET["weight"]
    assert found.score == sum(weights[item] for item, passes in answered.items() if passes)
    assert found.out_of == sum(weights[item] for item in answered)
    assert set(found.failed) == {item for item, passes in answered.items() if not passes}


def test_the_last_edition_replaces_the_whole_list_of_a_category() -> None:
    items = book(
        ("a9", "2026-9", "market", "yes_no", None, 1, 1),
        ("b9", "2026-9", "market", "yes_no", None, 1, 2),
        ("b10", "2026-10", "market", "yes_no", None, 1, 2),
        ("c10", "2026-10", "market", "yes_no", None, 1, 1),
        ("s", "2025", "school", "yes_no", None, 1, 1),
    )
    assert latest(items, "market").index.to_list() == ["c10", "b10"]
    assert latest(items, "school").index.to_list() == ["s"]
    assert latest(items, "park").empty
    assert of_edition(items, "market", "2026-9").index.to_list() == ["a9", "b9"]
    with pytest.raises(NotFoundError, match="school in the edition 2026-9"):
        of_edition(items, "school", "2026-9")


def test_an_edition_that_cannot_be_scored_is_refused_with_every_fault() -> None:
    items = book(
        ("a", "2026", "market", "count", None, 1, 1),
        ("b", "2026", "market", "share", 1.5, 0, 1),
        ("c", "2026", "market", "count", -1, 1, 2),
    )
    with pytest.raises(InvalidError) as refused:
        checklists.require_list(items)
    assert refused.value.faults is not None
    found = refused.value.faults[["row", "column"]].to_numpy().tolist()
    assert sorted(found) == [
        ["a", "least"],
        ["b", "least"],
        ["b", "position"],
        ["b", "weight"],
        ["c", "least"],
    ]


def test_the_demo_has_a_list_for_every_category_of_its_points_and_no_other() -> None:
    assert set(LISTS) == set(CATEGORIES)
    made = layers.conform(demo_checklists(), BOOK)
    checklists.require_list(made)
    for category in CATEGORIES:
        found = latest(made, category)
        full: dict[str, Given] = {
            key: True if row["check"] == "yes_no" else row["least"] for key, row in found.iterrows()
        }
        assert score(made.loc[found.index], full).failed == ()


def test_the_demos_road_rules_say_where_they_are_written() -> None:
    rules = layers.conform(road_rules(), layers.BOOKS["road_rules"])
    assert rules["source"].notna().all()
    assert rules["source"].str.contains(r"\w+\.\w+/").all()
    assert (rules["least"] >= 1).all()
