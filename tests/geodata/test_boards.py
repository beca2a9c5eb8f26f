"""Boards in a register: amounts by hand, reports, frozen months, plans from Excel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

from geodata.board_plans import HEADINGS, Names, PlanPreview, read_plan, write_board
from geodata.boards import Boards
from geodata.database import connect, migrate
from geodata.demo_boards import GROUPS, add_demo_boards, planted
from geodata.errors import StaleError
from geodata.reports.amounts import COUNTED, Amount, Scope
from geodata.store import Store
from gridmap import boards, layers
from gridmap.access import Grant, Person
from gridmap.access import Scope as Reach
from gridmap.boards import Progress, Task
from gridmap.errors import ConflictError, ForbiddenError, InvalidError
from tests.geodata.towns import OFFICER, ZONE, Office, opened
from tests.registers import CRS, town_register
from tests.town import COMMUNITIES, METRIC, SQUARES, place

WEST, EAST = COMMUNITIES
G1, _G2, _G3, _G4, G5, *_ = SQUARES
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
TODAY = date(2026, 6, 1)
SWEEP = Task("市容环境组", "背街小巷整治", MAY, "整治小巷20条", "reported", 20.0, "u1")
COVER = Task("网格组", "责任全覆盖", MAY, "西片覆盖九成", "coverage", 0.9, "u2", WEST)
COUNTERPART = Person("p-zhao", "赵四", frozenset({Grant("unit_coordinator", Reach("unit", "u2"))}))


def issue(key: str, reported: str, done: str | None, due: str, **more: Any) -> dict[str, Any]:
    return {
        "issue_id": key,
        "reported_at": f"{reported}T02:00:00Z",
        "due_at": f"{due}T02:00:00Z",
        "rectified_at": None if done is None else f"{done}T02:00:00Z",
        "closed_at": None if done is None else f"{done}T05:00:00Z",
        "state": "accepted" if done is None else "closed_out",
        "category": "野广告",
        "channel": "hotline",
        "grid": G1,
        "unit_id": "u1",
        "geometry": place(50, 150),
        **more,
    }


# of May, in the western community: a in time, b late, c not at all; d merged; e in the east
ISSUES = (
    issue("a", "2026-05-04", "2026-05-06", "2026-05-07"),
    issue("b", "2026-05-04", "2026-05-20", "2026-05-07", unit_id="u2"),
    issue("c", "2026-05-10", None, "2026-05-12"),
    issue("d", "2026-05-10", None, "2026-05-12", state="merged"),
    issue("e", "2026-05-10", "2026-05-11", "2026-05-12", grid=G5, unit_id="u3"),
    issue("f", "2026-04-28", "2026-05-01", "2026-04-30"),  # its limit ended in April
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the town with issues, a patrol of u1 and visits of May."""
    folder = tmp_path_factory.mktemp("boards")
    town_register(folder)
    office = opened(folder / "town.gpkg")
    frame = gpd.GeoDataFrame(list(ISSUES), geometry="geometry", crs=METRIC).to_crs(CRS)
    walked = {"roads": [["r1", 0.0, 50.0], ["r1", 40.0, 120.0]], "points": [], "ticked": []}
    patrol = {
        "patrol_id": "w1",
        "unit_id": "u1",
        "by": "王一",
        "day": "2026-05-05",
        "started_at": "2026-05-05T01:00:00Z",
        "walked": json.dumps(walked),
    }
    looks = [("v1", "m1", 8.0, "04"), ("v2", "m1", 10.0, "20"), ("v3", "s1", 9.0, "20")]
    visits = [
        {
            "visit_id": key,
            "point_id": point,
            "unit_id": "u2",
            "at": f"2026-05-{day}T02:00:00Z",
            "by": "李二",
            "score": score,
            "out_of": 10.0,
        }
        for key, point, score, day in looks
    ]
    with office.store.write(who="a test", action="import") as writer:
        writer.add("issues", layers.conform(frame, layers.LAYERS["issues"]), TODAY)
        for name, rows in (("patrols", [patrol]), ("visits", visits)):
            raw = pd.DataFrame(rows)
            for moment in {"at", "started_at"} & set(raw):
                raw[moment] = pd.to_datetime(raw[moment])
            if "day" in raw:
                raw["day"] = pd.to_datetime(raw["day"])
            writer.add(name, layers.conform(raw, layers.BOOKS[name]), TODAY)
    office.store.close()
    return folder / "town.gpkg"


