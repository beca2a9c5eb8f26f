"""Accounts made, changed and disabled: what is kept, what is refused, what the journal tells."""

from __future__ import annotations

import pytest

from geodata.accounts import Accounts
from geodata.accounts.demo import (
    DEMO_PASSWORD,
    add_demo_people,
    demo_people,
    has_demo_people,
)
from geodata.errors import SignInError, StaleError
from geodata.store import Store
from gridmap.access import CITY, Grant, Scope
from gridmap.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from tests.town import COMMUNITIES, DISTRICT

from .conftest import (
    ADMIN,
    GOOD,
    OFFICE,
    OTHER,
    Clock,
    actions,
    kept,
    signed_in,
    version,
    with_authenticator,
)


def test_a_new_register_has_nobody_who_may_sign_in(accounts: Accounts) -> None:
    assert not accounts.any_active()
    assert accounts.people() == []


def test_an_account_is_what_it_was_made_as(accounts: Accounts, clock: Clock) -> None:
    grants = [
        Grant("unit_coordinator", Scope("unit", "u1")),
        Grant("field_staff", Scope("unit", "u2")),
    ]
    person_id = accounts.add(" Wang.Yi ", " 王  一 ", grants, password=GOOD, by="test")
    found = accounts.account(person_id)
    assert (found.sign_in, found.name, found.grants) == ("wang.yi", "王 一", frozenset(grants))
    assert (found.active, found.must_change, found.has_password, found.has_totp) == (
        True,
        False,
        True,
        False,
    )
    assert found.created_at == found.changed_at == clock.at
    assert found.person.units == {"u1", "u2"}
    assert accounts.people() == [found] == [accounts.by_sign_in("WANG.YI")]
    assert accounts.any_active()


def test_a_person_who_holds_nothing_is_listed_all_the_same(accounts: Accounts) -> None:
    accounts.add("nobody", "无", [], password=GOOD, by="test")
    assert [person.grants for person in accounts.people()] == [frozenset()]


