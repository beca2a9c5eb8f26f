"""What is answered on days, and of registers, on which there is nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point

from geodata.reports import Reports
from gridmap import layers
from gridmap.errors import NotFoundError, TooLittleDataError
from tests.geodata.towns import TODAY
from tests.registers import CRS
from tests.town import SQUARES

GRIDS = list(SQUARES)
BEFORE = date(2025, 12, 31)

SPOT = gpd.GeoSeries([Point(122.54, 52.97), None], crs=CRS)
EMPTY: dict[str, Callable[[Reports, date], object]] = {
    "frame": lambda r, day: len(r.frame("grids", day)),
    "division_tree": lambda r, day: len(r.division_tree(day)),
    "divisions": lambda r, day: len(r.divisions(day, "community")),
    "children": lambda r, day: len(r.children(None, day)),
    "grids": lambda r, day: len(r.grids(day, "232701", "u1")),
    "in_force": lambda r, day: len(r.in_force(day)),
    "search": lambda r, day: len(r.search("林", 5, day)),
    "gaps": lambda r, day: len(r.gaps(day)),
    "slivers": lambda r, day: r.slivers(day).n,
    "issues": lambda r, day: len(r.issues(until=day)),
    "issue_points": lambda r, day: len(r.issue_points(since=day, until=day)),
    "heat": lambda r, day: r.heat(since=day, until=day) is not None,
    "rows": lambda r, day: len(r.responsible(122.54, 52.97, day, 20.0).rows),
    "chain": lambda r, day: len(r.responsible(122.54, 52.97, day, 20.0).chain),
    "candidates": lambda r, day: len(r.responsible(122.54, 52.97, day, 20.0).candidates),
    "overview": lambda r, day: sum(
        n for name, n in r.overview(day).counts.items() if name != "assignments"
    ),
    "ground": lambda r, day: r.overview(day).ground_m2,
    **{
        f"locate {level}": lambda r, day, level=level: (
            ~r.locate(SPOT, day, 5.0, level)["outside"]
        ).sum()
        for level in layers.LEVELS
    },
    **{
        f"areas {level}": lambda r, day, level=level: len(r.areas(level, day))
        for level in layers.LEVELS
    },
    **{
        f"audit {level}": lambda r, day, level=level: r.audit(level, day).areas
        for level in layers.LEVELS
    },
    **{
        f"coverage {level}": lambda r, day, level=level: r.coverage(level, day)["ground_m2"].sum()
        for level in ("city", *layers.LEVELS)
    },
}


@pytest.mark.parametrize("asked", EMPTY)
def test_a_register_that_is_empty_answers_with_nothing(blank: Reports, asked: str) -> None:
    assert EMPTY[asked](blank, TODAY) == 0


@pytest.mark.parametrize("day", [BEFORE, date(1600, 1, 1), date.min], ids=str)
@pytest.mark.parametrize("asked", EMPTY)
def test_before_the_register_began_there_was_nothing(
    reports: Reports, asked: str, day: date
) -> None:
    assert EMPTY[asked](reports, day) == 0


@pytest.mark.parametrize("asked", EMPTY)
def test_the_last_day_of_all_can_be_asked_for(reports: Reports, asked: str) -> None:
    assert EMPTY[asked](reports, date.max) == EMPTY[asked](reports, TODAY)


@pytest.mark.parametrize("by", ["grid", "square", "hex"])
def test_no_hot_spots_are_found_where_there_is_nothing(
    reports: Reports, blank: Reports, by: str
) -> None:
    for asked, day in ((blank, TODAY), (reports, BEFORE), (reports, date.max)):
        with pytest.raises(TooLittleDataError):
            asked.hotspots(since=day, until=day, as_of=day, by=by)


def test_an_empty_register_has_no_days_but_today(blank: Reports) -> None:
    assert blank.days() == (TODAY, TODAY)
    assert blank.issue_days() is None
    assert blank.categories() == blank.channels() == []
    assert np.isnan(blank.overview(TODAY).share)


def test_what_is_not_there_on_a_day_is_not_found(reports: Reports) -> None:
    for ask in (
        lambda: reports.grid(GRIDS[0], BEFORE),
        lambda: reports.unit("u1", BEFORE),
        lambda: reports.children("232701", BEFORE),
        lambda: reports.frame("streets", TODAY),
    ):
        with pytest.raises(NotFoundError):
            ask()
