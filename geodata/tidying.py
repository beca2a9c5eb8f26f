"""
Tidying: what a register need not know any longer is forgotten.

Where people walked, what phones were answered, and from where citizens reported are working papers:
they have their time, and then they go. No layer and no book loses a row. Files of photos that no
row names are left by a server that stopped between the file and its row.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Delete, Table, Update, delete, func, select, update

from geodata import tracks
from geodata.issues import citizens
from geodata.photos.store import PhotoFiles
from geodata.store import Store

RECEIPTS = timedelta(days=180)
TRACKS = timedelta(days=tracks.KEPT_DAYS)
ORPHANS = timedelta(hours=24)
FILES = ("key", "thumb", "public_key")
"""Columns of the book of photos that name files."""
_NAMES = {"public_reports": "public_sources"}


@dataclass(frozen=True)
class Tidied:
    """
    What was forgotten.

    Parameters
    ----------
    tracks
        Tracks of patrols that ended more than `geodata.tracks.KEPT_DAYS` days ago.
    receipts
        Answers to phones older than `RECEIPTS`; what is sent again after that is new.
    public_sources
        Reports of citizens of which no longer is known from where they came.
    photos
        Files that no row names, and that are older than `ORPHANS`; none of a register without
        photos.
    """

    tracks: int = 0
    receipts: int = 0
    public_sources: int = 0
    photos: int = 0

    def __bool__(self) -> bool:
        """Say whether anything was forgotten."""
        return any(asdict(self).values())


def tidy(store: Store, photos: PhotoFiles | None, now: datetime, *, who: str = "service") -> Tidied:
    """
    Forget what has had its time, and tell the journal how much it was.

    Parameters
    ----------
    store
        The register of the whole city.
    photos
        Where its photos are kept, and no other register's; files are left alone if None.
    now
        The moment, with its zone.
    who
        For the journal, which has one entry if anything was forgotten, and none if nothing was.

    Raises
    ------
    BusyError
        If the writers before it take too long; the files are swept all the same, and the next
        time forgets the rest.
    """
    named = _named(store) if photos is not None else set()
    # the folder of a register that knows no photo may well be another's
    swept = photos.sweep(named, now - ORPHANS) if photos is not None and named else 0
    old = _old(store, now)
    with store.database.reading() as connection:
        counts = [select(func.count()).select_from(table).where(which) for table, which in old]
        waiting = [connection.execute(count).scalar() for count in counts]
    if not (swept or any(waiting)):
        return Tidied()
    told: dict[str, int] = {"photos": swept}
    with store.write(who=who, action="tidy", what=told) as writer:  # told when all is counted
        for table, which in old:
            forget = _forgetting(table).where(which)
            told[_NAMES.get(table.name, table.name)] = writer.execute(forget).rowcount
    return Tidied(**told)


def _old(store: Store, now: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    """Return the working papers, each with the condition of what has had its time."""
    loop = store.tables.loop
    reports = loop.public_reports
    return [
        (loop.tracks, loop.tracks.c.at < now - TRACKS),
        (loop.receipts, loop.receipts.c.at < now - RECEIPTS),
        (reports, (reports.c.at < now - citizens.FORGOTTEN) & (reports.c.source != "")),
    ]


def _forgetting(table: Table) -> Delete | Update:
    """Return what forgets: a citizen's receipt stays good, only its source goes."""
    return update(table).values(source="") if table.name in _NAMES else delete(table)


def _named(store: Store) -> set[str]:
    """Return every file that a row of the book of photos names, or ever named."""
    table = store.tables.layers["photos"]
    with store.database.reading() as connection:
        rows = connection.execute(select(*(table.c[name] for name in FILES)).distinct())
        return {key for row in rows for key in row if key}
