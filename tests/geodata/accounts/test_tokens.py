"""Tokens of programs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from geodata.accounts import Accounts
from gridmap.access import Grant
from gridmap.errors import ConflictError, InvalidError, NotFoundError

from .conftest import (
    GOOD,
    OFFICE,
    Clock,
    signed_in,
    version,
)


def test_a_token_asks_in_its_owners_name_until_it_expires(
    accounts: Accounts, wang: str, clock: Clock
) -> None:
    """AUT-12."""
    secret, row = accounts.issue_token(wang, " nightly export ", 30)
    person = accounts.by_token(secret)
    assert person is not None
    assert (person.person_id, person.grants) == (wang, frozenset(OFFICE))
    assert (row.label, row.expires_at) == ("nightly export", clock.at + timedelta(days=30))
    (listed,) = accounts.tokens(wang)
    assert listed.used_at == clock.at
    clock.forward(days=30)
    assert accounts.by_token(secret) is None
    assert accounts.tokens(wang) == []


def test_a_token_follows_its_owners_roles_at_once(accounts: Accounts, wang: str) -> None:
    secret, _ = accounts.issue_token(wang, "export", 30)
    accounts.change_grants(wang, [Grant("leader")], by="test", version=version(accounts, wang))
    person = accounts.by_token(secret)
    assert person is not None
    assert person.roles == {"leader"}


def test_a_revoked_token_is_none(accounts: Accounts, wang: str, boss: str) -> None:
    secret, row = accounts.issue_token(wang, "export", 30)
    with pytest.raises(NotFoundError):
        accounts.revoke_token(boss, row.token_id)  # not theirs
    accounts.revoke_token(wang, row.token_id)
    assert accounts.by_token(secret) is None
    with pytest.raises(NotFoundError):
        accounts.revoke_token(wang, row.token_id)


def test_tokens_end_for_good_with_their_account(accounts: Accounts, wang: str) -> None:
    secret, _ = accounts.issue_token(wang, "export", 30)
    accounts.disable(wang, by="test", version=version(accounts, wang))
    assert accounts.by_token(secret) is None
    accounts.enable(wang, by="test", version=version(accounts, wang))
    assert accounts.by_token(secret) is None
    signed_in(accounts)


@pytest.mark.parametrize(("label", "days"), [("", 30), ("x" * 81, 30), ("a", 0), ("a", 91)])
def test_a_token_needs_a_label_and_an_end(
    accounts: Accounts, wang: str, label: str, days: int
) -> None:
    with pytest.raises(InvalidError):
        accounts.issue_token(wang, label, days)


def test_a_person_has_so_many_tokens_and_no_more(accounts: Accounts, wang: str) -> None:
    for number in range(20):
        accounts.issue_token(wang, f"token {number}", 1)
    with pytest.raises(ConflictError):
        accounts.issue_token(wang, "one more", 1)


def test_a_one_time_password_makes_no_token(accounts: Accounts) -> None:
    person_id = accounts.add("li", "李二", OFFICE, password=GOOD, by="test", must_change=True)
    with pytest.raises(ConflictError, match="choose a password"):
        accounts.issue_token(person_id, "export", 1)
