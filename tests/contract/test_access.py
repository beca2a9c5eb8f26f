"""
Who may do what: every route, every role, as the tables in ``docs/access`` say.

``actions.csv`` says what a role may do and how far it reaches, ``routes.csv`` what each route is
for. A route without a row fails, and so does a row without a route.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import main as api_main
from api.callers import Permit
from geodata import printing
from geodata.reports import Reports
from gridmap.access import CITY, PERMITS, ROLES, Scope
from tests.people import client_of
from web import main as web_main

DOCS = Path(__file__).parents[2] / "docs" / "access"
WEST, EAST = "232701100001", "232701100002"
OWN, FOREIGN, ABSENT = f"{WEST}002", f"{EAST}005", f"{EAST}999"
SCOPES = {
    "district_office": Scope("division", WEST),
    "subdistrict_office": Scope("division", WEST),
    "inspector": Scope("division", WEST),
    "leader": Scope("division", WEST),
    "unit_coordinator": Scope("unit", "u2"),
    "field_staff": Scope("unit", "u2"),
}
VALUES = {
    "code": OWN,
    "unit_id": "u2",
    "kind": "grid",
    "key": OWN,
    "entry": "999999",
    "seq": "1",
    "job_id": "none",
    "plan_id": "none",
    "claim_id": "none",
    "person_id": "none",
    "token_id": "none",
    "issue_id": "i1",
    "photo_id": "photo-00000001",
    "visit_id": "visit-00000001",
    "patrol_id": "patrol-00000001",
    "round_id": "none",
    "appeal_id": "none",
    "view_id": "none",
    "receipt": "7K3M-9QXT-2WHB-4DVR",
    "form": "json",
    "token": "none",
    "run_id": "none",
    "notice_id": "none",
    "slot_id": "none",
    "service_code": "none",
    "service_request_id": "none",
    "side": "192",
    "chart": "trend",
    "group_id": "none",
    "task_id": "none",
    "month": "2026-05",
    "picture": "trend",
}
FOREIGN_UNIT = "u4"  # holds a grid of the east only
# what refuses for reasons of its own, whoever asks
ITS_OWN = {
    ("POST", "/sign-in"),
    ("GET", "/sign-in/oidc"),
    ("GET", "/sign-in/oidc/callback"),
    ("POST", "/me/tokens"),  # a token makes no tokens
}
# a phone is told what stands on the signs around: ADR 15
TELLS_AROUND = "/api/v1/field/pack"


@pytest.fixture(autouse=True)
def printed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print in this process: who may is asked here, not how long a child takes to start."""

    def printed(reports: Reports, name: str, scopes: tuple[Scope, ...], **asked: Any) -> bytes:
        assert scopes
        return printing.PAPERS[name](reports, **asked)

    monkeypatch.setattr(printing, "printed", printed)


