"""A town with boards, and who tells of them."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from openpyxl import Workbook
from starlette.testclient import TestClient

from api.settings import Settings
from geodata.board_plans import HEADINGS
from geodata.database import connect
from geodata.store import Store
from gridmap import boards, layers
from gridmap.access import Scope
from gridmap.boards import Task
from tests.people import client_of
from tests.registers import town_register
from tests.town import COMMUNITIES
from web.main import create_app

WEST, EAST = COMMUNITIES
MAY = date(2026, 5, 1)
SWEEP = Task("市容环境组", "背街小巷整治", MAY, "整治小巷20条", "reported", 20.0, "u1")
COVER = Task("网格组", "责任全覆盖", MAY, "西片覆盖九成", "coverage", 0.9, "u2", WEST)
HOSTILE = "<img src=x onerror=1>${1}`"
ODD = Task("市容环境组", HOSTILE, MAY, HOSTILE, "reported", 1.0, "u2", EAST)
G1, G2 = (boards.group_id(task.group) for task in (SWEEP, COVER))
API = "/api/v1/boards"
PDF = b"%PDF-1.4\n%%EOF\n"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("boards")
    store = Store(connect(town_register(folder)))
    groups = boards.new_groups(layers.empty(boards.GROUPS), [SWEEP.group, COVER.group, "督导组"])
    tasks = boards.planned(layers.empty(boards.TASKS), [SWEEP, COVER, ODD])
    with store.write(who="a test", action="board-plan") as writer:
        writer.add("board_groups", groups, date(2026, 1, 1))
        writer.add("board_tasks", tasks, date(2026, 1, 1))
    store.close()
    return folder / "town.gpkg"


def served(template: Path, folder: Path, **more: Any) -> FastAPI:
    path = folder / "town.gpkg"
    path.write_bytes(template.read_bytes())
    told = {"documents_folder": folder / "documents", "language": "en", **more}
    return create_app(Settings(database_url=f"gpkg:///{path}", **told))


@pytest.fixture(scope="module")
def still(template: Path, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Serve boards on which nothing is told."""
    return served(template, tmp_path_factory.mktemp("still"))


@pytest.fixture
def app(template: Path, tmp_path: Path) -> FastAPI:
    return served(template, tmp_path)


def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def unit(app: FastAPI, key: str) -> TestClient:
    return client_of(app, "unit_coordinator", Scope("unit", key))


def report(client: TestClient, task: Task, **body: Any) -> Any:
    return client.post(f"{API}/tasks/{task.task_id}/report", json=body)


def freeze(client: TestClient, group: str = G1, month: str = "2026-05") -> Any:
    return client.post(f"{API}/groups/{group}/months/{month}/freeze", json={"report": "五月"})


def month(client: TestClient, group: str = G1) -> Any:
    answer = client.get(f"{API}/groups/{group}/months/2026-05")
    assert answer.status_code == 200, answer.text
    return answer.json()


def sheet(*rows: tuple[object, ...]) -> dict[str, Any]:
    """Return a plan as a browser sends it."""
    made = Workbook()
    page = made.active
    assert page is not None
    page.append([said[0] for said in HEADINGS.values()])
    for row in rows:
        page.append(list(row))
    content = io.BytesIO()
    made.save(content)
    return {"file": ("年度计划.xlsx", content.getvalue(), XLSX)}


GOOD = ("宣传组", "公益广告", "2026-07", "更新20处", "林业局", None, "单位填报", 20, 1)
BAD = ("宣传组", "公益广告", "2026-07", "更新20处", "某局", None, "单位填报", "许多", 1)
