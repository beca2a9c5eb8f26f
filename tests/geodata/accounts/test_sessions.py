"""Sessions of browsers: how long they last, and what ends them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from geodata.accounts import Accounts
from geodata.accounts.passwords import one_time
from geodata.store import Store
from gridmap.access import Grant
from gridmap.errors import NotFoundError

from .conftest import (
    GOOD,
    OTHER,
    Clock,
    actions,
    signed_in,
    version,
)


def test_a_session_that_asks_for_nothing_ends_after_half_an_hour(
    accounts: Accounts, wang: str, clock: Clock
) -> None:
    """AUT-08."""
    del wang
    token = signed_in(accounts)
    clock.forward(minutes=30)
    assert accounts.by_session(token) is not None
    clock.forward(minutes=30)
    assert accounts.by_session(token) is not None  # it was seen in between
    clock.forward(minutes=30, milliseconds=1)
    assert accounts.by_session(token) is None


def test_a_session_ends_after_twelve_hours_however_busy(
    accounts: Accounts, wang: str, clock: Clock
) -> None:
    del wang
    token = signed_in(accounts)
    for _ in range(48):
        clock.forward(minutes=15)
        assert accounts.by_session(token) is not None
    clock.forward(milliseconds=1)
    assert accounts.by_session(token) is None


def test_a_session_is_found_by_one_question_and_noted_once_a_minute(
    accounts: Accounts, store: Store, wang: str, clock: Clock
) -> None:
    del wang
    token = signed_in(accounts)
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2].split()[0])

    def statements() -> list[str]:
        return [word for word in asked if word in ("SELECT", "INSERT", "UPDATE", "DELETE")]

    event.listen(store.database.engine, "before_cursor_execute", note)
    clock.forward(seconds=59)
    accounts.by_session(token)
    accounts.by_session(token)
    assert statements() == ["SELECT", "SELECT"]
    clock.forward(seconds=1)
    accounts.by_session(token)
    accounts.by_session(token)
    event.remove(store.database.engine, "before_cursor_execute", note)
    assert statements()[2:] == ["SELECT", "UPDATE", "SELECT"]


def test_a_session_is_served_while_another_writes_and_noted_a_minute_later(
    accounts: Accounts, store: Store, wang: str, clock: Clock
) -> None:
    token = signed_in(accounts)
    begun = clock.at
    clock.forward(minutes=2)
    with store.database.writing():
        assert accounts.by_session(token) is not None
    accounts.by_session(token)
    assert [row.seen_at for row in accounts.sessions(wang)] == [begun]
    clock.forward(minutes=1)
    accounts.by_session(token)
    assert [row.seen_at for row in accounts.sessions(wang)] == [clock.at]


def test_signing_out_ends_one_session(accounts: Accounts, store: Store, wang: str) -> None:
    here, there = signed_in(accounts), signed_in(accounts)
    accounts.sign_out(here)
    accounts.sign_out(here)
    accounts.sign_out("never given")
    assert accounts.by_session(here) is None
    assert accounts.by_session(there) is not None
    assert actions(store).count("sign-out") == 1
    assert len(accounts.sessions(wang)) == 1


def test_the_same_account_on_two_telephones_is_listed_and_each_can_be_ended(
    accounts: Accounts, wang: str, clock: Clock
) -> None:
    """AUT-14."""
    here = signed_in(accounts, agent="desk")
    clock.forward(minutes=5)
    there = signed_in(accounts, agent="telephone" * 50)
    rows = accounts.sessions(wang, here=here)
    assert [(row.agent[:9], row.here) for row in rows] == [("telephone", False), ("desk", True)]
    assert len(rows[0].agent) == 200
    accounts.end_session(wang, rows[0].session_id)
    assert accounts.by_session(there) is None
    assert accounts.by_session(here) is not None
    assert accounts.by_session(rows[1].session_id) is None  # its name is not its key


def test_nobody_ends_a_session_of_somebody_else(accounts: Accounts, wang: str, boss: str) -> None:
    token = signed_in(accounts)
    (row,) = accounts.sessions(wang)
    for session_id in (row.session_id, "", "%", "0" * 16):
        with pytest.raises(NotFoundError):
            accounts.end_session(boss, session_id)
    assert accounts.by_session(token) is not None


def test_signing_out_everywhere_else_leaves_one(accounts: Accounts, wang: str) -> None:
    tokens = [signed_in(accounts) for _ in range(3)]
    assert accounts.sign_out_everywhere(wang, but=tokens[1]) == 2
    assert [accounts.by_session(token) is not None for token in tokens] == [False, True, False]
    assert accounts.sign_out_everywhere(wang) == 1


Change = Callable[[Accounts, str, str], object]
ENDS_SESSIONS: dict[str, Change] = {
    "change_grants": lambda a, p, _: a.change_grants(
        p, [Grant("leader")], by="test", version=version(a, p)
    ),
    "disable": lambda a, p, _: a.disable(p, by="test", version=version(a, p)),
    "reset_password": lambda a, p, _: a.reset_password(
        p, one_time(), by="test", version=version(a, p)
    ),
    "link_subject": lambda a, p, _: a.link_subject(p, "s1", by="test", version=version(a, p)),
    "change_password": lambda a, p, _: a.change_password(p, GOOD, OTHER, keep=None),
    "sign_out": lambda a, _, token: a.sign_out(token),
}


@pytest.mark.parametrize("change", ENDS_SESSIONS)
def test_what_changes_who_somebody_is_ends_their_sessions(
    accounts: Accounts, wang: str, change: str
) -> None:
    """AUT-07: within one request."""
    token = signed_in(accounts)
    ENDS_SESSIONS[change](accounts, wang, token)
    assert accounts.by_session(token) is None


def test_the_next_request_uses_the_new_name(accounts: Accounts, wang: str) -> None:
    """AUT-13."""
    token = signed_in(accounts)
    accounts.rename(wang, "王一一", by="test", version=version(accounts, wang))
    session = accounts.by_session(token)
    assert session is not None
    assert session.person.name == "王一一"
