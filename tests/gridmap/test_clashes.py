"""Rows that would give a target a second primary unit."""

import pandas as pd

from gridmap import layers
from gridmap.clashes import second_primaries
from tests.town import SQUARES, town

HELD = town()["assignments"]
FIRST = next(iter(SQUARES))


def rows(**columns: object) -> pd.DataFrame:
    table = {
        "assignment_id": ["new"],
        "target_kind": ["grid"],
        "target": [FIRST],
        "unit_id": ["u2"],
        "tier": ["responsible"],
        "scheme": ["main"],
        "since": ["2026-03-01"],
        **columns,
    }
    return layers.conform(pd.DataFrame(table), layers.LAYERS["assignments"])


def test_a_second_primary_on_a_grid_is_found_with_its_holder() -> None:
    assert second_primaries(HELD, rows()).to_dict() == {"new": "u1"}


def test_another_tier_or_another_scheme_stands_beside_it() -> None:
    assert second_primaries(HELD, rows(tier=["assisting"])).empty
    assert second_primaries(HELD, rows(scheme=["points"])).empty


def test_before_the_holder_began_there_is_room() -> None:
    assert second_primaries(HELD, rows(since=["2025-01-01"], until=["2026-01-01"])).empty


def test_rows_of_one_file_are_held_against_each_other() -> None:
    twice = rows(
        assignment_id=["n1", "n2"],
        target_kind=["compound"] * 2,
        target=["c1"] * 2,
        unit_id=["u1", "u2"],
        tier=["responsible"] * 2,
        scheme=["main"] * 2,
        since=["2026-03-01"] * 2,
    )
    assert second_primaries(HELD, twice).to_dict() == {"n1": "u2", "n2": "u1"}


def test_a_stretch_of_road_clashes_only_where_its_metres_meet() -> None:
    stretch = {"target_kind": ["road_segment"], "target": ["r1"], "side": ["left"]}
    assert second_primaries(HELD, rows(**stretch, from_m=[150.0], to_m=[400.0])).empty
    assert second_primaries(HELD, rows(**stretch, from_m=[149.0], to_m=[400.0])).to_dict() == {
        "new": "u1"
    }
