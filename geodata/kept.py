"""
Answers kept on disk: what was worked out once outlives the process that did so.

That there is too little for an answer, or that it would make no sense, is one, too.

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
from gridmap.errors import GridMapError, InvalidError, TooLittleDataError
from gridmap.hotspots import HotSpots
from gridmap.method import Method

logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
MOST_BYTES = 512 * MEGABYTE
FORMAT = 2  # of a file; one of another format is not found
SUFFIX = ".spots"
ASIDE = ".part"  # not whole yet; one that a process left behind ages and goes like the others
METHOD, TABLE, PILES, REFUSAL = "method.json", "table.parquet", "piles.parquet", "refusal.json"
REFUSED = (TooLittleDataError, InvalidError)
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
        self.folder = folder
        self.most_bytes = most_bytes

    def holds(self, key: str) -> bool:
        """Say whether something is kept under a key."""
        return (self.folder / (key + SUFFIX)).exists()

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

        Raises
        ------
        TooLittleDataError, InvalidError
            If that is what was found.
        """
        before = key()
        found = self._read(before)
        if found is None:
            found = _tried(build)
            if key() == before:
                self._write(before, found)
        if isinstance(found, GridMapError):
            raise found
        return found

    def tidy(self) -> int:
        """Remove what was asked for longest ago until the rest fits; return how many went."""
        files = []
        for path in self.folder.glob("*"):
            if path.suffix not in {SUFFIX, ASIDE}:
                continue
            try:
                told = path.stat()
            except FileNotFoundError:  # another process was quicker
                continue
            files.append((told.st_mtime_ns, told.st_size, path))
        held, gone = sum(size for _, size, _ in files), 0
        for _, size, path in sorted(files):
            if held <= self.most_bytes:
                break
            path.unlink(missing_ok=True)
            held, gone = held - size, gone + 1
        return gone

    def _read(self, key: str) -> HotSpots | GridMapError | None:
        path = self.folder / (key + SUFFIX)
        try:
            with zipfile.ZipFile(path) as parts:
                found = _refusal(parts) if REFUSAL in parts.namelist() else _answer(parts)
            os.utime(path)
        except FileNotFoundError:
            return None
        except BROKEN:
            logger.warning("what is kept in %s cannot be read; it is worked out again", path)
            return None
        return found

    def _write(self, key: str, made: HotSpots | GridMapError) -> None:
        """Write aside, then put in place: no reader meets half a file."""
        aside = self.folder / f"{uuid.uuid4().hex}{ASIDE}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(aside, "w") as parts:
                for name, content in _parts(made).items():
                    parts.writestr(name, content)
            aside.replace(self.folder / (key + SUFFIX))
            self.tidy()
        except BROKEN:
            aside.unlink(missing_ok=True)
            logger.warning("an answer cannot be kept in %s", self.folder, exc_info=True)


def _tried(build: Callable[[], HotSpots]) -> HotSpots | GridMapError:
    try:
        return build()
    except REFUSED as refusal:
        return refusal


def _parts(made: HotSpots | GridMapError) -> dict[str, str | bytes]:
    """Return the files that an answer is kept as."""
    if isinstance(made, GridMapError):
        values = {name: _plain(value) for name, value in dict(made.values).items()}
        told = {"code": made.code, "template": made.template, "values": values}
        return {REFUSAL: json.dumps(told, ensure_ascii=False)}
    method = {name: _plain(value) for name, value in asdict(made.method).items()}
    found: dict[str, str | bytes] = {METHOD: json.dumps(method, ensure_ascii=False)}
    for name, frame in ((TABLE, made.table), (PILES, made.piles)):
        held = io.BytesIO()
        frame.to_parquet(held)
        found[name] = held.getvalue()
    return found


def _answer(parts: zipfile.ZipFile) -> HotSpots:
    told = json.loads(parts.read(METHOD))
    if told["period"] is not None:
        told["period"] = tuple(told["period"])
    table = gpd.read_parquet(io.BytesIO(parts.read(TABLE)))
    return HotSpots(table, Method(**told), pd.read_parquet(io.BytesIO(parts.read(PILES))))


def _refusal(parts: zipfile.ZipFile) -> GridMapError:
    told = json.loads(parts.read(REFUSAL))
    kinds = {kind.code: kind for kind in REFUSED}
    return kinds[told["code"]](told["template"], **told["values"])


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
        The register, or what somebody sees of it.
    names
        The layers it is worked out from.
    *more
        What else it depends on; each tells itself wholly by `repr`.

    Notes
    -----
    Versions alone would not do: a register that was restored counts the same numbers again. The
    hash of the last entry of the journal that wrote one of the layers stands for all before it. Of
    a part of the city, what lies in it moves with more layers.
    """
    journal = store.tables.journal
    names = tuple(dict.fromkeys((*names, *store.basis)))
    wrote = [cast(journal.c.after, String).contains(f'"{name}"') for name in names]
    last = select(journal.c.hash).where(or_(*wrote)).order_by(journal.c.seq.desc()).limit(1)
    with store.database.reading() as connection:
        entry = connection.execute(last).scalar()
    told = repr((FORMAT, gridmap.__version__, entry, names, store.part, more))
    return hashlib.sha256(told.encode()).hexdigest()


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return a number of NumPy as JSON knows it."""
    return value.item() if hasattr(value, "item") else value