@pytest.mark.parametrize(
    ("sign_in", "name", "refused"),
    [
        ("a", "王一", InvalidError),
        ("wang yi", "王一", InvalidError),
        ("wang\x00", "王一", InvalidError),
        ("x" * 65, "王一", InvalidError),
        ("wang2", "  ", InvalidError),
        ("wang2", "王" * 81, InvalidError),
        ("WANG", "another", ConflictError),
        ("ｗａｎｇ", "full width", ConflictError),
    ],
)
def test_names_that_cannot_be_are_refused(
    accounts: Accounts, wang: str, sign_in: str, name: str, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        accounts.add(sign_in, name, OFFICE, password=OTHER, by="test")
    assert [person.person_id for person in accounts.people()] == [wang]


@pytest.mark.parametrize(
    ("grant", "refused"),
    [
        (Grant("emperor"), InvalidError),
        (Grant("public"), InvalidError),
        (Grant("city_office", Scope("unit", "u1")), InvalidError),
        (Grant("unit_coordinator", Scope("unit", "u9")), NotFoundError),
        (Grant("district_office", Scope("division", "999999")), NotFoundError),
        (Grant("inspector", Scope("division", "232701100001001")), NotFoundError),  # a grid
    ],
)
def test_grants_that_cannot_be_are_refused(
    accounts: Accounts, grant: Grant, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        accounts.add("wang", "王一", [grant], password=GOOD, by="test")
    assert accounts.people() == []


def test_a_division_of_any_level_may_be_a_scope(accounts: Accounts) -> None:
    held = [Grant("inspector", Scope("division", code)) for code in (DISTRICT, *COMMUNITIES)]
    person_id = accounts.add("wang", "王一", held, password=GOOD, by="test")
    assert accounts.account(person_id).grants == frozenset(held)


def test_who_administers_accounts_does_no_business(accounts: Accounts) -> None:
    with pytest.raises(InvalidError, match="no business"):
        accounts.add("wang", "王一", [*OFFICE, *ADMIN], password=GOOD, by="test")


def test_nobody_changes_their_own_roles(accounts: Accounts, boss: str) -> None:
    """ACL-18."""
    for grants in (OFFICE, [*ADMIN]):
        with pytest.raises(ForbiddenError):
            accounts.change_grants(boss, grants, by=boss, version=1)


def test_the_last_administrator_stays(accounts: Accounts, boss: str, wang: str) -> None:
    """ACL-18."""
    with pytest.raises(ConflictError, match="last"):
        accounts.disable(boss, by=wang, version=1)
    with pytest.raises(ConflictError, match="last"):
        accounts.change_grants(boss, OFFICE, by=wang, version=1)
    other = accounts.add("other", "另一人", ADMIN, password=GOOD, by="test")
    accounts.disable(boss, by=other, version=1)
    with pytest.raises(ConflictError, match="last"):
        accounts.disable(other, by=wang, version=1)
    assert accounts.account(other).active
    accounts.disable(boss, by=other, version=2)  # who is disabled already is no loss


def test_of_two_administrators_who_saw_the_same_the_second_looks_again(
    accounts: Accounts, wang: str, store: Store
) -> None:
    accounts.rename(wang, "王一一", by="test", version=1)
    before = actions(store)
    with pytest.raises(StaleError) as refused:
        accounts.disable(wang, by="test", version=1)
    assert refused.value.versions == {"account": 2}
    assert accounts.account(wang).active
    assert actions(store) == before


def test_a_reset_password_is_for_one_use_and_takes_the_authenticator_along(
    accounts: Accounts, wang: str, clock: Clock
) -> None:
    with_authenticator(accounts, wang, clock)
    secret, _ = accounts.issue_token(wang, "export", 30)
    password = accounts.one_time_password()
    found = accounts.reset_password(wang, password, by="test", version=version(accounts, wang))
    assert (found.must_change, found.has_totp) == (True, False)
    assert accounts.by_token(secret) is None
    signed_in(accounts, password=password)


def test_a_subject_of_single_sign_on_is_one_persons(
    accounts: Accounts, wang: str, boss: str
) -> None:
    accounts.link_subject(wang, " s-1 ", by="test", version=1)
    found = accounts.by_subject("s-1")
    assert found is not None
    assert found.person_id == wang
    with pytest.raises(ConflictError):
        accounts.link_subject(boss, "s-1", by="test", version=1)
    signed = accounts.sign_in_subject("s-1", source="10.0.0.1")
    assert accounts.by_session(signed.token) is not None
    for subject in ("s-2", "", "S-1"):
        with pytest.raises(SignInError):
            accounts.sign_in_subject(subject, source="10.0.0.1")
    accounts.disable(wang, by="test", version=2)
    with pytest.raises(SignInError):
        accounts.sign_in_subject("s-1", source="10.0.0.1")


def test_the_journal_tells_who_did_what_to_whom(
    accounts: Accounts, store: Store, wang: str, boss: str
) -> None:
    unit = [Grant("unit_coordinator", Scope("unit", "u1"))]
    accounts.change_grants(wang, unit, by=boss, version=1)
    token = signed_in(accounts)
    accounts.sign_out(token)
    told = store.journal.entries(3)
    assert [(entry.who, entry.action) for entry in told] == [
        ("王一", "sign-out"),
        ("王一", "sign-in"),
        ("石岩", "account-grants"),
    ]
    what = dict(told[2].what)
    assert what.pop("changes") == {}
    assert what == {
        "person_id": wang,
        "sign_in": "wang",
        "name": "王一",
        "before": ["city_office@city"],
        "grants": ["unit_coordinator@unit:u1"],
    }
    assert store.journal.verify() is None
    assert store.verify() is None


def test_what_is_refused_leaves_no_trace(accounts: Accounts, store: Store, boss: str) -> None:
    before, told = kept(store), actions(store)
    for refused in (
        lambda: accounts.disable(boss, by="test", version=1),
        lambda: accounts.rename(boss, "", by="test", version=1),
        lambda: accounts.rename("nobody", "石", by="test", version=1),
        lambda: accounts.reset_password(boss, "1234567890", by="test", version=1),
    ):
        with pytest.raises((ConflictError, InvalidError, NotFoundError)):
            refused()
    assert (kept(store), actions(store)) == (before, told)


def test_the_demo_has_one_person_a_role_with_scopes_of_the_town(store: Store) -> None:
    people = {sign_in: grants for sign_in, _, grants in demo_people(store)}
    assert len(people) == 9
    assert people["unit"] == [Grant("unit_coordinator", Scope("unit", "u1"))]  # it holds two grids
    assert people["district"] == [Grant("district_office", Scope("division", DISTRICT))]
    assert people["leader"] == [Grant("leader", CITY)]


def test_demo_people_sign_in_and_the_register_says_that_they_are_there(
    accounts: Accounts, store: Store
) -> None:
    assert not has_demo_people(store)
    people = add_demo_people(accounts, store)
    assert has_demo_people(store)
    assert {sign_in for sign_in, _, _ in people} == {a.sign_in for a in accounts.people()}
    for sign_in, _, grants in people:
        session = accounts.sign_in(sign_in, DEMO_PASSWORD, source="127.0.0.1").session
        assert session.person.grants == frozenset(grants)
        assert not session.must_change
    assert Store(store.database).meta == store.meta  # which the note does not disturb