@pytest.fixture
def office(template: Path, tmp_path: Path) -> Iterator[Office]:
    path = tmp_path / "town.gpkg"
    path.write_bytes(template.read_bytes())
    made = opened(path)
    yield made
    made.store.close()


def book(office: Office, person: Person = OFFICER, today: date = TODAY) -> Boards:
    return Boards(office.workspace, person, today, ZONE)


def plan(office: Office, *tasks: Task) -> Boards:
    """Take tasks in, and return the boards."""
    found = PlanPreview(dict(enumerate(tasks, start=2)), pd.DataFrame())
    made = book(office)
    made.plan(found, "年度计划.xlsx")
    return made


def names(office: Office) -> Names:
    frames = [office.workspace.frame(name, TODAY) for name in ("subdistricts", "communities")]
    return Names.of(office.workspace.frame("units", TODAY), frames)


def workbook(path: Path, *rows: tuple[object, ...]) -> Path:
    """Write a plan as an office does."""
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append([said[0] for said in HEADINGS.values()])
    for row in rows:
        sheet.append(list(row))
    made.save(path)
    return path


@pytest.mark.parametrize(
    ("rule", "division", "unit", "part", "whole"),
    [
        ("coverage", WEST, None, 30_000.0, 40_000.0),  # 004 has nobody
        ("coverage", EAST, None, 0.0, 40_000.0),  # nobody to call, not in use, nobody, no grid
        ("coverage", None, None, 30_000.0, 80_000.0),
        ("on_time", WEST, None, 1.0, 3.0),
        ("on_time", None, "u1", 1.0, 2.0),
        ("on_time", None, None, 2.0, 4.0),
        ("closed", WEST, None, 2.0, 3.0),
        ("closed", None, None, 3.0, 4.0),
        ("walked", WEST, None, 120.0, 200.0),
        ("walked", EAST, None, 0.0, 200.0),
        ("walked", None, "u1", 120.0, 150.0),
        ("points_reached", WEST, None, 1.0, 1.0),  # the last visit counts
        ("points_reached", EAST, None, 0.0, 1.0),
        ("points_reached", None, "u2", 1.0, 1.0),
        ("points_reached", None, None, 1.0, 2.0),
    ],
)
def test_an_amount_is_what_one_counts_by_hand(
    office: Office, rule: str, division: str | None, unit: str | None, part: float, whole: float
) -> None:
    scope = Scope(office.workspace, division, unit, MAY, TODAY, ZONE)
    assert COUNTED[rule](scope) == pytest.approx(Amount(part, whole), rel=1e-3)


def test_an_unknown_division_has_no_amount(office: Office) -> None:
    found = COUNTED["coverage"](Scope(office.workspace, "110101001001", None, MAY, TODAY, ZONE))
    assert pd.isna(found.whole)


def test_a_group_without_tasks_has_no_board(office: Office) -> None:
    made = plan(office, SWEEP)
    made.add_group("督导组")
    board = made.board(2026)
    assert board.groups["name"].to_list() == ["市容环境组", "督导组"]
    flags = board.history()
    assert flags[boards.group_id("市容环境组")] == ["none"] * 4 + ["not_done"] + ["none"] * 7
    assert set(flags[boards.group_id("督导组")]) == {"none"}


def test_flags_follow_reports_and_the_register(office: Office) -> None:
    made = plan(office, SWEEP, COVER, replace(COVER, month=JUNE, target=0.7))
    made.report(SWEEP.task_id, Progress(20.0, "见照片"))
    told = made.board(2026).tasks.set_index("title")
    assert told.loc["整治小巷20条", "flag"] == "done"
    may, june = (told[told["month"] == pd.Timestamp(month)] for month in (MAY, JUNE))
    cover = may.loc["西片覆盖九成"]
    assert (cover["flag"], cover["unit_name"], cover["division_name"]) == (
        "not_done",
        "市教育局",
        "向阳社区",
    )
    assert cover["amount"] == pytest.approx(0.75, abs=1e-3)
    assert june["flag"].to_list() == ["done"]


def test_a_share_of_counted_things_has_its_interval(office: Office) -> None:
    told = plan(office, replace(COVER, rule="on_time")).board(2026).tasks.iloc[0]
    assert (told["part"], told["whole"]) == (1.0, 3.0)
    assert 0 < told["low"] < 1 / 3 < told["high"] < 1


