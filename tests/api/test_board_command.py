"""The command of the board, as an operator types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

from api.commands import Faces, build
from api.main import create_app
from geodata.board_plans import HEADINGS
from geodata.boards import Boards
from geodata.database import connect
from geodata.demo_boards import ZONE
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.access import OPERATOR
from gridmap.boards import Progress
from gridmap.errors import GridMapError
from tests.registers import town_register

ROW = ("宣传组", "公益广告", "2026-05", "更新20处", "林业局", None, "单位填报", 20, 1)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return town_register(tmp_path)


def asked(url: str, *words: str) -> dict[str, Any]:
    command = build(Faces(create_app))
    done = CliRunner().invoke(command, ["--json", "--database", url, "board", *words])
    if isinstance(done.exception, GridMapError):
        raise done.exception
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def plan(folder: Path, *rows: tuple[object, ...]) -> str:
    made = Workbook()
    page = made.active
    assert page is not None
    page.append([said[0] for said in HEADINGS.values()])
    for row in rows:
        page.append(list(row))
    path = folder / "plan.xlsx"
    made.save(path)
    return str(path)


def test_a_plan_is_brought_in_listed_told_and_frozen(url: str, tmp_path: Path) -> None:
    file = plan(tmp_path, ROW)
    assert asked(url, "plan", file, "--check") == {"tasks": 1, "faults": 0}
    assert asked(url, "list", "2026-05")["groups"] == []
    assert asked(url, "plan", file) == {"groups": 1, "tasks": 1, "known": 0}
    assert asked(url, "plan", file) == {"groups": 0, "tasks": 0, "known": 1}
    (group,) = asked(url, "list", "2026-05")["groups"]
    assert (group["name"], group["flag"], group["tasks"]) == ("宣传组", "not_done", 1)
    with pytest.raises(GridMapError, match="no reason yet"):
        asked(url, "freeze", "2026-05")
    store = Store(connect(url))
    (task,) = asked(url, "list", "2026-05")["tasks"]
    book = Boards(Workspace(store), OPERATOR, store.now().astimezone(ZONE).date(), ZONE)
    book.report(task["task_id"], Progress(reason="雨季停工"))
    store.close()
    (frozen,) = asked(url, "freeze", "2026-05", "--report", "五月")["frozen"]
    assert (frozen["group"], len(frozen["hash"])) == ("宣传组", 64)
    assert asked(url, "freeze", "2026-05")["frozen"] == []
    assert asked(url, "list", "2026-05")["groups"][0]["frozen"] is True


def test_every_fault_of_a_plan_is_told_and_nothing_is_written(url: str, tmp_path: Path) -> None:
    file = plan(tmp_path, ROW, (*ROW[:4], "某局", None, "单位填报", "许多", 1))
    with pytest.raises(GridMapError, match="2 faults"):
        asked(url, "plan", file)
    assert asked(url, "list", "2026-05")["groups"] == []
    with pytest.raises(GridMapError, match="no group"):
        asked(url, "freeze", "2026-05", "--group", "无此组")
