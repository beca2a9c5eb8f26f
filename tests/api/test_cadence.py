"""Cadence, material and the inbox over HTTP and on their pages."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.settings import Settings
from geodata.accounts import Accounts
from geodata.notices import Notices, Told
from geodata.reminders import remind
from gridmap.access import Scope
from tests.people import client_of
from tests.registers import town_register
from web.main import create_app

PDF = b"%PDF-1.4\n%%EOF\n"
SLOT = {
    "slot_id": "s1",
    "edition": "2026",
    "month": "2026-06-01",
    "name": "公益广告实景图片",
    "sort": "pictures",
    "wanted": 2,
    "unit_id": "u1",
    "due": "2026-06-20",
}
CADENCE = {
    "cadence_id": "c1",
    "name": "月提示",
    "beat": "monthly",
    "workday": 1,
    "kind": "prompt",
    "roles": ["unit_coordinator"],
}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    url = town_register(tmp_path)
    folder = tmp_path / "documents"
    return create_app(Settings(database_url=url, language="en", documents_folder=folder))


@pytest.fixture
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


@pytest.fixture
def unit(app: FastAPI) -> TestClient:
    return client_of(app, "unit_coordinator", Scope("unit", "u1"))


def ask(office: TestClient, **more: Any) -> None:
    answer = office.post("/api/v1/materials", json={"slots": [SLOT | more]})
    assert answer.status_code == 201, answer.text


def step(client: TestClient, slot: str = "s1", **body: Any) -> Any:
    return client.post(f"/api/v1/materials/{slot}/steps", json=body)


def test_the_usual_beats_are_due_on_workdays(office: TestClient) -> None:
    asked = {"since": "2023-09-28", "until": "2023-10-08"}
    due = office.get("/api/v1/cadences/due", params=asked).json()["due"]
    daily = [row["day"] for row in due if row["kind"] == "inspect"]
    assert daily == ["2023-09-28", "2023-10-07", "2023-10-08"]


def test_the_city_sets_its_own_beats(office: TestClient, unit: TestClient) -> None:
    body = {"cadences": [CADENCE]}
    assert unit.post("/api/v1/cadences", json=body).status_code == 403
    assert office.post("/api/v1/cadences", json=body).status_code == 200
    (kept,) = office.get("/api/v1/cadences").json()["cadences"]
    assert (kept["name"], kept["workday"], kept["active"]) == ("月提示", 1, True)
    wrong = {"cadences": [CADENCE | {"workday": 0}]}
    assert office.post("/api/v1/cadences", json=wrong).status_code == 422


def test_material_is_handed_in_with_documents_and_reviewed(
    office: TestClient, unit: TestClient
) -> None:
    ask(office)
    sent = unit.post("/api/v1/materials/s1/documents", files={"file": ("图.pdf", PDF)})
    assert sent.status_code == 201, sent.text
    key = sent.json()["document"]
    assert step(unit, act="submit", given=2, documents=[key]).json()["state"] == "submitted"
    told = office.get("/api/v1/materials/s1").json()
    assert (told["state"], told["given"], told["steps"][0]["details"]) == ("submitted", 2, key)
    assert office.get(f"/api/v1/materials/s1/documents/{key}").content == PDF
    assert step(unit, act="accept").status_code == 403
    assert step(office, act="return", reason="第2张看不清").status_code == 200
    assert step(unit, act="submit", given=2).status_code == 200
    assert step(office, act="accept").json()["state"] == "accepted"
    assert step(office, act="return", reason="?").status_code == 409


def test_what_another_unit_is_asked_for_is_as_if_it_were_not(
    app: FastAPI, office: TestClient
) -> None:
    ask(office)
    other = client_of(app, "unit_coordinator", Scope("unit", "u2"))
    nothing = other.get("/api/v1/materials/none").json()
    seen = other.get("/api/v1/materials/s1")
    assert (seen.status_code, seen.json()["code"]) == (404, nothing["code"])
    assert other.get("/api/v1/materials").json()["materials"] == []
    assert step(other, act="submit", given=2).status_code == 404
    files = {"file": ("a.pdf", PDF)}
    assert other.post("/api/v1/materials/s1/documents", files=files).status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"wanted": 0}, {"unit_id": "nobody"}, {"sort": "song"}, {"due": "2026-02-30"}]
)
def test_material_that_cannot_be_asked_for_is_refused(
    office: TestClient, wrong: dict[str, Any]
) -> None:
    answer = office.post("/api/v1/materials", json={"slots": [SLOT | wrong]})
    assert answer.status_code == 422


def test_a_document_that_was_not_handed_in_is_not_handed_out(
    office: TestClient, unit: TestClient
) -> None:
    ask(office)
    key = unit.post("/api/v1/materials/s1/documents", files={"file": ("a.pdf", PDF)}).json()
    path = f"/api/v1/materials/s1/documents/{key['document']}"
    assert office.get(path).status_code == 404
    assert step(unit, act="submit", given=1, documents=["0" * 64]).status_code == 404


def test_the_inbox_shows_what_is_due_and_what_is_late(
    app: FastAPI, office: TestClient, unit: TestClient
) -> None:
    ask(office)
    service = app.state.service
    store = service.workspaces.whole.store
    day = date(2026, 6, 30)
    remind(service.workspaces, Accounts(store), service.calendar, day, ())
    found = unit.get("/api/v1/notices").json()["notices"]
    assert [one["kind"] for one in found] == ["material"]
    assert "公益广告实景图片" in found[0]["text"]
    assert "公益广告实景图片" in unit.get("/inbox").text
    assert office.post(f"/api/v1/notices/{found[0]['notice_id']}/read").status_code == 404
    assert unit.post(f"/api/v1/notices/{found[0]['notice_id']}/read").status_code == 204
    assert unit.get("/api/v1/notices").json()["notices"][0]["read_at"]
    assert unit.post("/api/v1/notices/read").status_code == 204


# Its pages


def test_the_page_shows_the_month_the_lists_and_the_material(
    office: TestClient, unit: TestClient
) -> None:
    ask(office)
    text = office.get("/cadence", params={"month": "2026-06-01"}).text
    assert "公益广告实景图片" in text
    assert "月通报" in text
    assert "To be looked at today" in text
    assert "To be looked at today" not in unit.get("/cadence").text
    empty = office.get("/cadence", params={"month": "2020-01-01"}).text
    assert "No material is asked for" in empty


@pytest.mark.parametrize("typed", ["2026-06", " 2026-06-17 "])
def test_a_month_is_read_as_people_write_it(office: TestClient, typed: str) -> None:
    text = office.get("/cadence", params={"month": typed}).text
    assert "/cadence?month=2026-05-01" in text
    assert "/cadence?month=2026-07-01" in text


@pytest.mark.parametrize("typed", ["2026-13", "June", "9999-12", "0001-01"])
def test_what_is_no_month_is_refused_as_a_month(office: TestClient, typed: str) -> None:
    answer = office.get("/cadence", params={"month": typed}, headers={"accept": "text/html"})
    assert answer.status_code == 400
    assert "is not a month: write it as 2026-03." in answer.text
    assert "is not a day" not in answer.text


def test_a_unit_hands_in_on_the_page_and_the_office_sends_back(
    office: TestClient, unit: TestClient
) -> None:
    ask(office)
    given = {"slot_id": "s1", "act": "submit", "given": "2"}
    files = {"files": ("图.pdf", PDF, "application/pdf")}
    answer = unit.post("/cadence/materials", data=given, files=files)
    assert answer.status_code == 200, answer.text
    assert "Handed in" in answer.text
    back = {"slot_id": "s1", "act": "return", "reason": ""}
    refused = office.post("/cadence/materials", data=back)
    assert refused.status_code == 422
    assert "A return needs a reason." in refused.text
    sent = office.post("/cadence/materials", data=back | {"reason": "看不清"})
    assert "看不清" in sent.text
    assert unit.post("/cadence/materials", data=back | {"act": "accept"}).status_code == 403


def test_a_beat_is_set_on_its_page_and_the_others_stay(
    office: TestClient, unit: TestClient
) -> None:
    path = "/cadence/beats"
    assert unit.get(path).status_code == 403
    assert "月通报" in office.get(path).text
    roles = ["unit_coordinator", "leader"]
    form = {"cadence_id": "prompt", "name": "月提示", "beat": "monthly", "workday": "2",
            "kind": "prompt", "roles": roles, "active": "true"}  # fmt: skip
    odd = office.post(path, data=form | {"workday": "40"})
    assert (odd.status_code, "there is no workday 40" in odd.text) == (422, True)
    assert 'value="40" aria-invalid="true"' in odd.text
    assert office.post(path, data=form | {"workday": "zwei"}).status_code == 400
    nobody = {name: value for name, value in form.items() if name != "roles"}
    assert "Say whom it concerns." in office.post(path, data=nobody).text
    done = office.post(path, data=form | {"from_end": "true"})
    assert "workday 2 from the end" in done.text
    kept = office.get("/api/v1/cadences").json()["cadences"]
    assert {row["cadence_id"]: row["workday"] for row in kept}["prompt"] == -2
    assert len(kept) == 6
    assert office.post(path, data=form | {"cadence_id": "none"}).status_code == 404
    office.post(path, data={**form, "active": ""})
    due = office.get("/api/v1/cadences/due", params={"since": "2026-06-01"}).json()["due"]
    assert "月提示" not in {row["name"] for row in due}


def test_the_office_asks_on_its_page_and_asks_again(office: TestClient, unit: TestClient) -> None:
    path = "/cadence/ask"
    assert unit.get(path).status_code == 403
    form = {"name": "实景图片", "sort": "pictures", "wanted": "4", "month": "2026-05",
            "due": "2026-05-31", "edition": "2026", "units": ["u1", "u2"]}  # fmt: skip
    assert office.post(path, data=form | {"wanted": "vier"}).status_code == 400
    early = office.post(path, data=form | {"due": "2026-04-01"})
    assert "It is due before its month begins." in early.text
    assert 'value="u2" checked' in early.text
    assert "2 pieces of material" in office.post(path, data=form).text
    assert office.post(path, data=form).status_code == 409
    again = f"{path}/again"
    copied = {"month": "2026-05", "to": "2026-06"}
    assert "2 pieces of material" in office.post(again, data=copied).text
    assert office.post(again, data=copied).status_code == 409
    asked = unit.get("/api/v1/materials", params={"month": "2026-06-01"}).json()["materials"]
    assert [(row["unit_id"], row["due"][:10]) for row in asked] == [("u1", "2026-06-30")]


def test_a_list_in_a_file_is_asked_for_whole_or_not_at_all(office: TestClient) -> None:
    path = "/cadence/ask/list"
    head = "版本,月份,名称,类型,应交份数,责任单位编号,截止日期"
    good, bad = "2026,2026-07,工作说明,report,1,u1,2026-07-20", "2026,2026-07,图片,song,1,u1,1"

    def sent(*rows: str) -> Any:
        text = "\n".join([head, *rows]).encode("utf-8-sig")
        return office.post(path, files={"file": ("清单.csv", text, "text/csv")})

    assert sent(good, bad).status_code == 422
    assert office.get("/api/v1/materials").json()["materials"] == []
    assert "1 pieces of material" in sent(good).text
    assert sent(good).status_code == 409
    assert office.post(path).status_code == 422


def test_the_lists_of_the_day_and_the_week_are_pages_of_their_own(
    office: TestClient, unit: TestClient
) -> None:
    day = {"as_of": "2026-06-30"}
    inspection = office.get("/cadence/inspection", params=day)
    assert inspection.status_code == 200, inspection.text
    assert "never visited" in inspection.text
    assert unit.get("/cadence/inspection", params=day).status_code == 403
    assert unit.get("/cadence/rectification", params=day).status_code == 200


def test_an_empty_inbox_says_so(unit: TestClient) -> None:
    assert "Nothing yet" in unit.get("/inbox").text


def test_every_page_counts_what_waits_in_the_inbox_until_it_is_read(
    app: FastAPI, unit: TestClient
) -> None:
    store = app.state.service.workspaces.whole.store
    (me,) = Accounts(store).people()
    notices = Notices(store)
    for many, told in ((0, None), (1, "1"), (98, "99"), (1, "99+")):
        for _ in range(many):
            notices.put(Told("test", "It is due.", {}, "/cadence", str(uuid4())), [me.person_id])
        # beside the name, and beside the link in its menu
        assert counted(unit.get("/coverage").text) == ([] if told is None else [told] * 2)
    assert '99+<span class="hidden"> 未读</span>' in unit.get("/coverage?lang=zh_CN").text
    assert "unread-count" not in client_of(app, "leader").get("/coverage").text
    assert unit.post("/inbox/read", follow_redirects=False).status_code == 303
    assert counted(unit.get("/coverage").text) == []


def counted(page: str) -> list[str]:
    return re.findall(r'class="unread-count num">([^<]+)<', page)
