"""Notices: what people find in their inbox, each put there once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from geodata.store import Store
from gridmap.errors import NotFoundError

SHOWN = 100


@dataclass(frozen=True)
class Notice:
    """
    One notice.

    Parameters
    ----------
    notice_id
        Which.
    kind
        What it is about.
    template, values
        The sentence, as in `gridmap.errors`.
    link
        The page to open.
    at, read_at
        When it was put there, and read.
    """

    notice_id: str
    kind: str
    template: str
    values: Mapping[str, Any]
    link: str
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class Told:
    """
    What is to be told to people.

    Parameters
    ----------
    kind, template, values, link
        As in `Notice`.
    about
        What it is about, and of when: nobody is told the same twice.
    """

    kind: str
    template: str
    values: Mapping[str, Any]
    link: str
    about: str


class Notices:
    """
    The inboxes of a register's people.

    Parameters
    ----------
    store
        Where they are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = store.tables.command.notices

    def put(self, told: Told, people: Collection[str]) -> int:
        """
        Tell people something, unless they were told before.

        Parameters
        ----------
        told
            What.
        people
            Their ids.

        Returns
        -------
        int
            How many had not been told yet.
        """
        keys = {_key(told, person): person for person in people}
        table, now = self._table, self._store.now()
        with self._store.database.writing() as connection:
            known = set(
                connection.execute(
                    select(table.c.notice_id).where(table.c.notice_id.in_(list(keys)))
                ).scalars()
            )
            rows = [
                {
                    "notice_id": key,
                    "person_id": person,
                    "kind": told.kind,
                    "template": told.template,
                    "values": json.dumps(dict(told.values), ensure_ascii=False, default=str),
                    "link": told.link,
                    "at": now,
                }
                for key, person in keys.items()
                if key not in known
            ]
            if rows:
                connection.execute(table.insert(), rows)
        return len(rows)

    def inbox(self, person_id: str, limit: int = SHOWN) -> list[Notice]:
        """Return a person's notices, the newest first."""
        table = self._table
        query = select(table).where(table.c.person_id == person_id)
        ordered = query.order_by(table.c.at.desc(), table.c.notice_id).limit(limit)
        with self._store.database.reading() as connection:
            return [
                Notice(
                    row.notice_id,
                    row.kind,
                    row.template,
                    json.loads(row._mapping["values"]),  # noqa: SLF001 - `values` is a method of rows
                    row.link,
                    row.at,
                    row.read_at,
                )
                for row in connection.execute(ordered)
            ]

    def unread(self, person_id: str) -> int:
        """Count what a person has not read, of the `SHOWN` newest: every page asks for it."""
        table = self._table
        mine = select(table.c.read_at).where(table.c.person_id == person_id)
        newest = mine.order_by(table.c.at.desc(), table.c.notice_id).limit(SHOWN).subquery()
        query = select(func.count()).select_from(newest).where(newest.c.read_at.is_(None))
        with self._store.database.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def read(self, person_id: str, notice_id: str | None = None) -> None:
        """
        Mark a notice as read, or all of a person's.

        Parameters
        ----------
        person_id
            Whose.
        notice_id
            Which; all if None.

        Raises
        ------
        NotFoundError
            If the person has no such notice.
        """
        table = self._table
        own = [table.c.person_id == person_id]
        if notice_id is not None:
            own.append(table.c.notice_id == notice_id)
        with self._store.database.writing() as connection:
            there = connection.execute(select(table.c.notice_id).where(*own).limit(1)).first()
            statement = update(table).where(*own, table.c.read_at.is_(None))
            connection.execute(statement.values(read_at=self._store.now()))
        if there is None and notice_id is not None:
            msg = "There is no notice {notice_id}."
            raise NotFoundError(msg, notice_id=notice_id[:80])


def _key(told: Told, person: str) -> str:
    text = f"{told.kind}\n{told.about}\n{person}"
    return hashlib.sha256(text.encode()).hexdigest()
