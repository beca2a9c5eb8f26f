"""What of a beat was walked, what stubborn places are told with, and the patrols of the demo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from geodata.calendars import calendar
from geodata.database import connect
from geodata.demo_patrols import add_demo_patrols
from geodata.reports import beats
from geodata.reports.stubborn import ADDED, answering, around
from geodata.reports.walks import Walk, walk
from geodata.store import Store
from geodata.workspace import Workspace
from tests.geodata.towns import ZONE
from tests.registers import CRS, town_register
from tests.town import METRIC, SQUARES, place

MONDAY = date(2026, 6, 1)
G1, *_ = SQUARES


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    store = Store(connect(town_register(tmp_path_factory.mktemp("walks"))))
    yield Workspace(store)
    store.close()


def patrols(*walked: list[list[Any]], points: tuple[str, ...] = ()) -> pd.DataFrame:
    told = [{"roads": one, "points": list(points), "ticked": []} for one in walked]
    return pd.DataFrame({"walked": pd.Series(told, dtype=object)})


def of(town: Workspace, unit: str, done: pd.DataFrame) -> Walk:
    return walk(town, beats.beat(town, unit, MONDAY), done, MONDAY)


def spans(rows: gpd.GeoDataFrame) -> list[tuple[str, float, float]]:
    return list(rows[["road_id", "from_m", "to_m"]].itertuples(index=False, name=None))


# u1 has to walk the road r1 from 0 to 150 m


def test_patrols_of_a_day_are_walked_together(town: Workspace) -> None:
    done = of(town, "u1", patrols([["r1", 0.0, 60.0]], [["r1", 40.0, 100.0]]))
    assert spans(done.walked) == [("r1", 0.0, 100.0)]
    assert spans(done.missed) == [("r1", 100.0, 150.0)]
    assert (done.roads_m, done.walked_m) == (150.0, 100.0)
    assert done.missed.to_crs(METRIC).length.to_list() == pytest.approx([50], rel=2e-3)


def test_the_longest_stretch_that_was_missed_stands_first(town: Workspace) -> None:
    done = of(town, "u1", patrols([["r1", 20.0, 50.0]]))
    assert spans(done.missed) == [("r1", 50.0, 150.0), ("r1", 0.0, 20.0)]


def test_what_was_walked_elsewhere_is_drawn_and_does_not_count(town: Workspace) -> None:
    done = of(town, "u1", patrols([["r1", 100.0, 300.0], ["gone", 0.0, 9.0]]))
    assert spans(done.walked) == [("r1", 100.0, 300.0)]
    assert done.walked_m == 50.0


def test_a_rest_shorter_than_a_phone_is_exact_is_not_missed(town: Workspace) -> None:
    done = of(town, "u1", patrols([["r1", 0.4, 149.6]]))
    assert (len(done.missed), done.walked_m) == (0, 150.0)


def test_without_a_patrol_the_whole_beat_is_missed(town: Workspace) -> None:
    done = of(town, "u1", patrols())
    assert (spans(done.missed), len(done.walked)) == ([("r1", 0.0, 150.0)], 0)
    points = of(town, "u2", patrols()).points
    assert points[["point_id", "seen"]].to_numpy().tolist() == [["m1", False]]
    seen = of(town, "u2", patrols([], points=("m1",))).points
    assert seen["seen"].to_list() == [True]


# Stubborn places


def spots(*at: tuple[float, float]) -> gpd.GeoDataFrame:
    shapes = [place(x, y) for x, y in at]
    return gpd.GeoDataFrame({"n": [2] * len(at)}, geometry=shapes, crs=METRIC).to_crs(CRS)


def test_who_answers_now_is_told_of_each_place(town: Workspace) -> None:
    found = answering(town, spots((80, 170), (150, 50), (5000, 5000)), MONDAY)
    rows = found[ADDED].astype(object).where(found[ADDED].notna(), None).to_numpy().tolist()
    assert rows == [
        [G1, "第1网格", "u1", "市林业局"],
        [list(SQUARES)[3], "第4网格", None, None],
        [None, None, None, None],
    ]
    assert list(answering(town, spots().assign(n=[]), MONDAY)[ADDED]) == ADDED


def test_a_single_place_has_ground_around_it() -> None:
    west, south, east, north = around(spots((80, 170)), 80.0).to_crs(METRIC).total_bounds
    assert (east - west, north - south) == (pytest.approx(160, rel=1e-2),) * 2
    assert around(spots()).empty


# The demo's


def test_the_demo_has_patrols_of_working_days_that_measure_up(tmp_path: Path) -> None:
    store = Store(connect(town_register(tmp_path)))
    add_demo_patrols(store)
    rows = store.read("patrols")
    assert set(rows["unit_id"]) <= {"u1", "u2", "u3"}
    days, city = sorted({day.date() for day in rows["day"]}), calendar(ZONE)
    today = store.now().astimezone(ZONE).date()
    since = (today - days[0]).days
    worked = [
        one
        for one in (today - timedelta(days=n) for n in range(1, since + 1))
        if city.is_workday(one)
    ]
    assert (days, len(days)) == (worked[::-1], 20)
    assert (rows["walked_m"] <= rows["roads_m"]).all()
    assert (rows["ended_at"] > rows["started_at"]).all()
    assert store.verify() is None
    store.close()
