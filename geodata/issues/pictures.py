"""
Pictures: photos handed in for an issue or a visit, each once, and shown to who may see that.

A photo comes apart from its report, with an identifier that the phone made: the same bytes again
are the same photo, other bytes under that identifier are refused. Files are written before the row
that names them, so that no row is ever without its file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import geopandas as gpd
import shapely
from sqlalchemy import Connection, func, select

from geodata.errors import ReusedKeyError
from geodata.issues import records
from geodata.issues.evidence import distance_m
from geodata.issues.setting import Setting
from geodata.issues.sight import READ
from geodata.photos.reading import Photo, is_odd, read_photo
from geodata.photos.redaction import Box, redact
from geodata.photos.store import PhotoFiles
from geodata.receipts import ReplayedError
from geodata.writer import Writer
from gridmap import layers
from gridmap.errors import InvalidError, NotFoundError

PHOTOS = layers.BOOKS["photos"]
MOST = 12
REDACT = "photo.redact"


@dataclass(frozen=True)
class Sent:
    """
    A photo as it is handed in.

    Parameters
    ----------
    photo_id
        As the phone made it.
    content
        Its bytes.
    kind
        One of `gridmap.books.PHOTO_KINDS`.
    place
        Where the phone was, in the register's CRS; EXIF goes before.
    taken_at
        When it was taken, by the clock of the phone; EXIF goes before.
    """

    photo_id: str
    content: bytes
    kind: str = "before"
    place: shapely.Point | None = None
    taken_at: datetime | None = None


@dataclass(frozen=True)
class Kept:
    """
    What became of a photo.

    Parameters
    ----------
    answer
        ``photo_id``, ``sent`` (SHA-256 of what was received), ``width``, ``height``,
        ``position_source``, ``distance_m`` from the place of its subject, ``odd_time``.
    is_new
        Whether it was not there before.
    """

    answer: dict[str, Any]
    is_new: bool


class Pictures:
    """
    The use cases of photos.

    Parameters
    ----------
    setting
        Who asks.
    files
        Where the files are.
    """

    def __init__(self, setting: Setting, files: PhotoFiles) -> None:
        self._setting = setting
        self._store = setting.store
        self._files = files

    def add_to_issue(self, issue_id: str, sent: Sent) -> Kept:
        """
        Keep a photo of an issue.

        Parameters
        ----------
        issue_id
            Which.
        sent
            The photo.

        Raises
        ------
        NotFoundError
            If the issue is not there, or not for this person.
        ReusedKeyError
            If other bytes came under that identifier.
        InvalidError
            If there are `MOST` photos already; and as `geodata.photos.reading.read_photo`.
        """
        with self._store.database.reading() as connection:
            issue, _ = records.row(connection, self._store.tables, issue_id)
        if not self._setting.sight.covers(issue, READ):
            raise records.missing(issue_id)
        return self.add("issue", issue_id, issue["place"], sent)

    def add(
        self,
        subject_kind: Literal["issue", "visit"],
        subject: str,
        place: shapely.Point | None,
        sent: Sent,
    ) -> Kept:
        """
        Keep a photo of a subject that the caller has looked for already; see `add_to_issue`.

        Parameters
        ----------
        subject_kind, subject
            What it shows.
        place
            Where that is.
        sent
            The photo.
        """
        with self._store.database.reading() as connection:
            if (before := self._before(connection, subject, place, sent)) is not None:
                return Kept(before, is_new=False)
        photo = read_photo(sent.content)
        key, thumb = self._files.put(photo.full), self._files.put(photo.thumb)
        row = self._row(subject_kind, subject, sent, photo) | {"key": key, "thumb": thumb}
        told = {"photo": sent.photo_id, subject_kind: subject, "sent": photo.sent}
        what = told | {"by": self._setting.person.person_id}
        try:
            with self._store.write(
                who=self._setting.person.name, action="photo", what=what
            ) as writer:
                self._require_new(writer.connection, subject, place, sent)
                self._require_room(writer.connection, subject)
                self._write(writer, row)
        except ReplayedError as replayed:
            return Kept(replayed.answer, is_new=False)
        return Kept(_told(row, place), is_new=True)

    def content(self, photo_id: str, *, thumb: bool = False) -> bytes:
        """
        Return a photo of an issue or a visit that the caller may see.

        Parameters
        ----------
        photo_id
            Which.
        thumb
            Whether the small one is wanted.

        Raises
        ------
        NotFoundError
            If it is not there, or not for this person.
        """
        row = self._visible(photo_id)
        return self._files.open(row["thumb" if thumb else "key"])

    def publish(self, photo_id: str, boxes: Sequence[Box]) -> None:
        """
        Make the public version of a photo, with parts of it blurred.

        Parameters
        ----------
        photo_id
            Which.
        boxes
            As `geodata.photos.redaction.redact`; none if nothing has to be hidden.

        Raises
        ------
        NotFoundError
            If it is not there, or shows no issue of which the caller may publish photos.
        """
        row = self._visible(photo_id, REDACT)
        key = self._files.put(redact(self._files.open(row["key"]), boxes))
        told = {"photo": photo_id, "boxes": len(boxes), "by": self._setting.person.person_id}
        person = self._setting.person
        with self._store.write(who=person.name, action="photo-redact", what=told) as writer:
            self._write(writer, row | {"public_key": key})

    def public(self, photo_id: str) -> bytes:
        """
        Return the public version of a photo of an issue that has been published.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        with self._store.database.reading() as connection:
            row = self._found(connection, photo_id)
            shown = (
                row is not None
                and row["public_key"] is not None
                and (
                    row["subject_kind"] == "issue"
                    and records.row(connection, self._store.tables, row["subject"])[0]["public"]
                )
            )
        if row is None or not shown:
            raise _missing(photo_id)
        return self._files.open(row["public_key"])

    def _visible(self, photo_id: str, action: str = READ) -> dict[str, Any]:
        with self._store.database.reading() as connection:
            row = self._found(connection, photo_id)
            if row is None or not self._sees(connection, row, action):
                raise _missing(photo_id)
        return row

    def _sees(self, connection: Connection, row: dict[str, Any], action: str) -> bool:
        """Say whether an action for the subject of a photo is the caller's."""
        if row["subject_kind"] == "issue":
            issue, _ = records.row(connection, self._store.tables, row["subject"])
            return self._setting.sight.covers(issue, action)
        if action != READ:
            return False
        visits = self._store.tables.layers["visits"]
        statement = select(visits.c.point_id, visits.c.unit_id)
        visit = connection.execute(statement.where(visits.c.visit_id == row["subject"])).first()
        return visit is not None and self._setting.sight.covers_point(visit.point_id, visit.unit_id)

    def _found(self, connection: Connection, photo_id: str) -> dict[str, Any] | None:
        table = self._store.tables.layers["photos"]
        statement = select(table).where(table.c.photo_id == photo_id).order_by(table.c.id.desc())
        row = connection.execute(statement.limit(1)).first()
        return None if row is None else dict(row._mapping)  # noqa: SLF001 - a public name

    def _before(
        self, connection: Connection, subject: str, place: shapely.Point | None, sent: Sent
    ) -> dict[str, Any] | None:
        """Return what was answered if the photo is there; refuse another under its name."""
        row = self._found(connection, sent.photo_id)
        if row is None:
            return None
        if row["subject"] != subject or row["sent"] != _hash(sent.content):
            msg = "Something else was sent under the key {key} before."
            raise ReusedKeyError(msg, key=sent.photo_id[:80])
        return _told(row, place)

    def _require_new(
        self, connection: Connection, subject: str, place: shapely.Point | None, sent: Sent
    ) -> None:
        """Give the transaction up if the photo came meanwhile."""
        if (before := self._before(connection, subject, place, sent)) is not None:
            raise ReplayedError(before)

    def _row(self, subject_kind: str, subject: str, sent: Sent, photo: Photo) -> dict[str, Any]:
        place = None if photo.position is None else shapely.Point(photo.position)
        if not self._setting.person.person_id:
            place = None  # a citizen's photo may tell where they live
        source = "exif" if place is not None else "phone" if sent.place is not None else None
        return {
            "photo_id": sent.photo_id,
            "subject_kind": subject_kind,
            "subject": subject,
            "kind": sent.kind,
            "sent": photo.sent,
            "width": photo.width,
            "height": photo.height,
            "size": photo.size,
            "taken_at": photo.taken_at(self._setting.zone) or sent.taken_at,
            "look": photo.look,
            "position_source": source,
            "at": self._store.now(),
            "by": self._setting.person.person_id or "public",
            "public_key": None,
            "geometry": place if place is not None else sent.place,
        }

    def _require_room(self, connection: Connection, subject: str) -> None:
        table = self._store.tables.layers["photos"]
        counted = select(func.count(table.c.photo_id.distinct())).where(table.c.subject == subject)
        if (connection.execute(counted).scalar() or 0) >= MOST:
            msg = "There are {most} photos already; that is as many as there may be."
            raise InvalidError(msg, most=MOST)

    def _write(self, writer: Writer, row: dict[str, Any]) -> None:
        names = [column.name for column in PHOTOS.columns]
        table = {name: [row[name]] for name in names}
        places = gpd.GeoSeries([row["geometry"]], crs=self._store.tables.crs)
        frame = layers.conform(gpd.GeoDataFrame(table, geometry=places), PHOTOS)
        writer.add("photos", frame, self._setting.day(self._store.now()))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _told(row: dict[str, Any], place: shapely.Point | None) -> dict[str, Any]:
    taken: datetime | None = row["taken_at"]
    return {
        "photo_id": row["photo_id"],
        "sent": row["sent"],
        "width": row["width"],
        "height": row["height"],
        "position_source": row["position_source"],
        "distance_m": distance_m(place, row["geometry"]),
        "odd_time": taken is not None and is_odd(taken, row["at"]),
    }


def _missing(photo_id: str) -> NotFoundError:
    msg = "There is no photo {photo_id}."
    return NotFoundError(msg, photo_id=photo_id[:80])
