"""Bearer tokens: with which programs ask in a person's name."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from geodata.accounts.account import to_account, with_grants
from geodata.accounts.part import digest, new_token
from geodata.accounts.sessions import SEEN_EVERY, Sessions
from gridmap.access import Person
from gridmap.errors import ConflictError, InvalidError, NotFoundError

PREFIX = "gridmap_"  # by which a scanner of repositories knows what it has found
LABEL_MOST, TOKENS_MOST = 80, 20


@dataclass(frozen=True)
class TokenRow:
    """
    A token, without its secret.

    Parameters
    ----------
    token_id
        To revoke it by.
    label
        What it is for, in its owner's words.
    created_at, expires_at, used_at
        When it was made, until when it holds, when it was last used.
    """

    token_id: str
    label: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class Tokens(Sessions):
    """Tokens: issued, found, listed, revoked."""

    def by_token(self, secret: str) -> Person | None:
        """
        Return the person in whose name a program asks.

        Parameters
        ----------
        secret
            The token.

        Returns
        -------
        Person or None
            None if there is no such token, it has expired or was revoked, or the account is
            disabled or still has the password that somebody else made.
        """
        tokens, now = self._tables.tokens, self._now()
        query = (
            with_grants(self._tables, tokens.c.used_at)
            .join(tokens, tokens.c.person_id == self._tables.accounts.c.person_id)
            .where(tokens.c.token_hash == digest(secret), *self._good(now))
        )
        with self._store.database.reading() as connection:
            rows = connection.execute(query).all()
        if not rows or not rows[0].active or rows[0].must_change:
            return None
        if rows[0].used_at is None or now - rows[0].used_at >= SEEN_EVERY:
            self._note(tokens, tokens.c.token_hash == digest(secret), now, "used_at")
        return to_account(rows).person

    def issue_token(self, person_id: str, label: str, days: int) -> tuple[str, TokenRow]:
        """
        Make a token.

        Parameters
        ----------
        person_id
            In whose name it asks.
        label
            What it is for.
        days
            How long it holds.

        Returns
        -------
        tuple of str and TokenRow
            The secret, which is told only now, and what is kept.

        Raises
        ------
        InvalidError
            If there is no label, or it is to hold longer than the rules allow.
        ConflictError
            If the person has too many already, or still has a one-time password.
        """
        label = label.strip()
        if not 0 < len(label) <= LABEL_MOST or not label.isprintable():
            msg = "Say in at most {most} characters what the token is for."
            raise InvalidError(msg, most=LABEL_MOST)
        if not 0 < days <= self._rules.token_days:
            msg = "A token holds from 1 to {most} days."
            raise InvalidError(msg, most=self._rules.token_days)
        secret, now = PREFIX + new_token(), self._now()
        until = now + timedelta(days=days)
        row = TokenRow("t" + secrets.token_hex(8), label, now, until, None)
        with self._writing() as writer:
            account = self._locked(writer, person_id)
            if account.must_change:
                msg = "Sign in to the pages and choose a password of your own first."
                raise ConflictError(msg)
            self._require_few(writer.execute(self._count(person_id)).scalar_one())
            held = {"person_id": person_id, "token_hash": digest(secret), **vars(row)}
            writer.execute(self._tables.tokens.insert().values(**held))
            self._tell(writer, account, action="token-issue", what=_told(row))
        return secret, row

    def tokens(self, person_id: str) -> list[TokenRow]:
        """
        Return the tokens of a person that hold, the newest first.

        Parameters
        ----------
        person_id
            Whose.
        """
        tokens = self._tables.tokens
        mine = tokens.c.person_id == person_id, *self._good(self._now())
        query = select(tokens).where(*mine).order_by(tokens.c.created_at.desc())
        with self._store.database.reading() as connection:
            return [_row(row) for row in connection.execute(query)]

    def revoke_token(self, person_id: str, token_id: str) -> None:
        """
        Take a token back.

        Parameters
        ----------
        person_id, token_id
            Whose, and which.

        Raises
        ------
        NotFoundError
            If the person has no such token.
        """
        tokens, now = self._tables.tokens, self._now()
        which = tokens.c.token_id == token_id, tokens.c.person_id == person_id
        with self._writing() as writer:
            row = writer.execute(select(tokens).where(*which, *self._good(now))).first()
            if row is None:
                msg = "There is no token {token_id} of yours."
                raise NotFoundError(msg, token_id=token_id)
            writer.execute(tokens.update().where(*which).values(revoked_at=now))
            account = self._locked(writer, person_id)
            self._tell(writer, account, action="token-revoke", what=_told(_row(row)))

    def _good(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        tokens = self._tables.tokens
        return tokens.c.revoked_at.is_(None), tokens.c.expires_at > now

    def _count(self, person_id: str) -> Any:  # noqa: ANN401
        tokens = self._tables.tokens
        mine = tokens.c.person_id == person_id, *self._good(self._now())
        return select(func.count()).select_from(tokens).where(*mine)

    @staticmethod
    def _require_few(held: int) -> None:
        if held >= TOKENS_MOST:
            msg = "You have {held} tokens; revoke one that is not used any more."
            raise ConflictError(msg, held=held)


def _row(row: Row[Any]) -> TokenRow:
    return TokenRow(row.token_id, row.label, row.created_at, row.expires_at, row.used_at)


def _told(row: TokenRow) -> dict[str, str]:
    return {"token_id": row.token_id, "label": row.label, "until": row.expires_at.isoformat()}
