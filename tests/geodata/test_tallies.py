"""Tallies, emerging hot spots and comparisons of a register whose course is known."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from geodata.reports.comparing import Asked, compared, usual_spans
from geodata.reports.emerging import Found, find, last_day_over, usual_period
from geodata.reports.selection import Selection
from geodata.reports.tallies import Which, tally
from geodata.workspace import Workspace
from gridmap.emerging import tally as patterns_of
from gridmap.errors import InvalidError, NotFoundError, TooLittleDataError
from gridmap.steps import Step
from tests.courses import CODE, HOT, MONTHS, TOTAL, USUAL, courses
from tests.town import COMMUNITIES
from tests.web.fakes import CRS, StillStore, empty_register

ZONE = ZoneInfo("Asia/Shanghai")
TODAY, OVER = date(2026, 7, 1), date(2026, 6, 30)
YEAR = Selection(date(2025, 7, 1), date(2026, 6, 30))
MARCH = Selection(date(2026, 3, 1), date(2026, 3, 31))
JUNE = Selection(date(2026, 6, 1), date(2026, 6, 30))
WEST, EAST = COMMUNITIES


def over(frames: dict[str, Any]) -> Workspace:
    store: Any = StillStore(frames, SimpleNamespace(crs=CRS, codes="cn", name="镇", metric_crs=""))
    return Workspace(store)


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return over(courses())


@pytest.fixture(scope="module")
def found(workspace: Workspace) -> Found:
    return find(workspace, YEAR, "month", ZONE, TODAY)


# Counting


def test_issues_are_counted_by_grid_and_span(workspace: Workspace) -> None:
    spans = [Step(date(2025, 7, 1), date(2025, 7, 31)), Step(date(2026, 6, 1), date(2026, 6, 30))]
    counted = tally(workspace, Which(), spans, ZONE, TODAY)
    assert counted.counts.loc[CODE].to_list() == [USUAL, HOT]
    assert counted.counts[0].to_list() == [USUAL] * 62
    assert counted.by_channel.loc["hotline"].to_list() == counted.counts.sum().to_list()
    assert (counted.n_on_piles, counted.n_outside, counted.n_set_aside) == (0, 2, 1)


def test_only_what_is_asked_for_is_counted(workspace: Workspace) -> None:
    spans = [Step(YEAR.since, YEAR.until)]
    for which, expected in (
        (Which(category="暴露垃圾"), TOTAL),
        (Which(category="违建"), 0),
        (Which(channel="hotline"), TOTAL),
        (Which(channel="open311"), 0),
    ):
        assert tally(workspace, which, spans, ZONE, TODAY).counts[0].sum() == expected


def test_a_pile_of_identical_coordinates_is_left_out() -> None:
    frames = courses()
    issues = frames["issues"].copy()
    issues.loc[issues.index[:200], "geometry"] = issues.geometry.iloc[0]
    counted = tally(over(frames | {"issues": issues}), Which(), [Step(*_days(YEAR))], ZONE, TODAY)
    assert counted.n_on_piles == 200
    assert counted.counts[0].sum() == TOTAL - 200


def _days(selection: Selection) -> tuple[date, date]:
    return selection.since, selection.until


# Emerging


def test_a_block_that_grows_hot_is_consecutive(found: Found) -> None:
    table = found.emerging.table
    assert len(found.steps.whole) == MONTHS
    assert table.loc[CODE, "pattern"] == "consecutive_hot"
    assert (table.loc[CODE, "hot_steps"], table.loc[CODE, "cold_steps"]) == (3, 0)
    assert 9 <= patterns_of(table)["consecutive_hot"] <= 25  # the block, and what touches it
    assert set(patterns_of(table)) <= {"consecutive_hot", "new_hot"}
    assert found.emerging.method.n_points == TOTAL
    assert found.tally.n_set_aside == 1


def test_each_grid_is_shown_with_who_answers_for_it(workspace: Workspace, found: Found) -> None:
    held = workspace.frame("assignments", TODAY).set_index("target")["unit_id"]
    names = workspace.frame("units", TODAY)["name"]
    table = found.emerging.table
    assert table.crs == CRS
    some = table[table["unit_id"].notna()]
    assert (some["unit_id"] == held.reindex(some.index)).all()
    assert (some["unit_name"] == some["unit_id"].map(names)).all()
    assert table["unit_id"].isna().sum() == 3


def test_the_usual_period_ends_with_the_last_step_that_is_over(workspace: Workspace) -> None:
    usual = usual_period(workspace, "month", ZONE, over=OVER)
    assert usual == (date(2025, 7, 1), date(2026, 6, 30))
    in_june = usual_period(workspace, "month", ZONE, over=date(2026, 6, 20))
    assert in_june == (date(2025, 7, 1), date(2026, 6, 20))
    weeks = usual_period(workspace, "week", ZONE, over=OVER)
    assert weeks == (date(2025, 12, 29), date(2026, 6, 28))  # 26 weeks


def test_a_month_that_is_not_over_is_left_out_and_said(workspace: Workspace) -> None:
    running = Selection(date(2025, 7, 1), date(2026, 6, 20))
    answer = find(workspace, running, "month", ZONE, TODAY)
    assert len(answer.steps.whole) == MONTHS - 1
    assert answer.steps.after == Step(date(2026, 6, 1), date(2026, 6, 20))
    assert answer.emerging.table.loc[CODE, "hot_steps"] == 2


def test_too_few_or_too_many_steps_are_refused(workspace: Workspace) -> None:
    with pytest.raises(TooLittleDataError, match="2025-07-01 to 2026-06-30 there are 4"):
        find(workspace, YEAR, "quarter", ZONE, TODAY)
    with pytest.raises(InvalidError, match="too many"):
        find(workspace, Selection(date(1990, 1, 1), OVER), "week", ZONE, TODAY)
    with pytest.raises(TooLittleDataError, match="here are 0 areas"):
        find(over(empty_register()), YEAR, "month", ZONE, TODAY)


def test_today_is_not_over() -> None:
    assert last_day_over(TODAY, TODAY) == OVER
    assert last_day_over(MARCH.until, TODAY) == MARCH.until


# Before and after


def test_a_block_that_has_more_is_worse_and_the_rest_is_not(workspace: Workspace) -> None:
    answer = compared(workspace, Asked(MARCH, JUNE, by="grid"), ZONE, TODAY)
    table = answer.table
    assert table["verdict"].value_counts().to_dict() == {"unclear": 53, "worse": 9}
    row = table.loc[CODE]
    assert (row["before"], row["after"]) == (USUAL, HOT)
    assert row["ratio"] == pytest.approx(HOT / 30 / (USUAL / 31))
    assert (answer.city.before, answer.city.after) == (62 * USUAL, 62 * USUAL + 9 * 36)
    assert answer.city.verdict == "worse"
    assert (answer.acted, answer.against, answer.channels) == (None, None, ())


def test_divisions_are_the_sums_of_their_grids(workspace: Workspace) -> None:
    by_grid = compared(workspace, Asked(MARCH, JUNE, by="grid"), ZONE, TODAY).table
    parent = workspace.frame("grids", TODAY)["parent"]
    for by in ("community", "district"):
        table = compared(workspace, Asked(MARCH, JUNE, by=by), ZONE, TODAY).table
        assert table["after"].sum() == by_grid["after"].sum()
    table = compared(workspace, Asked(MARCH, JUNE), ZONE, TODAY).table
    assert table["after"].to_dict() == by_grid["after"].groupby(parent).sum().to_dict()


def test_where_something_was_done_is_set_beside_the_rest(workspace: Workspace) -> None:
    answer = compared(workspace, Asked(MARCH, JUNE, by="grid", acted=WEST), ZONE, TODAY)
    assert answer.acted is not None
    assert answer.others is not None
    assert answer.against is not None
    acted = answer.table[answer.table["acted"]]
    assert set(acted.index.str[:12]) == {WEST}
    assert (answer.acted.before, answer.acted.after) == (
        acted["before"].sum(),
        acted["after"].sum(),
    )
    assert answer.against.ratio == pytest.approx(answer.acted.ratio / answer.others.ratio)
    everywhere = compared(workspace, Asked(MARCH, JUNE, acted="232701"), ZONE, TODAY)
    assert everywhere.against is None


def test_kilometres_take_the_place_of_days(workspace: Workspace) -> None:
    answer = compared(workspace, Asked(MARCH, JUNE, by="grid", km=(10.0, 40.0)), ZONE, TODAY)
    assert answer.table.loc[CODE, "ratio"] == pytest.approx(1.0)
    assert answer.city.verdict == "better"


def test_a_channel_of_one_period_alone_is_named() -> None:
    frames = courses()
    issues = frames["issues"]
    late = issues["reported_at"] >= pd.Timestamp("2026-06-01", tz="UTC")
    begun = late & (issues.index.str[-1] == "0")
    changed = issues.assign(channel=issues["channel"].mask(begun, "open311"))
    answer = compared(over(frames | {"issues": changed}), Asked(MARCH, JUNE), ZONE, TODAY)
    assert answer.channels == ("open311",)


def test_the_usual_periods_are_whole_and_over(workspace: Workspace) -> None:
    usual = usual_spans(workspace, ZONE, over=OVER)
    may, june = (Step(date(2026, m, 1), date(2026, m, d)) for m, d in ((5, 31), (6, 30)))
    assert usual["month"] == (may, june)
    assert usual["year"] == (Step(date(2025, 6, 1), date(2025, 6, 30)), june)
    assert usual["quarter"][1] == Step(date(2026, 4, 1), june.until)
    assert usual_spans(workspace, ZONE, over=date(2026, 6, 29))["month"][1] == may


def test_what_cannot_be_compared_is_refused(workspace: Workspace) -> None:
    hotline = Selection(JUNE.since, JUNE.until, channel="hotline")
    for asked, says in (
        (Asked(JUNE, MARCH), "before the first has ended"),
        (Asked(MARCH, hotline), "one category and one channel"),
        (Asked(Selection(MARCH.until, MARCH.since), JUNE), "before it begins"),
    ):
        with pytest.raises(InvalidError, match=says):
            compared(workspace, asked, ZONE, TODAY)
    for asked in (Asked(MARCH, JUNE, by="street"), Asked(MARCH, JUNE, acted="999999")):
        with pytest.raises(NotFoundError):
            compared(workspace, asked, ZONE, TODAY)
