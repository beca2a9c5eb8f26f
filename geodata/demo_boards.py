"""
Boards of an invented city: ten groups of which nine have tasks, months done and not done.

Which reported tasks are done is planted (`planted`), so that a test can ask for it again; what is
computed is as the invented register has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import pandas as pd

from geodata.reports.board import read_board
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap import boards
from gridmap.boards import Task
from gridmap.frozen_months import Closing, frozen

ZONE = ZoneInfo("Asia/Shanghai")
GROUPS: tuple[tuple[str, str, str], ...] = (
    ("市容环境组", "背街小巷整治", "整治背街小巷"),
    ("基础设施组", "破损路面修补", "修补破损路面"),
    ("老旧小区组", "楼道堆放清理", "清理楼道"),
    ("农贸市场组", "市场周边整治", "整治市场周边"),
    ("交通秩序组", "停车泊位规范", "施划停车泊位"),
    ("志愿服务组", "志愿活动", "组织志愿活动"),
    ("校园周边组", "校园周边治理", "治理校园周边"),
    ("宣传氛围组", "公益广告更新", "更新公益广告"),
    ("材料档案组", "网上申报材料", "整理申报材料"),
    ("督导问责组", "", ""),
)
"""Name, item of the year, monthly task; a group without an item has no board."""
COMPUTED: tuple[tuple[str, str, float], ...] = (
    ("coverage", "责任区域全覆盖", 0.9),
    ("on_time", "问题按期整改", 0.8),
    ("closed", "当月问题结案", 0.6),
    ("walked", "责任道路巡查", 0.3),
)
BEFORE, AFTER, FROZEN = 4, 1, 2  # months
NOT_DONE = 5  # one in so many
REASON = "雨季施工受阻，已调整计划，下月补齐"
GRIDS_AT_MOST = 20_000
OFFICE = "创城办 方圆"


@dataclass(frozen=True)
class Planted:
    """
    A reported task, and how far it is.

    Parameters
    ----------
    task
        The task.
    amount
        What was reported.
    is_done
        Whether that reaches the target.
    """

    task: Task
    amount: float
    is_done: bool


def add_demo_boards(store: Store) -> None:
    """
    Write groups, tasks and frozen months, up to the month after today's.

    Parameters
    ----------
    store
        Of a register with units; one of more than `GRIDS_AT_MOST` grids gets no boards.
    """
    workspace, today = Workspace(store), store.now().astimezone(ZONE).date()
    units = workspace.frame("units", today)
    units = units[units["active"].fillna(value=True).astype(bool) & (units["party"] == "unit")]
    if units.empty or len(workspace.frame("grids", today)) > GRIDS_AT_MOST:
        return
    reported = list(planted(list(units.index), today))
    areas = list(workspace.frame("communities", today).index)
    counted = list(_counted(list(units.index), areas, today))
    _add_tasks(store, reported, counted, today)
    _add_reasons(store, workspace, today)
    _freeze(store, workspace, today)


def planted(units: list[str], today: date) -> Iterator[Planted]:
    """
    Yield the reported tasks; of past ones, one in `NOT_DONE` is not done.

    Parameters
    ----------
    units
        Who is responsible, in turn.
    today
        The month of this day is half done, later ones have not begun.
    """
    for n, (group, item, what) in enumerate(GROUPS):
        for k in range(-BEFORE, AFTER + 1) if item else ():
            month, target = _shifted(today, k), 10.0 + 2 * n
            is_done = k < 0 and (n + k) % NOT_DONE != 0
            amount = target if is_done else target // 2 if k <= 0 else 0.0
            title = f"{what}{target:g}处"
            unit = units[n % len(units)]
            task = Task(group, item, month, title, "reported", target, unit, None, 1)
            yield Planted(task, amount, is_done)


def _counted(units: list[str], areas: list[str], today: date) -> Iterator[Task]:
    """Yield a task for each group that the register counts, in a community of its own."""
    for n, (group, item, _) in enumerate(GROUPS):
        rule, title, target = COMPUTED[n % len(COMPUTED)]
        area = areas[n % len(areas)] if areas else None
        for k in range(-BEFORE, AFTER + 1) if item else ():
            unit = units[(n + 1) % len(units)]
            yield Task(group, title, _shifted(today, k), title, rule, target, unit, area, 2)


def _add_tasks(store: Store, reported: list[Planted], counted: list[Task], today: date) -> None:
    tasks = [*(one.task for one in reported), *counted]
    amounts = {one.task.task_id: one.amount for one in reported if one.amount}
    with store.write(who="demo", action="board-plan", what={"demo": True}) as writer:
        groups = boards.new_groups(writer.read("board_groups"), [name for name, *_ in GROUPS])
        writer.add("board_groups", groups, today)
        rows = boards.planned(writer.read("board_tasks"), tasks)
        told = rows.index.isin(list(amounts))
        rows["amount"] = rows.index.map(amounts).astype("float64")
        rows["evidence"] = rows["evidence"].mask(told, "已完成情况见照片台账").astype("str")
        rows["reported_by"] = rows["reported_by"].mask(told, "单位联络员 何平").astype("str")
        rows.loc[told, "reported_at"] = pd.Timestamp(store.now())
        writer.add("board_tasks", rows, today)


def _years(today: date) -> list[int]:
    return sorted({_shifted(today, k).year for k in range(-BEFORE, AFTER + 1)})


def _add_reasons(store: Store, workspace: Workspace, today: date) -> None:
    """Give everything that is not done its reason, but for the last month."""
    last = pd.Timestamp(_shifted(today, -1))
    found = pd.concat([read_board(workspace, year, today, ZONE).tasks for year in _years(today)])
    late = found[(found["flag"] == "not_done") & (found["month"] < last)]
    with store.write(who="demo", action="board-report", what={"demo": True}) as writer:
        book = writer.read("board_tasks")
        rows = book[book.index.isin(late["task_id"])]
        writer.add("board_tasks", rows.assign(reason=pd.array([REASON] * len(rows), "str")), today)


def _freeze(store: Store, workspace: Workspace, today: date) -> None:
    """Freeze the months before the last."""
    with store.write(who="demo", action="board-freeze", what={"demo": True}) as writer:
        book = writer.read("board_months")
        for k in range(-BEFORE, 1 - FROZEN):
            month = _shifted(today, k)
            board = read_board(workspace, month.year, today, ZONE)
            for group in board.groups.index:
                closing = Closing(str(group), month, today, "本月工作已通报。")
                tasks = board.of(str(group), month)
                if len(tasks):
                    row = frozen(book, tasks, closing, by=OFFICE, at=store.now())
                    writer.add("board_months", row, today)


def _shifted(day: date, months: int) -> date:
    """Return the first day of the month so many months after a day's."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
