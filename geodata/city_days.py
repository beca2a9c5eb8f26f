"""
The city's own days: announced, kept, and the deadlines that they move.

Days off and make-up workdays of a city, and the holidays of a year that the package of holidays
does not have yet, are data of the register like any other. With them every open issue whose limit
counts working time is reckoned anew by its story (`gridmap.issues.deadlines`), in the transaction
in which they are written: who looks sees the old days with the old deadlines, or the new with the
new.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import ColumnElement, Connection, select

from geodata.calendars import BOOK, KNOWN_UNTIL, calendar_of
from geodata.issues import records
from geodata.issues.intake import RULE
from geodata.issues.sight import among
from geodata.store import Store
from geodata.tables import Tables
from geodata.writer import Writer
from gridmap import layers
from gridmap.access import Person
from gridmap.clocks import Calendar, Hours
from gridmap.errors import InvalidError
from gridmap.issues import deadlines
from gridmap.issues.arrows import OPEN
from gridmap.working_time import RUNS_ALWAYS

CONTRACT = layers.BOOKS[BOOK]
COUNTING = tuple(kind for kind in layers.LIMIT_KINDS if kind not in RUNS_ALWAYS)
"""Kinds of limit that run only while the city works."""
AT_ONCE = 2000  # issues that are reckoned and written together
COLUMNS = ["issue_id", "number", "unit_id", "before", "after"]
YEARS = (2000, 2100)
Move = tuple[dict[str, Any], dict[str, Any]]
"""An issue with its new deadline, and the event that tells of it."""


@dataclass(frozen=True)
class Announced:
    """
    What an announcement does.

    Parameters
    ----------
    entry
        Of the journal; None if it was only looked at.
    days
        The rows of the book ``city_days`` that it adds or changes, indexed by ``day_id``.
    withdrawn
        Days that stood in an earlier announcement of the same year and do not in this one.
    moves : pandas.DataFrame
        One row an issue whose deadline moves: ``issue_id``, ``number``, ``unit_id``, ``before`` and
        ``after``.
    untold
        Open issues whose deadline counts working time and stays, because their story does not tell
        how their clock began: it came with them from elsewhere.
    known_until
        The last day for which holidays are known then.
    """

    entry: int | None
    days: pd.DataFrame
    withdrawn: list[str]
    moves: pd.DataFrame
    untold: int
    known_until: date | None


class CityDays:
    """
    The use cases of the city's own days.

    Parameters
    ----------
    store
        The register.
    person
        In whose name the journal is written.
    zone
        The city's time zone.
    hours
        When it works, as `geodata.calendars.read_hours` returns them.
    """

    def __init__(
        self, store: Store, person: Person, zone: ZoneInfo, hours: Sequence[Hours]
    ) -> None:
        self._store = store.whole
        self._person = person
        self._zone = zone
        self._hours = hours

    def listed(self) -> pd.DataFrame:
        """Return the days that the city has announced, in order; the book ``city_days``."""
        return self._store.read(BOOK).sort_values("day")

    def calendar(self) -> Calendar:
        """Return when the city works, with its own days."""
        return calendar_of(self._store.read(BOOK), self._zone, self._hours)

    def preview(self, days: pd.DataFrame, year: int | None = None) -> Announced:
        """
        Say what an announcement would do; nothing is changed.

        Parameters
        ----------
        days, year
            As for `announce`.

        Raises
        ------
        InvalidError
            As `announce`.
        """
        rows = self._checked(days, year)
        with self._store.database.reading() as connection:
            known = self._store.read(BOOK)
            withdrawn = _withdrawn(known, rows, year)
            left = known[~known.index.isin([*rows.index, *withdrawn])]
            calendar = calendar_of(pd.concat([left, rows]), self._zone, self._hours)
            kept = self._first_changed(known, rows, withdrawn)
            found, untold = self._found(connection, calendar, kept)
        return Announced(None, rows, withdrawn, _told(found), untold, calendar.known_until)

    def announce(self, days: pd.DataFrame, year: int | None = None, source: str = "") -> Announced:
        """
        Keep days that the city announces, and move the deadlines that count them.

        Parameters
        ----------
        days
            With ``day`` and ``works``, and a ``note`` that says under which notice; of one day that
            was announced before it holds from now on.
        year
            The year of which this is the whole announcement: its holidays are known then, and what
            stood in an earlier announcement of it alone is withdrawn.
        source
            What they came from, for the journal.

        Raises
        ------
        InvalidError
            If a row is faulty, there is none, the year has no day among them, or its holidays are
            known already.
        """
        rows = self._checked(days, year)
        what = {"days": len(rows), "source": source, "year": year}
        return self._write(rows, year, {name: value for name, value in what.items() if value})

    def recount(self) -> Announced:
        """
        Reckon the deadlines of all open issues by the calendar that is known now.

        For a register whose calendar has changed without an announcement: the package of holidays
        has a year more, or the hours were set otherwise.
        """
        return self._write(layers.empty(CONTRACT), None, {})

    def _checked(self, days: pd.DataFrame, year: int | None) -> pd.DataFrame:
        if year is not None and year <= KNOWN_UNTIL.year:
            msg = "The holidays of {year} are known; announce only the days that differ."
            raise InvalidError(msg, year=year)
        told = days.reindex(columns=["day", "works", "note"])
        day_id = told["day"].map(lambda day: str(day)[:10])
        whole = day_id.str.startswith(f"{year}-")
        rows = layers.conform(told.assign(day_id=day_id, whole_year=whole), CONTRACT)
        if not rows["day"].dt.year.between(*YEARS).all():
            msg = "A day of the calendar lies between {first} and {last}."
            raise InvalidError(msg, first=YEARS[0], last=YEARS[1])
        if rows.empty or (year is not None and not whole.any()):
            msg = "There is no day to announce."
            raise InvalidError(msg)
        return rows

    def _write(self, rows: pd.DataFrame, year: int | None, told: dict[str, Any]) -> Announced:
        store = self._store
        now = store.now()
        today = now.astimezone(self._zone).date()
        what = told | ({"by": self._person.person_id} if self._person.person_id else {})
        with store.write(who=self._person.name, action="calendar", what=what) as writer:
            known = writer.read(BOOK)
            withdrawn = _withdrawn(known, rows, year)
            writer.add(BOOK, rows, today)
            writer.retire(BOOK, withdrawn, today)
            calendar = calendar_of(writer.read(BOOK), self._zone, self._hours)
            since = self._first_changed(known, rows, withdrawn)
            found, untold = self._found(writer.connection, calendar, since)
            self._keep(writer, found, now, today)
            what["moved"] = len(found)
        return Announced(writer.entry, rows, withdrawn, _told(found), untold, calendar.known_until)

    def _first_changed(
        self, known: pd.DataFrame, rows: pd.DataFrame, withdrawn: list[str]
    ) -> datetime | None:
        """Return the moment before which the calendar stays as it was; None if nothing is said."""
        days = [*rows["day"], *known.loc[withdrawn, "day"]]
        if not days:
            return None
        return datetime.combine(min(days).date(), time(), tzinfo=self._zone)

    def _found(
        self, connection: Connection, calendar: Calendar, since: datetime | None
    ) -> tuple[list[Move], int]:
        """Return the issues whose deadline moves, and how many could not be reckoned."""
        tables, found, untold = self._store.tables, list[Move](), 0
        keys = _counting(connection, tables, since)
        for first in range(0, len(keys), AT_ONCE):
            some = keys[first : first + AT_ONCE]
            stories = _stories(connection, tables, some)
            for issue, _ in records.rows(connection, tables, some).values():
                story = stories[issue["issue_id"]]
                due_at = deadlines.replayed(issue, story, calendar)
                if due_at is None:
                    untold += 1
                elif deadlines.moves(issue, due_at):
                    found.append((issue | {"due_at": due_at}, _event(issue)))
        return found, untold

    def _keep(self, writer: Writer, found: list[Move], now: datetime, today: date) -> None:
        tables = self._store.tables
        for first in range(0, len(found), AT_ONCE):
            some = found[first : first + AT_ONCE]
            keys = [issue["issue_id"] for issue, _ in some]
            since = records.day_of(writer.connection, tables, keys, today)
            issues = records.to_frame((issue for issue, _ in some), tables.crs)
            writer.add("issues", issues, since)
            events = records.events_frame([event | {"at": now} for _, event in some])
            writer.add("issue_events", events, today)


def _event(issue: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of a moved deadline; who announced what moved it, the journal says."""
    return {
        "event_id": str(uuid.uuid4()),
        "issue_id": issue["issue_id"],
        "act": deadlines.ACT,
        "from_state": issue["state"],
        "to_state": issue["state"],
        "by": RULE.person_id,
        "by_role": RULE.role,
        "by_unit": None,
        "reason": None,
        "details": {"before": {"due_at": issue["due_at"]}},
    }


