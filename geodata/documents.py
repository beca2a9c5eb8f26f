"""
Source documents: the papers that assignments are based on, kept as files.

A file lies under the hash of its content, so the same paper is kept once and cannot be altered
unseen. An assignment refers to it at the end of its ``source``: `` #`` and the hash.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pandas as pd

from geodata.errors import LimitError, UnsupportedFormatError
from gridmap.errors import InvalidError

LARGEST = 20 * 1024 * 1024
PIECE = 1 << 20
KEY = re.compile(r"[0-9a-f]{64}")
REFERENCE = re.compile(r"\s*#[0-9a-f]{64}$")
NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\:*?\"<>|]+")
LONGEST_NAME = 120


@dataclass(frozen=True)
class Kind:
    """
    A kind of document, known by how its content begins.

    Parameters
    ----------
    head
        The first bytes.
    ending, media_type
        What a browser is told.
    """

    head: bytes
    ending: str
    media_type: str


KINDS = (
    Kind(b"%PDF-", ".pdf", "application/pdf"),
    Kind(b"\xff\xd8\xff", ".jpg", "image/jpeg"),
    Kind(b"\x89PNG\r\n\x1a\n", ".png", "image/png"),
)
HEAD = max(len(kind.head) for kind in KINDS)


@dataclass(frozen=True)
class Document:
    """
    A document that is kept.

    Parameters
    ----------
    key
        SHA-256 of its content, in hexadecimal.
    path
        The file.
    kind
        What it is.
    size
        Bytes.
    """

    key: str
    path: Path
    kind: Kind
    size: int


class Documents:
    """
    The documents of a register.

    Parameters
    ----------
    folder
        Where they are kept; made when the first one comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: IO[bytes], largest: int = LARGEST) -> Document:
        """
        Keep a document; once it is told of, it is on the disk.

        Parameters
        ----------
        content
            Its bytes, from where the stream stands.
        largest
            Bytes that it may have.

        Raises
        ------
        UnsupportedFormatError
            If its content is neither PDF nor JPEG nor PNG, whatever its name says.
        LimitError
            If it is larger.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".part-", dir=self._folder)
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                document = _copied(content, file, part, largest)
                file.flush()
                os.fsync(file.fileno())
            return self._placed(document)
        finally:
            part.unlink(missing_ok=True)

    def find(self, key: str) -> Document | None:
        """
        Return a document.

        Parameters
        ----------
        key
            Its hash; anything else is not there.
        """
        if not KEY.fullmatch(key):
            return None
        path = self._path(key)
        if not path.is_file():
            return None
        with path.open("rb") as file:
            kind = _kind_of(file.read(HEAD))
        return None if kind is None else Document(key, path, kind, path.stat().st_size)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def _placed(self, document: Document) -> Document:
        path = self._path(document.key)
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            document.path.chmod(0o440)
            document.path.replace(path)
            for folder in (path.parent, self._folder):
                _sync(folder)
        return Document(document.key, path, document.kind, document.size)


def referring(assignments: pd.DataFrame, key: str) -> pd.DataFrame:
    """
    Select the assignments that are based on a document.

    Parameters
    ----------
    assignments
        The layer, or the part of it that may be seen.
    key
        The document's hash.
    """
    return assignments[assignments["source"].str.endswith(f"#{key}", na=False)]


def name_of(source: str, document: Document) -> str:
    """
    Return the name under which a document is handed out.

    Parameters
    ----------
    source
        The ``source`` of an assignment that is based on it; may be empty.
    document
        The document.

    Examples
    --------
    >>> paper = Document("0" * 64, Path("x"), KINDS[0], 1)
    >>> name_of("创城办〔2026〕5号 #" + "0" * 64, paper)
    '创城办〔2026〕5号.pdf'
    """
    told = REFERENCE.sub("", source)
    stem = NOT_IN_NAMES.sub(" ", told).strip(" .")[:LONGEST_NAME].strip(" .")
    return (stem or document.key[:12]) + document.kind.ending


def _copied(content: IO[bytes], file: IO[bytes], path: Path, largest: int) -> Document:
    """Copy piece by piece; what is too large or of another kind is not read to its end."""
    whole, size = hashlib.sha256(), 0
    kind: Kind | None = None
    while piece := content.read(PIECE):
        if kind is None:
            kind = _required(piece)
        size += len(piece)
        if size > largest:
            msg = "A document may have {megabytes} MB."
            raise LimitError(msg, megabytes=largest >> 20)
        whole.update(piece)
        file.write(piece)
    if kind is None:
        msg = "The file is empty."
        raise InvalidError(msg)
    return Document(whole.hexdigest(), path, kind, size)


def _required(head: bytes) -> Kind:
    kind = _kind_of(head)
    if kind is None:
        msg = "A document is a PDF, a JPEG or a PNG; this file is none of them."
        raise UnsupportedFormatError(msg)
    return kind


def _kind_of(head: bytes) -> Kind | None:
    return next((kind for kind in KINDS if head.startswith(kind.head)), None)


def _sync(folder: Path) -> None:
    """Bring a folder's entries to the disk, where the system lets one."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
