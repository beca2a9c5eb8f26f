"""
Acts: what people do to issues, each a step along the table of states, written whole.

Of two who act on the same issue at once, the second is told what the first has done; an act that
comes again because its answer was lost is done once. Many issues are acted upon together or not at
all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
import shapely
from sqlalchemy import Connection, func, select

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
from gridmap.issues.arrows import DUE_NO_MORE
from gridmap.issues.evidence import Shot
from gridmap.issues.orders import Context, Order
from gridmap.issues.routing import Routing, route

MOST = 1000
ANEW = ("reject", "reopen")
"""Acts after which the work is done, and shown, again."""


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
            ``value`` (the issue's id), ``message`` and the ``values`` that belong in it. Of one
            issue alone the error is that of `act`.
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
        order = self._order(act, issue_ids)
        told = {"act": act.act, "issues": list(issue_ids), "by": self._setting.person.person_id}
        try:
            with store.write(
                who=self._setting.person.name, action=f"issue-{act.act}", what=told
            ) as writer:
                receipts.require_new(writer, tables, once)
                found = self._read(writer.connection, issue_ids, seen)
                changed, events = self._steps(writer.connection, found, order, now)
                since = records.day_of(writer.connection, tables, issue_ids, day)
                writer.add("issues", records.to_frame(changed, tables.crs), since)
                writer.add("issue_events", records.events_frame(events), day)
                done = self._done(writer, changed, events)
                receipts.keep(writer, tables, once, _as_answer(done), now)
        except receipts.ReplayedError as replayed:
            return Done(**replayed.answer, replayed=True)
        return done

    def _order(self, act: Act, issue_ids: Sequence[str]) -> Order:
        routing = None
        if act.place is not None:
            if len(issue_ids) > 1:
                msg = "Issues are moved one by one."
                raise InvalidError(msg)
            routing = self._routed(issue_ids[0], act.place)
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

    def _routed(self, issue_id: str, place: shapely.Point) -> Routing:
        """Route a corrected place as its report would have been: by who answered on that day."""
        with self._store.database.reading() as connection:
            issue, _ = records.row(connection, self._store.tables, issue_id)
        day = self._setting.day(issue["reported_at"])
        return route(place, self._setting.whole.place(day), day, self._store.meta.crs)

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
                self._shots(connection, issue) if order.act == "close_out" else (),
                self._setting.near_m,
            )
            try:
                after, event = taken(issue, order, actor, context)
            except GridMapError as error:
                if len(found) == 1:
                    raise
                said = (error.template, error.values)
                faults.append((number, "issue_id", error.code, issue["issue_id"], *said))
                continue
            changed.append(after)
            events.append(event)
        if faults:
            msg = "{n} of {total} issues do not allow this; nothing was done."
            table = pd.DataFrame(faults, columns=[*layers.FAULT_COLUMNS, "values"])
            raise InvalidError(msg, faults=table, n=len(faults), total=len(found))
        return changed, events

    def _shots(self, connection: Connection, issue: dict[str, Any]) -> list[Shot]:
        """Return the photos but those that came before the issue was rejected, or reopened."""
        events = self._store.tables.layers["issue_events"]
        photos = self._store.tables.layers["photos"]
        anew = select(func.max(events.c.entry)).where(
            events.c.issue_id == issue["issue_id"], events.c.act.in_(ANEW)
        )
        since = connection.execute(anew).scalar() or 0
        late = select(photos.c.photo_id).where(
            photos.c.subject == issue["issue_id"], photos.c.entry > since
        )
        fresh = set(connection.execute(late).scalars())
        found = shots(connection, self._store.tables, issue)
        return [shot for shot in found if shot.photo_id in fresh]

    def _require_target(
        self, connection: Connection, found: list[dict[str, Any]], into: str | None
    ) -> None:
        """Refuse to merge with an issue that is not there, or with which nothing can be."""
        target = records.rows(connection, self._store.tables, [into or ""]).get(into or "")
        if target is None or not self._setting.sight.covers(target[0], READ):
            raise records.missing(into or "")
        gone = target[0]["state"] in DUE_NO_MORE
        if gone or any(issue["issue_id"] == into for issue in found):
            msg = "An issue is not merged with itself, nor with one that is merged or refused."
            raise InvalidError(msg)

    def _overtaken(
        self, connection: Connection, issue_id: str, known: int, version: int
    ) -> OvertakenError:
        """Say who did what to an issue since."""
        journal = self._store.tables.journal
        issues, events = (self._store.tables.layers[name] for name in ("issues", "issue_events"))
        told = (events.c.entry == journal.c.seq) & (events.c.issue_id == issue_id)
        names = (journal.c.seq, journal.c.at, journal.c.who, journal.c.action)
        rows = connection.execute(
            select(*names, events.c.act, events.c.by_unit)
            .join_from(issues, journal, journal.c.seq == issues.c.entry)
            .outerjoin(events, told)
            .where(issues.c.issue_id == issue_id, issues.c.id > known)
            .order_by(events.c.id)
        ).all()
        units = self._setting.units(self._setting.day(self._store.now()))
        changes = [
            {
                "entry": row.seq,
                "at": row.at.isoformat(),
                "who": row.who,
                "action": row.act or row.action,
                "target_kind": "issue",
                "target": issue_id,
                "unit_id": row.by_unit,
                "unit_name": units.get(row.by_unit or ""),
            }
            for row in rows
        ]
        msg = "{who} acted on this issue in the meantime; look at it, then try again."
        who = ", ".join(dict.fromkeys(row.who for row in rows))
        return OvertakenError(msg, changes=changes, seen=version, who=who)

    def _done(
        self, writer: Writer, changed: list[dict[str, Any]], events: list[dict[str, Any]]
    ) -> Done:
        ids = [issue["issue_id"] for issue in changed]
        return Done(
            versions=records.versions(writer.connection, self._store.tables, ids),
            states={issue["issue_id"]: issue["state"] for issue in changed},
            events=[event["event_id"] for event in events],
        )


def _as_answer(done: Done) -> dict[str, Any]:
    return {
        "versions": dict(done.versions),
        "states": dict(done.states),
        "events": list(done.events),
    }
