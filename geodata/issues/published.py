"""
Published issues: what anybody may see of issues, once an office has looked at them.

Somebody with an account is shown besides what they may see anyhow.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from geodata.issues import records
from geodata.issues.setting import Setting
from gridmap.issues.arrows import OPEN

MOST = 1000


@dataclass(frozen=True)
class Asked:
    """
    Which issues are asked for; what is left out is not asked.

    Parameters
    ----------
    numbers
        Numbers or ids of issues.
    categories
        Any of these.
    since, until
        Reported from then, and up to then.
    is_open
        Whether they are open still.
    """

    numbers: Sequence[str] = ()
    categories: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_open: bool | None = None


class Published:
    """
    The use case of asking what has been published.

    Parameters
    ----------
    setting
        Who asks; the public, or somebody with an account.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._store = setting.store
        self._heads = setting.store.tables.loop.heads
        self._issues = setting.store.tables.layers["issues"]

    def find(self, asked: Asked) -> list[dict[str, Any]]:
        """
        Return issues, the newest first, `MOST` at most.

        Parameters
        ----------
        asked
            Which.

        Returns
        -------
        list of dict
            As `geodata.issues.records.plain_rows`, with ``unit_name``, ``updated_at``, ``reason``
            of a refusal, and ``photos``, the ids of those that have been made public.
        """
        heads = self._heads
        with self._store.database.reading() as connection:
            statement = (
                select(heads.c.issue_id)
                .join_from(heads, self._issues, heads.c.row == self._issues.c.id)
                .where(*self._conditions(connection, asked))
                .order_by(heads.c.reported_at.desc(), heads.c.issue_id.desc())
            )
            ids = list(connection.execute(statement.limit(MOST)).scalars())
            frame, _ = records.read(connection, self._store.tables, heads.c.issue_id.in_(ids))
            rows = {row["issue_id"]: row for row in records.plain_rows(frame)}
            last, reasons = self._last(connection, ids), self._reasons(connection, ids)
            pictures = self._pictures(connection, ids)
        units = self._setting.whole.frame("units", self._setting.day(self._store.now()))["name"]
        for issue_id, row in rows.items():
            row["unit_name"] = units.get(row["unit_id"] or "")
            row["updated_at"] = last.get(issue_id, row["reported_at"])
            row["reason"] = reasons.get(issue_id) if row["state"] == "refused" else None
            row["photos"] = pictures.get(issue_id, []) if row["public"] else []
        return [rows[issue_id] for issue_id in ids]

    def _conditions(self, connection: Connection, asked: Asked) -> list[ColumnElement[bool]]:
        heads = self._heads
        mine = self._setting.sight.condition(connection, self._store.tables)
        found = [or_(self._issues.c.public.is_(True), mine)]
        if asked.numbers:
            named = list(asked.numbers)
            return [*found, or_(heads.c.number.in_(named), heads.c.issue_id.in_(named))]
        if asked.categories is not None:
            found.append(heads.c.category.in_(list(asked.categories)))
        if asked.since is not None:
            found.append(heads.c.reported_at >= asked.since)
        if asked.until is not None:
            found.append(heads.c.reported_at <= asked.until)
        if asked.is_open is not None:
            is_open = heads.c.state.in_(OPEN)
            found.append(is_open if asked.is_open else ~is_open)
        return found

    def _last(self, connection: Connection, ids: Collection[str]) -> dict[str, datetime]:
        """Return when the state of issues last changed."""
        table = self._store.tables.layers["issue_events"]
        changed = or_(table.c.from_state.is_(None), table.c.from_state != table.c.to_state)
        query = select(table.c.issue_id, func.max(table.c.at))
        query = query.where(table.c.issue_id.in_(ids), changed).group_by(table.c.issue_id)
        return dict(connection.execute(query).all())

    def _reasons(self, connection: Connection, ids: Collection[str]) -> dict[str, str]:
        table = self._store.tables.layers["issue_events"]
        refused = table.c.issue_id.in_(ids) & (table.c.act == "refuse")
        query = select(table.c.issue_id, table.c.reason).where(refused).order_by(table.c.id)
        return dict(connection.execute(query).all())

    def _pictures(self, connection: Connection, ids: Collection[str]) -> dict[str, list[str]]:
        table = self._store.tables.layers["photos"]
        query = select(table.c.photo_id, table.c.subject, table.c.public_key)
        query = query.where(table.c.subject.in_(ids)).order_by(table.c.id)
        last = {row.photo_id: row for row in connection.execute(query)}
        found: dict[str, list[str]] = {}
        for row in last.values():
            if row.public_key is not None:
                found.setdefault(row.subject, []).append(row.photo_id)
        return found
