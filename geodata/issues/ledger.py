"""
The ledger: the issues somebody may see, by what they are now.

A question is answered from the heads by SQL, page by page, however many issues there are. Only the
light of an issue needs the calendar; it is worked out for those whose clock runs.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, Table, func, or_, select, tuple_

from geodata import reading
from geodata.column_types import GEOPACKAGE
from geodata.issues import records
from geodata.issues.setting import Setting
from geodata.issues.sight import among
from geodata.reading import BBox
from gridmap import clocks
from gridmap.errors import InvalidError
from gridmap.issues.arrows import CLOSED, DUE_NO_MORE, OPEN, RUNNING

Sort: TypeAlias = Literal["reported", "due"]
LARGEST = 1000
FEW = 5000  # issues that are listed in a question
LIGHTS = ("red", "yellow", "green")
STOPPED = ("rectified_at", "closed_at", "paused_at")


@dataclass(frozen=True)
class Wanted:
    """
    Which issues are wanted; what is left out is not asked.

    Parameters
    ----------
    states
        Any of these.
    is_open
        Whether they are open still.
    lights
        ``green``, ``yellow``, ``red``: any of these, of issues whose clock runs.
    category, channel, grid, unit_id
        Exactly that value.
    division
        In a grid below that division.
    q
        Part of the number, the description or the address.
    since, until
        Reported from then, and before then.
    bbox
        West, south, east, north in the register's CRS; what lies within a metre of it may come too.
    mine
        Whether one of the caller's units answers for them, or they have reported them.
    pending
        ``extension`` or ``appeal``.
    escalated
        Whether an office has brought them to the leaders' notice.
    sort
        ``reported``: the newest first; ``due``: what is due first, without those that never are.
    cursor
        `Found.next` of the page before.
    limit
        Rows of a page.
    """

    states: Sequence[str] = ()
    is_open: bool | None = None
    lights: Sequence[str] = ()
    category: str | None = None
    channel: str | None = None
    grid: str | None = None
    division: str | None = None
    unit_id: str | None = None
    q: str = ""
    since: datetime | None = None
    until: datetime | None = None
    bbox: BBox | None = None
    mine: bool = False
    pending: str | None = None
    escalated: bool = False
    sort: Sort = "reported"
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True)
class Found:
    """
    A page of the ledger.

    Parameters
    ----------
    issues : geopandas.GeoDataFrame
        Its rows in their order: the layer's columns, ``version``, ``unit_name``, ``grid_name``,
        ``share`` of the limit that is used, ``light``, and ``due_provisional``: whether the
        deadline counts days whose holidays are not announced yet.
    matched
        Issues on all pages.
    counts
        State → issues, whatever states were wanted.
    next
        Cursor of the page that follows, if there is one.
    """

    issues: gpd.GeoDataFrame
    matched: int
    counts: dict[str, int]
    next: str | None


class Ledger:
    """
    The issues that somebody may see.

    Parameters
    ----------
    setting
        Who asks, and when the city works.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._store = setting.store
        self._heads = setting.store.tables.loop.heads

    def find(self, wanted: Wanted) -> Found:
        """
        Answer a question.

        Parameters
        ----------
        wanted
            Which issues.

        Raises
        ------
        InvalidError
            If the cursor is none that we gave.
        """
        limit = max(1, min(wanted.limit, LARGEST))
        with self._store.database.reading() as connection:
            conditions = self._conditions(connection, wanted)
            counts = self._counts(connection, conditions)
            if wanted.states:
                conditions.append(self._in_state(wanted.states))
            keys = self._keys(connection, conditions, wanted, limit + 1)
            ids = [issue_id for _, issue_id in keys[:limit]]
            frame, versions = records.read(
                connection, self._store.tables, self._heads.c.issue_id.in_(ids)
            )
        frame = frame.reindex(ids).set_crs(self._store.meta.crs, allow_override=True)
        shown = self.named(frame.assign(version=versions.reindex(ids)))
        chosen = [counts.get(state, 0) for state in set(wanted.states)]
        matched = sum(chosen) if wanted.states else sum(counts.values())
        more = _cursor(keys[limit - 1]) if len(keys) > limit else None
        return Found(shown, matched, counts, more)

    def named(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """
        Add what a reader needs besides: names, share of the limit used, light, how sure it is due.

        Parameters
        ----------
        frame
            Issues.
        """
        day = self._setting.day(self._store.now())
        units = self._setting.whole.frame("units", day)["name"]
        grids = self._setting.whole.frame("grids", day)["name"]
        share = self._shares(frame)
        return frame.assign(
            unit_name=frame["unit_id"].map(units),
            grid_name=frame["grid"].map(grids),
            share=share,
            light=[None if pd.isna(used) else clocks.light(used) for used in share],
            due_provisional=self._setting.calendar.guesses_many(
                frame["due_at"], frame["limit_kind"]
            ),
        )

    def _shares(self, frame: gpd.GeoDataFrame) -> pd.Series:
        now = pd.Timestamp(self._store.now())
        stopped = frame[list(STOPPED)].min(axis=1).astype("datetime64[us, UTC]")
        return clocks.spent_many(
            frame["due_at"].mask(frame["state"].isin(DUE_NO_MORE)),
            stopped.fillna(now),
            frame["limit_amount"] + frame["granted"].fillna(0.0),
            frame["limit_kind"],
            self._setting.calendar,
        ).clip(lower=0.0)

    def _conditions(self, connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
        heads, person = self._heads, self._setting.person
        equal = {name: getattr(wanted, name) for name in ("category", "channel", "grid", "unit_id")}
        found = [self._setting.sight.condition(connection, self._store.tables)]
        found += [heads.c[name] == value for name, value in equal.items() if value is not None]
        if wanted.is_open is not None:
            found.append(self._in_state(OPEN if wanted.is_open else CLOSED))
        if wanted.sort == "due":
            found.append(heads.c.due_at.is_not(None))
        if wanted.since is not None:
            found.append(heads.c.reported_at >= wanted.since)
        if wanted.until is not None:
            found.append(heads.c.reported_at < wanted.until)
        if wanted.mine:
            own = heads.c.reporter == person.person_id
            found.append(or_(own, heads.c.unit_id.in_(sorted(person.units))))
        found += self._listed(connection, wanted)
        return found + self._of_rows(connection, wanted, found)

    def _in_state(self, states: Sequence[str]) -> ColumnElement[bool]:
        """Return the condition on states; what was brought in without one is ``reported``."""
        state = self._heads.c.state
        among_them = state.in_(list(states))
        return or_(among_them, state.is_(None)) if "reported" in states else among_them

    def _listed(self, connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
        """Return the conditions that are lists worked out beforehand."""
        heads, dialect = self._heads, connection.dialect.name
        found = []
        if wanted.division is not None:
            found.append(among(heads.c.grid, self._grids_below(wanted.division), dialect))
        if wanted.lights:
            lit = self._lit(connection, wanted.lights)
            found.append(among(heads.c.issue_id, lit, dialect))
        return found

    def _of_rows(
        self, connection: Connection, wanted: Wanted, others: list[ColumnElement[bool]]
    ) -> list[ColumnElement[bool]]:
        """
        Return the conditions on columns that heads do not have.

        Few issues are looked for once and listed; where there are many, the rows are looked at one
        by one, for a page of them is soon full.
        """
        tables, heads = self._store.tables, self._heads
        issues = tables.layers["issues"]
        rows: list[ColumnElement[bool]] = []
        if wanted.bbox is not None:
            rows.append(reading.near(connection, tables, wanted.bbox))
        if wanted.pending is not None:
            rows.append(issues.c.pending == wanted.pending)
        if wanted.escalated:
            rows.append(issues.c.level > 0)
        if words := wanted.q.strip():
            rows.append(_says(words, connection.dialect.name, issues))
        if not rows:
            return []
        last = (issues.c.issue_id == heads.c.issue_id) & (issues.c.id == heads.c.row)
        listed = select(heads.c.issue_id).join_from(issues, heads, last)
        few = connection.execute(listed.where(*others, *rows).limit(FEW + 1)).scalars().all()
        if len(few) <= FEW:
            return [among(heads.c.issue_id, [*few], connection.dialect.name)]
        return [heads.c.row.in_(select(issues.c.id).where(issues.c.id == heads.c.row, *rows))]

    def _grids_below(self, division: str) -> list[str]:
        day = self._setting.day(self._store.now())
        lineage = self._setting.whole.lineage(day)
        return list(lineage.index[(lineage == division).any(axis=1)])

    def _lit(self, connection: Connection, lights: Sequence[str]) -> list[str]:
        """Return the issues whose clock runs and shows one of some lights."""
        issues, heads = self._store.tables.layers["issues"], self._heads
        names = ("issue_id", "due_at", "limit_amount", "limit_kind", "granted")
        statement = select(*(issues.c[name] for name in names)).where(
            issues.c.id == heads.c.row, heads.c.state.in_(RUNNING), heads.c.due_at.is_not(None)
        )
        if set(lights) == {"red"}:
            statement = statement.where(heads.c.due_at < self._store.now())
        rows = pd.DataFrame(reading.fetch(connection, statement), columns=list(names))
        due = pd.to_datetime(rows["due_at"], utc=True, format="ISO8601")
        due = due.astype("datetime64[us, UTC]")
        now = pd.Series(pd.Timestamp(self._store.now()), index=rows.index)
        share = clocks.spent_many(
            due,
            now.astype("datetime64[us, UTC]"),
            rows["limit_amount"].astype("float64") + rows["granted"].astype("float64").fillna(0.0),
            rows["limit_kind"],
            self._setting.calendar,
        )
        shown = np.select([share > clocks.RED, share > clocks.YELLOW, share >= 0], LIGHTS, "")
        return rows.loc[np.isin(shown, list(lights)), "issue_id"].to_list()

    def _counts(
        self, connection: Connection, conditions: list[ColumnElement[bool]]
    ) -> dict[str, int]:
        state = self._heads.c.state
        rows = connection.execute(
            select(state, func.count()).where(*conditions).group_by(state).order_by(state)
        )
        counts: Counter[str] = Counter()
        for name, n in rows:
            counts[name or "reported"] += n
        return dict(counts)

    def _keys(
        self,
        connection: Connection,
        conditions: list[ColumnElement[bool]],
        wanted: Wanted,
        limit: int,
    ) -> list[tuple[datetime, str]]:
        heads = self._heads
        by_due = wanted.sort == "due"
        moment = heads.c.due_at if by_due else heads.c.reported_at
        key = tuple_(moment, heads.c.issue_id)
        order = (moment, heads.c.issue_id) if by_due else (moment.desc(), heads.c.issue_id.desc())
        statement = select(moment, heads.c.issue_id).where(*conditions).order_by(*order)
        if wanted.cursor is not None:
            after = tuple_(*_after(wanted.cursor), types=[moment.type, heads.c.issue_id.type])
            statement = statement.where(key > after if by_due else key < after)
        return [(at, issue_id) for at, issue_id in connection.execute(statement.limit(limit))]


def _says(words: str, dialect: str, issues: Table) -> ColumnElement[bool]:
    """Return the condition that a number, a description or an address has words in it."""
    pattern = "%" + re.sub(r"([/%_])", r"/\1", words) + "%"
    texts = (issues.c.number, issues.c.description, issues.c.address)
    if dialect == GEOPACKAGE:  # which knows no other case than that of Latin letters either way
        return or_(*(text.like(pattern, escape="/") for text in texts))
    return or_(*(text.ilike(pattern, escape="/") for text in texts))


def _cursor(key: tuple[datetime, str]) -> str:
    told = json.dumps([key[0].isoformat(), key[1]])
    return base64.urlsafe_b64encode(told.encode()).decode()


def _after(cursor: str) -> tuple[datetime, str]:
    try:
        at, issue_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return datetime.fromisoformat(at), str(issue_id)
    except (ValueError, TypeError, binascii.Error, UnicodeError):
        msg = "This cursor is none of ours: start from the first page."
        raise InvalidError(msg) from None


def listed(found: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """
    Return issues as JSON has them: every column, ``lon`` and ``lat``.

    Parameters
    ----------
    found
        As `Found.issues`.
    """
    rows = records.plain_rows(found)
    for row in rows:
        place = row.pop(records.WITH_PLACE)
        row["lon"], row["lat"] = (None, None) if place is None else (place.x, place.y)
        row["why"] = json.loads(row["why"]) if row["why"] else []
    told: list[dict[str, Any]] = records.jsonable(rows)
    return told
