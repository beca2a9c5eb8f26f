"""The command that makes and changes accounts, as an operator types it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.commands import Faces, build
from geodata.accounts import Accounts
from geodata.database import connect
from geodata.errors import SignInError, WeakPasswordError
from geodata.store import Store
from gridmap.access import CITY, Grant, Scope
from gridmap.errors import ConflictError, GridMapError, InvalidError, NotFoundError
from tests.registers import town_register

GOOD = "lantern orchid bramble 41"


class Operator:
    """Somebody at the machine that holds the register."""

    def __init__(self, path: Path) -> None:
        self.url = f"gpkg:///{path}"
        self.app = build(Faces(create_app=lambda _: None))
        self.accounts = Accounts(Store(connect(self.url)))

    def type(self, *words: str, stdin: str = "") -> Result:
        given = ["--database", self.url, "--language", "en", *words]
        return CliRunner().invoke(self.app, given, input=stdin)

    def answer(self, *words: str, stdin: str = "") -> dict[str, Any]:
        done = self.type("--json", *words, stdin=stdin)
        assert done.exit_code == 0, done.output
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def refused(self, *words: str, stdin: str = "") -> GridMapError:
        """Return why something was refused; `api.commands.run` prints it and leaves with 1."""
        done = self.type(*words, stdin=stdin)
        assert isinstance(done.exception, GridMapError), done.output
        return done.exception


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town_register(folder := tmp_path_factory.mktemp("town"))
    return folder / "town.gpkg"


@pytest.fixture
def operator(town: Path, tmp_path: Path) -> Iterator[Operator]:
    made = Operator(Path(shutil.copy(town, tmp_path / "town.gpkg")))
    yield made
    made.accounts.store.close()


def test_the_first_administrator_is_made_with_a_password_for_one_use(operator: Operator) -> None:
    told = operator.answer("user", "add", "Boss", "--name", "石岩", "--role", "system_admin")
    assert (told["sign_in"], told["grants"]) == ("boss", ["system_admin@city"])
    signed = operator.accounts.sign_in("boss", told["password"], source="127.0.0.1")
    assert signed.session.must_change
    assert signed.session.person.person_id == told["person_id"]
    (entry,) = (e for e in operator.accounts.store.journal.entries() if e.action == "account-add")
    assert entry.who == "command line"
    assert told["password"] not in str(entry.what)


def test_the_password_is_printed_once_for_people_too(operator: Operator) -> None:
    done = operator.type("user", "add", "wang", "--name", "王一", "--role", "leader")
    assert done.exit_code == 0
    (line,) = [line for line in done.stdout.splitlines() if "shown this once" in line]
    operator.accounts.sign_in("wang", line.rsplit(" ", 1)[1], source="127.0.0.1")
    assert "shown this once" not in operator.type("user", "list").stdout


def test_roles_are_given_with_their_scopes(operator: Operator) -> None:
    told = operator.answer(
        *("user", "add", "wang", "--name", "王一"),
        *("--role", "unit_coordinator", "--scope", "unit:u1"),
        *("--grant", "inspector@division:232701", "--grant", "leader"),
    )
    account = operator.accounts.account(told["person_id"])
    assert account.grants == {
        Grant("unit_coordinator", Scope("unit", "u1")),
        Grant("inspector", Scope("division", "232701")),
        Grant("leader", CITY),
    }


def test_a_password_may_come_from_standard_input_and_is_then_not_told(operator: Operator) -> None:
    told = operator.answer(
        "user", "add", "wang", "--name", "王一", "--password-stdin", stdin=f"{GOOD}\r\n"
    )
    assert "password" not in told
    signed = operator.accounts.sign_in("wang", GOOD, source="127.0.0.1")
    assert not signed.session.must_change


@pytest.mark.parametrize(
    ("words", "stdin", "refused"),
    [
        (["x"], "", InvalidError),
        (["wang", "--role", "emperor"], "", InvalidError),
        (["wang", "--role", "leader", "--scope", "planet:1"], "", InvalidError),
        (["wang", "--role", "unit_coordinator", "--scope", "unit:u9"], "", NotFoundError),
        (["wang", "--password-stdin"], "", InvalidError),
        (["wang", "--password-stdin"], "1234567890\n", WeakPasswordError),
        (["taken"], "", ConflictError),
    ],
)
def test_what_cannot_be_is_refused(
    operator: Operator, words: list[str], stdin: str, refused: type[Exception]
) -> None:
    operator.answer("user", "add", "taken", "--name", "另一人")
    found = operator.refused("user", "add", *words, "--name", "王一", stdin=stdin)
    assert isinstance(found, refused)
    assert [one.sign_in for one in operator.accounts.people()] == ["taken"]


def test_accounts_are_listed_with_their_state(operator: Operator) -> None:
    operator.answer("user", "add", "wang", "--name", "王一", "--role", "leader")
    operator.answer("user", "add", "li", "--name", "李二")
    operator.answer("user", "disable", "li")
    people = operator.answer("user", "list")["people"]
    assert [(one["sign_in"], one["roles"], one["active"]) for one in people] == [
        ("li", "", False),
        ("wang", "leader@city", True),
    ]
    assert "王一" in operator.type("user", "list").stdout


def test_somebody_is_disabled_enabled_unlocked_and_given_another_password(
    operator: Operator,
) -> None:
    first = operator.answer("user", "add", "wang", "--name", "王一")["password"]
    assert operator.answer("user", "disable", "WANG") == {"sign_in": "wang", "active": False}
    with pytest.raises(SignInError):
        operator.accounts.sign_in("wang", first, source="127.0.0.1")
    assert operator.answer("user", "enable", "wang") == {"sign_in": "wang", "active": True}
    for _ in range(5):
        with pytest.raises(SignInError):
            operator.accounts.sign_in("wang", "a guess", source="127.0.0.1")
    assert operator.answer("user", "list")["people"][0]["locked"]
    operator.answer("user", "unlock", "wang")
    operator.accounts.sign_in("wang", first, source="127.0.0.1")
    second = operator.answer("user", "password", "wang")["password"]
    assert operator.accounts.sign_in("wang", second, source="s").session.must_change
    operator.answer("user", "password", "wang", "--password-stdin", stdin=f"{GOOD}\n")
    assert not operator.accounts.sign_in("wang", GOOD, source="s").session.must_change


def test_nobody_is_disabled_who_is_not_there_or_is_the_last(operator: Operator) -> None:
    operator.answer("user", "add", "boss", "--name", "石岩", "--role", "system_admin")
    for command in ("disable", "enable", "unlock", "password"):
        assert isinstance(operator.refused("user", command, "nobody"), NotFoundError)
    assert isinstance(operator.refused("user", "disable", "boss"), ConflictError)
