"""
Bytes to text, without guessing.

Chinese offices write UTF-8 or GB18030 (of which GBK and GB2312 are parts); a detector would answer
Big5 or Korean for a short file. So there are two candidates, tried in that order, and a file that
is half one and half the other is refused.
"""

from __future__ import annotations

import codecs

from geodata.errors import UnreadableError
from geodata.notes import Note, note

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# GBK text that happens to be valid UTF-8 is a character or two; this many in a line are meant.
MEANT = 4


def decode(data: bytes, encoding: str | None = None) -> tuple[str, list[Note]]:
    """
    Decode a file.

    Parameters
    ----------
    data
        Its bytes.
    encoding
        What the user said it is, if anything.

    Returns
    -------
    text, notes
        Without byte-order mark; a note if it was not UTF-8.

    Raises
    ------
    UnreadableError
        If it is in no such encoding, or in two.
    """
    if encoding is not None:
        return _strictly(data, encoding).removeprefix("\ufeff"), []
    for mark, name in MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], name), []
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        _refuse_mixture(data, error.start)
    text = _strictly(data, "gb18030")
    return text, [note("The file is not UTF-8; it was read as GB18030.")]


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        msg = "There is no encoding {encoding}."
        raise UnreadableError(msg, encoding=encoding) from None
    except UnicodeDecodeError as error:
        msg = "Line {line}, byte {byte}: this is no {encoding} text."
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(msg, line=line, byte=error.start, encoding=encoding) from None


def _refuse_mixture(data: bytes, start: int) -> None:
    other = ""
    for line in data.splitlines():
        try:
            other = line.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if sum(character > "\u07ff" for character in other) >= MEANT:
            break
    else:
        return
    msg = "Line {line}, byte {byte}: the file is partly UTF-8 and partly not."
    raise UnreadableError(msg, line=data.count(b"\n", 0, start) + 1, byte=start)
