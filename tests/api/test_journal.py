"""The journal for auditors: filtered, verified, taken away; and what a page says of it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from api.settings import Settings
from geodata.journal import FIRST, canonical
from geodata.store import Store
from gridmap.access import Scope
from tests.people import client_of
from tests.registers import town_register
from web.main import create_app

WEST = "232701100001"
FREE, HELD = f"{WEST}004", f"{WEST}001"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="en"))


@pytest.fixture
def auditor(app: FastAPI) -> TestClient:
    return client_of(app, "auditor")


@pytest.fixture
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def give(office: TestClient, grid: str = FREE, **more: Any) -> int:
    body = {
        "targets": [{"target_kind": "grid", "target": grid}],
        "units": [{"unit_id": "u1"}],
        "since": "2026-07-01",
        **more,
    }
    answer = office.post("/api/v1/assignments", json=body, headers={"If-Match": "*"})
    seq: int = answer.json()["entry"]
    return seq


def entries(auditor: TestClient, **asked: Any) -> list[dict[str, Any]]:
    answer = auditor.get("/api/v1/journal", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


def test_an_entry_says_who_did_what_and_what_each_row_was_and_is(
    auditor: TestClient, office: TestClient
) -> None:
    seq = give(office)
    entry = auditor.get(f"/api/v1/journal/{seq}").json()
    assert (entry["seq"], entry["who"], entry["action"]) == (seq, "city_office-city", "assign")
    (row,) = entry["what"]["changes"]["assignments"]["rows"]
    assert (row["before"], row["after"]["target"]) == (None, FREE)
    assert entries(auditor)[0] == entry


def test_entries_are_chosen_by_name_act_and_day(auditor: TestClient, office: TestClient) -> None:
    seq = give(office)
    imported = entries(auditor, action="import")[0]
    assert imported["who"] == "a test"
    mine = entries(auditor, who="city_office-city", action="assign")
    assert [one["seq"] for one in mine] == [seq]
    assert {one["who"] for one in entries(auditor, who="city_office-city")} == {"city_office-city"}
    assert entries(auditor, who="nobody") == []
    day = {"action": "import"}  # the town came on 1 June at 4:00 UTC, noon in the city
    assert entries(auditor, **day, since="2026-06-01", until="2026-06-01") == [imported]
    assert entries(auditor, **day, until="2026-05-31") == []
    assert entries(auditor, **day, since="2026-06-02") == []


def test_days_are_those_of_the_city(app: FastAPI, auditor: TestClient) -> None:
    kept = app.state.service.workspaces.whole.store
    night = Store(kept.database, clock=lambda: datetime(2026, 4, 30, 17, 30, tzinfo=UTC))
    with night.write(who="night", action="edit"):  # half past one of 1 May, in Shanghai
        pass
    (entry,) = entries(auditor, since="2026-05-01", until="2026-05-01")
    assert entry["who"] == "night"
    assert entries(auditor, until="2026-04-30") == []


def test_pages_of_entries_follow_each_other_without_a_hole(
    auditor: TestClient, office: TestClient
) -> None:
    for grid in (FREE, f"{WEST[:-1]}2007"):
        give(office, grid)
    found: list[int] = []
    address: str | None = "/api/v1/journal?limit=2"
    while address:
        body = auditor.get(address).json()
        assert len(body["entries"]) <= 2
        found += [one["seq"] for one in body["entries"]]
        address = body["next"]
    assert found == list(range(found[0], 0, -1))


@pytest.mark.parametrize("asked", ["limit=0", "cursor=x", "since=2026-13-01", "whom=x"])
def test_what_cannot_be_asked_is_refused(auditor: TestClient, asked: str) -> None:
    assert auditor.get(f"/api/v1/journal?{asked}").status_code == 400


def test_an_entry_that_is_not_there_is_not_found(auditor: TestClient) -> None:
    assert auditor.get("/api/v1/journal/999999").status_code == 404
    assert auditor.get("/api/v1/journal/0").status_code == 400


@pytest.mark.parametrize("role", ["city_office", "leader", "inspector", "system_admin"])
def test_only_auditors_read_the_journal(app: FastAPI, role: str) -> None:
    client = client_of(app, role)
    for path in ("/api/v1/journal", "/api/v1/journal/1", "/api/v1/journal/export", "/journal"):
        assert client.get(path).status_code == 403, path
    for path in ("/api/v1/journal/verification", "/journal/verification"):
        assert client.post(path).status_code == 403, path


def test_the_public_reads_no_journal_even_of_an_open_register(tmp_path: Path) -> None:
    url = town_register(tmp_path)
    app = create_app(Settings(database_url=url, language="en", public_register=True))
    assert TestClient(app).get("/api/v1/journal").status_code == 401


def test_a_whole_chain_is_said_to_be_whole_with_its_last_hash(
    auditor: TestClient, office: TestClient
) -> None:
    seq = give(office)
    found = auditor.post("/api/v1/journal/verification").json()
    assert found == {
        "whole": True,
        "broken_at": None,
        "entries": seq,
        "last_hash": entries(auditor)[0]["hash"],
    }


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("journal", "UPDATE journal SET who = 'somebody else' WHERE seq = :seq"),
        ("journal", "UPDATE journal SET seq = 99 WHERE seq = :seq"),
        ("assignments", "UPDATE assignments SET unit_id = 'u3' WHERE entry = :seq"),
    ],
    ids=["entry", "missing", "row"],
)
def test_what_was_altered_is_found_and_said(
    app: FastAPI, auditor: TestClient, office: TestClient, table: str, statement: str
) -> None:
    seq = give(office)
    give(office, f"{WEST[:-1]}2007")
    database = app.state.service.workspaces.whole.store.database
    with database.writing() as connection:  # only the owner of the tables can
        connection.execute(text(f"DROP TRIGGER {table}_refuse_update"))
        connection.execute(text("DROP TRIGGER IF EXISTS journal_refuse_delete"))
    file = sqlite3.connect(database.path)  # without the driver's care for foreign keys
    file.execute(statement, {"seq": seq})
    file.commit()
    file.close()
    found = auditor.post("/api/v1/journal/verification").json()
    assert (found["whole"], found["broken_at"]) == (False, seq)
    page = auditor.post("/journal/verification").text
    assert f"The chain breaks at entry {seq}" in page
    assert "The chain is whole" not in page


def test_the_whole_journal_can_be_verified_outside_from_what_is_taken_away(
    auditor: TestClient, office: TestClient
) -> None:
    """The oracle: the chain as documented, worked out from the file alone."""
    give(office)
    lines = auditor.get("/api/v1/journal/export", params={"format": "jsonl"}).text.splitlines()
    told = [json.loads(line) for line in lines]
    previous = FIRST
    for one in reversed(told):
        at = datetime.fromisoformat(one["at"]).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        texts = [canonical(one[name]) for name in ("what", "before", "after")]
        said = canonical([one["seq"], at, one["who"], one["action"], *texts])
        assert hashlib.sha256((previous + said).encode()).hexdigest() == one["hash"]
        previous = one["hash"]
    assert [one["seq"] for one in told] == list(range(len(told), 0, -1))


def test_that_it_was_taken_away_is_an_entry_itself(auditor: TestClient, office: TestClient) -> None:
    seq = give(office)
    answer = auditor.get("/api/v1/journal/export", params={"action": "assign", "format": "jsonl"})
    assert [json.loads(line)["seq"] for line in answer.text.splitlines()] == [seq]
    assert "attachment" in answer.headers["content-disposition"]
    last = entries(auditor)[0]
    assert (last["seq"], last["action"], last["who"]) == (seq + 1, "journal-export", "auditor-city")
    assert last["what"]["action"] == "assign"


def test_a_table_runs_no_formula_and_shows_counts(
    app: FastAPI, auditor: TestClient, office: TestClient
) -> None:
    store = app.state.service.workspaces.whole.store
    seq = give(office, note="=1+1")
    with store.write(who="=HYPERLINK(1)", action="+act", what={"note": "@x"}):
        pass
    answer = auditor.get("/api/v1/journal/export")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    by_seq = {int(row["seq"]): row for row in rows}
    assert (by_seq[seq + 1]["who"], by_seq[seq + 1]["action"]) == ("'=HYPERLINK(1)", "'+act")
    assert by_seq[seq]["changes"] == "assignments added 1"
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row.values() if cell)


def test_phones_stay_masked(app: FastAPI, auditor: TestClient) -> None:
    store = app.state.service.workspaces.whole.store
    units = store.read("units")
    with store.write(who="a test", action="edit") as writer:
        changed = units.loc[["u1"]].assign(phone="0457-7777777", contact="周八")
        writer.add("units", changed, store.now().date())
    whole = auditor.get("/api/v1/journal/export", params={"format": "jsonl"}).text
    assert "***" in whole
    assert "0457-" not in whole
    seq = entries(auditor, action="edit")[0]["seq"]
    page = auditor.get(f"/journal/{seq}").text
    assert "***" in page
    assert "0457-" not in page
    assert "周八" not in page


# --- pages ----------------------------------------------------------------------------------------


def test_the_page_lists_entries_in_words(auditor: TestClient, office: TestClient) -> None:
    seq = give(office)
    page = auditor.get("/journal", params={"action": "assign"}).text
    assert f'href="/journal/{seq}"' in page
    assert "Assignments: 1 added" in page
    assert "Verify now" in page
    assert "No entry found" in auditor.get("/journal", params={"who": "nobody"}).text


def test_the_page_of_an_entry_says_what_was_and_what_is(
    auditor: TestClient, office: TestClient
) -> None:
    give(office)
    body = {"assignment_ids": ["a1"], "until": "2026-07-01"}
    answer = office.post("/api/v1/assignments/release", json=body, headers={"If-Match": "*"})
    page = auditor.get(f"/journal/{answer.json()['entry']}").text
    assert "Ends of assignments" in page
    assert '<td class="was">—</td>' in page
    assert '<td class="is">2026-07-01</td>' in page


def test_the_page_says_what_a_chain_cannot_show(auditor: TestClient) -> None:
    page = auditor.post("/journal/verification").text
    assert "The chain is whole" in page
    assert "Note the last number and its hash outside this system" in page
    assert entries(auditor)[0]["hash"] in page


def test_names_and_notes_are_text_on_the_page(app: FastAPI, auditor: TestClient) -> None:
    store = app.state.service.workspaces.whole.store
    payload = "<img src=x onerror=window.__xss=1>"
    with store.write(who=payload, action=payload, what={payload: [payload], "reason": payload}):
        pass
    seq = entries(auditor)[0]["seq"]
    for path in ("/journal", f"/journal/{seq}", f"/journal?who={payload}&action={payload}"):
        answer = auditor.get(path)
        assert answer.status_code == 200
        assert payload not in answer.text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "yesterday"])
def test_a_day_that_cannot_be_is_refused(auditor: TestClient, day: str) -> None:
    assert auditor.get("/journal", params={"until": day}).status_code == 400


def test_an_auditor_of_the_pages_may_not_decide(app: FastAPI, auditor: TestClient) -> None:
    unit = client_of(app, "unit_coordinator", Scope("unit", "u2"))
    asked = {"unit_id": "u2", "targets": [{"target_kind": "grid", "target": HELD}]}
    body = {**asked, "since": "2026-07-01"}
    unit.post("/api/v1/claims", json=body, headers={"If-Match": "*"})
    page = auditor.get("/claims")
    assert page.status_code == 200
    assert "市林业局" in page.text
    assert 'name="decision"' not in page.text
