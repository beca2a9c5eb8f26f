"""The accounts themselves: found, listed, made."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection

from sqlalchemy import exists, select

from geodata.accounts.account import Account, grant_texts, to_accounts, with_grants
from geodata.accounts.own import OwnAccount
from geodata.accounts.passwords import one_time, require_sound
from geodata.accounts.scopes import require_scopes
from geodata.accounts.sign_ins import sign_in_name
from geodata.writer import Writer
from gridmap.access import Grant, check_grants
from gridmap.errors import ConflictError, InvalidError

SIGN_IN = re.compile(r"[\w.@-]{2,64}")
NAME_MOST = 80


class People(OwnAccount):
    """The accounts: found, listed, made."""

    def people(self) -> list[Account]:
        """Return every account, by the name to sign in with."""
        accounts = self._tables.accounts
        query = with_grants(self._tables).order_by(accounts.c.sign_in, accounts.c.person_id)
        with self._store.database.reading() as connection:
            return to_accounts(connection.execute(query))

    def by_subject(self, subject: str) -> Account | None:
        """
        Return the account that is linked to a subject of single sign-on.

        Parameters
        ----------
        subject
            Who it is to the provider.
        """
        query = with_grants(self._tables).where(self._tables.accounts.c.subject == subject)
        with self._store.database.reading() as connection:
            return next(iter(to_accounts(connection.execute(query))), None)

    def by_sign_in(self, name: str) -> Account | None:
        """
        Return the account of a name to sign in with.

        Parameters
        ----------
        name
            As it may be typed.
        """
        accounts = self._tables.accounts
        query = with_grants(self._tables).where(accounts.c.sign_in == sign_in_name(name))
        with self._store.database.reading() as connection:
            return next(iter(to_accounts(connection.execute(query))), None)

    def any_active(self) -> bool:
        """Return whether there is anybody who may sign in."""
        accounts = self._tables.accounts
        query = select(exists().where(accounts.c.active.is_(True)))
        with self._store.database.reading() as connection:
            return bool(connection.execute(query).scalar())

    @staticmethod
    def one_time_password() -> str:
        """Return a password to hand out; whoever signs in with it has to choose their own."""
        return one_time()

    def add(
        self,
        sign_in: str,
        name: str,
        grants: Collection[Grant],
        *,
        password: str | None,
        by: str,
        must_change: bool = False,
    ) -> str:
        """
        Make an account.

        Parameters
        ----------
        sign_in, name
            To sign in with, and the person's own.
        grants
            What they hold.
        password
            None for who signs in by single sign-on only.
        by
            Who asks: a ``person_id``, or how the journal is to name them.
        must_change
            Whether the password is a one-time one, which they have to change.

        Returns
        -------
        str
            The account's ``person_id``.

        Raises
        ------
        InvalidError
            If a name or a grant cannot be.
        WeakPasswordError
            If the password is soon guessed.
        NotFoundError
            If the register lacks a unit or division of the grants.
        ConflictError
            If somebody else signs in by that name.
        """
        sign_in, name = checked_names(sign_in, name)
        self._check(grants)
        if password is not None:
            require_sound(password, [sign_in, name, self._store.meta.name])
        person_id, now = "p" + secrets.token_hex(6), self._now()
        row = {"person_id": person_id, "sign_in": sign_in, "name": name, "must_change": must_change}
        row["password"] = None if password is None else self._passwords.hash(password)
        with self._writing() as writer:
            self._require_free(writer, sign_in)
            accounts = self._tables.accounts
            writer.execute(accounts.insert().values(**row, created_at=now, changed_at=now))
            self._hold(writer, person_id, grants)
            account = self._locked(writer, person_id)
            what = {"grants": grant_texts(grants), "by_password": password is not None}
            who = self._named(writer, by)
            self._tell(writer, account, action="account-add", who=who, what=what)
        return person_id

    def _check(self, grants: Collection[Grant]) -> None:
        check_grants(grants)
        require_scopes(self._store, grants)

    def _hold(self, writer: Writer, person_id: str, grants: Collection[Grant]) -> None:
        for grant in sorted(set(grants)):
            where = {"scope_kind": grant.scope.kind, "scope_key": grant.scope.key}
            held = {"person_id": person_id, "role": grant.role, **where}
            writer.execute(self._tables.grants.insert().values(**held))

    def _require_free(self, writer: Writer, sign_in: str) -> None:
        taken = self._tables.accounts.c.sign_in == sign_in
        if writer.execute(select(exists().where(taken))).scalar():
            msg = "Somebody signs in as {sign_in} already."
            raise ConflictError(msg, sign_in=sign_in)


def checked_names(sign_in: str, name: str) -> tuple[str, str]:
    """
    Return names in their one form.

    Parameters
    ----------
    sign_in, name
        To sign in with, and the person's own.

    Raises
    ------
    InvalidError
        If one of them cannot be.
    """
    sign_in, name = sign_in_name(sign_in), " ".join(name.split())
    if not SIGN_IN.fullmatch(sign_in):
        msg = "The name to sign in with has 2 to 64 letters, digits or . _ - @."
        raise InvalidError(msg)
    if not 0 < len(name) <= NAME_MOST or not name.isprintable():
        msg = "A person's name has 1 to {most} characters."
        raise InvalidError(msg, most=NAME_MOST)
    return sign_in, name
