"""
Where photos are kept: a folder, or a bucket of an object store.

A file lies under the hash of its content, so the same photo is kept once however many rows refer
to it, and one that was altered is not handed out.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import tempfile
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from gridmap.errors import InvalidError, NotFoundError

logger = logging.getLogger(__name__)

KEY = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{62}\.jpg")
PART = ".part-"


class PhotoFiles:
    """
    The files of photos.

    Parameters
    ----------
    url
        A folder, made when the first photo comes; or an address that ``fsspec`` knows, such as
        ``s3://bucket/photos`` where ``s3fs`` is installed.

    Raises
    ------
    InvalidError
        If no file system is known, or installed, for that address.
    """

    def __init__(self, url: str) -> None:
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            msg = "Photos cannot be kept there: {reason}"
            raise InvalidError(msg, reason=str(error)) from None
        self._root = self._root.rstrip("/")

    def put(self, content: bytes) -> str:
        """
        Keep a photo; once its key is told, it is on the disk.

        Parameters
        ----------
        content
            What `geodata.photos.encoding.jpeg` wrote.

        Returns
        -------
        str
            Its key, ``ab/abcd….jpg``: the hash of the content.
        """
        key = _key_of(content)
        # Written even if it is there: that heals a damaged file, and keeps `sweep` from an orphan
        # that is just now becoming somebody's photo.
        if isinstance(self._files, LocalFileSystem):
            _write(Path(self._path(key)), content)
        else:
            self._files.pipe_file(self._path(key), content)
        return key

    def open(self, key: str) -> bytes:
        """
        Return a photo.

        Parameters
        ----------
        key
            As `put` told it.

        Raises
        ------
        NotFoundError
            If there is none, or if it is no longer what it was.
        """
        msg = "There is no such photo."
        if not KEY.fullmatch(key):
            raise NotFoundError(msg)
        try:
            content: bytes = self._files.cat_file(self._path(key))
        except FileNotFoundError:
            raise NotFoundError(msg) from None
        if _key_of(content) != key:
            logger.error("the photo %s was altered or damaged where it is kept", key)
            raise NotFoundError(msg)
        return content

    def exists(self, key: str) -> bool:
        """
        Tell whether a photo is kept.

        Parameters
        ----------
        key
            Anything; what is no key is not there.
        """
        return bool(KEY.fullmatch(key)) and self._files.isfile(self._path(key))

    def sweep(self, known: Collection[str], before: datetime) -> int:
        """
        Remove files that no row refers to: a server stopped between the file and its row.

        Parameters
        ----------
        known
            Keys of photos and of thumbnails that rows refer to.
        before
            With its zone. What was written later may still get its row; a day is long enough.

        Returns
        -------
        int
            Files that were removed.
        """
        self._files.invalidate_cache()
        try:
            paths = self._files.find(self._root)
        except FileNotFoundError:
            return 0
        orphans = [path for path in paths if self._is_ours(path) and self._key(path) not in known]
        removed = 0
        for path in orphans:
            try:
                if self._files.modified(path) < before:
                    self._files.rm_file(path)
                    removed += 1
            except FileNotFoundError:  # another server sweeps too
                continue
        return removed

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"

    def _key(self, path: str) -> str:
        return path.removeprefix(f"{self._root}/")

    def _is_ours(self, path: str) -> bool:
        key = self._key(path)
        return bool(KEY.fullmatch(key)) or key.rpartition("/")[2].startswith(PART)


def _key_of(content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"{digest[:2]}/{digest}.jpg"


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, even if the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=PART, dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o440)
        part.replace(path)
        for folder in (path.parent, path.parent.parent):
            _sync(folder)
    finally:
        part.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Bring a folder's entries to the disk, where the system lets one."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
