"""Sessions: who is signed in at a browser."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select

from geodata.accounts.account import Account, to_account, with_grants
from geodata.accounts.part import Part, digest, new_token
from geodata.errors import BusyError
from geodata.writer import Writer
from gridmap.access import Person
from gridmap.errors import NotFoundError

SEEN_EVERY = timedelta(minutes=1)
SHORT_WAIT = 0.2  # seconds: a page does not wait for an import to note that it was asked for
AGENT_KEPT, ID_SHOWN = 200, 16


@dataclass(frozen=True)
class Session:
    """
    What a request of a browser is given.

    Parameters
    ----------
    person
        Who is signed in.
    csrf
        What a form must send along.
    must_change
        Whether a password has to be chosen before anything else.
    signed_in_at
        When the session began.
    """

    person: Person
    csrf: str
    must_change: bool
    signed_in_at: datetime


@dataclass(frozen=True)
class SessionRow:
    """
    A session, as its owner sees it in a list.

    Parameters
    ----------
    session_id
        To end it by; nobody can sign in with it.
    agent
        The browser, as it calls itself.
    signed_in_at, seen_at
        When it began, and when it last asked for something.
    here
        Whether it is the one that asks.
    """

    session_id: str
    agent: str
    signed_in_at: datetime
    seen_at: datetime
    here: bool


class Sessions(Part):
    """Sessions: found by their token, listed, ended."""

    _noting = threading.Lock()
    _note_again = datetime.min.replace(tzinfo=UTC)

    def by_session(self, token: str) -> Session | None:
        """
        Return the session of a token.

        Parameters
        ----------
        token
            From the browser's cookie.

        Returns
        -------
        Session or None
            None if there is no such session, it was idle too long or is too old, or the account
            is disabled.
        """
        sessions, now = self._tables.sessions, self._now()
        begun = sessions.c.created_at.label("signed_in_at")
        query = (
            with_grants(self._tables, sessions.c.csrf, sessions.c.seen_at, begun)
            .join(sessions, sessions.c.person_id == self._tables.accounts.c.person_id)
            .where(sessions.c.token_hash == digest(token))
        )
        with self._store.database.reading() as connection:
            rows = connection.execute(query).all()
        if not rows or not rows[0].active or not self._alive(rows[0], now):
            return None
        if now - rows[0].seen_at >= SEEN_EVERY:
            self._note(sessions, sessions.c.token_hash == digest(token), now, "seen_at")
        account = to_account(rows)
        must_change = self._must_change(account, now)
        return Session(account.person, rows[0].csrf, must_change, rows[0].signed_in_at)

    def sessions(self, person_id: str, *, here: str = "") -> list[SessionRow]:
        """
        Return the sessions of a person that are still good, the last seen first.

        Parameters
        ----------
        person_id
            Whose.
        here
            The token of the one that asks.
        """
        sessions, now = self._tables.sessions, self._now()
        begun = sessions.c.created_at.label("signed_in_at")
        query = select(sessions, begun).where(sessions.c.person_id == person_id)
        with self._store.database.reading() as connection:
            rows = connection.execute(query.order_by(sessions.c.seen_at.desc())).all()
        return [
            SessionRow(
                row.token_hash[:ID_SHOWN],
                row.agent,
                row.signed_in_at,
                row.seen_at,
                row.token_hash == digest(here),
            )
            for row in rows
            if self._alive(row, now)
        ]

    def sign_out(self, token: str) -> None:
        """
        End a session; nothing happens if it has ended already.

        Parameters
        ----------
        token
            Its token.
        """
        sessions = self._tables.sessions
        mine = sessions.c.token_hash == digest(token)
        with self._writing() as writer:
            person_id = writer.execute(select(sessions.c.person_id).where(mine)).scalar()
            if person_id is not None:
                writer.execute(delete(sessions).where(mine))
                self._tell(writer, self._locked(writer, person_id), action="sign-out")

    def sign_out_everywhere(self, person_id: str, *, but: str | None = None) -> int:
        """
        End the sessions of a person.

        Parameters
        ----------
        person_id
            Whose.
        but
            The token of one that goes on.

        Returns
        -------
        int
            How many were ended.
        """
        with self._writing() as writer:
            account = self._locked(writer, person_id)
            ended = self._end_sessions(writer, person_id, but=but)
            if ended:
                self._tell(writer, account, action="sign-out", what={"sessions": ended})
        return ended

    def end_session(self, person_id: str, session_id: str) -> None:
        """
        End one session of a person.

        Parameters
        ----------
        person_id, session_id
            Whose, and which of `sessions`.

        Raises
        ------
        NotFoundError
            If the person has no such session.
        """
        sessions = self._tables.sessions
        known = [row.session_id for row in self.sessions(person_id)]
        which = sessions.c.token_hash.startswith(session_id, autoescape=True)
        with self._writing() as writer:
            mine = which, sessions.c.person_id == person_id
            if (
                session_id not in known
                or not writer.execute(delete(sessions).where(*mine)).rowcount
            ):
                msg = "This session has ended already."
                raise NotFoundError(msg)
            account = self._locked(writer, person_id)
            self._tell(writer, account, action="sign-out", what={"sessions": 1})

    def _open_session(self, writer: Writer, account: Account, agent: str) -> tuple[str, Session]:
        """Begin a session, under a token that nobody had before, and forget those that are over."""
        sessions, now = self._tables.sessions, self._now()
        over = (sessions.c.created_at < now - self._rules.longest) | (
            sessions.c.seen_at < now - self._rules.idle
        )
        writer.execute(delete(sessions).where(over))
        token, csrf = new_token(), new_token()
        row = {"token_hash": digest(token), "person_id": account.person_id, "csrf": csrf}
        moments = {"created_at": now, "seen_at": now}
        writer.execute(sessions.insert().values(**row, **moments, agent=agent[:AGENT_KEPT]))
        return token, Session(account.person, csrf, self._must_change(account, now), now)

    def _must_change(self, account: Account, now: datetime) -> bool:
        """Return whether a password is a one-time one, or too old."""
        days = self._rules.rotate_days
        if account.must_change or days is None or not account.has_password:
            return account.must_change
        return now - account.changed_at > timedelta(days=days)

    def _alive(self, row: Any, now: datetime) -> bool:  # noqa: ANN401
        idle = now - row.seen_at > self._rules.idle
        return not idle and now - row.signed_in_at <= self._rules.longest

    def _note(self, table: Table, which: ColumnElement[bool], now: datetime, column: str) -> None:
        """Note a moment if no other writer is in the way; else a later request does."""
        if now < self._note_again or not self._noting.acquire(blocking=False):
            return
        hasty = replace(self._store.database, busy_seconds=SHORT_WAIT)
        try:
            with hasty.writing() as connection:
                connection.execute(table.update().where(which).values({column: now}))
        except BusyError:
            self._note_again = now + SEEN_EVERY
        finally:
            self._noting.release()
