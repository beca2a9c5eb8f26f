"""
Reading a photo that somebody sent: a child process decodes it, and only pixels come back.

What the child hands back is checked once more. A file that took the child over could answer what
it likes, but only in the shape of a small JPEG and a few facts.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from geodata import sandbox
from geodata.errors import LimitError, UnreadableError
from geodata.limits import MEGABYTE, Limits
from geodata.photos.encoding import SIDE
from geodata.photos.exif import MOST_LATITUDE, MOST_LONGITUDE

# 48 million pixels with transparency, about the worst that is let in, were decoded in 3 s and in
# 1024 MB of address space, though not in 768; a phone's 12 million take half a second and 512 MB.
LIMITS = Limits(
    seconds=10,
    wait_seconds=60,
    memory=1280 * MEGABYTE,
    file_bytes=12 * MEGABYTE,
    unpacked_bytes=MEGABYTE,
)
LARGEST = 4 * MEGABYTE  # of what the child hands back: 2048² pixels of noise take 3 MB
ODD = timedelta(hours=24)
HEAD, TAIL = b"\xff\xd8\xff", b"\xff\xd9"
_LOOK = re.compile(r"[0-9a-f]{16}")
# As many at once as there are processors; forty phones at once would take all memory.
_TURNS = BoundedSemaphore(os.cpu_count() or 1)


@dataclass(frozen=True)
class Photo:
    """
    A photo that may be kept.

    Parameters
    ----------
    full, thumb
        JPEG, upright, with nothing in them but pixels.
    width, height
        Pixels of ``full``.
    sent
        SHA-256 of what was sent, in hexadecimal: the same photo sent twice is known by it.
    position
        Longitude and latitude that EXIF claims, degrees, WGS 84.
    taken_claim
        When EXIF claims that it was taken: ISO 8601, mostly without an offset; may be empty.
    look
        Difference hash, 16 hexadecimal digits (`geodata.photos.decoding.look_of`).
    """

    full: bytes
    thumb: bytes
    width: int
    height: int
    sent: str
    position: tuple[float, float] | None
    taken_claim: str
    look: str

    @property
    def size(self) -> int:
        """Bytes of ``full``."""
        return len(self.full)

    def taken_at(self, zone: tzinfo) -> datetime | None:
        """
        Return when the photo claims to be taken.

        Parameters
        ----------
        zone
            The city's; phones seldom write their own.
        """
        if not self.taken_claim:
            return None
        claimed = datetime.fromisoformat(self.taken_claim)
        return claimed if claimed.tzinfo else claimed.replace(tzinfo=zone)


def is_odd(taken_at: datetime, sent_at: datetime) -> bool:
    """
    Tell whether a photo claims to be taken in the future, or more than a day before it was sent.

    Parameters
    ----------
    taken_at, sent_at
        With their zones.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    >>> is_odd(noon, noon), is_odd(noon.replace(year=2099), noon)
    (False, True)
    """
    return not timedelta(0) <= sent_at - taken_at <= ODD


def read_photo(sent: bytes | Path, limits: Limits = LIMITS) -> Photo:
    """
    Read a photo.

    Parameters
    ----------
    sent
        What came, or the file it was put in; whatever it was called, the content decides.
    limits
        What the child process that decodes it is held to.

    Returns
    -------
    Photo
        From the same bytes, always the same.

    Raises
    ------
    NoPhotoError
        If the content is neither JPEG nor PNG nor WebP nor HEIC.
    LimitError
        If it has too many bytes or pixels, or takes too long.
    UnreadableError
        If it is empty or broken.
    """
    if isinstance(sent, Path):
        _gate(sent.stat().st_size, limits)
        return _read(sent, limits)
    _gate(len(sent), limits)
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        path = Path(folder) / "photo"
        path.write_bytes(sent)
        return _read(path, limits)


def _gate(size: int, limits: Limits) -> None:
    if not size:
        msg = "The file is empty."
        raise UnreadableError(msg)
    if size > limits.file_bytes:
        msg = "A photo may have {megabytes} MB."
        raise LimitError(msg, megabytes=limits.file_bytes // MEGABYTE)


def _read(path: Path, limits: Limits) -> Photo:
    with path.open("rb") as file:
        whole = hashlib.file_digest(file, "sha256").hexdigest()
    with _TURNS:
        table = sandbox.run("photo", path, limits=limits).table
    full, thumb, facts = (table.column(name)[0].as_py() for name in ("full", "thumb", "facts"))
    try:
        return _checked(full, thumb, whole, json.loads(facts))
    except (KeyError, TypeError, ValueError):
        msg = "The file cannot be read; it broke the process that tried."
        raise UnreadableError(msg) from None


def _checked(full: bytes, thumb: bytes, sent: str, facts: dict[str, Any]) -> Photo:
    for written in (full, thumb):
        _require(written.startswith(HEAD) and written.endswith(TAIL) and len(written) <= LARGEST)
    width, height, claim = int(facts["width"]), int(facts["height"]), str(facts["taken"])
    _require(0 < width <= SIDE and 0 < height <= SIDE)
    _require(_LOOK.fullmatch(facts["look"]))
    if claim:
        datetime.fromisoformat(claim)
    position = None
    if facts["position"] is not None:
        east, north = map(float, facts["position"])
        _require(abs(east) <= MOST_LONGITUDE and abs(north) <= MOST_LATITUDE)
        position = east, north
    return Photo(full, thumb, width, height, sent, position, claim, facts["look"])


def _require(sound: object) -> None:
    if not sound:
        raise ValueError
