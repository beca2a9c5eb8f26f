"""Accounts on both databases, and many hands at them at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher

from geodata.accounts import AccountRules, Accounts
from geodata.errors import SignInError, StaleError, ThrottledError
from geodata.store import Store
from gridmap.access import Grant, Scope
from gridmap.errors import ConflictError

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
GOOD, OTHER = "lantern orchid bramble 41", "copper meadow thistle 77"
OFFICE, ADMIN = [Grant("city_office")], [Grant("system_admin")]
THREADS = 20


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return Accounts(store, hasher=CHEAP)


@pytest.fixture
def wang(accounts: Accounts) -> str:
    return accounts.add("wang", "王一", OFFICE, password=GOOD, by="test")


def test_an_account_lives_its_whole_life_on_both_databases(town_store: Store) -> None:
    accounts = Accounts(town_store, hasher=CHEAP)
    held = [Grant("unit_coordinator", Scope("unit", "u1"))]
    wang = accounts.add("wang", "王一", held, password=GOOD, by="test", must_change=True)
    signed = accounts.sign_in("wang", GOOD, source="::1", agent="Firefox")
    accounts.change_password(wang, GOOD, OTHER, keep=signed.token)
    secret, row = accounts.issue_token(wang, "export", 30)
    accounts.by_token(secret)
    shown = pyotp.TOTP(accounts.start_totp(wang)[0])
    accounts.confirm_totp(wang, shown.at(town_store.now()))
    session = accounts.by_session(signed.token)
    assert session is not None
    assert (session.person.name, session.csrf) == ("王一", signed.csrf)
    assert not session.must_change
    (token,) = accounts.tokens(wang)
    assert token.used_at is not None
    assert timedelta(0) < token.used_at - row.created_at < timedelta(minutes=1)
    accounts.disable(wang, by="test", version=accounts.account(wang).version)
    assert accounts.by_session(signed.token) is None
    assert accounts.by_token(secret) is None
    assert town_store.journal.verify() is None
    assert [entry.action for entry in reversed(town_store.journal.entries())] == [
        "import",
        "account-add",
        "sign-in",
        "password-change",
        "token-issue",
        "totp-add",
        "account-disable",
    ]


@pytest.mark.parametrize("guesses", [4, 5, 20])
def test_the_lock_is_exact_however_many_guess_at_once(
    accounts: Accounts, store: Store, wang: str, guesses: int
) -> None:
    """AUT-15: the fifth wrong password locks, not about the fifth."""

    def guess(number: int) -> bool:
        try:
            accounts.sign_in("wang", f"guess number {number}", source="10.0.0.1")
        except SignInError:
            return False
        return True

    assert _together(guesses, guess) == [False] * guesses
    found = accounts.account(wang)
    assert (found.failures, found.locked(store.now())) == ((4, False) if guesses < 5 else (0, True))
    told = [entry.action for entry in store.journal.entries()]
    assert told.count("sign-in-locked") == (0 if guesses < 5 else 1)


def test_of_many_guesses_at_once_at_most_five_are_worth_anything(
    accounts: Accounts, wang: str
) -> None:
    """The right password, if it comes after five wrong ones, is refused like these."""
    del wang
    order: list[bool] = []
    turn = threading.Lock()
    accept = accounts._accepted

    def noted(writer: object, tried: object) -> object:
        with turn:
            order.append(bool(tried.right))  # type: ignore[attr-defined]
        return accept(writer, tried)  # type: ignore[arg-type]

    accounts._accepted = noted  # type: ignore[method-assign, assignment]

    def guess(number: int) -> bool:
        try:
            accounts.sign_in("wang", GOOD if number == 7 else "a guess", source="10.0.0.1")
        except SignInError:
            return False
        return True

    entered = any(_together(THREADS, guess))
    assert entered == (order.index(True) < 5)


def test_a_code_is_good_for_one_of_many_at_once(
    accounts: Accounts, store: Store, wang: str
) -> None:
    """AUT-11."""
    lenient = Accounts(store, AccountRules(attempts=1000, attempts_of_source=1000), CHEAP)
    shown = pyotp.TOTP(accounts.start_totp(wang)[0])
    accounts.confirm_totp(wang, shown.at(store.now()))
    code = shown.at(store.now() + timedelta(seconds=30))

    def enter(_number: int) -> bool:
        try:
            lenient.sign_in("wang", GOOD, code=code, source="10.0.0.1")
        except SignInError:
            return False
        return True

    assert _together(THREADS, enter).count(True) == 1


def test_a_source_is_throttled_on_both_databases(store: Store) -> None:
    accounts = Accounts(store, AccountRules(attempts_of_source=3), CHEAP)
    for _ in range(3):
        with pytest.raises(SignInError):
            accounts.sign_in("nobody", "a guess", source="203.0.113.9")
    with pytest.raises(ThrottledError) as refused:
        accounts.sign_in("nobody", "a guess", source="203.0.113.9")
    assert 0 < refused.value.retry_after <= 15 * 60


def test_two_administrators_cannot_remove_each_other_at_once(
    accounts: Accounts, store: Store
) -> None:
    """ACL-18: however it is raced, one is left."""
    people = [accounts.add(f"admin{n}", f"管{n}", ADMIN, password=GOOD, by="t") for n in (0, 1)]

    def remove(number: int) -> bool:
        try:
            accounts.disable(people[1 - number], by=people[number], version=1)
        except ConflictError:
            return False
        return True

    assert sorted(_together(2, remove)) == [False, True]
    assert [account.active for account in accounts.people()].count(True) == 1
    assert store.journal.verify() is None


def test_of_many_who_saw_the_same_account_one_changes_it(accounts: Accounts, wang: str) -> None:
    def rename(number: int) -> bool:
        try:
            accounts.rename(wang, f"王{number}", by="test", version=1)
        except StaleError:
            return False
        return True

    assert _together(THREADS, rename).count(True) == 1
    assert accounts.account(wang).version == 2


def test_one_name_to_sign_in_with_is_given_once(accounts: Accounts) -> None:
    def add(number: int) -> bool:
        try:
            accounts.add("wang", f"王{number}", OFFICE, password=GOOD, by="test")
        except ConflictError:
            return False
        return True

    assert _together(THREADS, add).count(True) == 1
    assert len(accounts.people()) == 1


def test_sessions_are_served_while_many_sign_in(accounts: Accounts, wang: str) -> None:
    token = accounts.sign_in("wang", GOOD, source="10.0.0.1").token

    def work(number: int) -> bool:
        if number % 2:
            return accounts.by_session(token) is not None
        return bool(accounts.sign_in("wang", GOOD, source="10.0.0.1").token)

    assert all(_together(THREADS, work))
    assert len(accounts.sessions(wang)) == 1 + THREADS // 2


def _together(threads: int, work: Callable[[int], bool]) -> list[bool]:
    """Start them at the same moment, and let the first fault through."""
    gate = threading.Barrier(threads)

    def start(number: int) -> bool:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(start, n) for n in range(threads)]]
