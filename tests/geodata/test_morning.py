"""The leaders' morning and charts of a town whose issues are counted by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import openpyxl
import pandas as pd
import pytest

from geodata.database import connect
from geodata.issues.records import events_frame
from geodata.reports.charts import CHARTS, Wanted, chart, sheet
from geodata.reports.loads import unit_loads
from geodata.reports.morning import Span, morning
from geodata.reports.parts import find_part
from geodata.reports.reaching import points_reaching
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.errors import InvalidError, NotFoundError
from tests.leading import AS_OF, FORMULA, G1, G3, G5, leading_register
from tests.town import COMMUNITIES

ZONE = ZoneInfo("Asia/Shanghai")
WEST, EAST = COMMUNITIES


def span(since: date = date(2026, 6, 1), until: date = AS_OF) -> Span:
    over = pd.Timestamp(until, tz=ZONE) + pd.Timedelta(days=1)
    return Span(since, until, over)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    store = Store(connect(leading_register(tmp_path_factory.mktemp("leading"))))
    yield Workspace(store)
    store.close()


def wanted(workspace: Workspace, code: str = "", **more: str) -> Wanted:
    return Wanted(span(), find_part(workspace, code, AS_OF), **more)


def test_what_changed_since_yesterday_is_counted_to_the_end_of_the_day(
    workspace: Workspace,
) -> None:
    found = morning(workspace, span())
    told = {"reported": 1, "closed": 0, "ran_out": 0, "reopened": 0, "made": 0, "ended": 0}
    assert found.since_yesterday == told
    assert found.usual["reported"] == pytest.approx(24 / 28)  # 1 to 28 June
    assert (found.standing["open"], found.standing["overdue"]) == (15, 12)
    assert found.standing["share"] == found.standing["share_yesterday"]


def test_the_grid_that_became_worse_is_named_with_its_unit_and_no_other(
    workspace: Workspace,
) -> None:
    found = morning(workspace, span())
    assert found.compared == ("grid", 7)
    (row,) = found.worse[found.worse["stands_out"]].to_dict("records")
    assert (row["code"], row["unit_id"], row["unit_name"]) == (G1, "u1", "市林业局")
    # 14 after 2 reported is 12 more as well: of two, what ran out of time is told
    assert (row["indicator"], row["earlier"], row["later"]) == ("ran_out", 0, 12)
    assert row["low"] > 1
    assert not found.better["stands_out"].any()


def test_days_before_the_first_record_are_no_days_without_issues(workspace: Workspace) -> None:
    """Records begin on 10 May: of the 181 days before 1 May nothing is known."""
    found = morning(workspace, span(date(2026, 5, 1)))
    assert found.days == (0, 61)
    assert found.worse.empty
    half = morning(workspace, span(date(2026, 5, 20)))
    assert half.days == (10, 42)


def test_late_units_come_with_the_share_and_its_interval(workspace: Workspace) -> None:
    (row,) = morning(workspace, span()).units.to_dict("records")
    assert (row["unit_id"], row["overdue"], row["n"]) == ("u1", 12, 14)
    # Wilson (1927) of 12 in 14
    assert (row["low"], row["high"]) == pytest.approx((0.6006, 0.9599), abs=1e-4)


def test_the_way_down_leads_to_the_issues_of_a_grid(workspace: Workspace) -> None:
    city = morning(workspace, span())
    assert city.below["code"].to_list() == [WEST, EAST]  # one district, one subdistrict: no step
    assert city.below["reported"].to_list() == [24, 1]
    west = morning(workspace, span(), WEST)
    assert west.part.name == "向阳社区"
    assert west.part.lineage["level"].to_list() == ["district", "subdistrict"]
    assert west.below.set_index("code").loc[[G1, G3], "overdue"].to_list() == [12, 0]
    grid = morning(workspace, span(), G1)
    assert (len(grid.issues), grid.issues["overdue"].sum()) == (14, 12)
    assert grid.below.empty
    assert grid.holders.to_list() == ["u1"]


def test_a_part_has_its_own_coverage(workspace: Workspace) -> None:
    """Three of the west's four squares have a unit; of the east's three, u3 cannot be called."""
    west, east = (morning(workspace, span(), code).standing for code in (WEST, EAST))
    assert west["share"] == pytest.approx(0.75, abs=1e-6)
    assert east["share"] == 0
    assert (west["gaps"], morning(workspace, span(), G1).standing["gaps"]) == (1, 0)


def test_a_reopened_issue_is_counted_on_its_day(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store(connect(leading_register(tmp_path_factory.mktemp("reopened"))))
    with store.write(who="a test", action="import") as writer:
        rows = store.read("issues").loc[["003-06-10-00"]].assign(reopenings=1, state="dispatched")
        writer.add("issues", rows, AS_OF)
        at = datetime(2026, 6, 30, 2, tzinfo=UTC)
        event = {
            "event_id": "e1",
            "issue_id": "003-06-10-00",
            "at": at,
            "act": "reopen",
            "from_state": "closed_out",
            "to_state": "dispatched",
            "by": "office",
            "reason": "又脏了",
            "details": {},
        }
        writer.add("issue_events", events_frame([event]), AS_OF)
    workspace = Workspace(store)
    assert morning(workspace, span()).since_yesterday["reopened"] == 1
    assert morning(workspace, span(), EAST).since_yesterday["reopened"] == 0
    assert morning(workspace, span(until=date(2026, 6, 29))).since_yesterday["reopened"] == 0
    store.close()


def test_what_is_not_there_or_cannot_be_is_refused(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError):
        morning(workspace, span(), "999")
    with pytest.raises(InvalidError):
        morning(workspace, span(date(2026, 7, 1)))
    with pytest.raises(NotFoundError):
        chart(workspace, "pie", wanted(workspace))


def test_the_course_has_a_step_a_day_and_the_interval_of_its_rate(workspace: Workspace) -> None:
    rows = chart(workspace, "trend", wanted(workspace)).set_index("since")
    assert len(rows) == 30
    day = rows.loc["2026-06-15"]
    assert (day["reported"], day["per_day"]) == (14, 14)
    assert (day["low"], day["high"]) == pytest.approx((7.654, 23.490), abs=1e-3)  # Garwood (1936)
    assert rows.loc["2026-06-12", "closed"] == 10


def test_a_long_course_goes_by_weeks_and_a_cut_one_by_its_days(workspace: Workspace) -> None:
    asked = Wanted(span(date(2026, 5, 1)), find_part(workspace, "", AS_OF))
    rows = chart(workspace, "trend", asked)
    assert rows["since"].dt.strftime("%m-%d").to_list()[:3] == ["05-01", "05-04", "05-11"]
    assert rows["days"].to_list()[0] == 3  # Friday to Sunday
    assert rows["days"].to_list()[-1] == 2  # Monday and Tuesday
    assert (rows["reported"].sum(), rows["closed"].sum()) == (37, 22)


def test_the_calendar_has_every_day(workspace: Workspace) -> None:
    rows = chart(workspace, "calendar", wanted(workspace)).set_index("day")["reported"]
    assert len(rows) == 30
    assert rows[rows > 0].to_dict() == {
        pd.Timestamp("2026-06-10"): 10,
        pd.Timestamp("2026-06-15"): 14,
        pd.Timestamp("2026-06-30"): 1,
    }


def test_categories_add_up_to_all(workspace: Workspace) -> None:
    asked = Wanted(span(date(2026, 5, 1)), find_part(workspace, "", AS_OF))
    rows = chart(workspace, "categories", asked)
    assert rows["n"].to_list() == [36, 1]
    assert rows["together"].iloc[-1] == 1


def test_figures_follow_place_category_and_channel(workspace: Workspace) -> None:
    def reported(asked: Wanted) -> int:
        return int(chart(workspace, "stages", asked).set_index("stage")["n"]["reported"])

    assert reported(wanted(workspace)) == 25
    assert reported(wanted(workspace, WEST)) == 24
    assert reported(wanted(workspace, G5)) == 1
    assert reported(wanted(workspace, channel="unit_patrol")) == 9
    assert reported(wanted(workspace, category=FORMULA)) == 0


def test_ages_and_stages_are_those_of_the_issues(workspace: Workspace) -> None:
    rows = chart(workspace, "ages", wanted(workspace)).set_index("from_days")
    assert rows.loc[0, ["within", "overdue"]].to_list() == [1, 0]
    assert rows.loc[15, ["within", "overdue"]].to_list() == [2, 12]  # since the 15th
    stages = chart(workspace, "stages", wanted(workspace)).set_index("stage")["n"]
    assert stages.to_dict() == {
        "reported": 25,
        "filed": 25,
        "dispatched": 25,
        "rectified": 10,
        "closed_out": 10,
    }


def test_on_time_is_told_of_each_unit_as_the_evaluation_tells_it(workspace: Workspace) -> None:
    asked = Wanted(span(date(2026, 5, 1)), find_part(workspace, "", AS_OF))
    rows = chart(workspace, "on_time", asked).set_index("unit_id")
    assert rows.loc["u1", ["part", "whole"]].to_list() == [2, 14]  # two in May, twelve late
    assert rows.loc["u2", ["part", "whole"]].to_list() == [19, 20]
    assert rows.index.to_list() == ["u1", "u2"]  # the worst first
    assert chart(workspace, "on_time", wanted(workspace, EAST)).empty


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_a_sheet_with_headings_and_figures(
    workspace: Workspace, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    asked = Wanted(span(date(2026, 5, 1)), find_part(workspace, "", AS_OF))
    path = tmp_path_factory.mktemp("sheets") / f"{name}.xlsx"
    path.write_bytes(sheet(workspace, name, asked))
    rows = list(openpyxl.load_workbook(path).active.iter_rows())
    assert [cell.value for cell in rows[0]] == [column.heading for column in CHARTS[name].columns]
    assert len(rows) - 1 == len(chart(workspace, name, asked))
    assert not [cell for row in rows for cell in row if cell.data_type == "f"]


def test_a_category_that_looks_like_a_formula_stays_text(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    asked = Wanted(span(date(2026, 5, 1)), find_part(workspace, "", AS_OF))
    path = tmp_path_factory.mktemp("formula") / "categories.xlsx"
    path.write_bytes(sheet(workspace, "categories", asked))
    (cell,) = (
        cell
        for row in openpyxl.load_workbook(path).active.iter_rows()
        for cell in row
        if cell.value == FORMULA
    )
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_the_load_of_a_unit_is_its_grids_for_its_people(workspace: Workspace) -> None:
    found = unit_loads(workspace, AS_OF)
    assert found.loc[G1, ["unit_id", "n_grids", "headcount"]].to_list() == ["u1", 2, 40]
    assert found.loc[G1, "load"] == pytest.approx(0.5)
    assert found.loc[G1, "area_m2"] == pytest.approx(20_000, rel=1e-3)
    assert found["load"].isna().sum() == 2  # two grids that nobody holds


def test_a_point_is_judged_by_its_last_visit(workspace: Workspace) -> None:
    found = points_reaching(workspace, AS_OF, ZONE).set_index("point_id")
    assert found.loc["m1", ["share", "reached"]].to_list() == [1, True]
    assert found.loc["s1", ["share", "reached"]].to_list() == [0.65, False]
    earlier = points_reaching(workspace, date(2026, 6, 1), ZONE).set_index("point_id")
    assert earlier.loc["m1", "share"] == 0.5
    assert points_reaching(workspace, date(2026, 5, 1), ZONE)["reached"].isna().all()
