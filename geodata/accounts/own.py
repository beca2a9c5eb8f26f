"""What a person does to their own account: another password, an authenticator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Row, select

from geodata.accounts import second_factor
from geodata.accounts.account import Account
from geodata.accounts.passwords import require_sound
from geodata.accounts.scopes import names_of_scopes
from geodata.accounts.sign_ins import SignIns
from geodata.errors import SignInError, WeakPasswordError
from geodata.writer import Writer
from gridmap.errors import ConflictError, InvalidError

HERE = "account"  # the source of attempts of who is signed in already


class OwnAccount(SignIns):
    """One's own password and authenticator."""

    def change_password(self, person_id: str, old: str, new: str, *, keep: str | None) -> Account:
        """
        Choose another password; every other session of the person ends.

        Parameters
        ----------
        person_id
            Whose.
        old, new
            The password as it is, and as it is to be.
        keep
            The token of the session that goes on.

        Raises
        ------
        SignInError
            If the old one is wrong; that counts as an attempt to sign in.
        WeakPasswordError
            If the new one is soon guessed, or is the old one.
        """
        account = self.account(person_id)
        require_sound(new, self._about(account))
        if new == old:
            msg = "Choose another password than the one before."
            raise WeakPasswordError(msg)
        hashed, now = self._passwords.hash(new), self._now()
        with self._proved(person_id, old) as (writer, account):
            self._end_sessions(writer, person_id, but=keep)
            chosen = {"password": hashed, "must_change": False, "changed_at": now}
            self._update(writer, person_id, **chosen, version=account.version + 1)
            self._tell(writer, account, action="password-change")
        return self.account(person_id)

    def start_totp(self, person_id: str) -> tuple[str, str]:
        """
        Begin to use an authenticator; it is asked for only once a code of it has confirmed it.

        Parameters
        ----------
        person_id
            Whose.

        Returns
        -------
        tuple of str
            The secret, and the ``otpauth://`` address to show as a code.

        Raises
        ------
        ConflictError
            If one is in use already.
        """
        secret = second_factor.new_secret()
        with self._writing() as writer:
            account = self._locked(writer, person_id)
            _require_none(account)
            self._update(writer, person_id, totp_secret=secret)
        return secret, self._address(secret, account)

    def pending_totp(self, person_id: str) -> tuple[str, str] | None:
        """
        Return the secret and the address of an authenticator that waits to be confirmed.

        Parameters
        ----------
        person_id
            Whose.
        """
        with self._store.database.reading() as connection:
            row = connection.execute(self._row_of(person_id)).one()
        if row.totp_secret is None or row.totp_used is not None:
            return None
        return row.totp_secret, self._address(row.totp_secret, self.account(person_id))

    def confirm_totp(self, person_id: str, code: str) -> Account:
        """
        Use an authenticator from now on.

        Parameters
        ----------
        person_id
            Whose.
        code
            What it shows.

        Raises
        ------
        ConflictError
            If none was begun, or one is in use.
        InvalidError
            If the code is wrong.
        """
        with self._writing() as writer:
            account = self._locked(writer, person_id)
            _require_none(account)
            secret = writer.execute(self._row_of(person_id)).one().totp_secret
            if secret is None:
                msg = "No authenticator was begun."
                raise ConflictError(msg)
            step = second_factor.step_of(secret, code, self._now(), None)
            if step is None:
                msg = "The code is wrong; see that the telephone's clock is right."
                raise InvalidError(msg)
            self._update(writer, person_id, totp_used=step, version=account.version + 1)
            self._tell(writer, account, action="totp-add")
        return self.account(person_id)

    def drop_totp(self, person_id: str, password: str) -> Account:
        """
        Use no authenticator any more.

        Parameters
        ----------
        person_id
            Whose.
        password
            To prove that it is they.

        Raises
        ------
        SignInError
            If the password is wrong; that counts as an attempt to sign in.
        """
        with self._proved(person_id, password) as (writer, account):
            none = {"totp_secret": None, "totp_used": None}
            self._update(writer, person_id, **none, version=account.version + 1)
            self._tell(writer, account, action="totp-drop")
        return self.account(person_id)

    @contextmanager
    def _proved(self, person_id: str, password: str) -> Iterator[tuple[Writer, Account]]:
        """Open a transaction for who knows the password; a wrong one is counted and refused."""
        with self._store.database.reading() as connection:
            row: Row[Any] = connection.execute(self._row_of(person_id)).one()
        right = self._passwords.matches(row.password, password)
        with self._writing() as writer:
            account = self._locked(writer, person_id)
            same = writer.execute(self._row_of(person_id)).one().password == row.password
            right = right and same and not account.locked(self._now())
            if right:
                self._update(writer, person_id, failures=0)
                yield writer, account
            else:
                self._count_wrong(writer, account, HERE)
        if not right:
            msg = "The present password is wrong, or the account is locked for a while."
            raise SignInError(msg)

    def _row_of(self, person_id: str) -> Any:  # noqa: ANN401
        accounts = self._tables.accounts
        return select(accounts).where(accounts.c.person_id == person_id)

    def _address(self, secret: str, account: Account) -> str:
        issuer = self._store.meta.name or "gridmap"
        return second_factor.address(secret, account.sign_in, issuer)

    def _about(self, account: Account) -> list[str]:
        """Return what somebody knows of a person who guesses their password."""
        scopes = {grant.scope for grant in account.grants}
        names = names_of_scopes(self._store, scopes).values()
        return [account.sign_in, account.name, self._store.meta.name, *names]


def _require_none(account: Account) -> None:
    if account.has_totp:
        msg = "An authenticator is in use already."
        raise ConflictError(msg)
