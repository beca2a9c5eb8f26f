"""People for tests: an account of each role, with a token to ask with."""

from __future__ import annotations

from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.service import Service
from geodata.accounts import Accounts
from gridmap.access import CITY, Grant, Scope

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "a heron over 17 reeds"  # noqa: S105 - of tests


def token_of(app: FastAPI, role: str, scope: Scope = CITY) -> str:
    """Make somebody with a role in a scope, once, and return their token."""
    known: dict[str, str] = app.state.__dict__.setdefault("tokens_of_tests", {})
    name = f"{role}-{scope.kind}-{scope.key}".rstrip("-")
    if name not in known:
        service: Service = app.state.service
        accounts = Accounts(service.workspaces.whole.store, hasher=CHEAP)
        person_id = accounts.add(name, name, [Grant(role, scope)], password=PASSWORD, by="tests")
        known[name], _ = accounts.issue_token(person_id, "tests", 1)
    return known[name]


def client_of(app: FastAPI, role: str, scope: Scope = CITY) -> TestClient:
    """Return a client that asks in the name of somebody with a role in a scope."""
    token = token_of(app, role, scope)
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(app, base_url="http://127.0.0.1", headers=headers)
