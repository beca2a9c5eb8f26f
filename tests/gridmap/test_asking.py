"""Asking for material: one thing of many, a list again, and what was asked once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from gridmap import asking, layers
from gridmap.asking import Wish
from gridmap.errors import ConflictError, InvalidError
from gridmap.materials import SLOTS

NONE = layers.empty(SLOTS)
MAY = date(2026, 5, 1)
WISH = Wish("实景图片", "pictures", 4, date(2026, 5, 9), date(2026, 5, 31), "2026", "横拍")


def test_each_unit_is_asked_for_so_many_behind_what_was_asked_before() -> None:
    first = asking.asked(NONE, WISH, ["u2"])
    more = asking.asked(first, replace(WISH, name="工作说明"), ["u1", "u2", "u1"])
    told = more.reset_index()[["unit_id", "wanted", "position", "note"]]
    assert told.to_numpy().tolist() == [["u1", 4, 2, "横拍"], ["u2", 4, 3, "横拍"]]
    assert set(more["month"]) == {pd.Timestamp(MAY)}


def test_what_was_asked_once_is_not_asked_again() -> None:
    book = asking.asked(NONE, WISH, ["u1"])
    with pytest.raises(ConflictError, match="asked of u1"):
        asking.asked(book, WISH, ["u1", "u2"])
    june = replace(WISH, month=date(2026, 6, 1), due=date(2026, 6, 30))
    assert len(asking.asked(book, june, ["u1"])) == 1


@pytest.mark.parametrize(
    ("wrong", "units", "field"),
    [
        ({"name": " "}, ["u1"], "name"),
        ({"edition": ""}, ["u1"], "edition"),
        ({"wanted": 0}, ["u1"], "wanted"),
        ({"due": date(2026, 4, 30)}, ["u1"], "due"),
        ({}, [], "units"),
    ],
)
def test_a_refusal_says_which_part_is_meant(
    wrong: dict[str, object], units: list[str], field: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        asking.asked(NONE, replace(WISH, **wrong), units)  # type: ignore[arg-type]
    assert vars(caught.value)["values"]["field"] == field


def test_a_list_is_asked_for_again_on_the_same_day_of_a_shorter_month() -> None:
    late = replace(WISH, name="工作说明", due=date(2026, 6, 5))
    book = pd.concat([asking.asked(NONE, WISH, ["u1"]), asking.asked(NONE, late, ["u1"])])
    rows = asking.again(book, MAY, date(2027, 2, 1))
    due = dict(zip(rows["name"], rows["due"].dt.date, strict=True))
    assert due == {"实景图片": date(2027, 2, 28), "工作说明": date(2027, 3, 5)}
    assert not set(rows.index) & set(book.index)
    with pytest.raises(ConflictError, match="nothing of 2026-05"):
        asking.again(pd.concat([book, rows]), MAY, date(2027, 2, 1))


def test_a_list_of_an_office_names_its_units_and_needs_no_keys() -> None:
    rows = pd.DataFrame(
        {
            "edition": "2026",
            "month": ["2026-05", "2026-05-01"],
            "name": "实景图片",
            "sort": "pictures",
            "wanted": ["4", "5"],
            "unit_id": ["林业局", "u2"],
            "due": "2026-05-31",
        }
    )
    made = asking.listed(NONE, rows, {"林业局": "u1"})
    assert made["unit_id"].to_list() == ["u1", "u2"]
    assert made.index.to_list() == [asking.slot_id(MAY, "实景图片", unit) for unit in ("u1", "u2")]
    with pytest.raises(ConflictError, match="asked of u1"):
        asking.listed(made, rows.head(1), {"林业局": "u1"})
    with pytest.raises(ConflictError):
        asking.listed(NONE, rows, {"林业局": "u2"})
    with pytest.raises(InvalidError) as caught:
        asking.listed(NONE, rows.assign(due=["31", "2026-05-31"]), {})
    assert caught.value.faults is not None
    assert caught.value.faults["column"].to_list() == ["due"]
