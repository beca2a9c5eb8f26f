"""
Those who write from outside, on both stores: citizens, programs of others, and the phone.

What each of them may say and is told stands in the tests of `geodata.issues.citizens` and of the
API; here stands what a store has to keep of it: once, whole, and in order.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from xml.etree import ElementTree as ET

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from geodata.errors import ReusedKeyError, ThrottledError
from geodata.issues.citizens import Receipt
from geodata.issues.services import code_of
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.errors import NotFoundError
from tests.citizens import GARBAGE, Town, garbage, publish_conditions, spot
from tests.closed_loop import act, desk, phone, reported
from tests.people import token_of

HOME = "203.0.113.7"
FIRST = "7f9c2e14-aaaa-4bbb-8ccc-000000000001"
AT = spot(80, 190)
ISSUES = "/api/v1/issues"
TOGETHER = 8


@pytest.fixture
def town(town_store: Store) -> Town:
    publish_conditions(town_store)
    return Town(town_store, Workspaces(Workspace(town_store)))


@pytest.fixture
def app(served_town: FastAPI) -> FastAPI:
    publish_conditions(served_town.state.service.workspaces.whole.store)
    return served_town


def report(town: Town, key: str = FIRST, **more: object) -> Receipt:
    return town.citizens().report(key, garbage(**more), HOME)


def written(town: Town) -> int:
    return len(town.issues())


def test_a_citizen_who_sends_eight_times_at_once_has_one_issue_and_one_receipt(town: Town) -> None:
    gate = Barrier(TOGETHER)

    def send(_: int) -> str:
        gate.wait()
        return report(town).code

    with ThreadPoolExecutor(TOGETHER) as pool:
        codes = set(pool.map(send, range(TOGETHER)))
    assert len(codes) == written(town) == 1
    with pytest.raises(ReusedKeyError):
        report(town, description="另一件事")
    assert written(town) == 1


def test_the_receipt_tells_what_became_of_it_and_a_guess_tells_nothing(town: Town) -> None:
    receipt = report(town)
    assert town.citizens().status(receipt.code).state == "received"
    (issue,) = town.issues()
    town.act(issue["issue_id"], "refuse", reason="不属于本市职责")
    assert town.citizens().status(receipt.code).state == "refused"
    with pytest.raises(NotFoundError):
        town.citizens().status("0000-0000-0000-0000")


def test_a_flood_is_refused_and_nothing_of_it_is_kept(town: Town) -> None:
    for n in range(5):
        report(town, f"{FIRST}-{n}")
    with pytest.raises(ThrottledError):
        report(town, f"{FIRST}-5")
    assert written(town) == 5


def test_a_program_sends_a_request_and_reads_it_back_in_both_forms(app: FastAPI) -> None:
    client = TestClient(app, base_url="http://127.0.0.1")
    told = {"service_code": code_of(GARBAGE), "lat": AT.y, "long": AT.x, "description": "桶外 <满>"}
    key, head = token_of(app, "inspector"), {"Idempotency-Key": "hotline-2026-0001"}
    sent = [
        client.post("/open311/v2/requests.json", data={"api_key": key, **told}, headers=head)
        for _ in range(3)
    ]
    assert [answer.status_code for answer in sent] == [200, 200, 200]
    (number,) = {answer.json()[0]["service_request_id"] for answer in sent}
    asked = f"/open311/v2/requests/{number}"
    (found,) = client.get(f"{asked}.json", params={"api_key": key}).json()
    tree = ET.fromstring(client.get(f"{asked}.xml", params={"api_key": key}).content)  # noqa: S314
    assert found["description"] == tree.findtext("request/description") == "桶外 <满>"
    assert found["service_code"] == tree.findtext("request/service_code") == code_of(GARBAGE)
    refused = client.post(
        "/open311/v2/requests.json", data={"api_key": key, **told, "lat": "91"}, headers=head
    )
    assert refused.status_code in {400, 422}


def test_what_a_phone_sends_again_edited_or_too_late_is_told_apart(app: FastAPI) -> None:
    worker, unit, body = phone(app), desk(app), reported()
    answers = [worker.post(ISSUES, json=body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    edited = worker.post(ISSUES, json=body | {"description": "另一处"})
    assert (edited.status_code, edited.json()["code"]) == (422, "idempotency")
    seen = answers[0].headers["ETag"]
    assert act(unit, body["issue_id"], "accept", seen).is_success
    late = act(unit, body["issue_id"], "accept", seen)
    assert (late.status_code, late.json()["code"]) == (412, "overtaken")
    anew = act(unit, body["issue_id"], "accept")
    assert (anew.status_code, anew.json()["code"]) == (409, "conflict")
