"""Boards on their pages: in which words, and which forms are offered."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from api.settings import Settings
from tests.api.boards.conftest import (
    API,
    BAD,
    COVER,
    G1,
    G2,
    GOOD,
    PDF,
    SWEEP,
    month,
    office,
    report,
    served,
    sheet,
    unit,
)
from tests.people import client_of
from tests.registers import town_register
from web.main import create_app


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
