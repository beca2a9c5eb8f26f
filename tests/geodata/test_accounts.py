"""Accounts on a GeoPackage with the town: what is kept, what is refused, what the journal tells."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from geodata.accounts import AccountRules, Accounts, second_factor
from geodata.accounts.demo import (
    DEMO_PASSWORD,
    add_demo_people,
    demo_people,
    has_demo_people,
)
from geodata.accounts.passwords import Passwords, one_time, require_sound
from geodata.database import connect
from geodata.errors import SignInError, StaleError, ThrottledError, WeakPasswordError
from geodata.store import Store
from gridmap.access import CITY, Grant, Scope
from gridmap.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from tests.registers import town_register
from tests.town import COMMUNITIES, DISTRICT

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


# --- making accounts ------------------------------------------------------------------------------


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


# --- passwords ------------------------------------------------------------------------------------


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
    store: Store,
) -> None:
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


# --- signing in -----------------------------------------------------------------------------------


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


# --- sessions -------------------------------------------------------------------------------------


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


def test_a_session_is_served_while_another_writes(
    accounts: Accounts, store: Store, wang: str, clock: Clock
) -> None:
    del wang
    token = signed_in(accounts)
    clock.forward(minutes=2)
    with store.database.writing():
        assert accounts.by_session(token) is not None


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


# --- one's own account ----------------------------------------------------------------------------


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


# --- the second factor ----------------------------------------------------------------------------


def with_authenticator(accounts: Accounts, person_id: str, clock: Clock) -> pyotp.TOTP:
    secret, _ = accounts.start_totp(person_id)
    shown = pyotp.TOTP(secret)
    accounts.confirm_totp(person_id, shown.at(clock.at))
    return shown


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


# --- tokens ---------------------------------------------------------------------------------------


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


# --- administration -------------------------------------------------------------------------------


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


# --- the demo -------------------------------------------------------------------------------------


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