def _withdrawn(known: pd.DataFrame, rows: pd.DataFrame, year: int | None) -> list[str]:
    """Return the days of an earlier announcement of a whole year that this one lacks."""
    if year is None:
        return []
    earlier = known["whole_year"].astype(bool) & (known["day"].dt.year == year)
    return sorted(set(known.index[earlier]) - set(rows.index))


def _counting(connection: Connection, tables: Tables, since: datetime | None) -> list[str]:
    """Return the open issues whose limit counts working time, and which are due after a moment."""
    issues, heads = tables.layers["issues"], tables.loop.heads
    wanted: list[ColumnElement[bool]] = [heads.c.state.in_(OPEN), heads.c.due_at.is_not(None)]
    if since is not None:  # what was due before the first of the days never counted it
        wanted.append(heads.c.due_at >= since)
    query = (
        select(heads.c.issue_id)
        .join_from(heads, issues, issues.c.id == heads.c.row)
        .where(issues.c.limit_kind.in_(COUNTING), *wanted)
        .order_by(heads.c.issue_id)
    )
    return [*connection.execute(query).scalars()]


def _stories(
    connection: Connection, tables: Tables, keys: list[str]
) -> defaultdict[str, list[dict[str, Any]]]:
    events = tables.layers["issue_events"].c
    names = ("issue_id", "act", "at", "from_state", "to_state", "details")
    query = (
        select(*(events[name] for name in names))
        .where(among(events.issue_id, keys, connection.dialect.name))
        .order_by(events.id)
    )
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(query):
        told = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        told["details"] = json.loads(told["details"]) if told["details"] else {}
        found[told["issue_id"]].append(told)
    return found


def _told(found: Sequence[Move]) -> pd.DataFrame:
    def rows() -> Iterator[tuple[object, ...]]:
        for issue, event in found:
            before = event["details"]["before"]["due_at"]
            yield issue["issue_id"], issue["number"], issue["unit_id"], before, issue["due_at"]

    return pd.DataFrame(rows(), columns=COLUMNS)
