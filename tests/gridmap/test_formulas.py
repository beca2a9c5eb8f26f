"""Formulas: what may be counted, from when, and which holds for a month."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from gridmap import formulas, layers
from gridmap.errors import ConflictError, InvalidError
from gridmap.formulas import RANKABLE, Formula, Term, default_formula

EMPTY = layers.empty(layers.BOOKS["formulas"])
TODAY = date(2026, 6, 15)
TERMS = (Term("on_time", 60.0, "high"), Term("rework", 40.0, "low"))
NEW = Formula("2026-2", "赛马办法", TERMS, date(2026, 7, 1), "下半年")


def test_the_formula_that_comes_with_the_program_is_a_fair_one() -> None:
    formulas.require_fair(default_formula().terms)
    assert sum(term.weight for term in default_formula().terms) == 100.0


def test_how_much_was_found_ranks_nobody() -> None:
    for name in ("reported", "filed", "missed", "recurred", "self_handled"):
        assert name not in RANKABLE
        terms = (Term(name, 100.0, "high"),)
        with pytest.raises(InvalidError):
            formulas.publish(EMPTY, replace(NEW, terms=terms), TODAY)


@pytest.mark.parametrize(
    "terms",
    [
        (),
        (Term("on_time", 99.0, "high"),),
        (Term("on_time", 100.0, "low"),),
        (Term("on_time", 50.0, "high"), Term("on_time", 50.0, "high")),
        (Term("on_time", 120.0, "high"), Term("rework", -20.0, "low")),
        (Term("on_time", float("nan"), "high"),),
        (Term("volume", 100.0, "high"),),
    ],
)
def test_weights_that_do_not_make_a_hundred_or_turn_an_indicator_round_are_refused(
    terms: tuple[Term, ...],
) -> None:
    with pytest.raises(InvalidError):
        formulas.publish(EMPTY, replace(NEW, terms=terms), TODAY)


def test_a_month_is_ranked_by_the_formula_of_its_first_day() -> None:
    book = formulas.publish(EMPTY, NEW, TODAY)
    assert formulas.in_force(book, date(2026, 6, 30)) == default_formula()
    assert formulas.in_force(book, date(2026, 7, 1)) == NEW
    assert formulas.in_force(book, date(2027, 1, 9)) == NEW
    later = formulas.publish(book, replace(NEW, edition="2027", since=date(2027, 1, 1)), TODAY)
    both = pd.concat([book, later])
    assert formulas.in_force(both, date(2026, 12, 31)).edition == "2026-2"
    assert formulas.in_force(both, date(2027, 1, 9)).edition == "2027"
    assert [one.edition for one in formulas.published(both)] == ["2027", "2026-2", "示范版"]


@pytest.mark.parametrize("since", [date(2026, 5, 1), date(2026, 7, 2)])
def test_no_formula_holds_for_the_past_or_from_amid_a_month(since: date) -> None:
    with pytest.raises(InvalidError):
        formulas.publish(EMPTY, replace(NEW, since=since), TODAY)


def test_an_edition_is_published_once_and_a_month_has_one_formula() -> None:
    book = formulas.publish(EMPTY, NEW, TODAY)
    for other in (replace(NEW, since=date(2026, 8, 1)), replace(NEW, edition="2026-3")):
        with pytest.raises(ConflictError):
            formulas.publish(book, other, TODAY)
    with pytest.raises(ConflictError):
        formulas.publish(EMPTY, replace(NEW, edition="示范版"), TODAY)
    with pytest.raises(InvalidError):
        formulas.publish(EMPTY, replace(NEW, name=" "), TODAY)


def test_what_differs_is_told_with_both_weights() -> None:
    terms = (Term("on_time", 60.0, "high"), Term("handled", 40.0, "high"))
    told = formulas.differences(NEW, replace(NEW, terms=terms))
    assert [(one.indicator, one.before, one.after) for one in told] == [
        ("handled", 0.0, 40.0),
        ("rework", 40.0, 0.0),
    ]
    assert formulas.differences(NEW, NEW) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"edition": " "}, "edition"),
        ({"name": ""}, "name"),
        ({"since": date(2026, 7, 2)}, "since"),
        ({"edition": "示范版"}, "edition"),
        ({"terms": ()}, "weights"),
    ],
)
def test_a_refusal_says_which_part_of_the_formula_is_meant(
    wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises((InvalidError, ConflictError)) as caught:
        formulas.require_new(EMPTY, replace(NEW, **wrong), TODAY)
    told = vars(caught.value)["values"]
    assert told.get("field", "weights") == field
