"""Appeals: what may be asked for, who rules, and what a ruling leaves out."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from gridmap import appeals, layers
from gridmap.appeals import Appeal, Hand, Ruling
from gridmap.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError

EMPTY = layers.empty(layers.BOOKS["appeals"])
JUNE = date(2026, 6, 1)
NEW = Appeal(JUNE, "unit", "u1", "雪封路，无法作业", ("i1", "i2"))
UNIT = Hand("p-unit", datetime(2026, 7, 2, tzinfo=UTC))
OFFICE = Hand("p-office", datetime(2026, 7, 3, tzinfo=UTC))
COUNTED = ("i1", "i2", "i3")


def asked() -> pd.DataFrame:
    return appeals.ask(EMPTY, NEW, COUNTED, "2026", UNIT)


def ruled(state: str, issues: tuple[str, ...] | None = None) -> pd.DataFrame:
    book = asked()
    row = appeals.decide(book, book.index[0], Ruling(state, "气象局已证明", issues), OFFICE)
    assert list(row.index) == list(book.index)
    return row


def test_an_appeal_keeps_what_was_asked() -> None:
    row = asked().iloc[0]
    assert (row["state"], row["subject"], row["edition"]) == ("asked", "u1", "2026")
    assert json.loads(row["issues"]) == ["i1", "i2"]


@pytest.mark.parametrize(
    ("reason", "issues"), [(" ", ("i1",)), ("雪", ()), ("雪", ("i9",)), ("雪", ("i1", "i9"))]
)
def test_an_appeal_without_reason_or_with_issues_that_do_not_count_is_refused(
    reason: str, issues: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidError):
        appeals.ask(EMPTY, Appeal(JUNE, "unit", "u1", reason, issues), COUNTED, "2026", UNIT)


def test_a_rank_is_appealed_against_once_at_a_time() -> None:
    with pytest.raises(ConflictError):
        appeals.ask(asked(), NEW, COUNTED, "2026", UNIT)
    again = appeals.ask(ruled("dismissed"), NEW, COUNTED, "2026", UNIT)
    assert again["state"].to_list() == ["asked"]


def test_an_upheld_appeal_leaves_its_issues_out_of_that_ranking_alone() -> None:
    book = ruled("upheld")
    assert appeals.left_out(book, JUNE, "unit") == ["i1", "i2"]
    assert appeals.left_out(book, JUNE, "community") == []
    assert appeals.left_out(book, date(2026, 7, 1), "unit") == []
    assert appeals.left_out(asked(), JUNE, "unit") == []
    assert appeals.left_out(ruled("dismissed"), JUNE, "unit") == []


def test_a_ruling_may_uphold_a_part_of_what_was_named_and_no_more() -> None:
    assert appeals.left_out(ruled("upheld", ("i2",)), JUNE, "unit") == ["i2"]
    for issues in ((), ("i3",)):
        with pytest.raises(InvalidError):
            ruled("upheld", issues)


def test_who_asked_cannot_rule() -> None:
    book = asked()
    with pytest.raises(ForbiddenError):
        appeals.decide(book, book.index[0], Ruling("upheld", "同意"), UNIT)


def test_what_was_ruled_on_is_not_ruled_on_again_nor_withdrawn() -> None:
    book = ruled("dismissed")
    with pytest.raises(ConflictError):
        appeals.decide(book, book.index[0], Ruling("upheld", "同意"), OFFICE)
    with pytest.raises(ConflictError):
        appeals.withdraw(book, book.index[0], UNIT)


def test_a_ruling_needs_a_reason_and_is_one_of_two() -> None:
    book = asked()
    for ruling in (Ruling("upheld", " "), Ruling("withdrawn", "同意")):
        with pytest.raises(InvalidError):
            appeals.decide(book, book.index[0], ruling, OFFICE)
    with pytest.raises(NotFoundError):
        appeals.decide(book, "none", Ruling("upheld", "同意"), OFFICE)


def test_a_withdrawn_appeal_leaves_nothing_out_and_makes_room_for_another() -> None:
    book = asked()
    gone = appeals.withdraw(book, book.index[0], UNIT)
    assert gone["state"].to_list() == ["withdrawn"]
    assert appeals.left_out(gone, JUNE, "unit") == []
    assert len(appeals.ask(gone, NEW, COUNTED, "2026", UNIT)) == 1