def table(name: str) -> list[dict[str, str]]:
    with (DOCS / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


ACTIONS = {row["action"]: row for row in table("actions.csv")}
ROUTES = {(row["method"], row["path"]): row["action"] for row in table("routes.csv")}


def served() -> Iterator[tuple[str, str, str]]:
    """Return method, path and action of every route that the service has."""
    for modules, prefix in ((api_main.API, "/api/v1"), (api_main.BESIDE, ""), (web_main.PAGES, "")):
        for module in modules:
            for route in module.router.routes:
                (action,) = set(_actions(route.dependant)) or {""}
                for method in route.methods - {"HEAD", "OPTIONS"}:
                    yield method, prefix + route.path, action


def _actions(dependant: Any) -> Iterator[str]:
    if isinstance(dependant.call, Permit):
        yield dependant.call.action
    for below in dependant.dependencies:
        yield from _actions(below)


def asked_by(roles: list[str], *everywhere: str) -> list[tuple[str, str]]:
    """Return which roles ask on which store: who may do what is no matter of the store."""
    return [("gpkg", role) for role in roles] + [("postgis", role) for role in everywhere]


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert {(method, path): action for method, path, action in served()} == ROUTES


def test_the_application_has_no_other_route(served_town: FastAPI) -> None:
    assert {getattr(route, "path", None) for route in served_town.routes} - {None} == {"/static"}


def test_the_table_of_actions_is_what_the_code_allows() -> None:
    assert set(ACTIONS) == set(PERMITS)
    for action, row in ACTIONS.items():
        allowed = {role for role in ROLES if row[role] != "-"}
        assert allowed == PERMITS[action], action


@pytest.mark.parametrize(
    ("database", "role"), asked_by(list(ROLES), "city_office"), indirect=["database"]
)
def test_a_role_is_let_in_exactly_where_the_table_says(role: str, served_town: FastAPI) -> None:
    client = asking(served_town, role)
    for (method, path), action in ROUTES.items():
        answer = ask(client, method, path)
        reach = ACTIONS[action][role]
        told = f"{role} {method} {path}: {answer.status_code} {answer.text[:200]}"
        assert answer.status_code < 500, told
        if (method, path) in ITS_OWN:
            continue
        if reach == "-":
            assert is_refused(answer, role), told
        else:
            assert answer.status_code not in (401, 403), told


@pytest.mark.parametrize("role", list(SCOPES))
def test_what_lies_outside_a_scope_is_as_if_it_were_not_there(
    role: str, served_town: FastAPI
) -> None:
    client = asking(served_town, role)
    unit_scoped = SCOPES[role].kind == "unit"
    foreign = VALUES | {"code": FOREIGN, "key": FOREIGN, "issue_id": "i3"}
    absent = VALUES | {"code": ABSENT, "key": ABSENT, "issue_id": "i999"}
    if unit_scoped:
        foreign["unit_id"], absent["unit_id"] = FOREIGN_UNIT, "u999"
    compared = 0
    for (method, path), action in ROUTES.items():
        names = set(re.findall(r"{(\w+)}", path))
        own = {"code", "key", "issue_id"}
        scoped = names & (own | {"unit_id"} if unit_scoped else own)
        if ACTIONS[action][role] == "-" or not scoped or method != "GET":
            continue
        outside, nowhere = foreign, absent
        if path.startswith("/api/v1/divisions"):
            outside, nowhere = foreign | {"code": EAST}, absent | {"code": "232701100009"}
        one = ask(client, method, path, outside)
        other = ask(client, method, path, nowhere)
        told = f"{role} {method} {path}"
        assert (one.status_code, other.status_code) == (404, 404), told
        assert neutral(one.text, outside) == neutral(other.text, nowhere), told
        compared += 1
    assert compared >= 4


@pytest.mark.parametrize(
    ("database", "role"),
    asked_by([*SCOPES, "public", "system_admin"], "subdistrict_office", "unit_coordinator"),
    indirect=["database"],
)
def test_no_list_and_no_figure_names_what_lies_outside(role: str, served_town: FastAPI) -> None:
    client = asking(served_town, role)
    for (method, path), action in ROUTES.items():
        unasked = path == TELLS_AROUND or "{" in path
        if method != "GET" or unasked or ACTIONS[action][role] == "-":
            continue
        answer = ask(client, method, path)
        assert FOREIGN not in answer.text, f"{role} {path}"


def test_of_ground_around_a_phone_is_told_a_name_and_no_more(served_town: FastAPI) -> None:
    pack = asking(served_town, "field_staff").get(TELLS_AROUND).json()
    around = [f["properties"] for f in pack["grids"]["features"] if not f["properties"]["mine"]]
    assert FOREIGN in {grid["code"] for grid in around}
    assert {key for grid in around for key in grid} == {
        "code",
        "name",
        "mine",
        "unit_name",
        "community",
    }
    assert pack["issues"] == []
    assert not re.search(r"\d{4}-\d{7}", str(pack))  # no telephone


def asking(app: FastAPI, role: str) -> TestClient:
    if role == "public":
        return TestClient(app, base_url="http://127.0.0.1")
    return client_of(app, role, SCOPES.get(role, CITY))


def ask(client: TestClient, method: str, path: str, values: dict[str, str] = VALUES) -> Any:
    if path.startswith("/api/v1/divisions/"):
        values = {"code": WEST} | ({} if values["code"] == OWN else {"code": values["code"]})
    filled = re.sub(r"{(\w+)}", lambda found: values[found[1]], path)
    asked = {"lon": "122.5386", "lat": "52.9721"} if path == "/api/v1/locate" else {}
    headers = {"If-Match": "*"}
    if method in ("POST", "PUT", "PATCH"):
        return client.request(method, filled, json={}, headers=headers, follow_redirects=False)
    return client.request(method, filled, params=asked, headers=headers, follow_redirects=False)


def is_refused(answer: Any, role: str) -> bool:
    if role != "public":
        return bool(answer.status_code == 403)
    sent_to_sign_in = answer.headers.get("location", "").startswith("/sign-in")
    return bool(answer.status_code == 401 or (answer.status_code == 303 and sent_to_sign_in))


def neutral(text: str, values: dict[str, str]) -> str:
    """Return an answer without the key that was asked for."""
    for name in ("code", "key", "unit_id", "issue_id"):
        text = text.replace(values[name], "…")
    return text