def test_a_unit_tells_of_its_own_tasks_only(office: Office) -> None:
    plan(office, SWEEP, COVER)
    unit = book(office, COUNTERPART)
    unit.report(COVER.task_id, Progress(reason="第四网格待划"))
    with pytest.raises(ForbiddenError):
        unit.report(SWEEP.task_id, Progress(20.0))


def test_an_office_plans_and_tells_of_what_lies_in_its_division(office: Office) -> None:
    plan(office, SWEEP, COVER)
    west, east = (
        book(office, Person("p", "江晨", frozenset({Grant("district_office", Reach(*scope))})))
        for scope in (("division", "232701"), ("division", EAST))
    )
    west.report(COVER.task_id, Progress(reason="第四网格待划"))  # the district above it
    with pytest.raises(ForbiddenError):
        west.report(SWEEP.task_id, Progress(20.0))
    with pytest.raises(ForbiddenError):
        east.report(COVER.task_id, Progress(reason="不是我们的"))
    found = PlanPreview({2: COVER, 3: SWEEP}, pd.DataFrame())
    assert east.faults(found)["code"].to_list() == ["foreign", "foreign"]
    assert west.faults(found)["row"].to_list() == [3]
    with pytest.raises(ForbiddenError):
        east.withdraw(COVER.task_id, "不归我们")


def test_of_two_who_tell_of_a_task_the_second_is_told(office: Office) -> None:
    made = plan(office, SWEEP)
    made.report(SWEEP.task_id, Progress(10.0), seen="")
    with pytest.raises(StaleError):
        made.report(SWEEP.task_id, Progress(12.0), seen="")
    assert made.board(2026).tasks["amount"].to_list() == [10.0]


def test_a_frozen_month_stays_whatever_becomes_of_the_register(office: Office) -> None:
    made = plan(office, COVER)
    group = boards.group_id(COVER.group)
    with pytest.raises(ConflictError, match="no reason"):
        made.freeze(group, MAY)
    made.report(COVER.task_id, Progress(reason="第四网格待划"))
    kept = made.freeze(group, MAY, "五月报告")
    with office.store.write(who="a test", action="tidy") as writer:
        writer.retire("grids", [G1], date(2026, 1, 1))
    scope = Scope(office.workspace, WEST, None, MAY, TODAY, ZONE)
    assert COUNTED["coverage"](scope).part == pytest.approx(20_000, rel=1e-3)
    board = made.board(2026)
    told = board.of(group, MAY).iloc[0]
    assert (told["flag"], bool(told["frozen"])) == ("not_done", True)
    assert told["amount"] == pytest.approx(0.75, abs=1e-3)
    row = board.frozen(group, MAY)
    assert row is not None
    assert (row["hash"], row["report"]) == (kept, "五月报告")
    with pytest.raises(ConflictError, match="stays as it was"):
        made.report(COVER.task_id, Progress(reason="补报"))


def test_a_withdrawn_task_is_on_the_board_no_more(office: Office) -> None:
    made = plan(office, SWEEP)
    with pytest.raises(InvalidError, match="Say why"):
        made.withdraw(SWEEP.task_id, " ")
    made.withdraw(SWEEP.task_id, "并入老旧小区组")
    assert made.board(2026).tasks.empty


def test_a_plan_is_read_with_chinese_headings_and_names(office: Office, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "plan.xlsx",
        ("市容环境组", "整治", "2026年5月", "整治小巷20条", "林业局", None, "单位填报", 20, 1),
        ("网格组", "覆盖", "2026-06", "覆盖", "市教育局", "向阳社区", "责任覆盖率", "95%", 2),
        ("网格组", "覆盖", datetime(2026, 7, 1), "覆盖", "u2", WEST, "责任覆盖率", 0.95, None),  # noqa: DTZ001
    )
    found = read_plan(path, names(office))
    assert found.faults.empty
    first, second, third = found.tasks.values()
    assert (first.unit_id, first.month, first.target) == ("u1", MAY, 20.0)
    assert (second.unit_id, second.division, second.target) == ("u2", WEST, 0.95)
    assert replace(second, month=third.month, position=None) == third


