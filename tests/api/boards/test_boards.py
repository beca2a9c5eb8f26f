"""Boards over HTTP: for whom, and what is refused."""

from __future__ import annotations

import io
from typing import Any

import pytest
from fastapi import FastAPI
from openpyxl import load_workbook

from gridmap.access import Scope
from tests.api.boards.conftest import (
    API,
    BAD,
    COVER,
    G1,
    GOOD,
    HOSTILE,
    ODD,
    PDF,
    SWEEP,
    WEST,
    freeze,
    month,
    office,
    report,
    sheet,
    unit,
)
from tests.people import client_of


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
