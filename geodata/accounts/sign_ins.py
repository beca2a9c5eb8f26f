"""
Signing in, and what is done about guessing.

Whoever guesses learns nothing: an unknown name, a wrong password, a wrong code and a locked account
are answered with one sentence and after one comparison of hashes. The hash is compared before the
transaction, which only decides what the comparison is worth: by then the account may be locked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, delete, func, select

from geodata.accounts import second_factor
from geodata.accounts.account import Account
from geodata.accounts.sessions import Session, Sessions
from geodata.errors import SignInError, ThrottledError
from geodata.writer import Writer

Done = TypeVar("Done")
WRONG = "The name, the password or the code is not right, or the account is locked for a while."


@dataclass(frozen=True)
class SignedIn:
    """
    A session that has just begun.

    Parameters
    ----------
    token
        For the browser's cookie; only its hash is kept.
    csrf
        What forms must send along.
    session
        What requests are given.
    """

    token: str
    csrf: str
    session: Session


@dataclass(frozen=True)
class Attempt:
    """
    What somebody tried.

    Parameters
    ----------
    person_id, password
        Of the account as it was when the hash was compared; None if there was none.
    right
        Whether the password was.
    code
        Of an authenticator.
    source
        From where.
    fresh
        The hash to keep from now on, if the old one is outdated.
    """

    person_id: str | None
    password: str | None
    right: bool
    code: str | None
    source: str
    fresh: str | None


def sign_in_name(text: str) -> str:
    """
    Return a name to sign in with, in its one form.

    Examples
    --------
    >>> sign_in_name(" Ｗang.Yi ")
    'wang.yi'
    """
    typed = unicodedata.normalize("NFKC", text).strip().casefold()
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in typed)


class SignIns(Sessions):
    """Signing in with a password, or as the provider of single sign-on says."""

    def sign_in(
        self, name: str, password: str, *, code: str | None = None, source: str, agent: str = ""
    ) -> SignedIn:
        """
        Begin a session for who knows the password.

        Parameters
        ----------
        name, password, code
            What was typed; the code only of an account with an authenticator.
        source, agent
            The address the request came from, and what the browser calls itself.

        Raises
        ------
        SignInError
            If that is not right, or the account is locked or disabled.
        ThrottledError
            If the source has been wrong too often.
        """

        def begin(writer: Writer, account: Account) -> SignedIn:
            return self._begin(writer, account, source, agent)

        return self._attempt(name, password, code=code, source=source, then=begin)

    def prove(self, name: str, password: str, *, code: str | None = None, source: str) -> Account:
        """
        Return the account of who knows the password, without a session: for programs.

        Parameters
        ----------
        name, password, code, source
            As for `sign_in`.

        Raises
        ------
        SignInError, ThrottledError
            As for `sign_in`.
        """
        return self._attempt(name, password, code=code, source=source, then=lambda _, found: found)

    def sign_in_subject(self, subject: str, *, source: str, agent: str = "") -> SignedIn:
        """
        Begin a session for whom the provider of single sign-on names.

        Parameters
        ----------
        subject
            Who they are to the provider.
        source, agent
            As for `sign_in`.

        Raises
        ------
        SignInError
            If no active account is linked to it.
        """
        accounts = self._tables.accounts
        query = select(accounts.c.person_id).where(
            accounts.c.subject == subject, accounts.c.active.is_(True)
        )
        with self._writing() as writer:
            person_id = writer.execute(query).scalar()
            if person_id is None:
                msg = "No account here is linked to you yet; ask whoever administers accounts."
                raise SignInError(msg)
            return self._begin(writer, self._locked(writer, person_id), source, agent)

    def _attempt(
        self,
        name: str,
        password: str,
        *,
        code: str | None,
        source: str,
        then: Callable[[Writer, Account], Done],
    ) -> Done:
        """Do something for the account that was proved; if none was, count that and refuse."""
        accounts = self._tables.accounts
        with self._store.database.reading() as connection:
            self._require_calm(connection, source)
            query = select(accounts).where(accounts.c.sign_in == sign_in_name(name))
            row = connection.execute(query).first()
        tried = self._compare(row, password, code, source)
        with self._writing() as writer:
            account = self._accepted(writer, tried)
            if account is not None:
                return then(writer, account)
            self._count_failure(writer, tried)  # kept, so the refusal comes after
        raise SignInError(WRONG)

    def _compare(
        self, row: Row[Any] | None, password: str, code: str | None, source: str
    ) -> Attempt:
        kept = row.password if row is not None else None
        right = self._passwords.matches(kept, password)
        fresh = None
        if right and self._passwords.outdated(str(kept)):
            fresh = self._passwords.hash(password)
        person_id = row.person_id if row is not None else None
        return Attempt(person_id, kept, right, code, source, fresh)

    def _accepted(self, writer: Writer, tried: Attempt) -> Account | None:
        """Return the account, if what was tried is right and counts now."""
        if tried.person_id is None:
            return None
        accounts = self._tables.accounts
        mine = accounts.c.person_id == tried.person_id
        row = writer.execute(select(accounts).where(mine)).one()
        account, now = self._locked(writer, tried.person_id), self._now()
        sound = tried.right and row.password == tried.password
        if not sound or not account.active or account.locked(now) or self._lapsed(account, now):
            return None
        if account.has_totp:
            step = second_factor.step_of(row.totp_secret, tried.code, now, row.totp_used)
            if step is None:
                return None
            self._update(writer, account.person_id, totp_used=step)
        if tried.fresh is not None:
            self._update(writer, account.person_id, password=tried.fresh)
        self._update(writer, account.person_id, failures=0, locked_until=None)
        return account

    def _lapsed(self, account: Account, now: datetime) -> bool:
        """Return whether a one-time password has waited too long."""
        return account.must_change and now - account.changed_at > self._rules.one_time

    def _begin(self, writer: Writer, account: Account, source: str, agent: str) -> SignedIn:
        token, session = self._open_session(writer, account, agent)
        self._tell(writer, account, action="sign-in", what={"source": source})
        return SignedIn(token, session.csrf, session)

    def _count_failure(self, writer: Writer, tried: Attempt) -> None:
        """Count a wrong attempt against its source and, unless it is locked, its account."""
        sign_ins, now = self._tables.sign_ins, self._now()
        writer.execute(delete(sign_ins).where(sign_ins.c.at < now - self._rules.locked_for))
        writer.execute(sign_ins.insert().values(source=tried.source, at=now))
        if tried.person_id is not None:
            self._count_wrong(writer, self._locked(writer, tried.person_id), tried.source)

    def _count_wrong(self, writer: Writer, account: Account, source: str) -> None:
        """Count a wrong password in a row; the last one that is allowed locks the account."""
        now = self._now()
        if not account.active or account.locked(now):
            return
        failures = account.failures + 1
        if failures < self._rules.attempts:
            self._update(writer, account.person_id, failures=failures)
            return
        until = now + self._rules.locked_for
        self._update(writer, account.person_id, failures=0, locked_until=until)
        what = {"source": source, "until": until.isoformat(timespec="seconds")}
        self._tell(writer, account, action="sign-in-locked", what=what)

    def _require_calm(self, connection: Connection, source: str) -> None:
        """Refuse a source that has been wrong too often of late."""
        sign_ins, now = self._tables.sign_ins, self._now()
        since = now - self._rules.locked_for
        of_late = sign_ins.c.source == source, sign_ins.c.at > since
        query = select(func.count(), func.min(sign_ins.c.at)).where(*of_late)
        count, first = connection.execute(query).one()
        if count >= self._rules.attempts_of_source:
            wait: timedelta = first + self._rules.locked_for - now
            msg = "Too many attempts from where you are; wait {minutes} minutes."
            raise ThrottledError(msg, retry_after=max(1, int(wait.total_seconds())))
