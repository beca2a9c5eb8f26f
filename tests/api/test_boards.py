"""Boards over HTTP and on their pages: for whom, in which words, and what is refused."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from openpyxl import Workbook, load_workbook
from pydantic import ValidationError
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


def test_everybody_reads_the_whole_board(still: FastAPI) -> None:
    readers = [
        office(still),
        unit(still, "u1"),
        client_of(still, "leader", Scope("division", WEST)),
    ]
    told = [client.get(API, params={"year": 2026}).json() for client in readers]
    assert told[0] == told[1] == told[2]
    assert [group["name"] for group in told[0]["groups"]] == ["市容环境组", "网格组", "督导组"]
    assert told[0]["groups"][0]["flags"][4] == "not_done"
    cover = next(task for task in told[0]["tasks"] if task["task_id"] == COVER.task_id)
    assert (cover["part"], cover["whole"]) == pytest.approx((30_000, 40_000), rel=1e-3)


def test_an_answer_is_kept_until_a_board_changes(app: FastAPI) -> None:
    client = office(app)
    tag = client.get(API).headers["etag"]
    assert client.get(API, headers={"If-None-Match": tag}).status_code == 304
    assert report(client, SWEEP, amount=20).status_code == 200
    assert client.get(API, headers={"If-None-Match": tag}).status_code == 200


def test_a_unit_tells_of_its_own_tasks_only(app: FastAPI) -> None:
    assert report(unit(app, "u1"), SWEEP, amount=20, evidence="照片二十张").status_code == 200
    foreign = report(unit(app, "u1"), COVER, reason="不归我管")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "forbidden")
    told = {task["task_id"]: task for task in month(unit(app, "u2"))["tasks"]}
    assert (told[SWEEP.task_id]["flag"], told[SWEEP.task_id]["evidence"]) == ("done", "照片二十张")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"amount": -1}, 422),
        ({"amount": "20"}, 422),
        ({}, 422),
        ({"amount": 5, "flag": "done"}, 422),
    ],
)
def test_what_cannot_be_told_is_refused(still: FastAPI, body: Any, status: int) -> None:
    assert report(office(still), SWEEP, **body).status_code == status


def test_whoever_was_slower_is_told(app: FastAPI) -> None:
    assert report(unit(app, "u1"), SWEEP, amount=5, seen="").status_code == 200
    slow = report(office(app), SWEEP, amount=6, seen="")
    assert (slow.status_code, slow.json()["code"]) == (409, "stale")


def test_a_month_is_frozen_by_the_office_once_all_reasons_are_there(app: FastAPI) -> None:
    assert freeze(unit(app, "u1")).status_code == 403
    early = freeze(office(app))
    assert early.status_code == 409
    assert "整治小巷20条" in early.json()["detail"]
    for task in (SWEEP, ODD):
        assert report(office(app), task, reason="雨季停工").status_code == 200
    made = freeze(office(app))
    assert made.status_code == 200
    told = month(unit(app, "u1"))
    assert told["frozen"]["hash"] == made.json()["hash"]
    assert {task["frozen"] for task in told["tasks"]} == {True}
    for late in (report(unit(app, "u1"), SWEEP, amount=20), freeze(office(app))):
        assert late.status_code == 409
        assert "stays as it was" in late.json()["detail"]
    assert month(office(app)) == told


def test_unknown_groups_months_and_tasks_are_told(still: FastAPI) -> None:
    client = office(still)
    assert client.get(f"{API}/groups/none/months/2026-05").status_code == 404
    assert client.get(f"{API}/groups/{G1}/months/may").status_code == 400
    assert client.get(f"{API}/groups/{G1}/months/0001-05").status_code == 400
    assert client.get("/board/month", params={"group": "none"}).status_code == 404
    assert client.get("/board", params={"year": "soon"}).status_code == 400
    assert client.post(f"{API}/tasks/none/report", json={"amount": 1}).status_code == 404


def test_a_plan_is_looked_at_and_then_brought_in(app: FastAPI) -> None:
    client = office(app)
    looked = client.post(f"{API}/plans/preview", files=sheet(GOOD, BAD)).json()
    assert (looked["tasks"], looked["faults_total"]) == (1, 2)
    assert {fault["column"] for fault in looked["faults"]} == {"unit_id", "target"}
    assert client.post(f"{API}/plans", files=sheet(GOOD, BAD)).status_code == 422
    assert len(client.get(API).json()["groups"]) == 3
    made = client.post(f"{API}/plans", files=sheet(GOOD))
    assert (made.status_code, made.json()) == (201, {"groups": 1, "tasks": 1, "known": 0})
    assert client.get(API, params={"year": 2026}).json()["groups"][3]["flags"][6] != "none"


def test_groups_are_added_and_tasks_taken_off(app: FastAPI) -> None:
    client = office(app)
    assert client.post(f"{API}/groups", json={"name": "志愿组"}).status_code == 201
    assert client.post(f"{API}/groups", json={"name": "志愿组"}).status_code == 422
    withdrawal = f"{API}/tasks/{ODD.task_id}/withdraw"
    assert client.post(withdrawal, json={"reason": ""}).status_code == 422
    assert client.post(withdrawal, json={"reason": "并入网格组"}).status_code == 200
    assert ODD.task_id not in client.get(API, params={"year": 2026}).text


def test_a_file_shows_how_far_a_task_is_to_whoever_reads_boards(app: FastAPI) -> None:
    mine, other = unit(app, "u1"), unit(app, "u2")
    documents = f"{API}/tasks/{SWEEP.task_id}/documents"
    assert other.post(documents, files={"file": ("a.pdf", PDF)}).status_code == 403
    key = mine.post(documents, files={"file": ("a.pdf", PDF)}).json()["document"]
    assert other.get(f"{documents}/{key}").status_code == 404  # nobody has told of it yet
    assert report(mine, SWEEP, files=["0" * 64]).status_code == 404
    assert report(mine, SWEEP, amount=20, evidence="见附件", files=[key]).status_code == 200
    (task,) = [one for one in month(other)["tasks"] if one["task_id"] == SWEEP.task_id]
    assert (task["evidence"], task["files"]) == ("见附件", [key])
    assert other.get(f"{documents}/{key}").content == PDF
    elsewhere = f"{API}/tasks/{COVER.task_id}/documents/{key}"
    assert other.get(elsewhere).status_code == 404


def test_a_group_is_called_otherwise_and_keeps_its_board(app: FastAPI) -> None:
    client = office(app)
    path = f"{API}/groups/{G1}/rename"
    assert client.post(path, json={"name": "网格组"}).status_code == 409
    assert client.post(path, json={"name": "市容组", "lead_unit": "none"}).status_code == 404
    assert client.post(path, json={"name": "市容组", "lead_unit": "u2"}).status_code == 200
    (group, *_) = client.get(API, params={"year": 2026}).json()["groups"]
    assert (group["name"], group["lead_unit"], group["flags"][4]) == ("市容组", "u2", "not_done")


def test_a_board_and_an_empty_plan_are_excel_files(still: FastAPI) -> None:
    client = office(still)
    answer = client.get(f"{API}/export.xlsx", params={"year": 2026})
    rows = list(load_workbook(io.BytesIO(answer.content)).worksheets[0].values)
    assert len(rows) == 4
    assert HOSTILE in rows[1] + rows[2]
    empty = client.get(f"{API}/template.xlsx")
    assert len(list(load_workbook(io.BytesIO(empty.content)).worksheets[0].values)) == 1


# --- Pages ----------------------------------------------------------------------------------------


def test_the_year_shows_a_flag_for_every_month_with_tasks(still: FastAPI) -> None:
    page = client_of(still, "leader").get("/board", params={"year": 2026}).text
    rows = re.findall(r"(?s)<tr>\s*<th scope=\"row\">(.*?)</th>(.*?)</tr>", page)
    assert [(name, len(re.findall(r"class=\"flag ", row))) for name, row in rows] == [
        ("市容环境组", 1),
        ("网格组", 1),
        ("督导组", 0),
    ]
    assert 'class="flag not_done blue"' in page
    assert "Not done" in page


def test_a_month_shows_rule_figures_and_only_the_forms_one_may_send(still: FastAPI) -> None:
    asked = {"group": G2, "month": "2026-05"}
    own, other = (unit(still, key).get("/board/month", params=asked).text for key in ("u2", "u1"))
    told = "ground with a unit that answers, of all ground, at the month&#39;s end"
    for page in (own, other):
        assert told in page
        assert re.search(r"(?s)75\.\d\d%|74\.\d\d%", page)
    assert 'action="/board/reports"' in own
    assert 'name="amount"' not in own  # it is computed
    assert '<form class="fields-form"' not in other
    assert "Freeze the month" not in own
    assert "Freeze the month" in office(still).get("/board/month", params=asked).text


def test_what_is_refused_stays_in_the_form(app: FastAPI) -> None:
    sent = {
        "task_id": SWEEP.task_id,
        "group": G1,
        "month": "2026-05",
        "amount": "lots",
        "reason": "雨季停工",
    }
    answer = unit(app, "u1").post("/board/reports", data=sent)
    assert answer.status_code == 400
    assert "is not a number" in answer.text
    assert 'value="lots"' in answer.text
    assert "雨季停工</textarea>" in answer.text
    done = unit(app, "u1").post("/board/reports", data=sent | {"amount": "1,200"})
    assert "What you told of the task" in done.text
    assert "1,200 of 20" in done.text


def test_the_office_freezes_on_the_page(app: FastAPI) -> None:
    client = office(app)
    sent = {"group": G2, "month": "2026-05", "report": "五月报告"}
    refused = client.post("/board/freezes", data=sent)
    assert refused.status_code == 409
    assert "五月报告</textarea>" in refused.text
    report(client, COVER, reason="第四网格待划")
    frozen = client.post("/board/freezes", data=sent)
    assert "The month is frozen" in frozen.text
    assert re.search(r'class="hash">[0-9a-f]{64}<', frozen.text)
    assert 'method="post" action="/board/' not in frozen.text


def test_the_wall_is_drawn_anew_by_itself_and_pages_through_many_tasks(app: FastAPI) -> None:
    rows = [
        ("网格组", "甲", "2026-05", f"任务{n}", "教育局", None, "单位填报", 5, n) for n in range(9)
    ]
    office(app).post(f"{API}/plans", files=sheet(*rows))
    asked = {"group": G2, "month": "2026-05"}
    seen = []
    for part in (0, 1):
        page = office(app).get("/board/wall", params=asked | {"part": part}).text
        refresh = re.search(r'http-equiv="refresh" content="(\d+);url=([^"]+)"', page)
        assert refresh is not None
        assert f"part={1 - part}" in refresh[2]
        seen += re.findall(r"<h2>(.*?)</h2>", page)
    assert len(seen) == len(set(seen)) == 10
    every = office(app).get("/board/wall", params={"month": "2026-05"}).text
    assert ("市容环境组" in every, "督导组" in every) == (True, False)


def test_the_map_names_flags_by_sign_and_word(still: FastAPI) -> None:
    asked = {"month": "2026-05"}
    drawn = office(still).get("/maps/board", params=asked).text
    assert json.dumps("✕ 向阳社区")[1:-1] in drawn
    assert "Not done" in drawn
    assert "<img" not in drawn
    page = office(still).get("/board/map", params=asked).text
    assert "1 task has no division" in page


def test_a_hostile_title_is_only_text(still: FastAPI) -> None:
    for path in (f"/board/month?group={G1}&month=2026-05", f"/board/wall?group={G1}&month=2026-05"):
        page = office(still).get(path).text
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=1&gt;" in page


def test_a_plan_is_brought_in_on_the_page(app: FastAPI) -> None:
    client = office(app)
    wrong = client.post("/board/plan", files=sheet(GOOD, BAD)).text
    assert "2 faults" in wrong
    assert "责任单位" in wrong
    looked = client.post("/board/plan", files=sheet(GOOD)).text
    ticket = re.search(r'name="ticket" value="([^"]+)"', looked)
    assert ticket is not None
    sent = {"ticket": ticket[1], "name": "年度计划.xlsx"}
    done = client.post("/board/plan/import", data=sent)
    assert "1 tasks of the plan are on the board." in done.text
    assert client.post("/board/plan/import", data=sent).status_code == 404
    assert client.post("/board/plan").status_code == 422


def test_the_page_of_a_past_day_takes_nothing_in(still: FastAPI) -> None:
    asked = {"group": G1, "month": "2026-05", "as_of": "2026-05-20"}
    page = office(still).get("/board/month", params=asked).text
    assert "Under way" in page
    assert 'method="post" action="/board/' not in page


def test_the_colours_are_the_citys(template: Path, tmp_path: Path) -> None:
    app = served(template, tmp_path, flag_done="green", flag_not_done="yellow")
    page = office(app).get("/board", params={"year": 2026}).text
    assert 'class="flag not_done yellow"' in page
    assert "#a87100" in office(app).get("/maps/board", params={"month": "2026-05"}).text


def test_two_flags_of_one_colour_are_refused() -> None:
    with pytest.raises(ValidationError, match="both flags are blue"):
        Settings(flag_done="blue")


def test_a_city_without_boards_says_so(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=town_register(tmp_path), language="en"))
    assert "No board for this year yet" in office(app).get("/board").text
    assert "No tasks in this month" in office(app).get("/board/wall").text
    assert "Nothing on the map" in office(app).get("/board/map").text
    assert office(app).get("/maps/board").status_code == 200


def test_evidence_comes_and_goes_with_the_form_of_a_task(app: FastAPI) -> None:
    mine = unit(app, "u1")

    def told() -> dict[str, Any]:
        return next(one for one in month(mine)["tasks"] if one["task_id"] == SWEEP.task_id)

    form = {"task_id": SWEEP.task_id, "group": G1, "month": "2026-05"}
    page = mine.post("/board/reports", data=form, files={"files": ("图.pdf", PDF)})
    assert page.status_code == 200, page.text
    (key,) = told()["files"]
    assert f"documents/{key}" in page.text
    wrong = mine.post("/board/reports", data=form | {"amount": "许多", "had": "1", "keep": key})
    assert wrong.status_code == 400
    assert "is not a number" in wrong.text
    gone = form | {"had": "1", "evidence": "照片有误，已撤"}
    assert mine.post("/board/reports", data=gone).status_code == 409  # told of since
    (seen,) = re.findall(
        r'name="seen" value="(2[^"]+)"', mine.get("/board/month", params=form).text
    )
    assert mine.post("/board/reports", data=gone | {"seen": seen}).status_code == 200
    assert (told()["files"], told()["evidence"]) == ([], "照片有误，已撤")


def test_a_task_is_taken_off_the_board_with_its_reason(app: FastAPI) -> None:
    form = {"task_id": SWEEP.task_id, "group": G1, "month": "2026-05", "why": " "}
    assert unit(app, "u1").post("/board/withdrawals", data=form).status_code == 403
    refused = office(app).post("/board/withdrawals", data=form)
    assert refused.status_code == 422
    assert "Say why the task is taken off the board." in refused.text
    done = office(app).post("/board/withdrawals", data=form | {"why": "并入老旧小区组"})
    assert "The task is off the board" in done.text
    assert SWEEP.title not in done.text
    journal = client_of(app, "auditor").get("/api/v1/journal").text
    assert "并入老旧小区组" in journal


def test_groups_are_added_and_renamed_on_their_page(app: FastAPI) -> None:
    client = office(app)
    taken = client.post("/board/groups", data={"name": "网格组"})
    assert taken.status_code == 422
    assert "There is a group 网格组 already." in taken.text
    assert "The group is added" in client.post("/board/groups", data={"name": "督察组"}).text
    path = f"/board/groups/{G1}"
    nobody = client.post(path, data={"name": "市容组", "lead_unit": "none"})
    assert nobody.status_code == 404
    assert 'value="市容组"' in nobody.text
    assert "市容组" in client.post(path, data={"name": "市容组", "lead_unit": "u2"}).text
    assert unit(app, "u1").get("/board/groups").status_code == 403
