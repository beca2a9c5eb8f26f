"""
Intake: a report becomes an issue, which finds its grid, its unit and its deadline by itself.

A report under a known condition, at a place for which a unit answers, is filed and dispatched at
once, by rule; whatever lacks one of these waits for the office, as does what a citizen sends.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import shapely
from sqlalchemy import func, select

from geodata import receipts
from geodata.issues import nearby, records
from geodata.issues.evidence import distance_m
from geodata.issues.setting import Setting
from geodata.issues.sight import READ
from geodata.receipts import Once
from geodata.writer import Writer
from gridmap.errors import ConflictError, ForbiddenError, InvalidError
from gridmap.issues import life
from gridmap.issues.arrows import ARROWS
from gridmap.issues.orders import Actor, Condition, Context, Order
from gridmap.issues.routing import Routing, route
from gridmap.layers import ISSUE_CHANNELS

RULE = Actor("rule", "rule", "system", frozenset(), frozenset({"issue.office"}))
"""Who acts where nobody has to decide."""
EARLIEST = timedelta(days=30)
AHEAD = timedelta(minutes=5)
LONGEST = 4000
FAR_M = 20_000.0


@dataclass(frozen=True)
class Report:
    """
    What somebody reports.

    Parameters
    ----------
    category
        Of issues; may be left out where a condition is given.
    channel
        One of `gridmap.layers.ISSUE_CHANNELS`.
    condition
        Id of the filing condition.
    description, address
        In words.
    place
        In the register's CRS; None if it is not known.
    datum, accuracy_m, source
        Of the place as it was received: ``wgs84``, ``gcj02`` or ``bd09``; how exact, in metres;
        ``gps``, ``pin``, ``exif`` or ``address``.
    reported_at
        When, by the clock of the phone.
    issue_id
        As the phone made it; made here if left out.
    unit_id
        In whose name, if they speak for a unit.
    fixed
        Whether it was set right on the spot.
    """

    category: str = ""
    channel: str = "unit_patrol"
    condition: str | None = None
    description: str | None = None
    address: str | None = None
    place: shapely.Point | None = None
    datum: str | None = None
    accuracy_m: float | None = None
    source: str | None = None
    reported_at: datetime | None = None
    issue_id: str | None = None
    unit_id: str | None = None
    fixed: bool = False


@dataclass(frozen=True)
class Taken:
    """
    What became of a report.

    Parameters
    ----------
    answer
        For the reporter: number, state, grid, unit, why, due, what it repeats and may duplicate.
    replayed
        Whether it had been accepted before.
    """

    answer: dict[str, Any]
    replayed: bool


class Intake:
    """
    The use case of reporting.

    Parameters
    ----------
    setting
        Who reports, and where.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._store = setting.store

    def report(self, report: Report, once: Once | None = None) -> Taken:
        """
        Accept a report.

        Parameters
        ----------
        report
            What is reported.
        once
            Under which key, so that it is accepted once.

        Raises
        ------
        InvalidError
            If there is neither category nor condition, neither place nor words, no such channel or
            condition, or if the place is farther than `FAR_M` from the city's box.
        ConflictError
            If the id it brings is another issue's.
        ReusedKeyError
            If something else came under that key.
        """
        with self._store.database.reading() as connection:
            if once is not None:
                before = receipts.answered(connection, self._store.tables, once)
                if before is not None:
                    return Taken(before, replayed=True)
        condition = self._checked(report)
        issue, late = self._drafted(report, condition)
        self._require_near(issue)
        routed = self._routed(issue)
        issue |= routed.columns()
        found = self._nearby(issue)
        try:
            return Taken(self._write(issue, report, condition, late, found, once), replayed=False)
        except receipts.ReplayedError as replayed:
            return Taken(replayed.answer, replayed=True)

    def _checked(self, report: Report) -> Condition | None:
        condition = self._setting.condition(report.condition, report.category)
        if condition is None and not report.category.strip():
            msg = "A report needs a category."
            raise InvalidError(msg)
        if report.channel not in ISSUE_CHANNELS:
            msg = "There is no channel {channel}; there are {channels}."
            raise InvalidError(msg, channel=report.channel, channels=", ".join(ISSUE_CHANNELS))
        if report.place is not None and not np.isfinite(shapely.bounds(report.place)).all():
            msg = "This is no place."
            raise InvalidError(msg)
        words = f"{report.description or ''}{report.address or ''}".strip()
        if report.place is None and not words:
            msg = "A report needs a place, or words that tell of it."
            raise InvalidError(msg)
        if len(words) > LONGEST:
            msg = "A report may have {longest} characters."
            raise InvalidError(msg, longest=LONGEST)
        units = self._setting.person.units
        if report.unit_id is not None and report.unit_id not in units:
            msg = "You do not speak for the unit {unit_id}."
            raise InvalidError(msg, unit_id=report.unit_id[:80])
        return condition

    def _drafted(self, report: Report, condition: Condition | None) -> tuple[dict[str, Any], bool]:
        """Return the issue as it is reported, and whether the phone's clock was not believed."""
        now, person = self._store.now(), self._setting.person
        told = report.reported_at
        believed = told is not None and now - EARLIEST <= told <= now + AHEAD
        at = min(told, now) if believed and told is not None else now
        issue = records.blank(report.issue_id or str(uuid.uuid4())) | {
            "reported_at": at.astimezone(UTC),
            "category": condition.category if condition else report.category.strip(),
            "channel": report.channel,
            "description": _words(report.description),
            "address": _words(report.address),
            "accuracy_m": report.accuracy_m,
            "datum": report.datum if report.place is not None else None,
            "state": "reported",
            "reporter": person.person_id or "public",
            "reporter_role": self._setting.sight.role,
            "reporter_unit": report.unit_id or min(person.units, default=None),
            "place": report.place,
        }
        return issue, told is not None and not believed

    def _require_near(self, issue: dict[str, Any]) -> None:
        """Refuse a place on another continent; one just outside may be the city's all the same."""
        day = self._setting.day(issue["reported_at"])
        box = self._setting.extent(day)
        place = issue["place"]
        if place is None or box is None:
            return
        west, south, east, north = box
        nearest = shapely.Point(min(max(place.x, west), east), min(max(place.y, south), north))
        away = distance_m(place, nearest)
        if away is not None and away > FAR_M:
            msg = "The place lies {km} km outside the city. Move it to where the issue is."
            raise InvalidError(msg, km=round(away / 1000))

    def _routed(self, issue: dict[str, Any]) -> Routing:
        day = self._setting.day(issue["reported_at"])
        whole = self._setting.whole
        return route(issue["place"], whole.place(day), day, self._store.meta.crs)

    def _nearby(self, issue: dict[str, Any]) -> dict[str, Any]:
        if issue["place"] is None:
            return {"recurs": None, "duplicates": []}
        day = self._setting.day(issue["reported_at"])
        with self._store.database.reading() as connection:
            found = nearby.around(connection, self._store.tables, issue["place"])
        found = found[found.index != issue["issue_id"]]
        whole, sight = self._setting.whole, self._setting.sight
        seen = found[[sight.covers(row, READ) for row in records.plain_rows(found)]]
        return {
            "recurs": nearby.repeated(issue, found, whole, day),
            "duplicates": nearby.suggested(issue, seen, whole, day),
        }

    def _write(
        self,
        issue: dict[str, Any],
        report: Report,
        condition: Condition | None,
        late: bool,
        found: dict[str, Any],
        once: Once | None,
    ) -> dict[str, Any]:
        now, tables = self._store.now(), self._store.tables
        day = self._setting.day(now)
        told = {"issue": issue["issue_id"], "by": issue["reporter"]}
        who = self._setting.person.name
        with self._store.write(who=who, action="issue-report", what=told) as writer:
            receipts.require_new(writer, tables, once)
            if records.versions(writer.connection, tables, [issue["issue_id"]]):
                msg = "There is already an issue {issue_id}."
                raise ConflictError(msg, issue_id=issue["issue_id"])
            issue = issue | {"number": self._number(writer), "recurs": found["recurs"]}
            details = {
                "source": report.source,
                "clock_not_believed": late or None,
                "fixed": report.fixed or None,
            }
            events = [first_event(issue, self._actor(issue), now, details)]
            issue, more = self._carried(issue, report, condition, now)
            writer.add("issues", records.to_frame([issue], tables.crs), day)
            writer.add("issue_events", records.events_frame([*events, *more]), day)
            version = records.versions(writer.connection, tables, [issue["issue_id"]])
            answer = self._answer(issue, found) | {"version": version[issue["issue_id"]]}
            receipts.keep(writer, tables, once, answer, now)
        return answer

    def _carried(
        self, issue: dict[str, Any], report: Report, condition: Condition | None, now: datetime
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Take the steps that need nobody's decision: file, dispatch, and what was set right."""
        units = self._setting.units(self._setting.day(now))
        context = Context(now, self._setting.calendar, units)
        trusted = "issue.report" in self._actor(issue).may
        orders: list[tuple[Order, Actor]] = []
        if condition is not None and trusted:
            orders.append((Order("file", condition=condition), RULE))
            if issue["unit_id"] in units:
                orders.append((Order("dispatch"), RULE))
                if report.fixed:
                    done = Order("rectify", done_at=issue["reported_at"])
                    orders.append((done, self._actor(issue)))
        events = []
        for order, actor in orders:
            if order.act == "rectify" and not _may(issue, order, actor):
                break  # it is not theirs: the unit that answers will see to it
            issue, event = taken(issue, order, actor, context)
            events.append(event)
        return issue, events

    def _actor(self, issue: dict[str, Any]) -> Actor:
        return self._setting.sight.actor(issue)

    def _number(self, writer: Writer) -> str:
        """Return the next number of the day: people call it out on the telephone."""
        number = self._store.tables.loop.heads.c.number
        day = f"{self._setting.day(self._store.now()):%Y%m%d}"
        # digits alone: of other characters every database has its own order
        taken = select(number).where(number >= f"{day}0", number <= f"{day}9999999")
        longest = taken.order_by(func.length(number).desc(), number.desc())
        ours = re.compile(rf"{day}\d{{5,7}}")  # a register that was imported may number otherwise
        last = next(filter(ours.fullmatch, writer.execute(longest).scalars()), f"{day}00000")
        return f"{day}{int(last[8:]) + 1:05d}"

    def _answer(self, issue: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
        names = self._setting.units(self._setting.day(issue["reported_at"]))
        shown = (
            "issue_id",
            "number",
            "state",
            "category",
            "condition",
            "grid",
            "unit_id",
            "rule",
            "reported_at",
            "due_at",
            "recurs",
        )
        answer = {name: issue[name] for name in shown}
        answer["unit_name"] = names.get(issue["unit_id"] or "")
        answer["why"] = why_of(issue)
        told: dict[str, Any] = records.jsonable(answer | {"duplicates": found["duplicates"]})
        return told


def taken(
    issue: dict[str, Any], order: Order, actor: Actor, context: Context
) -> tuple[dict[str, Any], dict[str, Any]]:
    """
    Take a step, and return the issue after it and what is told of it.

    Parameters
    ----------
    issue, order, actor, context
        As for `gridmap.issues.life.step`.
    """
    step = life.step(issue, order, actor, context)
    event = {
        "event_id": str(uuid.uuid4()),
        "issue_id": issue["issue_id"],
        "at": context.at,
        "act": order.act,
        "from_state": step.from_state,
        "to_state": step.to_state,
        "by": actor.person_id or actor.role,
        "by_role": actor.role,
        "by_unit": min(actor.units, default=None),
        "reason": _words(order.reason),
        "details": {name: value for name, value in step.details.items() if value is not None},
    }
    return issue | step.changed, event


def first_event(
    issue: dict[str, Any], actor: Actor, at: datetime, details: dict[str, Any]
) -> dict[str, Any]:
    """Return what is told of a report itself."""
    return {
        "event_id": str(uuid.uuid4()),
        "issue_id": issue["issue_id"],
        "at": at,
        "act": "report",
        "from_state": None,
        "to_state": "reported",
        "by": issue["reporter"],
        "by_role": actor.role,
        "by_unit": issue["reporter_unit"],
        "reason": None,
        "details": {name: value for name, value in details.items() if value is not None},
    }


def why_of(issue: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the way on which an issue found its unit, as `gridmap.issues.routing` kept it."""
    steps: list[dict[str, Any]] = json.loads(issue["why"]) if issue["why"] else []
    return steps


def _words(text: str | None) -> str | None:
    return (text or "").strip() or None


def _may(issue: dict[str, Any], order: Order, actor: Actor) -> bool:
    arrow = ARROWS[order.act]
    try:
        life.require_permitted(issue, arrow, actor)
    except ForbiddenError:
        return False
    return True
