"""Tidying on both stores: what has had its time goes, and nothing else does."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import pytest
from sqlalchemy import Table, select

from geodata.photos.store import PhotoFiles
from geodata.store import Store
from geodata.tidying import Tidied, tidy
from gridmap import layers
from tests.contract.conftest import CRS

NOW = datetime(2026, 6, 30, 4, tzinfo=UTC)
TODAY = date(2026, 6, 30)


@pytest.fixture
def photos(tmp_path: Path) -> PhotoFiles:
    return PhotoFiles(str(tmp_path / "photos"))


def put(photos: PhotoFiles, folder: Path, content: bytes, age: timedelta) -> str:
    """Keep a file that was written some time ago."""
    key = photos.put(content)
    then = (NOW - age).timestamp()
    os.utime(folder / "photos" / key, (then, then))
    return key


def name(store: Store, photo_id: str, key: str, thumb: str, public_key: str | None = None) -> None:
    """Write a row of the book of photos, which may be there already."""
    row = {
        "photo_id": photo_id,
        "subject_kind": "issue",
        "subject": "i1",
        "kind": "other",
        "key": key,
        "thumb": thumb,
        "sent": "0" * 64,
        "width": 1,
        "height": 1,
        "size": 1,
        "at": NOW,
        "by": "p1",
        "public_key": public_key,
        "geometry": None,
    }
    frame = gpd.GeoDataFrame([row], geometry="geometry", crs=CRS)
    with store.write(who="tester", action="photo") as writer:
        writer.add("photos", layers.conform(frame, layers.kept("photos")), TODAY)


def insert(store: Store, table: Table, days: float, **values: str) -> None:
    row = {**values, "at": NOW - timedelta(days=days)}
    with store.database.writing() as connection:
        connection.execute(table.insert().values(**row))


def papers(store: Store) -> None:
    """Keep working papers, of each sort one that is just old enough, and one that is not."""
    loop = store.tables.loop
    for days in (89.9, 90.1):
        insert(store, loop.tracks, days, patrol_id=f"P{days}", unit_id="u1", track="{}")
    for days in (179.9, 180.1):
        insert(store, loop.receipts, days, person_id="p1", key=f"K{days}", payload="h", answer="{}")
    for days in (0.9, 1.1):
        insert(
            store,
            loop.public_reports,
            days,
            receipt_hash=f"R{days}",
            issue_id="i1",
            source=f"S{days}",
        )


def column(store: Store, table: Table, of: str) -> list[str]:
    with store.database.reading() as connection:
        return sorted(connection.execute(select(table.c[of])).scalars())


def entries(store: Store) -> int:
    last = store.journal.last()
    return 0 if last is None else last.seq


def test_what_has_had_its_time_goes_and_nothing_else(store: Store, photos: PhotoFiles) -> None:
    papers(store)
    assert tidy(store, photos, NOW) == Tidied(tracks=1, receipts=1, public_sources=1)
    loop = store.tables.loop
    assert column(store, loop.tracks, "patrol_id") == ["P89.9"]
    assert column(store, loop.receipts, "key") == ["K179.9"]
    assert column(store, loop.public_reports, "source") == ["", "S0.9"]
    assert column(store, loop.public_reports, "receipt_hash") == ["R0.9", "R1.1"]


def test_one_entry_of_the_journal_tells_of_it_and_none_if_there_is_nothing(
    store: Store, photos: PhotoFiles
) -> None:
    papers(store)
    before = entries(store)
    tidy(store, photos, NOW, who="王一")
    told = store.journal.last()
    assert told is not None
    assert (told.seq, told.who, told.action) == (before + 1, "王一", "tidy")
    assert told.what == {
        "tracks": 1,
        "receipts": 1,
        "public_sources": 1,
        "photos": 0,
        "changes": {},
    }
    assert not tidy(store, photos, NOW)
    assert entries(store) == before + 1
    assert store.verify() is None


def test_a_file_goes_that_no_row_names_or_ever_named(
    store: Store, photos: PhotoFiles, tmp_path: Path
) -> None:
    old, young = timedelta(hours=25), timedelta(hours=23)
    kept = {
        which: put(photos, tmp_path, which.encode(), old)
        for which in ("full", "thumb", "public", "public of before")
    }
    stray = put(photos, tmp_path, b"stray", old)
    waiting = put(photos, tmp_path, b"its row may still come", young)
    name(store, "photo-0001", kept["full"], kept["thumb"], kept["public of before"])
    name(store, "photo-0001", kept["full"], kept["thumb"], kept["public"])
    assert tidy(store, photos, NOW) == Tidied(photos=1)
    assert not photos.exists(stray)
    assert all(photos.exists(key) for key in (*kept.values(), waiting))
    told = store.journal.last()
    assert told is not None
    assert (told.action, told.what["photos"]) == ("tidy", 1)


def test_a_register_without_photos_sweeps_nobodys_folder(
    store: Store, photos: PhotoFiles, tmp_path: Path
) -> None:
    another = put(photos, tmp_path, b"another register's", timedelta(days=9))
    assert not tidy(store, photos, NOW)
    assert photos.exists(another)
