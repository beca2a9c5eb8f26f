"""
Acts: what people do to issues, each a step along the table of states, written whole.

Of two who act on the same issue at once, the second is told what the first has done; an act that
comes again because its answer was lost is done once. Many issues are acted upon together or not at
all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd
import shapely
from sqlalchemy import Connection, select

from geodata import receipts
from geodata.errors import OvertakenError
from geodata.issues import records
from geodata.issues.evidence import shots
from geodata.issues.intake import taken
from geodata.issues.setting import Setting
from geodata.issues.sight import READ
from geodata.receipts import Once
from geodata.writer import Writer
from gridmap import layers
from gridmap.errors import GridMapError, InvalidError
from gridmap.issues.orders import Context, Order
from gridmap.issues.routing import route

MOST = 1000


@dataclass(frozen=True)
class Act:
    """
    What somebody wants to do to an issue.

    Parameters
    ----------
    act
        One of `gridmap.issues.arrows.ACTS`.
    reason, unit_id, into, more
        As `gridmap.issues.orders.Order`.
    condition
        Id of the filing condition.
    place
        The corrected place, in the register's CRS.
    done_at
        When it was done, by the clock of the phone.
    """

    act: str
    reason: str | None = None
    unit_id: str | None = None
    condition: str | None = None
    into: str | None = None
    more: float | None = None
    place: shapely.Point | None = None
    done_at: datetime | None = None


@dataclass(frozen=True)
class Done:
    """
    What an act has written.

    Parameters
    ----------
    versions
        Of each issue: its version after it.
    states
        Of each issue: its state after it.
    events
        The ids of what is told of it.
    replayed
        Whether it had been done before.
    """

    versions: Mapping[str, int]
    states: Mapping[str, str]
    events: Sequence[str] = field(default=())
    replayed: bool = False


class Acts:
    """
    The use cases of acting on issues.

    Parameters
    ----------
    setting
        Who acts, and where.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._store = setting.store

    def act(
        self, issue_id: str, act: Act, *, seen: int | None = None, once: Once | None = None
    ) -> Done:
        """
        Act on an issue.

        Parameters
        ----------
        issue_id
            Which.
        act
            What is done.
        seen
            The version that the caller has seen; not looked at if left out.
        once
            Under which key, so that it is done once.

        Raises
        ------
        NotFoundError
            If the issue is not there, or not for this person.
        OvertakenError
            If somebody acted on it since.
        InvalidError, ConflictError, ForbiddenError
            As `gridmap.issues.life.step`.
        """
        return self._write([issue_id], act, {issue_id: seen}, once)

    def bulk(self, issue_ids: Sequence[str], act: Act) -> Done:
        """
        Act on many issues alike, on all or on none.

        Parameters
        ----------
        issue_ids, act
            Which, and what is done.

        Raises
        ------
        InvalidError
            Listing every issue on which it cannot be done: ``row``, ``column``, ``code``,
            ``value`` (the issue's id), ``message``.
        """
        unique = list(dict.fromkeys(issue_ids))
        if not 0 < len(unique) <= MOST:
            msg = "Choose between one and {most} issues."
            raise InvalidError(msg, most=MOST)
        return self._write(unique, act, {}, None)

    def _write(
        self,
        issue_ids: Sequence[str],
        act: Act,
        seen: Mapping[str, int | None],
        once: Once | None,
    ) -> Done:
        store, tables = self._store, self._store.tables
        now = store.now()
        day = self._setting.day(now)
        order = self._order(act, day)
        told = {"act": act.act, "issues": list(issue_ids), "by": self._setting.person.person_id}
        try:
            with store.write(
                who=self._setting.person.name, action=f"issue-{act.act}", what=told
            ) as writer:
                receipts.require_new(writer, tables, once)
                found = self._read(writer.connection, issue_ids, seen)
                changed, events = self._steps(writer.connection, found, order, now)
                writer.add("issues", records.to_frame(changed, tables.crs), day)
                writer.add("issue_events", records.events_frame(events), day)
                done = self._done(writer, changed, events)
                receipts.keep(writer, tables, once, _as_answer(done), now)
        except receipts.ReplayedError as replayed:
            return Done(**replayed.answer, replayed=True)
        return done

    def _order(self, act: Act, day: date) -> Order:
        routing = None
        if act.place is not None:
            place = self._setting.whole.place(day)
            routing = route(act.place, place, day, self._store.meta.crs)
        condition = None if act.condition is None else self._setting.condition(act.condition)
        return Order(
            act.act,
            reason=act.reason,
            unit_id=act.unit_id,
            condition=condition,
            into=act.into,
            more=act.more,
            routing=routing,
            done_at=act.done_at,
        )

    def _read(
        self, connection: Connection, issue_ids: Sequence[str], seen: Mapping[str, int | None]
    ) -> list[dict[str, Any]]:
        """Return the issues, if all are there for this person and none has moved on."""
        tables, sight = self._store.tables, self._setting.sight
        found = records.rows(connection, tables, issue_ids)
        for issue_id in issue_ids:
            if issue_id not in found or not sight.covers(found[issue_id][0], READ):
                raise records.missing(issue_id)
            version, known = found[issue_id][1], seen.get(issue_id)
            if known is not None and known != version:
                raise self._overtaken(connection, issue_id, known, version)
        return [found[issue_id][0] for issue_id in issue_ids]

    def _steps(
        self, connection: Connection, found: list[dict[str, Any]], order: Order, now: datetime
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        if order.act == "merge":
            self._require_target(connection, found, order.into)
        units = self._setting.units(self._setting.day(now))
        changed, events, faults = [], [], []
        for number, issue in enumerate(found):
            actor = self._setting.sight.actor(issue)
            context = Context(
                now,
                self._setting.calendar,
                units,
                shots(connection, self._store.tables, issue),
                self._setting.near_m,
            )
            try:
                after, event = taken(issue, order, actor, context)
            except GridMapError as error:
                if len(found) == 1:
                    raise
                faults.append((number, "issue_id", error.code, issue["issue_id"], str(error)))
                continue
            changed.append(after)
            events.append(event)
        if faults:
            msg = "{n} of {total} issues do not allow this; nothing was done."
            table = pd.DataFrame(faults, columns=layers.FAULT_COLUMNS)
            raise InvalidError(msg, faults=table, n=len(faults), total=len(found))
        return changed, events

    def _require_target(
        self, connection: Connection, found: list[dict[str, Any]], into: str | None
    ) -> None:
        """Refuse to merge with an issue that is not there, or that is merged itself."""
        target = records.rows(connection, self._store.tables, [into or ""]).get(into or "")
        if target is None or not self._setting.sight.covers(target[0], READ):
            raise records.missing(into or "")
        if target[0]["state"] == "merged" or any(i["issue_id"] == into for i in found):
            msg = "An issue cannot be merged with itself, nor with one that is merged."
            raise InvalidError(msg)

    def _overtaken(
        self, connection: Connection, issue_id: str, known: int, version: int
    ) -> OvertakenError:
        """Say what others have done to an issue since."""
        tables = self._store.tables
        issues, events = tables.layers["issues"], tables.layers["issue_events"]
        since = select(issues.c.entry).where(issues.c.id == known).scalar_subquery()
        rows = connection.execute(
            select(events).where(events.c.issue_id == issue_id, events.c.entry > since)
        )
        changes = [
            {
                "entry": row.entry,
                "at": row.at.isoformat(),
                "who": row.by,
                "action": row.act,
                "target_kind": "issue",
                "target": issue_id,
                "unit_id": row.by_unit,
                "unit_name": None,
            }
            for row in rows
        ]
        msg = "Somebody acted on this issue in the meantime."
        return OvertakenError(msg, changes=changes, seen=version)

    def _done(
        self, writer: Writer, changed: list[dict[str, Any]], events: list[dict[str, Any]]
    ) -> Done:
        ids = [issue["issue_id"] for issue in changed]
        heads = self._store.tables.loop.heads
        rows = writer.execute(
            select(heads.c.issue_id, heads.c.row).where(heads.c.issue_id.in_(ids))
        )
        return Done(
            versions={row.issue_id: row.row for row in rows},
            states={issue["issue_id"]: issue["state"] for issue in changed},
            events=[event["event_id"] for event in events],
        )


def _as_answer(done: Done) -> dict[str, Any]:
    return {
        "versions": dict(done.versions),
        "states": dict(done.states),
        "events": list(done.events),
    }
