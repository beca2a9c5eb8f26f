"""Filing conditions over HTTP and on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import Result
from fastapi import FastAPI
from typer.testing import CliRunner

from api.commands import Faces, build
from api.main import create_app
from api.settings import Settings
from geodata.database import connect
from geodata.store import Store
from gridmap.access import Scope
from gridmap.demo.standard import DEMO_EDITION, demo_conditions
from gridmap.errors import ConflictError
from tests.people import client_of
from tests.registers import town_register

URL = "/api/v1/conditions"
WEST = Scope("division", "232701100001")
ROWS = [
    ["大类", "小类", "立案条件", "结案条件", "处置时限"],
    ["公用设施", "井盖破损", "缺失", "补装", "2紧急工作时"],
    ["公用设施", "井盖破损", "沉降", "调平", "5天"],
    ["公用设施", "路灯不亮", "单灯不亮", "修复", "2天"],
]


def workbook(path: Path, rows: list[list[str]] = ROWS) -> Path:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "部件"
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="en"))


def send(app: FastAPI, path: Path, *, role: str = "city_office", ask: str = "", **more: str) -> Any:
    """Send a sheet; a role that is no city office has the west of the town."""
    client = client_of(app, role) if role == "city_office" else client_of(app, role, WEST)
    return client.post(f"{URL}{ask}", data=more, files={"file": (path.name, path.read_bytes())})


def shown(app: FastAPI, **query: str) -> Any:
    return client_of(app, "city_office").get(URL, params=query)


def test_before_anything_is_published_there_are_no_conditions(app: FastAPI) -> None:
    assert shown(app).json() == {"edition": None, "editions": [], "conditions": []}


def test_a_preview_says_what_would_be_kept_and_keeps_nothing(app: FastAPI, tmp_path: Path) -> None:
    answer = send(app, workbook(tmp_path / "a.xlsx"), ask="?preview=true")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["counts"] == {"conditions": 3, "categories": 2, "groups": 1, "refused": 0}
    assert [row["limit_kind"] for row in body["conditions"]] == [
        "urgent_hours",
        "working_days",
        "working_days",
    ]
    assert "2 limits say 小时 or 天 and no more; they were read as working time." in body["notes"]
    assert shown(app).json()["editions"] == []


def test_a_sheet_is_published_and_found_by_edition_category_and_words(
    app: FastAPI, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "a.xlsx")
    answer = send(app, path, edition="2026-07", bare="calendar")
    assert answer.status_code == 201, answer.text
    assert answer.json()["edition"] == "2026-07"
    assert send(app, workbook(tmp_path / "b.xlsx", ROWS[:2]), edition="2026-08").status_code == 201
    newest = shown(app).json()
    assert (newest["edition"], newest["editions"]) == ("2026-08", ["2026-08", "2026-07"])
    assert len(newest["conditions"]) == 1
    old = shown(app, edition="2026-07").json()["conditions"]
    assert old[1] == {
        "condition_id": "2026-07-0002",
        "edition": "2026-07",
        "sort": "component",
        "group": "公用设施",
        "category": "井盖破损",
        "group_code": None,
        "category_code": None,
        "condition": "沉降",
        "closing": "调平",
        "limit_amount": 5.0,
        "limit_kind": "calendar_days",
        "handler": None,
        "supervisor": None,
        "basis": None,
        "position": 2,
    }
    found = shown(app, edition="2026-07", category="井盖破损").json()["conditions"]
    assert [row["condition"] for row in found] == ["缺失", "沉降"]
    found = shown(app, edition="2026-07", q="井盖 沉").json()["conditions"]
    assert [row["condition"] for row in found] == ["沉降"]
    assert shown(app, edition="2019").status_code == 404


def test_a_sheet_with_a_fault_is_refused_whole_and_every_fault_named(
    app: FastAPI, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "a.xlsx", [*ROWS, ["公用设施", "消火栓", "漏水", "修复", "尽快"]])
    answer = send(app, path, edition="2026-07")
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["row"], fault["column"], fault["value"]) == ("5", "limit_amount", "尽快")
    assert shown(app).json()["editions"] == []


def test_an_edition_is_published_once_and_named_by_its_date(app: FastAPI, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx")
    assert send(app, path).status_code == 422
    assert send(app, path, edition="新版").status_code == 422
    assert send(app, path, edition="2026-07").status_code == 201
    assert send(app, path, edition="2026-07").status_code == 409


@pytest.mark.parametrize("name", ["a.xls", "a.kml", "a"])
def test_what_is_no_sheet_is_refused_with_what_to_do(
    app: FastAPI, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0")
    answer = send(app, tmp_path / name, ask="?preview=true")
    assert answer.status_code == 422
    assert answer.json()["code"] == "unsupported-format"


def test_everybody_who_works_here_reads_conditions_and_the_city_office_alone_publishes(
    app: FastAPI, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "a.xlsx")
    for role in ("district_office", "subdistrict_office"):
        assert send(app, path, role=role, edition="2026-07").status_code == 403, role
        assert client_of(app, role, WEST).get(URL).status_code == 200, role
    assert client_of(app, "field_staff", Scope("unit", "u2")).get(URL).status_code == 200
    assert client_of(app, "system_admin").get(URL).status_code == 403


def test_nothing_that_was_sent_stays_behind(
    app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawer = tmp_path / "drawer"
    drawer.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(drawer))
    path = workbook(tmp_path / "a.xlsx")
    assert send(app, path, edition="2026-07").status_code == 201
    assert send(app, path, edition="2026-07").status_code == 409
    assert list(drawer.iterdir()) == []


def typed(url: str, *words: str) -> Result:
    program = build(Faces(create_app=lambda _: None))  # type: ignore[arg-type, return-value]
    return CliRunner().invoke(program, ["--json", "--database", url, "standard", *words])


def editions(url: str) -> list[str]:
    store = Store(connect(url))
    found = sorted(store.read("conditions")["edition"].unique())
    store.close()
    return found


def test_the_command_looks_publishes_and_publishes_no_edition_twice(tmp_path: Path) -> None:
    url, path = town_register(tmp_path), str(workbook(tmp_path / "a.xlsx"))
    looked = typed(url, path, "--preview")
    assert looked.exit_code == 0, looked.output
    assert json.loads(looked.stdout)["conditions"] == 3
    assert editions(url) == []
    done = typed(url, path, "--edition", "2026-07")
    assert json.loads(done.stdout) == {"edition": "2026-07", "conditions": 3}
    assert editions(url) == ["2026-07"]
    assert isinstance(typed(url, path, "--edition", "2026-07").exception, ConflictError)


def test_the_command_lists_every_fault_and_publishes_nothing(tmp_path: Path) -> None:
    url = town_register(tmp_path)
    bad = workbook(tmp_path / "a.xlsx", [*ROWS, ["公用设施", "消火栓", "漏水", "修复", "尽快"]])
    done = typed(url, str(bad), "--edition", "2026-07")
    assert done.exit_code == 1
    assert [fault["value"] for fault in json.loads(done.stdout)["errors"]] == ["尽快"]
    assert editions(url) == []


def test_the_command_publishes_the_made_up_scheme(tmp_path: Path) -> None:
    url = town_register(tmp_path)
    done = typed(url, "--demo")
    assert json.loads(done.stdout) == {
        "edition": DEMO_EDITION,
        "conditions": len(demo_conditions()),
    }
    assert typed(url).exit_code == 1
    assert typed(url, "--demo", str(workbook(tmp_path / "a.xlsx"))).exit_code == 1
