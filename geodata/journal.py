"""
The journal: who did what, when, and what it changed, in a chain of hashes.

Every entry's hash covers the entry and the hash before it, so that an entry that was altered, put
in or taken out is found. What the chain alone cannot show is that its end was cut off: note the
last hash (`Journal.last`) outside the register now and then.
"""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, func, select

from geodata.column_types import moment_text
from geodata.database import Database
from geodata.tables import Tables
from gridmap.errors import NotFoundError

Told: TypeAlias = Mapping[str, Any]
FIRST = "0" * 64  # what stands before the first entry
PAGE = 1000


@dataclass(frozen=True)
class Entry:
    """
    One entry of the journal.

    Parameters
    ----------
    seq
        1, 2, 3, ... without a hole.
    at
        When, to the millisecond.
    who, action
        By whom, and the name of the act (``assign``, ``import``, ...).
    what
        What the caller told, and under ``changes`` what was written (`geodata.changes`).
    before, after
        Layer → ``{"version": …, "rows": …}``, of the layers that were written.
    previous, hash
        SHA-256 in hexadecimal, of the entry before and of this one.
    """

    seq: int
    at: datetime
    who: str
    action: str
    what: Told
    before: Told
    after: Told
    previous: str
    hash: str


class Journal:
    """
    The journal of a register, to be read.

    Parameters
    ----------
    database
        Where the register is.
    tables
        Its tables.
    """

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._table = tables.journal

    def entries(
        self,
        limit: int = 100,
        cursor: int | None = None,
        *,
        who: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Entry]:
        """
        Return entries, the newest first.

        Parameters
        ----------
        limit
            At most so many.
        cursor
            Only entries before this `seq`: the last one of the page before.
        who, action
            Exactly these.
        since, until
            From then, and before then; with a time zone.
        """
        columns = self._table.c
        wanted = (
            (operator.lt, columns.seq, cursor),
            (operator.eq, columns.who, who),
            (operator.eq, columns.action, action),
            (operator.ge, columns.at, since),
            (operator.lt, columns.at, until),
        )
        conditions = [
            compare(column, value) for compare, column, value in wanted if value is not None
        ]
        query = select(self._table).where(*conditions).order_by(columns.seq.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def entry(self, seq: int) -> Entry:
        """
        Return one entry.

        Parameters
        ----------
        seq
            Its number.

        Raises
        ------
        NotFoundError
            If there is no such entry.
        """
        found = self.entries(1, seq + 1)
        if not found or found[0].seq != seq:
            msg = "The journal has no entry {seq}."
            raise NotFoundError(msg, seq=seq)
        return found[0]

    def last(self) -> Entry | None:
        """Return the newest entry, whose hash vouches for all before it."""
        return next(iter(self.entries(1)), None)

    def verify(self) -> int | None:
        """
        Look for the first entry that does not follow from the one before it.

        Returns
        -------
        int or None
            The number at which the chain breaks: that entry was altered, or is missing. None if the
            chain is whole.
        """
        previous, expected = FIRST, 1
        for row in self._rows():
            told = (row.who, row.action, row.what, row.before, row.after)
            digest = chain_hash(previous, expected, row.at, *told)
            if row.seq != expected or row.previous != previous or row.hash != digest:
                return expected
            previous, expected = row.hash, expected + 1
        return None

    def _rows(self) -> Iterator[Row[Any]]:
        query = select(self._table).order_by(self._table.c.seq).limit(PAGE)
        seq = 0
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(query.where(self._table.c.seq > seq)).all()
            if not rows:
                return
            yield from rows
            seq = rows[-1].seq


def append(connection: Connection, tables: Tables, entry: Told) -> int:
    """
    Add an entry, in the caller's transaction.

    Parameters
    ----------
    connection, tables
        A writing connection, and the register's tables.
    entry
        ``at``, ``who``, ``action``, ``what``, ``before``, ``after`` as in `Entry`.

    Returns
    -------
    int
        Its number, which is that of `next_seq`.
    """
    journal = tables.journal
    seq = next_seq(connection, tables)
    newest = select(journal.c.hash).where(journal.c.seq == seq - 1)
    previous = connection.execute(newest).scalar() or FIRST
    at = entry["at"].astimezone(UTC)
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    told = {name: canonical(entry[name]) for name in ("what", "before", "after")}
    texts = {"who": entry["who"], "action": entry["action"], **told}
    digest = chain_hash(previous, seq, at, *texts.values())
    row = {"seq": seq, "at": at, **texts, "previous": previous, "hash": digest}
    connection.execute(journal.insert(), row)
    return seq


def next_seq(connection: Connection, tables: Tables) -> int:
    """Return the number of the entry that a writer's transaction will end with."""
    return int(connection.execute(select(func.max(tables.journal.c.seq))).scalar() or 0) + 1


def chain_hash(previous: str, seq: int, at: datetime, *told: str) -> str:
    """
    Return the hash of an entry.

    Parameters
    ----------
    previous
        Hash of the entry before it, or 64 zeros.
    seq, at
        Of the entry.
    *told
        ``who``, ``action``, and the canonical JSON of ``what``, ``before``, ``after``.

    Notes
    -----
    SHA-256 over the UTF-8 of `previous` and of the canonical JSON of the list of the rest.
    """
    return hashlib.sha256(
        (previous + canonical([seq, moment_text(at), *told])).encode()
    ).hexdigest()


def canonical(value: object) -> str:
    """
    Write JSON in the one way that is hashed: keys sorted, no spaces, Chinese as it is, no NaN.

    Parameters
    ----------
    value
        Made of dictionaries, lists, text, numbers, truth and None.

    Examples
    --------
    >>> canonical({"b": 1, "a": "网格"})
    '{"a":"网格","b":1}'
    """
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def _entry(row: Row[Any]) -> Entry:
    told = {name: json.loads(row._mapping[name]) for name in ("what", "before", "after")}  # noqa: SLF001
    return Entry(row.seq, row.at, row.who, row.action, **told, previous=row.previous, hash=row.hash)
