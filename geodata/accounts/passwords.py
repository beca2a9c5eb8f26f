"""
Passwords: how they are kept, and which are too easy.

A password is kept as its argon2 hash (RFC 9106). Which are too easy is not a matter of digits and
signs: what counts is how soon somebody guesses it who knows the person, the office and the city.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterable, Iterator

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from geodata.errors import WeakPasswordError

LEAST, MOST = 10, 200
SOUND = 4  # of zxcvbn's 0 to 4: more than 10^10 guesses; at 3 a city, a year and !! pass
LOOKED_AT = 72  # zxcvbn's effort grows with the square of the length
AT_ONCE = 4  # each hash takes 64 MiB
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread from paper
COMMON_HERE = (
    "woaini",
    "woaizhongguo",
    "zhongguo",
    "chengguan",
    "chuangcheng",
    "wangge",
    "zeren",
    "gridmap",
    "网格",
    "责任",
    "城管",
    "创城",
    "我爱中国",
)
YEARS = [str(year) for year in range(2000, 2040)]  # zxcvbn's own list ends with 2019

_zxcvbn_turn = threading.Lock()  # it keeps what it is told in a table of the module


class Passwords:
    """
    What hashes passwords and compares them.

    Parameters
    ----------
    hasher
        Its parameters; those that argon2-cffi recommends if left out.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        with self._turns:
            return self._hasher.hash(_normal(password))

    def matches(self, kept: str | None, password: str) -> bool:
        """
        Compare a password; as long for one whom nobody knows as for anybody.

        Parameters
        ----------
        kept
            Of `hash`; None where there is no such account, or it has no password.
        password
            What was typed.
        """
        typed = _normal(password)[:MOST]
        with self._turns:
            try:
                right = self._hasher.verify(kept or self._nobodys, typed)
            except (VerificationError, InvalidHashError):
                return False
        return right and kept is not None

    def outdated(self, kept: str) -> bool:
        """Return whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)


def require_sound(password: str, about: Iterable[str] = ()) -> None:
    """
    Refuse a password that is soon guessed.

    Parameters
    ----------
    password
        The new one.
    about
        What somebody knows who guesses: name, unit, city.

    Raises
    ------
    WeakPasswordError
        If it is too short, too long, or too easy.
    """
    typed = _normal(password)
    if not LEAST <= len(typed) <= MOST:
        msg = "A password has {least} to {most} characters."
        raise WeakPasswordError(msg, least=LEAST, most=MOST)
    known = [word for text in (*COMMON_HERE, *about) for word in _spellings(text)]
    known += YEARS
    with _zxcvbn_turn:
        found = zxcvbn(typed[:LOOKED_AT], user_inputs=known)
    if found["score"] < SOUND:
        msg = (
            "This password is too easy to guess. Take several words that have nothing to do "
            "with you, your unit or the city."
        )
        raise WeakPasswordError(msg)


def one_time() -> str:
    """Return a password for one use, easy to read out: four groups of five, 99 bits."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(4))
    return "-".join(groups)


def _spellings(text: str) -> Iterator[str]:
    """Yield a name as it is, its words, and how it is typed in pinyin, whole and by initials."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 -- half a second, and few set a password

    yield text
    yield from text.split()
    syllables = lazy_pinyin(text)
    yield "".join(syllables)
    yield "".join(syllable[0] for syllable in syllables)
    if len(syllables) > 2:  # noqa: PLR2004 - 漠河市 is also called 漠河
        yield text[:-1]
        yield "".join(syllables[:-1])


def _normal(password: str) -> str:
    """Return one form of what may be typed in several: an input method may write full width."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()
