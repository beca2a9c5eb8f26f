"""
Names to keys: offices write what a thing is called, and the register holds its code.

A name that fits exactly one thing is taken, and said; one that fits none, or several, is never
guessed at. What is near is only suggested.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from gridmap.layers import Frame

SEPARATORS = re.compile(r"[、，,；;\n\r]+")
SHOWN = 3
MOST_SUGGESTED = 100  # distinct texts; each is compared with every name
ALIKE = 0.5
_NUMERAL = re.compile(r"[〇零一二三四五六七八九十]+")
_DIGIT = {**{word: n for n, word in enumerate("〇一二三四五六七八九")}, "零": 0}


@dataclass(frozen=True)
class Called:
    """
    What one thing is called.

    Parameters
    ----------
    key
        In the register.
    name
        Its name, if it has one.
    also
        What else it is called; counts only where no name fits.
    """

    key: str
    name: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """
    What a text was found to be.

    Parameters
    ----------
    keys
        All that it fits: none, one, or several.
    by_key
        Whether it is the key itself.
    """

    keys: tuple[str, ...]
    by_key: bool = False

    @property
    def key(self) -> str | None:
        """The one thing that it fits."""
        return self.keys[0] if len(self.keys) == 1 else None


class Names:
    """
    The names of one kind of thing.

    Parameters
    ----------
    called
        Of each thing, what it is called.
    """

    def __init__(self, called: Iterable[Called]) -> None:
        self._called = {one.key: one for one in called}
        self._ranks: tuple[dict[str, list[str]], ...] = ({}, {}, {}, {}, {})
        for key, one in self._called.items():
            texts = ([key], [plain(key)], [one.name], [plain(one.name)], map(plain, one.also))
            for rank, words in zip(self._ranks, texts, strict=True):
                for word in dict.fromkeys(words):
                    if word:
                        rank.setdefault(word, []).append(key)
        self._folded: dict[str, list[str]] | None = None
        self._suggested: dict[str, tuple[str, ...]] = {}

    def __contains__(self, key: object) -> bool:
        """Whether there is a thing of that key."""
        return key in self._called

    def name(self, key: str) -> str:
        """Return the name of a thing."""
        return self._called[key].name

    def find(self, text: str) -> Match:
        """
        Find what a text means: its key first, then its name, then what else it is called.

        Parameters
        ----------
        text
            As somebody wrote it; width, case and spaces do not count where nothing fits to the
            letter.
        """
        for number, rank in enumerate(self._ranks):
            found = rank.get(text.strip() if number in (0, 2) else plain(text))
            if found:
                return Match(tuple(found), by_key=number < 2)  # noqa: PLR2004 -- two ranks of keys
        return Match(())

    def split(self, text: str) -> list[str]:
        """
        Cut a cell into the texts that it lists; what is a name as a whole stays whole.

        Parameters
        ----------
        text
            Of the cell.
        """
        if self.find(text).keys:
            return [text.strip()]
        parts = [part.strip() for part in SEPARATORS.split(text)]
        return list(dict.fromkeys(part for part in parts if part))

    def say(self, key: str) -> str:
        """Return the name of a thing if `find` leads from it to that thing alone, or its key."""
        name = self._called[key].name if key in self._called else ""
        is_sure = bool(name) and self.find(name).key == key and not SEPARATORS.search(name)
        return name if is_sure and name == name.strip() else key

    def nearest(self, text: str) -> tuple[str, ...]:
        """
        Return the names most like a text; 第三网格 is like 第3网格, and still not the same.

        Parameters
        ----------
        text
            One that `find` did not find, or found several times.
        """
        if several := self.find(text).keys:
            return tuple(f"{key} {self.name(key)}".strip() for key in several[:SHOWN])
        if text not in self._suggested:
            if len(self._suggested) >= MOST_SUGGESTED:
                return ()
            self._suggested[text] = self._alike(text)
        return self._suggested[text]

    def _alike(self, text: str) -> tuple[str, ...]:
        if self._folded is None:
            self._folded = {}
            for key, one in self._called.items():
                for word in (one.name or key, *one.also):
                    self._folded.setdefault(folded(word), []).append(self.say(key))
        near = difflib.get_close_matches(folded(text), self._folded, SHOWN, ALIKE)
        return tuple(dict.fromkeys(name for word in near for name in self._folded[word]))[:SHOWN]


def names(frame: Frame, parents: Mapping[str, str] | None = None) -> Names:
    """
    Return the names of a layer's rows.

    Parameters
    ----------
    frame
        Indexed by key, with the column ``name``.
    parents
        Key → name of what may stand above a row: 向阳社区第1网格 is 第1网格 of that community.
    """
    titles = parents or {}
    if "parent" in frame:
        above = [titles.get(text(parent), "") for parent in frame["parent"]]
    else:
        above = [""] * len(frame)
    return Names(
        Called(str(key), text(name), (f"{title}{text(name)}",) if title else ())
        for key, name, title in zip(frame.index, frame["name"], above, strict=True)
    )


def text(value: object) -> str:
    """Return a value as text; a missing one as nothing."""
    return "" if pd.isna(value) else str(value)


def plain(name: str) -> str:
    """
    Return a name without what typing adds: width, case and spaces.

    Parameters
    ----------
    name
        As somebody wrote it.

    Examples
    --------
    >>> plain("第 ３ 网格"), plain("第三网格")
    ('第3网格', '第三网格')
    """
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).casefold()


def folded(name: str) -> str:
    """
    Return a name with its numerals as digits; to find what is near, never what is meant.

    Parameters
    ----------
    name
        As somebody wrote it.

    Examples
    --------
    >>> folded("第二十三网格"), folded("十号院"), folded("一〇二")
    ('第23网格', '10号院', '102')
    """
    return _NUMERAL.sub(lambda at: _digits(at[0]), plain(name))


def _digits(numeral: str) -> str:
    tens, mark, ones = numeral.partition("十")
    if not mark:
        return "".join(str(_DIGIT[word]) for word in numeral)
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return numeral
    return f"{_DIGIT.get(tens, 1)}{_DIGIT.get(ones, 0)}"
