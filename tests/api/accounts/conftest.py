"""A browser without scripts at a service over the town, and programs beside it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.settings import Settings
from geodata.accounts import AccountRules, Accounts
from gridmap.access import Grant
from tests.registers import town_register
from web.main import create_app

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
GOOD, OTHER = "lantern orchid bramble 41", "copper meadow thistle 77"
OFFICE, ADMIN = [Grant("city_office")], [Grant("system_admin")]
HIDDEN = re.compile(r'name="csrf_token" value="([^"]+)"')
ONCE = re.compile(r'class="secret-text">([^<]+)<')


class Desk:
    """A browser without scripts, at a service over the town."""

    def __init__(self, app: FastAPI, accounts: Accounts) -> None:
        self.app = app
        self.accounts = accounts
        self.client = TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, *, on: str | None = None, **fields: Any) -> Any:
        """Send a form with the token that the page it stands on has given."""
        token = HIDDEN.search(self.get(on or path).text)
        assert token is not None
        return self.client.post(path, data={"csrf_token": token.group(1), **fields})

    def sign_in(self, name: str = "wang", password: str = GOOD, **more: str) -> Any:
        return self.post("/sign-in", name=name, password=password, **more)

    def another(self) -> Desk:
        return Desk(self.app, self.accounts)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town_register(folder := tmp_path_factory.mktemp("town"))
    return folder / "town.gpkg"


def desk_over(file: Path, rules: AccountRules | None = None, **settings: Any) -> Desk:
    app = create_app(Settings(database_url=f"gpkg:///{file}", language="en", **settings))
    made = app.state.service.accounts
    accounts = Accounts(made.store, rules or made.rules, CHEAP)
    app.state.service = replace(app.state.service, accounts=accounts)
    return Desk(app, accounts)


@pytest.fixture
def file(town: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(town, tmp_path / "town.gpkg"))


@pytest.fixture
def desk(file: Path) -> Iterator[Desk]:
    made = desk_over(file)
    yield made
    made.accounts.store.close()


@pytest.fixture
def wang(desk: Desk) -> str:
    return desk.accounts.add("wang", "王一", OFFICE, password=GOOD, by="test")


@pytest.fixture
def boss(desk: Desk) -> str:
    return desk.accounts.add("boss", "石岩", ADMIN, password=GOOD, by="test")
