"""
Evidence: what shows how far a task of the board is, in words and as files.

The book keeps it as one text: the words, and at their end `` #`` and the hash of each file, as the
``source`` of an assignment names its paper. So the hash of a frozen month covers the files, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from gridmap.errors import InvalidError

MOST_FILES = 20
_FILE = re.compile(r"#([0-9a-f]{64})")
_FILES = re.compile(r"(?:\s*#[0-9a-f]{64}(?![0-9a-f]))+\s*$")


@dataclass(frozen=True)
class Evidence:
    """
    What shows how far a task is.

    Parameters
    ----------
    words
        In words; may be empty.
    files
        Hashes of the files' contents, each once.
    """

    words: str = ""
    files: tuple[str, ...] = ()

    @property
    def text(self) -> str | None:
        """The text that the book keeps; None if there is nothing."""
        parts = [self.words, *(f"#{key}" for key in self.files)]
        return " ".join(part for part in parts if part) or None


def read(text: object) -> Evidence:
    """
    Read evidence as the book keeps it.

    Parameters
    ----------
    text
        A cell of ``evidence``; nothing where it is missing.

    Examples
    --------
    >>> found = read("照片二十张 #" + "a" * 64)
    >>> found.words, len(found.files)
    ('照片二十张', 1)
    """
    if text is None or pd.isna(text):
        return Evidence()
    told = str(text)
    tail = _FILES.search(told)
    if tail is None:
        return Evidence(told)
    return Evidence(told[: tail.start()].strip(), tuple(_FILE.findall(tail[0])))


def told(before: object, words: str, files: Sequence[str] | None) -> Evidence:
    """
    Return what is evidence after somebody has told of it.

    Parameters
    ----------
    before
        A cell of ``evidence``.
    words
        What is said now; what was said stays if empty.
    files
        Which files there are now; those that were stay if None.

    Raises
    ------
    InvalidError
        If there are more than `MOST_FILES`.
    """
    known = read(before)
    # whoever types a hash names no file by it
    said = _FILES.sub("", words).strip() or known.words
    kept = known.files if files is None else tuple(dict.fromkeys(files))
    if len(kept) > MOST_FILES:
        msg = "A task has at most {most} files; {n} are too many."
        raise InvalidError(msg, most=MOST_FILES, n=len(kept))
    return Evidence(said, kept)
