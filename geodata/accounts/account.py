"""An account: a person, how they sign in, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, Select, select

from geodata.account_tables import AccountTables
from gridmap.access import Grant, Person, Scope, ScopeKind


@dataclass(frozen=True)
class Account:
    """
    An account, without what is secret in it.

    Parameters
    ----------
    person_id, sign_in, name
        Whose; the name to sign in with, and the person's own.
    grants
        The roles they hold, and where.
    active
        Whether they may sign in at all.
    must_change
        Whether somebody else made their password.
    has_password, has_totp
        Whether they sign in with a password, and with codes of an authenticator.
    subject
        Who they are to the provider of single sign-on.
    failures, locked_until
        Wrong attempts in a row, and until when they are locked out for that.
    created_at, changed_at
        When the account was made, and when its password was last set.
    version
        Goes up with every change.
    """

    person_id: str
    sign_in: str
    name: str
    grants: frozenset[Grant]
    active: bool
    must_change: bool
    has_password: bool
    has_totp: bool
    subject: str | None
    failures: int
    locked_until: datetime | None
    created_at: datetime
    changed_at: datetime
    version: int

    @property
    def person(self) -> Person:
        """The person, as permissions and the journal know them."""
        return Person(self.person_id, self.name, self.grants)

    def locked(self, at: datetime) -> bool:
        """Return whether they are locked out at a moment."""
        return self.locked_until is not None and self.locked_until > at


def with_grants(tables: AccountTables, *more: ColumnElement[Any]) -> Select[Any]:
    """
    Select accounts, one row for each of their grants and at least one.

    Parameters
    ----------
    tables
        Of accounts.
    *more
        Further columns.
    """
    accounts, grants = tables.accounts, tables.grants
    held = grants.c.role, grants.c.scope_kind, grants.c.scope_key
    joined = accounts.outerjoin(grants, grants.c.person_id == accounts.c.person_id)
    return select(accounts, *held, *more).select_from(joined)


def to_account(rows: Sequence[Row[Any]]) -> Account:
    """
    Return the account of its rows.

    Parameters
    ----------
    rows
        Of `with_grants`, all of one account.
    """
    row = rows[0]
    return Account(
        person_id=row.person_id,
        sign_in=row.sign_in,
        name=row.name,
        grants=frozenset(_grant(held) for held in rows if held.role is not None),
        active=row.active,
        must_change=row.must_change,
        has_password=row.password is not None,
        has_totp=row.totp_used is not None,  # a secret alone is not confirmed yet
        subject=row.subject,
        failures=row.failures,
        locked_until=row.locked_until,
        created_at=row.created_at,
        changed_at=row.changed_at,
        version=row.version,
    )


def to_accounts(rows: Iterable[Row[Any]]) -> list[Account]:
    """
    Return the accounts of rows of `with_grants`.

    Parameters
    ----------
    rows
        In such an order that those of one account stand together.
    """
    return [to_account(list(own)) for _, own in groupby(rows, key=lambda row: row.person_id)]


def grant_texts(grants: Iterable[Grant]) -> list[str]:
    """
    Write grants as the journal and the command line do: ``role@kind:key``.

    Examples
    --------
    >>> grant_texts([Grant("city_office"), Grant("unit_coordinator", Scope("unit", "u1"))])
    ['city_office@city', 'unit_coordinator@unit:u1']
    """
    return sorted(
        f"{grant.role}@{grant.scope.kind}" + (f":{grant.scope.key}" if grant.scope.key else "")
        for grant in grants
    )


def _grant(row: Row[Any]) -> Grant:
    return Grant(row.role, Scope(cast("ScopeKind", row.scope_kind), row.scope_key))
