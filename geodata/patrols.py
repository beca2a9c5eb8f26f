"""
Patrols: the use cases by which units walk their beats, and offices see who has not.

A phone sends a patrol when it has ended, as often as it must until it has an answer: the same
patrol sent twice is one. What was walked is worked out here, from the track. The track itself tells
where a person was: it is kept apart from the books, shown to that person and to the offices alone,
told in the journal when an office reads it, and forgotten after some months (`geodata.tracks`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import select

from geodata import reading, tracks
from geodata.issues.setting import Setting
from geodata.reports import beats
from geodata.reports.names import named
from geodata.tracks import Fix, Track
from geodata.writer import Writer
from gridmap import access, layers, metric, patrols, walking
from gridmap.access import CITY, Scope
from gridmap.assignments import in_force
from gridmap.claims import require_own
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from gridmap.patrols import GROUND_KINDS, Beats

LONGEST = timedelta(hours=24)
SENT_WITHIN = timedelta(days=30)
AHEAD = timedelta(minutes=10)  # a phone's clock may be ahead by so much
MOST_FIXES = 20_000
TICKED_WITHIN_M = 100.0  # a point that was ticked by hand counts if the track comes so near
DECIMALS = 1  # of metres that are kept


@dataclass(frozen=True)
class Sent:
    """
    A patrol as a phone sends it.

    Parameters
    ----------
    patrol_id
        Made by the phone.
    unit_id
        Whose patrol it was.
    started_at, ended_at
        With time zones.
    fixes
        Where the phone was; see `geodata.tracks`.
    ticked
        Inspection points that were ticked by hand.
    """

    patrol_id: str
    unit_id: str
    started_at: datetime
    ended_at: datetime
    fixes: tuple[Fix, ...]
    ticked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recorded:
    """
    What became of a patrol that was sent.

    Parameters
    ----------
    patrol
        The row of the book, with ``unit_name``.
    new
        False if it was there already.
    """

    patrol: pd.DataFrame
    new: bool


class Patrols:
    """
    The use cases of patrols.

    Parameters
    ----------
    setting
        Who asks, when the city works, and where.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._whole = setting.whole
        self._store = setting.store
        self._person = setting.person

    @property
    def today(self) -> date:
        """The day in the city."""
        return self._setting.day(self._store.now())

    def due(self, day: date) -> pd.DataFrame:
        """
        Return the patrols that are due on a day, and what of them is done.

        Parameters
        ----------
        day
            The day.

        Returns
        -------
        pandas.DataFrame
            ``unit_id``, ``unit_name``, ``patrols``, ``roads_m``, ``walked_m``, ``points``,
            ``points_seen`` of each unit that the caller may see; nothing on a day off.
        """
        every = self._seen_beats(day)
        if not self.is_workday(day):
            every = every.only(every.units[:0])
        done = self._of_day(day)
        walked, seen = _done(done)
        found = patrols.progress(every, done, walked, seen)
        return named(found, self._whole, day)

    def is_workday(self, day: date) -> bool:
        """Say whether patrols are due on a day."""
        return self._setting.calendar.is_workday(day)

    def beat(self, unit_id: str, day: date) -> beats.Beat:
        """
        Return what a unit has to walk and to see; see `geodata.reports.beats.beat`.

        Raises
        ------
        NotFoundError
            If there is no such unit, or the caller may not see it.
        """
        visible = self._visible(access.where(self._person, "patrol.read"), day)
        if unit_id not in self._whole.frame("units", day).index or (
            visible is not None and unit_id not in visible
        ):
            msg = "There is no unit {unit_id}."
            raise NotFoundError(msg, unit_id=unit_id)
        return beats.beat(self._whole, unit_id, day)

    def missing(self, day: date) -> pd.DataFrame:
        """Return the units, named, whose patrol of a day is due and that nobody has walked."""
        wanted = patrols.due(self._seen_beats(day), self.is_workday, day)
        return named(patrols.missing(wanted, self._of_day(day), day), self._whole, day)

    def listed(self, day: date, unit_id: str | None = None) -> pd.DataFrame:
        """
        Return the patrols of a day that the caller may see, the latest first.

        Parameters
        ----------
        day
            The day.
        unit_id
            Only this unit's.

        Returns
        -------
        pandas.DataFrame
            The columns of the book ``patrols``, with ``unit_name``; ``walked`` and ``missed`` as
            `record` writes them, read from JSON.
        """
        found = self._of_day(day)
        visible = self._visible(access.where(self._person, "patrol.read"), day)
        if visible is not None:
            found = found[found["unit_id"].isin(visible)]
        if unit_id is not None:
            found = found[found["unit_id"] == unit_id]
        return self._told(found.sort_values("started_at", ascending=False, kind="stable"))

    def record(self, sent: Sent) -> Recorded:
        """
        Keep a patrol that has ended.

        Parameters
        ----------
        sent
            What the phone sends.

        Returns
        -------
        Recorded
            ``roads_m`` and ``points_due`` are those of the unit's beat on that day, working day or
            not; ``walked_m`` and ``points_seen`` what of it was done. ``walked`` holds, as JSON,
            ``roads`` (id, from and to in metres), ``points``, and ``ticked``, the points that were
            ticked by hand without the track coming near, which do not count; ``missed`` the
            ``roads`` and ``points`` that are left.

        Raises
        ------
        ForbiddenError
            If it is not the caller's unit.
        InvalidError
            If it ends before it begins, lasts too long, lies in the future or too far back, or has
            too many fixes.
        ConflictError
            If another patrol has that id.
        """
        own = access.where(self._person, "field.write")
        require_own(sent.unit_id, {scope.key for scope in own if scope.kind == "unit"})
        self._require_possible(sent)
        day = self._setting.day(sent.started_at)
        known = self._known(sent)
        if known is not None:
            return Recorded(known, new=False)
        steps = tracks.points(sent.fixes, sent.started_at, sent.ended_at)
        row = layers.conform(self._row(sent, steps, day), layers.kept("patrols"))
        fixes = tracks.told(sent.fixes, steps)
        track = Track(sent.patrol_id, sent.unit_id, self._person.person_id, fixes)
        told = {"patrol": sent.patrol_id, "unit": sent.unit_id, "by": self._person.person_id}
        try:
            with self._store.write(who=self._person.name, action="patrol", what=told) as writer:
                self._require_new(writer, sent.patrol_id)
                writer.add("patrols", row, day)
                tracks.keep(writer, self._store, track, sent.ended_at)
        except _AlreadyError:
            return Recorded(self._known(sent), new=False)
        return Recorded(self._told(row), new=True)

    def track(self, patrol_id: str) -> list[list[Any]]:
        """
        Return where somebody walked.

        Parameters
        ----------
        patrol_id
            On which patrol.

        Returns
        -------
        list
            Longitude, latitude, moment and accuracy in metres of each fix, in order.

        Raises
        ------
        NotFoundError
            If there is none any more, or the caller is neither that person nor an office in whose
            scope the unit answers for something.

        Notes
        -----
        That an office reads it is told by the journal.
        """
        found = tracks.find(self._store, patrol_id)
        mine = found is not None and found.by == self._person.person_id
        if found is None or not (mine or self._is_office_of(found.unit_id)):
            msg = "There is no track of the patrol {patrol_id}; tracks are kept for {days} days."
            raise NotFoundError(msg, patrol_id=patrol_id, days=tracks.KEPT_DAYS)
        if not mine:
            told = {"patrol": patrol_id, "unit": found.unit_id, "by": self._person.person_id}
            with self._store.write(who=self._person.name, action="track-read", what=told):
                pass
        return found.fixes

    def _require_possible(self, sent: Sent) -> None:
        now = self._store.now()
        if not now - SENT_WITHIN <= sent.ended_at <= now + AHEAD:
            msg = "A patrol is sent when it has ended, and within {days} days."
            raise InvalidError(msg, days=SENT_WITHIN.days)
        if not sent.ended_at - LONGEST <= sent.started_at <= sent.ended_at:
            msg = "A patrol ends after it begins, and within a day."
            raise InvalidError(msg)
        if len(sent.fixes) > MOST_FIXES:
            msg = "A track has at most {most} fixes."
            raise InvalidError(msg, most=MOST_FIXES)

    def _require_new(self, writer: Writer, patrol_id: str) -> None:
        table = self._store.tables.layers["patrols"]
        same = select(table.c.patrol_id).where(table.c.patrol_id == patrol_id)
        if writer.execute(same).first() is not None:
            raise _AlreadyError

    def _known(self, sent: Sent) -> pd.DataFrame | None:
        """Return the patrol of that id, if it was sent before."""
        with self._store.database.reading() as connection:
            found = reading.in_force(
                connection, self._store.tables, "patrols", None, [sent.patrol_id]
            )
        if found.empty:
            return None
        row = found.iloc[0]
        me, before = self._person, pd.isna(row["person_id"])  # once there was the name alone
        who = (row["by"], me.name) if before else (row["person_id"], me.person_id)
        if (row["unit_id"], who[0]) != (sent.unit_id, who[1]):
            msg = "Another patrol has the number {patrol_id}."
            raise ConflictError(msg, patrol_id=sent.patrol_id)
        return self._told(found)

    def _row(self, sent: Sent, fixes: gpd.GeoDataFrame, day: date) -> pd.DataFrame:
        """Work out what was walked and seen of the unit's beat."""
        roads, points = (self._whole.measured(name, day) for name in ("roads", "inspection_points"))
        beat = beats.every(self._whole, day).of(sent.unit_id)
        steps = walking.sparse(metric.to_metric(fixes, self._whole.metric_crs(day)))
        done = walking.walked(steps, roads)
        walked = walking.share(done, roads, beat.roads)
        mine = points[points.index.isin(beat.points["point_id"])]
        near = walking.visited(steps, mine, within_m=TICKED_WITHIN_M)
        seen = walking.visited(steps, mine).union(near[near.isin(sent.ticked)])
        apart = sorted(set(sent.ticked) & set(points.index) - set(seen))
        missed = {"roads": _stretches(walked.missed), "points": sorted(mine.index.difference(seen))}
        told = {"roads": _stretches(done), "points": sorted(seen), "ticked": apart}
        row = {
            "patrol_id": sent.patrol_id,
            "unit_id": sent.unit_id,
            "by": self._person.name,
            "person_id": self._person.person_id,
            "day": pd.Timestamp(day),
            "started_at": sent.started_at,
            "ended_at": sent.ended_at,
            "roads_m": round(walked.expected_m, DECIMALS),
            "walked_m": round(walked.walked_m, DECIMALS),
            "points_due": len(mine),
            "points_seen": len(seen),
            "missed": json.dumps(missed, ensure_ascii=False),
            "walked": json.dumps(told, ensure_ascii=False),
        }
        return pd.DataFrame([row])

    def _of_day(self, day: date) -> pd.DataFrame:
        """Return the patrols of a day, whoever's."""
        table = self._store.tables.layers["patrols"]
        with self._store.database.reading() as connection:
            keys = connection.execute(select(table.c.patrol_id).where(table.c.day == day))
            wanted = sorted(set(keys.scalars()))
            return reading.in_force(connection, self._store.tables, "patrols", None, wanted)

    def _seen_beats(self, day: date) -> Beats:
        """Return the beats of the units that the caller may see."""
        every = beats.every(self._whole, day)
        visible = self._visible(access.where(self._person, "patrol.read"), day)
        return every if visible is None else every.only(visible)

    def _is_office_of(self, unit_id: str) -> bool:
        scopes = {g.scope for g in self._person.grants if g.role in access.OFFICES}
        visible = self._visible(tuple(sorted(scopes)), self.today)
        return visible is None or unit_id in visible

    def _visible(self, scopes: tuple[Scope, ...], day: date) -> pd.Index | None:
        """Return the units whose patrols lie in scopes: one's own, and those with ground there."""
        if CITY in scopes:
            return None
        units = {scope.key for scope in scopes if scope.kind == "unit"}
        divisions = tuple(scope for scope in scopes if scope.kind == "division")
        if divisions:
            held = in_force(self._setting.workspaces.of(divisions).frame("assignments", day), day)
            units |= set(held.loc[held["target_kind"].isin(GROUND_KINDS), "unit_id"])
        return pd.Index(sorted(units), dtype="str")

    def _told(self, rows: pd.DataFrame) -> pd.DataFrame:
        told = named(rows.reset_index(), self._whole, self.today)
        for name in ("walked", "missed"):
            read = [json.loads(text) for text in told[name]]
            told[name] = pd.Series(read, index=told.index, dtype=object)
        return told


class _AlreadyError(Exception):
    """The same patrol was written in the meantime."""


def _stretches(rows: pd.DataFrame) -> list[list[Any]]:
    return [
        [road, round(first, DECIMALS), round(last, DECIMALS)]
        for road, first, last in rows[walking.STRETCH_COLUMNS].itertuples(index=False)
    ]


def _done(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the stretches and the points of patrols."""
    told: list[tuple[str, Mapping[str, Any]]] = [
        (unit, json.loads(text)) for unit, text in zip(rows["unit_id"], rows["walked"], strict=True)
    ]
    walked = [(unit, *stretch) for unit, found in told for stretch in found["roads"]]
    seen = [(unit, point) for unit, found in told for point in found["points"]]
    return (
        pd.DataFrame(walked, columns=["unit_id", *walking.STRETCH_COLUMNS]),
        pd.DataFrame(seen, columns=["unit_id", "point_id"]),
    )
