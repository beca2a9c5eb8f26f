"""Recurrence in a register: of which period, where, whose, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from geodata.reports.recurrence import Recurring, Within, recurring
from geodata.reports.selection import Selection
from gridmap import layers
from gridmap.errors import InvalidError
from tests.geodata.towns import ZONE, Office, opened
from tests.registers import CRS, town_register
from tests.town import METRIC, SQUARES, place

G1, *_ = SQUARES
JUNE = Selection(date(2026, 6, 1), date(2026, 6, 30))


def issue(key: str, x: float, since: str, until: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "issue_id": key,
        "reported_at": f"{since}T02:00:00Z",
        "closed_at": None if until is None else f"{until}T02:00:00Z",
        "state": "dispatched" if until is None else "closed_out",
        "category": "野广告",
        "channel": "hotline",
        "grid": G1,
        "unit_id": "u1",
        "geometry": place(x, 150),
        **more,
    }


ISSUES = (
    issue("a", 20, "2026-04-01", "2026-05-20"),
    issue("b", 30, "2026-06-04", "2026-06-08"),
    issue("c", 40, "2026-06-28", channel="citizen_app"),
    issue("d", 90, "2026-05-01", "2026-05-02"),  # came back in May already
    issue("e", 90, "2026-05-08", "2026-05-09"),
    issue("m", 20, "2026-06-05", "2026-06-05", state="merged"),
    issue("n", 25, "2026-06-09", geometry=None),
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    town_register(tmp_path)
    made = opened(tmp_path / "town.gpkg")
    frame = gpd.GeoDataFrame(list(ISSUES), geometry="geometry", crs=METRIC).to_crs(CRS)
    with made.store.write(who="a test", action="import") as writer:
        writer.add("issues", layers.conform(frame, layers.LAYERS["issues"]), date(2026, 6, 1))
    yield made
    made.store.close()


def found(office: Office, wanted: Selection = JUNE, **within: Any) -> Recurring:
    return recurring(office.workspace, wanted, ZONE, Within(**within))


def pairs(answer: Recurring) -> list[tuple[str, str]]:
    return list(zip(answer.links["issue"], answer.links["earlier"], strict=True))


def test_what_came_back_in_a_period_may_repeat_what_lies_before_it(office: Office) -> None:
    answer = found(office)
    assert pairs(answer) == [("b", "a"), ("c", "b")]
    assert answer.links["interval_days"].to_list() == [15.0, 20.0]
    assert answer.links["distance_m"].to_list() == pytest.approx([10.0, 10.0], rel=1e-4)
    assert set(answer.links["unit_name"]) == {"市林业局"}
    assert pairs(found(office, Selection(date(2026, 5, 1), date(2026, 5, 31)))) == [("e", "d")]


def test_what_was_merged_or_has_no_place_is_left_out(office: Office) -> None:
    answer = found(office)
    assert answer.left_out == 2
    assert not set(answer.links["issue"]) & {"m", "n"}


def test_a_stubborn_place_is_shown_whole_with_who_answers_for_it(office: Office) -> None:
    (place_,) = found(office).places.to_dict("records")
    assert (place_["members"], place_["n"]) == (("a", "b", "c"), 3)
    assert (place_["unit_name"], place_["grid"], place_["category"]) == ("市林业局", G1, "野广告")
    shown = found(office).places
    assert shown.crs == CRS
    middle = gpd.GeoSeries([place(30, 150)], crs=METRIC)
    assert shown.to_crs(METRIC).distance(middle).to_list() == pytest.approx([0.0], abs=0.01)
    assert len(found(office, at_least=4).places) == 0


def test_a_period_does_not_know_what_came_after_it(office: Office) -> None:
    early = found(office, Selection(date(2026, 6, 1), date(2026, 6, 15)))
    assert early.places["members"].to_list() == [("a", "b")]


def test_rates_are_of_what_had_the_whole_time_to_come_back(office: Office) -> None:
    year = Selection(date(2026, 1, 1), date(2026, 6, 30))
    rate = found(office, year).rates["category"].loc["野广告"]
    # a, d and e were closed out before the last 30 days; a and d came back
    assert rate[["recurred", "closed"]].to_list() == [2, 3]
    later = Selection(date(2026, 1, 1), date(2026, 7, 31))
    assert found(office, later).rates["unit_id"].loc["u1", "closed"] == 4


def test_only_a_category_or_a_channel(office: Office) -> None:
    assert pairs(found(office, Selection(JUNE.since, JUNE.until, channel="citizen_app"))) == [
        ("c", "b")
    ]
    assert pairs(found(office, Selection(JUNE.since, JUNE.until, category="违建"))) == []


def test_reach_and_time_are_the_callers(office: Office) -> None:
    assert pairs(found(office, metres=9)) == []
    assert pairs(found(office, days=16)) == [("b", "a")]


def test_a_register_without_issues_has_no_recurrence(tmp_path: Path) -> None:
    town_register(tmp_path)
    made = opened(tmp_path / "town.gpkg")
    answer = found(made)
    assert (len(answer.links), len(answer.places)) == (0, 0)
    assert pd.concat(answer.rates.values()).empty
    made.store.close()


def test_a_period_that_ends_before_it_begins_is_refused(office: Office) -> None:
    with pytest.raises(InvalidError, match="before it begins"):
        found(office, Selection(date(2026, 6, 2), date(2026, 6, 1)))