def test_every_fault_of_a_file_is_listed_and_nothing_is_written(
    office: Office, tmp_path: Path
) -> None:
    path = workbook(
        tmp_path / "plan.xlsx",
        ("市容环境组", "整治", "2026-13", "一", "林业局", None, "单位填报", "许多", 1),
        ("市容环境组", "整治", "2026-05", None, "某局", "某地", "看情况", 20, 1),
        ("市容环境组", "整治", "2026-05", "三", "建委", None, "单位填报", 20, 1),
    )
    made = book(office)
    found = read_plan(path, names(office))
    wrong = made.faults(found)
    assert set(zip(wrong["row"], wrong["column"], strict=True)) == {
        (2, "month"),
        (2, "target"),
        (3, "title"),
        (3, "unit_id"),
        (3, "division"),
        (3, "rule"),
        (4, "unit_id"),  # no longer in use
    }
    with pytest.raises(InvalidError):
        made.plan(found, "plan.xlsx")
    assert made.board(2026).groups.empty


def test_a_missing_column_is_named(office: Office, tmp_path: Path) -> None:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(["专项组", "月份"])
    sheet.append(["市容环境组", "2026-05"])
    made.save(tmp_path / "short.xlsx")
    found = read_plan(tmp_path / "short.xlsx", names(office))
    assert found.faults["column"].to_list() == ["item", "title", "rule", "target"]


def test_an_exported_board_is_the_plan_that_was_brought_in(office: Office, tmp_path: Path) -> None:
    made = plan(office, SWEEP, COVER)
    made.report(SWEEP.task_id, Progress(12.0, "已整治12条", "=1+1"))
    board = made.board(2026)
    path = tmp_path / "board.xlsx"
    path.write_bytes(write_board(board.groups, board.tasks))
    rows = list(load_workbook(path).worksheets[0].iter_rows(values_only=True))
    told = dict(zip(rows[0], rows[1], strict=True))
    assert (told["旗帜"], told["完成"], told["未完成原因"]) == ("未完成", "12", "=1+1")
    again = read_plan(path, names(office))
    assert {task.task_id for task in again.tasks.values()} == {SWEEP.task_id, COVER.task_id}
    assert made.plan(again, "board.xlsx") == {"groups": 0, "tasks": 0, "known": 2}
    assert made.board(2026).tasks["amount"].dropna().iloc[0] in (12.0, pytest.approx(0.75))


def test_the_form_of_a_plan_is_a_board_without_tasks(office: Office, tmp_path: Path) -> None:
    board = book(office).board(2026)
    path = tmp_path / "form.xlsx"
    path.write_bytes(write_board(board.groups, board.tasks))
    headings = [cell.value for cell in load_workbook(path).worksheets[0][1]]
    assert {said[0] for said in HEADINGS.values()} - set(headings) == {"顺序"}


def test_a_past_day_shows_the_board_as_it_was(office: Office) -> None:
    plan(office, SWEEP)
    assert book(office, today=date(2026, 5, 20)).board(2026).tasks.empty
    later = book(office, today=datetime(2026, 7, 1, tzinfo=UTC).date()).board(2026)
    assert later.tasks["flag"].to_list() == ["not_done"]


def test_the_boards_of_an_invented_city_are_as_planted(office: Office) -> None:
    add_demo_boards(office.store)
    today = office.store.now().astimezone(ZONE).date()
    units = list(office.workspace.frame("units", today).query("active and party == 'unit'").index)
    made = book(office, today=today)
    truth = {one.task.task_id: one for one in planted(units, today)}
    years = {one.task.month.year for one in truth.values()}
    told = pd.concat([made.board(year).tasks for year in years]).set_index("task_id")
    for key, one in truth.items():
        assert (told.loc[key, "flag"] == "done") == one.is_done
        assert pd.notna(told.loc[key, "amount"]) == (one.amount > 0)
    assert {one.is_done for one in truth.values()} == {True, False}
    groups = made.board(today.year).groups
    assert len(groups) == len(GROUPS) == 10
    assert told["group_id"].nunique() == 9
    frozen = told[told["frozen"].astype(bool)]
    assert frozen["month"].nunique() == 3
    assert frozen.loc[frozen["flag"] == "not_done", "reason"].notna().all()


def test_a_register_without_units_gets_no_boards(tmp_path: Path) -> None:
    database = connect(f"gpkg:///{tmp_path / 'bare.gpkg'}")
    migrate(database, name="空")
    store = Store(database)
    add_demo_boards(store)
    assert store.version("board_groups") == 0
    store.close()
