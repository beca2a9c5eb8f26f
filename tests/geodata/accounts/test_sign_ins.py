"""Signing in, and what is done about guessing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from geodata.accounts import AccountRules, Accounts
from geodata.errors import SignInError, ThrottledError
from geodata.store import Store

from .conftest import (
    CHEAP,
    GOOD,
    OFFICE,
    OTHER,
    Clock,
    CountingHasher,
    actions,
    signed_in,
    version,
    wrong,
)


def test_who_knows_the_password_is_signed_in(accounts: Accounts, wang: str, clock: Clock) -> None:
    signed = accounts.sign_in(" WANG ", GOOD, source="10.0.0.1", agent="Firefox")
    session = accounts.by_session(signed.token)
    assert session is not None
    assert session == signed.session
    assert (session.person.person_id, session.person.name) == (wang, "王一")
    assert (session.person.grants, session.must_change) == (frozenset(OFFICE), False)
    assert (session.csrf, session.signed_in_at) == (signed.csrf, clock.at)


def test_every_sign_in_begins_another_session(accounts: Accounts, wang: str) -> None:
    """AUT-06: the identifier is made at sign-in, so none can be planted before it."""
    tokens = {signed_in(accounts) for _ in range(5)}
    assert len(tokens) == 5
    assert len({accounts.by_session(token).csrf for token in tokens}) == 5  # type: ignore[union-attr]
    assert len(accounts.sessions(wang)) == 5


def test_a_token_that_was_never_given_is_no_session(accounts: Accounts, wang: str) -> None:
    del wang
    for token in ("", "x", "\ud800", "a" * 5000):
        assert accounts.by_session(token) is None
        assert accounts.by_token(token) is None


@pytest.mark.parametrize("case", ["unknown", "wrong", "locked", "disabled", "no password"])
def test_every_refusal_says_the_same_after_the_same_work(store: Store, case: str) -> None:
    """AUT-01: whoever tries learns neither who has an account nor what is the matter with it."""
    hasher = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    accounts = Accounts(store, hasher=hasher)
    person_id = accounts.add(
        "wang", "王一", OFFICE, password=None if case == "no password" else GOOD, by="test"
    )
    password = "not the password" if case in ("wrong", "unknown") else GOOD
    if case == "locked":
        wrong(accounts, 5)
    if case == "disabled":
        accounts.disable(person_id, by="test", version=version(accounts, person_id))
    hasher.verified = 0
    with pytest.raises(SignInError) as refused:
        accounts.sign_in("zhao" if case == "unknown" else "wang", password, source="10.0.0.2")
    assert hasher.verified == 1
    assert str(refused.value).startswith("The name, the password or the code is not right")
    assert refused.value.values == {}


def test_five_wrong_passwords_in_a_row_lock_for_a_quarter_of_an_hour(
    accounts: Accounts, store: Store, wang: str, clock: Clock
) -> None:
    wrong(accounts, 4)
    signed_in(accounts)  # the row is broken
    wrong(accounts, 4)
    assert not accounts.account(wang).locked(clock.at)
    wrong(accounts, 1)
    assert accounts.account(wang).locked(clock.at)
    with pytest.raises(SignInError):
        signed_in(accounts)
    clock.forward(minutes=14, seconds=59)
    with pytest.raises(SignInError):
        signed_in(accounts)
    clock.forward(seconds=1)
    signed_in(accounts)
    assert actions(store) == ["account-add", "sign-in", "sign-in-locked", "sign-in"]


def test_a_locked_account_does_not_throw_out_who_is_signed_in(
    accounts: Accounts, wang: str
) -> None:
    """AUT-03: guessing from elsewhere must not stop an office at work."""
    del wang
    token = signed_in(accounts)
    wrong(accounts, 5, source="203.0.113.9")
    assert accounts.by_session(token) is not None


def test_an_administrator_unlocks(accounts: Accounts, wang: str, clock: Clock) -> None:
    wrong(accounts, 5)
    found = accounts.unlock(wang, by="test", version=version(accounts, wang))
    assert not found.locked(clock.at)
    signed_in(accounts)


def test_one_source_may_be_wrong_so_often_whoever_it_tries(
    store: Store, wang: str, clock: Clock
) -> None:
    """AUT-02: one password over many names is slowed by where it comes from."""
    del wang
    accounts = Accounts(store, AccountRules(attempts_of_source=8), CHEAP)
    for number in range(8):
        wrong(accounts, 1, name=f"name{number}", source="203.0.113.9")
        clock.forward(minutes=1)
    with pytest.raises(ThrottledError) as refused:
        signed_in_from(accounts, "203.0.113.9")
    assert refused.value.retry_after == 7 * 60
    assert refused.value.values["minutes"] == 7
    signed_in_from(accounts, "10.0.0.1")  # others are served
    clock.forward(minutes=7)
    signed_in_from(accounts, "203.0.113.9")


def signed_in_from(accounts: Accounts, source: str) -> None:
    accounts.sign_in("wang", GOOD, source=source)


def test_a_throttled_source_costs_no_hash(store: Store) -> None:
    hasher = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    accounts = Accounts(store, AccountRules(attempts_of_source=3), hasher)
    wrong(accounts, 3)
    before = hasher.verified
    with pytest.raises(ThrottledError):
        accounts.sign_in("wang", GOOD, source="10.0.0.1")
    assert hasher.verified == before == 3


def test_attempts_are_forgotten_once_they_count_no_more(
    accounts: Accounts, store: Store, clock: Clock
) -> None:
    wrong(accounts, 3, name="nobody")
    clock.forward(minutes=16)
    wrong(accounts, 1, name="nobody")
    with store.database.reading() as connection:
        assert len(connection.execute(select(store.tables.people.sign_ins)).all()) == 1


class InterruptedHasher(PasswordHasher):
    """Lets something happen between a comparison and what follows from it."""

    meanwhile: Callable[[], object] | None = None

    def verify(self, *given: Any, **more: Any) -> Any:
        found = super().verify(*given, **more)
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            happens()
        return found


def test_a_password_that_is_replaced_while_it_is_compared_opens_nothing(
    accounts: Accounts, store: Store, wang: str
) -> None:
    hasher = InterruptedHasher(time_cost=1, memory_cost=8, parallelism=1)
    slow = Accounts(store, hasher=hasher)

    def replace() -> None:
        seen = version(accounts, wang)
        accounts.reset_password(wang, OTHER, by="test", version=seen, must_change=False)

    hasher.meanwhile = replace
    with pytest.raises(SignInError):
        slow.sign_in("wang", GOOD, source="10.0.0.1")
    hasher.meanwhile = lambda: accounts.change_password(wang, OTHER, GOOD, keep=None)
    with pytest.raises(SignInError):
        slow.change_password(wang, OTHER, "marble kitchen sparrow 9", keep=None)
    assert accounts.sign_in("wang", GOOD, source="10.0.0.1").token
