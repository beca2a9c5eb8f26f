"""Flags and rules in words; the colours of the map are those of the pages."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

from geodata.board_plans import FLAGS as IN_EXCEL
from geodata.board_plans import RULES as RULES_IN_EXCEL
from geodata.reports.amounts import COUNTED
from gridmap.command_books import BOARD_RULES
from gridmap.flags import FLAGS
from web import board_words
from web.maps.board import COLOURS, SIGNS
from web.words import Words

EN = Words("en")
STYLES = Path(board_words.__file__).with_name("static") / "css"


def task(rule: str, **more: Any) -> dict[Any, Any]:
    blank = dict.fromkeys(("amount", "part", "whole", "low", "high"), math.nan)
    return {"rule": rule, "target": 0.9, **blank, **more}


def test_every_flag_and_rule_has_its_words_on_pages_and_in_excel() -> None:
    assert set(board_words.FLAGS) == set(board_words.FLAG_RULES) == set(IN_EXCEL) == set(FLAGS)
    rules = set(BOARD_RULES)
    assert rules == set(board_words.RULES) == set(board_words.SENTENCES) == set(RULES_IN_EXCEL)
    assert {"reported", *COUNTED} == rules


def test_no_two_flags_have_one_sign() -> None:
    assert len(set(SIGNS.values())) == len(SIGNS)


@pytest.mark.parametrize("name", ["board.css", "board-wall.css"])
def test_the_colours_of_pages_and_map_are_the_same(name: str) -> None:
    style = (STYLES / name).read_text("utf-8")
    for colour, value in COLOURS.items():
        assert re.search(rf"\.{colour}\b[^}}]*{value}", style), colour


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (task("reported", target=20.0), "nothing reported yet"),
        (task("reported", target=20.0, amount=12.5), "12.50 of 20"),
        (task("closed"), "not counted yet"),
        (task("closed", part=0.0, whole=0.0), "nothing to count in this month"),
        (task("closed", part=1.0, whole=4.0, amount=0.25), "25.00% · 1 of 4"),
        (task("walked", part=120.0, whole=2000.0, amount=0.06), "6.00% · 120 m of 2.00 km"),
        (task("coverage", part=3e4, whole=4e4, amount=0.75), "75.00% · 3.00 ha of 4.00 ha"),
    ],
)
def test_figures_say_part_and_whole_or_why_there_are_none(row: dict[Any, Any], told: str) -> None:
    assert board_words.figures(row, EN) == told


def test_a_rule_is_said_with_its_target() -> None:
    said = board_words.ruling(task("coverage"), EN)
    assert said.startswith("Done once ground with a unit")
    assert said.endswith("is at least 90.00%.")


def test_a_share_of_counted_things_is_said_with_its_interval() -> None:
    assert board_words.interval(task("closed"), EN) == ""
    told = board_words.interval(task("closed", low=0.05, high=0.7), EN)
    assert told == "95 % interval 5.00% – 70.00%"
