"""The command of the city's own days, as an operator types it, beside a service that goes on."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from api.commands import Faces, build
from api.main import create_app
from geodata.day_sheet import days_of_file
from gridmap.errors import GridMapError, InvalidError
from tests.closed_loop import act, desk, ledger, phone, report
from tests.people import client_of


def asked(app: FastAPI, *words: str) -> dict[str, Any]:
    url = app.state.settings.database_url
    command = build(Faces(create_app))
    done = CliRunner().invoke(command, ["--json", "--database", url, "calendar", *words])
    if isinstance(done.exception, GridMapError):
        raise done.exception
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_days_off_that_are_announced_move_deadlines_under_a_service_that_goes_on(
    loop: FastAPI, tmp_path: Path
) -> None:
    service = loop.state.service
    key = report(phone(loop)).json()["issue_id"]
    (before,) = [row for row in ledger(desk(loop))["issues"] if row["issue_id"] == key]
    assert before["due_provisional"] is False
    today = service.today()
    file = tmp_path / "停工.csv"
    file.write_text(
        f"日期,至,上班,依据\n{today},{today + timedelta(days=4)},放假,暴雪停工\n", "utf-8"
    )
    seen = asked(loop, "announce", str(file), "--preview")
    assert (seen["entry"], seen["days"], len(seen["moved"])) == (None, 5, 1)
    assert asked(loop, "show")["days"] == []
    done = asked(loop, "announce", str(file))
    assert (done["days"], done["untold"], done["withdrawn"]) == (5, 0, [])
    (moved,) = done["moved"]
    assert (moved["issue_id"], moved["after"]) == (key, seen["moved"][0]["after"])
    days = asked(loop, "show")["days"]
    assert [(one["works"], one["note"]) for one in days] == [(False, "暴雪停工")] * 5
    # the service has been told nothing, and knows
    assert not any(service.calendar.is_workday(today + timedelta(days=n)) for n in range(5))
    told = desk(loop).get(f"/api/v1/issues/{key}").json()
    due = datetime.fromisoformat(told["issue"]["due_at"]).astimezone(service.zone).date()
    assert due > today + timedelta(days=4)
    assert told["events"][-1]["act"] == "calendar"
    earlier = datetime.fromisoformat(told["events"][-1]["details"]["before"]["due_at"])
    assert earlier == datetime.fromisoformat(before["due_at"])
    assert asked(loop, "recount")["moved"] == []
    assert service.workspaces.whole.store.verify() is None


def test_a_table_of_days_is_read_as_offices_write_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (
        ["日期", "至", "是否上班", "说明"],
        ["2027年2月5日", "2027/2/7", "放假", "春节"],
        [date(2027, 2, 14), None, "补班", None],
        ["2027.10.1", None, "休", None],
        ["初一", None, "休", None],
    ):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    found = days_of_file(tmp_path / "a.xlsx").reset_index()
    assert found.astype(object).where(found.notna(), None).to_numpy().tolist() == [
        [2, "2027-02-05", "否", "春节"],
        ["2·2", "2027-02-06", "否", "春节"],
        ["2·3", "2027-02-07", "否", "春节"],
        [3, "2027-02-14", "是", None],
        [4, "2027-10-01", "否", None],
        [5, "初一", "否", None],
    ]
    pd.DataFrame({"日期": ["2027-02-07"], "至": ["2027-02-05"], "上班": ["否"]}).to_csv(
        tmp_path / "b.csv", index=False
    )
    with pytest.raises(InvalidError, match="end before they begin"):
        days_of_file(tmp_path / "b.csv")


@pytest.mark.parametrize(
    ("language", "state", "act_named", "need"),
    [
        ("en", "Dispatched", "Reinspection passed", "Reason"),
        ("zh_CN", "已派遣", "复查通过", "理由"),
    ],
)
def test_a_refusal_says_states_acts_and_needs_in_the_readers_words(
    loop: FastAPI, language: str, state: str, act_named: str, need: str
) -> None:
    keys = [report(phone(loop)).json()["issue_id"] for _ in range(2)]
    checker, unit, office = client_of(loop, "inspector"), desk(loop), client_of(loop, "city_office")
    for client in (checker, unit, office):
        client.get("/api/v1/tasks", params={"lang": language})  # remembered in a cookie
    wrong = act(checker, keys[0], "reinspect").json()["detail"]
    assert state in wrong
    assert act_named in wrong
    assert "dispatched" not in wrong
    lacking = act(unit, keys[0], "return").json()["detail"]
    assert need in lacking
    assert "reason" not in lacking
    body = {"act": "reinspect", "issue_ids": keys}
    many = office.post("/api/v1/issues/acts", json=body).json()["errors"]
    assert [one["message"] for one in many] == [wrong] * 2
    assert all("values" not in one for one in many)


def test_the_moment_of_the_announcement_is_told(loop: FastAPI, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("day,works\n2030-01-01,no\n", "utf-8")
    entry = asked(loop, "announce", str(file), "--year", "2030")["entry"]
    told = loop.state.service.workspaces.whole.store.journal.entry(entry)
    assert (told.what["year"], told.what["moved"], told.what["source"]) == (2030, 0, "a.csv")
    assert datetime.now(UTC) - told.at < timedelta(minutes=5)
