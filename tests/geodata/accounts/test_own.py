"""What a person does to their own account."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.accounts import AccountRules, Accounts, second_factor
from geodata.errors import SignInError, WeakPasswordError
from geodata.store import Store
from gridmap.access import Grant, Scope
from gridmap.errors import ConflictError, InvalidError

from .conftest import (
    CHEAP,
    GOOD,
    OFFICE,
    OTHER,
    Clock,
    signed_in,
    with_authenticator,
)


def test_changing_the_password_keeps_only_the_session_that_did_it(
    accounts: Accounts, wang: str
) -> None:
    here, there = signed_in(accounts), signed_in(accounts)
    accounts.change_password(wang, GOOD, OTHER, keep=here)
    assert accounts.by_session(here) is not None
    assert accounts.by_session(there) is None
    with pytest.raises(SignInError):
        signed_in(accounts)
    signed_in(accounts, password=OTHER)


def test_the_old_password_must_be_known_and_guessing_it_locks(
    accounts: Accounts, wang: str, clock: Clock
) -> None:
    for _ in range(5):
        with pytest.raises(SignInError, match="present password"):
            accounts.change_password(wang, "a guess of it", OTHER, keep=None)
    assert accounts.account(wang).locked(clock.at)
    with pytest.raises(SignInError):
        accounts.change_password(wang, GOOD, OTHER, keep=None)


@pytest.mark.parametrize("new", ["1234567890", "林业局2026林业局", GOOD])
def test_a_new_password_must_be_sound_and_new(accounts: Accounts, new: str) -> None:
    grants = [Grant("unit_coordinator", Scope("unit", "u1"))]
    person_id = accounts.add("wang", "王一", grants, password=GOOD, by="test")
    with pytest.raises(WeakPasswordError):
        accounts.change_password(person_id, GOOD, new, keep=None)
    signed_in(accounts)


def test_a_one_time_password_has_to_be_changed_and_lapses_after_a_week(
    accounts: Accounts, clock: Clock
) -> None:
    """AUT-10."""
    first = accounts.one_time_password()
    person_id = accounts.add("wang", "王一", OFFICE, password=first, by="test", must_change=True)
    clock.forward(days=7)
    token = signed_in(accounts, password=first)
    session = accounts.by_session(token)
    assert session is not None
    assert session.must_change
    clock.forward(seconds=1)
    with pytest.raises(SignInError):
        signed_in(accounts, password=first)
    accounts.change_password(person_id, first, GOOD, keep=token)
    changed = accounts.by_session(token)
    assert changed is not None
    assert not changed.must_change


def test_a_password_that_is_too_old_has_to_be_changed(store: Store, clock: Clock) -> None:
    accounts = Accounts(store, AccountRules(rotate_days=90), CHEAP)
    person_id = accounts.add("wang", "王一", OFFICE, password=GOOD, by="test")
    clock.forward(days=90)
    assert not accounts.sign_in("wang", GOOD, source="s").session.must_change
    clock.forward(seconds=1)
    assert accounts.sign_in("wang", GOOD, source="s").session.must_change
    accounts.change_password(person_id, GOOD, OTHER, keep=None)
    assert not accounts.sign_in("wang", OTHER, source="s").session.must_change


def test_an_authenticator_counts_once_it_is_confirmed(
    accounts: Accounts, wang: str, clock: Clock
) -> None:
    secret, address = accounts.start_totp(wang)
    told = urlsplit(address)
    assert (told.scheme, parse_qs(told.query)["secret"]) == ("otpauth", [secret])
    assert parse_qs(told.query)["issuer"] == ["试验镇"]
    assert accounts.pending_totp(wang) == (secret, address)
    signed_in(accounts)  # not asked for yet
    with pytest.raises(InvalidError, match="code is wrong"):
        accounts.confirm_totp(
            wang, "000000" if pyotp.TOTP(secret).at(clock.at) != "000000" else "1"
        )
    accounts.confirm_totp(wang, pyotp.TOTP(secret).at(clock.at))
    assert accounts.account(wang).has_totp
    assert accounts.pending_totp(wang) is None
    with pytest.raises(SignInError):
        signed_in(accounts)
    with pytest.raises(ConflictError):
        accounts.start_totp(wang)


def test_a_code_is_good_once(accounts: Accounts, wang: str, clock: Clock) -> None:
    """AUT-11: what was looked at over a shoulder is of no use."""
    shown = with_authenticator(accounts, wang, clock)
    with pytest.raises(SignInError):
        signed_in(accounts, code=shown.at(clock.at))  # it confirmed the authenticator
    clock.forward(seconds=30)
    code = shown.at(clock.at)
    signed_in(accounts, code=f" {code[:3]} {code[3:]} ")
    with pytest.raises(SignInError):
        signed_in(accounts, code=code)
    clock.forward(seconds=30)
    with pytest.raises(SignInError):
        signed_in(accounts, code=code)
    signed_in(accounts, code=shown.at(clock.at))


def test_five_wrong_codes_lock_like_five_wrong_passwords(
    accounts: Accounts, wang: str, clock: Clock
) -> None:
    shown = with_authenticator(accounts, wang, clock)
    clock.forward(seconds=30)
    right = shown.at(clock.at)
    for number in range(5):
        with pytest.raises(SignInError):
            signed_in(accounts, code=str((int(right) + 1 + number) % 10**6).zfill(6))
    with pytest.raises(SignInError):
        signed_in(accounts, code=right)
    assert accounts.account(wang).locked(clock.at)


def test_an_authenticator_goes_only_with_the_password(
    accounts: Accounts, wang: str, clock: Clock
) -> None:
    with_authenticator(accounts, wang, clock)
    with pytest.raises(SignInError):
        accounts.drop_totp(wang, "a guess of it")
    accounts.drop_totp(wang, GOOD)
    signed_in(accounts)


@given(st.integers(0, 2**31), st.integers(-3, 3), st.binary(min_size=20, max_size=20))
def test_a_code_holds_for_its_half_minute_and_the_ones_beside_it(
    now: int, shift: int, key: bytes
) -> None:
    """Against pyotp, which makes the code of any moment."""
    secret = base64.b32encode(key).decode()
    at = datetime.fromtimestamp(now + 120, UTC)
    code = pyotp.TOTP(secret).at(at, counter_offset=shift)
    near = {pyotp.TOTP(secret).at(at, counter_offset=step) for step in (-1, 0, 1)}
    assert (second_factor.step_of(secret, code, at, None) is not None) == (code in near)
    step = second_factor.step_of(secret, pyotp.TOTP(secret).at(at), at, None)
    assert step is not None
    assert (second_factor.step_of(secret, pyotp.TOTP(secret).at(at), at, step) or step + 1) > step


@pytest.mark.parametrize(
    "code", [None, "", " ", "１２３４５６", "12345", "1234567", "abcdef", "\ud800"]
)
def test_what_is_no_code_is_wrong(code: str | None) -> None:
    secret = second_factor.new_secret()
    assert second_factor.step_of(secret, code, datetime(2026, 1, 1, tzinfo=UTC), None) is None
