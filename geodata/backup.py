"""
Copies of a register, made while it is in use.

A GeoPackage is copied by SQLite's own backup: copying the live file by any other hand loses commits
(see `geodata.geopackage`). PostGIS has better tools than ours, and the error names them.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from geodata import geopackage
from geodata.database import Database, connect, require_current
from geodata.errors import BackupError


def backup(database: Database, target: Path) -> Path:
    """
    Copy the register to a new file that is whole, whatever is being written meanwhile.

    Parameters
    ----------
    database
        The register, on a GeoPackage.
    target
        The file to make; its folder must exist.

    Returns
    -------
    pathlib.Path
        `target`: a GeoPackage without a write-ahead log, which any program may open.

    Raises
    ------
    BackupError
        If the register is on PostGIS, or the file is there already, or cannot be written.
    """
    if database.path is None:
        msg = "A register on PostGIS is backed up with `pg_dump --format=custom`."
        raise BackupError(msg)
    require_current(database)
    with database.reading() as connection:
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)  # noqa: S101
        return _copy(source, target)


def restore(source: Path, url: str) -> Database:
    """
    Make a register of a backup.

    Parameters
    ----------
    source
        What `backup` has made.
    url
        Where to: a GeoPackage that is not there yet.

    Returns
    -------
    Database
        The register, open. It may need `geodata.database.migrate`.

    Raises
    ------
    BackupError
        If the backup is not sound, or the target is there already, or on PostGIS.
    """
    database = connect(url)
    if database.path is None:
        msg = "A register on PostGIS is restored with `pg_restore`."
        raise BackupError(msg)
    with closing(_open_backup(source)) as connection:
        _copy(connection, database.path)
    geopackage.create(database.path)  # sees that it is a register, and gives it its log
    return database


def _copy(source: sqlite3.Connection, target: Path) -> Path:
    if target.exists():
        msg = "{target} is there already; choose another file."
        raise BackupError(msg, target=target)
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            _require_sound(copy, part)
        part.replace(target)
        _flush_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        msg = "{target} cannot be written: {reason}."
        raise BackupError(msg, target=target, reason=error) from error
    return target


def _open_backup(source: Path) -> sqlite3.Connection:
    if not source.is_file():
        msg = "There is no file {source}."
        raise BackupError(msg, source=source)
    connection = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    try:
        _require_sound(connection, source)
    except (BackupError, sqlite3.DatabaseError) as error:
        connection.close()
        msg = "{source} is no sound backup: {reason}."
        raise BackupError(msg, source=source, reason=error) from error
    return connection


def _require_sound(connection: sqlite3.Connection, path: Path) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    (number,) = connection.execute("PRAGMA application_id").fetchone()
    if verdict != "ok" or number != geopackage.APPLICATION_ID:
        msg = "{path} is damaged or no GeoPackage: {verdict}"
        raise BackupError(msg, path=path, verdict=verdict)


def _flush_folder(folder: Path) -> None:
    """Make the new name in the folder survive a power cut, where the system knows how."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
