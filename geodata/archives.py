"""
Zip archives, looked at before anything in them is unpacked.

Everything is decided from the directory: names, kinds, counts and sizes. `zipfile` itself reads no
member beyond the size that its entry declares, so a directory that lies is caught while reading.
"""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from geodata.errors import LimitError, UnreadableError
from geodata.limits import MEGABYTE, Limits

NESTED = {".zip", ".kmz", ".rar", ".7z", ".gz", ".tgz", ".bz2", ".xz", ".tar"}
SMALL = 10 * MEGABYTE
ENCRYPTED = 0x1
IN_UTF8 = 0x800


def open_checked(path: Path, limits: Limits) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """
    Open a zip archive whose directory holds nothing that harms.

    Parameters
    ----------
    path
        The archive.
    limits
        How many members, how many bytes, how dense.

    Returns
    -------
    archive, members
        The archive, to be closed, and its files by name; names in GBK are decoded.

    Raises
    ------
    UnreadableError
        If it is broken or encrypted, holds a link, another archive, a name twice, or a name that
        leads out of its folder.
    LimitError
        If it has too many members, unpacks to too much, or members lie over one another.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        msg = "The archive is broken or cut short."
        raise UnreadableError(msg) from None
    try:
        return archive, _checked(archive.infolist(), path.stat().st_size, limits)
    except BaseException:
        archive.close()
        raise


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """
    Unpack one member.

    Parameters
    ----------
    archive, member
        As `open_checked` gave them.

    Raises
    ------
    UnreadableError
        If its bytes are not what the directory says.
    """
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        msg = "The archive's member {name} is broken: {reason}"
        raise UnreadableError(
            msg, name=shown_name(member), reason=str(error)[:80] or type(error).__name__
        ) from None


def shown_name(member: zipfile.ZipInfo) -> str:
    """
    Return a member's name; without the flag for UTF-8 it is taken for GBK where it can be.

    Parameters
    ----------
    member
        An entry of an archive's directory.
    """
    if member.flag_bits & IN_UTF8 or member.filename.isascii():
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _checked(infos: list[zipfile.ZipInfo], size: int, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > limits.members:
        msg = "The archive has {n} members; {limit} are allowed."
        raise LimitError(msg, n=len(infos), limit=limits.members)
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = shown_name(info)
        if reason := _harm(info, name):
            msg = "The archive's member {name} is refused: {reason}."
            raise UnreadableError(msg, name=name[:80], reason=reason)
        if name.lower() in (other.lower() for other in members):
            msg = "The archive holds {name} twice."
            raise UnreadableError(msg, name=name[:80])
        if not info.is_dir():
            members[name] = info
    _check_sizes(infos, size, limits)
    return members


def _harm(info: zipfile.ZipInfo, name: str) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    path = PurePosixPath(name.replace("\\", "/"))
    reasons = (
        (info.flag_bits & ENCRYPTED, "it is encrypted"),
        (kind not in (0, stat.S_IFREG, stat.S_IFDIR), "it is a link or a device"),
        (path.is_absolute() or ".." in path.parts, "it leads out of its folder"),
        ("\\" in name or ":" in name or "\0" in info.orig_filename, "its name is no plain path"),
        (path.suffix.lower() in NESTED, "it is an archive itself"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def _check_sizes(infos: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if unpacked > limits.unpacked_bytes or (
        unpacked > SMALL and unpacked > limits.ratio * max(packed, 1)
    ):
        msg = "The archive unpacks from {packed} to {unpacked} bytes; that is too much."
        raise LimitError(msg, packed=packed, unpacked=unpacked)
    if packed > size:
        msg = "The archive's members lie over one another."
        raise LimitError(msg)
