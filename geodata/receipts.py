"""
Receipts: what a phone sends again because the answer was lost is accepted once.

A record comes with a key that the phone made. The key, a hash of what was sent and the answer are
written in the transaction of the record itself; whoever sends the same again is given the answer
again, and whoever sends something else under the same key is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from geodata.errors import ReusedKeyError
from geodata.journal import canonical
from geodata.tables import Tables
from geodata.writer import Writer


@dataclass(frozen=True)
class Once:
    """
    What is to be accepted once.

    Parameters
    ----------
    person_id
        Who sent it; keys are theirs.
    key
        As the phone made it.
    payload
        SHA-256 of what was sent, see `hashed`.
    """

    person_id: str
    key: str
    payload: str


class ReplayedError(Exception):
    """It was accepted before: the transaction is given up, and the answer given again."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self.answer = answer


def hashed(sent: Mapping[str, Any]) -> str:
    """
    Return the hash of what was sent, whatever the order of its parts.

    Parameters
    ----------
    sent
        Text, numbers, lists and dictionaries of them.
    """
    return hashlib.sha256(canonical(sent).encode()).hexdigest()


def answered(connection: Connection, tables: Tables, once: Once) -> dict[str, Any] | None:
    """
    Return what was answered before; None if it is new.

    Parameters
    ----------
    connection, tables
        Of the register.
    once
        What is to be accepted once.

    Raises
    ------
    ReusedKeyError
        If something else came under that key.
    """
    receipts = tables.loop.receipts
    found = connection.execute(
        select(receipts.c.payload, receipts.c.answer).where(
            receipts.c.person_id == once.person_id, receipts.c.key == once.key
        )
    ).one_or_none()
    if found is None:
        return None
    if found.payload != once.payload:
        msg = "Something else was sent under the key {key} before."
        raise ReusedKeyError(msg, key=once.key[:80])
    answer: dict[str, Any] = json.loads(found.answer)
    return answer


def require_new(writer: Writer, tables: Tables, once: Once | None) -> None:
    """
    Go on only if it is new, within the transaction that will accept it.

    Raises
    ------
    ReplayedError
        With the answer, if it was accepted before.
    ReusedKeyError
        As `answered`.
    """
    if once is not None and (answer := answered(writer.connection, tables, once)) is not None:
        raise ReplayedError(answer)


def keep(
    writer: Writer, tables: Tables, once: Once | None, answer: Mapping[str, Any], at: datetime
) -> None:
    """
    Keep what is answered, in the transaction that accepts it.

    Parameters
    ----------
    writer, tables
        Of the transaction.
    once
        What is accepted; nothing is kept without a key.
    answer
        What is answered: text, numbers, lists and dictionaries of them.
    at
        The moment.
    """
    if once is None:
        return
    told = canonical(answer)
    values = {"person_id": once.person_id, "key": once.key, "payload": once.payload}
    writer.execute(tables.loop.receipts.insert().values(**values, answer=told, at=at))
