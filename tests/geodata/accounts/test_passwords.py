"""Which passwords are taken, and what is kept of them."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from geodata.accounts import Accounts
from geodata.accounts.demo import (
    DEMO_PASSWORD,
)
from geodata.accounts.passwords import Passwords, one_time, require_sound
from geodata.errors import WeakPasswordError
from geodata.store import Store

from .conftest import (
    CHEAP,
    GOOD,
    OFFICE,
    OTHER,
    kept,
    signed_in,
)


@pytest.mark.parametrize(
    "password",
    [
        "short1!",
        "x" * 201,
        "1234567890",
        "password2026",
        "qwertyuiop12",
        "Zhengzhou2026!",
        "Mohe2026!!",
        "漠河市漠河市漠河市漠河",
        "shilinyeju2026",
        "slyj20260101",
        "wangyi19800101",
        "chengguan@2026",
        "woaizhongguo",
        "ｐａｓｓｗｏｒｄ２０２６",
    ],
)
def test_a_password_that_is_soon_guessed_is_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        require_sound(password, ["wangyi", "王一", "漠河市", "市林业局", "郑州市"])


@pytest.mark.parametrize("password", [GOOD, OTHER, DEMO_PASSWORD, "雾灯 铜铃 苔痕 蓝鲸 纸鸢 九月"])
def test_several_unrelated_words_are_a_password(password: str) -> None:
    require_sound(password, ["wangyi", "王一", "漠河市"])


def test_a_one_time_password_is_sound_and_never_the_same() -> None:
    made = {one_time() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        require_sound(password)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_a_password_matches_itself_only(password: str, other: str) -> None:
    passwords = Passwords(CHEAP)
    hashed = passwords.hash(password)
    assert passwords.matches(hashed, password)
    if passwords.matches(hashed, other):
        assert normalize("NFKC", password) == normalize("NFKC", other)


def test_a_password_is_kept_as_argon2id_with_the_parameters_its_library_recommends(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geodata.accounts.passwords.PasswordHasher", PasswordHasher)
    Accounts(store).add("wang", "王一", OFFICE, password=GOOD, by="test")
    people = store.tables.people.accounts
    with store.database.reading() as connection:
        hashed = connection.execute(select(people.c.password)).scalar_one()
    default = PasswordHasher()
    memory, time, lanes = default.memory_cost, default.time_cost, default.parallelism
    assert hashed.startswith(f"$argon2id$v=19$m={memory},t={time},p={lanes}$")


def test_a_hash_of_older_parameters_is_renewed_by_signing_in(store: Store, wang: str) -> None:
    del wang
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    newer = Accounts(store, hasher=stronger)
    signed_in(newer)
    assert "m=16,t=2" in kept(store)
    signed_in(newer)
    signed_in(Accounts(store, hasher=CHEAP))  # and back, as it must be: parameters moved again
    assert "m=8,t=1" in kept(store)


def test_nothing_that_opens_the_door_is_kept_or_told(
    store: Store, accounts: Accounts, wang: str
) -> None:
    session = accounts.sign_in("wang", GOOD, source="10.0.0.1", agent="Firefox")
    secret, _ = accounts.issue_token(wang, "nightly export", 30)
    accounts.change_password(wang, GOOD, OTHER, keep=session.token)
    text = kept(store)
    for told in (GOOD, OTHER, session.token, secret, secret.removeprefix("gridmap_")):
        assert told not in text
    assert "nightly export" in text
