"""
Answers kept on disk: what was worked out once outlives the process that did so.

An answer lies under the hash of all it rests on, so it is never out of date; it is only no longer
asked for. Nothing in the folder is needed: whatever is lost or broken is worked out again.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import uuid
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import String, cast, or_, select

import gridmap
from geodata.store import Store
from gridmap.hotspots import HotSpots
from gridmap.method import Method

logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
MOST_BYTES = 512 * MEGABYTE
FORMAT = 1  # of a file; one of another format is not found
SUFFIX = ".spots"
ASIDE = ".part"  # not whole yet; one that a process left behind ages and goes like the others
BROKEN = (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile)


class Kept:
    """
    Hot spots in a folder.

    Parameters
    ----------
    folder
        Where; made when first written to.
    most_bytes
        How large it may become: what was asked for longest ago goes first.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most = most_bytes

    def once(self, key: Callable[[], str], build: Callable[[], HotSpots]) -> HotSpots:
        """
        Return what is kept under a key, or work it out and keep it.

        Parameters
        ----------
        key
            Tells what the answer rests on, see `key_of`. Where it moves while the answer is worked
            out, nothing is kept: which of both was read nobody knows.
        build
            How to work it out.
        """
        before = key()
        found = self._read(before)
        if found is not None:
            return found
        made = build()
        if key() == before:
            self._write(before, made)
        return made

    def tidy(self) -> int:
        """Remove what was asked for longest ago until the rest fits; return how many went."""
        files = []
        for path in self._folder.glob("*"):
            if path.suffix not in {SUFFIX, ASIDE}:
                continue
            try:
                told = path.stat()
            except FileNotFoundError:  # another process was quicker
                continue
            files.append((told.st_mtime_ns, told.st_size, path))
        held, gone = sum(size for _, size, _ in files), 0
        for _, size, path in sorted(files):
            if held <= self._most:
                break
            path.unlink(missing_ok=True)
            held, gone = held - size, gone + 1
        return gone

    def _read(self, key: str) -> HotSpots | None:
        path = self._folder / (key + SUFFIX)
        try:
            with zipfile.ZipFile(path) as parts:
                told = json.loads(parts.read("method.json"))
                if told["period"] is not None:
                    told["period"] = tuple(told["period"])
                table = gpd.read_parquet(io.BytesIO(parts.read("table.parquet")))
                heaps = pd.read_parquet(io.BytesIO(parts.read("piles.parquet")))
            os.utime(path)
            return HotSpots(table, Method(**told), heaps)
        except FileNotFoundError:
            return None
        except BROKEN:
            logger.warning("what is kept in %s cannot be read; it is worked out again", path)
            return None

    def _write(self, key: str, made: HotSpots) -> None:
        """Write aside, then put in place: no reader meets half a file."""
        aside = self._folder / f"{uuid.uuid4().hex}{ASIDE}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            told = {name: _plain(value) for name, value in asdict(made.method).items()}
            with zipfile.ZipFile(aside, "w") as parts:
                parts.writestr("method.json", json.dumps(told, ensure_ascii=False))
                for name, frame in (("table", made.table), ("piles", made.piles)):
                    held = io.BytesIO()
                    frame.to_parquet(held)
                    parts.writestr(f"{name}.parquet", held.getvalue())
            aside.replace(self._folder / (key + SUFFIX))
            self.tidy()
        except BROKEN:
            aside.unlink(missing_ok=True)
            logger.warning("an answer cannot be kept in %s", self._folder, exc_info=True)


def shelf(folder: Path | None, store: Store, megabytes: int | None = None) -> Kept | None:
    """
    Return where the answers of a register are kept; None if nowhere.

    Parameters
    ----------
    folder
        Where the operator wants them; beside a register that is a file if None.
    store
        The register.
    megabytes
        How large the folder may become; `MOST_BYTES` if left out.
    """
    path = store.database.path
    most = MOST_BYTES if megabytes is None else megabytes * MEGABYTE
    if folder is None and path is not None:
        folder = path.with_name(path.name + ".kept")
    return None if folder is None else Kept(folder, most)


def key_of(store: Store, names: Iterable[str], *more: object) -> str:
    """
    Return the hash of what an answer rests on.

    Parameters
    ----------
    store
        The register.
    names
        The layers it is worked out from.
    *more
        What else it depends on; each tells itself wholly by `repr`.

    Notes
    -----
    Versions alone would not do: a register that was restored counts the same numbers again. The
    hash of the last entry of the journal that wrote one of the layers stands for all before it.
    """
    journal = store.tables.journal
    wrote = [cast(journal.c.after, String).contains(f'"{name}"') for name in names]
    last = select(journal.c.hash).where(or_(*wrote)).order_by(journal.c.seq.desc()).limit(1)
    with store.database.reading() as connection:
        entry = connection.execute(last).scalar()
    told = repr((FORMAT, gridmap.__version__, entry, tuple(names), more))
    return hashlib.sha256(told.encode()).hexdigest()


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return a number of NumPy as JSON knows it."""
    return value.item() if hasattr(value, "item") else value
