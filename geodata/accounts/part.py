"""What every part of the accounts shares: the store, the rules, and how a change is written."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Select, delete, select

from geodata.accounts.account import Account, to_account, with_grants
from geodata.accounts.passwords import Passwords
from geodata.accounts.rules import RULES, AccountRules
from geodata.errors import StaleError
from geodata.store import Store
from geodata.writer import Writer
from gridmap.errors import NotFoundError


def new_token() -> str:
    """Return a secret of 256 bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """
    Return what is kept of a token: its SHA-256, in hexadecimal.

    A token is no password: nobody guesses 256 bits, so a fast hash is enough.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Part:
    """
    What every part of the accounts shares.

    Parameters
    ----------
    store
        The register.
    rules
        How long, how often.
    hasher
        What hashes passwords; argon2 as its library recommends it if left out.
    """

    def __init__(
        self, store: Store, rules: AccountRules = RULES, hasher: PasswordHasher | None = None
    ) -> None:
        self._store = store
        self._rules = rules
        self._passwords = Passwords(hasher)
        self._tables = store.tables.people

    @property
    def store(self) -> Store:
        """The register."""
        return self._store

    @property
    def rules(self) -> AccountRules:
        """How long, how often."""
        return self._rules

    def account(self, person_id: str) -> Account:
        """
        Return an account.

        Parameters
        ----------
        person_id
            Whose.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        with self._store.database.reading() as connection:
            rows = connection.execute(self._of(person_id)).all()
        return _required(rows, person_id)

    def _now(self) -> datetime:
        """Return the moment to the millisecond, which both databases keep."""
        at = self._store.now()
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def _of(self, person_id: str) -> Select[Any]:
        accounts = self._tables.accounts
        return with_grants(self._tables).where(accounts.c.person_id == person_id)

    @contextmanager
    def _writing(self) -> Iterator[Writer]:
        """Open a transaction that tells the journal only what `_tell` is called for."""
        with self._store.database.writing() as connection:
            yield Writer(connection, self._store.tables)

    @contextmanager
    def _changing(
        self,
        person_id: str,
        *,
        action: str,
        by: str,
        version: int | None = None,
        what: Mapping[str, Any] | None = None,
    ) -> Iterator[tuple[Writer, Account]]:
        """
        Change an account in a transaction with one entry of the journal.

        Raises
        ------
        NotFoundError
            If there is no such account.
        StaleError
            If it is of another version than the caller has seen.
        """
        with self._writing() as writer:
            account = self._locked(writer, person_id)
            if version is not None and account.version != version:
                msg = "Somebody else changed the account of {name} in the meantime; look again."
                raise StaleError(msg, versions={"account": account.version}, name=account.name)
            yield writer, account
            self._update(writer, person_id, version=account.version + 1)
            self._tell(writer, account, action=action, who=self._named(writer, by), what=what)

    def _locked(self, writer: Writer, person_id: str) -> Account:
        """Return an account as no other writer can change it before this one ends."""
        return _required(writer.execute(self._of(person_id)).all(), person_id)

    def _update(self, writer: Writer, person_id: str, **values: object) -> None:
        accounts = self._tables.accounts
        writer.execute(accounts.update().where(accounts.c.person_id == person_id).values(**values))

    def _tell(
        self,
        writer: Writer,
        account: Account,
        *,
        action: str,
        who: str | None = None,
        what: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the journal's entry, and with it end the transaction."""
        about = {"person_id": account.person_id, "sign_in": account.sign_in, "name": account.name}
        writer.finish(
            at=self._now(), who=who or account.name, action=action, what={**about, **(what or {})}
        )

    def _named(self, writer: Writer, by: str) -> str:
        """Return how the journal names who asks: a person by their name, else as it is given."""
        accounts = self._tables.accounts
        query = select(accounts.c.name).where(accounts.c.person_id == by)
        return writer.execute(query).scalar() or by

    def _end_sessions(self, writer: Writer, person_id: str, *, but: str | None = None) -> int:
        """End the sessions of a person, except the one of a token."""
        sessions = self._tables.sessions
        ended = delete(sessions).where(sessions.c.person_id == person_id)
        if but is not None:
            ended = ended.where(sessions.c.token_hash != digest(but))
        return writer.execute(ended).rowcount

    def _revoke_tokens(self, writer: Writer, person_id: str) -> None:
        tokens = self._tables.tokens
        mine = tokens.c.person_id == person_id, tokens.c.revoked_at.is_(None)
        writer.execute(tokens.update().where(*mine).values(revoked_at=self._now()))


def _required(rows: Any, person_id: str) -> Account:  # noqa: ANN401
    if not rows:
        msg = "There is no account {person_id}."
        raise NotFoundError(msg, person_id=person_id)
    return to_account(rows)
