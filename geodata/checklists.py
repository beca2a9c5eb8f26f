"""
Checklists and visits: editions are published once, a visit is kept once.

A visit is scored by the edition that it names, or else by the one in use when it arrives. What a
client sends twice, under one ``visit_id``, is one visit; something else under the same one is
refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd
import orjson
import pandas as pd
import shapely
from sqlalchemy import Connection

from geodata import readers, reading
from geodata.errors import ReusedKeyError
from geodata.workspace import Workspace
from geodata.writer import Writer
from gridmap import checklists, layers, metric
from gridmap.access import Person
from gridmap.checklists import Given, Score
from gridmap.errors import ConflictError, NotFoundError
from gridmap.targets import Known, require_unit

ITEMS, VISITS = layers.BOOKS["checklists"], layers.BOOKS["visits"]
Row: TypeAlias = "pd.Series[object]"


@dataclass(frozen=True)
class PointVisit:
    """
    A visit of an inspection point, as somebody sends it.

    Parameters
    ----------
    visit_id
        Made by the client, so that sending it again is no second visit.
    point_id, unit_id
        The point, and the unit that looks.
    at
        When, with a time zone.
    answers
        ``item_id`` → what was found; None where nobody looked.
    lon, lat
        Where the visitor stood, in degrees of the register; unknown if left out.
    patrol_id, edition, note
        Columns of the book.
    """

    visit_id: str
    point_id: str
    unit_id: str
    at: datetime
    answers: Mapping[str, Given] = field(default_factory=dict)
    lon: float | None = None
    lat: float | None = None
    patrol_id: str | None = None
    edition: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Recorded:
    """
    A visit that is kept.

    Parameters
    ----------
    visit
        Its row of the book, indexed by ``visit_id``.
    score
        What it scores; None where the point's category has no checklist.
    entry
        Of the journal; None if it was there already.
    """

    visit: pd.DataFrame
    score: Score | None
    entry: int | None


class Checklists:
    """
    The use cases of checklists and of what is found with them.

    Parameters
    ----------
    workspace
        The register of the whole city: who inspects looks at what others answer for.
    person
        Who acts.
    today
        The day in the city.
    """

    def __init__(self, workspace: Workspace, person: Person, today: date) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._person = person
        self._today = today

    def listed(self, category: str | None = None) -> pd.DataFrame:
        """
        Return the checklists in use, of one category or of all.

        Parameters
        ----------
        category
            Of inspection points.

        Returns
        -------
        pandas.DataFrame
            Rows of the book, by category and position.
        """
        items = self._store.read("checklists")
        wanted = sorted(items["category"].unique()) if category is None else [category]
        return pd.concat([items.iloc[:0], *(checklists.latest(items, name) for name in wanted)])

    def publish(self, items: pd.DataFrame) -> int:
        """
        Publish editions of checklists.

        Parameters
        ----------
        items
            Raw rows of the book, the key as a column.

        Returns
        -------
        int
            The journal's entry.

        Raises
        ------
        InvalidError
            With every fault of the rows.
        ConflictError
            If an item, or the edition of a category, is there already: editions never change.
        """
        rows = layers.conform(items, ITEMS)
        checklists.require_list(rows)
        told = {"editions": sorted(set(rows["edition"])), "items": len(rows)}
        with self._writing("checklist", told) as writer:
            _require_new(writer.read("checklists"), rows)
            writer.add("checklists", rows, self._today)
        return writer.entry

    def publish_file(self, path: Path) -> int:
        """
        Publish editions from a table as an office sends it; see `publish`.

        Parameters
        ----------
        path
            CSV or Excel, with the columns' names or their Chinese headings.
        """
        names = {column.chinese: column.name for column in ITEMS.columns}
        return self.publish(readers.read(path).frame.rename(columns=names))

    def record(self, visit: PointVisit) -> Recorded:
        """
        Keep a visit.

        Parameters
        ----------
        visit
            As it was sent.

        Raises
        ------
        NotFoundError
            If there is no such point, unit or edition.
        ConflictError
            If the unit is no longer in use.
        InvalidError
            If an answer is not one of the item; as `gridmap.checklists.score`.
        ReusedKeyError
            If another visit was sent under the same ``visit_id``.
        """
        made = self.prepared(visit)
        with self._store.database.reading() as connection:
            kept = self._before(connection, made.visit)
        if kept is not None:
            return replace(made, visit=kept)
        told = {"visit_id": visit.visit_id, "point_id": visit.point_id, "unit": visit.unit_id}
        done = made
        with suppress(_KeptError), self._writing("visit", told) as writer:
            done = self.keep(writer, made)
            if done.entry is None:
                raise _KeptError
        return done

    def prepared(self, visit: PointVisit) -> Recorded:
        """Check and score a visit, and keep nothing yet; see `record`."""
        point = self._point(visit.point_id)
        require_unit(visit.unit_id, Known(self._workspace.frame("units", self._today)))
        score, edition = self._scored(visit, str(point["category"]))
        return Recorded(self._row(visit, point, score, edition), score, None)

    def keep(self, writer: Writer, made: Recorded) -> Recorded:
        """
        Keep a visit in a transaction that is open already.

        Parameters
        ----------
        writer
            Of the transaction.
        made
            As `prepared` returned it.

        Returns
        -------
        Recorded
            As given, with the entry; as it was kept before, without one, if it was.

        Raises
        ------
        ReusedKeyError
            As `record`.
        """
        kept = self._before(writer.connection, made.visit)
        if kept is not None:
            return replace(made, visit=kept)
        writer.add("visits", made.visit, self._today)
        return replace(made, entry=writer.entry)

    def place_of(self, visit_id: str) -> shapely.Point | None:
        """
        Return the place of the inspection point that a visit of one's own has seen.

        Parameters
        ----------
        visit_id
            Which.

        Returns
        -------
        shapely.Point
            In the register's CRS, as the point lies now.

        Raises
        ------
        NotFoundError
            If there is no such visit, or somebody else's.
        """
        tables = self._store.tables
        with self._store.database.reading() as connection:
            visits = reading.in_force(connection, tables, "visits", keys=[visit_id])
            if visits.empty or visits["by"].iloc[0] != self._person.person_id:
                msg = "There is no visit {visit_id}."
                raise NotFoundError(msg, visit_id=visit_id[:80])
            key = visits["point_id"].iloc[0]
            points = reading.in_force(
                connection, tables, "inspection_points", keys=[key], retired=True
            )
        return points.geometry.get(key)

    def _before(self, connection: Connection, sent: pd.DataFrame) -> pd.DataFrame | None:
        """Return the visit that is kept under the key of one that was sent."""
        keys = list(sent.index)
        return _kept(reading.in_force(connection, self._store.tables, "visits", keys=keys), sent)

    @contextmanager
    def _writing(self, action: str, told: Mapping[str, object]) -> Iterator[Writer]:
        what = {**told, "by": self._person.person_id}
        with self._store.write(who=self._person.name, action=action, what=what) as writer:
            yield writer

    def _point(self, point_id: str) -> Row:
        points = self._workspace.frame("inspection_points", self._today)
        if point_id not in points.index:
            msg = "There is no inspection point {point_id}."
            raise NotFoundError(msg, point_id=point_id)
        return points.loc[point_id]

    def _scored(self, visit: PointVisit, category: str) -> tuple[Score | None, str | None]:
        """Score by the edition that the visit names; by the one in use if it names none."""
        items = self._store.read("checklists")
        if visit.edition is not None:
            listed = checklists.of_edition(items, category, visit.edition)
        else:
            listed = checklists.latest(items, category)
        if listed.empty and not visit.answers:
            return None, None
        score = checklists.score(listed, visit.answers)
        return score, str(listed["edition"].iloc[0])

    def _row(
        self, visit: PointVisit, point: Row, score: Score | None, edition: str | None
    ) -> pd.DataFrame:
        told = {
            "visit_id": visit.visit_id,
            "point_id": visit.point_id,
            "unit_id": visit.unit_id,
            "at": pd.Timestamp(visit.at),
            "by": self._person.person_id,
            "patrol_id": visit.patrol_id,
            "edition": edition,
            "answers": orjson.dumps(dict(visit.answers), option=orjson.OPT_SORT_KEYS).decode(),
            "score": None if score is None else score.score,
            "out_of": None if score is None else score.out_of,
            "distance_m": self._distance_m(visit, point),
            "note": (visit.note or "").strip() or None,
        }
        return layers.conform(pd.DataFrame([told]), VISITS)

    def _distance_m(self, visit: PointVisit, point: Row) -> float | None:
        """Return how far from the point the visitor stood, to the decimetre."""
        if visit.lon is None or visit.lat is None:
            return None
        both = gpd.GeoSeries(
            [shapely.Point(visit.lon, visit.lat), point["geometry"]], crs=self._store.meta.crs
        )
        here, there = metric.to_metric(both, self._workspace.metric_crs(self._today))
        return round(float(here.distance(there)), 1)


def _require_new(kept: pd.DataFrame, rows: pd.DataFrame) -> None:
    lists = pd.MultiIndex.from_frame(kept[["category", "edition"]].drop_duplicates())
    again = rows[pd.MultiIndex.from_frame(rows[["category", "edition"]]).isin(lists)]
    if len(again):
        msg = "The checklist for {category} in the edition {edition} is published already."
        first = again.iloc[0]
        raise ConflictError(msg, category=first["category"], edition=first["edition"])
    if len(twice := rows.index.intersection(kept.index)):
        msg = "The item {item_id} is in an earlier edition; an item of a new one needs a new key."
        raise ConflictError(msg, item_id=twice[0])


def _kept(visits: pd.DataFrame, sent: pd.DataFrame) -> pd.DataFrame | None:
    """Return what is kept under the same key, if it says what was sent; its edition stays."""
    there = visits[visits.index == sent.index[0]]
    if there.empty:
        return None
    said = ["point_id", "unit_id", "at", "answers", "note"]
    before, now = (rows[said].astype(object).fillna("") for rows in (there, sent))
    if not before.equals(now):
        msg = "Another visit was sent under {visit_id} before."
        raise ReusedKeyError(msg, visit_id=there.index[0])
    return there


class _KeptError(Exception):
    """Somebody kept the visit meanwhile: the transaction is given up."""
