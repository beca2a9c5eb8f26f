"""
What is decided about accounts: roles, names, whether they may sign in at all.

Whoever administers accounts does no business, changes no roles of their own, and is never the last
to lose the role: each of these is refused here, whatever page or command asks.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import exists, select

from geodata.accounts.account import Account, grant_texts
from geodata.accounts.passwords import require_sound
from geodata.accounts.people import People, checked_names
from geodata.writer import Writer
from gridmap.access import Grant
from gridmap.errors import ConflictError, ForbiddenError, InvalidError

SUBJECT_MOST = 255
ADMINISTRATOR = "system_admin"


class Administration(People):
    """What is decided about accounts."""

    def change_grants(
        self, person_id: str, grants: Collection[Grant], *, by: str, version: int
    ) -> Account:
        """
        Give a person other roles; their sessions end.

        Parameters
        ----------
        person_id, grants
            Who is to hold what.
        by, version
            Who asks, as for `add`, and which version of the account they have seen.

        Raises
        ------
        ForbiddenError
            If it is their own account.
        InvalidError, NotFoundError
            As for `add`.
        ConflictError
            If nobody would be left to administer accounts.
        StaleError
            If the account has changed in the meantime.
        """
        if by == person_id:
            msg = "Nobody changes their own roles; ask another administrator."
            raise ForbiddenError(msg)
        self._check(grants)
        before = grant_texts(self.account(person_id).grants)
        what = {"grants": grant_texts(grants), "before": before}
        changing = self._changing(
            person_id, action="account-grants", by=by, version=version, what=what
        )
        with changing as (writer, account):
            if ADMINISTRATOR not in {grant.role for grant in grants}:
                self._require_administrator_besides(writer, account)
            held = self._tables.grants
            writer.execute(held.delete().where(held.c.person_id == person_id))
            self._hold(writer, person_id, grants)
            self._end_sessions(writer, person_id)
        return self.account(person_id)

    def rename(self, person_id: str, name: str, *, by: str, version: int) -> Account:
        """
        Give a person another name; the one to sign in with stays.

        Parameters
        ----------
        person_id, name
            Whose, and which.
        by, version
            As for `change_grants`.

        Raises
        ------
        InvalidError
            If the name is empty or too long.
        StaleError
            If the account has changed in the meantime.
        """
        _, name = checked_names("somebody", name)
        what = {"renamed": name}
        changing = self._changing(
            person_id, action="account-rename", by=by, version=version, what=what
        )
        with changing as (writer, _):
            self._update(writer, person_id, name=name)
        return self.account(person_id)

    def link_subject(
        self, person_id: str, subject: str | None, *, by: str, version: int
    ) -> Account:
        """
        Let a person sign in as the provider of single sign-on names them.

        Parameters
        ----------
        person_id, subject
            Who is who to the provider; None to end it.
        by, version
            As for `change_grants`.

        Raises
        ------
        InvalidError
            If that is too long.
        ConflictError
            If somebody else is linked to it.
        StaleError
            If the account has changed in the meantime.
        """
        subject = (subject or "").strip() or None
        if subject is not None and not (len(subject) <= SUBJECT_MOST and subject.isprintable()):
            msg = "A subject is plain text of at most {most} characters."
            raise InvalidError(msg, most=SUBJECT_MOST)
        accounts = self._tables.accounts
        theirs = accounts.c.subject == subject, accounts.c.person_id != person_id
        what = {"subject": subject}
        changing = self._changing(
            person_id, action="account-link", by=by, version=version, what=what
        )
        with changing as (writer, _):
            if subject is not None and writer.execute(select(exists().where(*theirs))).scalar():
                msg = "Another account is linked to this subject."
                raise ConflictError(msg)
            self._update(writer, person_id, subject=subject)
            self._end_sessions(writer, person_id)
        return self.account(person_id)

    def disable(self, person_id: str, *, by: str, version: int) -> Account:
        """
        Let a person sign in no more; their sessions end and their tokens are revoked.

        Parameters
        ----------
        person_id
            Whose account.
        by, version
            As for `change_grants`.

        Raises
        ------
        ConflictError
            If nobody would be left to administer accounts.
        StaleError
            If the account has changed in the meantime.
        """
        changing = self._changing(person_id, action="account-disable", by=by, version=version)
        with changing as (writer, account):
            self._require_administrator_besides(writer, account)
            self._update(writer, person_id, active=False)
            self._end_sessions(writer, person_id)
            self._revoke_tokens(writer, person_id)
        return self.account(person_id)

    def enable(self, person_id: str, *, by: str, version: int) -> Account:
        """
        Let a disabled person sign in again.

        Parameters
        ----------
        person_id, by, version
            As for `disable`.

        Raises
        ------
        StaleError
            If the account has changed in the meantime.
        """
        changing = self._changing(person_id, action="account-enable", by=by, version=version)
        with changing as (writer, _):
            self._update(writer, person_id, active=True, failures=0, locked_until=None)
        return self.account(person_id)

    def unlock(self, person_id: str, *, by: str, version: int) -> Account:
        """
        Let a person try again who guessed wrong too often.

        Parameters
        ----------
        person_id, by, version
            As for `disable`.

        Raises
        ------
        StaleError
            If the account has changed in the meantime.
        """
        changing = self._changing(person_id, action="account-unlock", by=by, version=version)
        with changing as (writer, _):
            self._update(writer, person_id, failures=0, locked_until=None)
        return self.account(person_id)

    def reset_password(
        self, person_id: str, password: str, *, by: str, version: int, must_change: bool = True
    ) -> Account:
        """
        Give a person a password who has lost theirs; the authenticator goes with it.

        Parameters
        ----------
        person_id, password
            Whose, and which: `one_time_password`, unless they type it themselves.
        by, version
            As for `change_grants`.
        must_change
            Whether they have to choose another at once.

        Raises
        ------
        WeakPasswordError
            If the password is soon guessed.
        StaleError
            If the account has changed in the meantime.
        """
        require_sound(password, self._about(self.account(person_id)))
        hashed, now = self._passwords.hash(password), self._now()
        fresh = {"password": hashed, "must_change": must_change, "changed_at": now}
        none = {"totp_secret": None, "totp_used": None, "failures": 0, "locked_until": None}
        changing = self._changing(person_id, action="password-reset", by=by, version=version)
        with changing as (writer, _):
            self._update(writer, person_id, **fresh, **none)
            self._end_sessions(writer, person_id)
            self._revoke_tokens(writer, person_id)
        return self.account(person_id)

    def _require_administrator_besides(self, writer: Writer, account: Account) -> None:
        """Refuse to take the last administrator of accounts away."""
        if not account.active or ADMINISTRATOR not in account.person.roles:
            return
        accounts, grants = self._tables.accounts, self._tables.grants
        others = (
            accounts.c.person_id == grants.c.person_id,
            accounts.c.person_id != account.person_id,
            accounts.c.active.is_(True),
            grants.c.role == ADMINISTRATOR,
        )
        if not writer.execute(select(exists().where(*others))).scalar():
            msg = "{name} is the last who administers accounts; make another first."
            raise ConflictError(msg, name=account.name)
