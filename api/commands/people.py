"""Commands that make and change accounts, for who sits at the machine that holds the register."""

from __future__ import annotations

import sys
from typing import Annotated, cast, get_args

import pandas as pd
import typer

from api.commands.session import Session
from api.sentences import QueryError
from geodata.accounts import Account, Accounts
from geodata.accounts.account import grant_texts
from gridmap.access import OPERATOR, ROLES, Grant, Scope, ScopeKind
from gridmap.errors import NotFoundError

GRANT_HELP = "ROLE@city, ROLE@division:CODE or ROLE@unit:ID; may be given many times."
ROLE_HELP = f"One of {', '.join(role for role in ROLES if role != 'public')}."
SignIn = Annotated[str, typer.Argument(help="The name to sign in with.")]
FromStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input, one line."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    user = typer.Typer(name="user", help="Accounts: who may sign in.", no_args_is_help=True)
    user.command("add", epilog="Example: gridmap user add wang --name 王一 --role city_office")(add)
    user.command("list", epilog="Example: gridmap user list")(list_people)
    user.command("disable", epilog="Example: gridmap user disable wang")(disable)
    user.command("enable", epilog="Example: gridmap user enable wang")(enable)
    user.command("unlock", epilog="Example: gridmap user unlock wang")(unlock)
    user.command("password", epilog="Example: gridmap user password wang")(reset_password)
    app.add_typer(user)


def add(
    context: typer.Context,
    sign_in: SignIn,
    name: Annotated[str, typer.Option(help="The person's own name.")],
    role: Annotated[str | None, typer.Option(help=ROLE_HELP)] = None,
    scope: Annotated[
        str, typer.Option(help="Where the role holds: city, division:CODE or unit:ID.")
    ] = "city",
    grant: Annotated[list[str] | None, typer.Option(help=GRANT_HELP)] = None,
    password_stdin: FromStdin = False,
) -> None:
    """
    Make an account.

    Unless the password is read from standard input a one-time one is made and printed, this once:
    it has to be changed at the first sign-in.
    """
    session: Session = context.obj
    accounts = Accounts(session.store)
    grants = [_grant(f"{role}@{scope}")] if role else []
    grants += [_grant(text) for text in grant or []]
    password = _typed_password() if password_stdin else accounts.one_time_password()
    person_id = accounts.add(
        sign_in,
        name,
        grants,
        password=password,
        by=OPERATOR.name,
        must_change=not password_stdin,
    )
    session.say("{sign_in} may sign in now.", sign_in=accounts.account(person_id).sign_in)
    _tell_password(session, accounts.account(person_id), "" if password_stdin else password)


def list_people(context: typer.Context) -> None:
    """List the accounts, their roles and whether they may sign in."""
    session: Session = context.obj
    now = session.store.now()
    rows = [
        {
            "sign_in": one.sign_in,
            "name": one.name,
            "roles": " ".join(grant_texts(one.grants)),
            "active": one.active,
            "locked": one.locked(now),
            "must_change": one.must_change,
        }
        for one in Accounts(session.store).people()
    ]
    session.table(pd.DataFrame(rows))
    session.answer({"people": rows})


def disable(context: typer.Context, sign_in: SignIn) -> None:
    """Let somebody sign in no more; sessions end, tokens are revoked."""
    session: Session = context.obj
    accounts, account = _found(session, sign_in)
    accounts.disable(account.person_id, by=OPERATOR.name, version=account.version)
    session.say("{sign_in} may not sign in any more.", sign_in=account.sign_in)
    session.answer({"sign_in": account.sign_in, "active": False})


def enable(context: typer.Context, sign_in: SignIn) -> None:
    """Let a disabled person sign in again."""
    session: Session = context.obj
    accounts, account = _found(session, sign_in)
    accounts.enable(account.person_id, by=OPERATOR.name, version=account.version)
    session.say("{sign_in} may sign in again.", sign_in=account.sign_in)
    session.answer({"sign_in": account.sign_in, "active": True})


def unlock(context: typer.Context, sign_in: SignIn) -> None:
    """Let somebody try again who was wrong too often."""
    session: Session = context.obj
    accounts, account = _found(session, sign_in)
    accounts.unlock(account.person_id, by=OPERATOR.name, version=account.version)
    session.say("{sign_in} may try again.", sign_in=account.sign_in)
    session.answer({"sign_in": account.sign_in, "locked": False})


def reset_password(
    context: typer.Context, sign_in: SignIn, password_stdin: FromStdin = False
) -> None:
    """
    Give somebody another password; sessions, tokens and the authenticator go with the old one.

    Unless it is read from standard input a one-time one is made and printed, this once.
    """
    session: Session = context.obj
    accounts, account = _found(session, sign_in)
    password = _typed_password() if password_stdin else accounts.one_time_password()
    found = accounts.reset_password(
        account.person_id,
        password,
        by=OPERATOR.name,
        version=account.version,
        must_change=not password_stdin,
    )
    session.say("The password of {sign_in} is changed.", sign_in=found.sign_in)
    _tell_password(session, found, "" if password_stdin else password)


def _found(session: Session, sign_in: str) -> tuple[Accounts, Account]:
    accounts = Accounts(session.store)
    account = accounts.by_sign_in(sign_in)
    if account is None:
        msg = "Nobody signs in as {sign_in}."
        raise NotFoundError(msg, sign_in=sign_in)
    return accounts, account


def _tell_password(session: Session, account: Account, password: str) -> None:
    told = {"person_id": account.person_id, "sign_in": account.sign_in}
    if password:
        told["password"] = password
        session.say("One-time password, shown this once: {password}", password=password)
    session.answer({**told, "grants": grant_texts(account.grants)})


def _grant(text: str) -> Grant:
    role, _, place = text.partition("@")
    kind, _, key = (place or "city").partition(":")
    if kind not in get_args(ScopeKind):
        msg = "A role holds in city, division:CODE or unit:ID; {text} says none of them."
        raise QueryError(msg, text=text)
    return Grant(role, Scope(cast("ScopeKind", kind), key))


def _typed_password() -> str:
    """Return the first line of standard input; never an argument, which everybody can list."""
    typed = sys.stdin.readline().rstrip("\r\n")
    if not typed:
        msg = "There is no password on standard input."
        raise QueryError(msg)
    return typed
