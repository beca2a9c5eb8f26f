"""Accounts on a GeoPackage with the town, under a clock that stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from geodata.accounts import Accounts
from geodata.database import connect
from geodata.errors import SignInError
from geodata.store import Store
from gridmap.access import Grant
from tests.registers import town_register

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
GOOD, OTHER = "lantern orchid bramble 41", "copper meadow thistle 77"
OFFICE = [Grant("city_office")]
ADMIN = [Grant("system_admin")]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 6, 30, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


class CountingHasher(PasswordHasher):
    """Counts what takes time."""

    verified = 0

    def verify(self, *given: Any, **more: Any) -> Any:
        self.verified += 1
        return super().verify(*given, **more)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town_register(folder := tmp_path_factory.mktemp("town"))
    return folder / "town.gpkg"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(template: Path, tmp_path: Path, clock: Clock) -> Any:
    (tmp_path / "town.gpkg").write_bytes(template.read_bytes())
    opened = Store(connect(f"gpkg:///{tmp_path / 'town.gpkg'}"), clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return Accounts(store, hasher=CHEAP)


@pytest.fixture
def wang(accounts: Accounts) -> str:
    return accounts.add("wang", "王一", OFFICE, password=GOOD, by="test")


@pytest.fixture
def boss(accounts: Accounts) -> str:
    return accounts.add("boss", "石岩", ADMIN, password=GOOD, by="test")


def signed_in(accounts: Accounts, name: str = "wang", password: str = GOOD, **more: Any) -> str:
    return accounts.sign_in(name, password, source="10.0.0.1", **more).token


def wrong(accounts: Accounts, times: int, name: str = "wang", source: str = "10.0.0.1") -> None:
    for _ in range(times):
        with pytest.raises(SignInError):
            accounts.sign_in(name, "not the password", source=source)


def actions(store: Store) -> list[str]:
    """Return what the journal tells, oldest first, without the import of the town."""
    return [entry.action for entry in reversed(store.journal.entries())][1:]


def kept(store: Store) -> str:
    """Return every row of every table of accounts, and of the journal, as text."""
    people = store.tables.people
    tables = [getattr(people, name) for name in vars(people)] + [store.tables.journal]
    with store.database.reading() as connection:
        rows = [connection.execute(select(table)).all() for table in tables]
    return json.dumps(rows, default=str, ensure_ascii=False)


def version(accounts: Accounts, person_id: str) -> int:
    return accounts.account(person_id).version


def with_authenticator(accounts: Accounts, person_id: str, clock: Clock) -> pyotp.TOTP:
    secret, _ = accounts.start_totp(person_id)
    shown = pyotp.TOTP(secret)
    accounts.confirm_totp(person_id, shown.at(clock.at))
    return shown
